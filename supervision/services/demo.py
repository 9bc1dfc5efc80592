"""The demo (演示数据): a city's year with eight months of figures, seven of them issued.

Catalogue, periods, averages, closes and papers go through their services. Figures, signatures and approvals
are written in bulk and dated as they would have been, which no service allows; the database's triggers write
the revisions as always. Everything happens in one transaction: the demo is there, or nothing of it is.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import transaction

from funding.demo import load_tongguan
from livelihood.demo_logins import CITY, DEMO_LOGINS, DEMO_PASSWORD
from livelihood.jobs import put_behind
from livelihood.models import Agency, Region, RoleGrant, User
from livelihood.services import Refused, record_event
from projects import demo, demo_plan
from projects.cross_rules import Term
from projects.demo_fixtures import read_yaml
from projects.models import Figure, Indicator, Programme, Report, ReportingPeriod
from projects.services.catalogue import load_catalogue
from projects.services.cross_rules import activate_cross_rule, create_cross_rule
from projects.services.programmes import open_programme
from supervision.models import ScoringComponent, ScoringScheme
from supervision.services.demo_disclosure import load_disclosure
from supervision.services.demo_letters import load_letters
from supervision.services.demo_months import DemoMonths, due_at, month_end
from supervision.services.demo_papers import load_series, send_last
from supervision.services.demo_rectification import load_rectification
from supervision.services.demo_taihe import load_taihe
from supervision.services.demo_zhangye import load_zhangye
from supervision.services.papers.rendering import RENDER_JOB

GRACE_HOURS = 24
#: The circular of the office sets these dates in the demo; the annex prints none.
MILESTONES = {
    (32, "", "新开工"): [("2020-06-30", 60, "6月底前开工率达到60%"), ("2020-09-30", 100, "9月底前全部开工")],
    (32, "", "基本建成"): [("2020-11-30", 100, "11月底前全部基本建成")],
}


@dataclass
class DemoOutcome:
    """What was loaded; `is_new` is False when it was there already and nothing was written."""

    is_new: bool
    counts: Counter = field(default_factory=Counter)


@transaction.atomic
def load_demo(*, catalogue_only: bool = False) -> DemoOutcome:
    """Load what is missing of the demo; a second run changes nothing.

    With `catalogue_only` neither reports nor figures nor averages: then all eight periods are open and empty.
    Raises Refused in a database that holds a real programme, or where somebody has begun to fill the demo's.
    """
    system = User.objects.system()
    # Two loads at once: the second waits here and finds the first one's work.
    User.objects.select_for_update().get(pk=system.pk)
    catalogue = read_catalogue()
    if Programme.objects.filter(is_demo=False).exists():
        raise Refused("本库已有正式的年度民生工程，不能装入演示数据。")
    programme = Programme.objects.filter(code=catalogue["programme"]["code"]).first()
    if programme and (catalogue_only or Figure.objects.filter(period__programme=programme).exists()):
        return DemoOutcome(is_new=False)
    if programme and Report.objects.filter(period__programme=programme).exists():
        raise Refused(f"“{programme.name}”已有人开始填报，不再装入演示填报数；要重新装入请换一个数据库。")
    counts: Counter = Counter()
    if programme is None:
        programme = _DemoCatalogue(catalogue, system, counts).load()
    if not catalogue_only:
        DemoMonths(catalogue, programme, counts).load()
        counts["送达"] = send_last(programme=programme, by=User.objects.get(username="city_office"))
        load_disclosure(programme=programme, by=User.objects.get(username="city_office"))
        counts["督办函"] += load_letters(programme, by=User.objects.get(username="city_office"))
        load_tongguan(by=User.objects.get(username="tongguan_office"))
        load_rectification(programme)
        load_taihe(by=User.objects.get(username="taihe_office"))
        load_zhangye(by=User.objects.get(username="zhangye_office"))
        # Whoever tries the product out does not wait for months of papers first.
        put_behind(RENDER_JOB)
    record_event(by=system, verb="load_demo", target=programme, after=dict(counts))
    return DemoOutcome(is_new=True, counts=counts)


def read_catalogue() -> dict:
    """Return the parsed fixtures as `load_catalogue` takes them, with targets for every participant."""
    read = {name: read_yaml(name) for name in ("regions", "agencies", "fuyang-2020")}
    catalogue = read["fuyang-2020"] | read["regions"] | read["agencies"]
    for key, row in demo.indicators(catalogue).items():
        row["milestones"] = [
            {"due_on": datetime.date.fromisoformat(due_on), "threshold": threshold, "text": text}
            for due_on, threshold, text in MILESTONES.get(key, [])
        ]
    return catalogue | {"targets": demo.generate_targets(catalogue)}


class _DemoCatalogue:
    """Places, people, the year's list, scheme, series and eight open periods."""

    def __init__(self, catalogue: dict, system: User, counts: Counter):
        self.catalogue, self.system, self.counts = catalogue, system, counts

    def load(self) -> Programme:
        """Load it all; the list itself is loaded by the city office's own account."""
        city, _ = Region.objects.get_or_create(code=CITY, defaults={"name": "阜阳市", "kind": Region.Kind.CITY})
        first = DEMO_LOGINS[0]
        self.office = User.objects.create(username=first.username, full_name=first.full_name)
        RoleGrant.objects.create(user=self.office, role=first.role, region=city, granted_by=self.system)
        outcome = load_catalogue(data=self.catalogue, by=self.office)
        self.counts.update({str(name): number for name, number in outcome.created.items()})
        self.programme = outcome.programme
        self._load_users()
        self._load_scheme_and_series()
        open_programme(programme=self.programme, by=self.office)
        self._load_periods()
        self._load_cross_rules()
        return self.programme

    def _load_users(self) -> None:
        """One person per role and two per county, all with the demo's public password."""
        regions = {region.code: region for region in Region.objects.all()}
        agencies = {(row.region.code, row.name): row for row in Agency.objects.select_related("region")}
        password = make_password(DEMO_PASSWORD)
        offices = {row["region"]: row["office"] for row in self.catalogue["agencies"]}
        for login in DEMO_LOGINS:
            region = login.region or CITY
            user, is_new = User.objects.update_or_create(
                username=login.username,
                defaults={
                    "full_name": login.full_name,
                    "password": password,
                    "agency": agencies[region, login.agency or offices[region]],
                    # Opens the page of components; the admin asks for the role.
                    "is_staff": login.role == RoleGrant.Role.SYSTEM_ADMIN,
                },
            )
            if is_new:
                RoleGrant.objects.create(
                    user=user,
                    role=login.role,
                    region=None if login.agency or not login.region else regions[login.region],
                    agency=agencies[login.region, login.agency] if login.agency else None,
                    granted_by=self.system,
                )
        self.counts["用户"] = len(DEMO_LOGINS)

    def _load_scheme_and_series(self) -> None:
        scheme = ScoringScheme.objects.create(
            programme=self.programme,
            version=1,
            name="民生工程综合考核办法（演示数据）",
            effective_from=datetime.date(self.programme.year, 1, 1),
            source="演示数据：只含项目完成率一项",
            is_demo=True,
            adopted_by=self.office,
        )
        ScoringComponent.objects.create(
            scheme=scheme,
            code="project_rates",
            name="项目完成率",
            kind=ScoringComponent.Kind.PROJECT_RATES,
            weight=Decimal(100),
        )
        load_series(agency=self.programme.office, word="民生办", year=self.programme.year, by=self.office)

    def _load_periods(self) -> None:
        """Eight open months without reports: those come with the figures, or when a reporter opens the month."""
        for month in demo.MONTHS:
            last = month_end(self.programme.year, month)
            period = ReportingPeriod.objects.create(
                programme=self.programme,
                starts_on=datetime.date(last.year, 1, 1),
                ends_on=last,
                as_of=last,
                due_at=due_at(self.programme.year, month),
                grace_hours=GRACE_HOURS,
            )
            record_event(by=self.office, verb="open_period", target=period, after={"period": period.code})
        self.counts["填报期"] = len(demo.MONTHS)

    def _load_cross_rules(self) -> None:
        """Relations between indicators, in use from the first month on."""
        indicators = {
            (row.sub_project.project.seq, row.sub_project.name, row.name): row
            for row in Indicator.objects.of_programme(self.programme)
        }
        for name, left, comparison, right, explanation in demo_plan.CROSS_RULES:
            rule = create_cross_rule(
                programme=self.programme,
                name=name,
                comparison=comparison,
                terms=[
                    *(Term("left", indicators[key]) for key in left),
                    *(Term("right", indicators[key]) for key in right),
                ],
                explanation=explanation,
                by=self.office,
            )
            activate_cross_rule(rule=rule, by=self.office)
        self.counts["勾稽关系"] = len(demo_plan.CROSS_RULES)
