"""太和县's own programme of 2020 for the demo: its townships' first month closed and issued, the next one open.

Catalogue and split are read by `projects/demo_townships.py`; the figures of July are made up from a seed (演示数据).
Everything goes through the services that the pages use: a county is served as a city is.
"""

import datetime
from collections import defaultdict
from decimal import ROUND_DOWN, Decimal

from django.db import transaction

from livelihood.models import User
from projects.demo import draw, generator
from projects.demo_plan import CURVES
from projects.demo_townships import CODE, DEMO_MARK, SEED, read_townships
from projects.models import FigureFlag, Indicator, Participant, Programme, Report, ReportingPeriod, Target
from projects.services.catalogue import load_catalogue
from projects.services.figure_entries import FigureEntry
from projects.services.figures import record_reports
from projects.services.periods import open_period
from projects.services.programmes import open_programme
from projects.services.reports import approve_report, receive_reports
from supervision.models import ScoringComponent
from supervision.scoring.scheme_draft import ComponentDraft, SchemeDraft
from supervision.services.closing import close_month
from supervision.services.demo_months import (
    CLOSE_DAY,
    CLOSED,
    ISSUE_DAY,
    SUBMITTED,
    due_at,
    following,
    moment,
    month_end,
)
from supervision.services.demo_papers import issue_reviewed
from supervision.services.marks import MarkEntry, confirm_marks, enter_marks, marked_components
from supervision.services.schemes import adopt_scheme

K = ScoringComponent.Kind
FILLED_MONTH, OPEN_MONTH = 7, 8
#: A unit's pace beside the usual course of a year, drawn between these; the last of them is slow throughout.
PACE = ("0.72", "1.18")
#: What the survey of a unit says, drawn between these, and how many people were asked in all.
SATISFIED, SAMPLE = ("82", "97"), 620
SLOW = {"341222-t13": "0.55", "341222-t31": "0.48"}


@transaction.atomic
def load_taihe(*, by: User) -> Programme:
    """Load catalogue, split, July closed and issued, August open; what is there already stays as it is.

    `by` must be the system's account or work in the county's office.
    """
    found = Programme.objects.filter(code=CODE).first()
    if found is not None:
        return found
    programme = load_catalogue(data=read_townships(), by=by).programme
    _adopt_scheme(programme, by)
    open_programme(programme=programme, by=by)
    _load_month(programme, by)
    _open(programme, OPEN_MONTH, by)
    return programme


def _open(programme: Programme, month: int, by: User) -> ReportingPeriod:
    return open_period(
        programme=programme,
        kind=ReportingPeriod.Kind.MONTH,
        ends_on=month_end(programme.year, month),
        due_at=due_at(programme.year, month),
        by=by,
    )


def _load_month(programme: Programme, by: User) -> None:
    """Carry July through: filled by all, received, approved, closed, issued; dated as it would have been."""
    period = _open(programme, FILLED_MONTH, by)
    reports = list(Report.objects.filter(period=period).select_related("period__programme__owner", "participant"))
    entries = _entries(programme)
    record_reports(
        batches=[(report, entries[report.participant_id]) for report in reports if entries[report.participant_id]],
        by=by,
        origin="demo",
        partial=False,
    )
    FigureFlag.objects.filter(figure__period=period, reason="").update(reason=f"已与乡镇核实（{DEMO_MARK}）")
    units = [report for report in reports if report.participant.kind != Participant.Kind.WHOLE]
    for report in units:
        report.refresh_from_db(fields=["version", "state"])
    receive_reports(reports=units, by=by)
    for report in units:
        report.refresh_from_db(fields=["version", "state", "content_sha256"])
        approve_report(report=report, by=by)
    sent_at = moment(following(programme.year, FILLED_MONTH, 3), SUBMITTED)
    Report.objects.filter(period=period).exclude(participant__kind=Participant.Kind.WHOLE).update(submitted_at=sent_at)
    _load_marks(period, by)
    closed = close_month(period=period, without=[], by=by)
    issue_reviewed(document=closed.document, by=by, issued_on=following(programme.year, FILLED_MONTH, ISSUE_DAY))
    closed_at = moment(following(programme.year, FILLED_MONTH, CLOSE_DAY), CLOSED)
    ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=closed_at)


