"""How a paper's paragraphs are marked on pages, as on paper."""

from django import template

from supervision.documents import paper

register = template.Library()
register.filter("marked", paper.marked)
