"""Who receives a programme's papers in the system: agencies somebody can sign for."""

from dataclasses import dataclass

from django.db.models import Q

from livelihood.access import COUNTY_ROLES, Role
from livelihood.models import Agency, RoleGrant
from projects.models import Participant, Programme
from supervision.services.papers.receipts import receiver_name


@dataclass(frozen=True)
class Receiver:
    """An agency with an account: how it is called, its group, and one of those who can sign."""

    agency: Agency
    name: str
    group: str
    person_id: int


COUNTIES, MEMBERS = "县（市、区）民生办", "成员单位"


def receivers_of(programme: Programme) -> list[Receiver]:
    """Return the offices of the units and the agencies that lead something, as far as they have accounts. Two queries.

    Offices first, in the official order of their units.
    """
    units = Participant.objects.filter(programme=programme, region__isnull=False).exclude(region=programme.owner_id)
    order = {unit.region_id: unit.order for unit in units}
    grants = (
        RoleGrant.objects.filter(user__is_active=True, programme_code="")
        .filter(
            Q(role__in=COUNTY_ROLES, region__in=order, user__agency__isnull=False)
            | Q(role=Role.LEAD_AGENCY, agency__region=programme.owner_id)
        )
        .select_related("user__agency__region", "agency__region")
        .order_by("role", "user_id")
    )
    found: dict[int, Receiver] = {}
    for grant in grants:
        is_member = grant.role == Role.LEAD_AGENCY
        agency = grant.agency if is_member else grant.user.agency
        group = MEMBERS if is_member else COUNTIES
        found.setdefault(agency.pk, Receiver(agency, receiver_name(agency), group, grant.user_id))

    def place(receiver: Receiver) -> tuple:
        return (
            receiver.group != COUNTIES,
            order.get(receiver.agency.region_id, 0),
            receiver.agency.order,
            receiver.name,
        )

    return sorted(found.values(), key=place)
