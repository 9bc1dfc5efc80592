"""周调度: what moved, what is due, what is overdue, within the reader's own scope."""

import datetime
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.models import Inspection, InspectionFinding
from supervision.pages import weekly
from supervision.pages.weekly import Item, WeeklyPage
from supervision.services.rectification import assign_rectification, open_rectification
from tests import factories
from tests.supervision.months import report_unit
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = datetime.date(2020, 9, 3)
ADDRESS = "/programmes/fuyang-2020/weekly/?day=2020-09-03"


@world
def tasks(period, participants, indicators):
    """限期任务 of roads: 太和县's on 1 September, 界首市's on the 10th, everybody's on the 11th, one on the 18th."""
    roads = indicators["里程"].sub_project
    rows = [
        ("341222", "2020-09-01", "上报路基验收"),
        ("341282", "2020-09-10", "上报路面验收"),
        (None, "2020-09-11", "报送现场照片"),
        (None, "2020-09-18", "不在两周之内"),
    ]
    return [
        factories.DatedTaskFactory(
            sub_project=roads,
            participant=participants[code] if code else None,
            due_on=datetime.date.fromisoformat(due_on),
            text=text,
        )
        for code, due_on, text in rows
    ]


def page_of(period, user, **given):
    return WeeklyPage(period.programme, user, DAY, **given)


def texts(items):
    return [item.text for item in items]


def test_week_parts_overdue_next_and_later_days(period, tasks, leader):
    page = page_of(period, leader)

    # 3 September and seven days are the 10th, fourteen the 17th.
    assert texts(page.overdue) == ["上报路基验收"]
    assert texts(page.next_week) == ["上报路面验收"]
    assert texts(page.later) == ["报送现场照片"]


def test_week_of_a_county_has_its_own_and_of_an_agency_what_it_leads(period, tasks, clerk, lead_officer, other_clerk):
    seen = {}
    for user in (clerk, other_clerk, lead_officer):
        page = page_of(period, user)
        seen[user.username] = texts([*page.overdue, *page.next_week, *page.later])

    assert seen == {
        "clerk": ["上报路基验收", "报送现场照片"],
        "other_clerk": ["上报路面验收", "报送现场照片"],
        "lead_officer": ["上报路基验收", "上报路面验收", "报送现场照片"],
    }


def test_week_shows_reports_and_figures_that_moved(period, participants, indicators, city_officer, other_clerk, clerk):
    report_unit(period, participants["341222"], indicators, {"里程": "60", "人数": "1000"}, by=city_officer)
    today = timezone.localdate()

    moved = {
        user.username: texts(WeeklyPage(period.programme, user, today).moved)
        for user in (city_officer, clerk, other_clerk)
    }

    assert sorted(moved["clerk"]) == ["2020年1—8月月报提交", "2020年1—8月月报通过", "8月数据填报或修改 2 格"]
    assert moved["city_officer"] == moved["clerk"]
    assert moved["other_clerk"] == []


def test_week_groups_by_unit_and_links_each_line(client, period, tasks, participants, city_officer, leader):
    row = open_rectification(
        programme=period.programme,
        source="audit",
        problem="路基没有压实。",
        participant=participants["341282"],
        deadline=datetime.date(2020, 9, 4),
        by=city_officer,
    )
    assign_rectification(item=row, by=city_officer)
    client.force_login(leader)

    response = client.get(ADDRESS)

    text = response.content.decode()
    next_week = response.context["parts"][1]
    assert [group["name"] for group in next_week["groups"]] == ["界首市"]
    assert texts(next_week["groups"][0]["lines"]) == [f"{row.seq}号 路基没有压实。", "上报路面验收"]
    assert f"/rectification/{row.pk}/" in text
    assert client.get(f"{ADDRESS}&by=place").status_code == 404
    wrong = client.get("/programmes/fuyang-2020/weekly/?day=明天")
    assert wrong.status_code == 422
    assert "“明天”不是日期" in wrong.content.decode()


def test_week_says_how_many_units_a_line_of_several_stands_under(client, period, tasks, participants, leader):
    for unit in ("341222", "341282"):
        factories.DatedTaskFactory(
            sub_project=tasks[0].sub_project,
            participant=participants[unit],
            due_on=datetime.date(2020, 9, 2),
            text=f"整理{unit}",
        )
    page = page_of(period, leader)
    page.overdue[0] = replace(page.overdue[0], units=("太和县", "界首市"))

    parts = {part["code"]: part for part in page.parts()}

    # Three lines, one of them under two units: 2 + 2 of two units, where there are 3.
    assert [len(group["lines"]) for group in parts["overdue"]["groups"]] == [2, 2]
    assert parts["overdue"]["counted"] == "3 件，涉及 2 个单位"
    assert parts["next-week"]["counted"] == "1 件"
    page.by = ""
    assert page.parts()[0]["counted"] == "3 件"


def test_week_shows_what_visits_found_until_it_is_closed(
    client, period, participants, indicators, inspector, clerk, other_clerk, leader
):
    project = indicators["里程"].sub_project.project
    visit = Inspection.objects.create(
        programme=period.programme,
        visited_on=datetime.date(2020, 8, 20),
        participant=participants["341222"],
        project=project,
        state="recorded",
        recorded_at=timezone.now(),
        client_key=uuid.uuid4(),
        added_by=inspector,
    )
    InspectionFinding.objects.create(
        inspection=visit,
        programme=period.programme,
        found_on=visit.visited_on,
        participant=visit.participant,
        project=project,
        reason="progress",
        also=["stopped"],
        problem="路基停工十天。",
    )
    before = WeeklyPage(period.programme, leader, datetime.date(2020, 8, 19))

    (slow,) = page_of(period, leader).standing

    assert (slow.kind, slow.text, slow.units) == ("进度滞后、现场停工", "1 农村道路：路基停工十天。", ("太和县",))
    assert slow.url == f"/inspections/{visit.pk}/"
    assert before.standing == []
    assert [page_of(period, user).standing for user in (clerk, other_clerk)] == [[], []]
    client.force_login(leader)
    assert "督查发现的慢项目" in client.get(ADDRESS).content.decode()


def test_week_asks_the_same_number_of_queries_whatever_the_rows(client, period, tasks, participants, leader):
    client.force_login(leader)
    client.get(ADDRESS)

    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(ADDRESS)
    for day in range(4, 12):
        factories.DatedTaskFactory(
            sub_project=tasks[0].sub_project,
            participant=participants["341282"],
            due_on=datetime.date(2020, 9, day),
            text=f"第{day}件",
        )
    with CaptureQueriesContext(connection) as many:
        client.get(ADDRESS)

    assert len(many) == len(few)
    assert len(few) < 45


def test_source_registers_what_is_due(period, leader, monkeypatch):
    monkeypatch.setattr(weekly, "_due", {})
    weekly.register_due("mine", lambda asked: [Item(asked.day, "会议", "调度会", "/", ("太和县",))])

    assert texts(page_of(period, leader).next_week) == ["调度会"]
