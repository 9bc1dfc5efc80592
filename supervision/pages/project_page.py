"""The page of one project: an indicator's units against the yardsticks, month by month, as rows and as a chart.

Arranges what `month_standings` returned; the only thing worked out here is how many places a unit has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from livelihood.formats import MISSING, format_day, format_number, format_rate
from livelihood.workbooks import printed
from projects.models import Benchmark, Indicator, Milestone, Project, ReportingPeriod
from supervision.pages.charts import PANELS_ACROSS, Panel, Series, small_multiples
from supervision.pages.history import MonthStandings, straight_lines
from supervision.pages.indicator import IndicatorPage
from supervision.pages.line_words import indicator_label, rate_text
from supervision.why_links import WhyLinks

#: How many units are drawn at a time; the table holds all.
MOST_PANELS = 12
#: How many milestones the legend can name.
MOST_NAMED = 2


@dataclass(frozen=True)
class MonthLines:
    """One month of the indicator: its label, participant id → line as far as seen, and the whole's where sums are."""

    period: ReportingPeriod
    label: str
    decimals: int
    lines: dict[int, dict]
    whole: dict | None
    #: Addresses of the answers on the basis the month is shown on.
    why: WhyLinks

    @property
    def any_line(self) -> dict | None:
        """Return a line to read what all of an indicator's lines share."""
        return self.whole or next(iter(self.lines.values()), None)


def month_label(period: ReportingPeriod) -> str:
    """Return 8月, or the day a week ends on."""
    is_month = period.kind == ReportingPeriod.Kind.MONTH
    return f"{period.ends_on.month}月" if is_month else format_day(period.ends_on)


def visible_indicators(current: MonthStandings) -> list[Indicator]:
    """Return the indicators of a month of which the user sees a unit's line, in printed order."""
    standings = current.standings
    return [
        indicator
        for pk, indicator in standings.indicators.items()
        if any(
            row["participant_kind"] != "whole" and current.scope.sees_line(indicator, row["participant_id"])
            for row in standings.lines[pk]
        )
    ]


