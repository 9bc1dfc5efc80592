"""The entry page as those meet it who fill 131 lines a month: keys, blocks, the clipboard, and nothing lost."""

from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from livelihood.demo_logins import DEMO_PASSWORD
from livelihood.models import User
from projects.services.reports import return_report
from tests.browser.entry import (
    CELLS,
    LOST,
    ROWS,
    august,
    cell,
    notes_of,
    open_report,
    paste,
    stored,
    wait_for_saved,
)
from tests.browser.test_accessibility import findings
from tests.support import processes
from tests.support.browser import LARGE, SMALL, focused, visitors_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def report(busy_demo):
    """颍上县's report of the open month, which nobody has begun to fill."""
    return august("341226")


@pytest.fixture
def clerk(people, report):
    return open_report(people.enter("yingshang_clerk"), report)


def log_in_here(page, username):
    """Fill in the login page one was sent to."""
    page.fill("[name=username]", username)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")


def test_two_clerks_in_one_cell_choose_which_figure_stands(people, clerk, report):
    head = open_report(people.enter("yingshang_head"), report)
    first, second = cell(clerk, 24, 1), cell(clerk, 24, 3)
    cell(head, 24, 1).fill("40.85")
    cell(head, 24, 3).fill("43.20")
    head.keyboard.press("Control+s")
    wait_for_saved(head)

    first.fill("38.60")
    second.fill("45.20")
    clerk.keyboard.press("Control+s")

    notes = notes_of(clerk, first)
    expect(notes).to_contain_text("存为 40.85，您填的是 38.60")
    expect(clerk.locator("[data-status=conflict]")).to_have_text("! 冲突 2")
    notes.get_by_role("button", name="用 40.85").click()
    expect(first).to_have_value("40.85")
    clerk.get_by_role("button", name="用 45.20").click()
    expect(clerk.locator("[data-status=conflict]")).to_be_hidden()
    wait_for_saved(clerk)
    assert stored(report, first).value == Decimal("40.85")
    assert stored(report, second).value == Decimal("45.20")
    assert stored(report, second).updated_by.username == "yingshang_clerk"


def test_keyboard_alone_fills_confirms_copies_and_takes_back(clerk, report):
    five = [cell(clerk, 7, nth) for nth in range(4)]
    names = [locator.get_attribute("name") for locator in five]
    last_month = [locator.get_attribute("data-carried") for locator in five]
    five[0].focus()

    clerk.keyboard.press("Space")
    clerk.keyboard.press("Enter")
    clerk.keyboard.type("0.4")
    clerk.keyboard.press("ArrowUp")
    assert focused(clerk) == names[0]
    clerk.keyboard.press("ArrowDown")
    clerk.keyboard.press("Shift+ArrowDown")
    clerk.keyboard.press("Shift+ArrowDown")
    clerk.keyboard.press("Control+d")
    assert [locator.input_value() for locator in five] == [last_month[0], "0.4", "0.4", "0.4"]
    clerk.keyboard.press("Control+s")
    wait_for_saved(clerk)

    clerk.keyboard.press("Control+z")
    assert [locator.input_value() for locator in five] == [last_month[0], "0.4", "", ""]
    clerk.keyboard.press("Control+y")
    assert [locator.input_value() for locator in five][2:] == ["0.4", "0.4"]
    clerk.keyboard.press("Control+z")
    clerk.keyboard.press("Control+s")
    wait_for_saved(clerk)
    assert [stored(report, locator).state for locator in five] == ["reported", "reported", "blank", "blank"]
    # Cleared again, the cell offers last month's figure.
    expect(five[2]).to_have_attribute("placeholder", last_month[2])

    clerk.keyboard.press("F2")
    clerk.keyboard.type("5")
    assert five[1].input_value() in ("0.45", "0.405")
    clerk.keyboard.press("Escape")
    assert Decimal(five[1].input_value()) == Decimal("0.4")
    clerk.keyboard.press("Tab")
    assert focused(clerk) == "r" + names[1][1:]
    clerk.keyboard.press("Shift+Tab")
    clerk.keyboard.press("ArrowRight")
    assert focused(clerk) == "r" + names[1][1:]
    clerk.keyboard.press("ArrowLeft")
    clerk.keyboard.press("Alt+Enter")
    expect(clerk.locator("#cell-panel h2")).to_be_visible()
    clerk.keyboard.press("Escape")
    assert focused(clerk) == names[1]


