"""年度数据 in the admin: the city office alone, its own rows alone, imported and exported, never edited."""

from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from funding.models import FundLine, FundPlan
from livelihood.models import AuditEvent
from projects.models import Project, Target
from projects.workbook_forms import LARGEST_FILE
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

TABLES = [
    "projects_programme",
    "projects_participant",
    "projects_project",
    "projects_indicator",
    "projects_target",
    "projects_benchmark",
    "funding_fundplan",
]
#: What a table answers the city office: 200 shown, 302 back to the list, 403 never.
ANSWERS = {"changelist": 200, "import": 200, "export": 200, "add": 403}
OWN = {"view": 200, "delete": 403, "history": 403}
HEAD = ["序号", "指标", "太和县"]
PAPER = {"document": "阜民生办〔2020〕9号", "document_on": "2020-07-01", "reason": "省里调整任务"}


@world
def year(indicators, period, july, city_officer):
    """A row in every table, and a programme of another city with a project."""
    line = FundLine.objects.create(
        programme=period.programme,
        sub_project=indicators["里程"].sub_project,
        participant=period.programme.participants.get(code="341222"),
        source="total",
        added_by=city_officer,
    )
    plan = FundPlan.objects.create(fund_line=line, valid_from="2020-01-01", amount=1_234_500, set_by=city_officer)
    average = factories.BenchmarkFactory(period=period, indicator=indicators["里程"], confirmed_by=city_officer)
    foreign = factories.ProjectFactory(
        programme=factories.ProgrammeFactory(
            code="tongling-2020", owner=factories.RegionFactory(code="340700", name="铜陵市", kind="city")
        ),
        seq=1,
        name="外市的项目",
    )
    return {"projects_benchmark": average, "funding_fundplan": plan, "foreign": foreign}


@pytest.fixture
def office_client(client, city_officer):
    """A client signed in as the city office."""
    client.force_login(city_officer)
    return client


def workbook(*rows) -> SimpleUploadedFile:
    """Return an uploaded workbook with these rows."""
    book, output = openpyxl.Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(output)
    return SimpleUploadedFile("任务分解.xlsx", output.getvalue())


def read(response) -> list[tuple]:
    """Return the rows of an exported workbook."""
    book = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content)))
    return list(book.active.iter_rows(values_only=True))


def addresses(table: str, row) -> dict[str, str]:
    """Return the addresses of one table of the admin by name."""
    found = {name: reverse(f"admin:{table}_{name}") for name in ("changelist", "import", "process_import", "export")}
    found["add"] = reverse(f"admin:{table}_add")
    return found | {
        "view": reverse(f"admin:{table}_change", args=[row.pk]),
        "delete": reverse(f"admin:{table}_delete", args=[row.pk]),
        "history": reverse(f"admin:{table}_history", args=[row.pk]),
    }


def first_row(table: str, year: dict, programme):
    """Return a row of the programme in a table."""
    if table in year:
        return year[table]
    return {
        "projects_programme": programme,
        "projects_participant": programme.participants.first(),
        "projects_project": programme.projects.first(),
        "projects_indicator": programme.projects.first().sub_projects.first().indicators.first(),
        "projects_target": Target.objects.filter(participant__programme=programme).first(),
    }[table]


#: The others have no code of their own: they are looked at in the long run.
OWN_CODE = {"projects_target", "projects_benchmark", "funding_fundplan"}


@pytest.mark.parametrize(
    "table", [pytest.param(table, marks=[] if table in OWN_CODE else pytest.mark.long) for table in TABLES]
)
def test_table_is_shown_imported_and_exported_and_no_row_is_changed(office_client, year, programme, table):
    there = addresses(table, first_row(table, year, programme))

    found = {name: office_client.get(there[name]).status_code for name in ANSWERS | OWN}
    posted = {name: office_client.post(there[name]).status_code for name in ("add", "view", "delete", "process_import")}

    assert found == ANSWERS | OWN
    # Of the keepers' tables nothing is even linked.
    assert "/admin/livelihood/" not in office_client.get(there["view"]).content.decode()
    # Nothing waits to be confirmed: back to the import's own page.
    assert posted == {"add": 403, "view": 403, "delete": 403, "process_import": 302}
    assert len(read(office_client.get(there["export"]))) >= 4


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "auditor", "clerk", "leader"])
def test_table_of_the_year_is_closed_to_everybody_else(request, client, year, programme, role):
    client.force_login(request.getfixturevalue(role))
    there = addresses("projects_target", first_row("projects_target", year, programme))

    answers = {
        (name, method): getattr(client, method)(address, follow=True).status_code
        for name, address in there.items()
        for method in ("get", "post")
        if (name, method) != ("process_import", "get")
    }

    assert {key for key, status in answers.items() if status != 403} == set()


@pytest.mark.long
def test_every_table_of_the_year_is_closed_to_everybody_else(
    year,
    programme,
    system_admin,
    security_admin,
    auditor,
    clerk,
    head,
    filler,
    leader,
    inspector,
    lead_officer,
    stranger,
):
    open_ones = set()
    for person in (
        system_admin, security_admin, auditor, clerk, head, filler, leader, inspector, lead_officer, stranger
    ):  # fmt: skip
        client = Client()
        client.force_login(person)
        for table in TABLES:
            for name, address in addresses(table, first_row(table, year, programme)).items():
                if client.post(address, follow=True).status_code != 403:
                    open_ones.add((person.username, table, name))

    assert open_ones == set()


