"""What the funding app offers to the registries: its block of a report, its section of the navigation."""

from funding.funds_part import FundsPart
from funding.plan_notes import quarter_notes
from funding.readiness import fund_checks
from livelihood import registry
from livelihood.access import COUNTY_ROLES, OVERSEEING_ROLES, Role, access_of
from livelihood.models import User
from livelihood.registry import Section
from projects import parts
from projects.plan_notes import register_plan_notes
from projects.readiness import register_checks


def register() -> None:
    """Fill the navigation, and offer the funds as a block of every report."""
    parts.register(FundsPart())
    register_checks("funds", fund_checks, order=30)
    register_plan_notes("quarters", quarter_notes)
    registry.register_section(
        Section(order=25, label="资金", url_name="funding:latest", visible=_sees_money, covers=("funding:",))
    )


def _sees_money(user: User) -> bool:
    """Tell whether the user's work is with a programme, and so with its money."""
    return access_of(user).has(*OVERSEEING_ROLES, *COUNTY_ROLES, Role.FILLER, Role.LEAD_AGENCY)
