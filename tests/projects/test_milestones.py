"""Milestones on any day: statuses with days, the figure in force, what a county sees, editing and dated tasks."""

import datetime
import functools
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.registry import to_do_for
from livelihood.services import Refused
from projects.cell_panel import chart_of as year_chart
from projects.dated_tasks import status_on
from projects.milestone_chart import Band, chart_of
from projects.milestone_page import day_of
from projects.milestones import Reader, milestones_on, reader_of
from projects.models import DatedTask, Milestone, Programme, ReportingPeriod
from projects.services.dated_task_edit import add_dated_task, change_dated_task, remove_dated_task
from projects.services.dated_tasks import complete_dated_task, undo_dated_task
from projects.services.milestones import add_milestone, change_milestone, remove_milestone
from tests import factories

JUNE_30, AUGUST_31 = datetime.date(2020, 6, 30), datetime.date(2020, 8, 31)
EVERYTHING = Reader(everything=True)


@pytest.fixture
def july(programme):
    """2020年1—7月, open until its figures are in."""
    return factories.PeriodFactory(programme=programme, month=7)


def issue(period):
    """Turn a month to issued, as if its 通报 were out."""
    closer = factories.UserFactory()
    ReportingPeriod.objects.filter(pk=period.pk).update(state="issued", closed_at=timezone.now(), closed_by=closer)


@pytest.fixture
def plan(indicators, july, period, participants):
    """里程 (targets 100 / 200 / no task): 30 % by 30 June, 60 % by 10 September, 100 % by year's end.

    July, issued: 太和县 20, 界首市 100. August, open: only 太和县 has submitted, 45; 界首市's 130 are a draft.
    """
    roads = indicators["里程"]
    for day, threshold in ((JUNE_30, 30), (datetime.date(2020, 9, 10), 60), (datetime.date(2020, 12, 31), 100)):
        factories.MilestoneFactory(indicator=roads, due_on=day, threshold=Decimal(threshold))
    setter = factories.UserFactory()
    for of_month, code, state, value in (
        (july, "341222", "approved", 20),
        (july, "341282", "approved", 100),
        (period, "341222", "submitted", 45),
        (period, "341282", "draft", 130),
    ):
        report = factories.ReportFactory(period=of_month, participant=participants[code], state=state)
        factories.FigureFactory(report=report, indicator=roads, value=Decimal(value), updated_by=setter)
    issue(july)
    return roads


def told(plan, participants, day, reader):
    """Return {unit: [(rate, status, days) per milestone]}."""
    found = milestones_on(plan.sub_project.project.programme, day, reader=reader)
    return {
        unit.printed_name: [
            (str(cell["rate"]) if cell["rate"] is not None else None, cell["status"], cell["days"])
            for row in plan.milestones.order_by("due_on")
            if (cell := found.cells[row.pk, unit.pk])
        ]
        for unit in participants.values()
    }


def test_r11_on_a_day_each_milestone_is_met_missed_near_or_not_due(plan, participants):
    day = datetime.date(2020, 9, 1)

    rows = told(plan, participants, day, EVERYTHING)

    # 太和县: August 45 ÷ 100 = 45.00 ≥ 30; 60 is due in 9 days, 100 in 121 (29 + 31 + 30 + 31)
    assert rows["太和县"] == [("45.00", "attained", 63), ("45.00", "due_soon", 9), ("45.00", "not_due", 121)]
    # 界首市: the draft does not count, July's 100 ÷ 200 = 50.00 is in force
    assert rows["界首市"] == [("50.00", "attained", 63), ("50.00", "due_soon", 9), ("50.00", "not_due", 121)]
    assert {status for _, status, _ in rows["市本级"]} == {"no_task"}
    # The sum is that of July, all of which is there: (20 + 100) ÷ (100 + 200) = 40.00; August still lacks 界首市
    assert rows["全市"][0] == ("40.00", "attained", 63)


