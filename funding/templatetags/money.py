"""Money on pages: stored in 元, written exactly in the unit the reader chose."""

from django import template

from funding.amounts import in_unit

register = template.Library()
register.filter("money", in_unit)


@register.simple_tag
def money_choices(part, report) -> list[dict]:
    """Return the switch between 元 and 万元 of a report's funds."""
    return part.choices(report)
