"""One unit's page: what its lines cost, what is left to each yardstick, and who sees how much of it."""

import datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from supervision.models import EnteredMark, ScoringComponent
from supervision.pages.history import month_places
from supervision.services.snapshots import freeze_snapshot
from supervision.unit_sql import parameters_on, unit_lines
from tests import factories
from tests.boards import make_board
from tests.supervision.funds import planned_line
from tests.supervision.matters import to_mend
from tests.supervision.months import close, report_month
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def board(database):
    """甲县 and 乙县 in August under the plain scheme: 里程 in one project, 培训 and 费用 in another."""
    made = make_board(["甲县", "乙县"])
    factories.plain_scheme(made.period.programme)
    made.indicator(
        "里程", [("甲县", 100, "40.85"), ("乙县", 200, 150)], unit="公里", decimals=2, benchmark=("67.3", "rate")
    )
    courses = made.indicator("培训", [("甲县", 30, 10), ("乙县", 30, 30)], unit="人")
    made.indicator(
        "费用",
        [("甲县", "8.0", "10.0"), ("乙县", "8.0", "8.0")],
        project=courses.sub_project.project,
        unit="万元",
        decimals=1,
        accumulation="level",
        direction="at_most",
        benchmark=("90.00", "rate"),
    )
    return made


def lines_of(board, unit, snapshot=None) -> dict[str, dict]:
    rows = unit_lines(board.participants[unit].pk, parameters_on(board.period, snapshot), frozen=snapshot is not None)
    names = {indicator.pk: name for name, indicator in board.indicators.items()}
    return {names[row["indicator_id"]]: row for row in rows}


def test_r13_points_lost_add_up_to_what_the_score_lacks(board):
    rows = lines_of(board, "甲县")

    # Rates 40.85; 10/30 = 33.33; 8.0/10.0 = 80.00. Two projects: (40.85 + (33.33 + 80.00)/2) / 2 = 48.7575
    # (100−40.85)/1/2 = 29.575; (100−33.33)/2/2 = 16.6675; (100−80)/2/2 = 5; together 51.2425 = 100 − 48.7575
    assert {name: str(row["shown_lost"]) for name, row in rows.items()} == {
        "里程": "29.5750",
        "培训": "16.6675",
        "费用": "5.0000",
    }
    row = rows["培训"]
    assert (row["lines"], row["projects"], str(row["project_lost"])) == (2, 2, "21.6675")
    assert (str(row["unit_lost"]), str(row["kept"]), str(row["unit_score"])) == ("51.2425", "48.7575", "48.76")


def test_r13_points_lost_are_weighed_where_the_scheme_has_more_than_rates(board):
    scheme = board.period.programme.scoring_schemes.get()
    scheme.components.update(weight=70)
    survey = ScoringComponent.objects.create(
        scheme=scheme, code="survey", name="满意率", kind="entered", weight=30, max_mark=30, marked_by="survey"
    )
    giver = factories.UserFactory()
    EnteredMark.objects.create(
        period=board.period,
        component=survey,
        participant=board.participants["甲县"],
        value=24,
        source="调查报告",
        sample_size=400,
        entered_by=giver,
        confirmed_at=timezone.now(),
        confirmed_by=factories.UserFactory(),
    )

    row = lines_of(board, "甲县")["里程"]

    # Rates: 51.2425 × 0.7 = 35.86975; survey: (100 − 24/30×100) × 0.3 = 6; 100 − 41.86975 = 58.13025
    assert str(row["shown_lost"]) == "20.7025"  # 29.575 × 0.7
    assert [(part["name"], str(part["points"]), str(part["lost"])) for part in row["components"]] == [
        ("项目完成率", "48.7575", "35.8698"),
        ("满意率", "80.0000", "6.0000"),
    ]
    assert (str(row["unit_lost"]), str(row["unit_score"])) == ("41.8698", "58.13")


def test_r13_what_is_taken_off_at_the_end_stands_behind_what_was_lost(board):
    scheme = board.period.programme.scoring_schemes.get()
    late = ScoringComponent.objects.create(scheme=scheme, code="late", name="通报批评", kind="event_off", weight="0.5")
    EnteredMark.objects.create(
        period=board.period,
        component=late,
        participant=board.participants["甲县"],
        value=2,
        source="通报",
        entered_by=factories.UserFactory(),
        confirmed_at=timezone.now(),
        confirmed_by=factories.UserFactory(),
    )

    row = lines_of(board, "甲县")["里程"]

    # 100 − 51.2425 = 48.7575; two times 0.5 off: 47.7575
    assert [(entry["name"], str(entry["points"])) for entry in row["adjustments"]] == [("通报批评", "-1.0000")]
    assert (str(row["kept"]), str(row["unit_score"])) == ("48.7575", "47.76")


