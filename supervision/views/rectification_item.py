"""One 整改事项: what it is, what happened, and the step its reader takes next."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from livelihood.access import is_city_office
from livelihood.services import Refused
from projects.milestone_page import day_of
from supervision.models import Rectification, RectificationFile, RectificationStep
from supervision.rectification import forms
from supervision.rectification.ledger import LedgerRow, light_of
from supervision.rectification.programmes import programme_context
from supervision.rectification.rights import may_fill
from supervision.services import rectification as services
from supervision.services.files import files_and_rows, keep_file
from supervision.views.rectification import seen_item

State = Rectification.State

#: Step → its form, its heading, the word on its button, and whether that is dangerous.
STEPS = {
    "assign": (forms.AssignForm, "交办", "交办", False),
    "fill": (forms.FillForm, "原因和措施", "保存原因和措施", False),
    "progress": (forms.ProgressForm, "整改进展", "记进展", False),
    "report": (forms.ReportForm, "报完成", "报完成", False),
    "close": (forms.CloseForm, "验收销号", "销号", False),
    "return": (forms.ReturnForm, "退回", "退回", True),
    "extend": (forms.ExtendForm, "延期", "延期", False),
}
SAID = {
    "assign": "已交办。",
    "fill": "原因和措施已保存。",
    "progress": "进展已记下。",
    "report": "已报完成，等民生办验收。",
    "close": "已销号。",
    "return": "已退回。",
    "extend": "已延期，原时限留在记录里。",
}


@require_http_methods(["GET", "POST"])
def rectification_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the item with its record; POST takes one step of STEPS."""
    item = seen_item(request, pk)
    step = request.POST.get("step", "") if request.method == "POST" else ""
    bound = None
    if request.method == "POST":
        if step not in STEPS:
            messages.error(request, "没有这个操作，什么都没有改；请刷新页面再试。")
            return redirect("supervision:rectification-detail", pk)
        bound = STEPS[step][0](request.POST, request.FILES, prefix=step)
        if bound.is_valid():
            try:
                _take(request, item, step, bound.cleaned_data)
            except Refused as refusal:
                bound.add_error(None, str(refusal))
            else:
                messages.success(request, f"{item}{SAID[step]}")
                return redirect("supervision:rectification-detail", pk)
    context = _context(request, item, step, bound)
    return render(request, "supervision/rectification/detail.html", context, status=422 if bound else 200)


def _take(request: HttpRequest, item: Rectification, step: str, given: dict) -> None:
    """Take the step; files are kept with it or not at all."""
    with files_and_rows():
        if step == "assign":
            services.assign_rectification(item=item, by=request.user, note=given["text"])
        elif step == "fill":
            services.fill_rectification(item=item, by=request.user, **given | {"files": _kept(request, given)})
        elif step == "progress":
            services.note_progress(item=item, by=request.user, text=given["text"], files=_kept(request, given))
        elif step == "report":
            services.report_rectification(item=item, by=request.user, text=given["text"], files=_kept(request, given))
        elif step == "close":
            services.close_rectification(item=item, by=request.user, verification=given["text"])
        elif step == "return":
            services.return_rectification(item=item, by=request.user, reason=given["text"])
        else:
            services.extend_rectification(item=item, by=request.user, deadline=given["deadline"], reason=given["text"])


def _kept(request: HttpRequest, given: dict) -> list:
    return [keep_file(upload=upload, by=request.user) for upload in given["files"]]


def open_steps(request: HttpRequest, item: Rectification) -> list[str]:
    """Return the steps the reader can take now, the next one first."""
    steps = []
    is_office = is_city_office(request.user, item.programme.owner_id)
    if is_office and item.state == State.OPENED:
        steps.append("assign")
    if item.state in (State.ASSIGNED, State.UNDERWAY) and may_fill(request.user, item):
        steps += ["fill", "progress", "report"] if not item.measures else ["progress", "report", "fill"]
    if is_office and item.state == State.REPORTED:
        steps += ["close", "return"] if item.reported_by_id != request.user.pk else ["return"]
    if is_office and item.state in (State.ASSIGNED, State.UNDERWAY, State.REPORTED):
        steps.append("extend")
    return steps


def next_step(item: Rectification) -> str:
    """Return who does what next, as words; "" for an item that is 销号."""
    who = str(item.agency or item.participant or item.programme.owner.office_word)
    return {
        State.OPENED: f"{item.programme.owner.office_word}交办",
        State.REPORTED: f"{item.programme.owner.office_word}验收",
        State.CLOSED: "",
    }.get(item.state, f"{who}整改后报完成" if item.measures else f"{who}填原因和措施")


def _context(request: HttpRequest, item: Rectification, step: str, bound) -> dict:
    day, _ = day_of(item.programme, request.GET.get("day", ""), timezone.localdate())
    files = list(item.files.select_related("file__uploaded_by"))
    offered = open_steps(request, item)
    if bound is not None and step not in offered:
        # Somebody was faster: what was typed is shown with the reason.
        offered = [step, *offered]
    finding = getattr(item, "finding", None)
    steps = list(item.steps.select_related("by").order_by("pk"))
    reports = [row for row in steps if row.kind == RectificationStep.Kind.REPORTED]
    initial = {"fill": {"cause": item.cause, "measures": item.measures, "person": item.person}}
    return programme_context(request, item.programme) | {
        "item": item,
        "row": LedgerRow(item, light_of(item, day)),
        "day": day,
        "next_step": next_step(item),
        "steps": steps,
        "done": reports[-1] if reports and item.state in (State.REPORTED, State.CLOSED) else None,
        "before": [row.file for row in files if row.moment == RectificationFile.Moment.BEFORE],
        "after": [row.file for row in files if row.moment == RectificationFile.Moment.AFTER],
        "finding": finding,
        "later": item.later.first(),
        "is_office": is_city_office(request.user, item.programme.owner_id),
        "is_own_report": item.state == State.REPORTED and item.reported_by_id == request.user.pk,
        "forms": [
            {
                "step": name,
                "heading": STEPS[name][1],
                "button": STEPS[name][2],
                "is_danger": STEPS[name][3],
                "form": bound
                if name == step and bound is not None
                else STEPS[name][0](prefix=name, initial=initial.get(name)),
                # More time is asked for, not offered.
                "is_open": name == step or (not step and nth == 0 and name != "extend"),
            }
            for nth, name in enumerate(offered)
        ],
    }
