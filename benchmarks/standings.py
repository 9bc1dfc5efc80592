"""The standings statement: a province within millions of figures, and a national month against two yardsticks."""

import hashlib
from datetime import timedelta

from django.db import connection, transaction

from benchmarks.funds import ensure_money, measure_funds
from benchmarks.measure import Result, in_child, seconds
from benchmarks.pages import measure_ranking, measure_unit
from benchmarks.pandas_standings import pandas_lines
from livelihood.models import User
from projects.models import Programme, ReportingPeriod
from supervision.models import ScoringScheme, Snapshot
from supervision.services.snapshots import freeze_snapshot
from supervision.standings import LINES, UNITS, live_parameters, live_standings, statement
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_close import freeze_closed
from supervision.synthetic.synthetic_database import CODE_PREFIX, DEFAULT_DATABASE, synthetic_database
from supervision.synthetic.synthetic_scoring import COMPONENTS, add_scoring

#: (participants, indicators, months): a national year, and six years of a province; 2.8 million figures.
NATION, PROVINCE = (2850, 80, 12), (105, 80, 72)
SMALL_NATION, SMALL_PROVINCE = (60, 40, 3), (20, 40, 3)
#: A province's year with 33 projects: five indicators to two of them.
RANKING, SMALL_RANKING = (105, 83, 12), (12, 20, 3)

#: Rate and place and nothing else: no rule but the division, no unit or indicator but those with a figure.
BARE = """
SELECT participant_id, indicator_id, rate, RANK() OVER (PARTITION BY indicator_id ORDER BY rate DESC) AS place
FROM (SELECT f.participant_id, f.indicator_id, ROUND(100 * f.value / t.value, 2) AS rate
      FROM figure f
      JOIN target t ON t.indicator_id = f.indicator_id AND t.participant_id = f.participant_id AND t.revision = 1
      JOIN report r ON r.id = f.report_id AND r.state IN ('submitted', 'approved')
      WHERE f.period_id = %(period)s AND f.value IS NOT NULL) AS rates
"""

#: The units' lines as they are printed; pandas has to give the same text.
PRINTED = """
SELECT indicator_id, participant_id, ROUND(rate, 2), place, ROUND(expected_rate, 2), ROUND(gap_to_expected, 2),
       ROUND(gap_to_city, 2), ROUND(gap_to_benchmark, 2), below_benchmark, status
FROM status
WHERE participant_kind <> 'whole'
ORDER BY indicator_id, participant_id
"""


def run(*, repeats: int, small: bool) -> list[Result]:
    """Measure on a database of its own, which is made on the first run and kept for the next."""
    sizes = (SMALL_NATION, SMALL_PROVINCE, SMALL_RANKING) if small else (NATION, PROVINCE, RANKING)
    with synthetic_database(DEFAULT_DATABASE + ("_small" if small else "")):
        nation, province, page = (newest_period(*size) for size in sizes)
        freeze_closed(page.programme)
        return [
            *measure_province(province, repeats),
            *measure_scoring(province, repeats),
            *measure_ranking(page, repeats),
            *measure_unit(page, repeats),
            *measure_nation(nation, repeats),
            *measure_funds(province, nation, repeats),
        ]


def newest_period(participants: int, indicators: int, months: int) -> ReportingPeriod:
    """Return the newest period of that size, with a snapshot of the one before as in real life."""
    programmes = Programme.objects.filter(code__startswith=f"{CODE_PREFIX}{participants}x{indicators}-")
    if not programmes.exists():
        synthesise(participants=participants, indicators=indicators, months=months)
    latest, before = ReportingPeriod.objects.filter(programme__in=programmes).order_by("-ends_on")[:2]
    if not Snapshot.objects.filter(period=before).exists():
        freeze_snapshot(period=before, by=User.objects.system())
    return latest


