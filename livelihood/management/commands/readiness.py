import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from livelihood.health import CHECKS, findings


class Command(BaseCommand):
    """What 运行状态 shows, for the machine without a browser and for the containers' health checks."""

    help = "Check database, migrations, broker, worker and disk; exit 1 with what to do when something is wrong."
    # They would fail before the checks could say what is wrong.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--only", action="append", choices=CHECKS, help="this check, may be repeated")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *, only, **options):
        found = findings(*only or ())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
        else:
            for finding in found:
                mark = "正常" if finding.is_ok else "不正常"
                self.stdout.write(f"{finding.label}：{mark}。{finding.detail}{finding.advice}")
        if not all(finding.is_ok for finding in found):
            wrong = "、".join(finding.label for finding in found if not finding.is_ok)
            raise CommandError(f"没有准备好：{wrong}。")
