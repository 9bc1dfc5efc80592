"""What a letter of supervision will say, before it is one: figures of the snapshot, what is asked, by when."""

import datetime
import re
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone

from livelihood.formats import format_date, format_number
from livelihood.models import Agency
from livelihood.workbooks import printed
from projects.models import Indicator, Participant, ReportingPeriod
from projects.workdays import ONE_DAY, UnknownYear, Workdays
from supervision.models import Level, OversightRule, OversightSetting, Snapshot, SnapshotLine, SupervisionLetter
from supervision.oversight.finding import DEMO_DAYS, LINE_WORDS, Found, number, reason_words
from supervision.oversight.kinds import fund_rate_words
from supervision.pages.line_words import indicator_label

M = SupervisionLetter.Measure
K = OversightRule.Kind


@dataclass(frozen=True)
class LetterDraft:
    """A letter as proposed: to whom, about what, the figures, and what has to be reached by when.

    `reason` is the clause with the figures, `line_id` the frozen line they stand in.
    """

    participant: Participant | None
    agency: Agency | None
    indicator: Indicator | None
    fund_rate: str
    level: str
    cause: str
    matter: str
    reason: str
    as_of: datetime.date
    requirement: str
    required_measure: str
    required_value: Decimal | None
    deadline: datetime.date
    contact: str = ""
    target: Decimal | None = None
    actual: Decimal | None = None
    rate: Decimal | None = None
    average: Decimal | None = None
    average_word: str = ""
    gap: Decimal | None = None
    line_id: int | None = None

    def changed(self, **values) -> "LetterDraft":
        """Return the draft with some values set by a person."""
        return replace(self, **values)


def setting_of(programme) -> OversightSetting:
    """Return the programme's settings, with the defaults where nobody has set any."""
    return OversightSetting.objects.filter(programme=programme).first() or OversightSetting(programme=programme)


def written_on(period: ReportingPeriod) -> datetime.date:
    """Return the day from which an answer's term is counted: today, in the demo some days after the month."""
    if period.programme.is_demo:
        return period.as_of + datetime.timedelta(days=DEMO_DAYS)
    return max(timezone.localdate(), period.as_of)


def deadline_of(period: ReportingPeriod, days: int) -> datetime.date:
    """Return the day `days` working days from now; days of the week count where the calendar is not known."""
    day, calendar = written_on(period), Workdays(period.programme.owner_id)
    left = days
    while left:
        day += ONE_DAY
        try:
            works = calendar.at(day).works
        except UnknownYear:
            works = day.isoweekday() < 6
        left -= works
    return day


def draft_of_firing(found: Found, kind: str, snapshot: Snapshot, level: str, known: "Known") -> LetterDraft:
    """Return the letter that follows from what a rule found."""
    period = snapshot.period
    participant = known.participants.get(found.participant_id)
    agency = known.agencies.get(found.agency_id)
    indicator = known.indicators.get(found.indicator_id)
    facts = found.facts
    # A number can be asked for only of something that has one: an overall place has none.
    measure, value = _required(kind, facts) if indicator or found.fund_rate else (M.NONE, None)
    unit = indicator.unit if indicator else ""
    return LetterDraft(
        participant=participant,
        agency=agency,
        indicator=indicator,
        fund_rate=found.fund_rate,
        level=level,
        cause=found.matter(kind),
        matter=matter_words(kind, indicator, found.fund_rate, period.programme),
        reason=reason_words(kind, facts, unit=unit, fund_rate=found.fund_rate),
        as_of=period.as_of,
        requirement=requirement_words(measure, value, unit, known.deadline),
        required_measure=measure,
        required_value=value,
        deadline=known.deadline,
        contact=known.setting.contact,
        target=number(facts, "target"),
        actual=number(facts, "actual"),
        rate=number(facts, "rate"),
        average=number(facts, "line") if facts["line_kind"] in LINE_WORDS else None,
        average_word=LINE_WORDS.get(facts["line_kind"], ""),
        gap=number(facts, "gap"),
        line_id=known.lines.get((found.participant_id, found.indicator_id)),
    )


def draft_of_line(
    snapshot: Snapshot, participant: Participant | None, agency: Agency | None, indicator: Indicator | None, level: str
) -> LetterDraft:
    """Return a letter by hand about a line of the snapshot; for an agency alone, the whole's line. ≤ 8 queries."""
    known = Known(snapshot)
    about = participant or snapshot.period.programme.participants.filter(kind=Participant.Kind.WHOLE).first()
    line = SnapshotLine.objects.filter(snapshot=snapshot, participant=about, indicator=indicator).first()
    kind = K.BELOW_AVERAGE if line and line.benchmark is not None else K.BEHIND
    found = Found(
        participant.pk if participant else None,
        agency.pk if agency else None,
        indicator.pk if indicator else None,
        "",
        level,
        Decimal(0),
        _line_facts(line),
    )
    if line is None or line.rate is None or "line" not in found.facts:
        return _without_figures(found, snapshot, known, line, participant, agency, indicator)
    known.participants |= {participant.pk: participant} if participant else {}
    known.agencies |= {agency.pk: agency} if agency else {}
    known.indicators |= {indicator.pk: indicator}
    known.lines = {(found.participant_id, found.indicator_id): line.pk}
    draft = draft_of_firing(found, kind, snapshot, level, known)
    if _is_behind(line, found.facts):
        return draft
    return _without_figures(found, snapshot, known, line, participant, agency, indicator)


