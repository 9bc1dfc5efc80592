"""Plausibility over all units: flags by unit and check, outliers worked out by hand, reasons that say nothing."""

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse

from projects.models import FigureFlag
from supervision.outliers import outliers
from tests import factories
from tests.boards import make_board
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

SIX = ["甲县", "乙县", "丙县", "丁县", "戊县", "己县"]


def month(board, number, values):
    """Report an earlier month of the board's programme: indicator → unit → value."""
    period = factories.PeriodFactory(programme=board.period.programme, month=number)
    setter = factories.UserFactory()
    for unit in board.participants:
        report = factories.ReportFactory(period=period, participant=board.participants[unit], state="approved")
        for name, row in values.items():
            if unit in row:
                factories.FigureFactory(
                    report=report, indicator=board.indicators[name], value=row[unit], updated_by=setter
                )


def found(board, kind) -> dict[tuple[str, str], dict]:
    units = {unit.pk: name for name, unit in board.participants.items()}
    names = {indicator.pk: name for name, indicator in board.indicators.items()}
    return {
        (units[row["participant_id"]], names[row["indicator_id"]]): row
        for row in outliers(board.period)
        if row["kind"] == kind
    }


def test_r20_jump_is_held_against_the_median_of_the_units_own_increments():
    board = make_board(["甲县", "乙县"], month=5)
    board.indicator("里程", [("甲县", 1000, 123), ("乙县", 1000, 62)])
    for number, (one, other) in enumerate([(10, 10), (12, 20), (17, 30), (21, 40)], start=1):
        month(board, number, {"里程": {"甲县": one, "乙县": other}})

    rows = found(board, "jump")

    # 甲县 grew 2, 5, 4: median 4; now 123 − 21 = 102 = 25.5 × 4. 乙县 grew 10, 10, 10; now 22 is no more than 5 × 10.
    assert list(rows) == [("甲县", "里程")]
    row = rows["甲县", "里程"]
    assert (row["compared"], row["usual"], row["number"], row["factor"]) == (102, 4, 3, 25.5)


def test_r20_stuck_is_a_figure_the_same_for_three_months_while_others_move():
    board = make_board(["甲县", "乙县", "丙县"], month=5)
    board.indicator("里程", [("甲县", 100, 30), ("乙县", 100, 60), ("丙县", 100, 50)])
    board.indicator("户数", [("甲县", 100, 30), ("乙县", 100, 60), ("丙县", 100, 50)])
    for number, other in [(2, 20), (3, 30), (4, 40)]:
        month(
            board,
            number,
            {
                "里程": {"甲县": 30, "乙县": other, "丙县": 50},
                "户数": {"甲县": 30, "乙县": 60, "丙县": 50},  # nobody moves
            },
        )

    rows = found(board, "stuck")

    # Of the two others one moves: half. Of 户数 nobody does.
    assert sorted(rows) == [("丙县", "里程"), ("甲县", "里程")]
    assert (rows["甲县", "里程"]["number"], rows["甲县", "里程"]["others"]) == (1, 2)


def test_r20_far_and_same_are_held_against_the_other_units():
    board = make_board(SIX)
    rates = [
        ("甲县", 100, 90),
        ("乙县", 100, 30),
        ("丙县", 100, 28),
        ("丁县", 100, 20),
        ("戊县", 100, 9),
        ("己县", 100, 0),
    ]
    board.indicator("里程", rates)
    board.indicator("户数", [("甲县", 400, 396), ("乙县", 500, 396), ("丙县", 90, 12), ("丁县", 90, 12)])

    far, same = found(board, "far"), found(board, "same")

    # Rates 0, 9, 20, 28, 30, 90: the smaller middle one is 20. 90/20 = 4.5; 20/9 = 2.2 is less than 3; 0 is 未开工.
    assert {unit: str(row["factor"]) for (unit, name), row in far.items() if name == "里程"} == {"甲县": "4.5"}
    # 396 has three digits and the targets differ; 12 has two.
    assert sorted(same) == [("乙县", "户数"), ("甲县", "户数")]
    assert same["甲县", "户数"]["units"] == [board.participants["甲县"].pk, board.participants["乙县"].pk]


