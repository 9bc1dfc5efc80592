"""Directories for embedded servers beside the run's own."""

import shutil
from contextlib import contextmanager

import pytest

from livelihood import embedded
from tests.support.memory import server_directory


@contextmanager
def var_directory():
    """A VAR directory that the servers' user can reach (pytest's own are closed to others)."""
    directory = server_directory("lv-try-")
    yield directory
    embedded.Servers(directory).stop(force=True)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def var():
    """A VAR directory of the test's own."""
    with var_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def running():
    """Both servers, for a module's tests that only look: a start takes two seconds."""
    with var_directory() as directory:
        servers = embedded.Servers(directory, durable=False)
        servers.ensure_postgres()
        servers.ensure_valkey()
        yield servers
