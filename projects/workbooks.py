"""What the office brings in by workbook besides returns: catalogue, targets, plans, averages, all by one set of rules.

A kind reads the file and judges it against what stands (`review`), and hands what is new to the service that its
pages use too (`store`). Nothing is written before that, and then everything or nothing: see `import_workbook`.
"""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from django.db import models, transaction

from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.excel.columns import IDENTITY_KEYS, IDENTITY_SHEET
from projects.excel.readings import ERROR, Issue
from projects.excel.workbook import Workbook, WorkbookRefused, sha256_of
from projects.models import Programme
from projects.services.imports import store_file

NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass(frozen=True)
class ReviewRow:
    """One thing the file says: whether it is new, changed or the same, and where it stands."""

    state: str
    sheet: str
    cell: str
    what: str
    before: str = ""
    after: str = ""


@dataclass
class WorkbookReview:
    """What a workbook would change. `content` is what the kind's `store` takes; after a `refusal` there is none."""

    file: str
    sha256: str = ""
    about: str = ""
    rows: list[ReviewRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    refusal: str = ""
    content: object = None

    @property
    def errors(self) -> list[Issue]:
        """Return what blocks the import."""
        return [issue for issue in self.issues if issue.severity == ERROR]

    @property
    def changes(self) -> list[ReviewRow]:
        """Return the rows that say something new."""
        return [row for row in self.rows if row.state != SAME]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows are new, changed, the same, and how many are wrong."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in (NEW, CHANGED, SAME)} | {"wrong": len(self.errors)}

    @property
    def may_import(self) -> bool:
        """Tell whether there is something to import and nothing against it."""
        return not self.refusal and not self.errors and bool(self.changes)

    @property
    def fingerprint(self) -> str:
        """Return a hash of the file and of all that was said of it: what a person confirms."""
        digest = hashlib.sha256(self.sha256.encode())
        for row in self.changes:
            digest.update(repr(row).encode())
        for issue in self.issues:
            digest.update(issue.sentence.encode())
        return digest.hexdigest()

    def refuse(self, sentence: str) -> "WorkbookReview":
        """Take nothing of the file, for one reason."""
        self.refusal = sentence
        self.issues = [Issue(ERROR, "file_refused", sentence, self.file)]
        return self


class WorkbookKind(ABC):
    """A kind of workbook, for one programme or month and one person."""

    key: ClassVar[str]
    title: ClassVar[str]
    #: What the person gives once for the whole file, beside it: paper's document, dates, reason, unit of money.
    extra_fields: ClassVar[tuple[str, ...]] = ()
    note: ClassVar[str] = ""

    def __init__(self, user: User, **extra):
        self.user = user
        self.extra = extra

    @abstractmethod
    def require_rights(self) -> None:
        """Raise NotAllowed unless the person may import this."""

    @abstractmethod
    def fill(self, review: WorkbookReview, path: Path) -> None:
        """Read the file and put rows, issues and content on the review. Raises WorkbookRefused. Writes nothing."""

    @abstractmethod
    def store(self, review: WorkbookReview) -> tuple[models.Model, str]:
        """Store what the review holds through its service; return what the audit event is about, and a sentence."""

    @abstractmethod
    def template(self) -> bytes:
        """Return the workbook to fill, with what stands; it reads back without a change."""

    @property
    @abstractmethod
    def template_name(self) -> str:
        """Return the template's file name."""

    def review(self, path: Path, file_name: str) -> WorkbookReview:
        """Return what the file would change; asks for the person's rights first."""
        self.require_rights()
        review = WorkbookReview(Path(file_name).name)
        if not path.is_file():
            return review.refuse("上传的文件已经不在了，请重新上传。")
        try:
            review.sha256 = sha256_of(path)
            self.fill(review, path)
        except WorkbookRefused as refused:
            return review.refuse(str(refused))
        if not review.rows and not review.errors:
            return review.refuse("表里没有读到内容，请用下载的模板填写。")
        return review


@transaction.atomic
def import_workbook(*, kind: WorkbookKind, path: Path, file_name: str, fingerprint: str, by: User) -> str:
    """Read the file again and store it if it says what was confirmed; all or nothing. Returns what was done.

    One audit event beside the service's own names the file, which is kept by its hash. Raises Refused where
    something is wrong or has changed since, NotAllowed.
    """
    review = kind.review(path, file_name)
    if review.errors:
        raise Refused("\n".join(issue.sentence for issue in review.errors))
    if not review.changes:
        raise Refused("表里的内容与系统里完全一样，不用导入。")
    if review.fingerprint != fingerprint:
        raise Refused("核对之后系统里的数据有改动，没有导入。请再看一遍下面的对照。")
    subject, sentence = kind.store(review)
    store_file(path, review.sha256)
    record_event(
        by=by,
        verb="import_workbook",
        target=subject,
        after={"kind": kind.title, "file": review.file[-200:], "sha256": review.sha256} | review.counts,
    )
    return sentence


def refuse_strangers(book: Workbook, programme: Programme, kind: str) -> None:
    """Raise WorkbookRefused for a template of another programme or of another kind; other sheets say nothing."""
    sheet = book.sheet(IDENTITY_SHEET)
    if sheet is None:
        return
    said = {}
    for row in range(1, sheet.row_count + 1):
        said[sheet.cell(row, 1).text.strip()] = sheet.cell(row, 2).text.strip()
    labels = {key: label for label, key in IDENTITY_KEYS.items()}
    code, form = said.get(labels["programme"], ""), said.get(labels["format"], "")
    if code and code != programme.code:
        raise WorkbookRefused(f"这是年度“{code}”的表，不是“{programme.name}”（{programme.code}）的，没有导入。")
    if form and form != _format(kind):
        raise WorkbookRefused("这是别的表格的模板，不是这里要的，没有导入。")


def write_identity(book, programme: Programme, kind: str) -> None:
    """Write the hidden sheet by which `refuse_strangers` knows a template (xlsxwriter)."""
    labels = {key: label for label, key in IDENTITY_KEYS.items()}
    sheet = book.add_worksheet(IDENTITY_SHEET)
    for row, (key, value) in enumerate({"format": _format(kind), "programme": programme.code}.items()):
        sheet.write_string(row, 0, labels[key])
        sheet.write_string(row, 1, value)
    sheet.very_hidden()


def _format(kind: str) -> str:
    return f"livelihood-{kind}-1"
