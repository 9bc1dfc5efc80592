"""Why a unit has its score in a project, and its overall score and place (R13)."""

from decimal import Decimal

from livelihood.formats import MISSING, format_moment, format_number, format_place_change, state_parts
from livelihood.models import User
from projects.models import Indicator, Participant, Project, ReportingPeriod
from supervision.models import EnteredMark, ScoringComponent, Snapshot
from supervision.pages.history import month_standings
from supervision.pages.line_words import indicator_label, rate_text
from supervision.scope import StandingsScope, own_scope
from supervision.scoring.components import ADJUSTMENTS, DEDUCTED, MARKED
from supervision.scoring.scheme_draft import ComponentDraft
from supervision.scoring.scores import components
from supervision.standings import UNITS, fetch, frozen_parameters, live_parameters
from supervision.why.answer import Answer, Cell, Fact, Input, Listed, Parts, Term, exact_ratio, places_listed
from supervision.why.basis import made_of
from supervision.why.deductions import deduction_inputs
from supervision.why_links import WhyLinks

#: A unit's projects as they go into its mean, with all digits, and how many of its indicators count.
PROJECTS = """
SELECT s.participant_id, s.project_id, s.score AS exact, ROUND(ROUND(s.score, 20), c.decimals) AS score, n.counted
FROM project_score s
CROSS JOIN scope c
JOIN (SELECT participant_id, project_id, COUNT(points) AS counted FROM status GROUP BY participant_id, project_id) n
    ON n.participant_id = s.participant_id AND n.project_id = s.project_id
WHERE s.participant_id = %(one)s
"""

#: A unit's components with what each adds to the sum.
SHARES = """
SELECT x.*, CASE WHEN c.kind = ANY(%(put_on)s) THEN x.points ELSE ROUND(c.weight * x.points / 100, 4) END AS share
FROM ({components}) x
JOIN component_now c ON c.code = x.code
WHERE x.participant_id = %(one)s
"""

NO_SCORE = "没有得分"


def _counted(row: dict) -> str:
    """Return why a line counts with 0 or does not count, "" where its rate says it."""
    if row["points"] is None:
        return state_parts(row["status"])[1] if row["status"] in ("no_task", "text", "not_split") else "不考核，不计"
    if row["status"] == "not_reported":
        return "未报送，按0分计"
    if row["rate"] is None:
        return state_parts(row["status"])[1]
    return "封顶100" if row["rate"] > row["points"] else ""


def project_answer(
    period: ReportingPeriod, snapshot: Snapshot | None, user: User, *, unit: Participant, project: Project
) -> Answer | None:
    """Return why the unit has its score in the project; None where the user sees no line of it."""
    numbers = list(Indicator.objects.filter(sub_project__project=project).values_list("pk", flat=True))
    months = month_standings(period, user, snapshot=snapshot, indicators=numbers, most=2)
    standings, scope = months[-1].standings, months[-1].scope
    if not numbers:
        return _textual(period, snapshot, user, unit, project, scope)
    rows = _unit_rows(standings, unit)
    seen = [row for row in rows if scope.sees_line(standings.indicators[row["indicator_id"]], unit.pk)]
    if not seen:
        return None
    links, decimals = WhyLinks(period, snapshot), standings.decimals
    answer = Answer(f"{project.seq} {project.name}·项目得分", unit.printed_name)
    answer.made_of = made_of(period, snapshot, user)
    answer.parts = [_indicator_parts(standings, seen, unit, links)]
    if scope.everything or unit.pk in scope.participants:
        answer.links = [Fact("综合", "项目得分的平均是综合得分的一项", links.overall(unit.code), "看综合得分")]
    if len(seen) < len(rows):
        answer.terms = [Term(MISSING, "得分不显示", is_result=True)]
        answer.sentences = ["这个项目有您经办范围以外的指标，得分在本期通报印发后可见。"]
        return answer
    counted = [row for row in rows if row["points"] is not None]
    score = rows[0]["project_score"]
    _mean_terms(answer, [row["points"] for row in counted], score, decimals, "个考核指标", "指标得分之和")
    answer.sentences = [
        "指标得分＝完成率，最高100；项目得分＝所属考核指标得分的平均（规则R13）。",
        *_no_score_sentences(rows, score),
        "印出来的得分保留小数位；算综合得分时用没有四舍五入的项目得分（规则R13）。" if score is not None else "",
    ]
    if scope.everything or all(scope.sees_all_units(standings.indicators[pk]) for pk in standings.lines):
        answer.list_heading = "各单位的得分"
        answer.list_note = "项目得分不单独排名次，按得分从高到低列。" + _before(months, unit, numbers)
        answer.listed = _others(standings, unit, project, links)
    else:
        answer.list_note = _before(months, unit, numbers)
    return answer