def test_block_is_copied_for_a_spreadsheet_and_a_paste_is_one_step_to_undo(clerk, report):
    three = [cell(clerk, 8, nth) for nth in range(3)]
    three[0].focus()
    paste(clerk, '１,0００\t"两行\r\n备注"\r\n\u00a0900 \t\r\n\t没有数\r\n')
    assert [locator.input_value() for locator in three] == ["１,0００", "900", ""]
    expect(clerk.locator("[data-band=paste]")).to_contain_text("粘贴 3 行：填入 4 格")
    clerk.keyboard.press("Control+s")
    wait_for_saved(clerk)
    assert stored(report, three[0]).value == 1000
    assert stored(report, three[0]).remark == "两行 备注"

    clerk.keyboard.press("Shift+ArrowDown")
    clerk.keyboard.press("Shift+ArrowRight")
    copied = clerk.evaluate(
        """() => {
            const data = new DataTransfer();
            const event = new ClipboardEvent("copy", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
            return [data.getData("text/plain"), data.getData("text/html")];
        }"""
    )
    assert copied[0] == "1,000\t两行 备注\r\n900.00\t"
    assert copied[1].startswith("<table><tbody><tr><td>1,000</td>")

    clerk.keyboard.press("Escape")
    clerk.keyboard.press("Control+z")
    clerk.keyboard.press("Control+s")
    wait_for_saved(clerk)
    assert [locator.input_value() for locator in three] == ["", "", ""]
    assert [figure.state for locator in three if (figure := stored(report, locator))] == ["blank"] * 3


def test_reason_for_a_flag_travels_with_its_figure_and_goes_with_it(clerk, report):
    mine = cell(clerk, 5)
    target = Decimal(mine.locator("xpath=ancestor::tr").locator("[data-col=target]").inner_text().replace(",", ""))
    notes = notes_of(clerk, mine)
    # Twice the target: more than 120 % of it.
    mine.fill(str(target * 2))
    clerk.keyboard.press("Control+s")
    expect(notes).to_contain_text("提示")

    reason = notes.get_by_role("textbox")
    reason.fill("含上年结转")
    reason.press("Enter")
    expect(clerk.locator("[data-status=waiting]")).to_be_hidden()
    expect(mine.locator("xpath=ancestor::tr")).to_contain_text("已说明")
    assert list(stored(report, mine).flags.values_list("reason", flat=True)) == ["含上年结转"]
    assert reason.input_value() == "含上年结转"
    # Enter in a field saves; it presses none of the buttons that confirm last month.
    expect(clerk.locator("[data-band=paste]")).to_have_count(0)

    mine.fill(str(target))
    clerk.keyboard.press("Control+s")
    expect(notes).to_be_hidden()
    assert stored(report, mine).flags.count() == 0


def test_panel_beside_a_cell_takes_evidence_without_leaving_the_table(clerk, report):
    mine = cell(clerk, 9)
    mine.focus()
    clerk.keyboard.press("Alt+Enter")
    panel = clerk.locator("#cell-panel")
    # The smallest file that begins and ends as a PDF does.
    file = {"name": "验收.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"}
    panel.locator("input[type=file]").set_input_files(file)
    panel.get_by_role("button", name="上传").click()

    expect(panel).to_contain_text("已上传佐证 验收.pdf")
    expect(panel.get_by_role("link", name="验收.pdf")).to_be_visible()
    expect(mine.locator("xpath=ancestor::tr")).to_contain_text("佐证 1")
    panel.get_by_role("button", name="Esc 关闭").click()
    expect(panel).to_be_hidden()


# Columns of the pasted block, what arrives in the two columns, and what is said of it.
BLOCKS = [
    ("1\n2", [["1"], ["2"]], ""),
    ("甲\t5\n乙\t6", [["5"], ["6"]], "左边 1 列文字没有用"),
    ("本月累计\t备注\n5\t好", [["5", "好"]], "表头"),
    ("5\t好\t多\t余", [["5", "好"]], "右边多出的 2 列没有用"),
    ("无任务\n0\n\n7", [["无任务"], ["0"], [""], ["7"]], ""),
]


def test_clipboard_is_read_cell_by_cell(clerk):
    for text, rows, words in BLOCKS:
        plan = clerk.evaluate("text => entry.paste.arrange(entry.paste.parseText(text), 'value', 2)", text)
        assert (plan["rows"], words in "；".join(plan["notes"])) == (rows, True), text
    refused = clerk.evaluate("entry.paste.arrange([['甲', '10', '5'], ['乙', '20', '6']], 'value', 2).refused")
    assert "好几列数" in refused
    table = (
        "<table><tr><td rowspan=2>甲</td><td>1</td></tr>"
        "<tr style='display:none'><td>x</td></tr><tr><td>2</td></tr></table>"
    )
    assert clerk.evaluate("html => entry.paste.parseHtml(html)", table) == [["甲", "1"], ["", "2"]]
    assert clerk.evaluate("text => entry.paste.parseText(text)", '"a\tb""c"\t“引”\n"开头不是引号\tx') == [
        ['a b"c', "“引”"],
        ['"开头不是引号', "x"],
    ]


