"""Made-up money (演示数据) for a synthetic month: plans and three stages of every unit, written by the database."""

from django.db import connections, transaction

from projects.models import ReportingPeriod
from supervision.synthetic.synthetic_database import OWNER

#: Line n of a unit belongs to sub-project n modulo their number; the next round takes the next source.
LINES = """
INSERT INTO fund_line (programme_id, sub_project_id, participant_id, source, kind, label, note, added_at, added_by_id)
SELECT %(programme)s, s.id, u.id, (ARRAY['central', 'province', 'city', 'county', 'bond', 'social'])[n / s.number + 1],
       'project', '', '', now(), %(user)s
FROM participant u
CROSS JOIN generate_series(0, %(lines)s - 1) AS n
JOIN (SELECT sp.id, ROW_NUMBER() OVER (ORDER BY sp.id) - 1 AS nth, COUNT(*) OVER () AS number
      FROM sub_project sp JOIN project j ON j.id = sp.project_id WHERE j.programme_id = %(programme)s) s
  ON s.nth = n %% s.number
WHERE u.programme_id = %(programme)s AND u.kind = 'unit' AND n / s.number < 6
"""

#: 10 000 to 9 000 000 元 in 分, the same in every run; one line in fifty has no plan.
PLANS = """
INSERT INTO fund_plan (fund_line_id, revision, valid_from, amount, reason, document, is_demo, set_at, set_by_id)
SELECT id, 1, make_date(%(year)s, 1, 1), (1000000 + hashint8(id)::bigint & 899999999) / 100.0, '', '', TRUE, now(),
       %(user)s
FROM fund_line
WHERE programme_id = %(programme)s AND id %% 50 <> 0
"""

#: Each stage is a part of the one before; one line in a hundred has not been filled in.
FIGURES = """
INSERT INTO fund_figure (period_id, fund_line_id, stage, report_id, state, value, remark, version, origin, sheet, cell,
                         updated_at, updated_by_id)
SELECT %(period)s, l.id, s.stage, r.id, 'reported', ROUND(p.amount * s.part * (80 + l.id %% 20) / 100, 2), '', 1,
       'demo', '', '', now(), %(user)s
FROM fund_line l
JOIN fund_plan p ON p.fund_line_id = l.id
JOIN report r ON r.period_id = %(period)s AND r.participant_id = l.participant_id
CROSS JOIN (VALUES ('received', 0.9), ('disbursed', 0.7), ('spent', 0.5)) AS s (stage, part)
WHERE l.programme_id = %(programme)s AND l.id %% 100 <> 1
"""

_TABLES = ("fund_line", "fund_plan", "fund_figure")


def add_money(period: ReportingPeriod, *, lines: int) -> None:
    """Give every unit of a synthetic programme `lines` fund lines with plans, and all stages of one period.

    Triggers are off meanwhile: no revisions are written. Runs in a `synthetic_database` block.
    """
    parameters = {
        "programme": period.programme_id,
        "period": period.pk,
        "year": period.programme.year,
        "lines": lines,
        "user": period.reports.filter(submitted_by__isnull=False).values_list("submitted_by", flat=True).first(),
    }
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (LINES, PLANS, FIGURES):
            cursor.execute(statement, parameters)
        # The foreign keys are checked before the tables may be altered again.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")
