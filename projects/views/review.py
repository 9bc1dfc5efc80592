"""填报审核: the matrix of a month, the check of one report, and the reporting discipline of a year."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from livelihood.access import OVERSEEING_ROLES, NotAllowed, access_of, oversees, require_city_office
from livelihood.services import Refused
from projects.cell_key import key_text, split_key
from projects.content import stale_cells
from projects.discipline import Discipline
from projects.models import Programme, Report, ReportingPeriod
from projects.review_matrix import ReviewMatrix, cell_legend
from projects.review_page import TABS, ReviewPage, read_seen
from projects.review_queue import review_queue
from projects.services import reviews as services
from projects.services.report_locks import is_whole
from projects.services.reports import return_report
from projects.views.context import get_period, period_context
from projects.views.reports import get_report

ELSEWHERE = "填报审核由主办的民生办办理；您可以在“月报”里看本单位的进度。"
#: How many kept-back reports one message names.
SHOWN_KEPT = 6


@require_safe
def review_latest(request: HttpRequest) -> HttpResponse:
    """Go to the matrix of the earliest month that is not issued yet, else of the newest."""
    if not access_of(request.user).has(*OVERSEEING_ROLES):
        raise NotAllowed(ELSEWHERE)
    periods = ReportingPeriod.objects.visible_to(request.user).select_related("programme")
    period = periods.unfinished().order_by("ends_on", "pk").first() or periods.order_by("-ends_on").first()
    if period is None:
        return redirect("projects:programme-list")
    return redirect("projects:review-matrix", period.programme.code, period.code)


@require_safe
def review_matrix(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show who is how far with which project, who has not reported first."""
    found = _overseen_period(request, code, period)
    matrix = ReviewMatrix(found, request.user)
    context = period_context(request, found) | {
        "matrix": matrix,
        "counts": matrix.counts(),
        "legend": cell_legend(),
        # Eight columns of facts before the projects.
        "width": 8 + len(matrix.projects),
        "outages": found.outages.order_by("-id"),
    }
    return render(request, "projects/review_matrix.html", context)


@require_POST
def approve_clean(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Approve the waiting reports about which nothing is left to look at."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    outcome = services.approve_clean(period=found, by=request.user)
    if outcome.approved:
        names = "、".join(str(report.participant or report.agency) for report in outcome.approved)
        messages.success(request, f"已审核通过 {len(outcome.approved)} 份：{names}。")
    for report, reason in outcome.kept[:SHOWN_KEPT]:
        messages.warning(request, f"没有通过 {report.participant or report.agency}：{reason}")
    if len(outcome.kept) > SHOWN_KEPT:
        messages.warning(request, f"另有 {len(outcome.kept) - SHOWN_KEPT} 份也没有通过，请逐份审核。")
    if not outcome.approved and not outcome.kept:
        messages.info(request, "没有等待审核的月报。")
    return redirect("projects:review-matrix", code, found.code)


@require_safe
def report_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one report for review."""
    report = _overseen_report(request, pk)
    if is_whole(report):
        return redirect("projects:report-detail", pk)
    return _page(request, report)


@require_POST
def report_review_pass(request: HttpRequest, pk: int) -> HttpResponse:
    """通过: one line, the chosen ones, or all about which there is nothing to say."""
    report = _reviewable(request, pk)
    _, seen = read_seen(report, request.POST.get("seal", ""))
    try:
        what = request.POST.get("pass", "")
        if what == "rest":
            keys = [row["pair"] for row in ReviewPage(report, request.user).rest]
        else:
            keys = _keys(request, "cell") if what == "chosen" else [_key(what)]
        count = services.pass_cells(report=report, keys=keys, seen=seen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, report, staged=_staged(request), status=422)
    if what in ("rest", "chosen"):
        messages.success(request, f"已通过 {count} 项。" if count else "选定的各项之前都已通过。")
    return redirect(_address(request, report))


@require_POST
def report_review_return(request: HttpRequest, pk: int) -> HttpResponse:
    """退回: the marked cells, each with its reason, the chosen ones with a common reason, or the whole report."""
    report = _reviewable(request, pk)
    version, seen = read_seen(report, request.POST.get("seal", ""))
    report.version = version
    staged, common = _staged(request), request.POST.get("common", "")
    try:
        if request.POST.get("what") == "whole":
            return_report(report=report, by=request.user, reason=_short(common))
            messages.success(request, f"已把整份月报退回给{report.participant or report.agency}。")
            return redirect(_address(request, report))
        keys = _keys(request, "return")
        if request.POST.get("what") == "chosen":
            keys += [key for key in _keys(request, "cell") if key not in keys]
        texts = {key: request.POST.get(f"reason-{key_text(key)}", "") for key in keys}
        reasons = {key: text if text.strip() else common for key, text in texts.items()}
        services.return_cells(report=report, reasons=reasons, seen=seen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, get_report(request, pk), staged=staged, status=422)
    messages.success(
        request, f"已退回 {len(reasons)} 格给{report.participant or report.agency}，对方会看到每格的原因。"
    )
    return redirect(_address(request, report))


@require_POST
def report_review_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """审核通过 as the page showed the report, and go to the next one that waits."""
    report = _reviewable(request, pk)
    report.version, _ = read_seen(report, request.POST.get("seal", ""))
    staged = _staged(request)
    try:
        if staged:
            raise Refused(f"有 {len(staged)} 格选了退回，没有审核通过。请先退回这些格，或取消退回再通过。")
        services.approve_reviewed(report=report, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, get_report(request, pk), staged=staged, status=422)
    messages.success(request, f"已审核通过{report.participant or report.agency}的月报。")
    following = next_waiting(review_queue(report.period), report)
    return redirect("projects:report-review", following.pk if following else pk)


@require_safe
def discipline(request: HttpRequest, code: str) -> HttpResponse:
    """Show who reported on time, late or not at all, and how often it was returned, over the programme."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    page = Discipline(programme, request.user, unit=request.GET.get("unit", ""), kind=request.GET.get("kind", ""))
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {
                "label": row.name,
                "url": reverse("projects:discipline", args=[row.code]),
                "active": row == programme,
            }
            for row in Programme.objects.visible_to(request.user)
        ],
        "page": page,
        "kinds": [
            {"label": f"{kind.label}报", "url": f"?kind={kind}", "active": kind == page.kind} for kind in page.kinds
        ],
    }
    return render(request, "projects/discipline.html", context)


