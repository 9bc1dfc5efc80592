"""What a rule finds in a snapshot, and what it could not judge. Reads only; `services/oversight.py` writes it down."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from livelihood.formats import format_number, format_printed
from projects.models import Programme
from supervision.models import OversightRule, Snapshot
from supervision.oversight.kinds import FUND_RATE, fund_rate_words
from supervision.oversight.statements import READY, RUN, STATEMENTS

K = OversightRule.Kind

#: What a figure is held against, as letters and pages call it.
LINE_WORDS = {
    "average": "全省平均",
    "average_value": "全省平均",
    "schedule": "时序进度",
    "milestone": "节点要求",
    "set": "设定线",
    "number": "规定数",
}

#: The demo's year is its own: what is done after a month is done as many days after its end.
DEMO_DAYS = 10

#: Overdue matters named in a reason; the rest are counted.
NAMED = 6

_NUMBERS = ("target", "actual", "rate", "line", "gap")


@dataclass(frozen=True)
class Found:
    """One matter a rule found: of whom, about what, and the figures (Decimal or None) it was found by."""

    participant_id: int | None
    agency_id: int | None
    indicator_id: int | None
    fund_rate: str
    level: str
    severity: Decimal
    facts: dict = field(default_factory=dict)

    def matter(self, kind: str) -> str:
        """Name the matter alike in every month and for every rule: unit, agency, and what it is about."""
        about = f"i{self.indicator_id}" if self.indicator_id else self.fund_rate or kind
        return f"p{self.participant_id or 0}a{self.agency_id or 0}{about}"


def find(rule: OversightRule, snapshot: Snapshot) -> list[Found]:
    """Return what the rule finds in the snapshot, the gravest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[rule.kind], _parameters(rule, snapshot))
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [
        Found(
            participant_id=row["participant_id"],
            agency_id=row["agency_id"],
            indicator_id=row["indicator_id"],
            fund_rate=row["fund_rate"],
            level=row["level"],
            severity=row["severity"],
            facts=_facts(row),
        )
        for row in rows
    ]


def not_judged(rule: OversightRule, snapshot: Snapshot) -> str:
    """Return in a sentence what the rule could not judge in the snapshot, "" where it could judge all. ≤ 2 queries."""
    parameters = _parameters(rule, snapshot)
    with connection.cursor() as cursor:
        cursor.execute(RUN, parameters)
        months = cursor.fetchone()[0]
        if months < rule.params.get("months", 1):
            return f"本年度到这一期只封过{months}期账，不足{rule.params['months']}期，没有判断。"
        if rule.kind not in READY:
            return ""
        cursor.execute(READY[rule.kind], parameters)
        judged, lacking = cursor.fetchone()
    if rule.kind == K.BELOW_AVERAGE and lacking:
        return f"有{lacking}项指标没有录入全省平均，没有判断。" if judged else "本期没有录入全省平均，没有判断。"
    if rule.kind == K.LAST_PLACES and not judged:
        return "本期没有综合位次（没有施行的考核办法），没有判断。"
    if rule.kind == K.FUND_BELOW and not judged:
        words = fund_rate_words(rule.params["fund_rate"], snapshot.period.programme)
        return f"本期没有“{words}”或它的对照线，没有判断。"
    return ""


def _parameters(rule: OversightRule, snapshot: Snapshot) -> dict:
    period = snapshot.period
    numbers = {name: Decimal(rule.params[name]) for name in ("min_gap", "rate") if rule.params.get(name) is not None}
    return (
        {"months": 1, "min_gap": Decimal(0), "rate": Decimal(0)}
        | rule.params
        | numbers
        | {
            "snapshot": snapshot.pk,
            "period": period.pk,
            "programme": period.programme_id,
            "period_kind": period.kind,
            "ends_on": period.ends_on,
            "year_start": period.ends_on.replace(month=1, day=1),
            "month": period.ends_on.month,
            "level": rule.level,
            "decimals": snapshot.decimals,
            "by_agency": period.programme.reporting_by == Programme.ReportingBy.AGENCY,
            "today": judged_on(snapshot),
        }
    )


def judged_on(snapshot: Snapshot) -> datetime.date:
    """Return the day against which deadlines are held: that of the close, in the demo some days after the month."""
    if snapshot.period.programme.is_demo:
        return snapshot.period.as_of + datetime.timedelta(days=DEMO_DAYS)
    return timezone.localdate(snapshot.frozen_at)


def _facts(row: dict) -> dict:
    """Return the figures as JSON holds them: numbers as text, exactly as they came."""
    facts = {name: format(row[name], "f") for name in _NUMBERS if row[name] is not None}
    facts |= {name: row[name] for name in ("times", "counted", "matters") if row.get(name) is not None}
    return facts | {"line_kind": row["line_kind"]}


def number(facts: dict, name: str) -> Decimal | None:
    """Return one of the figures of a firing."""
    return Decimal(facts[name]) if name in facts else None


def reason_words(kind: str, facts: dict, *, unit: str = "", fund_rate: str = "") -> str:
    """Return why a rule fired, with its figures: 完成率45.45%，低于全省平均（61.90%）16.45个百分点，连续2期.

    `fund_rate` is the code of the rate of money it was found by, which is named instead of 完成率.
    """
    times = facts.get("times", 1)
    run = f"，连续{times}期" if times > 1 and kind not in (K.LATE_RETURN, K.OVERDUE) else ""
    if kind == K.LAST_PLACES:
        return f"综合排名第{format_number(number(facts, 'line'))}名（共{facts['counted']}个）{run}"
    if kind == K.LATE_RETURN:
        return f"本年{facts['counted']}期月报中迟报或未报{times}次，本期又没有按时报"
    if kind == K.OVERDUE:
        return f"{facts['counted']}件逾期没有办结，最长逾期{times}天{_named(facts.get('matters', ''))}"
    line_kind = facts["line_kind"]
    word, gap = LINE_WORDS[line_kind], abs(number(facts, "gap"))
    if line_kind == "average_value":
        side = "高于" if number(facts, "gap") > 0 else "低于"
        return (
            f"完成{format_printed(number(facts, 'rate'))}{unit}，{side}{word}（{format_printed(number(facts, 'line'))}"
            f"{unit}）{format_printed(gap)}{'个百分点' if unit == '%' else unit}{run}"
        )
    what = dict(FUND_RATE.choices).get(fund_rate, "完成率")
    return (
        f"{what}{format_printed(number(facts, 'rate'))}%，低于{word}"
        f"（{format_printed(number(facts, 'line'))}%）{format_printed(gap)}个百分点{run}"
    )


def _named(matters: str) -> str:
    """Return the first of the names joined by 、 after a colon; what was found before names were kept has none."""
    names = matters.split("、") if matters else []
    more = f"等{len(names)}件" if len(names) > NAMED else ""
    return f"：{'、'.join(names[:NAMED])}{more}" if names else ""
