"""Valid rows of 公示, and what breaks each of their constraints, for tests/test_models.py and tests/test_access.py."""

import datetime

from django.core.files.base import ContentFile

from supervision.models import Disclosure, DisclosureFile, DisclosureObjection, Document, DocumentSeries
from tests import factories

NOW = datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)
OPENS_ON = datetime.date(2020, 9, 30)


def disclosure(**fields):
    """A paper shown for seven days; its content holds next to nothing."""
    if "document" not in fields:
        fields["document"] = Document.objects.create(
            series=DocumentSeries.objects.create(agency=factories.AgencyFactory(), word="民生办", year=2020),
            period=factories.PeriodFactory(),
            title="通报",
            sha256=factories.HASH,
            drafted_by=factories.UserFactory(),
        )
    values = {
        "nth": 1,
        "opens_on": OPENS_ON,
        "closes_on": OPENS_ON + datetime.timedelta(days=6),
        "address": "市民生办301室",
        "phone": "0558-1234567",
        "content": {"projects": [], "units": [], "rectifications": []},
        "sha256": factories.HASH,
    }
    return Disclosure.objects.create(**({"published_by": fields["document"].drafted_by} | values | fields))


def disclosure_file(of=None):
    """The site's file while objections are taken."""
    return DisclosureFile.objects.create(
        disclosure=of or disclosure(),
        edition="open",
        file=ContentFile(b"-", name="site.zip"),
        sha256=factories.HASH,
        size=1,
    )


def disclosure_objection(of=None, **fields):
    """An objection nobody has answered."""
    of = of or disclosure()
    values = {"nth": 1, "received_on": OPENS_ON, "due_on": OPENS_ON, "person": "李某", "text": "请核实。"}
    return DisclosureObjection.objects.create(**({"disclosure": of, "entered_by": of.published_by} | values | fields))


VALID = {
    "disclosure": disclosure,
    "disclosure_file": disclosure_file,
    "disclosure_objection": disclosure_objection,
}

BROKEN = {
    "disclosure_window_order": {"closes_on": OPENS_ON - datetime.timedelta(days=1)},
    "disclosure_withdrawn_pair": {"withdrawn_at": NOW, "withdrawal_reason": "数据有误"},
    "objection_due_after": {"due_on": OPENS_ON - datetime.timedelta(days=1)},
    "objection_answered_pair": {"answered_at": NOW, "answer": "已核实"},
    "objection_answer_whole": {"answer": "已核实"},
}
