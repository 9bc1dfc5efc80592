"""A paper by an office's own template: a .docx with tags ({{ title }}, {% for chapter in chapters %}).

What is wrong with a template is said with its place when it is handed in: the rules are applied to its tags, then it
is filled once with made-up words. The same rules hold again whenever it is filled.
"""

import io
import re
import traceback

import docx
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError
from lxml import etree
from markupsafe import Markup

from livelihood.formats import chinese_numeral
from livelihood.services import Refused
from supervision.documents import layout
from supervision.documents.continued import attachment_groups
from supervision.documents.docx import attachment_table, finished
from supervision.documents.paper import marked
from supervision.documents.press import Press
from supervision.documents.style import DEMO_MARK, Look
from supervision.documents.template_rules import (
    NAMES,
    Place,
    TagRefused,
    TemplateEnvironment,
    skeleton,
    template_paragraphs,
    template_parts,
    unfinished_tag,
)
from supervision.documents.title import title_lines

STANDARD_INSTEAD = "可以先改用标准版式生成，或修改模板后重新上传。"
_SAMPLE = {
    "title": "关于2020年1—8月份全市民生工程进展情况的通报",
    "number": "民生办〔2020〕8号",
    "masthead": "示例市民生办文件",
    "issuer": "示例市民生办",
    "issued_on": "2020年9月29日",
    "addressees": "各县市区人民政府：",
    "lead": {"text": "现将有关情况通报如下："},
    "chapters": [{"heading": "总体情况", "paragraphs": [{"label": "示例", "sentences": [{"text": "示例文字。"}]}]}],
    "attachments": [
        {
            "title": "示例表",
            "note": "（示例）",
            "columns": [
                {"label": "单位", "width": 40, "align": "left"},
                {"label": "得分", "width": 20, "align": "right"},
            ],
            "rows": [["甲县", "80.00"], ["乙县", "79.50"]],
            "is_landscape": False,
        }
    ],
    "sent_to": "示例。",
    "distributed_to": "示例。",
    "cc": "示例。",
    "annotation": "示例",
    "is_demo": False,
}
_UNKNOWN_PART = re.compile(r"has no attribute '(\w+)'|'(\w+)' is undefined")


class TemplateFailed(Refused):
    """The office's template could not be filled with this paper; the standard layout can."""


def check_template(data: bytes) -> None:
    """Raise Refused with the place of the first thing wrong with a template; say nothing where it can be used."""
    paragraphs = list(template_paragraphs(template_parts(data)))
    for place in paragraphs:
        if unfinished_tag(place.text):
            raise Refused(f"模板{place}：标签没有写完整。一个标签要在同一段里写完，如 {{{{ title }}}}。")
    _check_tags(paragraphs)
    if "title" not in skeleton(paragraphs) or "chapters" not in skeleton(paragraphs):
        raise Refused("模板里要有标题 {{ title }} 和各部分 {% for chapter in chapters %}，否则印不出正文。")
    try:
        template_bytes(_SAMPLE, data)
    except TemplateFailed as failure:
        raise Refused(
            f"模板试用没有成功：{_said(failure.__cause__ or failure)}。请检查标签的位置后再上传。"
        ) from failure


