"""更正内容: what a 更正 puts right, line by line, against the paper it names."""

from django.db import connection

from supervision.documents.paper import Column, Paragraph, Part, Sentence, Source, Table, linked, paper_quotes
from supervision.documents.sections import Option
from supervision.documents.sentences import place_word, printed_value
from supervision.models import Snapshot

LARGEST = Option("largest", "正文最多列几项", "12", largest=60)
TABLE_TITLE = "更正前后对照表"

# The lines of both snapshots whose figure, target, rate or average differs; the whole's follow from those of the units.
CHANGED = """
SELECT l.indicator_id, l.participant_id,
       o.shown_value AS old_value, l.shown_value AS value, o.shown_target AS old_target, l.shown_target AS target,
       o.rate AS old_rate, l.rate AS rate, o.place AS old_place, l.place AS place,
       o.benchmark AS old_benchmark, l.benchmark AS benchmark,
       COALESCE(o.benchmark_decimals, 0) AS old_decimals, COALESCE(l.benchmark_decimals, 0) AS decimals,
       (o.shown_value IS DISTINCT FROM l.shown_value OR o.shown_target IS DISTINCT FROM l.shown_target
        OR o.rate IS DISTINCT FROM l.rate) AS is_figure,
       (o.benchmark IS DISTINCT FROM l.benchmark) AS is_average,
       l.participant_kind
FROM snapshot_line l
LEFT JOIN snapshot_line o
    ON o.snapshot_id = %(old)s AND o.participant_id = l.participant_id AND o.indicator_id = l.indicator_id
WHERE l.snapshot_id = %(new)s
  AND (o.id IS NULL OR (o.shown_value, o.shown_target, o.rate, o.benchmark)
       IS DISTINCT FROM (l.shown_value, l.shown_target, l.rate, l.benchmark))
ORDER BY l.participant_order, l.participant_id
"""

MOVED = """
SELECT u.participant_id, o.place AS old_place, u.place, o.score AS old_score, u.score
FROM snapshot_unit u
LEFT JOIN snapshot_unit o ON o.snapshot_id = %(old)s AND o.participant_id = u.participant_id
WHERE u.snapshot_id = %(new)s AND u.ranked AND o.place IS DISTINCT FROM u.place
"""


def changes(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """Say what changed against the paper that is corrected; None in a paper that corrects nothing."""
    if source.corrects is None or source.corrects.snapshot is None:
        return None
    rows = _lines(source)
    figures = [row for row in rows if row["is_figure"] and row["participant_kind"] != "whole"]
    averages = {row["indicator_id"]: row for row in rows if row["is_average"]}
    sentences = [_changed(source, row) for row in figures[: int(options[LARGEST.code])]]
    if len(figures) > len(sentences):
        sentences.append(Sentence(f"另有{len(figures) - len(sentences)}项，见附件“{TABLE_TITLE}”。", code="more"))
    sentences += [_average(source, row) for row in averages.values()]
    sentences += _moved(source)
    return [Paragraph(sentences or [Sentence("各单位数据没有改动，文字有更正。", code="none")])]


def changes_table(source: Source, options: dict[str, str]) -> list[Table] | None:
    """Every changed line with both figures, also the whole's."""
    if source.corrects is None or source.corrects.snapshot is None:
        return None
    rows = [row for row in _lines(source) if row["is_figure"]]
    if not rows:
        return None
    pairs = [("target", None), ("value", None), ("rate", source.standings.decimals), ("place", 0)]
    cells = []
    for row in rows:
        indicator = source.standings.indicators[row["indicator_id"]]
        numbers = (
            _number(row[f"{side}{column}"], indicator.decimals if decimals is None else decimals)
            for column, decimals in pairs
            for side in ("old_", "")
        )
        cells.append([source.name(row["participant_id"]), paper_quotes(indicator.name), *numbers])
    refs = [["", "", *("", source.behind(row)) * len(pairs)] for row in rows]
    return [
        Table(
            title=TABLE_TITLE,
            note=f"（{source.period.label}；原件：{source.corrects.printed_number}；—为没有）",
            columns=[
                Column("单位", 30, "left"),
                Column("指标", 51, "left"),
                *(
                    Column(f"{word}{side}", 18, "right")
                    for word in ("任务", "完成", "完成率%", "位次")
                    for side in ("（原）", "（更正）")
                ),
            ],
            rows=cells,
            behind=refs,
        )
    ]


def _rows(sql: str, source: Source) -> list[dict]:
    old: Snapshot = source.corrects.snapshot
    with connection.cursor() as cursor:
        cursor.execute(sql, {"old": old.pk, "new": source.snapshot.pk})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _lines(source: Source) -> list[dict]:
    """Return the changed lines in printed order: by indicator, then by unit."""
    order = {pk: at for at, pk in enumerate(source.indicators)}
    rows = [row for row in _rows(CHANGED, source) if row["indicator_id"] in order]
    return sorted(rows, key=lambda row: order[row["indicator_id"]])


def _changed(source: Source, row: dict) -> Sentence:
    """太和县里程完成数由60公里更正为65公里，完成率由60.00%更正为65.00%。"""
    indicator = source.standings.indicators[row["indicator_id"]]
    decimals, unit = source.standings.decimals, indicator.unit
    words, parts = [], []
    for word, column, places, sign in (
        ("任务", "target", indicator.decimals, unit),
        ("完成数", "value", indicator.decimals, unit),
        ("完成率", "rate", decimals, "%"),
    ):
        old, new = row[f"old_{column}"], row[column]
        if old == new:
            continue
        figure = "未报送" if new is None else f"{printed_value(new, places)}{sign}"
        words.append(f"{word}由{'未报送' if old is None else f'{printed_value(old, places)}{sign}'}更正为{figure}")
        parts.append(Part(figure, source.behind(row), column, name="更正为"))
    text = f"{source.name(row['participant_id'])}{paper_quotes(indicator.name)}{'，'.join(words)}。"
    code = f"line{row['indicator_id']}-{row['participant_id']}"
    return linked(text, parts, code=code, lines=source.ids([row]))


def _average(source: Source, row: dict) -> Sentence:
    """里程的全省平均由70.00更正为72.50。"""
    name = paper_quotes(source.standings.indicators[row["indicator_id"]].name)
    old, new = _number(row["old_benchmark"], row["old_decimals"]), _number(row["benchmark"], row["decimals"])
    text = f"{name}的全省平均由{'未公布' if old == '—' else old}更正为{'未公布' if new == '—' else new}。"
    figures = [] if new == "—" else [Part(new, f"average:{row['indicator_id']}", "benchmark", name="更正为")]
    return linked(text, figures, code=f"average{row['indicator_id']}")


def _moved(source: Source) -> list[Sentence]:
    """综合排名：太和县由第三名更正为第二名。"""
    if source.standings.scheme_id is None:
        return []
    order = list(source.standings.participants)
    rows = sorted(_rows(MOVED, source), key=lambda row: order.index(row["participant_id"]))
    words, parts = [], []
    for row in rows:
        old, new = ("没有位次" if place is None else place_word(place) for place in (row["old_place"], row["place"]))
        unit = source.standings.participants[row["participant_id"]]
        words.append(f"{unit.printed_name}由{old}更正为{new}")
        parts.append(Part(new, f"overall:{unit.code}", "place", name="更正为"))
    return [linked(f"综合排名：{'；'.join(words)}。", parts, code="places")] if words else []


def _number(value, decimals: int) -> str:
    return "—" if value is None else printed_value(value, decimals)
