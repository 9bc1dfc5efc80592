"""Loads what a catalogue says beside its targets: milestones, 包保责任人, printed sentences, dated tasks, and more.

Part of `load_catalogue` (projects/services/catalogue_loading.py), after the items are there; the data:

    sub-project   responsibilities [{participant (code), office}], sentences {participant code: text},
                  tasks [{due_on, text, printed_due, participant (code, blank: the whole item), agency}]
    project       succeeds [{programme (code), seq, kind, note}]     the items of an earlier list it came from
    withdrawn     [{programme, seq, note}]                           items of an earlier list that ended
    conflicts     [{project_seq, subject, first, second, taken}]     where the papers contradict themselves

What the database has and the data lacks stays, as with everything a load brings.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from projects.catalogue_check import indicator_rows
from projects.duties_check import lineage_rows
from projects.models import (
    DatedTask,
    Milestone,
    PaperConflict,
    Project,
    ProjectLineage,
    Responsibility,
    SubProject,
    TargetSentence,
)


def load_duties(loader) -> None:
    """Bring the tables of this module to what the loader's data says. At most two queries per table given."""
    _load_milestones(loader)
    _load_responsibilities(loader)
    _load_sentences(loader)
    _load_tasks(loader)
    _load_lineage(loader)
    _load_conflicts(loader)


def _subs(loader) -> Iterator[tuple[dict, SubProject]]:
    for project in loader.data["projects"]:
        for sub in project.get("sub_projects", []):
            yield sub, loader.sub_projects[(loader.projects[project["seq"]].pk, sub.get("name", ""))]


def _sync(loader, model, existing, rows: dict, keys: list[str], label: str) -> None:
    """Nothing is asked of a table the data does not speak of."""
    if rows:
        sub_projects = {"sub_project__in": [row.pk for row in loader.sub_projects.values()]}
        loader.sync(model, model.objects.filter(**(existing or sub_projects)), rows, keys, label=label)


def _load_milestones(loader) -> None:
    rows = {
        (loader.indicators[(project["seq"], sub.get("name", ""), row["name"])].pk, milestone["due_on"]): {
            "threshold": Decimal(str(milestone["threshold"])),
            "text": milestone.get("text", ""),
            **({"measure": milestone["measure"]} if "measure" in milestone else {}),
        }
        for project, sub, row in indicator_rows(loader.data)
        for milestone in row.get("milestones", [])
    }
    existing = {"indicator__in": [row.pk for row in loader.indicators.values()]}
    _sync(loader, Milestone, existing, rows, ["indicator_id", "due_on"], "节点")


def _load_responsibilities(loader) -> None:
    rows, orders = {}, Counter()
    for sub, row in _subs(loader):
        for given in sub.get("responsibilities", []):
            place = row.pk, loader.participants[given["participant"]].pk
            orders[place] += 1
            rows[*place, given["office"]] = {"order": orders[place]}
    _sync(loader, Responsibility, None, rows, ["sub_project_id", "participant_id", "office"], "包保责任人")


def _load_sentences(loader) -> None:
    documents = loader.data.get("target_documents", {})
    rows = {
        (row.pk, loader.participants[code].pk): {
            "text": text,
            **({"document": documents[code]["number"]} if documents.get(code, {}).get("number") else {}),
        }
        for sub, row in _subs(loader)
        for code, text in sub.get("sentences", {}).items()
    }
    _sync(loader, TargetSentence, None, rows, ["sub_project_id", "participant_id"], "目标原文")


def _load_tasks(loader) -> None:
    rows = {}
    for sub, row in _subs(loader):
        for given in sub.get("tasks", []):
            unit = loader.participants[given["participant"]].pk if given.get("participant") else None
            agency = loader.agency(loader.owner, given["agency"]) if given.get("agency") else None
            rows[row.pk, unit, given["due_on"], given["text"]] = {
                "printed_due": given.get("printed_due", ""),
                "agency_id": agency.pk if agency else None,
            }
    _sync(loader, DatedTask, None, rows, ["sub_project_id", "participant_id", "due_on", "text"], "限期任务")


def _load_lineage(loader) -> None:
    given = list(lineage_rows(loader.data))
    if not given:
        return
    codes = {row["programme"] for row in given}
    before = {
        (row.programme.code, row.seq): row
        for row in Project.objects.filter(programme__code__in=codes).select_related("programme")
    }
    rows = {}
    for row in given:
        found = before.get((row["programme"], row["seq"]))
        if found is None:
            loader.problems.append(f"{_at(row)}上年项目不存在：{row['programme']}第{row['seq']}项。")
            continue
        after = loader.projects[row["to"]].pk if row["to"] else None
        rows[found.pk, after, row.get("note", "")] = {"kind": row["kind"]}
    existing = {"from_project__in": [row.pk for row in before.values()]}
    _sync(loader, ProjectLineage, existing, rows, ["from_project_id", "to_project_id", "note"], "项目沿革")


def _load_conflicts(loader) -> None:
    rows = {
        (
            loader.programme.pk,
            loader.projects[row["project_seq"]].pk if row.get("project_seq") else None,
            row["subject"],
        ): {"first": row["first"], "second": row["second"], "taken": row.get("taken", "")}
        for row in loader.data.get("conflicts", [])
    }
    existing = {"programme": loader.programme}
    _sync(loader, PaperConflict, existing, rows, ["programme_id", "project_id", "subject"], "文件出入")
    kept = PaperConflict.objects.filter(programme=loader.programme).select_related("project") if rows else ()
    loader.outcome.conflicts = [row.sentence for row in kept]


def _at(row: dict) -> str:
    return f"{row['at']}：" if row.get("at") else ""
