"""What a signature, an approval or a confirmation is bound to: the content of a report over all its parts.

A SHA-256 says whether the content is still what somebody vouched for; `changed_since` says which cells are not.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import datetime

from projects import parts
from projects.models import Report, ReportApproval


def content_hash(report: Report, *, sub_projects: Iterable[int] | None = None) -> str:
    """Return the SHA-256 over the content of all registered parts, in their order. A few queries per part.

    `sub_projects` (ids) limits it to those a bureau signs for or a lead agency confirms.
    """
    digest = hashlib.sha256()
    for part in parts.registered():
        digest.update(f"[{part.code}]\n".encode())
        for line in part.digest(report, sub_projects=sub_projects):
            digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def content_hashes(report: Report, groups: Mapping[Hashable, Collection[int]]) -> dict:
    """Return the content hash of several groups of sub-projects at once: key → SHA-256.

    `groups`: key → ids of sub-projects. Each hash is what `content_hash` gives for them; as many queries as for one.
    """
    hashes = group_hashes([report], {(report.pk, key): ids for key, ids in groups.items()})
    return {key: sha256 for (_, key), sha256 in hashes.items()}


def group_hashes(reports: Iterable[Report], groups: Mapping[tuple[int, Hashable], Collection[int] | None]) -> dict:
    """Return the same for groups of several reports: (report id, any key) → SHA-256; as many queries as for one.

    None as a group is the whole report.
    """
    reports = list(reports)
    lines: dict[str, dict[int, list]] = {}
    for part in parts.registered():
        lines[part.code] = defaultdict(list)
        for report_id, sub_project, line in part.digest_many(reports):
            lines[part.code][report_id].append((sub_project, line))
    hashes = {}
    for key, sub_projects in groups.items():
        digest, wanted = hashlib.sha256(), None if sub_projects is None else set(sub_projects)
        for code, by_report in lines.items():
            digest.update(f"[{code}]\n".encode())
            for sub_project, line in by_report.get(key[0], ()):
                if wanted is None or sub_project in wanted:
                    digest.update(f"{line}\n".encode())
        hashes[key] = digest.hexdigest()
    return hashes


def changed_since(
    report: Report, moment: datetime, *, sub_projects: Iterable[int] | None = None
) -> list[parts.ChangedCell]:
    """Return the cells whose content is another than it was at `moment`, over all parts. A few queries per part."""
    wanted = None if sub_projects is None else set(sub_projects)
    return [
        cell
        for part in parts.registered()
        for cell in part.changed_since(report, moment)
        if wanted is None or cell.sub_project_id in wanted
    ]


def vouched_at(report: Report) -> datetime | None:
    """Return when somebody last vouched for the whole content: approved, else signed or taken in. One query."""
    if report.state == Report.State.APPROVED:
        approvals = ReportApproval.objects.filter(report=report, verdict=ReportApproval.Verdict.APPROVED)
        return approvals.order_by("-nth").values_list("decided_at", flat=True).first()
    if report.state in (Report.State.SIGNED, Report.State.SUBMITTED):
        return report.signed_at or report.submitted_at
    return None


def stale_cells(report: Report) -> list[parts.ChangedCell]:
    """Return the cells that changed after the report was signed or approved; none while its hash still fits.

    Such a report has to be returned and signed anew: what was vouched for is no longer what is there.
    """
    moment = vouched_at(report)
    if moment is None or content_hash(report) == report.content_sha256:
        return []
    return changed_since(report, moment)
