"""What tests of money in the standings share: averages, set lines, and rows by unit name."""

import datetime
from decimal import Decimal

from funding.models import FundFigure, FundLine, FundPlan
from projects.models import Benchmark, Participant
from supervision.fund_standings import FundRate, live_fund_standings
from supervision.models import FundSetLine, Snapshot, SnapshotFund, SnapshotFundRate
from tests import factories
from tests.funding.boards import FundBoard
from tests.funding.rows import fund_line


def average(board: FundBoard, code: str, printed: str) -> Benchmark:
    """Enter a provincial average of a rate with the decimals it was printed with."""
    return factories.BenchmarkFactory(
        period=board.period,
        indicator=None,
        fund_rate=code,
        value=Decimal(printed),
        decimals=max(0, -Decimal(printed).as_tuple().exponent),
    )


def set_line(board: FundBoard, code: str, due_on: str, threshold, text: str) -> FundSetLine:
    """Enter a set line."""
    fund_kind, measure, denominator = code.split("-")
    return fund_set_line(
        programme=board.programme,
        fund_kind=fund_kind,
        measure=measure,
        denominator=denominator,
        due_on=due_on,
        threshold=threshold,
        text=text,
    )


def rate_of(board: FundBoard, measure: str, fund_kind: str = "project") -> FundRate:
    """Return one live rate."""
    return live_fund_standings(board.period).rate(fund_kind, measure)


def by_unit(rate: FundRate, key: str) -> dict[str, object]:
    """Return one column of a rate's lines by unit name; the whole is 全市."""
    names = dict(Participant.objects.values_list("pk", "printed_name"))
    return {names[row["participant_id"]]: row[key] for row in rate.lines}


def planned_line(indicator, participant, by, planned, report=None, kind="project", **stages):
    """Plan money in 元 for an indicator's sub-project of a unit, and say what became of it."""
    line = FundLine.objects.create(
        programme=participant.programme,
        sub_project=indicator.sub_project,
        participant=participant,
        source="total",
        kind=kind,
        added_by=by,
    )
    if planned is not None:
        FundPlan.objects.create(fund_line=line, amount=planned, valid_from=datetime.date(2020, 1, 1), set_by=by)
    for stage, value in stages.items():
        FundFigure.objects.create(
            period=report.period, fund_line=line, stage=stage, report=report, value=value, updated_by=by
        )
    return line


# -- one valid row of each table, and how its constraints are broken -------------------------------


def fund_set_line(**values) -> FundSetLine:
    """Return 省定6月底70%."""
    return FundSetLine.objects.create(
        **{
            "programme": values.pop("programme", None) or factories.ProgrammeFactory(),
            "measure": "disbursed",
            "denominator": "planned",
            "due_on": "2020-06-30",
            "threshold": 70,
            "text": "省定6月底70%",
            "source": "省民生办通知",
            "set_by": factories.UserFactory(),
        }
        | values
    )


def snapshot() -> Snapshot:
    return Snapshot.objects.create(
        period=factories.PeriodFactory(),
        version=1,
        decimals=2,
        elapsed_parts=8,
        elapsed_whole=12,
        calc_version=1,
        sha256=factories.HASH,
        frozen_by=factories.UserFactory(),
    )


def snapshot_fund() -> SnapshotFund:
    line = fund_line()
    return SnapshotFund.objects.create(
        snapshot=snapshot(),
        fund_line=line,
        participant=line.participant,
        participant_order=1,
        project_id=line.sub_project.project_id,
        project_seq=1,
        sub_project_id=line.sub_project_id,
        source=line.source,
        kind=line.kind,
    )


def snapshot_fund_rate() -> SnapshotFundRate:
    return SnapshotFundRate.objects.create(
        snapshot=snapshot(),
        participant=factories.ParticipantFactory(),
        participant_kind="unit",
        participant_order=1,
        fund_kind="project",
        measure="disbursed",
        denominator="planned",
        tasks=0,
        missing=0,
        state="no_task",
    )


#: Table → a valid row of it.
VALID = {
    "fund_set_line": fund_set_line,
    "snapshot_fund": snapshot_fund,
    "snapshot_fund_rate": snapshot_fund_rate,
}

#: How each constraint that is neither a unique nor a list of values is broken.
BROKEN = {
    "component_fund_given": {"kind": "fund_rate"},
    "fund_set_rate_valid": {"measure": "received", "denominator": "disbursed"},
    "fund_set_text_given": {"source": ""},
    "fund_set_threshold_valid": {"threshold": 0},
}
