"""公示: what of an issued month is shown to the public, its files, and what people object to."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from livelihood.access import Role, access_of, is_city_office, require_city_office
from livelihood.models import Job
from livelihood.services import Refused
from supervision.disclosure.content import objections_content
from supervision.disclosure.forms import AnswerForm, ObjectionForm, PublishForm, WithdrawForm, initial_of
from supervision.disclosure.preview import given_by, token_of
from supervision.disclosure.site import content_type, page_of, site_pages
from supervision.documents.paper import content_sha256
from supervision.models import Disclosure, DisclosureObjection, Document, Rectification
from supervision.services import disclosure as services

PAGE_SIZE = 30
#: The step of the form that publishes; any other only shows what would be.
PUBLISH = "publish"


@require_safe
def disclosure_list(request: HttpRequest) -> HttpResponse:
    """Show what has been shown to the public, and for the office which papers may be."""
    rows = Disclosure.objects.visible_to(request.user).select_related("document__period__programme", "document__series")
    objections = DisclosureObjection.objects.visible_to(request.user).filter(disclosure=OuterRef("pk"))
    counts = objections.order_by().values("disclosure")
    rows = rows.defer("content").annotate(
        came=Subquery(counts.annotate(count=Count("pk")).values("count")),
        answered=Subquery(counts.filter(answered_at__isnull=False).annotate(count=Count("pk")).values("count")),
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
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
    """Publish an issued paper: days, address, phone, and which 整改 go with it; first its pages are looked at."""
    document = _own_paper(request, pk)
    programme = document.period.programme
    initial = services.paper_settings(document) | {"opens_on": timezone.localdate()}
    rectifications = Rectification.objects.filter(programme=programme).order_by("seq")
    form = PublishForm(request.POST or None, initial=initial, rectifications=rectifications)
    preview = None
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            if request.POST.get("step") == PUBLISH:
                previewed = request.POST.get("previewed", "")
                made = services.publish_disclosure(document=document, by=request.user, previewed=previewed, **given)
                messages.success(request, "已公示。网页文件正在生成，过几秒可以下载。")
                return redirect("supervision:disclosure-detail", made.pk)
            preview = _preview(request, document, given)
        except services.NotPreviewed as refusal:
            preview = _preview(request, document, given)
            form.add_error(None, str(refusal))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {
        "document": document,
        "programme": programme,
        "period": document.period,
        "is_demo": programme.is_demo,
        "form": form,
        "preview": preview,
        "blockers": services.publish_blockers(document),
    }
    return render(request, "supervision/disclosure/new.html", context, status=422 if form.errors else 200)


def _preview(request: HttpRequest, document: Document, given: dict) -> dict:
    """Return what the page offers for a look: the address' token, the content's hash, its pages. Raises Refused."""
    content = services.content_to_show(document=document, by=request.user, **given)
    pages = sum(name.endswith(".html") for name in site_pages(content))
    sha256 = content_sha256(content)
    return {"token": token_of(document, given), "sha256": sha256, "content": content, "pages": pages}


@require_safe
def disclosure_preview(request: HttpRequest, pk: int, token: str, name: str) -> HttpResponse:
    """Show the office a page as the public would see it, before anything is public."""
    document = _own_paper(request, pk)
    given = given_by(document, token)
    if given is None:
        messages.error(request, "这个预览过期了，请再点一次预览。")
        return redirect("supervision:disclosure-new", pk)
    try:
        content = services.content_to_show(document=document, by=request.user, **given)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:disclosure-new", pk)
    return _site_page(site_pages(content), name)


def _site_page(pages: dict, name: str) -> HttpResponse:
    if name not in pages:
        raise Http404("公示里没有这一页。")
    return HttpResponse(pages[name](), content_type=content_type(name))


@require_safe
def disclosure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one 公示: its days, its files, what was objected."""
    return _detail(request, _disclosure(request, pk))


@require_safe
def disclosure_page(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Show a page of the site as the public will see it today: of the file that was made, else of the content."""
    disclosure = _disclosure(request, pk)
    today = timezone.localdate()
    edition = services.edition_on(disclosure, today)
    made = disclosure.files.filter(edition=edition).first()
    if made and (page := page_of(made.file, name)):
        return HttpResponse(page, content_type=content_type(name))
    over = objections_content(disclosure, today) if edition == services.Edition.CLOSED else None
    return _site_page(site_pages(disclosure.content, objections=over), name)


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


def _own_paper(request: HttpRequest, pk: int) -> Document:
    """Return a paper of a month of the user's own office; 403 for who may only read it."""
    papers = Document.objects.visible_to(request.user).select_related("period__programme__owner", "series__agency")
    document = get_object_or_404(papers, pk=pk, period__isnull=False)
    require_city_office(request.user, document.period.programme.owner_id)
    return document


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
