"""What was typed, read as a number: zero, blank and 无任务 are three things, and nothing is guessed."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.values import BLANK, NO_TASK, ValueRefused, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("1,234.5", "1234.5"),
        ("1，234.5", "1234.5"),
        ("１２３．５", "123.5"),
        (" 12.50 ", "12.5"),
        ("12.000000", "12"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("12。5", "12.5"),
        ("95公里", "95"),
        ("95 公里", "95"),
        ("99999999999999.99", "99999999999999.99"),
    ],
)
def test_parse_number_of_a_number_returns_it_exactly(text, value):
    parsed = parse_number(text, decimals=2, unit="公里")

    assert (parsed.state, parsed.value) == ("reported", Decimal(value))


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "value"),
    [
        ("85%", "%", 2, "85"),
        ("85％", "%", 2, "85"),
        # 12.3 × 10 000 = 123 000
        ("12.3万", "户", 0, "123000"),
        ("1.2万户", "户", 0, "12000"),
        ("1，000.5万 人", "人", 0, "10005000"),
        ("0.5亿", "人", 0, "50000000"),
        # the unit counts in 万 itself
        ("12.3万", "万元", 1, "12.3"),
        ("12.3万元", "万元", 1, "12.3"),
        # 123 000 ÷ 10 000 = 12.3
        ("123000元", "万元", 1, "12.3"),
        ("5000元", "万元", 1, "0.5"),
        ("1.5亿元", "万元", 1, "15000"),
        ("3.25万", "万平方米", 3, "3.25"),
        ("32500平方米", "万平方米", 3, "3.25"),
        ("1.08万", "元/年人", 0, "10800"),
    ],
)
def test_parse_number_with_a_counting_word_is_read_in_the_indicators_unit(text, unit, decimals, value):
    parsed = parse_number(text, decimals=decimals, unit=unit)

    assert (parsed.state, parsed.value) == ("reported", Decimal(value))


@pytest.mark.parametrize(
    ("text", "unit", "decimals", "sentence"),
    [
        ("12万", "%", 2, "不是数字"),
        ("12万", "", 2, "不是数字"),
        ("万", "户", 0, "不是数字"),
        ("1.23456万", "户", 0, "是整数"),
        ("123456元", "万元", 1, "最多 1 位小数"),
        ("123456789012亿", "人", 0, "最多 14 位"),
        ("12万公里", "户", 0, "单位不对"),
        ("85%", "户", 0, "单位不对（这里的单位是户）"),
    ],
)
def test_parse_number_with_a_counting_word_that_does_not_fit_is_refused(text, unit, decimals, sentence):
    with pytest.raises(ValueRefused, match=sentence):
        parse_number(text, decimals=decimals, unit=unit)


@given(st.integers(min_value=0, max_value=10**9))
def test_parse_number_of_ten_thousands_is_the_same_written_out(value):
    written = parse_number(f"{value}万", decimals=0, unit="人")

    assert written == parse_number(f"{value}0000", decimals=0, unit="人")


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\n\t"])
def test_parse_number_of_nothing_is_blank(text):
    assert parse_number(text, decimals=0) == BLANK


@pytest.mark.parametrize("text", ["/", "／", "-", "－", "—", "——", "无任务", " / ", "不涉及"])
def test_r04_parse_number_of_a_stroke_claims_no_task(text):
    assert parse_number(text, decimals=0) == NO_TASK


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("abc", "“abc”不是数字"),
        ("6.8.4", "“6.8.4”不是数字"),
        ("12 34", "不是数字"),
        ("1e5", "不是数字"),
        ("1e999", "不是数字"),
        ("0x10", "不是数字"),
        ("=1+1", "不是数字"),
        ("10²", "不是数字"),
        ("½", "不是数字"),
        ("١٢", "不是数字"),
        ("无", "不是数字"),
        (".", "不是数字"),
        ("+", "不是数字"),
        ("#REF!", "不是数字"),
        ("NaN", "不是一个确定的数"),
        ("-inf", "不是一个确定的数"),
        ("Infinity", "不是一个确定的数"),
        ("1,23", "逗号位置不对"),
        ("1234,567", "逗号位置不对"),
        ("850户", "单位不对（这里的单位是公里）"),
        ("-3", "负数"),
        ("−3", "负数"),
        ("123456789012345", "最多 14 位"),
        ("1234567890123456789012", "最多 14 位"),
        ("1.234", "最多 2 位小数"),
    ],
)
def test_r20_parse_number_of_anything_else_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(ValueRefused, match=r"。$") as refusal:
        parse_number(text, decimals=2, unit="公里")

    assert sentence in str(refusal.value)


def test_parse_number_of_a_fraction_of_something_counted_is_refused():
    with pytest.raises(ValueRefused, match="是整数"):
        parse_number("12.5", decimals=0)


def test_parse_number_of_growth_may_be_negative():
    assert parse_number("-3.5", decimals=1, allow_negative=True).value == Decimal("-3.5")


def test_parse_number_quotes_no_more_than_the_beginning_of_a_long_text():
    with pytest.raises(ValueRefused) as refusal:
        parse_number("x" * 5000, decimals=0)

    assert len(str(refusal.value)) < 100


@given(st.decimals(min_value=0, max_value=10**14 - 1, places=6))
def test_parse_number_reads_back_what_was_printed_with_separators(value):
    assert parse_number(f"{value:,.6f}", decimals=6).value == value


@given(st.text(max_size=30))
def test_parse_number_of_any_text_answers_or_refuses(text):
    with contextlib.suppress(ValueRefused):
        parsed = parse_number(text, decimals=2)

        assert (parsed.value is not None) == (parsed.state == "reported")
        assert parsed.value is None or (parsed.value.is_finite() and parsed.value >= 0)
