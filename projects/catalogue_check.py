"""What a catalogue must satisfy before it is loaded: pure checks, one Chinese sentence each.

The data is the plain structure of `fixtures/*.yaml` (see `projects.services.catalogue_loading`). A row may
carry `at`, the place in the workbook it was read from ("项目与指标!B7"); it opens the sentence.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from projects.duties_check import duty_problems, milestone_problems
from projects.models import Indicator, Participant, Programme, Project, Target
from projects.participant_check import unit_faults

#: Columns of a choice field: key in the data → (name in sentences, the model's choices).
CHOICES = {
    "category": ("类型", Indicator.Category),
    "direction": ("方向", Indicator.Direction),
    "accumulation": ("累计方式", Indicator.Accumulation),
    "kind": ("性质", Indicator.Kind),
}
#: NUMERIC(20, 6): what a target column can hold.
LARGEST = Decimal(10) ** 14
#: Years a work may run on after the year of its list; one before it stands in lists taken over from the last.
LONGEST = 5

#: When reports are due: what each number is called, and from where to where it goes.
SCHEDULE_BOUNDS = {
    "month_due_day": ("月报截止日", 0, 28),
    "month_due_hour": ("月报截止时刻", 1, 23),
    "week_ends_on": ("一周的最后一天", 1, 7),
    "week_due_weekday": ("周报截止在星期几", 1, 7),
    "week_due_hour": ("周报截止时刻", 1, 23),
    "week_due_after_holiday": ("节后第几个工作日", 1, 5),
}


class TargetRow(NamedTuple):
    """A target of the data with its natural key, whichever way the data gave it."""

    participant: str
    project_seq: int
    sub_item: str
    indicator: str
    values: dict

    @property
    def key(self) -> tuple[int, str, str]:
        """Return the natural key of the indicator."""
        return self.project_seq, self.sub_item, self.indicator


def indicator_rows(data: dict) -> Iterator[tuple[dict, dict, dict]]:
    """Yield (project, sub-project, indicator) mappings in printed order."""
    for project in data.get("projects", []):
        for sub in project.get("sub_projects", []):
            for indicator in sub.get("indicators", []):
                yield project, sub, indicator


def target_rows(data: dict) -> list[TargetRow]:
    """Return the data's targets: the flat list `targets` where given, else those inside the indicators."""
    if "targets" in data:
        flat = (row if isinstance(row, dict) else row._asdict() for row in data["targets"])
        return [
            TargetRow(row["participant"], row["project_seq"], row["sub_item"], row["indicator"], dict(row))
            for row in flat
        ]
    return [
        TargetRow(code, project["seq"], sub["name"], indicator["name"], values)
        for project, sub, indicator in indicator_rows(data)
        for code, values in indicator.get("targets", {}).items()
    ]


def catalogue_problems(data: dict) -> list[str]:
    """Return everything that is wrong with the data, in the order of the list; empty when it may be loaded."""
    return [
        *programme_problems(data.get("programme") or {}),
        *_participant_problems(data.get("participants", []), data.get("programme") or {}),
        *project_problems(data.get("projects", []), (data.get("programme") or {}).get("year")),
        *_target_problems(data),
        *_milestone_problems(data),
        *duty_problems(data),
    ]


def programme_problems(programme: dict) -> Iterator[str]:
    """Yield what is wrong with the programme's own facts."""
    labels = {"code": "代码", "name": "名称", "owner": "主办地区", "office": "主办单位", "year": "年度"}
    missing = [label for key, label in labels.items() if not programme.get(key)]
    if missing:
        yield f"年度民生工程缺少：{'、'.join(missing)}。"
    if programme.get("kind", "livelihood") not in Programme.Kind.values:
        yield f"年度种类“{programme['kind']}”不认识。"
    if not 0 <= programme.get("decimals", 2) <= 4:
        yield f"完成率小数位应为0至4，现为{programme['decimals']}。"
    for key, (label, low, high) in SCHEDULE_BOUNDS.items():
        value = programme.get(key)
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            yield f"{label}应为{low}至{high}，现为{value}。"


