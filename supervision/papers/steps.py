"""The steps of a paper as its page shows them: 封账, 核对, 起草, 核稿, 签发, 印发."""

from django.db.models import Count, Q

from livelihood.formats import format_day
from livelihood.models import Job
from supervision.models import Check, CheckLine, Document, RenderedFile
from supervision.services.papers.rendering import RENDER_JOB, formats_of, job_key

LABELS = {RenderedFile.Format.DOCX: ".docx", RenderedFile.Format.PDF: ".pdf", RenderedFile.Format.XLSX: "附件 .xlsx"}


def steps_of(document: Document) -> list[dict]:
    """Return the steps in order, each with its word and day; the first not done is current. Three queries."""
    steps = _month_steps(document) if document.kind in Document.OF_PERIOD else []
    reviewed, issued = document.reviewed_at, document.state in (Document.State.ISSUED, Document.State.VOID)
    writer = document.edited_by or document.drafted_by
    steps += [
        _step(
            "起草",
            f"{writer} 第{document.version}稿",
            document.edited_at or document.drafted_at,
            is_done=bool(reviewed),
        ),
        _step("核稿", str(document.reviewed_by or ""), reviewed, is_done=bool(reviewed or issued)),
        _step("签发", document.signer or str(document.issued_by or ""), document.issued_on, is_done=issued),
        _sent_step(document),
    ]
    if issued:
        for step in steps[:-1]:
            step["is_done"] = True
    current = next((step for step in steps if not step["is_done"]), None)
    if current and document.state != Document.State.VOID:
        current["is_current"] = True
    for nth, step in enumerate(steps, start=1):
        step["nth"] = nth
    return steps


def _step(label: str, word: str, day=None, *, is_done: bool, tone: str = "") -> dict:
    return {"label": label, "word": word, "day": day, "is_done": is_done, "tone": tone}


def _month_steps(document: Document) -> list[dict]:
    """封账, and what units and agencies answered about their lines."""
    period = document.period
    frozen = f"快照第{document.snapshot.version}版" if document.snapshot else ""
    closed = _step("封账", frozen, period.closed_at, is_done=period.state != "open")
    asked = Check.objects.filter(snapshot=document.snapshot_id).with_lines().filter(has_lines=True)
    checks = asked.aggregate(
        total=Count("pk"),
        agreed=Count("pk", filter=Q(state="agreed")),
        answered=Count("pk", filter=~Q(state="waiting")),
    )
    still_open = CheckLine.objects.filter(check_of__snapshot=document.snapshot_id, state="open").count()
    if not checks["total"]:
        return [closed, _step("核对", "没有送核对", is_done=True)]
    silent = checks["total"] - checks["answered"]
    word = f"无异议 {checks['agreed']}/{checks['total']}"
    word += (f"，异议 {still_open}" if still_open else "") + (f"，未答 {silent}" if silent else "")
    is_done = checks["answered"] == checks["total"] and not still_open
    tone = "amber" if document.is_in_hand and not is_done else ""
    return [closed, _step("核对", word, is_done=is_done, tone=tone)]


def _sent_step(document: Document) -> dict:
    """印发: to how many it went, and how many signed."""
    if document.state not in (Document.State.ISSUED, Document.State.VOID):
        return _step("印发", "", is_done=False)
    receipts = document.receipts.aggregate(
        total=Count("pk"),
        asked=Count("pk", filter=Q(way="account")),
        signed=Count("pk", filter=Q(way="account", received_at__isnull=False)),
    )
    if not receipts["total"]:
        return _step("印发", "还没有发送", document.issued_at, is_done=False)
    word = f"签收 {receipts['signed']}/{receipts['asked']}" if receipts["asked"] else f"送 {receipts['total']} 家"
    return _step("印发", word, document.issued_at, is_done=receipts["signed"] == receipts["asked"])


def files_of(document: Document) -> list[dict]:
    """Return the paper's files of its present version: made, being made, failed and why, or none. Two queries."""
    formats = formats_of(document)
    made = {row.format: row for row in document.rendered_files.filter(version=document.version)}
    keys = {job_key(document, file_format): file_format for file_format in formats}
    jobs = {keys[job.key]: job for job in Job.objects.filter(kind=RENDER_JOB, key__in=keys)}
    rows = []
    for file_format in formats:
        job = jobs.get(file_format)
        rows.append(
            {
                "format": str(file_format),
                "label": LABELS[file_format],
                "is_made": file_format in made,
                "is_coming": bool(job and job.state in (Job.State.QUEUED, Job.State.RUNNING)),
                "error": job.error if job and job.state == Job.State.FAILED else "",
            }
        )
    return rows


def drafted_words(document: Document) -> str:
    """Return who drafted and when, with the last change where there is one."""
    drafted = f"{document.drafted_by}，{format_day(document.drafted_at)}"
    return drafted if not document.edited_by else f"{drafted}；{document.edited_by}改，{format_day(document.edited_at)}"
