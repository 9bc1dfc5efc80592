"""A paper's content as .docx: the sheet of GB/T 9704-2012. Reads the stored JSON and nothing else.

The same content gives the same bytes: no moment, no author's name, no order left to chance.
"""

import datetime
import io
import math
import zipfile

import docx
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Pt

from livelihood.formats import chinese_numeral
from supervision.documents import layout
from supervision.documents.layout import BODY, HEITI, KAITI, LINE, SONG_TITLE, style, write
from supervision.documents.paper import DEMO_MARK

#: Characters a title line holds at 22 points.
TITLE_CHARACTERS = 20
#: Where a long title may break so that no word is torn.
TITLE_BREAKS = ("进展情况", "实施情况", "督查情况", "的通报")
#: What stands where a draft has no date yet.
BLANK_DATE = "　　年　月　日"
TABLE_SIZE = 10.5
#: A table with more columns is set in smaller type.
WIDE_TABLE = 8
MASTHEAD_SIZE = 50
MASTHEAD_NARROWEST = 60
#: 版记: size 4号 and line pitch, in points.
IMPRINT_SIZE = 14
IMPRINT_LINE = 24
#: Its rules, in eighths of a point.
THICK, THIN = 8, 6
#: Written into the file where a moment is asked for.
FIXED_MOMENT = datetime.datetime(2000, 1, 1)  # noqa: DTZ001 - the file format knows no time zone
ZIP_MOMENT = (2000, 1, 1, 0, 0, 0)


def docx_bytes(content: dict) -> bytes:
    """Return the paper as the bytes of a .docx file."""
    document = docx.Document()
    layout.set_language(document)
    section = document.sections[0]
    layout.set_sheet(section, layout.PORTRAIT, landscape=False)
    layout.page_numbers(document, section, header=DEMO_MARK if content["is_demo"] else "")
    _head(document, content)
    _text(document, content)
    _attachment_list(document, content["attachments"])
    _signature(document, content)
    for number, table in enumerate(content["attachments"], start=1):
        _attachment(document, table, number, len(content["attachments"]))
    _imprint(document, content)
    _fix_properties(document, content)
    buffer = io.BytesIO()
    document.save(buffer)
    return _same_moments(buffer.getvalue())


def _head(document, content: dict) -> None:
    """发文机关标志, 发文字号, red rule, title."""
    masthead = content["masthead"]
    scale = min(100, int(layout.TYPE_WIDTH / (len(masthead) * MASTHEAD_SIZE) * 100))
    size = MASTHEAD_SIZE if scale >= MASTHEAD_NARROWEST else MASTHEAD_SIZE * scale // MASTHEAD_NARROWEST
    scale = max(scale, MASTHEAD_NARROWEST)
    # Its upper edge lies 35 mm below that of the type area.
    paragraph = style(document.add_paragraph(), align="center", line=size * 1.2, before=35 / 25.4 * 72)
    write(paragraph, masthead, font=SONG_TITLE, size=size, color=layout.RED, scale=scale)
    _blank(document, 2)
    number = style(document.add_paragraph(), align="center")
    mark = "（演示）" if content["is_demo"] and content["number"] else ""
    write(number, f"{content['number'] or '（拟稿，未编号）'}{mark}")
    layout.border(number, "bottom", color="D6001C", eighths=18, space=11)
    _blank(document, 2)
    for line in title_lines(content["title"]):
        write(style(document.add_paragraph(), align="center", line=35, keep_next=True), line, font=SONG_TITLE, size=22)
    _blank(document, 1)


def _text(document, content: dict) -> None:
    """主送机关, 导语 and the chapters."""
    write(style(document.add_paragraph(), align="left"), content["addressees"])
    write(style(document.add_paragraph(), indent_chars=2), content["lead"]["text"])
    for number, chapter in enumerate(content["chapters"], start=1):
        heading = style(document.add_paragraph(), indent_chars=2, keep_next=True)
        write(heading, f"{chinese_numeral(number)}、{chapter['heading']}", font=HEITI)
        labelled = 0
        for item in chapter["paragraphs"]:
            paragraph = style(document.add_paragraph(), indent_chars=2)
            if item["label"]:
                labelled += 1
                write(paragraph, f"（{chinese_numeral(labelled)}）{item['label']}。", font=KAITI)
            write(paragraph, "".join(sentence["text"] for sentence in item["sentences"]))


def _attachment_list(document, attachments: list[dict]) -> None:
    """附件：1.… with a hanging indent, no stop behind the names."""
    _blank(document, 1)
    for number, table in enumerate(attachments, start=1):
        paragraph = style(document.add_paragraph(), align="left")
        figure = f"{number}." if len(attachments) > 1 else ""
        write(paragraph, f"{'附件：' if number == 1 else ''}{figure}{table['title']}")
        head = 3 * BODY
        if number == 1:
            layout.hanging_indent(paragraph, left=2 * BODY + head + BODY, hanging=head + BODY)
        else:
            layout.hanging_indent(paragraph, left=2 * BODY + head + BODY, hanging=BODY)


def _signature(document, content: dict) -> None:
    """署名 above 成文日期; the date ends four characters from the edge, the name stands centred over it."""
    _blank(document, 2)
    date = content["issued_on"] or BLANK_DATE
    edge = 4 * BODY + (_width(date) - _width(content["issuer"])) / 2
    name = style(document.add_paragraph(), align="right", right=max(edge, BODY), keep_next=True)
    write(name, content["issuer"])
    write(style(document.add_paragraph(), align="right", right=4 * BODY), date)


