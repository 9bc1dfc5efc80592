"""What files were read as, kept until anything it depends on changes: a page of fifty files reads none of them again.

Only what is shown comes from here; what is committed is read anew. Known lines, units and indicators are not kept but
named, and stand for what is known when the reading is taken out.
"""

import io
import pickle
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from pathlib import Path

from django.apps import apps
from django.conf import settings

from livelihood.caching import content_key, kept
from projects import parts
from projects.excel.corrections import Remembered
from projects.excel.known import Known
from projects.excel.lines import Line
from projects.excel.readings import Reading
from projects.models import Indicator, Participant, Project, ReportingPeriod, SubProject

Files = list[tuple[Path, str]]


class KeptReadings:
    """The kept readings of files read against the same knowledge."""

    def __init__(self, known: Known, *, period: ReportingPeriod, participant: Participant | None, said: Remembered):
        self.known, self.period, self.participant, self.said = known, period, participant, said

    def of(self, files: Files, cells: Iterable[Path], read: Callable[[], list[list[Reading]]]) -> list[list[Reading]]:
        """Return the readings of stored files (path, name) that are shown together, by `read` where they are not kept.

        `cells`: where the files' cells are kept. Asks the cache once, whatever the number of files.
        """
        made: list[list[list[Reading]]] = []

        def make() -> bytes:
            made.append(read())
            return self._packed(made[0])

        stats = [(one.stat().st_mtime_ns, one.stat().st_size) if one.is_file() else None for one in cells]
        packed = kept(content_key("readings", [self._stamp, stats, [[path.name, name] for path, name in files]]), make)
        return made[0] if made else self._unpacked(packed)

    @cached_property
    def _stamp(self) -> str:
        """Return a text that changes with all that readings depend on beside the files. A few queries."""
        period, known, programme = self.period, self.known, self.period.programme
        seen = [
            _code_stamp(),
            [programme.pk, programme.code, programme.name, programme.reporting_by],
            [period.pk, period.code, period.kind, period.starts_on, period.ends_on],
            self.participant and self.participant.pk,
            known.agencies and sorted(known.agencies),
            sorted(known.units.agencies),
            [_columns(unit) for unit in known.units.participants],
            list(Project.objects.filter(programme=programme).order_by("pk").values_list()),
            list(SubProject.objects.filter(project__programme=programme).order_by("pk").values_list()),
            [_columns(item.indicator) for item in known.items],
            [[pk, [_line_stamp(line) for line in lines.values()]] for pk, lines in known.lines.items()],
            sorted((str(owner), repr(said)) for owner, said in self.said.by_owner.items()),
        ]
        readers = (part.import_reader(period, file="") for part in parts.registered())
        return content_key("known", [*seen, [reader.stamp() for reader in readers if reader is not None]])

    def _packed(self, readings: list[list[Reading]]) -> bytes:
        packed = io.BytesIO()
        _Pickler(packed, self._names).dump(readings)
        return packed.getvalue()

    def _unpacked(self, packed: bytes) -> list[list[Reading]]:
        return _Unpickler(io.BytesIO(packed), self.known, self._indicators).load()

    @cached_property
    def _names(self) -> dict[int, tuple]:
        """Return the names of known lines by their identity."""
        return {id(line): ("line", pk, key) for pk, lines in self.known.lines.items() for key, line in lines.items()}

    @cached_property
    def _indicators(self) -> dict[int, Indicator]:
        return {item.indicator.pk: item.indicator for item in self.known.items}


class _Pickler(pickle.Pickler):
    def __init__(self, file, names: dict[int, tuple]):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.names = names

    def persistent_id(self, thing):
        """Return what names a known thing; None for all others, which are kept themselves."""
        if isinstance(thing, Line):
            return self.names[id(thing)]
        if isinstance(thing, Participant):
            return "unit", thing.pk
        if isinstance(thing, Indicator):
            return "indicator", thing.pk
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, known: Known, indicators: dict[int, Indicator]):
        super().__init__(file)
        self.known, self.indicators = known, indicators
        self.units = {unit.pk: unit for unit in known.units.participants}

    def persistent_load(self, name: tuple):
        """Return the known thing of that name."""
        kind, pk, *key = name
        if kind == "line":
            return self.known.lines[pk][key[0]]
        return self.units[pk] if kind == "unit" else self.indicators[pk]


@cache
def _code_stamp() -> int:
    """Return when the project's code last changed: other code may read otherwise."""
    own = (Path(app.path) for app in apps.get_app_configs() if Path(app.path).is_relative_to(settings.BASE_DIR))
    return max(file.stat().st_mtime_ns for folder in own for file in folder.rglob("*.py"))


def _columns(row) -> list[str]:
    return [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]


def _line_stamp(line: Line) -> list:
    """Return what changes with a line: targets are only added, figures raised in version."""
    figures = [one and (one.pk, one.version) for one in (line.previous, line.current)]
    targets = [one and (one.pk, one.state) for one in (line.target, line.base_target)]
    return [line.indicator.pk, *targets, *figures]
