"""The ranking page and the page of one indicator: what they say, and to whom."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from supervision.models import Document, DocumentSeries
from supervision.services.snapshots import freeze_snapshot
from supervision.templatetags.heat import heat_cells
from tests import factories
from tests.boards import make_board
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

OVERSEEING = ["city_officer", "leader", "inspector"]
OUTSIDERS = ["system_admin", "security_admin", "auditor", "stranger"]
OTHERS_FIGURES = ["界首市", "75.00", "63.62"]


def report_august(period, participants, indicators):
    """太和县 approved: 里程 40.85, 合格率 95, 人数 900. 界首市 submitted: 里程 150. Both sent; 市本级 not."""
    setter = factories.UserFactory()
    taihe = factories.ReportFactory(period=period, participant=participants["341222"], state="approved")
    jieshou = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    for report, name, value in [
        (taihe, "里程", "40.85"),
        (taihe, "合格率", "95"),
        (taihe, "人数", "900"),
        (jieshou, "里程", "150"),
    ]:
        factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value), updated_by=setter)


@world
def august(period, participants, indicators):
    """August's figures, with a 全省平均 of 67.3 for 里程."""
    report_august(period, participants, indicators)
    factories.BenchmarkFactory(period=period, indicator=indicators["里程"], value=Decimal("67.3"), decimals=1)
    return period


@pytest.fixture
def look(client, request):
    """Open a page as somebody of the cast: (name of the fixture, address) → response."""

    def open_page(person: str, address: str):
        client.force_login(request.getfixturevalue(person))
        return client.get(address)

    return open_page


def ranking_of(period, query="") -> str:
    return reverse("supervision:ranking", args=[period.programme.code, period.code]) + query


def indicator_of(period, indicator, query="") -> str:
    address = reverse("supervision:indicator-detail", args=[period.programme.code, period.code, indicator.pk])
    return address + query


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("person", OVERSEEING)
def test_ranking_open_month_who_oversees_sees_every_unit_place_and_list(look, august, person):
    factories.plain_scheme(august.programme)

    response = look(person, ranking_of(august))

    text = text_of(response)
    columns = {column["name"]: column for column in response.context["columns"]}
    # The arithmetic stands in test_standings_command: 80.21 and 18.75
    assert (columns["太和县"]["score"], columns["太和县"]["place"]) == ("80.21", 1)
    assert (columns["界首市"]["score"], columns["界首市"]["place"]) == ("18.75", 2)
    assert (columns["市本级"]["score"], columns["市本级"]["place"]) == ("未报送", None)
    assert "里程低于全省（67.3%）平均进度的有：太和县40.9%。" in text
    assert "63.62" in text


@pytest.mark.parametrize("person", ["clerk", "head"])
def test_ranking_open_month_county_sees_its_own_column_only(look, august, person):
    factories.plain_scheme(august.programme)

    response = look(person, ranking_of(august))

    text = text_of(response)
    assert [(column["name"], column["score"], column["place"]) for column in response.context["columns"]] == [
        ("太和县", "80.21", None)
    ]
    assert not [word for word in [*OTHERS_FIGURES, "平均进度的有"] if word in text]


def test_ranking_open_month_bureau_sees_only_what_it_fills(look, august):
    response = look("filler", ranking_of(august, "?open=1"))

    text = text_of(response)
    assert [row["name"] for row in response.context["rows"]] == ["农村道路"]
    assert [column["name"] for column in response.context["columns"]] == ["太和县"]
    assert response.context["columns"][0]["score"] == "—"
    assert "40.85" in text
    assert not [word for word in [*OTHERS_FIGURES, "困难救助"] if word in text]


def test_ranking_open_month_lead_agency_sees_its_indicators_of_all_units(look, august):
    factories.plain_scheme(august.programme)

    response = look("lead_officer", ranking_of(august, "?open=1"))

    text = text_of(response)
    assert [row["name"] for row in response.context["rows"]] == ["农村道路"]
    # No unit has a task for nothing in project 1: 市本级 is there with 合格率.
    assert [column["name"] for column in response.context["columns"]] == ["太和县", "界首市", "市本级"]
    assert {(column["score"], column["place"]) for column in response.context["columns"]} == {("—", None)}
    assert "里程低于全省（67.3%）平均进度的有：太和县40.9%。" in text
    assert "63.62" in text
    assert "困难救助" not in text


