"""封账: refused until everybody is approved or named; one snapshot and one paper however often it is started."""

import datetime
import io
import json
import threading

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from livelihood import jobs
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent, Job, User
from livelihood.services import InvalidTransition, Refused
from projects.models import Figure, Report
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from projects.services.periods import reopen_period
from supervision.documents.paper import content_sha256
from supervision.models import Document, Snapshot
from supervision.services import closing
from tests import factories
from tests.supervision.months import FIGURES, close, issue, report_month, report_unit
from tests.support.worlds import world

pytestmark = pytest.mark.slow


@world
def approved(period, participants, indicators, city_officer):
    """All units approved."""
    report_month(period, participants, indicators, by=city_officer)
    return period


def run_command(*arguments):
    """Return exit code, stdout and stderr of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        return ended.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_blockers_are_the_units_with_a_task_that_are_not_approved(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282", "341200-own"])

    assert [(row.key, row.name, row.state) for row in closing.close_blockers(period)] == [
        ("341282", "界首市", "draft"),
        ("341200-own", "市本级", "draft"),
    ]


@pytest.mark.django_db
def test_unit_without_any_task_does_not_block(approved, programme):
    factories.ParticipantFactory(programme=programme, code="idle", printed_name="无任务县", order=9)

    assert closing.close_blockers(approved) == []


@pytest.mark.django_db
def test_r05_unit_with_undivided_shares_only_does_not_block(approved, programme, participants, indicators):
    """The shares of 里程 add up to the whole's 300: 无任务. A whole of 400 leaves 100 undivided, owed by nobody."""
    factories.ParticipantFactory(programme=programme, code="idle", printed_name="未分解县", order=9)
    factories.TargetFactory(
        indicator=indicators["里程"], participant=participants["341200"], revision=2, value=400, reason="调整"
    )

    assert closing.close_blockers(approved) == []


@pytest.mark.django_db
def test_whole_does_not_block(approved, participants):
    Report.objects.filter(period=approved, participant=participants["341200"]).delete()

    assert closing.close_blockers(approved) == []


@pytest.mark.django_db
def test_reporting_by_agency_waits_for_the_lead_agencies(programme, period, participants, indicators, lead_agency):
    programme.reporting_by = "agency"
    programme.save()
    period.refresh_from_db()

    assert [(row.key, row.name) for row in closing.close_blockers(period)] == [("市交通运输局", "市交通运输局")]


@pytest.mark.django_db
def test_close_with_somebody_missing_is_refused_by_name(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])

    with pytest.raises(closing.CloseRefused) as refusal:
        close(period, by=city_officer)

    assert refusal.value.reasons == ["界首市的月报还没有审核通过，现在是“填报中”。"]
    period.refresh_from_db()
    assert period.state == "open"
    assert not Snapshot.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("named", ["341282", "界首市"])
def test_close_without_a_named_unit_closes_and_notes_it(named, period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])

    closed = close(period, by=city_officer, without=[named])

    period.refresh_from_db()
    assert (period.state, period.closed_without) == ("closed", ["341282"])
    assert "界首市未报送。" in str(closed.document.content)


@pytest.mark.django_db
@pytest.mark.parametrize("unknown", ["999999", "341200", "太和"])
def test_close_without_an_unknown_unit_is_refused(unknown, approved, city_officer):
    with pytest.raises(closing.CloseRefused, match="不是本期应报送的单位"):
        close(approved, by=city_officer, without=[unknown])

    assert not Snapshot.objects.exists()


@pytest.mark.django_db
def test_close_makes_period_snapshot_and_draft_together(approved, city_officer):
    closed = close(approved, by=city_officer)

    approved.refresh_from_db()
    assert (approved.state, approved.closed_by) == ("closed", city_officer)
    assert (closed.snapshot.version, closed.document.state, closed.document.kind) == (1, "draft", "bulletin")
    assert closed.document.snapshot == closed.snapshot
    assert closed.document.number is None
    assert Job.objects.filter(kind="render_document", key=f"{closed.document.pk}:1:docx").exists()


@pytest.mark.django_db
def test_close_started_twice_gives_one_snapshot_and_one_document(approved, city_officer):
    first = close(approved, by=city_officer)
    second = close(approved, by=city_officer)

    assert (first.is_new, second.is_new) == (True, False)
    assert (second.snapshot, second.document) == (first.snapshot, first.document)
    assert (Snapshot.objects.count(), Document.objects.count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["clerk", "head", "leader", "lead_officer", "stranger"])
def test_close_by_somebody_else_is_not_allowed(person, approved, request):
    with pytest.raises(NotAllowed):
        close(approved, by=request.getfixturevalue(person))


