"""核对: opened by the close, answered by each for its own lines, carried over to the next snapshot."""

import datetime
import io
import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent, Job, User
from livelihood.registry import to_do_for
from livelihood.services import InvalidTransition, Refused
from projects.models import Report, ReportingPeriod
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from projects.services.periods import reopen_period
from supervision.checks.lines import lines_of
from supervision.checks.overview import checks_of, still_to_answer, summary_of
from supervision.documents.blockers import registered_blockers
from supervision.models import Check, CheckLine, Snapshot
from supervision.papers.steps import steps_of as steps_of_paper
from supervision.services import checks, closing
from supervision.services.close_progress import steps_of
from supervision.services.close_steps import CloseStep, close_steps, run_close_steps
from supervision.services.snapshots import refresh_snapshot
from tests import factories
from tests.supervision.months import close, publish, report_month
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def closed(period, participants, indicators, city_officer):
    """August closed under the plain scheme with 70.0 as the province's average of 里程."""
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    publish(period, indicators["里程"], "70.0", decimals=1, by=city_officer)
    return close(period, by=city_officer)


def check_of(addressee, snapshot=None):
    """Return the newest check of a unit or agency, as the services get it."""
    rows = Check.objects.filter(**{addressee._meta.model_name: addressee}).with_lines()
    if snapshot is not None:
        rows = rows.filter(snapshot=snapshot)
    return rows.order_by("-snapshot__version").first()


def line_named(check, part):
    return next(line for line in lines_of(check) if part in line.label)


def key_of(participants, indicators, code="341222", name="里程"):
    return f"{participants[code].pk}-{indicators[name].pk}"


def mend(period, unit, indicator, value, *, by):
    """Reopen the month for one unit, change one figure, approve and close again."""
    until = timezone.now() + datetime.timedelta(days=1)
    reopen_period(period=period, participants=[unit], until=until, reason="核对后改数", by=by)
    report = Report.objects.get(period=period, participant=unit)
    entry = FigureEntry(unit.pk, indicator.pk, "reported", Decimal(value))
    record_figures(report=report, entries=[entry], by=by, origin="excel")
    report.refresh_from_db()
    reports.receive_report(report=report, by=by)
    report.refresh_from_db()
    reports.approve_report(report=report, by=by)
    return close(ReportingPeriod.objects.get(pk=period.pk), by=by)


def test_close_opens_a_check_for_each_unit_and_lead_agency(closed, participants, lead_agency):
    found = checks_of(closed.snapshot)

    assert [str(row.addressee) for row in found] == ["太和县", "界首市", "市本级", "市交通运输局"]
    assert {row.word for row in found} == {"waiting"}
    assert closed.made.results["checks"] == 4
    assert summary_of(closed.snapshot).words == "核对 0/4"


@pytest.mark.parametrize(
    ("day", "due_on"),
    [
        # Friday 4 September 2020: Monday, Tuesday, Wednesday.
        (datetime.date(2020, 9, 4), datetime.date(2020, 9, 9)),
        # 1–8 October are a holiday; Friday the 9th, Saturday the 10th (调休上班) and Monday the 12th are worked.
        (datetime.date(2020, 9, 30), datetime.date(2020, 10, 12)),
        # A year no calendar knows: Saturday, then Monday to Wednesday.
        (datetime.date(2050, 1, 1), datetime.date(2050, 1, 5)),
    ],
)
def test_term_is_three_working_days(day, due_on, period):
    assert checks.check_due_on(period, day) == due_on


def test_unit_sees_its_own_lines_with_target_value_rate_average_and_place(closed, participants):
    lines = lines_of(check_of(participants["341222"]))

    assert [line.label for line in lines if line.topic == "figure"] == ["里程（公里）", "合格率（%）", "人数（人）"]
    assert {line.participant for line in lines} == {participants["341222"]}
    # 60 / 100 = 60.00 against 70.0: 60.0 − 70.0 = −10.0; 界首市 has 150 / 200 = 75.00.
    line = lines[[row.label for row in lines].index("里程（公里）")]
    assert (line.target, line.value, line.rate) == ("100.00", "60.00", "60.00")
    assert (line.average, line.gap, line.place, line.is_below) == ("70.0%", "−10.0", "第2名", True)


