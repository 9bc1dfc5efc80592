"""填报期: the list of programmes and periods, one period's state, and its reopening."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import Role, access_of, is_city_office, oversees, require_city_office
from livelihood.registry import actions_for
from livelihood.services import Refused
from projects.forms import ReopenForm
from projects.models import Programme, Report
from projects.period_page import period_rows, programme_rows
from projects.services import periods as services
from projects.views.context import get_period, period_context


@require_safe
def programme_list(request: HttpRequest) -> HttpResponse:
    """Show the programmes the user sees with their periods, newest first."""
    programmes = Programme.objects.visible_to(request.user).select_related("owner")
    return render(
        request,
        "projects/programme_list.html",
        {
            "programmes": programme_rows(programmes, request.user),
            "is_demo": any(row.is_demo for row in programmes),
            "offices": access_of(request.user).region_ids(Role.CITY_OFFICE),
        },
    )


@require_safe
def period_detail(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show who has reported and what is still open; who has a single report goes straight to it."""
    found = get_period(request, code, period)
    sees_all = oversees(request.user, found.programme.owner_id)
    rows = period_rows(found, request.user)
    if not sees_all and len(rows) == 1 and rows[0]["report"]:
        return redirect("projects:report-detail", rows[0]["report"].pk)
    reporters = [row for row in rows if not row["is_whole"]]
    context = period_context(request, found) | {
        "rows": rows,
        "sees_all": sees_all,
        "is_office": is_city_office(request.user, found.programme.owner_id),
        "counts": {
            "reporters": len(reporters),
            "came": sum(row["state"] in Report.COUNTED for row in reporters),
            "waiting": sum(row["state"] == Report.State.SUBMITTED for row in reporters),
            "approved": sum(row["state"] == Report.State.APPROVED for row in reporters),
            "late": sum(row["is_late"] for row in reporters),
        },
        "actions": actions_for("period", request.user, found),
        "outages": found.outages.all(),
        "outstanding": [row for row in rows if row["may_remind"]],
        "reopenings": found.reopenings.filter(ended_at__isnull=True).prefetch_related("participants"),
    }
    return render(request, "projects/period_detail.html", context)


@require_http_methods(["GET", "POST"])
def period_reopen(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """重新开放: let named units correct a closed period."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    form = ReopenForm(request.POST or None, period=found)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            services.reopen_period(
                period=found,
                participants=list(cleaned["participants"]),
                until=cleaned["until"],
                reason=cleaned["reason"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已重新开放 {len(cleaned['participants'])} 个单位，月报退回待改。")
            return redirect("projects:period-detail", code, found.code)
    return render(
        request,
        "projects/period_reopen.html",
        period_context(request, found) | {"form": form},
        status=422 if form.is_bound else 200,
    )
