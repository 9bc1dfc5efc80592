"""Standings as sheets of a workbook and as JSON."""
