"""Loads regions, agencies, programme, participants, items, indicators and targets from one workbook."""

from pathlib import Path

from django.db import transaction

from livelihood.access import NotAllowed, is_system
from livelihood.management.answers import AnsweringCommand, acting_user
from livelihood.models import User
from livelihood.services import Refused
from projects.excel.catalogue import read_catalogue
from projects.excel.catalogue_sheets import catalogue_template
from projects.excel.contract import issue_row
from projects.excel.reader import ERROR, Issue
from projects.services.catalogue import CatalogueRefused, LoadOutcome, load_catalogue
from projects.services.load_outcome import PLACED_PROBLEM


class Command(AnsweringCommand):
    """Show what a workbook would change in the catalogue, and with --commit change it, all or nothing."""

    help = "从一个工作簿导入目录与目标；不加 --commit 只核对不写入"

    def add_arguments(self, parser):
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", metavar="文件", help="目录工作簿 .xlsx")
        parser.add_argument("--commit", action="store_true", help="写入；任何一处错误都不写入")
        parser.add_argument("--template", action="store_true", help="把空白模板写到这个文件，不读取")
        parser.add_argument("--as", dest="username", metavar="用户名", help="以谁的名义导入，默认系统")

    def handle(self, **options):
        """Write the outcome; exit 1 when anything is wrong with the workbook."""
        path = Path(options["file"])
        outcome, issues = LoadOutcome(), []
        try:
            if options["template"]:
                path.write_bytes(catalogue_template())
            else:
                by = acting_user(options["username"])
                outcome = _load(path, by=by, commit=options["commit"])
        except CatalogueRefused as refused:
            issues = [_issue(problem, path.name) for problem in refused.problems]
        except (Refused, NotAllowed, OSError) as refused:
            issues = [Issue(ERROR, "refused", str(refused), path.name)]
        document = _document(path.name, outcome, issues, committed=options["commit"] and not issues)
        if options["json"]:
            self.write_document(document)
        else:
            self.write_lines(_text(document, issues, is_template=options["template"]))
        if issues:
            self.exit_refused()


@transaction.atomic
def _load(path: Path, *, by: User, commit: bool) -> LoadOutcome:
    """Load the workbook; a dry run is the same load, taken back."""
    reading = read_catalogue(path)
    if reading.problems:
        raise CatalogueRefused(reading.problems)
    outcome = load_catalogue(data=reading.data, by=by, is_upload=not is_system(by))
    if not commit:
        transaction.set_rollback(True)
    return outcome


def _issue(problem: str, file: str) -> Issue:
    """Return a problem as an issue; its place stands before the first colon where it has one."""
    match = PLACED_PROBLEM.fullmatch(problem)
    if match is None:
        return Issue(ERROR, "catalogue", problem, file)
    return Issue(ERROR, "catalogue", match[3], file, match[1], match[2])


def _document(file: str, outcome: LoadOutcome, issues: list[Issue], *, committed: bool) -> dict:
    return {
        "file": file,
        "programme": outcome.programme.code if outcome.programme else None,
        "committed": committed,
        "refused": bool(issues),
        "created": dict(outcome.created),
        "changed": dict(outcome.changed),
        "unchanged": dict(outcome.unchanged),
        "differences": outcome.differences,
        "conflicts": outcome.conflicts,
        "issues": [issue_row(issue) for issue in issues],
    }


def _text(document: dict, issues: list[Issue], *, is_template: bool) -> list[str]:
    if issues:
        return [*(f"错误  {issue.sentence}" for issue in issues), "没有导入，什么都没有改动。"]
    if is_template:
        return [f"模板已写到 {document['file']}。"]
    lines = [*document["differences"], *(f"文件出入  {sentence}" for sentence in document["conflicts"])]
    for key, word in [("created", "新增"), ("changed", "改动"), ("unchanged", "不变")]:
        if document[key]:
            lines.append(f"{word}：" + "、".join(f"{label}{count}" for label, count in document[key].items()))
    lines.append("已导入。" if document["committed"] else "以上只是核对，什么都没有改动。")
    return lines
