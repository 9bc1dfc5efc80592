"""What the pages of uploaded workbooks show, and what a corrected reading in their form means."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from django.urls import reverse

from livelihood.access import is_city_office
from livelihood.models import User
from livelihood.services import Refused
from projects.excel import headings as kinds
from projects.excel.corrections import COLUMN_MEANINGS, LEFT_OUT, is_of_part
from projects.excel.led import not_the_reporter
from projects.excel.part_reading import part_meanings
from projects.excel.readings import ERROR, NOTE, WARNING, Issue, Reading
from projects.excel.understood import UnderstoodColumn, UnderstoodRow, UnderstoodTable, UnderstoodUnit
from projects.models import (
    ImportFile,
    ImportMapping,
    ImportUpload,
    Indicator,
    Participant,
    Programme,
    Report,
    ReportingPeriod,
)
from projects.services.import_mappings import Correction, mappings_in, owner_words
from projects.services.imports import Review
from projects.services.report_locks import is_open_for_figures, is_whole, require_changeable
from projects.services.uploads import is_being_read, stored_path, upload_agencies

#: Rows asked about of one table that the page offers at once: each carries the names of the whole programme.
ROWS_ASKED = 30
#: Committed uploads the page they come from still leads to.
COMMITTED_SHOWN = 10
#: What has to be mended stands first.
SEVERITIES = [ERROR, WARNING, NOTE]

# Why a report that stands takes no workbook, and what to do first.
STANDING_FOR_OFFICE = {
    Report.State.SIGNED: "月报已经签字，不能再导入。要改数，请填报单位先撤回签字。",
    Report.State.SUBMITTED: "月报已经提交，不能再导入。要改数，先退回给填报单位。",
    Report.State.APPROVED: "月报已经审核通过，不能再导入。要改数，先退回给填报单位。",
}
STANDING_FOR_REPORTER = {
    Report.State.SIGNED: "月报已经签字，不能再导入。要改数，先在月报页撤回签字。",
    Report.State.SUBMITTED: "月报已经提交，不能再导入。要改数，先在月报页撤回，或请{office}退回。",
    Report.State.APPROVED: "月报已经审核通过，不能再导入。要改数，请{office}退回。",
}


@dataclass
class ColumnCard:
    """A column with the name of its field and the meanings to choose from."""

    column: UnderstoodColumn
    name: str
    mapping: ImportMapping | None = None
    #: What other parts of the report offer it to be.
    meanings: Collection[tuple[str, str]] = ()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return code and word of every meaning; the first is what it is taken for when nobody says anything."""
        own = "自动判断" if self.column.is_corrected else f"{self.column.word}（自动）"
        return [("", own), *COLUMN_MEANINGS.items(), *self.meanings]

    @property
    def chosen(self) -> str:
        """Return the value its field has now."""
        return self.column.meaning if self.column.is_corrected else ""


@dataclass
class RowCard:
    """A row that is asked about with the name of its field."""

    row: UnderstoodRow
    name: str
    mapping: ImportMapping | None = None

    @property
    def chosen(self) -> str:
        """Return the value its field has now."""
        if not self.row.is_corrected:
            return ""
        return str(self.row.indicator.pk) if self.row.indicator else LEFT_OUT


@dataclass
class UnitCard:
    """A name nobody in the programme goes under with the name of its field."""

    unit: UnderstoodUnit
    name: str
    mapping: ImportMapping | None = None

    @property
    def chosen(self) -> str:
        """Return the value its field has now."""
        if not self.unit.is_corrected:
            return ""
        return self.unit.participant.code if self.unit.participant else LEFT_OUT


