"""Is the site ready to work: database, migrations, broker, a worker that answers, disk space.

Each check says what it found and, where something is wrong, what to do about it. Strangers see only names and
yes or no (/readyz); the sentences are for 运行状态 and `manage.py readiness`. No check mends anything, nor starts
a server, so that what it reports is what is there.
"""

import logging
import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu import Connection

from livelihood.models import Job

logger = logging.getLogger(__name__)

#: Beat rings once a minute; a worker that has not answered for three is not there.
HEARTBEAT_SECONDS = 180
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """What one check found: `name` for machines, the rest in Chinese for people; `advice` only where not ok."""

    name: str
    label: str
    is_ok: bool
    detail: str
    advice: str = ""


class NotReady(Exception):
    """A check failed: what was found, and what to do."""

    def __init__(self, detail: str, advice: str):
        super().__init__(detail)
        self.detail, self.advice = detail, advice


def findings(*names: str) -> list[Finding]:
    """Carry out the named checks, or all of them, in order; no check raises."""
    return [_carry_out(name) for name in names or CHECKS]


def note_heartbeat() -> None:
    """Leave in the broker, for three minutes, that a worker lives; called by the worker itself."""
    with _broker() as client:
        client.set(_heartbeat_key(), "1", ex=HEARTBEAT_SECONDS)


def _heartbeat_key() -> str:
    return f"{settings.CELERY_TASK_DEFAULT_QUEUE}:worker-heartbeat"


@contextmanager
def _broker():
    """A client of the broker by Celery's own address, past livelihood/celery.py, which would start an embedded one."""
    # One attempt: whoever asks will ask again, and must not wait two seconds for each check of a dead broker.
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"max_retries": 0}
    with Connection(settings.CELERY_BROKER_URL, transport_options=options) as connection:
        yield connection.default_channel.client


def _carry_out(name: str) -> Finding:
    label, check = CHECKS[name]
    try:
        return Finding(name, label, True, check())
    except NotReady as problem:
        return Finding(name, label, False, problem.detail, problem.advice)
    except Exception as error:  # a check that itself breaks must not take the page down that reports the rest
        logger.exception("readiness check %s broke", name)
        return Finding(name, label, False, f"检查本身出错（{type(error).__name__}）。", "请看 web 的日志。")


def _check_database() -> str:
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("database does not answer: %s", error)
        raise NotReady(
            "数据库没有应答。", "请看 PostgreSQL 是否在运行、DATABASE_URL 的地址和密码是否正确；原因在 web 的日志里。"
        ) from error
    return "能连接，能查询。"


def _check_migrations() -> str:
    advice = "请运行 manage.py migrate（容器里：docker compose run --rm migrate）。"
    try:
        # A failed statement must not spoil a transaction around this one.
        with transaction.atomic():
            executor = MigrationExecutor(connections["default"])
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise NotReady("查不到已做的迁移。", f"数据库没有应答时先解决那一项；否则{advice}") from error
    if waiting:
        names = "、".join(f"{migration.app_label}.{migration.name}" for migration, _ in waiting[:3])
        raise NotReady(f"还有 {len(waiting)} 个迁移没有做：{names}{'……' if len(waiting) > 3 else ''}", advice)
    return "没有未做的迁移。"


def _check_broker() -> str:
    try:
        with _broker() as client:
            client.ping()
    except Exception as error:  # whatever the transport raises: it does not answer
        logger.warning("broker does not answer: %s", error)
        raise NotReady(
            "消息服务（Redis）没有应答。", "请看 Redis 是否在运行、REDIS_URL 是否正确；后台任务已存库，恢复后自动继续。"
        ) from error
    return "有应答。"


def _check_worker() -> str:
    """A worker answered beat's ring, or renews the lease of a job: one that is busy answers late."""
    advice = "请看 worker 和 beat 是否都在运行；消息服务没有应答时先解决那一项。"
    try:
        with _broker() as client:
            left = client.ttl(_heartbeat_key())
    except Exception:  # the broker's own check says so
        left = -1
    if left > 0:
        return f"{HEARTBEAT_SECONDS - left} 秒前应答过。"
    try:
        with transaction.atomic():
            busy = Job.objects.filter(state=Job.State.RUNNING, lease_until__gt=timezone.now()).count()
    except DatabaseError as error:
        raise NotReady("查不到后台任务。", advice) from error
    if busy:
        return f"正忙：{busy} 个任务在办。"
    raise NotReady(f"{HEARTBEAT_SECONDS // 60} 分钟内没有后台进程应答。", advice)


def _check_disk() -> str:
    directory = _existing(settings.VAR_DIR)
    free = shutil.disk_usage(directory).free // MEGABYTE
    if not os.access(directory, os.W_OK):
        raise NotReady(f"目录 {settings.VAR_DIR} 不能写入。", "请检查它的属主、权限，以及磁盘是否变成了只读。")
    if free < settings.MIN_FREE_MB:
        raise NotReady(
            f"目录 {settings.VAR_DIR} 只剩 {free:,} MB，下限是 {settings.MIN_FREE_MB:,} MB。",
            "请清理或扩大磁盘；下限由环境变量 LIVELIHOOD_MIN_FREE_MB 规定。",
        )
    return f"还有 {free:,} MB，下限是 {settings.MIN_FREE_MB:,} MB。"


def _existing(directory: Path) -> Path:
    """The directory, or the nearest one above it where it has not been made yet."""
    return next(path for path in (directory, *directory.parents) if path.is_dir())


CHECKS: dict[str, tuple[str, Callable[[], str]]] = {
    "database": ("数据库", _check_database),
    "migrations": ("数据库迁移", _check_migrations),
    "broker": ("消息服务", _check_broker),
    "worker": ("后台进程", _check_worker),
    "disk": ("磁盘空间", _check_disk),
}