class ProjectPage(IndicatorPage):
    """One indicator of a project up to a month: the rows of `IndicatorPage` with the months before them."""

    def __init__(self, months: Sequence[MonthStandings], indicator: Indicator):
        current = months[-1]
        super().__init__(current.standings, current.scope, indicator.pk)
        self.months = [_month_lines(month, self.indicator) for month in months]
        self.milestones = list(
            Milestone.objects.filter(indicator=self.indicator).select_related("indicator").order_by("due_on")
        )
        self.benchmarks = {
            row.period_id: row
            for row in Benchmark.objects.filter(
                indicator=self.indicator, period__in=[month.period for month in months]
            ).order_by("-measure")
        }
        why = WhyLinks(current.period, current.snapshot)
        for row, line in zip(self.rows, self.lines, strict=True):
            pk = line["participant_id"]
            row["months"] = [self._month_rate(month, month.lines.get(pk), pk) for month in self.months]
            row["month_cells"] = [
                self._month_cell(month, month.lines.get(pk), rate, row["code"])
                for month, rate in zip(self.months, row["months"], strict=True)
            ]
            row["change"] = self._change(pk, line)
            row["why"] = why.figure(row["code"], self.indicator.pk)
        if self.total:
            whole = self.standings.participants[self.whole["participant_id"]]
            self.total["why"] = why.figure(whole.code, self.indicator.pk)
            self.total["months"] = [self._month_rate(month, month.whole, None) for month in self.months]
            self.total["month_cells"] = [
                self._month_cell(month, month.whole, rate, whole.code)
                for month, rate in zip(self.months, self.total["months"], strict=True)
            ]

    def _month_cell(self, month: MonthLines, row: dict | None, rate: str, code: str) -> dict:
        """Return a month's rate with the address of its own answer, "" where the user sees no line of that month."""
        return {"rate": rate, "why": month.why.figure(code, self.indicator.pk) if row is not None else ""}

    def _month_rate(self, month: MonthLines, row: dict | None, participant_id: int | None) -> str:
        """Return a month's rate, or why there is none; what the user may not see is a dash."""
        if row is not None:
            return rate_text(row, month.decimals)
        participant = self.standings.participants.get(participant_id)
        is_later = participant and participant.joins_on and participant.joins_on > month.period.ends_on
        return "未参加" if is_later else MISSING

    def _change(self, participant_id: int, line: dict) -> int | None:
        """Return how many places a unit has won since the month before, None where one of the two is not known."""
        if not self.in_scope or len(self.months) < 2:
            return None
        before = self.months[-2]
        earlier = before.lines.get(participant_id) if before.whole is not None else None
        if earlier is None or earlier["place"] is None or line["place"] is None:
            return None
        return earlier["place"] - line["place"]

    @property
    def city_name(self) -> str:
        """Return what the pooled rate is called beside 全省平均: 全市平均; of a whole that is a province 全省汇总."""
        return f"{self.whole_name}{'汇总' if self.whole_name == '全省' else '平均'}"

    @property
    def has_shared_months(self) -> bool:
        """Whether there is a month before this one."""
        return len(self.months) > 1

    def facts(self) -> list[dict]:
        """Return the five facts on top: name, value, note, tone of the note. One query."""
        return [
            self._pooled_fact(),
            self._benchmark_fact(),
            self._schedule_fact(),
            self._milestone_fact(),
            self._city_place_fact(),
        ]

    def _pooled_fact(self) -> dict:
        total = self.total
        name = self.whole_name
        if total is None:
            return _fact(name, MISSING, "通报印发后可见" if not self.in_scope else "没有合计")
        name = f"{name}汇总（Σ完成÷Σ目标）" if total["is_sum"] else name
        value = f"{total['rate']}%" if total["has_rate"] else total["rate"]
        if not total["has_rate"]:
            return _fact(name, value, "")
        return _fact(name, value, f"{total['value']} ÷ {total['target']} {self.indicator.unit}{total['excluding']}")

    def _benchmark_fact(self) -> dict:
        value, measure = self.first["benchmark"], self.first["benchmark_measure"]
        if value is None:
            return _fact("全省平均", MISSING, "还没有录入，不作比较")
        decimals = self.first["benchmark_decimals"]
        if measure != "rate":
            return _fact("全省平均", f"{format_number(value, decimals)}{self.indicator.unit}", "按指标值比较")
        gap = self.whole["gap_to_benchmark"] if self.whole else None
        note, tone = "", ""
        if gap is not None:
            words = {True: "▽ {}低 {} 点", False: "{}高 {} 点"}[gap < 0] if gap else "与{}持平"
            note, tone = words.format(self.whole_name, format_number(abs(gap), decimals)), "red" if gap < 0 else ""
        return _fact("全省平均", format_rate(value, decimals), note, tone)

    def _schedule_fact(self) -> dict:
        period = self.standings.period
        value = self.straight.get(period.pk)
        is_month = period.kind == ReportingPeriod.Kind.MONTH
        note = f"{period.ends_on.month} ÷ 12 个月" if is_month else "已过天数 ÷ 全年天数"
        if self.first["has_plan"]:
            note += "，仅参考"
        elif self.first["accumulation"] != "flow" or self.first["direction"] == "at_most" or not self.is_number:
            note += "，本指标不比"
        return _fact("时序进度", format_rate(value, self.decimals), note)

    def _milestone_fact(self) -> dict:
        due = [row for row in self.milestones if row.due_on <= self.standings.period.as_of]
        if not self.milestones:
            return _fact("节点计划", MISSING, "本指标没有节点计划")
        if not due:
            return _fact("节点计划", MISSING, f"第一个节点{format_day(self.milestones[0].due_on)}")
        return _fact(f"节点计划（{format_day(due[-1].due_on)}）", _asked(due[-1]), "状态按节点判定")

    def _city_place_fact(self) -> dict:
        name = f"{self.standings.period.programme.owner.name}在全省的位次"
        entered = self.benchmarks.get(self.standings.period.pk)
        if entered is None or entered.city_place is None:
            return _fact(name, MISSING, "没有公布")
        notes = [f"{entered.city_count} 市" if entered.city_count else ""]
        earlier = self.benchmarks.get(self.months[-2].period.pk) if len(self.months) > 1 else None
        if earlier is not None and earlier.city_place:
            notes.append(f"{self.months[-2].label}第 {earlier.city_place} 位")
        return _fact(name, f"第 {entered.city_place} 位", "，".join(note for note in notes if note))

    def chart_rows(self, order: str) -> list[tuple[dict, dict]]:
        """Return (row, line) of the units that have a rate in any month: official order, or the last place first."""
        pairs = [
            (row, line)
            for row, line in zip(self.rows, self.lines, strict=True)
            if any(_rate(month.lines.get(line["participant_id"])) is not None for month in self.months)
        ]
        if order == "worst":
            pairs.sort(key=lambda pair: (pair[1]["rate"] is None, -(pair[1]["place"] or 0), pair[1]["rate"] or 0))
        return pairs

    def chart(self, pairs: list[tuple[dict, dict]]) -> dict | None:
        """Return the panels of some units; None where the indicator has no rate to draw (R12)."""
        if not pairs:
            return None
        shared = self._shared_series()
        due = self._due_months()
        panels = []
        for row, line in pairs:
            lines = [month.lines.get(line["participant_id"]) for month in self.months]
            asked = [(at, lines[at]["expected_rate"]) for at in due if lines[at] is not None]
            marks = [(at, rate) for at, rate in asked if rate is not None]
            own = Series("本单位", [_rate(one) for one in lines])
            value = f"{row['rate']}%" if row["has_rate"] else ""
            note, tone = self._note(row, line)
            panels.append(Panel(row["name"], value, note, tone, [own, *shared], marks))
        names = "、".join(row["name"] for row, _ in pairs)
        label = f"{self.project.name}{self.label}"
        return small_multiples(
            "months",
            [month.label for month in self.months],
            panels,
            sentence=f"{label}：{names}各月完成率与全省平均、{self.whole_name}、时序的对照，同样的数在下面的表里。",
            marks_name=self._marks_name(),
            across=max(2, min(PANELS_ACROSS, len(panels))),
        )

    def _shared_series(self) -> list[Series]:
        """Return the yardsticks that are the same for every unit, as far as there are any."""
        average = [
            printed(line["benchmark"], line["benchmark_decimals"])
            if line is not None and line["benchmark_measure"] == "rate"
            else None
            for line in (month.any_line for month in self.months)
        ]
        city = [_rate(month.whole) for month in self.months]
        series = [Series("全省平均", average, "province"), Series(self.city_name, city, "city")]
        if self.first["accumulation"] == "flow" and self.first["direction"] != "at_most":
            straight = [self.straight.get(month.period.pk) for month in self.months]
            series.append(Series("时序", straight, "schedule"))
        return [row for row in series if any(value is not None for value in row.values)]

    @property
    def straight(self) -> dict[int, Decimal]:
        """Return 时序进度 of each month, asked once."""
        if not hasattr(self, "_straight"):
            self._straight = straight_lines([month.period for month in self.months])
        return self._straight

    def _due_months(self) -> list[int]:
        """Return the months in which a milestone has come due, as places on the axis."""
        found = set()
        for row in self.milestones:
            later = [at for at, month in enumerate(self.months) if month.period.as_of >= row.due_on]
            # One that was due before the first month shown stands in none of them.
            if later and (later[0] > 0 or row.due_on.month == self.months[0].period.ends_on.month):
                found.add(later[0])
        return sorted(found)

    def _marks_name(self) -> str:
        due = [row for row in self.milestones if row.due_on <= self.standings.period.as_of]
        named = "、".join(f"{format_day(row.due_on)} {_asked(row)}" for row in due[-MOST_NAMED:])
        return f"节点 {named}" if named else "节点"

    def _note(self, row: dict, line: dict) -> tuple[str, str]:
        """Return what stands beside a unit's rate, and its tone."""
        if row["below"] and line["benchmark_measure"] == "rate":
            gap = format_number(abs(line["gap_to_benchmark"]), line["benchmark_decimals"])
            return f"{'▼' if row['is_far'] else '▽'} 低于全省 {gap} 点", "red"
        if row["below"] is False:
            return "不低于全省" if line["benchmark_measure"] == "rate" else "不差于全省", "green"
        return row["status_word"] if row["has_rate"] else row["rate"], "grey"


