"""Mutated workbooks: the reader neither crashes nor hangs, and a figure is the sheet's own or is not there."""

import itertools
import os
import random
import time
from contextlib import suppress

import openpyxl
import pytest

from projects.excel import child, guard, workbook
from projects.excel.workbook import Sheet
from projects.services.imports import review_returns
from tests.projects.workbooks import filled

pytestmark = pytest.mark.slow

#: Of the usual run, the same each time; what a minute more of them may find is left to make test-long.
MUTATIONS = 60
ODD = [
    None,
    "",
    " ",
    "合计",
    "小计",
    "序号",
    "指标",
    "累计完成",
    "目标任务",
    "本月累计",
    "0",
    0,
    -1,
    1e20,
    1e-09,
    "1e5",
    "1,2,3",
    "１２",
    "12人次",
    "12万",
    "50%",
    0.5,
    True,
    "#REF!",
    "/",
    "无任务",
    "已完成",
    "2020年7月",
    "填报单位：界首市",
    "太和县",
    "里程",
    "合格率",
    "农村道路",
    "=1+1",
    "一、",
    "①",
    "x" * 40_000,
    "\u200b",
    "完成12公里，完成率18%",
    "公里",
    "米",
    "%",
    "到位资金(万元)",
    "拨付资金",
    "资金来源",
    "中央",
]


def mutate(path, seed: int):
    """Change some cells, merges, rows and columns of a saved workbook."""
    dice = random.Random(seed)
    book = openpyxl.load_workbook(path)
    page = book["月报"]
    for _ in range(dice.randint(1, 8)):
        row, column = dice.randint(1, 9), dice.randint(1, 10)
        match dice.randrange(7):
            case 0:
                page.insert_rows(row)
            case 1:
                page.delete_rows(row)
            case 2:
                page.insert_cols(column)
            case 3:
                page.delete_cols(column)
            case 4:
                page.merge_cells(
                    start_row=row, start_column=column, end_row=row + dice.randint(0, 2), end_column=column + 1
                )
            case _:
                cell = page.cell(row, column)
                if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                    cell.value = dice.choice(ODD)
    book.save(path)
    return path


@pytest.fixture
def good(tmp_path, indicators, period, july, participants):
    cells = {"H4": 55.25, "H5": 88.5, "H6": 900}
    return filled(tmp_path / "a.xlsx", period=period, participant=participants["341222"], cells=cells)


@pytest.fixture
def in_process(monkeypatch):
    """Parse in this process: a crash of the parser would be seen, not turned into a sentence."""

    def answer(path):
        try:
            return {"sheets": child.sheets_of(path)}
        except guard.FileRefused as refused:
            return {"refused": str(refused)}

    monkeypatch.setattr(workbook, "_ask_child", answer)


def fuzz(good, period, folder, numbers) -> int:
    """Read a mutation of a good workbook for each number; return how many. A single one has ten seconds of CPU time."""
    content, done = good.read_bytes(), 0
    for number in numbers:
        path = folder / "m.xlsx"
        path.write_bytes(content)
        mutate(path, number)
        begun = time.process_time()
        review = review_returns(files=[(path, "m.xlsx")], programme=period.programme, period=period)
        assert time.process_time() - begun < 10, f"seed {number}"
        page = openpyxl.load_workbook(path)["月报"]
        for reading in review.readings:
            assert reading.refusal or reading.participant is not None, f"seed {number}"
            for figure in reading.figures:
                # Read from a cell of the sheet, which holds something where a number was read.
                held = page[figure.cell].value
                assert figure.value is None or held not in (None, ""), f"seed {number}: {figure}"
        assert not review.is_refused or review.issues, f"seed {number}"
        done += 1
    return done


def test_mutated_workbooks_are_read_or_refused_without_a_crash(good, period, tmp_path, in_process):
    assert fuzz(good, period, tmp_path, range(MUTATIONS)) == MUTATIONS


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_mutated_workbooks_for_long(good, period, tmp_path, in_process):
    end = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "180"))
    numbers = itertools.takewhile(lambda _: time.monotonic() < end, itertools.count(1_000_000))

    assert fuzz(good, period, tmp_path, numbers) > 100


def test_cut_and_flipped_bytes_are_refused_or_read(good, tmp_path, in_process):
    content = good.read_bytes()
    dice = random.Random(7)
    for _ in range(150):
        broken = bytearray(content[: dice.randint(1, len(content))] if dice.random() < 0.3 else content)
        for _ in range(dice.randint(1, 20)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        path = tmp_path / "b.xlsx"
        path.write_bytes(bytes(broken))
        with suppress(workbook.WorkbookRefused):
            assert all(isinstance(sheet, Sheet) for sheet in workbook.open_workbook(path).sheets)
