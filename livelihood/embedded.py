"""PostgreSQL and Valkey of our own: they start at the first connection and go with the last user.

Nothing here runs in production. The protocol, in four sentences:
a process becomes a user by a shared flock on users.lock, which the kernel drops however the process dies;
check-start-wait happens under an exclusive flock on start.lock, so commands that start at once share one server;
a server is alive when it answers on its socket, never because some pid exists;
a guard process waits for users.lock exclusively, and so stops the servers after the last user, even a killed one.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

from livelihood import embedded_host as host
from livelihood.embedded_host import EmbeddedError

APP_ROLE = "livelihood_app"
OWNER_ROLE = "livelihood_owner"
SUPERUSER = "postgres"
DATABASE = "livelihood"
# Only a name inside the socket directory: nothing listens on TCP.
SOCKET_PORT = "5432"
# sun_path holds 108 bytes with its closing zero.
SOCKET_PATH_LIMIT = 107
START_SECONDS = 30
LOCK_SECONDS = 90
# The guard's program: it leaves its parent before it loads anything, so nobody waits for it.
GUARD = """
import os, sys
os.fork() and os._exit(0)
os.setsid()
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from livelihood.embedded import guard
guard(Path(sys.argv[2]), int(sys.argv[3]))
"""


def short_hash(var: Path) -> str:
    """Eight characters that tell two copies (two VAR directories) apart."""
    return hashlib.sha256(str(var).encode()).hexdigest()[:8]


def socket_dir(var: Path) -> Path:
    """The private directory of both sockets: in /tmp because a socket path has a length limit."""
    return Path(f"/tmp/lv-{short_hash(var)}-{os.getuid()}")  # noqa: S108 - _own_socket_dir makes it 0700, checks its owner


def broker_socket(var: Path) -> Path:
    return socket_dir(var) / "valkey.sock"


def broker_url(var: Path, number: int = 0) -> str:
    """The broker's address for Celery; `number` is the Valkey database."""
    return f"redis+socket://{broker_socket(var)}?virtual_host={number}"


def cache_url(var: Path, number: int) -> str:
    """The cache's address for the redis client: the broker's server, another Valkey database."""
    return f"unix://{broker_socket(var)}?db={number}"


def databases(var: Path) -> dict:
    """Django's DATABASES of the embedded cluster: the application's role, and the owner's that migrates."""
    return {
        alias: {
            "ENGINE": "livelihood.embedded_postgresql",
            "NAME": os.environ.get("LIVELIHOOD_DATABASE") or DATABASE,
            "USER": role,
            "HOST": str(socket_dir(var)),
            "PORT": SOCKET_PORT,
            "OPTIONS": {"connect_timeout": 10},
        }
        for alias, role in (("default", APP_ROLE), ("owner", OWNER_ROLE))
    }


def secret_key(var: Path) -> str:
    """The copy's own SECRET_KEY, made once and readable by its user alone."""
    path = var / "secret_key"
    if not path.exists():
        _make_var(var)
        draft = var / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # link fails if another process was first; then its key stands.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _make_var(var: Path) -> None:
    # As root the servers run as another user, who must be able to pass through but not to look.
    var.mkdir(mode=0o711 if os.getuid() == 0 else 0o700, parents=True, exist_ok=True)


