"""A small programme with money: units, sub-projects, plans and figures as a bulletin prints them, in 万元."""

from decimal import Decimal

from funding.funds import fund_rates
from funding.models import FundFigure, FundLine, FundPlan
from tests import factories

WAN = 10_000


def yuan(wan) -> Decimal:
    """Return 元 for an amount printed in 万元."""
    return Decimal(str(wan)) * WAN


class FundBoard:
    """A programme whose money is given line by line; rates are read through the statement."""

    def __init__(self, units, *, decimals=2, denominator="planned", month=8):
        self.programme = factories.ProgrammeFactory(decimals=decimals, fund_denominator=denominator)
        self.user = factories.UserFactory()
        self.period = factories.PeriodFactory(programme=self.programme, month=month)
        self.units = {
            name: factories.ParticipantFactory(programme=self.programme, printed_name=name, order=order)
            for order, name in enumerate(units, start=1)
        }
        self.whole = factories.ParticipantFactory(
            programme=self.programme, printed_name="全市", kind="whole", order=len(units) + 1
        )
        self.reports = {
            name: factories.ReportFactory(period=self.period, participant=unit) for name, unit in self.units.items()
        }
        self.items = {}

    def item(self, name):
        """Return the sub-project of that name, made when it is new."""
        if name not in self.items:
            project = factories.ProjectFactory(programme=self.programme, seq=len(self.items) + 1, name=name)
            self.items[name] = factories.SubProjectFactory(project=project)
        return self.items[name]

    def line(self, unit, planned=None, received=None, disbursed=None, spent=None, **where):
        """Add a line with its plan and figures in 万元; None is blank."""
        line = FundLine.objects.create(
            programme=self.programme,
            sub_project=self.item(where.get("item", "农村道路")),
            participant=self.units[unit],
            source=where.get("source", "total"),
            kind=where.get("kind", "project"),
            added_by=self.user,
        )
        if planned is not None:
            FundPlan.objects.create(
                fund_line=line, valid_from=f"{self.programme.year}-01-01", amount=yuan(planned), set_by=self.user
            )
        for stage, value in (("received", received), ("disbursed", disbursed), ("spent", spent)):
            if value is not None:
                FundFigure.objects.create(
                    period=self.period,
                    fund_line=line,
                    stage=stage,
                    report=self.reports[unit],
                    value=yuan(value),
                    updated_by=self.user,
                )
        return line

    def rows(self, by="unit", **options):
        """Return the statement's rows."""
        return fund_rates(programme=self.programme, period=self.period, by=by, **options)

    def rates(self, measure, by="unit", **options):
        """Return unit name (or "" for the total) → printed rate."""
        names = {unit.pk: name for name, unit in self.units.items()}
        return {
            names.get(row.get("participant_id"), ""): None if row["rate"] is None else str(row["rate"])
            for row in self.rows(by, **options)
            if row["measure"] == measure
        }

    def total(self, measure, **options):
        """Return the pooled row of project money."""
        [row] = [row for row in self.rows("total", **options) if row["measure"] == measure and row["kind"] == "project"]
        return row
