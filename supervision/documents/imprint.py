"""版记 at the foot of the last page: to whom it goes, who printed it and when. A letter's has no rules and no printer.

It stands in a text box that lies on the foot of the type area and moves no text; the paragraph it hangs on is as high
as the box, so that it goes to the next page together with it where there is no room. Word, WPS and LibreOffice place
such a box alike; frames and floating tables they do not.
"""

import math

from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from supervision.documents import layout
from supervision.documents.layout import style
from supervision.documents.press import Press
from supervision.documents.title import width

#: Size 4号 and line pitch, in points.
SIZE, LINE = 14, 24
#: Its rules: 0.35 mm outside, 0.25 mm between, in eighths of a point.
THICK, THIN = 8, 6
#: Points of a rule with the space above it, and what rules and rounding take of the box.
_RULE_LINE, _SLACK = 3, 4
_EMU = 12700
_BOX = """<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><mc:AlternateContent>
<mc:Choice Requires="wps"><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0"
 relativeHeight="1" behindDoc="0" locked="0" layoutInCell="0" allowOverlap="1"><wp:simplePos x="0" y="0"/>
<wp:positionH relativeFrom="margin"><wp:align>center</wp:align></wp:positionH>
<wp:positionV relativeFrom="margin"><wp:align>bottom</wp:align></wp:positionV>
<wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapNone/>
<wp:docPr id="1" name="版记" descr="版记"/><wp:cNvGraphicFramePr/>
<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>
<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>
<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln><a:noFill/></a:ln></wps:spPr>
<wps:txbx><w:txbxContent/></wps:txbx>
<wps:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="b"><a:noAutofit/></wps:bodyPr>
</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice></mc:AlternateContent></w:r>"""


def imprint(press: Press) -> None:
    """Place the 版记 at the foot of the last page's type area, whatever stands above it."""
    rows = receivers(press)
    if not press.is_letter:
        rows.append(("", f"{press.get('issuer')}\t{press.date}印发"))
    if not rows:
        return
    if press.attachments and press.attachments[-1]["is_landscape"]:
        # It stands on an upright sheet.
        press.new_sheet(landscape=False)
    room = press.look.width
    height = sum(LINE * _lines(label, text, room) + _RULE_LINE for label, text in rows) + _RULE_LINE + _SLACK
    anchor = style(press.document.add_paragraph(), line=height)
    anchor._p.append(parse_xml(_BOX.format(width=round(room * _EMU), height=round(height * _EMU))))
    (box,) = anchor._p.xpath(".//w:txbxContent")
    for number, (label, text) in enumerate(rows):
        if not press.is_letter:
            _rule(_added(box, anchor), THIN if number else THICK)
        _write(press, _added(box, anchor), label, text, room)
    if not press.is_letter:
        _rule(_added(box, anchor), THICK)


def receivers(press: Press) -> list[tuple[str, str]]:
    """Return the lines of those it goes to: 送 and 发, or 抄送, as the office writes them."""
    copies = press.get("cc")
    if press.look.imprint == "cc" and not copies:
        copies = "，".join(
            part.rstrip("。") for part in (press.get("sent_to"), press.get("distributed_to")) if part.strip("。")
        )
    if copies:
        return [("抄送：", copies.rstrip("。") + "。")]
    pairs = (("送：", press.get("sent_to")), ("发：", press.get("distributed_to")))
    return [(label, text) for label, text in pairs if text]


def _added(box, anchor: Paragraph) -> Paragraph:
    made = layout.element("p")
    box.append(made)
    return Paragraph(made, anchor._parent)


def _lines(label: str, text: str, room: float) -> int:
    """Return how many lines a text takes; a sign that may not begin a line costs a character."""
    return math.ceil((width(text, SIZE) + SIZE) / (room - 2 * SIZE - width(label, SIZE))) if label else 1


def _write(press: Press, paragraph: Paragraph, label: str, text: str, room: float) -> None:
    """Write a line one character in from both sides, longer ones under their own first word."""
    style(paragraph, line=LINE, right=SIZE)
    indent = width(label, SIZE)
    layout.hanging_indent(paragraph, left=SIZE + indent, hanging=indent)
    if not label:
        paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(room - SIZE), WD_TAB_ALIGNMENT.RIGHT)
    press.write(paragraph, label + text, size=SIZE)


def _rule(paragraph: Paragraph, eighths: int) -> None:
    """Draw a rule over the whole width, though the words stand in from both sides."""
    layout.border(style(paragraph, line=_RULE_LINE), "bottom", color="000000", eighths=eighths, space=0)
