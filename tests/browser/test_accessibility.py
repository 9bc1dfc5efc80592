"""axe-core over every main page as its roles see it: what a screen reader or weak eyes would stumble over."""

import datetime

import pytest

from livelihood.models import Job, User
from projects.models import Indicator, Report, ReportingPeriod, SubProject
from supervision.models import (
    Check,
    Disclosure,
    DisclosureObjection,
    Document,
    DocumentSeries,
    Inspection,
    Interview,
    Rectification,
    SupervisionLetter,
)
from tests.support.browser import LARGE, ROOT, SMALL, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

#: What axe finds and we leave, rule by rule with the reason; empty: nothing is left.
ACCEPTED: dict[str, str] = {}

#: Pages by role; {…} are ids found in the demo.
PAGES = {
    "nobody": ["/login/"],
    "taihe_clerk": ["/", "/programmes/", "/reports/{returned}/", "/reports/{returned}/import/", "/no-such-page/"],
    "yingshang_clerk": ["/", "/reports/{empty}/", "{august}close/"],
    "taihe_head": ["/"],
    "taihe_education": ["/", "/programmes/"],
    "city_education": ["/", "/ranking/"],
    "leader": ["/", "{august}ranking/", "/documents/"],
    "city_office": [
        "/",
        "/programmes/",
        "{august}",
        "{august}review/",
        "/reports/{submitted}/review/",
        "/programmes/fuyang-2020/discipline/?unit=341222",
        "{august}benchmarks/",
        "{august}ranking/",
        "{august}indicators/{indicator}/",
        "{august}why/341222/{indicator}/",
        "{august}close/",
        "{july}reopen/",
        "/documents/",
        "/documents/{issued}/",
        "/letters/{letter}/",
        "/jobs/{job}/",
        "/programmes/fuyang-2020/funds/",
        "/programmes/fuyang-2020/funds/held/",
        "/programmes/fuyang-2020/funds/projects/26/",
        "/programmes/fuyang-2020/funds/shares/new/",
        "/programmes/fuyang-2020/",
        "/programmes/fuyang-2020/rollover/",
    ],
    "tongguan_office": [
        "/programmes/tongguan-2020/funds/?by=project",
        "/programmes/tongguan-2020/funds/plan/",
        "/programmes/tongguan-2020/funds/exclusions/",
    ],
    "system_admin": ["/", "/styleguide/", "/status/", "/password/", "/admin/", "/admin/livelihood/user/"],
    # Not the form of a grant: Django's own choice box (select2) gives its field no name a screen reader could say.
    "security_admin": ["/", "/admin/livelihood/rolegrant/"],
    "auditor": ["/", "/admin/livelihood/auditevent/"],
}

