"""A period opened by page, when reports are due, and the days of the calendar an office sets itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import is_city_office, require_city_office
from livelihood.formats import format_date, format_long_moment
from livelihood.services import Refused
from projects.models import CalendarDay, Programme
from projects.period_opening import PeriodOpening
from projects.schedule_forms import CalendarDayForm, OpenPeriodForm, ScheduleForm
from projects.services import schedules as services
from projects.services.periods import open_period
from projects.views.context import period_url
from projects.workdays import KNOWN_YEARS, Workdays, is_known


@require_http_methods(["GET", "POST"])
def period_new(request: HttpRequest, code: str) -> HttpResponse:
    """Open a month or week (`kind`, `ends_on`), due by the programme's rule unless the person says otherwise."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    given = request.POST if request.method == "POST" else request.GET
    page = PeriodOpening(programme, kind=given.get("kind", ""), ends_on=given.get("ends_on", ""))
    form = OpenPeriodForm(
        request.POST or None, initial={"due_at": page.proposal.due_at, "grace_hours": page.grace_hours}
    )
    if request.method == "POST" and not page.wrong and page.ends_on and form.is_valid():
        try:
            period = open_period(
                programme=programme, kind=page.kind, ends_on=page.ends_on, by=request.user, **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已开{period.label}，{format_long_moment(period.due_at)[:-3]}截止。")
            return redirect(period_url(period, programme))
    kinds = [
        {"label": label, "url": f"?kind={value}", "active": value == page.kind}
        for value, label in (("month", "月报"), ("week", "周报"))
        if value == "month" or programme.weekly
    ]
    context = _context(programme) | {"page": page, "form": form, "kinds": kinds}
    return render(request, "projects/period_new.html", context, status=422 if form.is_bound or page.wrong else 200)


@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, code: str) -> HttpResponse:
    """报送时间: the programme's rule for months and weeks."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    form = ScheduleForm(request.POST or None, programme=programme)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_schedule(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "报送时间已改好；已经开了的填报期，截止时间不变。")
            return redirect("projects:schedule", code)
    context = _context(programme) | {"form": form}
    return render(request, "projects/schedule.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """日历: the holidays and worked weekends of a year (`year`), and a day to add or change."""
    programme = _programme(request, code)
    if request.method == "POST":
        require_city_office(request.user, programme.owner_id)
    form = CalendarDayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            day = services.set_calendar_day(region=programme.owner, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{format_date(day.date)}已登记为{day.get_kind_display()}。")
            return redirect(f"{reverse('projects:calendar', args=[code])}?year={day.date.year}")
    years = [programme.year - 1, programme.year, programme.year + 1]
    year = next((one for one in years if str(one) == request.GET.get("year")), programme.year)
    days = Workdays(programme.owner_id)
    context = _context(programme) | {
        "form": form,
        "is_office": is_city_office(request.user, programme.owner_id),
        "year": year,
        "years": [{"label": f"{one}年", "url": f"?year={one}", "active": one == year} for one in years],
        "days": [{"day": day, "own": days.own.get(day.date)} for day in days.special_days(year)],
        "is_known": is_known(year),
        "is_partial": days.is_partial(year),
        "last_known": KNOWN_YEARS[1],
    }
    return render(request, "projects/calendar.html", context, status=422 if form.is_bound else 200)


@require_POST
def calendar_day_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take the office's word on one day back."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    day = get_object_or_404(CalendarDay, region=programme.owner_id, pk=pk)
    try:
        services.remove_calendar_day(day=day, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已取消{format_date(day.date)}的登记。")
    return redirect(f"{reverse('projects:calendar', args=[code])}?year={day.date.year}")


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _context(programme: Programme) -> dict:
    return {"programme": programme, "is_demo": programme.is_demo}
