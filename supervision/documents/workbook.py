"""The attachments of a paper as .xlsx: a sheet each, what is a number on paper a number here. Reads the stored JSON.

A table that the paper continues from sheet to sheet, because its units do not fit side by side, is one sheet here.
"""

import re
from decimal import Decimal

from livelihood.services import Refused
from livelihood.workbooks import Column, Marked, Sheet, workbook_file
from supervision.documents.continued import attachment_groups, joined
from supervision.documents.docx import same_moments
from supervision.documents.style import DEMO_MARK

#: 85.51 · 1,234.50 · −3 with what may stand behind: a percent sign, the mark of a rate below the province's.
_NUMBER = re.compile(r"([-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(\s?[%▽△][\d%▽△]*)?")
#: Heads of columns whose digits are names.
_NAMES = ("文号", "编码", "代码", "电话", "日期", "时间")
#: Millimetres on paper of one digit in a sheet; a column has at least so many digits.
_MILLIMETRES, _NARROWEST = 1.9, 6
_CORE = "docProps/core.xml"
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def has_workbook(content: dict) -> bool:
    """Tell whether the paper has tables at all."""
    return bool(content.get("attachments"))


def workbook_bytes(content: dict) -> bytes:
    """Return the paper's attachments as the bytes of a workbook; the same content gives the same bytes.

    Raises Refused where the paper has none.
    """
    if not has_workbook(content):
        raise Refused("这份公文没有附件表格，不生成 .xlsx。")
    groups = attachment_groups(content["attachments"])
    with workbook_file(_sheet(content, label, joined(group)) for label, group in groups) as file:
        return same_moments(file.read(), _without_moments)


def _sheet(content: dict, label: str, table: dict) -> Sheet:
    """Arrange one table: its title and the paper's above it."""
    number = content.get("number") or "拟稿"
    mark = f"（{DEMO_MARK}）" if content.get("is_demo") else ""
    facts = [f"{number}{mark}《{content['title']}》{label}", _unwrapped(table["note"])]
    names = [
        column["align"] == "left" or any(word in column["label"] for word in _NAMES) for column in table["columns"]
    ]
    columns = [
        Column(column["label"], max(_NARROWEST, column["width"] / _MILLIMETRES), is_number=column["align"] == "right")
        for column in table["columns"]
    ]
    return Sheet(
        f"{label} {table['title']}",
        f"{label}　{table['title']}",
        columns,
        [[cell(text, is_name=is_name) for text, is_name in zip(row, names, strict=True)] for row in table["rows"]],
        facts="　".join(filter(None, facts)),
        is_demo=bool(content.get("is_demo")),
        frozen=_frozen(table),
    )


def cell(text: str, *, is_name: bool = False):
    """Return what a printed cell is in a workbook: a number with its places and sign, or the text as it stands.

    Digits with a zero in front, and those of names, stay text.
    """
    found = None if is_name else _NUMBER.fullmatch(text)
    if found is None:
        return text
    digits = found[1].replace(",", "").replace("−", "-")
    whole = digits.lstrip("-").split(".")[0]
    if len(whole) > 1 and whole[0] == "0":
        return text
    number = int(digits) if "." not in digits else Decimal(digits)
    return Marked(number, "red" if "▽" in (found[2] or "") else "", found[2]) if found[2] else number


def _unwrapped(note: str) -> str:
    """Return a note without the brackets around the whole of it."""
    return note[1:-1] if note.startswith("（") and note.endswith("）") else note


def _frozen(table: dict) -> int:
    """Return how many columns stay in sight: up to the last one of names at the left."""
    aligns = [column["align"] for column in table["columns"]]
    return next((place for place, align in enumerate(aligns) if align == "right"), 1) or 1


def _without_moments(name: str, part: bytes) -> bytes:
    """Take out when the file was written."""
    return _MOMENT.sub(rb"\g<1>2000-01-01T00:00:00Z", part) if name == _CORE else part
