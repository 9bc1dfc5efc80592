"""The columns of a return: one definition that the template is written from and a sheet is read by."""

import re
import unicodedata
from dataclasses import dataclass

#: The sheet of our template that people see, and the one that only the product reads.
SHEET = "月报"
IDENTITY_SHEET = "系统标识"
#: Rows of the identity sheet: what stands in column A → what column B holds.
IDENTITY_KEYS = {"格式": "format", "年度民生工程": "programme", "填报期": "period", "考核单位": "participant"}
FORMAT = "livelihood-return-1"


@dataclass(frozen=True)
class Column:
    """A column: its key in code, its printed head, other heads it is known by, its width in characters."""

    key: str
    label: str
    width: float
    is_typed: bool = False
    is_required: bool = False
    also: tuple[str, ...] = ()


COLUMNS = [
    Column("seq", "序号", 6, is_required=True),
    Column("project", "项目", 26, also=("项目名称",)),
    Column("sub_item", "子项", 22, also=("子项名称",)),
    Column("indicator", "指标", 32, is_required=True, also=("指标名称",)),
    Column("unit", "单位", 9, also=("计量单位",)),
    Column("target", "年度目标", 12, also=("目标任务",)),
    Column("previous", "上月累计", 12),
    Column("value", "本月累计", 13, is_typed=True, is_required=True, also=("累计完成",)),
    Column("remark", "备注", 30, is_typed=True),
]

_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "「": '"', "」": '"'})


def plain(text: str) -> str:
    """Return a name as it is compared: without spaces, full-width signs as plain ones, one kind of quotes."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_QUOTES))
