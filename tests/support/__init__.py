"""Machinery of the tests: databases cloned from a template, and real processes of the product."""
