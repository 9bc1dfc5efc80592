"""Writes of 确认/异议: what a lead agency says of its own items in somebody else's report. It blocks nothing."""

from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import NotAllowed, Role, access_of, require_city_office
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects import parts, rights
from projects.cell_key import Key, key_text
from projects.content import content_hash
from projects.models import (
    CellReview,
    LeadConfirmation,
    LeadObjection,
    Participant,
    Report,
    ReportingPeriod,
    SubProject,
)
from projects.services.report_locks import lock_report, require_changeable

#: A reason is a few sentences; an answer may tell a longer story.
WORDS_LENGTH, ANSWER_LENGTH = 500, 2000
#: How a settlement reads that the agency itself made.
WITHDRAWN = "牵头部门撤回"


@transaction.atomic
def confirm_lines(*, report: Report, agency: Agency, by: User, seen: str = "") -> LeadConfirmation:
    """确认: the lead agency has no objection to its items as they stand.

    `seen`: the hash of what the person's page showed; another content refuses. Raises NotAllowed for somebody
    else's items, Refused while an objection of the agency is open or the report is not there to be looked at.
    """
    led = _require_lead(report, agency, by)
    report = lock_report(report)
    _require_shown(report, "确认")
    sha256 = content_hash(report, sub_projects=led)
    if seen and seen != sha256:
        raise InvalidTransition(f"您打开页面之后{report.participant}的数有改动，没有确认。请看过现在的数再办。")
    if LeadObjection.objects.filter(report=report, agency=agency, settled_at__isnull=True).exists():
        raise Refused(
            f"贵单位对{report.participant}还有异议，不能确认。先撤回异议，或等{report.period.programme.owner.office_word}处理。"
        )
    before = LeadConfirmation.objects.filter(report=report, agency=agency).first()
    if before and before.sha256 == sha256:
        raise InvalidTransition(f"贵单位已经确认过{report.participant}的这些数。")
    confirmation, _ = LeadConfirmation.objects.update_or_create(
        report=report, agency=agency, defaults={"sha256": sha256, "confirmed_at": Now(), "confirmed_by": by}
    )
    record_event(
        by=by,
        verb="confirm_lines",
        target=report,
        before={"sha256": before.sha256 if before else ""},
        after={"agency": agency.name, "sha256": sha256},
    )
    confirmation.refresh_from_db()
    return confirmation


@transaction.atomic
def raise_objection(*, report: Report, key: Key, agency: Agency, value: str, reason: str, by: User) -> LeadObjection:
    """异议: the lead agency holds another figure for one cell, and says why.

    `value` is text as typed; a text indicator takes none. Raises ValueRefused (a Refused) for what is no
    number of the indicator, Refused for a cell or words that do not do, NotAllowed for somebody else's item.
    """
    led = _require_lead(report, agency, by)
    place = parts.places(report, [key]).get(key)
    if place is None:
        raise Refused("这份月报里没有这一格，没有提异议。请刷新页面再办。")
    if place.sub_project_id not in led:
        raise NotAllowed(f"“{place}”不是{agency}牵头的。")
    reason = checked_words(reason, "异议", "理由")
    part = parts.part_of(key)
    held = part.objection_value(report, key, value)
    report = lock_report(report)
    _require_shown(report, "提异议")
    stored, version = part.value_of(report, key)
    if held is not None and stored == held:
        raise Refused(f"您填的数与{report.participant}上报的相同，没有异议可提。")
    open_ones = LeadObjection.objects.filter(report=report, agency=agency, settled_at__isnull=True)
    if open_ones.filter(**place.columns).exists():
        raise InvalidTransition(f"“{place}”的异议已经提过，要改请先撤回。")
    objection = LeadObjection.objects.create(
        report=report,
        agency=agency,
        value=held,
        unit=place.unit,
        reason=reason,
        figure_version=version,
        raised_by=by,
        **place.columns,
    )
    record_event(
        by=by,
        verb="raise_objection",
        target=report,
        before={"value": _plain(stored)},
        after={"agency": agency.name, "indicator": place.name, "value": _plain(held)},
        reason=reason,
    )
    return objection


def withdraw_objection(*, objection: LeadObjection, by: User) -> LeadObjection:
    """撤回异议: by the agency that raised it. Raises InvalidTransition when it has been settled."""
    if objection.agency_id not in access_of(by).agency_ids(Role.LEAD_AGENCY):
        raise NotAllowed(f"只有{objection.agency}可以撤回这条异议。")
    return _settle(objection, WITHDRAWN, "withdraw_objection", by)


