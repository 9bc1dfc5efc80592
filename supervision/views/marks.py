"""打分: what people enter for a month under the 考核办法, and its confirmation by a second person."""

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from livelihood.access import NotAllowed, is_city_office
from livelihood.services import Refused
from projects.models import ReportingPeriod
from projects.services.benchmarks import is_reopened
from projects.views.context import get_period, period_context
from supervision.models import ScoringComponent
from supervision.scoring.marks_page import MarksPage
from supervision.services import marks as services


@require_http_methods(["GET", "POST"])
def marks(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show a table per component; POST stores one table, confirms it, or takes the confirmation back."""
    found = get_period(request, code, period)
    own = is_city_office(request.user, found.programme.owner_id)
    components = [
        row
        for row in services.marked_components(found)
        if services.may_enter(request.user, row, found.programme.owner_id)
    ]
    if not own and not components:
        raise NotAllowed(f"打分由{found.programme.owner.office_word}和指定的牵头部门录入。")
    page = MarksPage(found, components, user=request.user)
    if request.method == "POST":
        component = next((row for row in components if str(row.pk) == request.POST.get("component")), None)
        if component is None:
            messages.error(request, "考核办法换了新版，这一项不在里面了；什么都没有存。")
            return redirect("supervision:marks", code, found.code)
        try:
            messages.success(request, _act(request, found, component, page))
            return redirect("supervision:marks", code, found.code)
        except services.MarksRefused as refused:
            page.refuse(component, errors=refused.errors)
        except Refused as refused:
            page.refuse(component, sentence=str(refused))
    context = period_context(request, found) | {
        "page": page,
        "is_office": own,
        "is_fixed": found.state != ReportingPeriod.State.OPEN and not is_reopened(found),
    }
    return render(request, "supervision/marks.html", context, status=422 if page.is_refused else 200)


def _act(request: HttpRequest, period: ReportingPeriod, component: ScoringComponent, page: MarksPage) -> str:
    """Do what the button says; return the sentence for it."""
    step = request.POST.get("step", "save")
    if step == "confirm":
        count = services.confirm_marks(period=period, component=component, by=request.user)
        return f"已确认“{component.name}”{count}家，计入综合得分。"
    if step == "withdraw":
        reason = request.POST.get("reason", "")
        count = services.withdraw_marks(period=period, component=component, reason=reason, by=request.user)
        return f"已撤回“{component.name}”{count}家的确认，改好以后再确认。"
    page.take(component, request.POST)
    entries, faults = [], {}
    for row in page.typed_rows(component):
        value, fault = _value(row["unit"].printed_name, row["value"])
        entries.append(services.MarkEntry(row["unit"], value, row["note"]))
        if fault:
            faults[row["unit"].pk] = fault
    if faults:
        raise services.MarksRefused(faults)
    size = page.sample_size(component)
    source = page.source(component)
    outcome = services.enter_marks(
        period=period, component=component, entries=entries, source=source, sample_size=size, by=request.user
    )
    if not outcome.is_changed:
        return "没有改动，不用保存。"
    removed = f"，删去{outcome.removed}家" if outcome.removed else ""
    return f"已保存“{component.name}”{outcome.saved}家{removed}，由另一人确认后计入。"


def _value(name: str, text: str) -> tuple[Decimal | None, str]:
    if not text:
        return None, ""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 1_000_000:
        return None, f"{name}的“{text[:20]}”不是一个分数，如 85.5。"
    if value != round(value, 2):
        return None, f"{name}的“{text[:20]}”最多两位小数。"
    return value, ""