def _attachment(document, table: dict, number: int, count: int) -> None:
    """One table on sheets of its own, its head repeated on each."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    margins = layout.LANDSCAPE if table["is_landscape"] else layout.PORTRAIT
    layout.set_sheet(section, margins, landscape=table["is_landscape"])
    mark = style(document.add_paragraph(), align="left", keep_next=True)
    write(mark, f"附件{number}" if count > 1 else "附件", font=HEITI)
    write(
        style(document.add_paragraph(), align="center", line=30, keep_next=True),
        table["title"],
        font=SONG_TITLE,
        size=18,
    )
    if table["note"]:
        write(style(document.add_paragraph(), align="center", line=20, keep_next=True), table["note"], size=12)
    widths = [column["width"] for column in table["columns"]]
    aligns = [column["align"] for column in table["columns"]]
    size = TABLE_SIZE if len(widths) <= WIDE_TABLE else 8.5
    made = layout.ruled_table(document, widths, rows=1 + len(table["rows"]))
    rows = list(made.rows)
    layout.fill_row(
        rows[0],
        [column["label"] for column in table["columns"]],
        widths,
        ["center"] * len(widths),
        font=HEITI,
        size=size,
    )
    layout.repeat_head(rows[0])
    for row, texts in zip(rows[1:], table["rows"], strict=True):
        layout.fill_row(row, texts, widths, aligns, size=size)


def _imprint(document, content: dict) -> None:
    """版记 at the foot of the last page: 送, 发, who printed and when. Rules 0.35 mm outside, 0.25 mm between."""
    texts = [f"送：{content['sent_to']}", f"发：{content['distributed_to']}"]
    room = layout.TYPE_WIDTH - 5 * IMPRINT_SIZE
    heights = [IMPRINT_LINE * math.ceil(_width(text[2:], IMPRINT_SIZE) / room) + 4 for text in texts]
    heights.append(IMPRINT_LINE + 4)
    gap = style(document.add_paragraph(), line=1, before=_room_above(content["attachments"][-1], sum(heights)))
    gap.paragraph_format.keep_with_next = True
    table = document.add_table(rows=3, cols=1)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.columns[0].width = Pt(layout.TYPE_WIDTH)
    layout.rules(table, {"top": THICK, "bottom": THICK, "insideH": THIN})
    for row, height in zip(table.rows, heights, strict=True):
        row.cells[0].width = Pt(layout.TYPE_WIDTH)
        layout.fix_height(row, height)
    paragraphs = [style(row.cells[0].paragraphs[0], line=IMPRINT_LINE, right=IMPRINT_SIZE) for row in table.rows]
    for paragraph, text in zip(paragraphs, texts, strict=False):
        layout.hanging_indent(paragraph, left=3 * IMPRINT_SIZE, hanging=2 * IMPRINT_SIZE)
        write(paragraph, text, size=IMPRINT_SIZE)
    layout.hanging_indent(paragraphs[-1], left=IMPRINT_SIZE, hanging=0)
    edge = layout.TYPE_WIDTH - 2 * IMPRINT_SIZE
    paragraphs[-1].paragraph_format.tab_stops.add_tab_stop(Pt(edge), WD_TAB_ALIGNMENT.RIGHT)
    write(paragraphs[-1], f"{content['issuer']}\t{content['issued_on'] or BLANK_DATE}印发", size=IMPRINT_SIZE)
    # A table is followed by a paragraph; this one takes no room.
    style(document.add_paragraph(), line=1)


def _room_above(table: dict, height: float) -> float:
    """Points between the last table and a 版记 of that height at the foot of the same page.

    Frames and floating tables are placed differently by every program; lines of fixed pitch are not.
    """
    used = LINE + 30 + 20 + (len(table["rows"]) + 1) * (TABLE_SIZE * 1.35 + 3.5)
    return max(IMPRINT_LINE, layout.TYPE_HEIGHT - used - height - 12)


def title_lines(title: str) -> list[str]:
    """Break a title by sense into lines that fit; figures count half."""
    if _width(title, 1) <= TITLE_CHARACTERS:
        return [title]
    for mark in TITLE_BREAKS:
        at = title.find(mark)
        if at > 0 and _width(title[:at], 1) <= TITLE_CHARACTERS:
            return [title[:at], *title_lines(title[at:])]
    middle = next(
        at for at in range(len(title)) if _width(title[:at], 1) >= min(TITLE_CHARACTERS, _width(title, 1) / 2)
    )
    return [title[:middle], *title_lines(title[middle:])]


def _width(text: str, em: float = BODY) -> float:
    """Width of a text: figures and Latin letters are half as wide as characters."""
    return sum(em / 2 if character.isascii() else em for character in text)


def _blank(document, count: int) -> None:
    for _ in range(count):
        style(document.add_paragraph(), line=LINE)


def _fix_properties(document, content: dict) -> None:
    """What the file says of itself depends on the content alone."""
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = content["title"], content["issuer"], ""
    properties.comments = DEMO_MARK if content["is_demo"] else ""
    properties.created = properties.modified = FIXED_MOMENT
    properties.language, properties.revision = "zh-CN", 1


def _same_moments(data: bytes) -> bytes:
    """Pack the file again with one fixed moment on every member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, ZIP_MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return buffer.getvalue()
