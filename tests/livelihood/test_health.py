"""Alive, ready, and what the system administrator is told: each failure brought about for real."""

import datetime
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from livelihood import celery, embedded, health, tasks
from livelihood.models import Job
from tests.support import databases, production

NAMES = ["database", "migrations", "broker", "worker", "disk"]
LATEST = "SELECT max(id) FROM django_migrations WHERE app = 'supervision'"


@pytest.fixture
def private_broker(var, settings):
    """A broker of this test's own, with a worker's heartbeat in it."""
    servers = embedded.Servers(var)
    servers.ensure_valkey()
    settings.CELERY_BROKER_URL = embedded.broker_url(var)
    health.note_heartbeat()
    return servers


@pytest.fixture
def empty_database(cloned_db):
    """A database that nobody has migrated, and all connections on it."""
    name = f"{cloned_db}_empty"
    databases.test_servers().query(f"CREATE DATABASE {name} OWNER {embedded.OWNER_ROLE}")
    databases.point_connections_at(name)
    yield name
    databases.point_connections_at(cloned_db)
    databases.drop_database(name)


def readyz(client):
    response = client.get("/readyz")
    return response.status_code, json.loads(response.content)


def text_of_status(client, person):
    client.force_login(person)
    return client.get("/status/").content.decode()


def test_healthz_answers_without_asking_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert "no-store" in response["Cache-Control"]


def test_readyz_when_all_is_well_says_so_and_nothing_more(client, db, private_broker):
    status, answer = readyz(client)

    assert status == 200
    assert answer == {"status": "ready", "checks": dict.fromkeys(NAMES, True)}


def test_status_page_when_all_is_well_says_so(client, private_broker, system_admin):
    Job.objects.create(kind="tidy", key="looked-at", state="failed", error="磁盘满了。", queued_by=system_admin)

    text = text_of_status(client, system_admin)

    assert "各项正常，可以使用。" in text
    assert text.count("✓ 正常") == 5
    assert "tidy looked-at" in text
    assert "磁盘满了。" in text


@pytest.mark.slow
def test_broker_that_died_shows_in_readyz_and_on_the_status_page(client, private_broker, system_admin):
    private_broker.stop_servers()

    status, answer = readyz(client)
    text = text_of_status(client, system_admin)

    assert status == 503
    assert answer["checks"] == {"database": True, "migrations": True, "broker": False, "worker": False, "disk": True}
    assert "消息服务（Redis）没有应答。" in text
    assert "请看 Redis 是否在运行、REDIS_URL 是否正确" in text


def test_free_space_below_the_limit_shows_in_readyz_and_on_the_status_page(
    client, private_broker, system_admin, settings
):
    settings.MIN_FREE_MB = 10**9

    status, answer = readyz(client)
    text = text_of_status(client, system_admin)

    assert status == 503
    assert answer["checks"] == dict.fromkeys(NAMES, True) | {"disk": False}
    assert "下限是 1,000,000,000 MB" in text
    assert "LIVELIHOOD_MIN_FREE_MB" in text


def test_directory_not_made_yet_is_judged_by_the_disk_it_will_lie_on(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "not" / "yet"

    (finding,) = health.findings("disk")

    assert finding.is_ok


def test_database_without_migrations_shows_in_readyz(client, empty_database, private_broker):
    status, answer = readyz(client)
    (finding,) = health.findings("migrations")

    assert status == 503
    assert answer["checks"] == dict.fromkeys(NAMES, True) | {"migrations": False}
    assert "manage.py migrate" in finding.advice


def test_migration_that_waits_is_named_on_the_status_page(client, cloned_db, private_broker, system_admin):
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DELETE FROM django_migrations WHERE id = ({LATEST}) RETURNING name")
        (name,) = cursor.fetchone()

    text = text_of_status(client, system_admin)

    assert f"还有 1 个迁移没有做：supervision.{name}" in text
    assert readyz(client)[0] == 503


def test_missing_heartbeat_without_work_means_no_worker(db, broker):
    (finding,) = health.findings("worker")

    assert not finding.is_ok
    assert finding.detail == "3 分钟内没有后台进程应答。"


def test_missing_heartbeat_of_a_worker_busy_with_a_job_is_forgiven(db, broker, city_officer):
    now = timezone.now()
    leases = {"alive": now + datetime.timedelta(seconds=40), "dead": now - datetime.timedelta(seconds=1)}
    for key, lease in leases.items():
        Job.objects.create(kind="try", key=key, state="running", lease_until=lease, queued_by=city_officer)

    (finding,) = health.findings("worker")

    assert (finding.is_ok, finding.detail) == (True, "正忙：1 个任务在办。")


@pytest.mark.slow
def test_worker_shows_its_heartbeat_at_its_start_and_when_beat_rings(celery_worker_process, broker):
    worker = celery_worker_process()
    worker.wait_until(lambda: health.findings("worker")[0].is_ok)

    broker.flushdb()
    tasks.note_heartbeat.delay()

    worker.wait_until(lambda: health.findings("worker")[0].is_ok)
    assert celery.BEAT_SCHEDULE["note-heartbeat"] == {"task": tasks.note_heartbeat.name, "schedule": 60}


def test_readiness_command_of_a_broken_check_exits_with_what_to_do(db, private_broker, settings, capsys):
    settings.MIN_FREE_MB = 10**9

    with pytest.raises(CommandError, match="没有准备好：磁盘空间。"):
        call_command("readiness")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "数据库：正常。能连接，能查询。"
    assert lines[4].startswith("磁盘空间：不正常。")
    assert len(lines) == 5


def test_readiness_command_gives_one_json_document(db, private_broker, capsys):
    call_command("readiness", "--only", "broker", "--json")

    (finding,) = json.loads(capsys.readouterr().out)
    assert finding == {"name": "broker", "label": "消息服务", "is_ok": True, "detail": "有应答。", "advice": ""}


@pytest.mark.slow
def test_dead_database_leaves_the_process_alive_and_not_ready(tmp_path):
    with production.web(production.environment(tmp_path), tmp_path / "web.log") as port:
        alive = production.answer(port, "/healthz")[0]
        status, checks = production.readiness(port)
        body = production.answer(port, "/readyz")[2].decode()

    assert (alive, status) == (200, 503)
    assert checks == {"database": False, "migrations": False, "broker": False, "worker": False, "disk": True}
    assert "secret" not in body
    assert "localhost" not in body
