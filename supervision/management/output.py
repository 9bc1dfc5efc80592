"""How the commands of this app speak: sentences for people, or one JSON document and nothing else."""

import json
import sys

from django.core.management.base import BaseCommand, CommandParser


def add_json_argument(parser: CommandParser) -> None:
    """Declare --json."""
    parser.add_argument("--json", action="store_true", help="只输出一个JSON文档")


def write_json(command: BaseCommand, document: dict) -> None:
    """Write the one JSON document to stdout."""
    command.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))


def refuse(command: BaseCommand, reasons: list[str], *, as_json: bool, **head) -> None:
    """Say why nothing was done and end with 1."""
    if as_json:
        issues = [{"severity": "error", "code": "refused", "message": reason} for reason in reasons]
        write_json(command, head | {"refused": True, "issues": issues})
    else:
        command.stderr.write("\n".join(reasons))
    sys.exit(1)
