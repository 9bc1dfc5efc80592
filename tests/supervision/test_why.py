"""为什么: what the answers say of published and of hand-computed figures, of which basis, and to whom."""

import datetime
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from livelihood.formats import format_moment
from livelihood.verified import last_verification
from projects.models import Figure, ImportBatch, ImportFile, ImportUpload, Target
from projects.services.figures import FigureEntry, record_figures
from supervision.models import EnteredMark, ScoringComponent, SnapshotLine
from supervision.services.snapshots import freeze_snapshot
from supervision.services.verification import verify
from supervision.why.answer import exact_ratio
from supervision.why.papers import PaperLinks
from supervision.why_links import WhyLinks
from tests import factories
from tests.boards import make_board
from tests.supervision.funds import planned_line
from tests.supervision.matters import found_out, to_mend
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

HUNAN = Path(__file__).parent.parent / "data" / "case_01_hunan_laojiu_2021_08.yaml"


@world
def august(period, participants, indicators, clerk):
    """太和县 approved: 里程 40.85, 合格率 95, 人数 900, by its clerk. 界首市 submitted: 里程 150. 市本级 not."""
    taihe = factories.ReportFactory(period=period, participant=participants["341222"], state="approved")
    jieshou = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    for report, name, value in [
        (taihe, "里程", "40.85"),
        (taihe, "合格率", "95"),
        (taihe, "人数", "900"),
        (jieshou, "里程", "150"),
    ]:
        factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value), updated_by=clerk)
    factories.plain_scheme(period.programme)
    return period


@pytest.fixture
def ask(client, request):
    """Ask as somebody of the cast: (name of the fixture, address) → response of the panel."""

    def open_panel(person: str, address: str):
        client.force_login(request.getfixturevalue(person))
        return client.get(address, headers={"HX-Request": "true"})

    return open_panel


