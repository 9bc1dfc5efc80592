"""The test run's own promises: databases, broker, sockets, and no flush."""

import fcntl
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from pytest_socket import SocketConnectBlockedError

from livelihood import embedded
from livelihood.celery import app
from livelihood.models import Region
from livelihood.privileges import collect_app_sql
from tests.support import databases, memory
from tests.support.migrating import growing_models
from tests.support.processes import ROOT

pytestmark = pytest.mark.slow


def current_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_each_worker_has_a_clone_of_its_own():
    assert current_database() == f"livelihood_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"


def test_cloned_database_is_committed_to_and_seen_by_another_process(cloned_db):
    Region.objects.create(code="999999", name="甲", kind="county", order=1)
    code = "from livelihood.models import Region; print(Region.objects.get(code='999999').name)"

    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "甲"


def test_cloned_databases_begin_empty_and_end_dropped(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with databases.cloned_database() as first:
            Region.objects.create(code="999999", name="甲", kind="county", order=1)
        with databases.cloned_database() as second:
            seen = Region.objects.count()

        left = databases.test_servers().query(f"SELECT 1 FROM pg_database WHERE datname IN ('{first}', '{second}')")

    assert seen == 0
    assert left == []


def test_flush_is_refused(cloned_db):
    with pytest.raises(AssertionError, match="cloned_db"):
        call_command("flush", interactive=False)


@pytest.mark.long
def test_quick_and_repeated_templates_equal_a_migrated_one(cloned_db):
    """What a run makes quicker is to the letter what migrations make; the dump repeated later has all parts of it.

    PostgreSQL writes a condition it has read from a dump in other words: there names are compared.
    """
    facts = """
        SELECT 'grant', table_name, privilege_type FROM information_schema.role_table_grants
        WHERE grantee = 'livelihood_app'
        UNION ALL SELECT 'trigger', event_object_table, trigger_name FROM information_schema.triggers
        UNION ALL SELECT 'function', routine_name, '' FROM information_schema.routines WHERE routine_schema = 'public'
        UNION ALL SELECT 'constraint', conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid > 0
        UNION ALL SELECT 'index', tablename, indexname FROM pg_indexes WHERE schemaname = 'public'
        ORDER BY 1, 2, 3
    """
    servers = databases.test_servers()
    fresh, quick = f"{cloned_db}_fresh", f"{cloned_db}_quick"
    migrate_anew(fresh)
    with growing_models():
        migrate_anew(quick)
    databases.point_connections_at(cloned_db)

    migrated, repeated = (servers.query(facts, database=name) for name in (fresh, cloned_db))
    texts = [statements(fresh), statements(quick)]
    databases.drop_database(fresh)
    databases.drop_database(quick)

    assert texts[1] == texts[0]
    assert repeated == migrated
    assert len(migrated) > 100


def migrate_anew(database):
    databases.test_servers().query(f"CREATE DATABASE {database} OWNER livelihood_owner")
    databases.point_connections_at(database)
    call_command("migrate", verbosity=0, interactive=False)


def statements(database) -> list[str]:
    """The lines of a dump, without those that differ each time: its own token, and when which migration ran."""
    varying = re.compile(r"\\(un)?restrict |\d+\t\w+\t\d{4}_\w+\t")
    return [line for line in databases.run_client("pg_dump", database).splitlines() if not varying.match(line)]


def test_migrating_to_an_earlier_state_waits_with_statements_and_forward_again_applies_them(cloned_db):
    call_command("migrate", "sessions", "zero", verbosity=0)
    call_command("migrate", verbosity=0)

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('livelihood_app', 'django_session', 'DELETE')")
        assert cursor.fetchone() == (True,)
    assert collect_app_sql().statements


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_network_beyond_this_machine_is_closed():
    with socket.socket() as connection_attempt, pytest.raises(SocketConnectBlockedError):
        connection_attempt.connect(("192.0.2.1", 80))


def test_broker_answers_on_its_socket_in_the_worker_s_own_database(broker):
    broker.set("bell", "rung")

    with app.connection_for_write() as connection_to_broker:
        connection_to_broker.ensure_connection(max_retries=1)
        url = connection_to_broker.as_uri()

    assert url.startswith("redis+socket:///tmp/lv-")
    assert broker.connection_pool.connection_kwargs["db"] == int(os.environ["LIVELIHOOD_BROKER_DATABASE"])
    assert broker.get("bell") == b"rung"


BROKER_USER = """
import django
django.setup()
from django.conf import settings
from livelihood import embedded, embedded_host
from livelihood.celery import app
servers = embedded.servers(settings.VAR_DIR)
for _ in range(2):
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1)
    print(servers.valkey_answers())
    embedded_host.kill_processes_in(servers.valkey_dir)
print(servers.valkey_answers())
"""


@pytest.mark.slow
def test_broker_that_died_is_started_before_the_next_connection():
    """In a process and a directory of its own: the run's broker serves the other tests meanwhile."""
    with tempfile.TemporaryDirectory(prefix="lv-try-") as var:
        Path(var).chmod(0o711)
        done = subprocess.run(
            [sys.executable, "-c", BROKER_USER],
            cwd=ROOT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "LIVELIHOOD_TEST_VAR": var},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        embedded.Servers(Path(var)).stop(force=True)

    assert done.stdout.split() == ["True", "True", "False"]


def test_timetable_names_tasks_that_exist():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


@pytest.mark.slow
def test_killed_worker_is_followed_by_another_that_answers(celery_worker_process):
    first = celery_worker_process()
    first.kill()

    celery_worker_process()

    assert first.popen.returncode == -9
    assert app.control.ping(timeout=5)


def test_servers_data_lie_in_memory_where_there_is_room_and_else_in_the_usual_place(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "ROOM", 1)
    in_memory = memory.server_directory("lv-try-", tmp_path)
    monkeypatch.setattr(memory, "ROOM", 2**63)
    elsewhere = memory.server_directory("lv-try-", tmp_path)
    without = memory.server_directory("lv-try-", tmp_path / "missing")

    assert in_memory.parent == tmp_path
    assert {elsewhere.parent, without.parent} == {Path(tempfile.gettempdir())}

    elsewhere.rmdir()
    without.rmdir()


def test_leftovers_of_a_killed_run_go_and_what_is_young_or_used_stays(tmp_path):
    for name in ("killed", "young", "used"):
        (tmp_path / f"lv-{name}" / "run").mkdir(parents=True)
        (tmp_path / f"lv-{name}" / "run" / "users.lock").touch()
    long_ago = time.time() - memory.OLD_AFTER - 1
    for name in ("killed", "used"):
        os.utime(tmp_path / f"lv-{name}", (long_ago, long_ago))

    with (tmp_path / "lv-used" / "run" / "users.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        memory.remove_leftovers("lv-", tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"lv-young", "lv-used"}


@pytest.mark.parametrize("turn", ["first", "second"])
def test_world_is_as_its_fixtures_made_it_whatever_the_test_before_did(turn, county, clerk):
    assert county.name == Region.objects.get(pk=county.pk).name == "太和县"
    assert clerk.grants.count() == 1

    county.name = "改"
    county.save()
    clerk.grants.all().delete()


def test_world_nobody_asked_for_is_not_there_and_objects_are_the_same_ones(city, programme, office):
    assert list(Region.objects.all()) == [city]
    assert programme.owner is office.region is city
