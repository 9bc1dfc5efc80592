"""太和县's own list of 2020 for the demo: the annex's items with its townships as units, the split 演示数据.

`fixtures/taihe-2020.yaml` says which items and whose printed targets are the whole county's (`items_of`), who takes
part, and what townships carry. The rest is reckoned here: a whole target is given away by weights to the last step of
its decimals, so that the units add up to what is printed (R16). The same seed gives the same shares.
"""

from collections import defaultdict
from decimal import ROUND_DOWN, Decimal

from projects.demo import Key, generator, indicators
from projects.demo_fixtures import read_yaml

CODE = "taihe-2020"
DEMO_MARK = "演示数据"
SEED = 2020


def read_townships() -> dict:
    """Return the parsed fixtures as `load_catalogue` takes them, the targets of all units among them."""
    fixture = read_yaml(CODE)
    data = {key: fixture[key] for key in ("programme", "target_documents", "participants")}
    data |= read_yaml("regions") | read_yaml("agencies") | {"projects": _projects(fixture)}
    return data | {"targets": list(_targets(fixture, data))}


def shares(total: Decimal, weights: list[int], step: Decimal) -> list[Decimal]:
    """Return `total` given away by weights in whole steps: the largest remainders first, earlier ones before later."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [(amount / step).to_integral_value(ROUND_DOWN) * step for amount in exact]
    left = int((total - sum(parts)) / step)
    by_remainder = sorted(range(len(weights)), key=lambda nth: parts[nth] - exact[nth])
    for nth in by_remainder[:left]:
        parts[nth] += step
    return parts


def _projects(fixture: dict) -> list[dict]:
    """Return the items of the other programme, led by the county's own bureaus; nobody fills for a township."""
    places = {row["code"]: row["name"] for row in read_yaml("regions")["regions"]}
    prefix = places[fixture["programme"]["owner"]]
    projects = read_yaml(fixture["items_of"]["programme"])["projects"]
    for project in projects:
        project.pop("lead_agency", None)
        for sub in project["sub_projects"]:
            sub["lead_agency"] = prefix + sub.pop("filling_agency")
    return projects


def _targets(fixture: dict, data: dict):
    """Yield the targets: the whole's as printed, then who carries it, 县本级 what no township does."""
    [own], [whole] = ([row["code"] for row in data["participants"] if row["kind"] == kind] for kind in ("own", "whole"))
    rows = indicators(data)
    splits = {(row["item"], row["sub"], row["indicator"]): row for row in fixture["splits"]}
    parted = _parted(fixture, rows, splits)
    for key, row in rows.items():
        printed = row.pop("targets")[fixture["items_of"]["participant"]]
        yield _target(key, whole, printed)
        if printed["state"] != "assessed" or not row["additive"]:
            continue
        for code, value in (parted[key] if key in splits else {own: Decimal(printed["value"])}).items():
            if value:
                words = f"{value.normalize():f}{row['unit']}"
                given = {"state": "assessed", "value": str(value), "comparison": printed["comparison"]}
                yield _target(key, code, given | {"printed": words, "note": DEMO_MARK})


def _parted(fixture: dict, rows: dict[Key, dict], splits: dict[Key, dict]) -> dict[Key, dict[str, Decimal]]:
    """Return key → unit → share; a parent that is the sum of its parts is that in every unit."""
    units = [row["code"] for row in fixture["participants"] if row["kind"] == "unit"]
    weights = dict(zip(units, fixture["weights"], strict=True))
    found, families = {}, defaultdict(list)
    for key, split in splits.items():
        row = rows[key]
        total = Decimal(row["targets"][fixture["items_of"]["participant"]]["value"])
        codes = split.get("among") or list(weights)
        if "each" in split:
            found[key] = dict.fromkeys(codes, Decimal(split["each"]))
            continue
        # Who gets one of a few is drawn anew for each indicator.
        generator(SEED, "order", key).shuffle(codes)
        step = Decimal(1).scaleb(-row["decimals"])
        found[key] = dict(zip(codes, shares(total, [weights[code] for code in codes], step), strict=True))
        if row.get("part_of"):
            families[key[0], key[1], row["part_of"]].append(key)
    for parent, parts in families.items():
        sums = {code: sum(found[part][code] for part in parts) for code in weights}
        if sum(sums.values()) == sum(found[parent].values()):
            found[parent] = sums
    return {key: {code: row[code] for code in units if code in row} for key, row in found.items()}


def _target(key: Key, code: str, values: dict) -> dict:
    seq, sub, name = key
    kept = {name: values[name] for name in ("state", "value", "comparison", "printed", "note") if name in values}
    return {"participant": code, "project_seq": seq, "sub_item": sub, "indicator": name} | kept
