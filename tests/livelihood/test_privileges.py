"""What the application's role cannot do, tried with raw SQL through that role."""

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, connections, transaction

from livelihood.privileges import AppSql, UnknownTable, apply_privileges, collect_app_sql, grant_statements


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_application_connection_uses_a_role_that_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = user)")

        owned = cursor.fetchone()[0]
        cursor.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = user")

        assert owned == 0
        assert cursor.fetchone() == (False, False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE smuggled (a integer)",
        "DROP TABLE region",
        "ALTER TABLE region ADD COLUMN smuggled integer",
        "ALTER TABLE region DISABLE TRIGGER ALL",
        "TRUNCATE region",
        "DELETE FROM django_migrations",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
        "SET ROLE livelihood_owner",
        "SET session_replication_role = replica",
    ],
)
@pytest.mark.django_db
def test_schema_change_through_the_application_role_is_refused(statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        run(statement)


def restricted(kind):
    return sorted(getattr(collect_app_sql(), kind))


@pytest.mark.django_db
def test_every_restricted_table_exists():
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))

    assert set(restricted("append_only") + restricted("read_only")) <= tables


@pytest.mark.django_db
def test_append_only_tables_refuse_update_delete_and_truncate():
    for table in restricted("append_only"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
                run(statement)


@pytest.mark.django_db
def test_read_only_tables_refuse_insert_too():
    for table in restricted("read_only"):
        with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
            run(f"INSERT INTO {table} DEFAULT VALUES")


@pytest.mark.django_db
def test_every_model_table_can_be_read_and_added_to():
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(
                "SELECT has_table_privilege(%s, 'SELECT'), has_table_privilege(%s, 'INSERT')", [table, table]
            )

            assert cursor.fetchone() == (True, table not in restricted("read_only")), table


@pytest.mark.django_db
def test_temporary_table_for_copy_is_allowed():
    run("CREATE TEMPORARY TABLE incoming (a integer)")


def test_grant_statements_give_each_table_what_its_kind_allows():
    sql = AppSql(append_only={"revision"}, read_only={"django_migrations"})

    statements = grant_statements(
        tables={"revision", "django_migrations", "figure"}, role="clerk", owner="office", sql=sql
    )

    assert statements[-3:] == [
        'GRANT SELECT ON "django_migrations" TO "clerk"',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "figure" TO "clerk"',
        'GRANT SELECT, INSERT ON "revision" TO "clerk"',
    ]
    assert not any("TRUNCATE" in statement for statement in statements)


def test_restricting_a_table_that_does_not_exist_is_refused(cloned_db):
    with pytest.raises(UnknownTable, match="no_such_table"):
        apply_privileges(using="owner", role="livelihood_app", sql=AppSql(append_only={"no_such_table"}))


def test_applying_again_takes_back_what_was_granted_meanwhile(cloned_db):
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT ALL ON django_migrations TO livelihood_app")

    apply_privileges(using="owner", role="livelihood_app", sql=collect_app_sql())

    with pytest.raises(ProgrammingError, match="permission denied"):
        run("DELETE FROM django_migrations")


def test_failing_statement_changes_no_privilege(cloned_db):
    broken = AppSql(statements=["REVOKE ALL ON region FROM livelihood_app", "SELECT no_such_function()"])

    with pytest.raises(ProgrammingError, match="no_such_function"):
        apply_privileges(using="owner", role="livelihood_app", sql=broken)

    run("SELECT * FROM region")
