"""Addresses of the whole site; the only URL module that may name the apps above."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from livelihood.views.health import healthz, readyz, status
from livelihood.views.home import home
from livelihood.views.jobs import job_detail
from livelihood.views.passwords import OwnPasswordView
from livelihood.views.styleguide import styleguide

shared_patterns = [
    path("", home, name="home"),
    path("login/", auth_views.LoginView.as_view(template_name="livelihood/login.html"), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/", OwnPasswordView.as_view(), name="password-change"),
    path("jobs/<int:pk>/", job_detail, name="job-detail"),
    path("styleguide/", styleguide, name="styleguide"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("status/", status, name="status"),
]

urlpatterns = [
    path("", include((shared_patterns, "livelihood"))),
    path("", include("projects.urls")),
    path("", include("funding.urls")),
    path("", include("supervision.urls")),
    path("admin/", admin.site.urls),
]
