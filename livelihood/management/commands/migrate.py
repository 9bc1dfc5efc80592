from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from livelihood.privileges import apply_privileges, collect_app_sql

OWNER = "owner"


class Command(migrate.Command):
    """Django's migrate as the role that owns the schema, then functions, triggers and privileges."""

    help = "Migrate as the owner's role, then apply every app's sql.py and the application role's privileges."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER)

    def execute(self, *args, **options):
        # Before Django's own checks, which would look for the connection.
        if options["database"] not in connections:
            raise CommandError("环境变量 DATABASE_OWNER_URL 没有设置：迁移须以拥有库结构的角色进行。")
        return super().execute(*args, **options)

    def handle(self, *args, **options):
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        self._apply_privileges(options)

    def _apply_privileges(self, options):
        using = options["database"]
        executor = MigrationExecutor(connections[using])
        complete = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        role = connections["default"].settings_dict["USER"]
        apply_privileges(using=using, role=role, sql=collect_app_sql(), complete=complete)
        if options["verbosity"] >= 1:
            done = "functions, triggers and privileges applied" if complete else "privileges applied, sql.py waits"
            self.stdout.write(f"Role {role}: {done}.")
