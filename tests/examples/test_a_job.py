"""How to test a job: run in the test's own process for what it does, by a real worker for that it is done."""

import pytest

from livelihood import jobs
from livelihood.models import Job
from supervision.models import Snapshot
from supervision.services import closing
from tests.supervision.months import report_month
from tests.support.processes import wait_until


@pytest.mark.django_db
def test_close_job_freezes_a_snapshot_once(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)

    # The request stores a row and rings the worker at commit, which a test that is rolled back never reaches …
    job = closing.request_close(period=period, without=[], by=city_officer)
    # … so the test does the worker's part. A job may be delivered twice: the second time there is nothing to do.
    taken = [jobs.run_job(job.pk), jobs.run_job(job.pk)]

    job.refresh_from_db()
    assert taken == [True, False]
    assert (job.state, Snapshot.objects.count()) == (Job.State.DONE, 1)


# cloned_db is a database of the test's own that is really committed to, so that other processes see it; the fixtures of
# the cast then write there. Tests with processes are marked slow by their fixtures (tests/conftest.py).
def test_worker_does_the_job_it_was_rung_for(celery_worker_process, period, participants, indicators, city_officer):
    celery_worker_process()
    report_month(period, participants, indicators, by=city_officer)

    job = closing.request_close(period=period, without=[], by=city_officer)

    # Wait for the state, never for a time.
    wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE, "the close job done")
    assert Snapshot.objects.filter(period=period).count() == 1
