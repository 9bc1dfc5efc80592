"""The close of a city's month as the worker does it: snapshot, 通报, letters, then all files as .docx, .pdf and .xlsx.

Every run is taken back: the same open month is closed again in the next. LibreOffice's profile is made before the
clock starts, as it is on a machine that has made a paper before.
"""

import tempfile
import time
from collections import defaultdict

from django.db import transaction
from django.test import override_settings

from benchmarks.measure import Result
from benchmarks.standings import newest_period
from livelihood.models import Job, RoleGrant, User
from projects.models import ReportingPeriod
from supervision.models import Document, OversightRule
from supervision.services.closing import close_blockers, close_month
from supervision.services.documents import RENDER_JOB, run_render_job
from supervision.services.oversight import adopt_rule
from supervision.synthetic.synthetic_database import DEFAULT_DATABASE, synthetic_database

#: (participants, indicators, months): a city's eight counties and the indicators of 2020.
CITY, SMALL_CITY = (8, 131, 8), (4, 20, 3)
MOST_LETTERS = 10


def run(*, repeats: int, small: bool) -> list[Result]:
    """Measure the close and the making of its files, together and apart."""
    size = SMALL_CITY if small else CITY
    times = defaultdict(list)
    with synthetic_database(f"{DEFAULT_DATABASE}_close{'_small' if small else ''}"):
        period = newest_period(*size)
        for turn in range(repeats + 1):
            with tempfile.TemporaryDirectory(prefix="livelihood-bench-") as media, override_settings(MEDIA_ROOT=media):
                taken, letters = _closed_once(period)
            # The first makes LibreOffice's profile and fills PostgreSQL's cache.
            if turn:
                for part, value in taken.items():
                    times[part].append(value)
    name = f"Close of a city's month, {size[0]} × {size[1]} figures, {letters} letters"
    parts = [Result(f"{name}: {part}", values, "s") for part, values in times.items()]
    whole = [sum(values) for values in zip(*times.values(), strict=True)]
    return [Result(f"{name}: all of it, unattended", whole, "s", bar=30), *parts]


def _closed_once(period: ReportingPeriod) -> tuple[dict[str, float], int]:
    """Close and render within a transaction that is taken back; return seconds by part, and how many letters."""
    taken = {}
    with transaction.atomic():
        by = _officer(period)
        adopt_rule(
            programme=period.programme,
            by=by,
            name="低于全省平均",
            kind=OversightRule.Kind.BELOW_AVERAGE,
            params={"months": 1, "min_gap": 0},
            level="yellow",
            effective_from=period.starts_on,
        )
        without = [reporter.key for reporter in close_blockers(period)]
        begun = time.perf_counter()
        closed = close_month(period=period, without=without, by=by)
        taken["snapshot, 通报, checks, letters"] = time.perf_counter() - begun
        if closed.made.problems:
            raise AssertionError(f"not all was made: {closed.made.problems}")
        letters = Document.objects.filter(period=period).exclude(pk=closed.document.pk).count()
        if letters > MOST_LETTERS:
            raise AssertionError(f"{letters} letters are more than an office asked for")
        _make_files(taken)
        transaction.set_rollback(True)
    return taken, letters


def _make_files(taken: dict[str, float]) -> None:
    """Carry out the queued renderings in the worker's order; the first .pdf makes those of all, and their .docx."""
    begun = time.perf_counter()
    for job in Job.objects.filter(kind=RENDER_JOB, state=Job.State.QUEUED).order_by("id"):
        run_render_job(job)
        Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    taken[".docx, .pdf and .xlsx of all papers"] = time.perf_counter() - begun


def _officer(period: ReportingPeriod) -> User:
    """Return somebody of the city office, made inside the transaction."""
    person = User.objects.create(username="measured_officer", full_name="演示审核员", agency=period.programme.office)
    RoleGrant.objects.create(
        user=person, role="city_office", region=period.programme.owner, granted_by=User.objects.system()
    )
    return person
