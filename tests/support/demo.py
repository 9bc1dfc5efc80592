"""A database with the demo in it: loaded once per run, by whichever process needs it first, and cloned from then on.

The browser tests repeat what the run before them loaded, as long as nothing it is made of has changed since.
"""

import datetime
import fcntl
import itertools
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tests.support import databases

TEMPLATE = "livelihood_demo_template"
_numbers = itertools.count(1)


def sources_key() -> str:
    """Changes with what decides how the demo looks, and every day."""
    folders = [databases.ROOT / name for name in ("livelihood", "projects", "funding", "supervision", "fixtures")]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in (".py", ".yaml")]
    files += databases.ROOT.glob("requirements*.txt")
    return databases.key_of(sorted(files), datetime.datetime.now(datetime.UTC).date().isoformat())


SOURCES_KEY = sources_key()


def ensure_demo_template() -> None:
    """Load or repeat the demo into a template, once per run. The connections point elsewhere afterwards."""
    servers = databases.test_servers()
    with (Path(settings.VAR_DIR) / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if servers.query(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            return
        draft = f"{TEMPLATE}_draft"
        databases.drop_database(draft)
        _load_or_repeat(draft)
        for connection in connections.all():
            connection.close()
        servers.query(f"ALTER DATABASE {draft} RENAME TO {TEMPLATE}")


def _load_or_repeat(name: str) -> None:
    """Load the demo, some ten seconds; or, while no source has changed since, the dump of what was loaded today."""
    dump = databases.KEPT / f"demo-{SOURCES_KEY}.sql"
    if dump.exists():
        # Where the servers' user can read it.
        readable = shutil.copy(dump, settings.VAR_DIR)
        databases.clone_template(name, template="template0")
        databases.run_client("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "-f", readable, name)
        databases.point_connections_at(name)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")
        return
    databases.clone_template(name)
    databases.point_connections_at(name)
    call_command("load_demo", verbosity=0)
    # Not what was loaded by sources that somebody has edited since this process read them.
    if sources_key() == SOURCES_KEY:
        for older in databases.KEPT.glob("demo-*.sql"):
            older.unlink(missing_ok=True)
        databases.keep(dump, databases.run_client("pg_dump", name))


@contextmanager
def demo_database():
    """A clone of the demo that all connections use inside the block; its name."""
    before = connections["default"].settings_dict["NAME"]
    name = f"livelihood_demo_{databases.worker_name()}_{next(_numbers)}"
    try:
        ensure_demo_template()
        databases.clone_template(name, template=TEMPLATE)
        databases.point_connections_at(name)
        yield name
    finally:
        databases.point_connections_at(before)
        databases.drop_database(name)
