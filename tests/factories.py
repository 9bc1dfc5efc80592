"""Minimal valid objects for tests; figures that went through the workflow are made by services."""

import datetime
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from livelihood.models import Agency, Region, RoleGrant, User
from projects.models import (
    Assignment,
    Benchmark,
    DatedTask,
    Figure,
    Indicator,
    Milestone,
    Participant,
    Programme,
    Project,
    Report,
    ReportingPeriod,
    SubProject,
    Target,
)
from supervision.models import ScoringComponent, ScoringScheme

HASH = "0" * 64


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"{900000 + n}")
    name = factory.Sequence(lambda n: f"测试县{n}")
    kind = "county"


class AgencyFactory(DjangoModelFactory):
    class Meta:
        model = Agency

    region = factory.SubFactory(RegionFactory)
    name = factory.Sequence(lambda n: f"测试局{n}")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    full_name = factory.Sequence(lambda n: f"用户{n}")
    password = "!unusable"


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme

    code = factory.Sequence(lambda n: f"test-{n}")
    name = "测试市2020年民生工程"
    owner = factory.SubFactory(RegionFactory, kind="city")
    office = factory.SubFactory(AgencyFactory, region=factory.SelfAttribute("..owner"))
    year = 2020
    decimals = 2
    opened_at = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    opened_by = factory.SubFactory(UserFactory)


class ParticipantFactory(DjangoModelFactory):
    class Meta:
        model = Participant

    programme = factory.SubFactory(ProgrammeFactory)
    code = factory.Sequence(lambda n: f"u{n}")
    printed_name = factory.Sequence(lambda n: f"单位{n}")
    order = factory.Sequence(lambda n: n)
    kind = "unit"
    ranked = factory.LazyAttribute(lambda participant: participant.kind == "unit")


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    programme = factory.SubFactory(ProgrammeFactory)
    seq = factory.Sequence(lambda n: n + 1)
    name = factory.Sequence(lambda n: f"项目{n}")


class SubProjectFactory(DjangoModelFactory):
    class Meta:
        model = SubProject

    project = factory.SubFactory(ProjectFactory)


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = Indicator

    sub_project = factory.SubFactory(SubProjectFactory)
    name = factory.Sequence(lambda n: f"指标{n}")
    unit = "个"
    category = "engineering"
    additive = factory.LazyAttribute(lambda indicator: indicator.accumulation != "level")
    accumulation = "flow"
    assessed = factory.LazyAttribute(
        lambda indicator: getattr(indicator, "kind", "number") == "number" and not getattr(indicator, "part_of", None)
    )


class TargetFactory(DjangoModelFactory):
    class Meta:
        model = Target

    indicator = factory.SubFactory(IndicatorFactory)
    participant = factory.SubFactory(ParticipantFactory)
    valid_from = datetime.date(2020, 1, 1)
    value = Decimal(100)
    set_by = factory.SubFactory(UserFactory)


class MilestoneFactory(DjangoModelFactory):
    class Meta:
        model = Milestone

    indicator = factory.SubFactory(IndicatorFactory)
    due_on = datetime.date(2020, 6, 30)
    threshold = Decimal(50)


class DatedTaskFactory(DjangoModelFactory):
    class Meta:
        model = DatedTask

    sub_project = factory.SubFactory(SubProjectFactory)
    due_on = datetime.date(2020, 3, 20)
    text = "方案备案"


class PeriodFactory(DjangoModelFactory):
    """A month of the programme's year; give `month`."""

    class Meta:
        model = ReportingPeriod

    class Params:
        month = 8

    programme = factory.SubFactory(ProgrammeFactory)
    starts_on = factory.LazyAttribute(lambda period: datetime.date(period.programme.year, 1, 1))
    ends_on = factory.LazyAttribute(
        lambda period: (
            datetime.date(period.programme.year + period.month // 12, period.month % 12 + 1, 1)
            - datetime.timedelta(days=1)
        )
    )
    as_of = factory.SelfAttribute("ends_on")
    due_at = factory.LazyAttribute(
        lambda period: timezone.make_aware(
            datetime.datetime.combine(period.ends_on + datetime.timedelta(days=5), datetime.time(18))
        )
    )


class ReportFactory(DjangoModelFactory):
    """A report in any state, without the workflow: for reads only."""

    class Meta:
        model = Report

    period = factory.SubFactory(PeriodFactory)
    participant = factory.SubFactory(ParticipantFactory)
    state = "approved"
    content_sha256 = HASH


class FigureFactory(DjangoModelFactory):
    class Meta:
        model = Figure

    period = factory.SelfAttribute("report.period")
    participant = factory.SelfAttribute("report.participant")
    report = factory.SubFactory(ReportFactory)
    indicator = factory.SubFactory(IndicatorFactory)
    value = Decimal(50)
    updated_by = factory.SubFactory(UserFactory)


class BenchmarkFactory(DjangoModelFactory):
    class Meta:
        model = Benchmark

    period = factory.SubFactory(PeriodFactory)
    indicator = factory.SubFactory(IndicatorFactory)
    value = Decimal("67.30")
    decimals = 2
    source = "省民生办通报"
    confirmed_by = factory.SubFactory(UserFactory)


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = Assignment

    sub_project = factory.SubFactory(SubProjectFactory)
    participant = factory.SubFactory(ParticipantFactory)
    agency = factory.SubFactory(AgencyFactory)


def grant(user: User, role: str, *, region: Region | None = None, agency: Agency | None = None) -> User:
    """Give `user` a role and return the user."""
    RoleGrant.objects.create(user=user, role=role, region=region, agency=agency, granted_by=user)
    return user


def plain_scheme(programme: Programme) -> ScoringScheme:
    """Return a scheme of the one plain component (R13)."""
    scheme = ScoringScheme.objects.create(
        programme=programme,
        version=1,
        name="综合考核办法",
        effective_from=datetime.date(programme.year, 1, 1),
        adopted_by=UserFactory(),
    )
    ScoringComponent.objects.create(scheme=scheme, code="projects", name="项目完成率", kind="project_rates", weight=100)
    return scheme
