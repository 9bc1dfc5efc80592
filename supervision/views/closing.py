"""封账: what stands in the way, the button, and how far the job is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.models import ReportingPeriod
from projects.views.context import get_period, period_context
from supervision.checks.overview import Summary, summary_of
from supervision.document_forms import CloseForm
from supervision.documents.registered import close_kind, close_kinds
from supervision.models import Document, Snapshot
from supervision.services import closing
from supervision.services.close_progress import steps_of
from supervision.services.freezing import benchmarks_moved
from supervision.services.marks import marks_missing
from supervision.services.papers.series import issuing_agency
from supervision.services.snapshots import refresh_snapshot

#: What the steps of a close made, as the page calls it.
MADE_WORDS = {"letters": "督办文稿"}


@require_http_methods(["GET", "POST"])
def period_close(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show who is missing; POST asks for the close, without those that were chosen."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    reporters = closing.reporters_of(found)
    missing = [reporter for reporter in reporters if not reporter.is_approved]
    form = _form(request, found, missing)
    if form.is_bound and form.is_valid():
        try:
            job = closing.request_close(period=found, by=request.user, **form.cleaned_data)
        except closing.CloseRefused as refusal:
            form.add_error(None, refusal.reasons)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("livelihood:job-detail", job.pk)
    snapshot, job = Snapshot.objects.latest_of(found), closing.close_job_of(found)
    needs_close = closing.needs_close(found)
    summary = summary_of(snapshot) if snapshot else None
    last = closing.last_close(found)
    result = last.result if last else {}
    context = period_context(request, found) | {
        "form": form,
        "reporters": reporters,
        "missing": missing,
        "needs_close": needs_close,
        "marks_missing": marks_missing(found),
        "job": job,
        "steps": steps_of(job) if job else [],
        "summary": summary,
        "made": [(MADE_WORDS[name], count) for name, count in result.get("made", {}).items() if name in MADE_WORDS],
        "problems": result.get("problems", []) if found.state == "closed" else [],
        "may_finish": _may_finish(found, summary) and not needs_close,
        "closed_without": [row.name for row in reporters if row.key in found.closed_without],
        "snapshot": snapshot,
        "benchmarks_moved": snapshot is not None and found.state == "closed" and benchmarks_moved(snapshot),
        "documents": Document.objects.visible_to(request.user).of_month(found),
    }
    template = "supervision/close_detail.html"
    if request.htmx and job and needs_close:
        return render(request, f"{template}#progress", context)
    response = render(request, template, context, status=422 if form.errors else 200)
    if request.htmx:
        response["HX-Refresh"] = "true"
    return response


def _form(request: HttpRequest, period: ReportingPeriod, missing: list[closing.Reporter]) -> CloseForm:
    """The form of the close; the kind of 通报 is asked for where the month has none."""
    agency, kinds = issuing_agency(period.programme), []
    if not Document.objects.of_month(period).exists():
        kinds = list(close_kinds(agency).values())
    data = request.POST if request.method == "POST" else None
    return CloseForm(data, missing=missing, kinds=kinds, initial={"kind": close_kind(agency).code} if kinds else {})


def _may_finish(period: ReportingPeriod, summary: Summary | None) -> bool:
    """Tell whether a closed month was never sent to be checked, as those closed before there were checks."""
    is_month = period.kind == ReportingPeriod.Kind.MONTH
    return is_month and period.state == "closed" and summary is not None and not summary.total


@require_POST
def close_finish(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """补办: what could not be done with the close."""
    found = get_period(request, code, period)
    try:
        made = closing.finish_close(period=found, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        for problem in made.problems:
            messages.error(request, problem)
        if not made.problems:
            messages.success(request, "已补办。")
    return redirect("supervision:period-close", code, found.code)


@require_POST
def snapshot_refresh(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Freeze the same figures with the averages that came since, and draft the paper anew (R10)."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    before = Snapshot.objects.latest_of(found)
    try:
        snapshot = refresh_snapshot(period=found, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:period-close", code, found.code)
    if snapshot == before:
        messages.info(request, "封账之后全省平均没有变动，快照不变。")
    else:
        messages.success(request, f"已按新的全省平均生成快照第{snapshot.version}版，通报已重新拟稿，数据未变。")
    document = Document.objects.of_month(found).filter(snapshot=snapshot).order_by("-id").first()
    if document is None:
        return redirect("supervision:period-close", code, found.code)
    return redirect("supervision:document-detail", document.pk)
