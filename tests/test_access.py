"""Every address × every role: what is not granted is refused.

Letters: s got in (2xx, 3xx; or 422: in, and told what is wrong with the form; or 503: told that the site is not
ready); f in scope but not allowed (403); n out of scope (404); L sent to the login page; m not that way (405).
A new address fails here until it has its row.
"""

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from livelihood.access import is_city_office
from livelihood.models import Job
from supervision.services.documents import draft_bulletin
from supervision.services.snapshots import freeze_snapshot
from tests import factories

ROLES = [
    "anonymous",
    "stranger",
    "clerk",
    "head",
    "other_clerk",
    "filler",
    "lead_officer",
    "city_officer",
    "leader",
    "inspector",
    "system_admin",
    "security_admin",
    "auditor",
]

#: Columns in the order of ROLES.
TABLE = """
livelihood:healthz                GET    s s s s s s s s s s s s s
livelihood:healthz                POST   m m m m m m m m m m m m m
livelihood:home                   GET    L s s s s s s s s s s s s
livelihood:home                   POST   L m m m m m m m m m m m m
livelihood:job-detail             GET    L n n n n n n s n n n n n
livelihood:job-detail             POST   L m m m m m m m m m m m m
livelihood:login                  GET    s s s s s s s s s s s s s
livelihood:login                  POST   s s s s s s s s s s s s s
livelihood:logout                 GET    L m m m m m m m m m m m m
livelihood:logout                 POST   L L L L L L L L L L L L L
livelihood:readyz                 GET    s s s s s s s s s s s s s
livelihood:readyz                 POST   m m m m m m m m m m m m m
livelihood:status                 GET    L f f f f f f f f f s f f
livelihood:status                 POST   L m m m m m m m m m m m m
livelihood:styleguide             GET    L f f f f f f f f f s f f
livelihood:styleguide             POST   L m m m m m m m m m m m m
projects:period-detail            GET    L n s s s s s s s s n n n
projects:period-detail            POST   L m m m m m m m m m m m m
projects:period-reopen            GET    L n f f f f f s f f n n n
projects:period-reopen            POST   L n f f f f f s f f n n n
projects:programme-list           GET    L s s s s s s s s s s s s
projects:programme-list           POST   L m m m m m m m m m m m m
projects:report-approve           GET    L m m m m m m m m m m m m
projects:report-approve           POST   L n f f n f n s f f n n n
projects:report-detail            GET    L n s s n s n s s s n n n
projects:report-detail            POST   L n s s n s n s f f n n n
projects:report-import            GET    L n s s n f n s f f n n n
projects:report-import            POST   L n s s n f n s f f n n n
projects:report-return            GET    L m m m m m m m m m m m m
projects:report-return            POST   L n f f n f n s f f n n n
projects:report-sign              GET    L m m m m m m m m m m m m
projects:report-sign              POST   L n f s n f n f f f n n n
projects:report-start             GET    L m m m m m m m m m m m m
projects:report-start             POST   L n n n n n n n n n n n n
projects:report-submit            GET    L m m m m m m m m m m m m
projects:report-submit            POST   L n s s n f n f f f n n n
projects:report-template          GET    L n s s n s n s s s n n n
projects:report-template          POST   L m m m m m m m m m m m m
projects:report-withdraw          GET    L m m m m m m m m m m m m
projects:report-withdraw          POST   L n s s n f n f f f n n n
supervision:benchmarks            GET    L n f f f f f s f f n n n
supervision:benchmarks            POST   L n f f f f f s f f n n n
supervision:document-detail       GET    L n n n n n n s n n n n n
supervision:document-detail       POST   L m m m m m m m m m m m m
supervision:document-download     GET    L n n n n n n s n n n n n
supervision:document-download     POST   L m m m m m m m m m m m m
supervision:document-issue        GET    L m m m m m m m m m m m m
supervision:document-issue        POST   L n n n n n n s n n n n n
supervision:document-list         GET    L s s s s s s s s s s s s
supervision:document-list         POST   L m m m m m m m m m m m m
supervision:document-render       GET    L m m m m m m m m m m m m
supervision:document-render       POST   L n n n n n n s n n n n n
supervision:indicator-detail      GET    L n s s s s s s s s n n n
supervision:indicator-detail      POST   L m m m m m m m m m m m m
supervision:period-close          GET    L n f f f f f s f f n n n
supervision:period-close          POST   L n f f f f f s f f n n n
supervision:ranking               GET    L n s s s s s s s s n n n
supervision:ranking               POST   L m m m m m m m m m m m m
supervision:ranking-latest        GET    L n s s s s s s s s n n n
supervision:ranking-latest        POST   L m m m m m m m m m m m m
supervision:snapshot-refresh      GET    L m m m m m m m m m m m m
supervision:snapshot-refresh      POST   L n f f f f f s f f n n n
"""

