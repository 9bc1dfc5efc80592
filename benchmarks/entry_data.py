"""A month that is being filled (演示数据): every cell has a task, every report is a draft, everybody a login."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction

from livelihood.models import Region, RoleGrant, User
from projects.models import Figure, Indicator, Participant, Programme, Report, ReportingPeriod, SubProject
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_database import CODE_PREFIX, OWNER


@dataclass(frozen=True)
class Sheet:
    """One county's month: its clerk, its report, and its cells in the order of the page."""

    clerk: User
    report: Report
    participant: Participant
    indicators: list[Indicator]
    last: dict[int, Decimal]

    def values(self, run: int) -> list[Decimal]:
        """Return a value for every cell that no run before this one had: last month's and a little more."""
        return [self.last.get(row.pk, Decimal(50)) + run * Decimal(1).scaleb(-row.decimals) for row in self.indicators]


def open_month(*, participants: int, indicators: int, months: int, one_project: bool = False) -> ReportingPeriod:
    """Return an open month of that size, made on the first call; `one_project` puts all indicators into the first."""
    programmes = Programme.objects.filter(code__startswith=f"{CODE_PREFIX}{participants}x{indicators}-")
    if not programmes.exists():
        synthesise(participants=participants, indicators=indicators, months=months)
    period = ReportingPeriod.objects.filter(programme__in=programmes, state="open").latest("ends_on")
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(ALL_TASKS, {"programme": period.programme_id})
        cursor.execute(ALL_DRAFTS, {"period": period.pk})
        if one_project:
            first = SubProject.objects.filter(project__programme=period.programme).earliest("project__seq")
            Indicator.objects.using(OWNER).filter(sub_project__project__programme=period.programme).update(
                sub_project=first
            )
    return period


#: As the owner of the tables: a revision of its own for each of thousands of targets would be another database.
ALL_TASKS = """
UPDATE target SET state = 'assessed', value = COALESCE(target.value, 100)
FROM participant p
WHERE p.id = target.participant_id AND p.programme_id = %(programme)s
  AND (target.state <> 'assessed' OR target.value IS NULL)
"""
ALL_DRAFTS = """
UPDATE report SET state = 'draft', content_sha256 = '', signed_at = NULL, signed_by_id = NULL,
                  submitted_at = NULL, submitted_by_id = NULL
FROM participant p
WHERE p.id = report.participant_id AND p.kind = 'unit' AND report.period_id = %(period)s AND report.state <> 'draft'
"""


def sheets(period: ReportingPeriod, count: int) -> list[Sheet]:
    """Return the months of the first `count` counties; each has a region and a clerk of its own."""
    indicators = list(Indicator.objects.of_programme(period.programme))
    before = ReportingPeriod.objects.filter(programme=period.programme, ends_on__lt=period.ends_on).latest("ends_on")
    reports = {row.participant_id: row for row in Report.objects.filter(period=period, participant__kind="unit")}
    found = []
    for unit in Participant.objects.filter(programme=period.programme, kind="unit").order_by("order")[:count]:
        last = Figure.objects.filter(period=before, participant=unit, state="reported")
        found.append(
            Sheet(
                clerk=_clerk(unit),
                report=reports[unit.pk],
                participant=unit,
                indicators=indicators,
                last=dict(last.values_list("indicator_id", "value")),
            )
        )
    return found


def officer(period: ReportingPeriod) -> User:
    """Return somebody of the office that runs the programme."""
    return _person("bench-office", RoleGrant.Role.CITY_OFFICE, period.programme.owner)


def _clerk(unit: Participant) -> User:
    region, _ = Region.objects.using(OWNER).get_or_create(
        code=f"99{unit.pk:07}", defaults={"name": unit.printed_name, "kind": Region.Kind.COUNTY}
    )
    Participant.objects.using(OWNER).filter(pk=unit.pk).update(region=region)
    return _person(f"bench-{unit.pk}", RoleGrant.Role.CLERK, region)


def _person(username: str, role: str, region: Region) -> User:
    person, _ = User.objects.get_or_create(username=username, defaults={"full_name": "演示数据"})
    RoleGrant.objects.get_or_create(user=person, role=role, region_id=region.pk, defaults={"granted_by": person})
    return person


def session_of(person: User) -> str:
    """Log the person in and return the cookie's value."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return session.session_key


def stored(sheet: Sheet, remark: str) -> int:
    """Return how many of the sheet's cells carry the remark."""
    return Figure.objects.filter(report=sheet.report, remark=remark).count()


def has_values(period: ReportingPeriod, values: dict[tuple[int, int], Decimal]) -> bool:
    """Tell whether the month holds exactly these values: (participant id, indicator id) → value."""
    rows = Figure.objects.filter(period=period, participant__in={key[0] for key in values})
    found = {(row[0], row[1]): row[2] for row in rows.values_list("participant_id", "indicator_id", "value")}
    return all(found.get(key) == value for key, value in values.items())