@dataclass
class TableCard:
    """One table of a file as the page shows it."""

    table: UnderstoodTable
    columns: list[ColumnCard]
    rows: list[RowCard]
    more_rows: int = 0
    units: list[UnitCard] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Return whose it is read as."""
        return owner_words(self.table.owner)

    @property
    def fields(self) -> list["Card"]:
        """Return everything the form may correct."""
        return [*self.columns, *self.rows, *self.units]

    @property
    def corrected(self) -> list["Card"]:
        """Return what was read as somebody once said."""
        return [card for card in self.fields if card.mapping is not None]

    @property
    def is_wide(self) -> bool:
        """Tell whether its columns stand in groups about indicators."""
        return any(card.column.about for card in self.columns)


#: What a field of the form is about.
Card = ColumnCard | RowCard | UnitCard


@dataclass
class FileCard:
    """One file of an upload: what was read of it, or why it was not."""

    file: ImportFile
    readings: list[Reading] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    tables: list[TableCard] = field(default_factory=list)

    @property
    def refusal(self) -> str:
        """Return why the whole file is not taken."""
        return next((reading.refusal for reading in self.readings if reading.refusal), "")

    @property
    def units(self) -> str:
        """Return of whom it has figures."""
        names = [reading.participant.printed_name for reading in self.readings if reading.participant]
        return "、".join(names[:4]) + (f"等{len(names)}个" if len(names) > 4 else "")

    @property
    def rows_read(self) -> int:
        """Return how many figures and cells of other parts were read."""
        return sum(len(reading.figures) + len(reading.parts) for reading in self.readings)

    @property
    def changes(self) -> list[tuple[Reading, list, list]]:
        """Return by reading the figures and the other parts' cells that say something new."""
        found = [
            (
                reading,
                [figure for figure in reading.figures if figure.is_changed],
                [cell for cell in reading.parts if cell.is_changed],
            )
            for reading in self.readings
        ]
        return [one for one in found if one[1] or one[2]]

    @property
    def change_count(self) -> int:
        """Return how many cells would change."""
        return sum(len(figures) + len(cells) for _reading, figures, cells in self.changes)

    @property
    def error_count(self) -> int:
        """Return how many issues block the commit."""
        return sum(issue.severity == ERROR for issue in self.issues)

    @property
    def warning_count(self) -> int:
        """Return how many issues want to be looked at."""
        return sum(issue.severity == WARNING for issue in self.issues)

    @property
    def corrected_count(self) -> int:
        """Return how many columns and rows were read as somebody once said."""
        return sum(len(table.corrected) for table in self.tables)

    @property
    def asks(self) -> bool:
        """Tell whether something about rows or names of units wants an answer."""
        rows = (row.row.indicator is None and not row.row.is_corrected for one in self.tables for row in one.rows)
        return any(rows) or any(not one.unit.is_corrected for table in self.tables for one in table.units)


def file_cards(upload: ImportUpload, files: list[ImportFile], review: Review) -> list[FileCard]:
    """Return the files of an upload in order with what was read of them. One query, for the corrections."""
    by_path: dict = {}
    for reading in review.readings:
        by_path.setdefault(reading.path, []).append(reading)
    mappings = {
        (row.participant_id, row.kind, row.label): row
        for row in mappings_in(upload.programme, upload_agencies(upload)).select_related("corrected_by")
    }
    cards = []
    for file in files:
        readings = [] if file.left_out else by_path.get(stored_path(file), [])
        said = [issue for reading in readings for issue in reading.issues]
        said += [issue for issue in review.blockers if issue.file == file.file_name and not file.left_out]
        tables = [table for reading in readings for table in reading.tables]
        said.sort(key=lambda issue: SEVERITIES.index(issue.severity))
        cards.append(FileCard(file, readings, said, _table_cards(file, tables, mappings)))
    return cards


def typed_corrections(upload: ImportUpload, cards: Iterable[FileCard], data: Mapping[str, str]) -> list[Correction]:
    """Return what the form says otherwise than the page did.

    Raises Refused for a column or row the file has not, and for a column that names another month.
    """
    fields: dict[str, tuple[TableCard, Card]] = {
        card.name: (table, card) for file in cards for table in file.tables for card in table.fields
    }
    is_agencys = upload.participant is None and upload_agencies(upload) is not None
    found = []
    for name, value in data.items():
        if not name.startswith(("c-", "r-", "u-")):
            continue
        if name not in fields:
            raise Refused("要更正的行或列已经不在表里，没有保存。请看过现在的读法再改。")
        table, card = fields[name]
        owner = card.unit.owner if isinstance(card, UnitCard) else table.table.owner
        if upload.participant is not None and owner != upload.participant:
            raise Refused(f"这张表不是{upload.participant.printed_name}的，不能更正它的读法。")
        if is_agencys and owner is not None:
            raise Refused(f"这张表按{owner}的表读，牵头部门不能更正它的读法。")
        change = CHANGES[type(card)](card, value)
        if change is not None:
            found.append(Correction(participant_id=owner.pk if owner else None, **change))
    return found


def indicator_choices(programme: Programme) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the programme's indicators by project: heading, and id and name of each. One query."""
    rows = Indicator.objects.of_programme(programme)
    return [
        (f"{project.seq} {project.name}", [(str(row.pk), _indicator_words(row)) for row in group])
        for project, group in groupby(rows, key=lambda row: row.sub_project.project)
    ]


def unit_choices(programme: Programme) -> list[tuple[str, str]]:
    """Return code and name of the programme's participants in official order. One query."""
    return list(programme.participants.order_by("order", "pk").values_list("code", "printed_name"))


def earlier_uploads(user: User, period: ReportingPeriod, participant: Participant | None) -> dict[str, list[dict]]:
    """Return the uploads nobody has finished, and the last that were committed: of one participant, or of the period.

    Four queries.
    """
    uploads = ImportUpload.objects.visible_to(user).filter(period=period)
    if participant is not None:
        uploads = uploads.filter(participant=participant)
    related = uploads.select_related("participant", "uploaded_by", "finished_by", "job").prefetch_related("files")
    committed = related.filter(state=ImportUpload.State.COMMITTED).order_by("-finished_at")[:COMMITTED_SHOWN]
    return {
        "waiting": [_upload_row(upload) for upload in related.unfinished()],
        "committed": [_upload_row(upload) for upload in committed],
    }


