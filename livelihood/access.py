"""Who may do what, where: grants read once per request, asked by querysets and services.

Deny by default: a user without a grant sees nothing. Rows outside a user's scope are 404 (through
`visible_to`), rows inside it that the role may not touch are 403 (`NotAllowed`).
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied

from livelihood.models import Region, RoleGrant, User
from livelihood.prepared import Prepared

Role = RoleGrant.Role

#: Roles that see every participant of the programmes their region owns.
OVERSEEING_ROLES = (Role.CITY_OFFICE, Role.LEADER, Role.INSPECTOR)
#: Roles that work for the participant of their region.
COUNTY_ROLES = (Role.CLERK, Role.HEAD)

# A grant limited to one programme is not carried out yet; as an unlimited one it would give too much.
GRANTS = Prepared(
    "SELECT role, region_id, agency_id FROM role_grant WHERE user_id = %(user)s AND programme_code = ''",
    user="bigint",
)


class NotAllowed(PermissionDenied):
    """The user's roles do not allow this; the message is a Chinese sentence for the page."""


@dataclass(frozen=True)
class Access:
    """The scopes of one user: region and agency ids by role, and programme limits."""

    user_id: int
    regions: dict = field(default_factory=lambda: defaultdict(frozenset))
    agencies: dict = field(default_factory=lambda: defaultdict(frozenset))

    def has(self, *roles: str) -> bool:
        """Tell whether the user holds any of `roles`, wherever."""
        return any(self.regions.get(role) is not None for role in roles) or any(
            self.agencies.get(role) is not None for role in roles
        )

    def region_ids(self, *roles: str) -> frozenset:
        """Return the region ids in which the user holds any of `roles`."""
        return frozenset().union(*(self.regions.get(role) or () for role in roles))

    def agency_ids(self, *roles: str) -> frozenset:
        """Return the agency ids for which the user holds any of `roles`."""
        return frozenset().union(*(self.agencies.get(role) or () for role in roles))


def access_of(user: User) -> Access:
    """Return the user's access, read with one query and kept on the user object."""
    if not user.is_authenticated:
        return Access(user_id=0, regions={}, agencies={})
    if not hasattr(user, "_access"):
        regions, agencies = defaultdict(set), defaultdict(set)
        for role, region_id, agency_id in GRANTS.rows(user=user.pk):
            regions[role].add(region_id)
            agencies[role].add(agency_id)
        user._access = Access(
            user_id=user.pk,
            regions={role: frozenset(ids - {None}) for role, ids in regions.items()},
            agencies={role: frozenset(ids - {None}) for role, ids in agencies.items()},
        )
    return user._access


def is_system(user: User) -> bool:
    """Tell whether it is the account of the system itself: commands and scheduled work act for every office.

    An account that may log in is a person's, whatever its name.
    """
    return user.username == "system" and not user.is_active


def may_see_status(user: User) -> bool:
    """Tell whether the user keeps the site running: staff of the admin, and 系统管理员."""
    return user.is_staff or access_of(user).has(Role.SYSTEM_ADMIN)


def is_city_office(user: User, owner_region_id: int) -> bool:
    """Tell whether the user works in the office that runs the programmes of that region."""
    return is_system(user) or owner_region_id in access_of(user).region_ids(Role.CITY_OFFICE)


def oversees(user: User, owner_region_id: int) -> bool:
    """Tell whether the user sees every participant of that region's programmes."""
    return is_system(user) or owner_region_id in access_of(user).region_ids(*OVERSEEING_ROLES)


def require_city_office(user: User, owner_region_id: int) -> None:
    """Raise `NotAllowed` unless the user works in that region's city office."""
    if not is_city_office(user, owner_region_id):
        owner = Region.objects.filter(pk=owner_region_id).first()
        raise NotAllowed(f"只有{owner.office_word if owner else '民生办'}可以做这件事。")
