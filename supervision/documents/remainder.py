"""What a chapter of many items leaves out: a table behind the text, and the sentence that says so."""

from supervision.documents.paper import Column, Paragraph, Part, Source, Table, linked
from supervision.documents.sections import Option

#: How many items a chapter names in the text. By default all.
MOST = Option("most", "正文最多列几项", "200", largest=200)

FINDINGS_TITLE = "督查发现的其他问题"
SUPERVISED_TITLE = "上月督办的其他事项"
LAST_TITLE = "居全省后几位的其他指标"


def remainder(count: int, word: str, title: str, page: str) -> list[Paragraph]:
    """另有12项问题，见附件“督查发现的其他问题”。 Nothing where nothing is left out; the count leads to `page`."""
    if not count:
        return []
    counted = Part(str(count), page, "rest", name="另有")
    return [Paragraph([linked(f"另有{count}{word}，见附件“{title}”。", [counted], code="rest")])]


def list_table(source: Source, title: str, label: str, rows: list[tuple[str, str]]) -> list[Table] | None:
    """A numbered list as an attachment. `rows`: sentence, and how the row behind it is named."""
    if not rows:
        return None
    return [
        Table(
            title=title,
            note=f"（{source.period.label}；正文未列的）",
            columns=[Column("序号", 14), Column(label, 142, "left")],
            rows=[[str(nth), text] for nth, (text, _) in enumerate(rows, start=1)],
            behind=[["", behind] for _, behind in rows],
            is_landscape=False,
        )
    ]
