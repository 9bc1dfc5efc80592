"""Recomputing what was frozen: snapshots from their own inputs, hashes, seals, revisions, approvals.

Every check returns Chinese sentences for what differs; none is what an untouched database gives. The
comparisons are made by the database, set by set.
"""

from collections.abc import Iterator

from django.db import connection, transaction

from livelihood.seals import verify_seals
from livelihood.verified import record_verification
from projects.models import Report, ReportApproval
from projects.progress import CALC_VERSION
from projects.services.reports import content_hash
from supervision.fund_standings import RATE_COLUMNS, RATES, fund_statement
from supervision.models import Snapshot
from supervision.scoring.scores import components
from supervision.services.freezing import COMPONENT_COLUMNS, snapshot_sha256
from supervision.services.papers.verification import differing_documents
from supervision.standings import LINES, OUTPUT_COLUMNS, UNIT_COLUMNS, UNITS, frozen_parameters, statement_for

#: Of a set of differing rows so many are named one by one.
NAMED = 20

LINE_KEY = ["participant_id", "indicator_id"]
#: What a line says beside its inputs; a change of those shows in the hash.
LINE_RESULTS = [*LINE_KEY, *OUTPUT_COLUMNS]

#: How a differing row is named beside its unit, the columns that takes, and what is joined for it.
_NAMES = {
    "snapshot_line": ("i.name", ["indicator_id"]),
    "snapshot_fund_rate": (
        "d.fund_kind || ' ' || d.measure || COALESCE(' 第' || d.project_seq || '项', '')",
        ["fund_kind", "measure", "project_seq"],
    ),
    "snapshot_component": ("d.code", ["code"]),
}
_JOINS = {"snapshot_line": "JOIN indicator i ON i.id = d.indicator_id"}

FIGURES_AGAINST_REVISIONS = """
SELECT f.id, p.printed_name, i.name
FROM figure f
JOIN participant p ON p.id = f.participant_id
JOIN indicator i ON i.id = f.indicator_id
LEFT JOIN figure_revision r ON r.figure_id = f.id AND r.version = f.version
WHERE r.id IS NULL
   OR (r.new_state, r.new_value, r.new_text, r.new_remark) IS DISTINCT FROM (f.state, f.value, f.text, f.remark)
   OR EXISTS (SELECT 1 FROM figure_revision later WHERE later.figure_id = f.id AND later.version > f.version)
ORDER BY f.id
"""

#: The same of money; its chain begins with the first revision and loses none.
FUNDS_AGAINST_REVISIONS = """
SELECT f.id, p.printed_name, j.name
FROM fund_figure f
JOIN fund_line l ON l.id = f.fund_line_id
JOIN participant p ON p.id = l.participant_id
JOIN sub_project s ON s.id = l.sub_project_id
JOIN project j ON j.id = s.project_id
LEFT JOIN fund_figure_revision r ON r.fund_figure_id = f.id AND r.version = f.version
WHERE r.id IS NULL
   OR (r.new_state, r.new_value, r.new_remark) IS DISTINCT FROM (f.state, f.value, f.remark)
   OR (SELECT COUNT(*) FROM fund_figure_revision o WHERE o.fund_figure_id = f.id) <> f.version
ORDER BY f.id
"""

#: A chain of revisions begins with the first and loses none.
BROKEN_CHAINS = """
SELECT r.figure_id, MAX(r.version)
FROM figure_revision r
GROUP BY r.figure_id
HAVING COUNT(*) <> MAX(r.version)
ORDER BY r.figure_id
"""


@transaction.atomic
def verify() -> dict[str, list[str]]:
    """Return what `verify_all` returns, and note the run with the snapshots that agreed."""
    snapshots = dict(_snapshots())
    found = _found(snapshots)
    record_verification(
        agreed=[pk for pk, differences in snapshots.items() if not differences],
        differing=[pk for pk, differences in snapshots.items() if differences],
        differences=sum(len(sentences) for sentences in found.values()),
    )
    return found


def verify_all() -> dict[str, list[str]]:
    """Return what differs, by check; every list empty means that all is as it was frozen, sealed and approved."""
    return _found(dict(_snapshots()))


