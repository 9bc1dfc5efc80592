"""The Celery application: background jobs, and the timetable of what happens without anybody asking."""

import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livelihood.settings")

# What beat rings for; each is also a button or a command.
# "name": {"task": dotted path, "schedule": crontab(…) or seconds}
BEAT_SCHEDULE = {
    # /readyz and 运行状态 see by it that beat, broker and a worker work together.
    "note-heartbeat": {"task": "livelihood.tasks.note_heartbeat", "schedule": 60},
    # Jobs whose worker died, and jobs whose ring was lost with the broker.
    "sweep-jobs": {"task": "livelihood.tasks.sweep_jobs", "schedule": 60},
    # Answered batches of the entry page that nobody will send again.
    "forget-save-batches": {"task": "projects.tasks.forget_save_batches", "schedule": 6 * 60 * 60},
    # Workbooks uploaded a week ago that nobody confirmed, and files that nothing names.
    "clean-uploads": {"task": "projects.tasks.clean_uploads", "schedule": 6 * 60 * 60},
    "seal-audit-events": {"task": "livelihood.tasks.seal_audit_events", "schedule": 10 * 60},
    # Complete months past their deadline and grace; what the others lack is written down.
    "close-due-periods": {"task": "supervision.tasks.close_due_periods", "schedule": 60 * 60},
    # 公示 whose days are over: pages that say so.
    "make-due-sites": {"task": "supervision.tasks.make_due_sites", "schedule": 60 * 60},
}


class LivelihoodCelery(Celery):
    """Makes sure that the embedded broker answers before a connection to it is opened."""

    def connection_for_read(self, *args, **kwargs):
        ensure_broker()
        return super().connection_for_read(*args, **kwargs)

    def connection_for_write(self, *args, **kwargs):
        ensure_broker()
        return super().connection_for_write(*args, **kwargs)


def ensure_broker() -> None:
    """Start the embedded broker if it is ours to start and does not answer."""
    if settings.EMBEDDED:
        from livelihood import embedded

        servers = embedded.servers(Path(settings.VAR_DIR))
        servers.join()
        if not servers.valkey_answers():
            servers.ensure_valkey()


app = LivelihoodCelery("livelihood")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks()


@worker_ready.connect
def note_first_heartbeat(**kwargs) -> None:
    """Ready at once after a start, not only with beat's next ring."""
    from livelihood.health import note_heartbeat

    note_heartbeat()
