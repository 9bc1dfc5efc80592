"""开启前检查: what is missing or does not add up before a programme opens, from all apps.

Each app registers its checks in `AppConfig.ready()`; the page, the to-do line and `open_programme` loop over them.
Errors keep a programme from opening, warnings have to be looked at.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import User
from livelihood.registry import ToDo
from projects.models import Programme

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing: where it is, what is wrong with it, and the page to mend it on (the group's where empty)."""

    where: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Group:
    """What one check found: `advice` says what to do, `url` where, `level` is error or warning."""

    level: str
    title: str
    advice: str
    url: str
    link: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def says_it_all(self) -> bool:
        """Tell whether the title is what every finding says, so that a page can list the places alone."""
        return all(finding.where and finding.words == self.title for finding in self.findings)

    @property
    def first_sentence(self) -> str:
        """Return the first finding as a sentence."""
        finding = self.findings[0]
        return f"{finding.where}：{finding.words}。" if finding.where else f"{finding.words}。"


@dataclass(frozen=True)
class Readiness:
    """All that was found, in the order of the checks; groups without findings are left out."""

    groups: list[Group]

    @cached_property
    def errors(self) -> list[Group]:
        """Return the groups that keep the programme from opening."""
        return [group for group in self.groups if group.level == ERROR]

    @cached_property
    def warnings(self) -> list[Group]:
        """Return the groups that have to be looked at."""
        return [group for group in self.groups if group.level == WARNING]

    @property
    def error_count(self) -> int:
        """Return how many places have to be mended."""
        return sum(len(group.findings) for group in self.errors)

    @property
    def warning_count(self) -> int:
        """Return how many places have to be looked at."""
        return sum(len(group.findings) for group in self.warnings)

    @property
    def digest(self) -> str:
        """Return a text that changes with every warning: what a person ticks is what stood there."""
        said = [f"{group.title}|{one.where}|{one.words}" for group in self.warnings for one in group.findings]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


_checks: dict[str, tuple[int, Callable[[Programme], Iterable[Group]]]] = {}


def register_checks(name: str, source: Callable[[Programme], Iterable[Group]], *, order: int) -> None:
    """Offer checks; a second registration of the same name replaces the first."""
    _checks[name] = (order, source)


def readiness_of(programme: Programme) -> Readiness:
    """Return all that is missing or does not add up; the queries do not grow with the programme."""
    ordered = sorted(_checks.values(), key=lambda row: row[0])
    return Readiness([group for _, source in ordered for group in source(programme) if group.findings])


def readiness_to_do(user: User) -> Iterator[ToDo]:
    """Yield, per programme of the office that is not open yet, how many places are still to mend."""
    offices = access_of(user).region_ids(Role.CITY_OFFICE)
    unopened = Programme.objects.filter(owner__in=offices, opened_at__isnull=True) if offices else []
    for programme in unopened:
        found = readiness_of(programme)
        if found.errors:
            note = f"还有 {found.error_count} 处要补：{'、'.join(group.title for group in found.errors[:4])}"
            label, action = f"补齐{programme.name}", "去补"
        else:
            note = f"已经齐了，还有 {found.warning_count} 处提示要看" if found.warnings else "已经齐了，可以开启"
            label, action = f"开启{programme.name}", "去开启"
        yield ToDo(label=label, url=reverse("projects:readiness", args=[programme.code]), action=action, note=note)
