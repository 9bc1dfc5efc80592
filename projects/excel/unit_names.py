"""Which participant a name in a sheet means: by its names and short names, or as somebody said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from projects.excel.columns import plain
from projects.excel.corrections import LEFT_OUT, unit_key
from projects.excel.readings import ERROR, NOTE
from projects.excel.words import name_key
from projects.excel.workbook import Cell


@dataclass(frozen=True)
class AskedUnit:
    """A cell with a name nobody in the programme goes under, or of which somebody said whose it is."""

    cell: Cell
    text: str
    participant: object | None = None
    is_corrected: bool = False
    #: It says whose the whole sheet is, and was asked among the sheets of `owner`.
    is_title: bool = False
    owner: object | None = None


class Units:
    """The participants of a programme, by every name they go under."""

    def __init__(self, participants):
        self.participants = list(participants)
        self.by_name: dict[str, object] = {}
        self._named: dict[str, object] = {}
        #: What somebody said names mean in the table that is read, key → code; and those met nobody knew or said.
        self.said: Mapping[str, str] = {}
        self.asked: dict[str, AskedUnit] = {}
        #: Names of lead agencies that report for all of them: as the reporter they are nobody's mark.
        self.agencies: frozenset[str] = frozenset()
        short: dict[str, list] = {}
        for participant in self.participants:
            for name in [participant.printed_name, *participant.short_names]:
                self.by_name[plain(name)] = participant
            stem = re.sub(r"[县区市]$", "", participant.printed_name)
            if len(stem) >= 2 and participant.kind == "unit":
                short.setdefault(stem, []).append(participant)
        for stem, owners in short.items():
            if len(owners) == 1:
                self.by_name.setdefault(stem, owners[0])

    def begin(self, said: Mapping[str, str]) -> None:
        """Read a table by what was said of the names in it; nothing has been asked yet."""
        self.said, self.asked = said, {}

    def named(self, text: str):
        """Return the participant of exactly that name, or None."""
        if text not in self._named:
            self._named[text] = self._find(text)
        return self._named[text]

    def coded(self, code: str):
        """Return the participant of that code, or None."""
        return next((one for one in self.participants if one.code == code), None)

    def in_cell(self, cell: Cell, text: str):
        """Return the participant a cell names that should name one: as somebody said, else by its name; or None."""
        code = self.said.get(unit_key(text)) if self.said else None
        unit = self.coded(code) if code else self.named(text)
        if code and (unit is not None or code == LEFT_OUT):
            self.asked.setdefault(unit_key(text), AskedUnit(cell, text, unit, is_corrected=True))
            return unit
        return unit or self.named(text)

    def unknown(self, cell: Cell, text: str) -> tuple[str, str, str]:
        """Ask who is meant by a name nobody goes under; return severity, code and sentence of its row."""
        asked = self.asked.setdefault(unit_key(text), AskedUnit(cell, text))
        if asked.is_corrected:
            return NOTE, "unit_left_out", f"按更正，“{text.strip()}”不读。"
        return ERROR, "unknown_participant", f"“{text.strip()}”不在考核单位名单里，这一行没有读。"

    def _find(self, text: str):
        bare = re.sub(r"[(（](?!.*(?:不含|不包括|除|剔|部分|单列)).*[)）]$", "", plain(text))
        key = re.sub(r"^\d+[.、]|[*★☆]", "", bare)
        return self.by_name.get(plain(text)) or self.by_name.get(key) or self.by_name.get(name_key(key))

    def beginning(self, text: str):
        """Return the participant whose name a longer one begins with: 太和县教育局; None for the whole's."""
        found = [
            (len(name), participant)
            for name, participant in self.by_name.items()
            if plain(text).startswith(name) and len(name) >= 3 and participant.kind != "whole"
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None
