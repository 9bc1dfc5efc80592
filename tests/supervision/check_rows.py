"""Valid rows of 核对, and what breaks each of their constraints, for tests/test_models.py."""

import datetime

from supervision.models import Check, CheckLine, Snapshot
from tests import factories

NOW = datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)


def snapshot_check(**fields):
    """A check of a unit that waits; of an agency with `participant=None, agency=…`."""
    snapshot = Snapshot.objects.create(
        period=factories.PeriodFactory(),
        version=1,
        decimals=2,
        elapsed_parts=8,
        elapsed_whole=12,
        calc_version=1,
        sha256=factories.HASH,
        frozen_by=factories.UserFactory(),
    )
    values = {"participant": None if "agency" in fields else factories.ParticipantFactory()} | fields
    return Check.objects.create(snapshot=snapshot, due_on=NOW.date(), opened_by=factories.UserFactory(), **values)


def check_line():
    """An objection to a place, open."""
    return CheckLine.objects.create(
        check_of=snapshot_check(),
        key="place-1",
        topic="place",
        label="综合得分",
        reason="位次算错",
        raised_by=factories.UserFactory(),
    )


VALID = {"snapshot_check": snapshot_check, "check_line": check_line}

BROKEN = {
    "check_one_addressee": {"participant": None},
    "check_answered_pair": {"state": "agreed", "answered_at": NOW},
    "check_answer_has_moment": {"state": "agreed"},
    "check_line_figure_named": {"topic": "figure"},
    "check_line_has_reason": {"reason": ""},
    "check_line_settled_pair": {"state": "rejected", "settled_at": NOW, "answer": "以排名为准"},
    "check_line_settled_said": {"state": "rejected"},
}

#: Constraints whose violation another one, asked before, refuses as well.
SUBSUMED = {"check_state_valid": "check_answer_has_moment", "check_line_state_valid": "check_line_settled_said"}
