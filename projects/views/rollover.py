"""转入下一年: next year's list from this one, reviewed in as many sittings as it takes; and 项目沿革."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from livelihood.access import is_city_office, require_city_office
from livelihood.services import InvalidTransition, Refused
from projects.lineage import LineagePage
from projects.lineage_form import LineageForm
from projects.models import Programme
from projects.rollover_checks import dates_to_check
from projects.rollover_page import RolloverPage, units_of
from projects.rollover_state import RolloverState, successor_of
from projects.services import rollover as services
from projects.services.lineage import set_lineage


@require_http_methods(["GET", "POST"])
def rollover(request: HttpRequest, code: str) -> HttpResponse:
    """Show what becomes of every item, count it (`action=count`), or store it: the next list is made with the first."""
    programme = _programme(request, code)
    require_city_office(request.user, programme.owner_id)
    draft = successor_of(programme)
    if draft is not None and draft.opened_at is not None:
        messages.info(request, f"“{draft.name}”已经开启，转入的安排不能再改，请看沿革。")
        return redirect("projects:lineage", draft.code)
    state = RolloverState(programme, draft)
    typed = request.POST if request.method == "POST" else None
    page = RolloverPage(state, typed)
    header, problems = _header(programme, draft, typed)
    if typed is not None and typed.get("action") == "count" and request.headers.get("HX-Request"):
        return render(request, "projects/components/rollover_count.html", {"counts": page.counts})
    seen = typed.get("seen", "") if typed is not None else state.digest() if draft else ""
    if typed is not None and typed.get("action") != "count":
        problems += page.problems
        try:
            if not problems:
                _store(request, programme, draft, header, page)
                return redirect("projects:rollover", programme.code)
        except InvalidTransition as refusal:
            # Told once: who saves again does it knowing.
            problems, seen = [str(refusal)], state.digest()
        except Refused as refusal:
            problems = str(refusal).split("\n")
    context = _context(programme) | {
        "page": page,
        "rows": page.rows(),
        "added": page.added_rows,
        "counts": page.counts,
        "header": header,
        "draft": draft,
        "problems": problems,
        "seen": seen,
        "units": units_of(programme, draft.year if draft else programme.year + 1),
        "to_check": sum(1 for _finding in dates_to_check(draft)) if draft else 0,
    }
    return render(request, "projects/rollover.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "POST"])
def lineage(request: HttpRequest, code: str) -> HttpResponse:
    """Show what every item was in the years before and what became of it; before the year opens its office sets it."""
    programme = _programme(request, code)
    is_office = is_city_office(request.user, programme.owner_id)
    form = LineageForm(programme) if is_office and programme.opened_at is None else None
    problems: list[str] = []
    if request.method == "POST":
        require_city_office(request.user, programme.owner_id)
        form = LineageForm(programme, request.POST)
        added = form.added()
        problems = form.problems
        try:
            if not problems:
                changed = set_lineage(programme=programme, added=added, removed=form.removed(), by=request.user)
                messages.success(request, f"沿革已存：改动 {changed} 处。" if changed else "沿革没有改动。")
                return redirect("projects:lineage", code)
        except Refused as refusal:
            problems = str(refusal).splitlines()
    page = LineagePage(programme, request.user)
    context = _context(programme) | {
        "page": page,
        "rows": page.rows(),
        "ended": page.ended() if page.earlier else [],
        "counts": page.counts(),
        "may_roll_over": is_office and programme.opened_at is not None,
        "form": form,
        "problems": problems,
    }
    return render(request, "projects/lineage.html", context, status=422 if problems else 200)


def _header(programme: Programme, draft: Programme | None, typed) -> tuple[dict, list[str]]:
    """Return year, code and name of the next list as text, and what is wrong with the year."""
    next_year = programme.year + 1
    now = {
        "year": str(draft.year if draft else next_year),
        "code": draft.code if draft else programme.code.replace(str(programme.year), str(next_year)),
        "name": draft.name if draft else programme.name.replace(str(programme.year), str(next_year)),
    }
    if typed is None:
        return now, []
    header = {key: typed.get(key, value).strip() for key, value in now.items()}
    year = header["year"]
    is_year = year.isascii() and year.isdigit() and len(year) == 4
    return header, [] if is_year else [f"新年度“{year[:10]}”请写四位数字，如{next_year}。"]


def _store(request: HttpRequest, programme: Programme, draft, header: dict, page: RolloverPage) -> None:
    """Store what is typed and say so; Refused with what is wrong, a line each."""
    plan = {"decisions": page.decisions, "added": page.added, "by": request.user}
    given = {"code": header["code"], "name": header["name"]}
    if draft is None:
        made = services.roll_over(programme=programme, year=int(header["year"]), **given, **plan)
        messages.success(request, f"已转入“{made.name}”，还没有开启；可以接着改，也可以以后再改。")
    else:
        seen = request.POST.get("seen", "")
        services.revise_rollover(programme=programme, draft=draft, seen=seen, **given, **plan)
        messages.success(request, "已保存。")


def _programme(request: HttpRequest, code: str) -> Programme:
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def _context(programme: Programme) -> dict:
    return {"programme": programme, "is_demo": programme.is_demo}
