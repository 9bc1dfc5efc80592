"""Every list page asks the database as often with few rows as with many."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Report
from projects.services import reports
from supervision.models import Document, DocumentSeries
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

#: The two whose pages differ most in the usual suite; who sees less of the same pages in the long form.
PEOPLE = [
    "city_officer",
    "clerk",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("filler", "lead_officer", "leader")),
]


def grow(programme, period, participants, filling_agency, lead_agency, *, by, units=4, projects=5):
    """Add units with reports and figures, projects with an assignment and an average each."""
    setter = factories.UserFactory()
    new = [
        factories.ParticipantFactory(programme=programme, region=factories.RegionFactory(), order=10 + nth)
        for nth in range(units)
    ]
    made = [factories.ReportFactory(period=period, participant=unit, state="submitted") for unit in new]
    own = Report.objects.filter(period=period, participant=participants["341222"]).first()
    for nth in range(projects):
        sub_project = factories.SubProjectFactory(
            project=factories.ProjectFactory(programme=programme, seq=20 + nth), lead_agency=lead_agency
        )
        agency = filling_agency if nth % 2 else factories.AgencyFactory(region=participants["341222"].region)
        factories.AssignmentFactory(sub_project=sub_project, participant=participants["341222"], agency=agency)
        indicator = factories.IndicatorFactory(sub_project=sub_project)
        factories.BenchmarkFactory(period=period, indicator=indicator)
        for report in [own, *made]:
            factories.TargetFactory(indicator=indicator, participant=report.participant, set_by=setter)
            factories.FigureFactory(report=report, indicator=indicator, updated_by=setter)


def issue(period, series, number, *, by):
    """Put an issued paper on a new snapshot of the period."""
    snapshot = freeze_snapshot(period=period, by=by)
    moment = datetime.datetime(2020, 9, 29, tzinfo=datetime.UTC)
    Document.objects.create(
        series=series,
        period=period,
        number=number,
        state="issued",
        title=f"通报{number}",
        snapshot=snapshot,
        sha256="0" * 64,
        drafted_by=by,
        issued_on=moment.date(),
        issued_at=moment,
        issued_by=by,
    )


@world
def month(period, july, participants, indicators, city_officer, office):
    """An open month with one report begun, and July with its paper."""
    report = reports.report_for(period=period, participant=participants["341222"], by=city_officer)
    factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=city_officer)
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"])
    submitted = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    factories.FigureFactory(report=submitted, indicator=indicators["里程"], updated_by=factories.UserFactory())
    series = DocumentSeries.objects.create(agency=office, word="民生办", year=2020)
    issue(july, series, 1, by=city_officer)
    return report, series


def addresses_of(period, indicator, report) -> dict[str, str]:
    code = [period.programme.code, period.code]
    return {
        "home": reverse("livelihood:home"),
        "programmes": reverse("projects:programme-list"),
        "period": reverse("projects:period-detail", args=code),
        "report": reverse("projects:report-detail", args=[report.pk]),
        "ranking": reverse("supervision:ranking", args=code),
        "ranking opened": reverse("supervision:ranking", args=code) + "?open=1",
        "indicator": reverse("supervision:indicator-detail", args=[*code, indicator.pk]),
        "benchmarks": reverse("supervision:benchmarks", args=code),
        "unit": reverse("supervision:participant", args=[*code, "341222"]) + "?open=all",
        "plausibility": reverse("supervision:plausibility", args=code),
        "documents": reverse("supervision:document-list"),
        "close": reverse("supervision:period-close", args=code),
    }


@pytest.mark.slow
@pytest.mark.parametrize("person", PEOPLE)
def test_list_pages_many_rows_ask_as_often_as_few(
    person, month, programme, period, july, participants, indicators, filling_agency, lead_agency, city_officer, request
):
    report, series = month
    client = Client()
    user = request.getfixturevalue(person)
    # Somebody who was here before: what changed since is read too.
    user.last_seen = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    user.save()
    client.force_login(user)
    addresses = addresses_of(period, indicators["里程"], report)

    def counts() -> dict[str, int]:
        found = {}
        for name, address in addresses.items():
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address)
            found[name] = len(queries)
            # A clerk's period leads to the one report; some pages are not for everybody.
            assert response.status_code in (200, 302, 403, 404), name
        return found

    # The first time some things are read once for the process.
    counts()
    few = counts()
    grow(programme, period, participants, filling_agency, lead_agency, by=city_officer)
    issue(july, series, 2, by=city_officer)
    many = counts()

    assert many == few
    # Each kind of to-do asks once; one of them which years of the office are not open yet.
    assert few["home"] <= 63
