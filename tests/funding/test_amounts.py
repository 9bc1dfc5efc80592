"""Money as people write it: exact or refused in a sentence."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.amounts import UNITS, AmountRefused, check_amount, in_unit, parse_amount

FUNDING = Path(__file__).resolve().parents[2] / "funding"


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("3794.6", "万元", "37946000.00"),
        ("3,794.6", "万元", "37946000.00"),
        ("３７９４．６", "万元", "37946000.00"),
        ("2568.1万元", "元", "25681000.00"),
        ("7.54亿元", "万元", "754000000.00"),
        ("7.54 亿", "元", "754000000.00"),
        ("120元", "万元", "120.00"),
        ("￥1,234.56", "元", "1234.56"),
        ("0", "元", "0.00"),
        (".5", "元", "0.50"),
        ("0.000001", "万元", "0.01"),
        ("999999999999999999.99", "元", "999999999999999999.99"),
    ],
)
def test_amount_is_read_exactly_in_yuan(text, unit, expected):
    assert str(parse_amount(text, unit=unit)) == expected


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_blank_amount_is_none_and_not_zero(text):
    assert parse_amount(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-1", "负数"),
        ("－3.5万元", "负数"),
        ("1.234", "精确到分"),
        ("0.0000001万元", "精确到分"),
        ("NaN", "不是一个确定的数"),
        ("-Infinity", "不是一个确定的数"),
        ("12345678901234567890", "最多 18 位"),
        ("9999999999999999亿元", "最多 18 位"),
        ("12,34", "逗号位置"),
        ("1e5", "不是金额"),
        ("abc", "不是金额"),
        (".", "不是金额"),
        ("10²", "单位不对"),
        ("300公里", "单位不对"),
        ("12万人", "单位不对"),
        ("12千元", "单位不对"),
        ("--5", "不是金额"),
        ("无任务", "不是金额"),
    ],
)
def test_amount_that_is_none_is_refused_in_a_sentence(text, words):
    with pytest.raises(AmountRefused, match=words):
        parse_amount(text)


def test_amount_in_another_unit_than_the_stated_one_is_refused():
    assert parse_amount("12万元", unit="万元", is_stated=True) == 120000
    with pytest.raises(AmountRefused, match="不一致"):
        parse_amount("12元", unit="万元", is_stated=True)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "确定的数"),
        (Decimal("NaN"), "确定的数"),
        (Decimal(-1), "不能为负"),
        (Decimal("0.001"), "精确到分"),
        (Decimal("1e18"), "太大"),
    ],
)
def test_number_that_is_no_amount_is_told(amount, words):
    assert words in check_amount(amount)
    assert check_amount(Decimal("1.230")) == ""


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (Decimal("37946000"), "万元", "3,794.60"),
        (Decimal("37946000"), "元", "37,946,000.00"),
        (Decimal("37946000"), "亿元", "0.37946"),
        (Decimal("754000000"), "亿元", "7.5400"),
        (Decimal("0.01"), "亿元", "0.0000000001"),
        (Decimal(0), "万元", "0.00"),
        (None, "万元", "—"),
    ],
)
def test_amount_is_shown_exactly_in_the_chosen_unit(amount, unit, expected):
    assert in_unit(amount, unit) == expected


@given(st.integers(min_value=0, max_value=10**20 - 1), st.sampled_from(list(UNITS)))
def test_amount_shown_in_any_unit_is_read_back_to_the_same_fen(fen, unit):
    amount = Decimal(fen).scaleb(-2)

    assert parse_amount(in_unit(amount, unit), unit=unit) == amount


def test_no_float_anywhere_in_funding():
    for path in FUNDING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
            assert not is_float, f"{path}:{node.lineno}"
            named = getattr(node, "id", getattr(node, "attr", ""))
            assert named not in {"float", "FloatField", "round"}, f"{path}:{node.lineno}"


def test_no_float_in_the_sql_of_funding():
    for path in FUNDING.rglob("*.py"):
        text = path.read_text().lower()

        assert not [word for word in ("double precision", "::float", "::real", "float8") if word in text], path
