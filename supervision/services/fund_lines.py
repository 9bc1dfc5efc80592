"""Writes of set lines: what a rate of money has to reach by a day. The city office's alone."""

import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.models import Programme
from supervision.models import FundSetLine
from supervision.services.benchmarks import benchmark_rates


@transaction.atomic
def set_fund_line(
    *, programme: Programme, code: str, due_on: datetime.date, threshold: Decimal, text: str, source: str, by: User
) -> FundSetLine:
    """Hold a rate of money (`code`: project-disbursed-planned) against `threshold` per cent from `due_on` on.

    A line of the same rate and day is replaced. Frozen months keep the one they were frozen with. Raises Refused for a
    rate the programme does not have, a day out of its year, and words or a percentage that do not fit.
    """
    require_city_office(by, programme.owner_id)
    if code not in benchmark_rates(programme):
        raise Refused(f"“{programme.name}”没有这个资金比率，请从列表里选。")
    if due_on.year != programme.year:
        raise Refused(f"到期日{due_on}不在{programme.year}年度。")
    fund_kind, measure, denominator = code.split("-")
    of_rate = {"programme": programme, "fund_kind": fund_kind, "measure": measure, "denominator": denominator}
    found = FundSetLine.objects.select_for_update().filter(**of_rate, due_on=due_on).first()
    before = _noted(found)
    line = found or FundSetLine(**of_rate, due_on=due_on)
    line.threshold, line.text, line.source, line.set_by = threshold, text.strip(), source.strip(), by
    try:
        line.full_clean()
    except ValidationError as error:
        raise Refused("；".join(error.messages)) from error
    line.set_at = Now()
    line.save()
    line.refresh_from_db()
    record_event(by=by, verb="set_fund_line", target=line, before=before, after=_noted(line))
    return line


@transaction.atomic
def remove_fund_line(*, line: FundSetLine, by: User) -> None:
    """Take a set line away; frozen months keep it."""
    require_city_office(by, line.programme.owner_id)
    record_event(by=by, verb="remove_fund_line", target=line, before=_noted(line), after={})
    line.delete()


def _noted(line: FundSetLine | None) -> dict:
    if line is None:
        return {}
    return {
        "rate": f"{line.fund_kind}-{line.measure}-{line.denominator}",
        "due_on": line.due_on.isoformat(),
        "threshold": str(line.threshold),
        "text": line.text,
        "source": line.source,
    }