def _is_behind(line: SnapshotLine, facts: dict) -> bool:
    """Tell whether the line is on the wrong side of what it is held against."""
    if facts["line_kind"].startswith("average"):
        return bool(line.below_benchmark)
    return number(facts, "gap") < 0


class Known:
    """What drafting needs of the catalogue and the snapshot, read once for all letters of a close."""

    def __init__(self, snapshot: Snapshot, found: list[Found] | None = None):
        period = snapshot.period
        self.setting = setting_of(period.programme)
        self.deadline = deadline_of(period, self.setting.answer_days)
        found = found or []
        self.participants = Participant.objects.in_bulk({row.participant_id for row in found} - {None})
        self.agencies = Agency.objects.select_related("region").in_bulk({row.agency_id for row in found} - {None})
        self.indicators = {
            row.pk: row
            for row in Indicator.objects.filter(pk__in={row.indicator_id for row in found} - {None}).select_related(
                "sub_project__project"
            )
        }
        self.lines = {
            (row.participant_id, row.indicator_id): row.pk
            for row in SnapshotLine.objects.filter(
                snapshot=snapshot, participant__in=self.participants, indicator__in=self.indicators
            ).only("participant_id", "indicator_id")
        }


def matter_words(kind: str, indicator: Indicator | None, fund_rate: str, programme) -> str:
    """Return what the letter is about: 农村中小学食堂（新建和改扩建）进度, 综合排名, 月报报送."""
    if indicator is not None:
        project, label = indicator.sub_project.project.name, indicator_label(indicator)
        inner = re.sub(r'["“]([^"”]*)["”]', r"‘\1’", project)
        return f"“{inner}”{'' if label == project else f'（{label}）'}实施进度"
    if fund_rate:
        return f"民生工程{fund_rate_words(fund_rate, programme)}"
    return {
        K.LAST_PLACES: "民生工程综合进度",
        K.LATE_RETURN: "民生工程月报报送",
        K.OVERDUE: "督办和整改事项办理",
    }.get(kind, "民生工程实施进度")


def requirement_words(measure: str, value: Decimal | None, unit: str, deadline: datetime.date) -> str:
    """Return what is asked for by default."""
    if measure == M.RATE:
        return f"采取有力措施加快推进，{format_date(deadline)}前完成率达到{format_number(value)}%以上"
    if measure == M.VALUE:
        return f"采取有力措施加快推进，{format_date(deadline)}前累计完成达到{format_number(value)}{unit}"
    return "认真分析原因，制订整改措施，明确责任人和完成时限，切实加以改进"


def proposed_requirement(draft: LetterDraft) -> str:
    """Return what is asked for by default with the number and the day of a draft."""
    is_whole = draft.required_measure == M.NONE or draft.required_value is not None
    unit = draft.indicator.unit if draft.indicator else ""
    return requirement_words(draft.required_measure if is_whole else M.NONE, draft.required_value, unit, draft.deadline)


def _required(kind: str, facts: dict) -> tuple[str, Decimal | None]:
    """Return what a later figure has to reach: the line it was below."""
    line = number(facts, "line")
    if line is None or facts["line_kind"] not in LINE_WORDS:
        return M.NONE, None
    return (M.VALUE if facts["line_kind"] == "average_value" else M.RATE), line


def _line_facts(line: SnapshotLine | None) -> dict:
    if line is None or line.rate is None:
        return {"line_kind": "schedule"}
    facts = {"target": line.shown_target.normalize(), "actual": line.shown_value.normalize()}
    places = line.snapshot.decimals
    if line.benchmark is not None:
        is_value = line.benchmark_measure == "value"
        facts |= {"rate": line.compared, "line": line.benchmark, "gap": line.gap_to_benchmark}
        places = line.benchmark_decimals
        line_kind = "average_value" if is_value else "average"
    else:
        facts |= {"rate": line.rate, "line": line.expected_rate, "gap": line.gap_to_expected}
        line_kind = "milestone" if line.has_plan else "schedule"
    facts |= {name: printed(facts[name], places) for name in ("rate", "line", "gap")}
    return {name: format(value, "f") for name, value in facts.items() if value is not None} | {"line_kind": line_kind}


def _plain_reason(line: SnapshotLine | None, indicator: Indicator | None, snapshot: Snapshot) -> str:
    if line is None or line.shown_value is None:
        return "本期没有报送完成数" if line is not None else "工作进展不快"
    rate = f"，完成率{format_number(line.rate.normalize(), snapshot.decimals)}%" if line.rate is not None else ""
    return f"累计完成{format_number(line.shown_value.normalize())}{indicator.unit}{rate}"


def _without_figures(found, snapshot, known, line, participant, agency, indicator) -> LetterDraft:
    """Return a letter where nothing was held against a line: it asks in words, and is closed by a re-check."""
    return LetterDraft(
        participant=participant,
        agency=agency,
        indicator=indicator,
        fund_rate="",
        level=found.level,
        cause=found.matter("by_hand"),
        matter=matter_words("", indicator, "", snapshot.period.programme),
        reason=_plain_reason(line, indicator, snapshot),
        as_of=snapshot.period.as_of,
        requirement=requirement_words(M.NONE, None, "", known.deadline),
        required_measure=M.NONE,
        required_value=None,
        deadline=known.deadline,
        contact=known.setting.contact,
        target=line.shown_target if line else None,
        actual=line.shown_value if line else None,
        rate=line.rate if line else None,
        line_id=line.pk if line else None,
    )


#: What paper answers each level, and how its title ends.
LEVEL_TITLES = {
    Level.BLUE: "的提醒函",
    Level.YELLOW: "的督办函",
    Level.RED: "的约谈通知",
}
