"""A database with the demo in it: loaded once per run, by whichever process needs it first, and cloned from then on."""

import fcntl
import itertools
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tests.support import databases

TEMPLATE = "livelihood_demo_template"
_numbers = itertools.count(1)


def ensure_demo_template() -> None:
    """Load the demo into a template; some ten seconds, once per run. The connections point elsewhere afterwards."""
    servers = databases.test_servers()
    with (Path(settings.VAR_DIR) / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if servers.query(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
            return
        draft = f"{TEMPLATE}_draft"
        databases.drop_database(draft)
        databases.clone_template(draft)
        databases.point_connections_at(draft)
        call_command("load_demo", verbosity=0)
        for connection in connections.all():
            connection.close()
        servers.query(f"ALTER DATABASE {draft} RENAME TO {TEMPLATE}")


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
