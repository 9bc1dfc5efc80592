"""Cells saved in batches by the page's script: what is stored, what is said of each cell, what is refused."""

import datetime
import json
import uuid
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from livelihood.models import AuditEvent
from livelihood.passwords import MUST_CHANGE
from projects.models import CellReview, Figure, FigureRevision, Report, SaveBatch
from projects.services import entry, periods, reports
from projects.tasks import forget_save_batches
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def cell(participants, indicators):
    """Return the key of a cell by indicator name and unit code."""

    def key(name, code="341222"):
        return f"{participants[code].pk}-{indicators[name].pk}"

    return key


@pytest.fixture
def send(client, report, clerk):
    """Send a batch as somebody (the clerk): key → value or whole cell; `batch` is the batch's key."""

    def post(cells, *, by=clerk, to=report, batch=None, code="figures"):
        client.force_login(by)
        parts = {code: {key: typed if isinstance(typed, dict) else said(typed) for key, typed in cells.items()}}
        return raw(client, to, json.dumps({"key": batch or str(uuid.uuid4()), "parts": parts}))

    return post


def said(value, version=0, **more):
    """Return a cell as the page sends it."""
    return {"value": value, "version": version, **more}


def raw(client, report, body, **more):
    """Post a body as it is."""
    return client.post(
        reverse("projects:report-cells", args=[report.pk]), body, content_type="application/json", **more
    )


def content():
    """Return everything that must not change when a batch is refused."""
    return (
        list(Figure.objects.order_by("pk").values_list("pk", "state", "value", "text", "remark", "version")),
        FigureRevision.objects.count(),
        AuditEvent.objects.count(),
        list(Report.objects.order_by("pk").values_list("pk", "state", "version")),
        SaveBatch.objects.count(),
    )


def test_batch_stores_cells_and_says_what_now_stands_beside_them(send, report, cell, clerk):
    response = send({cell("里程"): "60", cell("人数"): said("1,000", remark="含新增")})

    reply = response.json()
    assert response.status_code == 200
    road, people = reply["parts"]["figures"][cell("里程")], reply["parts"]["figures"][cell("人数")]
    assert (road["outcome"], road["version"]) == ("saved", 1)
    # 60 of 100: 60.00 %, 40 to the target; 100 x 66.67 % = 66.67, of which 6.67 are missing.
    assert road["display"] == {
        "value": "60.00",
        "increment": "—",
        "rate": "60.00",
        "expected": "66.67",
        "average": "—",
        "gap_target": "40.00",
        "gap_expected": "6.67",
    }
    assert road["tones"] == {"gap_expected": "red"}
    assert "behind" in road["states"].split()
    # 1000 of 1000: a stock has no straight line.
    assert (people["display"]["gap_target"], people["display"]["gap_expected"]) == ("达到", "—")
    assert reply["counts"] | {"mine": 3} == {
        "tasks": 3,
        "confirmed": 2,
        "carried": 0,
        "blank": 1,
        "flagged": 0,
        "returned": 0,
        "behind": 1,
        "below": 0,
        "mine": 3,
    }
    assert reply["sections"]["1"] == {"mark": "blank", "note": "1/2 已确认 · 未签字"}
    assert reply["sections"]["2"] == {"mark": "done", "note": "1/1 已确认"}
    report.refresh_from_db()
    assert reply["report_version"] == report.version
    assert report.figures.get(indicator__name="人数").remark == "含新增"
    assert AuditEvent.objects.get(verb="record_figures").by == clerk


def test_first_rendering_and_reply_say_the_same(send, report, cell, client, july, participants, indicators):
    factories.BenchmarkFactory(period=july, indicator=indicators["里程"], value=Decimal("61.5"), decimals=1)
    reply = send({cell("里程"): "130"}).json()["parts"]["figures"][cell("里程")]

    page = client.get(reverse("projects:report-detail", args=[report.pk]))

    row = page.context["blocks"][0]["lines"][0]["rows"][0]
    assert row["display"] == reply["display"]
    assert " ".join(row["states"]) == reply["states"]
    text = page.content.decode()
    assert reply["state_html"] in text
    assert "".join(reply["notes_html"].split()) in "".join(text.split())
    assert "flagged" in reply["states"]


