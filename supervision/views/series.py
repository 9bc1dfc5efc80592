"""文号: an office's series, what each number was used for, and papers made elsewhere."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import NotAllowed, Role, access_of, require_city_office
from livelihood.services import Refused
from supervision.models import Document, DocumentSeries
from supervision.papers.forms import CorrectExternalForm, ExternalForm, FirstNumberForm
from supervision.services import documents as services
from supervision.views.documents import seen_document


@require_safe
def series_list(request: HttpRequest) -> HttpResponse:
    """Show the office's series, each with what is used and what is missing."""
    rows = [(series, services.missing_numbers(series)) for series in _own(request)]
    context = {"rows": rows, "is_demo": _is_demo(series.pk for series, _ in rows)}
    return render(request, "supervision/series_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def series_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every number of a series in order, the missing ones too; the office sets where the register begins."""
    series = get_object_or_404(DocumentSeries.objects.select_related("agency__region"), pk=pk, pk__in=_own(request))
    form = FirstNumberForm(request.POST or None, initial={"first": series.first_number})
    if request.method == "POST" and form.is_valid():
        try:
            services.set_first_number(series=series, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("first", str(refusal))
        else:
            messages.success(request, "已保存登记起始号。")
            return redirect("supervision:series-detail", pk)
    papers = {row.number: row for row in series.documents.filter(number__isnull=False).select_related("period")}
    numbers = range(series.last_number, series.first_number - 1, -1)
    for row in papers.values():
        row.series = series
    context = {
        "series": series,
        "rows": [(number, papers.get(number)) for number in numbers],
        "missing": services.missing_numbers(series),
        "next_number": series.last_number + 1,
        "form": form,
        "is_demo": _is_demo([series.pk]),
    }
    return render(request, "supervision/series_detail.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def external_new(request: HttpRequest) -> HttpResponse:
    """Enter a paper made elsewhere; ?series= and ?number= come from the gap it closes."""
    own = list(_own(request))
    choices = {f"{row.agency_id}:{row.word}": row for row in own}
    if not choices:
        raise NotAllowed("还没有文号序列：第一次封账拟稿之后才有。")
    labels = [(key, f"{row.word}（{row.agency.name}）") for key, row in choices.items()]
    form = ExternalForm(request.POST or None, choices=labels, initial=_asked(request, own))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        chosen = choices[values.pop("series")]
        try:
            paper = services.enter_external(agency=chosen.agency, word=chosen.word, by=request.user, **values)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记{paper.printed_number}。")
            return redirect("supervision:series-detail", paper.series_id)
    context = {"form": form, "back": request.GET.get("series", ""), "is_demo": _is_demo(row.pk for row in own)}
    return render(request, "supervision/external_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def external_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right title or date of a paper made elsewhere."""
    document = seen_document(request, pk)
    require_city_office(request.user, document.owner_id)
    if not document.is_external or document.state != Document.State.ISSUED:
        messages.error(request, "只有登记的别处印发文件可以改标题和日期。")
        return redirect("supervision:document-detail", pk)
    initial = {"version": document.version, "title": document.title, "issued_on": document.issued_on}
    form = CorrectExternalForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.correct_external(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已更正登记。")
            return redirect("supervision:document-detail", pk)
    context = {"form": form, "document": document, "is_demo": _is_demo([document.series_id])}
    return render(request, "supervision/external_form.html", context, status=422 if form.errors else 200)


def _is_demo(series: Iterable[int]) -> bool:
    """Tell whether the numbers were used for 演示数据: papers made elsewhere do not say of which programme they are."""
    return Document.objects.filter(series__in=list(series), period__programme__is_demo=True).exists()


def _own(request: HttpRequest):
    """Return the series of the offices the user works in."""
    offices = access_of(request.user).region_ids(Role.CITY_OFFICE)
    if not offices:
        raise NotAllowed("文号由民生办登记。")
    rows = DocumentSeries.objects.filter(agency__region__in=offices).select_related("agency__region")
    return rows.order_by("-year", "word", "pk")


def _asked(request: HttpRequest, own: list[DocumentSeries]) -> dict:
    """Return what the address offers: the series and number of a gap, a day of its year."""
    chosen = next((row for row in own if str(row.pk) == request.GET.get("series")), own[0])
    number = request.GET.get("number", "")
    today = timezone.localdate()
    return {
        "series": f"{chosen.agency_id}:{chosen.word}",
        "number": number if number.isdigit() else None,
        "issued_on": today if today.year == chosen.year else None,
    }
