"""How to test a rule: a board with the figures of a small case, the expectation worked out by hand beside it."""

import pytest

from tests.boards import make_board

pytestmark = pytest.mark.django_db


# The name begins with the rule's number in docs/rules.md: test_r07_….
def test_r07_rate_is_rounded_half_up_and_never_to_100_below_the_target():
    # A board is a programme with an approved report per unit; rows are (unit, target, value) as a bulletin prints them.
    board = make_board(["甲县", "乙县", "丙县"])

    board.indicator("里程", [("甲县", 800, 1), ("乙县", 99999, 99998), ("丙县", 80, 60)])

    # 甲县 1 ÷ 800 = 0.125 % → 0.13; 乙县 99998 ÷ 99999 = 99.999 % → 99.99, not 100.00; 丙县 60 ÷ 80 = 75.00 %
    assert board.column("里程", "rate") == {
        "甲县": "0.13",
        "乙县": "99.99",
        "丙县": "75.00",
        # The whole is pooled: 100059 ÷ 100879 = 99.187…
        "全市": "99.19",
    }


def test_r08_equal_rates_share_a_place_and_the_next_is_skipped():
    board = make_board(["甲县", "乙县", "丙县"])

    board.indicator("里程", [("甲县", 100, 50), ("乙县", 200, 100), ("丙县", 100, 40)])

    # 50.00, 50.00, 40.00: two firsts, then the third. Numbers come from the statement: no test computes them in Python,
    # but the property tests (tests/supervision/test_properties.py), against exact fractions.
    rows = board.rows("里程")
    assert [rows[unit]["place"] for unit in ("甲县", "乙县", "丙县")] == [1, 1, 3]