def measure_province(period: ReportingPeriod, repeats: int) -> list[Result]:
    """All rules for a province, rows fetched and put together as a page needs them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM figure")
        (figures,) = cursor.fetchone()
    size = f"{period.programme.participants.count() - 1} × {_indicators(period)} within {figures:,} figures"
    live_standings(period)
    times = [seconds(lambda: live_standings(period)) for _ in range(repeats)]
    return [Result(f"Standings, all rules, {size}", times, "s", bar=0.5)]


def measure_scoring(period: ReportingPeriod, repeats: int) -> list[Result]:
    """The same under a scheme with every kind of component: money, returns, milestones, marks, findings, 整改.

    The scheme begins after the period, so that no other line is measured under it.
    """
    ensure_money(period)
    schemes = ScoringScheme.objects.filter(programme=period.programme, effective_from__gt=period.ends_on)
    scheme = schemes.first() or add_scoring(period, effective_from=period.ends_on + timedelta(days=1))
    size = f"{period.programme.participants.count() - 1} × {_indicators(period)}, {len(COMPONENTS)} 考核项 of all kinds"
    live_standings(period, scheme=scheme)
    times = [seconds(lambda: live_standings(period, scheme=scheme)) for _ in range(repeats)]
    return [Result(f"Standings, all rules, {size}", times, "s", bar=0.5)]


def measure_nation(period: ReportingPeriod, repeats: int) -> list[Result]:
    """A national month: the statement against a bare one on the server, and against pandas by its printed text."""
    parameters = live_parameters(period)
    full, units = statement(LINES, frozen=False), statement(UNITS, frozen=False)
    ours, bare, places = [], [], []
    for _ in range(repeats):
        ours.append(seconds(lambda: _store(full, parameters)))
        bare.append(seconds(lambda: _store(BARE, parameters)))
        places.append(seconds(lambda: _store(units, parameters)))
    streamed, frames, growth = [], [], []
    for _ in range(repeats):
        took, grown, text = in_child(lambda: stream(period))
        streamed.append(took)
        growth.append(grown)
        took, _, same = in_child(lambda: digest(pandas_lines(period)))
        frames.append(took)
        if text != same:
            raise AssertionError("pandas and the statement print different lines")
    size = f"{period.programme.participants.count() - 1} × {_indicators(period)}"
    return [
        Result(f"National month {size}", ours, "s", note="all lines into a table"),
        Result(f"National month {size}", places, "s", note="scores and places of the units into a table"),
        Result(f"National month {size}", bare, "s", note="bare rate and place into a table"),
        Result("Statement ÷ bare statement", _ratios(ours, bare), "×", bar=5),
        Result(f"National month {size}", streamed, "s", note="printed lines streamed to the client"),
        Result(f"National month {size}", frames, "s", note="the same text by pandas, fetch included"),
        Result("Statement ÷ pandas", _ratios(streamed, frames), "×", bar=2),
        Result("Growth of the client's memory while streaming", growth, "MiB", bar=64),
    ]


def _indicators(period: ReportingPeriod) -> int:
    return sum(project.sub_projects.get().indicators.count() for project in period.programme.projects.all())


def _store(sql: str, parameters: dict) -> None:
    """Let the server keep the rows: what is measured is the statement, not the client."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE measured ON COMMIT DROP AS " + sql, parameters)


class _Sink:
    """Takes what COPY sends and keeps a digest of it."""

    def __init__(self):
        self.digest = hashlib.sha256()

    def write(self, data: bytes | str) -> None:
        self.digest.update(data if isinstance(data, bytes) else data.encode())


def stream(period: ReportingPeriod) -> str:
    """Receive the printed lines a buffer at a time; return their digest."""
    sink = _Sink()
    with connection.cursor() as cursor:
        sql = cursor.mogrify(statement(PRINTED, frozen=False), live_parameters(period)).decode()
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT", sink)
    return sink.digest.hexdigest()


def digest(text: str) -> str:
    """Return the digest of a text as `stream` returns that of its own."""
    return hashlib.sha256(text.encode()).hexdigest()


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]
