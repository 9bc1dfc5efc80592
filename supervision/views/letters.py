"""督办函: the list, one letter, a letter by hand, changes before it is issued."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from livelihood.access import Role, access_of, require_city_office
from livelihood.formats import format_long_moment
from livelihood.models import User
from livelihood.services import Refused, record_event
from livelihood.workbooks import workbook_response
from supervision.models import Snapshot, SupervisionLetter
from supervision.oversight.forms import AboutForm, LetterForm, RecheckForm, ReplyForm
from supervision.oversight.letter_draft import draft_of_line
from supervision.oversight.letter_page import NAMES, STATES, LetterList, LetterPage, line_of
from supervision.services import letters as services
from supervision.services.letter_answers import visits_since
from supervision.sheets.letter_sheets import letter_sheets
from supervision.views.shared import number_of, query_of, requested_period

PAGE_SIZE = 40
KEPT = ("programme", "level", "unit", "q")


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """List the letters the user may read, narrowed by the address."""
    found = LetterList(request.user, request.GET.dict())
    page = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    states = [("", "全部", found.total), *((code, STATES[code][0], found.counts[code]) for code in STATES)]
    is_office = access_of(request.user).has(Role.CITY_OFFICE)
    context = {
        "found": found,
        "page": page,
        "lines": [line_of(letter) for letter in page],
        "programmes": list(found.programmes()),
        "units": list(found.units()),
        "filters": [
            {
                "label": label,
                "url": f"{request.path}{query_of(request, *KEPT, state=code)}",
                "active": code == found.asked["state"],
                "count": count,
            }
            for code, label, count in states
            if code != "drafted" or is_office
        ],
        "export": query_of(request, *KEPT, "state"),
        "is_demo": any(letter.period.programme.is_demo for letter in page),
        "is_office": is_office,
    }
    return render(request, "supervision/letters/list.html", context)


@require_safe
def letter_export(request: HttpRequest) -> HttpResponse:
    """Give the ledger as a workbook: the same letters as the list."""
    letters = list(LetterList(request.user, request.GET.dict()).rows)
    if not letters:
        messages.info(request, "没有符合条件的督办函，没有导出。")
        return redirect("supervision:letter-list")
    period = letters[0].period
    sheets = letter_sheets(
        letters,
        title="督办台账",
        facts=f"共{len(letters)}份；导出：{format_long_moment(timezone.now())} {request.user}",
        is_demo=any(letter.period.programme.is_demo for letter in letters),
    )
    response = workbook_response("督办台账.xlsx", sheets)
    record_event(by=request.user, verb="export_letters", target=period, after={"letters": len(letters)})
    return response


@require_safe
def letter_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one letter with its steps, replies and re-checks."""
    return letter_page(request, seen_letter(request, pk))


@require_http_methods(["GET", "POST"])
def letter_new(request: HttpRequest) -> HttpResponse:
    """Draft a letter by hand: first whom and what, then the text with the figures of the snapshot."""
    period = requested_period(
        request, request.GET.get("programme", ""), request.GET.get("period", "").rpartition("/")[2]
    )
    require_city_office(request.user, period.programme.owner_id)
    snapshot = Snapshot.objects.latest_of(period)
    if snapshot is None:
        raise Http404(f"{period.label}还没有封账，没有可以写进督办函的数。")
    snapshot.period = period
    about = AboutForm(_asked(request), programme=period.programme)
    draft, form = None, None
    if about.is_valid() and (about.cleaned_data["participant"] or about.cleaned_data["agency"]):
        draft = draft_of_line(snapshot, **about.cleaned_data)
        is_posted = request.method == "POST"
        form = LetterForm(request.POST if is_posted else None, initial=LetterForm.initial_of(draft))
        if is_posted and form.is_valid():
            try:
                letter = services.draft_letter(draft=form.applied(draft), snapshot=snapshot, by=request.user)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"已拟{letter.document.get_kind_display()}，核稿、签发后生效。")
                return redirect("supervision:letter-detail", letter.pk)
    context = {"programme": period.programme, "period": period, "is_demo": period.programme.is_demo}
    context |= {"about": about, "draft": draft, "form": form, "snapshot": snapshot, "asked": _asked(request)}
    status = 422 if request.method == "POST" else 200
    return render(request, "supervision/letters/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
def letter_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is asked for, and by when, while the letter is not issued."""
    letter = seen_letter(request, pk)
    require_city_office(request.user, letter.period.programme.owner_id)
    letter.document.snapshot.period = letter.period
    draft = services.draft_of(letter)
    form = LetterForm(request.POST or None, initial=LetterForm.initial_of(draft))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_letter(
                letter=letter,
                draft=form.applied(draft),
                version=number_of(request.POST.get("version")) or 0,
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "已按改动重新拟稿，需要重新核稿。")
            return redirect("supervision:letter-detail", letter.pk)
    context = {
        "programme": letter.period.programme,
        "period": letter.period,
        "is_demo": letter.period.programme.is_demo,
        "letter": letter,
        "draft": draft,
        "form": form,
        "version": request.POST.get("version", letter.version),
    }
    return render(request, "supervision/letters/change.html", context, status=422 if form.errors else 200)


def seen_letter(request: HttpRequest, pk: int) -> SupervisionLetter:
    """Return a letter the user may read; another county's is 404."""
    return get_object_or_404(SupervisionLetter.objects.visible_to(request.user).select_related(*NAMES), pk=pk)


def letter_page(
    request: HttpRequest,
    letter: SupervisionLetter,
    *,
    reply: ReplyForm | None = None,
    recheck: RecheckForm | None = None,
    error: str = "",
) -> HttpResponse:
    """Show the letter; with a form that was refused, as it was typed."""
    page = LetterPage(letter, request.user)
    is_refused = bool(error or (reply and reply.errors) or (recheck and recheck.errors))
    context = {
        "programme": letter.period.programme,
        "period": letter.period,
        "is_demo": letter.period.programme.is_demo,
        "letter": letter,
        "page": page,
        "reply_form": reply or ReplyForm(),
        "recheck_form": recheck
        or (RecheckForm(visits=visits_since(letter, request.user)) if page.may_recheck else None),
        "error": error,
        "sees_standings": not _is_outsider(request.user),
    }
    return render(request, "supervision/letters/detail.html", context, status=422 if is_refused else 200)


def _is_outsider(user: User) -> bool:
    """Tell whether the user has no page of standings to be led to."""
    return not access_of(user).has(
        Role.CLERK, Role.HEAD, Role.LEAD_AGENCY, Role.CITY_OFFICE, Role.LEADER, Role.INSPECTOR
    )


def _asked(request: HttpRequest) -> dict:
    """Return whom and what the address asks for; `unit` is the participant's code."""
    return {
        "participant": request.GET.get("unit", ""),
        "agency": request.GET.get("agency", ""),
        "indicator": request.GET.get("indicator", ""),
        "level": request.GET.get("level") or "yellow",
    }
