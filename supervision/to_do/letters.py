"""To-do of letters: answers due and overdue for who received one; replies to judge and drafts for the office."""

from django.urls import reverse
from django.utils import timezone

from livelihood.access import Role, access_of
from livelihood.models import User
from livelihood.registry import ToDo, register_to_do
from supervision.documents.blockers import register_after_issue, register_after_void, register_issue_check
from supervision.documents.sections import register_supervised
from supervision.models import KeptFile, LetterRecheck, LetterReply, Snapshot, SupervisionLetter
from supervision.oversight.last_month import supervised_last_month
from supervision.rectification.owners import register_owner
from supervision.services.close_steps import CloseStep, register_close_step
from supervision.to_do.deadlines import end_of

_NAMES = ("document__series", "participant", "agency", "period__programme")


def answers_due(user: User):
    """Letters the user's unit or agency has not answered yet, each until its deadline."""
    rows = SupervisionLetter.objects.addressed_to(user).filter(state=SupervisionLetter.State.ISSUED)
    for letter in rows.select_related(*_NAMES):
        yield ToDo(
            label=f"反馈：{letter.document.get_kind_display()} {letter.document.printed_number} {letter.matter}",
            url=reverse("supervision:letter-detail", args=[letter.pk]),
            action="反馈",
            due_at=end_of(letter.deadline),
            note=f"要求：{letter.requirement}",
        )


def replies_to_judge(user: User):
    """Replies that wait for the office."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    rows = LetterReply.objects.filter(
        state=LetterReply.State.WAITING,
        letter__period__programme__owner__in=offices,
        letter__state__in=("issued", "replied"),
    )
    for reply in rows.select_related("participant", "agency", "letter__document__series").order_by("replied_at"):
        letter = reply.letter
        yield ToDo(
            label=f"审阅反馈：{reply.participant or reply.agency}对{letter.document.printed_number}的反馈",
            url=reverse("supervision:letter-detail", args=[letter.pk]),
            action="审阅",
            due_at=None,
            note=letter.matter,
        )


def overdue_letters(user: User):
    """Letters past their deadline without an answer, as one entry for the office."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    late = SupervisionLetter.objects.filter(
        period__programme__owner__in=offices,
        state=SupervisionLetter.State.ISSUED,
        deadline__lt=timezone.localdate(),
    ).order_by("deadline")
    deadlines = list(late.values_list("deadline", flat=True))
    if deadlines:
        yield ToDo(
            label=f"{len(deadlines)}份督办函逾期没有反馈",
            url=f"{reverse('supervision:letter-list')}?state=overdue",
            action="查看",
            due_at=end_of(deadlines[0]),
        )


def register() -> None:
    """Fill the registries: to-do, what issue and 作废 carry over, the close's step, 上月督办, whose the files are."""
    from supervision.services import letters

    register_to_do("letter-answers", answers_due)
    register_to_do("letter-replies", replies_to_judge)
    register_to_do("letter-overdue", overdue_letters)
    register_issue_check(letters.issue_faults)
    register_after_issue(letters.note_issued)
    register_after_void(letters.note_void)
    register_supervised(supervised_last_month)
    register_owner("letter", sees_letter_file)
    register_close_step(CloseStep(order=40, code="letters", name="督办函拟稿", run=_draft))


def sees_letter_file(user: User, file: KeptFile) -> bool:
    """Tell whether the file is evidence of a letter the user may read."""
    letters = SupervisionLetter.objects.visible_to(user)
    return (
        LetterReply.objects.filter(files=file, letter__in=letters).exists()
        or LetterRecheck.objects.filter(files=file, letter__in=letters).exists()
    )


def _draft(snapshot: Snapshot, by: User) -> dict:
    from supervision.services.letters import draft_letters

    return {"letters": len(draft_letters(snapshot, by))}
