"""The cast: a small city with two counties, and one person per role. A plugin of tests/conftest.py."""

import datetime
from decimal import Decimal

from projects.models import Participant, Target
from tests import factories
from tests.support.worlds import world


@world
def city(database):
    """The city that owns the programme."""
    return factories.RegionFactory(code="341200", name="阜阳市", kind="city")


@world
def county(city):
    """太和县, the clerk's county."""
    return factories.RegionFactory(code="341222", name="太和县", parent=city, order=5)


@world
def other_county(city):
    """界首市, somebody else's county."""
    return factories.RegionFactory(code="341282", name="界首市", parent=city, order=8)


@world
def office(city):
    """The office that runs the programme."""
    return factories.AgencyFactory(region=city, name="市民生办")


@world
def lead_agency(city):
    """The city bureau that leads the first project."""
    return factories.AgencyFactory(region=city, name="市交通运输局")


@world
def filling_agency(county):
    """The county bureau that fills the first project."""
    return factories.AgencyFactory(region=county, name="太和县交通运输局")


@world
def programme(city, office):
    """A programme without projects yet."""
    return factories.ProgrammeFactory(code="fuyang-2020", name="阜阳市2020年民生工程", owner=city, office=office)


@world
def participants(programme, county, other_county):
    """The programme's units by code: two counties, the own level, the whole; in official order."""
    rows = [
        ("341222", "太和县", "unit", county),
        ("341282", "界首市", "unit", other_county),
        ("341200-own", "市本级", "own", None),
        ("341200", "全市", "whole", None),
    ]
    built = [
        factories.ParticipantFactory.build(
            programme=programme, code=code, printed_name=name, kind=kind, region=region, order=order
        )
        for order, (code, name, kind, region) in enumerate(rows, start=1)
    ]
    return {participant.code: participant for participant in Participant.objects.bulk_create(built)}


@world
def indicators(programme, lead_agency, filling_agency, participants):
    """Three indicators by name: a flow 里程 and a level 合格率 in project 1, a stock 人数 in project 2.

    Targets: 里程 100 / 200 / no task / 300; 合格率 90 for all; 人数 1000 / 2000 / 100 / 3100.
    """
    roads = factories.SubProjectFactory(
        project=factories.ProjectFactory(programme=programme, seq=1, name="农村道路"), lead_agency=lead_agency
    )
    relief = factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=2, name="困难救助"))
    factories.AssignmentFactory(sub_project=roads, participant=participants["341222"], agency=filling_agency)
    made = {
        "里程": factories.IndicatorFactory(sub_project=roads, name="里程", unit="公里", decimals=2, order=1),
        "合格率": factories.IndicatorFactory(
            sub_project=roads, name="合格率", unit="%", decimals=2, accumulation="level", order=2
        ),
        "人数": factories.IndicatorFactory(sub_project=relief, name="人数", unit="人", accumulation="stock"),
    }
    setter = factories.UserFactory(username="setter")
    values = {"里程": [100, 200, None, 300], "合格率": [90, 90, 90, 90], "人数": [1000, 2000, 100, 3100]}
    Target.objects.bulk_create(
        factories.TargetFactory.build(
            indicator=made[name],
            participant=participant,
            state="no_task" if value is None else "assessed",
            value=None if value is None else Decimal(value),
            printed="/" if value is None else f"{value}{made[name].unit}",
            set_by=setter,
        )
        for name, row in values.items()
        for participant, value in zip(participants.values(), row, strict=True)
    )
    return made


@world
def period(programme):
    """2020年1—8月, open."""
    return factories.PeriodFactory(programme=programme, month=8)


@world
def july(programme):
    """2020年1—7月, issued."""
    closer = factories.UserFactory(username="closer")
    return factories.PeriodFactory(
        programme=programme,
        month=7,
        state="issued",
        closed_at=datetime.datetime(2020, 8, 8, tzinfo=datetime.UTC),
        closed_by=closer,
    )


@world
def clerk(county):
    """县区填报人 of 太和县."""
    return factories.grant(factories.UserFactory(username="clerk", full_name="张填报"), "clerk", region=county)


@world
def head(county):
    """县区审核人 of 太和县."""
    return factories.grant(factories.UserFactory(username="head", full_name="李审核"), "head", region=county)


@world
def other_clerk(other_county):
    """县区填报人 of 界首市."""
    return factories.grant(factories.UserFactory(username="other_clerk"), "clerk", region=other_county)


@world
def filler(filling_agency):
    """部门填报人 of 太和县交通运输局."""
    return factories.grant(factories.UserFactory(username="filler"), "filler", agency=filling_agency)


@world
def lead_officer(lead_agency):
    """市直牵头部门 of project 1."""
    return factories.grant(factories.UserFactory(username="lead_officer"), "lead_agency", agency=lead_agency)


@world
def city_officer(city):
    """市民生办."""
    return factories.grant(
        factories.UserFactory(username="city_officer", full_name="王审核"), "city_office", region=city
    )


@world
def leader(city):
    """领导."""
    return factories.grant(factories.UserFactory(username="leader"), "leader", region=city)


@world
def inspector(city):
    """督查人员."""
    return factories.grant(factories.UserFactory(username="inspector"), "inspector", region=city)


@world
def supervisor(city):
    """特邀监督员."""
    return factories.grant(factories.UserFactory(username="supervisor"), "supervisor", region=city)


@world
def system_admin(database):
    """系统管理员."""
    return factories.grant(factories.UserFactory(username="system_admin", is_staff=True), "system_admin")


@world
def security_admin(database):
    """安全管理员."""
    return factories.grant(factories.UserFactory(username="security_admin"), "security_admin")


@world
def auditor(database):
    """审计员."""
    return factories.grant(factories.UserFactory(username="auditor"), "auditor")


@world
def stranger(database):
    """Somebody with an account and no grant."""
    return factories.UserFactory(username="stranger")
