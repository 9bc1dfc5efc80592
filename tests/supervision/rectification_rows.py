"""Valid rows of kept files, 整改, inspections and minutes, and what breaks their constraints."""

import datetime
import uuid
from decimal import Decimal

from supervision.models import (
    Inspection,
    InspectionFinding,
    InspectionPhoto,
    Interview,
    KeptFile,
    Rectification,
    RectificationFile,
    RectificationStep,
)
from tests import factories

NOW = datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)


def kept_file():
    return KeptFile.objects.create(
        file="kept/x.jpg",
        name="现场.jpg",
        kind="photo",
        sha256=factories.HASH,
        size=1,
        uploaded_by=factories.UserFactory(),
    )


def rectification(**fields):
    """An item that is opened and no more."""
    participant = factories.ParticipantFactory()
    values = {"participant": participant, "opened_by": factories.UserFactory()} | fields
    return Rectification.objects.create(
        programme=participant.programme, seq=1, source="ranking", problem="低于平均", **values
    )


def closed_by_who_reported():
    """An item that is not 销号 yet, with everything 销号 needs but a second person."""
    row = rectification(deadline=NOW.date())
    row.state, row.verification = "closed", "到位"
    row.reported_at = row.closed_at = NOW
    row.reported_by = row.closed_by = row.opened_by
    row.seq = 2
    return row


def step():
    return RectificationStep.objects.create(rectification=rectification(), kind="opened", by=factories.UserFactory())


def rectification_file():
    return RectificationFile.objects.create(rectification=rectification(), file=kept_file(), moment="before")


def inspection(**fields):
    participant = factories.ParticipantFactory()
    return Inspection.objects.create(
        programme=participant.programme,
        participant=participant,
        visited_on=NOW.date(),
        client_key=uuid.UUID("7d0f3f1e-52c1-4e84-9d06-a5d9e7c2f104"),
        added_by=factories.UserFactory(),
        **fields,
    )


def inspection_photo():
    return InspectionPhoto.objects.create(inspection=inspection(), file=kept_file())


def inspection_finding():
    visit = inspection(state="recorded", recorded_at=NOW)
    return InspectionFinding.objects.create(
        inspection=visit,
        programme=visit.programme,
        found_on=visit.visited_on,
        participant=visit.participant,
        reason="progress",
        problem="停工",
        points=Decimal("0.5"),
        rectification=rectification(),
    )


def interview():
    return Interview.objects.create(
        programme=factories.ProgrammeFactory(),
        kind="interview",
        held_on=NOW.date(),
        subject="进展较慢",
        text="纪要",
        added_by=factories.UserFactory(),
    )


VALID = {
    "kept_file": kept_file,
    "rectification": rectification,
    "rectification_step": step,
    "rectification_file": rectification_file,
    "inspection": inspection,
    "inspection_photo": inspection_photo,
    "inspection_finding": inspection_finding,
    "interview": interview,
}

BROKEN = {
    "kept_file_place_pair": {"latitude": Decimal("32.6")},
    "kept_file_not_empty": {"size": 0},
    "rectification_assigned_pair": {"assigned_at": NOW},
    "rectification_reported_pair": {"reported_at": NOW},
    "rectification_closed_pair": {"closed_at": NOW},
    "rectification_is_closed": {"state": "closed", "deadline": NOW.date()},
    "rectification_assigned_whom": {"state": "assigned"},
    "rectification_earlier_count": {"recurrence": 1},
    "inspection_recorded_when": {"state": "recorded"},
    "inspection_photo_removed_pair": {"removed_at": NOW},
    "inspection_finding_points": {"points": 0},
}

#: Constraints whose violation another one, asked before, refuses as well.
SUBSUMED = {
    "rectification_state_valid": "rectification_assigned_whom",
    "inspection_state_valid": "inspection_recorded_when",
    "rectification_closed_pair": "rectification_closed_pair",
}
