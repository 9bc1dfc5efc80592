"""提示: what is odd about a figure and asks for a reason that travels to the reviewer (R20).

Every code has a two-line explanation: what was seen, and what to do. A reason stays while the figure's value
does, and is carried over from the month before while the value is the same.
"""

from decimal import Decimal

from livelihood.formats import format_number
from projects.models import Figure, FigureFlag, Indicator, ReportingPeriod, Target

Key = tuple[int, int]

#: A flow this many times its target is asked about.
FAR_ABOVE = Decimal("1.2")

NO_TASK_CLAIMED = (
    "填了“/”或“无任务”，但目标里这一项有任务（{target}），所以这一格按未填处理。\n"
    "有数请填数；任务确有变化，请写明依据，由市民生办修订目标。"
)
FALLING_FLOW = (
    "累计数 {value} 比{period}的 {before} 少。\n"
    "累计数一般只增不减，请核对；确实减少的，请写明是核减、口径变化还是更正笔误。"
)
OVER_120 = "累计数 {value} 超过年度目标 {target} 的 120%。\n请核对是否多打了数字或单位不对；确实超出的，请写明原因。"


def refresh_flags(
    period: ReportingPeriod,
    *,
    touched: dict[Key, int],
    known: dict[Key, int],
    targets: dict[Key, Target],
    claims: set[Key],
    reasons: dict[Key, str],
) -> list[Key]:
    """Bring the flags of the touched figures up to date; return the keys whose reason changed.

    `touched` and `known`: figure ids by (participant id, indicator id), just stored or stored before; `claims`:
    cells that say 无任务 against an assessed target; `reasons`: what the filler answers. Flags of other figures
    stay. Runs in the caller's transaction; at most six queries.
    """
    ids = touched | {key: known[key] for key in reasons if key in known and key not in touched}
    if not ids:
        return []
    old = {(flag.figure_id, flag.code): flag for flag in FigureFlag.objects.filter(figure__in=ids.values())}
    wanted = _wanted(period, touched, targets, claims) if touched else []
    keys = {pk: key for key, pk in ids.items()}
    fresh = {(flag.figure_id, flag.code) for flag in wanted}
    gone = [flag.pk for place, flag in old.items() if keys[place[0]] in touched and place not in fresh]
    if gone:
        FigureFlag.objects.filter(pk__in=gone).delete()
    explained = set()
    for flag in wanted:
        before = old.get((flag.figure_id, flag.code))
        if before is not None and before.explanation == flag.explanation:
            # The same remark about the same numbers: the answer given to it stands.
            flag.reason = before.reason
        flag.reason = reasons.get(keys[flag.figure_id], flag.reason).strip()
        if flag.reason != (before.reason if before else ""):
            explained.add(keys[flag.figure_id])
    if wanted:
        FigureFlag.objects.bulk_create(
            wanted,
            update_conflicts=True,
            unique_fields=["figure", "code"],
            update_fields=["severity", "explanation", "reason", "figure_version"],
        )
    answered = []
    for flag in old.values():
        key = keys[flag.figure_id]
        if key not in touched and flag.reason != reasons[key].strip():
            flag.reason = reasons[key].strip()
            explained.add(key)
            answered.append(flag)
    if answered:
        FigureFlag.objects.bulk_update(answered, ["reason"])
    return list(explained)


def _wanted(period: ReportingPeriod, touched: dict[Key, int], targets, claims: set[Key]) -> list[FigureFlag]:
    """Return the flags the touched figures deserve now, unsaved. Three queries."""
    figures = Figure.objects.filter(pk__in=touched.values()).select_related("indicator")
    before = last_figures(period, touched)
    flags = []
    for figure in figures:
        key = (figure.participant_id, figure.indicator_id)
        last, target = before.get(key), targets.get(key)
        carried = {flag.code: flag.reason for flag in last.flags.all()} if last else {}
        same = last is not None and last.value == figure.value
        for code, explanation in _remarks(figure, last, target, key in claims):
            flags.append(
                FigureFlag(
                    figure=figure,
                    code=code,
                    explanation=explanation,
                    reason=carried.get(code, "") if same else "",
                    figure_version=figure.version,
                )
            )
    return flags


def last_figures(period: ReportingPeriod, keys) -> dict[Key, Figure]:
    """Return each cell's last reported figure before `period`, with its period and flags. Two queries."""
    keys = set(keys)
    rows = (
        Figure.objects.filter(
            period__programme=period.programme_id,
            period__kind=period.kind,
            period__ends_on__lt=period.ends_on,
            participant__in={participant for participant, _ in keys},
            indicator__in={indicator for _, indicator in keys},
            state=Figure.State.REPORTED,
        )
        .select_related("period")
        .prefetch_related("flags")
        .order_by("participant_id", "indicator_id", "-period__ends_on")
        .distinct("participant_id", "indicator_id")
    )
    return {(row.participant_id, row.indicator_id): row for row in rows}


def _remarks(figure: Figure, last: Figure | None, target: Target | None, claims_no_task: bool):
    """Yield (code, explanation) for everything odd about the figure."""
    indicator = figure.indicator
    unit = "" if indicator.unit == "%" else indicator.unit
    aim = target.value if target is not None and target.state == Target.State.ASSESSED else None
    if claims_no_task:
        printed = target.printed or f"{format_number(aim)}{indicator.unit}"
        yield "no_task_claimed", NO_TASK_CLAIMED.format(target=printed)
    if figure.value is None:
        return
    value = format_number(figure.value) + unit
    is_flow = indicator.accumulation == Indicator.Accumulation.FLOW
    if is_flow and last is not None and figure.value < last.value:
        yield (
            "falling_flow",
            FALLING_FLOW.format(value=value, before=format_number(last.value) + unit, period=last.period.label),
        )
    if aim and indicator.direction != Indicator.Direction.AT_MOST and figure.value > FAR_ABOVE * aim:
        yield "over_120", OVER_120.format(value=value, target=format_number(aim) + unit)
