"""Measurements against the bars of docs/performance.md: `make bench`."""
