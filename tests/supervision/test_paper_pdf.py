"""Papers as .pdf: measured on the pages LibreOffice makes, and what happens when it does not.

One run of LibreOffice makes all that is measured here.
"""

import math
import os
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest

from supervision.documents import pdf
from supervision.documents.docx import docx_bytes
from tests.supervision.papers import chapter, letter, paper, table
from tests.support import processes

pytestmark = pytest.mark.slow

#: Millimetres of a point.
MM = 25.4 / 72
SAME_LINE = 6
#: A page of nothing but characters: 28 to a line, 22 lines.
GRID = "字" * 28 * 60


@dataclass(frozen=True)
class Line:
    """A line of print: its words, and its edges in millimetres from the left and the top of the sheet."""

    text: str
    left: float
    right: float
    top: float
    bottom: float


def lines_of(page, *, left_of=math.inf):
    """The lines of a page, from top to bottom; of what stands left of so many millimetres only."""
    text_page = page.get_textpage()
    height = page.get_height()
    chars = []
    for place in range(text_page.count_chars()):
        left, bottom, right, top = text_page.get_charbox(place, loose=True)
        char = text_page.get_text_range(place, 1)
        if char.strip() and left < right < left_of / MM:
            chars.append((bottom, left, right, top, char))
    rows = []
    for char in sorted(chars, reverse=True):
        # Signs of one line differ by a point or two.
        if rows and rows[-1][0][0] - char[0] < SAME_LINE:
            rows[-1].append(char)
        else:
            rows.append([char])
    lines = []
    for row in rows:
        bottoms, lefts, rights, tops, texts = zip(*sorted(row, key=lambda char: char[1]), strict=True)
        edges = (min(lefts), max(rights), height - max(tops), height - min(bottoms))
        lines.append(Line("".join(texts), *(edge * MM for edge in edges)))
    return sorted(lines, key=lambda line: line.top)


@pytest.fixture(scope="module")
def made():
    """The .pdf of each paper by name; the bytes of all of them come from one run."""
    if not any(map(shutil.which, pdf.PROGRAMS)):
        pytest.fail(f"LibreOffice is missing: {pdf.INSTALL}")
    many = [[str(number), f"农村道路{number}", "80.50"] for number in range(60)]
    papers = {
        "grid": paper(lead={"text": GRID}, chapters=[], attachments=[], is_demo=True),
        "usual": paper(attachments=[table("进度表", rows=many, landscape=True), table("报送情况表")], is_demo=True),
        "letter": letter(chapters=[chapter("办理要求", ("", GRID))]),
        "pitch": paper(lead={"text": GRID}, attachments=[]),
    }
    styles = {"pitch": {"line_pitch": 30, "imprint": "cc", "margins": {"bottom": 27}}}
    files = pdf.pdf_files([docx_bytes(content, styles.get(name)) for name, content in papers.items()])
    return dict(zip(papers, files, strict=True))


def pages_of(data):
    with pypdfium2.PdfDocument(data) as document:
        return [lines_of(page) for page in document]


def test_page_holds_22_lines_of_28_characters_within_the_type_area(made):
    second = pages_of(made["grid"])[1]

    body = [line for line in second if set(line.text) == {"字"}]
    assert len(body) == 22
    assert {len(line.text) for line in body} == {28}
    # 版心: 37 mm from the top, 28 mm from the left, 156 mm wide: to 184; 35 mm from the bottom: to 262
    assert min(line.left for line in body) == pytest.approx(28, abs=0.5)
    assert max(line.right for line in body) == pytest.approx(184, abs=3)
    assert max(line.right for line in body) <= 184.2
    assert body[0].top >= 36
    assert body[-1].bottom <= 262
    pitches = {round((after.top - before.top) / MM, 1) for before, after in pairwise(body)}
    assert pitches == {28.0}


def test_page_numbers_stand_7_mm_below_the_type_area_right_on_odd_and_left_on_even_pages(made):
    first, second = (page[-1] for page in pages_of(made["grid"])[:2])

    assert [first.text, second.text] == ["—1—", "—2—"]
    # one character (14 points, 5 mm) from the outer edge: 184 − 5 and 28 + 5
    assert first.right == pytest.approx(179, abs=1)
    assert second.left == pytest.approx(33, abs=1)
    assert [first.top, second.top] == [pytest.approx(262 + 7, abs=1.5)] * 2


def test_sheet_laid_across_has_its_number_turned_at_the_foot_of_the_upright_sheet(made):
    with pypdfium2.PdfDocument(made["usual"]) as document:
        across = [page for page in document if page.get_width() > page.get_height()]
        odd, even = (lines_of(page, left_of=34) for page in across[:2])

    # read from top to bottom, in one column: its upper edge is 35 − 7 mm from the sheet's left edge
    assert ["".join(line.text for line in number) for number in (odd, even)] == ["—3—", "—4—"]
    assert [line.right for line in (odd[1], even[1])] == [pytest.approx(28, abs=1.5)] * 2
    # the upright sheet's lines run from 28 to 184 mm; one character (5 mm) in from the side
    assert odd[-1].bottom == pytest.approx(179, abs=1)
    assert even[0].top == pytest.approx(33, abs=1)


def test_demo_mark_stands_on_every_page(made):
    pages = pages_of(made["usual"])

    assert len(pages) > 3
    assert all(page[0].text == "演示数据" for page in pages)


