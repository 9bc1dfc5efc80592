"""How far a close is, by the names of its steps: noted beside its transaction, shown on the close's pages."""

import logging
import threading

from django.db import DatabaseError, connection

from livelihood.jobs import note_progress
from livelihood.models import Job
from supervision.services.close_steps import close_steps

logger = logging.getLogger(__name__)

#: The first steps with the percentage at which each begins; those that are registered follow, the commit is last.
CORE_STEPS = [("seal", "核对报送、封账", 5), ("freeze", "冻结快照", 15), ("draft", "拟通报稿和附件", 45)]
FIRST_ADDED, LAST = 65, 95
FINAL = ("files", "提交，排队生成文件", LAST)


def all_steps() -> list[tuple[str, str, int]]:
    """Return code, name and beginning (percent) of every step, in order."""
    added = close_steps()
    span = LAST - FIRST_ADDED
    later = [(step.code, step.name, FIRST_ADDED + span * nth // len(added)) for nth, step in enumerate(added)]
    return [*CORE_STEPS, *later, FINAL]


class CloseNotes:
    """Notes the steps of one job as they begin, on a connection of its own: the close's transaction is still open."""

    def __init__(self, job: Job):
        self.job = job
        self.percent = {code: percent for code, _, percent in all_steps()}

    def __call__(self, code: str) -> None:
        """Note that the step begins; a note that cannot be written costs the close nothing."""
        noting = threading.Thread(target=self._write, args=(self.percent.get(code, 0),), daemon=True)
        noting.start()
        noting.join()

    def _write(self, percent: int) -> None:
        try:
            note_progress(self.job, percent)
        except DatabaseError:
            logger.warning("progress of job %s could not be noted", self.job.pk)
        finally:
            connection.close()


def steps_of(job: Job) -> list[dict]:
    """Return the steps with their state: done, running, waiting, failed (the one the job broke off in)."""
    found, steps = [], all_steps()
    ends = [percent for _, _, percent in steps[1:]] + [101]
    for (_, name, begins), ends_at in zip(steps, ends, strict=True):
        state = _state(job, begins, ends_at)
        found.append({"name": name, "state": state, "is_now": state == "running"})
    return found


def _state(job: Job, begins: int, ends: int) -> str:
    if job.state == Job.State.DONE:
        return "done"
    reached = begins <= job.progress < ends or (job.progress < begins and begins == CORE_STEPS[0][2])
    if job.progress >= ends:
        # Nothing of it stands where the transaction was undone.
        return "waiting" if job.state == Job.State.FAILED else "done"
    if not reached:
        return "waiting"
    if job.state == Job.State.FAILED:
        return "failed"
    return "running" if job.state == Job.State.RUNNING else "waiting"
