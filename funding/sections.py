"""What the funding app offers to the registries: its block of a report, its section of the navigation."""

from funding.funds_part import FundsPart
from livelihood import registry
from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of
from livelihood.models import User
from livelihood.registry import Section
from projects import parts


def register() -> None:
    """Fill the navigation, and offer the funds as a block of every report."""
    parts.register(FundsPart())
    registry.register_section(
        Section(order=25, label="资金", url_name="funding:latest", visible=_sees_money, covers=("funding:",))
    )


def _sees_money(user: User) -> bool:
    """Tell whether the user's work is with a programme, and so with its money."""
    return access_of(user).has(*OVERSEEING_ROLES, *COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY)
