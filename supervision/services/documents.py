"""Writes of official papers: drafted from a snapshot, issued with a number, rendered from their content."""

import datetime

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.jobs import enqueue
from livelihood.models import Job, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Programme, ReportingPeriod
from projects.services.periods import mark_issued
from supervision.documents.content import bulletin_content, issued_content
from supervision.documents.docx import docx_bytes
from supervision.documents.paper import content_sha256, issuer_name
from supervision.documents.standing_text import SERIES_WORD
from supervision.models import Document, DocumentSeries, RenderedFile, Snapshot
from supervision.services.freezing import benchmarks_moved

RENDER_JOB = "render_document"
DOCX = RenderedFile.Format.DOCX
#: Numbers beyond this are typing errors, not papers.
LARGEST_NUMBER = 9999


@transaction.atomic
def draft_bulletin(*, snapshot: Snapshot, by: User) -> Document:
    """Draft the 通报 of a snapshot, or the 更正 where the period's has been issued already.

    A draft of the period that is still there is written anew on this snapshot: never two drafts of one kind.
    The caller holds the period's lock. The .docx is made by a job afterwards.
    """
    period = snapshot.period
    issued = Document.objects.filter(period=period, state=Document.State.ISSUED).order_by("-issued_at").first()
    kind = Document.Kind.CORRECTION if issued else Document.Kind.BULLETIN
    series = series_of(period.programme, year=_likely_year(period.programme))
    content = bulletin_content(snapshot, issuer=issuer_name(series), corrects=issued).as_json()
    draft = Document.objects.select_for_update().filter(period=period, kind=kind, state=Document.State.DRAFT).first()
    document = draft or Document(period=period, kind=kind, version=0, drafted_by=by)
    document.series = series
    document.snapshot = snapshot
    document.corrects = issued
    document.title = content["title"]
    document.content = content
    document.sha256 = content_sha256(content)
    document.version += 1
    document.save()
    record_event(
        by=by,
        verb="draft_document",
        target=document,
        after={"snapshot": snapshot.pk, "version": document.version, "sha256": document.sha256},
    )
    request_rendering(document=document, by=by)
    return document


@transaction.atomic
def issue_document(
    *,
    document: Document,
    by: User,
    issued_on: datetime.date,
    number: int | None = None,
    version: int | None = None,
) -> Document:
    """Issue the draft: give it the next number of its series, or `number` after papers made elsewhere.

    Number, date and the period's state change together or not at all; from then on nothing changes (R18).
    `version` is the draft the person saw. Raises Refused, InvalidTransition or NotAllowed.
    """
    require_city_office(by, document.period.programme.owner_id)
    period = ReportingPeriod.objects.select_for_update().get(pk=document.period_id)
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("series__agency__region", "snapshot", "period__programme")
        .get(pk=document.pk)
    )
    if document.state != Document.State.DRAFT:
        raise InvalidTransition(f"这份公文已经印发，文号是{document.printed_number}。")
    if version is not None and document.version != version:
        raise InvalidTransition("这份公文在您打开页面之后重新拟过稿，没有印发。请看过现在的稿子再办。")
    if reasons := issue_blockers(document, issued_on=issued_on):
        raise Refused("；".join(reasons) + "。")
    series = _series_for_update(document.series, year=issued_on.year)
    document.number = _take_number(series, number)
    document.series = series
    document.state = Document.State.ISSUED
    document.version += 1
    document.issued_on = issued_on
    document.issued_at = timezone.now()
    document.issued_by = by
    document.content = issued_content(document.content, number=document.printed_number, issued_on=issued_on)
    document.sha256 = content_sha256(document.content)
    document.save()
    mark_issued(period=period, by=by)
    record_event(
        by=by,
        verb="issue_document",
        target=document,
        before={"state": Document.State.DRAFT.value},
        after={"state": document.state.value, "number": document.printed_number, "sha256": document.sha256},
    )
    request_rendering(document=document, by=by)
    return document