WITHOUT_ARGUMENTS = {
    "livelihood:home",
    "livelihood:login",
    "livelihood:logout",
    "livelihood:healthz",
    "livelihood:readyz",
    "livelihood:status",
    "livelihood:styleguide",
    "projects:programme-list",
    "supervision:document-list",
    "supervision:ranking-latest",
}


def rows() -> dict[tuple[str, str], str]:
    """Return (url name, method) → the row's letters."""
    found = {}
    for line in TABLE.strip().splitlines():
        name, method, letters = line.split(None, 2)
        found[name, method] = letters.replace(" ", "")
    return found


def all_names(patterns=None, prefix="") -> set[str]:
    """Return every URL name of the site but the admin's own."""
    names = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            names.add(prefix + str(pattern.name))
        elif pattern.namespace != "admin":
            names |= all_names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix)
    return names


@pytest.fixture
def addresses(db, indicators, participants, programme, period, july, city_officer):
    """The objects the addresses are about: 太和县's open August report, issued and drafted papers."""
    report = factories.ReportFactory(
        period=period, participant=participants["341222"], state="draft", content_sha256=""
    )
    factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=city_officer)
    snapshot = freeze_snapshot(period=period, by=city_officer)
    draft = draft_bulletin(snapshot=snapshot, by=city_officer)
    job = Job.objects.create(kind="close_month", key=f"{programme.code}:2020-08:1", queued_by=city_officer)
    of_period = {"code": programme.code, "period": "2020-08"}
    arguments = {
        "livelihood:job-detail": {"pk": job.pk},
        "supervision:indicator-detail": of_period | {"pk": indicators["里程"].pk},
    }
    found = {}
    for name in all_names():
        if name in arguments:
            found[name] = reverse(name, kwargs=arguments[name])
        elif name.startswith("projects:report-") and name != "projects:report-start":
            found[name] = reverse(name, kwargs={"pk": report.pk})
        elif name.startswith("supervision:document-") and name != "supervision:document-list":
            found[name] = reverse(name, kwargs={"pk": draft.pk})
        elif name in WITHOUT_ARGUMENTS:
            found[name] = reverse(name)
        else:
            found[name] = reverse(name, kwargs=of_period)
    return found


@pytest.fixture
def people(
    stranger,
    clerk,
    head,
    other_clerk,
    filler,
    lead_officer,
    city_officer,
    leader,
    inspector,
    system_admin,
    security_admin,
    auditor,
):
    """The cast by role name."""
    return locals()


def letter(response) -> str:
    """Return the table's letter for a response."""
    if response.status_code == 302 and response["Location"].startswith(reverse("livelihood:login")):
        return "L"
    if response.status_code < 400:
        return "s"
    return {403: "f", 404: "n", 405: "m", 422: "s", 503: "s"}.get(response.status_code, str(response.status_code))


def visit(address, method, person) -> str:
    """Return the letter `person` (None: nobody) gets at `address`."""
    client = Client(raise_request_exception=False)
    if person:
        client.force_login(person)
    return letter(client.generic(method, address))


def test_every_address_has_its_row():
    named = {name for name, _ in rows()}

    assert all_names() - named == set(), "add the new address to TABLE, method by method"
    assert named - all_names() == set(), "this address is gone"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method"), sorted(rows()))
def test_address_admits_whom_it_should(name, method, addresses, people):
    found = [visit(addresses[name], method, None if role == "anonymous" else people[role]) for role in ROLES]

    assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, rows()[name, method], strict=True))


def test_admin_is_for_staff_only(people):
    admitted = set()
    for role, person in people.items():
        client = Client()
        client.force_login(person)
        if client.get(reverse("admin:index")).status_code == 200:
            admitted.add(role)

    assert admitted == {"system_admin"}


@pytest.mark.django_db
def test_grant_limited_to_one_programme_is_not_taken_for_an_unlimited_one(city, programme):
    officer = factories.grant(factories.UserFactory(), "city_office", region=city)
    officer.grants.update(programme_code="zhangye-2022")

    assert not is_city_office(officer, city.pk)
    assert not type(programme).objects.visible_to(officer).exists()