def _upload_row(upload: ImportUpload) -> dict:
    names = [file.file_name for file in upload.files.all()]
    return {
        "upload": upload,
        "url": reverse("projects:import-detail", args=[upload.pk]),
        "files": "、".join(names[:3]) + (f"等{len(names)}个" if len(names) > 3 else ""),
        "unit": upload.participant or "各县区",
        "is_being_read": is_being_read(upload),
    }


def not_now(user: User, report: Report) -> dict | None:
    """Say why no workbook can be sent now and where to go instead; None when one can. The service refuses anyway."""
    period = report.period
    is_office = is_city_office(user, period.programme.owner_id)
    there, label = reverse("projects:report-detail", args=[report.pk]), "回到月报"
    is_by_agency = period.programme.reporting_by == Programme.ReportingBy.AGENCY
    if is_by_agency and report.participant is not None and not is_whole(report):
        sentence = not_the_reporter(period.programme)
    elif is_open_for_figures(report):
        return None
    elif _is_closed(report):
        sentence = f"{period.label}已经封账，不能再导入。确需更正，"
        sentence += "先对这家重新开放。" if is_office else f"请联系{period.programme.owner.office_word}重新开放。"
        if is_office:
            there, label = reverse("projects:period-reopen", args=[period.programme.code, period.code]), "去重新开放"
    else:
        words = (STANDING_FOR_OFFICE if is_office else STANDING_FOR_REPORTER)[report.state]
        sentence = words.format(office=period.programme.owner.office_word)
        if is_office and report.state != Report.State.SIGNED:
            there, label = reverse("projects:report-review", args=[report.pk]), "去审核页退回"
    return {"sentence": sentence, "url": there, "label": label}


def _is_closed(report: Report) -> bool:
    try:
        require_changeable(report)
    except Refused:
        return True
    return False


def _table_cards(file: ImportFile, tables: list[UnderstoodTable], mappings: dict) -> list[TableCard]:
    cards, meanings = [], part_meanings().items()
    for number, table in enumerate(tables):
        place, owner = f"{file.pk}-{number}", table.owner.pk if table.owner else None
        columns = [
            ColumnCard(column, f"c-{place}-{column.number}", mappings.get((owner, "column", column.key)), meanings)
            for column in table.columns
        ]
        rows = [
            RowCard(row, f"r-{place}-{index}", mappings.get((owner, "row", row.key)))
            for index, row in enumerate(table.rows)
            if row.key
        ]
        # The answered ones first of all: they are what is taken back here.
        rows.sort(key=lambda card: not card.row.is_corrected)
        units = [
            UnitCard(unit, f"u-{place}-{index}", mappings.get((unit.owner and unit.owner.pk, "column", unit.key)))
            for index, unit in enumerate(table.units[:ROWS_ASKED])
        ]
        cards.append(TableCard(table, columns, rows[:ROWS_ASKED], max(len(rows) - ROWS_ASKED, 0), units))
    return cards


def _column_change(card: ColumnCard, value: str) -> dict | None:
    column = card.column
    if value == card.chosen:
        return None
    change = {"kind": ImportMapping.Kind.COLUMN, "label": column.key}
    if not value:
        return change | {"is_forgotten": True}
    if value not in COLUMN_MEANINGS and value not in dict(card.meanings):
        raise Refused("没有这种读法，没有保存更正。请从列表里选。")
    if column.is_other_month and (value == kinds.VALUE or is_of_part(value)):
        word = COLUMN_MEANINGS.get(value) or dict(card.meanings)[value]
        raise Refused(f"“{column.path}”写的是别的月份，不能读作{word}，没有保存更正。")
    return change | {"meaning": value}


def _row_change(card: RowCard, value: str) -> dict | None:
    if value == card.chosen:
        return None
    change = {"kind": ImportMapping.Kind.ROW, "label": card.row.key}
    if not value:
        return change | {"is_forgotten": True}
    if value == LEFT_OUT:
        return change
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Refused("没有这个指标，没有保存更正。请从列表里选。")
    return change | {"indicator_id": int(value)}


def _unit_change(card: UnitCard, value: str) -> dict | None:
    if value == card.chosen:
        return None
    change = {"kind": ImportMapping.Kind.COLUMN, "label": card.unit.key}
    return change | ({"meaning": value} if value else {"is_forgotten": True})


#: How a field's new value becomes a correction.
CHANGES = {ColumnCard: _column_change, RowCard: _row_change, UnitCard: _unit_change}


def _indicator_words(row: Indicator) -> str:
    sub_project = row.sub_project.name
    return f"{sub_project}·{row.name}" if sub_project and sub_project != row.name else row.name
