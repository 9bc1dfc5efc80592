"""What `verify` proves of every paper: content, snapshot, files, number, and why a void one is void."""

from collections import Counter
from collections.abc import Iterator

from supervision.documents.paper import content_sha256
from supervision.models import Document, DocumentSeries, RenderedFile

#: First bytes of each format: a .docx and an .xlsx are zips.
BEGINNINGS = {RenderedFile.Format.DOCX: b"PK", RenderedFile.Format.XLSX: b"PK", RenderedFile.Format.PDF: b"%PDF"}


def differing_documents() -> Iterator[str]:
    """Yield a sentence for each thing about a paper that is not as it was written down."""
    papers = Document.objects.select_related("series", "snapshot", "period").order_by("id")
    for document in papers.iterator(chunk_size=20):
        name = document.printed_number or f"公文{document.pk}（{document.get_state_display()}）"
        for difference in (*_of_content(document), *_of_number(document), *_of_files(document)):
            yield f"{name}：{difference}。"
    yield from _used_twice()


def _of_content(document: Document) -> Iterator[str]:
    if content_sha256(document.content) != document.sha256:
        yield "内容与校验值不符"
    if document.is_external:
        return
    stated = document.content.get("snapshot") or {}
    if document.snapshot and stated.get("sha256") != document.snapshot.sha256:
        yield "内容所依据的快照与记录的快照不同"
    if document.number and document.content.get("number") != document.printed_number:
        yield "内容里的文号与登记的文号不同"
    if document.content.get("title") != document.title:
        yield "内容里的标题与登记的标题不同"


def _of_number(document: Document) -> Iterator[str]:
    """The number lies in its series and year; a void paper says why, one with a number says when and by whom."""
    series = document.series
    if document.number is not None:
        if not series.first_number <= document.number <= series.last_number:
            yield f"文号不在序列{series}登记的{series.first_number}至{series.last_number}号之间"
        if document.issued_on is None or document.issued_on.year != series.year:
            yield f"成文日期不在序列{series}的年份里"
    if document.state == Document.State.VOID and not document.void_reason.strip():
        yield "已作废，没有写原因"
    if document.state == Document.State.ISSUED and (document.number is None or document.issued_at is None):
        yield "已印发，没有文号或印发时间"


def _of_files(document: Document) -> Iterator[str]:
    """Files of the present version are of this content and lie where they were put, whole."""
    for rendered in document.rendered_files.filter(version=document.version):
        label = rendered.get_format_display()
        if rendered.content_sha256 != document.sha256:
            yield f"成品文件（{label}）不是按现在的内容生成的"
        try:
            with rendered.file.open("rb") as stored:
                begins = stored.read(4)
        except OSError:
            yield f"成品文件（{label}）找不到了，请重新生成"
            continue
        if not begins.startswith(BEGINNINGS[rendered.format]):
            yield f"成品文件（{label}）损坏了"


def _used_twice() -> Iterator[str]:
    """The database refuses it; whoever went around the database did not ask."""
    numbers = Document.objects.filter(number__isnull=False).values_list("series", "number")
    names = {series.pk: str(series) for series in DocumentSeries.objects.all()}
    for (series, number), count in Counter(numbers).items():
        if count > 1:
            yield f"{names[series]}{number}号：用了{count}次。"
