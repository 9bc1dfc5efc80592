"""Reads a catalogue workbook into the plain structure `load_catalogue` takes.

Sheets: 年度 (words and values), 行政区划 and 部门 (optional), 单位, 项目与指标 (one row per indicator), 目标任务
(indicator × participant, in the words of the paper), 节点 and those of `catalogue_duties` (all optional).
Every row carries its place as `at`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from livelihood.models import Region
from projects.excel.catalogue_duties import DutyReader
from projects.excel.catalogue_sheets import (
    CHOICES,
    DUE_NUMBERS,
    OPTIONAL_SHEETS,
    PROGRAMME_ROWS,
    PROGRAMME_SHEET,
    SHEETS,
)
from projects.excel.columns import Column, plain
from projects.excel.tables import (
    CellRefused,
    Table,
    choice_of,
    day_of,
    per_cent_of,
    ratio_of,
    required_number,
    table_of,
    whole_number,
    words_of,
    yes_no,
)
from projects.excel.workbook import Cell, Sheet, Workbook, WorkbookRefused, open_workbook
from projects.models import Indicator, Milestone, Participant, Programme, Project, Weekday
from projects.services.targets import SAID, standing_targets, stated
from projects.values import NO_TASK_WORDS

SUB_PROJECT_TEXTS = ["city_leader", "department_leader", "implementer", "filling_agency"]
NOT_APPLICABLE_WORDS = {"不适用"}
#: Words before the number → how it is compared (seeds: "==" and ">=" at_least, "<=" at_most, "~" about).
COMPARISONS = {
    "≥": "ge", ">=": "ge", "不少于": "ge", "不低于": "ge", "达到": "ge",
    "≤": "le", "<=": "le", "不超过": "le", "不高于": "le", "控制在": "le",
    "约": "about", "~": "about",
}  # fmt: skip
_TARGET = re.compile(
    rf"(?P<before>{'|'.join(map(re.escape, COMPARISONS))})?(?P<number>\d[\d,]*(?:\.\d+)?)(?P<after>.*)", re.ASCII
)
_AFTER = {"以上": "ge", "以内": "le", "以下": "le", "左右": "about"}


@dataclass
class CatalogueReading:
    """What a catalogue workbook says: `data` for `load_catalogue`, and what could not be read, with its place."""

    data: dict = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_catalogue(path: Path, *, file_name: str = "") -> CatalogueReading:
    """Read a catalogue workbook. Raises WorkbookRefused for a file that cannot be read at all; one query.

    A target whose words are those that stand means what stands, also where no number could be made out of them.
    """
    return _Reader(open_workbook(path, file_name=file_name)).read()


class _Reader:
    def __init__(self, book: Workbook):
        self.book = book
        self.reading = CatalogueReading()
        self.tables = {name: self._table(name, columns) for name, columns in SHEETS.items()}

    def read(self) -> CatalogueReading:
        """Read the sheets in the order they build on each other."""
        data = self.reading.data
        self._programme()
        if self.tables["行政区划"]:
            data["regions"] = self._rows("行政区划", self._region)
        if self.tables["部门"]:
            data["agencies"] = self._rows("部门", lambda table, row: {
                "region": table.text(row, "region"), "names": [table.text(row, "name")],
            })  # fmt: skip
        data["participants"] = self._rows("单位", self._participant)
        self._items()
        self._targets()
        self._milestones()
        DutyReader(self.tables, data, self._problem).read()
        return self.reading

    def _table(self, name: str, columns: list[Column]) -> Table | None:
        sheet = self.book.sheet(name)
        table = table_of(sheet, columns) if sheet else None
        if table is None and ((sheet is not None and sheet.rows) or name not in OPTIONAL_SHEETS):
            heads = "、".join(f"“{column.label}”" for column in columns if column.is_required)
            missing = "没有找到表头，应有" if sheet else "没有这张工作表，应有表头"
            raise WorkbookRefused(f"工作表“{name}”{missing}{heads}。")
        return table

    def _rows(self, name: str, read: Callable[[Table, int], dict]) -> list[dict]:
        """Return the rows a function reads; a row with a wrong cell becomes a problem instead."""
        table, rows = self.tables[name], []
        for row in table.filled_rows:
            try:
                rows.append(read(table, row) | {"at": _at(table, row)})
            except CellRefused as refused:
                self._problem(_at(table, row), str(refused))
        return rows

    def _programme(self) -> None:
        sheet = self.book.sheet(PROGRAMME_SHEET)
        if sheet is None:
            raise WorkbookRefused(f"没有工作表“{PROGRAMME_SHEET}”。")
        values = _labelled(sheet)
        programme = {key: values[key][0].text.strip() for key in ["code", "name", "owner", "office"] if key in values}
        readers: dict[str, Callable[[Cell], object]] = {
            "year": required_number,
            "decimals": required_number,
            "fund_denominator": lambda cell: choice_of(cell, Programme.FundDenominator),
            "reporting_by": lambda cell: choice_of(cell, Programme.ReportingBy),
            "kind": lambda cell: choice_of(cell, Programme.Kind),
            "weekly": yes_no,
            **dict.fromkeys(("week_ends_on", "week_due_weekday"), lambda cell: choice_of(cell, Weekday)),
            **dict.fromkeys(DUE_NUMBERS, required_number),
            "valid_from": day_of,
            "document_on": day_of,
        }
        others = {}
        for key, read in readers.items():
            if key in values:
                try:
                    others[key] = read(values[key][0])
                except CellRefused as refused:
                    self._problem(f"{PROGRAMME_SHEET}!{values[key][0].address}", str(refused))
        programme |= {key: value for key, value in others.items() if key not in ("valid_from", "document_on")}
        if "basis" in values:
            documents = (cell.text.strip().split(maxsplit=1) for cell in values["basis"])
            programme["basis"] = [{"number": words[0], "title": " ".join(words[1:])} for words in documents]
        self.reading.data["programme"] = programme
        words = {key: values[key][0].text.strip() for key in ["document", "reason"] if key in values}
        self.reading.data["revision"] = others | words
        self.document = {
            "number": words.get("document", ""),
            "dated_on": others.get("document_on"),
            "valid_from": others.get("valid_from"),
        }

    def _region(self, table: Table, row: int) -> dict:
        return {
            "code": table.text(row, "code"),
            "name": table.text(row, "name"),
            "short_name": table.text(row, "short_name"),
            "kind": choice_of(table.cell(row, "kind"), Region.Kind),
            "parent": table.text(row, "parent") or None,
        }

    def _participant(self, table: Table, row: int) -> dict:
        kind = choice_of(table.cell(row, "kind"), Participant.Kind) or Participant.Kind.UNIT
        ranked = yes_no(table.cell(row, "ranked"))
        if not table.text(row, "code") or not table.text(row, "printed_name"):
            raise CellRefused("考核单位要有代码和印发名称。")
        return {
            "code": table.text(row, "code"),
            "printed_name": table.text(row, "printed_name"),
            "short_names": words_of(table.text(row, "short_names")),
            "kind": str(kind),
            "ranked": kind == Participant.Kind.UNIT if ranked is None else ranked,
            "region": table.text(row, "region") or None,
            "agency": table.text(row, "agency") or None,
            "joins_on": day_of(table.cell(row, "joins_on")),
            "leaves_on": day_of(table.cell(row, "leaves_on")),
        }

    def _items(self) -> None:
        """Projects and sub-projects begin where 序号 or 子项 is written; rows below inherit what is blank."""
        projects: dict[int, dict] = {}
        sub: dict | None = None
        project: dict | None = None
        table = self.tables["项目与指标"]
        for row in table.filled_rows:
            try:
                project, began = self._project(table, row, projects, project)
                sub = self._sub_project(table, row, project, None if began else sub)
                if not table.cell(row, "indicator").is_blank:
                    sub["indicators"].append(_indicator(table, row) | {"at": _at(table, row), "targets": {}})
            except CellRefused as refused:
                self._problem(_at(table, row), str(refused))
        self.reading.data["projects"] = list(projects.values())
        self.indicators = {
            (project["seq"], plain(sub["name"]), plain(row["name"])): row
            for project in projects.values()
            for sub in project["sub_projects"]
            for row in sub["indicators"]
        }

    def _project(self, table: Table, row: int, projects: dict, above: dict | None) -> tuple[dict, bool]:
        """Return the row's project, and whether it begins here."""
        seq = table.cell(row, "seq")
        if seq.is_blank and above is not None:
            return above, False
        number = required_number(seq)
        name = table.text(row, "project")
        if number in projects:
            if name and plain(name) != plain(projects[number]["name"]):
                raise CellRefused(f"项目序号{number}出现了2次：“{projects[number]['name']}”和“{name}”。")
            return projects[number], projects[number] is not above
        if not name:
            raise CellRefused(f"第{number}项没有名称。")
        projects[number] = {
            "seq": number,
            "name": name,
            "at": _at(table, row),
            "text": table.text(row, "text"),
            "sub_projects": [],
            **_given(table, row, {"origin": Project.Origin, "change": Project.Change}),
        }
        return projects[number], True

    def _sub_project(self, table: Table, row: int, project: dict, above: dict | None) -> dict:
        name = table.text(row, "sub_item")
        if not name and above is not None:
            return above
        found = next((sub for sub in project["sub_projects"] if sub["name"] == name), None)
        if found is None:
            found = {"name": name, "at": _at(table, row), "indicators": []}
            found |= {key: table.text(row, key) for key in SUB_PROJECT_TEXTS if table.text(row, key)}
            if table.text(row, "lead_agency"):
                found["lead_agency"] = table.text(row, "lead_agency")
            found["supporting_agencies"] = words_of(table.text(row, "supporting_agencies"))
            due_on = day_of(table.cell(row, "due_on"))
            if due_on:
                found["due_on"] = due_on
            project["sub_projects"].append(found)
        return found

    def _targets(self) -> None:
        table = self.tables["目标任务"]
        columns = self._participant_columns(table)
        standing = standing_targets(self.reading.data["programme"].get("code", ""))
        for row in table.filled_rows:
            indicator = self._row_indicator(table, row)
            names = (whole_number(table.cell(row, "seq")), table.text(row, "sub_item"), table.text(row, "indicator"))
            for code, column in columns.items() if indicator else ():
                cell = table.sheet.cell(row, column)
                if cell.is_blank:
                    continue
                at = f"{table.sheet.name}!{cell.address}"
                stands = standing.get((code, *names))
                if stands is not None and plain(cell.text) == plain(stated(stands)):
                    indicator["targets"][code] = {name: getattr(stands, name) for name in SAID} | {"at": at}
                    continue
                try:
                    indicator["targets"][code] = target_of(cell, indicator) | {"at": at}
                except CellRefused as refused:
                    self._problem(at, f"“{indicator['name']}”：{refused}")
        documents = dict.fromkeys(columns, self.document)
        self.reading.data["target_documents"] = documents if any(self.document.values()) else {}

    def _participant_columns(self, table: Table) -> dict[str, int]:
        """Return participant code → column, by printed name, short name or code in the head."""
        names = {
            plain(name): row["code"]
            for row in self.reading.data["participants"]
            for name in [row["code"], row["printed_name"], *row["short_names"]]
        }
        found: dict[str, int] = {}
        for cell in table.sheet.row(table.head_row):
            if cell.is_blank or cell.column in table.columns.values():
                continue
            code = names.get(plain(cell.text))
            if code is None or code in found:
                why = "不在“单位”表里" if code is None else "出现了两次"
                self._problem(f"{table.sheet.name}!{cell.address}", f"单位“{cell.text.strip()}”{why}。")
            else:
                found[code] = cell.column
        return found

    def _milestones(self) -> None:
        table = self.tables["节点"]
        for row in table.filled_rows if table else []:
            indicator = self._row_indicator(table, row)
            if indicator is None:
                continue
            try:
                due_on = day_of(table.cell(row, "due_on"))
                if due_on is None:
                    raise CellRefused("没有写时限。")
                milestone = {"due_on": due_on, "threshold": per_cent_of(table.cell(row, "threshold"))}
                milestone |= _given(table, row, {"measure": Milestone.Measure})
            except CellRefused as refused:
                self._problem(_at(table, row), str(refused))
                continue
            milestone |= {"text": table.text(row, "text"), "at": _at(table, row)}
            indicator.setdefault("milestones", []).append(milestone)

    def _row_indicator(self, table: Table, row: int) -> dict | None:
        seq, name = table.cell(row, "seq"), table.text(row, "indicator")
        found = self.indicators.get((whole_number(seq), plain(table.text(row, "sub_item")), plain(name)))
        if found is None:
            self._problem(_at(table, row), f"第{seq.text.strip() or '？'}项“{name}”不在“项目与指标”表里。")
        return found

    def _problem(self, at: str, words: str) -> None:
        self.reading.problems.append(f"{at}：{words}")


