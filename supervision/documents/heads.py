"""The red part of a paper: 发文机关标志, 发文字号 and rules, of the usual format and of a letter (信函格式)."""

from docx.shared import Mm, Pt

from supervision.documents import layout
from supervision.documents.layout import RED, style
from supervision.documents.press import Press
from supervision.documents.title import width

MASTHEAD_SIZE, LETTER_SIZE = 50, 36
#: Per cent to which characters are narrowed before they become smaller.
MASTHEAD_NARROWEST = 60
#: A masthead of 50 points takes this much more than its own height.
_LEADING = 1.2
_POINTS = 72 / 25.4
RED_RULE = "D6001C"
#: Eighths of a point: one thick and one thin line with the gap between them.
_DOUBLE = 24
#: 信函: masthead and second rule in millimetres from the sheet's edges, width of the rules, note above the masthead.
_LETTER_TOP, _LETTER_BOTTOM, _RULE_WIDTH, _HEADER_TOP = 30, 20, 170, 18
_NOTE_LINE = 18


def red_head(press: Press) -> None:
    """Set the head of the usual format: name, number, red rule, title. Measures of GB/T 9704-2012, 7.2."""
    size, scale = _fitted(press.masthead, press.look.width, MASTHEAD_SIZE)
    # Its upper edge lies 35 mm below that of the type area; the line's own leading is part of it.
    above = 35 * _POINTS - size * (_LEADING - 1) / 2
    press.line(
        press.masthead,
        font="title",
        size=size,
        color=RED,
        scale=scale,
        align="center",
        line=size * _LEADING,
        before=above,
    )
    press.blank(2)
    number = press.line(press.number, align="center")
    layout.border(number, "bottom", color=RED_RULE, eighths=18, space=11)
    press.blank(2)
    press.title()
    press.blank(1)


def letter_head(press: Press) -> None:
    """Set a letter's head: the name and the upper double rule over its first page, the number under it, the title.

    The rules are wider than the type area; they and the name belong to the first page's header and footer.
    """
    section = press.document.sections[0]
    section.different_first_page_header_footer = True
    section.header_distance, section.footer_distance = Mm(_HEADER_TOP), Mm(_LETTER_BOTTOM)
    header, footer = section.first_page_header, section.first_page_footer
    header.is_linked_to_previous = footer.is_linked_to_previous = False
    # The other pages have their number where it always is, though this section's footers lie lower.
    lower = press.look.margins.bottom - layout.NUMBER_ROOM - _LETTER_BOTTOM
    for part in (section.footer, section.even_page_footer):
        part.paragraphs[0].paragraph_format.space_after = Mm(max(lower, 0))
    layout.mark_page(header.paragraphs[0], press.mark)
    size, scale = _fitted(press.masthead, _RULE_WIDTH * _POINTS, LETTER_SIZE)
    line = size * _LEADING
    above = (_LETTER_TOP - _HEADER_TOP) * _POINTS - _NOTE_LINE - (line - size) / 2
    name = _wide(style(header.add_paragraph(), align="center", line=line, before=max(above, 0)), press)
    press.write(name, press.masthead, font="title", size=size, color=RED, scale=scale)
    # The rule lies 4 mm under the name.
    layout.border(name, "bottom", color=RED_RULE, eighths=_DOUBLE, space=8, kind="thickThinSmallGap")
    under = _wide(style(footer.paragraphs[0], line=1), press)
    layout.border(under, "bottom", color=RED_RULE, eighths=_DOUBLE, space=0, kind="thinThickSmallGap")
    press.line(press.number, align="right", before=4)
    press.blank(2)
    press.title()
    press.blank(1)


def _wide(paragraph, press: Press):
    """Let a paragraph reach beyond the type area, so that it is 170 mm wide and lies in the middle of the sheet."""
    side = (210 - _RULE_WIDTH) / 2
    paragraph.paragraph_format.left_indent = Pt((side - press.look.margins.left) * _POINTS)
    paragraph.paragraph_format.right_indent = Pt((side - press.look.margins.right) * _POINTS)
    return paragraph


def _fitted(name: str, room: float, size: int) -> tuple[float, int]:
    """Return size and per cent of width at which a name fits one line."""
    scale = min(100, int(room / width(name, size) * 100))
    if scale < MASTHEAD_NARROWEST:
        size = size * scale / MASTHEAD_NARROWEST
    return int(size * 2) / 2, max(scale, MASTHEAD_NARROWEST)
