"""Who may do what with 整改 and inspections: asked by the services before they act and by pages for their buttons."""

from livelihood.access import COUNTY_ROLES, Role, access_of, is_city_office, is_system
from livelihood.models import User
from projects.models import Programme
from supervision.models import Rectification

#: Who goes and looks.
INSPECTING = (Role.CITY_OFFICE, Role.INSPECTOR, Role.SUPERVISOR)


def may_inspect(user: User, programme: Programme) -> bool:
    """Tell whether the user records inspections of the programme."""
    return is_system(user) or programme.owner_id in access_of(user).region_ids(*INSPECTING)


def may_open_item(user: User, programme: Programme, source: str) -> bool:
    """Tell whether the user opens an item of that source: the office any, who inspects what was found there."""
    if is_city_office(user, programme.owner_id):
        return True
    return source == Rectification.Source.INSPECTION and may_inspect(user, programme)


def may_fill(user: User, item: Rectification) -> bool:
    """Tell whether the user's unit or agency answers for the item; the office fills for 市本级, which has no county."""
    access = access_of(user)
    agencies = access.agency_ids(Role.FILLER, Role.LEAD_AGENCY, *COUNTY_ROLES)
    counties = access.region_ids(*COUNTY_ROLES)
    unit, agency = item.participant, item.agency
    if agency and (agency.pk in agencies or agency.region_id in counties):
        return True
    if unit and (unit.region_id in counties or unit.agency_id in agencies):
        return True
    is_own_level = (unit is None or unit.region_id is None) and (agency is None or not _has_people(agency.pk))
    return is_own_level and is_city_office(user, item.programme.owner_id)


def _has_people(agency_id: int) -> bool:
    """Tell whether somebody works here for the agency."""
    return User.objects.filter(is_active=True, grants__agency=agency_id).exists()
