"""The table of built-in rules (R20): what each asks about and what it leaves alone, without a database."""

from decimal import Decimal

import pytest

from projects.checks import RULES, Cell, Related, choices_of, families, remarks, started_pairs, title_of
from projects.models import FigureFlag, Indicator


def indicator(name="里程", pk=1, **fields) -> Indicator:
    """An indicator that is not stored: a flow counted in 户, unless said otherwise."""
    defaults = {"unit": "户", "decimals": 0, "accumulation": "flow", "direction": "at_least", "kind": "number"}
    fields = defaults | {"sub_project_id": 1} | fields
    return Indicator(pk=pk, name=name, additive=fields["accumulation"] != "level", **fields)


def cell(value, *, target=None, last=None, of=None, **fields) -> Cell:
    """A cell with numbers given as they are typed."""
    numbers = {"value": value, "target": target, "last": last}
    numbers = {name: None if number is None else Decimal(number) for name, number in numbers.items()}
    return Cell(indicator=of or indicator(), last_period="2020年1—7月", **numbers, **fields)


def codes(asked: Cell) -> list[str]:
    return [rule.code for rule, _ in remarks(asked)]


def related(value, *, target=None, of=None, has_task=True) -> Related:
    return Related(
        of or indicator("其中", pk=2),
        None if value is None else Decimal(value),
        None if target is None else Decimal(target),
        has_task,
    )


KILOMETRES = indicator(unit="公里", decimals=2)
SHARE = indicator("参保率", unit="%", decimals=2, accumulation="level")
HEADS = indicator("保障人数", unit="人", accumulation="stock")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # a flow below last month's; the same or more is fine; a head count and a rate may fall (R1)
        (cell("499", last="500", target="1000"), ["falling_flow"]),
        (cell("501", last="500", target="1000"), []),
        (cell("499", last="500", target="500", of=HEADS), []),
        (cell("94", last="95", target="95", of=SHARE), []),
        # 120 is exactly 120 % of 100
        (cell("120", target="100"), []),
        (cell("121", target="100"), ["over_120"]),
        (cell("121", target="100", of=indicator(direction="at_most")), []),
        (cell("121"), []),
        # unfinished and as last month; finished, zero, or fewer than a dozen to do is not asked
        (cell("60", last="60", target="100"), ["copied_unchanged"]),
        (cell("100", last="100", target="100"), []),
        (cell("0", last="0", target="100"), []),
        (cell("6", last="6", target="11"), []),
        (cell("6", last="6", target="12"), ["copied_unchanged"]),
        (cell("0.6", last="0.6", target="0.12", of=KILOMETRES), ["over_120"]),
        (cell("0.06", last="0.06", target="0.12", of=KILOMETRES), ["copied_unchanged"]),
        (cell("60", last="60", target="100", of=HEADS), []),
        (cell("60", last="60"), []),
        # about 100 is reached from 95 on (R2)
        (cell("94", last="94", target="100", of=indicator(direction="about")), ["copied_unchanged"]),
        (cell("95", last="95", target="100", of=indicator(direction="about")), []),
        # counted things come whole; 万人 and 公里 are measured
        (cell("12.5", target="100"), ["fraction_of_counted"]),
        (cell("12.5", target="100", of=KILOMETRES), []),
        (cell("12.5", target="100", of=indicator(unit="万人", decimals=2)), []),
        (cell("12.00", target="100"), []),
        # a share of a whole ends at 100, unless the task itself asks for more
        (cell("100", target="95", of=SHARE), []),
        (cell("100.01", target="95", of=SHARE), ["share_above_100"]),
        (cell("120", target="110", of=SHARE), []),
        (cell("101", target="100", of=indicator(unit="%", accumulation="level", direction="at_most")), []),
        (cell("101", of=indicator(unit="%", accumulation="level", kind="growth")), []),
        (cell("101", target="100", of=indicator(unit="元", accumulation="level")), []),
    ],
)
def test_r20_rule_asks_about_what_is_odd_and_nothing_else(asked, expected):
    assert codes(asked) == expected


