"""导入表格 for what the office keeps besides returns: stored → shown → confirmed; one page for every kind."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import Role, access_of
from livelihood.services import Refused
from projects.models import Programme
from projects.services.imports import store_file, stored_name
from projects.workbook_forms import PaperForm, WorkbookForm, given
from projects.workbook_kinds import CatalogueWorkbook, TargetWorkbook
from projects.workbook_resource import WorkbookResource
from projects.workbooks import WorkbookKind, WorkbookReview

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Changes a page shows; of more it says how many.
MOST_ROWS = 1000


@require_http_methods(["GET", "POST"])
def catalogue_import(request: HttpRequest) -> HttpResponse:
    """Take the workbook of a year, new or standing."""
    offices = access_of(request.user).region_ids(Role.CITY_OFFICE)
    templates = [("空白表格", ""), *((row.name, row.code) for row in Programme.objects.filter(owner__in=offices))]
    page = {"templates": templates, "back": {"view": "projects:programme-list", "label": "月报"}}
    return workbook_page(request, lambda **extra: CatalogueWorkbook(request.user, **extra), page)


@require_safe
def catalogue_template(request: HttpRequest) -> HttpResponse:
    """Give a programme's catalogue as a workbook, or an empty one."""
    programme = None
    if code := request.GET.get("programme"):
        offices = access_of(request.user).region_ids(Role.CITY_OFFICE)
        programme = get_object_or_404(Programme.objects.select_related("owner", "office"), code=code, owner__in=offices)
    return workbook_template(CatalogueWorkbook(request.user, programme=programme))


@require_http_methods(["GET", "POST"])
def target_import(request: HttpRequest, code: str) -> HttpResponse:
    """Take a programme's 任务分解表."""
    programme = _programme(request, code)
    page = {"programme": programme, "back": {"view": "projects:programme-list", "label": "月报"}}
    return workbook_page(request, lambda **extra: TargetWorkbook(request.user, programme=programme, **extra), page)


@require_safe
def target_template(request: HttpRequest, code: str) -> HttpResponse:
    """Give a programme's 任务分解表 as it stands."""
    return workbook_template(TargetWorkbook(request.user, programme=_programme(request, code)))


def workbook_template(kind: WorkbookKind) -> HttpResponse:
    """Give a kind's workbook with what stands."""
    kind.require_rights()
    headers = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(kind.template_name)}"}
    return HttpResponse(kind.template(), content_type=XLSX, headers=headers)


def workbook_page(request: HttpRequest, make: Callable[..., WorkbookKind], page: dict) -> HttpResponse:
    """Show the form or what the waiting file would change, and import it when that is confirmed.

    `make(**extra)` returns the kind with what was given beside the file; `page`: programme, back (view, args, label),
    templates (label, code) or none for a single one. Where it is not the page of its own: template, url (its own
    address), resource_class, and what else the template wants.
    """
    kind = make()
    kind.require_rights()
    step = request.POST.get("step")
    if step == "upload":
        return _upload(request, make, page)
    if step == "paper":
        return _paper(request, make, page)
    if step == "confirm":
        return confirm_workbook(request, make, page)
    key = _session_key(request, page)
    if step == "discard":
        request.session.pop(key, None)
        return redirect(_url(request, page))
    waiting = request.session.get(key)
    review = _waiting_review(request, make, waiting, page) if waiting else None
    if review is not None and review.refusal:
        request.session.pop(key, None)
        waiting = None
    form = PaperForm if waiting else WorkbookForm
    kept = given(waiting["extra"]) if waiting else None
    return _page(request, kind, page, form(extra_fields=kind.extra_fields, initial=kept), review)


def _upload(request: HttpRequest, make, page: dict) -> HttpResponse:
    form = WorkbookForm(request.POST, request.FILES, extra_fields=make().extra_fields)
    if not form.is_valid():
        return _page(request, make(), page, form, None, status=422)
    file, kept = form.cleaned_data["file"], form.kept()
    kind = make(**given(kept))
    with tempfile.NamedTemporaryFile(prefix="workbook-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        review = _resource(page, kind, Path(copy.name), file.name).preview(by=request.user)
        if review.refusal:
            return _page(request, kind, page, form, review, status=422)
        store_file(Path(copy.name), review.sha256)
    waiting = {"sha256": review.sha256, "name": file.name[-200:], "extra": kept}
    request.session[_session_key(request, page)] = waiting
    return redirect(_url(request, page))


def _paper(request: HttpRequest, make, page: dict) -> HttpResponse:
    """Judge the waiting file anew with another document beside it."""
    waiting = request.session.get(_session_key(request, page))
    form = PaperForm(request.POST, extra_fields=make().extra_fields)
    if not waiting:
        return _nothing_waits(request, page)
    if not form.is_valid():
        return _page(request, make(), page, form, _waiting_review(request, make, waiting, page), status=422)
    request.session[_session_key(request, page)] = waiting | {"extra": form.kept()}
    return redirect(_url(request, page))


def confirm_workbook(request: HttpRequest, make: Callable[..., WorkbookKind], page: dict) -> HttpResponse:
    """Import the file that waits, if it still says what the posted fingerprint confirms (see `workbook_page`)."""
    waiting = request.session.get(_session_key(request, page))
    if not waiting:
        return _nothing_waits(request, page)
    kind, fingerprint = make(**given(waiting["extra"])), request.POST.get("fingerprint", "")
    resource = _resource(page, kind, _stored_path(waiting), waiting["name"], fingerprint=fingerprint)
    try:
        done = resource.store(by=request.user)
    except Refused as refused:
        messages.error(request, f"没有导入：{refused}")
        return redirect(_url(request, page))
    request.session.pop(_session_key(request, page), None)
    messages.success(request, done)
    return redirect(_back_url(page))


def _nothing_waits(request: HttpRequest, page: dict) -> HttpResponse:
    messages.error(request, "没有等待确认的文件，请重新上传。")
    return redirect(_url(request, page))


def _waiting_review(request: HttpRequest, make, waiting: dict, page: dict) -> WorkbookReview:
    kind = make(**given(waiting["extra"]))
    return _resource(page, kind, _stored_path(waiting), waiting["name"]).preview(by=request.user)


def _resource(page: dict, kind: WorkbookKind, path: Path, name: str, **confirmed) -> WorkbookResource:
    return page.get("resource_class", WorkbookResource)(kind, path, name, **confirmed)


def _stored_path(waiting: dict) -> Path:
    return Path(default_storage.path(stored_name(waiting["sha256"])))


def _url(request: HttpRequest, page: dict) -> str:
    return page.get("url", request.path)


def _session_key(request: HttpRequest, page: dict) -> str:
    return f"workbook-{_url(request, page)}"


def _back_url(page: dict) -> str:
    return reverse(page["back"]["view"], args=page["back"].get("args", ()))


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _page(request: HttpRequest, kind, page: dict, form, review: WorkbookReview | None, status=200) -> HttpResponse:
    is_shown = review is not None and not review.refusal
    changes = review.changes if is_shown else []
    context = page | {
        "kind": kind,
        "form": form,
        "review": review,
        "is_shown": is_shown,
        "changes": changes[:MOST_ROWS],
        "more_changes": max(0, len(changes) - MOST_ROWS),
        "back_url": _back_url(page),
        "template_url": page.get("template_url") or request.path.removesuffix("import/") + "template/",
        "is_demo": bool(page.get("programme") and page["programme"].is_demo),
    }
    return render(request, page.get("template", "projects/workbook_import.html"), context, status=status)
