"""What a 通报 says, whole and to the letter, and what of it an office chooses."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from livelihood.formats import chinese_numeral
from livelihood.models import Region
from projects.models import Benchmark
from supervision.documents.content import bulletin_content
from supervision.documents.length import text_pages
from supervision.documents.sections import shipped_kinds
from supervision.models import DocumentSeries, InspectionFinding, SupervisionLetter
from supervision.services.bulletin_edit import sentences_of
from supervision.services.freezing import benchmarks_moved, snapshot_sha256
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.boards import make_board
from tests.supervision import frozen, letter_rows, rectification_rows
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DATA = Path(__file__).parent.parent / "data"


def printed(content: dict) -> str:
    """The text of a paper as it is read, from the title to the list of attachments."""
    lines = [content["title"], content["addressees"], content["lead"]["text"]]
    for number, chapter in enumerate(content["chapters"], start=1):
        lines.append(f"{chinese_numeral(number)}、{chapter['heading']}")
        labelled, is_alone = 0, sum(bool(paragraph["label"]) for paragraph in chapter["paragraphs"]) == 1
        for paragraph in chapter["paragraphs"]:
            label = ""
            if paragraph["label"]:
                labelled += 1
                label = f"{'' if is_alone else f'（{chinese_numeral(labelled)}）'}{paragraph['label']}。"
            lines.append(label + "".join(sentence["text"] for sentence in paragraph["sentences"]))
    lines += [f"附件{nth} {table['title']}" for nth, table in enumerate(content["attachments"], start=1)]
    return "\n".join(line for line in lines if line)


def write(board, kind="progress", **options) -> dict:
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())
    return bulletin_content(snapshot, issuer="阜阳市民生办", kind=shipped_kinds()[kind], **options).as_json()


def place(board, name, place, count=16):
    """Enter where the province's paper puts the city."""
    Benchmark.objects.filter(indicator=board.indicators[name]).update(city_place=place, city_count=count)


@world
def fuyang():
    """阜阳 in August: eight counties, four projects, a scheme; the numbers of the golden text are worked out there."""
    units = ["颍州区", "颍泉区", "颍东区", "界首市", "临泉县", "太和县", "阜南县", "颍上县"]
    board = make_board(units)
    programme = board.period.programme
    owner = programme.owner
    owner.name, owner.kind = "阜阳市", Region.Kind.CITY
    owner.save()
    facts = yaml.safe_load((DATA / "bulletin_fuyang_2020_08.yaml").read_text(encoding="utf-8"))
    for seq, row in enumerate(facts["projects"], start=1):
        project = factories.ProjectFactory(programme=programme, seq=seq, name=row["name"])
        sub_project = project.sub_projects.first() or factories.SubProjectFactory(project=project)
        sub_project.lead_agency = factories.AgencyFactory(region=owner, name=row["lead"])
        sub_project.save()
        for indicator in row["indicators"]:
            rows = [(unit, *numbers) for unit, numbers in zip(units, indicator["rows"], strict=True)]
            rows = [(unit, "no_task" if target == "/" else target, value) for unit, target, value in rows]
            whole = ("全市", sum(target for _, target, _ in rows if target != "no_task"), None)
            board.indicator(
                indicator["name"],
                [*rows, whole],
                project=project,
                unit=indicator["unit"],
                decimals=0,
                benchmark=(indicator["average"], "rate") if indicator.get("average") else None,
            )
            if indicator.get("place"):
                place(board, indicator["name"], indicator["place"])
    factories.plain_scheme(programme)
    return board


def test_golden_fuyang_august_to_the_letter(fuyang):
    content = write(fuyang)

    assert printed(content) + "\n" == (DATA / "bulletin_fuyang_2020_08.txt").read_text(encoding="utf-8")
    assert 2 <= text_pages(content) <= 4


@world
def hunan():
    """湖南 2021-08, 城镇老旧小区改造: the whole province, its averages those it published (计算值)."""
    facts = yaml.safe_load((DATA / "case_01_hunan_laojiu_2021_08.yaml").read_text(encoding="utf-8"))
    tables = {table["name"]: table for table in facts["tables"]}
    board = make_board([row[0] for row in tables["开工率"]["rows"]], whole="全省")
    owner = board.period.programme.owner
    owner.name, owner.kind = "湖南省", Region.Kind.PROVINCE
    owner.save()
    project = factories.ProjectFactory(programme=board.period.programme, seq=1, name="城镇老旧小区改造")
    factories.SubProjectFactory(project=project)
    for name, unit, average in (("开工率", "个", "74.00"), ("投资完成率", "万元", "37.44")):
        rows = [tuple(row[:3]) for row in tables[name]["rows"]]
        board.indicator(name, rows, project=project, unit=unit, decimals=2, benchmark=(average, "rate"))
    return board, facts["expected"]


