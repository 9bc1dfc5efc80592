"""What rows about single cells of a report have in common: verdicts, objections, evidence.

A figure's cell is named by its indicator. A cell of another part is named by the part, its key in it, the sub-project
it belongs to and how it is called; the part's app sees to it that the key exists (a trigger of its sql.py).
"""

from django.db import models
from django.db.models import Q

from projects.cell_key import Key, split_key
from projects.models.catalogue import Indicator, SubProject

#: The part whose cells are named by an indicator.
FIGURES = "figures"


def one_cell(name: str) -> models.CheckConstraint:
    """Return the constraint that a row names exactly one cell."""
    return models.CheckConstraint(
        name=name,
        condition=Q(part=FIGURES, indicator__isnull=False, cell="", sub_project__isnull=True)
        | (~Q(part=FIGURES) & ~Q(part="") & ~Q(cell="") & Q(indicator__isnull=True, sub_project__isnull=False)),
        violation_error_message="要写明是哪一格",
    )


class AboutCell(models.Model):
    """The cell a row is about, beside the report and participant of the row itself."""

    part = models.CharField("月报组成", max_length=20, default=FIGURES)
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, verbose_name="指标", related_name="%(class)ss", null=True, blank=True
    )
    cell = models.CharField("格", max_length=40, blank=True)
    label = models.CharField("格的名称", max_length=200, blank=True)
    sub_project = models.ForeignKey(
        SubProject, models.PROTECT, verbose_name="子项", related_name="%(class)ss", null=True, blank=True
    )

    class Meta:
        abstract = True

    @property
    def key(self) -> Key:
        """Return the cell's key in its part."""
        return split_key(self.cell) if self.cell else (self.participant_id, self.indicator_id)

    @property
    def name(self) -> str:
        """Return what the cell is called."""
        return self.label or self.indicator.name

    @property
    def item(self) -> SubProject:
        """Return the sub-project the cell belongs to."""
        return self.sub_project or self.indicator.sub_project
