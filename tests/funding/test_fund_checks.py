"""R20 over amounts: each rule on its edge, and what becomes of its flags from save to save."""

from decimal import Decimal

import pytest

from funding import fund_checks
from funding.fund_checks import FundCell, Together, remarks
from funding.models import FundFigure, FundFlag
from funding.services.fund_figures import FundEntry, record_fund_figures
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.funding import rows
from tests.support.worlds import world

WAN = 10_000


def cell(stage="disbursed", value=50, **more):
    """Return a cell with amounts in 万元."""
    amounts = {"value": value} | more
    return FundCell(
        stage=stage,
        **{
            name: Decimal(str(amount)) * WAN
            if name in ("value", "planned", "last", "received", "disbursed") and amount is not None
            else amount
            for name, amount in amounts.items()
        },
    )


def money(**more):
    """Return the sums of a place with 100 of 10 000 万元 paid."""
    return Together(planned=Decimal(10_000) * WAN, disbursed=Decimal(100) * WAN, **more)


def codes(found):
    return [rule.code for rule, _ in remarks(found)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (cell(value=49, last=50, last_period="7月"), ["fund_falling"]),
        (cell(value=50, last=50, last_period="7月"), []),
        (cell(value=51, received=50), ["paid_over_received"]),
        (cell(value=50, received=50), []),
        (cell(value=51, received=None), []),
        (cell("spent", 51, disbursed=50), ["spent_over_paid"]),
        (cell("spent", 50, disbursed=50), []),
        # 100 × 3 万元 = 300 万元: more than that is another unit.
        (cell("received", Decimal("300.0001"), planned=3), ["fund_unit_slip"]),
        (cell("received", 300, planned=3), []),
        # 50 → 500000: ×10 000; within one hundredth is still a slip, beyond it is not.
        (cell("received", 500_000, last=50), ["fund_unit_slip"]),
        (cell("received", 505_000, last=50), ["fund_unit_slip"]),
        (cell("received", 505_001, last=50), []),
        (cell("received", Decimal("0.005"), last=50, last_period="7月"), ["fund_falling", "fund_unit_slip"]),
        (cell(together=money(paid=Decimal("20.00"), is_done=True)), ["done_unpaid"]),
        (cell(together=money(paid=Decimal("20.01"), is_done=True)), []),
        (cell(together=money(paid=Decimal("20.00"), is_done=False)), []),
        (cell(together=money(paid=None, is_done=True)), []),
        (cell("received", together=money(paid=Decimal("20.00"), is_done=True)), []),
        (cell(together=money(paid=Decimal("66.66"), expected=Decimal("66.67"))), ["paid_behind_time"]),
        (cell(together=money(paid=Decimal("66.67"), expected=Decimal("66.67"))), []),
        (cell(together=money(paid=None, expected=Decimal("66.67"))), []),
        (cell("spent", 50, together=money(used=Decimal("50.00"), done=Decimal("50.01"))), ["spent_behind_works"]),
        (cell("spent", 50, together=money(used=Decimal("50.00"), done=Decimal("50.00"))), []),
        (cell("spent", 50, together=money(used=None, done=Decimal("50.00"))), []),
        (cell("spent", None, disbursed=50), []),
    ],
)
def test_r20_rule_speaks_on_its_side_of_the_edge_alone(found, expected):
    assert codes(found) == expected


def test_r20_every_rule_says_two_lines():
    shown = [
        cell(value=49, last=50, last_period="2020年1—7月", received=40, planned=100),
        cell("spent", 51, disbursed=50, together=money(used=Decimal("1.00"), done=Decimal("2.00"))),
        cell("received", 301, planned=3),
        cell(together=money(paid=Decimal("1.00"), expected=Decimal("66.67"), is_done=True)),
    ]

    said = {rule.code: text for one in shown for rule, text in remarks(one)}

    assert said.keys() == fund_checks.BY_CODE.keys()
    assert all(len(text.split("\n")) == 2 and text.endswith("。") for text in said.values())


