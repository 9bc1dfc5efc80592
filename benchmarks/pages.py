"""The ranking page as a browser gets it: from the real web server, made anew and from the cache."""

import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks.measure import Result, seconds
from livelihood.celery import ensure_broker
from livelihood.models import RoleGrant, User
from projects.models import ReportingPeriod
from tests.support.processes import start_web

#: Requests whose p95 is one value of a line.
COLD, WARM = 20, 100


def measure_ranking(period: ReportingPeriod, repeats: int) -> list[Result]:
    """Time the page of all units and projects for somebody who sees everything; a value is the p95 of its requests."""
    path = reverse("supervision:ranking", args=[period.programme.code, period.code])
    units = period.programme.participants.count() - 1
    size = f"{units} × {period.programme.projects.count()}"
    cold, warm = [], []
    with website() as address:
        request = urllib.request.Request(address + path, headers={"Cookie": _session(period)})
        # Each of the server's processes reads its templates before the clock starts.
        for _ in range(6):
            _fetch(request, expected=f"{units} 个单位")
        for _ in range(repeats):
            cold.append(p95([_cold(request) for _ in range(COLD)]))
            _fetch(request)
            warm.append(p95([seconds(lambda: _fetch(request)) for _ in range(WARM)]))
    return [
        Result(f"Ranking page {size}, p95 of {COLD}", [1000 * one for one in cold], "ms", bar=600, note="made anew"),
        Result(
            f"Ranking page {size}, p95 of {WARM}", [1000 * one for one in warm], "ms", bar=60, note="from the cache"
        ),
    ]


def measure_unit(period: ReportingPeriod, repeats: int) -> list[Result]:
    """Time the page of one unit, its year read from the snapshots of the closed months."""
    unit = period.programme.participants.order_by("order").first()
    path = reverse("supervision:participant", args=[period.programme.code, period.code, unit.code])
    with website() as address:
        request = urllib.request.Request(address + path, headers={"Cookie": _session(period)})
        for _ in range(6):
            _fetch(request, expected=unit.printed_name)
        cold = [p95([_cold(request, expected=unit.printed_name) for _ in range(COLD)]) for _ in range(repeats)]
    months = period.programme.periods.count()
    name = f"Page of one unit of {period.programme.participants.count() - 1}, {months} months, p95 of {COLD}"
    return [Result(name, [1000 * one for one in cold], "ms", note="made anew")]


@contextmanager
def website():
    """The web server by the Procfile's line, on the database the connection points at; its address."""
    ensure_broker()
    call_command("collectstatic", verbosity=0, interactive=False)
    variables = {"DJANGO_SETTINGS_MODULE": "livelihood.settings"}
    variables["LIVELIHOOD_DATABASE"] = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        process, address = start_web(Path(folder) / "web.log", environment=variables)
        try:
            yield address
        finally:
            process.stop()


def _session(period: ReportingPeriod) -> str:
    """Return the cookie of somebody of the office that runs the programme."""
    person, _ = User.objects.get_or_create(username="bench", defaults={"full_name": "演示数据"})
    RoleGrant.objects.get_or_create(
        user=person,
        role=RoleGrant.Role.CITY_OFFICE,
        region_id=period.programme.owner_id,
        defaults={"granted_by": person},
    )
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _cold(request: urllib.request.Request, *, expected: str = "排名与进度") -> float:
    cache.clear()
    return seconds(lambda: _fetch(request, expected=expected))


def _fetch(request: urllib.request.Request, *, expected: str = "排名与进度") -> None:
    """Read the whole page; one that is not the ranking would be quick and worth nothing."""
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
    if expected not in text:
        raise AssertionError(f"{request.full_url} answered something else: {text[:500]}")


def p95(times: list[float]) -> float:
    """Return the smallest time that at least 95 of 100 requests keep to."""
    return sorted(times)[-(-len(times) * 95 // 100) - 1]
