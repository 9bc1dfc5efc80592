"""Where lead agencies report for all units: whose items of a sheet are taken, and what of it is somebody else's."""

from dataclasses import dataclass, field

from livelihood.models import Agency
from projects.models import Participant, SubProject

#: So many left out projects are named.
NAMED = 5


@dataclass
class Led:
    """What one file may bring: the items these agencies (ids) lead, None for those of all; what was left out of it."""

    agencies: frozenset[int] | None
    #: Printed numbers and names of the projects left out, in the order met.
    others: dict[str, None] = field(default_factory=dict)
    without_agency: dict[str, None] = field(default_factory=dict)
    wholes: dict[str, None] = field(default_factory=dict)
    #: Participants (ids) of whom a sheet of their own was met.
    owners: set[int] = field(default_factory=set)

    def takes(self, unit: Participant, sub_project: SubProject, *, is_filled: bool) -> bool:
        """Tell whether a cell counts; one that does not is remembered where something stands in it."""
        if unit.pk in self.owners:
            # Its whole sheet is refused later, with what was read of it.
            return True
        aside, name = self._aside(unit, sub_project)
        if aside is not None and is_filled:
            aside.setdefault(name)
        return aside is None

    def _aside(self, unit: Participant, sub_project: SubProject) -> tuple[dict | None, str]:
        project = sub_project.project
        if unit.kind == Participant.Kind.WHOLE:
            return (None, "") if self.agencies is None else (self.wholes, unit.printed_name)
        if sub_project.lead_agency_id is None:
            return self.without_agency, f"第{project.seq}项“{project.name}”"
        if self.agencies is not None and sub_project.lead_agency_id not in self.agencies:
            return self.others, f"第{project.seq}项“{project.name}”"
        return None, ""

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """Return (code, sentence) of what was left out."""
        found = []
        if self.others:
            found.append(("other_agency", f"表中{_listed(self.others)}不是您牵头的，没有读；请由它们的牵头部门报送。"))
        if self.without_agency:
            found.append(("no_lead_agency", f"表中{_listed(self.without_agency)}没有牵头部门，没有人报送，没有读。"))
        if self.wholes:
            found.append(("whole_left_out", f"表中{_listed(self.wholes)}的数由民生办填报，没有读。"))
        return found


def not_the_reporter(programme) -> str:
    """Say that a county's own sheet is not taken where agencies report, and where to go with it. One query."""
    agencies = Agency.objects.filter(led_sub_projects__project__programme=programme)
    names = list(dict.fromkeys(agencies.order_by("order", "pk").values_list("name", flat=True)))
    listed = "、".join(names[:NAMED]) + (f"等{len(names)}个部门" if len(names) > NAMED else "")
    where = f"请把表交给项目的牵头部门（{listed}），由它们在自己的月报里导入。" if listed else ""
    return f"“{programme.name}”由牵头部门报送，考核单位的表不能导入。{where}"


def _listed(names: dict[str, None]) -> str:
    return "、".join(list(names)[:NAMED]) + (f"等{len(names)}项" if len(names) > NAMED else "")