def test_below_the_last_issued_average_is_compared_at_its_decimals(send, report, cell, july, indicators):
    factories.BenchmarkFactory(period=july, indicator=indicators["里程"], value=Decimal("60.1"), decimals=1)

    # 60.04 of 100 prints as 60.0 at one decimal, less than 60.1; 60.05 as 60.1, equal.
    below = send({cell("里程"): "60.04"}).json()["parts"]["figures"][cell("里程")]
    equal = send({cell("里程"): said("60.05", 1)}).json()["parts"]["figures"][cell("里程")]

    assert "below" in below["states"].split()
    assert below["tones"]["average"] == "red"
    assert "below" not in equal["states"].split()


def test_one_wrong_cell_leaves_the_others_saved(send, report, cell):
    reply = send({cell("里程"): "6.8.4", cell("人数"): "700"}).json()

    wrong = reply["parts"]["figures"][cell("里程")]
    assert (wrong["outcome"], wrong["version"]) == ("invalid", 0)
    assert "“6.8.4”不是数字" in wrong["message"]
    assert "“6.8.4”不是数字" in wrong["notes_html"]
    assert wrong["display"]["rate"] == "—"
    assert "invalid" in wrong["states"].split()
    assert list(report.figures.values_list("indicator__name", flat=True)) == ["人数"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("没有", "“没有”不是数字"),
        ("-3", "“-3”是负数"),
        ("12345678901234567890", "太大：小数点前最多 14 位"),
        ("2020-08-31", "“2020-08-31”不是数字"),
        ("8月", "“8月”不是数字"),
        ("=1+1", "“=1+1”不是数字"),
        ("1.234", "小数位太多"),
        ("<script>alert(1)</script>", "不是数字"),
        ("9" * 100_000, "太大"),
    ],
)
def test_bad_value_is_refused_in_a_sentence_and_stores_nothing(typed, sentence, send, report, cell):
    reply = send({cell("里程"): typed}).json()

    found = reply["parts"]["figures"][cell("里程")]
    assert found["outcome"] == "invalid"
    assert sentence in found["message"]
    assert "<script>" not in found["notes_html"]
    assert not report.figures.exists()


def test_script_in_a_remark_is_stored_as_text_and_never_runs(send, report, cell, client):
    script = "<script>alert(1)</script>"

    reply = send({cell("里程"): said("60", remark=script)}).json()

    assert report.figures.get().remark == script
    assert script not in json.dumps(reply)
    page = client.get(reverse("projects:report-detail", args=[report.pk])).content.decode()
    assert script not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_zero_blank_and_no_task_are_three_things(send, report, cell):
    reply = send({cell("里程"): "0", cell("合格率"): "/", cell("人数"): ""}).json()["parts"]["figures"]

    stored = {row.indicator.name: (row.state, row.value) for row in report.figures.all()}
    assert stored == {"里程": ("reported", Decimal(0)), "合格率": ("blank", None)}
    assert reply[cell("合格率")]["states"].split() == ["blank", "flagged", "mine"]
    assert reply[cell("人数")]["outcome"] == "unchanged"


def test_conflict_shows_what_the_other_stored_and_overwrites_nothing(send, report, cell, head):
    send({cell("里程"): "60"})
    before = content()[:4]

    reply = send({cell("里程"): "61"}, by=head).json()

    found = reply["parts"]["figures"][cell("里程")]
    assert (found["outcome"], found["version"]) == ("conflict", 1)
    assert (found["theirs"]["value"], found["theirs"]["by"]) == ("60.00", "张填报")
    assert found["theirs"]["at"] == f"{timezone.localtime(report.figures.get().updated_at):%H:%M}"
    assert 'data-use="theirs"' in found["notes_html"]
    assert content()[:4] == before


def test_same_value_from_two_clerks_is_no_conflict(send, report, cell, head):
    send({cell("里程"): "60"})

    reply = send({cell("里程"): "60"}, by=head).json()

    assert reply["parts"]["figures"][cell("里程")]["outcome"] == "unchanged"


def test_same_batch_again_gets_the_same_reply_and_stores_nothing_twice(send, report, cell, clerk):
    key = str(uuid.uuid4())
    first = send({cell("里程"): "60"}, batch=key)
    send({cell("里程"): said("70", 1)})
    before = content()

    again = send({cell("里程"): "60"}, batch=key)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert content() == before
    assert report.figures.get().value == 70


