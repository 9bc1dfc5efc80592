"""完成预测 as rows ready for a template and a workbook: who will miss what, with the sum that says so in words."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from livelihood.formats import MISSING, format_date, format_day, format_number, state_parts
from livelihood.workbooks import Column, Marked, Sheet, amount
from projects.models import Indicator, Participant
from supervision.models import Snapshot
from supervision.outlook import MISSING_STATES, STATES, Outlook
from supervision.pages.charts import bars
from supervision.pages.line_words import indicator_label
from supervision.scope import StandingsScope
from supervision.why_links import WhyLinks

#: What the filter shows beside single states: all that does not come in time, or everything.
ALL, MISSED = "all", "missed"
#: The words of a state where the page means more by them than the house does.
WORDS = {"incomplete": "有单位未报"}
#: How many units are drawn; the table holds all.
MOST_BARS = 16
#: Columns of the table of units: the states that judge, and the rest together.
COUNTED = (*MISSING_STATES, "no_months", "on_track", "done")


class OutlookPage:
    """The lines of an outlook within a user's scope; `unit`, `seq` and `state` are the filters, "" or None for all."""

    def __init__(
        self,
        outlook: Outlook,
        scope: StandingsScope,
        snapshot: Snapshot | None = None,
        *,
        unit: str = "",
        seq: int | None = None,
        state: str = MISSED,
    ):
        self.outlook, self.scope = outlook, scope
        self.links = WhyLinks(outlook.period, snapshot)
        self.unit, self.seq, self.state = unit, seq, state
        self.lines = self._visible()
        self.units = self._units()
        self.projects = self._projects()
        self.chosen = [row for row in self.lines if self._is_chosen(row)]

    def _visible(self) -> list[dict]:
        """Return the lines in scope, the worst first; of equal ones in printed order."""
        indicators, participants = self.outlook.indicators, self.outlook.participants
        places = {pk: place for place, pk in enumerate(indicators)}
        order = {pk: place for place, pk in enumerate(participants)}
        rows = [
            row
            for (indicator, unit), row in self.outlook.rows.items()
            if self._sees(indicators[indicator], participants[unit])
        ]
        return sorted(rows, key=lambda row: (*_badness(row), places[row["indicator_id"]], order[row["participant_id"]]))

    def _sees(self, indicator: Indicator, participant: Participant) -> bool:
        if participant.kind == Participant.Kind.WHOLE:
            return self.scope.sees_all_units(indicator)
        return self.scope.sees_line(indicator, participant.pk)

    def _units(self) -> list[Participant]:
        seen = {row["participant_id"] for row in self.lines}
        return [row for pk, row in self.outlook.participants.items() if pk in seen]

    def _projects(self) -> list:
        seen = {row["indicator_id"] for row in self.lines}
        found = {row.sub_project.project for pk, row in self.outlook.indicators.items() if pk in seen}
        return sorted(found, key=lambda project: project.seq)

    def _is_chosen(self, row: dict, *, by_state: bool = True) -> bool:
        project = self.outlook.indicators[row["indicator_id"]].sub_project.project
        if self.seq is not None and project.seq != self.seq:
            return False
        participant = self.outlook.participants[row["participant_id"]]
        # The whole stands in a table of its own; among the units it would be counted with its parts.
        if participant.code != self.unit if self.unit else participant.kind == Participant.Kind.WHOLE:
            return False
        if not by_state or self.state == ALL:
            return True
        return row["state"] in MISSING_STATES if self.state == MISSED else row["state"] == self.state

    def whole_lines(self) -> list[dict]:
        """Return the whole's lines that do not come in time, the worst first, each with its sum in words."""
        kinds = self.outlook.participants
        return [
            self.row(row)
            for row in self.lines
            if row["state"] in MISSING_STATES and kinds[row["participant_id"]].kind == Participant.Kind.WHOLE
        ]

    def row(self, row: dict) -> dict:
        """Return a line written out: names, numbers, state and the sentence that shows its sum."""
        indicator = self.outlook.indicators[row["indicator_id"]]
        participant = self.outlook.participants[row["participant_id"]]
        sub_project, has_best = indicator.sub_project, row["remaining"] is not None
        return {
            "pk": indicator.pk,
            "unit": participant.printed_name,
            "seq": sub_project.project.seq,
            "project": sub_project.project.name,
            "label": indicator_label(indicator),
            "is_assessed": indicator.assessed,
            "measure": indicator.unit,
            "lead": sub_project.lead_agency.name if sub_project.lead_agency else MISSING,
            "remaining": format_number(row["remaining"]),
            "months_left": row["months_left"] if has_best else MISSING,
            "deadline": format_day(row["deadline"]) if has_best and self._is_early(row) else "",
            "needed": format_number(row["needed"]),
            "best": format_number(row["best"]) if has_best else MISSING,
            "best_month": best_month(row) if has_best and row["best"] > 0 else "",
            "recent": format_number(row["recent"]) if has_best else MISSING,
            "times": format_number(row["times"], 1),
            "state": row["state"],
            "word": word(row),
            "sentence": sentence(row, indicator.unit),
            "why": self.links.figure(participant.code, indicator.pk),
        }

    def _is_early(self, row: dict) -> bool:
        return (row["deadline"].month, row["deadline"].day) != (12, 31)

    def state_counts(self) -> Counter:
        """Return how many lines of the chosen unit and project stand how."""
        return Counter(row["state"] for row in self.lines if self._is_chosen(row, by_state=False))

    def by_unit(self) -> list[dict]:
        """Return a row per unit, the whole last: how many of its lines stand how, and how many are not judged."""
        states, counts = self.counted(), {}
        for row in self.lines:
            counts.setdefault(row["participant_id"], Counter())[row["state"]] += 1
        return [
            {
                "code": unit.code,
                "name": unit.printed_name,
                "is_whole": unit.kind == Participant.Kind.WHOLE,
                "is_own": unit.pk in self.scope.participants,
                "counts": [counts[unit.pk][state] for state in states],
                "missed": sum(counts[unit.pk][state] for state in MISSING_STATES),
                "others": sum(number for state, number in counts[unit.pk].items() if state not in COUNTED),
            }
            for unit in self.units
        ]

    def chart(self, rows: list[dict]) -> dict | None:
        """Return how many lines each unit misses as bars, the most first; `rows`: those of `by_unit`."""
        missing = sorted((row for row in rows if row["missed"] and not row["is_whole"]), key=lambda row: -row["missed"])
        if len(missing) < 2:
            return None
        shown = missing[:MOST_BARS]
        more = f"，只画最多的{MOST_BARS}个" if len(missing) > MOST_BARS else ""
        return bars(
            "missed",
            [row["name"] for row in shown],
            [Decimal(row["missed"]) for row in shown],
            sentence=f"{len(missing)}个单位到期完不成的项数{more}；同样的数在旁边的表里",
            tones=["blue" if row["is_own"] else "red" for row in shown],
            unit="项",
        )

    def basis_words(self) -> str:
        """Return which months the paces are taken from."""
        months = [row.period.ends_on.month for row in self.outlook.months]
        limited = [row.period.ends_on.month for row in self.outlook.months if not row.scope.everything]
        if not months:
            return "本期以前没有月报，速度只能按累计数平均"
        hidden = f"；{_span(limited)}还没有通报，其他单位的合并平均" if limited and self.scope.everything else ""
        return f"各月新增取自{_span(months)}和本期的累计数{hidden}"

    def counted(self) -> list[str]:
        """Return the states of the table of units that some line is in."""
        present = {row["state"] for row in self.lines}
        return [state for state in COUNTED if state in present]

    def sheets(self, *, facts: str) -> Iterator[Sheet]:
        """Yield the chosen lines, all of them, and the count by unit."""
        period = self.outlook.period
        shared = {"facts": facts, "is_demo": period.programme.is_demo}
        yield Sheet(
            name="完成预测",
            title=f"{period.label}完成预测",
            columns=[
                *(Column("考核单位", 12), Column("序号", 6), Column("项目", 22), Column("指标", 26)),
                *(Column("牵头单位", 18), Column("单位", 7)),
                *(Column(name, 11, is_number=True) for name in ("年度目标", "累计完成", "还差", "剩余月数")),
                Column("时限", 12),
                *(Column(name, 11, is_number=True) for name in ("每月需", "最快一月")),
                Column("最快月份", 11),
                *(Column(name, 11, is_number=True) for name in ("近月平均", "倍数")),
                *(Column("结论", 12), Column("算式", 60)),
            ],
            rows=(self._sheet_row(row) for row in self.chosen),
            frozen=4,
            notes=[explanation()],
            **shared,
        )
        yield Sheet(
            name="各单位",
            title=f"{period.label}完成预测各单位项数",
            columns=[
                Column("考核单位", 16),
                *(Column(state_parts(state)[1], 11, is_number=True) for state in self.counted()),
                Column("不作预测", 11, is_number=True),
            ],
            rows=([row["name"], *row["counts"], row["others"]] for row in self.by_unit()),
            **shared,
        )

    def _sheet_row(self, row: dict) -> list:
        indicator = self.outlook.indicators[row["indicator_id"]]
        said, is_open = self.row(row), row["remaining"] is not None
        tone = state_parts(row["state"])[2]
        numbers = [amount(row[name], indicator.decimals) for name in ("shown_target", "shown_value", "remaining")]
        return [
            *(said["unit"], said["seq"], said["project"], said["label"], said["lead"], indicator.unit),
            *numbers,
            row["months_left"] if is_open else None,
            row["deadline"] if is_open else None,
            row["needed"],
            row["best"] if is_open else None,
            said["best_month"],
            row["recent"] if is_open else None,
            row["times"],
            Marked(said["word"], "red" if tone == "red" else ""),
            said["sentence"],
        ]


