"""Many people issuing at once, and one killed while issuing: numbers are neither lost nor used twice."""

import datetime
import threading
from contextlib import contextmanager

import pytest
from django.db import connections, transaction

from livelihood import jobs
from livelihood.models import Job
from livelihood.services import InvalidTransition, Refused
from supervision.models import Document, DocumentSeries, RenderedFile
from supervision.services import documents
from supervision.services.verification import verify_all
from tests import factories
from tests.supervision.months import close, issue, report_month
from tests.support.processes import Process, wait_until

pytestmark = pytest.mark.slow

ISSUED_ON = datetime.date(2020, 12, 9)
ISSUERS = 8


@pytest.fixture
def drafts(cloned_db, indicators, programme, city_officer):
    """Eight reviewed drafts of eight months."""
    made = []
    for month in range(1, ISSUERS + 1):
        period = factories.PeriodFactory(programme=programme, month=month)
        draft = close(period, by=city_officer, without=["341222", "341282", "341200-own"]).document
        made.append(documents.review_document(document=draft, by=city_officer))
    return made


def at_once(works):
    """Carry out each in a thread and connection of its own, begun together; return what each gave, or its refusal."""
    barrier = threading.Barrier(len(works))
    outcomes = [None] * len(works)

    def run(nth, work):
        try:
            barrier.wait()
            outcomes[nth] = work()
        except Refused as refusal:
            outcomes[nth] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def issued_by(draft, by, **options):
    """Return what a thread does: issue this draft, read anew, by its own connection."""

    def work():
        paper = Document.objects.select_related("period__programme").get(pk=draft.pk)
        return documents.issue_document(document=paper, by=by, issued_on=ISSUED_ON, **options).number

    return work


def test_eight_issuers_at_once_get_eight_numbers_without_a_gap(drafts, city_officer):
    numbers = at_once([issued_by(draft, city_officer) for draft in drafts])

    series = DocumentSeries.objects.get()
    assert sorted(numbers) == list(range(1, ISSUERS + 1))
    assert (series.last_number, documents.missing_numbers(series)) == (ISSUERS, [])
    assert verify_all()["documents"] == []


def test_eight_issuers_with_one_typed_number_give_it_once_and_say_so(drafts, city_officer):
    """One gets 1号, the other seven are told by which paper; a void one and the rest leave no gap."""
    outcomes = at_once([issued_by(draft, city_officer, number=1) for draft in drafts])
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    first = Document.objects.get(number=1)
    documents.void_document(document=first, reason="同时签发，号用错", by=city_officer)
    for draft in drafts:
        if draft.pk != first.pk:
            documents.issue_document(document=draft, by=city_officer, issued_on=ISSUED_ON)

    series = DocumentSeries.objects.get()
    assert len(refused) == ISSUERS - 1
    assert all("民生办〔2020〕1号已用于《关于2020年" in str(refusal) for refusal in refused)
    used = Document.objects.order_by("number").values_list("number", "state")
    assert list(used) == [(1, "void"), *((number, "issued") for number in range(2, ISSUERS + 1))]
    assert documents.missing_numbers(series) == []


def test_eight_issuers_of_one_paper_issue_it_once(drafts, city_officer):
    outcomes = at_once([issued_by(drafts[0], city_officer)] * ISSUERS)

    assert sorted(map(str, outcomes)) == ["1", *["这份公文已经印发，文号是民生办〔2020〕1号。"] * (ISSUERS - 1)]


# -- killed -------------------------------------------------------------------------------------

SCRIPT = """
import datetime, sys, django
django.setup()
from livelihood.models import User
from supervision.models import Document
from supervision.services.documents import issue_document
issue_document(
    document=Document.objects.select_related("period__programme").get(pk=int(sys.argv[1])),
    by=User.objects.get(username="city_officer"),
    issued_on=datetime.date(2020, 9, 29),
    number=int(sys.argv[2]) if sys.argv[2] != "-" else None,
)
"""

