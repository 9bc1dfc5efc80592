"""What an office's own template may hold: the names it can print, the tags it can use, the parts a file may have.

A template is somebody's file that runs in our worker: only loops, conditions and names of the paper are let through,
no call, no arithmetic, nothing from outside the file.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree

from livelihood.services import Refused

#: Bytes of the file, of all its parts unpacked, and how many parts.
LARGEST_FILE, LARGEST_CONTENT, MOST_PARTS = 5 * 2**20, 50 * 2**20, 500
#: What a template can print; of chapters, paragraphs and attachments what stands behind the dot.
NAMES = {
    "title": "标题",
    "title_lines": "标题各行",
    "number": "文号",
    "masthead": "发文机关标志",
    "issuer": "发文机关",
    "issued_on": "成文日期",
    "addressees": "主送",
    "lead": "导语",
    "chapters": "各部分：chapter.number、chapter.heading、chapter.paragraphs",
    "attachments": "各附件：attachment.number、attachment.title、attachment.note、attachment.table",
    "sent_to": "送",
    "distributed_to": "发",
    "cc": "抄送",
    "annotation": "附注",
    "demo_mark": "演示数据标记",
}
FILTERS = ("default", "first", "join", "last", "length", "trim")
#: Loops in loops deeper than this have no use in a paper.
DEEPEST_LOOP = 3
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const),
    *(nodes.For, nodes.If, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Test),
    nodes.CondExpr,
)
_PARTS = {"document": "正文", "header": "页眉", "footer": "页脚", "footnotes": "脚注"}
_PART = re.compile(r"word/(document|header|footer|footnotes)\d*\.xml")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PREFIX = re.compile(r"(\{[%{]-?)(?:p|tr|tc|r)(?=\s)")
_OUTSIDE_FIELDS = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|DATABASE)\b")


@dataclass(frozen=True)
class Place:
    """A paragraph of the template, as a person finds it."""

    part: str
    number: int
    text: str

    def __str__(self):
        text = self.text if len(self.text) <= 40 else f"{self.text[:40]}…"
        return f"{self.part}第{self.number}段“{text}”"


class TagRefused(TemplateSyntaxError):
    """A tag no template may use."""


class TemplateEnvironment(SandboxedEnvironment):
    """Jinja with the few tags of NAMES; whatever is parsed by it is held against the rules."""

    def __init__(self):
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def _parse(self, source, name, filename):
        tree = super()._parse(source, name, filename)
        _judge(tree, depth=0)
        _judge_names(tree)
        return tree


def template_parts(data: bytes) -> dict[str, bytes]:
    """Return the parts of a .docx without anything that reaches out of it. Raises Refused with one sentence."""
    if len(data) > LARGEST_FILE:
        raise Refused(f"模板文件太大（{len(data) / 2**20:.1f} MB），最多{LARGEST_FILE // 2**20} MB。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_PARTS or sum(member.file_size for member in members) > LARGEST_CONTENT:
                raise Refused("模板文件展开后太大，请删去图片等内容后再上传。")
            parts = {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Refused("这不是 .docx 文件：请用 Word 或 WPS 另存为“.docx”后再上传。") from error
    if "word/document.xml" not in parts or "[Content_Types].xml" not in parts:
        raise Refused("这不是 .docx 文件：请用 Word 或 WPS 另存为“.docx”后再上传。")
    _refuse_active(parts)
    return parts


def template_paragraphs(parts: dict[str, bytes]) -> Iterator[Place]:
    """Yield every paragraph of text, part by part, in the order it is read."""
    for name in sorted(parts):
        found = _PART.fullmatch(name)
        if not found:
            continue
        for number, paragraph in enumerate(_tree(name, parts[name]).iter(f"{_W}p"), start=1):
            text = "".join(node.text or "" for node in paragraph.iter(f"{_W}t"))
            yield Place(_PARTS[found[1]], number, text)


def skeleton(paragraphs: list[Place]) -> str:
    """Return the tags of the template as plain text, a line a paragraph, so that a line's number finds the place."""
    return "\n".join(_PREFIX.sub(r"\1", place.text.replace("\n", " ")) for place in paragraphs)


def unfinished_tag(text: str) -> bool:
    """Tell whether a tag begins or ends outside the paragraph."""
    return any(text.count(begin) != text.count(end) for begin, end in (("{{", "}}"), ("{%", "%}"), ("{#", "#}")))


def _refuse_active(parts: dict[str, bytes]) -> None:
    """Refuse macros, embedded objects, links to the outside and tags where nobody looks for them."""
    if any("vbaproject" in name.lower() for name in parts) or b"macroEnabled" in parts["[Content_Types].xml"]:
        raise Refused("模板里有宏，不能使用；请另存为不带宏的“.docx”后再上传。")
    if any(name.startswith(("word/embeddings/", "word/activeX/")) for name in parts):
        raise Refused("模板里嵌有其他程序的对象，请删去后再上传。")
    for name, part in parts.items():
        if name.endswith(".rels"):
            for relation in _tree(name, part):
                if relation.get("TargetMode") == "External":
                    raise Refused(
                        f"模板里有指向文件以外的链接（{relation.get('Target', '')[:60]}），请取消链接后再上传。"
                    )
        elif name.startswith("docProps/") and (b"{{" in part or b"{%" in part):
            raise Refused("模板的文档属性（标题、作者等）里写有标签，请删去后再上传。")
        elif _PART.fullmatch(name):
            tree = _tree(name, part)
            fields = "".join(node.text or "" for node in tree.iter(f"{_W}instrText"))
            fields += "".join(node.get(f"{_W}instr", "") for node in tree.iter(f"{_W}fldSimple"))
            if found := _OUTSIDE_FIELDS.search(fields):
                raise Refused(f"模板里有取用外部内容的域（{found[1]}），请删去后再上传。")
            if next(tree.iter(f"{_W}altChunk"), None) is not None:
                raise Refused("模板里嵌有另一份文件（altChunk），请删去后再上传。")


def _tree(name: str, part: bytes):
    """Parse a part; nothing it names is fetched and no entity of its own is read."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise Refused(f"模板文件的 {name} 里有不该有的声明，请用 Word 或 WPS 重新另存后再上传。")
    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise Refused(f"模板文件的 {name} 读不出来，请用 Word 或 WPS 重新另存后再上传。") from error


def _judge(node: nodes.Node, *, depth: int) -> None:
    if not isinstance(node, _ALLOWED):
        raise TagRefused("只能用 {{ 名称 }}、{% for %}、{% if %}", node.lineno)
    if isinstance(node, nodes.For):
        depth += 1
        if depth > DEEPEST_LOOP or node.recursive:
            raise TagRefused(f"循环最多套{DEEPEST_LOOP}层", node.lineno)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TagRefused(f"不能用“|{node.name}”", node.lineno)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise TagRefused(f"不能用“.{node.attr}”", node.lineno)
    for child in node.iter_child_nodes():
        _judge(child, depth=depth)


def _judge_names(tree: nodes.Template) -> None:
    """Refuse a name that is neither one of the paper nor a loop's own."""
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in NAMES and name.name not in own | {"loop"}:
            raise TagRefused(f"没有“{name.name}”这个名称；可用的有：{'、'.join(NAMES)}", name.lineno)
