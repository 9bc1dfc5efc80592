"""张掖市's 为民实事 of 2022 for the demo: its nine schemes as printed, two closed months of 演示数据 and an open one.

What is printed stands in `fixtures/zhangye-2022.yaml`. Lead agencies report for all six 县区; the figures of June and
July are made up from a seed. Everything goes through the services that the pages use.
"""

import datetime
from collections import defaultdict
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils import timezone

from funding.demo_schemes import load_shared_month, load_shared_plan
from funding.services.basis import PrintedSum, set_cost_share, set_plan_checks
from livelihood.models import User
from projects.demo_fixtures import read_yaml
from projects.models import (
    DatedTask,
    FigureFlag,
    Indicator,
    Participant,
    Programme,
    Report,
    ReportingPeriod,
    SubProject,
    Target,
)
from projects.services.catalogue import load_catalogue
from projects.services.figure_entries import FigureEntry
from projects.services.figures import record_reports
from projects.services.periods import open_period
from projects.services.programmes import open_programme
from projects.services.reports import approve_report, receive_report
from supervision.models import Document
from supervision.services.closing import close_month
from supervision.services.demo_papers import issue_reviewed
from supervision.services.demo_week import open_demo_week

CODE = "zhangye-2022"
DEMO_MARK = "演示数据"
SEED = 2022
#: Months with figures, and the share of a year's count that is usually done by then, in hundredths from and to.
MONTHS = {6: (38, 62), 7: (52, 84)}
OPEN_MONTH = 8
#: Done long before June, whatever the month: works that have begun, teams that stand, schools that were chosen.
READY = {"食堂开工", "厕所开工", "涉及学校(食堂)", "涉及学校(厕所)"}
#: Built in one piece, so that nothing is counted before it is finished.
LATE = {"增加学位", "续建水库", "中型灌区改造"}
#: A level by the end of June lies about its milestone: so many hundredths of a point below and above.
AROUND = (-250, 450)
SENT, CLOSED, DUE = 10, 16, 18
CLOSE_DAY, ISSUE_DAY = 6, 8


def read_fixture() -> dict:
    """Return the parsed fixtures as `load_catalogue` takes them; a unit an item names no task for has none (R4)."""
    read = {name: read_yaml(name) for name in ("regions", "agencies")}
    data = read_yaml(CODE) | read["regions"] | read["agencies"]
    for project in data["projects"]:
        for sub in project["sub_projects"]:
            for indicator in sub["indicators"]:
                for unit in data["participants"]:
                    indicator["targets"].setdefault(unit["code"], {"state": Target.State.NOT_APPLICABLE.value})
    return data


@transaction.atomic
def load_zhangye(*, by: User, months: bool = True) -> Programme:
    """Load catalogue, funds as printed and, with `months`, June to August 2022; what is there already stays as it is.

    `by` must be the system's account or work in the city's office.
    """
    found = Programme.objects.filter(code=CODE).first()
    if found is not None:
        return found
    fixture = read_fixture()
    programme = load_catalogue(data=fixture, by=by).programme
    _load_funds(programme, fixture["funds"], by)
    open_programme(programme=programme, by=by)
    if months:
        _do_tasks(programme, by)
        for month in MONTHS:
            _Month(programme, month, by).load()
        _Month(programme, OPEN_MONTH, by).open()
        open_demo_week(programme, by)
    return programme


def _load_funds(programme: Programme, funds: dict, by: User) -> None:
    """Keep the sums and the sharing of costs as the paper prints them, whether they agree or not (R16)."""
    projects = {row.seq: row for row in programme.projects.all()}
    for paper in funds["printed_sums"]:
        sums = [PrintedSum(row["by"], row["label"], Decimal(row["amount"]) * 10_000) for row in paper["sums"]]
        set_plan_checks(project=projects[paper["project_seq"]], sums=sums, by=by, document=funds["document"])
    subs = {
        (row.project.seq, row.name): row
        for row in SubProject.objects.filter(project__programme=programme).select_related("project__programme__owner")
    }
    indicators = {
        (row.sub_project_id, row.name): row
        for row in Indicator.objects.of_programme(programme).select_related("sub_project__project")
    }
    for row in funds["cost_shares"]:
        sub = subs[row["project_seq"], row["sub_item"]]
        set_cost_share(
            sub_project=sub,
            amount=Decimal(row["amount"]),
            levels=list(row["levels"].items()),
            indicator=indicators[sub.pk, row["indicator"]],
            document=funds["document"],
            by=by,
        )
    load_shared_plan(programme, by=by, document=funds["document"])


def _do_tasks(programme: Programme, by: User) -> None:
    """Say of the tasks due by the end of June that they were done on their day, but for one."""
    due = DatedTask.objects.filter(
        sub_project__project__programme=programme, due_on__lte=datetime.date(programme.year, 6, 30)
    ).exclude(text="摸底统计")
    for task in due:
        task.done_on, task.done_by, task.done_at = task.due_on, by, _moment(task.due_on, SENT)
        task.evidence_note = f"报送材料存档（{DEMO_MARK}）"
    DatedTask.objects.bulk_update(due, ["done_on", "done_by", "done_at", "evidence_note"])


