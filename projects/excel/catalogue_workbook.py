"""Writes a programme's catalogue as it stands; `projects.excel.catalogue` reads it back without a change."""

from functools import partial
from io import BytesIO

import xlsxwriter

from livelihood.workbooks import OPTIONS
from projects.excel.catalogue_duties import duty_rows
from projects.excel.catalogue_sheets import (
    DUE_NUMBERS,
    DUTY_SHEETS,
    PROGRAMME_ROWS,
    PROGRAMME_SHEET,
    SHEETS,
    add_head,
    sheet_formats,
)
from projects.excel.lines import decimal_text
from projects.models import Assignment, Indicator, Milestone, Participant, Programme, Project, SubProject
from projects.services.targets import newest_targets, stated


def catalogue_workbook(programme: Programme) -> bytes:
    """Return the .xlsx of a programme; 行政区划 and 部门 stay empty, they are for new ones. Fifteen queries."""
    writer = _Writer(programme)
    output = BytesIO()
    with xlsxwriter.Workbook(output, OPTIONS) as book:
        formats = sheet_formats(book)
        sheet = book.add_worksheet(PROGRAMME_SHEET)
        sheet.set_column(0, 0, 18, formats["head"])
        sheet.set_column(1, 1, 60, formats["text"])
        row = 0
        for key, (label, _example) in PROGRAMME_ROWS.items():
            sheet.write_string(row, 0, label, formats["head"])
            for words in writer.programme_values(key) or [""]:
                sheet.write_string(row, 1, words, formats["text"])
                row += 1
        for name in SHEETS:
            heads = [unit.printed_name for unit in writer.units] if name == "目标任务" else []
            sheet = add_head(book, name, formats, more=heads)
            for number, values in enumerate(writer.rows(name), 1):
                for column, words in enumerate(values):
                    sheet.write_string(number, column, words, formats["text"])
    return output.getvalue()