def words(response) -> str:
    """Return the answer's text without marks, one space between words."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def why_of(period, indicator, unit="341222", basis="") -> str:
    return WhyLinks(period).figure(unit, indicator.pk) + (f"?basis={basis}" if basis else "")


# -- published figures -----------------------------------------------------------------------------


@pytest.fixture
def hunan(client):
    """The published start rates with 湘西州 not reported; who oversees them is logged in."""
    rows = yaml.safe_load(HUNAN.read_text(encoding="utf-8"))["tables"][0]["rows"]
    board = make_board([row[0] for row in rows], whole="全省", unreported=["湘西州"])
    board.indicator("开工率", [(row[0], row[1], row[2]) for row in rows], unit="个")
    officer = factories.grant(factories.UserFactory(), "city_office", region=board.period.programme.owner)
    client.force_login(officer)
    return board


def test_why_hunan_pooled_rate_has_its_exact_ratio_and_both_readings(client, hunan):
    address = why_of(hunan.period, hunan.indicators["开工率"], hunan.participants["全省"].code)

    text = words(client.get(address))

    # (1110 − 30) ÷ (1500 − 85) = 1080 ÷ 1415 = 0.763250… → 76.33; 1080 ÷ 1500 = 72.00
    assert "1,080 完成数之和 个 ÷ 1,415 目标之和 个 = 0.76325… 准确的比值 → 76.33% 四舍五入到2位（规则R2、R7）" in text
    assert "不含湘西州：没有报送或任务没有分解，两边都不计；把它们的目标留在分母里是72.00%（规则R5）。" in text
    assert "合计里有未报送的单位，不判断状态" in text
    assert "湘西州 — 85 未报送 不计入两边" in text


def test_why_hunan_unit_names_its_place_among_the_tied(client, hunan):
    address = why_of(hunan.period, hunan.indicators["开工率"], hunan.participants["怀化市"].code)

    text = words(client.get(address))

    # Three share the first place of the thirteen that reported.
    assert "位次：第1名，共13个" in text
    assert "1 张家界市 100.00%" in text
    assert "湘西州 未报送" in text


def test_why_money_of_tongguan_is_the_published_rate(ask, period, participants, indicators, city_officer):
    period.programme.decimals = 1
    period.programme.save(update_fields=["decimals"])
    report = factories.ReportFactory(period=period, participant=participants["341222"])
    paid = {"received": Decimal(37946000), "disbursed": Decimal(25681000)}
    planned_line(indicators["里程"], participants["341222"], city_officer, Decimal(37946000), report, **paid)

    response = ask("city_officer", WhyLinks(period).fund("341222", "project-disbursed"))

    # 2568.1 ÷ 3794.6 万元 = 0.676777… → 67.7
    text = words(response)
    assert "2,568.10 拨付 万元 ÷ 3,794.60 计划 万元 = 0.67677… 准确的比值 → 67.7% 四舍五入到1位（规则R7、R14）" in text
    assert "分母是计划：拨付率＝拨付÷计划" in text
    assert "1 农村道路" in text


# -- figures and why there is none -----------------------------------------------------------------


def test_why_figure_says_formula_yardsticks_place_people_and_score(ask, august, indicators):
    factories.BenchmarkFactory(period=august, indicator=indicators["里程"], value=Decimal("67.3"), decimals=1)

    text = words(ask("city_officer", why_of(august, indicators["里程"])))

    # 40.85 ÷ 100; 8 ÷ 12 = 66.67; 40.9 − 67.3 = −26.4; (40.85 + 150) ÷ 300 = 63.62; 40.85 − 63.62 = −22.77
    assert "40.85 累计完成 公里 ① ÷ 100.00 目标 公里 ② = 0.4085 准确的比值 → 40.85%" in text
    assert "未达时序：完成率40.85%低于时序进度66.67%，按印发的数比较（规则R7、R11、R15）。" in text
    assert "全省平均 67.3% ▼ −26.4 省民生办通报" in text
    assert "全市 63.62% ▽ −22.77" in text
    assert "位次：第2名，共2个" in text
    assert "① 40.85公里 填报 张填报" in text
    assert "② 100.00公里" in text
    assert "计入项目得分40.85分" in text


def test_why_blank_is_not_zero_and_scores_zero(ask, august, indicators):
    text = words(ask("city_officer", why_of(august, indicators["人数"], "341282")))

    assert "未报送：月报已报送，这一格空着。空不是0，不参加位次，排在最后（规则R5）" in text
    assert "考核指标按0分计，印为“未报送（按0分计）”（规则R13）" in text
    assert "还没有人填过这一格" in text


def test_why_no_task_names_who_decided_it(ask, august, indicators):
    text = words(ask("city_officer", why_of(august, indicators["里程"], "341200-own")))

    assert "无任务：任务分解表里写的是“无任务”，不进分子、分母、位次和个数（规则R4）。" in text
    assert "无任务，不计入项目得分" in text


def test_why_revised_target_says_what_it_was_and_by_which_paper(ask, august, indicators, participants, city_officer):
    Target.objects.create(
        indicator=indicators["里程"],
        participant=participants["341222"],
        revision=2,
        valid_from=datetime.date(2020, 8, 1),
        value=Decimal(80),
        reason="省里核减",
        document="民生办〔2020〕9号",
        document_on=datetime.date(2020, 7, 20),
        set_by=city_officer,
    )

    text = words(ask("city_officer", why_of(august, indicators["里程"])))

    # 40.85 ÷ 80 = 0.510625 → 51.06
    assert "÷ 80.00 目标 公里 ② = 0.51062… 准确的比值 → 51.06%" in text
    assert "民生办〔2020〕9号（2020年7月20日）" in text
    assert "第2版，自2020年8月1日起，由100.00公里调整：省里核减" in text
    assert "100.00公里 → 80.00公里" in text


@world
def imported(august, participants, indicators, city_officer):
    """太和县's 里程 imported from its workbook as 41.5, twice: first 41."""
    batch = ImportBatch.objects.create(
        sha256=factories.HASH,
        programme=august.programme,
        period=august,
        file="imports/x.xlsx",
        file_name="太和8月.xlsx",
        committed_by=city_officer,
    )
    upload = ImportUpload.objects.create(
        programme=august.programme,
        period=august,
        participant=participants["341222"],
        state="read",
        uploaded_by=city_officer,
    )
    file = ImportFile.objects.create(
        upload=upload, sha256=factories.HASH, file_name="太和8月.xlsx", size=1, order=0, batch=batch
    )
    figure = Figure.objects.get(participant=participants["341222"], indicator=indicators["里程"])
    for value in ("41", "41.5"):
        figure.value, figure.origin, figure.import_batch = Decimal(value), "excel", batch
        figure.sheet, figure.cell, figure.remark = "进度", "G17", "含续建"
        figure.save()
    return file


