"""What happened around the reports of the demo's open month (演示数据): signatures, reminders, opinions, a return.

Dated as it would have been, which no service allows. Like the demo's other signatures these have no audit event of
their own: the trail would date them today.
"""

import datetime
from collections import defaultdict
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from livelihood.models import Agency, RoleGrant, User
from projects.bureaus import own_sub_projects
from projects.content import content_hash, content_hashes
from projects.models import (
    Assignment,
    BureauSignature,
    CellReview,
    Figure,
    Indicator,
    LeadConfirmation,
    LeadObjection,
    Reminder,
    Report,
    ReportingPeriod,
    SubProject,
)

#: 颍泉区's cell the lead agency objects to, and the one that was returned and answered.
OBJECTED, RETURNED = (25, "小规模学校(教学点)智慧学校"), (26, "新建改扩建公办幼儿园")

#: Bureaus of 颍泉区 that have not signed; the first has been reminded.
UNSIGNED = ("颍泉区卫健委", "颍泉区文旅局")


def load_workflow(period: ReportingPeriod, reports: dict[str, Report], office: User) -> None:
    """Load it for a month whose reports (by the unit's code) are there and which is still open."""
    names = ["taihe_education", "city_education", "yingquan_clerk", "yingshang_clerk"]
    people = User.objects.in_bulk(names, field_name="username")
    _sign_bureau(reports["341222"], people["taihe_education"])
    for code, report in reports.items():
        if report.state in Report.COUNTED:
            _sign_bureaus(report, office, without=UNSIGNED if code == "341204" else ())
    _remind_bureau(reports["341204"], people["yingquan_clerk"])
    _remind(period, reports["341226"], office, people["yingshang_clerk"])
    for code in ("341202", "341222"):
        _confirm(reports[code], people["city_education"])
    _object(reports["341204"], people["city_education"])
    _return_cell(reports["341204"], office, people["yingquan_clerk"])


def _moment(report: Report, day: int, hour: int, minute: int = 0) -> datetime.datetime:
    """Return that hour on a day of the month after the report's."""
    last = report.period.ends_on
    at = datetime.datetime.combine(last + datetime.timedelta(days=day), datetime.time(hour, minute))
    return timezone.make_aware(at)


def _sign_bureau(report: Report, by: User) -> None:
    sha256 = content_hash(report, sub_projects=own_sub_projects(report, by.agency))
    BureauSignature.objects.create(
        report=report, agency=by.agency, sha256=sha256, signed_by=by, signed_at=_moment(report, 3, 16)
    )


def _sign_bureaus(report: Report, office: User, *, without: tuple[str, ...]) -> None:
    """A county's bureaus signed before its head did, each by a filler of its own, whose account has no password."""
    assigned: dict[Agency, set[int]] = defaultdict(set)
    for row in Assignment.objects.filter(participant=report.participant).select_related("agency"):
        if row.agency.name not in without:
            assigned[row.agency].add(row.sub_project_id)
    # Who has signed already, or has filled nothing to vouch for, does not.
    for agency in Agency.objects.filter(bureau_signatures__report=report):
        assigned.pop(agency, None)
    filled = set(Figure.objects.filter(report=report).values_list("indicator__sub_project", flat=True))
    assigned = {agency: parts for agency, parts in assigned.items() if parts & filled}
    fillers = User.objects.bulk_create(
        User(
            username=f"demo_filler_{agency.pk}",
            full_name=f"{agency}填报人",
            agency=agency,
            password=make_password(None),
        )
        for agency in assigned
    )
    RoleGrant.objects.bulk_create(
        RoleGrant(user=filler, role=RoleGrant.Role.FILLER, agency=filler.agency, granted_by=office)
        for filler in fillers
    )
    hashes = content_hashes(report, {agency.pk: parts for agency, parts in assigned.items()})
    BureauSignature.objects.bulk_create(
        BureauSignature(
            report=report,
            agency=filler.agency,
            sha256=hashes[filler.agency_id],
            signed_by=filler,
            signed_at=report.signed_at - datetime.timedelta(minutes=3 * (nth + 1)),
        )
        for nth, filler in enumerate(fillers)
    )


def _remind_bureau(report: Report, clerk: User) -> None:
    """The county asked one of the bureaus that have not signed."""
    Reminder.objects.create(
        period=report.period,
        participant=report.participant,
        agency=Agency.objects.get(region=report.participant.region, name=UNSIGNED[0]),
        text="演示数据：数已由区民生办代填，请核对签字。",
        sent_by=clerk,
        sent_at=_moment(report, 7, 17, 30),
    )


def _remind(period: ReportingPeriod, report: Report, office: User, clerk: User) -> None:
    bureau = Agency.objects.get(region=report.participant.region, name="颍上县教育局")
    for agency, by, sent_at, text in (
        (bureau, clerk, _moment(report, 5, 15), "教育类 15 项还没有填，请今天下班前填齐签字。"),
        (None, office, _moment(report, 6, 10, 20), "全市只差颍上县，请今天 18:00 前报送。"),
    ):
        Reminder.objects.create(
            period=period, participant=report.participant, agency=agency, text=text, sent_by=by, sent_at=sent_at
        )


def _confirm(report: Report, by: User) -> None:
    led = SubProject.objects.filter(project__programme=report.period.programme, lead_agency=by.agency)
    sha256 = content_hash(report, sub_projects=led.values_list("pk", flat=True))
    LeadConfirmation.objects.create(
        report=report, agency=by.agency, sha256=sha256, confirmed_by=by, confirmed_at=_moment(report, 7, 9)
    )


def _object(report: Report, by: User) -> None:
    figure = _figure(report, OBJECTED)
    LeadObjection.objects.create(
        report=report,
        participant=report.participant,
        indicator=figure.indicator,
        agency=by.agency,
        value=figure.value - Decimal(1),
        reason="演示数据：市级平台里有 1 座还没有通过验收。",
        figure_version=figure.version,
        raised_by=by,
        raised_at=_moment(report, 8, 15),
    )


def _return_cell(report: Report, office: User, clerk: User) -> None:
    """One cell was returned and its figure explained before the report came again."""
    figure = _figure(report, RETURNED)
    CellReview.objects.create(
        report=report,
        participant=report.participant,
        indicator=figure.indicator,
        nth=1,
        verdict=CellReview.Verdict.RETURNED,
        reason="演示数据：与开工台账差 1 所，请核对。",
        figure_version=figure.version,
        decided_by=office,
        decided_at=_moment(report, 8, 9),
        answer="演示数据：差的 1 所 8 月 30 日开工，台账 9 月补登。",
        answered_by=clerk,
        answered_at=_moment(report, 8, 10),
    )


def _figure(report: Report, key: tuple[int, str]) -> Figure:
    indicator = Indicator.objects.get(
        sub_project__project__programme=report.period.programme, sub_project__project__seq=key[0], name=key[1]
    )
    return Figure.objects.select_related("indicator").get(report=report, indicator=indicator)
