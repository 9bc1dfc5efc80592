"""Paragraphs, fonts, sheets and tables of an official paper (GB/T 9704-2012), in terms of python-docx.

Licensed fonts are named, not shipped: a machine without them falls back to its own.
"""

from copy import deepcopy

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from supervision.documents.style import DEFAULTS, Look, Margins

_FONTS = DEFAULTS["fonts"]
SONG_TITLE, FANGSONG, HEITI = _FONTS["title"], _FONTS["body"], _FONTS["level1"]
LATIN = _FONTS["latin"]

BODY = 16  # 3号, points
LINE = 28  # fixed line pitch: 22 lines a page
#: Millimetres from the type area to the foot of the page number: its upper edge lies 7 below, its line is about 6 high.
NUMBER_ROOM = 13
RED = RGBColor(0xD6, 0x00, 0x1C)
GREY = RGBColor(0x62, 0x6D, 0x7C)

ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


STANDARD = Look()
PORTRAIT = STANDARD.margins
#: Width of the 版心 of the standard's upright sheet, in points: 156 mm.
TYPE_WIDTH = STANDARD.width


def element(name: str, **attributes):
    """Return a new w: element with w: attributes."""
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


#: What Word 2013 and later write; with an earlier one they open a file in 兼容模式.
_WORD = 15


def set_language(document: Document) -> None:
    """Simplified Chinese throughout: it decides the shape of characters and the place of punctuation.

    The blank file python-docx begins with is Japanese in part and of Word 2010; that goes.
    """
    settings = document.settings.element
    settings.find(qn("w:themeFontLang")).set(qn("w:eastAsia"), "zh-CN")
    compat = settings.find(qn("w:compat"))
    compat.remove(compat.find(qn("w:useFELayout")))
    for setting in compat:
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), str(_WORD))
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(element("lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA"))


def write(
    paragraph: Paragraph,
    text: str,
    *,
    font=FANGSONG,
    latin=LATIN,
    size=BODY,
    color=None,
    bold=False,
    scale=100,
):
    """Add a run and return it. `scale` narrows the characters, in per cent."""
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = bold
    if color is not None:
        run.font.color.rgb = color
    properties = run._r.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for slot, name in (("ascii", latin), ("hAnsi", latin), ("eastAsia", font), ("cs", latin)):
        fonts.set(qn(f"w:{slot}"), name)
    # Quotes and dashes exist in both scripts; in a Chinese paper they are Chinese.
    fonts.set(qn("w:hint"), "eastAsia")
    if scale != 100:
        # Where the schema wants it.
        properties.find(qn("w:sz")).addprevious(element("w", val=scale))
    return run


def style(
    paragraph: Paragraph, *, align="left", indent_chars=0, line=LINE, before=0, after=0, right=0, keep_next=False
) -> Paragraph:
    """Set alignment, first-line indent (in characters), fixed line pitch and spacing (in points)."""
    shape = paragraph.paragraph_format
    shape.alignment = ALIGN[align]
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    shape.widow_control = False
    shape.keep_with_next = keep_next
    if right:
        shape.right_indent = Pt(right)
    properties = paragraph._p.get_or_add_pPr()
    if indent_chars:
        shape.first_line_indent = Pt(indent_chars * BODY)
        properties.find(qn("w:ind")).set(qn("w:firstLineChars"), str(indent_chars * 100))
    # Chinese papers set figures without a gap to the characters around them; and no sign hangs beyond the edge.
    for name in ("overflowPunct", "autoSpaceDE", "autoSpaceDN"):
        paragraph_property(paragraph, element(name, val=0))
    return paragraph


def hanging_indent(paragraph: Paragraph, *, left: float, hanging: float) -> None:
    """Indent all lines by `left` points and the first by `hanging` less."""
    paragraph.paragraph_format.left_indent = Pt(left)
    paragraph.paragraph_format.first_line_indent = Pt(-hanging)


