"""Writes of inspections: drafts and records with photos; what was found becomes a 整改 line and a slow entry."""

import datetime
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.files import File
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import NotAllowed, is_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, Programme, Project
from supervision.models import (
    Inspection,
    InspectionFinding,
    InspectionPhoto,
    KeptFile,
    Rectification,
)
from supervision.rectification.photo_groups import grouped
from supervision.rectification.rights import may_inspect
from supervision.services.files import files_and_rows, keep_file
from supervision.services.rectification import open_rectification

State = Inspection.State

TEXT_LENGTH = 500
#: Photos of one visit, and of one folder sent at once.
MOST_PHOTOS = 20
MOST_OF_FOLDER = 100


@dataclass(frozen=True)
class Seen:
    """What a person entered about a visit; `reasons` are codes of InspectionFinding.Reason, the main one first."""

    kind: str = Inspection.Kind.INSPECTION
    visited_on: datetime.date | None = None
    participant: Participant | None = None
    project: Project | None = None
    place: str = ""
    people: str = ""
    text: str = ""
    reasons: Sequence[str] = field(default_factory=tuple)
    deadline: datetime.date | None = None
    agency: Agency | None = None
    points: Decimal | None = None


def save_inspection(
    *, programme: Programme, client_key: uuid.UUID, seen: Seen, photos: Iterable[File] = (), is_draft: bool, by: User
) -> Inspection:
    """Keep a visit as a draft, or record it: with reasons it then has a finding and a 整改 line.

    `client_key` is the page's own name of the visit: what is sent twice is one, a photo sent twice is one, and a
    visit that is recorded stays as it is. Raises NotAllowed, Refused with a sentence; nothing is kept then.
    """
    if not may_inspect(by, programme):
        raise NotAllowed("督查记录由民生办、督查人员和特邀监督员登记。")
    _check(programme, seen, is_draft=is_draft, by=by)
    with files_and_rows():
        visit, _ = Inspection.objects.get_or_create(
            added_by=by,
            client_key=client_key,
            defaults={"programme": programme, "visited_on": seen.visited_on or timezone.localdate()},
        )
        visit = Inspection.objects.select_for_update(of=("self",)).select_related("programme__owner").get(pk=visit.pk)
        if visit.programme_id != programme.pk:
            raise Refused("这条督查记录属于另一个年度民生工程，请重新打开页面再记。")
        if visit.state == State.RECORDED:
            return visit
        _store(visit, seen)
        _add_photos(visit, photos, by)
        if is_draft:
            record_event(by=by, verb="draft_inspection", target=visit, after={"place": visit.place})
        else:
            _record(visit, seen, by)
    return visit


def drafts_of_folder(*, programme: Programme, photos: Sequence[File], by: User) -> tuple[list[Inspection], list[str]]:
    """Make a draft of each visit that a folder of photos shows, told by when and where they were taken.

    Returns the drafts, the earliest first, and sentences on files that were left out. Nothing taken: Refused.
    """
    if not may_inspect(by, programme):
        raise NotAllowed("督查记录由民生办、督查人员和特邀监督员登记。")
    if not photos:
        raise Refused("请先选择照片（可以一次选一个文件夹里的全部照片）。")
    if len(photos) > MOST_OF_FOLDER:
        raise Refused(f"一次最多 {MOST_OF_FOLDER} 张照片，现在选了 {len(photos)} 张。请分几次上传。")
    left_out: list[str] = []
    with files_and_rows():
        kept = _kept_photos(photos, by, left_out)
        if not kept:
            raise Refused("没有一张能用的照片：" + "；".join(left_out[:5]))
        drafts = []
        for group in grouped(kept):
            draft = Inspection.objects.create(
                programme=programme,
                added_by=by,
                client_key=uuid.uuid4(),
                visited_on=group.day or timezone.localdate(),
            )
            InspectionPhoto.objects.bulk_create(InspectionPhoto(inspection=draft, file=file) for file in group.files)
            record_event(by=by, verb="draft_inspection", target=draft, after={"photos": len(group.files)})
            drafts.append(draft)
    return drafts, left_out


