"""Who is placed is each year's and each month's own: other units in another year, one that joins in May, a hospital."""

import datetime

import pytest

from funding.demo import read_fixture
from livelihood.models import User
from projects.catalogue_check import catalogue_problems
from projects.services.catalogue import CatalogueRefused, load_catalogue
from tests import factories
from tests.boards import make_board

pytestmark = pytest.mark.django_db

#: Made-up values of 100 each; the tie for the third place is as 六安 printed it in 2017.
LUAN = {"霍邱县": 96, "舒城县": 95, "金安区": 90, "裕安区": 90, "叶集区": 88, "霍山县": 80, "金寨县": 75}


def places(board) -> dict[str, int]:
    """Overall places by name."""
    names = {unit.pk: name for name, unit in board.participants.items()}
    return {names[row["participant_id"]]: row["place"] for row in board.standings().overall()}


def luan(owner, year, values):
    """六安's list of one year: its units in order, one indicator, a scheme, August approved."""
    programme = factories.ProgrammeFactory(owner=owner, year=year, code=f"luan-{year}")
    board = make_board(list(values), period=factories.PeriodFactory(programme=programme, month=8))
    factories.plain_scheme(programme)
    # The whole of a year's list: targets count from that year on.
    indicator = board.indicator("园区", [(unit, None, value) for unit, value in values.items()])
    for unit in values:
        factories.TargetFactory(
            indicator=indicator, participant=board.participants[unit], valid_from=datetime.date(year, 1, 1)
        )
    return board


def test_a_region_places_eight_units_in_2017_and_seven_in_2021():
    owner = factories.RegionFactory(name="六安市", kind="city")

    first = luan(owner, 2017, LUAN | {"开发区": 60})
    second = luan(owner, 2021, LUAN)

    shared = {"霍邱县": 1, "舒城县": 2, "金安区": 3, "裕安区": 3, "叶集区": 5, "霍山县": 6, "金寨县": 7}
    assert places(first) == shared | {"开发区": 8}
    assert places(second) == shared


def test_unit_that_joins_in_may_is_in_no_line_sum_or_place_of_april_and_in_all_of_may():
    april = make_board(["甲县", "乙县", "丙县"], month=4)
    factories.plain_scheme(april.period.programme)
    april.indicator("园区", [("甲县", 100, 40), ("乙县", 100, 30), ("丙县", 200, None), ("全市", 400, None)])
    april.participants["丙县"].joins_on = datetime.date(2020, 5, 1)
    april.participants["丙县"].save()
    may = factories.PeriodFactory(programme=april.period.programme, month=5)
    for unit, value in {"甲县": 50, "乙县": 30, "丙县": 120}.items():
        report = factories.ReportFactory(period=may, participant=april.participants[unit])
        factories.FigureFactory(report=report, indicator=april.indicators["园区"], value=value)

    before, before_places = april.rows("园区"), places(april)
    april.period = may
    after, after_places = april.rows("园区"), places(april)

    # April: (40 + 30) ÷ (100 + 100) = 35.00; 丙县 is not even among those left out as 未报送.
    assert set(before) == {"甲县", "乙县", "全市"}
    assert (str(before["全市"]["rate"]), before["全市"]["pooled_excluding"]) == ("35.00", None)
    assert before_places == {"甲县": 1, "乙县": 2}
    # May: (50 + 30 + 120) ÷ (100 + 100 + 200) = 50.00; 丙县 120 ÷ 200 = 60.00 is first.
    assert str(after["全市"]["rate"]) == "50.00"
    assert (str(after["丙县"]["rate"]), after["丙县"]["place"], after["丙县"]["status"]) == ("60.00", 1, "on_schedule")
    assert after_places == {"丙县": 1, "甲县": 2, "乙县": 3}


def test_blank_target_beside_a_unit_that_has_not_joined_is_no_task_all_year():
    board = make_board(["甲县", "乙县", "丙县"], month=4)
    # 甲县 100 and 丙县 200 are the whole's 300: 乙县's blank is no task (R5), also before 丙县 joins.
    board.indicator("园区", [("甲县", 100, 40), ("乙县", "blank", None), ("丙县", 200, None), ("全市", 300, None)])
    board.participants["丙县"].joins_on = datetime.date(2020, 5, 1)
    board.participants["丙县"].save()

    assert board.column("园区", "status")["乙县"] == "no_task"


def test_hospital_out_of_the_overall_places_is_placed_per_indicator():
    board = make_board(["甲县", "乙县", "市二院"])
    factories.plain_scheme(board.period.programme)
    board.indicator("改造", [("甲县", 100, 50), ("乙县", 100, 90), ("市二院", 10, 8)])
    hospital = board.participants["市二院"]
    hospital.agency, hospital.ranked = factories.AgencyFactory(name="市第二人民医院"), False
    hospital.save()

    # 90.00, 80.00, 50.00: second in the item, and its sum counts it: (50 + 90 + 8) ÷ 210 = 70.48.
    assert board.column("改造", "place") == {"甲县": 3, "乙县": 1, "市二院": 2, "全市": None}
    assert board.column("改造", "rate")["全市"] == "70.48"
    assert places(board) == {"乙县": 1, "甲县": 2}


def test_list_by_workbook_obeys_what_the_page_does():
    data = read_fixture()
    data["participants"][:0] = [
        {"code": "a", "printed_name": "一镇", "short_names": ["二镇"], "region": "340705101", "at": "考核单位!A2"},
        {"code": "b", "printed_name": "二镇", "region": "340705102", "at": "考核单位!A3"},
        {"code": "c", "printed_name": "一镇政府", "region": "340705101", "at": "考核单位!A4"},
        {"code": "d", "printed_name": "三镇", "joins_on": datetime.date(2020, 5, 1), "at": "考核单位!A5"}
        | {"leaves_on": datetime.date(2020, 4, 1)},
    ]

    assert catalogue_problems(data) == [
        "考核单位!A3：“二镇”已经是一镇的简称，不能再用。",
        "考核单位!A4：一镇政府和一镇是同一个单位（340705101），一个单位只占一个次序。",
        "考核单位!A5：三镇的退出日期2020年4月1日早于加入日期2020年5月1日。",
    ]


def test_list_by_workbook_moves_nobody_in_or_out_of_an_issued_month():
    data, system = read_fixture(), User.objects.system()
    programme = load_catalogue(data=data, by=system).programme
    closed = {"closed_at": datetime.datetime(2020, 5, 8, tzinfo=datetime.UTC), "closed_by": system}
    factories.PeriodFactory(programme=programme, month=4, state="issued", **closed)
    data["participants"][0]["joins_on"] = datetime.date(2020, 5, 1)

    with pytest.raises(CatalogueRefused) as refused:
        load_catalogue(data=data, by=system)

    assert refused.value.problems[0].startswith("2020年1—4月已经通报，不能让铜官区再退出这个月。")
    assert programme.participants.get(code="340705").joins_on is None
