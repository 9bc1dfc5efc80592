"""The demo as `load_demo` leaves it in the database."""

import datetime
import io
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from livelihood.demo_logins import DEMO_LOGINS, DEMO_PASSWORD, demo_logins
from livelihood.models import AuditEvent, Region, RoleGrant, User
from projects.bureaus import bureau_rows
from projects.cross_rules import stored_lines
from projects.models import (
    Benchmark,
    Figure,
    FigureFlag,
    FigureRevision,
    Indicator,
    Milestone,
    Programme,
    Report,
    ReportingPeriod,
    Target,
)
from projects.services.reports import content_hash
from supervision.models import Document, DocumentSeries, Receipt, Rectification, ScoringComponent, Snapshot
from supervision.standings import live_standings
from tests import factories
from tests.projects.test_demo_data import COMPARISON, DIRECTION, printed_facts
from tests.support.demo import demo_database

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TAIHE = "341222"


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One clone of the demo for the whole module; the tests read it, or write sessions only."""
    with django_db_blocker.unblock(), demo_database() as name:
        yield name


@pytest.fixture
def programme(demo):
    return Programme.objects.get(code="fuyang-2020")


@pytest.fixture
def august(programme):
    return ReportingPeriod.objects.get(programme=programme, ends_on=datetime.date(2020, 8, 31))


@pytest.fixture(scope="module")
def standings(demo):
    """August as it stands live; read only."""
    periods = ReportingPeriod.objects.select_related("programme").filter(programme__code="fuyang-2020")
    return live_standings(periods.get(ends_on=datetime.date(2020, 8, 31)))


@pytest.fixture(scope="module")
def facts():
    """The annex's projects, and its indicators by natural key, in order."""
    return yaml.safe_load((ROOT / "tests/data/taihe_2020.yaml").read_text(encoding="utf-8"))["taihe"]


def run(*arguments):
    output = io.StringIO()
    call_command("load_demo", *arguments, stdout=output)
    return output.getvalue()


