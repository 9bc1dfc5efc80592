"""Addresses of the supervision app."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from supervision.addresses import checks, disclosure, editor, letters, papers, rectification, weekly
from supervision.views import (
    agreements,
    benchmarks,
    closing,
    fund_lines,
    marks,
    outlook,
    plausibility,
    project,
    provincial,
    ranking,
    schemes,
    targets,
    units,
    why,
)

app_name = "supervision"

urlpatterns = [
    path("ranking/", ranking.ranking_latest, name="ranking-latest"),
    path("programmes/<str:code>/<period:period>/ranking/", ranking.ranking, name="ranking"),
    path("programmes/<str:code>/<period:period>/ranking/export/", ranking.ranking_export, name="ranking-export"),
    path("programmes/<str:code>/<period:period>/provincial/", provincial.provincial, name="provincial"),
    path(
        "programmes/<str:code>/<period:period>/provincial/export/",
        provincial.provincial_export,
        name="provincial-export",
    ),
    path("programmes/<str:code>/<period:period>/outlook/", outlook.outlook, name="outlook"),
    path("programmes/<str:code>/<period:period>/outlook/export/", outlook.outlook_export, name="outlook-export"),
    path("programmes/<str:code>/<period:period>/benchmarks/", benchmarks.benchmarks, name="benchmarks"),
    path(
        "programmes/<str:code>/<period:period>/benchmarks/import/",
        benchmarks.benchmark_import,
        name="benchmark-import",
    ),
    path(
        "programmes/<str:code>/<period:period>/benchmarks/template/",
        benchmarks.benchmark_template,
        name="benchmark-template",
    ),
    path(
        "programmes/<str:code>/<period:period>/indicators/<int:pk>/",
        project.indicator_detail,
        name="indicator-detail",
    ),
    path("programmes/<str:code>/<period:period>/projects/<int:seq>/", project.project, name="project"),
    path(
        "programmes/<str:code>/<period:period>/projects/<int:seq>/export/",
        project.project_export,
        name="project-export",
    ),
    path(
        "programmes/<str:code>/<period:period>/why/benchmarks/<int:pk>/",
        why.why_benchmark,
        name="why-benchmark",
    ),
    path("programmes/<str:code>/<period:period>/why/<str:unit>/<int:pk>/", why.why, name="why"),
    path("programmes/<str:code>/<period:period>/why/<str:unit>/overall/", why.why_overall, name="why-overall"),
    path(
        "programmes/<str:code>/<period:period>/why/<str:unit>/projects/<int:seq>/",
        why.why_project,
        name="why-project",
    ),
    path(
        "programmes/<str:code>/<period:period>/why/<str:unit>/funds/<str:rate>/",
        why.why_fund,
        name="why-fund",
    ),
    path(
        "programmes/<str:code>/<period:period>/why/<str:unit>/fund-lines/<int:pk>/",
        why.why_fund_line,
        name="why-fund-line",
    ),
    path(
        "programmes/<str:code>/<period:period>/plausibility/",
        plausibility.plausibility,
        name="plausibility",
    ),
    path(
        "programmes/<str:code>/<period:period>/plausibility/export/",
        plausibility.plausibility_export,
        name="plausibility-export",
    ),
    path(
        "programmes/<str:code>/<period:period>/units/<str:unit>/",
        units.participant,
        name="participant",
    ),
    path(
        "programmes/<str:code>/<period:period>/units/<str:unit>/export/",
        units.participant_export,
        name="participant-export",
    ),
    path("programmes/<str:code>/targets/", targets.target_list, name="target-list"),
    path("programmes/<str:code>/targets/<int:seq>/", targets.target_matrix, name="target-matrix"),
    path("programmes/<str:code>/targets/<cell:key>/", targets.target_detail, name="target-detail"),
    path("programmes/<str:code>/agreements/", agreements.agreement_list, name="agreement-list"),
    path("programmes/<str:code>/agreements/<str:unit>/", agreements.agreement, name="agreement"),
    path(
        "programmes/<str:code>/agreements/<str:unit>/download/",
        agreements.agreement_download,
        name="agreement-download",
    ),
    path("programmes/<str:code>/funds/lines/", fund_lines.fund_lines, name="fund-lines"),
    path("programmes/<str:code>/funds/lines/<int:pk>/remove/", fund_lines.fund_line_remove, name="fund-line-remove"),
    path("programmes/<str:code>/scheme/", schemes.scheme, name="scheme"),
    path("programmes/<str:code>/scheme/new/", schemes.scheme_new, name="scheme-new"),
    path("programmes/<str:code>/<period:period>/marks/", marks.marks, name="marks"),
    path("programmes/<str:code>/<period:period>/close/", closing.period_close, name="period-close"),
    path("programmes/<str:code>/<period:period>/refresh/", closing.snapshot_refresh, name="snapshot-refresh"),
    *letters.urlpatterns,
    *papers.urlpatterns,
    *editor.urlpatterns,
    *checks.urlpatterns,
    *disclosure.urlpatterns,
    *weekly.urlpatterns,
    *rectification.urlpatterns,
]
