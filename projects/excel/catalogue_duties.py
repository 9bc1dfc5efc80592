"""The sheets of a catalogue workbook beside the numbers, read into the data of `load_catalogue` and written again.

目标原文, 包保责任人, 限期任务, 项目沿革, 文件出入; all optional. Units are named as in the heads of 目标任务.
"""

from collections.abc import Callable, Iterator

from projects.excel.columns import plain
from projects.excel.tables import CellRefused, Table, choice_of, day_of, required_number, whole_number
from projects.models import (
    DatedTask,
    PaperConflict,
    Participant,
    Programme,
    ProjectLineage,
    Responsibility,
    SubProject,
    TargetSentence,
)


class DutyReader:
    """Reads the five sheets into the data of a catalogue that has its units and items already."""

    def __init__(self, tables: dict[str, Table | None], data: dict, problem: Callable[[str, str], None]):
        self.tables, self.data, self.problem = tables, data, problem
        self.units = {
            plain(name): row["code"]
            for row in data["participants"]
            for name in [row["code"], row["printed_name"], *row["short_names"]]
        }
        self.projects = {project["seq"]: project for project in data["projects"]}
        self.subs = {
            (project["seq"], plain(sub["name"])): sub for project in data["projects"] for sub in project["sub_projects"]
        }

    def read(self) -> None:
        """Read what sheets there are; a row with a wrong cell becomes a problem with its place."""
        readers = {
            "目标原文": self._sentence,
            "包保责任人": self._responsibility,
            "限期任务": self._task,
            "项目沿革": self._lineage,
            "文件出入": self._conflict,
        }
        for name, read in readers.items():
            table = self.tables[name]
            for row in table.filled_rows if table else ():
                at = f"{name}!{table.sheet.cell(row, min(table.columns.values())).address}"
                try:
                    read(table, row, at)
                except CellRefused as refused:
                    self.problem(at, str(refused))

    def _sentence(self, table: Table, row: int, at: str) -> None:
        sentences = self._sub(table, row).setdefault("sentences", {})
        unit = self._unit(table, row)
        if unit in sentences:
            raise CellRefused(f"“{table.text(row, 'participant')}”的目标原文出现了两次。")
        sentences[unit] = table.text(row, "text")

    def _responsibility(self, table: Table, row: int, at: str) -> None:
        person = {"participant": self._unit(table, row), "office": table.text(row, "office"), "at": at}
        self._sub(table, row).setdefault("responsibilities", []).append(person)

    def _task(self, table: Table, row: int, at: str) -> None:
        task = {
            "participant": self._unit(table, row) if table.text(row, "participant") else None,
            "due_on": day_of(table.cell(row, "due_on")),
            "at": at,
            **{key: table.text(row, key) for key in ("text", "printed_due", "agency")},
        }
        self._sub(table, row).setdefault("tasks", []).append(task)

    def _lineage(self, table: Table, row: int, at: str) -> None:
        line = {
            "programme": table.text(row, "programme"),
            "seq": required_number(table.cell(row, "from_seq")),
            "note": table.text(row, "note"),
            "at": at,
        }
        kind = choice_of(table.cell(row, "kind"), ProjectLineage.Kind)
        if kind == ProjectLineage.Kind.WITHDRAWN:
            if not table.cell(row, "seq").is_blank:
                raise CellRefused("退出的项目没有本年项目，序号请留空。")
            self.data.setdefault("withdrawn", []).append(line)
        else:
            project = self._project(table, row)
            project.setdefault("succeeds", []).append(line | {"kind": str(kind or ProjectLineage.Kind.CONTINUED)})

    def _conflict(self, table: Table, row: int, at: str) -> None:
        seq = None if table.cell(row, "seq").is_blank else self._project(table, row)["seq"]
        words = {key: table.text(row, key) for key in ("subject", "first", "second", "taken")}
        self.data.setdefault("conflicts", []).append({"project_seq": seq, "at": at, **words})

    def _project(self, table: Table, row: int) -> dict:
        project = self.projects.get(whole_number(table.cell(row, "seq")))
        if project is None:
            raise CellRefused(f"第{table.text(row, 'seq') or '？'}项不在“项目与指标”表里。")
        return project

    def _sub(self, table: Table, row: int) -> dict:
        sub = self.subs.get((self._project(table, row)["seq"], plain(table.text(row, "sub_item"))))
        if sub is None:
            raise CellRefused(f"第{table.text(row, 'seq')}项没有子项“{table.text(row, 'sub_item')}”。")
        return sub

    def _unit(self, table: Table, row: int) -> str:
        name = table.text(row, "participant")
        if plain(name) not in self.units:
            raise CellRefused(f"单位“{name}”不在“单位”表里。")
        return self.units[plain(name)]


def duty_rows(programme: Programme, sheet: str, subs: list[SubProject], units: list[Participant]) -> Iterator[dict]:
    """Yield a sheet's lines of a programme as it stands, in the order of its items. One query."""
    of_subs = {"sub_project__in": [row.pk for row in subs]}
    places = {
        row.pk: {"seq": str(row.project.seq), "sub_item": row.name, "order": number} for number, row in enumerate(subs)
    }
    names = {row.pk: row.printed_name for row in units} | {None: ""}

    def placed(rows) -> list[dict]:
        lines = [(places[row.sub_project_id] | {"participant": names[row.participant_id]}, row) for row in rows]
        return sorted(lines, key=lambda line: line[0]["order"])

    if sheet == "目标原文":
        rows = TargetSentence.objects.filter(**of_subs).order_by("participant__order")
        yield from (line | {"text": row.text} for line, row in placed(rows))
    elif sheet == "包保责任人":
        rows = Responsibility.objects.filter(**of_subs).order_by("participant__order", "order")
        yield from (line | {"office": row.office} for line, row in placed(rows))
    elif sheet == "限期任务":
        rows = DatedTask.objects.filter(**of_subs).select_related("agency").order_by("due_on", "id")
        for line, row in placed(rows):
            due = {"due_on": row.due_on.isoformat(), "text": row.text, "printed_due": row.printed_due}
            yield line | due | {"agency": row.agency.name if row.agency else ""}
    elif sheet == "项目沿革":
        yield from _lineage(programme)
    elif sheet == "文件出入":
        for row in PaperConflict.objects.filter(programme=programme).select_related("project"):
            line = {key: getattr(row, key) for key in ("subject", "first", "second", "taken")}
            yield line | {"seq": str(row.project.seq) if row.project else ""}


def _lineage(programme: Programme) -> Iterator[dict]:
    """Where its own items came from; what ended is its predecessor's to tell, and no item of this list."""
    rows = ProjectLineage.objects.filter(to_project__programme=programme)
    for row in rows.select_related("from_project__programme", "to_project").order_by("to_project__seq", "id"):
        yield {
            "programme": row.from_project.programme.code,
            "from_seq": str(row.from_project.seq),
            "kind": row.get_kind_display(),
            "seq": str(row.to_project.seq),
            "note": row.note,
        }
