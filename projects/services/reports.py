"""Writes of reports: signed, submitted, withdrawn, approved, returned.

Every step locks the report, compares state and version with what the person saw, and refuses when somebody
was faster. What was signed is what is submitted and approved: a SHA-256 over all parts binds the steps.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Now

from livelihood.access import NotAllowed
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event, record_events
from projects import parts, rights
from projects.bureaus import unsigned_bureaus
from projects.content import content_hash, group_hashes
from projects.content import content_hashes as content_hashes
from projects.models import Participant, Programme, Report, ReportApproval, ReportingPeriod
from projects.save_sql import RECEIVED
from projects.services.participants import require_in_force
from projects.services.report_locks import is_whole, lock_reports, require_changeable

State = Report.State

#: verb → (states it starts from, state it leads to, Chinese name).
TRANSITIONS = {
    "sign": ({State.DRAFT, State.RETURNED}, State.SIGNED, "签字"),
    "submit": ({State.SIGNED}, State.SUBMITTED, "提交"),
    "withdraw": ({State.SIGNED, State.SUBMITTED}, State.DRAFT, "撤回"),
    "approve": ({State.SUBMITTED}, State.APPROVED, "审核通过"),
    "return": ({State.SUBMITTED, State.APPROVED}, State.RETURNED, "退回"),
    "receive": ({State.DRAFT, State.RETURNED}, State.SUBMITTED, "代收"),
}

#: verb → why somebody else cannot do it; {office}: how the office that runs the programme is called.
REFUSALS = {
    "sign": "只有本单位的审核人可以签字。",
    "submit": "只有本单位的填报人和审核人可以提交月报。",
    "withdraw": "只有本单位的填报人和审核人可以撤回月报。",
    "approve": "只有{office}可以审核月报。",
    "return": "只有{office}可以退回月报。",
    "receive": "只有{office}可以代收月报。",
}


def open_verbs(report: Report, user: User) -> list[str]:
    """Return the steps the user could take with the report in its present state; at most one query."""
    if is_whole(report):
        return []
    held = rights.parts_in(user, report)
    return [
        verb
        for verb, (sources, _, _) in TRANSITIONS.items()
        if report.state in sources and held & rights.VERB_ROLES[verb]
    ]


def blockers(report: Report) -> list[str]:
    """Return what still stands between the report and a signature, over all parts."""
    return blockers_of([report])[report.pk]


def blockers_of(reports: Iterable[Report]) -> dict[int, list[str]]:
    """Return the same of several reports of one period, by id; as many queries as for one."""
    reports = list(reports)
    found: dict[int, list[str]] = {report.pk: [] for report in reports}
    for part in parts.registered():
        for pk, sentences in part.check_many(reports).items():
            found[pk] += sentences
    return found


def report_for(
    *, period: ReportingPeriod, participant: Participant | None = None, agency: Agency | None = None, by: User
) -> Report:
    """Return the reporter's report of the period, made as an empty draft when there is none yet.

    The whole's report is made approved: the city office fills it and nobody else reviews it. Raises Refused
    for a reporter of another programme or a closed period, NotAllowed for somebody else's report.
    """
    [report] = reports_for(period=period, reporters=[(participant, agency)], by=by)
    return report


@transaction.atomic
def reports_for(
    *, period: ReportingPeriod, reporters: Iterable[tuple[Participant | None, Agency | None]], by: User
) -> list[Report]:
    """Return the reports of several reporters, each as `report_for` does; the queries do not grow with them."""
    reporters = list(reporters)
    found = _reports_of(period, reporters)
    reports = [found.get(_ids(one)) or Report(period=period, participant=one[0], agency=one[1]) for one in reporters]
    if not all(rights.fill_scope(by, report) for report in reports):
        raise NotAllowed("这份月报不由您填报。")
    require_in_force(period, (participant for participant, _ in reporters))
    missing = [report for report in reports if not report.pk]
    if not missing:
        return reports
    for report in missing:
        _require_reporter(period, report.participant, report.agency)
        require_changeable(report)
    create_reports(
        period=period,
        by=by,
        participants=[report.participant for report in missing if report.participant],
        agencies=[report.agency for report in missing if report.agency],
    )
    found = _reports_of(period, reporters)
    opened = [found[report.participant_id, report.agency_id] for report in missing]
    record_events(by=by, verb="open_report", afters={report: {} for report in opened})
    return [found[_ids(one)] for one in reporters]


def _reports_of(period: ReportingPeriod, reporters: list) -> dict[tuple[int | None, int | None], Report]:
    """Return the reporters' reports by the ids of participant and agency. One query."""
    places = Q(participant__in=[one for one, _ in reporters if one], agency=None)
    places |= Q(agency__in=[one for _, one in reporters if one], participant=None)
    found = Report.objects.select_related("period__programme", "participant", "agency").filter(places, period=period)
    return {(report.participant_id, report.agency_id): report for report in found}