def row_counts():
    """Rows of every table but the sessions, which logging in writes."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"django_session", "django_migrations"}
        found = {}
        for table in sorted(tables):
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def natural_key(indicator):
    sub_project = indicator.sub_project
    return sub_project.project.seq, sub_project.name, indicator.name


def state_of(printed):
    """The state as the annex prints it: "/" and 县无任务 are no task, what binds other counties does not apply."""
    if printed.get("applies_to_taihe") is False:
        return "not_applicable"
    return "no_task" if printed.get("no_task") or printed.get("note") in ("县无任务", "无任务") else "assessed"


def by_code(standings, *key):
    """Rows of one indicator by participant code."""
    indicator = next(row for row in standings.indicators.values() if natural_key(row) == key)
    return {standings.participants[row["participant_id"]].code: row for row in standings.lines[indicator.pk]}


# -- the catalogue ------------------------------------------------------------------------------


def test_demo_holds_the_33_projects_of_the_circular(programme, facts):
    projects = programme.projects.order_by("seq")

    assert [(row.seq, row.name) for row in projects] == [(row["seq"], row["name"]) for row in facts["items"]]
    assert [row.seq for row in projects if not row.sub_projects.filter(indicators__isnull=False).exists()] == [3, 30]
    assert programme.is_demo


def test_demo_holds_the_131_indicators_of_the_annex_in_its_order(programme, facts):
    printed = printed_facts(facts)
    stored = list(Indicator.objects.of_programme(programme))

    assert [natural_key(row) for row in stored] == list(printed)
    assert [row.unit for row in stored] == [row["u"] for row in printed.values()]
    assert [row.direction for row in stored] == [DIRECTION.get(row.get("cmp"), "at_least") for row in printed.values()]


def test_demo_targets_of_taihe_are_the_printed_ones(programme, facts):
    fixture = yaml.safe_load((ROOT / "fixtures/fuyang-2020.yaml").read_text(encoding="utf-8"))
    words = {
        (project["seq"], sub["name"], row["name"]): row["targets"][TAIHE]["printed"]
        for project in fixture["projects"]
        for sub in project["sub_projects"]
        for row in sub["indicators"]
    }
    targets = Target.objects.filter(participant__programme=programme, participant__code=TAIHE).select_related(
        "indicator__sub_project__project"
    )
    stored = {natural_key(row.indicator): row for row in targets}

    assert len(stored) == 131
    for key, printed in printed_facts(facts).items():
        target = stored[key]
        assert target.printed == words[key], key
        assert target.state == state_of(printed), key
        assert (target.value is None) is (target.state != "assessed"), key
        assert target.comparison == COMPARISON.get(printed.get("cmp"), "eq"), key
        if target.state == "assessed":
            assert target.value == Decimal(str(printed["v"])), key
        assert (target.revision, target.valid_from) == (1, datetime.date(2020, 1, 1)), key
        assert (target.document, target.document_on) == ("太政〔2020〕10号", datetime.date(2020, 6, 1)), key
        assert not target.is_demo, key


def test_demo_leaves_taihe_without_a_task_for_20_of_131(programme):
    # 13 printed "/" + 2 rates each of items 8 and 31 = 17; 2 of item 12 + 1 of 18 do not apply = 3
    states = Counter(
        Target.objects.filter(participant__programme=programme, participant__code=TAIHE).values_list("state", flat=True)
    )

    assert states == {"assessed": 111, "no_task": 17, "not_applicable": 3}


def test_demo_marks_every_generated_target(programme):
    made_up = Target.objects.filter(participant__programme=programme).exclude(participant__code=TAIHE)

    assert made_up.count() == 9 * 131
    assert not made_up.filter(is_demo=False).exists()


def test_demo_participants_stand_in_official_order_and_only_counties_are_ranked(programme):
    codes = list(programme.participants.order_by("order").values_list("code", "kind", "ranked"))

    counties = ["341202", "341203", "341204", "341221", "341222", "341225", "341226", "341282"]
    assert codes == [
        *[(code, "unit", True) for code in counties],
        ("341200-own", "own", False),
        ("341200", "whole", False),
    ]


def test_demo_scheme_is_the_plain_component_and_two_indicators_have_milestones(programme):
    component = ScoringComponent.objects.get(scheme__programme=programme)

    assert (component.kind, component.weight, component.scheme.is_demo) == ("project_rates", Decimal(100), True)
    assert [
        (row.indicator.name, row.threshold) for row in Milestone.objects.filter(due_on__year=2020).order_by("due_on")
    ] == [
        ("新开工", Decimal(60)),
        ("新开工", Decimal(100)),
        ("基本建成", Decimal(100)),
    ]


# -- the months ---------------------------------------------------------------------------------


def test_demo_issues_january_to_july_with_numbers_and_leaves_august_open(programme):
    periods = ReportingPeriod.objects.filter(programme=programme).order_by("ends_on")
    papers = Document.objects.filter(period__programme=programme, kind="bulletin").order_by("period__ends_on")

    assert [row.state for row in periods] == ["issued"] * 7 + ["open"]
    # No. 7 was used for a paper made elsewhere; letters have a series of their own.
    assert [row.printed_number for row in papers] == [f"民生办〔2020〕{number}号" for number in range(8, 15)]
    assert [row.issued_on for row in papers] == [datetime.date(2020, month, 10) for month in range(2, 9)]
    assert all(row.content["is_demo"] for row in papers)
    assert Snapshot.objects.filter(period__in=periods).count() == 7
    assert list(DocumentSeries.objects.filter(agency=programme.office).values_list("word", "year", "last_number")) == [
        ("民生办", 2020, 14),
        ("民生办函", 2020, 1),
    ]


def test_demo_papers_are_drafted_read_issued_and_signed_for_in_that_order(programme):
    papers = list(Document.objects.filter(series__agency=programme.office, kind__in=("bulletin", "letter")))
    signed = list(Receipt.objects.filter(document__in=papers, received_at__isnull=False).select_related("document"))

    def moments(paper):
        return [
            f"{timezone.localtime(at):%m-%d %H:%M}" for at in (paper.drafted_at, paper.reviewed_at, paper.issued_at)
        ]

    july = next(paper for paper in papers if paper.printed_number == "民生办〔2020〕14号")
    # Closed on 8 August at 16:00, objections settled by the 10th at 15:00.
    assert moments(july) == ["08-08 16:10", "08-10 15:30", "08-10 16:30"]
    assert all(paper.drafted_at < paper.reviewed_at < paper.issued_at for paper in papers)
    assert all(timezone.localdate(paper.issued_at) == paper.issued_on for paper in papers)
    assert signed
    assert all(row.sent_on == row.document.issued_on < timezone.localdate(row.received_at) for row in signed)


def test_demo_minutes_demand_of_a_county_and_of_a_bureau(programme):
    rows = Rectification.objects.filter(programme=programme, interview__isnull=False).order_by("seq")

    assert [(str(row.participant or row.agency), row.state, row.deadline) for row in rows] == [
        ("阜南县", "assigned", datetime.date(2020, 9, 5)),
        ("市住建局", "assigned", datetime.date(2020, 9, 30)),
    ]


def test_demo_august_has_one_late_and_one_missing_report(august):
    states = dict(august.reports.values_list("participant__code", "state"))
    late = [row.participant.code for row in august.reports.filter(submitted_at__gt=august.due_at)]

    assert Counter(states.values()) == {"approved": 8, "submitted": 1, "draft": 1}
    assert states["341226"] == "draft"
    assert late == ["341204"]


def test_demo_county_under_review_has_bureaus_signed_and_outstanding_and_one_reminded(august):
    report = august.reports.get(participant__code="341204")

    rows = bureau_rows(report)

    # 17 bureaus have tasks: 15 have signed, 2 have not, one of which was asked to. Two more have none here.
    assert Counter(row.state for row in rows) == {"signed": 15, "ready": 2, "no_task": 2}
    assert [row.agency.name for row in rows if row.last_reminder] == ["颍泉区卫健委"]
    assert [row.signed_by.has_usable_password() for row in rows if row.is_signed] == [False] * 15


def test_demo_reports_carry_the_hash_of_their_content_and_an_approval_of_it(august):
    reports = Report.objects.filter(period=august).exclude(state="draft").select_related("period__programme")

    for report in reports:
        assert report.content_sha256 == content_hash(report), report
        if report.state == "approved":
            assert report.approvals.order_by("-nth").first().sha256 == report.content_sha256, report


def test_demo_figures_each_have_the_revision_that_made_them(demo):
    agreeing = FigureRevision.objects.filter(
        Q(new_value=F("figure__value")) | Q(new_value__isnull=True, figure__value__isnull=True),
        new_state=F("figure__state"),
        changed_at=F("figure__updated_at"),
        changed_by=F("figure__updated_by"),
        origin="demo",
    )

    # The city's figures, a text for each of 铜官区's 23 items, 182 cells of 张掖市 in each of two months and 37 of
    # its week, and of 太和县's July every target of a unit that can be added up and every other one of the whole.
    targets = Target.objects.filter(participant__programme__code="taihe-2020", state="assessed")
    of_units = targets.filter(indicator__additive=True).exclude(participant__kind="whole").count()
    townships = of_units + targets.filter(indicator__additive=False, participant__kind="whole").count()
    assert Figure.objects.count() == 7885 + 23 + 2 * 182 + 37 + townships
    assert FigureRevision.objects.count() == agreeing.count() == Figure.objects.count()


def test_demo_flags_are_answered(demo):
    assert FigureFlag.objects.filter(code="over_120").exists()
    assert not FigureFlag.objects.filter(reason="").exists()


def test_demo_asks_why_of_a_handful_of_figures_a_month(demo):
    counts = Counter(FigureFlag.objects.values_list("figure__period__ends_on", flat=True))

    assert max(counts.values()) <= 25  # of about a thousand
    assert set(FigureFlag.objects.values_list("code", flat=True)) >= {"over_120", "copied_unchanged"}


def test_demo_relations_are_in_use_marked_and_hold_in_august(august):
    rules = list(august.programme.cross_rules.all())

    lines = [line for rule in rules for line in stored_lines(rule, [august])]

    assert len(rules) == 3
    assert all(rule.is_active and "演示数据" in rule.explanation for rule in rules)
    assert Counter(line.outcome for line in lines)["fine"] >= 15
    assert not [line for line in lines if line.outcome == "broken"]


def test_demo_averages_name_at_least_40_indicators_in_august(august):
    averages = Benchmark.objects.filter(period=august)

    assert averages.values("indicator").distinct().count() >= 40
    assert {row.source[:4] for row in averages} == {"演示数据"}


# -- August as it stands ------------------------------------------------------------------------


def test_demo_ranking_lists_the_county_without_a_report_last_without_a_place(standings):
    rows = [(standings.participants[row["participant_id"]].code, row) for row in standings.overall()]

    assert [row["place"] for _, row in rows] == [1, 2, 3, 4, 5, 6, 7, None]
    assert rows[-1][0] == "341226"
    assert rows[-1][1]["score"] is None
    assert {rows[-2][0], rows[-3][0]} == {"341203", "341225"}  # the slow ones


def test_demo_has_a_county_far_over_its_target(standings):
    row = by_code(standings, 16, "退役军人培训", "退役军人技能培训")["341282"]

    assert row["rate"] > 120
    assert row["status"] == "exceeded"


def test_demo_has_ties(standings):
    rows = by_code(standings, 25, "", "小规模学校(教学点)智慧学校")
    tied = [rows[code] for code in ("341202", "341204", "341226")]

    # 颍上县 has not reported in August, so two of the three counties are left at 75 %.
    assert [row["rate"] for row in tied[:2]] == [Decimal(75), Decimal(75)]
    assert tied[0]["place"] == tied[1]["place"]
    assert tied[2]["rate"] is None


def test_demo_has_a_stock_that_falls_month_by_month(demo):
    figures = Figure.objects.filter(
        participant__code=TAIHE, indicator__name="保障农村低保", indicator__accumulation="stock"
    ).order_by("period__ends_on")

    values = [row.value for row in figures]

    assert len(values) == 8
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1]


def test_demo_shows_every_kind_of_status(standings):
    statuses = {row["status"] for rows in standings.lines.values() for row in rows}

    assert statuses >= {
        *("exceeded", "done", "on_schedule", "behind", "not_started", "not_due"),
        *("met", "not_met", "no_task", "not_reported"),
    }


# -- the people ---------------------------------------------------------------------------------


def test_demo_has_somebody_for_every_role(demo):
    roles = set(RoleGrant.objects.values_list("role", flat=True))

    assert roles == set(RoleGrant.Role.values)
    assert len(demo_logins()) == len(DEMO_LOGINS) == 32


ONE_OF_A_ROLE = {login.role: login.username for login in DEMO_LOGINS}.values()


@pytest.mark.parametrize(
    "login",
    [pytest.param(one, marks=[] if one.username in ONE_OF_A_ROLE else pytest.mark.long) for one in DEMO_LOGINS],
    ids=lambda login: login.username,
)
def test_demo_user_logs_in_and_sees_the_first_page(demo, client, login):
    assert client.login(username=login.username, password=DEMO_PASSWORD)

    response = client.get("/")

    assert response.status_code == 200
    assert login.full_name in response.content.decode()


def test_demo_separates_the_three_administrators(demo):
    for user in User.objects.filter(grants__role__in=RoleGrant.SEPARATED_ROLES):
        assert user.grants.count() == 1, user


# -- the command --------------------------------------------------------------------------------


def test_load_demo_run_twice_changes_nothing(demo):
    before, last = row_counts(), AuditEvent.objects.order_by("-id").first()

    said = run()

    assert "演示数据已经装入，什么都没有改动" in said
    assert row_counts() == before
    assert AuditEvent.objects.order_by("-id").first() == last


def test_load_demo_prints_the_logins(demo):
    said = run()

    for login in DEMO_LOGINS:
        assert login.username in said
    assert DEMO_PASSWORD in said


def test_load_demo_catalogue_only_leaves_out_reports_figures_and_averages(cloned_db):
    said = run("--catalogue-only")

    counts = {model: model.objects.count() for model in (Report, Figure, Benchmark, Document)}
    # The register begins with the paper made elsewhere.
    assert counts == {Report: 0, Figure: 0, Benchmark: 0, Document: 1}
    assert Target.objects.count() == 1310
    assert list(ReportingPeriod.objects.values_list("state", flat=True)) == ["open"] * 8
    assert "已装入演示数据" in said
    before = row_counts()
    assert "什么都没有改动" in run("--catalogue-only")
    assert row_counts() == before


def test_load_demo_refuses_a_catalogue_somebody_has_begun_to_fill(cloned_db):
    run("--catalogue-only")
    period = ReportingPeriod.objects.first()
    Report.objects.create(period=period, participant=period.programme.participants.first())
    before = row_counts()

    with pytest.raises(CommandError, match="已有人开始填报"):
        run()

    assert row_counts() == before


@pytest.mark.django_db
def test_load_demo_refuses_a_database_with_a_real_programme():
    factories.ProgrammeFactory(owner=factories.RegionFactory(code="341200", name="阜阳市", kind="city"))

    with pytest.raises(CommandError, match="正式的年度民生工程"):
        run()

    assert not User.objects.filter(username="taihe_clerk").exists()
    assert Region.objects.count() <= 2
