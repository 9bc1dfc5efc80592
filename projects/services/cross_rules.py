"""Writes of 勾稽关系: the city office keeps them, every change is audited, and open periods are asked anew."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.cross_rules import MOST_TERMS, Term, formula, terms_of
from projects.models import CrossRule, CrossTerm, Indicator, Programme, Report, ReportingPeriod
from projects.services.flags import refresh_cross_flags

NAME_LENGTH = CrossRule._meta.get_field("name").max_length
EXPLANATION_LENGTH = CrossRule._meta.get_field("explanation").max_length


@transaction.atomic
def create_cross_rule(
    *,
    programme: Programme,
    name: str,
    comparison: str,
    terms: Sequence[Term],
    by: User,
    tolerance: Decimal = Decimal(0),
    explanation: str = "",
) -> CrossRule:
    """Store a new rule, not in use yet: it is tried on past months first, then activated.

    Raises Refused with one Chinese sentence for what cannot be stored, NotAllowed unless `by` works in the
    programme's city office.
    """
    require_city_office(by, programme.owner_id)
    fields = _checked(programme, None, name, comparison, tolerance, explanation, terms)
    rule = CrossRule.objects.create(programme=programme, is_active=False, changed_by=by, **fields)
    _store_terms(rule, terms)
    record_event(by=by, verb="create_cross_rule", target=rule, after=_content(rule, terms))
    return rule


@transaction.atomic
def update_cross_rule(
    *,
    rule: CrossRule,
    version: int,
    name: str,
    comparison: str,
    terms: Sequence[Term],
    by: User,
    tolerance: Decimal = Decimal(0),
    explanation: str = "",
) -> CrossRule:
    """Change a rule and, where it is in use, ask the open periods anew.

    `version` is the one the person saw. Compare-and-set: raises InvalidTransition when somebody was faster.
    Figures of closed periods keep the flags they have.
    """
    programme = rule.programme
    require_city_office(by, programme.owner_id)
    fields = _checked(programme, rule, name, comparison, tolerance, explanation, terms)
    _lock_open_reports(programme)
    before = _content(rule, terms_of(rule))
    changed = CrossRule.objects.filter(pk=rule.pk, version=version).update(
        version=F("version") + 1, changed_at=Now(), changed_by=by, **fields
    )
    if not changed:
        raise InvalidTransition("这条勾稽关系刚刚被别人改过，您的改动没有存。请打开最新的一版再改。")
    rule.refresh_from_db()
    rule.terms.all().delete()
    _store_terms(rule, terms)
    flagged = refresh_cross_flags(rule)
    record_event(
        by=by,
        verb="update_cross_rule",
        target=rule,
        before=before,
        after=_content(rule, terms) | {"flagged": flagged},
    )
    return rule


def activate_cross_rule(*, rule: CrossRule, by: User) -> int:
    """Put a rule to use; return how many figures of open periods it flags now."""
    return _switch(rule, by=by, is_active=True)


def deactivate_cross_rule(*, rule: CrossRule, by: User) -> int:
    """Take a rule out of use: its flags leave the open periods, the rule stays. Returns 0."""
    return _switch(rule, by=by, is_active=False)


@transaction.atomic
def _switch(rule: CrossRule, *, by: User, is_active: bool) -> int:
    """Compare-and-set: raises InvalidTransition when the rule is so already."""
    require_city_office(by, rule.programme.owner_id)
    _lock_open_reports(rule.programme)
    changed = CrossRule.objects.filter(pk=rule.pk, is_active=not is_active).update(
        is_active=is_active, version=F("version") + 1, changed_at=Now(), changed_by=by
    )
    rule.refresh_from_db()
    if not changed:
        raise InvalidTransition(f"“{rule.name}”已经{'启用' if is_active else '停用'}了。")
    flagged = refresh_cross_flags(rule)
    record_event(
        by=by,
        verb="activate_cross_rule" if is_active else "deactivate_cross_rule",
        target=rule,
        before={"is_active": not is_active},
        after={"is_active": is_active, "flagged": flagged},
    )
    return flagged


def _lock_open_reports(programme: Programme) -> None:
    """Let saves under way end first, so that none leaves a flag of the rule as it was."""
    periods = ReportingPeriod.objects.filter(programme=programme).open()
    list(Report.objects.select_for_update().filter(period__in=periods).order_by("pk").values_list("pk", flat=True))


def _checked(programme, rule, name, comparison, tolerance, explanation, terms: Sequence[Term]) -> dict:
    """Return the rule's own fields, cleaned; raise Refused for the first thing that is wrong."""
    name, explanation = " ".join(name.split()), explanation.strip()
    if not name:
        raise Refused("请填勾稽关系的名称。")
    if len(name) > NAME_LENGTH:
        raise Refused(f"名称最多 {NAME_LENGTH} 字，现在有 {len(name)} 字。")
    if len(explanation) > EXPLANATION_LENGTH:
        raise Refused(f"说明最多 {EXPLANATION_LENGTH} 字，现在有 {len(explanation)} 字。")
    if "\x00" in name + explanation:
        raise Refused("文字里有不能保存的字符，请重新输入。")
    if comparison not in CrossRule.Comparison.values:
        raise Refused("请选等于、不大于或不小于。")
    _require_fits(tolerance, CrossRule._meta.get_field("tolerance"), "允许相差")
    if tolerance < 0:
        raise Refused("允许相差不能为负数。")
    twins = CrossRule.objects.filter(programme=programme, name=name).exclude(pk=rule.pk if rule else None)
    if twins.exists():
        raise Refused(f"已有一条勾稽关系叫“{name}”，请换一个名称。")
    _require_valid_terms(programme, terms)
    return {"name": name, "comparison": comparison, "tolerance": tolerance, "explanation": explanation}


