"""Addresses of the answers to “why”, made without a lookup for each: a map of 105 × 80 cells has no time."""

from urllib.parse import quote, urlencode

from django.urls import reverse

from projects.models import ReportingPeriod
from supervision.models import Snapshot

#: Stands for a unit's code in the address everything else is made from.
_ANY = "0"


class WhyLinks:
    """The addresses of one period's figures, on one basis.

    `snapshot`: the basis the page shows, None for live figures; left out, the reader is shown what they see by default.
    The answers keep to the reader's scope by themselves: a link may be put beside any figure a page shows.
    """

    def __init__(self, period: ReportingPeriod, snapshot: Snapshot | str | None = ""):
        pattern = reverse("supervision:why-overall", args=[period.programme.code, period.code, _ANY])
        self.base = pattern.removesuffix(f"{_ANY}/overall/")
        basis = "" if snapshot == "" else "live" if snapshot is None else str(snapshot.version)
        self.query = f"?{urlencode({'basis': basis})}" if basis else ""

    def unit(self, code: str) -> "UnitWhyLinks":
        """Return the addresses of one unit's figures; made once for a column of cells."""
        return UnitWhyLinks(f"{self.base}{quote(code, safe='')}/", self.query)

    def figure(self, code: str, indicator_id: int) -> str:
        """Return why a unit's indicator stands where it does: figure, target, rate, gaps, place, status."""
        return self.unit(code).figure(indicator_id)

    def project(self, code: str, seq: int) -> str:
        """Return why a unit has this score in a project."""
        return self.unit(code).project(seq)

    def overall(self, code: str) -> str:
        """Return why a unit has this overall score and place."""
        return self.unit(code).overall

    def fund(self, code: str, rate: str, seq: int | None = None) -> str:
        """Return why a rate of money (project-disbursed) of a unit is what it is; `seq`: of one project alone."""
        return self.unit(code).fund(rate, seq)

    def fund_line(self, code: str, line_id: int) -> str:
        """Return why one line of money of a unit stands where it does: plan, received, disbursed, spent."""
        return f"{self.base}{quote(code, safe='')}/fund-lines/{line_id}/{self.query}"

    def benchmark(self, indicator_id: int) -> str:
        """Return where the provincial average of an indicator comes from."""
        return f"{self.base}benchmarks/{indicator_id}/{self.query}"


class UnitWhyLinks:
    """The addresses of one unit's figures."""

    __slots__ = ("base", "overall", "query")

    def __init__(self, base: str, query: str):
        self.base, self.query = base, query
        self.overall = f"{base}overall/{query}"

    def figure(self, indicator_id: int) -> str:
        """Return the address of an indicator's answer."""
        return f"{self.base}{indicator_id}/{self.query}"

    def project(self, seq: int) -> str:
        """Return the address of a project score's answer."""
        return f"{self.base}projects/{seq}/{self.query}"

    def fund(self, rate: str, seq: int | None = None) -> str:
        """Return the address of a rate of money's answer: project-disbursed, with `seq` of one project."""
        address = f"{self.base}funds/{rate}/{self.query}"
        return address if seq is None else f"{address}{'&' if self.query else '?'}project={seq}"