def template_bytes(content: dict, template: bytes, style: dict | None = None) -> bytes:
    """Return the paper filled into the office's template as the bytes of a .docx.

    Raises TemplateFailed with a sentence; nothing of it is kept.
    """
    template_parts(template)
    press = Press(docx.Document(), content, Look.of(style))
    made = DocxTemplate(io.BytesIO(template))
    try:
        made.render(
            _context(press, _table_room(docx.Document(io.BytesIO(template)))),
            jinja_env=TemplateEnvironment(),
            autoescape=True,
        )
        filled = io.BytesIO()
        made.save(filled)
        # Read again: headers that were filled are seen only then.
        document = docx.Document(filled)
        if content.get("is_demo"):
            _mark_pages(document)
        return finished(document, content)
    except (TemplateError, etree.LxmlError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise TemplateFailed(f"按本单位模板生成没有成功（{_said(error)}）。{STANDARD_INSTEAD}") from error


def _check_tags(paragraphs: list[Place]) -> None:
    """Parse and fill the tags as plain text, whose lines are the paragraphs."""
    environment = TemplateEnvironment()
    try:
        environment.from_string(skeleton(paragraphs)).render(_context(Press(docx.Document(), _SAMPLE, Look())))
    except TagRefused as error:
        raise Refused(f"模板{paragraphs[error.lineno - 1]}：{error.message}。") from error
    except TemplateSyntaxError as error:
        if "Unexpected end" in error.message:
            raise Refused("模板里有 {% for %} 或 {% if %} 没有用 {% endfor %} 或 {% endif %} 结束。") from error
        place = paragraphs[min(error.lineno, len(paragraphs)) - 1]
        raise Refused(f"模板{place}：标签写错了，或 for、if 与 endfor、endif 不成对。") from error
    except TemplateError as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
        place = paragraphs[min(lines[-1], len(paragraphs)) - 1] if lines else "里"
        raise Refused(f"模板{place}：{_said(error)}。") from error
    except (TypeError, ValueError) as error:
        raise Refused(f"模板的循环或条件不能执行（{error}），请检查后再上传。") from error


def _said(error: Exception) -> str:
    found = _UNKNOWN_PART.search(str(error))
    if found:
        parts = "；".join(words for words in NAMES.values() if "：" in words)
        return f"没有“{found[1] or found[2]}”这个名称。{parts}"
    if "unknown tag" in str(error):
        return "{%tr %} 只能写在表格的行里，{%p %} 要单独占一段"
    return "这里取不到内容" if isinstance(error, UndefinedError) else str(error) or type(error).__name__


def _table_room(template) -> float:
    """Return the width, in points, of the template's sheet a table is printed on; tables are made no wider."""
    sections = list(template.sections)
    at = 0
    for part in template.element.body:
        if ".table" in "".join(part.itertext()):
            break
        # A section ends with the paragraph that bears its properties.
        at += part.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None
    section = sections[min(at, len(sections) - 1)]
    return section.page_width.pt - section.left_margin.pt - section.right_margin.pt


def _context(press: Press, table_room: float = 0) -> dict:
    """Return what the tags print: texts as they stand on paper, a table as a ready part of the file.

    `table_room`: points a table may be wide, 0 for the standard's sheets.
    """
    content = press.content
    plain = {
        name: press.get(name)
        for name in ("title", "issuer", "addressees", "sent_to", "distributed_to", "cc", "annotation")
    }
    return plain | {
        "title_lines": title_lines(content["title"]),
        "number": press.number,
        "masthead": press.masthead,
        "issued_on": press.date,
        "lead": press.get("lead", {}).get("text", ""),
        "chapters": [_chapter(number, chapter) for number, chapter in enumerate(press.get("chapters", []), start=1)],
        "attachments": [
            _attachment(press, label.removeprefix("附件"), table, table_room)
            for label, tables in attachment_groups(press.attachments)
            for table in tables
        ],
        "demo_mark": press.mark,
    }


def _chapter(number: int, chapter: dict) -> dict:
    paragraphs, labelled = [], 0
    for mark, item in marked(chapter["paragraphs"]):
        label = item.get("label") or ""
        labelled += bool(label)
        paragraphs.append(
            {
                "number": chinese_numeral(labelled) if label else "",
                "mark": mark,
                "label": label,
                "text": "".join(sentence["text"] for sentence in item["sentences"]),
            }
        )
    return {"number": chinese_numeral(number), "heading": chapter["heading"], "paragraphs": paragraphs}


def _attachment(press: Press, number: str, table: dict, table_room: float) -> dict:
    return {
        "number": number,
        "title": table["title"],
        "note": table["note"],
        "columns": [column["label"] for column in table["columns"]],
        "rows": table["rows"],
        "table": _TableXml(press, table, table_room),
    }


class _TableXml:
    """A table that becomes part of the file where {{p attachment.table }} stands; made only if it is printed."""

    def __init__(self, press: Press, table: dict, room: float):
        self.press, self.table, self.room = press, table, room

    def __html__(self) -> str:
        holder = docx.Document()
        made = attachment_table(self.press, self.table, holder, self.room)
        sides = ("top", "left", "bottom", "right", "insideH", "insideV")
        borders = layout.element("tblBorders")
        for side in sides:
            borders.append(layout.element(side, val="single", sz=4, space=0, color="000000"))
        # The template has no style of that name.
        made._tbl.tblPr.remove(made._tbl.tblPr.find(qn("w:tblStyle")))
        layout.table_property(made, borders)
        return Markup(etree.tostring(made._tbl, encoding="unicode"))  # noqa: S704 - made here, its texts escaped by lxml

    __str__ = __html__


def _mark_pages(document) -> None:
    """Write 演示数据 at the top of every page of the template: into each header it has."""
    for number, section in enumerate(document.sections):
        headers = [section.header]
        if document.settings.odd_and_even_pages_header_footer:
            headers.append(section.even_page_header)
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        for header in headers:
            if number and header.is_linked_to_previous:
                continue
            header.is_linked_to_previous = False
            if DEMO_MARK not in "".join(paragraph.text for paragraph in header.paragraphs):
                layout.mark_page(header.add_paragraph(), DEMO_MARK)
