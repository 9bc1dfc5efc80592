"""What happens around a report: 部门签字, 催报, 牵头部门确认与异议, 说明退回的格, 停机记录."""

import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import NotAllowed, Role, access_of, is_city_office, oversees, require_city_office
from livelihood.formats import format_moment
from livelihood.models import Agency
from livelihood.services import Refused
from projects import rights
from projects.cell_key import Key, split_key
from projects.forms import OutageForm
from projects.models import LeadObjection, Participant, Report, ReportingPeriod
from projects.opinions import leading_agencies, led_items, open_objections, opinions
from projects.services import bureaus, reminders
from projects.services import opinions as services
from projects.services.periods import record_outage
from projects.views.context import get_period, go_back, period_context, period_url
from projects.views.reports import get_report


@require_POST
def bureau_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """部门签字."""
    report = get_report(request, pk)
    try:
        agency = _own_agency(request, Role.FILLER)
        bureaus.sign_bureau(report=report, agency=agency, by=request.user, seen_at=_seen_at(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{agency}已签字。之后再改数，要重新签字。")
    return redirect("projects:report-detail", pk)


@require_POST
def bureau_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回部门签字."""
    report = get_report(request, pk)
    try:
        agency = _own_agency(request, Role.FILLER)
        bureaus.withdraw_bureau(report=report, agency=agency, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{agency}的签字已撤回。")
    return redirect("projects:report-detail", pk)


@require_POST
def answer_return(request: HttpRequest, pk: int) -> HttpResponse:
    """说明 why a returned figure stands; `key` is the cell (<participant>-<indicator>)."""
    report = get_report(request, pk)
    if not rights.fill_scope(request.user, report):
        raise NotAllowed("这份月报不由您填报，不能替别人说明。")
    try:
        answer = request.POST.get("answer", "")
        services.answer_return(report=report, key=_cell(request), answer=answer, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "已说明，审核时会看到。")
    return go_back(request, reverse("projects:report-detail", args=[pk]))


@require_POST
def period_remind(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """催报: one (`participant` or `agency`, for a bureau both), or with `all` everybody who owes something.

    `all` with a `participant` means that participant's bureaus.
    """
    found = get_period(request, code, period)
    participant, agency = _addressee(request, found)
    if participant is None:
        require_city_office(request.user, found.programme.owner_id)
    text = request.POST.get("text", "") or reminders.default_text(found)
    arguments = {"period": found, "participant": participant, "text": text, "by": request.user}
    try:
        if request.POST.get("all"):
            outcome = reminders.remind_outstanding(**arguments)
            names = "、".join(str(row.agency or row.participant) for row in outcome.sent)
            messages.success(request, f"已催报 {len(outcome.sent)} 家：{names}。")
            if outcome.paused:
                messages.info(request, f"{'、'.join(outcome.paused)}刚催过，这次没有重复催。")
        elif participant is None and agency is None:
            raise Refused("没有说明催谁，请刷新页面再办。")
        else:
            reminders.remind(agency=agency, **arguments)
            messages.success(request, f"已催报{agency or participant}，对方打开工作台就会看到。")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return go_back(request, period_url(found))


@require_http_methods(["GET", "POST"])
def period_outage(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """停机记录: record an outage, by which the deadline moves."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    form = OutageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            record_outage(period=found, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已记录停机，截止顺延至 {format_moment(found.deadline)}，这之前上报都不算迟报。")
            return redirect("projects:period-detail", code, found.code)
    context = period_context(request, found) | {
        "form": form,
        "outages": found.outages.select_related("recorded_by"),
    }
    return render(request, "projects/period_outage.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def period_opinions(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """确认与异议: a lead agency's own items over all reports; for those who oversee, what all have said.

    POST confirms every report that waits, as the page showed them.
    """
    found = get_period(request, code, period)
    if request.method == "POST":
        return _confirm_all(request, found)
    return _opinions_page(request, found)


@require_POST
def lead_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """确认 one report's items."""
    report = _led_report(request, pk)
    try:
        agency = _own_agency(request, Role.LEAD_AGENCY)
        services.confirm_lines(report=report, agency=agency, by=request.user, seen=request.POST.get("seen", ""))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已确认{report.participant}的数。")
    return _to_opinions(report.period)


@require_POST
def lead_object(request: HttpRequest, pk: int) -> HttpResponse:
    """异议 to one cell; what was typed stays on the page when it is refused."""
    report = _led_report(request, pk)
    agency = _own_agency(request, Role.LEAD_AGENCY)
    typed = {name: request.POST.get(name, "") for name in ("key", "value", "reason")}
    try:
        services.raise_objection(
            report=report,
            key=_cell(request),
            agency=agency,
            value=typed["value"],
            reason=typed["reason"],
            by=request.user,
        )
    except Refused as refusal:
        return _opinions_page(request, report.period, typed=typed | {"error": str(refusal)}, status=422)
    office = report.period.programme.owner.office_word
    messages.success(request, f"异议已提出，{office}审核{report.participant}时会看到。")
    return _to_opinions(report.period)


@require_POST
def objection_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回异议."""
    objection = _objection(request, pk)
    try:
        services.withdraw_objection(objection=objection, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "异议已撤回。")
    return _to_opinions(objection.report.period)


@require_POST
def objection_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """处理异议, with words."""
    objection = _objection(request, pk)
    address = _opinions_address(objection.report.period)
    try:
        settlement = request.POST.get("settlement", "")
        services.settle_objection(objection=objection, settlement=settlement, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{objection.agency}的异议已处理。")
    return go_back(request, address)


def _confirm_all(request: HttpRequest, period: ReportingPeriod) -> HttpResponse:
    """Confirm every report named on the page (`seen-<report>`) that has not changed since."""
    agency = _own_agency(request, Role.LEAD_AGENCY)
    done, kept = [], []
    for report in (
        Report.objects.led_by(request.user).filter(period=period).select_related("period__programme", "participant")
    ):
        seen = request.POST.get(f"seen-{report.pk}")
        if not seen:
            continue
        try:
            services.confirm_lines(report=report, agency=agency, by=request.user, seen=seen)
        except Refused as refusal:
            kept.append(str(refusal))
        else:
            done.append(str(report.participant))
    if done:
        messages.success(request, f"已确认 {len(done)} 份：{'、'.join(done)}。")
    for sentence in kept:
        messages.warning(request, sentence)
    if not done and not kept:
        messages.info(request, "没有等您确认的月报。")
    return _to_opinions(period)


def _opinions_page(request: HttpRequest, period: ReportingPeriod, *, typed=None, status: int = 200) -> HttpResponse:
    user, programme = request.user, period.programme
    own = leading_agencies(programme, user)
    sees_all = oversees(user, programme.owner_id)
    if not own and not sees_all:
        raise NotAllowed("确认与异议由市直牵头部门办理；您可以在“月报”里看本单位的月报。")
    context = period_context(request, period) | {
        "typed": typed or {},
        "is_office": is_city_office(user, programme.owner_id),
    }
    if own:
        found = opinions(period, own)
        boards = [
            {
                "agency": agency,
                "opinions": found[agency],
                "items": led_items(period, led, found[agency], typed=typed),
                "waiting": [row for row in found[agency] if row.may_confirm],
            }
            for agency, led in own.items()
        ]
        context |= {"boards": boards}
    else:
        found = opinions(period, leading_agencies(programme))
        units = [row.unit for row in next(iter(found.values()), [])]
        context |= {"found": list(found.items()), "units": units, "objections": open_objections(period)}
    return render(request, "projects/period_opinions.html", context, status=status)


def _own_agency(request: HttpRequest, role: str) -> Agency:
    """Return the agency the person acts for: the one named, or the only one. Raises NotAllowed for another's."""
    own = access_of(request.user).agency_ids(role)
    named = request.POST.get("agency", "")
    if not named and len(own) == 1:
        return Agency.objects.get(pk__in=own)
    if not (named.isascii() and named.isdigit() and len(named) < 19 and int(named) in own):
        raise NotAllowed("只能代表自己的单位办理。")
    return Agency.objects.get(pk=int(named))


def _addressee(request: HttpRequest, period: ReportingPeriod) -> tuple[Participant | None, Agency | None]:
    """Return who is named by `participant` and `agency` (ids), in the programme; else 404."""
    found = []
    agencies = Agency.objects.all()
    for name, rows in (("participant", period.programme.participants.all()), ("agency", agencies)):
        text = request.POST.get(name, "")
        is_number = text.isascii() and text.isdigit() and len(text) < 19
        found.append(get_object_or_404(rows, pk=int(text) if is_number else 0) if text else None)
    return found[0], found[1]


def _cell(request: HttpRequest) -> Key:
    """Return the cell named by `key`. Raises Refused for none."""
    try:
        key = split_key(request.POST.get("key", ""))
    except ValueError as error:
        raise Refused("没有说明是哪一格，什么都没有改动。请刷新页面再办。") from error
    if any(isinstance(one, int) and one >= 2**63 for one in key):
        raise Refused("没有这一格，什么都没有改动。请刷新页面再办。")
    return key


def _seen_at(request: HttpRequest) -> datetime.datetime:
    """Return when the person's page was made. Raises Refused when the form does not say."""
    try:
        moment = parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        raise Refused("页面已经过时，没有签字。请刷新页面核对后再签。")
    return moment


def _led_report(request: HttpRequest, pk: int) -> Report:
    """Return the report if it lies before the person's lead agency, or is in the person's scope; else 404."""
    led, visible = Report.objects.led_by(request.user), Report.objects.visible_to(request.user)
    reports = Report.objects.filter(Q(pk__in=led.values("pk")) | Q(pk__in=visible.values("pk"))).select_related(
        "period__programme__owner", "participant"
    )
    return get_object_or_404(reports, pk=pk)


def _objection(request: HttpRequest, pk: int) -> LeadObjection:
    """Return the objection if the person raised it, or sees the report it is about; else 404."""
    return get_object_or_404(
        LeadObjection.objects.visible_to(request.user).select_related(
            "agency", "indicator", "report__period__programme", "report__participant"
        ),
        pk=pk,
    )


def _opinions_address(period: ReportingPeriod) -> str:
    return reverse("projects:period-opinions", args=[period.programme.code, period.code])


def _to_opinions(period: ReportingPeriod) -> HttpResponse:
    return redirect(_opinions_address(period))
