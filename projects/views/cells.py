"""Cells of a report: saved in batches by the page's script, confirmed from last month, looked at one by one."""

import functools

from django.conf import settings
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from livelihood.access import NotAllowed
from livelihood.passwords import MUST_CHANGE
from livelihood.services import Refused
from projects import entry_request, parts
from projects.cell_key import Key
from projects.entry_reply import entry_reply
from projects.models import Report
from projects.services import entry as services
from projects.views.context import period_context
from projects.views.reports import get_report, save_form

LOGGED_OUT = "登录已过期，没有保存。请重新登录，填的数还在页面上。"
FORGED = "页面的安全校验已失效，没有保存。请刷新页面，填的数会再提示恢复。"


def for_script(view):
    """Make a view answer a script: 401 instead of the login page, every refusal as {"refused", "reload"}.

    The page's own checks (logged in, own password, CSRF) are made here, so that they too are answered in JSON.
    """

    @functools.wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            back = urlencode({"next": _page_of(request)})
            login = f"{resolve_url(settings.LOGIN_URL)}?{back}"
            return JsonResponse({"login": login, "refused": LOGGED_OUT}, status=401)
        if MUST_CHANGE in request.session:
            return _refused("请先修改初始密码，再回来保存。", status=403)
        if _is_forged(request):
            # A page from before a new login sends an old token: with this one it goes on, if it is the same person's.
            return _refused(FORGED, status=403, token=get_token(request), user=request.user.pk)
        try:
            return view(request, *args, **kwargs)
        except entry_request.TooLarge as refusal:
            return _refused(str(refusal), status=413, reload=False)
        except entry_request.Malformed as refusal:
            return _refused(str(refusal), status=422)
        except Refused as refusal:
            return _refused(str(refusal), status=409)
        except NotAllowed as refusal:
            return _refused(str(refusal), status=403)
        except Http404:
            return _refused("没有这份月报，或者它不在您的范围内。", status=404)

    return csrf_exempt(login_not_required(answer))


def _page_of(request: HttpRequest) -> str:
    """Return the page to come back to after a new login: the report's, or the project's table."""
    match = request.resolver_match
    if "pk" in match.kwargs:
        return resolve_url("projects:report-detail", match.kwargs["pk"])
    return resolve_url("projects:project-matrix", **match.kwargs)


@require_POST
@for_script
def report_cells(request: HttpRequest, pk: int) -> HttpResponse:
    """Store a batch of cells (JSON) and say what became of each."""
    # Before the report is locked: a slow line must not keep others waiting.
    body = read_body(request)
    try:
        return JsonResponse(services.save_body(pk=pk, body=body, by=request.user, options=request.GET.dict()))
    except (Report.DoesNotExist, NotAllowed):
        # Whoever may not fill the report is told so only if they may see it.
        get_report(request, pk)
        raise


@require_GET
def report_cell(request: HttpRequest, pk: int, key: Key) -> HttpResponse:
    """Show what is known of one cell: the part beside the table, or with ?page=1 a page of its own."""
    report = get_report(request, pk)
    try:
        part = parts.part_of(key)
    except KeyError as error:
        raise Http404("没有这样的格。") from error
    panel = part.panel(report, request.user, key)
    if panel is None:
        raise Http404("这一格不属于这份月报，或者不在您的范围内。")
    if not request.GET.get("page"):
        return render(request, part.panel_template, panel)
    context = period_context(request, report.period) | panel | {"reporter": report.participant or report.agency}
    context["panel_template"] = part.panel_template
    return render(request, "projects/cell_page.html", context)


@require_POST
@csrf_exempt
@login_not_required
def report_carry(request: HttpRequest, pk: int) -> HttpResponse:
    """沿用: `carry` names cells, section-<number> or all; answered in JSON where the page's script asks."""
    wants_json = "application/json" in request.headers.get("Accept", "")
    return _carry_for_script(request, pk) if wants_json else _carry_by_form(request, pk)


@login_required
@csrf_protect
def _carry_by_form(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_report(request, pk)
    if MUST_CHANGE in request.session:
        return redirect("livelihood:password-change")
    # The button may stand in the entry form: what was typed beside it is stored with it.
    return save_form(request, report)


@for_script
def _carry_for_script(request: HttpRequest, pk: int) -> HttpResponse:
    report = get_report(request, pk)
    results = services.carry_cells(report=report, picked=request.POST.getlist("carry"), by=request.user)
    return JsonResponse(entry_reply(report, request.user, {}, results))


def read_body(request: HttpRequest) -> bytes:
    """Return the body, read no further than it may go."""
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > entry_request.LARGEST_BODY:
        raise entry_request.TooLarge(entry_request.TOO_LARGE)
    return request.read(entry_request.LARGEST_BODY + 1)


def _is_forged(request: HttpRequest) -> bool:
    """Make Django's own CSRF check, whose refusal would be a page."""
    check = CsrfViewMiddleware(lambda _request: None)
    check.process_request(request)
    return check.process_view(request, _checked_view, (), {}) is not None


def _checked_view(request: HttpRequest) -> None:
    """Stand for the view in the CSRF check: this one is not exempt."""


def _refused(sentence: str, *, status: int, reload: bool = True, **more) -> JsonResponse:
    return JsonResponse({"refused": sentence, "reload": reload} | more, status=status)
