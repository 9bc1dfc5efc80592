"""The bare process that parses one untrusted file: `main(FILE)`, JSON on stdout (`workbook.bare_module`).

Memory and CPU time are limited before anything is read; a parser that aborts takes only this process with
it. No formula and no macro is executed, nothing is fetched, and the environment is empty.

Output: {"refused": sentence} or {"sheets": [{"name", "hidden", "rows": [[cell, …], …], "merges":
[[first row, first column, last row, last column], …], "hidden_rows": [row, …], "hidden_columns": [column, …],
"struck": [[row, column], …], "unseen": [[row, column], …]}]}, all counted from 1. A cell is null, text, or an object:
{"n": number as Excel shows it at most (15 digits)}, with "p" where it is formatted as a percentage, "x" in scientific
notation, "z" where the format shows another size than the number has, "u" for letters the format puts behind it;
{"d": date or time}; {"b": bool}; {"e": error code}; {"f": true} for a formula without a stored result.
"""

import datetime
import json
import resource
import sys
from pathlib import Path

from projects.excel.guard import FileRefused, kind_of

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20
LARGEST_CSV_FIELD = 32_767
#: The lines of a text file that tell what separates its cells.
SEPARATED_WITHIN = 40


def main(path: str) -> int:
    """Parse `path` and print the outcome; the exit code is 0 also for a refusal, which is an answer."""
    set_limits()
    try:
        answer = {"sheets": sheets_of(Path(path))}
    except FileRefused as refused:
        answer = {"refused": str(refused)}
    # In one go: writing it piece by piece is done in Python and takes five times as long.
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
    return 0


def set_limits() -> None:
    """Bound this process's memory and CPU time; called before anything untrusted is opened."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sheets_of(path: Path) -> list[dict]:
    """Return the sheets of a file of any accepted kind. Raises FileRefused."""
    kind = kind_of(path)
    if kind == "text":
        return [{"name": "", "hidden": False, "rows": _csv_rows(path.read_bytes())}]
    # Imported after the limits are set.
    if kind == "html":
        from projects.excel.html_tables import sheets_of_html

        return sheets_of_html(path)
    if kind == "ole":
        from projects.excel.old_workbooks import sheets_of_ole

        return sheets_of_ole(path)
    return _archive_sheets(path)


def _archive_sheets(path: Path) -> list[dict]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    from projects.excel.archive_marks import marks_of_archive

    marks = marks_of_archive(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = []
            for entry in book.sheets_metadata:
                if entry.typ != SheetTypeEnum.WorkSheet:
                    continue
                rows = book.get_sheet_by_name(entry.name).to_python(skip_empty_area=False)
                hidden = entry.visible != SheetVisibleEnum.Visible
                found = marks.get(entry.name)
                sheet = {"name": entry.name, "hidden": hidden, "rows": _marked(rows, found.cells if found else {})}
                sheets.append(sheet | (found.frame(sheet["rows"]) if found else {}))
            return sheets
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused("文件已损坏或不是表格，打不开；请在WPS或Excel里重新保存后再上传。") from error


def _marked(rows: list[list], marks: dict[tuple[int, int], dict]) -> list[list]:
    """Return the rows as JSON cells, with what only the XML knows laid over them."""
    # Most cells are text, and that stays as it is.
    cells = [[value if type(value) is str and value else _cell(value) for value in row] for row in rows]
    for (row, column), mark in marks.items():
        is_style = not mark.keys() & {"e", "f"}
        if is_style:
            inside = row < len(cells) and column < len(cells[row])
            if inside and isinstance(cells[row][column], dict) and "n" in cells[row][column]:
                cells[row][column] |= mark
            continue
        # Cells that hold nothing but an error may lie beyond what the parser takes for the sheet's area.
        while len(cells) <= row:
            cells.append([])
        while len(cells[row]) <= column:
            cells[row].append(None)
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


def _csv_rows(content: bytes) -> list[list]:
    """Return the rows of a text file; UTF-8, GB18030 or UTF-16 with its mark; comma, semicolon or tab."""
    import csv
    import io

    for encoding in ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused("文件不是表格，也不是UTF-8或GBK编码的文本。")
    if "\x00" in text:
        raise FileRefused("文件不是表格，请上传.xlsx、.xls、.et或.csv。")
    # The first lines may be titles without any.
    start = "\n".join(text.split("\n", SEPARATED_WITHIN)[:SEPARATED_WITHIN])
    delimiter = max(",;\t", key=start.count)
    csv.field_size_limit(LARGEST_CSV_FIELD)
    try:
        return [
            [cell or None for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise FileRefused("文本表格读不出来，请另存为.xlsx再上传。") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
