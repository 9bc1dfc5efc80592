"""Addresses of the editor of a 通报."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from supervision.views import bulletin_editor

urlpatterns = [
    path("documents/<int:pk>/edit/", bulletin_editor.bulletin_edit, name="bulletin-edit"),
    path("programmes/<str:code>/<period:period>/papers/new/", bulletin_editor.paper_new, name="paper-new"),
]
