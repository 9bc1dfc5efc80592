"""Rules of supervision of other places as they were published, to start from (supervision/oversight/presets.yaml)."""

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("presets.yaml")


@cache
def presets() -> dict[str, dict]:
    """Return code → name, source, address, left_out, rules (name, kind, params, level, escalates_after)."""
    return {row["code"]: row for row in yaml.safe_load(FILE.read_text(encoding="utf-8"))}
