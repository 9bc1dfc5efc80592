"""From a county's figures to a numbered paper, through a real broker and a real worker, killed or not."""

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
from supervision.models import Check, Document, DocumentSeries, RenderedFile, Snapshot
from supervision.services import closing
from supervision.services.papers.rendering import formats_of
from supervision.services.verification import verify_all
from tests import factories
from tests.supervision.months import FIGURES, issue, publish, report_month

pytestmark = pytest.mark.slow


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
    publish(period, indicators["里程"], "70.5", decimals=1, by=city_officer)

    closing.request_close(period=period, without=[], by=city_officer)
    wait_for_jobs()
    draft = Document.objects.get()
    issue(draft, by=city_officer, number=8)
    wait_for_jobs()

    rendered = RenderedFile.objects.get(document=draft, version=2, format="docx")
    texts = [paragraph.text for paragraph in docx.Document(rendered.file.path).paragraphs]
    assert "关于2020年1—8月份全市民生工程进展情况的通报" in "".join(texts)
    assert "民生办〔2020〕8号" in texts
    # 60 / 100 = 60.0 and 150 / 200 = 75.0 against 70.5; the whole is below with 210 / 300 = 70.0
    first_list = next(text for text in texts if "低于全省（" in text)
    assert first_list == ("农村道路。牵头单位：市交通运输局。里程低于全省（70.5%）平均进度的有：太和县60.0%。")
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


#: Where the worker is held and killed: what somebody else's lock makes it wait for, and whether the close stands then.
STOPS = {
    # Before anything is written: the reports, then the period are locked.
    "locking_the_reports": ("LOCK TABLE report IN EXCLUSIVE MODE", False),
    "locking_the_period": ("SELECT 1 FROM reporting_period FOR UPDATE", False),
    # 封账 is noted, the snapshot written table by table.
    "writing_the_close": ("LOCK TABLE reporting_period IN SHARE MODE", False),
    "writing_lines": ("LOCK TABLE snapshot_line IN SHARE MODE", False),
    "writing_units": ("LOCK TABLE snapshot_unit IN SHARE MODE", False),
    "writing_money": ("LOCK TABLE snapshot_fund IN SHARE MODE", False),
    "writing_rates_of_money": ("LOCK TABLE snapshot_fund_rate IN SHARE MODE", False),
    "writing_the_head": ("LOCK TABLE snapshot IN SHARE MODE", False),
    # The paper, the checks, the rules.
    "finding_the_series": ("LOCK TABLE document_series IN ACCESS EXCLUSIVE MODE", False),
    "reading_who_was_late": ("LOCK TABLE report_approval IN ACCESS EXCLUSIVE MODE", False),
    "storing_the_paper": ("LOCK TABLE document IN SHARE MODE", False),
    "reading_the_settings": ("LOCK TABLE paper_style IN ACCESS EXCLUSIVE MODE", False),
    "reading_the_calendar": ("LOCK TABLE calendar_day IN ACCESS EXCLUSIVE MODE", False),
    "opening_the_checks": ("LOCK TABLE snapshot_check IN SHARE MODE", False),
    "asking_the_rules": ("LOCK TABLE oversight_rule IN ACCESS EXCLUSIVE MODE", False),
    # In the commit itself: foreign keys are checked, then all of it stands though nobody is told.
    "committing_the_paper": ("SELECT 1 FROM document_series FOR UPDATE", True),
    "committing_the_lines": ("SELECT 1 FROM indicator FOR UPDATE", True),
    "committing_the_units": ("SELECT 1 FROM participant FOR UPDATE", True),
    "committing_the_checks": ("SELECT 1 FROM agency FOR UPDATE", True),
    # After the close: the file is written, its row is not.
    "rendering": ("LOCK TABLE rendered_file IN SHARE MODE", True),
}
#: One before the commit, one in it, one after it; the others in the long run.
SHORT = ("opening_the_checks", "committing_the_paper", "rendering")


@pytest.mark.parametrize(
    "stop", [pytest.param(name, marks=() if name in SHORT else pytest.mark.long, id=name) for name in STOPS]
)
def test_worker_killed_during_the_close_leaves_one_snapshot_one_paper_one_number(
    stop, celery_worker_process, office, period, participants, indicators, city_officer
):
    statement, committed = STOPS[stop]
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
    issue(Document.objects.get(), by=city_officer)
    wait_for_jobs()

    paper = Document.objects.select_related("series").get()
    assert Snapshot.objects.count() == 1
    # Three units and the lead agency.
    assert Check.objects.count() == 4
    assert (paper.state, paper.printed_number, paper.series.last_number) == ("issued", "民生办〔2020〕1号", 1)
    made = RenderedFile.objects.filter(document=paper).values_list("version", "format")
    assert sorted(made) == sorted((version, made_in) for version in (1, 2) for made_in in formats_of(paper))
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

    assert (Snapshot.objects.count(), Document.objects.count(), Check.objects.count()) == (1, 1, 4)
    assert RenderedFile.objects.count() == len(formats_of(Document.objects.get()))
