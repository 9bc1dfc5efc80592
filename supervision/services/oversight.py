"""Writes of supervision rules: versions of them, what they find in a closed month, what of it is waived."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Programme
from supervision.models import Level, OversightRule, OversightSetting, RuleFiring, Snapshot
from supervision.oversight.finding import Found, find
from supervision.oversight.kinds import cleaned_params, rule_words
from supervision.oversight.presets import presets
from supervision.services.documents import void_document

LEVELS = [Level.BLUE, Level.YELLOW, Level.RED]


@transaction.atomic
def adopt_rule(
    *,
    programme: Programme,
    by: User,
    code: str = "",
    base_version: int = 0,
    name: str,
    kind: str,
    params: dict,
    level: str,
    escalates_after: int = 0,
    effective_from: datetime.date,
    is_on: bool = True,
    source: str = "",
    reason: str = "",
) -> OversightRule:
    """Put a rule in force from a day on, or with its `code` a new version of it. The city office's alone.

    `base_version` is the version the person saw. What earlier versions found stays. Raises Refused with a sentence,
    InvalidTransition when a newer version has come meanwhile.
    """
    require_city_office(by, programme.owner_id)
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    newest = programme.oversight_rules.filter(code=code).order_by("-version").first() if code else None
    if code and newest is None and base_version:
        raise Refused("没有这条规则，请重新打开页面。")
    if (newest.version if newest else 0) != base_version:
        raise InvalidTransition(f"这条规则已有第{newest.version}版，请重新打开页面，按新版再改。")
    if newest is not None and newest.kind != kind:
        raise Refused("已有的规则不能换成别的情形，请另立一条，再停用这一条。")
    if effective_from.year != programme.year:
        raise Refused(f"施行日期不在{programme.year}年度。")
    if newest is not None and effective_from < newest.effective_from:
        raise Refused("新版的施行日期不能早于现行版。")
    rule = OversightRule(
        programme=programme,
        code=code or _free_code(programme),
        version=base_version + 1,
        name=name.strip(),
        kind=kind,
        params=cleaned_params(kind, params),
        level=level,
        escalates_after=escalates_after,
        effective_from=effective_from,
        is_on=is_on,
        source=source.strip(),
        reason=reason.strip(),
        made_by=by,
    )
    try:
        rule.full_clean()
    except ValidationError as error:
        raise Refused("".join(f"{message.rstrip('。')}。" for message in error.messages)) from error
    rule.save()
    record_event(by=by, verb="adopt_rule", target=rule, before=_noted(newest), after=_noted(rule), reason=rule.reason)
    return rule


def switch_rule(*, rule: OversightRule, is_on: bool, by: User, reason: str = "") -> OversightRule:
    """Switch a rule on or off: a new version that says so."""
    return adopt_rule(
        programme=rule.programme,
        by=by,
        code=rule.code,
        base_version=rule.version,
        name=rule.name,
        kind=rule.kind,
        params=rule.params,
        level=rule.level,
        escalates_after=rule.escalates_after,
        effective_from=rule.effective_from,
        is_on=is_on,
        source=rule.source,
        reason=reason or ("启用" if is_on else "停用"),
    )


@transaction.atomic
def adopt_preset(*, programme: Programme, code: str, effective_from: datetime.date, by: User) -> list[OversightRule]:
    """Put the rules of a published preset in force; those of it that are there already stay as they are."""
    require_city_office(by, programme.owner_id)
    preset = presets().get(code)
    if preset is None:
        raise Refused("没有这套现成的规则，请从列表里选。")
    known = set(programme.oversight_rules.values_list("code", flat=True))
    return [
        adopt_rule(
            programme=programme,
            by=by,
            code=f"{code}-{nth}",
            name=row["name"],
            kind=row["kind"],
            params=row["params"],
            level=row["level"],
            escalates_after=row.get("escalates_after", 0),
            effective_from=effective_from,
            source=preset["source"],
        )
        for nth, row in enumerate(preset["rules"], start=1)
        if f"{code}-{nth}" not in known
    ]


@transaction.atomic
def set_oversight(*, programme: Programme, drafted_by_close: int, answer_days: int, contact: str, by: User) -> None:
    """Set how many papers a close drafts by itself, the term of an answer, and whom to call."""
    require_city_office(by, programme.owner_id)
    setting, _ = OversightSetting.objects.select_for_update().get_or_create(programme=programme)
    before = {"drafted_by_close": setting.drafted_by_close, "answer_days": setting.answer_days}
    setting.drafted_by_close, setting.answer_days, setting.contact = drafted_by_close, answer_days, contact.strip()
    try:
        setting.full_clean()
    except ValidationError as error:
        raise Refused("".join(f"{message.rstrip('。')}。" for message in error.messages)) from error
    setting.save()
    after = {"drafted_by_close": drafted_by_close, "answer_days": answer_days}
    record_event(by=by, verb="set_oversight", target=setting, before=before, after=after)


@transaction.atomic
def fire_rules(*, snapshot: Snapshot, by: User) -> list[RuleFiring]:
    """Write down what the rules in force find in the snapshot, once: a second call returns what is there.

    The same cause in the month before raises the count, and by the rule's ladder the level; one that was waived begins
    anew. A later snapshot of the period takes over what was waived, where the figures are the same.
    """
    found = list(_firings(snapshot))
    if found:
        return found
    period = snapshot.period
    before = _before(snapshot)
    waived = {
        row.cause: row
        for row in RuleFiring.objects.filter(snapshot=snapshot.previous, waived_at__isnull=False)
        if snapshot.previous_id and snapshot.previous.period_id == period.pk
    }
    rows = []
    for rule in OversightRule.objects.in_force(period.programme, period.ends_on).order_by("code"):
        for one in find(rule, snapshot):
            rows.append(_firing(snapshot, rule, one, before, waived))
    RuleFiring.objects.bulk_create(rows)
    if rows:
        counts = {level.value: sum(row.level == level for row in rows) for level in LEVELS}
        record_event(by=by, verb="fire_rules", target=snapshot, after=counts)
    return list(_firings(snapshot))


@transaction.atomic
def waive_firing(*, firing: RuleFiring, reason: str, by: User) -> RuleFiring:
    """Do without a letter for what was found, with a reason; a draft of it is taken back.

    Refused once the letter is issued.
    """
    require_city_office(by, firing.snapshot.period.programme.owner_id)
    firing = RuleFiring.objects.select_for_update(of=("self",)).select_related("rule").get(pk=firing.pk)
    if not reason.strip():
        raise Refused("免予督办要写明原因。")
    if firing.waived_at is not None:
        raise InvalidTransition(f"{firing.waived_by}已经对它免予督办。")
    if firing.letters.exclude(state__in=("drafted", "void")).exists():
        raise Refused("这件事已经发了函，不能再免予督办；办结了请销号。")
    firing.waived_at, firing.waived_by, firing.waived_reason = timezone.now(), by, reason.strip()[:200]
    firing.save(update_fields=["waived_at", "waived_by", "waived_reason"])
    for letter in firing.letters.filter(state="drafted").select_related("document"):
        void_document(document=letter.document, reason=f"免予督办：{firing.waived_reason}"[:200], by=by)
    record_event(by=by, verb="waive_firing", target=firing, after={"cause": firing.cause}, reason=firing.waived_reason)
    return firing


def escalated(rule: OversightRule, nth: int) -> str:
    """Return the level of the nth month in a row by the rule's ladder."""
    if not rule.escalates_after:
        return rule.level
    step = LEVELS.index(rule.level) + (nth - 1) // rule.escalates_after
    return LEVELS[min(step, len(LEVELS) - 1)].value


