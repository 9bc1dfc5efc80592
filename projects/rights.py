"""Who may do what with a report: asked by the services before they act and by pages for their buttons.

Seeing a report is `Report.objects.visible_to(user)`; this module is about what a person who sees it may do.
"""

from dataclasses import dataclass

from livelihood.access import Role, access_of, is_city_office
from livelihood.models import Agency, User
from projects.models import Assignment, Participant, Programme, Report

#: verb → the parts a person can have in a report of which one is needed.
VERB_ROLES = {
    "sign": {"head"},
    "submit": {"clerk", "head"},
    "withdraw": {"clerk", "head"},
    "approve": {"office"},
    "return": {"office"},
    "receive": {"office"},
}


@dataclass(frozen=True)
class FillScope:
    """What a user may fill in one report: everything, or some sub-projects (per participant)."""

    everything: bool = False
    sub_projects: frozenset = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.sub_projects)

    def covers(self, participant_id: int, sub_project_id: int) -> bool:
        """Tell whether the user may fill that sub-project for that participant."""
        return self.everything or (participant_id, sub_project_id) in self.sub_projects


def parts_in(user: User, report: Report) -> set[str]:
    """Return the user's parts in the report: clerk, head, office, filler (a lead agency is clerk and head of its own).

    The city office is also clerk and head of the own level (市本级), which has no county behind it; the
    whole's figures are entered by the office alone. One query, for fillers.
    """
    access = access_of(user)
    programme, participant = report.period.programme, report.participant
    parts = set()
    if is_city_office(user, programme.owner_id):
        parts.add("office")
        if participant and participant.kind == Participant.Kind.OWN:
            parts |= {"clerk", "head"}
    if participant and participant.kind != Participant.Kind.WHOLE:
        # A hospital or a zone without a county behind it has people of its own: their grant names the agency.
        for role in (Role.CLERK, Role.HEAD):
            if participant.region_id in access.region_ids(role) or participant.agency_id in access.agency_ids(role):
                parts.add(role.value)
    by_agency = programme.reporting_by == Programme.ReportingBy.AGENCY
    if by_agency and report.agency_id and report.agency_id in access.agency_ids(Role.LEAD_AGENCY):
        parts |= {"clerk", "head"}
    if by_agency and report.agency_id and report.agency_id in access.agency_ids(Role.FILLER):
        parts.add("clerk")
    if participant and access.agency_ids(Role.FILLER) and _assigned(user, participant):
        parts.add("filler")
    return parts


def fill_scope(user: User, report: Report) -> FillScope:
    """Return what the user may fill in `report`, whatever the report's state. At most two queries."""
    parts = parts_in(user, report)
    if report.participant and report.participant.kind == Participant.Kind.WHOLE:
        return FillScope(everything="office" in parts)
    if parts & {"clerk", "head", "office"}:
        return FillScope(everything=True)
    if "filler" in parts:
        return FillScope(
            sub_projects=frozenset(
                (report.participant_id, sub_project_id) for sub_project_id in _assigned(user, report.participant)
            )
        )
    return FillScope()


def sees_sub_project(user: User, report: Report, sub_project_id: int) -> bool:
    """Tell whether the user sees that sub-project's lines of a visible report: a mere filler only its own.

    At most three queries.
    """
    scope = fill_scope(user, report)
    if not scope.sub_projects or parts_in(user, report) - {"filler"}:
        return True
    return scope.covers(report.participant_id, sub_project_id)


def may(user: User, verb: str, report: Report) -> bool:
    """Tell whether the user's part in the report covers the verb, whatever the report's state."""
    return bool(parts_in(user, report) & VERB_ROLES[verb])


def reporting_agencies(user: User, programme: Programme) -> frozenset[int]:
    """Return the lead agencies (ids) whose reports of the programme the user fills; none where the units report.

    At most one query.
    """
    held = access_of(user).agency_ids(Role.LEAD_AGENCY, Role.FILLER)
    if programme.reporting_by != Programme.ReportingBy.AGENCY or not held:
        return frozenset()
    leading = Agency.objects.filter(pk__in=held, led_sub_projects__project__programme=programme)
    return frozenset(leading.values_list("pk", flat=True))


def _assigned(user: User, participant: Participant) -> list[int]:
    """Return the sub-projects the user's agencies fill for the participant."""
    agencies = access_of(user).agency_ids(Role.FILLER)
    return list(
        Assignment.objects.filter(participant=participant, agency__in=agencies).values_list("sub_project_id", flat=True)
    )