def test_same_key_for_another_content_or_person_is_refused(send, report, cell, head):
    key = str(uuid.uuid4())
    send({cell("里程"): "60"}, batch=key)
    before = content()

    other_content = send({cell("里程"): "61"}, batch=key)
    other_person = send({cell("里程"): "60"}, batch=key, by=head)

    assert (other_content.status_code, other_person.status_code) == (409, 409)
    assert "批次号已经用过" in other_content.json()["refused"]
    assert content() == before


def test_answered_batch_is_replayed_even_after_the_report_was_signed(send, report, cell, head):
    key = str(uuid.uuid4())
    first = send({cell("里程"): "60"}, batch=key).json()
    report.refresh_from_db()
    reports.sign_report(report=report, by=head)

    assert send({cell("里程"): "60"}, batch=key).json() == first


def bodies():
    """Return bodies of a wrong shape by name."""
    key = str(uuid.uuid4())
    good = {"key": key, "parts": {"figures": {"1-2": said("1")}}}
    return {
        "nothing": b"",
        "not json": b"{",
        "not utf-8": b'{"key": "\xff"}',
        "list": b"[]",
        "no parts": json.dumps({"key": key}),
        "more than asked": json.dumps(good | {"by": "head"}),
        "no key": json.dumps(good | {"key": "1"}),
        "key is a number": json.dumps(good | {"key": 7}),
        "unknown part": json.dumps({"key": key, "parts": {"money": {}}}),
        "parts are a list": json.dumps({"key": key, "parts": [1]}),
        "cells are a list": json.dumps({"key": key, "parts": {"figures": ["1-2"]}}),
        "no cells": json.dumps({"key": key, "parts": {}}),
        "bad cell name": json.dumps({"key": key, "parts": {"figures": {"1_2": said("1")}}}),
        "cell is a text": json.dumps({"key": key, "parts": {"figures": {"1-2": "60"}}}),
        "value is a number": json.dumps({"key": key, "parts": {"figures": {"1-2": said(60)}}}),
        "value is null": json.dumps({"key": key, "parts": {"figures": {"1-2": said(None)}}}),
        "no version": json.dumps({"key": key, "parts": {"figures": {"1-2": {"value": "1"}}}}),
        "version is a text": json.dumps({"key": key, "parts": {"figures": {"1-2": said("1", "3")}}}),
        "version is true": json.dumps({"key": key, "parts": {"figures": {"1-2": said("1", True)}}}),
        "version is huge": json.dumps({"key": key, "parts": {"figures": {"1-2": said("1", 10**20)}}}),
        "state given": json.dumps({"key": key, "parts": {"figures": {"1-2": said("1", state="approved")}}}),
        "half a character": b'{"key":"%s","parts":{"figures":{"1-2":{"value":"1","version":0,"remark":"\\ud800"}}}}'
        % key.encode(),
        "no character": json.dumps({"key": key, "parts": {"figures": {"1-2": said("6\x000")}}}),
        "the same cell twice": b'{"key":"%s","parts":{"figures":{"1-2":{"value":"1","version":0},"1-2":{"value":"2",'
        b'"version":0}}}}' % key.encode(),
        "not a number": b'{"key":"%s","parts":{"figures":{"1-2":{"value":"1","version":NaN}}}}' % key.encode(),
        "deep": b'{"key":' + b"[" * 100_000,
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", list(bodies()))
def test_body_of_a_wrong_shape_is_refused_in_one_sentence(name, client, report, clerk):
    client.force_login(clerk)
    before = content()

    response = raw(client, report, bodies()[name])

    assert response.status_code == 422
    assert response.json()["refused"].endswith("。")
    assert content() == before


def test_five_thousand_cells_in_one_request_are_refused(send, report, participants):
    before = content()

    response = send({f"{participants['341222'].pk}-{number}": "1" for number in range(1, 5001)})

    assert response.status_code == 413
    assert response.json() == {"refused": "一次最多保存 500 格，什么都没有保存。请分几次保存。", "reload": False}
    assert content() == before


def test_body_of_more_than_half_a_megabyte_is_refused_unread(send, report, cell):
    response = send({cell("里程"): "9" * 600_000})

    assert response.status_code == 413
    assert "最多 512 KB" in response.json()["refused"]


@pytest.mark.parametrize("code", ["341282", "341200"])
def test_cell_of_another_unit_refuses_the_whole_batch(code, send, report, cell):
    before = content()

    response = send({cell("里程"): "60", cell("人数", code): "5"})

    assert response.status_code == 409
    assert "不属于太和县的月报" in response.json()["refused"]
    assert response.json()["reload"] is True
    assert content() == before


def test_bad_text_in_a_cell_of_another_unit_is_refused_too(send, report, cell):
    before = content()

    response = send({cell("里程"): "60", cell("里程", "341282"): "abc"})

    assert response.status_code == 409
    assert content() == before


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("clerk", 200),
        ("head", 200),
        ("filler", 200),
        ("city_officer", 200),
        ("leader", 403),
        ("inspector", 403),
        ("other_clerk", 404),
        ("stranger", 404),
    ],
)
def test_batch_by_role(person, status, send, cell, request, report):
    response = send({cell("里程"): "60"}, by=request.getfixturevalue(person))

    assert response.status_code == status
    assert report.figures.count() == (status == 200)
    if status != 200:
        assert response.json()["refused"].endswith("。")


