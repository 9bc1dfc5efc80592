"""Where the city office takes a matter further from a page of standings: 拟督办函 and 列入整改, with what is known."""

from urllib.parse import urlencode

from django.urls import reverse

from livelihood.access import is_city_office
from livelihood.models import User
from projects.models import ReportingPeriod
from supervision.models import Snapshot


class OversightLinks:
    """The two addresses of one period for the office that runs the programme; others get "" for each. One query."""

    def __init__(self, period: ReportingPeriod, user: User):
        self.period = period
        self.is_office = is_city_office(user, period.programme.owner_id)
        # A letter prints the figures of a snapshot.
        self.has_letters = self.is_office and Snapshot.objects.filter(period=period).exists()
        self._letter = reverse("supervision:letter-new")
        self._item = reverse("supervision:rectification-new")

    def letter(self, *, unit: str = "", indicator: int | None = None) -> str:
        """Return where a 督办函 about a unit (code) or an indicator (id) is drafted; "" before the close."""
        given = {"programme": self.period.programme.code, "period": self.period.code}
        if unit:
            given["unit"] = unit
        if indicator is not None:
            given["indicator"] = indicator
        return f"{self._letter}?{urlencode(given)}" if self.has_letters else ""

    def item(self, *, unit: str = "", project: int | None = None, problem: str = "") -> str:
        """Return where a 整改事项 is opened: unit by code, project by number, the problem as the page words it."""
        given = {
            "programme": self.period.programme.code,
            "source": "ranking",
            "source_note": f"{self.period.label}排名与进度",
        }
        if unit:
            given["participant"] = unit
        if project is not None:
            given["project"] = project
        if problem:
            given["problem"] = problem
        return f"{self._item}?{urlencode(given)}" if self.is_office else ""