def target_of(cell: Cell, indicator: dict) -> dict:
    """Return a target as printed: "73", "≥90%", "建设73个", "/", "不适用". Raises CellRefused for what is unclear.

    A number may have the indicator's unit behind it and words before it; more than one number is not guessed at.
    """
    if cell.kind in ("error", "unknown", "date", "bool"):
        raise CellRefused(f"“{cell.text or '公式没有计算结果'}”不是目标。")
    printed = cell.text.strip()
    if cell.is_percent:
        printed = f"{(Decimal(printed) * 100).normalize():f}%"
    text = plain(printed)
    if text in NO_TASK_WORDS:
        return {"state": "no_task", "printed": printed}
    if text in NOT_APPLICABLE_WORDS:
        return {"state": "not_applicable", "printed": printed}
    if indicator.get("kind") == Indicator.Kind.TEXT:
        return {"state": "text", "printed": printed}
    if text.startswith("-") or not (match := _only_number(text)):
        raise CellRefused(f"目标“{printed}”看不出是多少；没有任务写“/”，只有文字的请把指标性质写成“文字”。")
    unit, after = plain(indicator["unit"]), match["after"]
    comparison = COMPARISONS.get(match["before"] or "", "eq")
    for words, meaning in _AFTER.items():
        if after.endswith(words):
            after, comparison = after.removesuffix(words), meaning
    if unit and after not in ("", unit):  # a missing unit is said once, for the indicator
        raise CellRefused(f"目标“{printed}”的单位与指标的单位“{indicator['unit']}”不同。")
    number = match["number"].replace(",", "")
    return {"state": "assessed", "value": number, "comparison": comparison, "printed": printed}


