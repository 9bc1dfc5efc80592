"""数从哪里来: who entered a figure and its target, when, from which file and cell, who approved, and every change.

Of a snapshot all is told as it stood when it was frozen; what came later is only counted.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.urls import reverse

from livelihood.formats import MISSING, format_date, format_moment, format_number, state_parts
from livelihood.models import User
from projects.cell_panel import SHOWN_CHANGES, cell_changes, door_words
from projects.models import (
    BureauSignature,
    Figure,
    FigureFlag,
    FigureRevision,
    ImportBatch,
    ImportFile,
    ImportUpload,
    Indicator,
    LeadObjection,
    Participant,
    Report,
    ReportApproval,
    ReportingPeriod,
    Target,
)
from projects.models.kept import Origin
from supervision.models import Snapshot
from supervision.why.answer import Change, Fact, Input

#: Shown to who sees a figure but not its report.
HIDDEN = "填报人、审核人、来源文件和修改记录，本单位和市级可见。"


@dataclass(frozen=True)
class Subject:
    """The cell that is asked about, by whom, and as it stood when (None: now)."""

    period: ReportingPeriod
    participant: Participant
    indicator: Indicator
    user: User
    snapshot: Snapshot | None

    @property
    def until(self) -> datetime | None:
        """Return when the figures were frozen."""
        return self.snapshot.frozen_at if self.snapshot else None

    def counts(self, moment: datetime | None) -> bool:
        """Tell whether something that happened then belongs to the basis."""
        return moment is not None and (self.until is None or moment <= self.until)


def figure_input(subject: Subject, mark: str, value: str, *, opens_report: bool) -> Input:
    """Return where a unit's own figure comes from; `opens_report`: with a link to its cell. Seven queries."""
    found = (
        Figure.objects.filter(period=subject.period, participant=subject.participant, indicator=subject.indicator)
        .select_related("report__participant", "report__agency", "report__signed_by", "report__submitted_by")
        .first()
    )
    if found is None:
        return Input(mark, value, facts=[Fact("说明", "还没有人填过这一格。空不是0（规则R5）。")])
    revisions = list(
        FigureRevision.objects.filter(figure=found).select_related("changed_by", "import_batch").order_by("version")
    )
    known = [row for row in revisions if subject.counts(row.changed_at)]
    given = Input(mark, value)
    if known:
        given.facts += _entered(known[-1], subject.user)
    given.facts += _reasons(found, known)
    given.facts += _approved(found.report, subject)
    changes = _changes(found.report, known, subject)
    given.changes = changes if len(changes) > 1 else []
    given.more = max(0, len(known) - SHOWN_CHANGES)
    url = _cell_url(found.report, subject) if opens_report else ""
    given.facts.append(Fact("修改", _times_changed(known, len(revisions) - len(known)), url, "看这一格"))
    return given


def _entered(last: FigureRevision, user: User) -> list[Fact]:
    """Return who put the number in, and from where."""
    facts = [Fact("填报", f"{last.changed_by} {format_moment(last.changed_at)} {last.get_origin_display()}")]
    if last.origin == Origin.EXCEL and (last.import_batch or last.sheet):
        name = last.import_batch.file_name if last.import_batch else "表格"
        place = f"，工作表「{last.sheet}」{last.cell}格" if last.sheet else ""
        facts.append(Fact("来源文件", f"{name}{place}", *file_link(last.import_batch, user)))
    if last.new_remark:
        facts.append(Fact("说明", last.new_remark))
    return facts


def file_link(batch: ImportBatch | None, user: User) -> tuple[str, str]:
    """Return address and words of the workbook a number came from, ("", "") where the user may not have it. One query.

    It may hold other units' numbers: who has it on the page of imports has it here.
    """
    if batch is None:
        return "", ""
    uploads = ImportUpload.objects.visible_to(user)
    found = ImportFile.objects.filter(batch=batch, upload__in=uploads).order_by("-pk").first()
    if found is None:
        return "", ""
    return reverse("projects:import-original", args=[found.upload_id, found.pk]), "下载"


def _reasons(figure: Figure, known: list[FigureRevision]) -> list[Fact]:
    """Return what was odd about the number and the reason given, where the number is still that one."""
    if not known or known[-1].version != figure.version:
        return []
    flags = FigureFlag.objects.filter(figure=figure)
    return [
        Fact("提示", flag.explanation + (f"理由：{flag.reason}" if flag.reason else "还没有写理由。")) for flag in flags
    ]


def _approved(report: Report, subject: Subject) -> list[Fact]:
    """Return who vouched for the report the number stands in. Three queries."""
    facts = []
    bureaus = BureauSignature.objects.filter(
        report=report,
        withdrawn_at__isnull=True,
        agency__assignments__participant=subject.participant,
        agency__assignments__sub_project=subject.indicator.sub_project_id,
    ).select_related("agency", "signed_by")
    facts += [
        Fact("部门签字", f"{row.agency} {row.signed_by} {format_moment(row.signed_at)}")
        for row in bureaus
        if subject.counts(row.signed_at)
    ]
    if subject.counts(report.signed_at):
        facts.append(Fact("审核签字", f"{report.signed_by} {format_moment(report.signed_at)}"))
    if subject.counts(report.submitted_at):
        facts.append(Fact("提交", f"{report.submitted_by} {format_moment(report.submitted_at)}"))
    verdicts = ReportApproval.objects.filter(report=report).select_related("decided_by").order_by("nth")
    counted = [row for row in verdicts if subject.counts(row.decided_at)]
    if counted:
        last = counted[-1]
        reason = f"：{last.reason}" if last.reason else ""
        facts.append(
            Fact(f"市级{last.get_verdict_display()}", f"{last.decided_by} {format_moment(last.decided_at)}{reason}")
        )
    elif subject.snapshot is None:
        facts.append(Fact("月报", f"{report.get_state_display()}，还没有审核"))
    objections = LeadObjection.objects.filter(
        report=report, participant=subject.participant, indicator=subject.indicator
    ).select_related("agency")
    facts += [
        Fact("异议", str(row.agency) + _objection_words(row, subject.indicator))
        for row in objections
        if subject.counts(row.raised_at)
    ]
    return facts


