"""Why a line of money stands where it does: plan, received, disbursed and spent, with who, when and from where."""

from collections.abc import Sequence
from itertools import pairwise

from django.urls import reverse

from funding.amounts import in_unit
from funding.labels import STAGES
from funding.models import FundFigure, FundFigureRevision, FundLine, FundPlan
from funding.scope import visible_lines
from livelihood.formats import MISSING, format_date, format_moment
from livelihood.models import User
from projects.cell_panel import SHOWN_CHANGES, door_words
from projects.models import Participant, Report, ReportApproval, ReportingPeriod
from projects.models.kept import Origin
from supervision.models import Snapshot, SnapshotFund
from supervision.scope import own_scope
from supervision.why.answer import Answer, Change, Fact, Input, Term
from supervision.why.basis import made_of
from supervision.why.inputs import HIDDEN, file_link

UNIT = "万元"


def amounts_of(
    period: ReportingPeriod, snapshot: Snapshot | None, lines: Sequence[FundLine]
) -> dict[int, dict[str, object]]:
    """Return line id → stage → 元, frozen or as they are now. One or two queries."""
    if snapshot is not None:
        rows = SnapshotFund.objects.filter(snapshot=snapshot, fund_line__in=lines)
        return {row.fund_line_id: {stage: getattr(row, stage) for stage in STAGES} for row in rows}
    found: dict[int, dict] = {line.pk: dict.fromkeys(STAGES) for line in lines}
    for plan in FundPlan.objects.in_force(period.ends_on).filter(fund_line__in=lines):
        found[plan.fund_line_id]["planned"] = plan.amount
    figures = FundFigure.objects.filter(period=period, fund_line__in=lines, report__state__in=Report.COUNTED)
    for figure in figures:
        found[figure.fund_line_id][figure.stage] = figure.value
    return found


