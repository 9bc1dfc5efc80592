"""公示: what of an issued month is shown to the public, its files, and what people object to."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import Role, access_of, is_city_office, require_city_office
from livelihood.models import Job
from livelihood.services import Refused
from supervision.disclosure.forms import AnswerForm, ObjectionForm, PublishForm, WithdrawForm, initial_of
from supervision.disclosure.site import content_type, site_pages
from supervision.models import Disclosure, DisclosureObjection, Document, Rectification
from supervision.services import disclosure as services

PAGE_SIZE = 30


@require_safe
def disclosure_list(request: HttpRequest) -> HttpResponse:
    """Show what has been shown to the public, and for the office which papers may be."""
    rows = Disclosure.objects.visible_to(request.user).select_related("document__period__programme", "document__series")
    page = Paginator(rows.defer("content"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "today": timezone.localdate(),
        "publishable": _publishable(request.user),
        "is_demo": any(row.document.period.programme.is_demo for row in page),
    }
    return render(request, "supervision/disclosure/list.html", context)


def _publishable(user) -> list[Document]:
    """Return the office's newest issued papers of months nothing is shown of."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    shown = Disclosure.objects.standing().values("document__period")
    papers = (
        Document.objects.filter(
            period__programme__owner__in=offices,
            kind__in=Document.OF_PERIOD,
            state=Document.State.ISSUED,
            snapshot__isnull=False,
        )
        .exclude(period__in=shown)
        .exclude(corrections__state=Document.State.ISSUED)
        .select_related("period__programme", "series")
        .defer("content")
    )
    return list(papers.order_by("-issued_on", "-pk")[:6])


@require_http_methods(["GET", "POST"])
def disclosure_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish an issued paper: days, address, phone, and which 整改 go with it."""
    papers = Document.objects.visible_to(request.user).select_related("period__programme__owner", "series__agency")
    document = get_object_or_404(papers, pk=pk, period__isnull=False)
    programme = document.period.programme
    require_city_office(request.user, programme.owner_id)
    initial = services.paper_settings(document) | {"opens_on": timezone.localdate()}
    rectifications = Rectification.objects.filter(programme=programme).order_by("seq")
    form = PublishForm(request.POST or None, initial=initial, rectifications=rectifications)
    if form.is_bound and form.is_valid():
        try:
            made = services.publish_disclosure(document=document, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "已公示。静态网页正在生成，可以先预览。")
            return redirect("supervision:disclosure-detail", made.pk)
    context = {
        "document": document,
        "programme": programme,
        "period": document.period,
        "is_demo": programme.is_demo,
        "form": form,
        "blockers": services.publish_blockers(document),
    }
    return render(request, "supervision/disclosure/new.html", context, status=422 if form.errors else 200)


@require_safe
def disclosure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one 公示: its days, its files, what was objected."""
    return _detail(request, _disclosure(request, pk))


