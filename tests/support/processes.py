"""Real processes of the product, on the database the test's connections point at."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """One started program with its log; kill it as hard as the test needs."""

    def __init__(self, *arguments: str, log: Path, environment: dict[str, str] | None = None):
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"} | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own, so that kill reaches its children too.
                start_new_session=True,
            )

    def wait_until(self, condition, *, seconds: float = 30) -> None:
        """Wait for the condition; a program that ended or was too slow fails the test with its log."""
        deadline = time.monotonic() + seconds
        while not condition():
            ended = self.popen.poll() is not None
            if ended or time.monotonic() > deadline:
                what = f"ended with {self.popen.returncode}" if ended else f"not ready in {seconds} s"
                raise AssertionError(f"{self.popen.args}: {what}\n{self.text()[-4000:]}")
            time.sleep(0.05)

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """kill -9 of the program and its children."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; kill what is left after ten seconds."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(10)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)
        self.popen.wait(10)


def wait_until(condition, what: str, *, seconds: float = 30) -> None:
    """Wait for what other processes do (a row, a file); `what` is named when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def start_worker(log: Path, *, concurrency: int = 1) -> Process:
    """A Celery worker that is ready to take tasks."""
    command = ["-m", "celery", "-A", "livelihood", "worker", "--loglevel", "INFO", "--concurrency", str(concurrency)]
    before = log.read_text().count(" ready.") if log.exists() else 0
    process = Process(*command, "--without-gossip", "--without-mingle", log=log)
    process.wait_until(lambda: process.text().count(" ready.") > before)
    return process


def _procfile_command(name: str, **variables: str) -> list[str]:
    """Return the words of a process's line; ${NAME:-default} stands for the variable given here."""
    line = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith(f"{name}: "))
    line = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: variables.get(match[1], match[2]), line)
    return shlex.split(line.removeprefix(f"{name}: "))


def start_web(
    log: Path, *, environment: dict[str, str] | None = None, address: str | None = None
) -> tuple[Process, str]:
    """The web server by the line of the Procfile, and the address where it answers; `address` to come back there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = address.rsplit(":", 1)[1] if address else probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = _procfile_command("web", WEB_WORKERS="2", HOST="127.0.0.1", PORT=str(port))
    # With much data the database plans as in production.
    environment = {"PGOPTIONS": ""} | (environment or {})
    process = Process("-m", *command, log=log, environment=environment)

    def answers() -> bool:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    process.wait_until(answers)
    return process, address