class FundLineWhy:
    """One line of money of a unit in a month, on a basis. `answer` gives None where it is not the user's to see."""

    def __init__(
        self,
        period: ReportingPeriod,
        snapshot: Snapshot | None,
        user: User,
        *,
        unit: Participant,
        line_id: int,
    ):
        self.period, self.snapshot, self.user, self.unit = period, snapshot, user, unit
        lines = FundLine.objects.of_programme(period.programme).filter(participant=unit)
        self.line = lines.filter(pk=line_id).first()

    def answer(self) -> Answer | None:
        """Return the whole answer. Some twenty queries, whatever the size."""
        if self.line is None:
            return None
        seen = visible_lines(self.user, self.period.programme, self.period)
        if seen is not None and self.line.pk not in seen:
            return None
        amounts = amounts_of(self.period, self.snapshot, [self.line]).get(self.line.pk, {})
        sub_project = self.line.sub_project
        name = "·".join(part for part in (sub_project.project.name, sub_project.name) if part)
        title = f"{sub_project.project.seq} {name}·{self.line.printed_source}"
        answer = Answer(f"{title}（{self.line.get_kind_display()}）", self.unit.printed_name)
        answer.terms = self._terms(amounts)
        answer.sentences = [
            "计划、到位、拨付、支出都是累计数，按元保存，这里折成万元；空是没有报，不是0（规则R5、R14）。",
            *([f"说明：{self.line.note}"] if self.line.note else []),
        ]
        answer.made_of = made_of(self.period, self.snapshot, self.user)
        own = own_scope(self.user, self.period.programme)
        if own.everything or self.unit.pk in own.participants:
            answer.inputs = [self._plan(amounts.get("planned")), *self._stages(amounts)]
        else:
            answer.hidden_inputs = HIDDEN
        return answer

    def _terms(self, amounts: dict) -> list[Term]:
        found = [
            Term(in_unit(amounts.get(stage), UNIT), f"{STAGES[stage]} {UNIT}", "" if first else "→")
            for first, stage in zip([True, *[False] * len(STAGES)], STAGES, strict=False)
        ]
        return [*found[:-1], Term(found[-1].value, found[-1].note, found[-1].sign, is_result=True)]

    def _plan(self, amount) -> Input:
        """Return the revision of the plan in force at the period's end, its paper and those before. One query."""
        given = Input("计划", f"{in_unit(amount, UNIT)}{UNIT}" if amount is not None else MISSING)
        rows = list(FundPlan.objects.filter(fund_line=self.line).select_related("set_by").order_by("revision"))
        known = [row for row in rows if self.snapshot is None or row.set_at <= self.snapshot.frozen_at]
        used = [row for row in known if row.valid_from <= self.period.ends_on]
        if not used:
            given.facts.append(Fact("说明", "没有下达这一笔资金计划：无任务，不进比率（规则R4）。"))
            return given
        plan = used[-1]
        paper = plan.document + (f"（{format_date(plan.document_on)}）" if plan.document and plan.document_on else "")
        given.facts = [
            Fact("依据", paper or "没有写依据文件"),
            Fact("版次", f"第{plan.revision}版，自{format_date(plan.valid_from)}起"),
            Fact("录入", f"{plan.set_by} {format_moment(plan.set_at)}"),
        ]
        if plan.reason:
            given.facts.append(Fact("原因", plan.reason))
        given.changes = [
            Change(
                at=row.set_at,
                by=str(row.set_by),
                how=f"第{row.revision}版：{row.reason}",
                old=_amount(before.amount),
                new=_amount(row.amount),
            )
            for before, row in pairwise(used)
        ][::-1]
        return given

    def _stages(self, amounts: dict) -> list[Input]:
        """Return what is known of each stage's amount. Some five queries."""
        figures = {
            row.stage: row
            for row in FundFigure.objects.filter(period=self.period, fund_line=self.line).select_related(
                "report__submitted_by"
            )
        }
        revisions: dict[int, list[FundFigureRevision]] = {row.pk: [] for row in figures.values()}
        for row in (
            FundFigureRevision.objects.filter(fund_figure__in=list(revisions))
            .select_related("changed_by", "import_batch")
            .order_by("version")
        ):
            revisions[row.fund_figure_id].append(row)
        return [
            self._stage(stage, amounts.get(stage), figures.get(stage), revisions)
            for stage in STAGES
            if stage != "planned"
        ]

    def _stage(self, stage: str, amount, figure: FundFigure | None, revisions: dict) -> Input:
        given = Input(STAGES[stage], MISSING if amount is None else f"{in_unit(amount, UNIT)}{UNIT}")
        rows = revisions[figure.pk] if figure else []
        known = [row for row in rows if self.snapshot is None or row.changed_at <= self.snapshot.frozen_at]
        if not known:
            given.facts.append(Fact("说明", "还没有人填过这一格。空不是0（规则R5）。"))
            return given
        last = known[-1]
        given.facts.append(
            Fact("填报", f"{last.changed_by} {format_moment(last.changed_at)} {last.get_origin_display()}")
        )
        if last.origin == Origin.EXCEL and (last.import_batch or last.sheet):
            name = last.import_batch.file_name if last.import_batch else "表格"
            place = f"，工作表「{last.sheet}」{last.cell}格" if last.sheet else ""
            given.facts.append(Fact("来源文件", f"{name}{place}", *file_link(last.import_batch, self.user)))
        if last.new_remark:
            given.facts.append(Fact("说明", last.new_remark))
        given.facts += self._report(figure.report)
        later = len(rows) - len(known)
        if later:
            given.facts.append(Fact("修改", f"快照冻结之后又改了{later}次，不影响这个结果"))
        if len(known) > 1:
            given.changes = [
                Change(
                    at=row.changed_at,
                    by=str(row.changed_by),
                    how=door_words(row, None),
                    old=_amount(row.old_value),
                    new=_amount(row.new_value),
                    remark=row.new_remark,
                )
                for row in known[-SHOWN_CHANGES:]
            ][::-1]
            given.more = max(0, len(known) - SHOWN_CHANGES)
        return given

    def _report(self, report: Report) -> list[Fact]:
        """Return who vouched for the report the amount stands in. One query."""
        facts = []
        until = self.snapshot.frozen_at if self.snapshot else None
        if report.submitted_at and (until is None or report.submitted_at <= until):
            facts.append(Fact("提交", f"{report.submitted_by} {format_moment(report.submitted_at)}"))
        verdicts = ReportApproval.objects.filter(report=report).select_related("decided_by").order_by("nth")
        counted = [row for row in verdicts if until is None or row.decided_at <= until]
        if counted:
            last = counted[-1]
            url = reverse("projects:report-detail", args=[report.pk]) if self.snapshot is None else ""
            words = f"{last.decided_by} {format_moment(last.decided_at)}"
            facts.append(Fact(f"市级{last.get_verdict_display()}", words, url, "看月报" if url else ""))
        elif self.snapshot is None:
            facts.append(Fact("月报", f"{report.get_state_display()}，还没有审核"))
        return facts


def _amount(amount) -> str:
    return "空" if amount is None else f"{in_unit(amount, UNIT)}{UNIT}"