def _ids(reporter: tuple[Participant | None, Agency | None]) -> tuple[int | None, int | None]:
    return tuple(one and one.pk for one in reporter)


def create_reports(*, period: ReportingPeriod, by: User, participants=None, agencies=None) -> None:
    """Make the missing drafts of the period in the caller's transaction, for all reporters unless some are named.

    Reporters are the participants in force, or the agencies that lead a sub-project where agencies report;
    the whole has a report in either case, which stands approved from the start.
    """
    by_agency = period.programme.reporting_by == Programme.ReportingBy.AGENCY
    if participants is None:
        participants = Participant.objects.filter(programme=period.programme).active_on(period.ends_on)
        if by_agency:
            participants = participants.filter(kind=Participant.Kind.WHOLE)
    if agencies is None:
        leads = Agency.objects.filter(led_sub_projects__project__programme=period.programme).distinct()
        agencies = leads if by_agency else []
    made = [Report(period=period, participant=row) for row in participants]
    made += [Report(period=period, agency=row) for row in agencies]
    # Two people may open the same report at once; the second finds the first one's.
    Report.objects.bulk_create(made, ignore_conflicts=True)
    for report in Report.objects.filter(
        period=period, participant__kind=Participant.Kind.WHOLE, state=State.DRAFT
    ).select_related("period__programme", "participant"):
        approve_whole(report=report, by=by)


def sign_report(*, report: Report, by: User) -> Report:
    """签字: the head vouches for the content as it stands. Refused while a part has errors.

    Bureaus that have not signed, or whose cells changed since, do not block; the audit event names them.
    """
    return _move(report, "sign", by=by)


def submit_report(*, report: Report, by: User) -> Report:
    """提交: hand the signed report to the city office. Refused when its content is not what was signed."""
    return _move(report, "submit", by=by)


def withdraw_report(*, report: Report, by: User) -> Report:
    """撤回: take the report back before it is approved; it has to be signed and submitted anew."""
    return _move(report, "withdraw", by=by)


def approve_report(*, report: Report, by: User, reason: str = "") -> Report:
    """审核通过: bound to the content; refused when that is no longer what was submitted."""
    return _move(report, "approve", by=by, reason=reason)


def return_report(*, report: Report, by: User, reason: str, details: dict | None = None) -> Report:
    """退回: back to the reporter with a reason; also an approved one, as long as its period is open.

    `details` goes into the audit event: which cells it is about.
    """
    return _move(report, "return", by=by, reason=reason, details=details)


def receive_report(*, report: Report, by: User) -> Report:
    """代收: the city office takes in a return that came on paper or as a file; it stands as submitted, unsigned."""
    receive_reports(reports=[report], by=by)
    report.refresh_from_db()
    return report


@transaction.atomic
def receive_reports(*, reports: Iterable[Report], by: User) -> None:
    """Take in several at once, all or none; those given are not brought up to date.

    The queries grow neither with the reports nor with what is in them.
    """
    locked = _locked_for("receive", reports, by).values()
    if not locked:
        return
    hashes = group_hashes(locked, {(report.pk, None): None for report in locked})
    _require_no_blockers(locked, "receive")
    shas = {report: hashes[report.pk, None] for report in locked}
    RECEIVED.run(reports=[report.pk for report in shas], hashes=list(shas.values()), by=by.pk)
    record_events(
        by=by,
        verb="receive_report",
        befores={report: {"state": report.state} for report in shas},
        afters={report: {"state": State.SUBMITTED.value, "sha256": sha256} for report, sha256 in shas.items()},
    )


def approve_whole(*, report: Report, by: User) -> None:
    """Approve the whole's report anew in the caller's transaction, which has locked it and changed its figures."""
    sha256 = content_hash(report)
    Report.objects.filter(pk=report.pk).update(
        state=State.APPROVED, content_sha256=sha256, return_reason="", version=F("version") + 1
    )
    _add_verdict(report, sha256, ReportApproval.Verdict.APPROVED, "", by)


