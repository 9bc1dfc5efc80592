"""A large made-up programme for measurements, in a database of its own."""

import argparse

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from livelihood.services import Refused
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_database import DEFAULT_DATABASE, OWNER, synthetic_database


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
        parser.add_argument("--database", default=DEFAULT_DATABASE, help="its name (default: %(default)s)")

    def handle(self, *, participants, indicators, months, database, **options):
        try:
            with synthetic_database(database):
                made = synthesise(participants=participants, indicators=indicators, months=months)
                with connections[OWNER].cursor() as cursor:
                    cursor.execute("SELECT COUNT(*) FROM figure")
                    (figures,) = cursor.fetchone()
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"数据库 {database}：写入 {made[-1].code} 等{len(made)}个年度，现有填报数 {figures} 条（演示数据）。"
        )
