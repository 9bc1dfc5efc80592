"""What a load may not change of a list that stands: the same as by page (decision 0013), asked after the load.

A load is one transaction, so what it may not is taken back with everything else.
"""

from collections import defaultdict

from livelihood.services import Refused
from projects.duties_check import milestone_problems
from projects.models import Indicator, Milestone, Programme
from projects.services.catalogue_edit_rules import (
    COUNTED,
    RECKONED,
    begun,
    indicator_data,
    label_of,
    require_not_counted,
)
from projects.services.milestones import require_not_issued

#: What a milestone asks for; its words alone may be mended.
ASKED = ("measure", "threshold")


def other_year(given: dict) -> list[str]:
    """Return the sentence about a code that is another year's, where the same place owns it. One query."""
    programme = Programme.objects.filter(code=given.get("code"), owner__code=given.get("owner")).first()
    if programme is None or given.get("year") in (None, programme.year):
        return []
    return [
        f"代码“{programme.code}”是{programme.year}年的“{programme.name}”，这张表是{given['year']}年的："
        "年度定下以后不改，别的年度请另起一个代码。"
    ]


class Standing:
    """A programme as it stands before a load; nothing of a new one. At most three queries."""

    def __init__(self, code: str):
        self.programme = Programme.objects.filter(code=code).first()
        self.indicators, self.plan = self._now() if self.programme else ({}, {})

    def problems(self) -> list[str]:
        """Return what the load changed and must not have, one Chinese sentence each; a few queries per fault."""
        programme = Programme.objects.get(pk=self.programme.pk) if self.programme else None
        if programme is None:
            return []
        indicators, plan = self._now()
        return [*self._reckoned(programme), *self._counted(indicators), *self._planned(programme, plan)]

    def _now(self) -> tuple[dict, dict]:
        """Return the columns numbers are made with by indicator, and what is asked for by indicator and day."""
        rows = Indicator.objects.of_programme(self.programme)
        fields = [Indicator._meta.get_field(name).attname for name in COUNTED]
        indicators = {pk: values for pk, *values in rows.order_by().values_list("pk", *fields)}
        milestones = Milestone.objects.filter(indicator__in=rows).order_by()
        plan = {(pk, day): asked for pk, day, *asked in milestones.values_list("indicator_id", "due_on", *ASKED)}
        return indicators, plan

    def _reckoned(self, programme: Programme) -> list[str]:
        names = [name for name in RECKONED if getattr(programme, name) != getattr(self.programme, name)]
        if not names or not (reason := begun(programme)):
            return []
        words = "、".join(label_of(programme, name) for name in names)
        return [f"{reason}，{words}决定数怎么算、由谁报，不能再改。"]

    def _counted(self, indicators: dict) -> list[str]:
        changed = {
            pk: [name for name, before, now in zip(COUNTED, values, indicators[pk], strict=True) if before != now]
            for pk, values in self.indicators.items()
        }
        found = Indicator.objects.select_related("sub_project__project__programme")
        changed = {pk: names for pk, names in changed.items() if names}
        rows = found.in_bulk(changed)
        return [words for pk, names in changed.items() if (words := _refused(require_not_counted, rows[pk], names))]

    def _planned(self, programme: Programme, plan: dict) -> list[str]:
        touched = [key for key, asked in plan.items() if self.plan.get(key) != asked]
        days = sorted({day for _, day in touched})
        found = [words for day in days if (words := _refused(require_not_issued, day, programme))]
        rows = Indicator.objects.select_related("sub_project__project").in_bulk({pk for pk, _ in touched})
        plans = defaultdict(list)
        for (pk, day), (measure, threshold) in sorted(plan.items()):
            plans[pk].append({"due_on": day, "measure": measure, "threshold": threshold})
        for pk, row in rows.items():
            about = f"第{row.sub_project.project.seq}项“{row.name}”"
            found += milestone_problems(about, indicator_data(row) | {"milestones": plans[pk]}, programme.year)
        return found


def _refused(rule, *arguments) -> str:
    """Return the sentence with which a page's rule refuses, empty where it does not."""
    try:
        rule(*arguments)
    except Refused as refused:
        return str(refused)
    return ""
