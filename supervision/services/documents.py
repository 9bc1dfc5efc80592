"""Writes of official papers under one name; each step has a module of its own in `services/papers`."""

from supervision.services.papers.drafting import draft_bulletin, draft_paper, redraft_bulletin, save_draft
from supervision.services.papers.issuing import issue_blockers, issue_document, void_document
from supervision.services.papers.kinds import add_kind, change_kind, restore_kind, switch_kind
from supervision.services.papers.receipts import (
    record_delivery,
    remind_receivers,
    send_document,
    sign_receipt,
    take_back_receipt,
)
from supervision.services.papers.rendering import (
    DOCX,
    RENDER_JOB,
    formats_of,
    job_key,
    present_file,
    render_document,
    request_rendering,
    run_render_job,
    style_of,
)
from supervision.services.papers.reviewing import is_alone, return_draft, review_document, writer_id
from supervision.services.papers.series import (
    correct_external,
    enter_external,
    gap_before,
    missing_numbers,
    series_of,
    set_first_number,
)
from supervision.services.papers.styles import set_paper_style, set_template

__all__ = [
    "DOCX",
    "RENDER_JOB",
    "add_kind",
    "change_kind",
    "correct_external",
    "draft_bulletin",
    "draft_paper",
    "enter_external",
    "formats_of",
    "gap_before",
    "is_alone",
    "issue_blockers",
    "issue_document",
    "job_key",
    "missing_numbers",
    "present_file",
    "record_delivery",
    "redraft_bulletin",
    "remind_receivers",
    "render_document",
    "request_rendering",
    "restore_kind",
    "return_draft",
    "review_document",
    "run_render_job",
    "save_draft",
    "send_document",
    "series_of",
    "set_first_number",
    "set_paper_style",
    "set_template",
    "sign_receipt",
    "style_of",
    "switch_kind",
    "take_back_receipt",
    "void_document",
    "writer_id",
]
