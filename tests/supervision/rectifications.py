"""Photos, uploads, items of the ledger, visits and minutes for tests."""

import datetime
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from supervision.models import Inspection, InspectionPhoto, Interview
from supervision.services.demo_rectification import drawn_photo
from supervision.services.files import keep_file
from supervision.services.rectification import (
    assign_rectification,
    fill_rectification,
    open_rectification,
    report_rectification,
)

TAKEN = datetime.datetime(2020, 8, 20, 10, 42, 7, tzinfo=datetime.UTC)


def photo(minutes: int = 0, *, tint: str = "#aabbcc", name: str = "现场.jpg", **options) -> SimpleUploadedFile:
    """Return a photo taken some minutes after 18:42:07 Beijing time on 20 August 2020."""
    taken = timezone.localtime(TAKEN + datetime.timedelta(minutes=minutes))
    return SimpleUploadedFile(name, drawn_photo(taken, tint, **options))


def opened(programme, participant, by, **more):
    """Return an item about a unit, due on 30 September 2020."""
    given = {"source": "ranking", "problem": "完成率低于全省平均", "deadline": datetime.date(2020, 9, 30)} | more
    return open_rectification(programme=programme, participant=participant, by=by, **given)


def assigned(programme, participant, by, **more):
    """Return the item given to the unit."""
    return assign_rectification(item=opened(programme, participant, by, **more), by=by)


def reported(programme, participant, by, clerk, **more):
    """Return the item reported as done by the unit's clerk, with a photo from after."""
    item = assigned(programme, participant, by, **more)
    fill_rectification(item=item, by=clerk, cause="雨季停工", measures="增加施工队伍")
    after = keep_file(upload=photo(tint="#00ff00"), by=clerk)
    return report_rectification(item=item, by=clerk, text="已完成", files=[after])


def addresses_of(project, participant, by) -> dict:
    """Return the arguments of all addresses: items assigned and not, a visit and a draft, minutes."""
    programme = project.programme
    kept = keep_file(upload=photo(), by=by)
    item = assigned(programme, participant, by, project=project, files=[kept])
    waiting = opened(programme, participant, by, project=project)
    common = {"programme": programme, "participant": participant, "visited_on": "2020-08-20", "added_by": by}
    visit = Inspection.objects.create(**common, client_key=uuid.uuid4(), state="recorded", recorded_at=TAKEN)
    draft = Inspection.objects.create(**common, client_key=uuid.uuid4())
    taken = InspectionPhoto.objects.create(inspection=draft, file=keep_file(upload=photo(5), by=by))
    minutes = Interview.objects.create(
        programme=programme, kind="interview", held_on="2020-08-20", subject="进展较慢", text="纪要", added_by=by
    )
    minutes.participants.set([participant])
    return {
        "supervision:rectification-detail": {"pk": item.pk},
        "supervision:rectification-again": {"pk": item.pk},
        "supervision:rectification-change": {"pk": waiting.pk},
        "supervision:kept-file": {"pk": kept.pk},
        "supervision:kept-preview": {"pk": kept.pk},
        "supervision:inspection-detail": {"pk": visit.pk},
        "supervision:inspection-edit": {"pk": draft.pk},
        "supervision:inspection-photo-remove": {"pk": taken.pk},
        "supervision:interview-detail": {"pk": minutes.pk},
    }