@transaction.atomic
def _move(report: Report, verb: str, *, by: User, reason: str = "", details: dict | None = None) -> Report:
    """Carry out one transition and bring `report` up to date; but for `receive_reports` all states change here."""
    sources, target, name = TRANSITIONS[verb]
    shown, seen = report, report.version
    if verb == "return" and rights.may(by, verb, report) and not reason.strip():
        raise Refused("退回要写明原因，填报单位才知道改什么。")
    report = _locked_for(verb, [report], by)[report.pk]
    sha256 = content_hash(report)
    if verb == "sign":
        _require_no_blockers([report], verb)
    if verb in ("submit", "approve") and sha256 != report.content_sha256:
        before = "签字" if verb == "submit" else "提交"
        raise Refused(
            f"{before}之后内容有改动，不能{name}。请先{'撤回' if verb == 'submit' else '退回'}，核对后重新签字。"
        )
    if verb == "sign" and (unsigned := unsigned_bureaus(report)):
        details = {"unsigned": unsigned} | (details or {})
    changed = Report.objects.filter(pk=report.pk, state__in=sources, version=seen).update(
        state=target, version=F("version") + 1, **_columns(verb, sha256, by, reason)
    )
    if not changed:
        raise InvalidTransition(_overtaken(report, name, sources))
    if verb in ("approve", "return"):
        verdict = ReportApproval.Verdict.APPROVED if verb == "approve" else ReportApproval.Verdict.RETURNED
        _add_verdict(report, sha256, verdict, reason, by)
    record_event(
        by=by,
        verb=f"{verb}_report",
        target=report,
        before={"state": report.state},
        after={"state": target.value, "sha256": sha256} | (details or {}),
        reason=reason,
    )
    shown.refresh_from_db()
    return shown


def _locked_for(verb: str, reports: Iterable[Report], by: User) -> dict[int, Report]:
    """Return the reports by id as they are now, locked, if the person may take the step with all of them.

    Raises NotAllowed, Refused, and InvalidTransition where one is not what the person saw. Two queries; where the
    period is closed one more for each.
    """
    sources, _, name = TRANSITIONS[verb]
    shown = {report.pk: report for report in reports}
    if not all(rights.may(by, verb, report) for report in shown.values()):
        # Those of one call are of one period.
        raise NotAllowed(REFUSALS[verb].format(office=next(iter(shown.values())).period.programme.owner.office_word))
    locked = lock_reports(shown.values())
    for pk, report in locked.items():
        if is_whole(report):
            raise Refused(f"全域的数由{report.period.programme.owner.office_word}直接录入，不用签字、提交和审核。")
        if report.state not in sources or report.version != shown[pk].version:
            raise InvalidTransition(_overtaken(report, name, sources))
        require_changeable(report, expired_too=verb in ("approve", "return"))
    return locked


def _require_no_blockers(reports: Iterable[Report], verb: str) -> None:
    reports = list(reports)
    found = blockers_of(reports)
    for report in reports:
        if reasons := found[report.pk]:
            whose = f"{report.participant or report.agency}" if len(reports) > 1 else ""
            raise Refused(f"{whose}还不能{TRANSITIONS[verb][2]}：{'；'.join(reasons)}。")


def _columns(verb: str, sha256: str, by: User, reason: str) -> dict:
    """Return what a verb writes beside the state.

    A returned report keeps the moment of its first submission, by which lateness is judged.
    """
    return {
        "sign": {"signed_at": Now(), "signed_by": by, "content_sha256": sha256},
        "submit": {
            "submitted_at": Coalesce(F("submitted_at"), Now()),
            "submitted_by": Coalesce(F("submitted_by"), by.pk),
            "return_reason": "",
        },
        "withdraw": {
            "signed_at": None,
            "signed_by": None,
            "submitted_at": None,
            "submitted_by": None,
            "content_sha256": "",
        },
        "approve": {},
        "return": {"return_reason": reason.strip(), "signed_at": None, "signed_by": None},
    }[verb]


def _add_verdict(report: Report, sha256: str, verdict: str, reason: str, by: User) -> None:
    """Append the verdict; numbered under the report's lock."""
    last = ReportApproval.objects.filter(report=report).aggregate(last=Max("nth"))["last"] or 0
    ReportApproval.objects.create(
        report=report, nth=last + 1, sha256=sha256, verdict=verdict, reason=reason.strip(), decided_by=by
    )


def _overtaken(report: Report, name: str, sources: Iterable[str]) -> str:
    """Say why the step does not fit the report as it is now."""
    word = report.get_state_display()
    if report.state in sources:
        return f"这份月报在您打开页面之后有改动，没有{name}。请看过现在的内容再办。"
    if report.state == State.DRAFT and name == "提交":
        return "这份月报还没有签字，不能提交。请先由审核人签字。"
    return f"这份月报现在是“{word}”，不能{name}。请刷新页面看最新情况。"


def _require_reporter(period: ReportingPeriod, participant: Participant | None, agency: Agency | None) -> None:
    """Raise Refused unless exactly one reporter of the period's programme is named."""
    programme = period.programme
    if (participant is None) == (agency is None):
        raise Refused("月报由一个考核单位或一个部门报送。")
    if participant and participant.programme_id != programme.pk:
        raise Refused(f"{participant}不是“{programme.name}”的考核单位。")
    by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
    if agency and not by_agency:
        raise Refused(f"“{programme.name}”由考核单位报送，不由部门报送。")
    if participant and by_agency and participant.kind != Participant.Kind.WHOLE:
        raise Refused(f"“{programme.name}”由牵头部门报送，不由考核单位报送。")
