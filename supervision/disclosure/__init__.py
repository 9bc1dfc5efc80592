"""公示: what the public is shown of an issued month, as a static site of plain pages."""
