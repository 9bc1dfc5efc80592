"""What the database's container runs once, on an empty volume."""

import subprocess
from pathlib import Path

import pytest

from livelihood import embedded, embedded_host

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "postgres" / "10-roles.sh"


@pytest.mark.slow
def test_first_start_makes_two_roles_that_can_do_no_more_than_they_must(var):
    servers = embedded.Servers(var, durable=False)
    servers.ensure_postgres()
    servers.query("DROP DATABASE livelihood", "DROP ROLE livelihood_app", "DROP ROLE livelihood_owner")
    binaries, _ = embedded_host.programs()
    environ = {
        "PATH": f"{binaries}:/usr/bin:/bin",
        "PGHOST": str(servers.sockets),
        "POSTGRES_USER": embedded.SUPERUSER,
        "LIVELIHOOD_OWNER_PASSWORD": 'it\'s $HOME "quoted"',
        "LIVELIHOOD_APP_PASSWORD": "app",
    }
    done = subprocess.run(["sh", SCRIPT], env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    roles = servers.query(
        "SELECT rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles "
        "WHERE rolname LIKE 'livelihood%' ORDER BY 1"
    )
    assert roles == [("livelihood_app", True, False, False, False), ("livelihood_owner", True, False, False, False)]
    assert servers.query("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'livelihood'") == [
        ("livelihood_owner",)
    ]
    stored = servers.query(
        "SELECT count(*) FROM pg_authid WHERE rolname LIKE 'livelihood%' AND rolpassword LIKE 'SCRAM%'"
    )
    assert stored == [(2,)]


def test_first_start_without_a_password_refuses_and_names_the_variable():
    done = subprocess.run(["sh", SCRIPT], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "缺少环境变量 LIVELIHOOD_OWNER_PASSWORD" in done.stderr