@world
def report(db, period, participants, indicators, clerk):
    """太和县's draft of August."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@world
def line(programme, participants, indicators):
    """The county's money for 太和县's roads: 100 万元 planned."""
    made = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )
    rows.fund_plan(made, amount=Decimal(1_000_000))
    return made


@pytest.fixture
def save(report, line, clerk):
    """Store amounts in 万元 by stage; `reasons` by stage."""

    def run(reasons=None, **stages):
        return record_fund_figures(
            report=report,
            entries=[
                FundEntry(line.pk, stage, Decimal(str(value)) * WAN, reason=(reasons or {}).get(stage))
                for stage, value in stages.items()
            ],
            by=clerk,
            origin="form",
        )

    return run


def flags():
    return {(flag.fund_figure.stage, flag.code): flag.reason for flag in FundFlag.objects.select_related("fund_figure")}


def test_r20_a_change_of_one_stage_asks_the_others_anew(save, line):
    save(received=80, disbursed=70)
    assert ("disbursed", "paid_over_received") not in flags()

    outcome = save(received=60)

    assert ("disbursed", "paid_over_received") in flags()
    assert outcome.related == [(line.pk, "disbursed")]


def test_r20_a_flag_goes_with_what_was_odd(save):
    save(received=60, disbursed=70)

    save(disbursed=60)

    assert ("disbursed", "paid_over_received") not in flags()


def test_r20_a_reason_stays_while_the_remark_does(save):
    save(received=60, disbursed=70, reasons={"disbursed": "县财政垫付"})

    save(spent=1)
    kept = flags()["disbursed", "paid_over_received"]
    save(disbursed=75)

    assert kept == "县财政垫付"
    assert flags()["disbursed", "paid_over_received"] == ""


def test_r20_a_reason_alone_is_stored_and_told(save, line):
    save(received=60, disbursed=70)

    outcome = save(disbursed=70, reasons={"disbursed": "县财政垫付"})

    assert outcome.saved == []
    assert outcome.explained == [(line.pk, "disbursed")]
    assert flags()["disbursed", "paid_over_received"] == "县财政垫付"


def test_r20_last_months_reason_is_carried_while_the_amount_is_the_same(save, line):
    july = factories.PeriodFactory(programme=line.programme, month=7)
    earlier = factories.ReportFactory(period=july, participant=line.participant, state="draft", content_sha256="")
    for stage, value in (("received", 600_000), ("disbursed", 700_000)):
        figure = rows.fund_figure(line, report=earlier, stage=stage, value=Decimal(value))
    FundFlag.objects.create(
        fund_figure=figure,
        code="paid_over_received",
        explanation="拨付 70.00 万元，比到位 60.00 万元 多。\n"
        "提前垫付是鼓励的，请写明垫付的资金从哪里来；不是垫付的，请核对到位和拨付。",
        reason="县财政垫付",
    )

    save(received=60, disbursed=70)

    assert flags()["disbursed", "paid_over_received"] == "县财政垫付"


def test_r20_finished_works_with_hardly_anything_paid_are_asked_about(save, report, indicators, clerk):
    # The county's targets of the roads' sub-project are reached; 20 of 100 万元 are paid.
    wanted = [
        row
        for row in indicators.values()
        if row.sub_project_id == indicators["里程"].sub_project_id and row.kind == "number"
    ]
    entries = [
        FigureEntry(report.participant_id, row.pk, "reported", Decimal(99) if row.unit == "%" else Decimal(100_000))
        for row in wanted
    ]
    record_figures(report=report, entries=entries, by=clerk, origin="form", partial=True)

    save(received=20, disbursed=20)

    assert ("disbursed", "done_unpaid") in flags()


def test_r20_flags_of_a_batch_take_the_same_queries_however_many(save, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        save(received=60, disbursed=70, spent=80)

    assert FundFigure.objects.count() == 3
