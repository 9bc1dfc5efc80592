"""How stored values are written for people: numbers, percentages, places, money, dates, states.

Nothing here calculates: rates, gaps and places come printed from the database (R7). A value that is missing is
written "—", never 0. Digits are never dropped or rounded: what cannot be written exactly is a programming error.
"""

from datetime import date, datetime
from decimal import Context, Decimal, InvalidOperation

from django.utils import timezone

MISSING = "—"
MINUS = "\N{MINUS SIGN}"
# Wide enough for any column of the database; the default context would silently round at 28 digits.
EXACT = Context(prec=60)

# code -> (sign, word, tone). The words are the labels of the models' choices (tested); the tone is a CSS class.
# Sign and word carry the meaning without colour.
STATES = {
    # the status of a line (R15)
    "exceeded": ("✓", "超额完成", "green"),
    "done": ("✓", "已完成", "green"),
    "on_schedule": ("›", "达到时序", "blue"),
    "behind": ("×", "未达时序", "red"),
    "not_started": ("×", "未开工", "red"),
    "not_due": ("○", "未到节点", "grey"),
    "met": ("✓", "达标", "green"),
    "not_met": ("×", "未达标", "red"),
    "no_task": ("/", "无任务", "grey"),
    "not_applicable": ("/", "不适用", "grey"),
    "no_plan": ("/", "无计划", "grey"),
    "text": ("文", "文字类", "green"),
    "not_reported": ("—", "未报送", "grey"),
    "not_split": ("?", "任务未分解", "amber"),
    # a report
    "draft": ("…", "填报中", "grey"),
    "signed": ("✓", "已签字", "green"),
    "submitted": ("›", "已提交", "blue"),
    "returned": ("↩", "已退回", "red"),
    "approved": ("✓", "已审核", "green"),
    # a period
    "open": ("…", "填报中", "grey"),
    "closed": ("✓", "已封账", "green"),
    "issued": ("✓", "已通报", "green"),
    "reopened": ("!", "已重新开放", "amber"),
    # a figure
    "reported": ("✓", "已填", "green"),
    "saved": ("✓", "已存", "green"),
    "saving": ("›", "正在保存", "blue"),
    "carried": ("—", "沿用上月，未确认", "grey"),
    "blank": ("○", "空", "grey"),
    "incomplete": ("○", "未填齐", "grey"),
    "flagged": ("!", "有提示", "amber"),
    "conflict": ("!", "冲突", "amber"),
    "invalid": ("×", "无效", "red"),
    "stale": ("!", "批准后有改动", "amber"),
    # time limits
    "overdue": ("×", "逾期", "red"),
    "due_today": ("!", "今天到期", "amber"),
    # a milestone or a dated task on a day; overdue, done and not_due as above
    "attained": ("✓", "达到", "green"),
    "due_soon": ("!", "临近", "amber"),
    "missed": ("×", "逾期未达", "red"),
    "not_public": ("·", "通报后可见", "grey"),
    # the outlook of a line, the worst first; done, incomplete, not_reported as above
    "past_due": ("×", "到期未完成", "red"),
    "no_pace": ("×", "没有新增", "red"),
    "out_of_reach": ("×", "难以完成", "red"),
    "faster": ("!", "需提速", "amber"),
    "no_months": ("○", "月数不足", "grey"),
    "on_track": ("›", "可按期", "blue"),
    # background work; done as above
    "queued": ("…", "排队中", "grey"),
    "running": ("›", "进行中", "blue"),
    "failed": ("×", "失败", "red"),
    "cancelled": ("–", "已取消", "grey"),
    # 核对 before issue, and an objection in it
    "waiting": ("…", "待核对", "grey"),
    "asked_again": ("!", "有改动，再核对", "amber"),
    "unanswered": ("×", "逾期未答", "red"),
    "agreed": ("✓", "无异议", "green"),
    "objected": ("!", "有异议", "amber"),
    "accepted": ("✓", "采纳", "green"),
    "rejected": ("–", "不采纳", "grey"),
    "withdrawn": ("–", "已撤回", "grey"),
    # papers, whose own codes (draft, issued) mean something else of reports and periods
    "editing": ("…", "拟稿", "grey"),
    "numbered": ("✓", "已印发", "green"),
    "corrected": ("!", "已更正", "amber"),
    "proofread": ("›", "已核稿", "blue"),
    "void": ("–", "作废", "grey"),
    "unreceived": ("…", "未签收", "amber"),
    "received": ("✓", "已签收", "green"),
}

