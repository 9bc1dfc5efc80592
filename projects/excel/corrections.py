"""What somebody said a county's headings and rows mean; pure: it knows labels and ids, no tables of the database.

A correction tells what a column or a row is about and nothing more: what stands in its cells is judged as ever.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from projects.excel import headings as kinds
from projects.excel.columns import plain
from projects.excel.headings import Meaning, meaning_of_path, unit_in

#: What a column can be said to be: code → word. The codes are kept and stand in addresses and forms.
COLUMN_MEANINGS = {
    kinds.VALUE: "累计完成",
    kinds.TARGET: "目标",
    kinds.RATE: "完成率",
    kinds.INCREMENT: "本月数",
    kinds.OTHER_MONTH: "上月累计",
    kinds.SEQ: "序号",
    kinds.PROJECT: "项目",
    kinds.SUB_ITEM: "子项",
    kinds.INDICATOR: "指标",
    kinds.PARTICIPANT: "考核单位",
    kinds.UNIT: "单位",
    kinds.REMARK: "备注",
    kinds.OTHER: "不读",
}
#: The word for a row that is not to be read.
LEFT_OUT = "left_out"
#: The code of what is said of such a row.
ROW_LEFT_OUT = "row_left_out"
#: What the correction of a participant's name is remembered by: the column it stands in, and the name.
UNIT_KEY = "考核单位="
#: Length of the column that keeps a label.
LONGEST = 200


@dataclass(frozen=True)
class Corrections:
    """The corrections of one owner: key of a column → meaning, key of a row → id of its indicator or None.

    `units`: key of a participant's name → the participant's code, or LEFT_OUT where its rows are not to be read.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int | None] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def meanings(self, labels: Mapping[int, list[str]], month: int | None) -> dict[int, Meaning]:
        """Return what the corrected ones of a table's columns are.

        Another month's figure is never the one asked for, whatever was said of that heading once.
        """
        found = {}
        for column, key in column_keys(labels, month).items():
            kind = self.columns.get(key)
            if kind in COLUMN_MEANINGS and not (kind == kinds.VALUE and names_other_month(labels[column], month)):
                meaning = meaning_of_path(labels[column])
                unit = meaning.unit if meaning else unit_in(plain(labels[column][-1]))[0]
                found[column] = Meaning(kind, unit)
        return found

    def part_meanings(self, labels: Mapping[int, list[str]], month: int | None) -> dict[int, str]:
        """Return what was said of a table's columns that are another part's; never of another month's."""
        return {
            column: kind
            for column, key in column_keys(labels, month).items()
            if is_of_part(kind := self.columns.get(key, "")) and not names_other_month(labels[column], month)
        }


@dataclass(frozen=True)
class Remembered:
    """The corrections of a programme by owner: id of the participant, None for sheets of nobody alone."""

    by_owner: Mapping[int | None, Corrections] = field(default_factory=dict)

    def of(self, participant) -> Corrections:
        """Return the corrections for a participant's sheets."""
        return self.by_owner.get(participant.pk if participant is not None else None, Corrections())


def column_keys(labels: Mapping[int, list[str]], month: int | None) -> dict[int, str]:
    """Return what a table's columns are remembered by: their headings, and which of how many alike they are.

    The month that is asked for is no part of it, so that the correction holds next month; any other month is. Where
    a column more or less is called so, nothing is known of any of them.
    """
    paths = {column: "/".join(_without_month(plain(text), month) for text in texts) for column, texts in labels.items()}
    alike = Counter(paths.values())
    seen: Counter[str] = Counter()
    keys = {}
    for column, path in paths.items():
        seen[path] += 1
        keys[column] = _short(path if alike[path] == 1 else f"{path}#{seen[path]}/{alike[path]}")
    return keys


def row_key(names) -> str:
    """Return what a row is remembered by: project (or its number), sub-item and own name, as the sheet says them."""
    project = names.project or ("" if names.seq is None else f"第{names.seq}项")
    own = names.names[0] if names.names else ""
    return _short("/".join(plain(text) for text in (project, names.sub_item, own) if text))


def unit_key(text: str) -> str:
    """Return what a participant's name in a sheet is remembered by."""
    return _short(UNIT_KEY + plain(text))


def is_of_part(meaning: str) -> bool:
    """Tell whether a column's meaning is one of another part of the report: those are called part.meaning."""
    return "." in meaning


def names_other_month(labels: list[str], month: int | None) -> bool:
    """Tell whether a column's heading says another month than the one that is read."""
    meaning = meaning_of_path(labels)
    said = meaning.month if meaning else None
    return bool(said and month and said != month) or bool(meaning and meaning.kind == kinds.OTHER_MONTH)


def _without_month(text: str, month: int | None) -> str:
    return text if month is None else re.sub(rf"(?<!\d){month}(?=月)", "本", text)


def _short(key: str) -> str:
    """Return a key that can be kept: a long one ends with its hash, so that two never become one."""
    if len(key) <= LONGEST:
        return key
    return key[: LONGEST - 33] + "~" + hashlib.sha256(key.encode()).hexdigest()[:32]
