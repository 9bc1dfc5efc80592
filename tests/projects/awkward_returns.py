"""All awkward returns, in the order of their modules."""

from tests.projects import (
    awkward_cells,
    awkward_columns,
    awkward_funds,
    awkward_looks,
    awkward_others,
    awkward_rows,
    awkward_shapes,
    awkward_tricks,
    awkward_values,
)
from tests.projects.awkward import RETURNS

plan_of = awkward_funds.plan_of
#: The modules add their cases when they are imported.
MODULES = [awkward_columns, awkward_values, awkward_shapes, awkward_funds]
MODULES += [awkward_others, awkward_rows, awkward_cells, awkward_looks, awkward_tricks]

__all__ = ["MODULES", "RETURNS", "plan_of"]
