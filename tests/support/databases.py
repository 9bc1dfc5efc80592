"""A migrated template database per run, and clones of it: 0.1 s each, where a flush of all tables takes 0.5 s."""

import fcntl
import hashlib
import itertools
import os
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from livelihood import embedded, embedded_host
from tests.support import worlds

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "livelihood_template"
_numbers = itertools.count(1)


def test_servers() -> embedded.Servers:
    """The run's own PostgreSQL and Valkey."""
    return embedded.servers(Path(settings.VAR_DIR))


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def point_connections_at(name: str) -> None:
    """Every connection, and every process started from here, uses this database from now on."""
    worlds.clear()
    os.environ["LIVELIHOOD_DATABASE"] = name
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def ensure_template() -> None:
    """Build the template once per run, whichever process comes first."""
    servers = test_servers()
    servers.ensure_postgres()
    with (Path(settings.VAR_DIR) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if servers.query(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            return
        draft = f"{TEMPLATE}_draft"
        servers.query(
            f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)", f"CREATE DATABASE {draft} OWNER {embedded.OWNER_ROLE}"
        )
        point_connections_at(draft)
        _migrate_or_repeat(draft)
        for connection in connections.all():
            connection.close()
        servers.query(f"ALTER DATABASE {draft} RENAME TO {TEMPLATE}")


def _migrate_or_repeat(name: str) -> None:
    """Run the real migrations; or, while no migration has changed since, the dump of what they made."""
    dump = ROOT / ".pytest_cache" / f"template-{_migrations_key()}.sql"
    if dump.exists():
        with connections["owner"].cursor() as cursor:
            cursor.execute(dump.read_text())
        return
    call_command("migrate", verbosity=0, interactive=False)
    servers = test_servers()
    text = embedded_host.run_program(
        embedded_host.server_account(servers.store),
        *("pg_dump", "--inserts", "-h", servers.sockets, "-p", embedded.SOCKET_PORT),
        *("-U", embedded.OWNER_ROLE, name),
    )
    dump.parent.mkdir(exist_ok=True)
    draft = dump.with_suffix(f".{os.getpid()}")
    # Lines with a backslash are for psql.
    draft.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\")))
    draft.replace(dump)


def _migrations_key() -> str:
    """Changes with every file that decides what a migrated database looks like."""
    files = [
        ROOT / "requirements.txt",
        ROOT / "requirements-embedded.txt",
        ROOT / "livelihood" / "settings.py",
        ROOT / "livelihood" / "privileges.py",
    ]
    for app in ("livelihood", "projects", "funding", "supervision"):
        files += sorted((ROOT / app).glob("migrations/*.py")) + sorted((ROOT / app).glob("sql.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def clone_template(name: str, *, template: str = TEMPLATE) -> None:
    test_servers().query(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {embedded.OWNER_ROLE}")


def drop_database(name: str) -> None:
    test_servers().query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def cloned_database(*, template: str = TEMPLATE):
    """A clone that all connections use inside the block; its name. `template` may be the one they use now."""
    before = connections["default"].settings_dict["NAME"]
    name = f"livelihood_{worker_name()}_{next(_numbers)}"
    point_connections_at(name)
    clone_template(name, template=template)
    try:
        yield name
    finally:
        point_connections_at(before)
        drop_database(name)
