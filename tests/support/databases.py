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
from tests.support.migrating import growing_models

ROOT = Path(__file__).resolve().parents[2]
#: What a later run need not make again.
KEPT = ROOT / ".pytest_cache"
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


def template_dump() -> Path:
    """Where the statements of the migrated template lie, once there is one."""
    return KEPT / f"template-{_migrations_key()}.sql"


def _migrate_or_repeat(name: str) -> None:
    """Run the real migrations; or, while no migration has changed since, the dump of what they made."""
    dump = template_dump()
    if dump.exists():
        with connections["owner"].cursor() as cursor:
            cursor.execute(dump.read_text())
        return
    with growing_models():
        call_command("migrate", verbosity=0, interactive=False)
    text = run_client("pg_dump", "--inserts", name)
    # Lines with a backslash are for psql.
    keep(dump, "".join(line for line in text.splitlines(keepends=True) if not line.startswith("\\")))


def run_client(program: str, *arguments) -> str:
    """Run pg_dump or psql as the owner of the tables; the last argument is the database. Its output."""
    servers = test_servers()
    address = ("-h", servers.sockets, "-p", embedded.SOCKET_PORT, "-U", embedded.OWNER_ROLE)
    return embedded_host.run_program(embedded_host.server_account(servers.store), program, *address, *arguments)


def keep(file: Path, text: str) -> None:
    """Write a file for later runs, whole or not at all."""
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(text)
    draft.replace(file)


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
    return key_of(files)


def key_of(files, extra: str = "") -> str:
    """Changes with the name or the content of any of the files, and with `extra`."""
    digest = hashlib.sha256(extra.encode())
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
