"""The lint over served files really refuses what Chromium 86 lacks; a check that cannot fail checks nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

PROGRAMS = Path(settings.BASE_DIR) / "node_modules" / ".bin"


def lint(program: str, file_name: str, text: str) -> subprocess.CompletedProcess:
    """Run the linter over a text as if it were a served file."""
    return subprocess.run(
        [PROGRAMS / program, "--stdin", "--stdin-filename", file_name],
        input=text,
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        # Where the system has no Node, the environment's own serves.
        env={**os.environ, "PATH": f"{os.environ['PATH']}:{Path(sys.executable).parent}"},
        check=False,
    )


def test_styles_newer_than_the_oldest_browser_are_refused_each():
    refused = {
        ":has": "a:has(b) { color: red; }",
        ":is": "a:is(b, c) { color: red; }",
        ":not() with a list": "a:not(b, c) { color: red; }",
        "color-mix()": "a { color: color-mix(in srgb, red, blue); }",
        "oklch()": "a { color: oklch(1 1 1); }",
        "inset": "a { inset: 0; }",
        "aspect-ratio": "a { aspect-ratio: 1; }",
        "overflow: clip": "a { overflow: clip; }",
        "100dvh": "a { height: 100dvh; }",
        "nesting": "a { & b { color: red; } }",
        "@layer": "@layer one { a { color: red; } }",
        "@container": "@container (min-width: 3px) { a { color: red; } }",
        "@media with < or >": "@media (width > 3px) { a { color: red; } }",
    }

    result = lint("stylelint", "static/css/sample.css", "\n".join(refused.values()))

    assert result.returncode == 2
    report = result.stdout + result.stderr
    assert [what for what in refused if what not in report] == []


def test_styles_the_oldest_browser_knows_pass():
    styles = "a:focus-visible { appearance: none; gap: 3px; page: wide; position: sticky; }"

    result = lint("stylelint", "static/css/sample.css", styles)

    assert result.returncode == 0, result.stdout + result.stderr


def test_scripts_newer_than_the_oldest_browser_are_refused_each():
    refused = [
        "window.x = [1].at(0);",
        "window.x = Object.hasOwn({}, 'a');",
        "window.x = [2, 1].toSorted();",
        "window.x = structuredClone({});",
    ]

    result = lint("eslint", "static/js/sample.js", "\n".join(refused))

    assert result.returncode == 1
    # "  2:12  error  …", a line of the report for each line of the script.
    assert set(re.findall(r"^ +(\d+):\d+ +error", result.stdout, flags=re.MULTILINE)) == {"1", "2", "3", "4"}


def test_syntax_newer_than_the_oldest_browser_is_refused():
    result = lint("eslint", "static/js/sample.js", "class A { static { } }")

    assert result.returncode == 1


def test_script_the_oldest_browser_knows_passes():
    result = lint("eslint", "static/js/sample.js", "window.x = window.y?.z ?? 'a-b'.replaceAll('-', '');\n")

    assert result.returncode == 0, result.stdout + result.stderr
