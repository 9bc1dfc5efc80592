"""Addresses of 核对: the office's overview of a month, one addressee's page, its answers; 补办 after a close."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from supervision.views import checks, closing

urlpatterns = [
    path("programmes/<str:code>/<period:period>/checks/", checks.check_list, name="check-list"),
    path("programmes/<str:code>/<period:period>/close/finish/", closing.close_finish, name="close-finish"),
    path("checks/<int:pk>/", checks.check_detail, name="check-detail"),
    path("checks/<int:pk>/agree/", checks.check_agree, name="check-agree"),
    path("checks/<int:pk>/object/", checks.check_object, name="check-object"),
    path("check-lines/<int:pk>/withdraw/", checks.check_withdraw, name="check-withdraw"),
    path("check-lines/<int:pk>/settle/", checks.check_settle, name="check-settle"),
]
