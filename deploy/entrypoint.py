"""What the image runs: python -m deploy.entrypoint web | worker | beat | migrate | manage …

A wrong or missing variable ends it here in one sentence, before a server hides it in its own traces.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from livelihood.env import env_int, env_str


def web() -> list[str]:
    """Sync workers, as many as the container may use cores."""
    port = env_int("PORT", 8000, at_least=1)
    workers = env_int("WEB_WORKERS", 2, at_least=1)
    return [
        *("gunicorn", "livelihood.wsgi", "--worker-class", "sync", "--workers", str(workers)),
        *("--bind", f"{env_str('HOST', '0.0.0.0')}:{port}", "--timeout", "120", "--no-control-socket"),  # noqa: S104 - inside the container; the proxy is the door
        # Heartbeat files in memory: on a slow disk a busy one looks dead.
        *("--worker-tmp-dir", "/dev/shm", "--log-level", "warning"),  # noqa: S108 - gunicorn makes its own names
        # Each worker is replaced after a while, not all at the same moment.
        *("--max-requests", "5000", "--max-requests-jitter", "500"),
    ]


def worker() -> list[str]:
    """Background jobs; a second container of it is a second worker."""
    processes = env_int("WORKER_PROCESSES", 2, at_least=1)
    return [*CELERY, "worker", "--loglevel", "WARNING", "--concurrency", str(processes)]


def beat() -> list[str]:
    """The timetable; exactly one of it."""
    return [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile="]


def migrate() -> list[str]:
    """Schema, functions, triggers and privileges, as the owner's role."""
    return [*MANAGE, "migrate", "--no-input"]


CELERY = ["celery", "--quiet", "-A", "livelihood"]
MANAGE = [sys.executable, "manage.py"]
COMMANDS = {"web": web, "worker": worker, "beat": beat, "migrate": migrate}


def command(arguments: list[str]) -> list[str]:
    """The program and its arguments for what the container was asked to run."""
    if arguments and arguments[0] == "manage":
        return [*MANAGE, *arguments[1:]]
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        raise ImproperlyConfigured(f"容器的命令只能是 {'、'.join(COMMANDS)} 之一，或 manage 加管理命令。")
    return COMMANDS[arguments[0]]()


def main() -> None:
    """Read the whole environment once, then become the program."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livelihood.settings")
    try:
        program = command(sys.argv[1:])
        from django.conf import settings

        # The first access reads every variable of the settings.
        _ = settings.DEBUG
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    os.execvp(program[0], program)  # noqa: S606 - our own list, no shell


if __name__ == "__main__":
    main()
