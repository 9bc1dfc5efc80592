"""公文设置 of an office: layout, template, days."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from livelihood.access import Role, access_of
from livelihood.models import Agency
from livelihood.services import Refused
from projects.models import Programme
from supervision.documents.style import DEFAULTS
from supervision.models import DocumentSeries, PaperStyle
from supervision.papers.forms import StyleForm, VersionForm
from supervision.services import documents as services
from supervision.services.papers.series import word_of_papers


@require_http_methods(["GET", "HEAD", "POST"])
def paper_style(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and store the settings of the office that issues papers."""
    agency = own_agency(request, pk)
    style = PaperStyle.objects.filter(agency=agency).select_related("updated_by").first()
    form = _form(agency, style, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_paper_style(
                agency=agency, version=form.cleaned_data["version"], by=request.user, values=form.values()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已保存公文设置，以后生成的文件按此排版。")
            return redirect("supervision:paper-style", pk)
    return _page(request, agency, style, form)


@require_POST
def paper_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the office's own template, or take it away."""
    agency = own_agency(request, pk)
    style = PaperStyle.objects.filter(agency=agency).select_related("updated_by").first()
    seen = VersionForm(request.POST)
    upload = request.FILES.get("template")
    try:
        if not seen.is_valid():
            raise Refused("页面不完整，请刷新后再办。")
        if upload is None and "remove" not in request.POST:
            raise Refused("请选一个 .docx 模板文件。")
        services.set_template(agency=agency, version=seen.cleaned_data["version"], by=request.user, upload=upload)
    except Refused as refusal:
        return _page(request, agency, style, _form(agency, style), wrong=str(refusal))
    messages.success(request, "已换上新的模板。" if upload else "已撤下模板，用标准版式。")
    return redirect("supervision:paper-style", pk)


def own_agency(request: HttpRequest, pk: int) -> Agency:
    """Return an agency that issues papers of a region whose office the user works in; 404 for others."""
    offices = access_of(request.user).region_ids(Role.CITY_OFFICE)
    issuing = DocumentSeries.objects.values("agency").union(Programme.objects.values("office"))
    agencies = Agency.objects.filter(region__in=offices, pk__in=issuing)
    return get_object_or_404(agencies.select_related("region"), pk=pk)


def _form(agency: Agency, style: PaperStyle | None, data=None) -> StyleForm:
    word = word_of_papers(agency)
    return StyleForm(data, defaults=DEFAULTS, word=word, initial=StyleForm.initial_of(style))


def _page(request: HttpRequest, agency: Agency, style: PaperStyle | None, form: StyleForm, wrong: str = ""):
    fields = [form[name] for name in form.fields]
    groups = [
        ("红头和版记", [field for field in fields if field.name in ("masthead", "imprint", "line_pitch")]),
        ("文号", [form["letter_word"]]),
        ("页边距", [field for field in fields if field.name.startswith("margin_")]),
        ("字体", [field for field in fields if field.name.startswith("font_")]),
        ("核对和公示", [field for field in fields if field.name.startswith(("check_", "disclosure_"))]),
    ]
    context = {"agency": agency, "style": style, "form": form, "groups": groups, "wrong": wrong}
    return render(request, "supervision/paper_style.html", context, status=422 if form.errors or wrong else 200)
