"""How the project's commands answer: text for people or one JSON document; exit 0 ok, 1 refused, 2 usage."""

import json
import sys

from django.core.management.base import BaseCommand

from livelihood.models import User
from livelihood.services import Refused


class AnsweringCommand(BaseCommand):
    """A command with `--json`: then stdout holds one document and nothing else. argparse itself exits with 2."""

    def add_arguments(self, parser):
        """Declare `--json`; subclasses add theirs."""
        parser.add_argument("--json", action="store_true", help="只输出一个JSON文档")

    def write_document(self, document: dict) -> None:
        """Write the one JSON document."""
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))

    def write_lines(self, lines: list[str]) -> None:
        """Write text for a terminal."""
        self.stdout.write("\n".join(lines))

    def exit_refused(self) -> None:
        """End with exit code 1; what was refused has been written."""
        sys.exit(1)


def acting_user(username: str | None) -> User:
    """Return the user a command acts for: the one named, else the system's own account. Raises Refused."""
    if not username:
        return User.objects.system()
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refused(f"没有用户“{username}”，或者该用户已停用。")
    return user
