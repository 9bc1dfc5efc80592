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
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.boards import make_board
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DATA = Path(__file__).parent.parent / "data"


def printed(content: dict) -> str:
    """The text of a paper as it is read, from the title to the list of attachments."""
    lines = [content["title"], content["addressees"], content["lead"]["text"]]
    for number, chapter in enumerate(content["chapters"], start=1):
        lines.append(f"{chinese_numeral(number)}、{chapter['heading']}")
        labelled = 0
        for paragraph in chapter["paragraphs"]:
            label = ""
            if paragraph["label"]:
                labelled += 1
                label = f"（{chinese_numeral(labelled)}）{paragraph['label']}。"
            lines.append(label + "".join(sentence["text"] for sentence in paragraph["sentences"]))
    lines += [f"附件{nth} {table['title']}" for nth, table in enumerate(content["attachments"], start=1)]
    return "\n".join(line for line in lines if line)


def write(board, **options) -> dict:
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())
    return bulletin_content(snapshot, issuer="阜阳市民生办", **options).as_json()


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
        "（一）城镇老旧小区改造。开工率低于全省（74.00%）平均进度的有：湘西州35.29%，衡阳市39.73%，邵阳市43.17%，"
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
    assert "另有1项指标，全市数不全或没有、不作比较，有单位低于（名单见附件“低于全省平均进度的其他指标”）。" in text
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
    """Six indicators with sixty units below 90%: four lists alone are longer than four pages."""
    units = [f"某某某某某某某某某某某某第{chinese_numeral(number)}县" for number in range(1, 61)]
    board = make_board(units)
    for seq in range(1, 7):
        project = factories.ProjectFactory(programme=board.period.programme, seq=seq, name=f"项目{seq}")
        factories.SubProjectFactory(project=project)
        rows = [*((unit, 100, 50) for unit in units), ("全市", 6000, None)]
        board.indicator(f"指标{seq}", rows, project=project, benchmark=("90", "rate"))

    first = write(board)

    chosen = {row["code"]: row["options"] for row in first["choices"]["sections"]}
    assert chosen["below"] == {"largest": "1"}
    # six below, one list in the text, five in the attachment
    assert "另有5项指标，全市低于全省平均进度（名单见附件“低于全省平均进度的其他指标”）。" in printed(first)
    table = next(table for table in first["attachments"] if table["code"] == "table_below")
    assert len(table["rows"]) == 5
    # what an office chooses is printed as chosen, however long it gets
    raised = [{"code": "below", "options": {"largest": "6"}}]
    assert "另有" not in printed(write(board, choices={"sections": raised}))


def test_place_of_a_county_is_among_counties():
    board = make_board(["甲镇", "乙镇"], whole="全县")
    board.period.programme.owner.kind = Region.Kind.COUNTY
    board.period.programme.owner.save()
    board.indicator("里程", [("甲镇", 100, 60), ("乙镇", 100, 90), ("全县", 200, None)], benchmark=("80", "rate"))
    place(board, "里程", 60, 61)

    assert "里程居全省61个县第60位，进度较慢的为甲镇。" in printed(write(board))
