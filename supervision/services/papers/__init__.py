"""Writes of official papers, by step: series, drafting, review, issue, rendering, receipts, settings."""