def test_why_imported_figure_names_file_sheet_cell_and_every_change(ask, imported, august, indicators):
    text = words(ask("clerk", why_of(august, indicators["里程"])))

    assert "来源文件 太和8月.xlsx，工作表「进度」G17格 下载" in text
    assert "说明 含续建" in text
    assert "修改 2次" in text
    assert "41.00 → 41.50" in text
    assert "40.85 → 41.00" in text


def test_why_file_is_offered_to_who_may_have_it_only(ask, imported, august, indicators):
    address = reverse("projects:import-original", args=[imported.upload_id, imported.pk])

    own = ask("clerk", why_of(august, indicators["里程"])).content.decode()
    lead = ask("lead_officer", why_of(august, indicators["里程"])).content.decode()

    assert address in own
    assert "太和8月.xlsx" in lead
    assert address not in lead


def test_why_snapshot_stays_as_it_was_while_the_figure_moves(ask, august, indicators, participants, city_officer):
    freeze_snapshot(period=august, by=city_officer)
    figure = Figure.objects.get(participant=participants["341222"], indicator=indicators["里程"])
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    Figure.objects.filter(pk=figure.pk).update(value=Decimal(50), updated_at=later, updated_by=city_officer)

    frozen = words(ask("city_officer", why_of(august, indicators["里程"], basis="1")))
    live = words(ask("city_officer", why_of(august, indicators["里程"], basis="live")))

    assert "→ 40.85%" in frozen
    assert "① 40.85公里 填报 张填报" in frozen
    assert "快照冻结之后又改了1次，不影响这个结果" in frozen
    assert "快照校验值" in frozen
    assert "→ 50.00%" in live
    assert "40.85 → 50.00" in live


# -- scores ----------------------------------------------------------------------------------------


def test_why_project_and_overall_scores_are_means_with_their_arithmetic(ask, august):
    links = WhyLinks(august)

    project = words(ask("city_officer", links.project("341222", 1)))
    overall = words(ask("city_officer", links.overall("341222")))

    # 里程 40.85, 合格率 95 ÷ 90 capped at 100: 140.85 ÷ 2 = 70.425 → 70.43
    assert "140.85 指标得分之和 ÷ 2 个考核指标 = 70.425 准确的平均 → 70.43" in project
    assert "合格率 105.56 100.00 封顶100" in project
    # Unrounded: (70.425 + 90) ÷ 2 = 80.2125 → 80.21
    assert "160.425 项目得分之和 ÷ 2 个项目 = 80.2125 准确的平均 → 80.21" in overall
    assert "位次：第1名，共2个" in overall
    assert "1 太和县 80.21 2 界首市 18.75" in overall


