"""Files of a paper: made after the issue, by jobs, one per version and format; each is written once.

The bytes depend on the content and the office's settings alone. A rendering cut short is made again in the same place;
one that cannot be made leaves the paper as it is and says why.
"""

import contextlib
import errno

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from livelihood.jobs import JobPostponed, enqueue
from livelihood.models import Job, User
from livelihood.services import Refused
from supervision.documents.docx import docx_bytes
from supervision.models import Document, PaperStyle, RenderedFile

RENDER_JOB = "render_document"
Format = RenderedFile.Format
DOCX = Format.DOCX
#: So many papers are converted in one run of the office program; fewer of those nobody waits for.
BATCH, BATCH_BEHIND = 12, 4


def formats_of(document: Document) -> list[str]:
    """Return the formats the paper is made in: no workbook where it has no tables; none for what was made elsewhere."""
    if not document.content:
        return []
    tables = document.content.get("attachments")
    return [Format.DOCX, Format.PDF, *([Format.XLSX] if tables else [])]


@transaction.atomic
def request_rendering(
    *, document: Document, by: User, formats: list[str] | None = None, is_standard: bool = False
) -> Job | None:
    """Queue the making of the paper's files in its present version; return the job of the first.

    `is_standard`: without the office's own template, after one that could not be filled.
    """
    jobs = [
        enqueue(
            kind=RENDER_JOB,
            key=job_key(document, file_format),
            payload={
                "document": document.pk,
                "version": document.version,
                "format": str(file_format),
                "standard": is_standard,
            },
            by=by,
        )
        for file_format in formats or formats_of(document)
    ]
    return jobs[0] if jobs else None


def job_key(document: Document, file_format: str) -> str:
    """Name the one piece of work that makes this file."""
    return f"{document.pk}:{document.version}:{file_format}"


def run_render_job(job: Job) -> dict:
    """Carry out a rendering. A draft that moved on meanwhile has a job of its own for what it is now.

    A .pdf waits as a job, not with its worker, while another worker uses the office program.
    """
    document = Document.objects.select_related("series").get(pk=job.payload["document"])
    file_format = job.payload.get("format", DOCX)
    version = job.payload.get("version", document.version)
    found = document.rendered_files.filter(version=version, format=file_format).first()
    if found is None and version != document.version:
        return {"document": document.pk, "version": version, "superseded": True}
    is_standard = bool(job.payload.get("standard"))
    if found is None and file_format == Format.PDF:
        from supervision.documents.pdf import office_is_busy

        if office_is_busy():
            raise JobPostponed
        if not is_standard:
            _render_batch(document, is_behind=bool(job.payload.get("behind")))
    rendered = found or render_document(document, file_format, is_standard=is_standard)
    return {"document": document.pk, "version": rendered.version, "format": str(file_format), "file": rendered.pk}


def render_document(document: Document, file_format: str = DOCX, *, is_standard: bool = False) -> RenderedFile:
    """Return the paper's file in its present version, made now if there is none yet or it has gone missing.

    Raises Refused with a sentence where it cannot be made; nothing half made is left.
    """
    found = _rendered(document, file_format)
    if found and found.file.storage.exists(found.file.name):
        return found
    if file_format == Format.XLSX:
        from supervision.documents.workbook import workbook_bytes

        return _keep(document, file_format, workbook_bytes(document.content))
    if file_format == Format.PDF:
        from supervision.documents.pdf import pdf_files

        return _keep(document, file_format, pdf_files([_docx_of(document, is_standard=is_standard)])[0])
    return _keep(document, file_format, _made_docx(document, is_standard=is_standard))


def present_file(document: Document, file_format: str) -> RenderedFile | None:
    """Return the file of the present version to be sent, None before it was made; one gone missing is made again."""
    found = RenderedFile.objects.filter(document=document, version=document.version, format=file_format).exists()
    return render_document(document, file_format) if found else None


def style_of(document: Document) -> PaperStyle | None:
    """Return the settings of the office that issues the paper, None where it has none of its own."""
    return PaperStyle.objects.filter(agency=document.series.agency_id).first()


def _render_batch(document: Document, *, is_behind: bool) -> None:
    """Convert this paper and others that wait like it in one run; where that fails each is tried by itself."""
    from supervision.documents.pdf import pdf_files

    waiting = Job.objects.filter(kind=RENDER_JOB, state=Job.State.QUEUED, payload__format=str(Format.PDF)).exclude(
        payload__standard=True
    )
    alike = (waiting.filter if is_behind else waiting.exclude)(payload__has_key="behind")
    most = BATCH_BEHIND if is_behind else BATCH
    keys = [job.payload["document"] for job in alike.order_by("id")[: most - 1]]
    others = Document.objects.select_related("series").filter(pk__in=keys).exclude(pk=document.pk)
    papers = [paper for paper in [document, *others] if _rendered(paper, Format.PDF) is None]
    if len(papers) < 2:
        return
    with contextlib.suppress(Refused):
        made = pdf_files([_docx_of(paper) for paper in papers])
        for paper, data in zip(papers, made, strict=True):
            _keep(paper, Format.PDF, data)


def _rendered(document: Document, file_format: str) -> RenderedFile | None:
    return RenderedFile.objects.filter(document=document, version=document.version, format=file_format).first()


def _docx_of(document: Document, *, is_standard: bool = False) -> bytes:
    """Return the paper as .docx: the stored file, so that both formats are of one making and it is made once."""
    with render_document(document, DOCX, is_standard=is_standard).file.open("rb") as stored:
        return stored.read()


def _made_docx(document: Document, *, is_standard: bool) -> bytes:
    style = style_of(document)
    if style is None:
        return docx_bytes(document.content)
    if style.template and not is_standard:
        from supervision.documents.office_template import template_bytes

        with style.template.open("rb") as stored:
            return template_bytes(document.content, stored.read(), style.as_json())
    return docx_bytes(document.content, style.as_json())


def _keep(document: Document, file_format: str, data: bytes) -> RenderedFile:
    """Store the file and its row; a full disk is said, and what was written of it is taken away."""
    rendered = RenderedFile(
        document=document, version=document.version, format=file_format, content_sha256=document.sha256
    )
    name = f"{document.pk}-{document.version}-{document.sha256[:12]}.{file_format}"
    field = RenderedFile._meta.get_field("file")
    path = field.generate_filename(rendered, name)
    field.storage.delete(path)
    found = _rendered(document, file_format)
    try:
        rendered.file.name = field.storage.save(found.file.name if found else path, ContentFile(data))
    except OSError as error:
        with contextlib.suppress(OSError):
            field.storage.delete(path)
        raise Refused(_disk_words(error, file_format)) from error
    if found:
        # Its row stands, the file had gone missing.
        return found
    try:
        with transaction.atomic():
            rendered.save()
    except IntegrityError:
        # Somebody else rendered the same version meanwhile; the contents are equal.
        return RenderedFile.objects.get(document=document, version=document.version, format=file_format)
    return rendered


def _disk_words(error: OSError, file_format: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"磁盘满了，.{file_format} 没有生成；公文不受影响。请管理员清理磁盘后重新生成。"
    return f".{file_format} 写不进文件目录（{error.strerror or error}），公文不受影响。请告诉系统管理员后重新生成。"
