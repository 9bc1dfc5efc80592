"""How to test a page: through its address, as the person who uses it, down to what is stored."""

import pytest
from django.urls import reverse

from projects.models import Figure
from projects.services import reports
from tests.support.worlds import world

# A test that touches the database says so; all it writes is rolled back.
pytestmark = pytest.mark.django_db


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft of August."""
    # The cast (tests/cast.py) gives people, places and a month by name. What goes through the workflow is made by
    # the services, as in life; tests/factories.py is for everything else.
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@world
def cell(participants, indicators):
    """The key of 太和县's 里程 in the form."""
    return f"{participants['341222'].pk}-{indicators['里程'].pk}"


def test_typed_figure_is_stored_and_shown(client, report, cell, clerk):
    client.force_login(clerk)

    # v-… is the version the person saw; 0 means there was no figure yet.
    response = client.post(reverse("projects:report-detail", args=[report.pk]), {f"f-{cell}": "60", f"v-{cell}": "0"})

    # Look at what is stored, not at which function was called.
    assert response.status_code == 302
    assert Figure.objects.get(report=report).value == 60
    assert 'value="60.00"' in client.get(response["Location"]).content.decode()


def test_refused_value_is_told_in_a_sentence_and_changes_nothing(client, report, cell, clerk):
    client.force_login(clerk)

    response = client.post(reverse("projects:report-detail", args=[report.pk]), {f"f-{cell}": "-5", f"v-{cell}": "0"})

    # 422 with the form and its messages; every refusal has a test that nothing changed.
    assert response.status_code == 422
    assert "没有存：" in response.content.decode()
    assert not Figure.objects.exists()


def test_page_of_another_county_is_not_there(client, report, other_clerk):
    client.force_login(other_clerk)

    response = client.get(reverse("projects:report-detail", args=[report.pk]))

    # Outside one's scope is 404, not 403. Who may use which address stands in the table of tests/test_access.py.
    assert response.status_code == 404
