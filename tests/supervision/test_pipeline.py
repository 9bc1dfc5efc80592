"""From a county's figures to a numbered paper, through a real broker and a real worker, killed or not."""

import datetime
import time
from contextlib import contextmanager
from decimal import Decimal

import docx
import pytest
from django.db import connections, transaction
from django.utils import timezone

from livelihood import jobs, seals
from livelihood.models import Job
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from supervision.models import Document, DocumentSeries, RenderedFile, Snapshot
from supervision.services import closing, documents
from supervision.services.verification import verify_all
from tests import factories
from tests.supervision.months import FIGURES, publish, report_month

pytestmark = pytest.mark.slow

ISSUED_ON = datetime.date(2020, 9, 29)


def wait_until(condition, what, *, seconds=30):
    """Wait for what another process does; fail by name when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s: {list(Job.objects.values())}"
        time.sleep(0.05)


def wait_for_jobs():
    """Wait until every job is done."""
    wait_until(lambda: not Job.objects.exclude(state="done").exists(), "all jobs done")


def test_month_from_the_clerks_form_to_the_numbered_paper(
    celery_worker_process, period, participants, indicators, clerk, head, city_officer
):
    worker = celery_worker_process()
    factories.plain_scheme(period.programme)
    county = participants["341222"]
    report = reports.report_for(period=period, participant=county, by=clerk)
    entries = [
        FigureEntry(county.pk, indicators[name].pk, "reported", Decimal(value))
        for name, value in FIGURES["341222"].items()
    ]
    record_figures(report=report, entries=entries, by=clerk, origin="form")
    for step, by in (
        (reports.sign_report, head),
        (reports.submit_report, clerk),
        (reports.approve_report, city_officer),
    ):
        report.refresh_from_db()
        step(report=report, by=by)
    report_month(period, participants, indicators, by=city_officer, without=["341222"])
    publish(period, indicators["里程"], "70.0", decimals=1, by=city_officer)

    closing.request_close(period=period, without=[], by=city_officer)
    wait_for_jobs()
    draft = Document.objects.get()
    documents.issue_document(document=draft, by=city_officer, issued_on=ISSUED_ON, number=8)
    wait_for_jobs()

    rendered = RenderedFile.objects.get(document=draft, version=2)
    texts = [paragraph.text for paragraph in docx.Document(rendered.file.path).paragraphs]
    assert "关于2020年1—8月份全市民生工程进展情况的通报" in "".join(texts)
    assert "民生办〔2020〕8号" in texts
    # 60 / 100 = 60.0 and 150 / 200 = 75.0 against 70.0
    first_list = next(text for text in texts if "低于全省（" in text)
    assert first_list == ("（一）农村道路。牵头单位：市交通运输局。里程低于全省（70.0%）平均进度的有：太和县60.0%。")
    period.refresh_from_db()
    assert (period.state, Snapshot.objects.count()) == ("issued", 1)
    seals.seal_events()
    assert not any(verify_all().values())
    assert "Traceback" not in worker.text()


@contextmanager
def held(statement):
    """Hold a lock in a transaction of another role, so that the worker stops at a known point."""
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
    ("statement", "committed"),
    [
        # Before the commit: the period is closed and the snapshot written, the paper is being stored.
        pytest.param("LOCK TABLE document IN SHARE MODE", False, id="while_storing_the_paper", marks=pytest.mark.long),
        # In the commit itself: foreign keys are checked, then all of it stands though nobody is told.
        pytest.param("SELECT 1 FROM document_series FOR UPDATE", True, id="while_committing"),
        # After the close: the file is written, its row is not.
        pytest.param("LOCK TABLE rendered_file IN SHARE MODE", True, id="while_rendering", marks=pytest.mark.long),
    ],
)
def test_worker_killed_during_the_close_leaves_one_snapshot_one_paper_one_number(
    statement, committed, celery_worker_process, office, period, participants, indicators, city_officer
):
    report_month(period, participants, indicators, by=city_officer)
    DocumentSeries.objects.create(agency=office, word="民生办", year=2020)
    worker = celery_worker_process()

    with held(statement):
        closing.request_close(period=period, without=[], by=city_officer)
        wait_until(waits_for_a_lock, "the worker at the lock")
        worker.kill()
    wait_until(lambda: Snapshot.objects.exists() == committed, f"a snapshot: {committed}")
    celery_worker_process()
    jobs.sweep(now=timezone.now() + 2 * jobs.LEASE)
    wait_for_jobs()
    # The lease of a rendering cut short runs out like any other.
    jobs.sweep(now=timezone.now() + 2 * jobs.LEASE)
    wait_for_jobs()
    documents.issue_document(document=Document.objects.get(), by=city_officer, issued_on=ISSUED_ON)
    wait_for_jobs()

    paper = Document.objects.select_related("series").get()
    assert Snapshot.objects.count() == 1
    assert (paper.state, paper.printed_number, paper.series.last_number) == ("issued", "民生办〔2020〕1号", 1)
    assert sorted(RenderedFile.objects.values_list("document", "version")) == [(paper.pk, 1), (paper.pk, 2)]
    assert Job.objects.filter(kind="close_month").count() == 1
    assert not any(verify_all().values())


def test_ring_lost_by_the_broker_is_found_by_the_sweep(
    celery_worker_process, broker, period, participants, indicators, city_officer
):
    report_month(period, participants, indicators, by=city_officer)
    closing.request_close(period=period, without=[], by=city_officer)
    broker.flushdb()
    celery_worker_process()

    assert not Snapshot.objects.exists()
    jobs.sweep(now=timezone.now() + 2 * jobs.UNANSWERED)
    wait_for_jobs()

    assert (Snapshot.objects.count(), Document.objects.count(), RenderedFile.objects.count()) == (1, 1, 1)
