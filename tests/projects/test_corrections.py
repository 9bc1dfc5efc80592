"""What a correction is remembered by: it holds next month, and never for another month's column or another row."""

from projects.excel.corrections import LONGEST, Corrections, column_keys, row_key
from projects.excel.naming import RowNames


def labels(*headings):
    return {number: list(path) for number, path in enumerate(headings, start=1)}


def test_column_key_is_the_same_next_month_and_another_months_is_not():
    august = column_keys(labels(["1—8月完成"], ["7月完成"]), 8)
    september = column_keys(labels(["1—9月完成"], ["8月完成"]), 9)

    assert august[1] == september[1]
    assert august[2] != september[2]


def test_columns_called_alike_are_told_apart_and_forgotten_when_there_are_more():
    two = column_keys(labels(["完成数"], ["完成数"]), 8)
    three = column_keys(labels(["完成数"], ["完成数"], ["完成数"]), 8)

    assert len(set(two.values())) == 2
    assert not set(two.values()) & set(three.values())


def test_corrected_column_keeps_the_unit_of_its_heading():
    heads = labels(["兑现数（万人）"])
    said = Corrections({column_keys(heads, 8)[1]: "value"})

    assert [(one.kind, one.unit) for one in said.meanings(heads, 8).values()] == [("value", "万人")]


def test_column_of_another_month_is_never_the_figure_whatever_was_said_of_it():
    heads = labels(["7月完成"], ["上月累计"])
    keys = column_keys(heads, 8)
    said = Corrections(dict.fromkeys(keys.values(), "value"))

    assert said.meanings(heads, 8) == {}


def test_row_key_names_project_and_sub_item_and_two_long_ones_never_become_one():
    long = "补" * 300

    assert row_key(RowNames(["补助人数"], "康复", "救助")) == "康复/救助/补助人数"
    assert row_key(RowNames(["补助人数"], seq=9)) != row_key(RowNames(["补助人数"], seq=10))
    assert row_key(RowNames([f"{long}甲"])) != row_key(RowNames([f"{long}乙"]))
    assert len(row_key(RowNames([long]))) <= LONGEST