@pytest.mark.parametrize(
    ("value", "last", "is_slip"),
    [
        ("500", "50", True),
        ("5000", "50", True),
        ("500000", "50", True),
        ("50", "500", True),
        ("5", "50", False),  # fewer than ten steps are no yardstick
        ("504", "50", True),  # 504 ÷ 500 = 1.008
        ("506", "50", False),  # 506 ÷ 500 = 1.012: more than 1 % off
        ("495", "50", True),  # 495 ÷ 500 = 0.99
        ("494", "50", False),
        ("400", "50", False),
        ("50000", "50", False),  # ×1000 is no unit that is mixed up
        ("50", "50", False),
    ],
)
def test_r20_slip_is_a_tenth_hundredth_or_ten_thousandth_within_one_percent(value, last, is_slip):
    asked = cell(value, last=last, of=HEADS)

    assert ("unit_slip" in codes(asked)) is is_slip


def test_r20_slip_is_held_against_the_target_where_there_is_no_month_before():
    assert "unit_slip" in codes(cell("1000", target="100"))
    assert codes(cell("100", target="1000")) == []  # a flow at a tenth is only unfinished
    assert codes(cell("0.95", target="95", of=SHARE)) == ["unit_slip"]  # typed as a ratio
    assert codes(cell("9.5", last="9.4", target="95", of=SHARE)) == []  # as last month: asked then


def test_r20_parts_may_not_be_more_than_the_whole():
    parts = [related("40"), related("61", of=indicator("其中乙", pk=3)), related(None, of=indicator("其中丙", pk=4))]

    found = remarks(cell("100", parts=parts))

    # 40 + 61 = 101 > 100, although one part is still missing
    assert [rule.code for rule, _ in found] == ["parts_exceed"]
    assert found[0][1].startswith("其中各项（其中、其中乙）合计 101户，比总数 100户 多。\n")


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        # three members rounded at 2 decimals: half a hundredth each, 0.015 apart at most; 3.33 + 6.66 = 9.99
        ("10.00", []),
        ("9.98", []),
        ("9.97", ["parts_exceed"]),
    ],
)
def test_r20_parts_of_measured_amounts_may_be_apart_by_their_rounding(whole, expected):
    parts = [
        related("3.33", of=indicator("甲", pk=2, unit="公里", decimals=2)),
        related("6.66", of=indicator("乙", pk=3, unit="公里", decimals=2)),
    ]

    assert codes(cell(whole, of=KILOMETRES, parts=parts)) == expected


def test_r20_parts_are_the_whole_where_their_targets_are():
    parts = [related("40", target="60"), related("59", target="40", of=indicator("其中乙", pk=3))]

    # targets 60 + 40 = 100: the parts are all there is, so 40 + 59 = 99 is one short of 100
    assert codes(cell("100", target="100", parts=parts)) == ["parts_do_not_add_up"]
    # targets 60 + 40 < 150: there is more in the whole than the parts named
    assert codes(cell("100", target="150", parts=parts)) == []
    assert codes(cell("99", target="100", parts=parts)) == []


def test_r20_parts_are_not_summed_while_one_is_not_reported_and_one_without_a_task_is_left_out():
    reported = related("40", target="60")
    open_part = related(None, target="40", of=indicator("其中乙", pk=3))
    no_task = related(None, has_task=False, of=indicator("其中丙", pk=4))
    other = related("40", target="40", of=indicator("其中丁", pk=5))

    assert codes(cell("100", target="100", parts=[reported, open_part])) == []
    assert codes(cell("100", target="100", parts=[reported, other, no_task])) == ["parts_do_not_add_up"]


def test_r20_a_single_part_does_not_have_to_be_the_whole():
    assert codes(cell("100", target="100", parts=[related("40", target="100")])) == []