def _objection_words(row: LeadObjection, indicator: Indicator) -> str:
    """Return what a lead agency holds against the number, and how it was settled."""
    held = "" if row.value is None else f"核为{format_number(row.value, indicator.decimals)}"
    settled = f"（{row.settlement or '已撤回'}）" if row.settled_at else ""
    return f"{held}：{row.reason}{settled}"


def _changes(report: Report, known: list[FigureRevision], subject: Subject) -> list[Change]:
    """Return changes of the number and verdicts on its cell, newest first. One query."""
    decimals = subject.indicator.decimals
    changes = [
        {
            "at": row.changed_at,
            "by": row.changed_by,
            "how": door_words(row, None),
            "old": MISSING if row.old_value is None else format_number(row.old_value, decimals),
            "new": row.new_text or ("空" if row.new_value is None else format_number(row.new_value, decimals)),
            "remark": row.new_remark,
        }
        for row in known[-SHOWN_CHANGES:]
    ]
    about = {"participant": subject.participant, "indicator": subject.indicator}
    return [
        Change(
            at=row["at"],
            by=str(row["by"]),
            how=row["how"],
            old=row.get("old", ""),
            new=row.get("new", ""),
            remark=row.get("remark", ""),
        )
        for row in cell_changes(report, changes, about)
        if subject.counts(row["at"])
    ]


def _times_changed(known: list[FigureRevision], later: int) -> str:
    """Return how often the number was changed, and how often since it was frozen."""
    text = f"{len(known) - 1}次" if len(known) > 1 else "没有改过"
    return f"{text}；快照冻结之后又改了{later}次，不影响这个结果" if later else text


def _cell_url(report: Report, subject: Subject) -> str:
    key = f"{subject.participant.pk}-{subject.indicator.pk}"
    return reverse("projects:report-cell", args=[report.pk, key]) + "?page=1"


def target_input(subject: Subject, mark: str, revision: int | None, *, oversees: bool) -> Input:
    """Return which revision of the target counts, its paper, and what it was before. One query."""
    rows = list(
        Target.objects.filter(indicator=subject.indicator, participant=subject.participant)
        .select_related("set_by")
        .order_by("revision")
    )
    used = next((row for row in rows if row.revision == revision), None)
    if used is None:
        return Input(mark, MISSING, facts=[Fact("说明", "任务分解表里没有这个单位的任务。")])
    before = [row for row in rows if row.revision < used.revision]
    given = Input(mark, target_words(used, subject.indicator))
    given.facts.append(Fact("依据", _paper_words(used)))
    given.facts.append(Fact("版次", _revision_words(used, before, subject.indicator)))
    if used.printed:
        given.facts.append(Fact("印发文字", used.printed))
    given.facts.append(Fact("录入", f"{used.set_by} {format_moment(used.set_at)}"))
    later = [row for row in rows if row.revision > used.revision]
    if later:
        given.facts.append(
            Fact(
                "以后",
                "；".join(
                    f"自{format_date(row.valid_from)}起改为{target_words(row, subject.indicator)}" for row in later
                ),
            )
        )
    if oversees:
        key = f"{subject.participant.pk}-{subject.indicator.pk}"
        url = reverse("supervision:target-detail", args=[subject.period.programme.code, key])
        given.facts.append(Fact("全部版次", f"共{len(rows)}版", url, "看任务"))
    given.changes = [
        Change(
            at=row.set_at,
            by=str(row.set_by),
            how=f"第{row.revision}版，自{format_date(row.valid_from)}起：{row.reason}",
            old=target_words(old, subject.indicator),
            new=target_words(row, subject.indicator),
        )
        for old, row in pairwise(rows)
        if row.revision <= used.revision
    ][::-1]
    return given


def target_words(target: Target, indicator: Indicator) -> str:
    """Return a target as it stands in the table: its number, or why there is none."""
    if target.state != Target.State.ASSESSED:
        return state_parts(target.state)[1]
    return "空" if target.value is None else f"{format_number(target.value, indicator.decimals)}{indicator.unit}"


def _paper_words(target: Target) -> str:
    if not target.document:
        return "没有写依据文件"
    return target.document + (f"（{format_date(target.document_on)}）" if target.document_on else "")


def _revision_words(used: Target, before: list[Target], indicator: Indicator) -> str:
    since = f"第{used.revision}版，自{format_date(used.valid_from)}起"
    if not before:
        return f"{since}，没有调整过"
    reason = f"：{used.reason}" if used.reason else ""
    return f"{since}，由{target_words(before[-1], indicator)}调整{reason}"
