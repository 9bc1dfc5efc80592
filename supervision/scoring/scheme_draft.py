"""A version of a 考核办法 before it is stored: what a form or a preset says, and its words."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal

from django.db.models import Q, QuerySet

from funding.sources import FundKind
from livelihood.formats import format_number
from livelihood.models import Agency
from projects.models import Indicator, Programme
from supervision.models import ScoringComponent, ScoringScheme
from supervision.scoring.components import ADJUSTMENTS, KINDS
from supervision.services.benchmarks import benchmark_rates

K = ScoringComponent.Kind

#: Kinds that are chosen together with one more word: its field.
CHOICE_FIELD = {K.TIMELINESS: "span", K.ENTERED: "marked_by", K.FINDING_OFF: "counted_by"}
FUND_MEASURES = (("received", "到位率"), ("disbursed", "拨付率"), ("spent", "支出率"))


@dataclass(frozen=True)
class ComponentDraft:
    """One component or deduction; the fields are those of ScoringComponent."""

    kind: str
    name: str
    weight: Decimal
    code: str = ""
    cap: Decimal = Decimal(100)
    fund_kind: str = ""
    measure: str = ""
    span: str = ""
    max_mark: Decimal | None = None
    marked_by: str = ""
    agency: Agency | None = None
    streak: int | None = None
    place_points: str = ""
    counted_by: str = ""

    @classmethod
    def of_choice(cls, choice: str, **given) -> "ComponentDraft":
        """Return the draft a choice of `kind_choices` stands for: entered:survey, fund_rate:project:disbursed."""
        kind, *rest = choice.split(":")
        names = ("fund_kind", "measure") if kind == K.FUND_RATE else (CHOICE_FIELD.get(kind, ""),)
        return cls(kind=kind, **dict(zip(names, rest, strict=False)), **given)

    @classmethod
    def of(cls, component: ScoringComponent) -> "ComponentDraft":
        """Return a stored component as a draft of the next version."""
        return cls(**{one.name: getattr(component, one.name) for one in fields(cls)})

    @property
    def choice(self) -> str:
        """Return what `of_choice` takes."""
        if self.kind == K.FUND_RATE:
            return f"{self.kind}:{self.fund_kind}:{self.measure}"
        extra = CHOICE_FIELD.get(self.kind)
        return f"{self.kind}:{getattr(self, extra)}" if extra else str(self.kind)

    @property
    def kind_label(self) -> str:
        """Return the kind's printed name."""
        return KINDS[self.kind].label

    @property
    def is_adjustment(self) -> bool:
        """Tell whether it is put on or off the sum, and carries no weight."""
        return self.kind in ADJUSTMENTS

    def words(self) -> str:
        """Return what the component counts, in words with its numbers."""
        each = format_number(self.weight)
        cap = f"，累计最多{format_number(self.cap)}分" if self.cap < 100 else ""
        if self.kind == K.LAST_PLACE:
            when = "每次末位" if self.streak == 1 else f"连续{self.streak}次以上末位的，每次"
            return f"{when}扣{each}分{cap}"
        if self.kind in (K.EVENT_OFF, K.EVENT_ON):
            return f"每次{'扣' if self.kind == K.EVENT_OFF else '加'}{each}分，全年累计{cap}"
        if self.kind == K.OVERDUE_OFF:
            return f"{KINDS[self.kind].note}，每件扣{each}分{cap}"
        if self.kind == K.FINDING_OFF:
            how = f"每个扣{each}分" if self.counted_by == "each" else _as_registered(self.weight)
            return f"{KINDS[self.kind].note}，{how}{cap}"
        if self.kind == K.YEAR_END:
            steps = [f"第{place}名{points}分" for place, points in enumerate(self.place_points.split(","), start=1)]
            return f"12月按名次：{'、'.join(steps)}，其后每降1名再扣{each}分"
        cap = f"，封顶{format_number(self.cap)}" if self.cap != 100 else ""
        if self.kind == K.ENTERED:
            agency = f"（{self.agency}）" if self.agency else ""
            by = marker_words(ScoringComponent.MarkedBy(self.marked_by))
            return f"{by}{agency}打分，满分{format_number(self.max_mark)}，另一人确认后计入{cap}"
        if self.kind == K.FUND_RATE:
            rate = dict(FUND_MEASURES)[self.measure]
            return f"{FundKind(self.fund_kind).label}{rate}；没有资金计划的单位不计这一项{cap}"
        if self.kind == K.TIMELINESS:
            return f"{ScoringComponent.Span(self.span).label}{KINDS[self.kind].note}{cap}"
        return f"{KINDS[self.kind].note}{cap}"


