"""设定线: what the rates of money have to reach by a day."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import require_city_office
from livelihood.services import Refused
from projects.models import Programme
from supervision.fund_line_form import FundLineForm
from supervision.models import FundSetLine
from supervision.services import fund_lines as services
from supervision.services.benchmarks import benchmark_rates


@require_http_methods(["GET", "POST"])
def fund_lines(request: HttpRequest, code: str) -> HttpResponse:
    """Show the set lines of a programme; POST adds one, or replaces that of the same rate and day."""
    programme = _programme(request, code)
    rates = benchmark_rates(programme)
    form = FundLineForm(request.POST or None, rates=rates)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_fund_line(programme=programme, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "已保存设定线；已封账的月份不变。")
            return redirect("supervision:fund-lines", code)
    lines = FundSetLine.objects.filter(programme=programme).order_by("fund_kind", "measure", "due_on")
    context = {
        "programme": programme,
        "is_demo": programme.is_demo,
        "form": form,
        "has_rates": bool(rates),
        "lines": [
            {
                "line": line,
                "label": rates.get(f"{line.fund_kind}-{line.measure}-{line.denominator}", "现在的分母不同，不用"),
            }
            for line in lines
        ],
    }
    return render(request, "supervision/fund_lines.html", context, status=422 if form.errors else 200)


@require_POST
def fund_line_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take one set line away."""
    programme = _programme(request, code)
    line = get_object_or_404(FundSetLine, programme=programme, pk=pk)
    services.remove_fund_line(line=line, by=request.user)
    messages.success(request, f"已删去“{line.text}”；已封账的月份不变。")
    return redirect("supervision:fund-lines", code)


def _programme(request: HttpRequest, code: str) -> Programme:
    """Return a programme in the user's scope; only the city office goes on."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)
    require_city_office(request.user, programme.owner_id)
    return programme
