"""axe-core over every main page as its roles see it: what a screen reader or weak eyes would stumble over."""

import datetime

import pytest

from livelihood.models import Job, User
from projects.models import Indicator, Report, ReportingPeriod
from supervision.models import Document
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
        "{august}close/",
        "{july}reopen/",
        "/documents/",
        "/documents/{issued}/",
        "/jobs/{job}/",
        "/programmes/fuyang-2020/funds/",
        "/programmes/fuyang-2020/funds/held/",
        "/programmes/fuyang-2020/funds/projects/26/",
        "/programmes/fuyang-2020/funds/shares/new/",
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
    "taihe_head": ["/reports/{returned}/"],
    "city_office": [
        "/reports/{submitted}/",
        "/reports/{submitted}/review/?tab=all",
        "/reports/{submitted}/review/?beside=month",
        "/reports/{submitted}/review/?beside=units",
        "{august}ranking/?rate=project-disbursed",
        "/programmes/fuyang-2020/funds/lines/",
        "/programmes/fuyang-2020/funds/plan/printed/",
        "{august}import/",
        "/programmes/import/",
        "/programmes/fuyang-2020/targets/import/",
        "/programmes/fuyang-2020/milestones/?day=2020-08-31",
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
    job, _ = Job.objects.get_or_create(
        kind="close_month", key="looked-at", defaults={"queued_by": User.objects.get(username="city_office")}
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
        "issued": Document.objects.filter(state="issued").first().pk,
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
