"""Photos of a published 整改: only copies from which the camera's notes are taken out."""

import hashlib
from pathlib import Path

from supervision.models import KeptFile, Rectification
from supervision.services.files import published_copy


def photos_of(rectification: Rectification) -> list[dict]:
    """Return the photos of a 整改, by name within the site, each with the hash of its published copy."""
    rows = rectification.files.filter(file__kind=KeptFile.Kind.PHOTO).select_related("file").order_by("id")
    return [
        {
            "file": row.file_id,
            "moment": row.get_moment_display(),
            "path": f"photo-{rectification.seq:03d}-{nth}{Path(row.file.name).suffix}",
            "sha256": hashlib.sha256(published_copy(row.file)).hexdigest(),
        }
        for nth, row in enumerate(rows, 1)
    ]


def photo_bytes(photo: dict) -> bytes:
    """Return the copy of a photo the content names. Raises ValueError when it is no longer what was published."""
    data = published_copy(KeptFile.objects.get(pk=photo["file"]))
    if hashlib.sha256(data).hexdigest() != photo["sha256"]:
        raise ValueError(f"photo {photo['path']} differs from what was published")
    return data
