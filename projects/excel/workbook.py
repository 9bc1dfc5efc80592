"""Opens an untrusted file through the child process and gives its cells to the rest of the project."""

import gzip
import hashlib
import json
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from livelihood.services import Refused
from projects.excel.guard import LARGEST_FILE

#: Wall-clock limit of the child; its CPU limit is lower.
SECONDS = 40
#: Cells of a merged area that is looked into; a larger one is a background, not a heading.
LARGEST_MERGE = 20_000
#: Signs without width that come along when a text is copied from a page: nobody sees or means them.
WIDTHLESS = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF])
#: So many cells of a sheet are kept as they were made: every table is gone through several times.
MOST_REMEMBERED = 200_000
#: How Python runs a module of ours bare: without the environment, its user's packages and what `site` would run. Only
#: our own modules and the installed packages are found.
PATHS = [str(settings.BASE_DIR), *dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])]
BARE = ["-I", "-S", "-B", "-X", "utf8"]


def bare_module(name: str) -> list[str]:
    """Return what makes a bare Python process carry out `main` of a module; its argument follows."""
    return ["-c", f"import sys; sys.path += {PATHS}; from {name} import main; sys.exit(main(sys.argv[1]))"]


CHILD = bare_module("projects.excel.child")
#: Of the kept cells: raised whenever the child gives other cells for the same file.
KEPT_FORMAT = 2


class WorkbookRefused(Refused):
    """The file as a whole is not taken; the message is a Chinese sentence without the file's name."""


class Cell(NamedTuple):
    """A cell with its place. `kind` is blank, text, number, date, bool, error or unknown (no stored result).

    `text` is what a person would type to get it. Of a number, its format says whether it is shown in per cent
    (`is_percent`), in scientific notation or in another size than it has, and which letters stand behind it.
    """

    row: int
    column: int
    kind: str = "blank"
    text: str = ""
    is_percent: bool = False
    is_scientific: bool = False
    is_scaled: bool = False
    suffix: str = ""
    #: Struck out, wholly or in part; or in a colour or a format in which nobody sees it.
    is_struck: bool = False
    is_unseen: bool = False

    @property
    def address(self) -> str:
        """Return the place as Excel names it: B7."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing, or only white space, stands in the cell."""
        kind = self.kind
        return kind == "blank" or (kind == "text" and not self.text.strip())