def _badness(row: dict) -> tuple:
    """Order lines: what is past its date, without any progress, by how many times; the least done first.

    One thing that is left has no pace to speak of: it stands behind those of which many are left.
    """
    times, rate, remaining = row["times"], row["rate"], row["remaining"]
    is_single = remaining is not None and remaining <= 1
    return STATES.index(row["state"]), -times if times is not None else 0, is_single, rate if rate is not None else 0


def word(row: dict) -> str:
    """Return the word of a line's state: 需提速1.7倍, 可按期."""
    said = WORDS.get(row["state"], state_parts(row["state"])[1])
    return f"{said}{format_number(row['times'], 1)}倍" if row["state"] == "faster" else said


def best_month(row: dict) -> str:
    """Return when the best month was: 3月, or 1—7月平均 where the months between are not known."""
    if row["month"] is None:
        return ""
    return f"{row['month']}月" if row["span"] == 1 else f"{row['month'] - row['span'] + 1}—{row['month']}月平均"


def sentence(row: dict, unit: str) -> str:
    """Return the sum that decided: 还差26户，剩4个月，每月需6.5户；今年最快一月（3月）新增4户 → 需提速1.7倍."""
    if row["remaining"] is None:
        return "" if row["state"] == "done" else word(row)
    left = f"还差{format_number(row['remaining'])}{unit}"
    if row["state"] == "past_due":
        return f"{left}，时限{format_date(row['deadline'])}已到 → {word(row)}"
    needed = (
        f"{left}，剩{row['months_left']}个月（到{format_day(row['deadline'])}），每月需{_number(row['needed'], unit)}"
    )
    if row["state"] == "no_pace":
        return f"{needed}；今年各月没有新增，照此完不成"
    when = f"今年最快一月（{row['month']}月）新增" if row["span"] == 1 else f"今年{best_month(row)}每月新增"
    times = f"，{format_number(row['needed'])}÷{format_number(row['best'])}＝{format_number(row['times'], 1)}"
    is_judged = row["times"] is not None and row["state"] != "no_months"
    return (
        f"{needed}；{when}{_number(row['best'], unit)}{times if is_judged else ''} → {word(row)}{_recently(row, unit)}"
    )


def _recently(row: dict, unit: str) -> str:
    """Return a warning where the best month suffices and the last ones did not."""
    if row["state"] != "on_track" or not row["is_recent_less"]:
        return ""
    return f"（近{row['recent_span']}个月平均每月{_number(row['recent'], unit)}，低于所需）"


def _span(months: list[int]) -> str:
    """Return months in words: 1—7月, or 3、5月 where some are missing."""
    if len(months) > 1 and months[-1] - months[0] + 1 == len(months):
        return f"{months[0]}—{months[-1]}月"
    return f"{'、'.join(map(str, months))}月"


def _number(value, unit: str) -> str:
    return f"{format_number(value)}{unit}"


def explanation() -> str:
    """Return how lines are judged."""
    return (
        "每月需＝还差÷剩余月数；与今年新增最多的一月比：每月需不超过最快一月的为可按期；不超过最快一月2倍的为需提速，"
        "倍数＝每月需÷最快一月（1位小数）；超过2倍的为难以完成。今年各月没有新增、时限已到没有完成的另列。"
        "1、2月，以及没有哪一个月单独有数的，够快的写可按期，其余写月数不足。中间缺月的，几个月的新增合起来平均。"
        "月末数、比率、增幅、不超过类指标不作预测。"
    )
