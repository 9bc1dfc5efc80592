"""封账: closes a period, freezes its snapshot and drafts the bulletin."""

from django.core.management.base import BaseCommand, CommandParser

from livelihood.jobs import run_job
from livelihood.models import User
from livelihood.services import Refused
from projects.lookup import find_period, find_programme
from supervision.checks.overview import checks_of, summary_of
from supervision.management.output import add_json_argument, refuse, write_json
from supervision.services.closing import CloseRefused, close_month
from supervision.services.documents import request_rendering


class Command(BaseCommand):
    """Exits 1 listing what is missing unless every reporter is approved or named in --without."""

    help = "封账：停止改数，冻结快照，拟出通报稿，送各单位核对；已封账的再执行一次，结果不变"

    def add_arguments(self, parser: CommandParser):
        """Declare the arguments; argparse itself ends with 2 on wrong usage."""
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument(
            "--without", nargs="+", action="extend", default=[], metavar="单位", help="不等它：考核单位代码或部门名称"
        )
        add_json_argument(parser)

    def handle(self, *, programme, period, without, json, **options):
        """Close, draft, render; print what was made."""
        by = User.objects.system()
        try:
            found = find_period(find_programme(programme), period)
            closed = close_month(period=found, without=without, by=by)
        except CloseRefused as refusal:
            refuse(self, refusal.reasons, as_json=json, programme=programme, period=period)
        except Refused as refusal:
            refuse(self, [str(refusal)], as_json=json, programme=programme, period=period)
        job = request_rendering(document=closed.document, by=by)
        run_job(job.pk)
        job.refresh_from_db()
        snapshot, document = closed.snapshot, closed.document
        checked = checks_of(snapshot)
        summary = summary_of(snapshot, checked)
        if json:
            write_json(
                self,
                {
                    "programme": programme,
                    "period": period,
                    "refused": False,
                    "closed_now": closed.is_new,
                    "without": snapshot.period.closed_without,
                    "snapshot": {"version": snapshot.version, "sha256": snapshot.sha256},
                    "documents": [
                        {
                            "id": document.pk,
                            "kind": document.kind,
                            "state": document.state,
                            "title": document.title,
                            "number": document.printed_number or None,
                            "sha256": document.sha256,
                        }
                    ],
                    "checks": {
                        "total": summary.total,
                        "answered": summary.answered,
                        "open_objections": summary.open_objections,
                        "due_on": max((row.due_on.isoformat() for row in checked), default=None),
                    },
                    "made": closed.made.results,
                    "issues": closed.made.problems,
                },
            )
            return
        done = "已封账" if closed.is_new else "此前已经封账，没有重复办理"
        self.stdout.write(f"{snapshot.period.label}{done}：快照第{snapshot.version}版，{document.title}。")
        if summary.total:
            self.stdout.write(f"已送各单位和牵头部门核对：{summary.words}。")
        if letters := closed.made.results.get("letters"):
            self.stdout.write(f"督办文稿 {letters} 份在“督办整改”里。")
        for problem in closed.made.problems:
            self.stderr.write(problem)
        if document.state == document.State.DRAFT:
            self.stdout.write("通报稿在“通报公文”里，核对后签发。")
