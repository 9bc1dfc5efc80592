"""The demo (演示数据): `fixtures/`, one user per role, and figures made up from a seed."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from livelihood.demo_logins import demo_logins
from livelihood.services import Refused
from supervision.services.demo import load_demo


class Command(BaseCommand):
    """Runs as the application's role; a second run says that everything is there and changes nothing."""

    help = "Load the demo: catalogue, users, eight months of made-up figures, seven of them issued."

    def add_arguments(self, parser):
        parser.add_argument(
            "--catalogue-only",
            action="store_true",
            help="neither reports, figures nor averages; the eight periods are open and empty",
        )

    def handle(self, *, catalogue_only, verbosity, **options):
        try:
            outcome = load_demo(catalogue_only=catalogue_only)
        except Refused as error:
            raise CommandError(str(error)) from error
        if outcome.is_new and "owner" in connections:
            # Tables this small are never analysed by themselves, and unanalysed the standings take minutes.
            with connections["owner"].cursor() as cursor:
                cursor.execute("ANALYZE")
        if verbosity == 0:
            return
        if not outcome.is_new:
            self.stdout.write("演示数据已经装入，什么都没有改动。")
        else:
            counts = "、".join(f"{name}{number}" for name, number in outcome.counts.items())
            self.stdout.write(f"已装入演示数据：{counts}。")
        self.stdout.write("演示账号（口令公开，只供演示）：")
        for username, password, role in demo_logins():
            self.stdout.write(f"  {username:<18} {password:<16} {role}")
