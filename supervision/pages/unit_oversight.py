"""督办和整改 of one unit as they stand today: open letters, unfinished items, with state, deadline and light."""

import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from livelihood.models import User
from projects.models import Participant, Programme
from supervision.models import Rectification, SupervisionLetter
from supervision.rectification.findings import slow_on
from supervision.rectification.ledger import LedgerRow, Light, light_of


def light_of_letter(letter: SupervisionLetter, day: datetime.date) -> Light:
    """Return an open letter's light on `day`; answered it waits for the office and has none."""
    if letter.state == SupervisionLetter.State.REPLIED:
        return Light("", "已反馈，待核")
    days = (letter.deadline - day).days
    if days < 0:
        return Light("red", f"红 逾期 {-days} 天")
    if days <= settings.MILESTONE_SOON_DAYS:
        return Light("amber", f"黄 还有 {days} 天" if days else "黄 今天到期")
    return Light("green", f"绿 还有 {days} 天")


def open_matters(programme: Programme, unit: Participant, user: User, day: datetime.date) -> dict:
    """Return the unit's open letters and unfinished items, as far as the user may read them. Three queries.

    An item that came of a visit carries its reason type: it is a slow entry too.
    """
    letters = (
        SupervisionLetter.objects.visible_to(user)
        .open()
        .filter(participant=unit)
        .select_related("document", "indicator", "agency", "period")
        .order_by("deadline", "id")
    )
    items = (
        Rectification.objects.visible_to(user)
        .unfinished()
        .filter(programme=programme, participant=unit)
        .with_names()
        .distinct()
    )
    slow = slow_on(programme, day, user, participant=unit)
    why = {entry.item.pk: "、".join(entry.reasons) for entry in slow if entry.item}
    rows = [LedgerRow(item, light_of(item, day)) for item in items.order_by("deadline", "seq")]
    return {
        "letters": [{"letter": letter, "light": light_of_letter(letter, day)} for letter in letters],
        "items": rows,
        "lines": [{"row": row, "slow": why.get(row.item.pk, "")} for row in rows],
        "slow": slow,
        "overdue": sum(row.light.colour == "red" for row in rows),
        "all_letters": _list("supervision:letter-list", programme, unit),
        "all_items": _list("supervision:rectification-list", programme, unit),
    }


def _list(name: str, programme: Programme, unit: Participant) -> str:
    return f"{reverse(name)}?{urlencode({'programme': programme.code, 'unit': unit.code})}"
