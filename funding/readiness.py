"""What the money lacks before a programme opens: plans, and shares that the plan does not follow."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.urls import reverse

from funding.models import CostShare, FundLine
from funding.plan_sums import cost_share_lines
from funding.sources import FundKind, Source
from livelihood.formats import format_wan
from projects.models import Programme, Project, SubProject
from projects.readiness import WARNING, Finding, Group


def fund_checks(programme: Programme) -> Iterator[Group]:
    """Yield sub-projects without a plan, and cost shares the plan does not add up to. Four queries."""
    plan = {"url": reverse("funding:plan-list", args=[programme.code]), "link": "资金计划"}
    shares = {"url": reverse("funding:cost-shares", args=[programme.code]), "link": "分担办法"}
    yield Group(
        WARNING, "没有资金计划", "有资金的补上计划；没有资金的照原样。", findings=list(_without_plan(programme)), **plan
    )
    yield Group(
        WARNING,
        "分担比例不符",
        "与资金筹集方案核对；计划和比例都保留。",
        findings=list(_shares_off(programme)),
        **shares,
    )


def _without_plan(programme: Programme) -> Iterator[Finding]:
    """One finding where there is no plan at all; else every item with indicators that has none."""
    planned = set(FundLine.objects.filter(programme=programme).order_by().values_list("sub_project", flat=True))
    items = SubProject.objects.filter(project__programme=programme, indicators__isnull=False).distinct()
    if not planned:
        if items.exists():
            yield Finding("整个年度", "都没有资金计划")
        return
    kept = items.exclude(pk__in=planned).exclude(project__change=Project.Change.WITHDRAWN)
    for sub in kept.select_related("project").order_by("project__seq", "order", "id"):
        yield Finding(_name(sub), "没有资金计划")


def _shares_off(programme: Programme) -> Iterator[Finding]:
    """Yield the shares of which a level plans something else than its part (R14); all units together."""
    shares = {
        row.pk: row
        for row in CostShare.objects.filter(sub_project__project__programme=programme).select_related(
            "sub_project__project"
        )
    }
    rows = defaultdict(list)
    for row in cost_share_lines(programme=programme, on=date(programme.year, 12, 31)) if shares else []:
        if row["participant_id"] is None:
            rows[row["share_id"]].append(row)
    for pk, share in shares.items():
        where = f"{_name(share.sub_project)} {FundKind(share.kind).label}"
        url = reverse("funding:cost-share-change", args=[programme.code, pk])
        for row in rows[pk]:
            if row["difference"]:
                level = Source(row["source"]).label
                expected, planned = format_wan(row["expected"]), format_wan(row["planned"])
                yield Finding(where, f"{level}应分担 {expected}，计划 {planned}", url)


def _name(sub: SubProject) -> str:
    return f"{sub.project}·{sub.name}" if sub.name else str(sub.project)
