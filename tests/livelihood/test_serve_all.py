"""`make run` from outside: started, interrupted, killed, stopped from elsewhere."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from livelihood import embedded, embedded_host
from tests.support import databases
from tests.support.embedded import is_stopped, postmaster
from tests.support.processes import ROOT, Process

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def environment(var, port):
    return {
        "DJANGO_SETTINGS_MODULE": "livelihood.settings",
        "LIVELIHOOD_EMBEDDED": "1",
        "LIVELIHOOD_VAR": str(var),
        "LIVELIHOOD_DATABASE": "",
        "LIVELIHOOD_QUEUE": "",
        "LIVELIHOOD_BROKER_DATABASE": "",
        "PORT": str(port),
    }


def serve(var, port, log):
    return Process("manage.py", "serve_all", "--without-demo", log=log, environment=environment(var, port))


def serve_all(*arguments, var, port=8000):
    """A second call of the command, to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve_all", *arguments],
        cwd=ROOT,
        env=os.environ | environment(var, port),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nearly_migrated_var(var, django_db_setup):
    """A copy whose database lacks the last migration, as after an update: all of them take half a minute.

    The tests of make test-long begin with nothing.
    """
    servers = embedded.Servers(var)
    servers.ensure_postgres()
    rest = "DROP TABLE public.django_session; DELETE FROM public.django_migrations WHERE app = 'sessions'"
    servers.query(databases.template_dump().read_text(), rest, database=embedded.DATABASE)
    servers.stop()
    return var


def test_interrupted_serve_all_leaves_nothing_behind_and_another_copys_servers_untouched(
    nearly_migrated_var, running, tmp_path
):
    var = nearly_migrated_var
    port = free_port()
    site = serve(var, port, tmp_path / "site.log")
    site.wait_until(lambda: answers(port), seconds=120)
    sessions = embedded.Servers(var).query("SELECT * FROM django_session", database=embedded.DATABASE)

    site.popen.send_signal(signal.SIGINT)
    site.popen.wait(60)

    # The table is there: it has migrated before it answered.
    assert sessions == []
    assert "已停止" in site.text()
    assert embedded_host.processes_with("LIVELIHOOD_SERVED_BY", str(var)) == []
    assert is_stopped(embedded.Servers(var))
    assert running.postgres_answers()
    assert running.valkey_answers()


@pytest.mark.long
def test_interrupted_serve_all_leaves_a_second_one_running(var, tmp_path):
    second_var = var / "second"
    second_var.mkdir(mode=0o711)
    ports = [free_port(), free_port()]
    copies = [serve(v, p, tmp_path / f"{p}.log") for v, p in zip((var, second_var), ports, strict=True)]
    for copy, port in zip(copies, ports, strict=True):
        copy.wait_until(lambda p=port: answers(p), seconds=120)

    copies[0].popen.send_signal(signal.SIGINT)
    copies[0].popen.wait(60)
    first_leftovers = embedded_host.processes_with("LIVELIHOOD_SERVED_BY", str(var))
    second_lives = answers(ports[1])
    copies[1].popen.send_signal(signal.SIGTERM)
    copies[1].popen.wait(60)

    assert "已停止" in copies[0].text()
    assert first_leftovers == []
    assert is_stopped(embedded.Servers(var))
    assert second_lives
    assert embedded_host.processes_with("LIVELIHOOD_SERVED_BY", str(second_var)) == []
    assert is_stopped(embedded.Servers(second_var))


@pytest.mark.long
def test_killed_postmaster_is_started_again_and_stop_clears_up_after_a_killed_serve_all(var, tmp_path):
    port = free_port()
    servers = embedded.Servers(var)
    site = serve(var, port, tmp_path / "site.log")
    site.wait_until(lambda: answers(port), seconds=120)

    os.kill(postmaster(servers), signal.SIGKILL)
    embedded_host.wait(lambda: not servers.postgres_answers(), seconds=10)
    recovered = embedded_host.wait(servers.postgres_answers, seconds=30)
    taken = serve_all(var=var, port=free_port())
    # Only serve_all itself: web, worker and beat live on in sessions of their own.
    site.popen.kill()
    site.popen.wait(10)
    orphans = embedded_host.processes_with("LIVELIHOOD_SERVED_BY", str(var))
    stopped = serve_all("--stop", var=var)

    assert recovered
    assert taken.returncode == 1
    assert "已有一份在运行" in taken.stderr
    assert orphans
    assert stopped.stdout.strip() == "已停止。"
    assert embedded_host.wait(
        lambda: not embedded_host.processes_with("LIVELIHOOD_SERVED_BY", str(var)) and is_stopped(servers), seconds=10
    )


def test_taken_port_is_told_before_anything_starts(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        done = serve_all(var=var, port=taken.getsockname()[1])

    assert done.returncode == 1
    assert "已被占用" in done.stderr
    assert not (var / "servers").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_port_that_is_none_is_refused(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    # The command takes the signal for itself before it looks at anything.
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    with pytest.raises(CommandError, match=f"PORT 应是 1 到 65535 的端口号，现在是“{port}”。"):
        call_command("serve_all")


def test_stop_without_anything_running_says_so(var):
    done = serve_all("--stop", var=var)

    assert done.returncode == 0
    assert done.stdout.strip() == "没有在运行。"
