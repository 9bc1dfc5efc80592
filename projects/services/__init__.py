"""Writes of the projects app, by theme: verbs, keyword-only, `by=`, atomic, audited."""
