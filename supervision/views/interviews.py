"""约谈 and 会商: the list, entering minutes with their demands, and the minutes to read and print."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import is_city_office, require_city_office
from livelihood.services import Refused
from projects.milestone_page import day_of
from projects.models import Programme
from supervision.models import Document, Interview, Rectification
from supervision.rectification.forms import DemandForm, InterviewForm
from supervision.rectification.ledger import LedgerRow, light_of
from supervision.rectification.programmes import programme_context, requested_programme
from supervision.services.interviews import Demand, record_interview

LINES = 50
#: Rows for demands on the page; more are entered in the ledger.
DEMANDS = 4


@require_safe
def interview_list(request: HttpRequest) -> HttpResponse:
    """List the minutes the reader sees."""
    programme = requested_programme(request)
    rows = Interview.objects.visible_to(request.user).filter(programme=programme)
    rows = rows.prefetch_related("participants", "agencies", "rectifications")
    context = programme_context(request, programme) | {
        "page": Paginator(rows, LINES).get_page(request.GET.get("page")),
        "is_office": is_city_office(request.user, programme.owner_id),
        "new": f"{reverse('supervision:interview-new')}?programme={programme.code}",
    }
    return render(request, "supervision/inspections/interview_list.html", context)


@require_http_methods(["GET", "POST"])
def interview_new(request: HttpRequest) -> HttpResponse:
    """Enter minutes; each demand becomes a line of the ledger."""
    programme = requested_programme(request)
    require_city_office(request.user, programme.owner_id)
    demand_forms = formset_factory(DemandForm, extra=0, min_num=DEMANDS, max_num=DEMANDS, absolute_max=DEMANDS)
    given = {"form_kwargs": {"programme": programme}, "prefix": "demand"}
    if request.method == "POST":
        form = InterviewForm(request.POST, programme=programme)
        demands = demand_forms(request.POST, **given)
        if form.is_valid() and demands.is_valid():
            try:
                interview = _recorded(request, programme, form, demands)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                count = interview.rectifications.count()
                messages.success(request, "纪要已登记" + (f"，{count} 条要求已列入整改台账。" if count else "。"))
                return redirect("supervision:interview-detail", interview.pk)
    else:
        form, demands = (
            InterviewForm(programme=programme, initial=_prefilled(request, programme)),
            demand_forms(**given),
        )
    context = programme_context(request, programme) | {
        "form": form,
        "demands": demands,
        "back": f"{reverse('supervision:interview-list')}?programme={programme.code}",
    }
    status = 422 if form.is_bound else 200
    return render(request, "supervision/inspections/interview_form.html", context, status=status)


@require_safe
def interview_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the minutes; a county sees of the demands its own."""
    interview = get_object_or_404(
        Interview.objects.visible_to(request.user).select_related("programme__owner", "document", "added_by"), pk=pk
    )
    items = Rectification.objects.visible_to(request.user).filter(interview=interview).with_names().distinct()
    today, _ = day_of(interview.programme, "", timezone.localdate())
    context = programme_context(request, interview.programme) | {
        "interview": interview,
        "rows": [LedgerRow(item, light_of(item, today)) for item in items.order_by("seq")],
    }
    return render(request, "supervision/inspections/interview_detail.html", context)


def _recorded(request: HttpRequest, programme: Programme, form: InterviewForm, demands) -> Interview:
    wanted = [Demand(**row.cleaned_data) for row in demands if row.cleaned_data.get("task")]
    return record_interview(programme=programme, demands=wanted, by=request.user, **form.cleaned_data)


def _prefilled(request: HttpRequest, programme: Programme) -> dict:
    """Return what the address says: ?document= the paper that called for it, ?participant= whom."""
    day, _ = day_of(programme, "", timezone.localdate())
    initial = {"held_on": day, "kind": request.GET.get("kind", "interview")}
    text = request.GET.get("document", "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        initial["document"] = Document.objects.filter(period__programme=programme, pk=int(text)).first()
    initial["participants"] = programme.participants.reporters().filter(code=request.GET.get("participant", ""))
    return initial
