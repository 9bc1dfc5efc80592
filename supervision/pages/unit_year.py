"""The year of one unit: places by month, returns on time, late and returned, months opened again."""

from livelihood.formats import MISSING, format_number, format_place_change
from livelihood.models import User
from projects.discipline import Discipline
from projects.models import Participant, PeriodReopening, Programme, ReportingPeriod
from supervision.pages.charts import Series, line_chart
from supervision.pages.history import MonthPlaces, month_places
from supervision.pages.unit_page import UnitPage


def places_of_year(page: UnitPage, user: User, *, snapshot) -> dict:
    """Return the unit's overall places by month, as rows and as a chart (None for fewer than two of them)."""
    participant = page.participant
    months = month_places(page.period, user, snapshot=snapshot, worked_out=page.overall())
    rows = [_month(month, participant) for month in months]
    return {"rows": rows, "chart": _chart(rows, participant)}


def _month(month: MonthPlaces, participant: Participant) -> dict:
    unit = month.units.get(participant.pk)
    words = ""
    if not month.scope.everything:
        words = "印发后可见"
    elif unit is None:
        words = "不在这一期"
    elif not unit["has_report"]:
        words = "未报送"
    elif not unit["ranked"]:
        words = "不排名"
    return {
        "period": month.period,
        "label": f"{month.period.ends_on.month}月" if month.period.kind == "month" else month.period.label,
        "place": unit["place"] if unit else None,
        "of": month.placed,
        "score": unit["score"] if unit else None,
        "score_text": format_number(unit["score"], month.period.programme.decimals) if unit else MISSING,
        "change": format_place_change(unit["place_change"]) if unit else MISSING,
        "adjusted": bool(unit and unit["target_adjusted"]),
        "words": words,
        "basis": month.basis,
    }


def _chart(rows: list[dict], participant: Participant) -> dict | None:
    if sum(row["place"] is not None for row in rows) < 2:
        return None
    return line_chart(
        "places",
        [row["label"] for row in rows],
        [Series("综合位次", [row["place"] for row in rows])],
        sentence=f"{participant.printed_name}各月综合位次，第1名在最上面",
        unit="名",
        inverse=True,
    )


def discipline_of(programme: Programme, user: User, participant: Participant, period: ReportingPeriod) -> dict | None:
    """Return how the unit met its deadlines up to the period; None where that is not the user's to see.

    `by_agency`: the lead agencies report, so that a unit has no deadline of its own. Constant number of queries.
    """
    found = Discipline(programme, user, unit=participant.code, kind=period.kind, alone=True)
    if found.by_agency:
        return {"by_agency": True} if found.sees_all else None
    if found.unit is None or found.unit.reporter.pk != participant.pk:
        return None
    cells = [cell for cell in found.unit.cells if cell["period"].ends_on <= period.ends_on and cell["kind"] != "none"]
    kinds = [cell["kind"] for cell in cells]
    reopened = PeriodReopening.objects.filter(
        period__programme=programme,
        period__kind=period.kind,
        period__ends_on__lte=period.ends_on,
        participants=participant,
    )
    return {
        "cells": cells,
        "on_time": kinds.count("on_time") + kinds.count("in_grace"),
        "late": kinds.count("late"),
        "missing": kinds.count("missing"),
        "returned": sum(cell["returned"] for cell in cells),
        "reminded": sum(cell["reminded"] for cell in cells),
        "reopened": list(reopened.select_related("period").order_by("period__ends_on", "id")),
    }
