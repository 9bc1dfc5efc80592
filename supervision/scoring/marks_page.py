"""The page of marks: a table per component, units down, with what is stored or, when refused, what was typed."""

from livelihood.models import User
from livelihood.services import Refused
from projects.models import Participant, ReportingPeriod
from supervision.models import EnteredMark, ScoringComponent
from supervision.scoring.components import K
from supervision.scoring.scheme_draft import ComponentDraft


class MarksPage:
    """The components a user enters for a period. Two queries."""

    def __init__(self, period: ReportingPeriod, components: list[ScoringComponent], *, user: User):
        self.period, self.components, self.user = period, components, user
        units = Participant.objects.filter(programme=period.programme_id).exclude(kind=Participant.Kind.WHOLE)
        self.units = [
            unit
            for unit in units.order_by("order", "id")
            if (unit.joins_on is None or unit.joins_on <= period.ends_on)
            and (unit.leaves_on is None or unit.leaves_on >= period.ends_on)
        ]
        marks = EnteredMark.objects.filter(period=period, component__in=components)
        self.stored = {
            (row.component_id, row.participant_id): row for row in marks.select_related("entered_by", "confirmed_by")
        }
        self.typed: dict[int, dict] = {}
        self.errors: dict[int, dict[int, str]] = {}
        self.sentences: dict[int, str] = {}

    @property
    def is_refused(self) -> bool:
        """Tell whether something posted was not stored."""
        return bool(self.errors or self.sentences)

    def refuse(self, component: ScoringComponent, *, errors: dict[int, str] | None = None, sentence: str = "") -> None:
        """Note why the component's table was not stored."""
        self.errors[component.pk] = errors or {}
        self.sentences[component.pk] = sentence or "有几家不能保存，见红字；一家都没有存。"

    def take(self, component: ScoringComponent, post) -> None:
        """Keep what was typed, so that nothing of it is lost."""
        self.typed[component.pk] = {name: " ".join(value.split()) for name, value in post.items()}

    def typed_rows(self, component: ScoringComponent) -> list[dict]:
        """Return unit, value, note as typed; units somebody else's page did not have stay as they are."""
        typed = self.typed[component.pk]
        return [
            {"unit": unit, "value": typed[f"v-{unit.pk}"], "note": typed.get(f"n-{unit.pk}", "")[:200]}
            for unit in self.units
            if f"v-{unit.pk}" in typed
        ]

    def source(self, component: ScoringComponent) -> str:
        """Return the paper as typed."""
        source = self.typed[component.pk].get("source", "")
        if len(source) > 200:
            raise Refused("依据最多 200 字。")
        return source

    def sample_size(self, component: ScoringComponent) -> int | None:
        """Return the sample's size as typed; raises Refused for what is no whole number."""
        text = self.typed[component.pk].get("sample_size", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
            raise Refused(f"样本量“{text[:20]}”应是大于0的整数。")
        return int(text)

    def tables(self) -> list[dict]:
        """Return a table per component with its rows and how far it is."""
        return [self._table(component) for component in self.components]

    def _table(self, component: ScoringComponent) -> dict:
        marks = [self.stored.get((component.pk, unit.pk)) for unit in self.units]
        given = [mark for mark in marks if mark]
        typed = self.typed.get(component.pk, {})
        first = given[0] if given else None
        waiting = [mark for mark in given if mark.confirmed_at is None]
        return {
            "component": component,
            "words": ComponentDraft.of(component).words(),
            "is_count": component.kind != K.ENTERED,
            "is_survey": component.marked_by == ScoringComponent.MarkedBy.SURVEY,
            "source": typed.get("source", first.source if first else ""),
            "sample_size": typed.get("sample_size", (first.sample_size or "") if first else ""),
            "rows": [self._row(component, unit, mark) for unit, mark in zip(self.units, marks, strict=True)],
            "confirmed": len(given) - len(waiting),
            "waiting": len(waiting),
            "others_wait": any(mark.entered_by_id != self.user.pk for mark in waiting),
            "blank": len(self.units) - len(given),
            "sentence": self.sentences.get(component.pk, ""),
        }

    def _row(self, component: ScoringComponent, unit: Participant, mark: EnteredMark | None) -> dict:
        typed = self.typed.get(component.pk, {})
        value = format(mark.value.normalize(), "f") if mark else ""
        return {
            "unit": unit,
            "mark": mark,
            "value": typed.get(f"v-{unit.pk}", value),
            "note": typed.get(f"n-{unit.pk}", mark.note if mark else ""),
            "error": self.errors.get(component.pk, {}).get(unit.pk, ""),
        }
