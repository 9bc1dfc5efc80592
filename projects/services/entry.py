"""Writes of the entry page: a batch of cells under its key, last month's values confirmed.

Figures themselves are stored by `projects.services.figures` alone; here is what makes sending a batch twice safe.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import User
from livelihood.services import Refused
from projects import parts, rights
from projects.entry_reply import entry_reply
from projects.entry_request import Batch, parse_batch
from projects.models import Report, ReportingPeriod, SaveBatch
from projects.save_sql import ANSWERED, EARLIER
from projects.services.held import hold_report

#: How long an answered batch can still be asked for again.
KEPT = timedelta(days=7)


class OtherContent(Refused):
    """The batch's key was used before, for something else."""


def require_filler(report: Report, user: User) -> None:
    """Raise NotAllowed unless the user may fill something in the report."""
    if not rights.fill_scope(user, report):
        raise NotAllowed("这份月报不由您填报，什么都没有改动。")


@transaction.atomic
def save_body(*, pk: int, body: bytes, by: User, options: Mapping[str, str]) -> dict:
    """Store the batch a request holds in the report and return the reply, as `save_cells` does.

    `options`: what the person chose for the page, such as the unit amounts are typed in.

    Raises Report.DoesNotExist, NotAllowed before anything is said of the batch, Malformed and TooLarge.
    """
    report = hold_report(pk)
    report.options = options
    require_filler(report, by)
    return save_cells(report=report, batch=parse_batch(body), by=by)


def save_cells(*, report: Report, batch: Batch, by: User) -> dict:
    """Store a batch of cells and return the reply; the same batch again changes nothing and gets the same reply.

    Cells that are wrong or overtaken are named in the reply and the others stored; whatever concerns the report as
    a whole is refused (Refused, NotAllowed) and nothing stored. One audit event per part that changed. The caller's
    transaction holds the report (`hold_report`), so a doubled request waits for the first one's answer.
    """
    for sha256, saved_by, reply in EARLIER.rows(report=report.pk, key=batch.key):
        if (sha256, saved_by) != (batch.sha256, by.pk):
            raise OtherContent("这个批次号已经用过，内容不同，什么都没有保存。请刷新页面再填。")
        return json.loads(reply)
    known = report.period, report.participant, report.agency
    results = {
        part.code: part.save(report, batch.cells[part.code], by=by, origin="form")
        for part in parts.registered()
        if part.code in batch.cells
    }
    # Storing brings the report up to date and forgets what it hangs on; that has not changed under our lock.
    report.period, report.participant, report.agency = known
    reply = entry_reply(report, by, batch.cells, results)
    text = json.dumps(reply, ensure_ascii=False)
    ANSWERED.run(report=report.pk, key=batch.key, sha256=batch.sha256, reply=text, by=by.pk)
    return reply


@transaction.atomic
def carry_cells(*, report: Report, picked: list[str], by: User) -> dict[str, parts.SaveResult]:
    """沿用: confirm last month's values in the user's blank cells; return the results by part code.

    `picked`: "all", or "section-<code>" and keys of cells. What has a figure already is left alone.
    """
    require_filler(report, by)
    sections = [name.removeprefix("section-") for name in picked if name.startswith("section-")]
    results = {}
    for part in parts.registered():
        keys = {name for name in picked if part.key_pattern.fullmatch(name)}
        picks = [{"section": code} for code in sections] + ([{"keys": keys}] if keys else [])
        result = parts.SaveResult()
        for pick in [{}] if "all" in picked else picks:
            result.add(part.carry(report, by=by, **pick))
        results[part.code] = result
    return results


def carried_words(period: ReportingPeriod, results: dict[str, parts.SaveResult]) -> str:
    """Say how many cells were confirmed."""
    count = sum(len(result.saved) for result in results.values())
    before, now = period.previous_word, period.this_word
    return f"已沿用{before} {count} 格。" if count else f"没有可以沿用的空格：{before}没有数，或者{now}已经填了。"


def forget_batches() -> int:
    """Remove answered batches nobody will ask for again; return how many."""
    removed, _ = SaveBatch.objects.filter(saved_at__lt=timezone.now() - KEPT).delete()
    return removed
