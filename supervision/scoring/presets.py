"""考核办法 of other places as they were printed, to start a version from (supervision/scoring/presets.yaml)."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from supervision.scoring.scheme_draft import ComponentDraft

FILE = Path(__file__).with_name("presets.yaml")


@cache
def presets() -> dict[str, dict]:
    """Return code → name, source, address, is_points, left_out, `components`: drafts in printed order."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {row["code"]: row | {"components": [_component(one) for one in row["components"]]} for row in rows}


def _component(row: dict) -> ComponentDraft:
    return ComponentDraft.of_choice(
        row["kind"],
        code=row["code"],
        name=row["name"],
        weight=Decimal(str(row["weight"])),
        max_mark=Decimal(row["full"]) if "full" in row else None,
        streak=row.get("streak"),
        place_points=row.get("place_points", ""),
    )
