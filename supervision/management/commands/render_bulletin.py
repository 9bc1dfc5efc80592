"""Writes a period's bulletin into a folder, from its stored content: the paper, its .pdf, its tables."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from livelihood.services import Refused
from livelihood.workbooks import safe_file_name
from projects.lookup import find_period, find_programme
from supervision.management.output import add_json_argument, refuse, write_json
from supervision.models import Document, RenderedFile
from supervision.services.documents import formats_of, render_document

#: Bytes of a file's name that every file system takes, without the end.
LONGEST_NAME = 230
ENDS = {RenderedFile.Format.XLSX: " 附件.xlsx"}


class Command(BaseCommand):
    """The issued paper if there is one, else the draft; rendering again gives the same paper (R18)."""

    help = "把一个填报期的通报写成 .docx、.pdf 和附件 .xlsx"

    def add_arguments(self, parser: CommandParser):
        """Declare the arguments; argparse itself ends with 2 on wrong usage."""
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument("--output", required=True, type=Path, metavar="目录", help="写到哪个目录，没有则新建")
        add_json_argument(parser)

    def handle(self, *, programme, period, output, json, **options):
        """Write the files and say where. What cannot be made is said and ends with 1; the others are written."""
        try:
            document = _current(find_period(find_programme(programme), period))
        except Refused as refusal:
            refuse(self, [str(refusal)], as_json=json, programme=programme, period=period)
        files, reasons = _write_all(document, output)
        head = {
            "programme": programme,
            "period": period,
            "number": document.printed_number or None,
            "state": document.state,
            "sha256": document.sha256,
            "files": [str(path) for path in files],
        }
        if not json:
            for path in files:
                self.stdout.write(f"已写出 {path}")
        if reasons:
            refuse(self, reasons, as_json=json, **head)
        if json:
            write_json(self, head | {"refused": False, "issues": []})


def _current(period) -> Document:
    papers = Document.objects.of_month(period).select_related("series", "period__programme")
    issued = papers.filter(state=Document.State.ISSUED).order_by("-issued_at").first()
    document = issued or papers.order_by("-id").first()
    if document is None:
        raise Refused(f"{period.label}还没有通报，请先封账（close_month）。")
    return document


def _write_all(document: Document, folder: Path) -> tuple[list[Path], list[str]]:
    """Return the files written, and why others are not."""
    files, reasons = [], []
    for file_format in formats_of(document):
        try:
            files.append(_write(document, file_format, folder))
        except Refused as refusal:
            reasons.append(str(refusal))
        except OSError as error:
            reasons.append(f"写不进目录“{folder}”：{error.strerror or error}。")
            break
    return files, reasons


def _write(document: Document, file_format: str, folder: Path) -> Path:
    """Write one file as 文号 + title, or 拟稿 + title for a draft; it stands there whole or not at all."""
    rendered = render_document(document, file_format)
    folder.mkdir(parents=True, exist_ok=True)
    end = ENDS.get(file_format, f".{file_format}")
    name = safe_file_name(f"{document.printed_number or '拟稿'} {document.title}")
    path = folder / f"{name.encode()[:LONGEST_NAME].decode(errors='ignore')}{end}"
    half = folder / f".{document.pk}.{file_format}.half"
    try:
        with rendered.file.open("rb") as stored:
            half.write_bytes(stored.read())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path
