"""Reads county returns from files; without --commit nothing is written."""

from pathlib import Path

from livelihood.access import NotAllowed, is_city_office
from livelihood.collector import paused_collector
from livelihood.management.answers import AnsweringCommand, acting_user
from livelihood.models import User
from livelihood.services import Refused
from projects import parts, rights
from projects.excel.contract import return_document
from projects.excel.marked import marked_workbook
from projects.excel.reader import ERROR, WARNING, Issue
from projects.lookup import find_participant, find_period, find_programme
from projects.services.imports import ImportRefused, Review, import_returns, review_returns

SIGNS = {ERROR: "错误", WARNING: "提示"}


class Command(AnsweringCommand):
    """Show what files say, and with --commit store all of them or none; then they stand as submitted."""

    help = "读取县区月报表格；不加 --commit 只核对不写入"

    def add_arguments(self, parser):
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("files", nargs="+", metavar="文件", help=".xlsx、.xls、.et 或 .csv")
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument("--participant", metavar="代码", help="考核单位代码；不写则由表格自己说明")
        parser.add_argument("--commit", action="store_true", help="写入；任何一处错误都不写入")
        parser.add_argument("--marked", metavar="目录", help="把每份文件连同批注和汇总写到这个目录")
        parser.add_argument("--as", dest="username", metavar="用户名", help="以谁的名义导入，默认系统")

    @paused_collector()
    def handle(self, **options):
        """Write the outcome; exit 1 when a file is refused, or when a commit was asked for and did not happen."""
        names = _names(options["files"])
        review, issues, committed = None, [], False
        try:
            # Without a name a dry run is everybody's, and needs no account.
            by = acting_user(options["username"]) if options["commit"] or options["username"] else None
            review = _review(options, names, by)
            issues = review.issues
            if options["commit"]:
                import_returns(review=review, by=by)
                committed = True
        except ImportRefused:
            pass  # the review's own issues say why
        except (Refused, NotAllowed) as refused:
            issues = [*issues, Issue(ERROR, "refused", str(refused))]
        marked = _write_marked(review, Path(options["marked"])) if review and options["marked"] else []
        refused = review is None or review.is_refused
        document = return_document(
            files=names,
            programme=options["programme"],
            period=options["period"],
            readings=review.readings if review else [],
            issues=issues,
            committed=committed,
            refused=refused,
        )
        if options["json"]:
            self.write_document(document)
        else:
            self.write_lines([*_text(document, review, issues), *(f"批注表：{path}" for path in marked)])
        if refused or (options["commit"] and not committed):
            self.exit_refused()


def _review(options: dict, names: list[str], by: User | None) -> Review:
    programme = find_programme(options["programme"])
    period = find_period(programme, options["period"])
    participant = find_participant(programme, options["participant"]) if options["participant"] else None
    files = [(Path(path), name) for path, name in zip(options["files"], names, strict=True)]
    is_anybodys = by is None or is_city_office(by, programme.owner_id)
    agencies = None if is_anybodys else rights.reporting_agencies(by, programme)
    return review_returns(
        files=files, programme=programme, period=period, participant=participant, agencies=agencies or None
    )


def _write_marked(review: Review, folder: Path) -> list[Path]:
    """Write every file with its marks to `folder` and return where; one that stands there already is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    by_file: dict[str, list] = {}
    for reading in review.readings:
        by_file.setdefault(reading.file, []).append(reading)
    written: list[Path] = []
    for name, readings in by_file.items():
        also = [issue for issue in review.blockers if issue.file == name]
        content, marked_name = marked_workbook(readings[0].path, file_name=name, readings=readings, also=also)
        target = folder / marked_name
        if target in written:
            target = target.with_stem(f"{target.stem}{len(written) + 1}")
        target.write_bytes(content)
        written.append(target)
    return written


def _names(paths: list[str]) -> list[str]:
    """Return what the files are called in the answer: their names, or whole paths where two are alike."""
    names = [Path(path).name for path in paths]
    return names if len(set(names)) == len(names) else paths


def _text(document: dict, review: Review | None, issues: list[Issue]) -> list[str]:
    lines = [f"{SIGNS.get(issue.severity, '说明')}  {issue.sentence}" for issue in issues]
    if document["refused"]:
        return [*lines, "没有读取，什么都没有改动。"]
    for reading in review.readings:
        changed = sum(figure.is_changed for figure in reading.figures)
        name = reading.participant.printed_name
        lines.append(f"{reading.file}：{name}，{len(reading.figures)}行，其中{changed}行与系统不同。")
        for part in parts.registered():
            cells = [cell for cell in reading.parts if cell.part == part.code]
            if cells:
                changed = sum(cell.is_changed for cell in cells)
                lines.append(f"{reading.file}：{name}，{part.label}{len(cells)}格，其中{changed}格与系统不同。")
    if document["committed"]:
        lines.append("已导入。")
    else:
        lines.append("以上只是核对，什么都没有改动。" if not review.errors else "有错误，不能导入；什么都没有改动。")
    return lines
