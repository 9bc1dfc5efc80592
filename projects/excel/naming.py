"""Which indicator or project a name in a sheet means; what is doubtful is said and not taken."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from projects.excel.columns import plain
from projects.excel.corrections import ROW_LEFT_OUT, Corrections, row_key
from projects.excel.headings import unit_in
from projects.excel.words import name_key

#: A slip: so many signs may differ in a name at least so long.
SLIPS = [(10, 2), (5, 1)]
#: How much nearer the name must be than the next one.
MARGIN = 2
#: Likeness in per cent from which a name is worth proposing.
PROPOSED = 55
#: Signs by which names really differ: a slip in them is none.
_TELLING = set(
    "一二三四五六七八九十0123456789上下前后内外省市县乡镇村区城农男女新旧老大小中高低多少未不非无免有人户初本研学职护生甲乙丙东西南北春夏秋冬其年月率计"
)
_QUANTITY = re.compile(
    r"(?:(?:办理|开发|发放|建成|提供|组织|举办|创建|安排|落实|完成|实施|建设|新建|计划|目标|任务|达到?|不低于|不少于|不超过|以上|以内|左右|约|共|全年|年度|全县|全区|全市)*"
    r"[\d.,]*(?:万|亿)?(?:人次|人|名|户|个|所|座|处|家|项|套|件|次|场|条|公里|米|平方米|亩|元|%|剂次|例|份)?(?:以上|左右)?)*"
)
_BRACKETS = re.compile(r"[()]")
_FILLER_ENDS = (
    "控制在",
    "不低于",
    "低于",
    "不超过",
    "达到",
    "完成情况",
    "情况",
    "工程",
    "项目",
    "任务",
    "工作",
    "人数",
    "数量",
    "数",
)
_FILLER_STARTS = ("完成", "实施", "开展", "全县", "全区", "全市")


@dataclass(frozen=True)
class Item:
    """An indicator as a sheet may name it."""

    indicator: object
    seq: int
    project: str
    sub_item: str
    name: str

    @property
    def key(self) -> tuple[int, str, str]:
        """Return the natural key."""
        return self.seq, self.sub_item, self.name


@dataclass
class Match:
    """What a row is about. `item` None: not taken, and `code` and `message` say why; `is_slip`: taken, but say so.

    `is_corrected`: as somebody said.
    """

    item: Item | None = None
    code: str = ""
    message: str = ""
    is_slip: bool = False
    is_corrected: bool = False


@dataclass
class RowNames:
    """How a row calls its indicator: own names from the narrowest on, project and sub-item as carried down, number."""

    names: list[str]
    project: str = ""
    sub_item: str = ""
    seq: int | None = None
    texts: list[str] = field(default_factory=list)


class Naming:
    """The names of a programme, looked up in a sheet's words."""

    def __init__(self, items: Iterable[Item], projects: dict[int, str]):
        self.items = list(items)
        self.projects = {name_key(name): seq for seq, name in projects.items()}
        self.project_names = projects
        self.sub_items = {name_key(item.sub_item) for item in self.items if item.sub_item}
        self.by_name: dict[str, list[Item]] = {}
        for item in self.items:
            self.by_name.setdefault(name_key(item.name), []).append(item)
        #: Are the numbers of the sheet the programme's: set by the reader, which sees all rows.
        self.trusts_numbers = True
        #: What somebody said of rows of the sheet that is read: set by the reader, which knows whose it is.
        self.corrections = Corrections()
        #: A city's sheet says the same names for every unit: what was found out of them, by what it was found from.
        self._matches: dict[tuple, Match] = {}
        self._matched_with = self.corrections
        self._seqs: dict[str, int | None] = {}

    def knows(self, text: str) -> bool:
        """Tell whether a label is exactly a name of an indicator, a sub-item or a project."""
        key = bare_key(text)
        return bool(key) and (key in self.by_name or key in self.projects or key in self.sub_items)

    def project_of(self, text: str) -> int | None:
        """Return the number of the project of that name, also where one sign slipped in it."""
        if text not in self._seqs:
            self._seqs[text] = self._project_of(text)
        return self._seqs[text]

    def _project_of(self, text: str) -> int | None:
        key = bare_key(text)
        if not key:
            return None
        if key in self.projects:
            return self.projects[key]
        loose = [seq for name, seq in self.projects.items() if loose_key(name) == loose_key(key)]
        if len(loose) == 1:
            return loose[0]
        slip = slip_of(key, self.projects)
        return self.projects[slip] if slip else None

    def match(self, row: RowNames, last: Item | None = None) -> Match:
        """Return the indicator a row is about; `last`: that of the row above, which tells repeated names apart."""
        if self._matched_with is not self.corrections:
            self._matches, self._matched_with = {}, self.corrections
        asked = (*row.names, None, row.project, row.sub_item, row.seq, *row.texts)
        key = (asked, last and last.key, self.trusts_numbers)
        if key not in self._matches:
            self._matches[key] = self._match(row, last)
        return self._matches[key]

    def _match(self, row: RowNames, last: Item | None) -> Match:
        if said := self._said(row):
            return said
        seq, problem = self.project_number(row)
        if problem:
            return problem
        scope = self.items if seq is None else [item for item in self.items if item.seq == seq]
        if joined := self._joined(row, scope, last):
            return Match(joined)
        for find in (self._exact, self._loose, self._compound, self._contained):
            for name in row.names:
                found = find(name, scope)
                if found:
                    return self._one_of(found, row, name, last)
        if only := self._only(row, scope, seq):
            return Match(only)
        return self._slipped(row, scope, seq)

    def _said(self, row: RowNames) -> Match | None:
        """Return what somebody said the row is about, while the programme has that indicator."""
        key = row_key(row)
        if key not in self.corrections.rows:
            return None
        wanted = self.corrections.rows[key]
        name = (row.names[0] if row.names else row.project).strip()
        if wanted is None:
            return Match(None, ROW_LEFT_OUT, f"“{name}”按更正不读。", is_corrected=True)
        found = next((item for item in self.items if item.indicator.pk == wanted), None)
        return Match(found, message=f"“{name}”按更正读作“{found.name}”。", is_corrected=True) if found else None

    def _joined(self, row: RowNames, scope: list[Item], last: Item | None) -> Item | None:
        """Return the item that is named after the one above: 合格率 under 技能脱贫培训 is 技能脱贫培训合格率."""
        if last is None or not row.names:
            return None
        key = bare_key(row.names[0])
        near = [item for item in scope if (item.seq, item.sub_item) == (last.seq, last.sub_item)]
        if any(name_key(item.name) == key for item in near):
            return None
        return next((item for item in near if name_key(item.name) == name_key(last.name) + key), None)

    def project_number(self, row: RowNames) -> tuple[int | None, Match | None]:
        """Return the number of the row's project, or why number and name cannot both be right."""
        named = self.project_of(row.project) if row.project else None
        number = row.seq if self.trusts_numbers else None
        if named is None and number is not None and number not in self.project_names:
            return None, Match(None, "unknown_project", f"没有第{number}项，“{row.names[0]}”这一行对不上。")
        if named is not None and number is not None and named != number:
            if number not in self.project_names:
                return None, Match(None, "unknown_project", f"没有第{number}项，“{row.names[0]}”这一行对不上。")
            ours = self.project_names[number]
            words = f"第{number}项是“{ours}”，表中写的是“{row.project.strip()}”，行可能错位了。"
            return None, Match(None, "wrong_project", words)
        if named is None and number is not None and row.project and not self.is_item(row.project):
            # A project nobody knows under a known number: the number may be the sheet's own.
            ours = self.project_names[number]
            if fuzz.ratio(bare_key(row.project), name_key(ours)) < PROPOSED and len(row.names) < 2:
                words = f"第{number}项是“{ours}”，表中写的是“{row.project.strip()}”，对不上，没有读。"
                return None, Match(None, "wrong_project", words)
        return named if named is not None else number, None

    def items_of(self, text: str) -> list[Item]:
        """Return the indicators of that very name, of whatever project."""
        return self.by_name.get(bare_key(text), [])

    def is_item(self, text: str) -> bool:
        """Tell whether a text is exactly the name of an indicator."""
        return bare_key(text) in self.by_name

    def _exact(self, name: str, scope: list[Item]) -> list[Item]:
        whole, bare = name_key(name), bare_key(name)
        return [item for item in scope if name_key(item.name) in (whole, bare)]

    def _loose(self, name: str, scope: list[Item]) -> list[Item]:
        key = loose_key(bare_key(name))
        return [item for item in scope if len(key) >= 3 and loose_key(name_key(item.name)) == key]

    def _compound(self, name: str, scope: list[Item]) -> list[Item]:
        """Return what is named together with its sub-item or project: 退役军人培训合格率, 合格率（退役军人培训）."""
        key = _BRACKETS.sub("", bare_key(name))
        found = []
        for item in scope:
            own = _BRACKETS.sub("", name_key(item.name))
            around = {_BRACKETS.sub("", name_key(one)) for one in (item.sub_item, item.project) if one}
            if own in key and any(key in (one + own, own + one) for one in around):
                found.append(item)
        return found

    def _contained(self, name: str, scope: list[Item]) -> list[Item]:
        """Return what a name with an amount in it is about: 城镇新增就业1100人."""
        key = name_key(name)
        if not re.search(r"\d", key):
            return []
        found = []
        for item in scope:
            inner = name_key(item.name)
            if len(inner) >= 3 and inner in key:
                before, _, after = key.partition(inner)
                if _QUANTITY.fullmatch(before) and _QUANTITY.fullmatch(after):
                    found.append(item)
        longest = max((len(item.name) for item in found), default=0)
        return [item for item in found if len(item.name) == longest]

    def _only(self, row: RowNames, scope: list[Item], seq: int | None) -> Item | None:
        """Return the only indicator of a project or sub-item, where the row names nothing narrower."""
        if seq is None or not row.names:
            return None
        names = {bare_key(name) for name in row.names}
        project = name_key(self.project_names[seq])
        if len(scope) == 1 and all(name == project or loose_key(name) == loose_key(project) for name in names):
            return scope[0]
        inside = [item for item in scope if item.sub_item and name_key(item.sub_item) in names]
        return inside[0] if len(inside) == 1 and names <= {project, name_key(inside[0].sub_item)} else None

    def _one_of(self, found: list[Item], row: RowNames, name: str, last: Item | None) -> Match:
        if len(found) > 1 and row.sub_item:
            # A word in the column of sub-items that is none of ours tells nothing.
            inside = [item for item in found if name_key(item.sub_item) == bare_key(row.sub_item)]
            found = inside or found
        elif len(found) == 1 and bare_key(row.sub_item) in self.sub_items - {name_key(found[0].sub_item)}:
            words = f"子项“{row.sub_item.strip()}”里没有指标“{name.strip()}”，这一行没有读。"
            return Match(None, "unknown_indicator", words)
        if len(found) > 1 and last is not None:
            found = [item for item in found if (item.seq, item.sub_item) == (last.seq, last.sub_item)] or found
        if len(found) == 1:
            return Match(found[0])
        places = "、".join(f"第{item.seq}项{item.sub_item or item.project}" for item in found[:4])
        return Match(None, "ambiguous_indicator", f"“{name.strip()}”在{places}都有，不知道是哪一个，这一行没有读。")

    def _slipped(self, row: RowNames, scope: list[Item], seq: int | None) -> Match:
        name = row.names[0] if row.names else row.project
        keys: dict[str, list[Item]] = {}
        for item in scope:
            keys.setdefault(name_key(item.name), []).append(item)
        for one in row.names:
            slip = slip_of(bare_key(one), keys)
            if slip:
                match = self._one_of(keys[slip], row, one, None)
                match.is_slip = match.item is not None
                if match.item is not None:
                    match.message = f"“{one.strip()}”按“{match.item.name}”读取，请核对。"
                return match
        likely = process.extractOne(bare_key(name), list(keys), scorer=fuzz.ratio, score_cutoff=PROPOSED)
        hint = f"是不是“{keys[likely[0]][0].name}”？" if likely else ""
        if seq is not None:
            sub = f"子项“{row.sub_item.strip()}”" if row.sub_item.strip() else ""
            words = f"第{seq}项“{self.project_names[seq]}”{sub}里没有指标“{name.strip()}”。{hint}"
        else:
            words = f"指标“{name.strip()}”不认识，这一行没有读。{hint}"
        return Match(None, "doubtful_indicator" if likely else "unknown_indicator", words)


