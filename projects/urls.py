"""Addresses of the projects app."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…> and <cell:…>
from projects.views import cells, cross_rules, evidence, imports, matrix, periods, reports, review, workflow

app_name = "projects"

urlpatterns = [
    path("programmes/", periods.programme_list, name="programme-list"),
    path("programmes/<str:code>/<period:period>/", periods.period_detail, name="period-detail"),
    path("programmes/<str:code>/<period:period>/reopen/", periods.period_reopen, name="period-reopen"),
    path("programmes/<str:code>/<period:period>/report/", reports.report_start, name="report-start"),
    path("programmes/<str:code>/cross-rules/", cross_rules.cross_rule_list, name="cross-rule-list"),
    path("programmes/<str:code>/cross-rules/new/", cross_rules.cross_rule_new, name="cross-rule-new"),
    path("programmes/<str:code>/cross-rules/<int:pk>/", cross_rules.cross_rule_detail, name="cross-rule-detail"),
    path(
        "programmes/<str:code>/cross-rules/<int:pk>/dry-run/",
        cross_rules.cross_rule_dry_run,
        name="cross-rule-dry-run",
    ),
    path(
        "programmes/<str:code>/cross-rules/<int:pk>/switch/",
        cross_rules.cross_rule_switch,
        name="cross-rule-switch",
    ),
    path("programmes/<str:code>/<period:period>/matrix/<int:seq>/", matrix.project_matrix, name="project-matrix"),
    path(
        "programmes/<str:code>/<period:period>/matrix/<int:seq>/cells/",
        matrix.project_matrix_cells,
        name="project-matrix-cells",
    ),
    path("review/", review.review_latest, name="review-latest"),
    path("programmes/<str:code>/discipline/", review.discipline, name="discipline"),
    path("programmes/<str:code>/<period:period>/review/", review.review_matrix, name="review-matrix"),
    path("programmes/<str:code>/<period:period>/approve-clean/", review.approve_clean, name="approve-clean"),
    path("reports/<int:pk>/review/", review.report_review, name="report-review"),
    path("reports/<int:pk>/review/pass/", review.report_review_pass, name="report-review-pass"),
    path("reports/<int:pk>/review/return/", review.report_review_return, name="report-review-return"),
    path("reports/<int:pk>/review/approve/", review.report_review_approve, name="report-review-approve"),
    path("reports/<int:pk>/", reports.report_detail, name="report-detail"),
    path("reports/<int:pk>/foot/", reports.report_foot, name="report-foot"),
    path("reports/<int:pk>/sign/", reports.report_sign, name="report-sign"),
    path("reports/<int:pk>/submit/", reports.report_submit, name="report-submit"),
    path("reports/<int:pk>/withdraw/", reports.report_withdraw, name="report-withdraw"),
    path("reports/<int:pk>/approve/", reports.report_approve, name="report-approve"),
    path("reports/<int:pk>/return/", reports.report_return, name="report-return"),
    path("programmes/<str:code>/<period:period>/remind/", workflow.period_remind, name="period-remind"),
    path("programmes/<str:code>/<period:period>/outage/", workflow.period_outage, name="period-outage"),
    path("programmes/<str:code>/<period:period>/opinions/", workflow.period_opinions, name="period-opinions"),
    path("reports/<int:pk>/bureau-sign/", workflow.bureau_sign, name="bureau-sign"),
    path("reports/<int:pk>/bureau-withdraw/", workflow.bureau_withdraw, name="bureau-withdraw"),
    path("reports/<int:pk>/answer/", workflow.answer_return, name="answer-return"),
    path("reports/<int:pk>/confirm/", workflow.lead_confirm, name="lead-confirm"),
    path("reports/<int:pk>/object/", workflow.lead_object, name="lead-object"),
    path("objections/<int:pk>/withdraw/", workflow.objection_withdraw, name="objection-withdraw"),
    path("objections/<int:pk>/settle/", workflow.objection_settle, name="objection-settle"),
    path("reports/<int:pk>/cells/", cells.report_cells, name="report-cells"),
    path("reports/<int:pk>/cells/<cell:key>/", cells.report_cell, name="report-cell"),
    path("reports/<int:pk>/cells/<cell:key>/evidence/", evidence.evidence_add, name="evidence-add"),
    path("evidence/<int:pk>/", evidence.evidence_download, name="evidence-download"),
    path("evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence-remove"),
    path("reports/<int:pk>/carry/", cells.report_carry, name="report-carry"),
    path("reports/<int:pk>/template/", imports.report_template, name="report-template"),
    path("reports/<int:pk>/import/", imports.report_import, name="report-import"),
]
