"""Loads a whole catalogue: idempotent, set-based, one transaction, all or nothing.

The data is a plain structure (that of `fixtures/fuyang-2020.yaml`; the workbook reader builds the same):

    regions       [{code, name, short_name, kind, parent (code)}]            optional, parents first
    agencies      [{region (code), name}] or [{region, office, names}]       optional
    programme     {code, name, owner (region code), office (agency name), year, decimals, fund_denominator,
                   reporting_by, is_demo, basis}
    target_documents  {participant code: {number, dated_on, valid_from}}     optional
    participants  [{code, printed_name, short_names, kind, ranked, region, agency, joins_on, leaves_on}]
    projects      [{seq, name, origin, change, text, lead_agency, sub_projects: [{name, lead_agency,
                   filling_agency, supporting_agencies, city_leader, department_leader, implementer, due_on,
                   indicators: [{name, unit, …, part_of, base, targets {code: {…}}, milestones [{…}]}]}]}]
    targets       optional flat list instead of those inside the indicators: mappings or named tuples with
                  participant, project_seq, sub_item, indicator, state, value, comparison, printed; is_demo
                  or note 演示数据 marks made-up ones
    revision      {reason, document, document_on, valid_from}                 optional; see below

A target that exists with other words or another value is a new revision (R19) and needs `revision`;
without it the whole load is refused. What the database has and the data lacks stays and is counted.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import models, transaction

from livelihood.access import require_city_office
from livelihood.models import Agency, Region, User
from livelihood.services import Refused, record_event
from projects.catalogue_check import TargetRow, catalogue_problems, indicator_rows, target_rows
from projects.models import (
    Assignment,
    Indicator,
    Milestone,
    Participant,
    Programme,
    Project,
    SubProject,
    Target,
)

PROGRAMME_FIELDS = ["name", "year", "decimals", "fund_denominator", "reporting_by", "basis", "is_demo"]
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
TARGET_FIELDS = ["state", "value", "comparison", "printed"]


class CatalogueRefused(Refused):
    """The catalogue cannot be loaded; `problems` are Chinese sentences, all of them at once."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class LoadOutcome:
    """What a load did: rows by table, and what the audit trail keeps of the changes."""

    created: Counter = field(default_factory=Counter)
    changed: Counter = field(default_factory=Counter)
    unchanged: Counter = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    programme: Programme | None = None

    @property
    def is_changed(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.created or self.changed)