def test_filler_saves_own_cells_only_and_counts_only_those(send, report, cell, filler):
    own = send({cell("里程"): "60"}, by=filler).json()
    foreign = send({cell("人数"): "700"}, by=filler)

    assert own["counts"]["tasks"] == 2
    assert set(own["sections"]) == {"1"}
    assert foreign.status_code == 403
    assert "不是分给您单位填的" in foreign.json()["refused"]


@pytest.mark.parametrize("state", ["signed", "submitted", "approved"])
def test_batch_into_a_report_that_has_left_is_refused_whole(state, send, report, cell):
    moment = timezone.now()
    Report.objects.filter(pk=report.pk).update(
        state=state, content_sha256=factories.HASH, signed_at=moment, signed_by=factories.UserFactory()
    )
    before = content()

    response = send({cell("里程"): "60"})

    assert response.status_code == 409
    assert "不能再改数" in response.json()["refused"]
    assert content() == before


def test_batch_into_a_closed_period_is_refused_whole(send, report, cell, period, city_officer):
    units = ["341222", "341282", "341200-own"]
    periods.mark_closed(period=period, without=units, by=city_officer)
    before = content()

    response = send({cell("里程"): "60"})

    assert response.status_code == 409
    assert "已经封账" in response.json()["refused"]
    assert content() == before


def test_expired_login_is_told_in_json_and_never_redirected(report, cell):
    response = raw(Client(), report, "{}")

    assert response.status_code == 401
    assert response.json()["login"] == f"/login/?next=%2Freports%2F{report.pk}%2F"


def test_missing_csrf_token_is_told_in_json(report, clerk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)

    response = raw(client, report, "{}")

    assert response.status_code == 403
    assert "请刷新页面" in response.json()["refused"]
    # What a page from before a new login goes on with, and whose it is now.
    assert response.json()["user"] == clerk.pk
    assert raw(client, report, "{}", headers={"X-CSRFToken": response.json()["token"]}).status_code == 422


def test_right_csrf_token_is_accepted(report, clerk, cell):
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    client.get(reverse("projects:report-detail", args=[report.pk]))
    body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": {cell("里程"): said("60")}}})

    response = client.post(
        reverse("projects:report-cells", args=[report.pk]),
        body,
        content_type="application/json",
        headers={"X-CSRFToken": client.cookies[settings.CSRF_COOKIE_NAME].value},
    )

    assert response.status_code == 200


def test_initial_password_has_to_be_changed_first(client, report, clerk):
    client.force_login(clerk)
    session = client.session
    session[MUST_CHANGE] = True
    session.save()

    response = raw(client, report, "{}")

    assert response.status_code == 403
    assert "初始密码" in response.json()["refused"]


