"""`manage.py standings`: one JSON document of fixed keys, a table for people, refusals in a sentence."""

import json
from decimal import Decimal, Inexact
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from supervision.services.snapshots import freeze_snapshot
from supervision.sheets.export import amount_text, decimal_text
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def august(period, participants, indicators):
    """太和县 approved: 里程 40.85, 合格率 95, 人数 900. 界首市 submitted: 里程 150. 全省平均 of 里程 67.3."""
    setter = factories.UserFactory(username="typist")
    taihe = factories.ReportFactory(period=period, participant=participants["341222"], state="approved")
    jieshou = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    for report, name, value in [
        (taihe, "里程", "40.85"),
        (taihe, "合格率", "95"),
        (taihe, "人数", "900"),
        (jieshou, "里程", "150"),
    ]:
        factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value), updated_by=setter)
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"], value=Decimal("67.3"), decimals=1)
    return period


def run(*arguments) -> str:
    out = StringIO()
    call_command("standings", *arguments, stdout=out)
    return out.getvalue()


def document(*arguments) -> dict:
    return json.loads(run("--programme", "fuyang-2020", "--period", "2020-08", "--json", *arguments))


def refused(*arguments) -> tuple[str, str, int]:
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("standings", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue(), stopped.value.code


def test_standings_json_has_the_keys_of_the_contract_in_order(august):
    found = document()

    assert list(found) == [
        "programme", "period", "basis", "snapshot", "decimals", "indicators", "projects", "overall", "funds",
    ]  # fmt: skip
    assert {key: found[key] for key in ("programme", "period", "basis", "snapshot", "decimals", "funds")} == {
        "programme": "fuyang-2020",
        "period": "2020-08",
        "basis": "live",
        "snapshot": None,
        "decimals": 2,
        "funds": [],
    }
    assert [row["indicator"] for row in found["indicators"]] == ["里程", "合格率", "人数"]
    for row in found["indicators"]:
        assert list(row) == [
            "project_seq", "sub_item", "indicator", "unit", "direction", "accumulation", "additive", "assessed",
            "pooled_rate", "pooled_excluding", "pooled_rate_with_missing", "benchmark", "benchmark_measure",
            "units", "below_benchmark",
        ]  # fmt: skip
        for unit in row["units"]:
            assert list(unit) == [
                "participant", "name", "kind", "target", "value", "approved", "rate", "place", "expected_rate",
                "gap_to_expected", "gap_to_benchmark", "gap_to_city", "below_benchmark", "status",
            ]  # fmt: skip


def test_standings_json_flow_indicator_prints_rates_gaps_and_the_list(august):
    roads = document()["indicators"][0]

    taihe, jieshou, own, whole = roads.pop("units")
    assert roads == {
        "project_seq": 1,
        "sub_item": "",
        "indicator": "里程",
        "unit": "公里",
        "direction": "at_least",
        "accumulation": "flow",
        "additive": True,
        "assessed": True,
        # (40.85 + 150) ÷ (100 + 200) = 63.6166…
        "pooled_rate": "63.62",
        "pooled_excluding": [],
        "pooled_rate_with_missing": None,
        "benchmark": "67.3",
        "benchmark_measure": "rate",
        "below_benchmark": ["太和县"],
    }
    assert taihe == {
        "participant": "341222",
        "name": "太和县",
        "kind": "unit",
        "target": "100.00",
        "value": "40.85",
        "approved": True,
        "rate": "40.85",
        "place": 2,
        "expected_rate": "66.67",  # 8 ÷ 12
        "gap_to_expected": "-25.82",  # 40.85 − 66.67
        "gap_to_benchmark": "-26.4",  # 40.9 − 67.3, at the province's one decimal (R7)
        "gap_to_city": "-22.77",  # 40.85 − 63.62
        "below_benchmark": True,
        "status": "behind",
    }
    assert (jieshou["rate"], jieshou["place"], jieshou["approved"]) == ("75.00", 1, False)
    assert (jieshou["gap_to_benchmark"], jieshou["below_benchmark"]) == ("7.7", False)
    assert (own["target"], own["value"], own["rate"], own["place"], own["status"]) == (
        None,
        None,
        None,
        None,
        "no_task",
    )
    assert (whole["kind"], whole["target"], whole["value"], whole["place"]) == ("whole", "300.00", "190.85", None)


def test_standings_json_sum_without_missing_units_names_them_and_gives_the_second_rate(august):
    relief = document()["indicators"][2]

    # 900 ÷ 1000; with 界首市's 2000 and 市本级's 100 in the denominator 900 ÷ 3100 = 29.032…
    assert relief["pooled_rate"] == "90.00"
    assert relief["pooled_excluding"] == ["界首市", "市本级"]
    assert relief["pooled_rate_with_missing"] == "29.03"
    whole = relief["units"][-1]
    assert (whole["target"], whole["value"], whole["rate"]) == ("1000", "900", "90.00")
    assert (whole["status"], whole["gap_to_benchmark"], whole["below_benchmark"]) == (None, None, None)


def test_standings_json_without_a_benchmark_has_no_list_and_level_no_sum(august):
    quality = document()["indicators"][1]

    assert (quality["benchmark"], quality["benchmark_measure"], quality["below_benchmark"]) == (None, None, None)
    assert (quality["pooled_rate"], quality["pooled_excluding"]) == (None, [])
    # 95 ÷ 90 = 105.555…
    assert quality["units"][0]["rate"] == "105.56"


def test_standings_json_scores_are_printed_and_overall_holds_ranked_units_by_place(august, programme):
    factories.plain_scheme(programme)

    found = document()

    # 太和县: project 1 (40.85 + 100) ÷ 2 = 70.425, project 2 90; the unit (70.425 + 90) ÷ 2 = 80.2125
    # 界首市: project 1 (75 + 0) ÷ 2 = 37.5, project 2 0 (未报送); the unit 18.75. 市本级 sent nothing.
    assert found["projects"] == [
        {"project_seq": 1, "participant": "341222", "score": "70.43"},
        {"project_seq": 1, "participant": "341282", "score": "37.50"},
        {"project_seq": 1, "participant": "341200-own", "score": None},
        {"project_seq": 2, "participant": "341222", "score": "90.00"},
        {"project_seq": 2, "participant": "341282", "score": "0.00"},
        {"project_seq": 2, "participant": "341200-own", "score": None},
    ]
    assert found["overall"] == [
        {"participant": "341222", "name": "太和县", "score": "80.21", "place": 1, "place_change": None},
        {"participant": "341282", "name": "界首市", "score": "18.75", "place": 2, "place_change": None},
    ]


def test_standings_json_without_a_scheme_has_no_overall(august):
    found = document()

    assert found["overall"] is None


def test_standings_json_unit_without_report_stands_last_with_nulls(august, programme, participants):
    factories.plain_scheme(programme)
    factories.ParticipantFactory(programme=programme, code="341201", printed_name="未报县", order=0)

    overall = document()["overall"]

    assert overall[-1] == {
        "participant": "341201",
        "name": "未报县",
        "score": None,
        "place": None,
        "place_change": None,
    }


def test_standings_json_of_a_snapshot_counts_approved_reports_only(august):
    freeze_snapshot(period=august, by=factories.UserFactory())

    found = document("--snapshot", "1")

    assert (found["basis"], found["snapshot"]) == ("snapshot", 1)
    roads = found["indicators"][0]
    # 界首市 was only submitted: 40.85 ÷ 100; with its 200 in the denominator 40.85 ÷ 300 = 13.6166…
    assert (roads["pooled_rate"], roads["pooled_excluding"]) == ("40.85", ["界首市"])
    assert roads["pooled_rate_with_missing"] == "13.62"
    assert [unit["status"] for unit in roads["units"]] == ["behind", "not_reported", "no_task", None]


def test_standings_text_names_places_sum_and_list(august, programme):
    factories.plain_scheme(programme)

    text = run("--programme", "fuyang-2020", "--period", "2020-08")

    assert "第1名  太和县  80.21" in text
    assert "2 人数（人）  全市90.00（不含界首市、市本级）  全省平均未录入" in text
    assert "  低于全省平均：太和县" in text
    assert "  低于全省平均：全省平均还没有录入，没有名单" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--programme", "fuyang-1999", "--period", "2020-08"], "没有代码为“fuyang-1999”的年度民生工程"),
        (["--programme", "fuyang-2020", "--period", "2020-09"], "没有填报期“2020-09”"),
        (["--programme", "fuyang-2020", "--period", "八月"], "填报期“八月”写得不对"),
        (["--programme", "fuyang-2020", "--period", "2020-08", "--snapshot", "7"], "没有第7版快照"),
    ],
)
def test_standings_of_something_unknown_is_refused_with_a_sentence(august, arguments, sentence):
    out, err, code = refused(*arguments)

    assert (out, code) == ("", 1)
    assert sentence in err