def _as_registered(times: Decimal) -> str:
    """Return how points registered with a finding are taken, as they are or several times."""
    often = "" if times == 1 else f"×{format_number(times)}"
    return f"按登记的扣分{often}累计，没有写扣分的不扣"


@dataclass(frozen=True)
class SchemeDraft:
    """A whole version. `base_version`: the newest one its author saw, 0 where there was none."""

    name: str
    effective_from: datetime.date
    source: str
    reason: str
    components: tuple[ComponentDraft, ...] = field(default=())
    is_points: bool = False
    min_indicators: int = 0
    counts_part_of: bool = False
    counts_level: bool = True
    #: Single indicators, whatever the two switches say: those taken in, those left out.
    taken_in: tuple[Indicator, ...] = ()
    left_out: tuple[Indicator, ...] = ()
    base_version: int = 0

    @property
    def weighted(self) -> list[ComponentDraft]:
        """Return the components with a weight."""
        return [row for row in self.components if not row.is_adjustment]

    @property
    def total(self) -> Decimal:
        """Return what the weights add up to: the most a unit can have before deductions and additions."""
        return sum((row.weight for row in self.weighted), Decimal(0))


def marker_words(by: ScoringComponent.MarkedBy) -> str:
    """Return who marks a component, as the office that keeps the scheme says it of itself."""
    return "本办" if by == ScoringComponent.MarkedBy.OFFICE else str(by.label)


def kind_choices(programme: Programme) -> list[tuple[str, str]]:
    """Return what a component of the programme may be: choice → label. Only what can be computed is offered."""
    fund_kinds = {rate.split("-")[0]: None for rate in benchmark_rates(programme)}
    found: list[tuple[str, str]] = [(K.PROJECT_RATES, K.PROJECT_RATES.label)]
    found += [
        (f"fund_rate:{kind}:{measure}", f"{FundKind(kind).label}{label}")
        for kind in fund_kinds
        for measure, label in FUND_MEASURES
    ]
    if programme.reporting_by == Programme.ReportingBy.PARTICIPANT:
        found += [(f"timeliness:{span}", f"{K.TIMELINESS.label}（{span.label}）") for span in ScoringComponent.Span]
    found.append((K.MILESTONES, K.MILESTONES.label))
    found += [(f"entered:{by}", f"打分（{marker_words(by)}）") for by in ScoringComponent.MarkedBy]
    for code in KINDS:
        if code == K.FINDING_OFF:
            found += [(f"{code}:{by}", f"{K.FINDING_OFF.label}（{by.label}）") for by in ScoringComponent.CountedBy]
        elif code in ADJUSTMENTS:
            found.append((code, KINDS[code].label))
    return found


def choosable_indicators(programme: Programme) -> QuerySet[Indicator]:
    """Return the indicators a version may take in or leave out: numeric ones not assessed, and levels (R12)."""
    choosable = Q(assessed=False) | Q(accumulation=Indicator.Accumulation.LEVEL)
    return Indicator.objects.of_programme(programme).filter(choosable, kind=Indicator.Kind.NUMBER)


def chosen_of(scheme: ScoringScheme) -> dict[str, tuple[Indicator, ...]]:
    """Return the indicators a stored version takes in and leaves out one by one, in printed order. One query."""
    rows = scheme.chosen_indicators.select_related("indicator__sub_project__project").order_by(
        "indicator__sub_project__project__seq", "indicator__sub_project__order", "indicator__order", "indicator_id"
    )
    return {
        "taken_in": tuple(row.indicator for row in rows if row.counts),
        "left_out": tuple(row.indicator for row in rows if not row.counts),
    }


def rules_of(scheme: ScoringScheme | SchemeDraft) -> list[str]:
    """Return what a version says beside its components, in sentences. One query for a stored version."""
    found = []
    if scheme.counts_part_of:
        found.append("其中等本身不考核的数值指标也参加计分和位次。")
    if not scheme.counts_level:
        found.append("比率、标准等水平类指标不参加计分。")
    if isinstance(scheme, SchemeDraft):
        chosen = {"taken_in": scheme.taken_in, "left_out": scheme.left_out}
    else:
        chosen = chosen_of(scheme)
    if chosen["taken_in"]:
        found.append(f"另外参加计分的指标：{_listed(chosen['taken_in'])}。")
    if chosen["left_out"]:
        found.append(f"另外不参加计分的指标：{_listed(chosen['left_out'])}。")
    if scheme.min_indicators:
        found.append(f"有任务的考核指标少于{scheme.min_indicators}个的单位不排位次。")
    return found


def _listed(indicators: Iterable[Indicator]) -> str:
    return "、".join(f"{row.sub_project.project.seq} {row.name}" for row in indicators)
