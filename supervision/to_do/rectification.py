"""What 整改 asks of people: units to fill and report, the office to assign and verify, inspectors to end drafts."""

from collections.abc import Iterator

from django.urls import reverse

from livelihood.access import COUNTY_ROLES, Role, access_of
from livelihood.models import User
from livelihood.registry import Panel, ToDo, register_panel, register_to_do
from projects.models import Programme
from supervision.documents.sections import register_findings
from supervision.models import Inspection, Rectification
from supervision.rectification.findings import findings_of
from supervision.to_do.deadlines import end_of

#: Items named one by one; more are counted.
SHOWN = 5
State = Rectification.State


def register() -> None:
    """Fill the to-do, and what inspections say in a 通报."""
    register_to_do("rectification", own_items)
    register_to_do("rectification-office", items_of_office)
    register_to_do("inspection-drafts", own_drafts)
    register_panel("inspecting", inspecting_panels)
    register_findings(findings_of)


def own_items(user: User) -> Iterator[ToDo]:
    """Items the user's unit or agency has to mend, the nearest deadline first. One query."""
    access = access_of(user)
    if not access.has(*COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY):
        return
    items = Rectification.objects.answered_for_by(user).filter(state__in=[State.ASSIGNED, State.UNDERWAY])
    rows = list(items.select_related("project", "participant").distinct().order_by("deadline", "pk"))
    for item in rows[:SHOWN]:
        about = item.project.name if item.project else item.problem[:20]
        yield ToDo(
            label=f"{item}：{about}",
            url=reverse("supervision:rectification-detail", args=[item.pk]),
            action="填原因和措施" if not item.measures else "记进展",
            due_at=end_of(item.deadline),
        )
    if len(rows) > SHOWN:
        yield ToDo(f"还有 {len(rows) - SHOWN} 件整改", reverse("supervision:rectification-list"), "看台账")


def items_of_office(user: User) -> Iterator[ToDo]:
    """Per programme of the user's office how many items wait to be assigned or verified. One query."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    if not offices:
        return
    waiting = Rectification.objects.filter(programme__owner__in=offices, state__in=[State.OPENED, State.REPORTED])
    counts: dict = {}
    for item in waiting.select_related("programme"):
        # Who reported an item is not who verifies it.
        if item.reported_by_id != user.pk:
            counts.setdefault((item.programme, item.state), []).append(item)
    words = {State.OPENED: ("整改待交办", "交办"), State.REPORTED: ("整改待验收", "验收")}
    for (programme, state), items in counts.items():
        label, action = words[state]
        query = f"?programme={programme.code}&state={state}"
        yield ToDo(
            label=f"{label} {len(items)} 件",
            url=reverse("supervision:rectification-list") + query,
            action=action,
            note="、".join(str(item) for item in items[:SHOWN]) + ("等" if len(items) > SHOWN else ""),
        )


def own_drafts(user: User) -> Iterator[ToDo]:
    """The user's own visits that are not finished. One query."""
    count = Inspection.objects.filter(added_by=user, state=Inspection.State.DRAFT).count()
    if count:
        yield ToDo(f"督查草稿 {count} 条", reverse("supervision:inspection-list"), "补全")


def inspecting_panels(user: User) -> Iterator[Panel]:
    """Offer whoever goes out to look the page to record it, before anything else. One query."""
    regions = access_of(user).region_ids(Role.INSPECTOR, Role.SUPERVISOR)
    if regions and Programme.objects.filter(owner__in=regions).exists():
        yield Panel("action", "supervision/home/inspecting.html", {})