def test_r20_more_finished_than_begun_is_asked_unless_the_task_says_so():
    begun = indicator("新开工", pk=2, unit="套")
    finished = indicator("基本建成", unit="套")

    asked = cell("81", target="90", of=finished, started=related("80", target="100", of=begun))
    older = cell("81", target="120", of=finished, started=related("80", target="100", of=begun))
    unknown = cell("81", target="90", of=finished, started=related(None, target="100", of=begun))

    assert codes(asked) == ["completed_over_started"]
    # more to finish than to begin: houses begun in earlier years are among them
    assert codes(older) == []
    assert codes(unknown) == []


def test_started_pairs_are_told_by_names_within_a_sub_project_and_a_unit():
    rows = [
        indicator("新开工", pk=1, unit="套"),
        indicator("基本建成", pk=2, unit="套"),
        indicator("开工户数", pk=3),
        indicator("竣工户数", pk=4),
        indicator("完工面积", pk=5, unit="万平方米"),
        indicator("竣工户数", pk=6, sub_project_id=2),
        indicator("2019年开工项目完工", pk=7, unit="个"),
        indicator("2019年开工项目", pk=8, unit="个"),
        indicator("开工率", pk=9, unit="%", accumulation="level"),
        indicator("完工率", pk=10, unit="%", accumulation="level"),
    ]

    pairs = started_pairs(rows)

    assert {pk: row.pk for pk, row in pairs.items()} == {2: 1, 4: 3}


def test_families_are_sums_of_counts_and_not_of_rates():
    whole, part = indicator(pk=1), indicator("其中", pk=2, part_of_id=1)
    rate, share = (
        indicator("率", pk=3, accumulation="level"),
        indicator("其中率", pk=4, accumulation="level", part_of_id=3),
    )

    assert families([whole, part, rate, share]) == {1: [part]}


def test_a_blank_cell_is_asked_only_why_it_claims_no_task():
    assert codes(cell(None, target="100", last="50")) == []
    assert codes(cell(None, target="100", claims_no_task=True, printed="100户")) == ["no_task_claimed"]


EXAMPLES = {
    "no_task_claimed": (cell(None, target="100", claims_no_task=True, printed="100户"), "100户"),
    "falling_flow": (cell("1499", last="1500"), "累计数 1,499户 比2020年1—7月的 1,500户 少"),
    "unit_slip": (cell("500", last="50", of=HEADS), "500人 约是2020年1—7月 50人 的 10 倍"),
    "over_120": (cell("121", target="100"), "累计数 121户 超过年度目标 100户 的 120%"),
    "share_above_100": (cell("100.5", target="95", of=SHARE), "比率 100.5% 超过了 100%"),
    "fraction_of_counted": (cell("12.5", target="100"), "12.5户 有小数"),
    "copied_unchanged": (
        cell("60", last="60", target="100"),
        "累计数 60户 和2020年1—7月一样，年度目标 100户 还没有完成",
    ),
    "parts_exceed": (cell("100", parts=[related("101")]), "合计 101户，比总数 100户 多"),
    "parts_do_not_add_up": (
        cell("100", target="100", parts=[related("40", target="60"), related("40", target="40")]),
        "合计 80户，比总数 100户 少",
    ),
    "completed_over_started": (
        cell("81", started=related("80", of=indicator("开工", pk=2))),
        "“里程”81户，比“开工”80户 多",
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_says_in_two_lines_what_is_odd_with_its_numbers_and_what_to_do(rule):
    asked, words = EXAMPLES[rule.code]

    text = rule.find(asked)

    seen, advice = text.splitlines()
    assert words in seen
    assert advice.endswith("。")
    assert len(rule.code) <= FigureFlag._meta.get_field("code").max_length
    assert rule.severity in FigureFlag.Severity.values
    assert title_of(rule.code) == rule.title


def test_falling_flow_offers_the_three_usual_reasons():
    assert choices_of("falling_flow") == ("核减", "口径", "笔误")
    assert (title_of("cross-7"), choices_of("cross-7")) == ("勾稽关系不符", ("口径不同",))
