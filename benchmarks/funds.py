"""The standings of money: a province, and a national month beside the bare rate and place of one stage."""

from django.db import connection, transaction

from benchmarks.measure import Result, seconds
from funding.models import FundLine
from projects.models import ReportingPeriod
from supervision.fund_standings import RATES, fund_statement, live_fund_standings
from supervision.standings import live_parameters
from supervision.synthetic.synthetic_money import add_money

#: Fund lines of a unit, each with 计划 and three stages.
LINES = 80

#: Sum, rate and place of 拨付 by unit and nothing else: no rule, no other stage, no project.
BARE = """
SELECT participant_id, rate, RANK() OVER (ORDER BY rate DESC) AS place
FROM (SELECT l.participant_id, ROUND(100 * SUM(f.value) / SUM(p.amount), 2) AS rate
      FROM fund_figure f
      JOIN fund_line l ON l.id = f.fund_line_id
      JOIN fund_plan p ON p.fund_line_id = l.id AND p.revision = 1
      JOIN report r ON r.id = f.report_id AND r.state IN ('submitted', 'approved')
      WHERE f.period_id = %(period)s AND f.stage = 'disbursed'
      GROUP BY l.participant_id) AS rates
"""


def ensure_money(period: ReportingPeriod) -> None:
    """Write the money of a period, unless it is there."""
    if not FundLine.objects.filter(programme=period.programme_id).exists():
        add_money(period, lines=LINES)


def measure_funds(province: ReportingPeriod, nation: ReportingPeriod, repeats: int) -> list[Result]:
    """Measure both; the money is written on the first run."""
    for period in (province, nation):
        ensure_money(period)
    live_fund_standings(province)
    page = [seconds(lambda: live_fund_standings(province)) for _ in range(repeats)]
    parameters = live_parameters(nation)
    full = fund_statement(RATES, frozen=False)
    _store(full, parameters)
    full_times, bare_times = [], []
    for _ in range(repeats):
        full_times.append(seconds(lambda: _store(full, parameters)))
        bare_times.append(seconds(lambda: _store(BARE, parameters)))
    size = f"{nation.programme.participants.count() - 1} × {LINES} lines × 3 stages"
    ratios = [one / other for one, other in zip(full_times, bare_times, strict=True)]
    small = f"{province.programme.participants.count() - 1} × {LINES} lines × 3 stages"
    return [
        Result(f"Standings of money, all rates by unit and project, {small}", page, "s", bar=0.5),
        Result(f"National month of money {size}: all rates by unit and project into a table", full_times, "s"),
        Result("National month of money: bare rate and place of 拨付 by unit into a table", bare_times, "s"),
        Result("Statement of money ÷ bare statement", ratios, "×"),
    ]


def _store(sql: str, parameters: dict) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE stored ON COMMIT DROP AS {sql}", parameters)
