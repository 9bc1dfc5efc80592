"""What the bar of every page shows: the office, the person's role, and the sections open to them."""

from django.http import HttpRequest
from django.urls import reverse

from livelihood.access import access_of
from livelihood.models import RoleGrant
from livelihood.registry import Section, sections_for

#: Which of several roles the bar names: the one with most to do comes first.
ROLE_ORDER = [
    RoleGrant.Role.CITY_OFFICE,
    RoleGrant.Role.HEAD,
    RoleGrant.Role.CLERK,
    RoleGrant.Role.LEAD_AGENCY,
    RoleGrant.Role.FILLER,
    RoleGrant.Role.LEADER,
    RoleGrant.Role.INSPECTOR,
    RoleGrant.Role.SUPERVISOR,
    RoleGrant.Role.SECURITY_ADMIN,
    RoleGrant.Role.SYSTEM_ADMIN,
    RoleGrant.Role.AUDITOR,
]


#: Roles as the bar names them, beside the office: a county's and a township's people hold the same ones as a city's.
SHORT_ROLES = {
    RoleGrant.Role.CITY_OFFICE: "民生办",
    RoleGrant.Role.CLERK: "填报人",
    RoleGrant.Role.HEAD: "审核人",
}


def shared(request: HttpRequest) -> dict:
    """Return navigation, office_name and person_role; nothing for somebody who is not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    access = access_of(user)
    role = next((role for role in ROLE_ORDER if access.has(role)), None)
    return {
        "navigation": _navigation(request),
        "office_name": str(user.agency) if user.agency_id else "",
        "person_role": SHORT_ROLES.get(role, role.label) if role else "没有授权",
    }


def _navigation(request: HttpRequest) -> list[dict]:
    """Return the user's sections with addresses and what waits in each."""
    match = request.resolver_match
    here = match.view_name if match else ""
    sections = sections_for(request.user)
    fits = {section.url_name: _fit(section, here) for section in sections}
    best = max(fits.values(), default=0)
    return [
        {
            "label": section.label,
            "url": reverse(section.url_name),
            "active": 0 < fits[section.url_name] == best,
            "badge": section.badge(request.user) if section.badge else 0,
        }
        for section in sections
    ]


def _fit(section: Section, view_name: str) -> int:
    """Return how closely the section covers the page, 0 for not at all: the longest beginning that fits."""
    names = (section.url_name, *section.covers)
    return max((len(name) for name in names if view_name.startswith(name)), default=0)