@transaction.atomic
def load_catalogue(*, data: dict, by: User) -> LoadOutcome:
    """Bring the catalogue to what `data` says; a second run writes nothing and records nothing.

    Raises CatalogueRefused with every problem found, NotAllowed unless `by` works in the owner's office.
    About 30 queries whatever the number of rows.
    """
    problems = catalogue_problems(data)
    if problems:
        raise CatalogueRefused(problems)
    loader = _Loader(data, by)
    loader.load_places()
    if loader.problems:
        raise CatalogueRefused(loader.problems)
    require_city_office(by, loader.owner.pk)
    loader.load_programme()
    loader.load_items()
    loader.load_targets()
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
        self.office = self._agency(self.owner, programme["office"])

    def _load_regions(self) -> None:
        rows = self.data.get("regions", [])
        wanted = {
            row["code"]: {"name": row["name"], "short_name": row.get("short_name", ""), "kind": row["kind"], "order": n}
            for n, row in enumerate(rows, 1)
        }
        existing = Region.objects.filter(code__in={*wanted, *(row.get("parent") for row in rows)} - {None})
        found = self._sync(Region, existing, wanted, ["code"], label="行政区划")
        parents = {row["code"]: {"parent_id": found[row["parent"]].pk} for row in rows if found.get(row.get("parent"))}
        self._sync(Region, found.values(), parents, ["code"], label="行政区划", count=False)

    def _load_agencies(self) -> None:
        wanted, orders = {}, Counter()
        for row in self.data.get("agencies", []):
            region = self.regions.get(row["region"])
            if region is None:
                self.problems.append(f"行政区划不存在：{row['region']}。")
                continue
            for name in row.get("names") or [row["name"]]:
                orders[region.pk] += 1
                wanted[(region.pk, name)] = {"order": orders[region.pk]}
        existing = Agency.objects.filter(region__in={key[0] for key in wanted})
        self._sync(Agency, existing, wanted, ["region_id", "name"], label="责任单位")

    def load_programme(self) -> None:
        """The programme, its participants in official order (the whole included)."""
        given = self.data["programme"]
        wanted = {given["code"]: {key: given[key] for key in PROGRAMME_FIELDS if key in given}}
        wanted[given["code"]] |= {"owner_id": self.owner.pk, "office_id": self.office.pk if self.office else None}
        if "basis" in given:
            wanted[given["code"]]["basis"] = [_plain(document) for document in given["basis"]]
        existing = Programme.objects.filter(code=given["code"])
        self.programme = self._sync(Programme, existing, wanted, ["code"], label="年度民生工程")[given["code"]]
        self.outcome.programme = self.programme
        rows = {}
        for order, row in enumerate(self.data["participants"], 1):
            region = self.regions.get(row.get("region"))
            agency = self._agency(region, row["agency"]) if row.get("agency") else None
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
        existing = Participant.objects.filter(programme=self.programme)
        found = self._sync(Participant, existing, rows, ["programme_id", "code"], label="考核单位")
        self.participants = {participant.code: participant for participant in found.values()}

    def load_items(self) -> None:
        """Projects, sub-projects, indicators with their links, milestones and filling agencies."""
        self._load_projects()
        self._load_indicators()
        self._load_milestones()
        self._load_assignments()

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
        projects = self._sync(Project, existing, rows, ["programme_id", "seq"], label="项目")
        subs, supporting = {}, {}
        for row in self.data["projects"]:
            project = projects[(self.programme.pk, row["seq"])]
            for order, sub in enumerate(row.get("sub_projects") or [{}], 1):
                lead = sub.get("lead_agency") or row.get("lead_agency")
                agency = self._agency(self.owner, lead) if lead else None
                key = (project.pk, sub.get("name", ""))
                subs[key] = {"order": order, "lead_agency_id": agency.pk if agency else None}
                subs[key] |= {name: sub[name] for name in SUB_PROJECT_FIELDS if name in sub}
                supporting[key] = [self._agency(self.owner, name) for name in sub.get("supporting_agencies", [])]
        existing = SubProject.objects.filter(project__programme=self.programme)
        self.sub_projects = self._sync(SubProject, existing, subs, ["project_id", "name"], label="子项")
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
        rows, links, orders = {}, {}, Counter()
        for project, sub, row in indicator_rows(self.data):
            sub_project = self.sub_projects[(self.projects[project["seq"]].pk, sub.get("name", ""))]
            orders[sub_project.pk] += 1
            key = (sub_project.pk, row["name"])
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
        found = self._sync(Indicator, existing, rows, keys, label="指标")
        linked = {
            key: {f"{name}_id": found[other].pk if other else None for name, other in pair.items()}
            for key, pair in links.items()
        }
        self._sync(Indicator, found.values(), linked, keys, label="指标", count=False)
        self.indicators = {
            (project["seq"], sub.get("name", ""), row["name"]): found[
                (self.sub_projects[(self.projects[project["seq"]].pk, sub.get("name", ""))].pk, row["name"])
            ]
            for project, sub, row in indicator_rows(self.data)
        }

    def _load_milestones(self) -> None:
        rows = {
            (self.indicators[(project["seq"], sub.get("name", ""), row["name"])].pk, milestone["due_on"]): {
                "threshold": Decimal(str(milestone["threshold"])),
                "text": milestone.get("text", ""),
            }
            for project, sub, row in indicator_rows(self.data)
            for milestone in row.get("milestones", [])
        }
        existing = Milestone.objects.filter(indicator__in=self.indicators.values())
        self._sync(Milestone, existing, rows, ["indicator_id", "due_on"], label="节点")

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
        self._sync(Assignment, existing, rows, ["sub_project_id", "participant_id"], label="填报分工")

    def _filling_agency_id(self, participant: Participant, sub_project: SubProject, suffix: str) -> int | None:
        if participant.kind == Participant.Kind.WHOLE or participant.region_id is None:
            return None
        if participant.kind == Participant.Kind.OWN:
            return sub_project.lead_agency_id
        agency = self._agency_in(participant.region_id, participant.printed_name + suffix)
        return agency.pk if agency else None

    def load_targets(self) -> None:
        """First targets, and next revisions where `revision` gives reason and document (R19)."""
        newest: dict[tuple, Target] = {}
        stored = Target.objects.filter(indicator__in=self.indicators.values()).order_by("revision")
        for target in stored:
            newest[(target.indicator_id, target.participant_id)] = target
        made, revised = [], []
        for row in target_rows(self.data):
            indicator, participant = self.indicators[row.key], self.participants[row.participant]
            target = self._target(row, indicator, participant)
            before = newest.get((indicator.pk, participant.pk))
            if before is None:
                made.append(target)
            elif any(getattr(before, name) != getattr(target, name) for name in TARGET_FIELDS):
                revised.append((before, target, row))
            else:
                self.outcome.unchanged["目标任务"] += 1
        self._revise(revised)
        self._count("created", "目标任务", len(made))
        if not self.problems:  # a revision without its reason has no number either
            Target.objects.bulk_create([*made, *(target for _before, target, _row in revised)], batch_size=2000)

    def _revise(self, revised: list[tuple[Target, Target, TargetRow]]) -> None:
        revision = self.data.get("revision") or {}
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
            target.valid_from = revision.get("valid_from") or date(self.programme.year, 1, 1)
            self.outcome.differences.append(words)
        self._count("changed", "目标任务", len(revised))

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

    def _agency(self, region: Region | None, name: str) -> Agency | None:
        return self._agency_in(region.pk, name) if region else None

    def _agency_in(self, region_id: int, name: str) -> Agency | None:
        agency = self.agencies.get((region_id, name))
        sentence = f"责任单位不存在：{name}。"
        if agency is None and sentence not in self.problems:
            self.problems.append(sentence)
        return agency

    def _sync(
        self, model: type[models.Model], existing, wanted: dict, keys: list[str], *, label: str, count: bool = True
    ) -> dict:
        """Create what is missing and change what differs; returns key → row. At most 3 queries.

        `wanted`: key → fields. With `count` false the rows were counted by an earlier pass already.
        """
        single = len(keys) == 1
        found = {getattr(row, keys[0]) if single else tuple(getattr(row, key) for key in keys): row for row in existing}
        made, changed, fields = [], [], set()
        for key, values in wanted.items():
            row = found.get(key)
            if row is None:
                names = {keys[0]: key} if single else dict(zip(keys, key, strict=True))
                found[key] = model(**names, **values)
                made.append(found[key])
                continue
            differing = [name for name, value in values.items() if getattr(row, name) != value]
            for name in differing:
                if count:
                    label_of_field = model._meta.get_field(name.removesuffix("_id")).verbose_name
                    words = "有改动" if name.endswith("_id") else f"：{getattr(row, name)} → {values[name]}"
                    self.outcome.differences.append(f"{label}“{row}”的{label_of_field}{words}")
                setattr(row, name, values[name])
            if differing:
                changed.append(row)
                fields.update(differing)
        model.objects.bulk_create(made, batch_size=2000)
        if changed:
            model.objects.bulk_update(changed, [name.removesuffix("_id") for name in sorted(fields)])
        if count:
            self._count("created", label, len(made))
            self._count("changed", label, len(changed))
            self._count("unchanged", label, len(wanted) - len(made) - len(changed))
        return found

    def _count(self, what: str, label: str, number: int) -> None:
        if number:
            getattr(self.outcome, what)[label] += number


def _plain(document: dict) -> dict:
    """Return a basis document as JSON takes it: dates as text."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in document.items()}


def _shown(target: Target) -> str:
    if target.value is None:
        return f"“{target.printed or target.get_state_display()}”"
    return format(target.value.normalize(), "f")
