"""Fifty clerks who save at the same moment, through the real web server, beside the smallest writes there are.

A trivial write on the same server is measured twice, because the sentence can mean two things: a logout, the smallest
POST of our own that writes (session, person, CSRF, one DELETE), through the same gunicorn processes; and one row
inserted and committed with nothing in between, over as many connections. The bar is held against the first: no
smaller POST of ours needs a login.
"""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings
from django.db import connections
from django.urls import reverse

from benchmarks.entry_data import Sheet, session_of
from benchmarks.measure import Result
from benchmarks.pages import p95
from supervision.synthetic.synthetic_database import OWNER

#: Times each clerk saves in a run, and the cells of a batch: what somebody types between two pauses.
ROUNDS, CELLS = 6, 3
TOKEN = "0" * 32
TABLE = "measured_write"


def measure_clerks(sheets: list[Sheet], address: str, repeats: int) -> list[Result]:
    """Measure all three in turn, `repeats` times; a value is the p95 of a run's requests."""
    saves, logouts, inserts = [], [], []
    clerks = [_Clerk(sheet, address) for sheet in sheets]
    # Each of the server's processes has met every kind of request before the clock starts.
    _at_once([clerk.save for clerk in clerks], rounds=1)
    for _ in range(repeats):
        saves.append(p95(_at_once([clerk.save for clerk in clerks], rounds=ROUNDS)))
        logouts.append(p95(_at_once([_Leaver(sheet, address).leave for sheet in sheets], rounds=ROUNDS)))
        inserts.append(p95(_inserts(len(sheets))))
    size = f"{len(sheets)} clerks at once, p95 of {len(sheets) * ROUNDS}"
    return [
        Result(size, [1000 * one for one in saves], "ms", note=f"{CELLS} cells and remarks each, saved and answered"),
        Result(size, [1000 * one for one in logouts], "ms", note="the smallest write of the same web server, a logout"),
        Result(size, [1000 * one for one in inserts], "ms", note="one row inserted and committed, no web server"),
        Result("Save ÷ smallest write of the web server", _ratios(saves, logouts), "×", bar=5),
        Result("Save ÷ bare INSERT", _ratios(saves, inserts), "×"),
    ]


class _Visitor:
    """Somebody with a session and the CSRF cookie; sends one POST per connection, as through a proxy."""

    def __init__(self, address: str):
        self.host = urlsplit(address).netloc

    def post(self, path: str, session: str, body: bytes, kind: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=120)
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        try:
            connection.request(
                "POST", path, body, {"Cookie": cookies, "X-CSRFToken": TOKEN, "Content-Type": kind, "Accept": kind}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class _Clerk(_Visitor):
    """Changes the same few cells again and again, each time from the version the answer before told."""

    def __init__(self, sheet: Sheet, address: str):
        super().__init__(address)
        self.session, self.count = session_of(sheet.clerk), 0
        self.path = reverse("projects:report-cells", args=[sheet.report.pk])
        cells = list(zip(sheet.indicators, sheet.values(1), strict=True))[:CELLS]
        self.values = {f"{sheet.participant.pk}-{row.pk}": value for row, value in cells}
        stored = sheet.report.figures.filter(indicator__in=[row for row, _ in cells])
        versions = dict(stored.values_list("indicator_id", "version"))
        self.versions = {key: versions.get(int(key.split("-")[1]), 0) for key in self.values}

    def save(self) -> None:
        self.count += 1
        cells = {
            key: {
                "value": str(value + self.count % 2),
                "remark": f"第{self.count}次 {uuid.uuid4().hex[:6]}",
                "version": self.versions[key],
            }
            for key, value in self.values.items()
        }
        body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": cells}}).encode()
        status, text = self.post(self.path, self.session, body, "application/json")
        if status != 200:
            raise AssertionError(f"{self.path} answered {status}: {text[:300].decode()}")
        for key, cell in json.loads(text)["parts"]["figures"].items():
            if key not in self.versions:
                continue
            if cell["outcome"] != "saved":
                raise AssertionError(f"{key} was not saved: {cell}")
            self.versions[key] = cell["version"]


class _Leaver(_Visitor):
    """Logs out, every time from a session made before the clock started."""

    def __init__(self, sheet: Sheet, address: str):
        super().__init__(address)
        self.sessions = [session_of(sheet.clerk) for _ in range(ROUNDS)]

    def leave(self) -> None:
        status, text = self.post(
            reverse("livelihood:logout"), self.sessions.pop(), b"", "application/x-www-form-urlencoded"
        )
        if status != 302:
            raise AssertionError(f"logout answered {status}: {text[:300].decode()}")


def _inserts(count: int) -> list[float]:
    """One row each over `count` connections, as often as the others act."""
    parameters = {
        name: value for name, value in connections[OWNER].get_connection_params().items() if name != "cursor_factory"
    }
    open_connections = [psycopg2.connect(**parameters) for _ in range(count)]
    try:
        with open_connections[0].cursor() as cursor:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (id bigserial PRIMARY KEY, at timestamptz)")
        open_connections[0].commit()
        return _at_once([lambda opened=opened: _insert(opened) for opened in open_connections], rounds=ROUNDS)
    finally:
        with open_connections[0].cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        open_connections[0].commit()
        for opened in open_connections:
            opened.close()


def _insert(opened) -> None:
    with opened.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (at) VALUES (now())")
    opened.commit()


def _at_once(works: list[Callable[[], None]], *, rounds: int) -> list[float]:
    """Let everybody act in the same moment, round after round; return all their seconds. One failure fails all."""
    barrier = threading.Barrier(len(works))
    times: list[float] = []
    failures: list[BaseException] = []

    def act(work) -> None:
        for _ in range(rounds):
            barrier.wait(180)
            begun = time.perf_counter()
            try:
                work()
            except Exception as error:  # told by the main thread: the others wait at the barrier
                failures.append(error)
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=act, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(f"{len(failures)} of {len(times)} failed, the first: {failures[0]}") from failures[0]
    return times


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]
