"""转入下一年: what becomes of every item of a year's list in the next one, and what must hold of such decisions."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from projects.models import Indicator, Programme, Project, ProjectLineage, SubProject

Change = Project.Change
Kind = ProjectLineage.Kind

#: What may become of an item; 新增 is for rows of their own.
FATES = (Change.CONTINUED, Change.IMPROVED, Change.ADJUSTED, Change.WITHDRAWN)
#: Fates after which an item stands in the next list under a number of its own.
STAYING = (Change.CONTINUED, Change.IMPROVED)
#: What an item of the next list may be called.
STANDING = (Change.NEW, Change.IMPROVED, Change.CONTINUED, Change.ADJUSTED)

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
CODE_LENGTH = Programme._meta.get_field("code").max_length
NAME_LENGTH = Project._meta.get_field("name").max_length
NOTE_LENGTH = ProjectLineage._meta.get_field("note").max_length
LARGEST_NUMBER = 999
#: A list is made from the one before it, or from one a few years back.
MOST_YEARS = 5


@dataclass(frozen=True)
class Decision:
    """What becomes of one item.

    `to`: numbers of the next list; of an item that stays its own first, further ones take parts of it. `places`: where
    a sub-project or an indicator goes other than with its item: a number, or None where it is left out.
    """

    project: Project
    change: str
    to: tuple[int, ...] = ()
    name: str = ""
    note: str = ""
    places: Mapping[SubProject | Indicator, int | None] = field(default_factory=dict)

    @property
    def is_staying(self) -> bool:
        """Tell whether the item has a number of its own in the next list."""
        return self.change in STAYING

    @property
    def home(self) -> int | None:
        """Return the number its parts go to where nothing else is said; None: they are left out."""
        return self.to[0] if self.to and self.change != Change.WITHDRAWN else None

    def __str__(self):
        return f"第{self.project.seq}项“{self.project.name}”"


@dataclass(frozen=True)
class AddedItem:
    """An item of the next list that no item of this one becomes; `project`: the row it already is there."""

    seq: int | None
    name: str
    change: str = Change.NEW
    origin: str = Project.Origin.PROVINCE
    project: Project | None = None
    is_removed: bool = False


def tally(decisions: Iterable[Decision], added: Iterable[AddedItem]) -> dict:
    """Count the next list as a notice does: new, improved, continued, adjusted, total; and gone (调整和退出)."""
    decisions = list(decisions)
    counts = Counter(row.change for row in decisions if row.is_staying)
    counts.update(row.change for row in added if not row.is_removed)
    found = {name.value: counts[name] for name in (Change.NEW, Change.IMPROVED, Change.CONTINUED, Change.ADJUSTED)}
    gone = sum(not row.is_staying for row in decisions)
    return found | {"total": sum(found.values()), "gone": gone, "gaps": _gaps(decisions, added)}


def _gaps(decisions: list[Decision], added: Iterable[AddedItem]) -> str:
    """Return the numbers nobody has between 1 and the largest, in words."""
    taken = {row.home for row in decisions if row.is_staying} | {row.seq for row in added if not row.is_removed}
    taken.discard(None)
    free = [str(number) for number in range(1, min(max(taken, default=0), LARGEST_NUMBER)) if number not in taken]
    return "、".join(free[:8]) + ("……" if len(free) > 8 else "")


def lineage_of(decision: Decision) -> dict[int | None, str]:
    """Return the item's lineage: number in the next list (None: nowhere) → kind.

    A part that goes where its item does not is a split of the item.
    """
    if decision.change == Change.WITHDRAWN:
        return {None: Kind.WITHDRAWN.value}
    further = [place for place in decision.places.values() if place is not None]
    numbers = list(dict.fromkeys([*decision.to, *further]))
    if decision.is_staying:
        return {number: (Kind.SPLIT if at else Kind.CONTINUED).value for at, number in enumerate(numbers)}
    return {number: (Kind.MERGED if len(numbers) == 1 else Kind.SPLIT).value for number in numbers}


def header_problems(programme: Programme, *, year: int, code: str, name: str) -> Iterator[str]:
    """Yield what is wrong with the next programme's year, code and name."""
    first, last = programme.year + 1, programme.year + MOST_YEARS
    if not first <= year <= last:
        yield f"新年度要晚于{programme.year}年，请写{first}至{last}，现在是{year}。"
    yield from code_problems(code=code, name=name)


def code_problems(*, code: str, name: str) -> Iterator[str]:
    """Yield what is wrong with a programme's code and name."""
    if not CODE.fullmatch(code) or len(code) > CODE_LENGTH:
        yield f"代码“{code[:CODE_LENGTH]}”请用字母、数字和“-”，最多{CODE_LENGTH}个，如 fuyang-2021。"
    if not name.strip() or len(name) > NAME_LENGTH or "\x00" in name:
        yield f"新年度的名称要写，最多{NAME_LENGTH}字。"


