"""What the application's role may do, and the functions and triggers that privileges cannot say.

The owner's role owns the schema and migrates. The application's role owns nothing: after every migration
each app's sql.py is applied anew, so that what stands in the file is what holds in the database.
"""

from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connections, transaction

READ = "SELECT"
APPEND = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE"
FULL = "SELECT, INSERT, UPDATE, DELETE"
# Django's own: which migrations ran is the owner's business.
MIGRATION_TABLE = "django_migrations"


class UnknownTable(Exception):
    """An app's sql.py restricts a table that does not exist: a renamed table must not lose its protection."""


@dataclass
class AppSql:
    """The union of all apps' sql.py: idempotent statements in order, and the restricted tables."""

    statements: list[str] = field(default_factory=list)
    append_only: set[str] = field(default_factory=set)
    no_delete: set[str] = field(default_factory=set)
    read_only: set[str] = field(default_factory=lambda: {MIGRATION_TABLE})


def collect_app_sql() -> AppSql:
    """Read STATEMENTS, APPEND_ONLY, NO_DELETE and READ_ONLY of every installed app that has an sql.py."""
    collected = AppSql()
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.sql") is None:
            continue
        module = import_module(f"{config.name}.sql")
        collected.statements += getattr(module, "STATEMENTS", [])
        collected.append_only |= set(getattr(module, "APPEND_ONLY", []))
        collected.no_delete |= set(getattr(module, "NO_DELETE", []))
        collected.read_only |= set(getattr(module, "READ_ONLY", []))
    return collected


def apply_privileges(*, using: str, role: str, sql: AppSql, complete: bool = True) -> None:
    """Apply statements and grants as the owner (`using`) for the application's `role`, all or nothing.

    `complete` False means that some migrations have not run: then the statements wait, and tables
    named in sql.py may be missing. Raises UnknownTable otherwise.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        missing = (sql.append_only | sql.no_delete | sql.read_only) - tables
        if complete and missing:
            raise UnknownTable(f"sql.py 中的表不存在：{'、'.join(sorted(missing))}")
        if complete:
            for statement in sql.statements:
                cursor.execute(statement)
        for statement in grant_statements(
            tables=tables, role=role, sql=sql, owner=connection.settings_dict["USER"], quote=connection.ops.quote_name
        ):
            cursor.execute(statement)


def grant_statements(
    *, tables: set[str], role: str, owner: str, sql: AppSql, quote=lambda name: f'"{name}"'
) -> list[str]:
    """The grants in full: first everything is taken away, so that nothing granted earlier lingers."""
    to = quote(role)
    statements = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {to}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {to}",
        f"GRANT USAGE ON SCHEMA public TO {to}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to}",
        # Nor does a table that a later migration adds begin with rights nobody decided on.
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(owner)} IN SCHEMA public REVOKE ALL ON TABLES FROM PUBLIC, {to}",
    ]
    for table in sorted(tables):
        if table in sql.read_only:
            rights = READ
        elif table in sql.append_only:
            rights = APPEND
        else:
            rights = KEEP if table in sql.no_delete else FULL
        statements.append(f"GRANT {rights} ON {quote(table)} TO {to}")
    return statements
