"""Addresses of the supervision app."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from supervision.views import benchmarks, closing, documents, fund_lines, ranking

app_name = "supervision"

urlpatterns = [
    path("ranking/", ranking.ranking_latest, name="ranking-latest"),
    path("programmes/<str:code>/<period:period>/ranking/", ranking.ranking, name="ranking"),
    path("programmes/<str:code>/<period:period>/benchmarks/", benchmarks.benchmarks, name="benchmarks"),
    path(
        "programmes/<str:code>/<period:period>/indicators/<int:pk>/",
        ranking.indicator_detail,
        name="indicator-detail",
    ),
    path("programmes/<str:code>/funds/lines/", fund_lines.fund_lines, name="fund-lines"),
    path("programmes/<str:code>/funds/lines/<int:pk>/remove/", fund_lines.fund_line_remove, name="fund-line-remove"),
    path("programmes/<str:code>/<period:period>/close/", closing.period_close, name="period-close"),
    path("programmes/<str:code>/<period:period>/refresh/", closing.snapshot_refresh, name="snapshot-refresh"),
    path("documents/", documents.document_list, name="document-list"),
    path("documents/<int:pk>/", documents.document_detail, name="document-detail"),
    path("documents/<int:pk>/issue/", documents.document_issue, name="document-issue"),
    path("documents/<int:pk>/download/", documents.document_download, name="document-download"),
    path("documents/<int:pk>/render/", documents.document_render, name="document-render"),
]