def test_ranking_lead_agency_of_one_sub_project_does_not_see_the_project_score(look, august, indicators):
    other = factories.SubProjectFactory(project=indicators["里程"].sub_project.project, name="养护")
    factories.IndicatorFactory(sub_project=other, name="养护里程")

    response = look("lead_officer", ranking_of(august))

    assert {cell["text"] for row in response.context["rows"] for cell in row["cells"]} == {"—"}


@pytest.mark.parametrize("person", OUTSIDERS)
@pytest.mark.parametrize("page", ["ranking", "indicator"])
def test_standings_pages_outside_the_scope_are_not_found(look, august, indicators, person, page):
    address = ranking_of(august) if page == "ranking" else indicator_of(august, indicators["里程"])

    response = look(person, address)

    assert response.status_code == 404


@pytest.mark.parametrize("person", ["city_officer", "clerk", "lead_officer", "filler"])
def test_ranking_latest_leads_to_the_newest_period_of_the_user(look, july, august, person):
    response = look(person, reverse("supervision:ranking-latest"))

    assert response.status_code == 302
    assert response.url == ranking_of(august)


@pytest.mark.parametrize("person", OUTSIDERS)
def test_ranking_latest_without_a_programme_in_scope_is_not_found(look, august, person):
    response = look(person, reverse("supervision:ranking-latest"))

    assert response.status_code == 404


def test_ranking_without_login_leads_to_the_login_page(client, august):
    response = client.get(ranking_of(august))

    assert response.status_code == 302
    assert response.url.startswith(reverse("livelihood:login"))


def test_ranking_counts_indicators_below_and_gives_no_flag_per_unit(look, august, indicators):
    factories.BenchmarkFactory(period=august, indicator=indicators["人数"], value=Decimal("92.00"), decimals=2)

    response = look("city_officer", ranking_of(august))

    # 太和县: 里程 40.9 < 67.3 (26.4 below, far) and 人数 90.00 < 92.00 (2 below). 界首市: 75.0; 人数 not reported.
    # 市本级 has not reported.
    assert [column["below"] for column in response.context["columns"]] == [2, 0, "—"]
    roads, relief = response.context["rows"]
    assert [(cell["sign"], cell["heat"]) for cell in roads["cells"]] == [
        ("▼1", "heat-far-below"),
        ("缺", "heat-ok"),  # 合格率 is missing and scores 0 (R13)
        ("", "heat-none"),
    ]
    assert [cell["sign"] for cell in relief["cells"]] == ["▽1", "缺", ""]
    assert [cell["text"] for cell in relief["cells"]] == ["90.00", "0.00", "未报送"]


def test_ranking_without_averages_has_no_list_and_the_office_a_link_to_enter_them(
    look, period, participants, indicators
):
    report_august(period, participants, indicators)

    office = look("city_officer", ranking_of(period))
    leader = look("leader", ranking_of(period))

    assert "全省平均还没有录入，名单暂不列出。" in text_of(office)
    assert "去录入" in text_of(office)
    assert "全省平均还没有录入，名单暂不列出。" in text_of(leader)
    assert "去录入" not in text_of(leader)
    assert [column["below"] for column in office.context["columns"]] == ["—", "—", "—"]


def test_ranking_without_a_scheme_marks_the_score_as_a_reference(look, august):
    response = look("city_officer", ranking_of(august))

    text = text_of(response)
    assert "参考得分" in text
    assert "没有考核办法，不作综合排名；得分仅供参考。" in text
    assert "综合位次" not in text
    assert [column["score"] for column in response.context["columns"]] == ["80.21", "18.75", "未报送"]


def test_ranking_by_place_orders_the_columns_by_place(look, august, participants):
    factories.plain_scheme(august.programme)
    participants["341222"].order = 99
    participants["341222"].save(update_fields=["order"])

    official = look("city_officer", ranking_of(august)).context["columns"]
    by_place = look("city_officer", ranking_of(august, "?order=place")).context["columns"]

    assert [column["name"] for column in official] == ["界首市", "市本级", "太和县"]
    assert [column["name"] for column in by_place] == ["太和县", "界首市", "市本级"]


def test_ranking_project_without_indicators_is_shown_as_text(look, august):
    factories.ProjectFactory(programme=august.programme, seq=3, name="资产收益扶贫", text="完成收益分配")

    rows = look("city_officer", ranking_of(august)).context["rows"]

    assert [cell["text"] for cell in rows[-1]["cells"]] == ["文字"] * 3
    assert rows[-1]["can_open"] is False


@pytest.mark.parametrize("query", ["?basis=9", "?basis=x", "?basis="])
def test_ranking_of_an_unknown_basis_is_not_found(look, august, query):
    response = look("city_officer", ranking_of(august, query))

    assert response.status_code == 404


