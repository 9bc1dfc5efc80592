"""Uploaded workbooks on their way: stored, read, corrected, then committed together or thrown away."""

import datetime
import hashlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from livelihood.access import NotAllowed, is_city_office, require_city_office
from livelihood.collector import paused_collector
from livelihood.jobs import JobCancelled, cancel_job, enqueue, note_progress
from livelihood.models import Job, User
from livelihood.services import Refused, record_event
from projects import rights
from projects.excel.guard import LARGEST_FILE, LARGEST_SUM
from projects.excel.workbook import WorkbookRefused, open_workbook
from projects.models import ImportBatch, ImportFile, ImportUpload, Participant, Report, ReportingPeriod
from projects.services.imports import (
    FOLDER,
    Review,
    import_returns,
    kept_cells,
    review_returns,
    stored_name,
)

State = ImportUpload.State
READ_JOB = "read_upload"
#: What one upload may hold.
MOST_FILES = 50
#: Up to here it is read at once; more is read by a worker.
SMALL_FILES, SMALL_BYTES = 2, 500 * 1024
#: So long an unfinished upload waits, and a file that nothing names stays.
KEPT = datetime.timedelta(days=7)
UNNAMED = datetime.timedelta(days=1)
NAME_LENGTH = ImportFile._meta.get_field("file_name").max_length


class ChangedMeanwhile(Refused):
    """What was shown is not what would be written now."""


def require_may_import(user: User, period: ReportingPeriod, participant: Participant | None) -> None:
    """Raise NotAllowed unless the user may send whole workbooks of the participant, or (None) of everybody.

    Of everybody: the city office, and where lead agencies report, each of them what it leads.
    """
    if participant is None:
        if not rights.reporting_agencies(user, period.programme):
            require_city_office(user, period.programme.owner_id)
    elif not rights.fill_scope(user, Report(period=period, participant=participant)).everything:
        office = period.programme.owner.office_word
        raise NotAllowed(f"整张表由本单位或{office}导入；您可以在网页上填自己的部分。")


def upload_agencies(upload: ImportUpload) -> frozenset[int] | None:
    """Return the lead agencies (ids) whose items the upload may bring: its sender's; None for those of all."""
    if is_city_office(upload.uploaded_by, upload.programme.owner_id):
        return None
    return rights.reporting_agencies(upload.uploaded_by, upload.programme)


def require_may_finish(user: User, upload: ImportUpload) -> None:
    """Raise NotAllowed unless the upload is the user's to correct, commit or throw away.

    The city office may finish everybody's. What it sent itself is its own: committed by somebody else it would stand
    as that unit's draft, not as taken in by the office.
    """
    owner = upload.programme.owner_id
    if is_city_office(user, owner):
        return
    require_may_import(user, upload.period, upload.participant)
    if is_city_office(upload.uploaded_by, owner):
        office = upload.programme.owner.office_word
        raise NotAllowed(f"这是{office}上传的，由{office}核对。要自己导入，请另外上传一份。")
    led = upload_agencies(upload) if upload.participant is None else frozenset()
    if not led <= rights.reporting_agencies(user, upload.programme):
        raise NotAllowed("这次上传还有别的牵头部门的项目，由上传的人核对。")


def may_import(user: User, upload: ImportUpload) -> bool:
    """Tell whether the user may do something with the upload beside looking at it."""
    try:
        require_may_finish(user, upload)
    except NotAllowed:
        return False
    return True


def start_upload(
    *, period: ReportingPeriod, participant: Participant | None, files: list[UploadedFile], by: User
) -> ImportUpload:
    """Store files and have them read: a few small ones now, more by a worker. No figure is written.

    Raises Refused for too many or too large files, empty ones and the same one twice; then nothing is stored.
    """
    require_may_import(by, period, participant)
    _check_sizes(files)
    hashes = [_sha256(file) for file in files]
    for number, sha256 in enumerate(hashes):
        if (first := hashes.index(sha256)) != number:
            raise Refused(f"“{files[number].name}”和“{files[first].name}”内容完全相同，没有上传。请只选其中一份。")
    for file, sha256 in zip(files, hashes, strict=True):
        _keep(file, sha256)
    with transaction.atomic():
        upload = _create(period, participant, files, hashes, by)
    if upload.job is None:
        read_upload(upload)
    upload.refresh_from_db()
    return upload


