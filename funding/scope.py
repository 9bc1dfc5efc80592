"""Which money a person may see in a period: all, or that of the own lines until the month is issued."""

from funding.models import FundLine
from livelihood.access import oversees
from livelihood.models import User
from projects.models import Programme, ReportingPeriod


def visible_lines(user: User, programme: Programme, period: ReportingPeriod | None) -> list[int] | None:
    """Return the ids of the fund lines whose money the user may see; None means all of them.

    Who takes part in an issued month sees everybody's; before that a county sees its own and a bureau its
    sub-projects'.
    """
    is_issued = period is not None and period.state == ReportingPeriod.State.ISSUED
    if is_issued or oversees(user, programme.owner_id):
        return None
    return list(FundLine.objects.filter(programme=programme).visible_to(user).values_list("pk", flat=True))