def _require_valid_terms(programme: Programme, terms: Sequence[Term]) -> None:
    for side, word in CrossTerm.Side.choices:
        count = sum(term.side == side for term in terms)
        if not count:
            raise Refused(f"{word}边还没有指标，至少选一个。")
        if count > MOST_TERMS:
            raise Refused(f"{word}边最多 {MOST_TERMS} 项，现在有 {count} 项。")
    seen = set()
    own = set(Indicator.objects.of_programme(programme).values_list("pk", flat=True))
    for term in terms:
        name = term.indicator.name
        if term.side not in CrossTerm.Side.values:
            raise Refused("勾稽项要写在左边或右边。")
        if term.indicator.pk not in own:
            raise Refused(f"“{name}”不属于“{programme.name}”，不能用在这里。")
        if term.indicator.kind == Indicator.Kind.TEXT:
            raise Refused(f"“{name}”是文字类指标，没有数可以比。")
        if term.indicator.pk in seen:
            raise Refused(f"“{name}”出现了两次，同一指标只能用一次；要加倍请改系数。")
        seen.add(term.indicator.pk)
        _require_fits(term.factor, CrossTerm._meta.get_field("factor"), f"“{name}”的系数")
        if not term.factor:
            raise Refused(f"“{name}”的系数不能为 0；不用这一项就不要选。")


def _require_fits(number: Decimal, column, word: str) -> None:
    """Raise Refused unless the number is finite and the column holds it exactly."""
    whole = column.max_digits - column.decimal_places
    if not number.is_finite():
        raise Refused(f"{word}不是一个确定的数。")
    if abs(number) >= Decimal(10) ** whole or -number.as_tuple().exponent > column.decimal_places:
        raise Refused(f"{word}最多 {whole} 位整数、{column.decimal_places} 位小数。")


def _store_terms(rule: CrossRule, terms: Sequence[Term]) -> None:
    try:
        with transaction.atomic():
            CrossTerm.objects.bulk_create(
                CrossTerm(rule=rule, side=term.side, order=nth, factor=term.factor, indicator=term.indicator)
                for nth, term in enumerate(terms, start=1)
            )
    except IntegrityError as error:
        raise Refused("同一指标在一条勾稽关系里只能出现一次。") from error


def _content(rule: CrossRule, terms: Sequence[Term]) -> dict:
    """Return what a rule says, for the audit trail."""
    return {
        "name": rule.name,
        "formula": formula(terms, rule.comparison),
        "tolerance": str(rule.tolerance),
        "explanation": rule.explanation,
        "is_active": rule.is_active,
        "version": rule.version,
    }
