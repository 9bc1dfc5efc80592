"""Brings the rows of one table to what is wanted: set-based, whatever the number of rows."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import models

from projects.services.load_outcome import LoadedRow, LoadOutcome


def sync_rows(
    outcome: LoadOutcome,
    model: type[models.Model],
    existing,
    wanted: dict,
    keys: list[str],
    *,
    label: str,
    at: Mapping[object, str] = MappingProxyType({}),
    count: bool = True,
) -> dict:
    """Create what is missing and change what differs; returns key → row. At most 3 queries.

    `wanted`: key → fields; `at`: key → place in the workbook. With `count` false the rows were counted by an
    earlier pass already.
    """
    single = len(keys) == 1
    found = {getattr(row, keys[0]) if single else tuple(getattr(row, key) for key in keys): row for row in existing}
    made, changed, fields = [], [], set()
    for key, values in wanted.items():
        row = found.get(key)
        if row is None:
            names = {keys[0]: key} if single else dict(zip(keys, key, strict=True))
            found[key] = model(**names, **values)
            made.append(found[key])
            if count and key in at:
                name = values.get("printed_name") or values.get("name") or str(key if single else key[-1])
                outcome.rows.append(LoadedRow(True, label, name, at[key]))
            continue
        differing = [name for name, value in values.items() if getattr(row, name) != value]
        for name in differing:
            if count:
                label_of_field = model._meta.get_field(name.removesuffix("_id")).verbose_name
                words = "有改动" if name.endswith("_id") else f"：{getattr(row, name)} → {values[name]}"
                words = f"{label}“{row}”的{label_of_field}{words}"
                outcome.rows.append(LoadedRow(False, label, str(row), at.get(key, ""), words))
            setattr(row, name, values[name])
        if differing:
            changed.append(row)
            fields.update(differing)
    model.objects.bulk_create(made, batch_size=2000)
    if changed:
        model.objects.bulk_update(changed, [name.removesuffix("_id") for name in sorted(fields)])
    if count:
        outcome.count("created", label, len(made))
        outcome.count("changed", label, len(changed))
        outcome.count("unchanged", label, len(wanted) - len(made) - len(changed))
    return found