NUMERALS = "零一二三四五六七八九"


def as_decimal(value) -> Decimal | None:
    """The value as a finite Decimal, or None when it is missing (None or an empty string).

    Floats and booleans raise TypeError (figures are NUMERIC), other text and NaN or infinity raise ValueError.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise TypeError(f"a number must be Decimal, int or str, not {type(value).__name__}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return number


def format_number(value, decimals: int | None = None) -> str:
    """Thousands separated, at least `decimals` places (none given: as many as the value needs); None gives "—".

    Places beyond `decimals` are kept when they are not zero: a figure is never rounded for display.
    """
    number = as_decimal(value)
    if number is None:
        return MISSING
    digits = _places(number)
    places = digits if decimals is None else max(digits, decimals)
    if number.is_zero():
        number = number.copy_abs()
    return f"{number:,.{places}f}".replace("-", MINUS)


def format_printed(value, decimals: int | None = None) -> str:
    """A value the database has printed already (R7): it keeps the places it came with, "80.00" stays 80.00.

    With `decimals`, for values stored wider than they are printed, as in `format_number`.
    """
    number = as_decimal(value)
    if number is not None and decimals is None:
        decimals = max(0, -number.as_tuple().exponent)
    return format_number(number, decimals)


def format_signed(value, decimals: int | None = None) -> str:
    """A printed difference: + or − (U+2212) in front, none before 0.00, "—" when missing."""
    number = as_decimal(value)
    text = format_printed(number, decimals)
    return f"+{text}" if number is not None and number > 0 else text


def format_rate(value, decimals: int | None = None) -> str:
    """A printed rate such as "61.90" with its sign: 61.90%. The value is in percent already (R7)."""
    text = format_printed(value, decimals)
    return text if text == MISSING else f"{text}%"


def format_percent_points(gap, decimals: int | None = None) -> str:
    """A gap between two percentages with its unit: −10.78个百分点; "—" when there is no yardstick."""
    text = format_signed(gap, decimals)
    return text if text == MISSING else f"{text}个百分点"


def format_place(place) -> str:
    """A place on a screen: 第3名; "—" without one."""
    number = _whole(place)
    return MISSING if number is None else f"第{number}名"


def format_place_change(change) -> str:
    """Places won since the last month: ↑2, ↓1, 平; positive is up. "—" when there is nothing to compare with."""
    number = _whole(change)
    if number is None:
        return MISSING
    if number == 0:
        return "平"
    return f"↑{number}" if number > 0 else f"↓{-number}"


def format_ordinal(number) -> str:
    """A place in an official paper (R8): 第三名, 第二十一名."""
    return f"第{chinese_numeral(number)}名"


def chinese_numeral(number: int) -> str:
    """1 to 9999 in Chinese as used in headings and places: 3 → 三, 12 → 十二, 105 → 一百零五."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10000:
        raise ValueError(f"only whole numbers from 1 to 9999 can be written in Chinese: {number!r}")
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap and text else "") + NUMERALS[digit] + name
            gap = False
        else:
            gap = True
    return text.removeprefix("一") if text.startswith("一十") else text


def format_yuan(value) -> str:
    """Money as it is stored, in 元 with two places: 1,234,567.89元."""
    return _money(value, 0, 2, "元")