def _firings(snapshot: Snapshot):
    rows = RuleFiring.objects.filter(snapshot=snapshot).select_related(
        "rule", "participant", "agency", "indicator__sub_project__project"
    )
    return rows.order_by("-severity", "cause")


def _before(snapshot: Snapshot) -> dict[str, RuleFiring]:
    """Return what was found in the newest snapshot of the period before, by cause."""
    period = snapshot.period
    earlier = (
        Snapshot.objects.filter(
            period__programme=period.programme_id, period__kind=period.kind, period__ends_on__lt=period.ends_on
        )
        .order_by("-period__ends_on", "-version")
        .first()
    )
    return {row.cause: row for row in RuleFiring.objects.filter(snapshot=earlier)} if earlier else {}


def _firing(snapshot: Snapshot, rule: OversightRule, found: Found, before: dict, waived: dict) -> RuleFiring:
    cause = f"{rule.code}/{found.matter(rule.kind)}"
    earlier = before.get(cause)
    nth = earlier.nth + 1 if earlier is not None and earlier.waived_at is None else 1
    firing = RuleFiring(
        snapshot=snapshot,
        rule=rule,
        cause=cause,
        participant_id=found.participant_id,
        agency_id=found.agency_id,
        indicator_id=found.indicator_id,
        fund_rate=found.fund_rate,
        nth=nth,
        level=escalated(rule, nth),
        facts=found.facts,
        severity=found.severity,
    )
    same = waived.get(cause)
    if same is not None and same.facts == found.facts:
        firing.waived_at, firing.waived_by, firing.waived_reason = same.waived_at, same.waived_by, same.waived_reason
    return firing


def _free_code(programme: Programme) -> str:
    taken = set(programme.oversight_rules.values_list("code", flat=True))
    return next(f"r{nth}" for nth in range(1, len(taken) + 2) if f"r{nth}" not in taken)


def _noted(rule: OversightRule | None) -> dict:
    if rule is None:
        return {}
    return {
        "version": rule.version,
        "words": rule_words(rule.kind, rule.params),
        "level": rule.level,
        "escalates_after": rule.escalates_after,
        "is_on": rule.is_on,
        "effective_from": rule.effective_from.isoformat(),
    }
