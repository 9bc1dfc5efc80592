"""Where a rate of money leads when it is asked “why”: links beside the rates of a table, where they are answered."""

from funding.labels import MEASURES
from livelihood.access import access_of
from livelihood.models import User
from livelihood.registry import why_links
from projects.models import Participant, ReportingPeriod
from projects.querysets import own_unit


def link_rates(
    tables: list[dict], period: ReportingPeriod | None, user: User, *, by: str, sees_all: bool, seq: int | None = None
) -> None:
    """Put the address of its answer, `why`, into each rate of the tables (funding/overview_page.py). Two queries.

    A rate is answered for whole units: to who sees all money, and to a unit's own people. `by`: what the rows stand
    for; `seq`: the project the tables are of.
    """
    links = why_links(period) if period and tables else None
    if links is None:
        return
    units = {row.pk: row for row in Participant.objects.filter(programme=period.programme_id)}
    own = set(units) if sees_all else _own(units, user)
    whole = next((row for row in units.values() if row.kind == Participant.Kind.WHOLE), None)
    # What all rows together are of.
    subject = whole if sees_all else units[next(iter(own))] if len(own) == 1 else None
    for table in tables:
        for row in table["rows"]:
            unit = units.get(row["key"]) if by == "unit" else subject if by == "project" else None
            _link(row, unit if unit and unit.pk in own else None, links, table["kind"], row.get("seq") or seq)
        _link(table["total"], subject, links, table["kind"], seq)


def _own(units: dict[int, Participant], user: User) -> set[int]:
    found = Participant.objects.filter(pk__in=units).filter(own_unit(access_of(user)))
    return set(found.values_list("pk", flat=True))


def _link(row: dict, unit: Participant | None, links, kind: str, seq: int | None) -> None:
    if unit is not None:
        for measure, rate in zip(MEASURES, row["rates"], strict=True):
            rate["why"] = links.fund(unit.code, f"{kind}-{measure}", seq)
