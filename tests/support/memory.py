"""Where the run's servers keep their data: in memory where the machine has room, a fifth of the work of a disk."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

MEMORY = Path("/dev/shm")
#: The databases of a run take some 600 MB, its log of changes at most 1 GB.
ROOM = 3 * 1024**3
OLD_AFTER = 3600


def server_directory(prefix: str, memory: Path = MEMORY) -> Path:
    """A new directory that the servers' user can pass through: in memory, or where that is small the usual place."""
    roomy = False
    with contextlib.suppress(OSError):
        found = os.statvfs(memory)
        roomy = found.f_bavail * found.f_frsize >= ROOM and os.access(memory, os.W_OK)
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))
    directory.chmod(0o711)
    return directory


def remove_leftovers(prefix: str, memory: Path = MEMORY) -> None:
    """Give back the memory of runs that were killed: their directories are old, and nobody holds their lock."""
    for directory in memory.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if directory.stat().st_uid != os.getuid() or directory.stat().st_mtime > time.time() - OLD_AFTER:
                continue
            with (directory / "run" / "users.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory, ignore_errors=True)
