"""复核: recomputes and re-hashes all that was frozen, sealed and approved."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from supervision.management.output import add_json_argument, write_json
from supervision.services.verification import verify

WORDS = {
    "snapshots": "快照",
    "documents": "公文",
    "seals": "审计封存",
    "revisions": "填报数修订",
    "approvals": "审核记录",
}


class Command(BaseCommand):
    """Exits 1 on any difference, with one sentence each; the run is noted with what agreed."""

    help = "复核：按冻结的数据复算每个快照，核对校验值、审计封存、修订和审核记录"

    def add_arguments(self, parser: CommandParser):
        """Declare the arguments."""
        add_json_argument(parser)

    def handle(self, *, json, **options):
        """Print what differs, check by check."""
        differences = verify()
        is_clean = not any(differences.values())
        if json:
            write_json(self, {"ok": is_clean, "differences": differences})
        else:
            for check, sentences in differences.items():
                self.stdout.write(f"{WORDS[check]}：{'一致' if not sentences else f'{len(sentences)}处不一致'}")
                for sentence in sentences:
                    self.stdout.write(f"  × {sentence}")
        if not is_clean:
            sys.exit(1)
