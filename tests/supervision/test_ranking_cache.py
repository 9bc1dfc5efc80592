"""What is kept of the ranking page: never a stale figure, never somebody else's."""

import datetime
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from projects.models import Figure, Report, ReportingPeriod
from supervision.models import EnteredMark
from supervision.services.snapshots import freeze_snapshot
from supervision.stamp import standings_stamp
from tests import factories
from tests.supervision.months import publish, report_unit
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept_pages(settings, broker):
    """The cache of the real settings, empty, on the run's own server."""
    settings.CACHES = settings.KEPT_CACHES
    cache.clear()
    yield
    cache.clear()


@world
def taihe(period, participants, indicators, city_officer):
    """太和县's approved report: 里程 60 of 100."""
    figures = {"里程": "60", "合格率": "81", "人数": "1000"}
    return report_unit(period, participants["341222"], indicators, figures, by=city_officer)


@world
def scheme(programme):
    """A scheme with the one plain component."""
    return factories.plain_scheme(programme)


def ranking_of(period) -> str:
    return reverse("supervision:ranking", args=[period.programme.code, period.code])


def add_figure(world):
    world("period")
    report = factories.ReportFactory(
        period=world("period"), participant=world("participants")["341282"], state="submitted"
    )
    factories.FigureFactory(report=report, indicator=world("indicators")["里程"], value=Decimal(1))


def change_figure(world):
    figure = Figure.objects.get(report=world("taihe"), indicator=world("indicators")["里程"])
    Figure.objects.filter(pk=figure.pk).update(value=Decimal(61))


def change_report(world):
    Report.objects.filter(pk=world("taihe").pk).update(state="returned", return_reason="核实")


def add_target(world):
    factories.TargetFactory(
        indicator=world("indicators")["里程"],
        participant=world("participants")["341222"],
        revision=2,
        valid_from=datetime.date(2020, 6, 1),
        value=Decimal(120),
        reason="任务调整",
    )


def add_benchmark(world):
    publish(world("period"), world("indicators")["里程"], "67.30", by=world("city_officer"))


def add_scheme(world):
    factories.plain_scheme(world("programme"))


def enter_mark(world):
    EnteredMark.objects.create(
        period=world("period"),
        component=world("scheme").components.get(),
        participant=world("participants")["341222"],
        value=80,
        source="问卷",
        entered_by=world("city_officer"),
    )


def add_snapshot(world):
    freeze_snapshot(period=world("period"), by=world("city_officer"))


def add_milestone(world):
    factories.MilestoneFactory(
        indicator=world("indicators")["里程"], due_on=datetime.date(2020, 6, 30), threshold=Decimal(50)
    )


def rename_unit(world):
    unit = world("participants")["341282"]
    unit.printed_name = "界首"
    unit.save()


def rename_indicator(world):
    indicator = world("indicators")["里程"]
    indicator.name = "公里数"
    indicator.save()


CHANGES = [
    add_figure,
    change_figure,
    change_report,
    add_target,
    add_benchmark,
    add_scheme,
    add_snapshot,
    enter_mark,
    add_milestone,
    rename_unit,
    rename_indicator,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_stamp_anything_changes_is_another(change, period, taihe, request):
    if change is enter_mark:
        request.getfixturevalue("scheme")
    before = standings_stamp(period)
    same = standings_stamp(period)

    change(request.getfixturevalue)

    assert same == before
    assert standings_stamp(period) != before


def test_ranking_second_look_comes_from_the_cache(kept_pages, client, taihe, period, city_officer):
    client.force_login(city_officer)

    first = client.get(ranking_of(period))
    second = client.get(ranking_of(period))

    assert first.context["body"] == second.context["body"]
    # Only what was made anew has the table's columns in its context.
    assert "columns" in first.context
    assert "columns" not in second.context


def test_ranking_figure_changes_shows_the_new_one(kept_pages, client, taihe, period, city_officer, request):
    client.force_login(city_officer)
    before = client.get(ranking_of(period) + "?open=1").content.decode()

    change_figure(request.getfixturevalue)
    after = client.get(ranking_of(period) + "?open=1").content.decode()

    # 60 / 100 and 61 / 100
    assert ">60.00<" in before
    assert ">61.00<" in after


def test_ranking_another_person_sees_only_their_own(kept_pages, client, taihe, period, city_officer, other_clerk):
    client.force_login(city_officer)
    office = client.get(ranking_of(period)).content.decode()
    client.force_login(other_clerk)

    clerk = client.get(ranking_of(period)).content.decode()

    assert "太和县</a></th>" in office
    assert "太和县</a></th>" not in clerk


def test_ranking_dead_cache_is_made_anew_and_logged(client, taihe, period, city_officer, settings, caplog):
    real = settings.KEPT_CACHES["default"]
    settings.CACHES = {"default": real | {"LOCATION": "unix:///nonexistent/valkey.sock"}}
    client.force_login(city_officer)

    response = client.get(ranking_of(period))

    assert response.status_code == 200
    assert "cache does not answer" in caplog.text


def test_ranking_month_before_is_issued_shows_its_place_to_a_county(
    kept_pages, client, taihe, scheme, period, participants, indicators, city_officer, clerk
):
    july = factories.PeriodFactory(programme=period.programme, month=7)
    report_unit(july, participants["341222"], indicators, {"里程": "50"}, by=city_officer)
    closed = {"closed_at": datetime.datetime(2020, 9, 8, tzinfo=datetime.UTC), "closed_by": city_officer}
    for month, state in ((july, "closed"), (period, "issued")):
        freeze_snapshot(period=month, by=city_officer)
        ReportingPeriod.objects.filter(pk=month.pk).update(state=state, **closed)
    client.force_login(clerk)
    before = client.get(ranking_of(period)).content.decode()

    # Nothing of August changes.
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    after = client.get(ranking_of(period)).content.decode()

    assert "<title>7月没有位次，8月第1名</title>" in before
    assert "<title>7月第1名，8月第1名</title>" in after