def test_r11_after_its_date_a_threshold_is_missed_by_days_and_a_blank_is_not_zero(plan, participants):
    before_any_report = told(plan, participants, JUNE_30 + datetime.timedelta(days=1), EVERYTHING)
    late = told(plan, participants, datetime.date(2020, 8, 1), EVERYTHING)

    assert before_any_report["太和县"][0] == (None, "not_reported", 1)
    # 20 ÷ 100 = 20.00 < 30 on 1 August, 32 days after 30 June
    assert late["太和县"][0] == ("20.00", "missed", 32)


def test_level_milestone_is_held_against_the_rate_s_own_value(indicators, july, participants):
    level = indicators["合格率"]
    factories.MilestoneFactory(indicator=level, due_on=JUNE_30, measure="value", threshold=Decimal(60))
    report = factories.ReportFactory(period=july, participant=participants["341222"])
    factories.FigureFactory(report=report, indicator=level, value=Decimal("63"), updated_by=factories.UserFactory())

    found = milestones_on(july.programme, AUGUST_31, reader=EVERYTHING)

    [cell] = [cell for (_, unit), cell in found.cells.items() if unit == participants["341222"].pk]
    # 63 ÷ 90 = 70.00; the threshold of 60 is 60 ÷ 90 = 66.67 as a rate
    assert (str(cell["rate"]), str(cell["step"]), cell["status"]) == ("70.00", "66.67", "attained")


def test_where_the_lead_agency_reports_its_newest_report_is_in_force_for_all(
    programme, indicators, july, participants, lead_agency, lead_officer
):
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    roads = indicators["里程"]
    factories.MilestoneFactory(indicator=roads, due_on=JUNE_30)
    report = factories.ReportFactory(period=july, participant=None, agency=lead_agency, state="submitted")
    setter = factories.UserFactory()
    for code, value in (("341222", 60), ("341282", 90)):
        unit = participants[code]
        factories.FigureFactory(report=report, participant=unit, indicator=roads, value=value, updated_by=setter)

    rows = told(roads, participants, AUGUST_31, reader_of(lead_officer, programme))

    # 60 ÷ 100 and 90 ÷ 200 against 50; together 150 ÷ 300
    assert [rows[name][0][:2] for name in ("太和县", "界首市", "全市")] == [
        ("60.00", "attained"),
        ("45.00", "missed"),
        ("50.00", "attained"),
    ]


def test_county_sees_others_and_the_sum_from_issued_months_only(plan, participants, other_clerk, july):
    reader = reader_of(other_clerk, july.programme)

    rows = told(plan, participants, AUGUST_31, reader)

    # 太和县's August, submitted and not issued, is not 界首市's to see: July's 20 ÷ 100 stands
    assert rows["太和县"][0][:2] == ("20.00", "missed")
    assert rows["全市"][0][:2] == ("40.00", "attained")


def test_figure_of_another_unit_before_any_issued_month_is_not_public(indicators, period, participants, other_clerk):
    roads = indicators["里程"]
    factories.MilestoneFactory(indicator=roads, due_on=JUNE_30)
    report = factories.ReportFactory(period=period, participant=participants["341222"], state="submitted")
    factories.FigureFactory(report=report, indicator=roads, updated_by=factories.UserFactory())

    rows = told(roads, participants, AUGUST_31, reader_of(other_clerk, period.programme))

    assert rows["太和县"] == [(None, "not_public", 62)]
    assert rows["全市"] == [(None, "not_public", 62)]
    assert rows["界首市"] == [(None, "not_reported", 62)]


def test_page_filters_names_bad_days_and_asks_the_same_number_of_queries(
    client, plan, city_officer, participants, django_assert_max_num_queries
):
    client.force_login(city_officer)
    address = reverse("projects:milestone-list", args=["fuyang-2020"])
    wrong, other_year = client.get(f"{address}?day=8月"), client.get(f"{address}?day=2021-01-01")
    client.get(address)
    with django_assert_max_num_queries(20):
        few = client.get(f"{address}?day=2020-08-01&show=missed").content.decode()
    for code in range(5):
        factories.ParticipantFactory(programme=plan.sub_project.project.programme, code=str(code))
        factories.MilestoneFactory(indicator=plan, due_on=datetime.date(2020, 10, code + 1), threshold=70)

    with django_assert_max_num_queries(20):
        many = client.get(f"{address}?day=2020-08-01&unit=341222").content.decode()

    assert wrong.status_code == other_year.status_code == 422
    assert "“8月”不是日期，请写成 2020-08-31 的样子" in wrong.content.decode()
    assert "2021-01-01不在2020年度" in other_year.content.decode()
    assert "逾期32天" in few
    assert "9月10日" not in few.split("plan-table")[1]
    assert all(word in many for word in ("9月10日", '<svg viewBox="0 0 1240', "20.00%"))


