import fcntl
import importlib.util
import multiprocessing
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from honcho.environ import parse_procfile
from honcho.manager import Manager

from livelihood import embedded, embedded_host

# Given to web, worker and beat, so that --stop finds them even when this process was killed.
MARK = "LIVELIHOOD_SERVED_BY"
WATCH_SECONDS = 2
STOP_SECONDS = 30


class Command(BaseCommand):
    """What `make run` runs: the whole product in one terminal, on embedded servers."""

    help = "Migrate, load the demo, and run web, worker and beat until Ctrl+C; --stop ends them from elsewhere."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--stop", action="store_true", help="end a running serve_all and the embedded servers")

        parser.add_argument("--without-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, stop, without_demo, **options):
        if not settings.EMBEDDED:
            raise CommandError("serve_all 只用于本机试用：请设 LIVELIHOOD_EMBEDDED=1，或运行 make run。")
        self.var = Path(settings.VAR_DIR)
        self.servers = embedded.servers(self.var)
        self.port = os.environ.get("PORT") or "8000"
        if stop:
            self._stop_running()
        else:
            self._run(demo=not without_demo)

    def _run(self, *, demo: bool):
        # A polite end also before the processes run: then the guard stops the servers.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self._refuse_taken_port()
        lock = self._lock()
        self._prepare(demo=demo)
        threading.Thread(target=self._watch_servers, daemon=True).start()
        manager = self._manager()
        self._announce()
        # The processes below are forked from this one.
        connections.close_all()
        manager.loop()
        for child in multiprocessing.active_children():
            child.join(STOP_SECONDS)
        stopped = self.servers.stop(patience=5)
        os.close(lock)
        self.stdout.write("已停止。" if stopped else "已停止网站；内置数据库还有别的命令在用，用完自行停止。")
        asked_to_stop = manager.returncode in (130, 143)
        sys.exit(0 if asked_to_stop else manager.returncode or 1)

    def _refuse_taken_port(self):
        if not self.port.isdigit() or not 0 < int(self.port) < 65536:
            raise CommandError(f"PORT 应是 1 到 65535 的端口号，现在是“{self.port}”。")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(self.port)))
            except OSError:
                raise CommandError(f"端口 {self.port} 已被占用，请换一个，例如 make run PORT=8001。") from None

    def _lock(self) -> int:
        """One serve_all per VAR; its number stands in the lock file for --stop."""
        self.servers.join()
        lock = embedded_host.open_lock(self.var / "run" / "serve.lock")
        if not embedded_host.flock(lock, fcntl.LOCK_EX, seconds=0):
            raise CommandError(f"{self.var} 已有一份在运行；再开一份请另给目录和端口：make run VAR=var2 PORT=8001。")
        os.truncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return lock

    def _prepare(self, *, demo: bool):
        self.servers.ensure_postgres()
        self.servers.ensure_valkey()
        call_command("migrate", verbosity=0, interactive=False)
        if demo and "load_demo" in get_commands() and not get_user_model().objects.exists():
            self.stdout.write("装入演示数据……")
            self.stdout.flush()
            call_command("load_demo", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)

    def _watch_servers(self):
        """A server that died while the site runs is started again; every acknowledged write is in its log."""
        pause = threading.Event()
        while not pause.wait(WATCH_SECONDS):
            with suppress(embedded.EmbeddedError):
                if not self.servers.postgres_answers():
                    self.servers.ensure_postgres()
                if not self.servers.valkey_answers():
                    self.servers.ensure_valkey()

    def _manager(self) -> Manager:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "PORT": self.port,
            "WEB_WORKERS": str(os.cpu_count()),
            "WORKER_PROCESSES": str(os.cpu_count()),
            "PYTHONUNBUFFERED": "1",
            # The embedded copy of a root user has no other user to run its worker as.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser:UserWarning",
            MARK: str(self.var),
        }
        manager = Manager()
        procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
        for name, command in procfile.processes.items():
            manager.add_process(name, command, env=environment, cwd=str(settings.BASE_DIR))
        return manager

    def _announce(self):
        self.stdout.write(f"\n民生工程进度跟踪平台：http://127.0.0.1:{self.port}/  （Ctrl+C 停止）")
        # The demo's author says who can log in: demo_logins() -> [(user name, password, role)].
        if importlib.util.find_spec("livelihood.demo_logins"):
            self.stdout.write("演示账号（演示数据）：")
            for username, password, role in import_module("livelihood.demo_logins").demo_logins():
                self.stdout.write(f"  {username:<16} {password:<20} {role}")
        self.stdout.write("")
        self.stdout.flush()

    def _stop_running(self):
        if not (self.var / "run").is_dir():
            self.stdout.write("没有在运行。")
            return
        lock = embedded_host.open_lock(self.var / "run" / "serve.lock")
        try:
            if not embedded_host.flock(lock, fcntl.LOCK_EX, seconds=0):
                self._ask_to_end(lock)
            for pid in embedded_host.processes_with(MARK, str(self.var)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        finally:
            os.close(lock)
        self.servers.stop(force=True)
        self.stdout.write("已停止。")

    def _ask_to_end(self, lock: int):
        """SIGTERM to the process named in the lock, if it is one of ours, and wait until it has let go."""
        pid = int(os.pread(lock, 20, 0) or 0)
        with suppress(OSError):
            # The number may have passed to another program if serve_all itself was killed.
            if pid and b"serve_all" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)
                embedded_host.flock(lock, fcntl.LOCK_EX, seconds=STOP_SECONDS)
