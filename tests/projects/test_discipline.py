"""报送情况: on time, late, returned or not at all, per unit and month, and who may see whose."""

import datetime

import pytest
from django.urls import reverse

from projects.discipline import Discipline
from projects.models import Outage, Reminder, ReportApproval
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


def moment(text):
    return datetime.datetime.fromisoformat(f"{text}+08:00")


@world
def months(july, period, participants, clerk, other_clerk, city_officer):
    """July: 太和县 in time, 界首市 late; August: 太和县 returned once and in again, 界首市 nothing.

    July is due on 5 August at 18:00, August on 5 September at 18:00 with a day of grace.
    """
    type(period).objects.filter(pk=period.pk).update(grace_hours=24)
    rows = [
        (july, "341222", "2020-08-05T17:59", "approved", clerk),
        (july, "341282", "2020-08-05T18:01", "approved", other_clerk),
        (period, "341222", "2020-09-06T17:00", "submitted", clerk),
    ]
    found = {
        (month.ends_on.month, code): factories.ReportFactory(
            period=month,
            participant=participants[code],
            state=state,
            submitted_at=moment(at),
            submitted_by=by,
        )
        for month, code, at, state, by in rows
    }
    ReportApproval.objects.create(
        report=found[8, "341222"], nth=1, sha256="a" * 64, verdict="returned", reason="缺附件", decided_by=city_officer
    )
    return found


def kinds(programme, user):
    """Unit → the kinds of its months, July first."""
    page = Discipline(programme, user)
    return {str(row.reporter): [cell["kind"] for cell in row.cells] for row in page.rows}


def test_months_are_on_time_late_in_grace_or_missing(months, programme, city_officer):
    assert kinds(programme, city_officer) == {
        "太和县": ["on_time", "in_grace"],
        "界首市": ["late", "missing"],
        "市本级": ["missing", "missing"],
    }


def test_totals_count_months_returns_and_reminders(months, programme, period, participants, city_officer):
    Reminder.objects.create(period=period, participant=participants["341282"], text="请报送", sent_by=city_officer)

    page = Discipline(programme, city_officer)

    rows = {str(row.reporter): row for row in page.rows}
    assert (rows["太和县"].on_time, rows["太和县"].late, rows["太和县"].missing, rows["太和县"].returned) == (
        2,
        0,
        0,
        1,
    )
    assert (rows["界首市"].on_time, rows["界首市"].late, rows["界首市"].missing, rows["界首市"].reminded) == (
        0,
        1,
        1,
        1,
    )
    assert page.totals() == [{"in_time": 1, "late": 1, "missing": 1}, {"in_time": 1, "late": 0, "missing": 2}]
    assert page.sums() == {"in_time": 2, "late": 1, "missing": 3, "returned": 1, "reminded": 1}


def test_outage_makes_nobody_late(months, july, programme, city_officer):
    type(july).objects.filter(pk=july.pk).update(extended_until=moment("2020-08-06T12:00"))

    # 界首市 came a minute after the deadline, within the extension.
    assert kinds(programme, city_officer)["界首市"][0] == "on_time"


def test_unit_that_joined_later_is_not_missing_before(months, programme, city_officer):
    joined = datetime.date(2020, 8, 1)
    factories.ParticipantFactory(programme=programme, printed_name="开发区", joins_on=joined, order=9)

    assert kinds(programme, city_officer)["开发区"] == ["none", "missing"]


@pytest.mark.parametrize("person", ["clerk", "head", "filler"])
def test_county_sees_its_own_row_only(person, months, programme, indicators, request):
    assert list(kinds(programme, request.getfixturevalue(person))) == ["太和县"]


@pytest.mark.parametrize("person", ["leader", "inspector", "city_officer"])
def test_overseeing_roles_see_every_row(person, months, programme, request):
    assert len(kinds(programme, request.getfixturevalue(person))) == 3


def test_county_asking_for_another_gets_its_own(client, clerk, months, programme):
    client.force_login(clerk)

    response = client.get(reverse("projects:discipline", args=[programme.code]) + "?unit=341282")

    assert str(response.context["page"].unit.reporter) == "太和县"
    assert "界首市" not in response.content.decode()


def test_history_tells_submission_return_reminder_and_outage(
    client, city_officer, months, programme, period, participants
):
    Reminder.objects.create(period=period, participant=participants["341222"], text="请尽快", sent_by=city_officer)
    Outage.objects.create(
        period=period,
        starts_at=moment("2020-09-05T16:00"),
        ends_at=moment("2020-09-05T18:00"),
        extended_until=moment("2020-09-07T12:00"),
        reason="机房断电",
        recorded_by=city_officer,
    )
    client.force_login(city_officer)

    response = client.get(reverse("projects:discipline", args=[programme.code]) + "?unit=341222")

    august = response.context["page"].history()[0]
    assert [step["text"].split()[-1] for step in august["steps"]] == ["停机", "提交", "退回", "催报"]
    html = response.content.decode()
    assert "机房断电，截止顺延至 9月7日 12:00" in html
    assert "请尽快" in html


def test_unknown_unit_shows_the_table_alone(client, city_officer, months, programme):
    client.force_login(city_officer)

    response = client.get(reverse("projects:discipline", args=[programme.code]) + "?unit=<script>")

    assert response.status_code == 200
    assert response.context["page"].unit is None


def test_queries_do_not_grow_with_units_and_months(
    client, city_officer, months, programme, django_assert_max_num_queries
):
    for number in range(30):
        unit = factories.ParticipantFactory(
            programme=programme, code=f"u{number}", printed_name=f"单位{number}", order=50
        )
        for report in (months[7, "341222"], months[8, "341222"]):
            factories.ReportFactory(period=report.period, participant=unit, state="submitted")
    client.force_login(city_officer)

    with django_assert_max_num_queries(16):
        response = client.get(reverse("projects:discipline", args=[programme.code]))

    assert len(response.context["page"].rows) == 33
