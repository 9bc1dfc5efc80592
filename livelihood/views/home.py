"""工作台: what the person has to do, by when, how things stand, and what changed since the last visit."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from livelihood.clock import database_now
from livelihood.formats import format_day, format_moment
from livelihood.registry import ToDo, changes_for, panels_for, to_do_for
from livelihood.services import note_visit

#: How many changes the page lists; the head says how many there were.
SHOWN_CHANGES = 10


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the to-do entries, boxes and changes of all apps, each as far as the person's roles go."""
    now = database_now()
    todos = [_line(entry, now) for entry in to_do_for(request.user)]
    since = note_visit(by=request.user, now=now)
    changes = changes_for(request.user, since) if since else []
    panels = panels_for(request.user)
    return render(
        request,
        "livelihood/home.html",
        {
            "todos": todos,
            "overdue": sum(todo["tone"] == "red" for todo in todos),
            "today": sum(todo["tone"] == "amber" for todo in todos),
            "now": now,
            "has_grants": request.user.grants.exists(),
            "panels": panels,
            "is_demo": any(panel.context.get("is_demo") for area in panels.values() for panel in area),
            "since": since,
            "changes": changes[:SHOWN_CHANGES],
            "change_count": len(changes),
        },
    )


def _line(entry: ToDo, now: datetime) -> dict:
    """Return a to-do entry as the page shows it: its time limit in words, and how pressing it is."""
    tone, due = "", "—"
    if entry.due_at:
        due = format_moment(entry.due_at)
        if entry.due_at < now:
            tone, due = "red", f"逾期（{format_moment(entry.due_at)}）"
        elif timezone.localdate(entry.due_at) == timezone.localdate(now):
            tone, due = "amber", f"今天 {timezone.localtime(entry.due_at):%H:%M}"
        else:
            days = (timezone.localdate(entry.due_at) - timezone.localdate(now)).days
            due = f"{format_day(entry.due_at)} {timezone.localtime(entry.due_at):%H:%M}，还有 {days} 天"
    if entry.is_urgent and not tone:
        tone = "amber"
        due = due if entry.due_at else "现在"
    return {
        "title": entry.label,
        "url": entry.url,
        "action": entry.action,
        "detail": entry.note,
        "due_text": due,
        "tone": tone,
        "due_at": entry.due_at,
    }
