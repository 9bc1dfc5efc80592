"""Standings arranged for the screen: rows, cells, months and charts, ready for a template."""
