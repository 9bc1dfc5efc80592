"""The reader against all awkward returns: nothing lost, nothing silently wrong, no noise."""

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml

from livelihood.models import User
from projects.excel import child, guard, workbook
from projects.services.catalogue import load_catalogue
from tests import factories
from tests.projects.accuracy import OUTCOMES, judged
from tests.projects.awkward_returns import RETURNS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "import-accuracy.md"


@pytest.fixture
def month(db):
    """August of the catalogue in fixtures/."""
    data = {}
    for name in ("regions", "agencies", "fuyang-2020"):
        loaded = yaml.safe_load((ROOT / "fixtures" / f"{name}.yaml").read_text())
        data |= loaded if name == "fuyang-2020" else {name: loaded[name] if isinstance(loaded, dict) else loaded}
    programme = load_catalogue(data=data, by=User.objects.system()).programme
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


def test_awkward_returns_are_read_right_or_said_to_be_doubtful(month, in_process, tmp_path):
    total, faults, lines = Counter(), [], []
    for one in RETURNS:
        count, wrong = judged(one, tmp_path, month)
        total += count
        faults += [f"{one.name}: {words}" for words in wrong]
        lines.append((one, count))

    assert not faults, "\n".join(faults)
    assert (total["lost"], total["silently wrong"], total["noise"]) == (0, 0, 0)
    if os.environ.get("WRITE_IMPORT_ACCURACY"):
        DOCUMENT.write_text(_document(lines, total))
    assert DOCUMENT.read_text() == _document(lines, total), "run scripts/import_accuracy.sh"


def _document(lines, total: Counter) -> str:
    rows = [
        f"| {one.name} | {one.covers.replace('|', '/')} | "
        + " | ".join(str(count[outcome] or "") for outcome in OUTCOMES)
        + " |"
        for one, count in lines
    ]
    return "\n".join(
        [
            "# How well returns are read",
            "",
            "Made by `scripts/import_accuracy.sh` from the returns of `tests/projects/awkward_*.py`, each",
            "built in code together with its truth. *Asked*: the figure is not taken and an issue says why.",
            "*Refused*: the whole file. *Lost* (absent without a word), *silently wrong* and *noise* (an issue on a",
            "clean file) must be 0.",
            "",
            "| Return | Covers | " + " | ".join(outcome.capitalize() for outcome in OUTCOMES) + " |",
            "|---" * (2 + len(OUTCOMES)) + "|",
            *rows,
            f"| **{len(lines)} returns** | | " + " | ".join(f"**{total[outcome]}**" for outcome in OUTCOMES) + " |",
            "",
        ]
    )
