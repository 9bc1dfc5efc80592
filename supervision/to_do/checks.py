"""What 核对 asks of people: units and lead agencies to answer, the city office to settle; and the step of the close."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import User
from livelihood.registry import Action, ToDo, register_action, register_to_do
from projects.models import ReportingPeriod
from supervision.checks.overview import checks_of, summary_of
from supervision.documents.blockers import Blocker, register_issue_check
from supervision.models import Check, Document, Snapshot
from supervision.services.checks import may_answer, open_checks, open_objections, unmended_objections
from supervision.services.close_steps import CloseStep, register_close_step
from supervision.to_do.deadlines import end_of


def register() -> None:
    """Open the checks with each close, ask for answers, and keep a paper with open 异议 from being issued unseen."""
    register_close_step(CloseStep(order=30, code="checks", name="送各单位核对", run=_open, is_vital=True))
    register_to_do("checks", checks_to_answer)
    register_to_do("check-answers", checks_to_follow)
    register_issue_check(objections_before_issue)
    register_action("period", "checks", _check_action)


def _open(snapshot: Snapshot, by: User) -> dict:
    """Open the checks of a month; a week's paper is hardly ever issued, nobody is asked about it."""
    if snapshot.period.kind == ReportingPeriod.Kind.WEEK:
        return {}
    return {"checks": len(open_checks(snapshot=snapshot, by=by))}


def objections_before_issue(document: Document) -> list[Blocker]:
    """Say which 异议 are open, and which were accepted and are not mended; a reason overrides both."""
    if document.snapshot_id is None or document.kind not in (Document.Kind.BULLETIN, Document.Kind.CORRECTION):
        return []
    found = [(row, "还没有处理") for row in open_objections(document)]
    found += [(row, "已经采纳，数还没有改") for row in unmended_objections(document)]
    return [
        Blocker(f"{row.check_of.addressee}对“{row.label}”的核对异议{words}", can_override=True) for row, words in found
    ]


def _check_action(user: User, period: ReportingPeriod) -> Iterator[Action]:
    """核对 on the page of a closed period: the overview for who oversees, its own page for an addressee."""
    if period.state == ReportingPeriod.State.OPEN:
        return
    own = Check.objects.visible_to(user).filter(snapshot__period=period)
    if own.exists():
        url = reverse("supervision:check-list", args=[period.programme.code, period.code])
        yield Action(label="核对", url=url, order=52)


def checks_to_answer(user: User) -> Iterator[ToDo]:
    """Checks that wait for the user's unit or agency, of months not yet issued."""
    waiting = Check.objects.addressed_to(user).current().to_answer()
    for check in waiting.select_related("snapshot__period__programme", "participant", "agency"):
        if not may_answer(user, check) or not check.has_lines:
            continue
        yield ToDo(
            label=f"核对：{check.snapshot.period.label}（{check.addressee}）",
            url=reverse("supervision:check-detail", args=[check.pk]),
            action="核对",
            due_at=end_of(check.due_on),
            note="有改动，请再核对" if check.since_id else "通报印发前答复无异议或有异议",
        )


def checks_to_follow(user: User) -> Iterator[ToDo]:
    """Closed months of the user's office in which somebody has not answered, or an objection waits."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    closed = Q(period__programme__owner__in=offices, period__state=ReportingPeriod.State.CLOSED)
    snapshots = Snapshot.objects.filter(closed, pk__in=Check.objects.current().values("snapshot"))
    for snapshot in snapshots.select_related("period__programme"):
        checks = checks_of(snapshot)
        summary = summary_of(snapshot, checks)
        if summary.is_done:
            continue
        period, waits = snapshot.period, summary.open_objections
        yield ToDo(
            label=f"{'处理核对异议' if waits else '等各单位核对'}：{period.label}",
            url=reverse("supervision:check-list", args=[period.programme.code, period.code]),
            action="处理" if waits else "看核对",
            due_at=end_of(max(check.due_on for check in checks)),
            is_urgent=bool(waits),
            note=summary.words,
        )
