"""Writes of evidence files: added beside a cell, taken back; what was there stays in the record."""

import uuid

from django.core.files import File
from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects import rights
from projects.evidence_files import taken_in
from projects.models import Evidence, Report
from projects.parts import Place
from projects.services.report_locks import is_open_for_figures, lock_report

#: Files beside one cell.
MOST = 20


def add_evidence(*, report: Report, place: Place, upload: File, name: str, by: User) -> Evidence:
    """Keep a photo, PDF or spreadsheet beside a cell; `name` as the person called it.

    Refused when the file is none of these by its content, too large, already there, one too many, or when the
    report cannot be changed now; NotAllowed when the cell is not `by`'s. Nothing is stored then.
    """
    with taken_in(upload, name) as taken:
        evidence = Evidence(
            report=report,
            **place.columns,
            kind=taken.kind,
            file_name=taken.name,
            size=taken.size,
            sha256=taken.sha256,
            added_by=by,
        )
        with taken.path.open("rb") as stored:
            return _keep(evidence, File(stored), taken.ending, place.sub_project_id, by=by)


@transaction.atomic
def remove_evidence(*, evidence: Evidence, by: User) -> None:
    """Take a file back: it is no longer shown, but stays in the record."""
    report = evidence.report
    lock_report(report)
    require_own(report, evidence.participant_id, evidence.item.pk, by)
    changed = Evidence.objects.filter(pk=evidence.pk, removed_at__isnull=True).update(removed_at=Now(), removed_by=by)
    if not changed:
        raise Refused("这个文件已经移除了。")
    record_event(by=by, verb="remove_evidence", target=evidence, before={"file_name": evidence.file_name})


def _keep(evidence: Evidence, file: File, ending: str, sub_project: int, *, by: User) -> Evidence:
    """Store file and row together: a refusal or a broken transaction leaves no file behind."""
    stored = ""
    try:
        with transaction.atomic():
            report = lock_report(evidence.report)
            require_own(report, evidence.participant_id, sub_project, by)
            _require_room(evidence)
            evidence.file.save(f"{uuid.uuid4().hex}{ending}", file, save=False)
            stored = evidence.file.name
            evidence.save()
            record_event(
                by=by,
                verb="add_evidence",
                target=evidence,
                after={"file_name": evidence.file_name, "sha256": evidence.sha256, "report": report.pk},
            )
    except BaseException:
        if stored:
            evidence.file.storage.delete(stored)
        raise
    return evidence


def require_own(report: Report, participant_id: int, sub_project_id: int, by: User) -> None:
    """Raise unless the cell is `by`'s to fill and the report can be changed now."""
    if not rights.fill_scope(by, report).covers(participant_id, sub_project_id):
        raise NotAllowed("这一格不由您填报，佐证没有改动。")
    if not is_open_for_figures(report):
        office = report.period.programme.owner.office_word
        raise Refused(f"这份月报“{report.get_state_display()}”，佐证不能再改。要改请先撤回，或由{office}退回。")


def _require_room(evidence: Evidence) -> None:
    """Raise when the cell has this file already, or as many as it may have."""
    beside = Evidence.objects.filter(
        report=evidence.report,
        participant=evidence.participant_id,
        indicator=evidence.indicator_id,
        cell=evidence.cell,
        removed_at__isnull=True,
    )
    same = beside.filter(sha256=evidence.sha256).first()
    if same is not None:
        raise Refused(f"这个文件已经传过（{same.file_name}），不用再传。")
    if beside.count() >= MOST:
        raise Refused(f"一格最多 {MOST} 个佐证文件。请先移除不用的，或者合成一个 PDF 再上传。")