#: Where the issuing process is held and killed, and whether the issue stands then.
STOPS = {
    "locking_the_month": ("SELECT 1 FROM reporting_period FOR UPDATE", False),
    "locking_the_paper": ("SELECT 1 FROM document FOR UPDATE", False),
    "asking_what_is_in_the_way": ("LOCK TABLE period_reopening IN ACCESS EXCLUSIVE MODE", False),
    "asking_the_averages": ("LOCK TABLE benchmark IN ACCESS EXCLUSIVE MODE", False),
    "locking_the_series": ("SELECT 1 FROM document_series FOR UPDATE", False),
    "taking_the_number": ("LOCK TABLE document_series IN SHARE MODE", False),
    "storing_the_paper": ("LOCK TABLE document IN SHARE MODE", False),
    "marking_the_month": ("LOCK TABLE reporting_period IN SHARE MODE", False),
    "noting_it": ("LOCK TABLE audit_event IN SHARE MODE", False),
    "queueing_the_files": ("LOCK TABLE job IN SHARE MODE", False),
    # In the commit itself: foreign keys are checked, then all of it stands though nobody is told.
    "committing": ("SELECT 1 FROM account FOR UPDATE", True),
}
SHORT = {("storing_the_paper", "-"), ("committing", "-")}


@contextmanager
def held(statement):
    """Hold a lock in a transaction of another role, so that a process stops at a known point."""
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)
        yield


def waits_for_a_lock():
    """Tell whether a process waits for somebody's lock in this database."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted "
            "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.parametrize(
    ("stop", "number"),
    [
        pytest.param(stop, number, marks=() if (stop, number) in SHORT else pytest.mark.long, id=f"{stop}{number}")
        for stop in STOPS
        for number in ("-", "1")
    ],
)
def test_issue_killed_anywhere_loses_no_number_and_gives_none_twice(
    stop, number, cloned_db, broker, tmp_path, period, participants, indicators, city_officer
):
    statement, committed = STOPS[stop]
    report_month(period, participants, indicators, by=city_officer)
    paper = documents.review_document(document=close(period, by=city_officer).document, by=city_officer)

    with held(statement):
        process = Process("-c", SCRIPT, str(paper.pk), number, log=tmp_path / "issue.log")
        process.wait_until(waits_for_a_lock)
        process.kill()
    wait_until(lambda: not waits_for_a_lock(), "the killed process's connection gone")
    wait_until(lambda: Document.objects.get().state == ("issued" if committed else "reviewed"), f"issued: {committed}")

    if committed:
        with pytest.raises(InvalidTransition, match="文号是民生办〔2020〕1号"):
            issue(paper, by=city_officer)
    else:
        assert DocumentSeries.objects.get().last_number == 0
        issue(paper, by=city_officer, number=None if number == "-" else int(number))
    paper.refresh_from_db()
    assert (paper.printed_number, paper.version, paper.period.state) == ("民生办〔2020〕1号", 2, "issued")
    assert Job.objects.filter(key__startswith=f"{paper.pk}:2:").count() == len(documents.formats_of(paper))
    assert verify_all()["documents"] == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("LOCK TABLE rendered_file IN SHARE MODE", id="storing_its_row"),
        pytest.param(
            "LOCK TABLE rendered_file IN ACCESS EXCLUSIVE MODE", id="looking_for_the_file", marks=pytest.mark.long
        ),
        pytest.param("LOCK TABLE paper_style IN ACCESS EXCLUSIVE MODE", id="reading_settings", marks=pytest.mark.long),
    ],
)
def test_worker_killed_while_rendering_leaves_the_paper_issued_and_the_file_is_made_again(
    statement, celery_worker_process, period, participants, indicators, city_officer
):
    report_month(period, participants, indicators, by=city_officer)
    paper = close(period, by=city_officer).document
    # The draft's own files are not asked about here.
    Job.objects.filter(kind="render_document").update(state="done")
    paper = issue(paper, by=city_officer)
    worker = celery_worker_process()

    with held(statement):
        jobs.ring(Job.objects.get(key=f"{paper.pk}:2:docx").pk)
        wait_until(waits_for_a_lock, "the worker at the lock")
        worker.kill()
    celery_worker_process()
    jobs.sweep(now=datetime.datetime.now(datetime.UTC) + 2 * jobs.LEASE)

    made = RenderedFile.objects.filter(document=paper, version=2)
    wait_until(lambda: made.filter(format="docx").exists(), "the .docx")
    assert Document.objects.get().printed_number == "民生办〔2020〕1号"
    assert made.filter(format="docx").count() == 1