@dataclass
class Sheet:
    """One sheet: rows and columns count from 1."""

    name: str
    is_hidden: bool = False
    rows: list[list] = field(default_factory=list)
    merges: list[list[int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    struck: list[list[int]] = field(default_factory=list)
    unseen: list[list[int]] = field(default_factory=list)
    _made: dict[int, list[Cell]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _texts: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def _looks(self) -> dict[tuple[int, int], dict[str, bool]]:
        """Return what is struck out or cannot be seen, by place."""
        found = {(row, column): {"is_unseen": True} for row, column in self.unseen}
        for row, column in self.struck:
            found.setdefault((row, column), {})["is_struck"] = True
        return found

    @cached_property
    def merged(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Return, for every place inside a merged area, where the area's only value stands."""
        return {
            (row, column): (top, left)
            for top, left, bottom, right in self.merges
            if (bottom - top + 1) * (right - left + 1) <= LARGEST_MERGE
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }

    def shown(self, row: int, column: int) -> Cell:
        """Return the cell whose value is seen at a place: inside a merged area that of its first cell."""
        return self.cell(*self.merged.get((row, column), (row, column)))

    @cached_property
    def width(self) -> int:
        """Return the number of the last column."""
        return max((len(row) for row in self.rows), default=0)

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell at a place; blank beyond the sheet's area."""
        cells = self.cells(row)
        return cells[column - 1] if 0 < column <= len(cells) else Cell(row, column)

    def cells(self, row: int) -> list[Cell]:
        """Return the cells of a row from its first column to its last filled one."""
        found = self._made.get(row)
        return self._make(row) if found is None else found

    def _make(self, row: int) -> list[Cell]:
        """Return the cells of a row, and remember them."""
        if len(self._made) * self.width >= MOST_REMEMBERED:
            self._made.clear()
        raw = self.rows[row - 1] if 0 < row <= len(self.rows) else []
        cells = [self._cell(row, column, one) for column, one in enumerate(raw, 1)]
        if self._looks:
            for column in range(1, len(cells) + 1):
                if look := self._looks.get((row, column)):
                    cells[column - 1] = cells[column - 1]._replace(**look)
        self._made[row] = cells
        return cells

    def _cell(self, row: int, column: int, raw) -> Cell:
        if type(raw) is not str:
            return Cell(row, column) if raw is None else _cell(row, column, raw)
        text = self._texts.get(raw)
        if text is None:
            # The same words stand in thousands of rows.
            text = self._texts[raw] = raw.translate(WIDTHLESS)
        return Cell(row, column, "text", text)

    def row(self, number: int) -> Iterator[Cell]:
        """Yield the cells of a row."""
        return (self.cell(number, column) for column in range(1, len(self.rows[number - 1]) + 1))

    @property
    def row_count(self) -> int:
        """Return the number of the last row."""
        return len(self.rows)


@dataclass
class Workbook:
    """A file's name, hash and sheets."""

    file_name: str
    sha256: str
    sheets: list[Sheet]

    def sheet(self, name: str) -> Sheet | None:
        """Return the sheet of that name, or None."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)

    @property
    def visible_sheets(self) -> list[Sheet]:
        """Return the sheets a person sees."""
        return [sheet for sheet in self.sheets if not sheet.is_hidden]


def open_workbook(path: Path, *, file_name: str = "", kept: Path | None = None) -> Workbook:
    """Return the cells of an .xlsx, .xlsm, .xls, .et, .csv or HTML table, told apart by content.

    `kept`: where the cells stay once parsed, so that the file is parsed once. Raises WorkbookRefused with one
    sentence for everything that cannot or must not be read.
    """
    path = Path(path)
    if not path.is_file():
        raise WorkbookRefused("文件不存在。")
    if path.stat().st_size > LARGEST_FILE:
        raise WorkbookRefused(f"文件太大，最多{LARGEST_FILE // 1024 // 1024}MB。")
    answer = _kept_answer(path, kept) if kept else _ask_child(path)
    if "refused" in answer:
        raise WorkbookRefused(answer["refused"])
    sheets = [
        Sheet(
            sheet["name"],
            sheet["hidden"],
            sheet["rows"],
            sheet.get("merges", []),
            sheet.get("hidden_rows", []),
            sheet.get("hidden_columns", []),
            sheet.get("struck", []),
            sheet.get("unseen", []),
        )
        for sheet in answer["sheets"]
    ]
    if not any(sheet.rows for sheet in sheets):
        raise WorkbookRefused("表格里没有内容。")
    return Workbook(file_name or path.name, sha256_of(path), sheets)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1000)
def column_letters(number: int) -> str:
    """Return a column as Excel names it: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _kept_answer(path: Path, kept: Path) -> dict:
    """Return the child's answer from where it is kept, or ask and keep it; a damaged or older one is asked again."""
    try:
        with gzip.open(kept, "rt", encoding="utf-8") as file:
            found = json.load(file)
        if found["format"] == KEPT_FORMAT:
            return found["answer"]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        pass  # not there, or written half: parsing again gives the same
    answer = _ask_child(path)
    # Under a name of its own first: a reader beside us sees all of it or nothing.
    with (
        tempfile.NamedTemporaryFile(dir=kept.parent, prefix=".cells-", delete=False) as target,
        gzip.open(target, "wt", encoding="utf-8", compresslevel=3) as file,
    ):
        json.dump({"format": KEPT_FORMAT, "answer": answer}, file, ensure_ascii=False, separators=(",", ":"))
    Path(target.name).replace(kept)
    return answer


def _ask_child(path: Path) -> dict:
    done = run_bare([*CHILD, str(path.resolve())])
    if done is None:
        raise WorkbookRefused(f"文件{SECONDS}秒内没有读完，可能内容异常，没有导入。")
    if done.returncode != 0:
        raise WorkbookRefused("文件内容异常，读取时超出内存或时间限制，没有导入。")
    return json.loads(done.stdout)


def run_bare(arguments: list[str], *, given: bytes = b"") -> subprocess.CompletedProcess | None:
    """Run a module of our own in a bare Python process with `given` on stdin; None when it took too long."""
    try:
        return subprocess.run(  # noqa: S603 - no shell, modules of our own; a file is named by its absolute path
            [sys.executable, *BARE, *arguments],
            cwd=settings.BASE_DIR,
            env={},
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _cell(row: int, column: int, raw: dict) -> Cell:
    if "n" in raw:
        if len(raw) == 1:
            return Cell(row, column, "number", _plain(raw["n"]))
        marks = [bool(raw.get(mark)) for mark in "pxz"]
        return Cell(row, column, "number", _plain(raw["n"]), *marks, suffix=raw.get("u", ""))
    if "d" in raw:
        return Cell(row, column, "date", raw["d"])
    if "b" in raw:
        return Cell(row, column, "bool", "TRUE" if raw["b"] else "FALSE")
    if "e" in raw:
        return Cell(row, column, "error", raw["e"])
    return Cell(row, column, "unknown")


def _plain(number: str) -> str:
    """Return a number without exponent: 1e+20 is what Excel shows of 100000000000000000000."""
    if "e" not in number:
        return number
    return format(Decimal(number), "f")
