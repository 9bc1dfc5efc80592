"""Where photos and what was typed of a visit disagree: in words beside them. Nobody is refused for a camera's clock."""

import datetime
from collections.abc import Iterable
from itertools import combinations

from django.utils import timezone

from livelihood.formats import format_day
from supervision.models import KeptFile
from supervision.rectification.photo_groups import FAR_METRES, metres


def doubts_of(visited_on: datetime.date, files: Iterable[KeptFile]) -> list[str]:
    """Return sentences on photos of another day than the visit's, of after their upload, or taken far apart."""
    photos = [file for file in files if file.kind == KeptFile.Kind.PHOTO]
    sentences = []
    other_days: dict[datetime.date, int] = {}
    for photo in photos:
        day = timezone.localdate(photo.taken_at) if photo.taken_at else visited_on
        if day != visited_on:
            other_days[day] = other_days.get(day, 0) + 1
    for day, count in sorted(other_days.items()):
        days = (day - visited_on).days
        when = f"{'晚' if days > 0 else '早'} {abs(days)} 天"
        year = f"{day.year}年" if day.year != visited_on.year else ""
        sentences.append(f"{count} 张拍于{year}{format_day(day)}，比填的督查日期{when}。")
    ahead = sum(photo.taken_at is not None and photo.taken_at > photo.uploaded_at for photo in photos)
    if ahead:
        sentences.append(f"{ahead} 张的拍摄时间在上传以后，相机的时钟可能不准。")
    if (way := _widest(photos)) > FAR_METRES:
        sentences.append(f"拍摄地点最远相距 {_distance(way)}，请核对是不是一个点位。")
    return sentences


def _widest(photos: list[KeptFile]) -> float:
    """Return how far the two photos farthest apart were taken, in metres; 0 where places are not known."""
    return max((metres(one, other) or 0 for one, other in combinations(photos, 2)), default=0)


def _distance(way: float) -> str:
    return f"{way / 1000:.1f} 公里" if way >= 1000 else f"{round(way)} 米"
