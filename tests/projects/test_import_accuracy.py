"""The reader against all awkward returns: nothing lost, nothing silently wrong, no noise."""

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml

from livelihood.models import User
from projects.excel import child, guard, workbook
from projects.models import SubProject
from projects.services.catalogue import load_catalogue
from tests import factories
from tests.funding import rows
from tests.projects.accuracy import OUTCOMES, judged
from tests.projects.awkward_returns import RETURNS, plan_of
from tests.support.worlds import world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "import-accuracy.md"
#: Every so many-th return is read in the suite.
IN_THE_SUITE = 5


@world
def month(db):
    """August of the catalogue in fixtures/, with the fund lines the returns with money are about."""
    data = {}
    for name in ("regions", "agencies", "fuyang-2020"):
        loaded = yaml.safe_load((ROOT / "fixtures" / f"{name}.yaml").read_text())
        data |= loaded if name == "fuyang-2020" else {name: loaded[name] if isinstance(loaded, dict) else loaded}
    programme = load_catalogue(data=data, by=User.objects.system()).programme
    participants = {row.code: row for row in programme.participants.all()}
    subs = {(row.project.seq, row.name): row for row in SubProject.objects.select_related("project")}
    for (unit, seq, sub_item, source, kind), planned in plan_of().items():
        line = rows.fund_line(
            programme=programme,
            participant=participants[unit],
            sub_project=subs[seq, sub_item],
            source=source,
            kind=kind,
        )
        rows.fund_plan(line, amount=planned)
    return factories.PeriodFactory(programme=programme, month=8)


@pytest.fixture
def in_process(monkeypatch):
    """Parse in this process: the child's own function, without a start of Python for each of many files."""

    def answer(path):
        try:
            return {"sheets": child.sheets_of(path)}
        except guard.FileRefused as refused:
            return {"refused": str(refused)}

    monkeypatch.setattr(workbook, "_ask_child", answer)


def test_awkward_returns_are_read_right_or_asked_about_at_their_place(month, in_process, tmp_path):
    """A part of them; all of them are read in the long tests."""
    written = DOCUMENT.read_text()

    total, faults, lines = _judged(RETURNS[::IN_THE_SUITE], tmp_path, month)

    assert not faults, "\n".join(faults)
    assert (total["lost"], total["silently wrong"], total["noise"]) == (0, 0, 0)
    assert f"| **{len(RETURNS)} returns**" in written, "run scripts/import_accuracy.sh"
    assert {_row(*line) for line in lines} <= set(written.splitlines()), "run scripts/import_accuracy.sh"


@pytest.mark.long
def test_all_awkward_returns_are_as_the_document_says(month, in_process, tmp_path):
    total, faults, lines = _judged(RETURNS, tmp_path, month)

    assert not faults, "\n".join(faults)
    assert (total["lost"], total["silently wrong"], total["noise"]) == (0, 0, 0)
    if os.environ.get("WRITE_IMPORT_ACCURACY"):
        DOCUMENT.write_text(_document(lines, total))
    assert DOCUMENT.read_text() == _document(lines, total), "run scripts/import_accuracy.sh"


def _judged(returns, folder: Path, month) -> tuple[Counter, list[str], list]:
    total, faults, lines = Counter(), [], []
    for one in returns:
        count, wrong = judged(one, folder, month)
        total += count
        faults += [f"{one.name}: {words}" for words in wrong]
        lines.append((one, count))
    return total, faults, lines


def _row(one, count: Counter) -> str:
    outcomes = " | ".join(str(count[outcome] or "") for outcome in OUTCOMES)
    return f"| {one.name} | {one.covers.replace('|', '/')} | {outcomes} |"


def _document(lines, total: Counter) -> str:
    rows = [_row(*line) for line in lines]
    return "\n".join(
        [
            "# How well returns are read",
            "",
            "Made by `scripts/import_accuracy.sh` from the returns of `tests/projects/awkward_*.py`, each",
            "built in code together with its truth. *Asked*: the figure is not taken, and an issue at its cell, in its",
            "row, at the head of its column or at its sheet says why. *Refused*: the whole file. *Lost* (absent",
            "without a word), *silently wrong* and *noise* (an issue on a clean file) must be 0.",
            "",
            "| Return | Covers | " + " | ".join(outcome.capitalize() for outcome in OUTCOMES) + " |",
            "|---" * (2 + len(OUTCOMES)) + "|",
            *rows,
            f"| **{len(lines)} returns** | | " + " | ".join(f"**{total[outcome]}**" for outcome in OUTCOMES) + " |",
            "",
        ]
    )