@transaction.atomic
def remove_photo(*, photo: InspectionPhoto, by: User) -> None:
    """Take a photo out of one's own draft; it stays in the record."""
    visit = Inspection.objects.select_for_update().get(pk=photo.inspection_id)
    _require_own_draft(visit, by)
    if not InspectionPhoto.objects.filter(pk=photo.pk, removed_at=None).update(removed_at=Now(), removed_by=by):
        raise Refused("这张照片已经移除了。")
    record_event(by=by, verb="remove_photo", target=photo, before={"name": photo.file.name})


@transaction.atomic
def set_points(*, finding: InspectionFinding, points: Decimal | None, by: User) -> InspectionFinding:
    """Say how many points a finding takes off, None for none; counts from the next snapshot on."""
    if not is_city_office(by, finding.programme.owner_id):
        raise NotAllowed(f"扣分由{finding.programme.owner.office_word}定。")
    _check_points(points)
    before = finding.points
    InspectionFinding.objects.filter(pk=finding.pk).update(points=points)
    finding.refresh_from_db(fields=["points"])
    record_event(
        by=by,
        verb="set_points",
        target=finding,
        before={"points": str(before) if before is not None else None},
        after={"points": str(points) if points is not None else None},
    )
    return finding


def _require_own_draft(visit: Inspection, by: User) -> None:
    if visit.added_by_id != by.pk:
        raise NotAllowed("这条督查记录不是您记的，没有改动。")
    if visit.state != State.DRAFT:
        raise InvalidTransition("这条督查记录已经保存，不能再改。")


def _store(visit: Inspection, seen: Seen) -> None:
    visit.kind = seen.kind
    visit.visited_on = seen.visited_on or visit.visited_on
    visit.participant, visit.project = seen.participant, seen.project
    visit.place, visit.people, visit.text = seen.place.strip(), seen.people.strip(), seen.text.strip()
    visit.entered = {
        "reasons": list(seen.reasons),
        "deadline": seen.deadline.isoformat() if seen.deadline else "",
        "agency": seen.agency.pk if seen.agency else None,
        "points": str(seen.points) if seen.points is not None else "",
    }
    visit.save()


def _add_photos(visit: Inspection, photos: Iterable[File], by: User) -> None:
    """Keep the photos; one whose content is there already is there."""
    there = set(visit.photos.values_list("file__sha256", flat=True))
    for upload in photos:
        # Sent again because no answer came: it is there already.
        digest = _digest(upload)
        if digest not in there:
            there.add(digest)
            InspectionPhoto.objects.create(inspection=visit, file=_kept_photo(upload, by))
    if visit.photos.filter(removed_at=None).count() > MOST_PHOTOS:
        raise Refused(f"一条督查记录最多 {MOST_PHOTOS} 张照片，请去掉几张再保存。")


def _digest(upload: File) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _kept_photo(upload: File, by: User) -> KeptFile:
    try:
        kept = keep_file(upload=upload, by=by)
    except Refused as refusal:
        raise Refused(f"{upload.name}：{refusal}") from refusal
    if kept.kind != KeptFile.Kind.PHOTO:
        raise Refused(f"{upload.name}：督查照片只收 JPG、PNG；PDF 和表格请传到整改事项里。")
    return kept


def _kept_photos(photos: Sequence[File], by: User, left_out: list[str]) -> list[KeptFile]:
    """Keep what of a folder is a photo, each once; say of every other why it was left out."""
    kept: dict[str, KeptFile] = {}
    for upload in photos:
        try:
            with files_and_rows():
                file = _kept_photo(upload, by)
                if file.sha256 in kept:
                    raise Refused(f"{upload.name}：和 {kept[file.sha256].name} 是同一张，只收一次。")
        except Refused as refusal:
            left_out.append(str(refusal))
        else:
            kept[file.sha256] = file
    return list(kept.values())


