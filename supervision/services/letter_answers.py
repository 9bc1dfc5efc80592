"""Writes of what follows a letter: replies and their judging, re-checks by a second person, 销号."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

from django.core.files import File
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from livelihood.access import NotAllowed, require_city_office
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant
from supervision.models import Inspection, LetterRecheck, LetterReply, SupervisionLetter
from supervision.oversight.met import judged
from supervision.services.files import files_and_rows, keep_file
from supervision.services.letters import locked, may_recheck

S = SupervisionLetter.State
R = LetterReply.State


def reply_letter(
    *,
    letter: SupervisionLetter,
    by: User,
    text: str,
    stated: Decimal | None = None,
    uploads: Sequence[File] = (),
) -> LetterReply:
    """Answer a letter for the unit or the agency it went to, with evidence.

    The stated figure is what the addressee says; only an approved one closes the letter. Raises Refused with a
    sentence, NotAllowed for anybody else; nothing is kept then.
    """
    with files_and_rows():
        letter = locked(letter)
        unit, agency = answers_for(by, letter)
        _require_open(letter)
        if not text.strip():
            raise Refused("请写反馈内容：原因、措施、责任人和办理结果。")
        nth = (letter.replies.aggregate(last=Max("nth"))["last"] or 0) + 1
        files = [keep_file(upload=upload, by=by) for upload in uploads]
        reply = LetterReply.objects.create(
            letter=letter,
            nth=nth,
            participant=unit,
            agency=agency,
            text=text.strip(),
            stated=stated,
            replied_by=by,
        )
        reply.files.set(files)
        _move(letter, S.REPLIED)
        record_event(
            by=by,
            verb="reply_letter",
            target=letter,
            after={"reply": nth, "stated": None if stated is None else str(stated), "files": len(files)},
        )
    return reply


@transaction.atomic
def judge_reply(*, reply: LetterReply, accept: bool, by: User, verdict: str = "") -> LetterReply:
    """Accept a reply, or return it with what is missing; accepted is not yet 销号."""
    letter = locked(reply.letter)
    require_city_office(by, letter.period.programme.owner_id)
    reply = LetterReply.objects.select_for_update(of=("self",)).get(pk=reply.pk)
    if reply.state != R.WAITING:
        raise InvalidTransition(f"这次反馈{reply.get_state_display()}，不用再审。")
    if not accept and not verdict.strip():
        raise Refused("退回反馈请写明缺什么、要怎么办。")
    reply.state = R.ACCEPTED if accept else R.RETURNED
    reply.judged_at, reply.judged_by, reply.verdict = timezone.now(), by, verdict.strip()[:300]
    reply.save(update_fields=["state", "judged_at", "judged_by", "verdict"])
    if letter.state == S.REPLIED and not letter.replies.exclude(state=R.RETURNED).exists():
        _move(letter, S.ISSUED)
    record_event(
        by=by, verb="judge_reply", target=letter, after={"reply": reply.nth, "state": reply.state}, reason=reply.verdict
    )
    return reply


def record_recheck(
    *,
    letter: SupervisionLetter,
    by: User,
    checked_on: datetime.date,
    text: str,
    is_passed: bool,
    inspection: Inspection | None = None,
    uploads: Sequence[File] = (),
) -> LetterRecheck:
    """Record what a second person found, by a visit of `visits_since` or without one; not who drafted the letter.

    Raises Refused or NotAllowed.
    """
    with files_and_rows():
        letter = locked(letter)
        require_rechecker(by, letter)
        _require_open(letter)
        if not text.strip():
            raise Refused("请写明复核情况：看了什么、数是多少、有什么佐证。")
        since = _since(letter)
        if not since <= checked_on <= timezone.localdate():
            raise Refused(f"复核在发函以后：复核日期应从{since:%Y-%m-%d}到今天。")
        _require_visit(letter, inspection, checked_on, by)
        files = [keep_file(upload=upload, by=by) for upload in uploads]
        recheck = LetterRecheck.objects.create(
            letter=letter,
            checked_on=checked_on,
            text=text.strip(),
            is_passed=is_passed,
            inspection=inspection,
            recorded_by=by,
        )
        recheck.files.set(files)
        record_event(
            by=by,
            verb="recheck_letter",
            target=letter,
            after={"is_passed": is_passed, "files": len(files), "inspection": recheck.inspection_id},
        )
    return recheck


def visits_since(letter: SupervisionLetter, user: User) -> QuerySet[Inspection]:
    """Return the recorded inspections a re-check of the letter may rest on, as far as the user sees them.

    They are of the letter's unit (without one, of what its agency leads), made on the letter's day or later, and not by
    who drafted it. Newest first.
    """
    rows = Inspection.objects.visible_to(user).filter(
        programme=letter.period.programme_id,
        state=Inspection.State.RECORDED,
        visited_on__gte=_since(letter),
    )
    if letter.participant_id:
        rows = rows.filter(participant=letter.participant_id)
    else:
        rows = rows.filter(project__sub_projects__lead_agency=letter.agency_id).distinct()
    return rows.exclude(added_by=letter.drafted_by_id).with_names().order_by("-visited_on", "-id")


def _since(letter: SupervisionLetter) -> datetime.date:
    """Return the day of the letter: nothing seen before it shows what was done about it."""
    return letter.document.issued_on or letter.as_of


def _require_visit(letter: SupervisionLetter, inspection: Inspection | None, checked_on, by: User) -> None:
    if inspection is None:
        return
    if not visits_since(letter, by).filter(pk=inspection.pk).exists():
        raise Refused("督查记录请从列表里选：发函以后、拟函人以外的人记的这个单位的督查。")
    if checked_on < inspection.visited_on:
        raise Refused(f"复核日期不能早于所依据的督查（{inspection.visited_on:%Y-%m-%d}）。")


@transaction.atomic
def close_letter(*, letter: SupervisionLetter, by: User, version: int | None = None) -> SupervisionLetter:
    """销号. By a later approved figure that meets the requirement, or by a second person's re-check that says so.

    Neither may be typed here: the figure comes from the standings, the re-check from somebody who neither drafted the
    letter nor closes it. Raises Refused with what stands against it.
    """
    letter = locked(letter)
    require_city_office(by, letter.period.programme.owner_id)
    _require_open(letter)
    if version is not None and letter.version != version:
        raise InvalidTransition("这份函在您打开页面之后有变动，没有销号。请看过现在的情况再办。")
    verdict = judged(letter)
    if verdict.is_met:
        letter.closed_ground = SupervisionLetter.Ground.FIGURE
        letter.closed_period, letter.closed_value = verdict.figure.period, verdict.figure.value
    elif recheck := passed_recheck(letter, by):
        letter.closed_ground = SupervisionLetter.Ground.RECHECK
    else:
        raise Refused(f"还不能销号：{verdict.sentence}{_no_recheck(letter, by)}")
    before = {"state": letter.state}
    letter.state, letter.closed_at, letter.closed_by = S.CLOSED, timezone.now(), by
    letter.version += 1
    letter.save()
    record_event(
        by=by,
        verb="close_letter",
        target=letter,
        before=before,
        after={
            "ground": letter.closed_ground,
            "value": None if letter.closed_value is None else str(letter.closed_value),
            "period": letter.closed_period.code if letter.closed_period_id else None,
            "recheck": None if verdict.is_met else recheck.pk,
        },
    )
    return letter


def passed_recheck(letter: SupervisionLetter, by: User) -> LetterRecheck | None:
    """Return the newest re-check if it passed and somebody else than drafter and closer recorded it."""
    newest = letter.rechecks.select_related("recorded_by").order_by("-id").first()
    if newest is None or not newest.is_passed or newest.recorded_by_id in (letter.drafted_by_id, by.pk):
        return None
    return newest


def _no_recheck(letter: SupervisionLetter, by: User) -> str:
    newest = letter.rechecks.order_by("-id").first()
    if newest is None:
        return "也没有第二人的复核记录。"
    if not newest.is_passed:
        return "最近一次复核没有达到要求。"
    return "复核人不能是销号的人，请另一位同事销号。" if newest.recorded_by_id == by.pk else ""


def require_rechecker(by: User, letter: SupervisionLetter) -> None:
    """Raise NotAllowed unless the user may re-check; who drafted the letter may everything but this."""
    if by.pk != letter.drafted_by_id and not may_recheck(by, letter):
        raise NotAllowed("只有民生办和督查人员可以记录复核。")
    if not may_recheck(by, letter):
        raise Refused("复核要由拟函人以外的第二个人记录。")


def answers_for(by: User, letter: SupervisionLetter) -> tuple[Participant | None, Agency | None]:
    """Return for whom the user answers: the unit, or else the agency. Raises NotAllowed for others."""
    own = SupervisionLetter.objects.filter(pk=letter.pk)
    if letter.participant_id and own.answered_by_unit(by).exists():
        return letter.participant, None
    if letter.agency_id and own.answered_by_agency(by).exists():
        return None, letter.agency
    raise NotAllowed("这份函不是发给您单位的，不能反馈。")


def _require_open(letter: SupervisionLetter) -> None:
    if letter.state == S.CLOSED:
        raise InvalidTransition("这份函已经销号，不用再办。")
    if letter.state not in (S.ISSUED, S.REPLIED):
        raise InvalidTransition(f"这份函{letter.get_state_display()}，还不能办理。")


def _move(letter: SupervisionLetter, state: str) -> None:
    letter.state = state
    letter.version += 1
    letter.save(update_fields=["state", "version"])