@pytest.mark.parametrize(
    "path", ["fuyang-2020/2020-09", "fuyang-2020/2020-13", "fuyang-1999/2020-08", "%2E%2E%2F/2020-08"]
)
def test_ranking_of_an_unknown_period_is_not_found(look, august, path):
    response = look("city_officer", f"/programmes/{path}/ranking/")

    assert response.status_code == 404


@pytest.mark.parametrize("query", ["?open=x", "?open=99", f"?open={'9' * 5000}", "?order=worst"])
def test_ranking_with_a_strange_choice_shows_the_page(look, august, query):
    response = look("city_officer", ranking_of(august, query))

    assert response.status_code == 200


def test_indicator_page_shows_units_yardsticks_sum_and_list(look, august, indicators):
    response = look("city_officer", indicator_of(august, indicators["里程"]))

    text = text_of(response)
    page = response.context["page"]
    taihe, jieshou, own = page.rows
    assert (taihe["target"], taihe["value"], taihe["rate"], taihe["place"]) == ("100.00", "40.85", "40.85", 2)
    assert (taihe["expected"], taihe["gap_to_expected"]["text"]) == ("66.67", "−25.82")  # 8 ÷ 12
    assert taihe["gap_to_benchmark"]["text"] == "−26.4"  # 40.9 − 67.3
    assert taihe["gap_to_city"]["text"] == "−22.77"  # 40.85 − 63.62
    assert (jieshou["place"], jieshou["waits_for_approval"], taihe["waits_for_approval"]) == (1, True, False)
    assert (own["rate"], own["target"], own["place"]) == ("无任务", "/", None)
    assert (page.total["target"], page.total["value"], page.total["rate"]) == ("300.00", "190.85", "63.62")
    assert "里程低于全省（67.3%）平均进度的有：太和县40.9%。" in text
    assert "无任务1个：市本级。" in text
    assert "完成率＝累计完成÷目标×100%，不封顶，四舍五入到2位小数" in text
    assert "8÷12个月（规则R11）" in text
    assert "省民生办通报" in text


def test_indicator_page_sum_with_missing_units_names_them_and_gives_the_second_rate(look, august, indicators):
    response = look("city_officer", indicator_of(august, indicators["人数"]))

    text = text_of(response)
    # 900 ÷ 1000 = 90.00; 900 ÷ 3100 = 29.032…
    assert "全市合计（不含界首市、市本级）" in text
    assert "未报送单位的目标也计入分母时：29.03%" in text
    assert "未报送：界首市、市本级（不计入合计的两边，不是0）。" in text
    assert "未报送（按0分计）" in text
    assert response.context["page"].total["status"] is None


def test_indicator_page_target_not_split_is_asked_and_not_called_unreported(look, period):
    board = make_board(["甲县", "乙县"], period=period)
    # 乙县 has no target and the whole 300 > 100: something is left over (R5).
    split = board.indicator("拆分", [("甲县", 100, 50), ("乙县", None, None), ("全市", 300, None)])

    text = text_of(look("city_officer", indicator_of(period, split)))

    assert "任务未分解：" in text
    assert "请核实" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"direction": "at_most"}, "完成率＝目标÷实际×100%"),
        ({"direction": "about", "tolerance": Decimal("0.0500")}, "允许偏差5%"),
        ({"kind": "annual", "assessed": False}, "不计算完成率"),
    ],
)
def test_indicator_page_says_the_formula_of_its_direction(look, period, fields, words):
    board = make_board(["甲县"], period=period)
    indicator = board.indicator("别的", [("甲县", 100, 50), ("全市", 100, None)], **fields)

    text = text_of(look("city_officer", indicator_of(period, indicator)))

    assert words in text


def test_indicator_page_with_a_milestone_plan_names_the_milestones(look, period):
    board = make_board(["甲县"], period=period)
    indicator = board.indicator(
        "节点", [("甲县", 100, 50), ("全市", 100, None)], milestones=[("2020-06-30", "30.5"), ("2020-12-31", "100")]
    )

    response = look("city_officer", indicator_of(period, indicator))

    # The last milestone whose date has come asks for 30.5: 50.00 − 30.50 = +19.50 (R11)
    assert response.context["page"].rows[-1]["gap_to_expected"]["text"] == "+19.50"
    assert "节点计划代替时序（规则R11）：6月30日30.5%、12月31日100%" in text_of(response)
    assert "达到节点" in text_of(response)


