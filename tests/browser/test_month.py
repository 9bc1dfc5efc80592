"""A clerk's whole month, walked and timed: from the login to the submitted report, by keyboard where a person would."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from livelihood.demo_logins import DEMO_PASSWORD
from livelihood.models import Agency, RoleGrant, User
from projects.models import BureauSignature, Figure, FigureRevision
from tests.browser.entry import CELLS, LOST, ROWS, august, cell, open_report, paste, stored, wait_for_saved
from tests.support import processes
from tests.support.browser import Hands, visitors_of
from tests.support.demo import demo_database

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

BUREAU = "颍上县教育局"
IN_REASON = "(element.name || '').startsWith('w-')"
#: Indicators of the county's workbook whose figure is not last month's and a little more: two that cannot be stored,
#: and three that raise a flag each (less than in July, more than 1.2 × 1101 = 1321.2, the same as in July).
WRONG = {"新增农村危房改造": "约310", "法律援助案件": "-1"}
ODD = {"残疾儿童康复训练": "200", "就业见习": "400", "资助幼儿": "1253"}
REASONS = ["核减重复统计 5 名", "企业见习岗位扩招", "秋季学期还没有发放"]


@pytest.fixture
def report(django_db_setup, django_db_blocker):
    """颍上县's report in a demo of its own; nobody has begun to fill it. One bureau has somebody who fills."""
    with django_db_blocker.unblock(), demo_database():
        report = august("341226")
        agency = Agency.objects.get(region=report.participant.region, name=BUREAU)
        filler = User.objects.create(username="yingshang_education", full_name=f"{BUREAU}填报人", agency=agency)
        RoleGrant.objects.create(user=filler, role=RoleGrant.Role.FILLER, agency=agency, granted_by=filler)
        yield report


@pytest.fixture
def visitors(request, chromium, report, tmp_path):
    web, address = processes.start_web(tmp_path / "web.log")
    with visitors_of(request.node, chromium, address, logs=[web.log]) as visitors:
        yield visitors
    web.kill()


def test_month_of_a_clerk_from_login_to_submission(visitors, report, stopwatch):
    page = visitors.open("clerk")
    hands = Hands(page)
    log_in_and_open(hands, report)
    stopwatch.lap("log in and open")
    carry_everything(hands, report)
    stopwatch.lap("carry all of last month")
    paste_with_the_answer_lost(visitors, hands, report)
    stopwatch.lap("paste 131 lines, answer lost, sent again")
    correct_what_was_refused(hands)
    stopwatch.lap("correct two")
    explain_flags(hands, report)
    stopwatch.lap("explain three flags")

    sign_for_the_bureau(visitors.enter("yingshang_education"), report)
    stopwatch.lap("bureau signs")
    correct_and_sign(visitors.enter("yingshang_head"), report)
    stopwatch.lap("head corrects and signs")
    submit(hands, report)
    stopwatch.lap("submit")

    stopwatch.note = f"; the clerk: {hands.keys} keys, {hands.clicks} clicks"


def log_in_and_open(hands, report):
    """Without a mouse, over the list of what is to be done today."""
    page = hands.page
    page.goto("/login/")
    hands.press_until("Tab", "element.name === 'username'")
    hands.type("yingshang_clerk")
    hands.press("Tab")
    hands.type(DEMO_PASSWORD)
    hands.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    hands.press_until("Tab", "element.matches('main a') && element.href.includes('/report')")
    hands.press("Enter")
    page.wait_for_url(f"**/reports/{report.pk}/")
    expect(page.locator("#entry[data-ready]")).to_be_attached()


def carry_everything(hands, report):
    """全部沿用: every cell that had a figure last month has it now, stored."""
    page = hands.page
    empty = page.locator(f"{ROWS} td.is-carried")
    offered = empty.count()
    assert offered > 100

    hands.click(page.get_by_role("button", name="全部沿用"))
    wait_for_saved(page)

    expect(empty).to_have_count(0)
    assert Figure.objects.filter(report=report, state="reported").count() == offered