def test_red_head_lies_35_mm_below_the_type_area_and_the_imprint_on_its_foot(made):
    pages = pages_of(made["usual"])

    masthead = next(line for line in pages[0] if line.text == "阜阳市民生办文件")
    assert masthead.top == pytest.approx(37 + 35, abs=3)
    printed = next(line for line in pages[-1] if line.text.startswith("阜阳市民生办2020年"))
    assert printed.text == "阜阳市民生办2020年9月29日印发"
    assert printed.bottom == pytest.approx(262, abs=3)


def test_table_repeats_its_head_on_every_sheet_it_runs_over(made):
    with pypdfium2.PdfDocument(made["usual"]) as document:
        across = [page for page in document if page.get_width() > page.get_height()]
        heads = [[line.text for line in lines_of(page) if line.text == "序号项目得分"] for page in across]

    assert len(across) > 1
    assert heads == [["序号项目得分"]] * len(across)


def test_letter_has_its_number_under_the_rule_and_counts_from_the_second_page(made):
    pages = pages_of(made["letter"])

    name, number = pages[0][:2]
    assert (name.text, number.text) == ("阜阳市民生办", "民督〔2020〕3号")
    assert name.top == pytest.approx(30, abs=3)
    assert number.right == pytest.approx(184, abs=1)
    assert not any(re.fullmatch("—.—", line.text) for line in pages[0])
    assert pages[1][-1].text == "—2—"
    # 7 mm below the type area, as in the usual format
    assert pages[1][-1].top == pytest.approx(262 + 7, abs=1.5)
    assert any(line.text == "抄送：市政府分管领导，市住建局。" for line in pages[-1])


def test_office_with_another_pitch_has_fewer_lines(made):
    second = pages_of(made["pitch"])[1]

    # 297 − 37 − 27 = 233 mm = 660.5 points, 22 lines of 30
    assert sum(1 for line in second if set(line.text) == {"字"}) == 22
    assert second[1].top - second[0].top == pytest.approx(30 * MM, abs=0.1)


def test_no_sign_of_the_text_is_lost(made):
    text = "".join(line.text for page in pages_of(made["letter"]) for line in page)

    assert text.count("字") == len(GRID)


@pytest.fixture
def office(tmp_path, settings, monkeypatch):
    """`office(script)` puts a program of that content in LibreOffice's place."""
    settings.VAR_DIR = tmp_path / "var"
    programs = tmp_path / "bin"
    programs.mkdir()

    def place(script):
        program = programs / "soffice"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin" if script else str(programs))

    monkeypatch.setattr(pdf, "PROGRAMS", ("soffice",))
    return place


def left_in(settings):
    return sorted(path.name for path in (settings.VAR_DIR / "office").glob("batch-*"))


def test_without_libreoffice_the_sentence_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(pdf.OfficeMissing, match=r"apt-get install .*libreoffice-writer"):
        pdf.pdf_files([b"docx"])


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -9 $$", "被中断"),
        ("exit 0", "没有生成完整的 .pdf"),
        (
            'for last; do :; done; cd "$(dirname $last)"; mkdir pdf; printf "%%PDF-1.7 half" > pdf/0.pdf',
            "没有生成完整",
        ),
    ],
)
def test_office_that_is_killed_or_gives_half_a_file_leaves_nothing(script, said, office, settings):
    office(script)

    with pytest.raises(pdf.PdfFailed, match=said):
        pdf.pdf_files([b"docx"])

    assert left_in(settings) == []


def test_office_that_hangs_is_ended_with_its_children(office, settings, monkeypatch):
    monkeypatch.setattr(pdf, "START_SECONDS", 0.3)
    monkeypatch.setattr(pdf, "PAPER_SECONDS", 0)
    office(f"sleep 60 & echo $! > {settings.VAR_DIR}/child; wait")

    with pytest.raises(pdf.PdfFailed, match="限定时间"):
        pdf.pdf_files([b"docx"])

    child = int((settings.VAR_DIR / "child").read_text())
    assert not _runs(child)


def test_full_disk_is_said(office, settings, monkeypatch):
    office("exit 0")
    monkeypatch.setattr(Path, "write_bytes", _no_space)

    with pytest.raises(pdf.PdfFailed, match="磁盘空间不足"):
        pdf.pdf_files([b"docx"])

    assert left_in(settings) == []


def test_what_a_killed_worker_left_running_is_ended_before_the_next(office, settings):
    folder = settings.VAR_DIR / "office"
    (folder / "batch-old").mkdir(parents=True)
    left = subprocess.Popen(["sleep", "60"], start_new_session=True)
    (folder / "group").write_text(pdf.leader(left.pid))
    office("exit 0")

    with pytest.raises(pdf.PdfFailed):
        pdf.pdf_files([b"docx"])

    assert left.wait(5) == -signal.SIGKILL
    assert left_in(settings) == []


@pytest.mark.long
def test_libreoffice_killed_while_it_works_is_said_and_the_next_run_works(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    group = tmp_path / "office" / "group"
    many = [[str(number), f"农村道路{number}", "80.50"] for number in range(3000)]
    long_paper = docx_bytes(paper(attachments=[table("进度表", rows=many)]))

    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(pdf.pdf_files, [long_paper])
        processes.wait_until(lambda: group.exists() and group.read_text(), "LibreOffice's start")
        os.killpg(int(group.read_text().split()[0]), signal.SIGKILL)
        with pytest.raises(pdf.PdfFailed, match="被中断"):
            work.result()

    assert left_in(settings) == []
    (again,) = pdf.pdf_files([docx_bytes(paper())])
    assert pdf.page_count(again) == 3


def _no_space(self, data):
    raise OSError(28, "No space left on device")


def _runs(process):
    """A process that has ended may wait for its parent to look."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    os.kill(process, signal.SIGKILL)
    return True
