"""— 1 — on every page: 7 mm below the type area, at the outer edge, on odd pages right and on even ones left.

A sheet laid across has its number where the upright one has it: turned, beside the table, at the foot of the bound
sheet. LibreOffice 7.4 puts the words of a drawn box (wps) in the footer of even pages at the corner of the sheet; those
of the older form of a box (VML, which every program reads) it puts where they belong.
"""

from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from supervision.documents import layout
from supervision.documents.layout import style, write
from supervision.documents.style import Look

#: 4号, its line, and how far the number stands in from the side: one character. In points.
SIZE, LINE, INDENT = 14, 18, 14
#: Millimetres between the type area and the upper edge of the number.
BELOW = 7
_POINTS = 72 / 25.4
_BOX = """<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:rect id="page_number_{side}" alt="页码" stroked="f" filled="f"
 style="position:absolute;margin-left:{left:.2f}pt;margin-top:{top:.2f}pt;width:{width}pt;height:{height:.2f}pt;\
z-index:1;mso-position-horizontal-relative:page;mso-position-vertical-relative:page">
<v:textbox inset="0,0,0,0" style="layout-flow:vertical"><w:txbxContent/></v:textbox></v:rect></w:pict></w:r>"""


def page_numbers(document: Document, section: Section, look: Look) -> None:
    """Number the upright pages from this section on."""
    document.settings.odd_and_even_pages_header_footer = True
    for paragraph, side in _footers(section):
        _number(paragraph, side, look)


def page_numbers_across(section: Section, look: Look) -> None:
    """Number the sheets laid across from this section on: their left edge is the foot of the upright sheet."""
    for paragraph, side in _footers(section):
        style(paragraph, line=LINE)
        left = (look.landscape.left - BELOW) * _POINTS - LINE
        # As long as the lines of the upright sheet, read from the top of this one to its foot.
        box = _BOX.format(side=side, left=left, top=look.landscape.top * _POINTS, width=LINE, height=look.width)
        paragraph._p.append(parse_xml(box))
        (content,) = paragraph._p.xpath(".//w:txbxContent")
        made = layout.element("p")
        content.append(made)
        _number(Paragraph(made, paragraph._parent), side, look)


def _footers(section: Section) -> list[tuple[Paragraph, str]]:
    """Return the footers' paragraphs, the section's own from now on, each with the side its number stands at."""
    found = []
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        found.append((footer.paragraphs[0], side))
    return found


def _number(paragraph: Paragraph, side: str, look: Look) -> None:
    style(paragraph, align=side, line=LINE, right=INDENT if side == "right" else 0)
    if side == "left":
        paragraph.paragraph_format.left_indent = Pt(INDENT)
    font = {"font": look.fonts["page"], "latin": look.fonts["page"], "size": SIZE}
    write(paragraph, "— ", **font)
    _field(paragraph, "PAGE", font)
    write(paragraph, " —", **font)


def _field(paragraph: Paragraph, instruction: str, font: dict) -> None:
    """Add a field that the reader's program fills in."""
    for kind in ("begin", None, "end"):
        run = write(paragraph, "", **font)
        if kind:
            run._r.append(layout.element("fldChar", fldCharType=kind))
        else:
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = instruction
            run._r.append(text)
