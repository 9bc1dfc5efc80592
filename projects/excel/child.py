"""The bare process that parses one untrusted file: `python -m projects.excel.child FILE`, JSON on stdout.

Memory and CPU time are limited before anything is read; a parser that aborts takes only this process with
it. No formula is executed, nothing is fetched, and the environment is empty.

Output: {"refused": sentence} or {"sheets": [{"name", "hidden", "first_row", "rows": [[cell, …], …]}]}.
A cell is null, text, or an object: {"n": number as Excel shows it at most (15 digits)}, with "p" where the
cell is formatted as a percentage; {"d": date or time}; {"b": bool}; {"e": error code}; {"f": true} for a
formula without a stored result.
"""

import csv
import datetime
import io
import json
import re
import resource
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree  # parts with a DOCTYPE were refused by the guard

from projects.excel.guard import FileRefused, column_number, kind_of

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
LARGEST_CSV_FIELD = 32_767

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

_ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\s([^>]*?\bt\s*=\s*[\"']e[\"'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v[^>]*>([^<]*)<", re.DOTALL
)
_UNCOUNTED = re.compile(
    rb"<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</)"
)
_STYLED = re.compile(rb"<(?:\w+:)?c\s([^>]*?\bs\s*=\s*[\"'](\d+)[\"'][^>]*)>")
_ADDRESS = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]+)(\d+)")


def main(path: str) -> int:
    """Parse `path` and print the outcome; the exit code is 0 also for a refusal, which is an answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = {"sheets": sheets_of(Path(path))}
    except FileRefused as refused:
        answer = {"refused": str(refused)}
    json.dump(answer, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    return 0


def sheets_of(path: Path) -> list[dict]:
    """Return the sheets of a file of any accepted kind. Raises FileRefused."""
    kind = kind_of(path)
    if kind == "text":
        return [{"name": "", "hidden": False, "rows": _csv_rows(path.read_bytes())}]
    return _workbook_sheets(path, marks_of_archive(path) if kind == "xlsx" else {})


def _workbook_sheets(path: Path, marks: dict[str, dict]) -> list[dict]:
    # Imported after the limits are set.
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = []
            for entry in book.sheets_metadata:
                if entry.typ != SheetTypeEnum.WorkSheet:
                    continue
                rows = book.get_sheet_by_name(entry.name).to_python(skip_empty_area=False)
                hidden = entry.visible != SheetVisibleEnum.Visible
                sheets.append({"name": entry.name, "hidden": hidden, "rows": _marked(rows, marks.get(entry.name, {}))})
            return sheets
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused("文件已损坏或不是表格，打不开；请在WPS或Excel里重新保存后再上传。") from error


def _marked(rows: list[list], marks: dict[tuple[int, int], dict]) -> list[list]:
    """Return the rows as JSON cells, with what only the XML knows laid over them."""
    cells = [[_cell(value) for value in row] for row in rows]
    for (row, column), mark in marks.items():
        # Cells that hold nothing but an error may lie beyond what the parser takes for the sheet's area.
        while len(cells) <= row:
            cells.append([])
        while len(cells[row]) <= column:
            cells[row].append(None)
        if "p" in mark:
            if isinstance(cells[row][column], dict) and "n" in cells[row][column]:
                cells[row][column]["p"] = True
        else:
            cells[row][column] = mark
    return cells


def _cell(value):
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, (int, float)):
        # Excel itself keeps 15 digits; the 16th and 17th are noise of binary fractions.
        return {"n": format(value, ".15g")}
    if isinstance(value, (datetime.date, datetime.time)):
        return {"d": value.isoformat()}
    return {"d": str(value)}


def marks_of_archive(path: Path) -> dict[str, dict[tuple[int, int], dict]]:
    """Return, per sheet name, the cells (row, column from 0) with an error, without a result, or in per cent."""
    with zipfile.ZipFile(path) as archive:
        try:
            percents = _percent_styles(archive)
            parts = _sheet_parts(archive)
            return {name: _marks(archive.read(part), percents) for name, part in parts.items()}
        except (KeyError, ElementTree.ParseError) as error:
            raise FileRefused("文件内部结构不完整，请在WPS或Excel里重新保存后再上传。") from error


def _marks(markup: bytes, percents: set[bytes]) -> dict[tuple[int, int], dict]:
    marks: dict[tuple[int, int], dict] = {}
    if percents:
        for attributes, style in _STYLED.findall(markup):
            if style in percents:
                _put(marks, attributes, {"p": True})
    if b"<f" in markup or b":f" in markup:
        for attributes in _UNCOUNTED.findall(markup):
            _put(marks, attributes, {"f": True})
    for attributes, code in _ERROR_CELL.findall(markup):
        _put(marks, attributes, {"e": code.decode("utf-8", "replace")})
    return marks


def _put(marks: dict, attributes: bytes, mark: dict) -> None:
    address = _ADDRESS.search(attributes)
    if address:
        marks[int(address[2]) - 1, column_number(address[1]) - 1] = mark


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet name → part of the archive."""
    relations = {
        node.get("Id"): node.get("Target", "")
        for node in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - no DOCTYPE
    }
    names = set(archive.namelist())
    found = {}
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - no DOCTYPE
    for node in workbook.iter(f"{MAIN}sheet"):
        target = relations.get(node.get(RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in names and "/worksheets/" in f"/{part}":
            found[node.get("name")] = part
    return found


def _percent_styles(archive: zipfile.ZipFile) -> set[bytes]:
    """Return the numbers of the cell styles that show a ratio as per cent."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314 - no DOCTYPE
    percent_formats = {"9", "10"} | {
        node.get("numFmtId")
        for node in styles.iter(f"{MAIN}numFmt")
        if "%" in re.sub(r'"[^"]*"|\\.', "", node.get("formatCode", ""))
    }
    cell_formats = styles.find(f"{MAIN}cellXfs")
    return {
        str(number).encode()
        for number, node in enumerate(cell_formats if cell_formats is not None else [])
        if node.get("numFmtId") in percent_formats
    }


def _csv_rows(content: bytes) -> list[list]:
    """Return the rows of a text file; UTF-8 or GB18030, comma, semicolon or tab."""
    for encoding in ["utf-8-sig", "gb18030"]:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused("文件不是表格，也不是UTF-8或GBK编码的文本。")
    if "\x00" in text:
        raise FileRefused("文件不是表格，请上传.xlsx、.xls、.et或.csv。")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LARGEST_CSV_FIELD)
    try:
        return [
            [cell or None for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise FileRefused("文本表格读不出来，请另存为.xlsx再上传。") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