def test_why_overall_adds_weighted_components_and_names_who_gave_the_marks(ask, august, participants, city_officer):
    scheme = august.programme.scoring_schemes.get()
    ScoringComponent.objects.filter(scheme=scheme).update(weight=90)
    survey = ScoringComponent.objects.create(
        scheme=scheme, code="survey", name="群众满意", kind="entered", weight=10, max_mark=10, marked_by="survey"
    )
    EnteredMark.objects.create(
        period=august,
        component=survey,
        participant=participants["341222"],
        value=8,
        source="满意度调查报告",
        sample_size=500,
        entered_by=factories.UserFactory(full_name="王录入"),
        confirmed_by=city_officer,
        confirmed_at=datetime.datetime(2020, 9, 4, tzinfo=datetime.UTC),
    )

    office = words(ask("city_officer", WhyLinks(august).overall("341222")))

    # 80.2125 × 90% = 72.19125 → 72.1913; 8 ÷ 10 = 80 × 10% = 8; 80.19125 → 80.19
    assert "80.19" in office
    assert "90 80.2125 72.1913" in office
    assert "8÷10 10 80 8" in office
    assert "王录入" in office
    assert "满意度调查报告，样本500" in office


def test_why_overall_names_each_finding_and_late_item_that_cost_points(ask, august, participants):
    scheme = august.programme.scoring_schemes.get()
    for code, kind, weight, counted_by in (("f", "finding_off", 1, "points"), ("o", "overdue_off", "0.5", "")):
        ScoringComponent.objects.create(
            scheme=scheme, code=code, name=f"扣分{code}", kind=kind, weight=weight, counted_by=counted_by
        )
    taihe, day = participants["341222"], datetime.date(2020, 8, 3)
    found_out(taihe, day, points="1.5")
    found_out(participants["341282"], day, points=9, problem="别人的问题")
    to_mend(taihe, 7, day)

    office, county = (words(ask(who, WhyLinks(august).overall("341222"))) for who in ("city_officer", "clerk"))

    # 80.2125 − 1.5 − 0.5 = 78.2125
    assert "78.21" in office
    assert "按登记的扣分累计，没有写扣分的不扣：1.5分" in office
    assert "整改事项到期没有报完成的，每件只扣一次，每件扣0.5分：1件" in office
    for text in (office, county):
        assert "督查发现 2020年8月3日 质量" in text
        assert "整改7号 整改中" in text
        assert "2020年8月3日，还没有报完成" in text
        assert "别人的问题" not in text
    assert ("看督查记录" in office, "看督查记录" in county) == (True, False)


def test_why_fund_line_says_plan_and_each_stage_with_who_and_where(ask, period, participants, indicators, city_officer):
    report = factories.ReportFactory(period=period, participant=participants["341222"])
    stages = {"received": Decimal(3_000_000), "disbursed": Decimal(1_500_000)}
    line = planned_line(indicators["里程"], participants["341222"], city_officer, Decimal(4_000_000), report, **stages)
    address = WhyLinks(period).fund_line("341222", line.pk)

    office = words(ask("city_officer", address))
    rate = ask("city_officer", WhyLinks(period).fund("341222", "project-disbursed")).content.decode()

    assert "400.00 计划 万元 → 300.00 到位 万元 → 150.00 拨付 万元 → — 支出 万元" in office
    assert "第1版" in office
    assert "还没有人填过这一格。空不是0" in office
    assert str(city_officer) in office
    assert address in rate
    asked = [("clerk", 200), ("filler", 200), ("other_clerk", 404), ("lead_officer", 200), ("stranger", 404)]
    assert [(who, ask(who, address).status_code) for who, _ in asked] == asked
    other = WhyLinks(period).fund_line("341282", line.pk)
    assert ask("city_officer", other).status_code == 404


def test_why_says_when_the_snapshot_was_verified_and_that_it_agreed(ask, august, indicators, city_officer):
    snapshot = freeze_snapshot(period=august, by=city_officer)
    address = why_of(august, indicators["里程"], basis=str(snapshot.version))

    before = words(ask("city_officer", address))
    differences = verify()
    after = words(ask("city_officer", address))

    assert differences["snapshots"] == []
    assert "上次核验 封账以后还没有核验过" in before
    run = last_verification()
    assert run.agreed == {snapshot.pk}
    assert f"上次核验 {format_moment(run.at)}，按冻结的数据复算一致" in after


