"""Loads a whole catalogue: idempotent, set-based, one transaction, all or nothing.

The data is a plain structure (that of `fixtures/fuyang-2020.yaml`; the workbook reader builds the same):

    regions       [{code, name, short_name, kind, parent (code)}]            optional, parents first
    agencies      [{region (code), name}] or [{region, office, names}]       optional
    programme     {code, name, kind, owner (region code), office (agency name), year, decimals, fund_denominator,
                   reporting_by, is_demo, basis; when reports are due: fields of SCHEDULE}
    target_documents  {participant code: {number, dated_on, valid_from}}     optional
    participants  [{code, printed_name, short_names, kind, ranked, region, agency, joins_on, leaves_on}]
    projects      [{seq, name, origin, change, text, lead_agency, sub_projects: [{name, lead_agency,
                   filling_agency, supporting_agencies, city_leader, department_leader, implementer, due_on,
                   indicators: [{name, unit, …, part_of, base, targets {code: {…}}, milestones [{…}]}]}]}]
    targets       optional flat list instead of those inside the indicators: mappings or named tuples with
                  participant, project_seq, sub_item, indicator, state, value, comparison, printed; is_demo
                  or note 演示数据 marks made-up ones
    revision      {reason, document, document_on, valid_from}                 optional; see below
    and people, sentences, dated tasks, lineage and conflicts: see projects/services/duties_loading.py

A target that exists with other words or another value is a new revision (R19) and needs `revision`;
without it the whole load is refused. What the database has and the data lacks stays and is counted.
"""

from collections import Counter
from datetime import date
from decimal import Decimal

from django.db import transaction

from livelihood.access import require_city_office
from livelihood.models import Agency, Region, User
from livelihood.services import record_event
from projects.catalogue_check import TargetRow, catalogue_problems, indicator_rows, target_rows
from projects.models import Assignment, Indicator, Participant, Programme, Project, SubProject, Target
from projects.services.duties_loading import load_duties
from projects.services.load_outcome import CatalogueRefused, LoadedRow, LoadOutcome
from projects.services.loading_rules import Standing, other_year
from projects.services.own_places import foreign_problems
from projects.services.participants import days_problems
from projects.services.schedules import SCHEDULE
from projects.services.syncing import sync_rows
from projects.services.targets import Paper, differs, first_free_day, newest_targets, paper_problems

PROGRAMME_FIELDS = ["name", "kind", "year", "decimals", "fund_denominator", "reporting_by", "basis", "is_demo"]
SUB_PROJECT_FIELDS = ["city_leader", "department_leader", "implementer", "due_on"]
INDICATOR_FIELDS = [
    "kind",
    "unit",
    "decimals",
    "category",
    "direction",
    "accumulation",
    "additive",
    "assessed",
    "tolerance",
    "is_starred",
]


@transaction.atomic
def load_catalogue(*, data: dict, by: User, is_upload: bool = False) -> LoadOutcome:
    """Bring the catalogue to what `data` says; a second run writes nothing and records nothing.

    Of places an upload writes only new ones under the owner; the rest are the system administrator's.

    Raises CatalogueRefused with every problem found, NotAllowed unless `by` works in the owner's office.
    About 31 queries whatever the number of rows.
    """
    if problems := other_year(data.get("programme") or {}) or catalogue_problems(data):
        raise CatalogueRefused(problems)
    loader = _Loader(data, by)
    loader.load_places()
    if loader.problems:
        raise CatalogueRefused(loader.problems)
    require_city_office(by, loader.owner.pk)
    if problems := foreign_problems(data, owner=loader.owner, outcome=loader.outcome, is_upload=is_upload):
        raise CatalogueRefused(problems)
    # The lock a save by page takes: what stood before is still so when it is compared at the end.
    list(Programme.objects.select_for_update(no_key=True).filter(code=data["programme"]["code"]).values_list("pk"))
    before = Standing(data["programme"]["code"])
    loader.load_programme()
    loader.load_items()
    loader.load_targets()
    if loader.outcome.is_changed:
        loader.problems += before.problems()
    if loader.problems:
        raise CatalogueRefused(loader.problems)
    outcome = loader.outcome
    if outcome.is_changed:
        record_event(
            by=by,
            verb="load_catalogue",
            target=outcome.programme,
            after={
                "created": dict(outcome.created),
                "changed": dict(outcome.changed),
                "differences": outcome.differences[:200],
            },
            reason=data.get("revision", {}).get("reason", ""),
        )
    return outcome


