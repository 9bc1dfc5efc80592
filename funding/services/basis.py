"""Writes of what a plan rests on: exclusions, printed sums to check against, cost shares. The city office's alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now

from funding.amounts import check_amount
from funding.models import CostShare, CostShareLevel, FundExclusion, PlanCheck
from funding.sources import Source, overlap
from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.models import Indicator, Participant, Programme, Project, SubProject

REASON_LENGTH = 500
PHRASE_LENGTH = FundExclusion._meta.get_field("phrase").max_length


@dataclass(frozen=True)
class PrintedSum:
    """One sum as a paper prints it beside its lines: `by` total, source, quarter or category; `amount` in 元."""

    by: str
    label: str
    amount: Decimal


@transaction.atomic
def set_exclusion(
    *, programme: Programme, phrase: str, sub_projects: Iterable[SubProject], by: User, reason: str = ""
) -> FundExclusion | None:
    """Leave the sub-projects' money out of the programme's rates, printed as `phrase` (不含棚户区改造).

    Replaces what the phrase stood for; without sub-projects the exclusion ends and None is returned. `reason` stays
    in the audit trail, from where pages show it. Raises Refused for an empty phrase, and for sub-projects of another
    programme or excluded under another phrase.
    """
    require_city_office(by, programme.owner_id)
    phrase, sub_projects, reason = phrase.strip().strip("（）()"), list(sub_projects), reason.strip()
    if not phrase:
        raise Refused("请写明印在比率后面的用语，如“不含棚户区改造”。")
    if "\x00" in phrase + reason:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    if len(reason) > REASON_LENGTH:
        raise Refused(f"原因最多 {REASON_LENGTH} 字，请写得短一些。")
    if len(phrase) > PHRASE_LENGTH:
        raise Refused(f"印发用语最多 {PHRASE_LENGTH} 字，现在有 {len(phrase)} 字。")
    foreign = [row for row in sub_projects if row.project.programme_id != programme.pk]
    if foreign:
        raise Refused(f"“{foreign[0]}”不属于“{programme.name}”。")
    # The programme's row is the lock: a sub-project stands under one phrase only.
    Programme.objects.select_for_update().get(pk=programme.pk)
    found = FundExclusion.objects.filter(programme=programme, phrase=phrase).first()
    other = (
        FundExclusion.objects.filter(programme=programme, sub_projects__in=sub_projects).exclude(phrase=phrase).first()
    )
    if other is not None:
        raise Refused(f"有子项已列在“{other.phrase}”里，一个子项只能列一次。")
    before = _names(found)
    if not sub_projects:
        if found is not None:
            record_event(by=by, verb="set_exclusion", target=found, before=before, after={}, reason=reason)
            found.delete()
        return None
    if found is None:
        found = _added(FundExclusion(programme=programme, phrase=phrase, set_by=by))
    else:
        FundExclusion.objects.filter(pk=found.pk).update(set_at=Now(), set_by=by)
    found.sub_projects.set(sub_projects)
    record_event(by=by, verb="set_exclusion", target=found, before=before, after=_names(found), reason=reason)
    return found


@transaction.atomic
def set_plan_checks(
    *,
    project: Project,
    sums: Iterable[PrintedSum],
    by: User,
    sub_project: SubProject | None = None,
    participant: Participant | None = None,
    kind: str = "project",
    document: str = "",
) -> list[PlanCheck]:
    """Keep the sums a paper prints for a project (or one sub-project of it), replacing those kept before.

    `participant` None means the whole: the sums of all units. They are kept as printed whether they agree or not
    (R16); `funding.plan_list` says where they do not. Raises Refused for a label twice or a bad amount.
    """
    programme = project.programme
    require_city_office(by, programme.owner_id)
    participant = participant or programme.participants.get(kind=Participant.Kind.WHOLE)
    if participant.programme_id != programme.pk or (sub_project and sub_project.project_id != project.pk):
        raise Refused(f"核对数的单位和子项要属于“{programme.name}”的“{project.name}”。")
    kept = PlanCheck.objects.select_for_update().filter(
        project=project, sub_project=sub_project, participant=participant, kind=kind
    )
    before = {f"{row.get_by_display()} {row.label}": str(row.amount) for row in kept}
    kept.delete()
    made, seen = [], set()
    for order, printed in enumerate(sums, start=1):
        label = printed.label.strip()
        if "\x00" in label + document:
            raise Refused("文字里有不能保存的字符，请重新输入。")
        if (printed.by, label) in seen:
            raise Refused(f"核对数“{label}”出现了两次。")
        if sentence := check_amount(printed.amount):
            raise Refused(f"核对数“{label}”：{sentence}")
        seen.add((printed.by, label))
        made.append(
            _added(
                PlanCheck(
                    project=project,
                    sub_project=sub_project,
                    participant=participant,
                    kind=kind,
                    by=printed.by,
                    label=label,
                    order=order,
                    amount=printed.amount,
                    document=document,
                    set_by=by,
                )
            )
        )
    after = {f"{row.get_by_display()} {row.label}": str(row.amount) for row in made}
    record_event(by=by, verb="set_plan_checks", target=project, before=before, after=after)
    return made


@transaction.atomic
def set_cost_share(
    *,
    sub_project: SubProject,
    amount: Decimal,
    levels: Iterable[tuple[str, int]],
    by: User,
    indicator: Indicator | None = None,
    kind: str = "project",
    document: str = "",
) -> CostShare:
    """Say how a sub-project's cost is shared: `amount` 元 per unit of `indicator` (or in all), in parts per source.

    `levels`: (source, parts) in printed order, e.g. [("province", 5), ("city", 2), ("county", 3)]; the last one bears
    what does not divide into whole 分. Replaces what was said before.
    """
    programme = sub_project.project.programme
    require_city_office(by, programme.owner_id)
    levels = list(levels)
    if indicator is not None and indicator.sub_project.project.programme_id != programme.pk:
        raise Refused(f"“{indicator.name}”不属于“{programme.name}”。")
    if indicator is not None and indicator.kind != Indicator.Kind.NUMBER:
        raise Refused(f"“{indicator.name}”没有数量，不能按它计算。")
    if sentence := check_amount(amount):
        raise Refused(f"分担标准：{sentence}")
    _require_levels(levels)
    basis = CostShare.Basis.PER_UNIT if indicator else CostShare.Basis.AMOUNT
    found = CostShare.objects.select_for_update().filter(sub_project=sub_project, kind=kind).first()
    before = _share_text(found)
    if found is not None:
        found.delete()
    made = _added(
        CostShare(
            sub_project=sub_project,
            kind=kind,
            basis=basis,
            amount=amount,
            indicator=indicator,
            document=document.strip(),
            set_by=by,
        )
    )
    CostShareLevel.objects.bulk_create(
        CostShareLevel(cost_share=made, source=source, parts=parts, order=order)
        for order, (source, parts) in enumerate(levels, start=1)
    )
    record_event(by=by, verb="set_cost_share", target=made, before=before, after=_share_text(made))
    return made


@transaction.atomic
def remove_cost_share(*, cost_share: CostShare, by: User) -> None:
    """End a cost share; what was planned stays as it is."""
    require_city_office(by, cost_share.sub_project.project.programme.owner_id)
    record_event(by=by, verb="set_cost_share", target=cost_share, before=_share_text(cost_share), after={})
    cost_share.delete()


def _require_levels(levels: list[tuple[str, int]]) -> None:
    """Raise Refused unless there are levels, each once, none holding another, with whole parts."""
    sources = [source for source, _ in levels]
    if not levels:
        raise Refused("请写明由哪几级分担、各几份。")
    if any(source not in Source.values or source == Source.TOTAL for source in sources):
        raise Refused("分担的来源不正确：要写清由哪一级出。")
    if len(set(sources)) < len(sources) or any(overlap(one, other) for one in sources for other in sources):
        raise Refused("同一级出现了两次，或一个来源包含了另一个。")
    if any(not isinstance(parts, int) or not 1 <= parts <= 10000 for _, parts in levels):
        raise Refused("份数是 1 到 10000 的整数。")


def _added(instance: models.Model) -> models.Model:
    """Validate and store one row; the table's own Chinese messages become one Refused."""
    try:
        instance.full_clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error
    instance.save()
    return instance


def _names(exclusion: FundExclusion | None) -> dict:
    if exclusion is None:
        return {}
    return {"phrase": exclusion.phrase, "sub_projects": [str(row) for row in exclusion.sub_projects.all()]}


def _share_text(share: CostShare | None) -> dict:
    if share is None:
        return {}
    levels = list(share.levels.all())
    return {
        "amount": str(share.amount),
        "levels": "、".join(level.get_source_display() for level in levels),
        "parts": ":".join(str(level.parts) for level in levels),
    }