def test_day_of_another_years_programme_is_that_of_its_newest_period(july):
    day, wrong = day_of(july.programme, "", datetime.date(2026, 5, 1))

    assert (day, wrong) == (datetime.date(2020, 7, 31), "")


def test_chart_draws_steps_from_the_first_milestone_to_the_years_end_and_the_day(plan, july, participants):
    found = milestones_on(july.programme, AUGUST_31, reader=EVERYTHING, unit=participants["341222"])
    milestones = list(plan.milestones.order_by("due_on"))
    cells = {row.pk: found.cells[row.pk, participants["341222"].pk] for row in milestones}

    chart = chart_of([Band("里程", milestones, cells, found.points[plan.pk])], [], AUGUST_31, "太和县")

    band = chart.bands[0]
    # The band is 92 high over its floor at 22 + 50 + 92 = 164: 30 % lies at 164 − 27.6, 60 at 164 − 55.2, 100 at 72.
    # 30 June is day 182 of 366: 48 + 181 ÷ 366 × 1028 = 556.4; 10 September 48 + 253 ÷ 366 × 1028 = 758.6.
    assert band["steps"] == "556.4,136.4 758.6,136.4 758.6,108.8 1076.0,108.8 1076.0,72.0 1076,72.0"
    assert [rate for _, rate in found.points[plan.pk]] == [Decimal("20.00"), Decimal("45.00")]
    assert (band["end_label"], chart.day["label"]) == ("太和县 45.00%", "8月31日")


def test_r11_line_of_a_cell_s_year_goes_in_stairs_between_thresholds(july):
    year = [
        {"ends_on": datetime.date(2020, month, 28), "rate": Decimal(50), "expected_rate": expected, "average": None}
        for month, expected in ((5, None), (6, Decimal(50)), (7, Decimal(50)), (8, Decimal(100)))
    ]

    chart = year_chart(year, july, has_plan=True)

    # Months lie 300 ÷ 11 apart from 30 on: June 166.4, July 193.6, August 220.9; 50 % at 10 + 48, 100 % at 10.
    assert chart["expected"] == "166.4,58.0 193.6,58.0 220.9,58.0 220.9,10.0"
    assert chart["expected_label"] == "节点"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"threshold": Decimal(20)}, "6月30日要求完成 30%，10月31日却只要求完成 20%：后面的节点不能低于前面的。"),
        ({"threshold": Decimal(101)}, "节点的完成率不能超过100%，现在是101%。"),
        ({"due_on": datetime.date(2021, 1, 1)}, "时限2021-01-01不在2020年度。"),
        ({"due_on": datetime.date(2020, 7, 31)}, "7月31日在已通报的2020年1—7月之内"),
        ({"due_on": datetime.date(2020, 12, 31)}, "“里程”在12月31日已有节点，请直接改那一个。"),
        ({"measure": "value"}, "“里程”不是比率或标准，节点请写完成率。"),
    ],
)
def test_milestone_that_cannot_be_is_refused_and_nothing_is_stored(plan, city_officer, changes, sentence):
    wanted = {"due_on": datetime.date(2020, 10, 31), "measure": "rate", "threshold": Decimal(70), "text": ""} | changes

    with pytest.raises(Refused, match=sentence):
        add_milestone(indicator=plan, by=city_officer, **wanted)

    assert plan.milestones.count() == 3