def test_lead_agency_sees_all_units_of_its_own_indicators(closed, lead_agency):
    lines = lines_of(check_of(lead_agency))

    assert {line.group for line in lines} == {"1 农村道路 · 里程（公里）", "1 农村道路 · 合格率（%）"}
    # 里程: 市本级 has no task; 合格率 of all four.
    assert [line.label for line in lines] == ["太和县", "界首市", "全市", "太和县", "界首市", "市本级", "全市"]


def test_agreement_is_noted_once(closed, participants, clerk):
    check = checks.agree_check(check=check_of(participants["341222"]), by=clerk)

    assert (check.state, check.answered_by) == ("agreed", clerk)
    with pytest.raises(InvalidTransition, match="太和县已经答复过了，现在是“无异议”。"):
        checks.agree_check(check=check, by=clerk)
    assert summary_of(closed.snapshot).words == "核对 1/4"


def test_objection_stands_with_figure_reason_and_blocks_the_paper_until_settled(
    closed, participants, indicators, head, city_officer
):
    check = check_of(participants["341222"])

    row = checks.object_to_line(
        check=check, key=key_of(participants, indicators), value="61.5", reason="验收2公里未计入", by=head
    )

    assert (row.value, row.value_words, row.topic) == (Decimal("61.5"), "61.50公里", "figure")
    assert row.printed == "60.00公里，完成率60.00%，第2名"
    assert summary_of(closed.snapshot).words == "核对 1/4，异议 1（未处理 1 条）"
    text = "太和县对“1 农村道路 里程（公里）”的核对异议"
    assert [(b.text, b.can_override) for b in registered_blockers(closed.document) if "核对异议" in b.text] == [
        (f"{text}还没有处理", True)
    ]
    checks.settle_objection(objection=row, accepted=False, answer="以验收单为准", by=city_officer)
    assert not [b for b in registered_blockers(closed.document) if "核对异议" in b.text]
    event = AuditEvent.objects.get(verb="settle_check_line")
    assert (event.by, event.reason) == (city_officer, "以验收单为准")


def test_accepted_objection_blocks_until_the_figure_is_mended(closed, participants, indicators, clerk, city_officer):
    key = key_of(participants, indicators)
    row = checks.object_to_line(check=check_of(participants["341222"]), key=key, value="61", reason="漏报", by=clerk)
    checks.settle_objection(objection=row, accepted=True, answer="重新开放", by=city_officer)

    before = [b.text for b in registered_blockers(closed.document) if "核对异议" in b.text]
    again = mend(closed.snapshot.period, participants["341222"], indicators["里程"], "61", by=city_officer)
    after = [b.text for b in registered_blockers(again.document) if "核对异议" in b.text]

    assert [text.endswith("已经采纳，数还没有改") for text in before] == [True]
    assert after == []


def test_next_snapshot_asks_again_only_whose_lines_changed(closed, participants, indicators, clerk, city_officer):
    own, other = participants["341200-own"], participants["341282"]
    checks.agree_check(check=check_of(own), by=city_officer)
    checks.agree_check(check=check_of(participants["341222"]), by=clerk)

    # 80 of 100 = 80.00 passes 界首市's 75.00: both places change, 市本级 without a task of 里程 keeps its lines …
    again = mend(closed.snapshot.period, participants["341222"], indicators["里程"], "80", by=city_officer)

    county, stays, neighbour = (check_of(unit, again.snapshot) for unit in (participants["341222"], own, other))
    assert (county.state, county.since, stays.state) == ("waiting", closed.snapshot, "agreed")
    assert stays.answered_by == city_officer
    changed = line_named(county, "里程").changed
    assert changed == ["完成数", "完成率", "差距", "位次", "是否低于全省"]
    assert line_named(county, "人数").changed == []
    # … and who had not answered is simply asked for all of it.
    assert (neighbour.state, neighbour.since) == ("waiting", None)


def test_new_average_carries_answers_over_where_it_does_not_matter(
    closed, participants, indicators, clerk, city_officer
):
    key = key_of(participants, indicators, name="人数")
    checks.object_to_line(check=check_of(participants["341222"]), key=key, value="999", reason="重复1人", by=clerk)
    publish(closed.snapshot.period, indicators["合格率"], "88.0", decimals=1, by=city_officer)

    snapshot = refresh_snapshot(period=closed.snapshot.period, by=city_officer)

    check = check_of(participants["341222"], snapshot)
    assert (check.state, line_named(check, "合格率").changed[0]) == ("waiting", "全省平均")
    carried = check.objections.get()
    assert (carried.key, carried.state, carried.raised_by) == (key, "open", clerk)
    assert checks.agree_check(check=check, by=clerk).state == "objected"