def _month_lines(month: MonthStandings, indicator: Indicator) -> MonthLines:
    """Return one month of an indicator within the scope of that month."""
    lines = [] if month.standings is None else month.standings.lines.get(indicator.pk, [])
    decimals = month.period.programme.decimals if month.standings is None else month.standings.decimals
    seen = {
        row["participant_id"]: row
        for row in lines
        if row["participant_kind"] != "whole" and month.scope.sees_line(indicator, row["participant_id"])
    }
    whole = None
    if month.scope.sees_all_units(indicator):
        whole = next((row for row in lines if row["participant_kind"] == "whole"), None)
    why = WhyLinks(month.period, month.snapshot)
    return MonthLines(month.period, month_label(month.period), decimals, seen, whole, why)


def _rate(line: dict | None) -> Decimal | None:
    return None if line is None else line["rate"]


def _asked(milestone: Milestone) -> str:
    return (
        milestone.required if milestone.measure == Milestone.Measure.VALUE else f"{format_number(milestone.threshold)}%"
    )


def _fact(name: str, value: str, note: str, tone: str = "") -> dict:
    return {"name": name, "value": value, "note": note, "tone": tone}


def neighbours(projects: Sequence[Project], seq: int) -> tuple[Project | None, Project | None]:
    """Return the projects before and after the one with number `seq`, of those the user sees."""
    before = [row for row in projects if row.seq < seq]
    after = [row for row in projects if row.seq > seq]
    return (before[-1] if before else None), (after[0] if after else None)


def tabs(indicators: Sequence[Indicator]) -> list[tuple[str, str]]:
    """Return (id, label with unit) of the indicators to choose from."""
    return [
        (str(row.pk), f"{indicator_label(row)}（{row.unit}）" if row.unit else indicator_label(row))
        for row in indicators
    ]
