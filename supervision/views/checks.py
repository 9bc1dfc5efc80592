"""核对: the overview of a month for who oversees, one addressee's own lines, its answers and the office's."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from livelihood.access import is_city_office, oversees, require_city_office
from livelihood.services import Refused
from projects.models import ReportingPeriod
from projects.views.context import get_period, period_context
from supervision.checks.lines import Line, lines_of
from supervision.checks.overview import checks_of, objections_of, summary_of, word_of
from supervision.models import Check, CheckLine, Snapshot
from supervision.services import checks as services


@require_safe
def check_list(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show who oversees how far everybody is; an addressee is led to its own page."""
    found = get_period(request, code, period)
    if not oversees(request.user, found.programme.owner_id):
        own = _visible(request).filter(snapshot__period=found).current().first()
        if own is None:
            raise Http404("没有您的核对单。")
        return redirect("supervision:check-detail", own.pk)
    return _list_page(request, found)


def _list_page(request: HttpRequest, period: ReportingPeriod, *, typed: dict | None = None, status=200) -> HttpResponse:
    snapshot = Snapshot.objects.latest_of(period)
    checks = checks_of(snapshot) if snapshot else []
    objections = objections_of(snapshot) if snapshot else []
    typed = typed or {}
    is_office = is_city_office(request.user, period.programme.owner_id)
    may_settle = is_office and period.state == ReportingPeriod.State.CLOSED
    for row in objections:
        row.typed = typed if typed and _is_answered(row, typed["line"]) else {}
    has_form = may_settle and any(row.typed and row.state == CheckLine.State.OPEN for row in objections)
    context = period_context(request, period) | {
        "snapshot": snapshot,
        "checks": checks,
        "summary": summary_of(snapshot, checks) if snapshot else None,
        "objections": objections,
        "is_office": is_office,
        "may_settle": may_settle,
        "reopen_url": reverse("projects:period-detail", args=[period.programme.code, period.code]),
        "typed": typed,
        "left_over": "" if has_form else _words(("答复", typed.get("answer"))),
    }
    return render(request, "supervision/checks/list.html", context, status=status)


def _is_answered(row: CheckLine, objection: CheckLine) -> bool:
    """Tell whether the row is the objection that was answered, or the same one carried over to a newer snapshot."""
    same = row.key == objection.key and row.nth == objection.nth
    return row.pk == objection.pk or (same and _same(row.check_of) == _same(objection.check_of))