def test_paste_that_does_not_fit_is_refused_or_told_line_by_line(clerk):
    cells = clerk.locator(CELLS)
    before = cells.first.input_value()
    cells.first.focus()

    paste(clerk, "1\n" * 5001)
    expect(clerk.locator("[data-band=paste]")).to_contain_text("一次最多粘贴 5000 格")
    assert cells.first.input_value() == before

    cells.last.focus()
    last = cells.last.input_value()
    paste(clerk, "0\n" * 40)
    expect(clerk.locator("[data-band=paste]")).to_contain_text("行在表里没有对应的行，没有填，仍在剪贴板里")
    clerk.keyboard.press("Control+z")
    assert cells.last.input_value() == last

    clerk.locator("input[name^='r-']").first.focus()
    paste(clerk, "甲\t乙\n")
    expect(clerk.locator("[data-band=paste]")).to_contain_text("右边多出的 1 列没有用")


def test_closed_tab_and_expired_login_keep_the_cells(people, clerk, report):
    people.expected += [LOST, "status of 401"]
    context = clerk.context
    mine = cell(clerk, 10)
    name = mine.get_attribute("name")
    context.set_offline(True)
    mine.fill("7")
    clerk.keyboard.press("Control+s")
    expect(clerk.locator("[data-band=network]")).to_contain_text("1 格还没有送到服务器")
    clerk.close()
    context.set_offline(False)

    again = context.new_page()
    people.pages["yingshang_clerk"] = again
    open_report(again, report)
    band = again.locator("[data-band=left]")
    expect(band).to_contain_text("上次有 1 格没有送到")
    band.get_by_role("button", name="看一看").click()
    expect(band).to_contain_text("没送到的是“7”")
    Session.objects.all().delete()
    band.get_by_role("button", name="恢复并送出").click()

    refused = again.locator("[data-band=refused]")
    expect(refused).to_contain_text("登录已过期：1 格还没有送出")
    refused.get_by_role("link", name="重新登录").click()
    log_in_here(again, "yingshang_clerk")
    again.wait_for_url(f"**/reports/{report.pk}/")
    again.locator("[data-band=left]").get_by_role("button", name="恢复并送出").click()
    wait_for_saved(again)
    assert stored(report, again.locator(f"[name='{name}']")).value == 7
    assert again.evaluate("Object.keys(localStorage).length") == 0


def test_login_in_another_window_renews_the_page_and_another_account_sends_nothing(people, clerk, report):
    people.expected += ["status of 401", "status of 403"]
    mine = cell(clerk, 11)
    window = clerk.context.new_page()
    clerk.context.clear_cookies()
    mine.fill("3")
    clerk.keyboard.press("Control+s")
    expect(clerk.locator("[data-band=refused]")).to_be_visible()

    window.goto("/login/")
    log_in_here(window, "yingshang_head")
    window.wait_for_url(lambda url: "/login/" not in url)
    clerk.get_by_role("button", name="再送一次").click()
    expect(clerk.locator("[data-band=refused]")).to_contain_text("现在登录的是另一个账号")
    assert stored(report, mine) is None
    open_report(window, report)
    expect(window.locator("[data-band=others]")).to_contain_text("别的账号没有送出的格")
    expect(window.locator("[data-band=left]")).to_have_count(0)

    window.context.clear_cookies()
    window.goto("/login/")
    log_in_here(window, "yingshang_clerk")
    window.wait_for_url(lambda url: "/login/" not in url)
    clerk.get_by_role("button", name="再送一次").click()
    wait_for_saved(clerk)
    assert stored(report, mine).value == 3


