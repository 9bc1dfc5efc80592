"""Writes of kept files: each as it came in, to the byte, with what a photo says of itself beside it."""

import errno
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.files import File
from django.db import transaction

from livelihood.models import User
from livelihood.services import Refused, record_event
from projects.evidence_files import TakenIn, taken_in
from supervision.models import KeptFile
from supervision.rectification.photos import PhotoFacts, photo_facts, without_facts

_stored: ContextVar[list | None] = ContextVar("stored_files", default=None)


@contextmanager
def files_and_rows() -> Iterator[None]:
    """One transaction in which files are kept: where it fails, no file is left behind, as no row is."""
    outer, here = _stored.get(), []
    token = _stored.set(here)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        storage = KeptFile._meta.get_field("file").storage
        for name in here:
            storage.delete(name)
        raise
    finally:
        _stored.reset(token)
    if outer is not None:
        outer.extend(here)


def keep_file(*, upload: File, by: User, name: str = "") -> KeptFile:
    """Keep a photo, PDF or table as it is; `name` as the person called it, else the upload's own.

    What it is is told by its content. Raises Refused with a sentence for anything else, and for what is empty, broken,
    too large, of too many pixels or carries a program; nothing is kept then. Whoever calls checks who may.
    """
    with taken_in(upload, name or upload.name or "") as taken:
        facts = photo_facts(taken.path) if taken.kind == KeptFile.Kind.PHOTO else PhotoFacts()
        with files_and_rows():
            return _keep(taken, facts, by)


def _keep(taken: TakenIn, facts: PhotoFacts, by: User) -> KeptFile:
    kept = KeptFile(
        name=taken.name,
        kind=taken.kind,
        sha256=taken.sha256,
        size=taken.size,
        taken_at=facts.taken_at,
        latitude=facts.latitude,
        longitude=facts.longitude,
        camera=facts.camera,
        uploaded_by=by,
    )
    # Named beforehand, so that what was begun to be written is known to whoever clears up.
    stored = kept.file.field.generate_filename(kept, f"{uuid.uuid4().hex}{taken.ending}")
    _stored.get().append(stored)
    try:
        with taken.path.open("rb") as content:
            kept.file.name = kept.file.storage.save(stored, File(content))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused("服务器磁盘满了，文件没有存下。请联系系统管理员，其他内容没有改动。") from error
        raise
    kept.save()
    record_event(by=by, verb="keep_file", target=kept, after={"name": kept.name, "sha256": kept.sha256})
    return kept


def published_copy(file: KeptFile) -> bytes:
    """Return the file as it may leave the house: a photo without time, place and device, anything else as it is."""
    with file.file.open("rb") as stored:
        data = stored.read()
    return without_facts(data) if file.kind == KeptFile.Kind.PHOTO else data
