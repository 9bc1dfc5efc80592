"""What others have in a month that is not issued, and the provincial averages of it, are on no page of a county."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from projects.models import FigureRevision
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Numbers that stand nowhere else: 界首市's figure, its first one, its rate (137.31 ÷ 200), the average, the place.
THEIRS, FIRST, RATE, AVERAGE = "137.31", "131.73", "68.66", "73.19"


@world
def month(period, participants, indicators, clerk, other_clerk, city_officer):
    """August, open: 太和县 has 60, 界首市 was changed from 131.73 to 137.31, and the provincial average is entered."""
    own = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    others = reports.report_for(period=period, participant=participants["341282"], by=other_clerk)
    indicator = indicators["里程"]
    for report, values, by in ((own, ["60"], clerk), (others, [FIRST, THEIRS], other_clerk)):
        for version, value in enumerate(values):
            entry = FigureEntry(report.participant_id, indicator.pk, "reported", Decimal(value), base_version=version)
            record_figures(report=report, entries=[entry], by=by, origin="form")
    factories.BenchmarkFactory(
        period=period,
        indicator=indicator,
        value=Decimal(AVERAGE),
        measure="rate",
        decimals=2,
        confirmed_by=city_officer,
    )
    return {"own": own, "others": others, "indicator": indicator}


def pages_of(month, programme, period):
    """Return the addresses a county might try, by what they are."""
    code, own, others = [programme.code, period.code], month["own"], month["others"]

    def cell(report, unit):
        return reverse("projects:report-cell", args=[report.pk, f"{unit}-{month['indicator'].pk}"])

    return {
        "month": reverse("projects:period-detail", args=code),
        "own report": reverse("projects:report-detail", args=[own.pk]),
        "own panel": cell(own, own.participant_id),
        "own cell as a page": cell(own, own.participant_id) + "?page=1",
        "another's cell under the own report": cell(own, others.participant_id),
        "another's panel": cell(others, others.participant_id),
        "another's report": reverse("projects:report-detail", args=[others.pk]),
        "review of the month": reverse("projects:review-matrix", args=code),
        "review of the own report": reverse("projects:report-review", args=[own.pk]),
        "own report beside the others": reverse("projects:report-review", args=[own.pk]) + "?beside=units",
        "review of another's": reverse("projects:report-review", args=[others.pk]),
        "table of the project": reverse("projects:project-matrix", args=[*code, 1]),
        "discipline": reverse("projects:discipline", args=[programme.code]),
        "discipline of another": reverse("projects:discipline", args=[programme.code]) + "?unit=341282",
        "first page": "/",
    }


#: Page → what the county gets; the month leads to the own report.
ANSWERS = {
    "month": 302,
    "own report": 200,
    "own panel": 200,
    "own cell as a page": 200,
    "another's cell under the own report": 404,
    "another's panel": 404,
    "another's report": 404,
    "review of the month": 403,
    "review of the own report": 403,
    "own report beside the others": 403,
    "review of another's": 404,
    "table of the project": 404,
    "discipline": 200,
    "discipline of another": 200,
    "first page": 200,
}


@pytest.mark.parametrize("role", ["clerk", "head", "filler"])
@pytest.mark.parametrize("page", list(ANSWERS))
def test_page_shows_a_county_nothing_of_the_others(page, role, client, month, programme, period, request):
    client.force_login(request.getfixturevalue(role))

    response = client.get(pages_of(month, programme, period)[page])

    assert response.status_code == ANSWERS[page]
    html = response.content.decode()
    assert not [number for number in (THEIRS, FIRST, RATE, AVERAGE) if number in html]


def standings_of(month, programme, period):
    """Return the pages on which places stand, once there are any to see."""
    code = [programme.code, period.code]
    ranking = reverse("supervision:ranking", args=code)
    return {
        "ranking": ranking,
        "ranking by place": f"{ranking}?order=place",
        "a project opened": f"{ranking}?open=1",
        "indicator": reverse("supervision:indicator-detail", args=[*code, month["indicator"].pk]),
        "first page": "/",
    }


#: How a place is headed or worded: the row over all units, the column of an indicator, a sentence.
PLACE = re.compile(r"<th[^>]*>\s*(综合位次|位次|名次)|第\s*\d+\s*名")


@pytest.mark.parametrize("role", ["clerk", "head", "filler"])
def test_no_place_of_an_unissued_month_is_on_a_page_of_a_county(role, client, month, programme, period, request):
    factories.plain_scheme(programme)
    client.force_login(request.getfixturevalue(role))

    pages = {name: client.get(url) for name, url in standings_of(month, programme, period).items()}

    for name, page in pages.items():
        html = page.content.decode()
        assert page.status_code == 200, name
        assert not PLACE.search(html), name
        assert not [word for word in ("界首市", THEIRS, FIRST, RATE) if word in html], name
    assert {column["place"] for column in pages["ranking"].context["columns"]} == {None}
    assert {row["place"] for row in pages["indicator"].context["page"].rows} == {None}


def test_places_of_an_unissued_month_are_there_for_who_may_see_them(client, month, programme, period, city_officer):
    factories.plain_scheme(programme)
    client.force_login(city_officer)

    pages = {name: client.get(url).content.decode() for name, url in standings_of(month, programme, period).items()}

    for name in ("ranking", "ranking by place", "indicator"):
        assert PLACE.search(pages[name]), name
        assert "界首市" in pages[name], name


def test_discipline_of_a_county_names_no_other(client, month, programme, clerk):
    client.force_login(clerk)

    html = client.get(reverse("projects:discipline", args=[programme.code]) + "?unit=341282").content.decode()

    assert "太和县" in html
    assert "界首市" not in html


def test_the_numbers_are_there_for_who_may_see_them(client, month, programme, period, city_officer):
    client.force_login(city_officer)
    pages = pages_of(month, programme, period)

    table = client.get(pages["table of the project"]).content.decode()
    panel = client.get(pages["another's panel"]).content.decode()

    assert (THEIRS in table, RATE in table) == (True, True)
    assert FIRST in panel
    assert FigureRevision.objects.filter(figure__report=month["others"]).count() == 2
