"""Statements the database plans once per connection instead of at every call: for what many people do all day.

Planning the statements of a save costs more than running them. A statement is prepared the first time a connection
needs it and lives as long as the connection does, whatever becomes of the transaction. Behind a pooler that gives
each transaction another connection that cannot work: DATABASE_POOLED=1 sets DISABLE_SERVER_SIDE_CURSORS, as Django
asks for the same reason, and the text is sent as it is.
"""

import hashlib
import re
from collections import namedtuple
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from weakref import WeakKeyDictionary

from django.db import connection, models
from django.db.models.base import ModelState

#: Names of the statements each connection has prepared; gone with the connection.
_prepared: WeakKeyDictionary = WeakKeyDictionary()


class Prepared:
    """One statement with named parameters, `%(period)s`, and their SQL types: `period="bigint"`."""

    def __init__(self, text: str, **types: str):
        # Two versions of a text never share a name: a connection may outlive a reload.
        self.name = f"kept_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
        order = {name: f"${nth}" for nth, name in enumerate(types, start=1)}
        self.preparation = f"PREPARE {self.name} ({', '.join(types.values())}) AS {text % order}"
        self.execution = f"EXECUTE {self.name} ({_typed(types)})" if types else f"EXECUTE {self.name}"
        self.plain = re.sub(r"%\((\w+)\)s", lambda found: f"{found[0]}::{types[found[1]]}", text)

    def rows(self, **parameters) -> list[tuple]:
        """Return the statement's rows. One query."""
        with connection.cursor() as cursor:
            self._execute(cursor, parameters)
            return cursor.fetchall()

    def named_rows(self, **parameters) -> list:
        """Return the same as named tuples."""
        with connection.cursor() as cursor:
            self._execute(cursor, parameters)
            row = row_class(tuple(column.name for column in cursor.description))
            return [row._make(values) for values in cursor.fetchall()]

    def run(self, **parameters) -> None:
        """Carry out a statement that returns nothing."""
        with connection.cursor() as cursor:
            self._execute(cursor, parameters)

    def _execute(self, cursor, parameters: dict) -> None:
        parameters = {name: array_text(one) if isinstance(one, list) else one for name, one in parameters.items()}
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            cursor.execute(self.plain, parameters)
            return
        known = _prepared.setdefault(connection.connection, set())
        if self.name not in known:
            # Past Django's own cursor: it is the connection's affair, not one of the queries a page is counted by.
            with connection.wrap_database_errors:
                cursor.cursor.execute(self.preparation)
            known.add(self.name)
        cursor.execute(self.execution, parameters)


def array_text(values: list[int | str | Decimal | None]) -> str:
    """Return a list as PostgreSQL writes an array: one constant, where the driver writes an expression per value.

    Of ten thousand values the server parses that in a tenth of the time. The statement says the array's type.
    """
    return "{" + ",".join([_quoted(one) if isinstance(one, str) else _bare(one) for one in values]) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bare(value: int | Decimal | None) -> str:
    return "NULL" if value is None else str(value)


def _typed(types: dict[str, str]) -> str:
    """Return the parameters with their types: a list of nothing but NULLs says none of its own."""
    return ", ".join(f"%({name})s::{kind}" for name, kind in types.items())


@cache
def row_class(names: tuple[str, ...]):
    """Return the class of a statement's rows; making one costs more than a hundred rows."""
    return namedtuple("Row", names)


@cache
def columns_of(model: type[models.Model], alias: str) -> str:
    """Return all columns of a model as a SELECT list, in the order `instance_of` takes them."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


@cache
def width_of(model: type[models.Model]) -> int:
    """Return how many columns `columns_of` names."""
    return len(model._meta.concrete_fields)


def instance_of(model: type[models.Model], values) -> models.Model:
    """Return the instance a row of `columns_of` stands for, None for a row of an outer join that found none."""
    if values[0] is None:
        return None
    names, decoded = _names(model)
    if decoded:
        values = list(values)
        for nth, field in decoded:
            values[nth] = field.from_db_value(values[nth], None, connection)
    return made_of(model, names, values)


def instances_in(queryset: models.QuerySet, names: Iterable[str] = ()) -> Iterator[models.Model]:
    """Yield a queryset's rows as `made_of` makes them, with all attributes or those named. One query."""
    names = tuple(names) or _names(queryset.model)[0]
    return (made_of(queryset.model, names, row) for row in queryset.values_list(*names))


def made_of(model: type[models.Model], names: Iterable[str], values: Iterable) -> models.Model:
    """Return the stored row with these attributes; the others are read when they are asked for.

    As `from_db`, but without __init__ and its signals, which cost four times as much.
    """
    instance = model.__new__(model)
    instance.__dict__.update(zip(names, values, strict=True))
    instance._state = ModelState()
    instance._state.adding, instance._state.db = False, "default"
    return instance


@cache
def _names(model: type[models.Model]) -> tuple[list[str], list[tuple[int, models.Field]]]:
    """Return the attributes of the columns, and which of them the driver leaves to Django (JSON)."""
    fields = model._meta.concrete_fields
    decoded = [(nth, field) for nth, field in enumerate(fields) if hasattr(field, "from_db_value")]
    return [field.attname for field in fields], decoded
