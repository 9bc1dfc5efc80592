"""Addresses of the projects app."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from projects.views import imports, periods, reports

app_name = "projects"

urlpatterns = [
    path("programmes/", periods.programme_list, name="programme-list"),
    path("programmes/<str:code>/<period:period>/", periods.period_detail, name="period-detail"),
    path("programmes/<str:code>/<period:period>/reopen/", periods.period_reopen, name="period-reopen"),
    path("programmes/<str:code>/<period:period>/report/", reports.report_start, name="report-start"),
    path("reports/<int:pk>/", reports.report_detail, name="report-detail"),
    path("reports/<int:pk>/sign/", reports.report_sign, name="report-sign"),
    path("reports/<int:pk>/submit/", reports.report_submit, name="report-submit"),
    path("reports/<int:pk>/withdraw/", reports.report_withdraw, name="report-withdraw"),
    path("reports/<int:pk>/approve/", reports.report_approve, name="report-approve"),
    path("reports/<int:pk>/return/", reports.report_return, name="report-return"),
    path("reports/<int:pk>/template/", imports.report_template, name="report-template"),
    path("reports/<int:pk>/import/", imports.report_import, name="report-import"),
]
