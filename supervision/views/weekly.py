"""周调度: what moved, what is due, what is overdue."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.models import Programme
from supervision.pages.weekly import WeeklyPage, weekly_day

SPANS = {"week": "近一周", "period": "上期以来"}
GROUPINGS = {"unit": "按单位", "agency": "按牵头部门", "": "按日期"}


@require_safe
def weekly_latest(request: HttpRequest) -> HttpResponse:
    """Lead to the newest programme the user sees."""
    newest = Programme.objects.visible_to(request.user).order_by("-year", "code").first()
    if newest is None:
        raise Http404("还没有您能看的年度民生工程。")
    return redirect("supervision:weekly", newest.code)


@require_safe
def weekly(request: HttpRequest, code: str) -> HttpResponse:
    """Show the week of a programme on a day, grouped by unit, by agency or by date."""
    programmes = Programme.objects.visible_to(request.user)
    programme = get_object_or_404(programmes.select_related("owner"), code=code)
    day, wrong = weekly_day(programme, request.GET.get("day", ""), timezone.localdate())
    span = request.GET.get("span", "week")
    by = request.GET.get("by", "unit")
    if span not in SPANS or by not in GROUPINGS:
        raise Http404("没有这种看法：从近一周或上期以来看，按单位、牵头部门或日期分。")
    page = WeeklyPage(programme, request.user, day, span=span, by=by)
    asked = {"day": request.GET["day"]} if request.GET.get("day") and not wrong else {}
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {"label": row.name, "url": f"../../{row.code}/weekly/", "active": row == programme} for row in programmes
        ],
        "page": page,
        "parts": page.parts(),
        "day": day,
        "wrong": wrong,
        "span": span,
        "by": by,
        "spans": [
            {"label": label, "url": "?" + urlencode(asked | {"span": key, "by": by}), "active": key == span}
            for key, label in SPANS.items()
        ],
        "groupings": [
            {"label": label, "url": "?" + urlencode(asked | {"span": span, "by": key}), "active": key == by}
            for key, label in GROUPINGS.items()
        ],
    }
    return render(request, "supervision/weekly.html", context, status=422 if wrong else 200)
