"""督办情况 of a month: what the rules found by level, what was done about it, and how the letters stand."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from projects.models import ReportingPeriod
from supervision.models import Level, OversightRule, RuleFiring, Snapshot, SupervisionLetter
from supervision.oversight.finding import not_judged, reason_words
from supervision.oversight.kinds import fund_rate_words, rule_words
from supervision.oversight.lights import LEVEL_TONES, light_of
from supervision.pages.line_words import indicator_label
from supervision.services.letters import matter_of
from supervision.why_links import WhyLinks

#: From the gravest to the mildest.
LEVELS = [Level.RED, Level.YELLOW, Level.BLUE]


def by_matter(firings: Iterable[RuleFiring]) -> list[tuple[RuleFiring, list[RuleFiring]]]:
    """Return of each matter the gravest firing, what was waived last, with the other rules' firings on it."""
    grouped: dict[str, list[RuleFiring]] = defaultdict(list)
    for firing in firings:
        grouped[matter_of(firing)].append(firing)
    ordered = [
        sorted(rows, key=lambda row: (row.waived_at is not None, LEVELS.index(row.level))) for rows in grouped.values()
    ]
    return [(rows[0], rows[1:]) for rows in ordered]


class OverviewPage:
    """Firings of the newest snapshot of a period, each with its reason and its letter; a constant number of queries."""

    def __init__(self, period: ReportingPeriod, *, level: str = "", unit: str = "", show: str = ""):
        self.period, self.level, self.unit, self.show = period, level, unit, show
        self.snapshot = Snapshot.objects.latest_of(period)
        firings = (
            RuleFiring.objects.filter(snapshot=self.snapshot)
            .select_related("rule", "participant", "agency", "indicator__sub_project__project", "waived_by")
            .order_by("participant__order", "-severity", "cause")
        )
        self.letters = {
            row.cause: row
            for row in SupervisionLetter.objects.filter(period=period)
            .exclude(state="void")
            .select_related("document__series", "participant", "agency")
        }
        self.pursued = {
            row.cause: row
            for row in SupervisionLetter.objects.filter(
                period__programme=period.programme_id, period__ends_on__lt=period.ends_on
            )
            .open()
            .select_related("document__series")
        }
        self.why = WhyLinks(period, self.snapshot) if self.snapshot else None
        self.all = [self._row(firing, others) for firing, others in by_matter(firings)]
        self.rules = list(OversightRule.objects.in_force(period.programme, period.ends_on).order_by("code"))

    def rows(self) -> list[dict]:
        """Return what is shown, the gravest level first."""
        chosen = [
            row
            for row in self.all
            if (not self.level or row["firing"].level == self.level)
            and (not self.unit or (row["firing"].participant and row["firing"].participant.code == self.unit))
            and (self.show != "open" or row["is_open"])
        ]
        return sorted(chosen, key=lambda row: LEVELS.index(row["firing"].level))

    def counts(self) -> dict:
        """Return how many there are of each level, how many wait, and how many were waived."""
        found = {level.value: sum(row["firing"].level == level for row in self.all) for level in LEVELS}
        return found | {
            "all": len(self.all),
            "open": sum(row["is_open"] for row in self.all),
            "waived": sum(row["firing"].waived_at is not None for row in self.all),
        }

    def letter_counts(self) -> dict:
        """Return how the programme's letters stand. One query."""
        states = SupervisionLetter.objects.filter(period__programme=self.period.programme_id)
        rows = list(states.values_list("state", "deadline"))
        today = timezone.localdate()
        return {
            "open": sum(state == "issued" for state, _ in rows),
            "overdue": sum(state == "issued" and deadline < today for state, deadline in rows),
            "replied": sum(state == "replied" for state, _ in rows),
            "closed": sum(state == "closed" for state, _ in rows),
            "drafted": sum(state == "drafted" for state, _ in rows),
        }

    def units(self) -> list:
        """Return the units something was found of, in official order."""
        found = {row["firing"].participant_id: row["firing"].participant for row in self.all}
        return [unit for pk, unit in found.items() if pk is not None]

    def not_judged(self) -> list[str]:
        """Return what could not be judged, each sentence after the names of its rules. Two queries a rule."""
        if self.snapshot is None:
            return []
        self.snapshot.period = self.period
        said: dict[str, list[str]] = {}
        for rule in self.rules:
            if text := not_judged(rule, self.snapshot):
                said.setdefault(text, []).append(rule.name)
        return [f"{'、'.join(names)}：{text}" for text, names in said.items()]

    def _row(self, firing: RuleFiring, others: list[RuleFiring]) -> dict:
        matter = matter_of(firing)
        letter = self.letters.get(matter)
        earlier = self.pursued.get(matter) if letter is None else None
        unit = firing.indicator.unit if firing.indicator else ""
        return {
            "firing": firing,
            "tone": LEVEL_TONES[firing.level],
            "what": self._what(firing),
            "rule": rule_words(firing.rule.kind, firing.rule.params, period_kind=self.period.kind),
            "others": [row.rule.name for row in others],
            "reason": reason_words(firing.rule.kind, firing.facts, unit=unit, fund_rate=firing.fund_rate),
            "why": self._why(firing),
            "letter": letter,
            "light": light_of(letter) if letter else None,
            "earlier": earlier,
            "is_open": letter is None and earlier is None and firing.waived_at is None,
        }

    def _what(self, firing: RuleFiring) -> str:
        if firing.indicator is not None:
            project = firing.indicator.sub_project.project
            return f"{project.seq} {project.name}：{indicator_label(firing.indicator)}"
        if firing.fund_rate:
            return fund_rate_words(firing.fund_rate, self.period.programme)
        return firing.rule.get_kind_display()

    def _why(self, firing: RuleFiring) -> str:
        if firing.participant is None:
            return ""
        links = self.why.unit(firing.participant.code)
        if firing.indicator_id:
            return links.figure(firing.indicator_id)
        if firing.fund_rate:
            return links.fund(firing.fund_rate)
        return links.overall if firing.rule.kind == OversightRule.Kind.LAST_PLACES else ""