def is_quantity(text: str) -> bool:
    """Tell whether words name nothing but an amount: 500户, 完成2900套以上."""
    key = name_key(text)
    return bool(re.search(r"\d", key)) and bool(_QUANTITY.fullmatch(key))


@lru_cache(maxsize=20_000)
def bare_key(text: str) -> str:
    """Return the key of a name without a unit in brackets."""
    return name_key(unit_in(plain(text))[1])


def loose_key(key: str) -> str:
    """Return a key without words that say nothing: 实施…, …工程, …人数."""
    for start in _FILLER_STARTS:
        if key.startswith(start) and len(key) > len(start) + 2:
            key = key[len(start) :]
            break
    for end in _FILLER_ENDS:
        if key.endswith(end) and len(key) > len(end) + 2:
            return key[: -len(end)]
    return key


def slip_of(key: str, known: Iterable[str]) -> str | None:
    """Return the one known key a typing slip away, or None where there is none, several, or the slip tells."""
    allowed = next((slips for length, slips in SLIPS if len(key) >= length), 0)
    if not allowed:
        return None
    near = sorted((Levenshtein.distance(key, other, score_cutoff=allowed + MARGIN), other) for other in known)
    if not near or near[0][0] > allowed or (len(near) > 1 and near[1][0] < near[0][0] + MARGIN):
        return None
    other = near[0][1]
    for edit in Levenshtein.editops(key, other):
        signs = {key[edit.src_pos : edit.src_pos + 1]} if edit.tag != "insert" else set()
        signs |= {other[edit.dest_pos : edit.dest_pos + 1]} if edit.tag != "delete" else set()
        if signs & _TELLING:
            return None
    return other
