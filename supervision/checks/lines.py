"""The lines of a snapshot that concern one addressee of a 核对, ready to be shown and objected to.

A unit sees its own rows with its own places, nothing made of other units' figures; a lead agency sees the rows of its
own indicators, of all units. Nothing is computed here: everything printed stands in the snapshot.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from funding.amounts import in_unit
from funding.funds import exclusion_phrases
from funding.labels import rate_label
from livelihood.formats import (
    MISSING,
    format_long_moment,
    format_number,
    format_place,
    format_signed,
)
from projects.discipline import KINDS
from projects.models import Indicator, Participant, Programme, Project, Report, SubProject
from supervision.checks.changes import Changes, changes_between
from supervision.models import Check, CheckLine, SnapshotFundRate, SnapshotLine, SnapshotUnit
from supervision.pages.line_words import indicator_label, rate_text, status_text

Topic = CheckLine.Topic
#: Status of lines without a task: they are not checked; a target in words is, as its text.
WITHOUT_TASK = ("no_task", "not_split")
WAN = "万元"
#: Money is objected to in 万元, to the 分.
WAN_DECIMALS = 6


@dataclass
class Line:
    """One line as it is printed, and what its addressee has said of it.

    `takes_figure`: an objection to it names another figure, in `unit` with at most `decimals` places; `changed` are the
    words of what reads otherwise than when the addressee last answered.
    """

    key: str
    topic: str
    group: str
    label: str
    participant: Participant | None
    indicator: Indicator | None = None
    target: str = MISSING
    value: str = MISSING
    rate: str = MISSING
    has_rate: bool = False
    average: str = MISSING
    gap: str = MISSING
    place: str = ""
    status: str = ""
    is_below: bool = False
    takes_figure: bool = False
    unit: str = ""
    decimals: int = 0
    changed: list[str] = field(default_factory=list)
    objections: list[CheckLine] = field(default_factory=list)
    typed: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what the line is called where nothing stands around it."""
        return f"{self.group} {self.label}"

    @property
    def printed(self) -> str:
        """Return what the line says in one breath: 60.00公里，完成率60.00%，第2名."""
        value = "" if self.value == MISSING else f"{self.value}{self.unit if self.takes_figure else ''}"
        word = "比率" if self.topic == Topic.FUND else "完成率"
        rate = f"{word}{self.rate}%" if self.has_rate else ""
        return "，".join(part for part in (value, rate, self.place) if part) or self.status

    @property
    def takes_no_figure(self) -> bool:
        """Tell whether an objection to the line is made in words alone."""
        return not self.takes_figure

    @property
    def open_objection(self) -> CheckLine | None:
        """Return the objection that waits for the city office, if there is one."""
        return next((row for row in self.objections if row.state == CheckLine.State.OPEN), None)


def figure_key(participant_id: int, indicator_id: int) -> str:
    """Return how a figure's line is named."""
    return f"{participant_id}-{indicator_id}"


def fund_key(row: SnapshotFundRate) -> str:
    """Return how a rate of money is named."""
    return f"fund-{row.participant_id}-{row.fund_kind}-{row.measure}-{row.denominator}-{row.project_id or 0}"


def led_by(check: Check) -> tuple[set[int], set[int]]:
    """Return the ids of the sub-projects the check's agency leads, and of the projects it leads whole. One query."""
    led, others = defaultdict(set), set()
    rows = SubProject.objects.filter(project__programme=check.snapshot.period.programme_id)
    for pk, project, agency in rows.values_list("pk", "project_id", "lead_agency_id"):
        if agency == check.agency_id:
            led[project].add(pk)
        else:
            others.add(project)
    return {pk for rows in led.values() for pk in rows}, set(led) - others


def lines_of(check: Check) -> list[Line]:
    """Return the lines of the check in the order of the paper, with what changed and was said. Some ten queries."""
    participants = {row.pk: row for row in check.snapshot.period.programme.participants.all()}
    lines = _figures(check, participants) + _funds(check, participants)
    if check.participant_id:
        lines = [*_place(check), *lines] if lines else []
        lines += _discipline(check) if lines else []
    _mark(check, lines)
    return lines


def _figures(check: Check, participants: dict[int, Participant]) -> list[Line]:
    rows = SnapshotLine.objects.filter(snapshot=check.snapshot).exclude(status__in=WITHOUT_TASK)
    if check.participant_id:
        rows = rows.filter(participant=check.participant_id)
    else:
        rows = rows.filter(indicator__sub_project__in=led_by(check)[0])
    rows = rows.order_by(
        "indicator__sub_project__project__seq", "indicator__sub_project__order", "indicator__order", "participant_order"
    )
    indicators = Indicator.objects.select_related("sub_project__project").in_bulk(
        set(rows.values_list("indicator_id", flat=True))
    )
    found = []
    for row in rows.values():
        indicator = indicators[row["indicator_id"]]
        found.append(_figure(check, row, indicator, participants[row["participant_id"]]))
    return found