class _Writer:
    def __init__(self, programme: Programme):
        self.programme = programme
        self.units = list(programme.participants.select_related("region", "agency").order_by("order"))
        rows = Indicator.objects.of_programme(programme).select_related("part_of", "base")
        self.indicators = list(rows)
        self.subs = list(
            SubProject.objects.filter(project__programme=programme)
            .select_related("project", "lead_agency")
            .prefetch_related("supporting_agencies")
            .order_by("project__seq", "order", "id")
        )

    def programme_values(self, key: str) -> list[str]:
        """Return what stands behind a label of 年度; blank for what only a new revision needs."""
        row = self.programme
        if key == "basis":
            words = (f"{paper.get('number', '')} {paper.get('title', '')}" for paper in row.basis)
            return [one.strip() for one in words if one.strip()]
        return {
            "code": [row.code],
            "name": [row.name],
            "owner": [row.owner.code],
            "office": [row.office.name],
            "year": [str(row.year)],
            "decimals": [str(row.decimals)],
            "fund_denominator": [row.get_fund_denominator_display()],
            "reporting_by": [row.get_reporting_by_display()],
            "kind": [row.get_kind_display()],
            "weekly": [_yes(row.weekly)],
            "week_ends_on": [row.get_week_ends_on_display()],
            "week_due_weekday": [row.get_week_due_weekday_display()],
            **{name: [str(getattr(row, name))] for name in DUE_NUMBERS},
        }.get(key, [])

    def rows(self, sheet: str) -> list[list[str]]:
        """Return a sheet's lines in the order of its columns."""
        write = {
            "单位": self._participants,
            "项目与指标": self._items,
            "目标任务": self._targets,
            "节点": self._milestones,
        }.get(sheet)
        if sheet in DUTY_SHEETS:
            write = partial(duty_rows, self.programme, sheet, self.subs, self.units)
        if write is None:
            return []
        keys = [column.key for column in SHEETS[sheet]]
        return [
            [line.get(key, "") for key in keys] + line.get("more", []) if isinstance(line, dict) else line
            for line in write()
        ]

    def _participants(self):
        for unit in self.units:
            yield {
                "code": unit.code,
                "printed_name": unit.printed_name,
                "short_names": "、".join(unit.short_names),
                "kind": Participant.Kind(unit.kind).label,
                "ranked": _yes(unit.ranked),
                "region": unit.region.code if unit.region else "",
                "agency": unit.agency.name if unit.agency else "",
                "joins_on": _day(unit.joins_on),
                "leaves_on": _day(unit.leaves_on),
            }

    def _items(self):
        below: dict[int, list[Indicator]] = {}
        for row in self.indicators:
            below.setdefault(row.sub_project_id, []).append(row)
        suffixes = self._filling()
        projects = set()
        for sub in self.subs:
            first = {"sub_item": sub.name}
            if sub.project_id not in projects:
                projects.add(sub.project_id)
                first |= {
                    "origin": Project.Origin(sub.project.origin).label,
                    "change": Project.Change(sub.project.change).label,
                    "text": sub.project.text,
                }
            first |= {
                "lead_agency": sub.lead_agency.name if sub.lead_agency else "",
                "filling_agency": suffixes.get(sub.pk, ""),
                "supporting_agencies": "、".join(agency.name for agency in sub.supporting_agencies.all()),
                "city_leader": sub.city_leader,
                "department_leader": sub.department_leader,
                "implementer": sub.implementer,
                "due_on": _day(sub.due_on),
            }
            names = {"seq": str(sub.project.seq), "project": sub.project.name, "sub_item": sub.name}
            for row in below.get(sub.pk, [None]):
                yield first | names | (_indicator(row) if row else {})
                first = {}

    def _filling(self) -> dict[int, str]:
        """Return, by sub-project, what its bureaus are called behind their county's name, if all are alike."""
        units = [unit for unit in self.units if unit.kind == Participant.Kind.UNIT and unit.region]
        names = {unit.pk: unit.printed_name for unit in units}
        found: dict[int, list[str]] = {}
        for row in Assignment.objects.filter(participant__in=names).select_related("agency"):
            found.setdefault(row.sub_project_id, []).append(row.agency.name.removeprefix(names[row.participant_id]))
        return {pk: words[0] for pk, words in found.items() if len(words) == len(names) and len(set(words)) == 1}

    def _targets(self):
        newest = newest_targets(self.indicators)
        for row in self.indicators:
            targets = (newest.get((row.pk, unit.pk)) for unit in self.units)
            yield _names(row) | {"more": [stated(target) if target else "" for target in targets]}

    def _milestones(self):
        by_pk = {row.pk: row for row in self.indicators}
        for stone in Milestone.objects.filter(indicator__in=by_pk).order_by("indicator__order", "due_on"):
            yield _names(by_pk[stone.indicator_id]) | {
                "due_on": _day(stone.due_on),
                "threshold": decimal_text(stone.threshold),
                "text": stone.text,
                "measure": stone.get_measure_display() if stone.measure != Milestone.Measure.RATE else "",
            }


def _names(row: Indicator) -> dict:
    sub = row.sub_project
    return {"seq": str(sub.project.seq), "sub_item": sub.name, "indicator": row.name}


def _indicator(row: Indicator) -> dict:
    return {
        "indicator": row.name,
        "unit": row.unit,
        "decimals": str(row.decimals),
        "category": row.get_category_display(),
        "kind": row.get_kind_display(),
        "direction": row.get_direction_display(),
        "accumulation": row.get_accumulation_display(),
        "additive": _yes(row.additive),
        "assessed": _yes(row.assessed),
        "tolerance": decimal_text(row.tolerance),
        "part_of": row.part_of.name if row.part_of else "",
        "base": row.base.name if row.base else "",
    }


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _day(day) -> str:
    return day.isoformat() if day else ""