def _participant_problems(participants: list[dict], programme: dict) -> Iterator[str]:
    if not participants:
        yield "没有考核单位。"
        return
    for row in participants:
        if not row.get("code") or not row.get("printed_name"):
            yield f"{_at(row)}考核单位要有代码和印发名称。"
        if row.get("kind", "unit") not in Participant.Kind.values:
            yield f"{_at(row)}{row.get('printed_name')}的类别“{row['kind']}”不认识。"
        elif row.get("ranked", True) and row.get("kind", "unit") != "unit" and "ranked" in row:
            yield f"{_at(row)}{row.get('printed_name')}不是县区单位，不能参加综合排名。"
    for label, key in [("代码", "code"), ("印发名称", "printed_name")]:
        for value, rows in _repeated(participants, lambda row, key=key: row.get(key)):
            yield f"{_at(rows[-1])}考核单位的{label}“{value}”出现了{len(rows)}次。"
    yield from _beside_problems(participants, programme)
    wholes = [row for row in participants if row.get("kind") == "whole"]
    if len(wholes) != 1:
        yield f"全域单位（全市）应有且只有一个，现有{len(wholes)}个。"


def _beside_problems(participants: list[dict], programme: dict) -> Iterator[str]:
    """Yield what is wrong with the units one beside the other; codes and names that repeat are told already."""
    before: list[dict] = []
    for row in participants:
        if row.get("printed_name") and row["printed_name"] not in {other["printed_name"] for other in before}:
            unit = row | {"ranked": False, "place": row.get("agency") or row.get("region")}
            faults = unit_faults(unit, before, owner=programme.get("owner", ""), year=programme.get("year"))
            yield from (f"{_at(row)}{fault}" for fault in faults)
            before.append(unit)


def project_problems(projects: list[dict], year: int | None = None) -> Iterator[str]:
    """Yield what is wrong with the list of a year: numbers, names, sub-projects and their indicators."""
    if not projects:
        yield "没有项目。"
    for seq, rows in _repeated(projects, lambda row: row.get("seq")):
        yield f"{_at(rows[-1])}项目序号{seq}出现了{len(rows)}次。"
    for project in projects:
        name = f"{_at(project)}第{project.get('seq')}项"
        if not isinstance(project.get("seq"), int) or project["seq"] < 1:
            yield f"{_at(project)}项目序号“{project.get('seq')}”不是从1开始的整数。"
        if not project.get("name"):
            yield f"{name}没有名称。"
        if project.get("origin", "province") not in Project.Origin.values:
            yield f"{name}的来源“{project['origin']}”不认识。"
        if project.get("change", "continued") not in Project.Change.values:
            yield f"{name}的变化“{project['change']}”不认识。"
        subs = project.get("sub_projects", [])
        for sub_name, rows in _repeated(subs, lambda row: row.get("name", "")):
            yield f"{_at(rows[-1])}第{project.get('seq')}项的子项“{sub_name}”出现了{len(rows)}次。"
        for sub in subs:
            yield from _sub_project_problems(project, sub, year)


def _sub_project_problems(project: dict, sub: dict, year: int | None) -> Iterator[str]:
    due_on = sub.get("due_on")
    if isinstance(year, int) and isinstance(due_on, date) and not year - 1 <= due_on.year <= year + LONGEST:
        about = f"第{project.get('seq')}项" + (f"“{sub['name']}”" if sub.get("name") else "")
        yield f"{_at(sub)}{about}的完成时限{due_on}不在{year - 1}年至{year + LONGEST}年之间。"
    indicators = sub.get("indicators", [])
    by_name = {row.get("name"): row for row in indicators}
    for name, rows in _repeated(indicators, lambda row: row.get("name")):
        yield f"{_at(rows[-1])}第{project.get('seq')}项的指标“{name}”出现了{len(rows)}次。"
    for row in indicators:
        yield from (f"{_at(row)}第{project.get('seq')}项“{row.get('name')}”{words}" for words in _faults(row, by_name))