#: The order in which the schema wants a paragraph's properties; Word refuses another.
_PARAGRAPH_PROPERTIES = [
    *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr"),
    *("suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct"),
    *("topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing", "ind"),
    *("contextualSpacing", "mirrorIndents", "suppressOverlap", "jc", "textDirection", "textAlignment"),
    *("textboxTightWrap", "outlineLvl", "divId", "cnfStyle", "rPr", "sectPr", "pPrChange"),
]
_PARAGRAPH_RANK = {qn(f"w:{name}"): place for place, name in enumerate(_PARAGRAPH_PROPERTIES)}


def paragraph_property(paragraph: Paragraph, added) -> None:
    """Put a property of the paragraph where the schema wants it."""
    _insert_in_order(paragraph._p.get_or_add_pPr(), added, _PARAGRAPH_RANK)


def _insert_in_order(properties, added, rank: dict[str, int]) -> None:
    following = [child for child in properties if rank[child.tag] > rank[added.tag]]
    if following:
        following[0].addprevious(added)
    else:
        properties.append(added)


def border(paragraph: Paragraph, side: str, *, color: str, eighths: int, space: int, kind: str = "single") -> None:
    """Draw a rule on one side of the paragraph: thickness in eighths of a point, distance in points."""
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = element("pBdr")
        paragraph_property(paragraph, borders)
    borders.append(element(side, val=kind, sz=eighths, space=space, color=color))


def set_sheet(section, margins: Margins, *, landscape: bool) -> None:
    """A4 with the given margins."""
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.top_margin, section.bottom_margin = Mm(margins.top), Mm(margins.bottom)
    section.left_margin, section.right_margin = Mm(margins.left), Mm(margins.right)
    section.header_distance = Mm(18)
    section.footer_distance = Mm(margins.bottom - NUMBER_ROOM)


def mark_pages(section, text: str) -> None:
    """Write a note at the upper right of all pages from this section on."""
    for header in (section.header, section.even_page_header):
        header.is_linked_to_previous = False
        mark_page(header.paragraphs[0], text)


def mark_page(paragraph: Paragraph, text: str) -> None:
    """Write a note at the upper right of a page."""
    style(paragraph, align="right", line=18)
    if text:
        write(paragraph, text, font=HEITI, size=10.5, color=GREY)


def ruled_table(document: Document, widths: list[int], *, rows: int, padding: int = 34):
    """Add a table with thin rules and fixed widths in millimetres, centred; `padding` in twentieths of a point."""
    table = document.add_table(rows=rows, cols=len(widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    margins = element("tblCellMar")
    for side in ("left", "right"):
        margins.append(element(side, w=padding, type="dxa"))
    table_property(table, margins)
    return table


#: The order in which the schema wants a table's properties; Word refuses another.
_TABLE_PROPERTIES = [
    *("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize", "tblW", "jc"),
    *("tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook"),
]
_TABLE_RANK = {qn(f"w:{name}"): place for place, name in enumerate(_TABLE_PROPERTIES)}


def table_property(table, added) -> None:
    """Put a property of the table where the schema wants it."""
    _insert_in_order(table._tbl.tblPr, added, _TABLE_RANK)


def fill_row(
    row, texts: list[str], widths: list[int], aligns: list[str], *, font=FANGSONG, latin=LATIN, size=10.5
) -> None:
    """Write a row's cells; its height grows with its text and it does not break over pages."""
    properties = row._tr.get_or_add_trPr()
    properties.append(element("cantSplit"))
    for cell, text, width, align in zip(row.cells, texts, widths, aligns, strict=True):
        cell.width = Mm(width)
        cell.vertical_alignment = 1
        paragraph = style(cell.paragraphs[0], align=align, line=size * 1.35, before=1.5, after=1.5)
        write(paragraph, text, font=font, latin=latin, size=size)


def add_rows_like(row, rows: list[list[str]]) -> None:
    """Add rows of the same look behind a filled one: copies are made many times faster than rows one by one."""
    pattern = deepcopy(row._tr)
    runs = pattern.findall(f".//{qn('w:r')}")
    last = row._tr
    for texts in rows:
        for run, text in zip(runs, texts, strict=True):
            run.text = text
        made = deepcopy(pattern)
        last.addnext(made)
        last = made


def repeat_head(row) -> None:
    """Print the row again at the top of every page the table runs over."""
    row._tr.get_or_add_trPr().append(element("tblHeader"))
