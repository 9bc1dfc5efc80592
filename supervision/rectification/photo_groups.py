"""A folder of photos as visits: those taken near each other in time and place belong together."""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from supervision.models import KeptFile

#: A pause longer than this, or a way farther than this, begins another visit.
PAUSE = datetime.timedelta(minutes=90)
FAR_METRES = 500
_EARTH_METRES = 6_371_000


@dataclass
class PhotoGroup:
    """Photos of one visit by the time they were taken; `day` is None where no photo says when."""

    day: datetime.date | None
    files: list[KeptFile] = field(default_factory=list)


def grouped(files: Iterable[KeptFile]) -> list[PhotoGroup]:
    """Return the visits the photos show, the earliest first; photos without a time are one of their own, the last."""
    dated = sorted((file for file in files if file.taken_at), key=lambda file: file.taken_at)
    groups: list[PhotoGroup] = []
    for file in dated:
        if not groups or _is_another(groups[-1].files, file):
            groups.append(PhotoGroup(day=timezone.localdate(file.taken_at)))
        groups[-1].files.append(file)
    undated = [file for file in files if not file.taken_at]
    return groups + ([PhotoGroup(day=None, files=undated)] if undated else [])


def metres(one: KeptFile, other: KeptFile) -> float | None:
    """Return how far apart two photos were taken, None where one of them does not say where."""
    if one.latitude is None or other.latitude is None:
        return None
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    width = math.radians(other.longitude - one.longitude)
    arc = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(width / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(arc))


def _is_another(group: list[KeptFile], file: KeptFile) -> bool:
    last = group[-1]
    if file.taken_at - last.taken_at > PAUSE or timezone.localdate(file.taken_at) != timezone.localdate(last.taken_at):
        return True
    placed = next((one for one in reversed(group) if one.latitude is not None), None)
    way = metres(placed, file) if placed else None
    return way is not None and way > FAR_METRES
