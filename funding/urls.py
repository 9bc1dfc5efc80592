"""Addresses of the funding app."""

from django.urls import path

from funding.views import plans

app_name = "funding"

urlpatterns = [
    path("funds/", plans.plan_list_latest, name="plan-list-latest"),
    path("programmes/<str:code>/funds/plan/", plans.plan_list, name="plan-list"),
    path("programmes/<str:code>/funds/plan/new/", plans.plan_new, name="plan-new"),
    path("programmes/<str:code>/funds/plan/paste/", plans.plan_paste, name="plan-paste"),
    path("programmes/<str:code>/funds/plan/copy/", plans.plan_copy, name="plan-copy"),
    path("programmes/<str:code>/funds/plan/<int:pk>/", plans.plan_detail, name="plan-detail"),
    path("programmes/<str:code>/funds/shares/", plans.cost_shares, name="cost-shares"),
]
