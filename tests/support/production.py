"""The product as the image runs it: DEBUG off, an environment with nothing in it but what is documented."""

import contextlib
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from livelihood import embedded
from tests.support import databases
from tests.support.processes import ROOT, Process

HOST = "progress.example.gov.cn"
#: Complete, and connects to nothing.
COMPLETE = {
    "SECRET_KEY": "for-this-test-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": HOST,
    "DATABASE_URL": "postgresql://app:secret@localhost:1/livelihood",
    "REDIS_URL": "redis://:secret@localhost:1/0",
}


def environment(directory: Path, **changes: str) -> dict[str, str]:
    """The whole environment of a production process; what it writes goes below `directory`."""
    python_only = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    places = {"LIVELIHOOD_VAR": str(directory / "var"), "LIVELIHOOD_STATIC": str(directory / "static")}
    return {"PATH": python_only, "LANG": "C.UTF-8"} | COMPLETE | places | changes


def database_address(name: str, role: str = embedded.APP_ROLE) -> str:
    """DATABASE_URL of a database on the test run's own PostgreSQL."""
    return f"postgresql://{role}@/{name}?host={databases.test_servers().sockets}&port={embedded.SOCKET_PORT}"


def run(*arguments: str, environ: dict[str, str], python: str = sys.executable, folder: Path = ROOT):
    """Run one command of the image to its end."""
    return subprocess.run(
        [python, *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=110, check=False
    )


class ImageProcess(Process):
    """A server as the image starts it: nothing of the test's own environment."""

    def __init__(self, *arguments: str, log: Path, environ: dict[str, str], python: str, folder: Path):
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [python, *arguments],
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def web(environ: dict[str, str], log: Path, *, python: str = sys.executable, folder: Path = ROOT):
    """The web server behind `deploy.entrypoint web`; its port."""
    port = free_port()
    environ = environ | {"PORT": str(port), "HOST": "127.0.0.1", "WEB_WORKERS": "1"}
    process = ImageProcess("-m", "deploy.entrypoint", "web", log=log, environ=environ, python=python, folder=folder)
    try:
        process.wait_until(lambda: answer(port, "/healthz") is not None)
        yield port
    finally:
        process.stop()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def answer(port: int, path: str, *, scheme: str = "http", headers: dict[str, str] | None = None, host: str = HOST):
    """Return (status, headers, body) of one request as the proxy passes it on; None where nobody listens."""
    headers = {"Host": host, "X-Forwarded-Proto": scheme} | (headers or {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=20) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError:
        return None


def readiness(port: int) -> tuple[int, dict]:
    """Return status and checks of /readyz."""
    status, _, body = answer(port, "/readyz")
    return status, json.loads(body)["checks"]
