"""The content of a bulletin: chapters and attachments of one snapshot, in printed order."""

from livelihood.formats import format_date
from supervision.documents import attachments, chapters
from supervision.documents.fund_chapter import fund_chapter, fund_tables
from supervision.documents.paper import Bulletin, Chapter, Paragraph, Sentence, Source, span
from supervision.documents.standing_text import DEMANDS, standing_text
from supervision.models import Document, Snapshot


def bulletin_content(snapshot: Snapshot, *, issuer: str, corrects: Document | None = None) -> Bulletin:
    """Write the bulletin of a snapshot, or with `corrects` the correction of one already issued."""
    source = Source.of(snapshot)
    programme = snapshot.period.programme
    words = standing_text(programme.owner.kind)
    return Bulletin(
        title=title_of(source, corrects=corrects),
        masthead=f"{issuer}文件",
        issuer=issuer,
        addressees=words.addressees,
        lead=Sentence(_lead(source, corrects)),
        chapters=[
            chapter
            for chapter in (
                chapters.overview(source),
                chapters.ranking(source),
                chapters.below_average(source),
                fund_chapter(source),
                chapters.submission(source),
                _demands(),
            )
            if chapter
        ],
        attachments=[
            *attachments.project_tables(source),
            *attachments.indicator_tables(source),
            *fund_tables(source),
            attachments.submission_table(source),
        ],
        sent_to=words.sent_to,
        distributed_to=words.distributed_to,
        is_demo=programme.is_demo,
        snapshot={"id": snapshot.pk, "version": snapshot.version, "sha256": snapshot.sha256},
    )


def title_of(source: Source, *, corrects: Document | None) -> str:
    """关于2020年1—8月份全市民生工程进展情况的通报."""
    title = f"关于{span(source.period)}{source.whole_name()}民生工程进展情况的通报"
    return f"{title}（更正）" if corrects else title


def issued_content(content: dict, *, number: str, issued_on) -> dict:
    """Return the content with its number and date."""
    return content | {"number": number, "issued_on": format_date(issued_on)}


def _lead(source: Source, corrects: Document | None) -> str:
    if corrects:
        return (
            f"《{corrects.title}》（{corrects.printed_number}）印发后，有关数据经核实有改动，"
            f"现将更正后的情况通报如下，有关数据以本件为准："
        )
    programme = source.period.programme
    count = programme.projects.count()
    months = span(source.period, with_year=False)
    return (
        f"为扎实推进{programme.year}年{count}项民生工程，确保按期完成年度目标任务，现将{months}实施进展情况通报如下："
    )


def _demands() -> Chapter:
    return Chapter("下一步要求", [Paragraph([Sentence(text)], label=label) for label, text in DEMANDS])
