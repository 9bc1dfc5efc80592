"""A pasted plan: read line by line, each wrong line told in a sentence, stored all or nothing."""

import pytest

from funding.paste import MOST_LINES, read_pasted
from funding.services.plans import set_plans
from tests import factories
from tests.funding.boards import yuan

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(programme, participants, indicators):
    """Return a function that reads a text as the city office would paste it, in 万元."""
    units = [participants[code] for code in ("341222", "341282", "341200-own")]

    def paste(text, unit="万元", units=units):
        return read_pasted(text, programme=programme, units=units, unit=unit)

    return paste


def found(pasted):
    """Return unit, source, kind and 元 of what would be stored."""
    return [(entry.participant.printed_name, entry.source, entry.kind, str(entry.amount)) for entry in pasted.entries]


def test_lines_in_the_usual_order_are_read(read):
    pasted = read(
        "农村道路\t\t太和县\t省级\t项目资金\t1,234.5\n"
        "1\t\t界首市\t县区级\t\t５０万元\n"
        "2. 困难救助\t\t341200-own\t\t管护\t0\n"
    )

    assert pasted.errors == []
    assert found(pasted) == [
        ("太和县", "province", "project", "12345000.00"),
        ("界首市", "county", "project", "500000.00"),
        ("市本级", "total", "maintenance", "0.00"),
    ]
    assert pasted.total == yuan("1284.5")


def test_head_names_the_columns_in_any_order(read):
    pasted = read("单位\t金额（万元）\t项目名称\t资金来源\n太和县\t60\t农村道路\t市级")

    assert found(pasted) == [("太和县", "city", "project", "600000.00")]
    assert pasted.lines[0].nth == 2


@pytest.mark.parametrize("text", ["农村道路 | | 太和县 | 省 | 项目 | 3", "| 农村道路 || 太和县 | 省 | 项目 | 3 |"])
def test_cells_may_be_separated_by_bars(read, text):
    assert found(read(text)) == [("太和县", "province", "project", "30000.00")]


def test_cells_may_be_separated_by_spaces(read):
    assert found(read("项目  单位  金额\n农村道路  太和县  3元")) == [("太和县", "total", "project", "3.00")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("没有的\t\t太和县\t省级\t项目资金\t3", "没有“没有的”这个项目"),
        ("9. 农村道路\t\t太和县\t省级\t项目资金\t3", "序号与名称对不上"),
        ("农村道路\t没有的\t太和县\t省级\t项目资金\t3", "没有子项“没有的”"),
        ("农村道路\t\t月球\t省级\t项目资金\t3", "没有“月球”这个单位"),
        ("农村道路\t\t全市\t省级\t项目资金\t3", "不由您录入"),
        ("农村道路\t\t太和县\t天上\t项目资金\t3", "不认识资金来源“天上”"),
        ("农村道路\t\t太和县\t省级\t闲钱\t3", "不认识资金类别“闲钱”"),
        ("农村道路\t\t太和县\t省级\t项目资金\t", "没有写金额"),
        ("农村道路\t\t太和县\t省级\t项目资金\t-3", "负数"),
        ("农村道路\t\t太和县\t省级\t项目资金\t0.0000001", "精确到分"),
        ("农村道路\t\t太和县\t省级\t项目资金\tNaN", "不是一个确定的数"),
        ("农村道路\t\t太和县\t省级\t项目资金\t12公里", "单位不对"),
        ("农村道路\t太和县\t3", "这一行有 3 列，应有 6 列"),
    ],
)
def test_line_that_is_wrong_says_why_and_the_others_are_read(line, words, read):
    pasted = read(f"农村道路\t\t界首市\t省级\t项目资金\t3\n{line}")

    [wrong] = pasted.errors
    assert (wrong.nth, len(pasted.entries)) == (2, 1)
    assert words in wrong.error


def test_line_twice_and_total_beside_parts_are_told(read):
    pasted = read(
        "农村道路\t\t太和县\t省级\t\t3\n农村道路\t\t太和县\t省级\t\t3\n农村道路\t\t太和县\t合计\t\t3\n困难救助\t\t太和县\t\t\t3"
    )

    assert [line.nth for line in pasted.errors] == [2, 3]
    assert "出现了两次" in pasted.lines[1].error
    assert "要么填合计" in pasted.lines[2].error


def test_same_plan_again_is_known_and_another_amount_is_not(read, programme, city_officer):
    text = "农村道路\t\t太和县\t省级\t\t3"
    set_plans(programme=programme, entries=read(text).entries, by=city_officer)

    again, changed = read(text), read("农村道路\t\t太和县\t省级\t\t4")
    twice = read(f"{text}\n{text}")

    assert (again.entries, again.errors, again.lines[0].is_known) == ([], [], True)
    assert "改动请用修订" in changed.errors[0].error
    assert [line.nth for line in twice.errors] == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "还没有粘贴"),
        (" \n\t\n", "还没有粘贴"),
        ("项目\t单位\t金额", "只有表头"),
        ("项目\t金额", "至少要有项目、单位和金额"),
        ("项目\t单位\t金额（元）\n农村道路\t太和县\t3", "请改成一致"),
        ("农村道路\x00", "不能保存的字符"),
        ("x\n" * (MOST_LINES + 1), "最多粘贴"),
    ],
)
def test_text_that_cannot_be_read_is_refused_in_a_sentence(text, words, read):
    pasted = read(text)

    assert words in pasted.refused
    assert pasted.entries == []


def test_stated_unit_contradicted_in_a_cell_is_told(read):
    pasted = read("项目\t单位\t金额（万元）\n农村道路\t太和县\t3元")

    assert "不一致" in pasted.errors[0].error


def test_county_pastes_its_own_lines_only(read, participants):
    pasted = read("农村道路\t\t界首市\t省级\t\t3", units=[participants["341222"]])

    assert "不由您录入" in pasted.errors[0].error


def test_named_sub_project_and_short_name_are_found(read, programme, indicators, participants):
    project = indicators["里程"].sub_project.project
    factories.SubProjectFactory(project=project, name="桥梁", order=2)
    participants["341222"].short_names = ["太和"]

    pasted = read("农村道路\t桥梁\t太和\t省级\t\t3")
    unnamed = read("农村道路\t\t太和\t省级\t\t3")

    assert pasted.entries[0].sub_project.name == "桥梁"
    # One of them has no name: a blank cell means that one.
    assert unnamed.entries[0].sub_project.name == ""


def test_reading_takes_as_many_queries_for_many_lines_as_for_one(read, django_assert_max_num_queries):
    sources = ("中央", "省级", "市级", "县级", "债券", "社会自筹")
    text = "\n".join(
        f"{item}\t\t{unit}\t{source}\t\t3" for item in (1, 2) for unit in ("太和县", "界首市") for source in sources
    )

    with django_assert_max_num_queries(5):
        pasted = read(text)

    assert len(pasted.entries) == 24