@require_safe
def check_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one addressee its own lines and take its answer."""
    return _detail_page(request, get_object_or_404(_visible(request), pk=pk))


@require_POST
def check_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """无异议."""
    check = get_object_or_404(_visible(request), pk=pk)
    try:
        services.agree_check(check=check, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{check.addressee}已答复。")
    return redirect("supervision:check-detail", pk)


@require_POST
def check_object(request: HttpRequest, pk: int) -> HttpResponse:
    """有异议 to one line; what was typed comes back with a refusal."""
    check = get_object_or_404(_visible(request), pk=pk)
    typed = {name: request.POST.get(name, "") for name in ("key", "value", "reason")}
    try:
        objection = services.object_to_line(check=check, by=request.user, **typed)
    except Refused as refusal:
        # What was typed belongs to the line as it is now: into the newest check, where there is one.
        return _detail_page(
            request, _newest(request, check) or check, typed=typed | {"error": str(refusal)}, status=422
        )
    messages.success(request, f"已提出异议：{objection.label}。")
    return redirect("supervision:check-detail", pk)


@require_POST
def check_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回 one's own objection."""
    objection = _objection(request, pk)
    try:
        services.withdraw_objection(objection=objection, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("supervision:check-detail", objection.check_of_id)


@require_POST
def check_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """采纳 or 不采纳 by the city office; what was typed comes back with a refusal."""
    objection = _objection(request, pk)
    period = objection.check_of.snapshot.period
    require_city_office(request.user, period.programme.owner_id)
    verdict, answer = request.POST.get("verdict", ""), request.POST.get("answer", "")
    typed = {"line": objection, "answer": answer, "verdict": verdict}
    try:
        if verdict not in ("accepted", "rejected"):
            raise Refused("请选采纳或不采纳。")
        services.settle_objection(objection=objection, accepted=verdict == "accepted", answer=answer, by=request.user)
    except Refused as refusal:
        return _list_page(request, period, typed=typed | {"error": str(refusal)}, status=422)
    messages.success(request, f"已答复：{objection.label}。")
    return redirect("supervision:check-list", period.programme.code, period.code)


def _visible(request: HttpRequest) -> QuerySet[Check]:
    rows = Check.objects.visible_to(request.user).with_lines()
    return rows.select_related(
        "snapshot__period__programme__owner",
        "snapshot__period__programme__office",
        "participant",
        "agency",
        "answered_by",
        "since",
        "carried_from__snapshot",
    )


def _objection(request: HttpRequest, pk: int) -> CheckLine:
    """Return an objection of a check the user sees, else 404."""
    objection = get_object_or_404(CheckLine.objects.filter(check_of__in=_visible(request).values("pk")), pk=pk)
    objection.check_of = _visible(request).get(pk=objection.check_of_id)
    return objection


def _detail_page(request: HttpRequest, check: Check, *, typed: dict | None = None, status: int = 200) -> HttpResponse:
    check.snapshot.period.refresh_from_db(fields=["state"])
    period, typed = check.snapshot.period, typed or {}
    lines = lines_of(check)
    for line in lines:
        line.typed = typed if line.key == typed.get("key") else {}
    newest = Snapshot.objects.latest_of(period)
    is_current = newest.pk == check.snapshot_id
    answers = services.may_answer(request.user, check)
    is_over = period.state == ReportingPeriod.State.ISSUED
    may_answer = answers and is_current and not is_over
    has_form = may_answer and any(line.typed and not line.open_objection for line in lines)
    context = period_context(request, period) | {
        "check": check,
        "check_word": word_of(check, timezone.localdate()),
        "groups": grouped(lines),
        "lines": lines,
        "changed": [line for line in lines if line.changed],
        "gone": _gone(check, lines),
        "newer": None if is_current else _newest(request, check),
        "is_current": is_current,
        "is_over": is_over,
        "answers": answers,
        "may_answer": may_answer,
        "is_office": is_city_office(request.user, period.programme.owner_id),
        "oversees": oversees(request.user, period.programme.owner_id),
        "office_word": period.programme.owner.office_word,
        "typed": typed,
        "left_over": "" if has_form else _words(("本单位数", typed.get("value")), ("理由", typed.get("reason"))),
    }
    return render(request, "supervision/checks/detail.html", context, status=status)


def _newest(request: HttpRequest, check: Check) -> Check | None:
    """Return the addressee's check of the newest snapshot, as far as there is one."""
    newest = Snapshot.objects.latest_of(check.snapshot.period)
    return _visible(request).filter(**_same(check), snapshot=newest).first()


def _words(*typed: tuple[str, str | None]) -> str:
    """Return what was typed where no form is left to hold it: 您写的：本单位数“61”，理由“漏报”。"""
    words = "，".join(f"{name}“{text.strip()}”" for name, text in typed if text and text.strip())
    return f"您写的：{words}。" if words else ""


def _same(check: Check) -> dict:
    return {"participant": check.participant_id, "agency": check.agency_id}


def _gone(check: Check, lines: list[Line]) -> list[CheckLine]:
    """Return the objections to lines as they were before they changed, with how they were answered. One query."""
    if check.carried_from_id is None:
        return []
    kept = {row.key for line in lines for row in line.objections}
    rows = check.carried_from.objections.exclude(state=CheckLine.State.WITHDRAWN).exclude(key__in=kept)
    return list(rows.select_related("raised_by", "settled_by"))


def grouped(lines: list[Line]) -> list[dict]:
    """Return the lines under their headings, in order."""
    groups: list[dict] = []
    for line in lines:
        if not groups or groups[-1]["name"] != line.group or groups[-1]["topic"] != line.topic:
            groups.append({"name": line.group, "topic": line.topic, "lines": []})
        groups[-1]["lines"].append(line)
    return groups
