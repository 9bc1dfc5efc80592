"""A paper's content as .docx: the sheet of GB/T 9704-2012. Reads the stored JSON and nothing else.

The same content and settings give the same bytes: no moment, no author's name, no order left to chance.
"""

import datetime
import io
import zipfile
from collections.abc import Callable

import docx

from livelihood.formats import chinese_numeral
from supervision.documents import layout
from supervision.documents.continued import attachment_groups
from supervision.documents.heads import letter_head, red_head
from supervision.documents.imprint import imprint
from supervision.documents.page_numbers import page_numbers
from supervision.documents.paper import marked
from supervision.documents.press import Press
from supervision.documents.style import DEMO_MARK, Look
from supervision.documents.title import note_lines, width

TABLE_SIZE, SMALLEST_TABLE = 10.5, 6
NOTE_SIZE, SMALLEST_NOTE = 12, 10
#: Tables with more columns are set in smaller type: columns, points.
WIDE_TABLES = ((12, 7.5), (8, 8.5))
#: Room between words and rules at either side, in twentieths of a point; where there is room for it, more.
PADDING, WIDE_PADDING = 34, 70
#: Written into the file where a moment is asked for.
FIXED_MOMENT = datetime.datetime(2000, 1, 1)  # noqa: DTZ001 - the file format knows no time zone
ZIP_MOMENT = (2000, 1, 1, 0, 0, 0)


def docx_bytes(content: dict, style: dict | None = None) -> bytes:
    """Return the paper as the bytes of a .docx file, set as the office's `style` says."""
    press = Press(docx.Document(), content, Look.of(style))
    layout.set_language(press.document)
    section = press.document.sections[0]
    layout.set_sheet(section, press.look.margins, landscape=False)
    layout.mark_pages(section, press.mark)
    page_numbers(press.document, section, press.look)
    (letter_head if press.is_letter else red_head)(press)
    _text(press)
    press.attachment_list()
    press.signature()
    for label, tables in attachment_groups(press.attachments):
        for nth, table in enumerate(tables):
            _attachment(press, table, label, is_continued=nth > 0)
    imprint(press)
    return finished(press.document, content)


def finished(document, content: dict) -> bytes:
    """Return the bytes of a made file, without moments and names of the machine."""
    properties = document.core_properties
    properties.title, properties.author = content["title"], content.get("issuer") or ""
    properties.last_modified_by = ""
    properties.comments = DEMO_MARK if content.get("is_demo") else ""
    properties.created = properties.modified = FIXED_MOMENT
    properties.language, properties.revision = "zh-CN", 1
    buffer = io.BytesIO()
    document.save(buffer)
    return same_moments(buffer.getvalue())


def same_moments(data: bytes, edit: Callable[[str, bytes], bytes] = lambda name, part: part) -> bytes:
    """Pack a file again with one fixed moment on every member; `edit` may change a member's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, ZIP_MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, edit(name, source.read(name)))
    return buffer.getvalue()


def _text(press: Press) -> None:
    """主送机关, 导语 and the chapters: 一、（一）1.（1）, each level in its font.

    Lines are not justified: LibreOffice 7.4 leaves out signs at the end of justified lines, and a paper loses no sign.
    """
    if press.get("addressees"):
        press.line(press.content["addressees"])
    lead = press.get("lead", {}).get("text")
    if lead:
        press.line(lead, indent_chars=2)
    numbered = 0
    for chapter in press.get("chapters", []):
        if chapter["heading"]:
            numbered += 1
            press.line(
                f"{chinese_numeral(numbered)}、{chapter['heading']}", font="level1", indent_chars=2, keep_next=True
            )
        for mark, item in marked(chapter["paragraphs"]):
            paragraph = press.line(indent_chars=2)
            if item.get("label"):
                press.write(paragraph, f"{mark}{item['label']}。", font="level2")
            press.write(paragraph, "".join(sentence["text"] for sentence in item["sentences"]))


def _attachment(press: Press, table: dict, label: str, *, is_continued: bool) -> None:
    """One table on sheets of its own: 附件 on the first line, its title on the third, its head on each sheet."""
    is_across = table["is_landscape"]
    press.new_sheet(landscape=is_across)
    press.line(label, font="level1", keep_next=True)
    if not is_across:
        press.line(keep_next=True)
    title = f"{table['title']}{'（续）' if is_continued else ''}"
    press.line(title, font="title", size=22, align="center", line=35, keep_next=True)
    room = press.sheet_width(landscape=is_across)
    size = _note_size(table["note"], room)
    for line in note_lines(table["note"], room / size):
        press.line(line, size=size, align="center", line=20, keep_next=True)
    attachment_table(press, table)


def _note_size(note: str, room: float) -> float:
    """Return the size at which the note stands on one line, in half points; the usual one where none does."""
    fitting = int(room / max(width(note), 1) * 2) / 2
    return min(NOTE_SIZE, fitting) if fitting >= SMALLEST_NOTE else NOTE_SIZE


def attachment_table(press: Press, table: dict, holder=None, room: float = 0):
    """Add the ruled table to the paper, or to another document with so many points of room, and return it."""
    fonts = press.look.fonts
    room = room or press.sheet_width(landscape=table["is_landscape"])
    widths = _fitted(table, room / 72 * 25.4)
    aligns = [column["align"] for column in table["columns"]]
    size = next((points for columns, points in WIDE_TABLES if len(widths) > columns), TABLE_SIZE)
    # Type becomes smaller with columns made narrower, in half points.
    narrowed = sum(widths) / sum(column["width"] for column in table["columns"])
    size = max(SMALLEST_TABLE, round(size * narrowed * 2) / 2)
    padding = WIDE_PADDING if size == TABLE_SIZE else PADDING
    made = layout.ruled_table(holder or press.document, widths, rows=2 if table["rows"] else 1, padding=padding)
    rows = list(made.rows)
    heads = [column["label"] for column in table["columns"]]
    layout.fill_row(rows[0], heads, widths, ["center"] * len(widths), font=fonts["level1"], size=size)
    layout.repeat_head(rows[0])
    if table["rows"]:
        layout.fill_row(rows[1], table["rows"][0], widths, aligns, font=fonts["body"], latin=fonts["latin"], size=size)
        layout.add_rows_like(rows[1], table["rows"][1:])
    return made


def _fitted(table: dict, room: float) -> list[float]:
    """Return the columns' widths in millimetres, made narrower together where the office's sheet is narrower."""
    widths = [column["width"] for column in table["columns"]]
    whole = sum(widths)
    return [width * room / whole for width in widths] if whole > room else widths
