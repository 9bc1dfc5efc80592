"""The same batch, and the same cell, from two sides at once: on a database that really commits."""

import json
import threading
import uuid

from django.db import connection
from django.test import Client
from django.urls import reverse

from projects.models import FigureRevision, SaveBatch
from projects.services import reports


def said(value):
    """Return a cell as the page sends it the first time."""
    return {"value": value, "version": 0}


def raw(client, report, body):
    """Post a batch."""
    return client.post(reverse("projects:report-cells", args=[report.pk]), body, content_type="application/json")


def test_same_batch_from_two_requests_at_once_is_stored_once(cloned_db, period, participants, indicators, clerk):
    """A page that lost its answer sends again while the first request is still under way."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    key = f"{participants['341222'].pk}-{indicators['里程'].pk}"
    body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": {key: said("60")}}})
    start, replies = threading.Barrier(2), []

    def work():
        client = Client()
        client.force_login(clerk)
        start.wait()
        replies.append(raw(client, report, body))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second = replies
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["parts"]["figures"][key]["outcome"] == "saved"
    assert FigureRevision.objects.count() == 1
    assert SaveBatch.objects.count() == 1


def test_two_clerks_in_one_cell_at_once_one_is_told_of_the_other(
    cloned_db, period, participants, indicators, clerk, head
):
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    key = f"{participants['341222'].pk}-{indicators['里程'].pk}"
    start, replies = threading.Barrier(2), []

    def work(by, value):
        client = Client()
        client.force_login(by)
        body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": {key: said(value)}}})
        start.wait()
        replies.append(raw(client, report, body).json()["parts"]["figures"][key])
        connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in ((clerk, "60"), (head, "61"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    [saved] = [reply for reply in replies if reply["outcome"] == "saved"]
    [told] = [reply for reply in replies if reply["outcome"] == "conflict"]
    assert told["theirs"]["value"] == saved["display"]["value"]
    assert FigureRevision.objects.count() == 1