def next_waiting(queue: list[dict], report: Report) -> Report | None:
    """Return the report to go on with: the next one that waits in official order, from the top after the last."""
    waiting = [entry["report"] for entry in queue if entry["is_waiting"] and entry["report"].pk != report.pk]
    places = {entry["report"].pk: place for place, entry in enumerate(sorted(queue, key=lambda row: row["place"]))}
    here = places.get(report.pk, 0)
    return min(waiting, key=lambda row: (places[row.pk] < here, places[row.pk]), default=None)


def _overseen_period(request: HttpRequest, code: str, text: str) -> ReportingPeriod:
    found = get_period(request, code, text)
    if not oversees(request.user, found.programme.owner_id):
        raise NotAllowed(ELSEWHERE)
    return found


def _overseen_report(request: HttpRequest, pk: int) -> Report:
    report = get_report(request, pk)
    if not oversees(request.user, report.period.programme.owner_id):
        raise NotAllowed(ELSEWHERE)
    return report


def _reviewable(request: HttpRequest, pk: int) -> Report:
    """Return the report for a verdict; the city office's alone."""
    report = get_report(request, pk)
    require_city_office(request.user, report.period.programme.owner_id)
    if is_whole(report):
        raise Http404(f"全域的数由{report.period.programme.owner.office_word}直接录入，不用审核。")
    return report


def _key(text: str):
    try:
        return split_key(text)
    except ValueError as error:
        raise Refused("没有说明是哪一格，什么都没有改动。请刷新页面再办。") from error


def _keys(request: HttpRequest, name: str) -> list:
    return [_key(text) for text in dict.fromkeys(request.POST.getlist(name))]


def _short(reason: str) -> str:
    """Return the reason of a whole return. Raises Refused when it is longer than a reason may be."""
    if len(reason) > services.REASON_LENGTH:
        raise Refused(f"退回原因有 {len(reason)} 字，超过 {services.REASON_LENGTH} 字，没有退回。请写短些。")
    return reason


def _staged(request: HttpRequest) -> dict[str, str]:
    """Return what was marked for return and why, to be shown again."""
    return {key: request.POST.get(f"reason-{key}", "") for key in request.POST.getlist("return")}


def _tab(data) -> str:
    return data.get("tab") if data.get("tab") in TABS else "first"


def _address(request: HttpRequest, report: Report) -> str:
    """Return the address of the page the form was on."""
    data, query = request.POST, {}
    if _tab(data) != "first":
        query["tab"] = _tab(data)
    if data.get("rest"):
        query["rest"] = "1"
    return reverse("projects:report-review", args=[report.pk]) + (f"?{urlencode(query)}" if query else "")


def _page(request: HttpRequest, report: Report, *, staged=None, status: int = 200) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    beside = data.get("beside") if data.get("beside") in ("month", "units") else ""
    page = ReviewPage(report, request.user, staged=staged)
    tab, address = _tab(data), reverse("projects:report-review", args=[report.pk])
    queue = review_queue(report.period)
    context = period_context(request, report.period) | {
        "report": report,
        "reporter": report.participant or report.agency,
        "page": page,
        "facts": page.facts(),
        "progress": page.progress(),
        "seal": page.seal(),
        "tab": tab,
        "tabs": [
            {
                "label": label.replace("上月", report.period.previous_word),
                "url": address if code == "first" else f"{address}?tab={code}",
                "active": not beside and code == tab,
                "count": len(page.tab_rows(code)),
            }
            for code, label in TABS.items()
        ],
        "beside": beside,
        "rows": [] if beside else page.tab_rows(tab),
        "shows_rest": bool(data.get("rest")) or tab == "all",
        "queue": queue,
        "following": next_waiting(queue, report),
        "stale": stale_cells(report),
        "staged_count": len(staged or {}),
    }
    if beside == "month":
        context["beside_rows"] = page.beside_month()
    elif beside == "units":
        context["beside_units"], context["beside_rows"] = page.beside_units()
    return render(request, "projects/review_report.html", context, status=status)
