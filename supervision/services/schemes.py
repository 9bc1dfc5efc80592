"""Writes of 考核办法: a new version is in force from a day on and never reaches into closed months (R13, R18)."""

from collections import Counter
from dataclasses import fields

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from livelihood.access import require_city_office
from livelihood.formats import format_date, format_number
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Milestone, Programme, ReportingPeriod
from supervision.models import SchemeIndicator, ScoringComponent, ScoringScheme
from supervision.scoring.scheme_draft import ComponentDraft, SchemeDraft, kind_choices, rules_of

K = ScoringComponent.Kind


class SchemeRefused(Refused):
    """The version cannot be put in force; `reasons` are Chinese sentences."""

    def __init__(self, reasons: list[str]):
        self.reasons = reasons
        super().__init__("".join(reasons))


@transaction.atomic
def adopt_scheme(*, programme: Programme, draft: SchemeDraft, by: User) -> ScoringScheme:
    """Put a version in force from its day on. The city office's alone.

    Raises SchemeRefused with everything that stands against it, InvalidTransition when a newer version has come.
    """
    require_city_office(by, programme.owner_id)
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    newest = programme.scoring_schemes.order_by("-version").first()
    if (newest.version if newest else 0) != draft.base_version:
        raise InvalidTransition(f"“{programme.name}”的考核办法已有第{newest.version}版，请重新打开页面，按新版再改。")
    if reasons := faults(programme, draft):
        raise SchemeRefused(reasons)
    scheme = ScoringScheme(
        programme=programme,
        version=draft.base_version + 1,
        adopted_by=by,
        # A made-up programme has no real one.
        is_demo=programme.is_demo,
        **{one: getattr(draft, one) for one in _OWN},
    )
    _checked(scheme)
    scheme.save()
    taken = set(ScoringComponent.objects.filter(scheme__programme=programme).values_list("code", flat=True))
    for row in draft.components:
        values = {one.name: getattr(row, one.name) for one in fields(ComponentDraft)}
        code = row.code or next(f"c{n}" for n in range(1, len(taken) + 2) if f"c{n}" not in taken)
        taken.add(code)
        component = ScoringComponent(scheme=scheme, **(values | {"code": code}))
        _checked(component)
        component.save()
    SchemeIndicator.objects.bulk_create(
        SchemeIndicator(scheme=scheme, indicator=row, counts=counts)
        for rows, counts in ((draft.taken_in, True), (draft.left_out, False))
        for row in rows
    )
    record_event(
        by=by,
        verb="adopt_scheme",
        target=scheme,
        before={"version": newest.version} if newest else {},
        after=_noted(scheme, draft),
        reason=draft.reason,
    )
    return scheme


_OWN = (
    *("name", "effective_from", "source", "reason", "is_points", "min_indicators"),
    *("counts_part_of", "counts_level"),
)


def faults(programme: Programme, draft: SchemeDraft) -> list[str]:
    """Return every sentence that stands against a version; none, and it can be put in force. Some five queries."""
    return [
        *_of_weights(draft),
        *_of_components(programme, draft),
        *_of_indicators(programme, draft),
        *_of_day(programme, draft),
    ]


def warnings(programme: Programme, draft: SchemeDraft) -> list[str]:
    """Return what may be meant but should be known: components nobody has anything in. Two queries."""
    found = []
    if any(row.kind == K.MILESTONES for row in draft.components) and not _has_milestones(programme):
        found.append("本年度还没有节点，“节点达到”没有单位计分，权重由其他项分担。")
    if not any(row.kind == K.PROJECT_RATES for row in draft.components):
        found.append("没有“项目完成率”一项：指标完成得多少不进综合得分。")
    return found


def _of_weights(draft: SchemeDraft) -> list[str]:
    if not draft.weighted:
        return ["至少要有一项计分的考核项，只有扣分排不出名次。"]
    if not draft.is_points and draft.total != 100:
        return [
            f"各项权重加起来是{format_number(draft.total)}，应是100；"
            "如果文件就是按分值写的（如70分加5分），请勾选“按分值计”。"
        ]
    return []


def _of_components(programme: Programme, draft: SchemeDraft) -> list[str]:
    found = []
    known = {choice for choice, _ in kind_choices(programme)}
    for row in draft.components:
        if row.choice in known:
            continue
        if row.kind == K.FUND_RATE:
            found.append(f"“{row.name}”算不出来：本年度没有这类资金的计划。")
        elif row.kind == K.TIMELINESS:
            found.append(f"“{row.name}”算不出来：本年度由牵头部门报送，各单位没有自己的月报。")
        else:
            found.append(f"“{row.name}”的计算方式不认识，请从列表里选。")
    for what, counts in (
        ("名称", Counter(row.name for row in draft.components)),
        ("代码", Counter(row.code for row in draft.components if row.code)),
    ):
        found += [f"有{count}项的{what}都是“{name}”，请分开。" for name, count in counts.items() if count > 1]
    once = Counter(row.choice for row in draft.components if row.kind in (K.PROJECT_RATES, K.MILESTONES, K.YEAR_END))
    found += [f"“{K(choice).label}”只能有一项。" for choice, count in once.items() if count > 1]
    streaks = Counter(row.streak for row in draft.components if row.kind == K.LAST_PLACE)
    found += [f"连续{streak}次的末位扣分只能有一项。" for streak, count in streaks.items() if count > 1]
    return found


def _of_indicators(programme: Programme, draft: SchemeDraft) -> list[str]:
    """Only where a scheme has a choice (R12): numeric indicators that are not assessed, and levels."""
    found = []
    for row in (*draft.taken_in, *draft.left_out):
        if row.sub_project.project.programme_id != programme.pk:
            found.append(f"“{row.name}”不是{programme.name}的指标。")
        elif row.kind != row.Kind.NUMBER:
            found.append(f"“{row.name}”是{row.get_kind_display()}，没有完成率，不能参加计分（规则R12）。")
        elif row.assessed and row.accumulation != row.Accumulation.LEVEL:
            found.append(f"“{row.name}”是考核的数量指标，一直参加计分；不考核要到年度目录里改。")
    both = {row.pk for row in draft.taken_in} & {row.pk for row in draft.left_out}
    found += [f"“{row.name}”不能既参加又不参加。" for row in draft.taken_in if row.pk in both]
    return found


def _of_day(programme: Programme, draft: SchemeDraft) -> list[str]:
    day = draft.effective_from
    if day.year != programme.year:
        return [f"施行日期{format_date(day)}不在{programme.year}年度。"]
    closed = programme.periods.exclude(state=ReportingPeriod.State.OPEN).order_by("-ends_on").first()
    if closed and day <= closed.ends_on:
        return [f"{closed.label}已经封账，新办法不追溯：施行日期要在{format_date(closed.ends_on)}以后。"]
    newest = programme.scoring_schemes.aggregate(day=Max("effective_from"))["day"]
    if newest and day < newest:
        return [f"现行版从{format_date(newest)}起施行，新版的施行日期不能更早。"]
    return []


def _has_milestones(programme: Programme) -> bool:
    return Milestone.objects.filter(indicator__sub_project__project__programme=programme).exists()


def _checked(row) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise SchemeRefused([f"“{row.name}”：{message}" for message in error.messages]) from error


def _noted(scheme: ScoringScheme, draft: SchemeDraft) -> dict:
    return {
        "version": scheme.version,
        "effective_from": scheme.effective_from.isoformat(),
        "source": scheme.source,
        "components": [f"{row.name} {row.weight}：{row.words()}" for row in draft.components],
        "rules": rules_of(draft),
    }