def test_city_office_sees_nothing_of_the_keepers_and_no_other_citys_rows(office_client, year):
    foreign = year["foreign"]

    index = office_client.get(reverse("admin:index")).content.decode()
    listed = office_client.get(reverse("admin:projects_project_changelist")).content.decode()
    theirs = office_client.get(reverse("admin:projects_project_change", args=[foreign.pk]))
    chosen = office_client.get(reverse("admin:projects_target_import"), {"of": foreign.programme.code})
    rows = read(office_client.get(reverse("admin:projects_project_export")))

    assert "年度数据" in index
    for table in ("user", "rolegrant", "region", "agency", "auditevent"):
        assert f"/admin/livelihood/{table}/" not in index
        assert office_client.get(reverse(f"admin:livelihood_{table}_changelist")).status_code == 403
    assert "农村道路" in listed
    assert "铜陵" not in listed
    assert foreign.name not in listed
    assert foreign.name not in str(rows)
    # Django sends who asks for a row that is not there back to the index.
    assert (theirs.status_code, theirs["Location"]) == (302, reverse("admin:index"))
    assert chosen.status_code == 404


def test_grant_taken_back_closes_the_tables_at_once(office_client, city_officer, year):
    city_officer.grants.all().delete()

    assert office_client.get(reverse("admin:projects_target_changelist"), follow=True).status_code == 403
    assert office_client.post(reverse("admin:projects_target_process_import"), follow=True).status_code == 403


def test_targets_are_previewed_with_flags_and_imported_once(office_client, year, programme, city_officer):
    there = f"{reverse('admin:projects_target_import')}?of={programme.code}"

    shown = office_client.post(
        there, {"step": "upload", "file": workbook(HEAD, [1, "里程", 120]), **PAPER}, follow=True
    )
    review = shown.context["review"]
    before = Target.objects.count()
    confirm = shown.context["confirm_url"]
    done = office_client.post(confirm, {"fingerprint": review.fingerprint}, follow=True)
    again = office_client.post(confirm, {"fingerprint": review.fingerprint}, follow=True)

    # 120 of 太和县 and the 200 of 界首市 are 320 against the 300 of the whole.
    assert "全域目标为300，多20" in shown.content.decode()
    assert [(row.before, row.after) for row in review.changes] == [("100公里", "120")]
    assert "修订 1 个" in done.content.decode()
    assert "没有等待确认的文件" in again.content.decode()
    assert Target.objects.count() == before + 1
    events = AuditEvent.objects.filter(verb__in=["set_targets", "import_workbook"], by=city_officer)
    assert sorted(events.values_list("verb", flat=True)) == ["import_workbook", "set_targets"]


def test_wrong_row_stores_nothing_even_when_confirmed(office_client, year, programme):
    there = f"{reverse('admin:projects_target_import')}?of={programme.code}"
    file = workbook([*HEAD, "界首市"], [1, "里程", 120, "很多"])

    shown = office_client.post(there, {"step": "upload", "file": file, **PAPER}, follow=True)
    fingerprint = shown.context["review"].fingerprint
    forced = office_client.post(shown.context["confirm_url"], {"fingerprint": fingerprint}, follow=True)

    assert "目标“很多”看不出是多少" in shown.content.decode()
    assert "没有导入" in forced.content.decode()
    assert not Target.objects.filter(revision=2).exists()


def test_confirmed_after_a_change_meanwhile_is_shown_again(office_client, year, programme, participants, indicators):
    there = f"{reverse('admin:projects_target_import')}?of={programme.code}"
    shown = office_client.post(
        there, {"step": "upload", "file": workbook(HEAD, [1, "里程", 120]), **PAPER}, follow=True
    )
    stale = shown.context["review"].fingerprint
    factories.TargetFactory(
        indicator=indicators["里程"], participant=participants["341222"], revision=2, value=110, reason="另有文件"
    )

    refused = office_client.post(shown.context["confirm_url"], {"fingerprint": stale}, follow=True)

    assert "核对之后系统里的数据有改动" in refused.content.decode()
    assert not Target.objects.filter(value=120).exists()
    assert [row.after for row in refused.context["review"].changes] == ["120"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.4 not a workbook", "不是"),
        (b"x" * (LARGEST_FILE + 1), "文件太大，最多20MB"),
    ],
    ids=["other", "large"],
)
def test_file_that_is_no_workbook_is_refused_in_a_sentence(office_client, year, programme, content, words):
    there = f"{reverse('admin:projects_target_import')}?of={programme.code}"

    response = office_client.post(there, {"step": "upload", "file": SimpleUploadedFile("a.xlsx", content), **PAPER})

    assert response.status_code == 422
    assert words in response.content.decode()
    # What was typed beside the file is still there.
    assert PAPER["reason"] in response.content.decode()


def test_export_has_real_numbers_and_its_formulas_are_texts(office_client, year, programme):
    Project.objects.filter(programme=programme, seq=2).update(name="=SUM(A1)")

    targets = read(office_client.get(reverse("admin:projects_target_export"), {"q": "里程", "state": "assessed"}))
    response = office_client.get(reverse("admin:projects_project_export"))
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    bad = office_client.get(reverse("admin:projects_target_export"), {"state__nothing": "1"})

    head = next(row for row in targets if "目标值" in row)
    at, unit = head.index("目标值"), head.index("考核单位")
    assert [(row[unit], row[at]) for row in targets[targets.index(head) + 1 :]] == [
        ("太和县", 100),
        ("界首市", 200),
        ("全市", 300),
    ]
    [cell] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=SUM(A1)"]
    assert (cell.data_type, bool(cell.quotePrefix)) == ("s", True)
    assert bad.status_code in (302, 400)
    assert AuditEvent.objects.filter(verb="export_year_table").count() == 2
