"""Jobs are rows: one per key, taken once, taken back from a dead worker, given up after three."""

import datetime
import threading

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from livelihood import jobs, registry
from livelihood.models import AuditEvent, Job
from livelihood.services import Refused
from tests.factories import UserFactory


@pytest.fixture
def runs(monkeypatch):
    """Payloads seen by jobs of kind "noted"; a job may be told to fail by its payload."""
    seen = []

    def noted(job):
        seen.append(job.payload)
        if job.payload.get("refuse"):
            raise Refused("还有1个单位没有报送。")
        if job.payload.get("break"):
            raise ValueError("defect")
        if job.payload.get("disconnect"):
            raise OperationalError("server closed the connection")
        if job.payload.get("in_use"):
            raise jobs.JobPostponed
        if job.payload.get("cancel"):
            jobs.cancel_job(job=job, by=job.queued_by)
            jobs.note_progress(job, 50)
            seen.append("went on")
        return {"seen": len(seen)}

    monkeypatch.setitem(registry._jobs, "noted", noted)
    monkeypatch.setattr(registry, "_stopping", {"noted"})
    return seen


@pytest.fixture
def rung(monkeypatch):
    """Job ids the bell was rung for."""
    ids = []
    monkeypatch.setattr(jobs, "ring", ids.append)
    return ids


@pytest.fixture
def broker(monkeypatch):
    """What the broker was told, in order."""
    from livelihood.tasks import run_job

    told = []
    monkeypatch.setattr(run_job, "apply_async", lambda **options: told.append(options))
    return told


def queue(key="one", by=None, **payload):
    return jobs.enqueue(kind="noted", key=key, payload=payload, by=by or UserFactory())


@pytest.mark.django_db
def test_job_run_once_is_done_with_its_result(runs):
    job = queue(month=8)

    taken = jobs.run_job(job.pk)

    job.refresh_from_db()
    assert taken
    assert runs == [{"month": 8}]
    assert (job.state, job.progress, job.result, job.attempts, job.lease_until) == ("done", 100, {"seen": 1}, 1, None)
    assert AuditEvent.objects.filter(verb="finish_job", target_id=str(job.pk)).count() == 1


@pytest.mark.django_db
def test_job_delivered_twice_runs_once(runs):
    job = queue()

    assert jobs.run_job(job.pk)
    assert not jobs.run_job(job.pk)

    assert len(runs) == 1


@pytest.mark.django_db
def test_enqueue_of_a_known_key_returns_the_same_row(runs):
    first = queue("same", n=1)

    second = queue("same", n=2)

    assert second.pk == first.pk
    assert second.payload == {"n": 1}
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_enqueue_of_a_done_job_does_not_run_it_again(runs, rung, django_capture_on_commit_callbacks):
    job = queue("same")
    jobs.run_job(job.pk)

    with django_capture_on_commit_callbacks(execute=True):
        again = queue("same")

    assert (again.pk, again.state) == (job.pk, "done")
    assert rung == []


@pytest.mark.django_db
def test_enqueue_of_a_failed_job_queues_it_again_with_the_new_payload(runs, rung, django_capture_on_commit_callbacks):
    job = queue("same", refuse=True)
    jobs.run_job(job.pk)

    with django_capture_on_commit_callbacks(execute=True):
        again = queue("same", n=2)

    assert (again.pk, again.state, again.payload, again.attempts, again.error) == (job.pk, "queued", {"n": 2}, 0, "")
    assert rung == [job.pk]


@pytest.mark.django_db
def test_job_cancelled_while_it_runs_stops_at_its_next_step_and_can_be_queued_again(runs, rung):
    job = queue("same", cancel=True)

    jobs.run_job(job.pk)
    job.refresh_from_db()
    cancelled = (job.state, job.lease_until, runs)
    again = queue("same")

    assert cancelled == ("cancelled", None, [{"cancel": True}])
    assert again.state == "queued"
    assert AuditEvent.objects.filter(verb="cancel_job", target_id=str(job.pk)).count() == 1


@pytest.mark.django_db
def test_job_that_waits_is_cancelled_and_never_taken_and_one_that_is_over_is_not(runs):
    waiting, done = queue("waiting"), queue("done")
    jobs.run_job(done.pk)
    other = jobs.enqueue(kind="whole", key="1", payload={}, by=waiting.queued_by)

    jobs.cancel_job(job=waiting, by=waiting.queued_by)

    assert not jobs.run_job(waiting.pk)
    with pytest.raises(Refused, match="已经结束"):
        jobs.cancel_job(job=done, by=done.queued_by)
    with pytest.raises(Refused, match="不能中途取消"):
        jobs.cancel_job(job=other, by=other.queued_by)
    assert len(runs) == 1


@pytest.mark.django_db
def test_bell_rings_only_after_commit(rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        queue()

    assert rung == []
    assert len(callbacks) == 1


@pytest.mark.django_db
def test_job_of_a_transaction_rolled_back_leaves_no_row():
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)

    assert not Job.objects.exists()