def test_bad_objection_says_why_and_changes_nothing(closed, participants, indicators, clerk):
    check, own = check_of(participants["341222"]), key_of(participants, indicators)
    other = key_of(participants, indicators, code="341282")

    for key, value, reason, said in (
        (own, "约六十", "漏报", "“约六十”不是数字"),
        (own, "", "漏报", "要写明本单位的数"),
        (own, "61", " ", "异议要写明理由"),
        (own, "61.555", "漏报", "小数位太多"),
        (other, "61", "漏报", "核对单里没有这一行"),
    ):
        with pytest.raises(Refused, match=said):
            checks.object_to_line(check=check, key=key, value=value, reason=reason, by=clerk)

    assert not CheckLine.objects.exists()
    assert check_of(participants["341222"]).state == "waiting"


def test_second_objection_to_a_line_waits_for_the_first_to_be_withdrawn(closed, participants, indicators, clerk):
    check, key = check_of(participants["341222"]), key_of(participants, indicators)
    first = checks.object_to_line(check=check, key=key, value="61", reason="漏报", by=clerk)
    with pytest.raises(InvalidTransition, match="已经提过，要改请先撤回"):
        checks.object_to_line(check=check, key=key, value="62", reason="漏报", by=clerk)

    checks.withdraw_objection(objection=first, by=clerk)
    waiting = check_of(participants["341222"]).state
    second = checks.object_to_line(check=check, key=key, value="62", reason="漏报", by=clerk)

    assert (waiting, first.state, second.nth, second.state) == ("waiting", "withdrawn", 2, "open")


def test_answer_on_an_older_snapshot_or_after_the_issue_is_refused(
    closed, participants, indicators, clerk, city_officer
):
    old = check_of(participants["341222"])
    again = mend(closed.snapshot.period, participants["341222"], indicators["里程"], "61", by=city_officer)
    with pytest.raises(InvalidTransition, match="现在是快照第2版，您看的是第1版"):
        checks.agree_check(check=old, by=clerk)
    again.snapshot.period.refresh_from_db()
    ReportingPeriod.objects.filter(pk=again.snapshot.period_id).update(state="issued")

    with pytest.raises(InvalidTransition, match="通报已经印发，核对已经结束"):
        checks.agree_check(check=check_of(participants["341222"]), by=clerk)


def test_nobody_answers_for_another_unit(closed, participants, other_clerk, lead_officer, leader, filler, city_officer):
    check = check_of(participants["341222"])

    for person in (other_clerk, lead_officer, leader, filler, city_officer):
        with pytest.raises(NotAllowed, match="只有太和县的人可以答复"):
            checks.agree_check(check=check, by=person)


def test_unanswered_after_the_term_is_said_and_not_taken_for_agreement(closed, participants, clerk):
    Check.objects.update(due_on=timezone.localdate() - datetime.timedelta(days=1))

    assert {row.word for row in checks_of(closed.snapshot)} == {"unanswered"}
    assert summary_of(closed.snapshot).words == "核对 0/4，逾期未答 4"
    assert Check.objects.filter(state="agreed").count() == 0


def test_paper_names_who_has_not_answered_and_is_not_kept_back(closed, client, participants, clerk, city_officer):
    checks.agree_check(check=check_of(participants["341222"]), by=clerk)
    client.force_login(city_officer)

    page = body(client.get(reverse("supervision:document-detail", args=[closed.document.pk])))

    # Of four asked, 太和县 has answered.
    assert "核对还有 3 家没有答复" in page
    assert "：界首市、市本级、" in page.split("没有答复")[1].split("看核对")[0]
    assert registered_blockers(closed.document) == []


def test_home_waits_for_the_paper_once_the_month_is_closed_without_somebody(
    period, participants, indicators, client, city_officer
):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    close(period, by=city_officer, without=["341282"])
    client.force_login(city_officer)

    panels = client.get("/").context["panels"]

    steps = panels["head"][0].context["steps"]
    assert [step["label"] for step in steps if step.get("is_current")] == ["通报"]