def test_r10_r11_work_left_is_rounded_up_to_the_indicators_decimals(board):
    rows = lines_of(board, "甲县")

    # 里程: 100 × 67.3% − 40.85; city (40.85+150)/300 = 63.62%; 8/12 = 66.67%.
    # 培训: 30 × 66.67% = 20.001, so 21 are needed; city 40/60 = 66.67%. 费用: 8.0/90% = 8.888…, down to 8.8.
    keys = ("left_benchmark", "left_city", "left_expected", "left_target")
    found = {name: [row[key] and format(row[key].normalize(), "f") for key in keys] for name, row in rows.items()}
    assert found == {
        "里程": ["26.45", "22.77", "25.82", "59.15"],
        "培训": [None, "11", "11", "20"],
        "费用": ["1.2", None, None, "2"],
    }
    assert {row["left_benchmark"] for row in lines_of(board, "乙县").values()} == {None}


def test_unit_lines_of_a_snapshot_are_those_that_were_live(board):
    live = lines_of(board, "甲县")
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    assert lines_of(board, "甲县", snapshot) == live


# -- the page -------------------------------------------------------------------------------------


@world
def august(period, participants, indicators, city_officer):
    """August approved for both counties and the own level, under the plain scheme."""
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    return period


def address(period, unit="341222", query="", name="participant") -> str:
    return reverse(f"supervision:{name}", args=[period.programme.code, period.code, unit]) + query


@pytest.fixture
def look(client, request):
    def open_page(person, url):
        client.force_login(request.getfixturevalue(person))
        return client.get(url)

    return open_page


@pytest.mark.parametrize("person", ["city_officer", pytest.param("leader", marks=pytest.mark.long)])
def test_unit_page_who_oversees_sees_place_neighbours_and_arithmetic(look, august, person):
    response = look(person, address(august, query="?open=all"))

    text = response.content.decode()
    # 里程 60%, 合格率 81/90 = 90%, 人数 100%: ((60+90)/2 + 100)/2 = 87.50. 界首市 (75+100)/2 and 100: 93.75.
    assert response.context["facts"]["place"] == 2
    assert response.context["sums"]["score"] == "87.50"
    assert "100−12.5000＝87.5000" in text
    assert "（100−60）÷2个指标÷2个项目" in text  # 10.0000
    assert (response.context["previous"], response.context["following"]["label"]) == (None, "界首市")
    assert response.context["discipline"]["reopened"] == []


def test_unit_page_works_an_open_month_out_once_for_score_and_year(
    look, august, city_officer, participants, django_assert_max_num_queries
):
    with django_assert_max_num_queries(60) as asked:
        (row,) = look("city_officer", address(august)).context["places"]["rows"]

    assert sum("unit_score AS (" in query["sql"] for query in asked.captured_queries) == 1
    (month,) = month_places(august, city_officer)
    unit = month.units[participants["341222"].pk]
    # 界首市 93.75 is before 87.50, and the own level has no project rates to be placed by.
    assert (row["place"], row["of"], row["score"]) == (2, month.placed, unit["score"]) == (2, 2, Decimal("87.50"))


def test_unit_page_open_month_county_sees_its_own_figures_without_places(look, august):
    response = look("clerk", address(august))

    facts = response.context["facts"]
    assert (facts["score"], facts["place"], facts["shows_places"]) == ("87.50", None, False)
    assert {row["worst"]["city"]["text"] for row in response.context["rows"]} == {"—"}
    assert {row["worst"]["place"] for row in response.context["rows"]} == {None}
    assert [link["label"] for link in response.context["units"]] == ["太和县"]
    assert [row["words"] for row in response.context["places"]["rows"]] == ["印发后可见"]
    assert "93.75" not in response.content.decode()


def test_unit_page_lists_open_rectification_with_its_light_to_who_may_read_it(look, august, participants):
    taihe = participants["341222"]
    to_mend(taihe, 1, datetime.date(2020, 8, 3))
    to_mend(taihe, 2, timezone.localdate() + datetime.timedelta(days=90))
    to_mend(taihe, 3, datetime.date(2020, 8, 3), state="opened")
    to_mend(participants["341282"], 4, datetime.date(2020, 8, 3))

    seen = {who: look(who, address(august)).context for who in ("city_officer", "clerk", "lead_officer")}

    rows = [(str(row.item), row.light.colour) for row in seen["city_officer"]["matters"]["items"]]
    assert rows == [("整改1号", "red"), ("整改3号", "red"), ("整改2号", "green")]
    # Not assigned yet: the county does not know of it.
    assert [str(row.item) for row in seen["clerk"]["matters"]["items"]] == ["整改1号", "整改2号"]
    assert seen["lead_officer"]["matters"] is None
    assert (seen["clerk"]["links"], "participant=341222" in seen["city_officer"]["links"]["item"]) == (None, True)