@pytest.mark.django_db
def test_failure_while_drafting_leaves_the_period_open(approved, city_officer, monkeypatch):
    def fail(**options):
        raise RuntimeError("no paper")

    monkeypatch.setattr(closing, "draft_bulletin", fail)

    with pytest.raises(RuntimeError):
        close(approved, by=city_officer)

    approved.refresh_from_db()
    assert approved.state == "open"
    assert not Snapshot.objects.exists()


def reopen(period, participant, by, reason="里程录错"):
    return reopen_period(
        period=period,
        participants=[participant],
        until=timezone.now() + datetime.timedelta(days=1),
        reason=reason,
        by=by,
    )


@pytest.mark.django_db
def test_reopened_period_closed_again_makes_the_next_version(approved, participants, indicators, city_officer):
    first = close(approved, by=city_officer)
    reopen(approved, participants["341222"], city_officer)
    with pytest.raises(closing.CloseRefused, match="太和县"):
        close(approved, by=city_officer)
    report_unit(approved, participants["341222"], indicators, {"里程": "65"}, by=city_officer)

    second = close(approved, by=city_officer)

    assert (second.snapshot.version, second.snapshot.previous, second.snapshot.reason) == (
        2,
        first.snapshot,
        "里程录错",
    )
    assert (second.document.pk, second.document.version) == (first.document.pk, 2)
    assert Document.objects.count() == 1
    line = second.snapshot.lines.get(participant=participants["341222"], indicator=indicators["里程"])
    assert line.value == 65
    assert not approved.reopenings.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db
def test_r18_correction_after_issue_is_a_new_paper_that_names_the_old(approved, participants, indicators, city_officer):
    closed = close(approved, by=city_officer)
    issued = issue(closed.document, by=city_officer)
    reopen(approved, participants["341222"], city_officer)
    report_unit(approved, participants["341222"], indicators, {"里程": "65"}, by=city_officer)

    again = close(approved, by=city_officer)
    correction = issue(again.document, by=city_officer, issued_on=datetime.date(2020, 10, 9))

    issued.refresh_from_db()
    assert (correction.kind, correction.corrects, correction.number) == ("correction", issued, issued.number + 1)
    assert issued.printed_number in correction.content["lead"]["text"]
    assert content_sha256(issued.content) == issued.sha256
    assert closed.snapshot.lines.get(participant=participants["341222"], indicator=indicators["里程"]).value == 60


@pytest.mark.django_db
def test_figures_of_a_closed_period_cannot_be_saved(approved, participants, indicators, city_officer):
    close(approved, by=city_officer)
    report = Report.objects.get(period=approved, participant=participants["341222"])

    with pytest.raises(Refused, match="封账"):
        reports.return_report(report=report, by=city_officer, reason="改一下")
    with pytest.raises(Refused):
        record_figures(
            report=report,
            entries=[FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", 1)],
            by=city_officer,
            origin="form",
        )

    assert Figure.objects.get(report=report, indicator=indicators["里程"]).value == 60


@pytest.mark.django_db
def test_request_makes_one_job_however_often_it_is_pressed(approved, city_officer):
    first = closing.request_close(period=approved, without=[], by=city_officer)
    second = closing.request_close(period=approved, without=[], by=city_officer)

    jobs.run_job(first.pk)
    jobs.run_job(second.pk)

    first.refresh_from_db()
    assert first.pk == second.pk
    assert (first.state, first.result["version"]) == ("done", 1)
    assert Snapshot.objects.count() == 1


@pytest.mark.django_db
def test_job_that_ran_but_was_not_noted_finds_what_it_made(approved, city_officer):
    job = closing.request_close(period=approved, without=[], by=city_officer)
    close(approved, by=city_officer)

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result["document"]) == ("done", Document.objects.get().pk)


@pytest.mark.django_db
def test_job_overtaken_by_a_returned_report_fails_with_the_reason(approved, participants, city_officer):
    job = closing.request_close(period=approved, without=[], by=city_officer)
    report = Report.objects.get(period=approved, participant=participants["341222"])
    reports.return_report(report=report, by=city_officer, reason="与台账不一致")

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == "还不能封账：太和县的月报还没有审核通过，现在是“已退回”。"


@pytest.mark.django_db
def test_request_for_a_closed_period_is_refused(approved, city_officer):
    close(approved, by=city_officer)

    with pytest.raises(Refused, match="没有需要再次封账的改动"):
        closing.request_close(period=approved, without=[], by=city_officer)


