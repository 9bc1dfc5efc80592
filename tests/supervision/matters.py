"""Findings of inspections and 整改事项 of a unit, for tests of what follows from them."""

import datetime
import uuid
from zoneinfo import ZoneInfo

from django.utils import timezone

from projects.models import Participant
from supervision.models import Inspection, InspectionFinding, Rectification
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")


def found_out(
    unit: Participant, day: datetime.date, *, points=None, state="recorded", problem="路面开裂"
) -> InspectionFinding:
    """Record an inspection of the unit with one finding; `state` draft leaves the record unfinished."""
    inspection = Inspection.objects.create(
        programme=unit.programme,
        visited_on=day,
        participant=unit,
        client_key=uuid.uuid4(),
        text="到村里看了",
        state=state,
        recorded_at=timezone.now() if state == "recorded" else None,
        added_by=factories.UserFactory(full_name="周督查"),
    )
    return InspectionFinding.objects.create(
        inspection=inspection,
        programme=unit.programme,
        found_on=day,
        participant=unit,
        reason="quality",
        problem=problem,
        points=points,
    )


def to_mend(unit: Participant, seq: int, deadline: datetime.date, *, reported=None, state="underway", **more):
    """Put an item in the ledger, reported done late on the evening of a day, or not at all."""
    by = factories.UserFactory()
    return Rectification.objects.create(
        programme=unit.programme,
        seq=seq,
        source="inspection",
        problem="护栏没有安装",
        participant=unit,
        deadline=deadline,
        state=state,
        opened_by=by,
        reported_at=reported and datetime.datetime.combine(reported, datetime.time(23, 30), SHANGHAI),
        reported_by=by if reported else None,
        **more,
    )