def test_unit_without_a_task_has_a_check_without_lines(approved_with_idle, city_officer):
    found = close(approved_with_idle, by=city_officer)

    idle = next(row for row in checks_of(found.snapshot) if str(row.addressee) == "无任务县")
    assert (idle.word, lines_of(idle), summary_of(found.snapshot).total) == ("no_task", [], 4)
    assert "无任务县" not in [str(row.addressee) for row in still_to_answer(found.snapshot)]
    # Four are asked: 太和县, 界首市, 市本级 and the lead agency.
    assert (
        next(step["word"] for step in steps_of_paper(found.document) if step["label"] == "核对") == "无异议 0/4，未答 4"
    )
    with pytest.raises(Refused, match="没有任务，没有要核对的"):
        checks.agree_check(check=idle, by=city_officer)


@pytest.fixture
def approved_with_idle(period, programme, participants, indicators, city_officer):
    """August approved, with one more unit that has nothing to do and nobody to speak for it."""
    factories.ParticipantFactory(programme=programme, code="idle", printed_name="无任务县", kind="own", order=9)
    report_month(period, participants, indicators, by=city_officer)
    return period


def test_unit_closed_without_and_a_province_without_averages_are_said(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    found = close(period, by=city_officer, without=["341282"])

    lines = {line.label: line for line in lines_of(check_of(participants["341282"], found.snapshot))}

    line = lines["里程（公里）"]
    assert (line.value, line.rate, line.average, line.gap, line.is_below) == ("—", "未报送", "—", "—", False)
    assert lines["本期月报"].status == "未报"


def test_step_that_fails_leaves_the_month_closed_and_is_said(closed, monkeypatch):
    def fail(snapshot, by):
        raise Refused("还没有规则。")

    monkeypatch.setattr(
        "supervision.services.close_steps._steps",
        {step.code: step for step in close_steps() if step.is_vital}
        | {"odd": CloseStep(order=99, code="odd", name="督办函拟稿", run=fail)},
    )

    made = run_close_steps(snapshot=closed.snapshot, by=User.objects.system())

    assert made.problems == ["督办函拟稿没有办成：还没有规则。封账不受影响，查明后在封账页补办。"]
    assert (made.results, Check.objects.count(), Snapshot.objects.count()) == ({"checks": 4}, 4, 1)


def test_progress_names_the_steps(period, city_officer):
    job = Job(kind="close_month", queued_by=city_officer, state="running", progress=20)
    running = {step["name"]: step["state"] for step in steps_of(job)}
    job.state = "failed"
    failed = [step["state"] for step in steps_of(job)][:3]
    job.state, job.progress = "done", 100
    done = {step["state"] for step in steps_of(job)}

    # 封账 begins at 5, the snapshot at 15, the draft at 45.
    assert list(running)[:4] == ["核对报送、封账", "冻结快照", "拟通报稿和附件", "送各单位核对"]
    assert list(running.values())[:4] == ["done", "running", "waiting", "waiting"]
    # One transaction: what was done before it broke off does not stand.
    assert (failed, done) == (["waiting", "failed", "waiting"], {"done"})


# -- pages -----------------------------------------------------------------------------------------


def body(response):
    return response.content.decode()


def test_page_shows_a_county_its_own_lines_alone(closed, client, participants, clerk, other_clerk):
    client.force_login(clerk)

    page = client.get(reverse("supervision:check-detail", args=[check_of(participants["341222"]).pk]))
    other = client.get(reverse("supervision:check-detail", args=[check_of(participants["341282"]).pk]))
    list_page = client.get(reverse("supervision:check-list", args=["fuyang-2020", "2020-08"]))

    text = body(page)
    assert "第2名" in text
    assert "界首市" not in text
    assert "75.00" not in text
    assert other.status_code == 404
    assert list_page.url == reverse("supervision:check-detail", args=[check_of(participants["341222"]).pk])


def test_refused_objection_comes_back_as_typed(closed, client, participants, indicators, clerk):
    client.force_login(clerk)
    check = check_of(participants["341222"])
    posted = {"key": key_of(participants, indicators), "value": "六十一", "reason": "漏报两公里"}

    response = client.post(reverse("supervision:check-object", args=[check.pk]), posted)

    assert response.status_code == 422
    assert all(part in body(response) for part in ('value="六十一"', 'value="漏报两公里"', "不是数字"))
    assert not CheckLine.objects.exists()


def test_objection_typed_on_an_older_snapshot_comes_back_in_the_newest_check(
    closed, client, participants, indicators, clerk, city_officer
):
    old = check_of(participants["341222"])
    again = mend(closed.snapshot.period, participants["341222"], indicators["里程"], "61", by=city_officer)
    newest = check_of(participants["341222"], again.snapshot)
    client.force_login(clerk)
    posted = {"key": key_of(participants, indicators), "value": "62", "reason": "漏报一公里"}

    filled = client.post(reverse("supervision:check-object", args=[old.pk]), posted)
    gone = client.post(reverse("supervision:check-object", args=[old.pk]), posted | {"key": "place-0"})

    assert (filled.status_code, gone.status_code) == (422, 422)
    assert all(part in body(filled) for part in ('value="62"', 'value="漏报一公里"', "现在是快照第2版"))
    assert reverse("supervision:check-object", args=[newest.pk]) in body(filled)
    assert "您写的" not in body(filled)
    assert "您写的：本单位数“62”，理由“漏报一公里”。" in body(gone)
    assert not CheckLine.objects.exists()


def test_answer_typed_on_an_older_snapshot_comes_back_at_the_objection_carried_over(
    closed, client, participants, indicators, clerk, city_officer
):
    key = key_of(participants, indicators, name="人数")
    row = checks.object_to_line(
        check=check_of(participants["341222"]), key=key, value="999", reason="重复1人", by=clerk
    )
    mend(closed.snapshot.period, participants["341222"], indicators["里程"], "61", by=city_officer)
    carried = CheckLine.objects.exclude(pk=row.pk).get()
    client.force_login(city_officer)
    posted = {"verdict": "rejected", "answer": "以名册为准"}

    filled = client.post(reverse("supervision:check-settle", args=[row.pk]), posted)
    checks.withdraw_objection(objection=carried, by=clerk)
    gone = client.post(reverse("supervision:check-settle", args=[row.pk]), posted)

    assert (filled.status_code, gone.status_code) == (422, 422)
    assert all(part in body(filled) for part in ('value="以名册为准"', "现在是快照第2版"))
    assert "您写的" not in body(filled)
    assert "您写的：答复“以名册为准”。" in body(gone)
    carried.refresh_from_db()
    assert (carried.state, carried.answer) == ("withdrawn", "提出单位撤回")


def test_office_answers_on_the_overview_and_the_to_do_says_so(
    closed, client, participants, indicators, clerk, city_officer
):
    row = checks.object_to_line(
        check=check_of(participants["341222"]),
        key=key_of(participants, indicators),
        value="61",
        reason="漏报",
        by=clerk,
    )
    waiting = [entry.label for entry in to_do_for(city_officer)]
    client.force_login(city_officer)
    address = reverse("supervision:check-settle", args=[row.pk])

    refused = client.post(address, {"verdict": "rejected", "answer": ""})
    client.post(address, {"verdict": "rejected", "answer": "以验收单为准"})

    assert "处理核对异议：2020年1—8月" in waiting
    assert refused.status_code == 422
    assert "答复要写明理由" in body(refused)
    row.refresh_from_db()
    assert (row.state, row.answer) == ("rejected", "以验收单为准")
    assert "以验收单为准" in body(client.get(reverse("supervision:check-list", args=["fuyang-2020", "2020-08"])))


def test_to_do_asks_the_county_until_it_has_answered(closed, participants, head):
    before = [entry.label for entry in to_do_for(head)]
    checks.agree_check(check=check_of(participants["341222"]), by=head)

    assert "核对：2020年1—8月（太和县）" in before
    assert "核对：2020年1—8月（太和县）" not in [entry.label for entry in to_do_for(head)]


def test_close_page_shows_how_far_the_close_is(client, period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)
    job = closing.request_close(period=period, without=[], by=city_officer)
    Job.objects.filter(pk=job.pk).update(state="running", progress=50, lease_until=timezone.now())
    client.force_login(city_officer)
    address = reverse("supervision:period-close", args=["fuyang-2020", "2020-08"])

    part = body(client.get(address, headers={"HX-Request": "true"}))

    assert part.lstrip().startswith("<section")
    assert 'aria-current="step"' in part
    assert part.index("冻结快照") < part.index("拟通报稿和附件") < part.index("送各单位核对")


def test_command_says_what_it_sent_to_be_checked(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)
    out = io.StringIO()

    call_command("close_month", "--programme", "fuyang-2020", "--period", "2020-08", "--json", stdout=out)

    answer = json.loads(out.getvalue())
    assert (answer["checks"]["total"], answer["checks"]["answered"], answer["made"]["checks"]) == (4, 0, 4)
    assert "letters" in answer["made"]
    assert answer["issues"] == []
