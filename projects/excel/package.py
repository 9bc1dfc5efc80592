"""The parts of an .xlsx archive: read as needed, changed one by one, the others written back as they were.

Runs in the bare process; the guard has refused parts with a DOCTYPE, and nothing named in a part is fetched.
"""

import copy
import io
import posixpath
import zipfile

from lxml import etree

TYPES = "[Content_Types].xml"
TYPES_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
#: Where the kinds of relations and the r:id attributes live, in usual and in strict files.
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
#: The extension that belongs to what the workbook's part is declared to be.
EXTENSIONS = {
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": ".xlsm",
    "application/vnd.ms-excel.template.macroEnabled.main+xml": ".xltm",
    f"{SPREADSHEET}template.main+xml": ".xltx",
}


class Package:
    """An archive with changes on top."""

    def __init__(self, content: bytes):
        self.source = zipfile.ZipFile(io.BytesIO(content))
        self.names = set(self.source.namelist())
        self.trees: dict[str, etree._Element] = {}
        self.edited: set[str] = set()
        self.raw: dict[str, bytes] = {}
        self.workbook_part = self.related("", "/officeDocument") or "xl/workbook.xml"
        workbook = self.tree(self.workbook_part)
        self.main = etree.QName(workbook).namespace
        self.office = STRICT_OFFICE if self.main == STRICT else OFFICE

    @property
    def extension(self) -> str:
        """Return the extension the file should have."""
        for node in self.tree(TYPES):
            if node.get("PartName", "").lstrip("/") == self.workbook_part:
                return EXTENSIONS.get(node.get("ContentType"), ".xlsx")
        return ".xlsx"

    def tag(self, name: str) -> str:
        """Return an element's name with the workbook's namespace."""
        return f"{{{self.main}}}{name}"

    def tree(self, part: str) -> etree._Element:
        """Return a part's root, to look at. Raises KeyError, XMLSyntaxError."""
        if part not in self.trees:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
            self.trees[part] = etree.fromstring(self.source.read(part), parser)
        return self.trees[part]

    def edit(self, part: str) -> etree._Element:
        """Return a part's root; what is changed in it is saved."""
        self.edited.add(part)
        return self.tree(part)

    def text(self, part: str) -> str:
        """Return a part that need not be well-formed XML (old drawings)."""
        return (self.raw.get(part) or self.source.read(part)).decode("utf-8-sig")

    def put(self, part: str, content: str, content_type: str = "") -> None:
        """Replace a part, or add one; a new one is declared as `content_type`."""
        self.raw[part] = content.encode()
        if content_type and part not in self.names:
            types = self.edit(TYPES)
            extension = part.rsplit(".", 1)[-1]
            if extension == "xml":
                etree.SubElement(types, f"{{{TYPES_NAMESPACE}}}Override", PartName=f"/{part}", ContentType=content_type)
            elif not any(node.get("Extension", "").lower() == extension for node in types):
                node = etree.Element(f"{{{TYPES_NAMESPACE}}}Default", Extension=extension, ContentType=content_type)
                types.insert(0, node)
        self.names.add(part)

    def free_name(self, pattern: str) -> str:
        """Return the first part name of a pattern (xl/comments{}.xml) that is not taken."""
        taken = {name.lower() for name in self.names}
        return next(name for number in range(1, 100_000) if (name := pattern.format(number)).lower() not in taken)

    def related(self, part: str, kind: str) -> str:
        """Return the part that `part` ("" for the archive) names as of a kind (ends of the type), or ""."""
        for node in self._relations(part):
            if node.get("Type", "").endswith(kind) and node.get("TargetMode") != "External":
                return _resolved(part, node.get("Target", ""))
        return ""

    def by_id(self, part: str, relation: str) -> str:
        """Return the part a relation of `part` leads to, or ""."""
        for node in self._relations(part):
            if node.get("Id") == relation:
                return _resolved(part, node.get("Target", ""))
        return ""

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation from `part` to the part `target`; return its id."""
        name = _relations_of(part)
        if name not in self.names:
            self.trees[name] = etree.Element(f"{{{RELS_NAMESPACE}}}Relationships", nsmap={None: RELS_NAMESPACE})
            self.names.add(name)
        relations = self.edit(name)
        taken = {node.get("Id") for node in relations}
        free = next(f"rId{number}" for number in range(1, 100_000) if f"rId{number}" not in taken)
        etree.SubElement(
            relations,
            f"{{{RELS_NAMESPACE}}}Relationship",
            Id=free,
            Type=f"{self.office}/{kind}",
            Target=f"/{target}",
        )
        return free

    def saved(self) -> bytes:
        """Return the archive: every part that was not changed has the bytes it had, in the order it had."""
        changed = self.raw | {part: _markup(self.trees[part]) for part in self.edited}
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for info in self.source.infolist():
                content = changed.pop(info.filename, None)
                archive.writestr(copy.copy(info), self.source.read(info) if content is None else content)
            for part, content in changed.items():
                archive.writestr(part, content)
        return output.getvalue()

    def _relations(self, part: str):
        name = _relations_of(part)
        return self.tree(name) if name in self.names else ()


def child_of(root: etree._Element, tag: str, followers: set[str]) -> etree._Element:
    """Return the element's child of a tag; a new one goes before the first of `followers` (local names)."""
    found = root.find(tag)
    if found is None:
        found = etree.Element(tag)
        for node in root:
            if isinstance(node.tag, str) and etree.QName(node).localname in followers:
                node.addprevious(found)
                return found
        root.append(found)
    return found


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(part: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _markup(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