def _textual(period, snapshot, user: User, unit: Participant, project: Project, scope) -> Answer | None:
    """Return why a project without an indicator has no score."""
    if not (scope.everything or unit.pk in scope.participants):
        return None
    answer = Answer(f"{project.seq} {project.name}·项目得分", unit.printed_name)
    answer.terms = [Term("文字", NO_SCORE, is_result=True)]
    answer.sentences = ["这个项目只有文字要求，没有指标，没有得分，不进平均（规则R12）。", project.text]
    answer.made_of = made_of(period, snapshot, user)
    return answer


def _unit_rows(standings, unit: Participant) -> list[dict]:
    lines = [row for rows in standings.lines.values() for row in rows if row["participant_id"] == unit.pk]
    order = list(standings.indicators)
    return sorted(lines, key=lambda row: order.index(row["indicator_id"]))


def _no_score_sentences(rows: list[dict], score) -> list[str]:
    if score is not None:
        return []
    if not rows[0]["has_report"]:
        return ["本期月报还没有报送（快照只计已审核的），没有得分，不是0（规则R13）。"]
    return ["没有参加考核、有任务的指标，没有得分（规则R4、R12）。"]


def _mean_terms(answer: Answer, points: list, score, decimals: int, what: str, note: str) -> None:
    """Write the mean as it is made: sum ÷ number = exact → printed (R13)."""
    if score is None or not points:
        answer.terms = [Term(NO_SCORE, is_result=True)]
        return
    total = sum(points)
    answer.terms = [
        Term(exact_ratio(total, Decimal(1)), note),
        Term(str(len(points)), what, "÷"),
        Term(exact_ratio(total, Decimal(len(points))), "准确的平均", "="),
        Term(format_number(score, decimals), f"四舍五入到{decimals}位（规则R13）", "→", is_result=True),
    ]


def _indicator_parts(standings, rows: list[dict], unit: Participant, links: WhyLinks) -> Parts:
    return Parts(
        "所属指标",
        ["指标", "完成率%", "得分", "说明"],
        [
            [
                Cell(indicator_label(standings.indicators[row["indicator_id"]]), is_number=False),
                Cell(rate_text(row, standings.decimals), links.figure(unit.code, row["indicator_id"])),
                Cell(format_number(row["points"], standings.decimals)),
                Cell(_counted(row), is_number=False),
            ]
            for row in rows
        ],
    )


def _others(standings, unit: Participant, project: Project, links: WhyLinks) -> list[Listed]:
    scores = {pk: score for (_, pk), score in standings.project_scores().items()}
    units = [row for pk, row in standings.participants.items() if pk in scores]
    units.sort(key=lambda row: -scores[row.pk])
    return [
        Listed(
            row.printed_name,
            format_number(scores[row.pk], standings.decimals),
            url=links.project(row.code, project.seq),
            is_own=row == unit,
        )
        for row in units
    ]


def _before(months, unit: Participant, numbers: list[int]) -> str:
    """Return the score a month before, "" where there is none to see."""
    if len(months) < 2 or months[-2].standings is None:
        return ""
    before = months[-2]
    rows = _unit_rows(before.standings, unit)
    if not rows or any(
        not before.scope.sees_line(before.standings.indicators[r["indicator_id"]], unit.pk) for r in rows
    ):
        return ""
    score = rows[0]["project_score"]
    return "" if score is None else f"{before.period.label}是{format_number(score, before.standings.decimals)}。"