class _Loader:
    """One load: keeps what later steps need of earlier ones by natural key."""

    def __init__(self, data: dict, by: User):
        self.data = data
        self.by = by
        self.outcome = LoadOutcome()
        self.problems: list[str] = []

    def load_places(self) -> None:
        """Regions and agencies; then every agency the catalogue names must exist."""
        self._load_regions()
        regions = {region.code: region for region in Region.objects.all()}
        programme = self.data["programme"]
        named = [programme["owner"], *(p["region"] for p in self.data["participants"] if p.get("region"))]
        missing = sorted({code for code in named if code not in regions})
        if missing:
            self.problems.append(f"行政区划不存在：{'、'.join(missing)}。")
            return
        self.regions = regions
        self.owner = regions[programme["owner"]]
        self._load_agencies()
        found = Agency.objects.filter(region__code__in=set(named))
        self.agencies = {(agency.region_id, agency.name): agency for agency in found}
        self.office = self.agency(self.owner, programme["office"])

    def _load_regions(self) -> None:
        rows = self.data.get("regions", [])
        wanted = {
            row["code"]: {"name": row["name"], "short_name": row.get("short_name", ""), "kind": row["kind"], "order": n}
            for n, row in enumerate(rows, 1)
        }
        existing = list(Region.objects.filter(code__in={*wanted, *(row.get("parent") for row in rows)} - {None}))
        above = {region.code: region.parent_id for region in existing}
        at = {row["code"]: row.get("at", "") for row in rows}
        found = self.sync(Region, existing, wanted, ["code"], label="行政区划", at=at)
        parents = {row["code"]: {"parent_id": found[row["parent"]].pk} for row in rows if found.get(row.get("parent"))}
        for code, fields in parents.items():
            if code in above and above[code] != fields["parent_id"]:
                words = f"行政区划“{found[code]}”的上级有改动"
                self.outcome.rows.append(LoadedRow(False, "行政区划", str(found[code]), at[code], words))
                self.outcome.count("changed", "行政区划", 1)
        self.sync(Region, found.values(), parents, ["code"], label="行政区划", count=False)

    def _load_agencies(self) -> None:
        wanted, orders, at = {}, Counter(), {}
        for row in self.data.get("agencies", []):
            region = self.regions.get(row["region"])
            if region is None:
                self.problems.append(f"行政区划不存在：{row['region']}。")
                continue
            for name in row.get("names") or [row["name"]]:
                orders[region.pk] += 1
                wanted[(region.pk, name)] = {"order": orders[region.pk]}
                at[(region.pk, name)] = row.get("at", "")
        existing = Agency.objects.filter(region__in={key[0] for key in wanted})
        self.sync(Agency, existing, wanted, ["region_id", "name"], label="责任单位", at=at)

    def load_programme(self) -> None:
        """The programme, its participants in official order (the whole included)."""
        given = self.data["programme"]
        wanted = {given["code"]: {key: given[key] for key in [*PROGRAMME_FIELDS, *SCHEDULE] if key in given}}
        wanted[given["code"]] |= {"owner_id": self.owner.pk, "office_id": self.office.pk if self.office else None}
        existing = list(Programme.objects.filter(code=given["code"]))
        if "basis" in given:
            # A workbook knows number and title only; what else is known of the same document stays.
            known = {_words_of(document): document for row in existing for document in row.basis}
            wanted[given["code"]]["basis"] = [
                _plain(row) if row.keys() - {"number", "title"} else known.get(_words_of(row), row)
                for row in given["basis"]
            ]
        found = self.sync(Programme, existing, wanted, ["code"], label="年度民生工程", at={given["code"]: ""})
        self.programme = self.outcome.programme = found[given["code"]]
        rows = {}
        for order, row in enumerate(self.data["participants"], 1):
            region = self.regions.get(row.get("region"))
            agency = self.agency(region, row["agency"]) if row.get("agency") else None
            kind = row.get("kind", "unit")
            rows[(self.programme.pk, row["code"])] = {
                "printed_name": row["printed_name"],
                "short_names": list(row.get("short_names", [])),
                "order": order,
                "kind": kind,
                "ranked": row.get("ranked", kind == "unit"),
                "region_id": region.pk if region else None,
                "agency_id": agency.pk if agency else None,
                **{key: row[key] for key in ["joins_on", "leaves_on"] if key in row},
            }
        existing = list(Participant.objects.filter(programme=self.programme))
        at = {(self.programme.pk, row["code"]): row.get("at", "") for row in self.data["participants"]}
        days = {row.code: (row.joins_on, row.leaves_on) for row in existing}
        found = self.sync(Participant, existing, rows, ["programme_id", "code"], label="考核单位", at=at)
        self.problems += days_problems(found.values(), days) if days else []
        self.participants = {participant.code: participant for participant in found.values()}

    def load_items(self) -> None:
        """Projects, sub-projects, indicators with their links, milestones and filling agencies."""
        self._load_projects()
        self._load_indicators()
        self._load_assignments()
        load_duties(self)

    def _load_projects(self) -> None:
        rows = {
            (self.programme.pk, row["seq"]): {
                "name": row["name"],
                "origin": row.get("origin", Project.Origin.PROVINCE),
                "change": row.get("change", Project.Change.CONTINUED),
                "text": row.get("text") or "",
            }
            for row in self.data["projects"]
        }
        existing = Project.objects.filter(programme=self.programme)
        at = {(self.programme.pk, row["seq"]): row.get("at", "") for row in self.data["projects"]}
        projects = self.sync(Project, existing, rows, ["programme_id", "seq"], label="项目", at=at)
        subs, supporting = {}, {}
        for row in self.data["projects"]:
            project = projects[(self.programme.pk, row["seq"])]
            for order, sub in enumerate(row.get("sub_projects") or [{}], 1):
                lead = sub.get("lead_agency") or row.get("lead_agency")
                agency = self.agency(self.owner, lead) if lead else None
                key = (project.pk, sub.get("name", ""))
                subs[key] = {"order": order, "lead_agency_id": agency.pk if agency else None}
                subs[key] |= {name: sub[name] for name in SUB_PROJECT_FIELDS if name in sub}
                supporting[key] = [self.agency(self.owner, name) for name in sub.get("supporting_agencies", [])]
        existing = SubProject.objects.filter(project__programme=self.programme)
        self.sub_projects = self.sync(SubProject, existing, subs, ["project_id", "name"], label="子项")
        self.projects = {key[1]: project for key, project in projects.items()}
        self._sync_supporting(supporting)

    def _sync_supporting(self, supporting: dict) -> None:
        """Add missing 配合单位; one that a document dropped is taken away by hand, never by a load."""
        through = SubProject.supporting_agencies.through
        wanted = {
            (self.sub_projects[key].pk, agency.pk)
            for key, agencies in supporting.items()
            for agency in agencies
            if agency
        }
        have = set(
            through.objects.filter(subproject__project__programme=self.programme).values_list(
                "subproject_id", "agency_id"
            )
        )
        missing = sorted(wanted - have)
        through.objects.bulk_create(through(subproject_id=sub, agency_id=agency) for sub, agency in missing)
        if missing:
            self.outcome.created["配合单位"] += len(missing)

    def _load_indicators(self) -> None:
        rows, links, orders, at = {}, {}, Counter(), {}
        for project, sub, row in indicator_rows(self.data):
            sub_project = self.sub_projects[(self.projects[project["seq"]].pk, sub.get("name", ""))]
            orders[sub_project.pk] += 1
            key = (sub_project.pk, row["name"])
            at[key] = row.get("at", "")
            rows[key] = {"order": orders[sub_project.pk]} | {
                name: row[name] for name in INDICATOR_FIELDS if name in row
            }
            if "tolerance" in row:
                rows[key]["tolerance"] = Decimal(str(row["tolerance"]))
            links[key] = {name: (sub_project.pk, row[name]) if row.get(name) else None for name in ["part_of", "base"]}
        existing = list(Indicator.objects.filter(sub_project__project__programme=self.programme))
        keys = ["sub_project_id", "name"]
        known = {(row.sub_project_id, row.name): row.pk for row in existing}
        for key, pair in links.items():
            # In the same UPDATE as `assessed`: the table refuses an assessed 其中 even for a moment.
            ready = {name: known.get(other) for name, other in pair.items() if other is None or other in known}
            rows[key] |= {f"{name}_id": pk for name, pk in ready.items()}
        found = self.sync(Indicator, existing, rows, keys, label="指标", at=at)
        linked = {
            key: {f"{name}_id": found[other].pk if other else None for name, other in pair.items()}
            for key, pair in links.items()
        }
        self.sync(Indicator, found.values(), linked, keys, label="指标", count=False)
        self.indicators = {
            (project["seq"], sub.get("name", ""), row["name"]): found[
                (self.sub_projects[(self.projects[project["seq"]].pk, sub.get("name", ""))].pk, row["name"])
            ]
            for project, sub, row in indicator_rows(self.data)
        }

    def _load_assignments(self) -> None:
        """Counties fill through 太和县 + 教育局; the own level through the lead agency; the whole has none."""
        rows = {}
        for project in self.data["projects"]:
            for sub in project.get("sub_projects", []):
                suffix = sub.get("filling_agency")
                sub_project = self.sub_projects[(self.projects[project["seq"]].pk, sub.get("name", ""))]
                for participant in self.participants.values() if suffix else []:
                    agency_id = self._filling_agency_id(participant, sub_project, suffix)
                    if agency_id:
                        rows[(sub_project.pk, participant.pk)] = {"agency_id": agency_id}
        existing = Assignment.objects.filter(participant__programme=self.programme)
        self.sync(Assignment, existing, rows, ["sub_project_id", "participant_id"], label="填报分工")

    def _filling_agency_id(self, participant: Participant, sub_project: SubProject, suffix: str) -> int | None:
        if participant.kind == Participant.Kind.WHOLE or participant.region_id is None:
            return None
        if participant.kind == Participant.Kind.OWN:
            return sub_project.lead_agency_id
        agency = self._agency_in(participant.region_id, participant.printed_name + suffix)
        return agency.pk if agency else None

    def load_targets(self) -> None:
        """First targets, and next revisions where `revision` gives reason and document (R19)."""
        newest = newest_targets(self.indicators.values())
        made, revised = [], []
        for row in target_rows(self.data):
            indicator, participant = self.indicators[row.key], self.participants[row.participant]
            target = self._target(row, indicator, participant)
            before = newest.get((indicator.pk, participant.pk))
            if before is None:
                made.append(target)
                name = f"{participant.printed_name}的“{indicator.name}”"
                self.outcome.rows.append(LoadedRow(True, "目标任务", name, row.values.get("at", ""), _shown(target)))
            elif differs(before, target):
                revised.append((before, target, row))
            else:
                self.outcome.unchanged["目标任务"] += 1
        self._revise(revised)
        self.outcome.count("created", "目标任务", len(made))
        if not self.problems:  # a revision without its reason has no number either
            Target.objects.bulk_create([*made, *(target for _before, target, _row in revised)], batch_size=2000)

    def _revise(self, revised: list[tuple[Target, Target, TargetRow]]) -> None:
        revision = self.data.get("revision") or {}
        first = first_free_day(self.programme) if revised else None
        for before, target, row in revised:
            name = f"{target.participant.printed_name}的“{target.indicator.name}”"
            at = f"{row.values['at']}：" if row.values.get("at") else ""
            words = f"{at}{name}目标任务与已有的不同（原{_shown(before)}，现{_shown(target)}）"
            if not revision.get("reason") or not revision.get("document") or not revision.get("document_on"):
                self.problems.append(f"{words}；修订目标任务要写明原因、依据文件和文件日期。")
                continue
            target.revision = before.revision + 1
            target.reason, target.document = revision["reason"], revision["document"]
            target.document_on = revision["document_on"]
            target.valid_from = revision.get("valid_from") or first
            self.outcome.rows.append(LoadedRow(False, "目标任务", name, row.values.get("at", ""), words))
        self.outcome.count("changed", "目标任务", len(revised))
        if revised and not self.problems:
            paper = Paper(**{name: revision[name] for name in vars(Paper()) if revision.get(name)})
            self.problems += paper_problems(self.programme, paper, revises=True, first=first)

    def _target(self, row: TargetRow, indicator: Indicator, participant: Participant) -> Target:
        values = row.values
        document = self.data.get("target_documents", {}).get(row.participant, {})
        number = values.get("value")
        return Target(
            indicator=indicator,
            participant=participant,
            state=values.get("state", Target.State.ASSESSED),
            value=None if number is None else Decimal(str(number)),
            comparison=values.get("comparison", Target.Comparison.EQUAL),
            printed=values.get("printed") or "",
            document=document.get("number", ""),
            document_on=document.get("dated_on"),
            valid_from=document.get("valid_from") or date(self.programme.year, 1, 1),
            is_demo=bool(values.get("is_demo") or values.get("note") == "演示数据"),
            set_by=self.by,
        )

    def agency(self, region: Region | None, name: str) -> Agency | None:
        """Return an agency of a place by name; a missing one becomes a problem."""
        return self._agency_in(region.pk, name) if region else None

    def _agency_in(self, region_id: int, name: str) -> Agency | None:
        agency = self.agencies.get((region_id, name))
        sentence = f"责任单位不存在：{name}。"
        if agency is None and sentence not in self.problems:
            self.problems.append(sentence)
        return agency

    def sync(self, *rows, **options) -> dict:
        """Bring rows of a table to what is wanted, counted in this load's outcome."""
        return sync_rows(self.outcome, *rows, **options)


def _words_of(document: dict) -> str:
    return "".join(f"{document.get('number', '')} {document.get('title', '')}".split())


def _plain(document: dict) -> dict:
    """Return a basis document as JSON takes it: dates as text."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in document.items()}


def _shown(target: Target) -> str:
    if target.value is None:
        return f"“{target.printed or target.get_state_display()}”"
    return format(target.value.normalize(), "f")
