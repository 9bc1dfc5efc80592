"""全省平均: the form in which the city office enters what the province published (R10)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.models import ReportingPeriod
from projects.services.benchmarks import BenchmarksRefused, is_reopened
from projects.views.context import get_period, period_context
from projects.views.workbooks import workbook_page, workbook_template
from supervision.benchmark_form import BenchmarkForm
from supervision.benchmark_workbook import BenchmarkWorkbook
from supervision.services.benchmarks import Recorded, record_benchmarks


@require_http_methods(["GET", "POST"])
def benchmarks(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show the averages of a period; POST stores the changed lines, all or none."""
    found = get_period(request, code, period)
    require_city_office(request.user, found.programme.owner_id)
    if request.method == "GET":
        return _page(request, found, BenchmarkForm(found))
    form = BenchmarkForm(found, request.POST)
    if form.is_valid():
        try:
            recorded = record_benchmarks(period=found, entries=form.entries, by=request.user)
        except BenchmarksRefused as refused:
            form.errors = refused.errors
        except Refused as refused:
            form.shared_errors.append(str(refused))
        else:
            _say(request, form, recorded)
            return redirect("supervision:benchmarks", code, found.code)
    return _page(request, found, form, status=422)


@require_http_methods(["GET", "POST"])
def benchmark_import(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Take the averages of a month as a workbook."""
    found = get_period(request, code, period)
    back = {"view": "supervision:benchmarks", "args": [code, found.code], "label": f"{found.label} 全省平均"}
    page = {"programme": found.programme, "period": found, "back": back}
    return workbook_page(request, lambda **extra: BenchmarkWorkbook(request.user, period=found, **extra), page)


@require_safe
def benchmark_template(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Give the averages of a month as a workbook, with what is stored."""
    return workbook_template(BenchmarkWorkbook(request.user, period=get_period(request, code, period)))


def _page(request: HttpRequest, period: ReportingPeriod, form: BenchmarkForm, status: int = 200) -> HttpResponse:
    groups = form.groups()
    context = period_context(request, period) | {
        "form": form,
        "groups": groups,
        "fund_lines": form.fund_lines(),
        "stored_count": len(form.stored),
        "indicator_count": len(form.names),
        "is_closed": period.state != ReportingPeriod.State.OPEN,
        "is_fixed": period.state == ReportingPeriod.State.ISSUED and not is_reopened(period),
        "period_choices": [
            {
                "label": row.label,
                "url": reverse("supervision:benchmarks", args=[period.programme.code, row.code]),
                "active": row == period,
            }
            for row in period.programme.periods.filter(kind=period.kind).order_by("-ends_on")
        ],
    }
    return render(request, "supervision/benchmarks.html", context, status=status)


def _say(request: HttpRequest, form: BenchmarkForm, recorded: Recorded) -> None:
    outcome = recorded.outcome
    if not outcome.is_changed:
        messages.info(request, "没有改动，不用保存。")
        return
    removed = f"，删去 {len(outcome.removed)} 项" if outcome.removed else ""
    messages.success(request, f"已保存 {len(outcome.saved)} 项全省平均{removed}。")
    if outcome.saved:
        words = form.decimals_taken(outcome.saved)
        messages.info(request, f"请核对公布小数位，不对的请改“小数位”再保存：{words}。")
    if recorded.snapshot is not None:
        version = recorded.snapshot.version
        messages.warning(request, f"本期已封账：数据未变，已按新的全省平均生成快照第{version}版，通报草稿已更新。")
