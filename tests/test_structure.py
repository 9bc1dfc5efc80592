"""Imports and templates point one way; and the checker is seen to catch each kind of violation."""

from pathlib import Path

import pytest

from tests.support.structure import upward_uses

ROOT = Path(__file__).resolve().parents[1]


def test_no_app_uses_one_above_it():
    assert upward_uses(ROOT) == []


def test_checker_reads_every_app_and_its_templates():
    for app in ("livelihood", "projects", "funding", "supervision"):
        assert list((ROOT / app).rglob("*.py")), app

    assert list((ROOT / "templates" / "livelihood").rglob("*.html"))


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        ("livelihood/views.py", "import projects.models", "livelihood/views.py:1 uses projects"),
        ("projects/services.py", "from supervision import standings", "projects/services.py:1 uses supervision"),
        (
            "projects/tasks.py",
            "def close():\n    from funding.models import FundLine",
            "projects/tasks.py:2 uses funding",
        ),
        ("projects/models/report.py", "from ...funding import sql", "projects/models/report.py:1 uses funding"),
        ("projects/apps.py", 'import_module("funding.sql")', "projects/apps.py:1 uses funding"),
        ("livelihood/a.py", 'apps.get_model("projects", "Figure")', "livelihood/a.py:1 uses projects"),
        ("projects/b.py", 'models.ForeignKey("supervision.Snapshot")', "projects/b.py:1 uses supervision"),
        ("projects/c.py", 'models.ForeignKey(to="funding.FundLine")', "projects/c.py:1 uses funding"),
        (
            "templates/projects/page.html",
            'a\n{% include "supervision/row.html" %}',
            "templates/projects/page.html:2 uses supervision",
        ),
        ("templates/base.html", "{% extends 'projects/x.html' %}", "templates/base.html:1 uses projects"),
        ("templates/livelihood/p.html", "{% load i18n figures %}", "templates/livelihood/p.html:1 uses projects"),
        ("templates/livelihood/q.html", "{% load x from figures %}", "templates/livelihood/q.html:1 uses projects"),
        (
            "projects/templates/projects/r.html",
            '{% include "funding/z.html" %}',
            "projects/templates/projects/r.html:1 uses funding",
        ),
    ],
)
def test_checker_catches_a_use_of_an_app_above(tmp_path, path, text, finding):
    tags = tmp_path / "projects" / "templatetags" / "figures.py"
    for file, content in ((tags, ""), (tmp_path / path, text)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    found = upward_uses(tmp_path)

    assert found == [finding]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("livelihood/urls.py", "import supervision.urls"),
        ("supervision/a.py", "from projects import progress\nfrom . import scoring\nfrom ..livelihood import models"),
        ("projects/models/b.py", "from . import report\nfrom .period import x\nfrom ..sql import y"),
        ("templates/supervision/c.html", '{% extends "base.html" %}{% include "projects/d.html" %}{% load figures %}'),
    ],
)
def test_checker_allows_a_use_of_the_same_app_or_one_below(tmp_path, path, text):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)

    found = upward_uses(tmp_path)

    assert found == []