def test_standings_refused_with_json_is_still_one_document(august):
    out, err, code = refused("--programme", "fuyang-2020", "--period", "2020-09", "--json")

    assert code == 1
    assert err == ""
    found = json.loads(out)
    assert found["refused"] is True
    assert found["issues"][0]["severity"] == "error"
    assert "没有填报期“2020-09”" in found["issues"][0]["message"]


@pytest.mark.parametrize("arguments", [[], ["--programme", "x", "--period", "2020-08", "--snapshot", "一"]])
def test_standings_with_wrong_usage_is_a_usage_error(arguments):
    # From a shell argparse itself ends with 2; inside Python Django raises instead.
    with pytest.raises(CommandError):
        call_command("standings", *arguments)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("61.970000", 2, "61.97"),
        ("-10.78", 2, "-10.78"),
        ("-0.00", 2, "0.00"),
        ("961.7", 2, "961.70"),
        ("1E+3", 0, "1000"),
    ],
)
def test_decimal_text_prints_all_decimals_and_no_exponent(value, decimals, text):
    assert decimal_text(Decimal(value), decimals) == text


def test_decimal_text_that_would_round_is_an_error():
    with pytest.raises(Inexact):
        decimal_text(Decimal("61.975"), 2)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("64.250000", 2, "64.25"),
        ("40.5", 2, "40.50"),
        ("64.255", 2, "64.255"),
        ("1E+6", 0, "1000000"),
        ("0.000", 0, "0"),
    ],
)
def test_amount_text_keeps_digits_and_drops_needless_zeros(value, decimals, text):
    assert amount_text(Decimal(value), decimals) == text
