"""完成预测: what is left ÷ months left against the best month of the year, by hand."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from projects.models import Figure, Report, ReportingPeriod
from supervision.outlook import outlook_of
from supervision.pages.outlook_page import OutlookPage, sentence, word
from supervision.scope import StandingsScope
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.boards import make_board
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

EVERYTHING = StandingsScope(everything=True)
#: Name → target and cumulative figures of January to August; four months are left.
LINES = {
    # 5 5 10 12 8 6 4 10 came in; 120 − 60 = 60 are left, 60 ÷ 4 = 15 a month; 15 ÷ 12 = 1.25
    "提速": (120, [5, 10, 20, 32, 40, 46, 50, 60]),
    # 12 in each of the first three months, (8 + 4 + 4) ÷ 3 = 5.33 in the last; 32 ÷ 4 = 8 is within 12, not within 5.3
    "按期": (100, [12, 24, 36, 44, 52, 60, 64, 68]),
    # 8 every month, 32 ÷ 4 = 8 are needed
    "相等": (96, [8, 16, 24, 32, 40, 48, 56, 64]),
    # 30 in January; 300 ÷ 4 = 75; 75 ÷ 30 = 2.5
    "难": (400, [30, 40, 50, 60, 70, 80, 90, 100]),
    # 25 every month: 204 ÷ 4 = 51, 51 ÷ 25 = 2.04, printed 2.0; 205 ÷ 4 = 51.25, ÷ 25 = 2.05, printed 2.1
    "两倍": (404, [25, 50, 75, 100, 125, 150, 175, 200]),
    "两倍多": (405, [25, 50, 75, 100, 125, 150, 175, 200]),
    # 101 ÷ 4 = 25.25, ÷ 25 = 1.01: more than the best month, and it does not print as 1.0
    "略超": (301, [25, 50, 75, 100, 125, 150, 175, 200]),
    # a correction takes 10 back; 20 in January stays the best: 60 ÷ 4 = 15
    "更正": (100, [20, 10, 15, 20, 25, 30, 35, 40]),
    "停": (50, [0, 0, 0, 0, 0, 0, 0, 0]),
    # 40 in four months, 20 in four: 10 and 5 a month at the least; 60 ÷ 4 = 15, and 10 ÷ 4 = 2.5
    "缺月": (120, [None, None, None, 40, None, None, None, 60]),
    "缺月够快": (70, [None, None, None, 40, None, None, None, 60]),
    "完成": (60, [5, 10, 20, 32, 40, 46, 50, 60]),
    # 约100, 5 % off: 95 is done
    "约": (100, [10, 20, 30, 40, 50, 60, 80, 95]),
    "目标零": (0, [0, 0, 0, 0, 0, 0, 0, 0]),
    # as 提速, in two months: 30 ÷ 12 = 2.5; in one, by the first milestone that asks for all: 60 ÷ 12 = 5
    "早": (120, [5, 10, 20, 32, 40, 46, 50, 60]),
    "节点": (120, [5, 10, 20, 32, 40, 46, 50, 60]),
    "过": (120, [5, 10, 20, 32, 40, 46, 50, 60]),
    "未报": (120, [5, 10, 20, 32, 40, 46, 50, None]),
    "无任务": ("no_task", [None] * 8),
    # not judged: month-end counts, rates, ceilings, growth
    "月末数": (120, [60] * 8),
    "比率": (90, [60] * 8),
    "不超过": (120, [60] * 8),
    "增幅": (5, [1] * 8),
}
FIELDS = {
    "约": {"direction": "about"},
    "月末数": {"accumulation": "stock"},
    "比率": {"accumulation": "level"},
    "不超过": {"direction": "at_most"},
    "增幅": {"kind": "growth"},
}


def add_month(board, month, *, units=None, state="approved"):
    """Add a month with a report of each unit: unit → report."""
    period = factories.PeriodFactory(programme=board.period.programme, month=month)
    return {
        unit: factories.ReportFactory(period=period, participant=participant, state=state)
        for unit, participant in board.participants.items()
        if units is None or unit in units
    }


def fill(report, figures, setter):
    """Give a report its figures, as (indicator, value)."""
    Figure.objects.bulk_create(
        Figure(
            period=report.period,
            participant=report.participant,
            report=report,
            indicator=indicator,
            value=value,
            updated_by=setter,
        )
        for indicator, value in figures
        if value is not None
    )


@world
def year(database):
    """One unit with eight months of every line of LINES, and the person who looks at them."""
    board = make_board(["太和县"])
    setter = factories.UserFactory()
    for name, (target, figures) in LINES.items():
        board.indicator(name, [("太和县", target, figures[-1])], **FIELDS.get(name, {}))
    for name, due_on in [("早", "2020-10-15"), ("过", "2020-07-31")]:
        sub_project = board.indicators[name].sub_project
        sub_project.due_on = datetime.date.fromisoformat(due_on)
        sub_project.save()
    for due_on, threshold in [("2020-06-30", 50), ("2020-09-30", 100), ("2020-11-30", 100)]:
        factories.MilestoneFactory(
            indicator=board.indicators["节点"], due_on=datetime.date.fromisoformat(due_on), threshold=threshold
        )
    for month in range(1, 8):
        report = add_month(board, month)["太和县"]
        fill(report, [(board.indicators[name], figures[month - 1]) for name, (_, figures) in LINES.items()], setter)
    officer = factories.grant(factories.UserFactory(), "city_office", region=board.period.programme.owner)
    return board, officer


def row_of(board, outlook, name, unit="太和县"):
    return outlook.rows[board.indicators[name].pk, board.participants[unit].pk]


def text_of(number) -> str | None:
    return None if number is None else f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def test_outlook_lines_of_august_are_judged_by_the_best_month(year):
    board, officer = year

    outlook = outlook_of(board.period, None, officer)

    found = {}
    for name in list(LINES)[:19]:
        row = row_of(board, outlook, name)
        numbers = (text_of(row[key]) for key in ("remaining", "needed", "best", "times"))
        found[name] = (*numbers, row["state"])
    assert found == {
        "提速": ("60", "15", "12", "1.3", "faster"),
        "按期": ("32", "8", "12", None, "on_track"),
        "相等": ("32", "8", "8", None, "on_track"),
        "难": ("300", "75", "30", "2.5", "out_of_reach"),
        "两倍": ("204", "51", "25", "2", "faster"),
        "两倍多": ("205", "51.3", "25", "2.1", "out_of_reach"),
        "略超": ("101", "25.3", "25", "1.1", "faster"),
        "更正": ("60", "15", "20", None, "on_track"),
        "停": ("50", "12.5", "0", None, "no_pace"),
        "缺月": ("60", "15", "10", "1.5", "no_months"),
        "缺月够快": ("10", "2.5", "10", None, "on_track"),
        "完成": (None, None, "12", None, "done"),
        "约": (None, None, "20", None, "done"),
        "目标零": (None, None, "0", None, "done"),
        "早": ("60", "30", "12", "2.5", "out_of_reach"),
        "节点": ("60", "60", "12", "5", "out_of_reach"),
        "过": ("60", None, "12", None, "past_due"),
        "未报": (None, None, "12", None, "not_reported"),
        "无任务": (None, None, None, None, "no_task"),
    }


def test_outlook_leaves_out_what_does_not_add_up_over_the_year(year):
    board, officer = year

    outlook = outlook_of(board.period, None, officer)

    names = {row.name for row in outlook.indicators.values()}
    assert names == set(LINES) - {"月末数", "比率", "不超过", "增幅"}


def test_outlook_sentence_shows_the_sum(year):
    board, officer = year

    outlook = outlook_of(board.period, None, officer)

    left, best = "剩4个月（到12月31日），每月需", "今年最快一月"
    expected = {
        "提速": f"还差60个，{left}15个；{best}（4月）新增12个，15÷12＝1.3 → 需提速1.3倍",
        "按期": f"还差32个，{left}8个；{best}（3月）新增12个 → 可按期（近3个月平均每月5.3个，低于所需）",
        "难": f"还差300个，{left}75个；{best}（1月）新增30个，75÷30＝2.5 → 难以完成",
        "停": f"还差50个，{left}12.5个；今年各月没有新增，照此完不成",
        "缺月": f"还差60个，{left}15个；今年1—4月平均每月新增10个 → 月数不足",
        "早": f"还差60个，剩2个月（到10月15日），每月需30个；{best}（4月）新增12个，30÷12＝2.5 → 难以完成",
        "过": "还差60个，时限2020年7月31日已到 → 到期未完成",
        "未报": "未报送",
        "完成": "",
    }
    assert {name: sentence(row_of(board, outlook, name), "个") for name in expected} == expected


def test_outlook_list_of_what_is_missed_has_the_worst_first(year):
    board, officer = year

    page = OutlookPage(outlook_of(board.period, None, officer), EVERYTHING)

    said = [(page.row(row)["label"], word(row)) for row in page.chosen]
    assert said == [
        ("过", "到期未完成"),
        ("停", "没有新增"),
        ("节点", "难以完成"),
        ("难", "难以完成"),
        ("早", "难以完成"),
        ("两倍多", "难以完成"),
        ("两倍", "需提速2.0倍"),
        ("提速", "需提速1.3倍"),
        ("略超", "需提速1.1倍"),
    ]


def test_outlook_over_snapshots_says_the_same(year):
    board, officer = year
    live = outlook_of(board.period, None, officer).rows
    april = ReportingPeriod.objects.get(programme=board.period.programme, ends_on__month=4)
    snapshots = [freeze_snapshot(period=period, by=officer) for period in (april, board.period)]
    ReportingPeriod.objects.filter(pk=april.pk).update(state="closed", closed_at=timezone.now(), closed_by=officer)

    frozen = outlook_of(board.period, snapshots[-1], officer)

    assert [row.snapshot for row in frozen.months] == [None, None, None, snapshots[0], None, None, None]
    assert frozen.rows == live


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        # 20 in the first month: 100 ÷ 11 = 9.1 is within it; 提速: 115 ÷ 11 = 10.5 is not within 5, but it is January
        (1, {"更正": "on_track", "提速": "no_months", "停": "no_months"}),
        # (120 − 20) ÷ 9 = 11.1 ÷ 10 = 1.1
        (3, {"更正": "on_track", "提速": "faster", "停": "no_pace"}),
    ],
)
def test_outlook_of_the_first_months_says_nothing_worse_than_on_time(year, month, expected):
    board, officer = year
    period = ReportingPeriod.objects.get(programme=board.period.programme, ends_on__month=month)

    outlook = outlook_of(period, None, officer)

    assert {name: row_of(board, outlook, name)["state"] for name in expected} == expected


def test_outlook_of_december_has_no_month_left(year):
    board, officer = year
    report = add_month(board, 12)["太和县"]
    figures = [(board.indicators["提速"], Decimal(119)), (board.indicators["按期"], Decimal(100))]
    fill(report, figures, factories.UserFactory())

    outlook = outlook_of(report.period, None, officer)

    assert {name: row_of(board, outlook, name)["state"] for name in ("提速", "按期")} == {
        "提速": "past_due",
        "按期": "done",
    }


@pytest.mark.parametrize(
    ("july", "late_state", "expected"),
    [
        # July 30 + 15 = 45 in seven months, August 60 − 45 = 15 in one; 100 − 60 = 40, 40 ÷ 4 = 10 ≤ 15
        (15, "approved", ("on_track", "15")),
        # Without July of one the sum of July is not known: 60 in eight months are 7.5 each, less than 10
        (None, "approved", ("no_months", "7.5")),
        # A sum that leaves a unit out is not judged (R5)
        (15, "draft", ("incomplete", None)),
    ],
)
def test_outlook_of_the_whole_uses_months_every_unit_is_known_in(july, late_state, expected):
    board = make_board(["太和县", "界首市"], unreported=["界首市"] if late_state == "draft" else ())
    board.indicator("里程", [("太和县", 60, 40), ("界首市", 40, 20), ("全市", 100, None)])
    reports, setter = add_month(board, 7, units=["太和县", "界首市"]), factories.UserFactory()
    fill(reports["太和县"], [(board.indicators["里程"], Decimal(30))], setter)
    fill(reports["界首市"], [(board.indicators["里程"], july)], setter)
    officer = factories.grant(factories.UserFactory(), "city_office", region=board.period.programme.owner)

    row = row_of(board, outlook_of(board.period, None, officer), "里程", "全市")

    assert (row["state"], None if late_state == "draft" else text_of(row["best"])) == expected


def test_outlook_counts_figures_of_submitted_reports_only(year):
    board, officer = year
    Report.objects.filter(period__ends_on__month=4).update(state="draft")

    row = row_of(board, outlook_of(board.period, None, officer), "提速")

    # April is not known: May stands for two months, 40 − 20 = 20 ÷ 2 = 10 each, as much as March's and August's 10.
    assert (text_of(row["best"]), row["month"], row["span"]) == ("10", 8, 1)
