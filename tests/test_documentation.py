"""The documentation says what is there: pictures, links, commands, logins, roles."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from livelihood.demo_logins import DEMO_LOGINS, DEMO_PASSWORD
from livelihood.models import RoleGrant

ROOT = Path(__file__).resolve().parents[1]
MANUAL = ROOT / "docs" / "manual"
IMAGES = ROOT / "docs" / "images"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
HANDBOOK = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(MANUAL.glob("*.md"))]

LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# `make run PORT=8001`, a line of a code block, a cell of the table of commands.
MAKE = re.compile(r"(?:^|`|\$ )make ([a-z-]+)", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z_]+)")
TABLE_OF_COMMANDS = re.compile(r"^\| `([a-z_]+)[ `]", re.MULTILINE)

# Directories of somebody's machine, and numbers of somebody's tracker, mean nothing to a reader elsewhere.
ELSEWHERE = re.compile(r"(?<![\w./:])/(?:home|root|tmp|work|Users|mnt)/|\b[Ii]ssues? #?\d|(?<![\w&/])#\d+\b")

MANUAL_PAGE = {
    RoleGrant.Role.FILLER: "filler.md",
    RoleGrant.Role.CLERK: "county-clerk.md",
    RoleGrant.Role.HEAD: "county-head.md",
    RoleGrant.Role.LEAD_AGENCY: "lead-agency.md",
    RoleGrant.Role.CITY_OFFICE: "city-office.md",
    RoleGrant.Role.LEADER: "leader.md",
    RoleGrant.Role.INSPECTOR: "leader.md",
    RoleGrant.Role.SUPERVISOR: "inspector.md",
    RoleGrant.Role.SYSTEM_ADMIN: "administrators.md",
    RoleGrant.Role.SECURITY_ADMIN: "administrators.md",
    RoleGrant.Role.AUDITOR: "administrators.md",
}


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_without_code(page: Path) -> str:
    return CODE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The anchors GitHub gives to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def screenshots():
    spec = importlib.util.spec_from_file_location("screenshots", ROOT / "scripts" / "screenshots.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_link_to_a_file_or_heading_leads_somewhere(page):
    broken = []
    for _, address in LINK.findall(text_without_code(page)):
        if re.match(r"[a-z]+:", address):
            continue
        path, _, anchor = unquote(address).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(address)

    assert broken == [], f"{page_name(page)} links to what is not there"


def test_pictures_are_those_the_tool_makes_and_all_are_shown(screenshots):
    # Shown, or linked under the same picture in the other size.
    shown = {
        Path(address).name
        for page in PAGES
        for is_picture, address in LINK.findall(text_without_code(page))
        if is_picture or address.endswith(f"{screenshots.WIDE_ENDING}.png")
    }
    kept = {file.name for file in IMAGES.iterdir()}

    made = screenshots.image_names()

    assert shown == made, "a picture that no page shows, or that scripts/screenshots.py does not make"
    assert kept == made, "run `make screenshots`, and delete pictures it no longer makes"


def test_pictures_are_small_enough_to_be_cloned_with_the_code(screenshots):
    sizes = {file.name: file.stat().st_size // 1024 for file in IMAGES.iterdir()}

    assert {name: size for name, size in sizes.items() if size > screenshots.LARGEST_KIB} == {}
    assert sum(sizes.values()) <= screenshots.LARGEST_TOTAL_KIB


def test_screenshots_log_in_with_the_accounts_of_the_demo(screenshots):
    logins = {picture.login for picture in screenshots.PICTURES} - {None}

    assert logins <= {login.username for login in DEMO_LOGINS}
    assert screenshots.steps.PASSWORD == DEMO_PASSWORD


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_commands_named_in_a_page_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(CODE.findall(page.read_text()))

    assert set(MAKE.findall(code)) <= targets
    assert set(MANAGE.findall(code)) <= set(get_commands())


def test_commands_in_the_table_of_the_readme_exist():
    named = set(TABLE_OF_COMMANDS.findall(ROOT.joinpath("README.md").read_text().partition("## Commands")[2]))

    assert named, "the table of commands is gone or looks different"
    assert named <= set(get_commands())


def test_readme_is_at_most_150_lines():
    lines = (ROOT / "README.md").read_text().splitlines()

    assert len(lines) <= 150


def test_chinese_readme_names_the_same_commands_and_logins():
    english, chinese = (ROOT / "README.md").read_text(), (ROOT / "README.zh-CN.md").read_text()
    logins = {login.username for login in DEMO_LOGINS}

    def named(text):
        code = "\n".join(CODE.findall(text))
        words = set(re.findall(r"[a-z_]+", code))
        return {
            "make": set(MAKE.findall(code)),
            "manage": set(MANAGE.findall(code)) | set(TABLE_OF_COMMANDS.findall(text)),
            "logins": words & logins,
        }

    assert named(chinese) == named(english)


@pytest.mark.parametrize("page", HANDBOOK, ids=page_name)
def test_login_named_in_the_handbook_is_in_the_demo(page):
    patterns = r"`((?:city|system|security|taihe|yingshang)_[a-z]+|leader|inspector|supervisor|auditor)`"

    named = set(re.findall(patterns, page.read_text()))

    assert named <= {login.username for login in DEMO_LOGINS}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_page_speaks_of_the_project_alone(page):
    found = [match[0] for match in ELSEWHERE.finditer(page.read_text())]

    assert found == []


@pytest.mark.parametrize("role", RoleGrant.Role, ids=str)
def test_role_has_a_manual_page_that_the_index_names(role):
    name = MANUAL_PAGE[role]

    page = (MANUAL / name).read_text()

    assert role.label in page
    assert f"({name})" in (MANUAL / "README.md").read_text()
