"""The list of letters and one letter with what happened to it, as far as the reader may see."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from livelihood.access import is_city_office, oversees
from livelihood.formats import format_number
from livelihood.models import AuditEvent, User
from projects.models import Participant, Programme
from supervision.models import LetterReply, Level, Snapshot, SupervisionLetter
from supervision.oversight.lights import LEVEL_TONES, light_of
from supervision.oversight.met import judged, required_words
from supervision.services.letter_answers import passed_recheck
from supervision.services.letters import may_recheck

NAMES = (
    *(
        "document__series",
        "document__snapshot",
        "document__issued_by",
        "period__programme",
        "participant__region",
        "agency",
    ),
    *("indicator__sub_project__project", "closed_by", "closed_period", "drafted_by"),
)

#: What the list may be narrowed to, with its condition.
STATES = {
    "open": ("办理中", Q(state__in=("issued", "replied"))),
    "overdue": ("逾期", None),
    "replied": ("已反馈", Q(state="replied")),
    "closed": ("已销号", Q(state="closed")),
    "drafted": ("拟稿", Q(state="drafted")),
}


class LetterList:
    """Letters the user may read, narrowed by programme, state, level, unit and words."""

    def __init__(self, user: User, asked: dict):
        self.asked = {key: asked.get(key, "").strip() for key in ("programme", "state", "level", "unit", "q", "period")}
        everything = SupervisionLetter.objects.visible_to(user).exclude(state="void")
        self.base = everything
        rows = everything
        for key, lookup in (
            ("programme", "period__programme__code"),
            ("level", "level"),
            ("unit", "participant__code"),
        ):
            if self.asked[key]:
                rows = rows.filter(**{lookup: self.asked[key]})
        if self.asked["q"]:
            word = self.asked["q"]
            rows = rows.filter(
                Q(matter__icontains=word)
                | Q(participant__printed_name__icontains=word)
                | Q(agency__name__icontains=word)
                | Q(requirement__icontains=word)
            )
        self.counts = {code: rows.filter(_state(code)).count() for code in STATES}
        self.total = rows.count()
        if self.asked["state"] in STATES:
            rows = rows.filter(_state(self.asked["state"]))
        self.rows = rows.select_related(*NAMES).order_by("-period__ends_on", "-id")

    def programmes(self) -> Iterable[Programme]:
        """Return the programmes there are letters of."""
        return Programme.objects.filter(pk__in=self.base.values("period__programme")).order_by("-year", "code")

    def units(self) -> Iterable[Participant]:
        """Return the units there are letters to, in the programme chosen or all."""
        rows = Participant.objects.filter(letters__in=self.base).distinct()
        if self.asked["programme"]:
            rows = rows.filter(programme__code=self.asked["programme"])
        return rows.order_by("programme", "order")


def _state(code: str) -> Q:
    if code == "overdue":
        return Q(state="issued", deadline__lt=timezone.localdate())
    return STATES[code][1]


def line_of(letter: SupervisionLetter) -> dict:
    """Return a letter as a row of a list."""
    return {
        "letter": letter,
        "number": letter.document.printed_number,
        "to": "、".join(str(row) for row in (letter.participant, letter.agency) if row is not None),
        "level": Level(letter.level),
        "tone": LEVEL_TONES[letter.level],
        "light": light_of(letter),
        "required": required_words(letter) or "按要求办理",
        "gap": _gap(letter),
    }


def _gap(letter: SupervisionLetter) -> str:
    if letter.gap is None:
        return ""
    return format_number(letter.gap.normalize())


#: The steps of a letter as a strip: code, word.
STEPS = (
    ("drafted", "拟稿"),
    ("issued", "印发"),
    ("signed", "签收"),
    ("replied", "反馈"),
    ("judged", "审阅"),
    ("closed", "销号"),
)


class LetterPage:
    """One letter: figures, steps, replies, re-checks, whether it may be closed, and what the reader may do."""

    def __init__(self, letter: SupervisionLetter, user: User):
        self.letter, self.user = letter, user
        self.line = line_of(letter)
        self.is_office = is_city_office(user, letter.period.programme.owner_id)
        self.oversees = oversees(user, letter.period.programme.owner_id)
        self.is_open = letter.state in ("issued", "replied")
        self.replies = list(
            letter.replies.select_related("participant", "agency", "replied_by", "judged_by").prefetch_related("files")
        )
        self.rechecks = list(
            letter.rechecks.select_related("recorded_by", "inspection__participant").prefetch_related("files")
        )
        self.receipts = list(letter.document.receipts.select_related("agency", "received_by"))
        self.may_reply = self.is_open and SupervisionLetter.objects.filter(pk=letter.pk).addressed_to(user).exists()
        self.may_recheck = self.is_open and may_recheck(user, letter)
        self.verdict = judged(letter) if self.is_open and not self.may_reply else None
        self.may_close = bool(self.is_office and self.verdict and (self.verdict.is_met or passed_recheck(letter, user)))

    def waiting(self) -> list[LetterReply]:
        """Return the replies nobody has judged yet."""
        return [row for row in self.replies if row.state == LetterReply.State.WAITING]

    def steps(self) -> list[dict]:
        """Return the strip of steps: done, with the day where there is one, and which is next."""
        letter = self.letter
        signed = [row.received_at for row in self.receipts if row.received_at]
        judged_at = [row.judged_at for row in self.replies if row.judged_at]
        moments = {
            "drafted": letter.document.drafted_at,
            "issued": letter.document.issued_at,
            "signed": max(signed) if signed else None,
            "replied": self.replies[-1].replied_at if self.replies else None,
            "judged": max(judged_at) if judged_at else None,
            "closed": letter.closed_at,
        }
        steps = [{"code": code, "word": word, "at": moments[code]} for code, word in STEPS]
        waiting = [step for step in steps if step["at"] is None and step["code"] != "signed"]
        for step in steps:
            step["is_next"] = bool(waiting) and step is waiting[0] and letter.state not in ("closed", "void")
        return steps

    def timeline(self) -> list[dict]:
        """Return everything that happened, oldest first: moment, who, what. One query."""
        document = self.letter.document
        words = {
            "change_letter": "改稿",
            "void_letter": "撤销",
            "close_letter": "销号",
        }
        events = AuditEvent.objects.filter(
            target_label="supervision_letter", target_id=str(self.letter.pk), verb__in=words
        ).select_related("by")
        found = [(row.at, str(row.by), words[row.verb], row.reason) for row in events]
        found.append((document.drafted_at, str(self.letter.drafted_by), "拟函", ""))
        if document.issued_at:
            found.append((document.issued_at, str(document.issued_by), f"印发{document.printed_number}", ""))
        found += [
            (row.received_at, str(row.received_by), "签收", row.recipient) for row in self.receipts if row.received_at
        ]
        for row in self.replies:
            found.append((row.replied_at, str(row.replied_by), f"第{row.nth}次反馈", ""))
            if row.judged_at:
                found.append(
                    (row.judged_at, str(row.judged_by), f"{row.get_state_display()}第{row.nth}次反馈", row.verdict)
                )
        found += [
            (row.recorded_at, str(row.recorded_by), "复核达到要求" if row.is_passed else "复核没有达到要求", "")
            for row in self.rechecks
        ]
        return [
            {"at": at, "who": who, "what": what, "note": note}
            for at, who, what, note in sorted(found, key=lambda row: row[0])
        ]

    def why(self) -> str:
        """Return the address of the answer to “why” behind the letter's figures, "" where there is none to see."""
        letter = self.letter
        if letter.participant is None or letter.indicator is None:
            return ""
        return reverse(
            "supervision:why",
            args=[
                letter.period.programme.code,
                letter.period.code,
                letter.participant.code,
                letter.indicator_id,
            ],
        )

    def is_newest(self) -> bool:
        """Tell whether the letter still rests on the newest snapshot of its month."""
        return Snapshot.objects.latest_of(self.letter.period) == self.letter.document.snapshot

    def closed_words(self) -> str:
        """Return by what the letter was closed."""
        letter = self.letter
        if letter.state != "closed":
            return ""
        if letter.closed_ground == "recheck":
            return "第二人复核达到要求"
        return (
            f"{letter.closed_period.label}审核通过的数{format_number(letter.closed_value.normalize())}，达到要求的"
            f"{required_words(letter)}"
        )