def test_indicator_page_by_value_compares_the_figure_itself(look, period):
    board = make_board(["甲县", "乙县"], period=period)
    rows = [("甲县", "4.3", "4.5"), ("乙县", "4.3", "4.1"), ("全市", "4.3", "4.2")]
    indicator = board.indicator(
        "登记失业率", rows, unit="%", decimals=2, direction="at_most", accumulation="level", benchmark=("4.2", "value")
    )

    text = text_of(look("city_officer", indicator_of(period, indicator)))

    # At most: more is worse. 4.5 > 4.2, 4.1 is not.
    assert "登记失业率高于全省（4.2%）平均水平的有：甲县4.5%。" in text
    assert "按指标值比较" in text


def test_indicator_page_open_month_county_sees_its_own_line_only(look, august, indicators):
    response = look("clerk", indicator_of(august, indicators["里程"]))

    text = text_of(response)
    page = response.context["page"]
    assert [(row["name"], row["rate"], row["place"]) for row in page.rows] == [("太和县", "40.85", None)]
    assert page.rows[0]["gap_to_city"]["text"] == "—"
    assert page.total is None
    assert "67.3%" in text
    assert not [word for word in [*OTHERS_FIGURES, "平均进度的有"] if word in text]


def test_indicator_page_open_month_lead_agency_sees_its_own_indicators_of_all_units(look, august, indicators):
    own = look("lead_officer", indicator_of(august, indicators["里程"]))
    other = look("lead_officer", indicator_of(august, indicators["人数"]))

    assert [row["place"] for row in own.context["page"].rows] == [2, 1, None]
    assert own.context["page"].total["rate"] == "63.62"
    assert other.status_code == 404


def test_indicator_page_bureau_sees_only_what_it_fills(look, august, indicators):
    own = look("filler", indicator_of(august, indicators["里程"]))
    other = look("filler", indicator_of(august, indicators["人数"]))

    assert [row["name"] for row in own.context["page"].rows] == ["太和县"]
    assert own.context["page"].total is None
    assert other.status_code == 404


def test_indicator_page_of_another_programme_is_not_found(look, august):
    elsewhere = factories.IndicatorFactory()

    response = look("city_officer", indicator_of(august, elsewhere))

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_standings_pages_take_no_writes(client, city_officer, august, method):
    client.force_login(city_officer)

    response = getattr(client, method)(ranking_of(august))

    assert response.status_code == 405


def close(period, state):
    period.state, period.closed_at, period.closed_by = state, timezone.now(), factories.UserFactory()
    period.save(update_fields=["state", "closed_at", "closed_by"])


@world
def frozen(august, city_officer):
    """August with its scheme, frozen as snapshot 1: 界首市's report is not approved and so not in it."""
    factories.plain_scheme(august.programme)
    freeze_snapshot(period=august, by=city_officer)
    return august


def test_ranking_open_month_shows_live_figures_first_and_the_snapshot_on_request(look, frozen):
    live = look("city_officer", ranking_of(frozen))
    snapshot = look("city_officer", ranking_of(frozen, "?basis=1"))

    assert "计已提交和已审核的月报" in text_of(live)
    assert "快照1" in text_of(snapshot)
    assert [column["score"] for column in live.context["columns"]] == ["80.21", "18.75", "未报送"]
    assert [column["score"] for column in snapshot.context["columns"]] == ["80.21", "未报送", "未报送"]


def test_ranking_closed_month_shows_the_snapshot_first_and_a_county_its_own_line(look, frozen):
    close(frozen, "closed")

    office = look("city_officer", ranking_of(frozen))
    clerk = look("clerk", ranking_of(frozen))
    other_basis = look("clerk", ranking_of(frozen, "?basis=1"))

    assert office.context["snapshot"].version == 1
    assert [column["name"] for column in clerk.context["columns"]] == ["太和县"]
    assert "界首市" not in text_of(clerk)
    assert other_basis.status_code == 404


@pytest.mark.parametrize("person", ["clerk", "filler", "lead_officer"])
def test_standings_pages_issued_month_everybody_sees_all_units_from_the_snapshot(look, frozen, indicators, person):
    close(frozen, "issued")

    ranking = look(person, ranking_of(frozen))
    page = look(person, indicator_of(frozen, indicators["里程"])).context["page"]

    assert ranking.context["snapshot"].version == 1
    assert [(column["name"], column["place"]) for column in ranking.context["columns"]] == [
        ("太和县", 1),
        ("界首市", None),
        ("市本级", None),
    ]
    # 界首市's report was not approved: 40.85 ÷ 100, without its 200
    assert page.total["rate"] == "40.85"
    assert page.total["excluding"] == "（不含界首市）"
    assert [row["status"] for row in page.rows] == ["behind", "not_reported", "no_task"]


