"""Where a provincial average comes from: published by whom, entered and changed by whom (R10), and who is below it."""

from collections.abc import Iterable, Iterator

from livelihood.formats import MISSING, format_day, format_moment, format_number, format_rate
from livelihood.models import AuditEvent, User
from projects.models import Benchmark, Indicator, ReportingPeriod
from supervision.models import Snapshot
from supervision.pages.history import month_standings
from supervision.pages.indicator import IndicatorPage
from supervision.why.answer import Answer, Change, Fact, Input, Listed, Term
from supervision.why.basis import made_of
from supervision.why_links import WhyLinks


def benchmark_answer(
    period: ReportingPeriod, snapshot: Snapshot | None, user: User, *, indicator: Indicator
) -> Answer | None:
    """Return what is known of the indicator's average; None where the user sees no line of the indicator."""
    month = month_standings(period, user, snapshot=snapshot, indicators=[indicator.pk], most=1)[-1]
    standings, scope = month.standings, month.scope
    if indicator.pk not in standings.indicators:
        return None
    page = IndicatorPage(standings, scope, indicator.pk)
    if not page.rows:
        return None
    answer = Answer(f"{page.project.seq} {page.project.name}·{page.label}", "全省平均")
    answer.made_of = made_of(period, snapshot, user)
    value, decimals = page.first["benchmark"], page.first["benchmark_decimals"]
    if value is None:
        answer.terms = [Term(MISSING, "还没有录入", is_result=True)]
        answer.sentences = [
            f"全省平均由省里公布，{period.programme.owner.own_word}算不出来；没有录入就不作比较，不列名单，也不用别的数代替（规则R10）。"
        ]
        return answer
    is_rate = page.first["benchmark_measure"] == Benchmark.Measure.RATE
    text = format_rate(value, decimals) if is_rate else f"{format_number(value, decimals)}{indicator.unit}"
    answer.terms = [Term(text, "按完成率比较" if is_rate else "按指标值比较", is_result=True)]
    answer.sentences = [
        f"公布到{decimals}位小数：各单位的数先四舍五入到同样的位数再比，比全省差的才列入名单（规则R7、R9、R10）。"
    ]
    answer.inputs = [_entered(page, text, user, period)]
    _add_below(answer, page, standings, indicator, WhyLinks(period, snapshot))
    return answer


def _entered(page: IndicatorPage, text: str, user: User, period: ReportingPeriod) -> Input:
    """Return source, date, the city's own place, who entered it, and its changes. Two queries."""
    entered, own = page.entered_benchmark, list(_own(page, period))
    if entered is None:
        said = Fact("说明", "录入的数在快照冻结之后改过，这里用的是冻结时的数。")
        return Input("①", text, facts=[said, *own])
    given = Input("①", text, facts=[Fact("来源", entered.source)])
    if entered.as_of:
        given.facts.append(Fact("截至", format_day(entered.as_of)))
    given.facts += own
    given.facts.append(Fact("录入", f"{entered.confirmed_by} {format_moment(entered.confirmed_at)}"))
    given.facts.append(Fact("修改", f"{entered.version - 1}次" if entered.version > 1 else "没有改过"))
    about = {"target_label": period._meta.db_table, "target_id": str(period.pk), "verb": "set_benchmarks"}
    events = AuditEvent.objects.filter(**about).select_related("by")
    given.changes = list(_changes(events.order_by("-id"), str(entered.indicator_id)))
    return given


def _own(page: IndicatorPage, period: ReportingPeriod) -> Iterator[Fact]:
    """Yield the city's own figure and place as published: of a snapshot, by the time it was frozen."""
    published, owner = page.published_place, period.programme.owner
    if published is None:
        return
    if published.city_rate is not None:
        yield Fact(f"{owner.own_word}公布数", format_number(published.city_rate))
    if published.city_place:
        count = f"，共{published.city_count}个{owner.peer_word}" if published.city_count else ""
        yield Fact(f"{owner.own_word}位次", f"第{published.city_place}位{count}")


def _changes(events: Iterable[AuditEvent], name: str) -> Iterator[Change]:
    """Yield what the trail says of one average: a save of many is one event."""
    for event in events:
        if name in event.before or name in event.after:
            old, new = event.before.get(name), event.after.get(name)
            yield Change(event.at, str(event.by), "修改" if old else "录入", _said(old), _said(new))


def _said(content: dict | None) -> str:
    return str(content.get("value", "")) if content else "空"


def _add_below(answer: Answer, page: IndicatorPage, standings, indicator: Indicator, links: WhyLinks) -> None:
    if not page.in_scope:
        answer.list_heading, answer.list_note = "低于全省平均", "名单在本期通报印发后可见。"
        return
    below = standings.below(indicator.pk) or []
    answer.list_heading = f"比全省平均差的{len(below)}个单位"
    answer.list_note = page.sentence or "没有单位低于全省平均。"
    units = standings.participants
    answer.listed = [
        Listed(
            units[row["participant_id"]].printed_name,
            format_number(row["compared"]),
            url=links.figure(units[row["participant_id"]].code, indicator.pk),
        )
        for row in below
    ]