def test_golden_hunan_lists_and_totals_are_the_published_ones(hunan):
    board, expected = hunan

    content = write(board)

    text = printed(content)
    # 1110 ÷ 1500 = 74.00 and 281682.60 ÷ 752393.76 = 37.44, never the mean of the fourteen rates
    assert "全省汇总完成率：开工率74.00%、投资完成率37.44%。" in text
    assert (
        "城镇老旧小区改造。开工率低于全省（74.00%）平均进度的有：湘西州35.29%，衡阳市39.73%，邵阳市43.17%，"
        "株洲市61.97%，永州市62.16%。投资完成率低于全省（37.44%）平均进度的有：湘西州7.06%，邵阳市12.01%，"
        "郴州市27.64%，永州市32.38%，株洲市35.15%，湘潭市36.29%。"
    ) in text
    below = next(chapter for chapter in content["chapters"] if chapter["code"] == "below")
    listed = [
        [part["name"] for part in sentence["parts"] if part.get("column") == "compared"]
        for sentence in below["paragraphs"][0]["sentences"]
    ]
    assert listed == [
        expected["below_average_start_rate_worst_first"],
        expected["below_average_invest_rate_worst_first"],
    ]
    assert content["addressees"] == "各市人民政府，省民生工程各成员单位："


def test_golden_hunan_single_names_first_and_last_three(hunan):
    board, expected = hunan
    sections = [{"code": "single", "options": {"form": "ends"}}]

    content = write(board, kind="single", project=1, choices={"kind": "single", "project": 1, "sections": sections})

    assert content["title"] == "关于2020年1—8月份全省城镇老旧小区改造推进情况的通报"
    single = next(chapter for chapter in content["chapters"] if chapter["code"] == "single")
    start = single["paragraphs"][0]
    assert start["label"] == "开工率"
    assert start["sentences"][0]["text"] == "全省年度任务1500.00个，已完成1110.00个，完成率74.00%。"
    assert start["sentences"][1]["text"] == (
        "居前的有：第一名张家界市、郴州市、怀化市100.00%。"
        "居后的有：第十二名邵阳市43.17%；第十三名衡阳市39.73%；第十四名湘西州35.29%。"
    )
    names = [part["text"] for part in start["sentences"][1]["parts"] if part.get("column") == "place"]
    assert names[:3] == ["张家界市", "郴州市", "怀化市"]
    assert names[:2:-1] == expected["published_last_three_worst_first"]


def test_r05_unapproved_county_is_named_and_its_city_not_compared():
    """Without 丙县: (60 + 90) ÷ 200 = 75.00; with its 100 in the denominator 150 ÷ 300 = 50.00."""
    board = make_board(["甲县", "乙县", "丙县"], unreported=["丙县"])
    rows = [("甲县", 100, 60), ("乙县", 100, 90), ("丙县", 100, None), ("全市", 300, None)]
    board.indicator("里程", rows, benchmark=("70.00", "rate"))

    text = printed(write(board))

    assert "有单位未报送、暂不判定1项。全市汇总完成率：里程（不含丙县）75.00%。" in text
    assert "全市数不全、不作比较的1项。" in text
    assert "有1项指标，全市数不全或没有、不作比较，有单位低于（名单见附件“低于全省平均进度的其他指标”）。" in text
    assert "8月份月报按时报送2个单位；丙县未报送。" in text


def test_r10_without_averages_the_text_says_so_and_no_place_is_made_up():
    board = make_board(["甲县"])
    board.indicator("里程", [("甲县", 100, 60), ("全市", 100, None)])

    content = write(board)

    assert "本期全省平均进度尚未公布，名单暂不列出。" in printed(content)
    assert "last_places" not in [chapter["code"] for chapter in content["chapters"]]
    assert "table_below" not in [table["code"] for table in content["attachments"]]