def _faults(row: dict, siblings: dict) -> Iterator[str]:
    """Yield what is wrong with one indicator, as the end of a sentence."""
    if not row.get("name"):
        yield "指标没有名称。"
    if not str(row.get("unit") or "").strip():
        yield "没有写单位。"
    if not 0 <= row.get("decimals", 0) <= 6:
        yield f"小数位应为0至6，现为{row['decimals']}。"
    for key, (label, choices) in CHOICES.items():
        given = row.get(key, choices.values[0] if key != "category" else None)
        if given not in choices.values:
            yield f"的{label}“{given or '空白'}”不认识。"
    if row.get("accumulation") == "level" and row.get("additive", True):
        yield "是比率或标准，不能加总。"
    for key, label in [("part_of", "其中"), ("base", "所依数量")]:
        other = row.get(key)
        if other and other == row.get("name"):
            yield f"的{label}不能是它自己。"
        elif other and other not in siblings:
            yield f"的{label}“{other}”在同一子项里找不到。"
        elif other and row.get("name") in _chain(other, key, siblings):
            yield f"的{label}“{other}”又依着它自己。"
    if row.get("assessed", True) and (row.get("part_of") or row.get("kind", "number") != "number"):
        yield "是增幅、年度、文字或“其中”指标，不参加考核。"


def _chain(name: str, key: str, siblings: dict) -> list[str]:
    """Return what an indicator is part of, what that is part of, and so on, each once."""
    found = [name]
    while (name := siblings.get(name, {}).get(key)) and name not in found:
        found.append(name)
    return found


def _target_problems(data: dict) -> Iterator[str]:
    indicators = {(p["seq"], s.get("name", ""), i["name"]): i for p, s, i in indicator_rows(data) if i.get("name")}
    names = {row.get("code"): row.get("printed_name") for row in data.get("participants", [])}
    rows = target_rows(data)
    for (code, key), same in _repeated(rows, lambda row: (row.participant, row.key)):
        yield f"{_at(same[-1].values)}{names.get(code, code)}的“{key[2]}”目标任务出现了{len(same)}次。"
    for row in rows:
        at = _at(row.values)
        if row.participant not in names:
            yield f"{at}“{row.indicator}”的目标任务写给了不在名单里的单位{row.participant}。"
        elif row.key not in indicators:
            yield f"{at}目标任务的指标不在清单里：第{row.project_seq}项“{row.indicator}”。"
        else:
            fault = target_fault(row.values, indicators[row.key])
            if fault:
                yield f"{at}{names[row.participant]}的“{row.indicator}”{fault}"


def target_fault(values: dict, indicator: dict) -> str | None:
    """Return what is wrong with a target, as the end of a sentence; None when it is right."""
    state, given = values.get("state", "assessed"), values.get("value")
    if state not in Target.State.values:
        return f"任务状态“{state}”不认识。"
    if values.get("comparison", "eq") not in Target.Comparison.values:
        return f"的比较方式“{values['comparison']}”不认识。"
    if given is None:
        return None
    if state != "assessed":
        return f"没有任务，却有目标值{given}。"
    try:
        value = Decimal(str(given))
    except InvalidOperation:
        return f"目标值“{given}”不是数字。"
    if not value.is_finite():
        return f"目标值“{given}”不是数字。"
    if value < 0 and indicator.get("kind", "number") != "growth":
        return f"目标值不能为负数：{given}。"
    if value == 0 and indicator.get("direction", "at_least") != "at_most":
        return "目标值为0；没有任务请写“/”。"
    if value >= LARGEST or value != round(value, 6):
        return f"目标值“{given}”位数太多，整数最多14位，小数最多6位。"
    return None


def _milestone_problems(data: dict) -> Iterator[str]:
    year = (data.get("programme") or {}).get("year")
    for project, _sub, indicator in indicator_rows(data):
        yield from milestone_problems(f"第{project.get('seq')}项“{indicator.get('name')}”", indicator, year)


def _repeated(rows: Iterable, key) -> Iterator[tuple]:
    """Yield (key, rows) of every key that stands more than once; empty keys are other checks' matter."""
    found: dict = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return ((value, same) for value, same in found.items() if len(same) > 1 and value is not None)


def _at(row: dict) -> str:
    return f"{row['at']}：" if row.get("at") else ""