@require_safe
def disclosure_page(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Show a page of the site as the public will see it today, made of the stored content."""
    disclosure = _disclosure(request, pk)
    pages = site_pages(disclosure.content, is_over=timezone.localdate() > disclosure.closes_on)
    if name not in pages:
        raise Http404("公示里没有这一页。")
    return HttpResponse(pages[name](), content_type=content_type(name))


@require_safe
def disclosure_download(request: HttpRequest, pk: int, edition: str) -> HttpResponse:
    """Give the office the site as one .zip."""
    disclosure = _own(request, pk)
    made = disclosure.files.filter(edition=edition).first()
    if made is None:
        raise Http404("这个时段的文件还没有生成。")
    period = disclosure.document.period
    name = f"{period.programme.name}_{period.code}_公示_{made.get_edition_display()}.zip"
    return FileResponse(made.file.open("rb"), as_attachment=True, filename=name, content_type="application/zip")


@require_POST
def disclosure_make(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the file that is right today, or again for one that failed."""
    disclosure = _own(request, pk)
    services.request_site(disclosure=disclosure, by=request.user)
    messages.info(request, "静态网页正在生成，请稍等几秒再下载。")
    return redirect("supervision:disclosure-detail", pk)


@require_POST
def disclosure_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a 公示 back."""
    disclosure = _own(request, pk)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            services.withdraw_disclosure(disclosure=disclosure, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "公示已撤回。请同时把网站上的网页撤下。")
            return redirect("supervision:disclosure-detail", pk)
    return _detail(request, disclosure, form=form)


@require_http_methods(["GET", "POST"])
def objection_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter an objection."""
    disclosure = _own(request, pk)
    programme = disclosure.document.period.programme
    initial = initial_of(disclosure, timezone.localdate())
    form = ObjectionForm(request.POST or None, initial=initial, programme=programme)
    if form.is_bound and form.is_valid():
        try:
            made = services.enter_objection(disclosure=disclosure, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已登记异议{made.nth}{'，收到时公示期已过' if made.is_late else ''}。")
            return redirect("supervision:objection-detail", made.pk)
    context = _context(disclosure) | {"form": form}
    return render(request, "supervision/disclosure/objection_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def objection_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an objection; the office answers it. Who objected is the office's alone to see."""
    rows = DisclosureObjection.objects.visible_to(request.user).select_related(
        "disclosure__document__period__programme__owner",
        "disclosure__document__series",
        "project",
        "participant",
        "rectification",
        "answered_by",
        "entered_by",
    )
    objection = get_object_or_404(rows, pk=pk)
    programme = objection.disclosure.document.period.programme
    is_office = is_city_office(request.user, programme.owner_id)
    form = AnswerForm(request.POST or None) if is_office and objection.answered_at is None else None
    if request.method == "POST":
        require_city_office(request.user, programme.owner_id)
        if form is None:
            messages.error(request, "这件异议已经答复了。")
            return redirect("supervision:objection-detail", pk)
        if form.is_valid():
            try:
                services.answer_objection(objection=objection, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "已答复。")
                return redirect("supervision:objection-detail", pk)
    context = _context(objection.disclosure) | {
        "objection": objection,
        "is_office": is_office,
        "form": form,
        "today": timezone.localdate(),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "supervision/disclosure/objection_detail.html", context, status=status)


def _disclosure(request: HttpRequest, pk: int) -> Disclosure:
    rows = Disclosure.objects.visible_to(request.user).select_related(
        "document__period__programme__owner", "document__series__agency", "published_by", "withdrawn_by"
    )
    return get_object_or_404(rows, pk=pk)


def _own(request: HttpRequest, pk: int) -> Disclosure:
    """Return one of the user's own office; 403 for who may only read it."""
    disclosure = _disclosure(request, pk)
    require_city_office(request.user, disclosure.document.period.programme.owner_id)
    return disclosure


def _context(disclosure: Disclosure) -> dict:
    period = disclosure.document.period
    return {
        "disclosure": disclosure,
        "document": disclosure.document,
        "period": period,
        "programme": period.programme,
        "is_demo": period.programme.is_demo,
    }


def _detail(request: HttpRequest, disclosure: Disclosure, *, form: WithdrawForm | None = None) -> HttpResponse:
    is_office = is_city_office(request.user, disclosure.document.period.programme.owner_id)
    today = timezone.localdate()
    edition = services.edition_on(disclosure, today)
    objections = DisclosureObjection.objects.visible_to(request.user).filter(disclosure=disclosure)
    files = list(disclosure.files.order_by("rendered_at"))
    context = _context(disclosure) | {
        "is_office": is_office,
        "today": today,
        "is_over": today > disclosure.closes_on,
        "is_ahead": today < disclosure.opens_on,
        "files": files,
        "has_current": any(row.edition == edition for row in files),
        "job": Job.objects.filter(kind=services.SITE_JOB, key=f"{disclosure.pk}:{edition}").first(),
        "objections": objections.select_related("project", "participant").order_by("nth"),
        "form": (form or WithdrawForm()) if is_office and disclosure.withdrawn_at is None else None,
    }
    return render(request, "supervision/disclosure/detail.html", context, status=422 if form is not None else 200)
