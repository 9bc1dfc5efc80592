"""Who sees which money: a county its own, a bureau its sub-projects', the city all; others' from issued months."""

import pytest

from funding.models import FundFigure, FundLine
from tests import factories
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

SEEN = {
    "clerk": {"太和县 农村道路", "太和县 困难救助"},
    "head": {"太和县 农村道路", "太和县 困难救助"},
    "other_clerk": {"界首市 农村道路"},
    "filler": {"太和县 农村道路"},
    "lead_officer": {"太和县 农村道路", "界首市 农村道路"},
    "city_officer": {"太和县 农村道路", "太和县 困难救助", "界首市 农村道路"},
    "leader": {"太和县 农村道路", "太和县 困难救助", "界首市 农村道路"},
    "inspector": {"太和县 农村道路", "太和县 困难救助", "界首市 农村道路"},
    "stranger": set(),
    "system_admin": set(),
    "security_admin": set(),
    "auditor": set(),
}


@world
def figures(programme, participants, indicators, period):
    """An amount of August on each of three lines: 太和县 two, 界首市 one."""
    reports = {
        code: factories.ReportFactory(period=period, participant=participants[code]) for code in ("341222", "341282")
    }
    for code, name in (("341222", "里程"), ("341222", "人数"), ("341282", "里程")):
        line = rows.fund_line(
            programme=programme, participant=participants[code], sub_project=indicators[name].sub_project
        )
        rows.fund_figure(line, report=reports[code])


def named(lines) -> set[str]:
    return {f"{line.participant} {line.sub_project}" for line in lines}


@pytest.mark.parametrize("role", SEEN)
def test_lines_and_figures_are_seen_in_scope_only(role, request, figures):
    person = request.getfixturevalue(role)

    lines = FundLine.objects.visible_to(person)
    amounts = FundFigure.objects.visible_to(person)

    assert named(lines) == SEEN[role]
    assert named(figure.fund_line for figure in amounts) == SEEN[role]


@pytest.mark.parametrize(("role", "seen"), [("other_clerk", 3), ("filler", 3), ("stranger", 0)])
def test_figures_of_an_issued_month_are_seen_by_all_who_take_part(role, seen, request, figures, period, city_officer):
    period.state, period.closed_at, period.closed_by = "issued", period.due_at, city_officer
    period.save()

    assert FundFigure.objects.visible_to(request.getfixturevalue(role)).count() == seen


def test_rows_name_themselves(figures):
    figure = FundFigure.objects.order_by("pk").first()

    assert str(figure) == "太和县 农村道路 县级 拨付"
    assert str(figure.revisions.get()) == "太和县 农村道路 县级 拨付 第1版"