def issue_blockers(document: Document, *, issued_on: datetime.date | None = None) -> list[str]:
    """Return what still stands between a draft and its number, as Chinese clauses without a full stop."""
    period = document.period
    reasons = []
    if not document.title.strip():
        reasons.append("公文没有标题")
    if period.state == ReportingPeriod.State.OPEN:
        reasons.append(f"{period.label}还没有封账")
    if period.reopenings.filter(ended_at__isnull=True).exists():
        reasons.append(f"{period.label}正在重新开放，请先再次封账")
    if document.snapshot is None or document.snapshot != Snapshot.objects.latest_of(period):
        reasons.append("这份公文依据的快照已经不是最新的，请按最新快照重新拟稿")
    elif period.state == ReportingPeriod.State.CLOSED and benchmarks_moved(document.snapshot):
        reasons.append("封账之后全省平均有变动，请先按新的全省平均重新生成快照")
    if issued_on is not None and issued_on <= period.ends_on:
        reasons.append(f"成文日期应在{format_date(period.ends_on)}之后")
    return reasons


@transaction.atomic
def request_rendering(*, document: Document, by: User) -> Job:
    """Queue the making of the document's .docx in its present version."""
    return enqueue(
        kind=RENDER_JOB, key=f"{document.pk}:{document.version}:{DOCX}", payload={"document": document.pk}, by=by
    )


def render_document(document: Document, file_format: str = DOCX) -> RenderedFile:
    """Return the document's file in its present version, made now if there is none yet. Writes it once.

    The bytes depend on the content alone; a rendering cut short is simply made again in the same place.
    """
    found = RenderedFile.objects.filter(document=document, version=document.version, format=file_format).first()
    if found:
        return found
    rendered = RenderedFile(
        document=document, version=document.version, format=file_format, content_sha256=document.sha256
    )
    name = f"{document.pk}-{document.version}-{document.sha256[:12]}.{file_format}"
    field = RenderedFile._meta.get_field("file")
    path = field.generate_filename(rendered, name)
    field.storage.delete(path)
    rendered.file.name = field.storage.save(path, ContentFile(docx_bytes(document.content)))
    try:
        with transaction.atomic():
            rendered.save()
    except IntegrityError:
        # Somebody else rendered the same version meanwhile; the contents are equal.
        return RenderedFile.objects.get(document=document, version=document.version, format=file_format)
    return rendered


def run_render_job(job: Job) -> dict:
    """Carry out a rendering; the version that is then current is rendered."""
    document = Document.objects.get(pk=job.payload["document"])
    rendered = render_document(document)
    return {"document": document.pk, "version": rendered.version, "file": rendered.pk}


def series_of(programme: Programme, *, year: int) -> DocumentSeries:
    """Return the series the programme's office numbers its papers in; made on first use."""
    known = DocumentSeries.objects.filter(agency__region=programme.owner).select_related("agency__region")
    latest = known.order_by("-year", "id").first()
    series, _ = DocumentSeries.objects.select_related("agency__region").get_or_create(
        agency=latest.agency if latest else programme.office,
        word=latest.word if latest else SERIES_WORD,
        year=year,
    )
    return series


def _likely_year(programme: Programme) -> int:
    """Guess the year of the number before there is a date: this year's, or the programme's own for an old one.

    The demo's year is its own, whenever it is looked at.
    """
    today = timezone.localdate()
    if programme.is_demo:
        return programme.year
    return today.year if programme.year <= today.year <= programme.year + 1 else programme.year


def _series_for_update(series: DocumentSeries, *, year: int) -> DocumentSeries:
    """Lock the series of that year: the number's year is that of the date on the paper."""
    same, _ = DocumentSeries.objects.get_or_create(agency=series.agency, word=series.word, year=year)
    return DocumentSeries.objects.select_for_update(of=("self",)).select_related("agency__region").get(pk=same.pk)


def _take_number(series: DocumentSeries, number: int | None) -> int:
    """Take the next number, or the one given if it lies ahead. The series is locked."""
    taken = series.last_number + 1 if number is None else number
    if taken <= series.last_number:
        raise Refused(f"{series}已用至{series.last_number}号，请填更大的号或留空由系统编号。")
    if taken > LARGEST_NUMBER:
        raise Refused(f"文号{taken}太大了，请核对。")
    series.last_number = taken
    series.save(update_fields=["last_number"])
    return taken
