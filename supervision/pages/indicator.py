"""The page of one indicator as rows ready for a template: every unit, the yardsticks, the list."""

from functools import cached_property

from livelihood.formats import MISSING, format_day, format_number, format_rate, format_signed
from projects.models import Benchmark, Milestone, ReportingPeriod
from supervision.documents.sentences import below_sentence, whole_name
from supervision.models import SnapshotPlace
from supervision.pages.line_words import NO_TASK_WORDS, excluding_text, indicator_label, rate_text, status_text
from supervision.pages.yardsticks import is_far_below
from supervision.scope import StandingsScope
from supervision.standings import Standings


class IndicatorPage:
    """One indicator's standings within a user's scope."""

    def __init__(self, standings: Standings, scope: StandingsScope, pk: int):
        self.standings = standings
        self.decimals = standings.decimals
        self.indicator = standings.indicators[pk]
        self.project = self.indicator.sub_project.project
        self.label = indicator_label(self.indicator)
        self.whole_name = whole_name(standings)
        self.in_scope = scope.sees_all_units(self.indicator)
        lines = standings.lines[pk]
        self.first = lines[0]
        self.lines = [
            row
            for row in lines
            if row["participant_kind"] != "whole" and scope.sees_line(self.indicator, row["participant_id"])
        ]
        self.whole = standings.whole(pk) if self.in_scope else None
        self.rows = [self._row(row, is_own=row["participant_id"] in scope.participants) for row in self.lines]
        self.total = self._total() if self.whole else None
        below = standings.below(pk) if self.in_scope else None
        self.has_list = below is not None
        self.sentence = below_sentence(standings, pk) if below else ""

    @property
    def is_number(self) -> bool:
        """Whether a rate is computed at all (R12)."""
        return self.first["indicator_kind"] == "number"

    def _row(self, row: dict, *, is_own: bool) -> dict:
        participant = self.standings.participants[row["participant_id"]]
        scores_zero = row["status"] == "not_reported" and row["assessed"] and row["has_report"]
        return {
            "code": participant.code,
            "name": participant.printed_name,
            "is_own": is_own,
            "place": row["place"] if self.in_scope else None,
            "status_word": "未报送（按0分计）" if scores_zero else status_text(row),
            "waits_for_approval": row["has_report"] and not row["approved"],
        } | self._figures(row)

    def _figures(self, row: dict) -> dict:
        """Return what a unit's line and the total have in common, written out."""
        benchmark_decimals = row["benchmark_decimals"]
        has_task = row["status"] not in NO_TASK_WORDS
        return {
            "target": format_number(row["shown_target"], row["value_decimals"]) if has_task else "/",
            "value": format_number(row["shown_value"], row["value_decimals"]) if has_task else "/",
            "rate": rate_text(row, self.decimals),
            "has_rate": row["rate"] is not None,
            "expected": format_number(row["expected_rate"], self.decimals),
            "gap_to_expected": _gap(row["gap_to_expected"], self.decimals),
            "gap_to_benchmark": _gap(row["gap_to_benchmark"], benchmark_decimals),
            "gap_to_city": _gap(row["gap_to_city"], self.decimals) if self.in_scope else _gap(None, 0),
            "below": row["below_benchmark"],
            "is_far": bool(row["below_benchmark"]) and is_far_below(row),
            "status": row["status"],
        }

    def _total(self) -> dict:
        whole = self.whole
        return self._figures(whole) | {
            "name": self.standings.participants[whole["participant_id"]].printed_name,
            "status_word": status_text(whole) if whole["status"] else "",
            "is_sum": whole["additive"] and self.is_number,
            "excluding": excluding_text(self.standings, whole),
            "with_missing": None
            if whole["rate_with_missing"] is None
            else format_rate(whole["rate_with_missing"], self.decimals),
        }

    def formula(self) -> str:
        """Return in words how the rate is made (R2), with its one rounding (R7)."""
        if not self.is_number:
            return "增幅、年度和文字指标不计算完成率，只看状态和文字（规则R12）。"
        rounding = f"四舍五入到{self.decimals}位小数，印发和比较都用这个数（规则R2、R7）。"
        if self.first["direction"] == "at_most":
            return f"越低越好：完成率＝目标÷实际×100%，{rounding}实际为0时不计算完成率，记为达标，排在首位。"
        figure = "累计完成" if self.first["accumulation"] == "flow" else "月末数"
        words = f"完成率＝{figure}÷目标×100%，不封顶，{rounding}"
        if self.first["direction"] == "about":
            allowed = format_number(self.first["tolerance"].scaleb(2))
            return f"{words}目标为“约”“左右”，允许偏差{allowed}%。"
        return words

    def yardsticks(self) -> list[dict]:
        """Return 全省平均, 全市, 时序 or 节点 with value and source (R10, R11). Two queries."""
        city = self.total["rate"] if self.total and self.total["has_rate"] else MISSING
        return [self._benchmark_yardstick(), self._city_yardstick(city), self._calendar_yardstick()]

    @cached_property
    def entered_benchmark(self) -> Benchmark | None:
        """Return the average as it was entered, None where there is none or it has been changed since. One query."""
        entered = Benchmark.objects.filter(
            period=self.standings.period,
            indicator=self.indicator,
            measure=self.first["benchmark_measure"],
            value=self.first["benchmark"],
        )
        return entered.select_related("confirmed_by").first() if self.first["benchmark"] is not None else None

    @cached_property
    def published_place(self) -> Benchmark | SnapshotPlace | None:
        """Return what the city's place stands in: the snapshot's own rows, or the average as entered. One query."""
        snapshot = self.standings.snapshot
        if snapshot is None:
            return self.entered_benchmark
        return SnapshotPlace.objects.filter(
            snapshot=snapshot, indicator=self.indicator, measure=self.first["benchmark_measure"]
        ).first()

    def _benchmark_yardstick(self) -> dict:
        value = self.first["benchmark"]
        if value is None:
            return {"name": "全省平均", "value": MISSING, "source": "还没有录入，不作比较，不列名单"}
        decimals, measure = self.first["benchmark_decimals"], self.first["benchmark_measure"]
        text = format_rate(value, decimals) if measure == "rate" else format_number(value, decimals)
        entered = self.entered_benchmark
        source = []
        if entered is not None:
            source.append(entered.source)
            source.append(f"截至{format_day(entered.as_of)}" if entered.as_of else "")
        published = self.published_place
        if published is not None and published.city_place:
            source.append(f"{self.standings.period.programme.owner.own_word}第{published.city_place}位")
        if measure == "value":
            source.append(f"按指标值比较，单位{self.indicator.unit}")
        return {"name": "全省平均", "value": text, "source": "；".join(part for part in source if part)}

    def _city_yardstick(self, city: str) -> dict:
        if not self.in_scope:
            source = "通报印发后可见"
        elif self.first["additive"]:
            source = "各单位完成数之和÷目标之和，不是完成率的平均（规则R6）"
        else:
            source = f"不能加总，用{self.whole_name}自己的数（规则R6）"
        return {"name": self.whole_name, "value": city if city == MISSING else f"{city}%", "source": source}

    def _calendar_yardstick(self) -> dict:
        milestones = Milestone.objects.filter(indicator=self.indicator).select_related("indicator").order_by("due_on")
        expected = next((row["expected_rate"] for row in self.lines if row["expected_rate"] is not None), None)
        text = MISSING if expected is None else format_rate(expected, self.decimals)
        if self.first["has_plan"]:
            plan = "、".join(
                format_day(row.due_on)
                + (row.required if row.measure == Milestone.Measure.VALUE else f"{format_number(row.threshold)}%")
                for row in milestones
            )
            return {"name": "节点", "value": text, "source": f"节点计划代替时序（规则R11）：{plan}"}
        if expected is None:
            return {"name": "时序", "value": text, "source": "月末数、比率和不超过类指标没有时序（规则R11）"}
        period = self.standings.period
        is_month = period.kind == ReportingPeriod.Kind.MONTH
        source = f"{period.ends_on.month}÷12个月（规则R11）" if is_month else "已过天数÷全年天数（规则R11）"
        return {"name": "时序", "value": text, "source": source}

    def left_out(self) -> list[str]:
        """Return sentences naming units that are not reported, not split, or without a task (R4, R5)."""
        groups = [
            ("not_reported", f"未报送：{{names}}（{'不计入合计的两边，' if self.first['additive'] else ''}不是0）。"),
            ("not_split", f"任务未分解：{{names}}（有{self.whole_name}目标，没有分到这些单位，请核实）。"),
            ("no_task", "无任务{count}个：{names}。"),
        ]
        sentences = []
        for status, sentence in groups:
            names = [
                self.standings.participants[row["participant_id"]].printed_name
                for row in self.lines
                if row["status"] == status
            ]
            if names:
                sentences.append(sentence.format(names="、".join(names), count=len(names)))
        return sentences


def _gap(gap, decimals: int) -> dict:
    """Return a signed difference and whether it is below zero, written out."""
    return {"text": format_signed(gap, decimals), "is_below": gap is not None and gap < 0}
