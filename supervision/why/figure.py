"""Why a unit's indicator stands where it does: figure ÷ target, yardsticks, place, status, where the two came from."""

from functools import cached_property

from livelihood.access import oversees
from livelihood.formats import format_moment, format_number, format_rate, state_parts
from livelihood.models import User
from projects.models import Figure, ReportingPeriod, Target
from supervision.models import Snapshot
from supervision.pages.history import MonthStandings, month_standings
from supervision.pages.indicator import IndicatorPage
from supervision.pages.line_words import excluding_text, rate_text, status_text
from supervision.pages.yardsticks import is_far_below
from supervision.scope import StandingsScope, own_scope
from supervision.why.answer import (
    Answer,
    Cell,
    Fact,
    Input,
    Listed,
    Parts,
    Term,
    Yardstick,
    exact_ratio,
    gap_text,
    places_listed,
)
from supervision.why.basis import made_of
from supervision.why.inputs import HIDDEN, Subject, figure_input, target_input
from supervision.why.words import no_rate_sentence, no_task_sentences, rounding_sentences, status_sentence
from supervision.why_links import WhyLinks

#: Statuses of lines nothing is divided in.
_WITHOUT_TASK = ("no_task", "text", "not_split")


class FigureWhy:
    """One unit's line of one indicator within a user's scope. `answer` is None where they see no such line."""

    def __init__(self, period: ReportingPeriod, snapshot: Snapshot | None, user: User, *, unit: str, indicator_id: int):
        self.period, self.snapshot, self.user = period, snapshot, user
        months = month_standings(period, user, snapshot=snapshot, indicators=[indicator_id], most=2)
        self.month: MonthStandings = months[-1]
        self.before: MonthStandings | None = months[-2] if len(months) > 1 else None
        self.standings, self.scope = self.month.standings, self.month.scope
        self.links = WhyLinks(period, snapshot)
        self.indicator_id = indicator_id
        self.participant = next((row for row in self.standings.participants.values() if row.code == unit), None)
        self.row = self._line()

    def _line(self) -> dict | None:
        indicator = self.standings.indicators.get(self.indicator_id)
        if indicator is None or self.participant is None:
            return None
        is_whole = self.participant.kind == self.participant.Kind.WHOLE
        sees = self.scope.sees_all_units(indicator) or (
            not is_whole and self.scope.sees_line(indicator, self.participant.pk)
        )
        rows = self.standings.lines[self.indicator_id] if sees else []
        return next((row for row in rows if row["participant_id"] == self.participant.pk), None)

    @cached_property
    def page(self) -> IndicatorPage:
        """Return the page of the indicator, which words what all its lines have in common."""
        return IndicatorPage(self.standings, self.scope, self.indicator_id)

    @property
    def is_sum(self) -> bool:
        """Tell whether the line is the sum of the units' figures (R6)."""
        is_whole = self.row["participant_kind"] == "whole"
        return is_whole and self.row["additive"] and self.row["indicator_kind"] == "number"

    @cached_property
    def answer(self) -> Answer | None:
        """Return the whole answer."""
        if self.row is None:
            return None
        page, row = self.page, self.row
        answer = Answer(
            title=f"{page.project.seq} {page.project.name}·{page.label}",
            unit=self.participant.printed_name,
            status=row["status"] or "",
            status_word=status_text(row) if row["status"] else "",
            terms=self._terms(),
            yardsticks=self._yardsticks(),
            made_of=made_of(self.period, self.snapshot, self.user),
        )
        if self.is_sum:
            self._add_sum(answer)
        else:
            self._add_inputs(answer)
        answer.sentences = [*self._sentences(), *answer.sentences]
        self._add_places(answer)
        answer.links = self._links()
        return answer

    def _number(self, value) -> str:
        return format_number(value, self.row["value_decimals"])

    def _terms(self) -> list[Term]:
        row, unit = self.row, self.page.indicator.unit
        if row["shown_value"] is None or row["shown_target"] is None or row["status"] in _WITHOUT_TASK:
            return [Term(rate_text(row, self.standings.decimals), "没有完成率", is_result=True)]
        is_flow = row["accumulation"] == "flow"
        figure = "完成数之和" if self.is_sum else "累计完成" if is_flow else "月末数"
        value = Term(self._number(row["shown_value"]), f"{figure} {unit}{'' if self.is_sum else ' ①'}")
        target = Term(
            self._number(row["shown_target"]),
            f"目标之和 {unit}" if self.is_sum else f"目标 {unit} ②",
        )
        first, second = (target, value) if row["direction"] == "at_most" else (value, target)
        if row["rate"] is None:
            result = Term(rate_text(row, self.standings.decimals), "没有完成率", "→", is_result=True)
            return [first, Term(second.value, second.note, "对"), result]
        top, bottom = (
            (row["shown_target"], row["shown_value"])
            if row["direction"] == "at_most"
            else (row["shown_value"], row["shown_target"])
        )
        rules = "R2、R3、R7" if row["accumulation"] == "level" else "R2、R7"
        return [
            first,
            Term(second.value, second.note, "÷"),
            Term(exact_ratio(top, bottom), "准确的比值", "="),
            Term(
                format_rate(row["rate"], self.standings.decimals),
                f"四舍五入到{self.standings.decimals}位（规则{rules}）",
                "→",
                is_result=True,
            ),
        ]

    def _sentences(self) -> list[str]:
        row = self.row
        found = []
        if row["status"] == "no_task":
            found += no_task_sentences(row, self._target, self.page.indicator)
        elif word := status_sentence(self.standings, row, whole=self.page.whole_name):
            found.append(word)
        if word := no_rate_sentence(row, self.standings.decimals):
            found.append(word)
        found += rounding_sentences(row, self.standings.decimals)
        if row["has_report"] and not row["approved"] and row["participant_kind"] != "whole" and row["status"]:
            found.append("月报还没有审核通过，这个数可能会变；封账时只计已审核的月报。")
        return found

    @cached_property
    def _target(self) -> Target | None:
        """Return the revision of the target that counts. One query."""
        return Target.objects.filter(
            indicator=self.indicator_id, participant=self.participant, revision=self.row["target_revision"] or 0
        ).first()

    def _yardsticks(self) -> list[Yardstick]:
        """Return what the line is held against: value, gap, source. Three queries."""
        row, page = self.row, self.page
        benchmark, city, calendar = page.yardsticks()
        decimals = row["benchmark_decimals"]
        gaps = [
            (gap_text(row["gap_to_benchmark"], decimals), bool(row["below_benchmark"])),
            (gap_text(row["gap_to_city"], page.decimals) if page.in_scope else "", _is_negative(row["gap_to_city"])),
            (gap_text(row["gap_to_expected"], page.decimals), _is_negative(row["gap_to_expected"])),
        ]
        far = bool(row["below_benchmark"]) and is_far_below(row)
        url = self.links.benchmark(self.indicator_id) if row["benchmark"] is not None else ""
        entered = page.entered_benchmark
        if entered is not None:
            benchmark["source"] += f"；{entered.confirmed_by} {format_moment(entered.confirmed_at)}录入"
        rows = zip((benchmark, city, calendar), gaps, strict=True)
        return [
            Yardstick(one["name"], one["value"], gap, one["source"], is_below, far and index == 0, "" if index else url)
            for index, (one, (gap, is_below)) in enumerate(rows)
            if index != 1 or row["participant_kind"] != "whole"
        ]

    def _add_inputs(self, answer: Answer) -> None:
        """Add figure and target with who, when and from where, for who may know."""
        subject = Subject(self.period, self.participant, self.page.indicator, self.user, self.snapshot)
        own = self._own_scope()
        value = (
            "空"
            if self.row["shown_value"] is None
            else f"{self._number(self.row['shown_value'])}{subject.indicator.unit}"
        )
        if own.sees_line(subject.indicator, self.participant.pk):
            opens = own.everything or own.sees_report(self.participant.pk)
            answer.inputs.append(figure_input(subject, "①", self._text(value), opens_report=opens))
        else:
            answer.inputs.append(Input("①", value, facts=[Fact("说明", HIDDEN)]))
        is_office = oversees(self.user, self.period.programme.owner_id)
        answer.inputs.append(target_input(subject, "②", self.row["target_revision"], oversees=is_office))

    def _own_scope(self) -> StandingsScope:
        """Return whose makers the user may know: what they would see were nothing published. At most three queries."""
        is_published = self.snapshot is not None and self.period.state == ReportingPeriod.State.ISSUED
        return own_scope(self.user, self.period.programme) if is_published else self.scope

    def _text(self, value: str) -> str:
        """Return the figure's text where it is one, else `value`. At most one query."""
        if self.row["status"] != "text":
            return value
        found = Figure.objects.filter(
            period=self.period, participant=self.participant, indicator=self.indicator_id
        ).values_list("text", flat=True)
        return found.first() or "没有写进展"

    def _add_sum(self, answer: Answer) -> None:
        """Add the units behind a pooled rate, who is left out, and the second reading (R5, R6)."""
        row, page = self.row, self.page
        rows = [one for one in self.standings.lines[self.indicator_id] if one["participant_kind"] != "whole"]
        left_out = set(row["pooled_excluding"] or [])
        answer.sentences.append(f"{page.whole_name}＝各单位完成数之和÷目标之和，不是完成率的平均（规则R6）。")
        if left_out:
            names = excluding_text(self.standings, row).strip("（）")
            second = row["rate_with_missing"]
            words = f"；把它们的目标留在分母里是{format_rate(second, page.decimals)}" if second is not None else ""
            answer.sentences.append(f"{names}：没有报送或任务没有分解，两边都不计{words}（规则R5）。")
        if row["target"] is not None and row["target"] != row["shown_target"] and not left_out:
            answer.sentences.append(
                f"印发的{page.whole_name}目标是{self._number(row['target'])}{page.indicator.unit}，"
                f"各单位之和是{self._number(row['shown_target'])}{page.indicator.unit}，两个数都照印，不改（规则R16）。"
            )
        answer.parts.append(
            Parts(
                f"由{len(rows)}个单位加总",
                ["单位", f"完成（{page.indicator.unit}）", f"目标（{page.indicator.unit}）", "完成率%", "说明"],
                [self._sum_row(one, one["participant_id"] in left_out) for one in rows],
            )
        )

    def _sum_row(self, row: dict, is_left_out: bool) -> list[Cell]:
        unit = self.standings.participants[row["participant_id"]]
        has_task = row["status"] not in _WITHOUT_TASK
        return [
            Cell(unit.printed_name, is_number=False),
            Cell(self._number(row["shown_value"]) if has_task else "/"),
            Cell(self._number(row["shown_target"]) if has_task else "/"),
            Cell(rate_text(row, self.standings.decimals), self.links.figure(unit.code, self.indicator_id)),
            Cell("不计入两边" if is_left_out else "", is_number=False),
        ]

    def _add_places(self, answer: Answer) -> None:
        """Add the places of all units where they are in scope, and what it was a month before."""
        month = self.before
        before = self._before()
        if not self.page.in_scope:
            answer.list_heading = "位次"
            answer.list_note = "其他单位的数和位次在本期通报印发后可见。" + before
            return
        rows = [row for row in self.standings.lines[self.indicator_id] if row["participant_kind"] != "whole"]
        placed = [row for row in rows if row["place"] is not None]
        place = self.row["place"]
        answer.list_heading = f"位次：第{place}名，共{len(placed)}个" if place else f"位次：{len(placed)}个单位有位次"
        if not placed:
            answer.list_heading = "位次"
            answer.list_note = "没有单位有位次。" if self.row["assessed"] else "不考核的指标不排位次（规则R12）。"
        answer.list_note += before
        answer.listed = places_listed(
            (row["place"], self._listed(row)) for row in rows if row["status"] not in _WITHOUT_TASK
        )
        if month is not None and len({row["place"] for row in placed}) < len(placed):
            answer.list_note += "相同的完成率并列，后面的名次空出（规则R8）。"

    def _listed(self, row: dict) -> Listed:
        unit = self.standings.participants[row["participant_id"]]
        text = rate_text(row, self.standings.decimals)
        return Listed(
            name=unit.printed_name,
            value=f"{text}%" if row["rate"] is not None else text,
            place=row["place"],
            url=self.links.figure(unit.code, self.indicator_id),
            is_own=unit == self.participant,
        )

    def _before(self) -> str:
        """Return what the line was a month before, as far as the reader sees it."""
        if self.before is None or self.before.standings is None:
            return ""
        rows = self.before.standings.lines.get(self.indicator_id, [])
        row = next((one for one in rows if one["participant_id"] == self.participant.pk), None)
        if row is None or not self.before.scope.sees_line(self.page.indicator, self.participant.pk):
            return ""
        text = rate_text(row, self.before.standings.decimals)
        rate = f"{text}%" if row["rate"] is not None else text
        sees = self.before.scope.sees_all_units(self.page.indicator)
        place = f"，第{row['place']}名" if sees and row["place"] else ""
        return f"{self.before.period.label}是{rate}{place}。"

    def _links(self) -> list[Fact]:
        """Return where else the figure stands."""
        code, page = self.participant.code, self.page
        found = []
        if self.row["points"] is not None:
            points = format_number(self.row["points"], page.decimals)
            text = f"计入项目得分{points}分" + (
                "（完成率封顶100）" if self.row["rate"] not in (None, self.row["points"]) else ""
            )
            found.append(Fact("得分", text, self.links.project(code, page.project.seq), "看项目得分"))
        elif self.row["participant_kind"] != "whole":
            word = state_parts(self.row["status"])[1] if self.row["status"] in _WITHOUT_TASK else "不考核"
            found.append(Fact("得分", f"{word}，不计入项目得分（规则R4、R12、R13）"))
        return found


def _is_negative(gap) -> bool:
    """Tell whether a gap is below zero."""
    return gap is not None and gap < 0