def test_ranking_issued_month_county_does_not_see_live_figures(look, frozen):
    close(frozen, "issued")

    response = look("clerk", ranking_of(frozen, "?basis=live"))

    assert response.status_code == 404


def test_ranking_issued_month_county_sees_the_snapshot_of_the_issued_paper_not_a_later_one(
    look, frozen, office, city_officer
):
    issued = frozen.snapshots.get()
    freeze_snapshot(period=frozen, by=city_officer, reason="更正")
    Document.objects.create(
        series=DocumentSeries.objects.create(agency=office, word="民生办", year=2020),
        period=frozen,
        title="通报",
        snapshot=issued,
        sha256="0" * 64,
        drafted_by=city_officer,
        state="issued",
        number=7,
        issued_on=frozen.ends_on,
        issued_at=timezone.now(),
        issued_by=city_officer,
    )
    close(frozen, "issued")

    clerk = look("clerk", ranking_of(frozen))
    later = look("clerk", ranking_of(frozen, "?basis=2"))
    officer = look("city_officer", ranking_of(frozen))

    assert clerk.context["snapshot"].version == 1
    assert later.status_code == 404
    assert officer.context["snapshot"].version == 2


def test_r19_ranking_place_moved_by_a_target_change_says_so(look, period, participants, indicators, city_officer):
    july = factories.PeriodFactory(programme=period.programme, month=7)
    factories.plain_scheme(period.programme)
    setter = factories.UserFactory()
    for month in (july, period):
        for code, value in [("341222", 60), ("341282", 100)]:
            report = factories.ReportFactory(period=month, participant=participants[code])
            factories.FigureFactory(report=report, indicator=indicators["里程"], value=value, updated_by=setter)
        if month is july:
            freeze_snapshot(period=july, by=city_officer)
    # July: 60 ÷ 100 before 100 ÷ 200. From August 界首市 has to do 110 only: 90.91 before 60.00.
    factories.TargetFactory(
        indicator=indicators["里程"], participant=participants["341282"], revision=2, value=110,
        valid_from=period.ends_on.replace(day=1), reason="调减", set_by=setter,
    )  # fmt: skip

    response = look("city_officer", ranking_of(period))

    columns = {column["name"]: column for column in response.context["columns"]}
    assert (columns["界首市"]["place"], columns["界首市"]["place_change"]) == (1, 1)
    assert (columns["太和县"]["place"], columns["太和县"]["place_change"]) == (2, -1)
    assert columns["界首市"]["target_adjusted"] is True
    assert columns["太和县"]["target_adjusted"] is False
    assert "因任务调整" in text_of(response)


def count_queries(client, address) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("person", ["city_officer", "clerk", "lead_officer"])
def test_standings_pages_take_the_same_number_of_queries_whatever_the_rows(
    client, request, august, participants, indicators, person
):
    client.force_login(request.getfixturevalue(person))
    addresses = [ranking_of(august, "?open=1"), indicator_of(august, indicators["里程"])]
    few = [count_queries(client, address) for address in addresses]
    setter = factories.UserFactory()
    for number in range(12):
        added = factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, order=number)
        factories.SubProjectFactory(project=factories.ProjectFactory(programme=august.programme, seq=100 + number))
        unit = factories.ParticipantFactory(programme=august.programme)
        for participant in [unit, *participants.values()]:
            factories.TargetFactory(indicator=added, participant=participant, set_by=setter)
        report = factories.ReportFactory(period=august, participant=unit)
        factories.FigureFactory(report=report, indicator=added, updated_by=setter)
        factories.BenchmarkFactory(period=august, indicator=added, confirmed_by=setter)

    many = [count_queries(client, address) for address in addresses]

    assert many == few
    assert max(few) <= 25


def test_heat_cells_escape_their_text_and_leave_out_the_slot_where_nothing_is_compared():
    cells = [
        {"text": "<85.71>", "heat": "heat-below", "sign": "▽2", "has_slot": True, "why": "../why/1/2/?a&b"},
        {"text": "无任务", "heat": "heat-none", "sign": "", "has_slot": False, "why": ""},
    ]

    assert heat_cells(cells, "num small") == (
        '<td class="num small heat-below"><a data-why href="../why/1/2/?a&amp;b">&lt;85.71&gt;</a>'
        '<span class="slot">▽2</span></td>'
        '<td class="num small heat-none">无任务</td>'
    )
