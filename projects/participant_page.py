"""What the page of the year's units shows: the list in official order, as it stands or as somebody typed it."""

from django.http import QueryDict

from livelihood.access import is_city_office
from livelihood.models import User
from projects.models import Participant, Programme
from projects.services.participants import order_stamp, stamp_of


class ParticipantPage:
    """The units of one programme. One query. `typed`: the posted form of the numbers."""

    def __init__(self, programme: Programme, user: User, typed: QueryDict | None = None):
        self.programme = programme
        self.is_office = is_city_office(user, programme.owner_id)
        self.participants = list(programme.participants.select_related("region", "agency").order_by("order", "id"))
        self.units = [row for row in self.participants if row.kind != Participant.Kind.WHOLE]
        self.typed = typed
        self.seen = typed.get("seen", "") if typed is not None else order_stamp(self.participants)
        self.faults: dict[int, str] = {}

    def rows(self) -> list[dict]:
        """Return one row per unit, the whole last: the unit, its number as shown or typed, what may be done."""
        rows = []
        for place, row in enumerate(self.units, 1):
            number = str(place) if self.typed is None else self.typed.get(f"order-{row.pk}", "")
            rows.append({"unit": row, "number": number, "fault": self.faults.get(row.pk, ""), "is_whole": False})
        rows += [
            {"unit": row, "number": "", "is_whole": True}
            for row in self.participants
            if row.kind == Participant.Kind.WHOLE
        ]
        for row in rows:
            row["stamp"] = stamp_of(row["unit"])
        return rows

    def typed_orders(self) -> dict[int, int] | None:
        """Return the numbers as typed, moved by the pressed arrow; None where one is not a number (see `faults`)."""
        orders = {}
        for row in self.units:
            text = self.typed.get(f"order-{row.pk}", "").strip()
            if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 9999:
                orders[row.pk] = int(text[:6])
            else:
                self.faults[row.pk] = f"{row.printed_name}的次序“{text[:10]}”不是从1开始的整数。"
        return None if self.faults else self._moved(orders)

    def _moved(self, orders: dict[int, int]) -> dict[int, int]:
        ranked = sorted(orders, key=lambda pk: orders[pk])
        for name, step in (("up", -1), ("down", 1)):
            pressed = self.typed.get(name, "")
            place = next((index for index, pk in enumerate(ranked) if str(pk) == pressed), None)
            if place is not None and 0 <= place + step < len(ranked):
                one, other = ranked[place], ranked[place + step]
                return orders | {one: orders[other], other: orders[one]}
        return orders