def test_city_office_adds_changes_and_removes_and_issued_ones_stay(plan, city_officer, clerk):
    wanted = {"due_on": datetime.date(2020, 10, 31), "measure": "rate", "threshold": Decimal(70), "text": " 建成七成 "}
    added = add_milestone(indicator=plan, by=city_officer, **wanted)
    changed = change_milestone(milestone=added, by=city_officer, **wanted | {"threshold": Decimal(75)})
    issued = plan.milestones.get(due_on=JUNE_30)

    with pytest.raises(Refused, match="已通报的2020年1—7月"):
        remove_milestone(milestone=issued, by=city_officer)
    with pytest.raises(NotAllowed):
        remove_milestone(milestone=changed, by=clerk)
    remove_milestone(milestone=changed, by=city_officer)

    assert (added.text, changed.threshold) == ("建成七成", Decimal(75))
    assert not Milestone.objects.filter(pk=added.pk).exists()
    verbs = ["add_milestone", "change_milestone", "remove_milestone"]
    assert list(AuditEvent.objects.filter(verb__in=verbs).order_by("pk").values_list("verb", flat=True)) == verbs


@pytest.fixture
def task(indicators, participants):
    """3月20日前 太和县's 方案备案, of the sub-project the lead agency leads."""
    return factories.DatedTaskFactory(
        sub_project=indicators["里程"].sub_project, participant=participants["341222"], printed_due="3月20日前"
    )


def test_dated_task_is_done_near_or_missed_by_days(task):
    done_late = factories.DatedTaskFactory.build(due_on=task.due_on, done_on=datetime.date(2020, 3, 25))

    # March has 31 days: 6 March is 14 days before the 20th
    assert status_on(task, datetime.date(2020, 3, 5)) == ("not_due", 15)
    assert status_on(task, datetime.date(2020, 3, 6)) == ("due_soon", 14)
    assert status_on(task, datetime.date(2020, 3, 24)) == ("overdue", 4)
    # On 24 March it was not done yet, whatever is known today
    assert status_on(done_late, datetime.date(2020, 3, 24)) == ("overdue", 4)
    assert status_on(done_late, datetime.date(2020, 3, 31)) == ("done", 5)


def test_responsible_records_a_task_with_evidence_once_and_the_office_takes_it_back(
    task, clerk, filler, lead_officer, city_officer
):
    done = {"done_on": datetime.date(2020, 3, 18), "evidence_note": "太民生办〔2020〕3号"}

    with pytest.raises(NotAllowed, match="不由您负责"):
        complete_dated_task(task=task, by=filler, **done)
    for wrong in (
        {"evidence_note": "  "},
        {"done_on": datetime.date(2999, 1, 1)},
        {"done_on": datetime.date(2012, 3, 1)},
    ):
        with pytest.raises(Refused):
            complete_dated_task(task=task, by=clerk, **done | wrong)
    complete_dated_task(task=task, by=clerk, **done)
    with pytest.raises(Refused, match="已经登记为完成"):
        complete_dated_task(task=task, by=lead_officer, **done)
    with pytest.raises(NotAllowed):
        undo_dated_task(task=task, reason="未备案", by=clerk)
    with pytest.raises(Refused, match="写明原因"):
        undo_dated_task(task=task, reason=" ", by=city_officer)
    undo_dated_task(task=task, reason="文号查无此件", by=city_officer)

    assert (task.done_on, task.evidence_note) == (None, "")
    event = AuditEvent.objects.get(verb="undo_dated_task")
    assert (event.reason, event.before["evidence_note"]) == ("文号查无此件", "太民生办〔2020〕3号")


def test_missed_task_is_on_the_lists_of_who_answers_for_it(task, clerk, lead_officer, city_officer, other_clerk):
    told_to = {
        user.username: [row for row in to_do_for(user) if "限期任务" in row.label]
        for user in (clerk, lead_officer, city_officer, other_clerk)
    }

    assert not told_to.pop("other_clerk")
    for [entry] in told_to.values():
        assert (entry.label, entry.note) == ("限期任务1 件已逾期", "太和县方案备案（3月20日前）")