#: Other views of pages named above, which take long to look at: only in the long form.
MORE = {
    "taihe_head": [
        "/reports/{returned}/",
        "/checks/{check}/",
        "/documents/",
        "/documents/{issued}/",
        "/letters/{letter}/",
        "/rectification/",
    ],
    "city_education": ["/checks/{lead_check}/", "/documents/", "/rectification/"],
    "inspector": ["/", "/inspections/", "/inspections/new/", "/rectification/", "/letters/{letter}/"],
    "zhangye_office": ["/", "/documents/{draft}/", "/documents/{draft}/edit/", "/documents/settings/{draft_agency}/"],
    "system_admin": ["/status/"],
    "city_office": [
        "/reports/{submitted}/",
        "/reports/{submitted}/review/?tab=all",
        "/reports/{submitted}/review/?beside=month",
        "/reports/{submitted}/review/?beside=units",
        "{august}ranking/?rate=project-disbursed",
        "{august}ranking/?against=schedule&show=gap&open=26,27",
        "{july}ranking/?against=city&show=place&open=26",
        "{july}ranking/?rate=project-disbursed",
        "{july}projects/26/",
        "{august}projects/3/",
        "{july}units/341222/?open=all",
        "{august}units/341222/?order=lost",
        "{july}outlook/",
        "{july}provincial/?last=all",
        "{august}plausibility/",
        "{july}why/341222/overall/",
        "{july}why/341222/projects/26/",
        "{july}why/341222/funds/project-disbursed/",
        "/letters/",
        "/letters/new/?programme=fuyang-2020&period=2020-07&unit=341222&indicator={indicator}",
        "{july}oversight/",
        "/programmes/fuyang-2020/oversight/rules/",
        "/programmes/fuyang-2020/oversight/rules/new/",
        "/disclosures/",
        "/disclosures/{disclosure}/",
        "/disclosures/{disclosure}/site/index.html",
        "/disclosures/{disclosure}/site/project-26.html",
        "/disclosures/{disclosure}/objections/new/",
        "/documents/{issued}/disclosure/",
        "/disclosures/objections/{objection}/",
        "/rectification/new/",
        "/rectification/{item}/",
        "/interviews/new/",
        "/interviews/",
        "/interviews/{interview}/",
        "/rectification/",
        "/inspections/",
        "/inspections/{inspection}/",
        "/inspections/new/",
        "/inspections/folder/",
        "{july}close/",
        "{july}checks/",
        "/checks/{check}/",
        "{july}papers/new/",
        "/documents/?q=%25_%22",
        "/documents/{issued}/receipts/",
        "/documents/{elsewhere}/",
        "/documents/series/",
        "/documents/series/{series}/",
        "/documents/external/new/",
        "/documents/settings/{agency}/",
        "/documents/settings/{agency}/kinds/",
        "/programmes/fuyang-2020/weekly/",
        "/programmes/fuyang-2020/funds/lines/",
        "/programmes/fuyang-2020/funds/plan/printed/",
        "{august}import/",
        "/programmes/import/",
        "/programmes/fuyang-2020/targets/import/",
        "/programmes/fuyang-2020/milestones/?day=2020-08-31",
        "/programmes/fuyang-2020/tasks/new/",
        "/programmes/fuyang-2020/participants/",
        "/programmes/fuyang-2020/participants/new/",
        "/programmes/fuyang-2020/readiness/",
        "/programmes/fuyang-2020/periods/new/",
        "/programmes/fuyang-2020/schedule/",
        "/programmes/fuyang-2020/calendar/",
        "/programmes/fuyang-2020/lineage/",
        "/programmes/fuyang-2020/scheme/",
        "/programmes/fuyang-2020/scheme/new/",
        "{august}marks/",
        "/programmes/fuyang-2020/facts/",
        "/programmes/fuyang-2020/catalogue/order/",
        "/programmes/fuyang-2020/catalogue/assignments/{project}/",
        "/programmes/fuyang-2020/catalogue/duties/{sub_project}/",
        "/programmes/fuyang-2020/catalogue/project/new/",
        "/programmes/fuyang-2020/catalogue/sub-project/{sub_project}/",
        "/programmes/fuyang-2020/catalogue/indicator/{indicator}/",
        "/programmes/fuyang-2020/catalogue/conflict/new/",
        "/programmes/new/",
        "/admin/",
        "/admin/projects/indicator/",
        "/admin/projects/target/",
        "/programmes/fuyang-2020/targets/",
        "/programmes/fuyang-2020/targets/16/",
        "/programmes/fuyang-2020/agreements/341222/",
    ],
}
LONG = [(name, size, MORE[name]) for name in MORE for size in (SMALL, LARGE)] + [
    (name, LARGE, pages) for name, pages in PAGES.items()
]


@pytest.fixture(scope="module")
def places(shared_demo):
    """The ids the addresses are about."""
    periods = ReportingPeriod.objects.filter(programme__code="fuyang-2020")
    august = periods.get(ends_on=datetime.date(2020, 8, 31))
    july = periods.get(ends_on=datetime.date(2020, 7, 31))
    reports = Report.objects.filter(period=august)
    sub_project = SubProject.objects.filter(project__programme=august.programme).earliest("pk")
    job, _ = Job.objects.get_or_create(
        kind="close_month", key="looked-at", defaults={"queued_by": User.objects.get(username="city_office")}
    )
    checks = Check.objects.filter(snapshot__period=july)
    series = DocumentSeries.objects.get(agency=july.programme.office, word="民生办", year=2020)
    draft = Document.objects.select_related("series").get(
        kind="bulletin", state="draft", period__programme__owner__name="张掖市"
    )
    return {
        "august": f"/programmes/fuyang-2020/{august.code}/",
        "july": f"/programmes/fuyang-2020/{july.code}/",
        "returned": reports.get(participant__code="341222").pk,
        "empty": reports.get(participant__code="341226").pk,
        "submitted": reports.filter(state="submitted").first().pk,
        "indicator": Indicator.objects.filter(sub_project__project__programme=august.programme, assessed=True)
        .first()
        .pk,
        "project": sub_project.project_id,
        "sub_project": sub_project.pk,
        "issued": Document.objects.filter(state="issued").first().pk,
        "letter": SupervisionLetter.objects.first().pk,
        "disclosure": Disclosure.objects.first().pk,
        "objection": DisclosureObjection.objects.first().pk,
        "item": Rectification.objects.first().pk,
        "interview": Interview.objects.first().pk,
        "inspection": Inspection.objects.first().pk,
        "check": checks.get(participant__code="341222").pk,
        "lead_check": checks.get(agency__name="市教育局").pk,
        "elsewhere": Document.objects.filter(kind="external").first().pk,
        "series": series.pk,
        "agency": series.agency_id,
        "draft": draft.pk,
        "draft_agency": draft.series.agency_id,
        "job": job.pk,
    }


