"""The notice for browsers older than Chromium 86: in every page, and hidden only by what Chromium 86 knows."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string

TEMPLATES = settings.BASE_DIR / "templates"
#: Pages of their own that every browser can read: the server's last word, and the public site of an issued month.
WITHOUT_NOTICE = {"500.html", "supervision/disclosure/site/base.html"}


def test_every_page_is_built_on_the_base_that_has_the_notice():
    whole = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "<html" in path.read_text() or "<body" in path.read_text()
    }

    assert whole - WITHOUT_NOTICE == {"base.html"}


def test_notice_stands_above_everything_but_the_skip_link():
    page = render_to_string("base.html")
    body = page[page.index("<body") :]

    assert body.index("skip-link") < body.index('<p class="old-browser" role="alert">') < body.index('class="bar"')
    assert "Chrome 86" in body


def test_admin_pages_have_the_notice_above_their_bar(client, system_admin):
    client.force_login(system_admin)

    page = client.get("/admin/").content.decode()

    assert page.index('<p class="old-browser" role="alert">') < page.index('id="header"')


@pytest.mark.parametrize("name", ["app.css", "admin.css"])
def test_notice_is_hidden_only_where_the_newest_feature_is_known(name):
    styles = (settings.BASE_DIR / "static" / "css" / name).read_text()
    rules = re.findall(r"([^{}]*)\{\s*\.old-browser\s*\{([^}]*)\}\s*\}|\.old-browser\s*\{([^}]*)\}", styles)
    hiding = [(condition.strip(), inside or plain) for condition, inside, plain in rules if "none" in inside + plain]

    # :focus-visible came with Chromium 86, the test for selectors with 83.
    assert [condition for condition, _ in hiding] == ["@supports selector(:focus-visible)"]