def test_office_keeps_the_list_of_dated_tasks_and_a_done_one_stays(task, city_officer, clerk):
    day, sub_project = datetime.date(2020, 4, 15), task.sub_project

    added = add_dated_task(
        sub_project=sub_project, due_on=day, text=" 招投标完成 ", printed_due="4月中旬前", by=city_officer
    )
    change_dated_task(task=added, due_on=day, text="设计和招投标完成", participant=task.participant, by=city_officer)
    with pytest.raises(NotAllowed):
        remove_dated_task(task=added, by=clerk)
    complete_dated_task(task=task, done_on=datetime.date(2020, 3, 18), evidence_note="备案回执", by=clerk)
    for refused in (remove_dated_task, functools.partial(change_dated_task, due_on=day, text="验收")):
        with pytest.raises(Refused, match=r"“方案备案”已登记完成，不能.*先撤回完成登记。"):
            refused(task=task, by=city_officer)
    remove_dated_task(task=added, by=city_officer)

    assert list(DatedTask.objects.values_list("text", flat=True)) == ["方案备案"]
    removed = AuditEvent.objects.get(verb="remove_dated_task")
    assert (removed.before["text"], removed.before["participant"]) == ("设计和招投标完成", "太和县")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": " "}, "请写明限期任务做什么。"),
        ({"due_on": datetime.date(2021, 3, 20)}, "时限2021年3月20日不在2020年度。"),
        ({}, "2020年3月20日已有同样的限期任务“方案备案”，不用再加。"),
        ({"agency": factories.AgencyFactory}, "不在阜阳市，也不是考核单位的部门，请另选责任单位。"),
        ({"participant": factories.ParticipantFactory}, "不是“阜阳市2020年民生工程”的考核单位。"),
    ],
    ids=["no words", "another year", "twice", "foreign agency", "foreign unit"],
)
def test_dated_task_that_cannot_be_is_refused_and_nothing_is_stored(task, city_officer, wrong, sentence):
    given = {"due_on": task.due_on, "text": task.text, "participant": task.participant}
    wrong = {name: value() if isinstance(value, type) else value for name, value in wrong.items()}

    with pytest.raises(Refused, match=sentence):
        add_dated_task(sub_project=task.sub_project, by=city_officer, **given | wrong)

    assert DatedTask.objects.count() == 1


def test_form_of_a_dated_task_without_a_date_comes_back_filled_and_stores_nothing(task, city_officer, client):
    client.force_login(city_officer)
    address = reverse("projects:dated-task-new", args=["fuyang-2020"])

    typed = {"sub_project": task.sub_project_id, "text": "结项验收", "due_on": "", "printed_due": "9月下旬"}
    back = client.post(address, typed)
    stored = client.post(address, typed | {"due_on": "2020-09-30"}, follow=True)

    page = back.content.decode()
    assert back.status_code == 422
    assert "请填时限。" in page
    assert "结项验收" in page
    assert "9月下旬" in page
    assert "已增加限期任务：9月30日 结项验收。" in stored.content.decode()
    assert DatedTask.objects.count() == 2


def test_labels_of_milestones_ten_days_apart_do_not_touch(plan, july, participants):
    unit = participants["341222"]
    factories.MilestoneFactory(indicator=plan, due_on=datetime.date(2020, 9, 20), threshold=Decimal(60))
    found = milestones_on(july.programme, AUGUST_31, reader=EVERYTHING, unit=unit)
    milestones = list(plan.milestones.order_by("due_on"))
    cells = {row.pk: found.cells[row.pk, unit.pk] for row in milestones}

    chart = chart_of([Band("里程", milestones, cells, [])], [], AUGUST_31, "太和县")

    _, first, second, _ = chart.bands[0]["marks"]
    # Both ask for 60 %, ten days are 10 ÷ 366 × 1028 = 28.1 apart, and a label takes 104: one above, one below.
    assert (round(second["x"] - first["x"], 1), second["y"] - first["y"]) == (28.1, 0)
    assert (first["label_y"] - first["y"], second["label_y"] - second["y"]) == (-8, 16)