def format_wan(value, decimals: int | None = None) -> str:
    """Money stored in 元, written exactly in 万元: 1570000 → 157万元, at least `decimals` places."""
    return _money(value, 4, decimals, "万元")


def format_yi(value, decimals: int | None = None) -> str:
    """Money stored in 元, written exactly in 亿元: 386060000 → 3.8606亿元."""
    return _money(value, 8, decimals, "亿元")


def format_date(value: date | None) -> str:
    """2020年9月29日; "—" for None. A moment is taken in Shanghai time."""
    day = _local_day(value)
    return MISSING if day is None else f"{day.year}年{day.month}月{day.day}日"


def format_day(value: date | None) -> str:
    """9月29日, where the year is clear from the page."""
    day = _local_day(value)
    return MISSING if day is None else f"{day.month}月{day.day}日"


def format_moment(value: datetime | None) -> str:
    """9月17日 08:36 in Shanghai time, the server's clock. A naive moment raises ValueError."""
    if value is None:
        return MISSING
    return f"{format_day(value)} {timezone.localtime(value):%H:%M}"


def format_long_moment(value: datetime | None) -> str:
    """2020年9月17日 08:36:05, for records where the second and the year count."""
    if value is None:
        return MISSING
    return f"{format_date(value)} {timezone.localtime(value):%H:%M:%S}"


def due_tone(due_at: datetime | None, now: datetime) -> str:
    """How urgent a time limit is: "red" once it has passed, "amber" on its day, "" before."""
    if due_at is None:
        return ""
    if due_at < now:
        return "red"
    return "amber" if _local_day(due_at) == _local_day(now) else ""


def format_due(due_at: datetime | None, now: datetime) -> str:
    """A time limit beside its date: 逾期 2 天（9月15日）, 今天 17:30, 9月21日; "—" without one.

    Days overdue are counted between calendar days in Shanghai; later on its own day it is 今天已逾期.
    """
    if due_at is None:
        return MISSING
    days = (_local_day(now) - _local_day(due_at)).days
    if due_at < now:
        return (
            f"逾期 {days} 天（{format_day(due_at)}）" if days else f"今天已逾期（{timezone.localtime(due_at):%H:%M}）"
        )
    return format_day(due_at) if days else f"今天 {timezone.localtime(due_at):%H:%M}"


def format_period(ends_on: date, starts_on: date | None = None) -> str:
    """The label of a period. Without `starts_on` months are cumulative: 2020年1月, 2020年1—8月.

    With it, the span of a week: 2022年7月4日—10日, or 2022年6月27日—7月3日 over the turn of a month.
    """
    if starts_on is None:
        months = "1月" if ends_on.month == 1 else f"1—{ends_on.month}月"
        return f"{ends_on.year}年{months}"
    if starts_on > ends_on:
        raise ValueError(f"a period cannot start on {starts_on} and end on {ends_on}")
    if starts_on.year != ends_on.year:
        return f"{format_date(starts_on)}—{format_date(ends_on)}"
    end = f"{ends_on.day}日" if starts_on.month == ends_on.month else format_day(ends_on)
    return f"{format_date(starts_on)}—{end}"


def state_parts(code: str | None) -> tuple[str, str, str]:
    """(sign, word, tone) of a state code; a code nobody described yet is shown as it is, in grey."""
    if not code:
        return "", MISSING, "grey"
    return STATES.get(str(code), ("", str(code), "grey"))


def _money(value, shift: int, decimals: int | None, unit: str) -> str:
    amount = as_decimal(value)
    if amount is None:
        return MISSING
    return f"{format_number(amount.scaleb(-shift, context=EXACT), decimals)}{unit}"


def _places(number: Decimal) -> int:
    """How many decimal places the value needs: 40.8500 needs 2, 1E+3 none."""
    exponent = number.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent)


def _whole(value) -> int | None:
    number = as_decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise ValueError(f"not a whole number: {value!r}")
    return int(number)


def _local_day(value: date | None) -> date | None:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
