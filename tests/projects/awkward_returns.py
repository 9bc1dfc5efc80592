"""All awkward returns, in the order of their modules."""

from tests.projects import awkward_columns, awkward_shapes, awkward_values
from tests.projects.awkward import RETURNS

#: The modules add their cases when they are imported.
MODULES = [awkward_columns, awkward_values, awkward_shapes]

__all__ = ["MODULES", "RETURNS"]
