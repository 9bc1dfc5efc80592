"""整改台账: the list, its workbook, opening an item."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import NotAllowed, is_city_office, require_city_office
from livelihood.formats import format_date
from livelihood.services import Refused, record_event
from livelihood.workbooks import workbook_response
from projects.milestone_page import day_of
from projects.models import Programme
from supervision.models import Rectification
from supervision.rectification.forms import RectificationForm, RecurForm
from supervision.rectification.ledger import LIGHTS, Ledger
from supervision.rectification.ledger_workbook import ledger_sheet
from supervision.rectification.programmes import programme_context, requested_programme
from supervision.rectification.rights import may_inspect
from supervision.services import rectification as services
from supervision.services.files import files_and_rows, keep_file

#: What the filters of the ledger are called in its address.
FILTERS = ("state", "light", "unit", "project", "source", "q")
LINES = 50


@require_safe
def rectification_list(request: HttpRequest) -> HttpResponse:
    """Show the ledger of a programme on a day: counts, filters, lines with their lights."""
    programme = requested_programme(request)
    ledger, wrong = _ledger(request, programme)
    address = reverse("supervision:rectification-list")
    given = {name: value for name, value in request.GET.items() if name != "page" and value}
    context = programme_context(request, programme) | {
        "ledger": ledger,
        "page": Paginator(ledger.rows, LINES).get_page(request.GET.get("page")),
        "counts": ledger.counts(),
        "states": Rectification.State.choices,
        "lights": LIGHTS.items(),
        "wrong_day": wrong,
        "is_office": is_city_office(request.user, programme.owner_id),
        "is_inspecting": may_inspect(request.user, programme),
        "is_filtered": any(ledger.chosen.values()),
        "export": f"{reverse('supervision:rectification-export')}?{urlencode({'programme': programme.code} | given)}",
        "new": f"{reverse('supervision:rectification-new')}?programme={programme.code}",
        "address": f"{address}?programme={programme.code}",
    }
    return render(request, "supervision/rectification/list.html", context)


@require_safe
def rectification_export(request: HttpRequest) -> HttpResponse:
    """Give the ledger as a workbook, as its filters leave it."""
    programme = requested_programme(request)
    ledger, _ = _ledger(request, programme)
    facts = "\N{IDEOGRAPHIC SPACE}".join(
        [f"截至{format_date(ledger.day)}", f"{len(ledger.rows)} 件", f"{request.user} 导出"]
    )
    response = workbook_response(f"{programme.name}_整改台账.xlsx", [ledger_sheet(ledger, facts=facts)])
    record_event(by=request.user, verb="export_rectifications", target=programme, after={"items": len(ledger.rows)})
    return response


@require_http_methods(["GET", "POST"])
def rectification_new(request: HttpRequest) -> HttpResponse:
    """Enter a problem by hand, or from a page that names unit and project in the address (列入整改)."""
    programme = requested_programme(request)
    require_city_office(request.user, programme.owner_id)
    if request.method == "POST":
        form = RectificationForm(request.POST, request.FILES, programme=programme)
        if form.is_valid() and (item := _opened(request, programme, form)):
            messages.success(request, f"已开立{item}。填好责任单位和时限后交办。")
            return redirect("supervision:rectification-detail", item.pk)
    else:
        form = RectificationForm(programme=programme, initial=_prefilled(request, programme))
    context = programme_context(request, programme) | {"form": form, "heading": "列入整改", "back": _back(programme)}
    return render(request, "supervision/rectification/form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def rectification_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what the office sets, before the item is assigned."""
    item = seen_item(request, pk)
    require_city_office(request.user, item.programme.owner_id)
    if item.state != Rectification.State.OPENED:
        raise NotAllowed(f"{item}“{item.get_state_display()}”，清单不能再改；时限可以延期。")
    form = RectificationForm(request.POST or None, programme=item.programme, of=item)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_rectification(item=item, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{item}已改好。")
            return redirect("supervision:rectification-detail", item.pk)
    back = reverse("supervision:rectification-detail", args=[item.pk])
    context = programme_context(request, item.programme) | {"form": form, "heading": f"修改{item}", "back": back}
    return render(request, "supervision/rectification/form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def rectification_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed item anew because it came back."""
    item = seen_item(request, pk)
    require_city_office(request.user, item.programme.owner_id)
    form = RecurForm(request.POST or None, request.FILES or None, initial={"problem": item.problem})
    if request.method == "POST" and form.is_valid():
        try:
            with files_and_rows():
                files = [keep_file(upload=upload, by=request.user) for upload in form.cleaned_data["files"]]
                later = services.recurs(
                    earlier=item,
                    by=request.user,
                    problem=form.cleaned_data["problem"],
                    deadline=form.cleaned_data["deadline"],
                    files=files,
                )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已重新开立为{later}（第 {later.recurrence} 次复发）。")
            return redirect("supervision:rectification-detail", later.pk)
    back = reverse("supervision:rectification-detail", args=[item.pk])
    context = programme_context(request, item.programme) | {
        "form": form,
        "heading": f"{item}复发",
        "facts": f"{item}于{format_date(item.closed_at)}销号；同样的问题又出现，另开一件，任务、标准、责任照原样带过去"
        if item.closed_at
        else "",
        "is_narrow": True,
        "button": "重新开立",
        "back": back,
    }
    return render(request, "supervision/rectification/form.html", context, status=422 if form.is_bound else 200)


def seen_item(request: HttpRequest, pk: int) -> Rectification:
    """Return an item the user sees; else 404."""
    return get_object_or_404(Rectification.objects.visible_to(request.user).with_names().distinct(), pk=pk)


def _opened(request: HttpRequest, programme: Programme, form: RectificationForm) -> Rectification | None:
    """Open what the form says; None with the reason on the form."""
    given = dict(form.cleaned_data)
    uploads = given.pop("files")
    try:
        with files_and_rows():
            files = [keep_file(upload=upload, by=request.user) for upload in uploads]
            return services.open_rectification(programme=programme, by=request.user, files=files, **given)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None


def _prefilled(request: HttpRequest, programme: Programme) -> dict:
    """Return what the address says of an item to be; what fits nothing is left out."""
    given = request.GET
    initial = {name: given[name][:200] for name in ("source_note", "problem", "task", "standard") if name in given}
    initial["source"] = given.get("source") if given.get("source") in Rectification.Source.values else "ranking"
    initial["participant"] = programme.participants.reporters().filter(code=given.get("participant", "")).first()
    seq = given.get("project", "")
    if seq.isascii() and seq.isdigit() and len(seq) < 5:
        project = programme.projects.filter(seq=int(seq)).prefetch_related("sub_projects__lead_agency").first()
        initial["project"] = project
        leads = {row.lead_agency for row in project.sub_projects.all() if row.lead_agency} if project else set()
        if initial["participant"] is None and len(leads) == 1:
            initial["agency"] = leads.pop()
    return initial


def _ledger(request: HttpRequest, programme: Programme) -> tuple[Ledger, str]:
    day, wrong = day_of(programme, request.GET.get("day", ""), timezone.localdate())
    chosen = {name: request.GET.get(name, "").strip()[:100] for name in FILTERS}
    return Ledger(programme, request.user, day, chosen), wrong


def _back(programme: Programme) -> str:
    return f"{reverse('supervision:rectification-list')}?programme={programme.code}"
