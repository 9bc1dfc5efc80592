"""Snapshots written row by row, for rules that read nothing else."""

from decimal import Decimal

from supervision.models import OversightRule, Snapshot, SnapshotLine, SnapshotUnit
from supervision.oversight.kinds import cleaned_params
from tests import factories

NUMBERS = {"target", "rate", "benchmark", "gap_to_benchmark", "compared", "expected_rate", "gap_to_expected"}


def freeze(period, lines, *, places=None, version=1):
    """Freeze lines: (participant, indicator, {column: value}); `places`: {participant: (score, place)}."""
    snapshot = Snapshot.objects.create(
        period=period,
        version=version,
        decimals=2,
        elapsed_parts=period.ends_on.month,
        elapsed_whole=12,
        calc_version=1,
        sha256=factories.HASH,
        frozen_by=factories.UserFactory(),
        previous=Snapshot.objects.filter(period=period, version=version - 1).first(),
    )
    SnapshotLine.objects.bulk_create(
        _line(snapshot, participant, indicator, dict(columns)) for participant, indicator, columns in lines
    )
    SnapshotUnit.objects.bulk_create(
        SnapshotUnit(
            snapshot=snapshot, participant=participant, ranked=True, has_report=True, score=Decimal(score), place=place
        )
        for participant, (score, place) in (places or {}).items()
    )
    return snapshot


def _line(snapshot, participant, indicator, columns):
    columns = {
        name: Decimal(value) if name in NUMBERS and value is not None else value for name, value in columns.items()
    }
    if columns.get("benchmark") is not None:
        columns = {
            "benchmark_measure": "rate",
            "benchmark_decimals": 2,
            "compared": columns["rate"],
            "gap_to_benchmark": columns["rate"] - columns["benchmark"],
            "below_benchmark": columns["rate"] < columns["benchmark"],
        } | columns
    if columns.get("expected_rate") is not None:
        columns["gap_to_expected"] = columns["rate"] - columns["expected_rate"]
    whole = {
        "project_id": indicator.sub_project.project_id,
        "participant_kind": participant.kind,
        "participant_order": participant.order,
        "ranked": participant.ranked,
        "indicator_kind": "number",
        "direction": indicator.direction,
        "accumulation": indicator.accumulation,
        "additive": True,
        "assessed": True,
        "tolerance": "0.05",
        "value_decimals": indicator.decimals,
        "target_state": "assessed",
        "has_report": True,
        "approved": True,
        "has_plan": False,
        "shown_target": Decimal(100),
        "shown_value": columns.get("rate"),
        "status": "behind",
    }
    return SnapshotLine(snapshot=snapshot, participant=participant, indicator=indicator, **(whole | columns))


def rule(programme, kind, *, level="yellow", code="r1", escalates_after=0, **params):
    """Put a rule in force from the year's first day."""
    return OversightRule.objects.create(
        programme=programme,
        code=code,
        name=f"规则{code}",
        kind=kind,
        params=cleaned_params(kind, params),
        level=level,
        escalates_after=escalates_after,
        effective_from=f"{programme.year}-01-01",
        made_by=factories.UserFactory(),
    )
