"""The money of one project beside its progress: what all its units have together, as the page of the funds has it."""

from itertools import groupby

from funding.amounts import aligned
from funding.funds import fund_rates
from funding.models import FundLine
from funding.overview_page import overview_row, rate_heads, row_amounts
from funding.scope import visible_lines
from funding.sources import FundKind
from livelihood.models import User
from projects.models import Participant, Project, ReportingPeriod

#: What the sums are shown in.
MONEY_UNIT = "万元"


def project_money(user: User, period: ReportingPeriod, project: Project) -> list[dict]:
    """Return a row per kind of the project's money, as far as the user sees it. Six queries."""
    own = FundLine.objects.filter(programme=period.programme, sub_project__project=project)
    lines = visible_lines(user, period.programme, period)
    if lines is not None:
        own = own.filter(pk__in=lines)
    ids = list(own.values_list("pk", flat=True))
    if not ids:
        return []
    totals = fund_rates(by="total", programme=period.programme, period=period, lines=ids)
    units = {one.pk: one for one in Participant.objects.filter(programme=period.programme)}
    labels = dict(FundKind.choices)
    found = []
    for kind, rows in groupby(totals, key=lambda one: one["kind"]):
        rates = [*rows]
        total = overview_row(rates, None, units)
        found.append(
            {
                "label": labels[kind],
                "heads": rate_heads(rates),
                "total": total,
                "unit": aligned(MONEY_UNIT, row_amounts([total])),
            }
        )
    return found
