"""A made-up 考核办法 (演示数据) that asks for everything, with marks, findings and overdue 整改 for a synthetic month.

Written by the database, the same in every run: who gets what follows from the unit's number and the month's.
"""

from datetime import date
from decimal import Decimal

from django.db import connections, transaction
from django.db.models import Max

from livelihood.models import User
from projects.models import ReportingPeriod
from supervision.models import ScoringComponent, ScoringScheme
from supervision.synthetic.synthetic_database import OWNER

#: One component of every kind, of 末位 two; what is weighted adds up to 100.
COMPONENTS = [
    {"code": "projects", "name": "项目完成率", "kind": "project_rates", "weight": 50},
    {
        "code": "paid",
        "name": "资金拨付",
        "kind": "fund_rate",
        "weight": 15,
        "fund_kind": "project",
        "measure": "disbursed",
    },
    {"code": "timely", "name": "报送及时", "kind": "timeliness", "weight": 10, "span": "year"},
    {"code": "milestones", "name": "节点达到", "kind": "milestones", "weight": 10},
    {"code": "marks", "name": "平时工作", "kind": "entered", "weight": 15, "max_mark": 20, "marked_by": "office"},
    {"code": "last", "name": "月末位", "kind": "last_place", "weight": "0.2", "streak": 1},
    {"code": "last_again", "name": "连续末位", "kind": "last_place", "weight": "0.4", "streak": 2},
    {"code": "criticised", "name": "通报批评", "kind": "event_off", "weight": "0.5"},
    {"code": "commended", "name": "表彰", "kind": "event_on", "weight": "0.25"},
    {"code": "found", "name": "督查发现", "kind": "finding_off", "weight": 1, "counted_by": "points"},
    {"code": "overdue", "name": "整改逾期", "kind": "overdue_off", "weight": "0.5"},
    {"code": "year_end", "name": "年末名次", "kind": "year_end", "weight": "0.05", "place_points": "3,1.5,0"},
]

#: 12 to 20 of 20; every sixth unit once criticised, every fifth once commended, each month others.
MARKS = """
INSERT INTO entered_mark (period_id, component_id, participant_id, value, note, source, entered_at, entered_by_id,
                          confirmed_at, confirmed_by_id)
SELECT p.id, k.id, u.id,
       CASE k.kind WHEN 'entered' THEN (60 + (u.order * 7 + EXTRACT(MONTH FROM p.ends_on) * 3)::int %% 41) * 0.2
            ELSE 1 END,
       '', '演示数据', now(), %(user)s, now(), %(second)s
FROM reporting_period p
JOIN participant u ON u.programme_id = p.programme_id AND u.kind = 'unit'
JOIN scoring_component k ON k.scheme_id = %(scheme)s
WHERE p.programme_id = %(programme)s AND p.ends_on <= %(ends_on)s
  AND (k.kind = 'entered'
       OR k.kind = 'event_off' AND (u.order + EXTRACT(MONTH FROM p.ends_on)::int) %% 6 = 0
       OR k.kind = 'event_on' AND (u.order + EXTRACT(MONTH FROM p.ends_on)::int) %% 5 = 0)
"""

#: Every third unit has been visited, each with one finding of half a point.
INSPECTIONS = """
INSERT INTO inspection (programme_id, kind, visited_on, participant_id, place, people, text, client_key, state, entered,
                        added_at, added_by_id, recorded_at)
SELECT %(programme)s, 'inspection', %(visited_on)s, u.id, '', '', '演示数据', md5('inspection' || u.id)::uuid,
       'recorded', '{}', now(), %(user)s, now()
FROM participant u
WHERE u.programme_id = %(programme)s AND u.kind = 'unit' AND u.order %% 3 = 0
"""
FINDINGS = """
INSERT INTO inspection_finding (inspection_id, programme_id, found_on, participant_id, reason, also, problem, points)
SELECT n.id, n.programme_id, n.visited_on, n.participant_id, 'progress', '[]', '演示数据', 0.5
FROM inspection n
WHERE n.programme_id = %(programme)s
"""

#: Of every four units one has an item long overdue and one was done in time.
ITEMS = """
INSERT INTO rectification (programme_id, seq, source, source_note, participant_id, problem, task, standard, person,
                           cause, measures, deadline, state, recurrence, opened_at, opened_by_id, assigned_at,
                           assigned_by_id, reported_at, reported_by_id, verification)
SELECT %(programme)s, ROW_NUMBER() OVER (ORDER BY u.order), 'inspection', '', u.id, '演示数据', '', '', '', '', '',
       %(visited_on)s, CASE u.order %% 4 WHEN 0 THEN 'assigned' ELSE 'reported' END, 0, now(), %(user)s, now(),
       %(user)s, CASE u.order %% 4 WHEN 1 THEN %(visited_on)s::date - 1 END,
       CASE u.order %% 4 WHEN 1 THEN %(second)s::bigint END, ''
FROM participant u
WHERE u.programme_id = %(programme)s AND u.kind = 'unit' AND u.order %% 4 < 2
"""


def add_scoring(period: ReportingPeriod, *, effective_from: date) -> ScoringScheme:
    """Give a synthetic programme a next version that asks for everything, and what it counts up to `period`.

    With an `effective_from` behind the period it is in force nowhere and can be tried. The rates of money are those of
    `add_money`. Runs in a `synthetic_database` block.
    """
    user = User.objects.using(OWNER).get(username="system")
    second, _ = User.objects.using(OWNER).get_or_create(
        username="second", defaults={"full_name": "演示数据", "is_active": False, "password": "!"}
    )
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        schemes = ScoringScheme.objects.using(OWNER)
        last = schemes.filter(programme_id=period.programme_id).aggregate(last=Max("version"))
        scheme = schemes.create(
            programme_id=period.programme_id,
            version=(last["last"] or 0) + 1,
            name="合成考核办法（全部考核项）",
            effective_from=effective_from,
            source="演示数据",
            min_indicators=5,
            is_demo=True,
            adopted_by=user,
        )
        ScoringComponent.objects.using(OWNER).bulk_create(
            ScoringComponent(scheme=scheme, **fields | {"weight": Decimal(fields["weight"])}) for fields in COMPONENTS
        )
        parameters = {
            "programme": period.programme_id,
            "scheme": scheme.pk,
            "ends_on": period.ends_on,
            "visited_on": period.ends_on.replace(day=10),
            "user": user.pk,
            "second": second.pk,
        }
        for statement in (MARKS, INSPECTIONS, FINDINGS, ITEMS):
            cursor.execute(statement, parameters)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")
    return scheme