def _adopt_scheme(programme: Programme, by: User) -> None:
    """Count the rates and what people said of them: the county's own scheme, made up."""
    rates = ComponentDraft(kind=K.PROJECT_RATES, name="项目完成率", weight=Decimal(90))
    survey = ComponentDraft.of_choice(
        f"{K.ENTERED}:{ScoringComponent.MarkedBy.SURVEY}",
        name="群众满意度测评",
        weight=Decimal(10),
        max_mark=Decimal(100),
    )
    draft = SchemeDraft(
        name="太和县民生工程综合考核办法（演示数据）",
        effective_from=datetime.date(programme.year, 1, 1),
        source=f"{DEMO_MARK}：项目完成率90分、群众满意度测评10分",
        reason=DEMO_MARK,
        components=(rates, survey),
    )
    adopt_scheme(programme=programme, draft=draft, by=by)


def _load_marks(period: ReportingPeriod, by: User) -> None:
    """Enter the survey's marks of the ranked units; the head of the office confirms them."""
    [component] = marked_components(period)
    units = period.programme.participants.filter(ranked=True).order_by("order", "id")
    entries = [
        MarkEntry(unit, draw(generator(SEED, "survey", unit.code), *SATISFIED).quantize(Decimal("0.1")))
        for unit in units
    ]
    source = f"{DEMO_MARK}：{period.programme.year}年{FILLED_MONTH}月群众电话测评"
    enter_marks(period=period, component=component, entries=entries, source=source, sample_size=SAMPLE, by=by)
    confirm_marks(period=period, component=component, by=User.objects.get(username="taihe_office_head"))


def _entries(programme: Programme) -> dict[int, list[FigureEntry]]:
    """Return July's cells by participant: what can be added up for the units, the rest for the whole (R6)."""
    targets = Target.objects.filter(participant__programme=programme, state=Target.State.ASSESSED)
    wanted = {
        (target.participant_id, target.indicator_id): target
        for target in targets.select_related("indicator", "participant").order_by("participant__order", "indicator")
        if (target.participant.kind == Participant.Kind.WHOLE) != target.indicator.additive
    }
    values = {key: _value(target) for key, target in wanted.items()}
    _align(values, wanted)
    found = defaultdict(list)
    for (unit, indicator), value in values.items():
        found[unit].append(FigureEntry(unit, indicator, "reported", value))
    return found


def _align(values: dict[tuple[int, int], Decimal], targets: dict[tuple[int, int], Target]) -> None:
    """Make a parent the sum of its parts where their targets add up to its own; else no part says more than it."""
    families = defaultdict(list)
    for (unit, pk), target in targets.items():
        if target.indicator.part_of_id is not None and (unit, target.indicator.part_of_id) in targets:
            families[unit, target.indicator.part_of_id].append((unit, pk))
    for parent, parts in families.items():
        if sum(targets[part].value for part in parts) == targets[parent].value:
            values[parent] = sum(values[part] for part in parts)
            continue
        for part in parts:
            values[part] = min(values[part], values[parent])


def _value(target: Target) -> Decimal:
    """Return a plausible figure at the indicator's decimals; the same seed gives the same."""
    indicator, unit = target.indicator, target.participant
    random = generator(SEED, "taihe", unit.code, indicator.name)
    step = Decimal(1).scaleb(-indicator.decimals)
    if indicator.accumulation == Indicator.Accumulation.LEVEL:
        return _level(target).quantize(step, ROUND_DOWN)
    if indicator.accumulation == Indicator.Accumulation.STOCK:
        return (target.value * draw(random, "0.97", "1.01")).quantize(step, ROUND_DOWN)
    pace = Decimal(SLOW[unit.code]) if unit.code in SLOW else draw(generator(SEED, "pace", unit.code), *PACE)
    share = Decimal(CURVES[indicator.category][FILLED_MONTH - 1]) * pace * draw(random, "0.9", "1.1")
    return (target.value * min(share, Decimal(1))).quantize(step, ROUND_DOWN)


def _level(target: Target) -> Decimal:
    """Return what the whole county has reached of a rate or standard: mostly it, of a limit a little less."""
    random = generator(SEED, "level", target.indicator.name)
    if target.indicator.direction == Indicator.Direction.AT_MOST or target.indicator.unit == "元/年人":
        return target.value
    reached = target.value * draw(random, "0.93", "1.06")
    return min(reached, Decimal(100)) if target.indicator.unit == "%" else max(reached, target.value)
