"""A database of its own for made-up data: created beside the main one, migrated, and used for a while."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections

from livelihood import embedded
from livelihood.services import Refused
from projects.models import Programme

DEFAULT_DATABASE = "livelihood_synthetic"
OWNER = "owner"
#: What the programmes made here are called; a database with any other programme is left alone.
CODE_PREFIX = "synthetic-"


@contextmanager
def synthetic_database(name: str) -> Iterator[None]:
    """Create the database if need be, migrate it, and use it inside the block; the main one stays untouched.

    Raises Refused where the name is not a plain one, is the main database, or holds other programmes.
    """
    mains = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise Refused(f"库名“{name}”不合规范：以小写字母开头，只用小写字母、数字和下划线。")
    if name in mains.values():
        raise Refused(f"“{name}”是系统正在使用的数据库，合成数据要放在另一个库里。")
    if OWNER not in mains:
        raise Refused("环境变量 DATABASE_OWNER_URL 没有设置：合成数据须以拥有库结构的角色写入。")
    _create_database(name)
    try:
        _point_connections_at(dict.fromkeys(mains, name))
        call_command("migrate", verbosity=0, interactive=False)
        if Programme.objects.using(OWNER).exclude(code__startswith=CODE_PREFIX).exists():
            raise Refused(f"数据库“{name}”里有别的年度民生工程，不在其中写合成数据。")
        yield
    finally:
        _point_connections_at(mains)


def drop_database(name: str) -> None:
    """Drop a database made by `synthetic_database`."""
    if name in {connections[alias].settings_dict["NAME"] for alias in connections}:
        raise Refused(f"“{name}”是系统正在使用的数据库，不能删除。")
    _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _point_connections_at(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _create_database(name: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone():
            return
    owner = connections[OWNER].ops.quote_name(connections[OWNER].settings_dict["USER"])
    _administer(f"CREATE DATABASE {name} OWNER {owner}")


def _administer(statement: str) -> None:
    """Create or drop a database: as the embedded cluster's superuser, elsewhere as the owner's role."""
    if settings.EMBEDDED:
        embedded.servers(Path(settings.VAR_DIR)).query(statement)
        return
    try:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        raise Refused(f"拥有库结构的角色不能建立或删除数据库（需要 CREATEDB）：{error}".strip()) from error