def paste_with_the_answer_lost(visitors, hands, report):
    """The county's own workbook over it all, figure and remark; the answer is lost on its way."""
    page = hands.page
    visitors.expected.append(LOST)
    lines = workbook(page)
    assert len(lines) == 131
    batches = []

    def lose_the_first_answer(route):
        batches.append(route.request.post_data_json["key"])
        response = route.fetch()
        if len(batches) == 1:
            route.abort()
        else:
            route.fulfill(response=response)

    page.route("**/cells/", lose_the_first_answer)
    hands.click(page.locator(CELLS).first)
    hands.keys += 1
    paste(page, "".join(f"{line}\t第{nth}行\r\n" for nth, line in enumerate(lines)))
    expect(page.locator("[data-band=network]")).to_contain_text("还没有送到服务器")
    expect(page.locator("[data-band=network]")).to_have_count(0)
    wait_for_saved(page)
    page.unroute("**/cells/")

    # The server had stored them the first time: the same batch came again, and nothing is there twice.
    assert len(batches) == 2
    assert batches[0] == batches[1]
    written = FigureRevision.objects.filter(figure__report=report, new_remark__startswith="第")
    assert written.count() == page.locator(CELLS).count() - len(WRONG)
    assert stored(report, page.locator(CELLS).first).remark == "第0行"
    expect(page.locator("[data-status=invalid]")).to_have_text("× 无效 2")


def workbook(page):
    """Return the county's column of figures: one step more than last month, and of a sum what its parts give."""
    rows = page.locator(ROWS).evaluate_all(
        """lines => lines.map((line) => {
            const text = (column) => line.querySelector(`[data-col=${column}]`).firstChild.textContent.trim();
            const name = line.querySelector(".row-name").textContent;
            return [name, text("target"), text("last"), line.querySelector("input") !== null];
        })"""
    )
    lines = []
    for name, target, last, is_typed in rows:
        if not is_typed:
            lines.append("无任务")
        elif name in WRONG | ODD:
            lines.append((WRONG | ODD)[name])
        elif name == "新型职业农民培训合计":
            # Five kinds of them are trained here, one more of each.
            lines.append(str(Decimal(last) + 5))
        else:
            lines.append(one_step_more(Decimal(last.replace(",", "")), Decimal(target.replace(",", ""))))
    return lines


def one_step_more(last, target):
    """Return last month's figure and one unit of its last decimal while the target is not reached, as WPS shows it."""
    value = last + Decimal(1).scaleb(last.as_tuple().exponent) if last < target else last
    return f"{value:,}"


def correct_what_was_refused(hands):
    """Ctrl+S goes to the refused cell; typing replaces what stands in it."""
    page = hands.page
    for name, value in (("新增农村危房改造", "310"), ("法律援助案件", "1,000")):
        hands.press("Control+s")
        mine = page.locator(f"#entry input[name^='f-'][aria-label^='{name} ']")
        expect(mine).to_be_focused()
        expect(mine).to_have_attribute("aria-invalid", "true")
        hands.type(value)
    hands.press("Control+s")
    expect(page.locator("[data-status=invalid]")).to_be_hidden()
    wait_for_saved(page)
    # What is stored is kept nowhere else.
    assert page.evaluate("Object.keys(localStorage).length") == 0


def explain_flags(hands, report):
    """Only the flagged lines; Tab leads from reason to reason, Enter sends."""
    page = hands.page
    unexplained = page.locator(f"{ROWS}[data-states~=flagged]")
    expect(unexplained).to_have_count(3)
    hands.click(page.locator("[data-filter=flagged]"))
    for reason in REASONS:
        hands.press_until("Tab", IN_REASON)
        hands.type(reason)
    hands.press("Enter")
    expect(unexplained).to_have_count(0)
    wait_for_saved(page)
    explained = Figure.objects.filter(report=report, flags__reason__in=REASONS)
    assert set(explained.values_list("indicator__name", flat=True)) == set(ODD)


def sign_for_the_bureau(page, report):
    """The bureau sees its own items alone, filled by the county, and vouches for them."""
    open_report(page, report)
    assert page.locator("tbody[data-section]:has(tr[data-part=figures])").count() == 5
    page.get_by_role("button", name=f"{BUREAU}签字").click()
    expect(page.locator(".foot-bar")).to_contain_text(f"✓ {BUREAU}")
    assert BureauSignature.objects.filter(report=report, agency__name=BUREAU, withdrawn_at__isnull=True).exists()


def correct_and_sign(page, report):
    """The cell is still on its way when the head signs: signing waits for it and goes on by itself."""
    open_report(page, report)
    cell(page, 4).fill("34")
    page.get_by_role("button", name="审核人签字").click()
    expect(page.locator(".title-facts .state")).to_contain_text("已签字")
    assert Figure.objects.filter(report=report, value=34, updated_by__username="yingshang_head").count() == 1


def submit(hands, report):
    page = hands.page
    page.reload()
    hands.click(page.get_by_role("button", name="提交给市民生办"))
    expect(page.locator(".title-facts .state")).to_contain_text("已提交")
    report.refresh_from_db()
    assert report.state == "submitted"
    assert not Figure.objects.filter(report=report, state="blank").exists()
