"""Money on pages: stored in 元, written exactly in the unit the reader chose."""

from django import template

from funding.amounts import in_unit

register = template.Library()
register.filter("money", in_unit)
