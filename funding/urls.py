"""Addresses of the funding app."""

from django.urls import path

from funding.views import basis, overview, plans

app_name = "funding"

urlpatterns = [
    path("funds/", overview.latest, name="latest"),
    path("programmes/<str:code>/funds/", overview.overview, name="overview"),
    path("programmes/<str:code>/funds/export/", overview.overview_export, name="overview-export"),
    path("programmes/<str:code>/funds/projects/<int:seq>/", overview.project, name="project"),
    path("programmes/<str:code>/funds/held/", overview.held, name="held"),
    path("programmes/<str:code>/funds/plan/", plans.plan_list, name="plan-list"),
    path("programmes/<str:code>/funds/plan/new/", plans.plan_new, name="plan-new"),
    path("programmes/<str:code>/funds/plan/paste/", plans.plan_paste, name="plan-paste"),
    path("programmes/<str:code>/funds/plan/import/", plans.plan_import, name="plan-import"),
    path("programmes/<str:code>/funds/plan/template/", plans.plan_template, name="plan-template"),
    path("programmes/<str:code>/funds/plan/copy/", plans.plan_copy, name="plan-copy"),
    path("programmes/<str:code>/funds/plan/printed/", basis.printed_sums, name="printed-sums"),
    path("programmes/<str:code>/funds/plan/<int:pk>/", plans.plan_detail, name="plan-detail"),
    path("programmes/<str:code>/funds/exclusions/", basis.exclusions, name="exclusions"),
    path("programmes/<str:code>/funds/exclusions/<int:pk>/", basis.exclusions, name="exclusion"),
    path("programmes/<str:code>/funds/shares/", basis.cost_shares, name="cost-shares"),
    path("programmes/<str:code>/funds/shares/new/", basis.cost_share_form, name="cost-share-new"),
    path("programmes/<str:code>/funds/shares/<int:pk>/", basis.cost_share_form, name="cost-share-change"),
]
