"""What setting a paper needs at hand: the file being made, the stored content, the look of the office."""

from dataclasses import dataclass

from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.text.paragraph import Paragraph

from supervision.documents import layout
from supervision.documents.continued import attachment_groups
from supervision.documents.layout import BODY, style, write
from supervision.documents.page_numbers import page_numbers, page_numbers_across
from supervision.documents.style import DEMO_MARK, Look
from supervision.documents.title import title_lines, width

#: What stands where a draft has no date yet.
BLANK_DATE = "　　年　月　日"
#: Characters of a paragraph that is kept whole.
_SHORT = 6 * 28
#: So many attachments are listed on one page, with the signature.
_WHOLE_LIST = 8


@dataclass
class Press:
    """One paper being set."""

    document: Document
    content: dict
    look: Look

    def get(self, key: str, default=""):
        """Return a part of the content; papers stored earlier have fewer."""
        return self.content.get(key) or default

    @property
    def is_letter(self) -> bool:
        """信函格式."""
        return self.get("layout") == "letter"

    @property
    def attachments(self) -> list[dict]:
        """Return the tables on sheets of their own."""
        return self.get("attachments", [])

    @property
    def mark(self) -> str:
        """Return what every page carries at its upper right."""
        return DEMO_MARK if self.get("is_demo") else ""

    @property
    def date(self) -> str:
        """成文日期, or room for it."""
        return self.get("issued_on", BLANK_DATE)

    @property
    def masthead(self) -> str:
        """发文机关标志: the office's own words where it has some; a letter's bears no 文件."""
        if self.is_letter:
            return (self.look.masthead or self.get("masthead") or self.get("issuer")).removesuffix("文件")
        return self.look.masthead or self.get("masthead") or f"{self.get('issuer')}文件"

    @property
    def number(self) -> str:
        """发文字号 as printed."""
        mark = "（演示）" if self.get("is_demo") and self.get("number") else ""
        return f"{self.get('number', '（拟稿，未编号）')}{mark}"

    def line(self, text: str = "", *, font="body", size=BODY, color=None, scale=100, **shape) -> Paragraph:
        """Add a paragraph in one of the office's fonts; without text a blank line."""
        paragraph = style(self.document.add_paragraph(), **({"line": self.look.line} | shape))
        if text:
            self.write(paragraph, text, font=font, size=size, color=color, scale=scale)
        return paragraph

    def write(self, paragraph: Paragraph, text: str, *, font="body", size=BODY, color=None, scale=100) -> None:
        """Add words to a paragraph; those of the text are as narrow as 28 to a line ask for."""
        fonts = self.look.fonts
        if size == BODY:
            scale = self.look.scale
        write(
            paragraph,
            text,
            font=fonts[font],
            # Figures within a title are of the title's own font.
            latin=fonts["title" if font == "title" else "latin"],
            size=size,
            color=color,
            scale=scale,
        )

    def blank(self, count: int, *, keep_next: bool = False) -> None:
        """Leave lines free."""
        for _ in range(count):
            self.line(keep_next=keep_next)

    def title(self, size: int = 22) -> None:
        """Set the title in lines broken by sense."""
        for line in title_lines(self.content["title"], int(self.look.width / size)):
            self.line(line, font="title", size=size, align="center", line=35, keep_next=True)

    def signature(self) -> None:
        """署名 above 成文日期; the date ends four characters from the edge, the name stands centred over it."""
        # The last words of the text, if only these, go to the next page with the signature.
        self._keep_last()
        self.blank(2, keep_next=True)
        issuer = self.get("issuer")
        edge = 4 * BODY + (width(self.date, BODY) - width(issuer, BODY)) / 2
        self.line(issuer, align="right", right=max(edge, BODY), keep_next=True)
        self.line(self.date, align="right", right=4 * BODY)
        if self.get("annotation"):
            words = self.content["annotation"]
            self.line(words if words.startswith("（") else f"（{words}）", indent_chars=2)

    def _keep_last(self) -> None:
        """Keep the last words, of the text or of the list of attachments, with the signature."""
        for paragraph in reversed(self.document.paragraphs):
            # A long paragraph would go to the next page as a whole and leave half a page empty.
            paragraph.paragraph_format.keep_with_next = width(paragraph.text) < _SHORT
            if paragraph.text:
                return

    def attachment_list(self) -> None:
        """附件：1.… with a hanging indent, no stop behind the names; a list of usual length is kept whole."""
        groups = attachment_groups(self.attachments)
        if not groups:
            return
        keep = len(groups) <= _WHOLE_LIST
        self.blank(1, keep_next=keep)
        head = 3 * BODY
        for number, (_, tables) in enumerate(groups, start=1):
            figure = f"{number}." if len(groups) > 1 else ""
            paragraph = self.line(f"{'附件：' if number == 1 else ''}{figure}{tables[0]['title']}", keep_next=keep)
            hanging = head + BODY if number == 1 else BODY
            layout.hanging_indent(paragraph, left=2 * BODY + head + BODY, hanging=hanging)

    def new_sheet(self, *, landscape: bool) -> None:
        """Go on on a new sheet, upright or laid across; its number stands at the foot of the bound sheet."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.different_first_page_header_footer = False
        layout.set_sheet(section, self.look.landscape if landscape else self.look.margins, landscape=landscape)
        if landscape:
            page_numbers_across(section, self.look)
        else:
            page_numbers(self.document, section, self.look)

    def sheet_width(self, *, landscape: bool) -> float:
        """Width of the type area of a sheet, in points."""
        return self.look.height if landscape else self.look.width
