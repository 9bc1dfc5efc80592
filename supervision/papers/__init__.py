"""The life of papers as pages show it: archive, steps, receivers, settings."""
