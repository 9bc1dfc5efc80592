"""What of one snapshot's lines reads otherwise in the next one of the same period. Compares what is stored."""

from dataclasses import dataclass, field

from django.db import connection

from supervision.models import Snapshot

#: What is compared of a line: column → its word on the page.
FIGURE_COLUMNS = {
    "target_state": "任务",
    "shown_target": "目标",
    "shown_value": "完成数",
    "rate": "完成率",
    "benchmark": "全省平均",
    "gap_to_benchmark": "差距",
    "place": "位次",
    "below_benchmark": "是否低于全省",
}
FUND_COLUMNS = {
    "numerator": "金额",
    "divisor": "分母",
    "rate": "比率",
    "benchmark": "全省平均",
    "gap_to_benchmark": "差距",
    "place": "位次",
    "below_benchmark": "是否低于全省",
}
UNIT_COLUMNS = {"score": "综合得分", "place": "综合位次"}

FIGURE_KEY = ("participant_id", "indicator_id")
FUND_KEY = ("participant_id", "fund_kind", "measure", "denominator", "COALESCE(project_id, 0)")
UNIT_KEY = ("participant_id",)


@dataclass
class Changes:
    """Lines that differ between two snapshots: key → the words of what changed."""

    figures: dict[tuple, list[str]] = field(default_factory=dict)
    funds: dict[tuple, list[str]] = field(default_factory=dict)
    units: dict[tuple, list[str]] = field(default_factory=dict)


def changes_between(before: Snapshot, after: Snapshot) -> Changes:
    """Return what differs between two snapshots of one period, of all units. Three queries."""
    return Changes(
        figures=_changed("snapshot_line", FIGURE_KEY, FIGURE_COLUMNS, before, after),
        funds=_changed("snapshot_fund_rate", FUND_KEY, FUND_COLUMNS, before, after),
        units=_changed("snapshot_unit", UNIT_KEY, UNIT_COLUMNS, before, after),
    )


def _changed(table: str, key: tuple, columns: dict[str, str], before: Snapshot, after: Snapshot) -> dict:
    """Return key → words of the table's rows that differ; a row only one of them has differs in everything it holds."""
    names = [f"k{nth}" for nth in range(len(key))]
    keys = ", ".join(f"{sql} AS {name}" for sql, name in zip(key, names, strict=True))
    part = f"(SELECT {keys}, {', '.join(columns)} FROM {table} WHERE snapshot_id = %s)"
    tests = [f"a.{column} IS DISTINCT FROM b.{column}" for column in columns]
    statement = (
        f"SELECT {', '.join(names)}, {', '.join(tests)} "
        f"FROM {part} a FULL JOIN {part} b USING ({', '.join(names)}) WHERE {' OR '.join(tests)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [after.pk, before.pk])
        rows = cursor.fetchall()
    words = list(columns.values())
    return {
        tuple(row[: len(names)]): [word for word, moved in zip(words, row[len(names) :], strict=True) if moved]
        for row in rows
    }