def _record(visit: Inspection, seen: Seen, by: User) -> None:
    visit.state = State.RECORDED
    Inspection.objects.filter(pk=visit.pk).update(state=State.RECORDED, recorded_at=Now(), entered={})
    visit.refresh_from_db()
    record_event(
        by=by,
        verb="record_inspection",
        target=visit,
        after={"participant": str(visit.participant), "place": visit.place, "reasons": list(seen.reasons)},
    )
    if seen.reasons:
        _find(visit, seen, by)


def _find(visit: Inspection, seen: Seen, by: User) -> None:
    """Make the finding and its line in the ledger; the photos show how it is before."""
    main, *also = seen.reasons
    words = "、".join(InspectionFinding.Reason(reason).label for reason in seen.reasons)
    problem = f"{visit.place}：{visit.text}" if visit.place else visit.text
    item = open_rectification(
        programme=visit.programme,
        source=Rectification.Source.INSPECTION,
        source_note=f"{visit.visited_on.month}月{visit.visited_on.day}日{visit.get_kind_display()}（{words}）",
        problem=problem,
        participant=visit.participant,
        project=visit.project,
        agency=seen.agency,
        deadline=seen.deadline,
        files=[photo.file for photo in visit.photos.filter(removed_at=None).select_related("file")],
        by=by,
    )
    InspectionFinding.objects.create(
        inspection=visit,
        programme=visit.programme,
        found_on=visit.visited_on,
        participant=visit.participant,
        project=visit.project,
        reason=main,
        also=also,
        problem=problem,
        points=seen.points,
        rectification=item,
    )


def _check(programme: Programme, seen: Seen, *, is_draft: bool, by: User) -> None:
    """Raise Refused unless what was entered can be kept; a draft may lack anything but not be wrong."""
    if seen.visited_on and seen.visited_on > timezone.localdate():
        raise Refused(f"督查日期{format_date(seen.visited_on)}还没有到，请核对。")
    if seen.visited_on and seen.visited_on.year not in (programme.year, programme.year + 1):
        raise Refused(f"督查日期{format_date(seen.visited_on)}不在{programme.year}年度，请核对年份。")
    for name, value, most in (
        ("点位", seen.place, 120),
        ("督查人员", seen.people, 200),
        ("情况", seen.text, TEXT_LENGTH),
    ):
        if len(value.strip()) > most:
            raise Refused(f"{name}最多 {most} 字，现在有 {len(value.strip())} 字。")
        if "\x00" in value:
            raise Refused("文字里有不能保存的字符，请重新输入。")
    for row in (seen.participant, seen.project):
        if row is not None and row.programme_id != programme.pk:
            raise Refused("考核单位和项目要选这个年度民生工程里的。")
    if set(seen.reasons) - set(InspectionFinding.Reason.values):
        raise Refused("问题类型不正确，请重新选择。")
    if seen.points is not None and not is_city_office(by, programme.owner_id):
        raise NotAllowed(f"扣分由{programme.owner.office_word}定。")
    _check_points(seen.points)
    if not is_draft:
        _check_complete(seen)


def _check_complete(seen: Seen) -> None:
    if seen.participant is None:
        raise Refused("请选择考核单位（县区），再保存；也可以先存草稿。")
    if seen.visited_on is None:
        raise Refused("请填督查日期，再保存；也可以先存草稿。")
    if not seen.text.strip():
        raise Refused("请写现场情况，再保存；也可以先存草稿。")
    if seen.deadline and seen.deadline < seen.visited_on:
        raise Refused("整改时限不能早于督查日期。")


def _check_points(points: Decimal | None) -> None:
    if points is not None and not 0 < points < 1000:
        raise Refused("扣分要大于 0、小于 1000；不扣分请留空。")
