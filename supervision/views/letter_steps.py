"""What follows a letter: the addressee's reply, its judging, a re-check, 销号."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from livelihood.services import Refused
from supervision.oversight.forms import RecheckForm, ReplyForm
from supervision.services import letter_answers as services
from supervision.views.letters import letter_page, seen_letter
from supervision.views.shared import number_of


@require_POST
def letter_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an addressee's answer with its evidence."""
    letter = seen_letter(request, pk)
    services.answers_for(request.user, letter)
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return letter_page(request, letter, reply=form)
    given = form.cleaned_data
    try:
        services.reply_letter(
            letter=letter, by=request.user, text=given["text"], stated=given["stated"], uploads=given["files"]
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return letter_page(request, letter, reply=form)
    messages.success(request, "反馈已送出，等民生办审阅。")
    return redirect("supervision:letter-detail", pk)


@require_POST
def letter_judge(request: HttpRequest, pk: int, nth: int) -> HttpResponse:
    """Accept a reply, or return it with what is missing."""
    letter = seen_letter(request, pk)
    reply = get_object_or_404(letter.replies.select_related("letter"), nth=nth)
    accept = request.POST.get("step") == "accept"
    verdict = request.POST.get("verdict", "")
    try:
        services.judge_reply(reply=reply, accept=accept, verdict=verdict, by=request.user)
    except Refused as refused:
        return letter_page(request, letter, error=str(refused))
    messages.success(request, "已采纳反馈；达到要求后再销号。" if accept else "已退回反馈，请对方补充。")
    return redirect("supervision:letter-detail", pk)


@require_POST
def letter_recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what a second person found."""
    letter = seen_letter(request, pk)
    form = RecheckForm(request.POST, request.FILES, visits=services.visits_since(letter, request.user))
    try:
        services.require_rechecker(request.user, letter)
    except Refused as refused:
        return letter_page(request, letter, error=str(refused))
    if not form.is_valid():
        return letter_page(request, letter, recheck=form)
    given = form.cleaned_data
    try:
        services.record_recheck(
            letter=letter,
            by=request.user,
            checked_on=given["checked_on"],
            text=given["text"],
            is_passed=given["is_passed"] == "yes",
            inspection=given["inspection"],
            uploads=given["files"],
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return letter_page(request, letter, recheck=form)
    messages.success(request, "复核已记下。")
    return redirect("supervision:letter-detail", pk)


@require_POST
def letter_close(request: HttpRequest, pk: int) -> HttpResponse:
    """销号, where a later approved figure or another person's re-check carries it."""
    letter = seen_letter(request, pk)
    try:
        services.close_letter(letter=letter, by=request.user, version=number_of(request.POST.get("version")))
    except Refused as refused:
        return letter_page(request, letter, error=str(refused))
    messages.success(request, "已销号。")
    return redirect("supervision:letter-detail", pk)