def test_r04_participant_without_tasks_is_in_no_list():
    board = make_board(["甲县", "乙县"])
    board.indicator(
        "里程", [("甲县", 100, 60), ("乙县", "no_task", None), ("全市", 100, None)], benchmark=("70", "rate")
    )
    factories.plain_scheme(board.period.programme)
    seq = board.indicators["里程"].sub_project.project.seq

    board_text, single = printed(write(board)), write(board, kind="single", project=seq)

    # 60 ÷ 100 = 60; at the province's decimals 60
    assert "里程低于全省（70%）平均进度的有：甲县60%。" in board_text
    assert "8月份月报按时报送1个单位。" in board_text
    places = single["chapters"][0]["paragraphs"][0]["sentences"][1]["text"]
    assert places == "第一名甲县60.00%。无任务：乙县。"


def test_sections_are_switched_ordered_and_written_as_chosen(fuyang):
    sections = [
        {"code": "lead", "on": False, "options": {}},
        {"code": "below", "on": True, "options": {"scope": "all"}},
        {"code": "ranking", "on": True, "options": {"form": "ends", "count": "2", "style": "numbers"}},
        {"code": "overview", "on": False, "options": {}},
    ]

    content = write(fuyang, choices={"sections": sections, "issuer": "阜阳市民生工作领导小组"})

    assert content["lead"]["text"] == ""
    assert content["masthead"] == "阜阳市民生工作领导小组文件"
    codes = [chapter["code"] for chapter in content["chapters"]]
    assert "overview" not in codes
    assert codes.index("below") < codes.index("ranking")
    ranking = next(chapter for chapter in content["chapters"] if chapter["code"] == "ranking")
    texts = [sentence["text"] for sentence in ranking["paragraphs"][0]["sentences"]]
    assert texts == [
        "居前的有：1、太和县；2、颍州区。",
        "居后的有：7、临泉县；8、阜南县。",
        "全部名次见附件“各单位分项目进度表”。",
    ]
    assert "新开工低于全省（72.13%）平均进度的有：颍上县54.00%，颍泉区71.00%，阜南县71.00%。" in printed(content)
    assert "table_below" not in [table["code"] for table in content["attachments"]]


def test_every_figure_of_lists_and_tables_names_its_row(fuyang):
    content = write(fuyang)

    below = next(chapter for chapter in content["chapters"] if chapter["code"] == "below")
    sentence = below["paragraphs"][0]["sentences"][1]
    assert [(part["text"], part["column"]) for part in sentence["parts"] if "behind" in part] == [
        ("70.18%", "benchmark"),
        *((figure, "compared") for figure in ("48.00%", "50.00%", "58.00%", "68.00%")),
    ]
    assert "".join(part["text"] for part in sentence["parts"]) == sentence["text"]
    table = next(table for table in content["attachments"] if table["code"] == "table_indicators")
    for row, refs in zip(table["rows"], table["behind"], strict=True):
        assert all(ref for cell, ref in zip(row[3:-1], refs[3:-1], strict=True) if Decimal(cell.strip("▽/—") or 0))


def test_first_draft_that_is_too_long_gives_lists_to_the_attachment_and_says_so():
    """Six indicators with sixty units below 90%: one list of sixty long names alone is longer than the rest leaves."""
    units = [f"某某某某某某某某某某某某第{chinese_numeral(number)}县" for number in range(1, 61)]
    board = make_board(units)
    for seq in range(1, 7):
        project = factories.ProjectFactory(programme=board.period.programme, seq=seq, name=f"项目{seq}")
        factories.SubProjectFactory(project=project)
        rows = [*((unit, 100, 50) for unit in units), ("全市", 6000, None)]
        board.indicator(f"指标{seq}", rows, project=project, benchmark=("90", "rate"))

    first = write(board)

    chosen = {row["code"]: row["options"] for row in first["choices"]["sections"]}
    assert chosen["below"] == {"largest": "0"}
    assert text_pages(first) <= 4
    # six below, none of the lists in the text, all in the attachment
    assert "有6项指标，全市低于全省平均进度（名单见附件“低于全省平均进度的其他指标”）。" in printed(first)
    table = next(table for table in first["attachments"] if table["code"] == "table_below")
    # sixty units are two rows of thirty: a row that is longer than a sheet would be cut off
    assert [row[0] for row in table["rows"]] == ["1", "", "2", "", "3", "", "4", "", "5", "", "6", ""]
    # what an office chooses is printed as chosen, however long it gets
    raised = [{"code": "below", "options": {"largest": "6"}}]
    assert "见附件“低于" not in printed(write(board, choices={"sections": raised}))


