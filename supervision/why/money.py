"""Why a rate of money is what it is (R14): amounts by stage, the denominator by name, what stays out, who reported."""

from django.db.models import Q

from funding.amounts import aligned, in_unit
from funding.labels import STAGES
from funding.models import FundFigure, FundLine
from livelihood.formats import MISSING, format_moment, format_number, format_rate
from livelihood.models import User
from projects.models import Benchmark, Participant, Project, ReportingPeriod
from projects.models.kept import Origin
from supervision.documents.sentences import excluding_note
from supervision.fund_standings import FundRate, FundStandings
from supervision.models import FundSetLine, Snapshot, SnapshotFundRate
from supervision.pages.fund_ranking import WORDS
from supervision.pages.yardsticks import FAR_BELOW
from supervision.scope import StandingsScope, bases, own_scope
from supervision.why.answer import Answer, Cell, Listed, Parts, Term, Yardstick, exact_ratio, gap_text, places_listed
from supervision.why.basis import made_of
from supervision.why.fund_line import amounts_of
from supervision.why.inputs import HIDDEN
from supervision.why_links import WhyLinks

UNIT = "万元"
#: So many lines of money are listed one by one.
MOST_LINES = 200


class FundWhy:
    """One unit's rate of one kind of money, of all projects together or of one."""

    def __init__(self, funds: FundStandings, scope: StandingsScope, user: User, *, rate: FundRate, unit: Participant):
        self.funds, self.scope, self.user, self.rate, self.unit = funds, scope, user, rate, unit
        self.period: ReportingPeriod = funds.period
        self.snapshot: Snapshot | None = funds.snapshot
        self.links = WhyLinks(self.period, self.snapshot)
        self.code = f"{rate.fund_kind}-{rate.measure}"

    def answer(self, project: Project | None = None) -> Answer | None:
        """Return the whole answer, None where the amounts are not the user's to see."""
        is_whole = self.unit.kind == Participant.Kind.WHOLE
        sees = self.scope.everything or (not is_whole and self.unit.pk in self.scope.participants)
        rows = self.rate.lines if project is None else self.rate.by_project.get(project.pk, [])
        row = next((one for one in rows if one["participant_id"] == self.unit.pk), None)
        if not sees or row is None:
            return None
        name = f"{project.seq} {project.name}·{self.rate.label}" if project else self.rate.label
        answer = Answer(name, self.unit.printed_name)
        answer.terms = self._terms(row)
        answer.sentences = self._sentences(row)
        answer.yardsticks = self._yardsticks(row) if project is None else []
        answer.made_of = made_of(self.period, self.snapshot, self.user)
        answer.parts.append(self._stages(row))
        if is_whole:
            answer.parts.append(self._units(rows, project))
        else:
            self._add_lines(answer, project)
        self._add_places(answer, row, rows, project)
        return answer

    def _terms(self, row: dict) -> list[Term]:
        decimals = self.funds.decimals
        if row["rate"] is None:
            return [Term(WORDS.get(row["state"], MISSING), "没有比率", is_result=True)]
        unit = aligned(UNIT, (row["numerator"], row["divisor"]))
        return [
            Term(in_unit(row["numerator"], unit), f"{STAGES[row['measure']]} {UNIT}"),
            Term(in_unit(row["divisor"], unit), f"{STAGES[row['denominator']]} {UNIT}", "÷"),
            Term(exact_ratio(row["numerator"], row["divisor"]), "准确的比值", "="),
            Term(format_rate(row["rate"], decimals), f"四舍五入到{decimals}位（规则R7、R14）", "→", is_result=True),
        ]

    def _sentences(self, row: dict) -> list[str]:
        measure, denominator = STAGES[row["measure"]], STAGES[row["denominator"]]
        found = [f"分母是{denominator}：{measure}率＝{measure}÷{denominator}，都按元计算（规则R14）。"]
        if self.rate.excluded:
            found.append(f"不计入：{'、'.join(self.rate.excluded)}（{'，'.join(self.rate.phrases)}）。")
        if row["state"] == "no_task":
            found.append("无任务：没有下达这一类资金计划，不进分子、分母和位次（规则R4）。")
        elif row["state"] == "excluded":
            found.append("不计入：有计划，但全部是不计入比率的部分。")
        elif row["missing"]:
            found.append(
                f"{row['tasks']}项应报，{row['missing']}项没有报：没报的两边都不计，不是0；没有报全的不排位次，"
                f"也不和全省平均比较（规则R5）。"
            )
        left_out = [
            *(self.funds.name(pk) for pk in row["pooled_excluding"] or []),
            *(f"{self.funds.name(pk)}未报部分" for pk in row["pooled_in_part"] or []),
        ]
        if left_out:
            found.append(f"合计{excluding_note(left_out)}。")
        if row["rate_with_missing"] is not None:
            second = format_rate(row["rate_with_missing"], self.funds.decimals)
            found.append(f"把没有报的{denominator}留在分母里是{second}（规则R5）。")
        return found

    def _yardsticks(self, row: dict) -> list[Yardstick]:
        """Return what the rate is held against. Two queries."""
        decimals, found = self.funds.decimals, []
        entered = Benchmark.objects.filter(period=self.period, fund_rate=self.rate.code, value=row["benchmark"])
        entered = entered.select_related("confirmed_by").first() if row["benchmark"] is not None else None
        found.append(
            Yardstick(
                "全省平均",
                MISSING if row["benchmark"] is None else format_rate(row["benchmark"], row["benchmark_decimals"]),
                gap_text(row["gap_to_benchmark"], row["benchmark_decimals"]),
                f"{entered.source}；{entered.confirmed_by} {format_moment(entered.confirmed_at)}录入"
                if entered
                else "同一分母的全省平均还没有录入"
                if row["benchmark"] is None
                else "",
                bool(row["below_benchmark"]),
                bool(row["below_benchmark"]) and row["gap_to_benchmark"] <= FAR_BELOW,
            )
        )
        if self.scope.everything and row["participant_kind"] != "whole":
            whole = self.rate.whole
            found.append(
                Yardstick(
                    self.funds.name(whole["participant_id"]),
                    MISSING if whole["rate"] is None else format_rate(whole["rate"], decimals),
                    gap_text(row["gap_to_city"], decimals),
                    "各单位金额之和相除，不是比率的平均（规则R6）",
                    row["gap_to_city"] is not None and row["gap_to_city"] < 0,
                )
            )
        if row["expected_rate"] is not None:
            is_behind = row["gap_to_expected"] is not None and row["gap_to_expected"] < 0
            gap = gap_text(row["gap_to_expected"], decimals)
            value = format_rate(row["expected_rate"], decimals)
            found.append(Yardstick("时序进度", value, gap, "只有除以计划的比率有时序（规则R11）", is_behind))
        if row["set_rate"] is not None:
            places = max(decimals, 2)
            line = FundSetLine.objects.filter(programme=self.period.programme_id, text=row["set_text"]).first()
            found.append(
                Yardstick(
                    row["set_text"],
                    format_rate(row["set_rate"], places),
                    gap_text(row["gap_to_set"], places),
                    line.source if line else "",
                    row["gap_to_set"] is not None and row["gap_to_set"] < 0,
                )
            )
        return found

    def _stages(self, row: dict) -> Parts:
        unit = aligned(UNIT, (row[stage] for stage in STAGES))
        amounts = [Cell(in_unit(row[stage], unit)) for stage in STAGES]
        excluded = in_unit(row["excluded_planned"], UNIT)
        return Parts(
            f"各环节（{UNIT}，累计）",
            [*STAGES.values(), "不计入的计划"],
            [[*amounts, Cell(excluded)]],
            note="计划→到位→拨付→支出；金额按元保存，这里折成万元，不丢一分钱。",
        )

    def _units(self, rows: list[dict], project: Project | None) -> Parts:
        units = [row for row in rows if row["participant_kind"] != "whole"]
        unit = aligned(UNIT, (row[name] for row in units for name in ("numerator", "divisor")))
        seq = project.seq if project else None
        return Parts(
            f"由{len(units)}个单位加总（{UNIT}）",
            ["单位", STAGES[self.rate.measure], STAGES[self.rate.denominator], "比率%", "说明"],
            [
                [
                    Cell(self.funds.name(row["participant_id"]), is_number=False),
                    Cell(in_unit(row["numerator"], unit)),
                    Cell(in_unit(row["divisor"], unit)),
                    Cell(
                        MISSING if row["rate"] is None else format_number(row["rate"], self.funds.decimals),
                        self.links.fund(self.funds.participants[row["participant_id"]].code, self.code, seq),
                    ),
                    Cell(WORDS.get(row["state"], ""), is_number=False),
                ]
                for row in units
            ],
        )

    def _add_lines(self, answer: Answer, project: Project | None) -> None:
        """Add the lines of money behind the sums, and who reported each amount where the reader may know."""
        lines = list(self._lines(project)[: MOST_LINES + 1])
        if not lines:
            return
        own = own_scope(self.user, self.period.programme)
        if not (own.everything or self.unit.pk in own.participants):
            answer.hidden_inputs = HIDDEN
            return
        amounts = amounts_of(self.period, self.snapshot, lines)
        figures = FundFigure.objects.filter(period=self.period, fund_line__in=lines, stage=self.rate.measure)
        by_line = {row.fund_line_id: row for row in figures.select_related("updated_by", "import_batch")}
        unit = aligned(UNIT, (amount for row in amounts.values() for amount in row.values()))
        answer.parts.append(
            Parts(
                f"每一笔从哪里来（{UNIT}）",
                ["项目", "来源", *STAGES.values(), f"{STAGES[self.rate.measure]}由谁填报"],
                [self._line(line, amounts.get(line.pk, {}), by_line.get(line.pk), unit) for line in lines[:MOST_LINES]],
                note=f"只列前{MOST_LINES}笔。" if len(lines) > MOST_LINES else "",
            )
        )

    def _lines(self, project: Project | None):
        lines = FundLine.objects.of_programme(self.period.programme).filter(
            Q(sub_project__project=project) if project else Q(), participant=self.unit, kind=self.rate.fund_kind
        )
        return lines.order_by("sub_project__project__seq", "sub_project__order", "id")

    def _line(self, line: FundLine, amounts: dict, figure: FundFigure | None, unit) -> list[Cell]:
        sub_project = line.sub_project
        name = "·".join(part for part in (sub_project.project.name, sub_project.name) if part)
        return [
            Cell(f"{sub_project.project.seq} {name}", is_number=False),
            Cell(line.printed_source, self.links.fund_line(self.unit.code, line.pk), is_number=False),
            *(Cell(in_unit(amounts.get(stage), unit)) for stage in STAGES),
            Cell(self._by(figure), is_number=False),
        ]

    def _by(self, figure: FundFigure | None) -> str:
        if figure is None:
            return "没有填"
        if self.snapshot and figure.updated_at > self.snapshot.frozen_at:
            return "快照冻结之后又改过"
        words = f"{figure.updated_by} {format_moment(figure.updated_at)}"
        if figure.origin == Origin.EXCEL and figure.import_batch:
            place = f"「{figure.sheet}」{figure.cell}" if figure.sheet else ""
            return f"{words} 导入 {figure.import_batch.file_name} {place}".strip()
        return f"{words} {figure.get_origin_display()}"

    def _add_places(self, answer: Answer, row: dict, rows: list[dict], project: Project | None) -> None:
        if not self.scope.everything:
            answer.list_heading = "位次"
            answer.list_note = "其他单位的金额和位次在本期通报印发后可见。"
            return
        placed = [one for one in rows if one["place"] is not None]
        answer.list_heading = (
            f"位次：第{row['place']}名，共{len(placed)}个" if row["place"] else f"位次：{len(placed)}个单位有位次"
        )
        seq = project.seq if project else None
        answer.list_note = self._before() if project is None else ""
        answer.listed = places_listed(
            (
                one["place"],
                Listed(
                    self.funds.name(one["participant_id"]),
                    WORDS.get(one["state"], MISSING)
                    if one["rate"] is None
                    else format_rate(one["rate"], self.funds.decimals),
                    one["place"],
                    self.links.fund(self.funds.participants[one["participant_id"]].code, self.code, seq),
                    one["participant_id"] == self.unit.pk,
                ),
            )
            for one in rows
            if one["participant_kind"] != "whole" and one["state"] not in ("no_task", "excluded")
        )

    def _before(self) -> str:
        """Return rate and place of the month before, where all see it or the user oversees it. At most five queries."""
        periods = self.period.programme.periods.filter(kind=self.period.kind, ends_on__lt=self.period.ends_on)
        period = periods.order_by("-ends_on").first()
        if period is None:
            return ""
        period.programme = self.period.programme
        snapshot = next(iter(bases(self.user, period)), None)
        if snapshot is None:
            return ""
        rates = SnapshotFundRate.objects.filter(snapshot=snapshot, participant=self.unit, project_id__isnull=True)
        row = rates.filter(fund_kind=self.rate.fund_kind, measure=self.rate.measure).first()
        if row is None or row.rate is None:
            return ""
        place = f"，第{row.place}名" if row.place else ""
        return f"{period.label}是{format_rate(row.rate, snapshot.decimals)}{place}。"
