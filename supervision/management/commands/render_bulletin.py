"""Writes a period's bulletin into a folder, from its stored content."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser

from livelihood.services import Refused
from projects.lookup import find_period, find_programme
from supervision.management.output import add_json_argument, refuse, write_json
from supervision.models import Document
from supervision.services.documents import render_document


class Command(BaseCommand):
    """The issued paper if there is one, else the draft; rendering again gives the same file (R18)."""

    help = "把一个填报期的通报写成 .docx 文件"

    def add_arguments(self, parser: CommandParser):
        """Declare the arguments; argparse itself ends with 2 on wrong usage."""
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument("--output", required=True, type=Path, metavar="目录", help="写到哪个目录，没有则新建")
        add_json_argument(parser)

    def handle(self, *, programme, period, output, json, **options):
        """Write the file and say where."""
        try:
            found = find_period(find_programme(programme), period)
            document = _current(found)
            path = _write(document, output)
        except (Refused, OSError) as error:
            reason = str(error) if isinstance(error, Refused) else f"写不进目录“{output}”：{error.strerror or error}。"
            refuse(self, [reason], as_json=json, programme=programme, period=period)
        if json:
            write_json(
                self,
                {
                    "programme": programme,
                    "period": period,
                    "refused": False,
                    "number": document.printed_number or None,
                    "state": document.state,
                    "sha256": document.sha256,
                    "files": [str(path)],
                    "issues": [],
                },
            )
        else:
            self.stdout.write(f"已写出 {path}")


def _current(period) -> Document:
    papers = Document.objects.filter(period=period).select_related("series", "period__programme")
    issued = papers.filter(state=Document.State.ISSUED).order_by("-issued_at").first()
    document = issued or papers.order_by("-id").first()
    if document is None:
        raise Refused(f"{period.label}还没有通报，请先封账（close_month）。")
    return document


def _write(document: Document, folder: Path) -> Path:
    """Write the rendered file as 文号 + title, or 拟稿 + title for a draft."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{document.printed_number or '拟稿'} {document.title}.docx"
    with render_document(document).file.open("rb") as rendered:
        path.write_bytes(rendered.read())
    return path
