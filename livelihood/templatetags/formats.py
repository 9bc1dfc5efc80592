"""Template filters over `livelihood.formats`: how values are written, never what they are.

A filter must not break a page: a value that cannot be written is shown as it is.
"""

from functools import wraps

from django import template
from django.utils import timezone

from livelihood import formats

register = template.Library()


def _display(function):
    """The function as a filter that shows an unexpected value unchanged instead of raising.

    An empty argument counts as none, so that a component may pass on what it was not given.
    """

    @wraps(function)
    def display(value, argument=""):
        try:
            return function(value) if argument in ("", None) else function(value, argument)
        except (TypeError, ValueError):
            return value

    return display


FILTERS = {
    "number": formats.format_number,  # {{ figure.value|number:indicator.decimals }}
    "printed": formats.format_printed,  # {{ line.rate|printed }}, a column of rates whose head says %
    "signed": formats.format_signed,  # {{ line.gap_to_city|signed:2 }}
    "rate": formats.format_rate,  # {{ line.rate|rate:2 }} -> 61.97%
    "points": formats.format_percent_points,  # {{ line.gap_to_city|points:2 }} -> −10.78个百分点
    "place": formats.format_place,
    "place_change": formats.format_place_change,
    "ordinal": formats.format_ordinal,
    "chinese_numeral": formats.chinese_numeral,
    "yuan": formats.format_yuan,
    "wan": formats.format_wan,
    "yi": formats.format_yi,
    "long_date": formats.format_date,
    "day": formats.format_day,
    "moment": formats.format_moment,
    "long_moment": formats.format_long_moment,
}

for name, function in FILTERS.items():
    register.filter(name, _display(function))


@register.filter
def state_sign(code: str | None) -> str:
    """✓ › × … of a state code."""
    return formats.state_parts(code)[0]


@register.filter
def state_word(code: str | None) -> str:
    """The Chinese word of a state code."""
    return formats.state_parts(code)[1]


@register.filter
def state_tone(code: str | None) -> str:
    """The CSS tone of a state code: green, blue, amber, red or grey."""
    return formats.state_parts(code)[2]


@register.filter
def due_words(due_at) -> str:
    """逾期 2 天（9月15日）, 今天 17:30 or 9月21日, by the server's clock."""
    return formats.format_due(due_at, timezone.now())


@register.filter
def due_tone(due_at) -> str:
    """red, amber or nothing, by the server's clock."""
    return formats.due_tone(due_at, timezone.now())


@register.filter
def is_negative(value) -> bool:
    """Whether a difference carries a minus; missing is not negative."""
    try:
        number = formats.as_decimal(value)
    except (TypeError, ValueError):
        return False
    return number is not None and number < 0


@register.filter
def widget_kind(field) -> str:
    """How the form field is laid out: "check" for a single tick box, "line" for all others."""
    return "check" if field.widget_type == "checkbox" else "line"
