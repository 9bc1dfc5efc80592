"""Pages of the funding app."""
