"""The first page: what each role finds on it, and what happened since the last visit."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood.models import User
from livelihood.services import note_visit
from projects.services import reports
from tests import factories
from tests.supervision.months import close, report_month, report_unit

pytestmark = pytest.mark.django_db

HOME = "/"
NOW = datetime.datetime(2020, 9, 17, 8, 0, tzinfo=datetime.UTC)


@pytest.fixture
def look(client, request):
    """Open the first page as somebody of the cast; `seen` hours ago they were here last."""

    def open_page(person: str, seen: int | None = None):
        user = request.getfixturevalue(person)
        if seen is not None:
            user.last_seen = timezone.now() - datetime.timedelta(hours=seen)
            user.save()
        client.force_login(user)
        response = client.get(HOME)
        assert response.status_code == 200
        return response

    return open_page


def panels_of(response) -> list[str]:
    return [panel.template.split("/", 1)[1] for area in response.context["panels"].values() for panel in area]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ("city_officer", ["home/steps.html", "home/units.html", "home/blockers.html", "home/papers.html"]),
        ("leader", ["home/places.html", "home/units.html", "home/papers.html"]),
        ("inspector", ["home/inspecting.html", "home/places.html", "home/units.html", "home/papers.html"]),
        ("clerk", ["home/deadline.html", "home/filled.html", "home/bureaus.html", "home/papers.html"]),
        ("head", ["home/deadline.html", "home/filled.html", "home/bureaus.html", "home/papers.html"]),
        ("filler", ["home/deadline.html", "home/items.html", "home/papers.html"]),
        ("lead_officer", ["home/led.html", "home/papers.html"]),
        ("system_admin", ["home_keepers.html"]),
        ("security_admin", ["home_keepers.html"]),
        ("auditor", ["home_keepers.html"]),
        ("stranger", []),
    ],
)
def test_home_has_the_boxes_of_the_role(look, person, expected, period, participants, indicators):
    response = look(person)

    assert sorted(panels_of(response)) == sorted(expected)


def test_home_city_office_sees_the_steps_and_what_blocks(look, period, participants, indicators, city_officer):
    report_unit(
        period, participants["341222"], indicators, {"里程": "60", "合格率": "81", "人数": "1"}, by=city_officer
    )
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"])

    response = look("city_officer")

    panels = response.context["panels"]
    steps = {step["label"]: (step.get("done"), step.get("total")) for step in panels["head"][0].context["steps"]}
    # Three reporters: 太和县 approved; 界首市 and 市本级 have not begun. Three assessed indicators, one average.
    assert steps["填报"] == steps["提交"] == steps["审核"] == (1, 3)
    assert steps["全省平均"] == (1, 3)
    blockers = next(panel.context for panel in panels["side"] if panel.template.endswith("blockers.html"))
    assert [(group["state"], group["units"]) for group in blockers["groups"]] == [("draft", "界首市、市本级")]
    assert blockers["missing_averages"] == 2
    rows = [str(row["reporter"]) for row in panels["main"][0].context["rows"]]
    assert rows == ["界首市", "市本级", "太和县"]


def test_home_city_office_counts_what_the_close_page_lists(look, client, period, participants, indicators, programme):
    # 开发区 has no target: the others' add up to the whole's, so it has no task, and nothing waits for it.
    factories.ParticipantFactory(programme=programme, code="341271", printed_name="开发区", kind="unit", order=9)

    response = look("city_officer")

    side = response.context["panels"]["side"]
    blockers = next(panel.context for panel in side if panel.template.endswith("blockers.html"))
    missing = client.get(f"/programmes/{programme.code}/2020-08/close/").context["missing"]
    assert [row.name for row in missing] == ["太和县", "界首市", "市本级"]
    assert (blockers["pending"], [group["units"] for group in blockers["groups"]]) == (3, ["太和县、界首市、市本级"])


@pytest.mark.parametrize(
    ("person", "addresses"),
    [
        ("system_admin", ["user", "agency", "region", "/status/"]),
        ("security_admin", ["rolegrant", "user"]),
        ("auditor", ["auditevent"]),
    ],
)
def test_home_every_page_a_keeper_is_promised_opens(look, client, person, addresses):
    response = look(person)

    [panel] = response.context["panels"]["main"]
    links = [link["url"] for link in panel.context["links"]]
    wanted = [name if "/" in name else reverse(f"admin:livelihood_{name}_changelist") for name in addresses]
    assert links == wanted
    assert {client.get(link).status_code for link in links} <= {200}
    assert "/admin/" in [section["url"] for section in response.context["navigation"]]


def test_home_clerk_sees_bureaus_and_how_full(look, period, participants, indicators, city_officer):
    figures = {"里程": "60", "人数": "1000"}
    report = reports.report_for(period=period, participant=participants["341222"], by=city_officer)
    for name, value in figures.items():
        factories.FigureFactory(report=report, indicator=indicators[name], value=value)

    response = look("clerk")

    contexts = {panel.template: panel.context for area in response.context["panels"].values() for panel in area}
    row = contexts["projects/home/filled.html"]["row"]
    assert (row["filled"], row["tasks"], row["blank"]) == (2, 3, 1)
    # 交通运输局 fills 农村道路: 里程 is there, 合格率 is not.
    [bureau] = contexts["projects/home/bureaus.html"]["rows"]
    assert (str(bureau.agency), bureau.filled, bureau.tasks) == ("太和县交通运输局", 1, 2)


def test_home_lists_what_others_did_since_the_last_visit(look, period, participants, indicators, city_officer):
    report_unit(
        period, participants["341222"], indicators, {"里程": "60", "合格率": "81", "人数": "1"}, by=city_officer
    )
    report_unit(
        period, participants["341282"], indicators, {"里程": "60", "合格率": "81", "人数": "1"}, by=city_officer
    )

    clerk = look("clerk", seen=3)
    officer = look("city_officer", seen=3)

    texts = [change.text for change in clerk.context["changes"]]
    assert "太和县 2020年1—8月 月报审核通过" in texts
    assert "王审核 填报太和县 3 项" in texts
    assert not any("界首市" in text for text in texts)
    # One's own doing is no news.
    assert officer.context["changes"] == []


def test_home_first_visit_says_so(look, period):
    assert "这是您第一次来" in look("clerk").content.decode()


def test_note_visit_new_after_a_pause_or_a_login_keeps_the_last_one():
    user = factories.UserFactory()
    hour = datetime.timedelta(hours=1)

    first = note_visit(by=user, now=NOW)
    soon = note_visit(by=user, now=NOW + hour)
    later = note_visit(by=user, now=NOW + 4 * hour)
    User.objects.filter(pk=user.pk).update(last_login=NOW + 5 * hour)
    user.refresh_from_db()
    again = note_visit(by=user, now=NOW + 5 * hour)

    assert (first, soon, later, again) == (None, None, NOW + hour, NOW + 4 * hour)


def test_home_issued_month_shows_the_county_its_place(
    look, period, participants, indicators, city_officer, programme, office
):
    factories.plain_scheme(programme)
    report_month(period, participants, indicators, by=city_officer)
    document = close(period, by=city_officer).document
    document.number, document.state = 7, "issued"
    document.issued_at, document.issued_by, document.issued_on = timezone.now(), city_officer, NOW.date()
    document.save()
    period.refresh_from_db()
    period.state = "issued"
    period.save()

    response = look("clerk")

    contexts = {panel.template: panel.context for area in response.context["panels"].values() for panel in area}
    # 太和县 ((60 + 90) / 2 + 100) / 2 = 87.50; 界首市 = ((75 + 100) / 2 + 100) / 2 = 93.75
    assert contexts["supervision/home/place.html"]["row"]["unit"].place == 2


def test_home_administrator_finds_the_link(look):
    text = look("system_admin").content.decode()

    assert reverse("admin:index") in text