def test_unit_page_of_another_county_is_seen_from_the_issued_month_on(look, august, city_officer):
    before = look("clerk", address(august, "341282"))
    close(august, by=city_officer)
    august.refresh_from_db()
    august.state = "issued"
    august.save()
    after = look("clerk", address(august, "341282"))

    assert before.status_code == 404
    assert after.context["facts"]["place"] == 1
    assert after.context["discipline"] is None


def test_unit_page_lead_agency_sees_its_project_of_any_unit_without_the_score(look, august):
    response = look("lead_officer", address(august, "341282"))

    assert [row["name"] for row in response.context["rows"]] == ["农村道路"]
    assert response.context["rows"][0]["worst"]["place"] == 1
    assert (response.context["facts"]["score"], response.context["sums"], response.context["places"]) == (
        "—",
        None,
        None,
    )


def test_unit_page_is_not_for_another_programmes_office(client, august):
    other = factories.ProgrammeFactory()
    client.force_login(factories.grant(factories.UserFactory(), "city_office", region=other.owner))

    assert client.get(address(august)).status_code == 404


def test_unit_page_sets_money_beside_progress(look, august, participants, indicators, city_officer):
    # 里程 60% and 合格率 90%; paid 95 of 100 is further than both. 人数 is all done and only 20 of 100 paid.
    unit = participants["341222"]
    report = unit.reports.get()
    planned_line(indicators["里程"], unit, city_officer, 100, report, disbursed=95)
    planned_line(indicators["人数"], unit, city_officer, 100, report, disbursed=20)

    rows = look("city_officer", address(august)).context["money"].rows

    assert [(row["paid"], row["works"], [mark["word"] for mark in row["marks"]]) for row in rows] == [
        ("95.00%", "60.00%～90.00%", ["拨付超前"]),
        ("20.00%", "100.00%", ["完成未付"]),
    ]


def test_unit_page_export_holds_every_line_and_its_loss(look, august):
    response = look("city_officer", address(august, name="participant-export"))

    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    rows = list(book["进度与失分"].iter_rows(values_only=True))
    line = next(row for row in rows if row[2] == "里程")
    assert (line[6], line[9]) == (60, 10)
    assert book.sheetnames[-1] == "各月位次"


EMPTY = {
    "no_benchmark_target_0": ([("甲县", 0, 0), ("乙县", 5, 1)], {}),
    "all_no_task": ([("甲县", "no_task", None), ("乙县", "no_task", None)], {}),
    "one_unit": ([("甲县", 10, 5)], {"units": ["甲县"]}),
    "not_reported": ([("甲县", 10, None), ("乙县", 10, 5)], {"unreported": ["甲县"]}),
    "nobody_approved": ([("甲县", 10, None)], {"unreported": ["甲县", "乙县"]}),
    "no_indicators": (None, {}),
    "average_of_values": (
        [("甲县", 10, 5)],
        {"fields": {"accumulation": "level", "benchmark": ("4.3", "value"), "direction": "at_most"}},
    ),
}


#: The others differ from these in what is missing, not in what the page does about it.
SHORT = ("no_benchmark_target_0", "not_reported", "no_indicators", "average_of_values")


@pytest.mark.parametrize(
    "case", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in EMPTY]
)
def test_unit_page_with_little_to_show_says_so(look, period, city_officer, case):
    rows, options = EMPTY[case]
    board = make_board(options.get("units", ["甲县", "乙县"]), period=period, unreported=options.get("unreported", ()))
    if rows:
        board.indicator("指标", rows, **options.get("fields", {}))
    unit = board.participants["甲县"].code

    page = look("city_officer", address(period, unit, "?open=all"))
    sheet = look("city_officer", address(period, unit, name="participant-export"))

    text = page.content.decode()
    assert (page.status_code, sheet.status_code) == (200, 200)
    assert strange_words(text) == []
    if case == "not_reported":
        assert "未报送" in text
        assert page.context["sums"] is None
    if case == "no_indicators":
        assert "本年度还没有指标" in text


def test_unit_page_of_an_unknown_basis_or_unit_is_not_found(look, august):
    unknown = look("city_officer", address(august, query="?basis=9"))

    assert unknown.status_code == 404
    assert "没有这一版结果。" in unknown.content.decode()
    assert look("city_officer", address(august, query="?basis=x")).status_code == 404
    assert look("city_officer", address(august, "nobody")).status_code == 404
    assert look("city_officer", address(august, "341200")).status_code == 404


def test_unit_page_before_the_unit_joined_says_since_when_it_takes_part(look, august, participants):
    participants["341282"].joins_on = datetime.date(2020, 9, 1)
    participants["341282"].save()

    response = look("city_officer", address(august, "341282"))

    assert response.status_code == 200
    assert "界首市2020年9月起参加，2020年1—8月没有它的数。" in response.content.decode()
