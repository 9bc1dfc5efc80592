"""Addresses of supervision rules, what they found, and letters."""

from django.urls import path

import projects.converters  # noqa: F401 - gives addresses their <period:…>
from supervision.views import letter_steps, letters, oversight

urlpatterns = [
    path("oversight/", oversight.oversight_latest, name="oversight"),
    path("oversight/firings/<int:pk>/", oversight.firing, name="oversight-firing"),
    path("oversight/firings/<int:pk>/letter/", oversight.firing_letter, name="oversight-firing-letter"),
    path("programmes/<str:code>/<period:period>/oversight/", oversight.oversight_period, name="oversight-period"),
    path("programmes/<str:code>/oversight/rules/", oversight.rules, name="oversight-rules"),
    path("programmes/<str:code>/oversight/rules/new/", oversight.rule_new, name="oversight-rule-new"),
    path("programmes/<str:code>/oversight/rules/<int:pk>/", oversight.rule_change, name="oversight-rule-change"),
    path("programmes/<str:code>/oversight/rules/<int:pk>/switch/", oversight.rule_switch, name="oversight-rule-switch"),
    path("programmes/<str:code>/oversight/presets/", oversight.preset, name="oversight-preset"),
    path("programmes/<str:code>/oversight/setting/", oversight.setting, name="oversight-setting"),
    path("letters/", letters.letter_list, name="letter-list"),
    path("letters/export/", letters.letter_export, name="letter-export"),
    path("letters/new/", letters.letter_new, name="letter-new"),
    path("letters/<int:pk>/", letters.letter_detail, name="letter-detail"),
    path("letters/<int:pk>/change/", letters.letter_change, name="letter-change"),
    path("letters/<int:pk>/reply/", letter_steps.letter_reply, name="letter-reply"),
    path("letters/<int:pk>/replies/<int:nth>/", letter_steps.letter_judge, name="letter-judge"),
    path("letters/<int:pk>/recheck/", letter_steps.letter_recheck, name="letter-recheck"),
    path("letters/<int:pk>/close/", letter_steps.letter_close, name="letter-close"),
]
