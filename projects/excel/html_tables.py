"""Reads an HTML table that was saved as .xls; runs in the bare process. Nothing it names is fetched."""

import re
from pathlib import Path

from lxml import etree, html

from projects.excel.guard import LAST_COLUMN, LAST_ROW, FileRefused

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
MOST_PLACES = 500_000
#: Names under which GBK is declared; its superset reads all of them.
_GB = {"gb2312", "gbk", "gb18030"}


def sheets_of_html(path: Path) -> list[dict]:
    """Return one sheet per outermost table. Raises FileRefused."""
    text = _text(path.read_bytes())
    parser = html.HTMLParser(no_network=True, remove_comments=True, huge_tree=False)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise FileRefused("网页格式的表格读不出来，请在WPS或Excel里另存为.xlsx再上传。") from error
    tables = [table for table in root.iter("table") if not any(True for _ in table.iterancestors("table"))]
    if not tables:
        raise FileRefused("文件是网页，里面没有表格，请上传.xlsx、.xls、.et或.csv。")
    return [{"hidden": False} | _sheet(table, number) for number, table in enumerate(tables, 1)]


def _text(content: bytes) -> str:
    declared = _CHARSET.search(content[:2048])
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    for encoding in [*(["gb18030"] if name in _GB else []), "utf-8-sig", "gb18030"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused("文件不是表格，也不是UTF-8或GBK编码的文本。")


def _sheet(table, number: int) -> dict:
    """Return the cells of a table; a spanned area holds its text in the first cell and counts as merged."""
    cells: dict[tuple[int, int], str] = {}
    taken: set[tuple[int, int]] = set()
    merges = []
    hidden_rows = []
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    if len(rows) > LAST_ROW:
        raise FileRefused(f"表格超过{LAST_ROW}行，不能读取。")
    for top, row in enumerate(rows, 1):
        if _is_hidden(row):
            hidden_rows.append(top)
        left = 1
        for cell in row.iterchildren("td", "th"):
            while (top, left) in taken:
                left += 1
            height, width = _span(cell, "rowspan"), _span(cell, "colspan")
            bottom, right = min(top + height - 1, len(rows)), left + width - 1
            if right > LAST_COLUMN or len(taken) + (bottom - top + 1) * width > MOST_PLACES:
                raise FileRefused("表格范围过大，不能读取。")
            taken.update((y, x) for y in range(top, bottom + 1) for x in range(left, right + 1))
            cells[top, left] = re.sub(r"[ \t\r\n\xa0]+", " ", cell.text_content()).strip()
            if (bottom, right) != (top, left):
                merges.append([top, left, bottom, right])
            left = right + 1
    width = max((column for _row, column in taken), default=0)
    grid = [[cells.get((row, column)) or None for column in range(1, width + 1)] for row in range(1, len(rows) + 1)]
    return {"name": "" if number == 1 else f"表{number}", "rows": grid, "merges": merges, "hidden_rows": hidden_rows}


def _span(cell, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), 10_000) if value.isascii() and value.isdigit() else 1


def _is_hidden(row) -> bool:
    return "display:none" in re.sub(r"\s", "", row.get("style", "").lower())
