"""录入沿革: the rows of a list that is not opened yet, to take away, and lines to add others."""

from collections.abc import Mapping
from itertools import groupby

from projects.models import Programme, Project, ProjectLineage
from projects.services.lineage import Origin, earlier_lists, lineage_rows

#: Lines to fill at once; saving gives as many again.
LINES = 5
FIELDS = ("before", "after", "kind", "note")


class LineageForm:
    """What stands and what was typed. Four queries."""

    def __init__(self, programme: Programme, data: Mapping[str, str] | None = None):
        self.programme, self.data = programme, data
        self.rows = lineage_rows(programme)
        earlier = Project.objects.filter(programme__in=earlier_lists(programme)).select_related("programme")
        self.before = {str(row.pk): row for row in earlier.order_by("-programme__year", "programme", "seq")}
        self.after = {str(row.pk): row for row in programme.projects.order_by("seq")}
        self.problems: list[str] = []

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return code and word of every kind."""
        return ProjectLineage.Kind.choices

    def groups(self) -> list[tuple[Programme, list[Project]]]:
        """Return the items of the lists before, by list."""
        return [(year, list(rows)) for year, rows in groupby(self.before.values(), key=lambda row: row.programme)]

    def lines(self) -> list[dict]:
        """Return the lines to fill, with what was typed in them."""
        return [{"number": number, **self._typed(number)} for number in range(LINES)]

    def removed(self) -> set[int]:
        """Return the ids of the rows that are to go."""
        picked = self.data.getlist("remove") if self.data is not None else []
        return {int(text) for text in picked if text.isascii() and text.isdigit() and len(text) < 19}

    def added(self) -> list[Origin]:
        """Return the lines that were filled; `problems` say what is missing in one."""
        found = []
        for line in self.lines():
            if not (line["before"] or line["after"] or line["note"]):
                continue
            before, after = self.before.get(line["before"]), self.after.get(line["after"])
            if before is None:
                self.problems.append(f"第{line['number'] + 1}行没有选以前年度的项目。")
            elif line["after"] and after is None:
                self.problems.append(f"第{line['number'] + 1}行的本年项目不在这个年度里，请重新选。")
            else:
                found.append(Origin(before, after, line["kind"], line["note"]))
        return found

    def _typed(self, number: int) -> dict[str, str]:
        data = self.data or {}
        return {name: data.get(f"{name}-{number}", "").strip() for name in FIELDS}