def plan_problems(
    programme: Programme,
    decisions: Iterable[Decision],
    added: Iterable[AddedItem],
    *,
    kept: Mapping[int, str],
    projects: Iterable[Project],
) -> list[str]:
    """Return everything that is wrong, one sentence each, in the order of the list.

    `kept`: number → name of items of the next list nobody decided on here; `projects`: all items of this year.
    """
    decisions, added = list(decisions), [row for row in added if not row.is_removed]
    problems = list(_completeness(programme, decisions, projects))
    for row in decisions:
        problems += _decision_problems(row)
    for row in added:
        problems += _added_problems(row)
    names: dict[int, list[str]] = {number: [name] for number, name in kept.items()}
    for number, name in [
        *((row.home, row.name or row.project.name) for row in decisions if row.is_staying),
        *((row.seq, row.name) for row in added),
    ]:
        if number is not None:
            names.setdefault(number, []).append(name)
    problems += [
        f"新序号{number}有{len(same)}项：{'、'.join(f'“{name}”' for name in same)}，请改开。"
        for number, same in sorted(names.items())
        if len(same) > 1
    ]
    if not names:
        problems.append("所有项目都退出或调整了，新年度一项也没有，请至少留一项。")
    else:
        problems += [words for row in decisions for words in _missing_numbers(row, names)]
    return problems


def _completeness(programme: Programme, decisions: list[Decision], projects: Iterable[Project]) -> Iterator[str]:
    given: dict[Project, list[Decision]] = {}
    for row in decisions:
        given.setdefault(row.project, []).append(row)
    for project, rows in given.items():
        if project.programme_id != programme.pk:
            yield f"第{project.seq}项“{project.name}”不是{programme.name}的项目。"
        if len(rows) > 1:
            words = "、".join(Change(row.change).label for row in rows)
            yield f"第{project.seq}项“{project.name}”有{len(rows)}个决定：{words}，请只留一个。"
    for project in projects:
        if project not in given:
            yield f"第{project.seq}项“{project.name}”还没有决定去向。"


def _decision_problems(row: Decision) -> Iterator[str]:
    if row.change not in FATES:
        yield f"{row}的去向“{row.change}”不认识，请选继续、完善、调整或退出。"
    elif row.change == Change.WITHDRAWN:
        if row.to:
            yield f"{row}已定退出，不能再写新序号{row.to[0]}；要并入别的项目请选调整。"
        elif any(place is not None for place in row.places.values()):
            yield f"{row}已定退出，它的子项和指标不能再转入；要转请选调整。"
    elif not row.to:
        label = "调整，请写并入或拆分到的新序号" if row.change == Change.ADJUSTED else "请写新序号"
        yield f"{row}{label}。"
    if len(set(row.to)) < len(row.to):
        yield f"{row}的新序号写重了：{'、'.join(map(str, row.to))}。"
    wrong = [number for number in (*row.to, *row.places.values()) if number is not None and not _is_number(number)]
    if wrong:
        yield f"{row}的新序号{wrong[0]}不在1至{LARGEST_NUMBER}之间。"
    yield from _word_problems(f"{row}的新名称", row.name, NAME_LENGTH)
    yield from _word_problems(f"{row}的说明", row.note, NOTE_LENGTH)


def _added_problems(row: AddedItem) -> Iterator[str]:
    label = f"新增的“{row.name[:NAME_LENGTH]}”" if row.name.strip() else f"新增的第{row.seq}项"
    if not row.name.strip():
        yield f"{label}没有写名称。"
    if row.seq is None:
        yield f"{label}没有写新序号。"
    elif not _is_number(row.seq):
        yield f"{label}的新序号{row.seq}不在1至{LARGEST_NUMBER}之间。"
    if row.change not in STANDING:
        yield f"{label}的变化不认识，请选新增、完善、继续或调整。"
    if row.origin not in Project.Origin.values:
        yield f"{label}的来源不认识，请选省定、市定或县定。"
    yield from _word_problems(f"{label}的名称", row.name, NAME_LENGTH)


def _missing_numbers(row: Decision, names: Mapping) -> Iterator[str]:
    """Yield the numbers the item or a part of it goes to that the next list does not have."""
    if row.change == Change.WITHDRAWN:
        return
    for number in row.to[1:] if row.is_staying else row.to:
        if number not in names:
            yield f"{row}要{'分' if row.is_staying else '调整'}到第{number}项，新年度没有第{number}项。"
    for part, number in row.places.items():
        if number is not None and number not in names:
            yield f"{row}的“{part}”要转到第{number}项，新年度没有第{number}项。"


def _word_problems(label: str, words: str, most: int) -> Iterator[str]:
    if len(words) > most:
        yield f"{label}最多{most}字，现在有{len(words)}字。"
    if "\x00" in words:
        yield f"{label}里有不能保存的字符，请重新输入。"


def _is_number(number: int) -> bool:
    return 1 <= number <= LARGEST_NUMBER
