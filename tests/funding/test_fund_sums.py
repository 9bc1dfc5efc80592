"""R20 over the money of one kind for a sub-project of a unit: its sources are judged together, and told of once."""

from decimal import Decimal

import pytest

from funding.models import FundFlag
from funding.services.fund_figures import FundEntry, record_fund_figures
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

WAN = 10_000


@world
def report(period, participants, clerk):
    """太和县's draft of August: 8/12 = 66.67 % of the year."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def make_line(programme, participants, indicators):
    """Add money of a source for 太和县's roads; the plan in 万元, or none."""

    def make(source, planned, kind="project"):
        line = rows.fund_line(
            programme=programme,
            participant=participants["341222"],
            sub_project=indicators["里程"].sub_project,
            source=source,
            kind=kind,
        )
        if planned is not None:
            rows.fund_plan(line, amount=Decimal(planned) * WAN)
        return line

    return make


@pytest.fixture
def own(make_line):
    """100 万元 of the county's own."""
    return make_line("county", 100)


@pytest.fixture
def upper(own, make_line):
    """300 万元 of the city's, the second line."""
    return make_line("city", 300)


@pytest.fixture
def pay(report, clerk):
    """Store a stage of lines, in 万元."""

    def run(amounts, stage="disbursed"):
        entries = [FundEntry(line.pk, stage, Decimal(str(value)) * WAN) for line, value in amounts.items()]
        return record_fund_figures(report=report, entries=entries, by=clerk, origin="form")

    return run


@pytest.fixture
def works(report, indicators, clerk):
    """Report the roads: 里程 of 100, 合格率 of 90."""

    def run(length, rate):
        values = {"里程": length, "合格率": rate}
        entries = [
            FigureEntry(report.participant_id, indicators[name].pk, "reported", Decimal(str(value)))
            for name, value in values.items()
        ]
        return record_figures(report=report, entries=entries, by=clerk, origin="form")

    return run


def flags(code):
    """Return where the question stands and what it says: line id → first line of the remark."""
    found = FundFlag.objects.filter(code=code).select_related("fund_figure")
    return {flag.fund_figure.fund_line_id: flag.explanation.split("\n")[0] for flag in found}


def test_r20_a_source_that_is_late_is_made_good_by_one_that_is_early(pay, own, upper):
    # County 40 of 100 = 40 %, city 260 of 300 = 86.67 %; together 300 of 400 = 75 % ≥ 66.67 %.
    pay({own: 40, upper: 260})

    assert flags("paid_behind_time") == {}


def test_r20_sources_that_are_late_together_are_told_of_once(pay, own, upper):
    # 40 + 226 = 266 of 400 = 66.50 % < 66.67 %.
    pay({own: 40, upper: 226})

    assert flags("paid_behind_time") == {
        own.pk: "资金拨付进度低于序时进度：各来源合计，拨付占计划 66.50%，时序 66.67%。"
    }


def test_r20_a_later_line_moves_what_is_said_at_the_first(pay, own, upper):
    pay({own: 40, upper: 260})

    # 40 + 200 = 240 of 400 = 60 %.
    late = pay({upper: 200})
    # 40 + 270 = 310 of 400 = 77.5 %.
    early = pay({upper: 270})

    assert (own.pk, "disbursed") in late.related
    assert (own.pk, "disbursed") in early.related
    assert flags("paid_behind_time") == {}


def test_r05_half_a_sum_is_not_held_against_the_whole_plan(pay, own, upper):
    pay({own: 10})

    assert flags("paid_behind_time") == {}


def test_r05_a_sum_told_in_one_line_covers_the_planned_sources(pay, own, upper, make_line):
    total = make_line("total", None)

    # 200 of 400 = 50 %, told without its sources.
    pay({total: 200})

    assert flags("paid_behind_time") == {
        total.pk: "资金拨付进度低于序时进度：各来源合计，拨付占计划 50.00%，时序 66.67%。"
    }


def test_r20_kinds_of_money_are_judged_apart(pay, own, make_line):
    kept = make_line("county", 300, kind="maintenance")

    # Together they would be 100 of 400; apart one is fully paid and the other not at all.
    pay({own: 100, kept: 0})

    assert flags("paid_behind_time") == {kept.pk: "资金拨付进度低于序时进度：拨付占计划 0.00%，时序 66.67%。"}


def test_r20_finished_works_are_held_against_what_all_sources_paid(pay, works, own, upper):
    works(100, 90)

    # 15 + 65 = 80 of 400 = 20.00 %: no more than 20 %.
    pay({own: 15, upper: 65})
    at_the_edge = flags("done_unpaid")
    # 15 + 66 = 81 of 400 = 20.25 %, though the county's own stands at 15 %.
    pay({upper: 66})

    assert at_the_edge == {own.pk: "任务已经全部完成，各来源合计，计划 400.00 万元 只拨付了 80.00 万元（20.00%）。"}
    assert flags("done_unpaid") == {}


def test_r20_spending_of_all_sources_is_held_against_the_works(pay, works, own, upper):
    # 里程 50 of 100 = 50 %, 合格率 90 of 90 = 100 %: the works stand at the lower.
    works(50, 90)

    # 200 of 400 = 50 %, as far as the works.
    pay({own: 10, upper: 190}, "spent")
    even = flags("spent_behind_works")
    # 199 of 400 = 49.75 %.
    pay({upper: 189}, "spent")

    assert even == {}
    assert flags("spent_behind_works") == {
        own.pk: "支出进度低于建设进度：各来源合计，支出占计划 49.75%，建设完成 50.00%。"
    }


def test_r20_works_that_move_on_move_the_question(pay, works, own, upper):
    pay({own: 10, upper: 190}, "spent")

    # 里程 51 of 100 = 51 % > 50 %.
    outcome = works(51, 90)

    assert outcome.elsewhere == {"funds": [(own.pk, "spent")]}
    assert own.pk in flags("spent_behind_works")