def _moment(day: datetime.date, hour: int) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


class _Month:
    """One month: opened, filled by the lead agencies, approved and closed."""

    def __init__(self, programme: Programme, month: int, by: User):
        self.programme, self.month, self.by = programme, month, by
        first_of_next = datetime.date(programme.year, month + 1, 1)
        self.ends_on = first_of_next - datetime.timedelta(days=1)

    def open(self) -> ReportingPeriod:
        """Open the month, due on its last day as the notice says."""
        return open_period(
            programme=self.programme,
            kind=ReportingPeriod.Kind.MONTH,
            ends_on=self.ends_on,
            due_at=_moment(self.ends_on, DUE),
            by=self.by,
        )

    def load(self) -> None:
        """Carry the month through; June is issued, July stands closed."""
        period = self.open()
        reports = list(
            Report.objects.filter(period=period).select_related("period__programme__owner", "participant", "agency")
        )
        entries = self._entries()
        record_reports(
            batches=[(report, entries[report.agency_id]) for report in reports if entries[report.agency_id]],
            by=self.by,
            origin="demo",
            partial=False,
        )
        load_shared_month(period, {row.agency_id: row for row in reports if row.agency_id}, by=self.by)
        FigureFlag.objects.filter(figure__period=period, reason="").update(reason=f"已与县区核实（{DEMO_MARK}）")
        for report in reports:
            report.refresh_from_db()
            if report.agency_id:
                approve_report(report=receive_report(report=report, by=self.by), by=self.by)
        # They came on the day itself, not on the day the demo is loaded.
        sent = Report.objects.filter(period=period, agency__isnull=False)
        sent.update(submitted_at=_moment(self.ends_on, SENT))
        closed = close_month(period=period, without=[], by=self.by)
        issued_on = self.ends_on + datetime.timedelta(days=ISSUE_DAY)
        closed_on = self.ends_on + datetime.timedelta(days=CLOSE_DAY)
        if self.month == min(MONTHS):
            issue_reviewed(document=closed.document, by=self.by, issued_on=issued_on)
        else:
            Document.objects.filter(pk=closed.document.pk).update(drafted_at=_moment(closed_on, CLOSED))
        ReportingPeriod.objects.filter(pk=period.pk).update(closed_at=_moment(closed_on, CLOSED))

    def _entries(self) -> dict[int | None, list[FigureEntry]]:
        """Return the cells by reporting agency; None reports the whole's own figures of what cannot be added up."""
        found = defaultdict(list)
        targets = Target.objects.filter(
            indicator__sub_project__project__programme=self.programme,
            state__in=[Target.State.ASSESSED, Target.State.TEXT],
        )
        targets = targets.select_related("indicator__sub_project", "participant").prefetch_related(
            "indicator__milestones"
        )
        for target in targets.order_by("indicator__order", "participant__order"):
            indicator, unit = target.indicator, target.participant
            is_whole = unit.kind == Participant.Kind.WHOLE
            if is_whole and (indicator.additive or target.state == Target.State.TEXT):
                continue
            reporter = None if is_whole else indicator.sub_project.lead_agency_id
            if target.state == Target.State.TEXT:
                entry = FigureEntry(unit.pk, indicator.pk, "text", text=f"正在宣传和摸底（{DEMO_MARK}）")
            else:
                entry = FigureEntry(unit.pk, indicator.pk, "reported", self._value(target, indicator, unit))
            found[reporter].append(entry)
        return found

    def _value(self, target: Target, indicator: Indicator, unit: Participant) -> Decimal:
        """Return a plausible figure; the same seed gives the same, and no month says less than the one before."""
        random = Random(f"{SEED}/{unit.code}/{indicator.name}")  # noqa: S311 - nothing secret
        place = random.randint(0, 100)
        if indicator.accumulation == Indicator.Accumulation.LEVEL:
            return self._level(target, indicator, place)
        if indicator.accumulation == Indicator.Accumulation.STOCK or indicator.name in READY:
            return target.value
        if indicator.name in LATE:
            return Decimal(0)
        low, high = MONTHS[self.month]
        share = low + (high - low) * place // 100
        return (target.value * share / 100).quantize(Decimal(1).scaleb(-indicator.decimals))

    def _level(self, target: Target, indicator: Indicator, place: int) -> Decimal:
        if indicator.base_id:
            return Decimal("98.50") + Decimal(place) / 100
        first = indicator.milestones.all()[0]
        low, high = AROUND
        above = Decimal(low + (high - low) * place // 100 + 100 * (self.month - min(MONTHS))) / 100
        return min(first.threshold + above, Decimal(100)).quantize(Decimal("0.01"))