# -- to whom ---------------------------------------------------------------------------------------


def test_why_figure_keeps_to_the_readers_scope(ask, august, indicators):
    asked = [
        ("clerk", "341222", 200),
        ("filler", "341222", 200),
        ("lead_officer", "341282", 200),
        ("lead_officer", "341200", 200),
        ("leader", "341200", 200),
        ("clerk", "341282", 404),
        ("clerk", "341200", 404),
        ("other_clerk", "341222", 404),
        ("stranger", "341222", 404),
        ("city_officer", "341222-none", 404),
    ]

    answered = [
        (person, unit, ask(person, why_of(august, indicators["里程"], unit)).status_code) for person, unit, _ in asked
    ]

    assert answered == asked


def test_why_own_figure_of_an_open_month_tells_nothing_of_others(ask, august, indicators):
    links = WhyLinks(august)

    said = [
        words(ask("clerk", address))
        for address in (why_of(august, indicators["里程"]), links.project("341222", 1), links.overall("341222"))
    ]

    assert not [word for text in said for word in ("界首市", "63.62", "第2名", "75.00") if word in text]
    assert [ask("clerk", address).status_code for address in (links.overall("341282"), links.project("341282", 1))] == [
        404,
        404,
    ]
    assert ask("lead_officer", links.overall("341222")).status_code == 404


def test_why_of_an_issued_month_shows_others_figures_but_not_their_people(ask, august, indicators, city_officer):
    freeze_snapshot(period=august, by=city_officer)
    type(august).objects.filter(pk=august.pk).update(
        state="issued", closed_at=datetime.datetime(2020, 9, 8, tzinfo=datetime.UTC), closed_by=city_officer
    )

    other = words(ask("other_clerk", why_of(august, indicators["里程"])))
    own = words(ask("clerk", why_of(august, indicators["里程"])))

    assert "→ 40.85%" in other
    assert "本单位和市级可见" in other
    assert "张填报" not in other
    assert "张填报" in own


# -- what the page is ------------------------------------------------------------------------------


def test_why_is_a_page_and_a_panel_of_the_same_answer(ask, client, august, indicators):
    panel = ask("city_officer", why_of(august, indicators["里程"]))
    page = client.get(why_of(august, indicators["里程"]))

    assert "<html" not in panel.content.decode()
    assert 'id="why-title"' in panel.content.decode()
    assert "<html" in page.content.decode()
    assert "0.4085" in page.content.decode()
    assert "HX-Request" in page["Vary"]


def test_why_links_are_the_addresses_of_the_views(august):
    links = WhyLinks(august, SimpleNamespace(version=2))
    given = [august.programme.code, august.code, "341222"]

    assert links.figure("341222", 7) == reverse("supervision:why", args=[*given, 7]) + "?basis=2"
    assert links.project("341222", 3) == reverse("supervision:why-project", args=[*given, 3]) + "?basis=2"
    assert links.overall("341222") == reverse("supervision:why-overall", args=given) + "?basis=2"
    fund = reverse("supervision:why-fund", args=[*given, "project-spent"])
    assert links.fund("341222", "project-spent", 4) == f"{fund}?basis=2&project=4"
    assert WhyLinks(august).fund("341222", "project-spent", 4) == f"{fund}?project=4"


def test_why_of_what_does_not_exist_is_not_found(ask, august):
    rests = [
        "999999/",
        f"{'9' * 20}/",
        "projects/99/",
        "funds/project-disbursed/",
        "funds/x/",
        "overall/?basis=9",
        "overall/?basis=x",
    ]

    found = {rest: ask("city_officer", f"{WhyLinks(august).base}341222/{rest}").status_code for rest in rests}

    assert found == dict.fromkeys(rests, 404)