def findings(page) -> list[str]:
    """Run axe on the page as it stands; each finding as "rule (why): element"."""
    page.evaluate(AXE.read_text())
    # A selector for each element found good or bad takes axe half of its time, and nobody reads them.
    result = page.evaluate("axe.run(document, {resultTypes: ['violations'], selectors: false})")
    return [
        f"{found['id']} ({found['help']}): {node['html'][:160]}"
        for found in result["violations"]
        if found["id"] not in ACCEPTED
        for node in found["nodes"][:3]
    ]


@pytest.mark.parametrize(("username", "size", "addresses"), [(name, SMALL, PAGES[name]) for name in PAGES], ids=PAGES)
def test_pages_of_the_role_have_no_finding(username, size, addresses, chromium, shared_demo, places):
    look_at(addresses, Visitors(chromium, shared_demo.address), username, size, places)


@pytest.mark.long
@pytest.mark.parametrize(("username", "size", "addresses"), LONG)
def test_every_page_in_both_sizes_has_no_finding(username, size, addresses, chromium, shared_demo, places):
    look_at(addresses, Visitors(chromium, shared_demo.address), username, size, places)


@pytest.mark.long
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_scheme_tried_out_and_its_marks_have_no_finding(demo_visitors, size):
    page = demo_visitors.enter("city_office", size=size)
    page.goto("/programmes/fuyang-2020/scheme/new/")
    page.locator("[name$='-0-weight']").fill("90")
    for name, value in {"name": "日常工作", "weight": "10", "max_mark": "100"}.items():
        page.locator(f"[name$='-1-{name}']").fill(value)
    page.locator("[name$='-1-choice']").select_option(label="打分（本办）")
    for label, value in {
        "施行日期": "2020-08-01",
        "依据文件": "阜民生办〔2020〕15号",
        "制定或修订原因": "增加",
    }.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="试算").click()
    page.get_by_role("heading", name="试算：").wait_for()
    tried = findings(page)
    page.get_by_role("button", name="起施行").click()
    page.goto("/programmes/fuyang-2020/2020-08/marks/")

    marked = findings(page)

    assert page.locator(".mark-table").count() == 1
    assert (tried, marked) == ([], [])


@pytest.mark.long
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_why_beside_the_map_has_no_finding(chromium, shared_demo, places, size):
    visitors = Visitors(chromium, shared_demo.address)
    page = visitors.enter("leader", size=size)
    page.goto(places["july"] + "ranking/?open=26")
    page.locator(".row-detail a[data-why]").first.click()
    page.get_by_role("heading", name="数从哪里来").wait_for()

    found = findings(page)

    visitors.close()
    assert found == []


def look_at(addresses, visitors, username, size, places):
    """Open the pages as somebody and assert that each has its one heading and no finding."""
    page = visitors.open(size=size) if username == "nobody" else visitors.enter(username, size=size)
    found = {}

    for address in addresses:
        page.goto(address.format(**places))
        assert page.locator("h1").count() == 1, f"{address}: one <h1>"
        if violations := findings(page):
            found[address] = violations

    visitors.close()
    assert found == {}


def test_finding_is_found(chromium):
    visitors = Visitors(chromium)
    page = visitors.open()
    page.set_content('<html lang="zh-Hans"><title>x</title><main><h1>x</h1><input name="unnamed"></main></html>')

    found = findings(page)

    visitors.close()
    assert [line.split()[0] for line in found] == ["label"]