class OverallWhy:
    """One unit's overall score and place. `answer` gives None where it is not the user's to see."""

    def __init__(
        self,
        period: ReportingPeriod,
        snapshot: Snapshot | None,
        user: User,
        *,
        unit: Participant,
        scope: StandingsScope,
    ):
        self.period, self.snapshot, self.user, self.unit, self.scope = period, snapshot, user, unit, scope
        self.is_frozen = snapshot is not None
        self.decimals = snapshot.decimals if snapshot else period.programme.decimals
        self.links = WhyLinks(period, snapshot)

    def answer(self) -> Answer | None:
        """Return the whole answer. The statement is run for units, projects and components."""
        is_whole = self.unit.kind == Participant.Kind.WHOLE
        if is_whole or not (self.scope.everything or self.unit.pk in self.scope.participants):
            return None
        parameters = (frozen_parameters(self.snapshot) if self.is_frozen else live_parameters(self.period)) | {
            "one": self.unit.pk,
            "put_on": sorted(ADJUSTMENTS),
        }
        units = fetch(UNITS, parameters, frozen=self.is_frozen)
        row = next((one for one in units if one["participant_id"] == self.unit.pk), None)
        if row is None:
            return None
        has_scheme = parameters["scheme"] is not None
        score = row["score"] if has_scheme else row["plain_score"]
        answer = Answer("综合得分与位次" if has_scheme else "参考得分", self.unit.printed_name)
        answer.made_of = made_of(self.period, self.snapshot, self.user)
        projects = fetch(PROJECTS, parameters, frozen=self.is_frozen)
        if not row["has_report"]:
            answer.terms = [Term("未报送", NO_SCORE, is_result=True)]
            answer.sentences = [
                "本期月报还没有报送（快照只计已审核的），没有得分和位次，排在最后，不是0分（规则R13）。"
            ]
            projects = []
        elif has_scheme:
            self._add_components(answer, parameters, projects, score)
        else:
            _mean_terms(answer, [one["exact"] for one in projects], score, self.decimals, "个项目", "项目得分之和")
            answer.sentences = ["没有考核办法，不作综合排名；这是各项目得分的平均，仅供参考（规则R13）。"]
        if projects:
            answer.parts.append(self._project_parts(projects))
        if has_scheme:
            self._add_places(answer, row, units)
        return answer

    def _add_components(self, answer: Answer, parameters: dict, projects: list[dict], score) -> None:
        """Add components × weights, what is taken off or put on, and who entered the marks (R13)."""
        found = {
            row["code"]: row
            for row in fetch(
                SHARES.format(components=components(parameters["shape"])), parameters, frozen=self.is_frozen
            )
        }
        parts = list(ScoringComponent.objects.filter(scheme=parameters["scheme"]).select_related("agency"))
        weighted = [part for part in parts if part.kind not in ADJUSTMENTS]
        there = [part for part in weighted if part.code in found]
        if len(parts) == 1 and weighted and weighted[0].kind == "project_rates" and weighted[0].cap == 100:
            points = [one["exact"] for one in projects]
            is_plain = weighted[0].weight == 100
            _mean_terms(answer, points, score if is_plain else None, self.decimals, "个项目", "项目得分之和")
        if not answer.terms or answer.terms[0].value == NO_SCORE:
            answer.terms = [
                Term(format_number(score, self.decimals) if score is not None else NO_SCORE, is_result=True)
            ]
        answer.sentences.append("综合得分＝各考核项得分×权重之和，加减扣分、加分，最后四舍五入一次（规则R13）。")
        if len(there) < len(weighted) and there:
            names = "、".join(part.name for part in weighted if part.code not in found)
            answer.sentences.append(f"{names}：这个单位没有任务或还没有数，权重由其他考核项按比例分担（规则R4）。")
        answer.parts.append(
            Parts(
                "考核项",
                ["考核项", "怎么算", "权重", "得分（满分100）", "折合"],
                [self._component(part, found.get(part.code)) for part in parts],
            )
        )
        self._add_marks(answer, [part for part in parts if part.kind in MARKED | DEDUCTED])

    def _component(self, part: ScoringComponent, row: dict | None) -> list[Cell]:
        is_adjustment = part.kind in ADJUSTMENTS
        counted = ""
        if row and row["part"] is not None and row["whole"] is not None and not is_adjustment:
            counted = f"：{format_number(row['part'])}÷{format_number(row['whole'])}"
        elif row and part.kind in DEDUCTED:
            counted = f"：{format_number(row['part'])}{'分' if part.counted_by == 'points' else '件'}"
        return [
            Cell(part.name, is_number=False),
            Cell(ComponentDraft.of(part).words() + counted, is_number=False),
            Cell("" if is_adjustment else format_number(part.weight)),
            Cell("" if is_adjustment else format_number(row["points"]) if row else MISSING),
            Cell(format_number(row["share"]) if row else "没有" if is_adjustment else MISSING),
        ]

    def _add_marks(self, answer: Answer, parts: list[ScoringComponent]) -> None:
        """Add who entered and confirmed the marks, for who may know. At most four queries."""
        own = own_scope(self.user, self.period.programme) if parts else None
        if own is None or not (own.everything or self.unit.pk in own.participants):
            return
        answer.inputs += deduction_inputs(
            self.period, self.unit, parts, is_frozen=self.is_frozen, oversees=own.everything
        )
        marks = (
            EnteredMark.objects.filter(
                component__scheme__programme=self.period.programme_id,
                component__code__in=[part.code for part in parts],
                participant=self.unit,
                period__ends_on__lte=self.period.ends_on,
                period__ends_on__year=self.period.ends_on.year,
            )
            .select_related("period", "component", "entered_by", "confirmed_by")
            .order_by("component__code", "period__ends_on")
        )
        for mark in marks:
            if mark.component.kind == "entered" and mark.period_id != self.period.pk:
                continue
            given = Input(mark.component.name, format_number(mark.value))
            given.facts = [
                Fact("录入", f"{mark.entered_by} {format_moment(mark.entered_at)}（{mark.period.label}）"),
                Fact(
                    "确认",
                    f"{mark.confirmed_by} {format_moment(mark.confirmed_at)}"
                    if mark.confirmed_at
                    else "还没有确认，不计入",
                ),
                Fact("依据", mark.source + (f"，样本{mark.sample_size}" if mark.sample_size else "")),
                *([Fact("说明", mark.note)] if mark.note else []),
            ]
            answer.inputs.append(given)

    def _project_parts(self, projects: list[dict]) -> Parts:
        scores = {row["project_id"]: row for row in projects}
        rows = [row for row in self.period.programme.projects.order_by("seq") if row.pk in scores]
        return Parts(
            f"{len(rows)}个项目",
            ["序", "项目", "考核指标", "得分"],
            [
                [
                    Cell(str(row.seq)),
                    Cell(row.name, is_number=False),
                    Cell(str(scores[row.pk]["counted"])),
                    Cell(
                        format_number(scores[row.pk]["score"], self.decimals),
                        self.links.project(self.unit.code, row.seq),
                    ),
                ]
                for row in rows
            ],
            note="没有列出的项目：没有任务、是文字类，或者没有考核指标，不进平均（规则R4、R12）。",
        )

    def _add_places(self, answer: Answer, row: dict, units: list[dict]) -> None:
        if not self.scope.everything:
            answer.list_heading = "位次"
            answer.list_note = "综合位次在本期通报印发后可见。"
            return
        names = {one.pk: one for one in self.period.programme.participants.all()}
        ranked = [one for one in units if one["ranked"]]
        placed = [one for one in ranked if one["place"] is not None]
        answer.list_heading = f"位次：第{row['place']}名，共{len(placed)}个" if row["place"] else "位次：没有"
        if not row["ranked"]:
            answer.list_note = "这个单位不参加综合排名。"
        if row["previous_place"]:
            change = format_place_change(row["place_change"])
            answer.list_note += f"上期第{row['previous_place']}名，{change}。"
        if row["target_adjusted"]:
            answer.list_note += "位次变化含任务调整的影响（规则R19）。"
        answer.listed = places_listed(
            (
                one["place"],
                Listed(
                    names[one["participant_id"]].printed_name,
                    format_number(one["score"], self.decimals) if one["has_report"] else "未报送",
                    one["place"],
                    self.links.overall(names[one["participant_id"]].code),
                    one["participant_id"] == self.unit.pk,
                ),
            )
            for one in ranked
        )