def test_why_asks_as_often_with_many_units_as_with_few(august, indicators, city_officer, programme):
    client = Client()
    client.force_login(city_officer)
    addresses = [
        why_of(august, indicators["里程"]),
        WhyLinks(august).project("341222", 1),
        WhyLinks(august).overall("341222"),
    ]

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            found.append(len(queries))
        return found

    counts()
    few = counts()
    for order in range(10, 14):
        unit = factories.ParticipantFactory(programme=programme, region=factories.RegionFactory(), order=order)
        report = factories.ReportFactory(period=august, participant=unit, state="submitted")
        factories.TargetFactory(indicator=indicators["里程"], participant=unit, set_by=city_officer)
        factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=city_officer)

    assert counts() == few
    assert max(few) <= 27


def test_why_odd_lines_are_explained_without_a_number_that_is_none(client):
    board = make_board(["甲县"])
    unit = board.participants["甲县"].code
    client.force_login(factories.grant(factories.UserFactory(), "leader", region=board.period.programme.owner))
    at_most = {"direction": "at_most", "accumulation": "level"}
    expected = {
        board.indicator(name, [("甲县", target, value)], decimals=2, **fields): said
        for name, fields, target, value, said in [
            ("零目标", {}, 0, 5, "目标是0，不能作除数，没有完成率"),
            ("文字", {}, "text", None, "文字类：不计算完成率"),
            ("空目标", {}, "blank", 5, "无任务"),
            ("增幅", {"kind": "growth"}, 8, 9, "增幅指标不计算完成率"),
            ("事故", at_most, 4, 0, "实际为0时不计算完成率，记为达标"),
            ("差一点", {}, 10000, "9999.99", "实际不足目标，不印成100（规则R7）"),
        ]
    }

    said = {indicator: words(client.get(why_of(board.period, indicator, unit))) for indicator in expected}

    assert [sentence for indicator, sentence in expected.items() if sentence not in said[indicator]] == []
    assert strange_words(*said.values()) == []


def test_exact_ratio_is_cut_off_and_never_rounded():
    assert exact_ratio(Decimal("40.85"), Decimal("64.25")) == "0.63579…"  # 0.635797…
    assert exact_ratio(Decimal(3), Decimal(4)) == "0.75"
    assert exact_ratio(Decimal(1), Decimal(0)) == ""


def test_paper_sentences_link_each_units_figure_to_its_answer(august, indicators, city_officer):
    snapshot = freeze_snapshot(period=august, by=city_officer)
    line = SnapshotLine.objects.get(snapshot=snapshot, indicator=indicators["里程"], participant__printed_name="太和县")
    words, figure = "里程低于全省（67.3%）平均进度的有：太和县", {"text": "40.9%", "behind": f"line:{line.pk}"}
    sentence = {"text": f"{words}40.9%。", "parts": [{"text": words}, figure, {"text": "。"}]}
    content = {"chapters": [{"paragraphs": [{"sentences": [sentence]}]}]}
    document = SimpleNamespace(period=august, snapshot=snapshot, content=content)

    pieces = PaperLinks(document).pieces(sentence)

    assert pieces == [
        (words, ""),
        ("40.9%", WhyLinks(august, snapshot).figure("341222", indicators["里程"].pk)),
        ("。", ""),
    ]


def test_recorded_figures_tell_the_remark(ask, august, indicators, participants, city_officer):
    report = Figure.objects.get(participant=participants["341222"], indicator=indicators["里程"]).report
    type(report).objects.filter(pk=report.pk).update(state="draft")
    report.refresh_from_db()
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(42), remark="双庙段完工")
    record_figures(report=report, entries=[entry], by=city_officer, origin="form")

    text = words(ask("clerk", why_of(august, indicators["里程"])))

    # A draft does not count: the line is not reported, the figure is there all the same.
    assert "未报送：本期月报还没有报送" in text
    assert "说明 双庙段完工" in text