def _figure(check: Check, row: dict, indicator: Indicator, unit: Participant) -> Line:
    project, decimals = indicator.sub_project.project, row["value_decimals"]
    is_text = row["status"] == "text"
    whole = unit.kind == Participant.Kind.WHOLE
    group, label = _named(
        check,
        f"{project.seq} {project.name}",
        indicator_label(indicator) + (f"（{indicator.unit}）" if indicator.unit else ""),
        unit,
    )
    return Line(
        key=figure_key(unit.pk, indicator.pk),
        topic=Topic.FIGURE,
        group=group,
        label=label,
        participant=unit,
        indicator=indicator,
        target="文字" if is_text else format_number(row["shown_target"], decimals),
        value=format_number(row["shown_value"], decimals),
        rate=rate_text(row, check.snapshot.decimals),
        has_rate=row["rate"] is not None,
        average=_average(row),
        gap=format_signed(row["gap_to_benchmark"], row["benchmark_decimals"] or 0),
        place="" if whole or row["place"] is None else format_place(row["place"]),
        status=status_text(row) if row["status"] else "",
        is_below=bool(row["below_benchmark"]),
        takes_figure=not is_text,
        unit=indicator.unit,
        decimals=indicator.decimals,
    )


def _named(check: Check, project: str, name: str, unit: Participant) -> tuple[str, str]:
    """Return a line's heading and its own name: a unit reads by project, a lead agency by what it compares units in."""
    return (project, name) if check.participant_id else (f"{project} · {name}", unit.printed_name)


def _average(row: dict) -> str:
    """Return the provincial average at its own decimals; of a rate with its sign."""
    if row["benchmark"] is None:
        return MISSING
    number = format_number(row["benchmark"], row["benchmark_decimals"])
    return f"{number}%" if row["benchmark_measure"] == "rate" else number


def _funds(check: Check, participants: dict[int, Participant]) -> list[Line]:
    rows = SnapshotFundRate.objects.filter(snapshot=check.snapshot, tasks__gt=0)
    if check.participant_id:
        rows = rows.filter(participant=check.participant_id)
    else:
        rows = rows.filter(project_id__in=led_by(check)[1])
    rows = list(rows.order_by("project_seq", "participant_order", "fund_kind", "id"))
    if not rows:
        return []
    programme = check.snapshot.period.programme
    projects = {row.pk: row for row in Project.objects.filter(programme=programme)}
    phrases = exclusion_phrases(programme)
    return [_fund(check, row, participants[row.participant_id], projects.get(row.project_id), phrases) for row in rows]


def _fund(check: Check, row: SnapshotFundRate, unit: Participant, project: Project | None, phrases: dict) -> Line:
    excluded = phrases.get(row.fund_kind, ()) if project is None else ()
    whole = unit.kind == Participant.Kind.WHOLE
    name = rate_label(row.measure, row.denominator, excluded, kind=row.fund_kind)
    group, label = _named(check, f"{project.seq} {project.name}资金" if project else "资金，全部项目", name, unit)
    return Line(
        key=fund_key(row),
        topic=Topic.FUND,
        group=group,
        label=label,
        participant=unit,
        target=_amount(row.divisor),
        value=_amount(row.numerator),
        rate=format_number(row.rate, check.snapshot.decimals),
        has_rate=row.rate is not None,
        average=MISSING if row.benchmark is None else f"{format_number(row.benchmark, row.benchmark_decimals)}%",
        gap=format_signed(row.gap_to_benchmark, row.benchmark_decimals or 0),
        place="" if whole or row.place is None else format_place(row.place),
        status="未报送" if row.rate is None else "",
        is_below=bool(row.below_benchmark),
        takes_figure=True,
        unit=WAN,
        decimals=WAN_DECIMALS,
    )


def _amount(value) -> str:
    return MISSING if value is None else in_unit(value, WAN)


def _place(check: Check) -> list[Line]:
    """Return the unit's overall place with its score; none of a unit that is not ranked."""
    row = SnapshotUnit.objects.filter(snapshot=check.snapshot, participant=check.participant_id).first()
    if row is None or not row.ranked or (row.score is None and row.place is None):
        return []
    return [
        Line(
            key=f"place-{check.participant_id}",
            topic=Topic.PLACE,
            group="综合排名",
            label="综合得分",
            participant=check.participant,
            value=format_number(row.score, check.snapshot.decimals),
            place="" if row.place is None else format_place(row.place),
        )
    ]


def _discipline(check: Check) -> list[Line]:
    """Return how the unit reported the period, where units report."""
    period = check.snapshot.period
    if period.programme.reporting_by != Programme.ReportingBy.PARTICIPANT:
        return []
    report = Report.objects.filter(period=period, participant=check.participant_id).first()
    came_at = report.submitted_at if report else None
    word = (
        KINDS[period.timing(came_at)][1]
        if came_at
        else ("按时" if report and report.state == Report.State.APPROVED else "未报")
    )
    return [
        Line(
            key=f"discipline-{check.participant_id}",
            topic=Topic.DISCIPLINE,
            group="报送情况",
            label=f"{format_long_moment(came_at)}提交" if came_at else "本期月报",
            participant=check.participant,
            status=word,
            is_below=word in ("迟报", "未报"),
        )
    ]


def _mark(check: Check, lines: Iterable[Line]) -> None:
    """Put on the lines what changed since the last answer, and what was said of them. Four queries."""
    said = defaultdict(list)
    for row in check.objections.select_related("raised_by", "settled_by"):
        said[row.key].append(row)
    moved = changes_between(check.since, check.snapshot) if check.since_id else Changes()
    words = changed_keys(moved)
    for line in lines:
        line.objections = said.get(line.key, [])
        line.changed = words.get(line.key, [])


def changed_keys(moved: Changes) -> dict[str, list[str]]:
    """Return the keys of changed lines with the words of what changed."""
    words = {figure_key(*key): found for key, found in moved.figures.items()}
    words |= {f"fund-{'-'.join(str(part) for part in key)}": found for key, found in moved.funds.items()}
    return words | {f"place-{key[0]}": found for key, found in moved.units.items()}
