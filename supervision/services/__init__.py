"""Writes of the supervision app, by theme: verbs, keyword-only, `by=`, atomic, audited."""