def _found(snapshots: dict[int, list[str]]) -> dict[str, list[str]]:
    return {
        "snapshots": [sentence for differences in snapshots.values() for sentence in differences],
        "documents": list(differing_documents()),
        "seals": verify_seals(),
        "revisions": list(_revisions()),
        "approvals": list(_approvals()),
    }


def _snapshots() -> Iterator[tuple[int, list[str]]]:
    """Yield each snapshot's id with what differs in it."""
    for snapshot in Snapshot.objects.select_related("period__programme").order_by("id").iterator():
        yield snapshot.pk, list(_of_snapshot(snapshot))


def _of_snapshot(snapshot: Snapshot) -> Iterator[str]:
    name = f"{snapshot.period} 快照第{snapshot.version}版"
    if snapshot_sha256(snapshot) != snapshot.sha256:
        yield f"{name}：内容与校验值不符。"
    if snapshot.calc_version != CALC_VERSION:
        yield f"{name}：是按算法第{snapshot.calc_version}版冻结的，现在是第{CALC_VERSION}版，不能逐项复算。"
        return
    parameters = frozen_parameters(snapshot)
    shape = parameters["shape"]
    parts = statement_for(components(shape), parameters, frozen=True)
    for table, columns, rows, what in (
        ("snapshot_line", LINE_RESULTS, statement_for(LINES, parameters, frozen=True), "行"),
        ("snapshot_unit", UNIT_COLUMNS, statement_for(UNITS, parameters, frozen=True), "个单位"),
        ("snapshot_fund_rate", list(RATE_COLUMNS), fund_statement(RATES, frozen=True), "行资金比率"),
        *([("snapshot_component", COMPONENT_COLUMNS, parts, "个考核项")] if shape.is_kept else []),
    ):
        count, sample = _differences(snapshot, table, columns, rows, parameters)
        if count:
            yield f"{name}：按冻结的数据复算，{count}{what}的结果不同：{'；'.join(sample)}。"


def _differences(
    snapshot: Snapshot, table: str, columns: list[str], recomputed: str, parameters: dict
) -> tuple[int, list[str]]:
    """Return how many rows of a snapshot differ from the recomputed ones, and the first of them by name."""
    names = ", ".join(columns)
    what, named = _NAMES.get(table, ("''", []))
    query = f"""
        WITH computed AS ({recomputed}),
        stored AS (SELECT {names} FROM {table} WHERE snapshot_id = %(snapshot)s),
        differing AS (
            (SELECT {names} FROM computed EXCEPT SELECT {names} FROM stored)
            UNION
            (SELECT {names} FROM stored EXCEPT SELECT {names} FROM computed)
        ),
        rows_named AS (SELECT DISTINCT {", ".join(["participant_id", *named])} FROM differing)
        SELECT COUNT(*) OVER (), p.printed_name, {what}
        FROM rows_named d
        JOIN participant p ON p.id = d.participant_id
        {_JOINS.get(table, "")}
        ORDER BY 2, 3
        LIMIT {NAMED}"""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
    return (rows[0][0] if rows else 0), [f"{unit} {what}".strip() for _, unit, what in rows]


def _revisions() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES_AGAINST_REVISIONS)
        for pk, unit, indicator in cursor.fetchall():
            yield f"填报数{pk}（{unit} {indicator}）：与最后一次修订不一致。"
        cursor.execute(BROKEN_CHAINS)
        for pk, version in cursor.fetchall():
            yield f"填报数{pk}：修订记录不连续，最后一版是{version}。"
        cursor.execute(FUNDS_AGAINST_REVISIONS)
        for pk, unit, project in cursor.fetchall():
            yield f"资金月报数{pk}（{unit} {project}）：与修订记录不一致。"


def _approvals() -> Iterator[str]:
    """Approved reports of closed periods still say what was approved; one hash per report."""
    reports = (
        Report.objects.filter(state=Report.State.APPROVED, period__state__in=["closed", "issued"])
        .select_related("period__programme", "participant", "agency")
        .order_by("id")
    )
    for report in reports:
        last = ReportApproval.objects.filter(report=report, verdict="approved").order_by("-nth").first()
        if last is None:
            yield f"{report}的月报：已审核，但没有审核记录。"
        elif content_hash(report) != last.sha256:
            yield f"{report}的月报：内容与审核时不一致。"