def settle_objection(*, objection: LeadObjection, settlement: str, by: User) -> LeadObjection:
    """处理异议: the city office says how it was decided. Raises InvalidTransition when it has been settled."""
    require_city_office(by, objection.report.period.programme.owner_id)
    return _settle(objection, checked_words(settlement, "处理", "结果"), "settle_objection", by)


@transaction.atomic
def answer_return(*, report: Report, key: Key, answer: str, by: User) -> CellReview:
    """说明: the filler says why a returned figure stands; that closes the return without a change.

    Said again it replaces what was said, which the audit trail keeps; the report's lock keeps two people apart.
    Raises NotAllowed for a cell that is not `by`'s to fill, Refused for one that does not wait for an answer.
    """
    place = parts.places(report, [key]).get(key)
    scope = rights.fill_scope(by, report)
    if not scope or (place and not scope.covers(place.participant_id, place.sub_project_id)):
        raise NotAllowed("这一格不由您填报，不能替别人说明。")
    answer = checked_words(answer, "说明", "理由", longest=ANSWER_LENGTH)
    report = lock_report(report)
    require_changeable(report)
    if report.state not in Report.EDITABLE:
        raise InvalidTransition(f"这份月报现在是“{report.get_state_display()}”，不能再说明。")
    reviews = CellReview.objects.filter(report=report, **place.columns) if place else CellReview.objects.none()
    review = reviews.order_by("-nth").first()
    if review is None or review.verdict != CellReview.Verdict.RETURNED:
        raise Refused("这一格没有被退回，不用说明。")
    _, version = parts.part_of(key).value_of(report, key)
    if version != review.figure_version:
        raise InvalidTransition(f"“{place}”退回之后已经改过，不用再说明。")
    if review.answer == answer:
        raise InvalidTransition(f"“{place}”已经这样说明过了。")
    CellReview.objects.filter(pk=review.pk).update(answer=answer, answered_at=Now(), answered_by=by)
    record_event(
        by=by,
        verb="answer_return",
        target=report,
        before={"answer": review.answer},
        after={"indicator": place.name, "cell": key_text(key)},
        reason=answer,
    )
    review.refresh_from_db()
    return review


@transaction.atomic
def _settle(objection: LeadObjection, settlement: str, verb: str, by: User) -> LeadObjection:
    """Close the objection, if nobody has; compare-and-set."""
    changed = LeadObjection.objects.filter(pk=objection.pk, settled_at__isnull=True).update(
        settlement=settlement, settled_at=Now(), settled_by=by
    )
    if not changed:
        raise InvalidTransition("这条异议已经处理过了，请刷新页面。")
    record_event(
        by=by,
        verb=verb,
        target=objection.report,
        after={"agency": objection.agency.name, "indicator": objection.name},
        reason=settlement,
    )
    objection.refresh_from_db()
    return objection


def _require_lead(report: Report, agency: Agency, by: User) -> set[int]:
    """Return the ids of the sub-projects the agency leads; NotAllowed unless `by` speaks for it."""
    if agency.pk not in access_of(by).agency_ids(Role.LEAD_AGENCY):
        raise NotAllowed(f"只有{agency}的人可以代表牵头部门确认或提异议。")
    led = SubProject.objects.filter(project__programme=report.period.programme_id, lead_agency=agency)
    found = set(led.values_list("pk", flat=True))
    if not found:
        raise NotAllowed(f"{agency}在这个年度没有牵头的子项。")
    return found


def _require_shown(report: Report, name: str) -> None:
    """Raise Refused unless the report lies before the lead agencies: submitted or approved, its period open."""
    if report.participant is None:
        raise Refused(f"这份月报由牵头部门自己报送，不用{name}。")
    if report.participant.kind == Participant.Kind.WHOLE:
        raise Refused(f"全域的数由{report.period.programme.owner.office_word}录入，不用{name}。")
    if report.period.state != ReportingPeriod.State.OPEN:
        raise InvalidTransition(f"{report.period.label}已经封账，不能再{name}。")
    if report.state not in Report.COUNTED:
        state = report.get_state_display()
        raise InvalidTransition(f"{report.participant}的月报现在是“{state}”，等重新提交后再{name}。")


def checked_words(text: str, what: str, wanted: str, *, longest: int = WORDS_LENGTH) -> str:
    """Return the words as stored. Raises Refused for none, too many, or what cannot be stored."""
    text = text.strip()
    if not text:
        raise Refused(f"{what}要写明{wanted}。")
    if len(text) > longest:
        raise Refused(f"{wanted}最多 {longest} 字，现在有 {len(text)} 字。")
    if "\x00" in text:
        raise Refused(f"{wanted}里有不能保存的字符，请重新输入。")
    return text


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
