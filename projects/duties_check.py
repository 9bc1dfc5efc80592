"""What must hold of a catalogue's people, sentences, dated tasks, lineage and milestones before it is loaded.

Pure checks as those of `projects/catalogue_check.py`, one Chinese sentence each.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from livelihood.formats import format_day
from projects.models import Indicator, Milestone, ProjectLineage

#: NUMERIC(7, 2): what a threshold's column can hold.
LARGEST_THRESHOLD = Decimal(100_000)


def lineage_rows(data: dict) -> Iterator[dict]:
    """Yield what became of earlier items: {programme, seq, kind, to (this year's seq, None: ended), note}."""
    for project in data.get("projects", []):
        for row in project.get("succeeds", []):
            yield {"kind": ProjectLineage.Kind.CONTINUED.value, **row, "to": project["seq"]}
    for row in data.get("withdrawn", []):
        yield {**row, "kind": ProjectLineage.Kind.WITHDRAWN.value, "to": None}


def duty_problems(data: dict) -> Iterator[str]:
    """Yield everything that is wrong, in the order of the list."""
    names = {row.get("code") for row in data.get("participants", [])}
    year = (data.get("programme") or {}).get("year")
    for project in data.get("projects", []):
        for sub in project.get("sub_projects", []):
            about = f"第{project.get('seq')}项" + (f"“{sub['name']}”" if sub.get("name") else "")
            yield from _sub_project_problems(about, sub, names, year)
    yield from _lineage_problems(data)
    yield from conflict_problems(data)


def _sub_project_problems(about: str, sub: dict, names: set, year: int | None) -> Iterator[str]:
    for code, text in sub.get("sentences", {}).items():
        if code not in names:
            yield f"{about}的目标原文写给了不在名单里的单位{code}。"
        if not str(text or "").strip():
            yield f"{about}的目标原文是空的。"
    for row in sub.get("responsibilities", []):
        if row.get("participant") not in names:
            yield f"{_at(row)}{about}的包保责任人写给了不在名单里的单位{row.get('participant')}。"
        if not row.get("office"):
            yield f"{_at(row)}{about}的包保责任人没有写职务。"
    seen = set()
    for row in sub.get("tasks", []):
        key = row.get("participant"), row.get("due_on"), row.get("text")
        if row.get("participant") and row["participant"] not in names:
            yield f"{_at(row)}{about}的限期任务写给了不在名单里的单位{row['participant']}。"
        if not isinstance(row.get("due_on"), date):
            yield f"{_at(row)}{about}的限期任务“{row.get('text')}”没有写时限。"
        elif year and row["due_on"].year != year:
            yield f"{_at(row)}{about}的限期任务时限{row['due_on']}不在{year}年度。"
        if not row.get("text"):
            yield f"{_at(row)}{about}的限期任务没有写做什么。"
        if key in seen:
            yield f"{_at(row)}{about}的限期任务“{row.get('text')}”出现了两次。"
        seen.add(key)


def _lineage_problems(data: dict) -> Iterator[str]:
    own = (data.get("programme") or {}).get("code")
    for row in lineage_rows(data):
        if row["kind"] not in ProjectLineage.Kind.values:
            yield f"{_at(row)}项目沿革“{row['kind']}”不认识。"
        elif (row["kind"] == ProjectLineage.Kind.WITHDRAWN) != (row["to"] is None):
            yield f"{_at(row)}第{row['to']}项的沿革不能是退出：退出的项目没有本年项目。"
        if not row.get("programme") or row["programme"] == own:
            yield f"{_at(row)}项目沿革要写上年的年度代码，现为“{row.get('programme') or ''}”。"


def conflict_problems(data: dict) -> Iterator[str]:
    """Yield what is wrong with the contradictions noted."""
    seqs = {project.get("seq") for project in data.get("projects", [])}
    for row in data.get("conflicts", []):
        if not (row.get("subject") and row.get("first") and row.get("second")):
            yield f"{_at(row)}文件出入要写明事项和两处的写法。"
        elif row["first"] == row["second"]:
            yield f"{_at(row)}文件出入“{row['subject']}”两处写法相同。"
        if row.get("project_seq") and row["project_seq"] not in seqs:
            yield f"{_at(row)}文件出入写给了不在清单里的第{row['project_seq']}项。"


def milestone_problems(name: str, indicator: dict, year: int | None = None) -> Iterator[str]:
    """Yield what is wrong with an indicator's plan: dates out of order, twice or of another year, a threshold that
    cannot be or asks for less than the one before."""
    earlier: dict | None = None
    sound: dict | None = None
    rows = indicator.get("milestones", [])
    kind = Indicator.Kind(indicator.get("kind") or Indicator.Kind.NUMBER)
    if rows and kind != Indicator.Kind.NUMBER:
        yield f"{_at(rows[0])}{name}是{kind.label}，没有完成率，不能设节点。"
    for row in rows:
        if earlier is not None and row["due_on"] == earlier["due_on"]:
            yield f"{_at(row)}{name}在{row['due_on']}的节点出现了2次。"
        elif earlier is not None and row["due_on"] < earlier["due_on"]:
            yield f"{_at(row)}{name}的节点{row['due_on']}写在它前一个节点{earlier['due_on']}之后，请按日期先后写。"
        faults = list(_threshold_problems(f"{_at(row)}{name}", row, indicator))
        if year and row["due_on"].year != year:
            faults.append(f"{_at(row)}{name}的节点时限{row['due_on']}不在{year}年度。")
        yield from faults
        if sound is not None and not faults and row["due_on"] > sound["due_on"]:
            words = pair_problem(_milestone(sound, indicator), _milestone(row, indicator))
            yield from [f"{_at(row)}{name}：{words}"] if words else []
        earlier, sound = row, sound if faults else row


def pair_problem(first: Milestone, second: Milestone) -> str:
    """Return what is wrong with two milestones of a plan, the second the later one; empty where nothing is."""
    if first.measure != second.measure:
        return f"“{first.indicator.name}”的节点用的是{first.get_measure_display()}，同一指标只用一种口径。"
    falls = first.indicator.direction == Indicator.Direction.AT_MOST and first.measure == Milestone.Measure.VALUE
    if first.threshold >= second.threshold if falls else first.threshold <= second.threshold:
        return ""
    return (
        f"{format_day(first.due_on)}要求{first.required}，{format_day(second.due_on)}却只要求{second.required}："
        f"后面的节点不能{'松' if falls else '低'}于前面的。"
    )


def _milestone(row: dict, indicator: dict) -> Milestone:
    """Return a row of the data as a milestone that is not stored; one whose number is none asks for nothing."""
    own = {key: indicator[key] for key in ("name", "unit", "direction") if indicator.get(key)}
    return Milestone(
        indicator=Indicator(**own),
        due_on=row["due_on"],
        measure=row.get("measure", Milestone.Measure.RATE),
        threshold=Decimal(str(row["threshold"])),
    )


def _threshold_problems(name: str, row: dict, indicator: dict) -> Iterator[str]:
    measure = row.get("measure", Milestone.Measure.RATE)
    try:
        threshold = Decimal(str(row["threshold"]))
    except InvalidOperation:
        yield f"{name}的节点“{row['threshold']}”不是数字。"
        return
    if not threshold.is_finite() or threshold >= LARGEST_THRESHOLD or threshold != round(threshold, 2):
        yield f"{name}的节点“{row['threshold']}”位数太多，整数最多5位，小数最多2位。"
    elif threshold < 0:
        yield f"{name}的节点完成率不能为负数：{row['threshold']}。"
    if measure not in Milestone.Measure.values:
        yield f"{name}的节点口径“{measure}”不认识。"
    elif measure == Milestone.Measure.VALUE and indicator.get("accumulation") != "level":
        yield f"{name}不是比率或标准，节点要写完成率。"
    elif threshold > 100 and (measure == Milestone.Measure.RATE or indicator.get("unit") == "%"):
        yield f"{name}的节点{row['threshold']}超过了100%。"


def _at(row: dict) -> str:
    return f"{row['at']}：" if row.get("at") else ""