@pytest.mark.django_db
def test_beat_asks_for_complete_periods_past_their_deadline(approved):
    outcome = closing.close_due_periods(now=approved.deadline + datetime.timedelta(minutes=1))

    job = Job.objects.get(kind="close_month")
    jobs.run_job(job.pk)
    approved.refresh_from_db()
    assert outcome["queued"] == [str(approved)]
    assert (approved.state, approved.closed_by.username) == ("closed", "system")


@pytest.mark.django_db
def test_beat_waits_for_the_grace_hours(approved):
    approved.grace_hours = 24
    approved.save()

    outcome = closing.close_due_periods(now=approved.due_at + datetime.timedelta(hours=23))

    assert outcome == {"queued": [], "waiting": []}


@pytest.mark.django_db
def test_beat_writes_down_once_what_is_missing(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    later = period.deadline + datetime.timedelta(hours=1)

    closing.close_due_periods(now=later)
    closing.close_due_periods(now=later)

    period.refresh_from_db()
    assert period.state == "open"
    assert [event.after for event in AuditEvent.objects.filter(verb="close_waits")] == [{"missing": ["界首市"]}]


@pytest.mark.django_db
def test_close_command_prints_what_it_made(approved):
    code, out, _ = run_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08")

    assert code == 0
    assert "2020年1—8月已封账：快照第1版，关于2020年1—8月份全市民生工程进展情况的通报。" in out


@pytest.mark.django_db
def test_close_command_twice_ends_well_and_says_so(approved):
    run_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08")

    code, out, _ = run_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08", "--json")

    document = json.loads(out)
    assert code == 0
    assert (document["refused"], document["closed_now"], document["snapshot"]["version"]) == (False, False, 1)
    assert Snapshot.objects.count() == 1


@pytest.mark.django_db
def test_close_command_with_somebody_missing_lists_them_and_ends_with_1(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282", "341200-own"])

    code, out, err = run_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08")
    json_code, json_out, _ = run_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08", "--json")

    assert (code, json_code, out) == (1, 1, "")
    assert "界首市的月报" in err
    assert "市本级的月报" in err
    document = json.loads(json_out)
    assert document["refused"] is True
    assert len(document["issues"]) == 2


@pytest.mark.django_db
def test_close_command_without_named_units_closes(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282", "341200-own"])

    code, out, _ = run_command(
        *("close_month", "--programme", "fuyang-2020", "--period", "2020-08"),
        *("--without", "341282", "341200-own", "--json"),
    )

    assert code == 0
    assert json.loads(out)["without"] == ["341282", "341200-own"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--programme", "nowhere", "--period", "2020-08"], "没有代码为“nowhere”的年度民生工程"),
        (["--programme", "fuyang-2020", "--period", "2020-09"], "没有填报期“2020-09”"),
        (["--programme", "fuyang-2020", "--period", "August"], "写得不对"),
        (["--programme", "fuyang-2020", "--period", "2020-08", "--without", "x"], "“x”不是本期应报送的单位"),
    ],
)
def test_close_command_with_something_unknown_ends_with_1(arguments, sentence, approved):
    code, _, err = run_command("close_month", *arguments)

    assert code == 1
    assert sentence in err
    assert not Snapshot.objects.exists()


def test_two_closes_at_once_give_one_snapshot_and_one_document(cloned_db, approved, city_officer):
    barrier = threading.Barrier(3)
    closed = []

    def work():
        try:
            barrier.wait()
            closed.append(close(approved, by=User.objects.get(pk=city_officer.pk)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcome.is_new for outcome in closed) == [False, False, True]
    assert (Snapshot.objects.count(), Document.objects.count()) == (1, 1)


def test_return_waiting_for_a_close_finds_the_period_closed(cloned_db, approved, participants, city_officer):
    """The close locks the reports first: a return that comes during it is refused, and the snapshot has the figures."""
    report = Report.objects.get(period=approved, participant=participants["341222"])
    started, refusals = threading.Event(), []

    def give_back():
        try:
            started.set()
            reports.return_report(report=report, by=User.objects.get(pk=city_officer.pk), reason="改一下")
        except (Refused, InvalidTransition) as refusal:
            refusals.append(str(refusal))
        finally:
            connection.close()

    thread = threading.Thread(target=give_back)
    original = closing.freeze_snapshot

    def freeze_while_somebody_returns(**options):
        thread.start()
        started.wait(10)
        thread.join(0.5)
        assert thread.is_alive()
        return original(**options)

    closing.freeze_snapshot = freeze_while_somebody_returns
    try:
        snapshot = close(approved, by=city_officer).snapshot
    finally:
        closing.freeze_snapshot = original
        thread.join(10)

    assert len(refusals) == 1
    assert snapshot.lines.filter(participant=participants["341222"], value__isnull=False).count() == len(
        FIGURES["341222"]
    )