def read_upload(upload: ImportUpload, on_progress: Callable[[int], None] = lambda percent: None) -> None:
    """Parse the files of an upload one after the other and keep their cells; nothing is judged yet.

    `on_progress` is told per cent and may raise to stop between two files.
    """
    unread = ImportUpload.objects.filter(pk=upload.pk, state__in=[State.QUEUED, State.READING, State.FAILED])
    if not unread.update(state=State.READING):
        return
    reading = ImportUpload.objects.filter(pk=upload.pk, state=State.READING)
    files = list(upload.files.all())
    try:
        for number, file in enumerate(files):
            on_progress(100 * number // len(files))
            path = stored_path(file)
            try:
                open_workbook(path, file_name=file.file_name, kept=kept_cells(path))
            except WorkbookRefused:
                continue  # its page says why
    except JobCancelled:
        raise
    except Exception:
        reading.update(state=State.FAILED)
        raise
    reading.update(state=State.READ)


def run_read_job(job: Job) -> dict:
    """Carry out a job of kind `read_upload`."""
    upload = ImportUpload.objects.get(pk=job.payload["upload"])
    read_upload(upload, partial(note_progress, job))
    if ImportUpload.objects.filter(pk=upload.pk, state=State.READ).exists():
        # So that the page need not.
        review_upload(upload)
    return {"upload": upload.pk}


@transaction.atomic
def read_again(*, upload: ImportUpload, by: User) -> None:
    """Have an upload read whose reading failed, broke off or was cancelled."""
    locked = lock_upload(upload, by)
    if is_being_read(locked) or locked.state not in (State.QUEUED, State.READING, State.FAILED):
        raise Refused("这次上传正在读或已经读完了，不用再读。")
    job = enqueue(kind=READ_JOB, key=str(locked.pk), payload={"upload": locked.pk}, by=by)
    ImportUpload.objects.filter(pk=locked.pk).update(state=State.QUEUED, job=job)


@transaction.atomic
def cancel_reading(*, upload: ImportUpload, by: User) -> None:
    """Stop reading; what was parsed stays, and it can be read again or thrown away."""
    locked = lock_upload(upload, by)
    if not is_being_read(locked):
        raise Refused("已经读完了，不用取消。")
    cancel_job(job=locked.job, by=by)
    ImportUpload.objects.filter(pk=locked.pk).update(state=State.FAILED)


def is_being_read(upload: ImportUpload) -> bool:
    """Tell whether a worker has the upload before it, or will have."""
    is_waiting = upload.state in (State.QUEUED, State.READING)
    return is_waiting and upload.job is not None and upload.job.state in (Job.State.QUEUED, Job.State.RUNNING)


@transaction.atomic
def leave_out(*, upload: ImportUpload, file_id: int, left_out: bool, by: User) -> None:
    """Commit the upload without one of its files, or with it after all."""
    locked = lock_upload(upload, by)
    require_read(locked)
    file = locked.files.filter(pk=file_id).first()
    if file is None:
        raise Refused("这份文件不在这次上传里。")
    if file.left_out == left_out:
        return
    ImportFile.objects.filter(pk=file.pk).update(left_out=left_out)
    record_event(
        by=by,
        verb="leave_out_file",
        target=locked,
        before={"left_out": file.left_out},
        after={"left_out": left_out, "file": file.file_name, "sha256": file.sha256},
    )


def review_upload(upload: ImportUpload) -> Review:
    """Say what committing the upload would do, as it was last read; writes nothing."""
    return review_files(upload, [file for file in upload.files.all() if not file.left_out])


def review_files(upload: ImportUpload, files: list[ImportFile], *, is_shown: bool = True) -> Review:
    """Say what some files of an upload would do, whether or not they are to be committed; writes nothing.

    Unless only shown they are read again, if from their kept cells.
    """
    everything = _paths(upload.files.all())
    are_there = all(path.is_file() for path, _name in everything)
    return review_returns(
        files=_paths(files),
        programme=upload.programme,
        period=upload.period,
        participant=upload.participant,
        agencies=upload_agencies(upload),
        keep_cells=are_there,
        shown_with=everything if is_shown and are_there else None,
    )


@paused_collector()
@transaction.atomic
def confirm_upload(*, upload: ImportUpload, fingerprint: str, by: User) -> Review:
    """Write what the page with that fingerprint showed, all files or none; return what was written.

    Raises ChangedMeanwhile where the figures, the corrections or the files are others by now, and Refused where
    it was committed before, holds errors, or no file is left.
    """
    locked = lock_upload(upload, by)
    require_read(locked)
    if not locked.files.filter(left_out=False).exists():
        raise Refused("没有要导入的文件了，什么都没有改。请取回一份，或者重新上传。")
    review = review_files(locked, list(locked.files.filter(left_out=False)), is_shown=False)
    if review.fingerprint != fingerprint:
        raise ChangedMeanwhile("核对之后系统里的数有改动，没有导入。请再看一遍下面的对照。")
    batches = {batch.sha256: batch for batch in import_returns(review=review, by=by)}
    for file in locked.files.filter(left_out=False):
        ImportFile.objects.filter(pk=file.pk).update(batch=batches.get(file.sha256))
    _finish(locked, State.COMMITTED, by)
    return review


@transaction.atomic
def discard_upload(*, upload: ImportUpload, by: User) -> None:
    """Throw an upload away; its files go with the next cleaning."""
    locked = lock_upload(upload, by)
    if locked.state == State.COMMITTED:
        raise Refused("这次上传已经导入，不能放弃。要改数，请改好表格重新上传。")
    if locked.state == State.DISCARDED:
        raise Refused("这次上传已经放弃了。")
    if is_being_read(locked):
        cancel_job(job=locked.job, by=by)
    _finish(locked, State.DISCARDED, by)
    record_event(by=by, verb="discard_upload", target=locked, after=_contents(locked))


def clean_uploads(*, now: datetime.datetime | None = None) -> dict[str, int]:
    """Throw away uploads nobody finished in a week, and remove files that no batch and no upload names.

    Returns how many of both. A file written a day ago or later may belong to an upload that is only beginning.
    """
    now = now or timezone.now()
    expired = ImportUpload.objects.unfinished().filter(uploaded_at__lt=now - KEPT)
    thrown = 0
    for upload in expired.select_related("programme", "period", "participant", "job"):
        discard_upload(upload=upload, by=User.objects.system())
        thrown += 1
    return {"expired": thrown, "files": _remove_unnamed(now)}


def stored_path(file: ImportFile) -> Path:
    """Return where a file of an upload lies."""
    return Path(default_storage.path(stored_name(file.sha256)))


def _paths(files: Iterable[ImportFile]) -> list[tuple[Path, str]]:
    return [(stored_path(file), file.file_name) for file in files]


def lock_upload(upload: ImportUpload, by: User) -> ImportUpload:
    """Return the upload locked, if it is `by`'s to change. Raises NotAllowed."""
    rows = ImportUpload.objects.select_for_update(of=("self",))
    related = ("programme__owner", "period__programme", "participant", "job", "uploaded_by")
    locked = rows.select_related(*related).get(pk=upload.pk)
    require_may_finish(by, locked)
    return locked


def require_read(upload: ImportUpload) -> None:
    """Raise Refused unless the upload is read and still to be decided."""
    if upload.state == State.COMMITTED:
        raise Refused("这次上传已经导入过了，没有再导入。")
    if upload.state == State.DISCARDED:
        raise Refused("这次上传已经放弃了，请重新上传。")
    if upload.state != State.READ:
        raise Refused("这次上传还没有读完，请等读完再办。")


def _check_sizes(files: list[UploadedFile]) -> None:
    if not files:
        raise Refused("请先选一个文件。")
    if len(files) > MOST_FILES:
        raise Refused(f"一次最多上传{MOST_FILES}个文件，选了{len(files)}个，没有上传。请分几次。")
    for file in files:
        if file.size == 0:
            raise Refused(f"“{file.name}”是空的（0字节），没有上传。请重新导出后再选。")
        if file.size > LARGEST_FILE:
            largest = f"每个最多{LARGEST_FILE // 1024 // 1024}MB"
            raise Refused(f"“{file.name}”文件太大（{file.size / 1024 / 1024:.0f}MB），没有上传。{largest}。")
    total = sum(file.size for file in files)
    if total > LARGEST_SUM:
        most = LARGEST_SUM // 1024 // 1024
        raise Refused(f"这些文件合起来{total / 1024 / 1024:.0f}MB，没有上传。一次最多{most}MB，请分几次。")


def _sha256(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _keep(file: UploadedFile, sha256: str) -> None:
    """Store a file under its hash; one that is there already is as young again, so that no cleaning takes it."""
    name = stored_name(sha256)
    if default_storage.exists(name):
        os.utime(default_storage.path(name))
        return
    file.seek(0)
    default_storage.save(name, file)


def _create(period, participant, files: list[UploadedFile], hashes: list[str], by: User) -> ImportUpload:
    upload = ImportUpload.objects.create(
        programme=period.programme, period=period, participant=participant, uploaded_by=by
    )
    names: set[str] = set()
    rows = []
    for order, (file, sha256) in enumerate(zip(files, hashes, strict=True)):
        name = _distinct(Path(file.name).name, names)
        rows.append(ImportFile(upload=upload, sha256=sha256, file_name=name, size=file.size, order=order))
    ImportFile.objects.bulk_create(rows)
    record_event(by=by, verb="upload_returns", target=upload, after=_contents(upload))
    if len(files) > SMALL_FILES or sum(file.size for file in files) > SMALL_BYTES:
        upload.job = enqueue(kind=READ_JOB, key=str(upload.pk), payload={"upload": upload.pk}, by=by)
        upload.save(update_fields=["job"])
    return upload


def _distinct(name: str, taken: set[str]) -> str:
    """Return a name under which a file can be told from the others: two of one name get numbers."""
    stem, ending = Path(name).stem, Path(name).suffix
    found, number = name[-NAME_LENGTH:], 1
    while found in taken:
        number += 1
        mark = f"（{number}）{ending}"
        found = stem[: NAME_LENGTH - len(mark)] + mark
    taken.add(found)
    return found


def _contents(upload: ImportUpload) -> dict:
    return {
        "period": upload.period.code,
        "participant": upload.participant.code if upload.participant else "",
        "files": {file.file_name: file.sha256 for file in upload.files.all()},
    }


def _finish(upload: ImportUpload, state: str, by: User) -> None:
    ImportUpload.objects.filter(pk=upload.pk).update(state=state, finished_at=Now(), finished_by=by)


def _remove_unnamed(now: datetime.datetime) -> int:
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    named = set(ImportBatch.objects.values_list("file", flat=True))
    of_uploads = ImportFile.objects.exclude(upload__state=State.DISCARDED).values_list("sha256", flat=True)
    named |= {stored_name(sha256) for sha256 in of_uploads}
    removed = 0
    for path in folder.glob("*/*"):
        # The cells of a file go with it, and what a killed process left half written.
        name = f"{FOLDER}/{path.parent.name}/{path.name.partition('.')[0]}"
        age = now.timestamp() - path.stat().st_mtime
        if path.is_file() and name not in named and age > UNNAMED.total_seconds():
            path.unlink(missing_ok=True)
            removed += 1
    return removed
