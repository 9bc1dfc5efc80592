"""A large made-up programme for measurements, in a database of its own."""

import argparse

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from livelihood.services import Refused
from projects.models import ReportingPeriod
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_close import freeze_closed
from supervision.synthetic.synthetic_database import DEFAULT_DATABASE, OWNER, synthetic_database
from supervision.synthetic.synthetic_money import add_money
from supervision.synthetic.synthetic_scoring import add_scoring


def _count(most: int):
    """Return an argument type: a whole number from 1 to `most`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"应是1至{most}的整数，现在是“{text}”。")
        return int(text)

    return parse


class Command(BaseCommand):
    """`synthesise --participants 2850 --indicators 80 --months 12` writes 2.3 million figures."""

    help = "Write a large made-up programme into a database of its own, for measurements."

    def add_arguments(self, parser):
        parser.add_argument("--participants", type=_count(5000), required=True, metavar="N")
        parser.add_argument("--indicators", type=_count(500), required=True, metavar="N")
        parser.add_argument("--months", type=_count(600), required=True, metavar="N")
        parser.add_argument("--frozen", action="store_true", help="freeze the closed months of the newest programme")
        parser.add_argument(
            "--scoring", action="store_true", help="money, and a scheme that asks for everything, in the newest month"
        )
        parser.add_argument("--database", default=DEFAULT_DATABASE, help="its name (default: %(default)s)")

    def handle(self, *, participants, indicators, months, database, frozen, scoring, **options):
        try:
            with synthetic_database(database):
                made = synthesise(participants=participants, indicators=indicators, months=months)
                if frozen:
                    freeze_closed(made[-1])
                if scoring:
                    newest = ReportingPeriod.objects.filter(programme_id=made[-1].pk).latest("ends_on")
                    add_money(newest, lines=indicators)
                    add_scoring(newest, effective_from=newest.ends_on.replace(day=1))
                with connections[OWNER].cursor() as cursor:
                    cursor.execute("SELECT COUNT(*) FROM figure")
                    (figures,) = cursor.fetchone()
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"数据库 {database}：写入 {made[-1].code} 等{len(made)}个年度，现有填报数 {figures} 条（演示数据）。"
        )
