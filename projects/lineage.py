"""项目沿革: what every item of a list was the year before, and what became of it, as far back as the lists go."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from livelihood.models import User
from projects.models import Programme, Project, ProjectLineage

#: No list is older than this many others.
MOST_STEPS = 20


def _rows():
    return ProjectLineage.objects.select_related("from_project__programme", "to_project__programme")


def has_lineage(programme: Programme) -> bool:
    """Tell whether an item of the list came from an earlier one or became of a later one. One query."""
    return ProjectLineage.objects.filter(
        Q(from_project__programme=programme) | Q(to_project__programme=programme)
    ).exists()


def ancestry(projects: Iterable[Project]) -> dict[int, list[ProjectLineage]]:
    """Return item → the lineage that led to it, for the items and all before them. One query per year."""
    found: dict[int, list[ProjectLineage]] = defaultdict(list)
    asked = {project.pk for project in projects}
    for _step in range(MOST_STEPS):
        rows = list(_rows().filter(to_project__in=asked).order_by("from_project__seq", "id")) if asked else []
        for row in rows:
            found[row.to_project_id].append(row)
        asked = {row.from_project_id for row in rows} - set(found)
    return found


class LineagePage:
    """One list's items with what they were, all the way back, and what became of them. A query per year and four."""

    def __init__(self, programme: Programme, user: User):
        self.programme = programme
        self.projects = list(programme.projects.order_by("seq"))
        self.before = ancestry(self.projects)
        self.after = defaultdict(list)
        for row in _rows().filter(from_project__programme=programme).order_by("to_project__seq", "id"):
            self.after[row.from_project_id].append(row)
        self.visible = set(Programme.objects.visible_to(user).values_list("pk", flat=True))
        direct = [row for project in self.projects for row in self.before[project.pk]]
        #: The lists it was made from.
        self.earlier = sorted({row.from_project.programme for row in direct}, key=lambda row: (row.year, row.code))
        later = [row.to_project.programme for rows in self.after.values() for row in rows if row.to_project]
        self.later = sorted(set(later), key=lambda row: (row.year, row.code))

    def rows(self) -> list[dict]:
        """Return per item: project, its chain of origins, what became of it."""
        return [
            {
                "project": project,
                "origins": self._chain(project.pk),
                "successions": [self._after(row) for row in self.after[project.pk]],
            }
            for project in self.projects
        ]

    def _chain(self, item: int, depth: int = 0) -> list[dict]:
        """Return what an item was, the year before first, each with what that was before."""
        found = []
        for row in self.before.get(item, []) if depth < MOST_STEPS else []:
            found.append(
                {
                    "row": row,
                    "item": row.from_project,
                    "is_visible": row.from_project.programme_id in self.visible,
                    "depth": depth,
                }
            )
            found += self._chain(row.from_project_id, depth + 1)
        return found

    def _after(self, row: ProjectLineage) -> dict:
        item = row.to_project
        return {"row": row, "item": item, "is_visible": bool(item) and item.programme_id in self.visible}

    def ended(self) -> list[dict]:
        """Return items of the lists before that have no number of their own here: 调整和退出. One query."""
        rows = _rows().filter(from_project__programme__in=self.earlier).order_by("from_project__seq", "to_project__seq")
        found: dict[Project, list[ProjectLineage]] = {}
        for row in rows:
            if row.to_project is None or row.to_project.programme_id == self.programme.pk:
                found.setdefault(row.from_project, []).append(row)
        return [
            {"project": project, "rows": same, "is_visible": project.programme_id in self.visible}
            for project, same in found.items()
            if all(row.kind != ProjectLineage.Kind.CONTINUED for row in same)
        ]

    def counts(self) -> dict:
        """Return how many items are 新增, 完善, 继续 and 调整 here, how many there are, and how many ended before."""
        found = {name: sum(project.change == name for project in self.projects) for name in Project.Change.values}
        return found | {"total": len(self.projects), "gone": len(self.ended()) if self.earlier else 0}
