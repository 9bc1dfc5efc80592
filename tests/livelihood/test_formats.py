"""How values are written for people; nothing here may calculate, round or invent a digit."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from livelihood import formats
from livelihood.templatetags import formats as filters


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (6809, None, "6,809"),
        (Decimal("6809.0000"), None, "6,809"),
        (Decimal("40.8500"), None, "40.85"),
        (Decimal(7), 2, "7.00"),
        ("1234567.5", 2, "1,234,567.50"),
        (Decimal("-7.25"), None, "−7.25"),
        (Decimal("-0.00"), 2, "0.00"),
        (0, None, "0"),
        (Decimal("1E+3"), None, "1,000"),
        (Decimal("12345678901234567890.123456789012"), None, "12,345,678,901,234,567,890.123456789012"),
    ],
)
def test_number_finite_is_written_exactly(value, decimals, written):
    assert formats.format_number(value, decimals) == written


def test_number_with_more_places_than_asked_is_not_rounded():
    # 40.855 with two places would be 40.86 or 40.85, depending on who rounds; the figure was entered as 40.855.
    assert formats.format_number(Decimal("40.855"), 2) == "40.855"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_number_missing_is_a_dash_and_never_zero(value):
    assert formats.format_number(value) == "—"
    assert formats.format_rate(value) == "—"
    assert formats.format_percent_points(value) == "—"
    assert formats.format_place(value) == "—"
    assert formats.format_place_change(value) == "—"
    assert formats.format_wan(value) == "—"


@pytest.mark.parametrize("value", ["6.8.4", "十二", "NaN", "Infinity", Decimal("sNaN"), Decimal("-Infinity")])
def test_number_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="not a"):
        formats.format_number(value)


@pytest.mark.parametrize("value", [0.1, True, [1], b"1"])
def test_number_of_another_type_is_refused(value):
    with pytest.raises(TypeError, match="must be Decimal"):
        formats.format_number(value)


def test_r07_printed_rate_keeps_the_places_it_came_with():
    assert formats.format_rate("80.00") == "80.00%"
    assert formats.format_rate(Decimal("61.9")) == "61.9%"
    assert formats.format_rate("961.7") == "961.7%"


def test_rate_stored_wider_than_printed_takes_the_asked_places():
    assert formats.format_rate(Decimal("61.9000"), 2) == "61.90%"


@pytest.mark.parametrize(
    ("gap", "written"),
    [("-10.78", "−10.78个百分点"), ("2.20", "+2.20个百分点"), ("0.00", "0.00个百分点"), ("-0.00", "0.00个百分点")],
)
def test_gap_is_signed_and_says_its_unit(gap, written):
    assert formats.format_percent_points(Decimal(gap)) == written


def test_place_is_written_for_screens_and_for_papers():
    assert formats.format_place(3) == "第3名"
    assert formats.format_ordinal(3) == "第三名"


@pytest.mark.parametrize("value", ["2.5", Decimal("0.1")])
def test_place_not_whole_is_refused(value):
    with pytest.raises(ValueError, match="not a whole number"):
        formats.format_place(value)


@pytest.mark.parametrize(("change", "written"), [(2, "↑2"), (-1, "↓1"), (0, "平")])
def test_place_change_up_is_positive(change, written):
    assert formats.format_place_change(change) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (21, "二十一"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (2850, "二千八百五十"),
        (3005, "三千零五"),
        (9010, "九千零一十"),
    ],
)
def test_chinese_numeral_reads_as_spoken(number, written):
    assert formats.chinese_numeral(number) == written


@pytest.mark.parametrize("number", [0, -1, 10000, True, "3", Decimal(3)])
def test_chinese_numeral_out_of_range_is_refused(number):
    with pytest.raises(ValueError, match="1 to 9999"):
        formats.chinese_numeral(number)


def test_money_in_larger_units_is_exact():
    # 386,060,000 元 = 38,606 万元 = 3.8606 亿元; one 分 more must not vanish: 0.01 元 = 0.000001 万元
    assert formats.format_yuan(Decimal("386060000")) == "386,060,000.00元"
    assert formats.format_wan(Decimal("386060000.00")) == "38,606万元"
    assert formats.format_wan(Decimal("386060000.01")) == "38,606.000001万元"
    assert formats.format_wan(Decimal("1570000"), 2) == "157.00万元"
    assert formats.format_yi(Decimal("386060000.00")) == "3.8606亿元"
    assert formats.format_wan(Decimal("-10000")) == "−1万元"
    assert formats.format_wan(0) == "0万元"


def test_money_wider_than_the_default_precision_is_exact():
    # 30 digits, where the usual context would round to 28: the point moves by four places and no digit changes
    amount = Decimal("1234567890123456789012345678.91")

    assert formats.format_wan(amount) == "123,456,789,012,345,678,901,234.567891万元"


def test_date_is_written_without_leading_zeros():
    assert formats.format_date(date(2020, 9, 9)) == "2020年9月9日"
    assert formats.format_day(date(2020, 9, 29)) == "9月29日"
    assert formats.format_date(None) == "—"
    assert formats.format_moment(None) == formats.format_long_moment(None) == "—"


def test_moment_is_written_in_shanghai_time():
    # 31 December 16:05 UTC is 00:05 on 1 January in Shanghai (+8)
    moment = datetime(2020, 12, 31, 16, 5, 9, tzinfo=UTC)

    assert formats.format_date(moment) == "2021年1月1日"
    assert formats.format_moment(moment) == "1月1日 00:05"
    assert formats.format_long_moment(moment) == "2021年1月1日 00:05:09"


def test_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        formats.format_moment(datetime(2020, 9, 17, 8, 36))  # noqa: DTZ001 - the refusal of it is what is tested


@pytest.mark.parametrize(
    ("now", "written", "tone"),
    [
        (datetime(2020, 9, 14, 1, 0, tzinfo=UTC), "9月15日", ""),
        (datetime(2020, 9, 15, 9, 29, tzinfo=UTC), "今天 17:30", "amber"),
        (datetime(2020, 9, 15, 9, 31, tzinfo=UTC), "今天已逾期（17:30）", "red"),
        # 16:10 UTC on the 15th is already the 16th in Shanghai
        (datetime(2020, 9, 15, 16, 10, tzinfo=UTC), "逾期 1 天（9月15日）", "red"),
    ],
)
def test_due_moment_says_date_and_urgency(now, written, tone):
    due_at = datetime(2020, 9, 15, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai

    assert formats.format_due(due_at, now) == written
    assert formats.due_tone(due_at, now) == tone


def test_due_without_limit_is_a_dash():
    now = datetime(2020, 9, 15, tzinfo=UTC)

    assert formats.format_due(None, now) == "—"
    assert formats.due_tone(None, now) == ""


def test_period_of_months_is_cumulative():
    assert formats.format_period(date(2020, 8, 31)) == "2020年1—8月"
    assert formats.format_period(date(2020, 1, 31)) == "2020年1月"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "written"),
    [
        (date(2022, 7, 4), date(2022, 7, 10), "2022年7月4日—10日"),
        (date(2022, 6, 27), date(2022, 7, 3), "2022年6月27日—7月3日"),
        (date(2021, 12, 27), date(2022, 1, 2), "2021年12月27日—2022年1月2日"),
    ],
)
def test_period_of_a_week_names_both_days(starts_on, ends_on, written):
    assert formats.format_period(ends_on, starts_on) == written


def test_period_ending_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="cannot start"):
        formats.format_period(date(2022, 7, 3), date(2022, 7, 4))


def test_every_state_has_sign_word_and_a_known_tone():
    for code in formats.STATES:
        sign, word, tone = formats.state_parts(code)

        assert sign, code
        assert word, code
        assert tone in {"green", "blue", "amber", "red", "grey"}, code


def test_unknown_state_is_shown_as_it_is():
    assert formats.state_parts("melted") == ("", "melted", "grey")
    assert formats.state_parts("") == formats.state_parts(None) == ("", "—", "grey")


@pytest.mark.parametrize("value", ["6.8.4", 0.5, object()])
def test_filter_of_an_unwritable_value_shows_it_unchanged(value):
    number = filters.register.filters["number"]

    assert number(value) is value
    assert filters.is_negative(value) is False


def test_filter_with_an_empty_argument_counts_as_without():
    number = filters.register.filters["number"]

    assert number("7.50", "") == number("7.50", None) == number("7.50") == "7.5"
    assert number("7.50", 2) == "7.50"
