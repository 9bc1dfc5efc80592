"""The reports of a period as a queue for who reviews them."""

from collections import Counter

from projects.models import CellReview, Participant, Report, ReportingPeriod

State = Report.State

#: How the queue names a report's state, and who comes first in it.
QUEUE = {
    State.SUBMITTED: (0, "待审", "submitted"),
    State.RETURNED: (1, "已退回", "returned"),
    State.SIGNED: (2, "已签字", "signed"),
    State.DRAFT: (3, "填报中", "draft"),
    State.APPROVED: (4, "已审核", "approved"),
}


def review_queue(period: ReportingPeriod) -> list[dict]:
    """Return the period's reports as a queue: those that wait first, each group in official order. Two queries."""
    reports = (
        Report.objects.filter(period=period)
        .exclude(participant__kind=Participant.Kind.WHOLE)
        .select_related("participant", "agency")
        .order_by("participant__order", "agency__order", "id")
    )
    returned = Counter(_open_returns(period))
    queue = []
    for place, report in enumerate(reports):
        order, word, code = QUEUE[report.state]
        if report.state == State.RETURNED and returned[report.pk]:
            word = f"退回 {returned[report.pk]}"
        queue.append(
            {
                "report": report,
                "name": str(report.participant or report.agency),
                "word": word,
                "code": code,
                "order": order,
                "place": place,
                "is_waiting": report.state == State.SUBMITTED,
            }
        )
    return sorted(queue, key=lambda entry: entry["order"])


def _open_returns(period: ReportingPeriod) -> list[int]:
    """Return the report's id for every cell returned last and not answered. One query."""
    last = (
        CellReview.objects.filter(report__period=period, report__state=State.RETURNED)
        .order_by("report_id", "participant_id", "indicator_id", "cell", "-nth")
        .distinct("report_id", "participant_id", "indicator_id", "cell")
    )
    rows = last.values_list("report", "verdict", "answer")
    return [report for report, verdict, answer in rows if verdict == CellReview.Verdict.RETURNED and not answer]
