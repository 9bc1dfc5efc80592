"""Writes of the funding app, by theme."""
