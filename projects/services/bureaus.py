"""Writes of 部门签字: a bureau vouches for its own cells of a county's report, or takes that back.

A signature is bound to the cells as they stood; a later change of one of them shows, and blocks nothing.
"""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from livelihood.access import NotAllowed, Role, access_of
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects import parts
from projects.bureaus import own_sub_projects
from projects.cell_notes import open_returns
from projects.content import changed_since, content_hash
from projects.models import BureauSignature, Report
from projects.services.report_locks import lock_report, require_changeable


@transaction.atomic
def sign_bureau(*, report: Report, agency: Agency, by: User, seen_at: datetime | None = None) -> BureauSignature:
    """部门签字: the agency's filler vouches for its sub-projects as they stand.

    `seen_at` is when the person's page was made: cells somebody else changed after it refuse the signature.
    Raises NotAllowed for another agency's filler, Refused in words for returned cells that wait, for cells
    nobody has filled, and for a report that has left the bureaus' hands.
    """
    sub_projects = _require_filler(report, agency, by)
    report = lock_report(report)
    _require_in_hand(report, "签字")
    waiting = _open_returns(report, sub_projects)
    if waiting:
        raise Refused(f"还不能签字：有 {waiting} 格被退回，还没有改正或说明。")
    if _is_untouched(report, sub_projects):
        raise Refused("还不能签字：贵单位负责的指标一个数都没有填。")
    theirs = [] if seen_at is None else changed_since(report, seen_at, sub_projects=sub_projects)
    theirs = [cell for cell in theirs if cell.by != by]
    if theirs:
        cell = theirs[0]
        raise InvalidTransition(
            f"您打开页面之后，{cell.by}改过贵单位的 {len(theirs)} 格（如{cell.label}：{cell.was}→{cell.now}），"
            "没有签字。请刷新页面核对后再签。"
        )
    sha256 = content_hash(report, sub_projects=sub_projects)
    signature = BureauSignature.objects.filter(report=report, agency=agency).first()
    if signature and signature.withdrawn_at is None and signature.sha256 == sha256:
        raise InvalidTransition(f"{agency}已经签过字，签字之后没有改动。")
    before = signature.sha256 if signature else ""
    values = {"sha256": sha256, "signed_at": Now(), "signed_by": by, "withdrawn_at": None, "withdrawn_by": None}
    signature, _ = BureauSignature.objects.update_or_create(report=report, agency=agency, defaults=values)
    record_event(
        by=by,
        verb="sign_bureau",
        target=report,
        before={"sha256": before},
        after={"agency": agency.name, "sha256": sha256},
    )
    signature.refresh_from_db()
    return signature


@transaction.atomic
def withdraw_bureau(*, report: Report, agency: Agency, by: User) -> BureauSignature:
    """撤回部门签字: the signature no longer counts and stays in the record.

    Compare-and-set: raises InvalidTransition when there is none that counts.
    """
    _require_filler(report, agency, by)
    report = lock_report(report)
    _require_in_hand(report, "撤回签字")
    changed = BureauSignature.objects.filter(report=report, agency=agency, withdrawn_at__isnull=True).update(
        withdrawn_at=Now(), withdrawn_by=by
    )
    if not changed:
        raise InvalidTransition(f"{agency}现在没有签字，不用撤回。")
    record_event(by=by, verb="withdraw_bureau", target=report, after={"agency": agency.name})
    return BureauSignature.objects.get(report=report, agency=agency)


def _require_filler(report: Report, agency: Agency, by: User) -> list[int]:
    """Return the agency's sub-projects of the report; NotAllowed unless `by` fills for it."""
    if agency.pk not in access_of(by).agency_ids(Role.FILLER):
        raise NotAllowed(f"只有{agency}的填报人可以代表本部门签字。")
    sub_projects = own_sub_projects(report, agency) if report.participant_id else []
    if not sub_projects:
        raise NotAllowed(f"这份月报没有分给{agency}填的子项。")
    return sub_projects


def _require_in_hand(report: Report, name: str) -> None:
    """Raise Refused unless the bureaus may still change the report."""
    require_changeable(report)
    if report.state not in Report.EDITABLE:
        raise InvalidTransition(
            f"这份月报现在是“{report.get_state_display()}”，部门不能{name}。要改请本单位先撤回月报。"
        )


def _open_returns(report: Report, sub_projects: list[int]) -> int:
    """Return how many of the sub-projects' cells were returned and wait."""
    found = parts.places(report, open_returns(report))
    return sum(place.sub_project_id in sub_projects for place in found.values())


def _is_untouched(report: Report, sub_projects: list[int]) -> bool:
    """Tell whether there is a task in the sub-projects and nothing at all was filled in."""
    if any(part.holds(report, sub_projects) for part in parts.registered()):
        return False
    return any(
        line.tasks and line.sub_project_id in sub_projects
        for part in parts.registered()
        for line in part.filling(report.period, counted=Report.State.values, participant_id=report.participant_id)
    )