@pytest.mark.django_db
def test_refused_job_fails_with_the_sentence(runs):
    job = queue(refuse=True)

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error, job.lease_until) == ("failed", "还有1个单位没有报送。", None)


@pytest.mark.django_db
def test_job_with_a_defect_fails_with_a_chinese_sentence(runs):
    job = queue(**{"break": True})

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error == "系统出错，任务没有完成（ValueError）。请告诉系统管理员。"


@pytest.mark.django_db
def test_job_that_finds_in_use_what_it_needs_waits_shortly_and_was_not_tried(runs, broker):
    job = queue(in_use=True)

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease_until) == ("queued", 0, None)
    assert [(ring["args"], ring["countdown"]) for ring in broker] == [([job.pk], 2)]


@pytest.mark.django_db
def test_jobs_put_behind_come_after_what_is_asked_for_later(broker):
    early = queue("early")
    jobs.put_behind("noted")
    late = queue("late")

    jobs.ring(early.pk)
    jobs.ring(late.pk)

    assert [(ring["args"], ring["priority"]) for ring in broker] == [([early.pk], 9), ([late.pk], 0)]


@pytest.mark.django_db
def test_job_that_lost_the_database_waits_for_the_sweep(runs, rung):
    job = queue(disconnect=True)

    with pytest.raises(OperationalError):
        jobs.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "running"
    assert jobs.sweep(now=timezone.now() + jobs.LEASE * 2)["requeued"] == 1


def held_by_a_dead_worker(attempts=1):
    job = queue()
    Job.objects.filter(pk=job.pk).update(
        state="running", attempts=attempts, lease_until=timezone.now() - datetime.timedelta(seconds=1)
    )
    return job


@pytest.mark.django_db
def test_sweep_takes_back_an_expired_lease_and_rings(runs, rung):
    job = held_by_a_dead_worker()

    swept = jobs.sweep()

    job.refresh_from_db()
    assert swept == {"requeued": 1, "given_up": 0, "rung": 1}
    assert (job.state, job.lease_until, rung) == ("queued", None, [job.pk])
    assert jobs.run_job(job.pk)


@pytest.mark.django_db
def test_sweep_leaves_a_running_job_with_a_lease_alone(rung):
    job = queue()
    Job.objects.filter(pk=job.pk).update(state="running", lease_until=timezone.now() + jobs.LEASE)

    assert jobs.sweep() == {"requeued": 0, "given_up": 0, "rung": 0}


@pytest.mark.django_db
def test_sweep_gives_up_after_three_dead_workers(rung):
    job = held_by_a_dead_worker(attempts=3)

    assert jobs.sweep()["given_up"] == 1

    job.refresh_from_db()
    assert job.state == "failed"
    assert "执行中断了3次" in job.error


@pytest.mark.django_db
def test_sweep_rings_for_a_job_the_broker_forgot(rung):
    job = queue()

    assert jobs.sweep()["rung"] == 0
    assert jobs.sweep(now=timezone.now() + jobs.UNANSWERED * 2)["rung"] == 1
    assert rung == [job.pk]


@pytest.mark.django_db
def test_worker_that_lost_its_lease_does_not_overwrite_the_second_attempt(runs):
    job = queue()
    first_attempt = Job(pk=job.pk, attempts=1, queued_by=job.queued_by)
    Job.objects.filter(pk=job.pk).update(state="running", attempts=2, lease_until=timezone.now() + jobs.LEASE)

    jobs._finish(first_attempt, state="done", progress=100, result={})
    jobs.note_progress(first_attempt, 50)

    job.refresh_from_db()
    assert (job.state, job.progress) == ("running", 0)


@pytest.mark.django_db
def test_progress_only_rises_and_renews_the_lease():
    job = queue()
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1, lease_until=timezone.now())
    job.refresh_from_db()
    before = job.lease_until

    jobs.note_progress(job, 60)
    jobs.note_progress(job, 30)

    job.refresh_from_db()
    assert job.progress == 60
    assert job.lease_until > before


@pytest.mark.django_db
def test_broker_that_does_not_answer_costs_nothing(settings, monkeypatch):
    from livelihood.tasks import run_job

    def refuse(**options):
        raise ConnectionError("no broker")

    monkeypatch.setattr(run_job, "apply_async", refuse)

    jobs.ring(1)


def test_two_workers_at_once_run_a_job_once(cloned_db, runs):
    job = queue()
    barrier = threading.Barrier(4)
    outcomes = []

    def work():
        try:
            barrier.wait()
            outcomes.append(jobs.run_job(job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [False, False, False, True]
    assert len(runs) == 1


def test_lease_is_renewed_while_the_job_runs(cloned_db, monkeypatch):
    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.05)
    leases = []

    def slow(job):
        threading.Event().wait(0.4)
        leases.append(Job.objects.get(pk=job.pk).lease_until)

    monkeypatch.setitem(registry._jobs, "noted", slow)
    job = queue()
    started = timezone.now()

    jobs.run_job(job.pk)

    assert leases[0] > started + jobs.LEASE
