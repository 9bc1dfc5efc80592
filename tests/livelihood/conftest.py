"""Directories for embedded servers beside the run's own."""

import shutil
import tempfile
from pathlib import Path

import pytest

from livelihood import embedded


@pytest.fixture
def var():
    """A VAR directory that the servers' user can reach (pytest's own are closed to others)."""
    directory = Path(tempfile.mkdtemp(prefix="lv-try-"))
    directory.chmod(0o711)
    yield directory
    embedded.Servers(directory).stop(force=True)
    shutil.rmtree(directory, ignore_errors=True)
