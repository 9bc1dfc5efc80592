"""Writes of a plan taken over from last year: matched by names, and what could not be matched is listed."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction

from funding.models import FundLine, FundPlan
from funding.services.plans import PlanEntry, plan_errors, set_plans
from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import Refused
from projects.models import Programme, SubProject


@dataclass
class Copy:
    """What a copy would bring: entries, and for each line left behind the line and a sentence saying why."""

    entries: list[PlanEntry] = field(default_factory=list)
    left: list[tuple[FundLine, str]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """Return the sum of what would be taken over, in 元."""
        return sum((entry.amount for entry in self.entries), Decimal(0))


def plan_copy(*, source: Programme, target: Programme) -> Copy:
    """Match last year's lines with this year's items and units, storing nothing. Queries do not grow with lines.

    A project matches by its name, a sub-project by its name within it, a unit by its code, else its printed name.
    The plan taken over is the one in force on the last day of its year.
    """
    items = {
        (row.project.name, row.name): row
        for row in SubProject.objects.filter(project__programme=target).select_related("project")
    }
    units = {row.printed_name: row for row in target.participants.all()}
    units |= {row.code: row for row in target.participants.all()}
    amounts = dict(
        FundPlan.objects.in_force(date(source.year, 12, 31))
        .filter(fund_line__programme=source, amount__isnull=False)
        .values_list("fund_line_id", "amount")
    )
    copy, matched = Copy(), []
    for line in FundLine.objects.of_programme(source).filter(pk__in=amounts):
        item = items.get((line.sub_project.project.name, line.sub_project.name))
        unit = units.get(line.participant.code) or units.get(line.participant.printed_name)
        if item is None:
            copy.left.append((line, f"{target.year}年没有“{line.sub_project}”"))
        elif unit is None:
            copy.left.append((line, f"{target.year}年没有{line.participant}"))
        else:
            entry = PlanEntry(item, unit, line.source, line.kind, amounts[line.pk], line.label, line.note)
            matched.append((line, entry))
    errors = plan_errors(target, [entry for _, entry in matched])
    for nth, (line, entry) in enumerate(matched):
        if nth in errors:
            copy.left.append((line, errors[nth]))
        else:
            copy.entries.append(entry)
    return copy


@transaction.atomic
def copy_plans(*, source: Programme, target: Programme, by: User) -> Copy:
    """Take over last year's plans as this year's first ones; lines that do not match stay behind and are listed.

    Raises Refused when both are the same programme or nothing matches, NotAllowed unless `by` works in the office of
    both.
    """
    require_city_office(by, source.owner_id)
    require_city_office(by, target.owner_id)
    if source == target:
        raise Refused("不能从本年度复制到本年度，请选另一个年度。")
    copy = plan_copy(source=source, target=target)
    if not copy.entries:
        raise Refused(f"“{source.name}”没有可以复制到“{target.name}”的资金计划，什么都没有改动。")
    set_plans(programme=target, entries=copy.entries, by=by, document=f"沿用{source.name}资金筹集方案")
    return copy
