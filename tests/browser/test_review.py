"""The round of a returned report in the browser: two cells go back, one is corrected, one explained, all approved."""

import pytest
from playwright.sync_api import expect

from projects.models import CellReview, Figure, Report
from tests.support.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def report(busy_demo):
    """颍泉区's report, which waits for review."""
    waiting = Report.objects.filter(state="submitted", participant__code="341204", period__state="open")
    return waiting.select_related("participant", "period").get()


@pytest.fixture
def cells(report):
    """Two of its figures, whose numbers may fall or rise by one without a flag that blocks."""
    figures = Figure.objects.filter(report=report, state="reported", value__gt=5, indicator__decimals=0)
    return list(figures.order_by("indicator__sub_project__project__seq", "indicator_id")[:2])


def test_two_cells_returned_one_corrected_one_answered_then_approved(people, stopwatch, report, cells):
    keys = [f"{row.participant_id}-{row.indicator_id}" for row in cells]
    office = people.enter("city_office")
    stopwatch.lap("log in")

    return_two(office, report, keys)
    stopwatch.lap("return two cells")
    clerk = people.enter("yingquan_clerk")
    correct(clerk, report, cells[0], keys[0])
    answer(clerk, report, keys[1])
    stopwatch.lap("correct one, answer one")
    head = people.enter("yingquan_head")
    head.goto(f"/reports/{report.pk}/")
    head.get_by_role("button", name="审核人签字").click()
    head.get_by_role("button", name="提交给市民生办").click()
    expect(head.get_by_role("button", name="提交给市民生办")).to_have_count(0)
    stopwatch.lap("sign and submit")
    pass_both_and_approve(office, report, keys)
    stopwatch.lap("pass and approve")

    assert Report.objects.get(pk=report.pk).state == "approved"
    verdicts = CellReview.objects.filter(report=report).order_by("indicator_id", "nth")
    assert [row.verdict for row in verdicts if f"{row.participant_id}-{row.indicator_id}" in keys] == [
        "returned",
        "passed",
    ] * 2


def return_two(page, report, keys):
    """Mark one line with the keyboard, one with the mouse, and send both back; approval is closed meanwhile."""
    page.goto(f"/reports/{report.pk}/review/?tab=all")
    page.locator(f"#row-{keys[0]}").focus()
    page.keyboard.press("r")
    page.keyboard.type("与台账不一致")
    page.locator(f"#row-{keys[1]} .act-return").click()
    page.locator(f"[name='reason-{keys[1]}']").fill("请核对单位")

    expect(page.locator("#approve")).to_be_disabled()
    expect(page.locator("#return-marked")).to_have_text(f"退回 2 格给{report.participant}")
    page.locator("#return-marked").click()
    expect(page.locator(".title-facts .state")).to_contain_text("已退回")


def correct(page, report, figure, key):
    """Type another number into the first cell, where the reviewer's reason stands."""
    page.goto(f"/reports/{report.pk}/")
    expect(page.locator("body")).to_contain_text("与台账不一致")
    page.locator(f"input[name='f-{key}']").fill(str(int(figure.value) + 1))
    page.keyboard.press("Control+s")
    changed = Figure.objects.filter(pk=figure.pk, value=figure.value + 1)
    wait_until(changed.exists, "the corrected figure is stored")


def answer(page, report, key):
    """Say why the second stands, on the cell's own page."""
    page.goto(f"/reports/{report.pk}/cells/{key}/?page=1")
    page.locator("[name=answer]").fill("已核对，数字属实")
    page.locator("[name=answer]").locator("xpath=ancestor::form").get_by_role("button", name="保存说明").click()
    said = CellReview.objects.filter(report=report, answer="已核对，数字属实")
    wait_until(said.exists, "the answer is stored")


def pass_both_and_approve(page, report, keys):
    """Both lines come first and say what became of them; they are passed by keyboard, and the report is approved."""
    page.goto(f"/reports/{report.pk}/review/")
    expect(page.locator(f"#row-{keys[0]}")).to_contain_text("已改")
    expect(page.locator(f"#row-{keys[1]}")).to_contain_text("已核对，数字属实")
    for key in keys:
        page.locator(f"#row-{key}").focus()
        page.keyboard.press("a")
        expect(page.locator(f"#row-{key} .act-pass")).to_have_class("act-pass is-passed")
    expect(page.locator("#review-foot")).to_contain_text("通过 2")

    page.locator("#approve").click()
    expect(page.locator("#messages")).to_contain_text(f"已审核通过{report.participant}的月报")
