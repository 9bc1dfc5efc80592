"""Reads provincial averages and the city's published places from a table; without --commit nothing is written."""

from pathlib import Path

from livelihood.access import NotAllowed
from livelihood.management.answers import AnsweringCommand, acting_user
from livelihood.services import Refused
from projects.excel.benchmarks import BenchmarkReading, benchmark_template, read_benchmarks
from projects.excel.contract import issue_row
from projects.excel.lines import decimal_text
from projects.excel.reader import ERROR, Issue
from projects.lookup import find_period, find_programme
from supervision.services.benchmarks import benchmark_rates, record_benchmarks


class Command(AnsweringCommand):
    """Show what the table says, and with --commit store all of it or nothing."""

    help = "读取全省平均和本市位次；不加 --commit 只核对不写入"

    def add_arguments(self, parser):
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="文件", help=".csv、.xlsx、.xls 或 .et")
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument("--commit", action="store_true", help="写入；任何一处错误都不写入")
        parser.add_argument("--as", dest="username", metavar="用户名", help="以谁的名义录入，默认系统")
        parser.add_argument("--template", action="store_true", help="把空白模板写到这个文件，不读取")

    def handle(self, **options):
        """Write the outcome; exit 1 when the file is refused, or when a commit did not happen."""
        name = Path(options["file"]).name
        reading, issues, recorded = BenchmarkReading(name), [], None
        is_refused, is_template = True, options["template"]
        try:
            period = find_period(find_programme(options["programme"]), options["period"])
            if is_template:
                Path(options["file"]).write_bytes(benchmark_template(period, benchmark_rates(period.programme)))
                is_refused = False
            else:
                rates = benchmark_rates(period.programme)
                reading = read_benchmarks(Path(options["file"]), file_name=name, period=period, fund_rates=rates)
                is_refused = bool(reading.refusal)
                issues = reading.issues
            if options["commit"] and not reading.errors and not is_template:
                entries = [row.entry for row in reading.rows]
                recorded = record_benchmarks(period=period, entries=entries, by=acting_user(options["username"]))
        except (Refused, NotAllowed, OSError) as refused:
            issues = [*issues, Issue(ERROR, "refused", str(refused), name)]
        is_committed = recorded is not None
        document = {
            "file": name,
            "programme": options["programme"],
            "period": options["period"],
            "committed": is_committed,
            "refused": is_refused,
            "snapshot": recorded.snapshot.version if is_committed and recorded.snapshot else None,
            "benchmarks": [] if is_refused else [_row(row) for row in reading.rows],
            "issues": [issue_row(issue) for issue in issues],
        }
        if options["json"]:
            self.write_document(document)
        else:
            self.write_lines(_text(document, issues, is_template=is_template))
        if is_refused or (options["commit"] and not is_committed):
            self.exit_refused()


def _row(row) -> dict:
    entry, sub_project = row.entry, row.indicator.sub_project if row.indicator else None
    return {
        "project_seq": sub_project.project.seq if sub_project else None,
        "sub_item": sub_project.name if sub_project else "",
        "indicator": row.name if sub_project else None,
        "fund_rate": entry.fund_rate,
        "measure": str(entry.measure),
        "value": format(entry.value, f".{entry.decimals}f"),
        "decimals": entry.decimals,
        "as_of": entry.as_of.isoformat() if entry.as_of else None,
        "source": entry.source,
        "city_rate": decimal_text(entry.city_rate) or None,
        "city_place": entry.city_place,
        "city_count": entry.city_count,
        "changed": row.is_changed,
        "sheet": row.sheet,
        "cell": row.cell,
    }


def _text(document: dict, issues: list[Issue], *, is_template: bool) -> list[str]:
    words = {"error": "错误", "warning": "提示", "note": "说明"}
    lines = [f"{words[issue.severity]}  {issue.sentence}" for issue in issues]
    if document["refused"]:
        return [*lines, "没有读取，什么都没有改动。"]
    if is_template:
        return [f"模板已写到 {document['file']}。"]
    changed = sum(row["changed"] for row in document["benchmarks"])
    lines.append(f"{document['file']}：{len(document['benchmarks'])}项全省平均，其中{changed}项与系统不同。")
    if not document["committed"]:
        return [*lines, "以上只是核对，什么都没有改动。"]
    lines.append("已录入。")
    if document["snapshot"]:
        lines.append(f"封账后的改动生成了快照第{document['snapshot']}版。")
    return lines