def test_reason_for_a_flag_is_kept_and_the_flag_no_longer_counted(send, report, cell):
    send({cell("里程"): "130"})

    reply = send({cell("里程"): said("130", 1, reason="含提前批计划")}).json()

    found = reply["parts"]["figures"][cell("里程")]
    assert found["outcome"] == "saved"
    assert "flagged" not in found["states"].split()
    assert "已说明" in found["state_html"]
    assert reply["counts"]["flagged"] == 0


def test_returned_cell_waits_until_its_figure_changes_and_blocks_the_signature(send, report, cell, city_officer):
    send({cell("里程"): "60", cell("人数"): "700"})
    figure = report.figures.get(indicator__name="里程")
    CellReview.objects.create(
        report=report,
        participant=figure.participant,
        indicator=figure.indicator,
        nth=1,
        verdict="returned",
        reason="与路网系统不一致",
        figure_version=figure.version,
        decided_by=city_officer,
    )
    waiting = send({cell("人数"): said("701", 1)}).json()
    assert waiting["counts"]["returned"] == 1
    assert waiting["sections"]["1"]["mark"] == "returned"
    assert "退回的 1 格还没有改数，也没有说明" in reports.blockers(report)

    reply = send({cell("里程"): said("61", 1)}).json()

    assert reply["counts"]["returned"] == 0
    assert "与路网系统不一致" in reply["parts"]["figures"][cell("里程")]["notes_html"]
    assert reports.blockers(report) == []


def test_number_of_queries_does_not_depend_on_the_cells(client, report, cell, send, programme, participants):
    relief = factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=3))
    setter = factories.UserFactory()
    more = []
    for number in range(30):
        indicator = factories.IndicatorFactory(sub_project=relief, name=f"指标{number}")
        factories.TargetFactory(indicator=indicator, participant=participants["341222"], value=100, set_by=setter)
        more.append(f"{participants['341222'].pk}-{indicator.pk}")
    send({cell("里程"): "1"})

    with CaptureQueriesContext(
        connection,
    ) as few:
        send({more[0]: "60"})
    with CaptureQueriesContext(connection) as many:
        send(dict.fromkeys(more[1:], "60"))

    assert len(few) == len(many)
    # Session, person; lock, report, rights, earlier answer; indicators, cells, upsert, version, event; lines, what lies
    # beside them, rates, who fills, answer. The test's login adds six, its transaction two.
    assert len(many) - 6 - 2 <= 16


def test_batches_older_than_a_week_are_forgotten(send, cell):
    send({cell("里程"): "60"})
    send({cell("人数"): "70"})
    old = SaveBatch.objects.order_by("pk").first()
    SaveBatch.objects.filter(pk=old.pk).update(saved_at=timezone.now() - entry.KEPT - datetime.timedelta(minutes=1))

    forget_save_batches()

    assert list(SaveBatch.objects.values_list("pk", flat=True)) != [old.pk]
    assert SaveBatch.objects.count() == 1


def test_form_without_scripts_uses_the_others_figure_when_asked(client, report, cell, head, clerk, send):
    send({cell("里程"): "60"})
    client.force_login(head)
    form = {f"f-{cell('里程')}": "61", f"v-{cell('里程')}": 0, f"f-{cell('人数')}": "700", f"v-{cell('人数')}": 0}

    response = client.post(reverse("projects:report-detail", args=[report.pk]), form | {"use": cell("里程")})

    assert response.status_code == 302
    assert {row.indicator.name: row.value for row in report.figures.all()} == {"里程": 60, "人数": 700}


def test_form_of_an_agency_for_ten_units_is_not_too_long(client, report, clerk):
    client.force_login(clerk)
    form = {
        f"{letter}-{unit}-{indicator}": "" for letter in "rvw" for unit in range(1, 11) for indicator in range(1, 131)
    }

    response = client.post(reverse("projects:report-detail", args=[report.pk]), form)

    # 10 units x 130 indicators x 3 fields and the token; without a single value nothing is saved.
    assert response.status_code == 302


def test_form_saved_from_a_section_comes_back_to_it(client, report, cell, clerk):
    client.force_login(clerk)
    form = {f"f-{cell('人数')}": "700", f"v-{cell('人数')}": 0, "section": "2"}

    response = client.post(reverse("projects:report-detail", args=[report.pk]), form)

    assert response["Location"].endswith(f"/reports/{report.pk}/#p-2")
    assert report.figures.get().value == 700