@world
def crowded():
    """33 projects, all behind and all last of sixteen; 20 findings in August; 15 letters of July."""
    board = make_board(["太和县"])
    programme, officer = board.period.programme, factories.UserFactory()
    programme.owner.kind = Region.Kind.CITY
    programme.owner.save()
    agency = factories.AgencyFactory(region=programme.owner, name="市农业农村局")
    for seq in range(1, 34):
        project = factories.ProjectFactory(programme=programme, seq=seq, name=f"农村人居环境整治第{seq}项工程")
        factories.SubProjectFactory(project=project, lead_agency=agency)
        rows = [("太和县", 100, 30), ("全市", 100, None)]
        board.indicator(f"第{seq}项工程完成量", rows, project=project, benchmark=("90.00", "rate"))
    Benchmark.objects.update(city_place=16, city_count=16)
    taihe = board.participants["太和县"]
    visit = rectification_rows.inspection(state="recorded", recorded_at=rectification_rows.NOW)
    InspectionFinding.objects.bulk_create(
        InspectionFinding(
            inspection=visit,
            programme=programme,
            participant=taihe,
            found_on=board.period.ends_on,
            reason="progress",
            problem=f"第{nth}处路基停工约10天，材料没有进场，施工单位没有说明原因，已经落后于责任书约定的时间",
        )
        for nth in range(1, 21)
    )
    snapshot = frozen.freeze(factories.PeriodFactory(programme=programme, month=7), [])
    series = DocumentSeries.objects.create(agency=agency, word="民生办", year=2020)
    for nth in range(1, 16):
        paper = letter_rows.letter_paper(snapshot, series, by=officer, subject=f"p{nth}")
        letter_rows.supervision_letter(paper, participant=taihe, by=officer)
    return board


def test_crowded_month_fits_four_pages_and_says_what_stands_in_attachments(crowded):
    content = write(crowded)

    assert text_pages(content) <= 4
    text = printed(content)
    chosen = {row["code"]: row["options"].get("most") for row in content["choices"]["sections"]}
    for code, of, word, title in (
        ("last_places", 33, "项指标", "居全省后几位的其他指标"),
        ("supervised", 15, "项", "上月督办的其他事项"),
        ("findings", 20, "个问题", "督查发现的其他问题"),
    ):
        rest = of - int(chosen[code])
        assert f"另有{rest}{word}，见附件“{title}”。" in text
        (table,) = [table for table in content["attachments"] if table["title"] == title]
        # what the text does not name, the attachment does: nothing is lost, nothing stands twice
        assert len(table["rows"]) == rest
    assert "上月督办15项，已销号0项。" in text


def test_figures_of_lead_findings_letters_and_returns_name_their_source(crowded):
    content = write(crowded)

    behind = {one["code"]: one["parts"] for one in sentences_of(content)}
    named = {
        code: [(part["text"], part["behind"]) for part in parts if "behind" in part] for code, parts in behind.items()
    }
    finding = InspectionFinding.objects.earliest("id").pk
    assert named["lead"] == [("2020", "catalogue"), ("33", "catalogue"), ("1—8月份", "ranking")]
    assert named["findings:finding1"] == [
        ("1", f"finding:{finding}"),
        ("10", f"finding:{finding}"),
        ("8月31日", f"finding:{finding}"),
    ]
    assert named["supervised:sum"] == [("15", "letters"), ("0", "letters")]
    assert named["supervised:item1"] == [("正在办理", f"letter:{SupervisionLetter.objects.earliest('id').pk}")]
    assert named["submission:returns"] == [("1个", "returns")]


def test_city_places_are_those_of_the_close_whatever_is_entered_later(crowded):
    snapshot = freeze_snapshot(period=crowded.period, by=factories.UserFactory())
    before = bulletin_content(snapshot, issuer="阜阳市民生办").as_json()

    Benchmark.objects.update(city_place=1)

    assert bulletin_content(snapshot, issuer="阜阳市民生办").as_json() == before
    assert snapshot_sha256(snapshot) == snapshot.sha256
    # the office is told, and a new snapshot takes them in
    assert benchmarks_moved(snapshot)
    assert "居全省16个市第16位" not in printed(write(crowded))


def test_place_of_a_county_is_among_counties():
    board = make_board(["甲镇", "乙镇"], whole="全县")
    board.period.programme.owner.kind = Region.Kind.COUNTY
    board.period.programme.owner.save()
    board.indicator("里程", [("甲镇", 100, 60), ("乙镇", 100, 90), ("全县", 200, None)], benchmark=("80", "rate"))
    place(board, "里程", 60, 61)

    assert "里程居全省61个县第60位，进度较慢的为甲镇。" in printed(write(board))
