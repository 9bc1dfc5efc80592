"""Addresses of 周调度."""

from django.urls import path

from supervision.views import weekly

urlpatterns = [
    path("weekly/", weekly.weekly_latest, name="weekly-latest"),
    path("programmes/<str:code>/weekly/", weekly.weekly, name="weekly"),
]