# -- the page -------------------------------------------------------------------------------------


@world
def flagged(period, participants, indicators):
    """Flags in August: 太和县 里程 without a reason and 人数 with 同上, 界首市 里程 explained."""
    setter = factories.UserFactory(username="fills")
    given = [
        ("341222", "里程", "120", "over_120", ""),
        ("341222", "人数", "10", "falling_flow", "同上"),
        ("341282", "里程", "300", "over_120", "增加了通村路"),
    ]
    reports = {
        code: factories.ReportFactory(period=period, participant=participants[code], state="submitted")
        for code in ("341222", "341282")
    }
    for code, name, value, check, reason in given:
        figure = factories.FigureFactory(
            report=reports[code], indicator=indicators[name], value=value, updated_by=setter
        )
        FigureFlag.objects.create(figure=figure, code=check, explanation=f"{name}有疑问。\n请核对。", reason=reason)
    return period


@pytest.fixture
def look(client, request):
    def open_page(person, period, query="", name="plausibility"):
        client.force_login(request.getfixturevalue(person))
        return client.get(reverse(f"supervision:{name}", args=[period.programme.code, period.code]) + query)

    return open_page


def test_plausibility_office_sees_counts_flags_and_links_to_the_cell(look, flagged, participants, indicators):
    response = look("city_officer", flagged)

    text = response.content.decode()
    assert [column["code"] for column in response.context["columns"]] == ["falling_flow", "over_120"]
    counts = {row["unit"].printed_name: [cell["count"] for cell in row["cells"]] for row in response.context["matrix"]}
    assert counts == {"太和县": [1, 1], "界首市": [0, 1], "市本级": [0, 0]}
    assert response.context["totals"] == [1, 2]
    facts = response.context["facts"]
    assert (facts["flags"], facts["unanswered"], facts["empty"], facts["without_evidence"]) == (3, 1, 1, 3)
    assert f"#row-{participants['341222'].pk}-{indicators['里程'].pk}" in text
    assert [(row["unit"].printed_name, row["reason"]) for row in response.context["repeated"]] == [("太和县", "同上")]


FILTERS = {
    "?unit=341222": 2,
    "?check=over_120": 2,
    "?project=2": 1,
    "?state=open": 1,
    "?state=empty": 1,
    "?unit=nobody": 0,
    "?page=99&project=x": 0,
}


def test_plausibility_filters_by_unit_project_check_and_state(look, flagged):
    found = {query: look("city_officer", flagged, query).context["flags"].paginator.count for query in FILTERS}

    assert found == FILTERS


def test_plausibility_lead_agency_sees_its_items_and_no_link_to_review(look, flagged):
    response = look("lead_officer", flagged)

    assert {row["flag"].item for row in response.context["flag_rows"]} == {"里程"}
    assert {row["url"] for row in response.context["flag_rows"]} == {""}


def test_plausibility_is_not_for_others(look, flagged):
    people = ["leader", "clerk", "filler", "stranger"]

    found = {person: look(person, flagged).status_code for person in people}
    exported = {person: look(person, flagged, name="plausibility-export").status_code for person in people}

    assert found == exported == {"leader": 403, "clerk": 403, "filler": 403, "stranger": 404}


def test_plausibility_export_holds_flags_with_reasons(look, flagged):
    response = look("city_officer", flagged, "?unit=341222", name="plausibility-export")

    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    reasons = [row[8] for row in book["提示清单"].iter_rows(values_only=True) if row[0] == "太和县"]
    assert sorted(reasons) == ["同上", "没有说明"]
    assert book.sheetnames == ["统计", "提示清单", "离群清单", "重复的说明"]


def test_plausibility_of_an_empty_period_says_there_is_nothing(look, programme, participants, city_officer):
    period = factories.PeriodFactory(
        programme=programme, month=1, due_at=datetime.datetime(2020, 2, 5, tzinfo=datetime.UTC)
    )

    text = look("city_officer", period).content.decode()

    assert "这一期没有提示，也没有离群的数。" in text
    assert "没有重复的说明。" in text