def _indicator(table: Table, row: int) -> dict:
    found = {"name": table.text(row, "indicator"), "unit": table.text(row, "unit")}
    decimals = table.cell(row, "decimals")
    if not decimals.is_blank:
        found["decimals"] = required_number(decimals)
    found |= _given(table, row, CHOICES)
    if "category" not in found:
        raise CellRefused(f"“{found['name']}”没有写类型。")
    is_level = found.get("accumulation") == Indicator.Accumulation.LEVEL
    additive, assessed = yes_no(table.cell(row, "additive")), yes_no(table.cell(row, "assessed"))
    part_of, base = table.text(row, "part_of"), table.text(row, "base")
    found["additive"] = not is_level if additive is None else additive
    is_plain = not part_of and found.get("kind", "number") == "number"
    found["assessed"] = is_plain if assessed is None else assessed
    if not table.cell(row, "tolerance").is_blank:
        found["tolerance"] = ratio_of(table.cell(row, "tolerance"))
    return found | {"part_of": part_of or None, "base": base or None}


def _given(table: Table, row: int, choices: dict) -> dict:
    """Return the choice columns that hold something, as codes."""
    found = {key: choice_of(table.cell(row, key), options) for key, options in choices.items()}
    return {key: str(value) for key, value in found.items() if value is not None}


def _labelled(sheet: Sheet) -> dict[str, list[Cell]]:
    """Return key → filled cells of column B; a row without a label continues the one above."""
    labels = {plain(label): key for key, (label, _example) in PROGRAMME_ROWS.items()}
    found: dict[str, list[Cell]] = {}
    key = None
    for row in range(1, sheet.row_count + 1):
        label, value = sheet.cell(row, 1), sheet.cell(row, 2)
        if not label.is_blank:
            key = labels.get(plain(label.text))
        if key and not value.is_blank:
            found.setdefault(key, []).append(value)
    return found


def _only_number(text: str) -> re.Match | None:
    """Return the match of the text's only number with its comparison, words before it allowed; else None."""
    numbers = re.findall(r"\d[\d,]*(?:\.\d+)?", text, re.ASCII)
    return _TARGET.search(text) if len(numbers) == 1 else None


def _at(table: Table, row: int) -> str:
    first = min(table.columns.values())
    return f"{table.sheet.name}!{table.sheet.cell(row, first).address}"
