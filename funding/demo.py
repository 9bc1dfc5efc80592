"""铜官区's funds of 2020 for the demo: real totals, split over its items by a generator (演示数据).

Programme, printed sums and which of them are real stand in `fixtures/tongguan-2020.yaml`. The same seed gives the
same amounts, and they add up to the sums to the 元.
"""

from datetime import datetime, time
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils import timezone

from funding.models import FundFlag, FundLine
from funding.services.basis import set_exclusion
from funding.services.fund_figures import FundEntry, record_fund_figures
from funding.services.plans import PlanEntry, set_plans
from livelihood.models import User
from projects.demo_fixtures import read_yaml
from projects.models import Participant, Programme, Report, ReportingPeriod, SubProject, Target
from projects.services.catalogue import load_catalogue
from projects.services.figures import FigureEntry, record_figures
from projects.services.periods import open_period
from projects.services.programmes import open_programme
from projects.services.reports import approve_report, receive_report

CODE = "tongguan-2020"
DEMO_MARK = "演示数据"
#: Hours of the day at which the report came, and was due.
SENT, DUE = 10, 18


def read_fixture() -> dict:
    """Return the parsed fixtures as `load_catalogue` takes them; `funds` holds the printed sums in 万元."""
    read = {name: read_yaml(name) for name in ("regions", "agencies")}
    data = read_yaml(CODE) | read["regions"] | read["agencies"]
    for project in tasks(data):
        rules = [row for row in data["dated_rules"] if row["category"] == project["category"]]
        named = [{key: row[key] for key in ("due_on", "text", "printed_due")} for row in rules]
        project["sub_projects"][0]["tasks"] = named
    return data


def tasks(fixture: dict) -> list[dict]:
    """Return the projects in which the district has a task."""
    return [project for project in fixture["projects"] if _target(project)["state"] != "no_task"]


def _target(project: dict) -> dict:
    [indicator] = project["sub_projects"][0]["indicators"]
    [target] = indicator["targets"].values()
    return target


def split(total: str, weights: list[int]) -> list[Decimal]:
    """Split 万元 into whole 元 by weights; the parts add up to the total exactly: the heaviest takes the rest."""
    yuan = int(Decimal(total) * 10_000)
    parts = [yuan * weight // sum(weights) for weight in weights]
    parts[weights.index(max(weights))] += yuan - sum(parts)
    return [Decimal(part) for part in parts]


def amounts(fixture: dict, kind: str) -> dict[int, dict[str, Decimal]]:
    """Return item's number → {"planned", "disbursed"} in 元 for the district's own share; disbursed never over plan."""
    funds = fixture["funds"]
    total = funds["kinds"][kind]
    random = Random(f"{funds['seed']}/{kind}")  # noqa: S311 - plausible figures, nothing secret
    if kind == "project":
        items = [row["seq"] for row in tasks(fixture) if row["seq"] != funds["exclusion"]["project_seq"]]
    else:
        items = [row["seq"] for row in tasks(fixture) if row.get("is_kept")]
    weights = [random.randint(10, 100) for _ in items]
    planned = split(total["planned"], weights)
    # What stays unpaid is split too, by other weights, so that no item is paid more than its plan.
    unpaid_total = Decimal(total["planned"]) - Decimal(total["disbursed"])
    unpaid = split(str(unpaid_total), [weight * random.randint(4, 8) for weight in weights])
    return {
        seq: {"planned": plan, "disbursed": plan - rest} for seq, plan, rest in zip(items, planned, unpaid, strict=True)
    }


@transaction.atomic
def load_tongguan(*, by: User) -> Programme:
    """Load programme, plan and the funds of 17 April, approved; a programme that is there already is left as it is.

    `by` must be the system's account or work in the district's office.
    """
    found = Programme.objects.filter(code=CODE).first()
    if found is not None:
        return found
    fixture = read_fixture()
    programme = load_catalogue(data=fixture, by=by).programme
    _load_plan(programme, fixture, by)
    open_programme(programme=programme, by=by)
    report = _open_report(programme, fixture["funds"], by)
    _say_progress(report, by)
    _record(report, fixture, by)
    approve_report(report=receive_report(report=report, by=by), by=by)
    # It came on the day itself, not on the day the demo is loaded.
    sent_at = timezone.make_aware(datetime.combine(fixture["funds"]["as_of"], time(SENT)))
    Report.objects.filter(pk=report.pk).update(submitted_at=sent_at)
    return programme


def _load_plan(programme: Programme, fixture: dict, by: User) -> None:
    funds = fixture["funds"]
    district = programme.participants.get(kind=Participant.Kind.UNIT)
    items = {row.project.seq: row for row in SubProject.objects.filter(project__programme=programme)}
    entries = [
        PlanEntry(items[seq], district, funds["source"], kind, row["planned"], label=funds["label"], note=DEMO_MARK)
        for kind in funds["kinds"]
        for seq, row in amounts(fixture, kind).items()
    ]
    bond = funds["bond"]
    [planned] = split(bond["planned"], [1])
    entries.append(
        PlanEntry(
            items[bond["project_seq"]], district, bond["source"], "project", planned, bond["label"], note=DEMO_MARK
        )
    )
    set_plans(programme=programme, entries=entries, by=by, document=funds["document"], is_demo=True)
    out = funds["exclusion"]
    set_exclusion(
        programme=programme,
        phrase=out["phrase"],
        sub_projects=[items[out["project_seq"]]],
        by=by,
        reason=out["reason"],
    )


def _open_report(programme: Programme, funds: dict, by: User) -> Report:
    """Open the month and return the district's report of it."""
    period = open_period(
        programme=programme,
        kind=ReportingPeriod.Kind.MONTH,
        ends_on=funds["ends_on"],
        as_of=funds["as_of"],
        due_at=timezone.make_aware(datetime.combine(funds["due_on"], time(DUE))),
        by=by,
    )
    return Report.objects.select_related("period__programme__owner", "participant").get(
        period=period, participant__kind=Participant.Kind.UNIT
    )


def _say_progress(report: Report, by: User) -> None:
    """Say of each item how it goes on: the paper gives no figures of progress."""
    targets = report.participant.targets.filter(state=Target.State.TEXT)
    entries = [
        FigureEntry(report.participant_id, target.indicator_id, "text", text=f"正在实施（{DEMO_MARK}）")
        for target in targets
    ]
    record_figures(report=report, entries=entries, by=by, origin="demo")


def _record(report: Report, fixture: dict, by: User) -> None:
    """Enter what was disbursed; nothing is said of 到位 and 支出."""
    made = {kind: amounts(fixture, kind) for kind in fixture["funds"]["kinds"]}
    [bond] = split(fixture["funds"]["bond"]["disbursed"], [1])
    entries = [
        FundEntry(
            line.pk,
            "disbursed",
            bond
            if line.source == fixture["funds"]["bond"]["source"]
            else made[line.kind][line.sub_project.project.seq]["disbursed"],
        )
        for line in FundLine.objects.of_programme(report.period.programme)
    ]
    record_fund_figures(report=report, entries=entries, by=by, origin="demo")
    FundFlag.objects.filter(fund_figure__report=report, reason="").update(reason=f"按合同分期拨付（{DEMO_MARK}）")