class Servers:
    """The embedded servers of one VAR directory, as seen by one process and its forked children.

    A forked child inherits the parent's open lock file and so counts as a user for as long as it lives.
    """

    def __init__(self, var: Path, *, durable: bool = True):
        self.var = Path(var).resolve()
        self.durable = durable
        self.sockets = socket_dir(self.var)
        self.store = self.var / "servers"
        self._share = None
        self._thread_lock = threading.RLock()
        os.register_at_fork(after_in_child=self._after_fork)

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory, by the path its user can reach (_own_store may have laid a link)."""
        return self.store.resolve() / "postgres"

    @property
    def valkey_dir(self) -> Path:
        return self.store.resolve() / "valkey"

    def _after_fork(self):
        # Another thread of the parent may have held it at the moment of the fork.
        self._thread_lock = threading.RLock()

    # What callers use

    def join(self) -> None:
        """Become a user: from now on the servers are not stopped under this process."""
        if self._share is None:
            with self._starting():
                pass

    def ensure_postgres(self) -> None:
        """A query is answered on the socket when this returns."""
        with self._starting():
            if not self.postgres_answers():
                self._start_postgres()

    def ensure_valkey(self) -> None:
        """PING is answered on the socket when this returns."""
        with self._starting():
            if not self.valkey_answers():
                self._start_valkey()

    def stop(self, *, force: bool = False, patience: float = 0) -> bool:
        """Leave, and stop the servers unless others still use them after `patience` seconds (`force`: even then).

        True if they are stopped; else the guard stops them after those others.
        """
        if not (self.var / "run").is_dir():
            return True
        with self._start_lock():
            if self._share is not None:
                os.close(self._share)
                self._share = None
            users = host.open_lock(self.var / "run" / "users.lock")
            try:
                if not self._alone(users, patience=patience) and not force:
                    return False
                self.stop_servers()
                return True
            finally:
                os.close(users)

    def _alone(self, users: int, *, patience: float) -> bool:
        if host.flock(users, fcntl.LOCK_EX, seconds=patience):
            return True
        if host.flock(users, fcntl.LOCK_SH, seconds=0):
            return False
        # Not shared but exclusive: the guard saw the last user go and is stopping the servers at this moment.
        return host.flock(users, fcntl.LOCK_EX, seconds=LOCK_SECONDS)

    def postgres_answers(self) -> bool:
        """Does the cluster answer a query right now?"""
        import psycopg2

        if not (self.sockets / f".s.PGSQL.{SOCKET_PORT}").exists():
            return False
        try:
            self.query("SELECT 1")
        except psycopg2.Error:
            return False
        return True

    def valkey_answers(self) -> bool:
        """Does the broker answer PING right now?"""
        return self._ask_valkey(b"PING\r\n").startswith(b"+PONG")

    def query(self, *statements: str, database: str = SUPERUSER) -> list[tuple]:
        """Run statements as the cluster's superuser, each on its own; the rows of the last one."""
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.sockets), port=SOCKET_PORT, user=SUPERUSER, dbname=database, connect_timeout=3
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def stop_servers(self) -> None:
        """Stop both, gently first; the caller has made sure that nobody uses them."""
        if not self.store.exists():
            return
        self._ask_valkey(b"SHUTDOWN NOSAVE\r\n")
        if host.processes_in(self.data) or self.postgres_answers():
            with contextlib.suppress(EmbeddedError):
                self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", "30")
        for directory in (self.data, self.valkey_dir):
            if not host.wait(lambda d=directory: not host.processes_in(d), seconds=2):
                host.kill_processes_in(directory)
        shutil.rmtree(self.sockets, ignore_errors=True)

    # Locks and users

    @contextlib.contextmanager
    def _start_lock(self):
        with self._thread_lock:
            descriptor = host.open_lock(self.var / "run" / "start.lock")
            try:
                if not host.flock(descriptor, fcntl.LOCK_EX, seconds=LOCK_SECONDS):
                    raise EmbeddedError(f"另一个命令占用 {self.var / 'run' / 'start.lock'} 超过 {LOCK_SECONDS} 秒。")
                yield
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def _starting(self):
        """The start lock, held by a process that counts as a user and is watched by a guard."""
        try:
            _make_var(self.var)
            (self.var / "run").mkdir(mode=0o700, exist_ok=True)
            with self._start_lock():
                if self._share is None:
                    share = host.open_lock(self.var / "run" / "users.lock")
                    # Waits while a guard is stopping the servers after the previous last user.
                    if not host.flock(share, fcntl.LOCK_SH, seconds=LOCK_SECONDS):
                        os.close(share)
                        raise EmbeddedError(f"内置数据库在 {LOCK_SECONDS} 秒内没有停完，无法重新启动。")
                    self._share = share
                self._ensure_guard()
                yield
        except OSError as error:
            raise EmbeddedError(f"内置数据库无法使用目录 {self.var}：{error}。") from error

    def _ensure_guard(self) -> None:
        lock = host.open_lock(self.var / "run" / "guard.lock")
        try:
            if host.flock(lock, fcntl.LOCK_EX, seconds=0):
                # The guard is born holding the lock: it inherits this very descriptor.
                command = [
                    sys.executable,
                    "-P",
                    "-c",
                    GUARD,
                    str(Path(__file__).parent.parent),
                    str(self.var),
                    str(lock),
                ]
                subprocess.run(command, check=True, pass_fds=[lock], cwd="/", stdin=subprocess.DEVNULL)  # noqa: S603 - our own text
        finally:
            os.close(lock)

    # The servers' user, directories and programs

    def _own_store(self) -> None:
        """Make the servers' directory and give it to their user."""
        account = host.server_account(self.store)
        if not self.store.exists():
            target = self.store
            if account and not host.reachable(self.var):
                # Everyone but root is shut out above VAR: keep the data where its user can reach it.
                host.ROOT_STORE.mkdir(mode=0o755, parents=True, exist_ok=True)
                target = host.ROOT_STORE / secrets.token_hex(8)
                self.store.unlink(missing_ok=True)
                self.store.symlink_to(target)
            target.mkdir(mode=0o700)
            (target / "belongs_to").write_text(str(self.var))
        elif self.store.is_symlink():
            original = Path((self.store / "belongs_to").read_text())
            if original != self.var and (original / "servers").exists():
                raise EmbeddedError(f"{self.var} 是 {original} 的副本，两者不能共用同一份数据，请删除前者后再运行。")
            (self.store / "belongs_to").write_text(str(self.var))
        self.valkey_dir.mkdir(mode=0o700, exist_ok=True)
        if account and self.store.stat().st_uid != account.pw_uid:
            for path in (self.store.resolve(), *self.store.resolve().rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        elif account:
            os.chown(self.valkey_dir, account.pw_uid, account.pw_gid)

    def _own_socket_dir(self) -> None:
        """A 0700 directory of the servers' user; one that somebody else laid there is refused."""
        longest = self.sockets / f".s.PGSQL.{SOCKET_PORT}.lock"
        if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
            raise EmbeddedError(f"套接字路径 {longest} 超过 {SOCKET_PATH_LIMIT} 字节。")
        account = host.server_account(self.store)
        uid = account.pw_uid if account else os.getuid()
        with contextlib.suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            if account:
                os.chown(self.sockets, uid, account.pw_gid)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise EmbeddedError(f"目录 {self.sockets} 不是本程序建立的（属主或权限不对），请删除它。")

    # PostgreSQL

    def _start_postgres(self) -> None:
        self._own_store()
        self._own_socket_dir()
        self._refuse_other_version()
        if not self.data.exists():
            self._create_cluster()
        if self._settle_leftovers():
            return
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "max_connections": 120,
            "timezone": "Asia/Shanghai",
            "log_timezone": "Asia/Shanghai",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        log = self.data.with_name("postgres.log")
        text = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run("pg_ctl", "start", "-D", self.data, "-l", log, "-W", "-o", f"-p {SOCKET_PORT} {text}")
        begun = time.monotonic()
        host.wait(
            lambda: self.postgres_answers() or (time.monotonic() > begun + 2 and not host.processes_in(self.data)),
            seconds=START_SECONDS,
        )
        if not self.postgres_answers():
            raise EmbeddedError(f"内置 PostgreSQL 在 {START_SECONDS} 秒内没有应答：{host.tail(log)}（日志 {log}）")
        self._ensure_database()

    def _run(self, program: str, *arguments) -> str:
        return host.run_program(host.server_account(self.store), program, *arguments)

    def _refuse_other_version(self) -> None:
        if not self.data.exists():
            return
        version = self.data / "PG_VERSION"
        found = version.read_text().strip() if version.exists() else "未知"
        # "postgres (PostgreSQL) 18.4" -> "18"
        ours = self._run("postgres", "--version").split()[2].split(".")[0]
        if found != ours:
            raise EmbeddedError(
                f"{self.data} 的数据属于 PostgreSQL {found}，而本程序自带的是 {ours}："
                "数据原样保留，请用原来的版本导出，或用 VAR= 换一个目录。"
            )

    def _create_cluster(self) -> None:
        """initdb beside, then rename: an interrupted one is never taken for a cluster."""
        draft = self.data.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        sync = [] if self.durable else ["--no-sync"]
        self._run("initdb", "-D", draft, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *sync)
        # Trust is for whoever may enter the private socket directory, and for nobody else.
        (draft / "pg_hba.conf").write_text("local all all trust\n")
        draft.rename(self.data)

    def _settle_leftovers(self) -> bool:
        """Deal with a server that does not answer. True if it came round; else nothing of it is left."""
        pid_file = self.data / "postmaster.pid"
        leftovers = host.processes_in(self.data)
        if leftovers:
            postmaster = pid_file.read_text().split("\n")[0] if pid_file.exists() else ""
            # A postmaster may be replaying its log; children without one can only go.
            seconds = START_SECONDS * 0.7 if int(postmaster or 0) in leftovers else 1
            host.wait(lambda: self.postgres_answers() or not host.processes_in(self.data), seconds=seconds)
            if self.postgres_answers():
                return True
            host.kill_processes_in(self.data)
        # Their numbers may belong to other programs by now, and PostgreSQL would then refuse to start.
        for stale in (pid_file, *self.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        return False

    def _ensure_database(self) -> None:
        roles = {name for (name,) in self.query("SELECT rolname FROM pg_roles")}
        for role in (OWNER_ROLE, APP_ROLE):
            if role not in roles:
                self.query(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
        if not self.query(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):  # noqa: S608 - a constant
            self.query(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")

    # Valkey

    def _ask_valkey(self, request: bytes) -> bytes:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(broker_socket(self.var)))
            connection.sendall(request)
            return connection.recv(64)
        return b""

    def _start_valkey(self) -> None:
        self._own_store()
        self._own_socket_dir()
        host.kill_processes_in(self.valkey_dir)
        log = self.valkey_dir.with_name("valkey.log")
        # The broker is only a doorbell: what must survive is a job row in PostgreSQL, so nothing is saved.
        self._run(
            "valkey-server",
            *("--port", "0", "--unixsocket", broker_socket(self.var), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--databases", "256"),
            *(
                "--daemonize",
                "yes",
                "--dir",
                self.valkey_dir,
                "--logfile",
                log,
                "--pidfile",
                self.valkey_dir.with_name("valkey.pid"),
            ),
        )
        if not host.wait(self.valkey_answers, seconds=START_SECONDS):
            raise EmbeddedError(f"内置 Valkey 在 {START_SECONDS} 秒内没有应答：{host.tail(log)}（日志 {log}）")


_servers: dict[Path, Servers] = {}


def servers(var: Path) -> Servers:
    """This process's view of the servers of a VAR directory."""
    if var not in _servers:
        _servers[var] = Servers(var, durable=os.environ.get("LIVELIHOOD_EMBEDDED_DURABLE") != "0")
    return _servers[var]


def guard(var: Path, lock: int) -> None:
    """Wait until nobody uses the servers, then stop them; holding `lock`, inherited, says that a guard is here."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    users = host.open_lock(var / "run" / "users.lock")
    fcntl.flock(users, fcntl.LOCK_EX)
    Servers(var).stop_servers()
    # First this, then users.lock at exit: whoever becomes a user next must see that no guard is left.
    os.close(lock)
