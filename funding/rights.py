"""Who may do what with a plan: asked by the services before they act and by pages for their buttons.

The city office keeps the whole plan. A county's clerk and head enter the plan of their own unit, all sources, since the
county is who signs for them; a plan that stands is the denominator of the county's rate, so revising it, copying,
exclusions, printed sums and cost shares are the city office's alone.
"""

from livelihood.access import COUNTY_ROLES, NotAllowed, access_of, is_city_office
from livelihood.models import User
from projects.models import Participant, Programme


def may_set_plan(user: User, programme: Programme, participant: Participant) -> bool:
    """Tell whether the user may enter a first plan for that unit."""
    if is_city_office(user, programme.owner_id):
        return True
    access = access_of(user)
    return participant.kind == Participant.Kind.UNIT and (
        participant.region_id in access.region_ids(*COUNTY_ROLES)
        or participant.agency_id in access.agency_ids(*COUNTY_ROLES)
    )


def plan_units(user: User, programme: Programme) -> list[Participant]:
    """Return the units whose first plans the user may enter, in official order; none: the user enters none."""
    return [row for row in programme.participants.reporters().order_by("order") if may_set_plan(user, programme, row)]


def require_plan_units(user: User, programme: Programme) -> list[Participant]:
    """Return `plan_units`; raise NotAllowed when there are none."""
    units = plan_units(user, programme)
    if not units:
        raise NotAllowed(f"资金计划由{programme.owner.office_word}录入，考核单位录入本单位的；您没有可以录入的单位。")
    return units
