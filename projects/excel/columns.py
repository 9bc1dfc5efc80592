"""The columns of a return: one definition that the template is written from and a sheet is read by."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

#: The sheet of our template that people see, and the one that only the product reads.
SHEET = "月报"
IDENTITY_SHEET = "系统标识"
#: Rows of the identity sheet: what stands in column A → what column B holds.
IDENTITY_KEYS = {"格式": "format", "年度民生工程": "programme", "填报期": "period", "考核单位": "participant"}
FORMAT = "livelihood-return-1"


@dataclass(frozen=True)
class Column:
    """A column: its key in code, its printed head, other heads it is known by, its width in characters.

    `places`: decimals of its numbers, None where each row has its own or there are none.
    """

    key: str
    label: str
    width: float
    is_typed: bool = False
    is_required: bool = False
    also: tuple[str, ...] = ()
    places: int | None = None


@dataclass(frozen=True)
class ReturnSheet:
    """A sheet that a part of the report adds to the template: one dict (column key → value) per row, in printed order.

    A value is a Decimal, an int, text or None; typed columns with `places` take numbers from 0 on. `note` stands
    beside whose return it is; up to and with the column `frozen` the sheet stays in sight.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[dict]
    frozen: str
    note: str = ""


def columns_of(period) -> list[Column]:
    """Return the columns of a period's return: a month's say 上月 and 本月, a week's 上周 and 本周."""
    return [
        Column("seq", "序号", 6, is_required=True),
        Column("project", "项目", 28, also=("项目名称",)),
        Column("sub_item", "子项", 22, also=("子项名称",)),
        Column("indicator", "指标", 34, is_required=True, also=("指标名称",)),
        Column("unit", "单位", 9, also=("计量单位",)),
        Column("target", "年度目标", 12, also=("目标任务",)),
        Column("previous", f"{period.previous_word}累计", 12),
        Column("value", f"{period.this_word}累计", 13, is_typed=True, is_required=True, also=("累计完成",)),
        Column("remark", "备注", 30, is_typed=True),
    ]


_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "「": '"', "」": '"'})


#: Longer words are a paragraph and come once.
LONGEST_REMEMBERED = 60


def plain(text: str) -> str:
    """Return a name as it is compared: without spaces, full-width signs as plain ones, one kind of quotes."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_QUOTES))


#: The same names stand in thousands of rows.
_remembered = lru_cache(maxsize=20_000)(_plain)