def test_logout_asks_what_becomes_of_unsent_cells(people, clerk, report):
    people.expected.append(LOST)
    mine = cell(clerk, 12)
    clerk.route("**/cells/", lambda route: route.abort())
    mine.fill("2")
    clerk.keyboard.press("Control+s")
    expect(clerk.locator("[data-band=network]")).to_be_visible()

    clerk.locator(".bar-person > summary").click()
    clerk.get_by_role("button", name="退出登录").click()
    question = clerk.locator(".logout-question")
    expect(question).to_contain_text("还有 1 格没有送到服务器")
    question.get_by_role("button", name="留在这台电脑，退出").click()
    clerk.wait_for_url("**/login/**")
    clerk.unroute("**/cells/")
    log_in_here(clerk, "yingshang_clerk")
    clerk.wait_for_url(lambda url: "/login/" not in url)
    open_report(clerk, report)
    expect(clerk.locator("[data-band=left]")).to_contain_text("上次有 1 格没有送到")

    clerk.locator(".bar-person > summary").click()
    clerk.get_by_role("button", name="退出登录").click()
    question.get_by_role("button", name="删掉再退出").click()
    clerk.wait_for_url("**/login/**")
    assert clerk.evaluate("Object.keys(localStorage).length") == 0


def test_restarted_server_and_a_batch_that_is_refused_lose_nothing(request, chromium, busy_demo, tmp_path):
    report = return_report(report=august("341221"), by=User.objects.get(username="city_office"), reason="请核对")
    web, address = processes.start_web(tmp_path / "web.log")
    with visitors_of(request.node, chromium, address, logs=[web.log]) as visitors:
        visitors.expected += [LOST, "status of 409"]
        page = open_report(visitors.enter("linquan_clerk"), report)
        mine = cell(page, 4)
        web.kill()
        mine.fill("35.50")
        page.keyboard.press("Control+s")
        expect(page.locator("[data-band=network]")).to_contain_text("1 格还没有送到服务器")

        web, _ = processes.start_web(tmp_path / "again.log", address=address)
        wait_for_saved(page)
        assert stored(report, mine).value == Decimal("35.50")

        head = open_report(visitors.enter("linquan_head"), report)
        head.get_by_role("button", name="审核人签字").click()
        expect(head.locator(".title-facts .state")).to_contain_text("已签字")
        mine.fill("36")
        page.keyboard.press("Control+s")
        refused = page.locator("[data-band=refused]")
        expect(refused).to_contain_text("1 格没有存，还留在浏览器里")
        assert mine.input_value() == "36"
        assert stored(report, mine).value == Decimal("35.50")
        page.reload()
        expect(page.locator("[data-band=left]")).to_contain_text("上次有 1 格没有送到")
        expect(page.get_by_role("button", name="恢复并送出")).to_have_count(0)
    web.kill()


def test_filter_of_the_address_shows_its_lines_and_a_filled_one_stays(clerk, report):
    open_report(clerk, report, "?show=carried")
    lines = clerk.locator(f"{ROWS}:visible")
    shown = lines.count()
    assert 0 < shown < 131
    mine = lines.last.locator("input[name^='f-']")
    mine.focus()
    clerk.keyboard.press("Space")
    clerk.keyboard.press("Control+s")
    wait_for_saved(clerk)
    expect(lines).to_have_count(shown)

    clerk.locator("[data-filter='blank']").click()
    assert "show=blank" in clerk.url
    clerk.locator("[data-filter='']").click()
    assert "show" not in clerk.url
    expect(lines).to_have_count(131)
    clerk.locator("tbody[data-section='1'] [data-fold]").click()
    expect(cell(clerk, 1)).to_be_hidden()
    clerk.reload()
    expect(cell(clerk, 1)).to_be_hidden()
    clerk.locator("[data-strip='1']").click()
    expect(cell(clerk, 1)).to_be_visible()


def test_page_without_scripts_is_a_form_that_saves(people, report):
    page = people.enter("yingshang_clerk", java_script_enabled=False)
    page.goto(f"/reports/{report.pk}/")
    mine = cell(page, 13)
    mine.fill("5")
    page.get_by_role("button", name="保存", exact=True).click()

    expect(page.locator("#messages")).to_contain_text("已保存 1 格")
    assert stored(report, mine).value == 5
    page.locator("button[name=carry][value*='-']").last.click()
    expect(page.locator("#messages")).to_contain_text("已沿用上月 1 格")


@pytest.mark.parametrize("size", [SMALL, pytest.param(LARGE, marks=pytest.mark.long)], ids=["small", "large"])
def test_page_with_everything_open_has_no_accessibility_finding(people, report, size):
    page = open_report(people.enter("yingshang_clerk", size=size), report)
    cell(page, 14).fill("不是数")
    page.keyboard.press("Control+s")
    expect(page.locator(".note-error")).to_be_visible()
    cell(page, 16).focus()
    paste(page, "1\t甲\n2\t乙\n")
    wait_for_saved(page)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Alt+Enter")
    expect(page.locator("#cell-panel h2")).to_be_visible()
    page.get_by_role("button", name="快捷键和粘贴").click()

    found = findings(page)

    assert found == []
