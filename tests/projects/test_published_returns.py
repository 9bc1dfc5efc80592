"""Two published tables, built again as workbooks with their merged heads, are read as they stand."""

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import yaml

from projects.models import Report, Target
from projects.services.imports import import_returns, review_returns
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[1] / "data"
UNITS = ["市本级", "东坡区", "彭山区", "仁寿县", "洪雅县", "丹棱县", "青神县", "眉山天府新区"]


def facts(name: str) -> dict:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def programme_of(year: int, names: list[str], code: str):
    """Return a programme with these units and the whole, by printed name."""
    programme = factories.ProgrammeFactory(code=code, year=year, name=f"{year}年民生工程")
    units = {
        name: factories.ParticipantFactory(
            programme=programme,
            code=f"u{number}",
            printed_name=name,
            order=number,
            kind={"市本级": "own", "全市": "whole"}.get(name, "unit"),
        )
        for number, name in enumerate([*names, "全市"], 1)
    }
    return programme, units


def set_target(indicator, participant, value):
    shown = f"{value}{indicator.unit}"
    Target.objects.create(
        indicator=indicator,
        participant=participant,
        valid_from=f"{participant.programme.year}-01-01",
        value=Decimal(str(value)),
        printed=shown,
        set_by=factories.UserFactory(),
    )


@world
def meishan(db):
    """The employment table of 2019: facts, programme, units, period."""
    case = facts("case_02_meishan_employment_2019.yaml")
    programme, units = programme_of(2019, UNITS, "meishan-2019")
    project = factories.ProjectFactory(programme=programme, seq=1, name="就业促进")
    sub_project = factories.SubProjectFactory(project=project)
    for table in case["tables"]:
        name = table["name"].removesuffix("(人)")
        indicator = factories.IndicatorFactory(sub_project=sub_project, name=name, unit="人")
        for row in table["rows"]:
            set_target(indicator, units[row[0]], row[1])
        set_target(indicator, units["全市"], table["total"][1])
    rate = factories.IndicatorFactory(
        sub_project=sub_project,
        name="城镇登记失业率",
        unit="%",
        decimals=2,
        direction="at_most",
        accumulation="level",
        additive=False,
    )
    for unit in units.values():
        set_target(rate, unit, case["lower_is_better"]["target"])
    return case, programme, units, factories.PeriodFactory(programme=programme, month=12)


def matrix(path, case) -> Path:
    """Save the table: five head rows, groups of target, progress and rate, the whole first."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "就业"
    page["A1"] = case["title"].split(" — ")[0] + "（截至2019年12月31日）"
    tables = [*case["tables"], case["lower_is_better"]]
    for row, text in enumerate(["地区", None, None, None, None], 2):
        page.cell(row, 1, text)
    page.merge_cells("A2:A6")
    last = 1 + 3 * len(tables)
    page.cell(2, 2, "就业促进工程")
    page.merge_cells(start_row=2, start_column=2, end_row=2, end_column=last)
    page.cell(3, 2, "就业促进")
    page.merge_cells(start_row=3, start_column=2, end_row=3, end_column=last)
    for number, table in enumerate(tables):
        left = 2 + 3 * number
        page.cell(4, left, table["name"])
        page.cell(5, left, "市人力资源社会保障局")
        for row in (4, 5):
            page.merge_cells(start_row=row, start_column=left, end_row=row, end_column=left + 2)
        for offset, label in enumerate(["目标任务", "进度", "完成比例(%)"]):
            page.cell(6, left + offset, label)
    for row, unit in enumerate(["全市", *UNITS], 7):
        page.cell(row, 1, unit)
        for number, table in enumerate(tables):
            found = next((one for one in [table["total"], *table["rows"]] if one[0] == unit), None)
            if found is None:
                continue
            values = found[1:] if number < len(case["tables"]) else [case["lower_is_better"]["target"], found[1]]
            for offset, value in enumerate(values):
                page.cell(row, 2 + 3 * number + offset, float(value))
    book.save(path)
    return path


def test_published_matrix_of_five_head_rows_is_read_as_it_stands(meishan, tmp_path):
    case, programme, _units, period = meishan

    review = review_returns(
        files=[(matrix(tmp_path / "眉山.xlsx", case), "眉山.xlsx")], programme=programme, period=period
    )

    read = {
        (reading.participant.printed_name, figure.line.indicator.name): figure.value
        for reading in review.readings
        for figure in reading.figures
    }
    assert [issue.sentence for issue in review.issues] == []
    for table in case["tables"]:
        for row in table["rows"]:
            assert read[row[0], table["name"].removesuffix("(人)")] == row[2]
    assert [read[row[0], "城镇登记失业率"] for row in case["lower_is_better"]["rows"]] == [
        Decimal(row[1]) for row in case["lower_is_better"]["rows"]
    ]
    # The rate of the whole is its own; its counts are sums and only checked (R6).
    assert read["全市", "城镇登记失业率"] == Decimal("3.57")
    assert ("全市", "城镇新增就业") not in read
    # A unit whose cells are all blank is listed, and nothing of it is 0.
    assert {value for (unit, _name), value in read.items() if unit == "眉山天府新区"} == {None}
    assert read["市本级", "城镇新增就业"] is None


def test_r17_wrong_sum_and_wrong_rate_of_the_matrix_are_said_with_their_cells(meishan, tmp_path):
    case, programme, _units, period = meishan
    path = matrix(tmp_path / "a.xlsx", case)
    book = openpyxl.load_workbook(path)
    page = book.active
    # 22921 / 8000 = 286.5125; and 52242 is the sum of the six.
    page["D9"], page["C7"] = 268.5, 52243
    book.save(path)

    review = review_returns(files=[(path, "a.xlsx")], programme=programme, period=period)

    assert [(issue.code, issue.cell) for issue in review.issues] == [("total_differs", "C7"), ("rate_differs", "D9")]


def test_matrix_is_stored_as_one_batch_with_a_report_for_each_unit(meishan, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    case, programme, units, period = meishan
    officer = factories.grant(factories.UserFactory(), "city_office", region=programme.owner)
    file = (matrix(tmp_path / "眉山.xlsx", case), "眉山.xlsx")

    batches = import_returns(review=review_returns(files=[file], programme=programme, period=period), by=officer)
    again = review_returns(files=[file], programme=programme, period=period)

    assert len(batches) == 1
    # The unit whose row is blank has sent nothing.
    stored = Report.objects.filter(period=period).values_list("participant__printed_name", flat=True)
    assert set(stored) == {*units} - {"眉山天府新区"}
    assert [issue.code for issue in again.issues] == ["already_imported"]
    assert not again.changes


@world
def qimen(db):
    """The return of 祁门县: facts, programme, unit, period of December."""
    case = facts("case_07_qimen_return.yaml")
    programme, units = programme_of(2024, ["祁门县", "歙县"], "huangshan-2024")
    made = {
        1: ("促进重点群体稳定就业", [("城镇新增就业", "人", 1100), ("三公里充分就业社区", "个", 4)]),
        2: ("困难群众救助", [("困难群众救助", "人", None)]),
        3: ("放心家政行动", [("培训家政服务人员", "人次", 613), ("新增家政服务人员", "人", 275)]),
        4: (
            "城乡低保和特困供养",
            [
                (name, "人", None)
                for name in ["农村低保保障人数", "城市低保保障人数", "农村特困保障人数", "城市特困保障人数"]
            ],
        ),
        5: ("农村敬老院运营服务能力提升", [("敬老院", "所", 4)]),
        6: ("城乡公益性公墓建设管理", [("公墓", "个", 7)]),
        7: ("企业职工退休一件事", [("企业职工退休一件事一次办理人次", "人次", None)]),
    }
    for seq, (name, indicators) in made.items():
        sub_project = factories.SubProjectFactory(
            project=factories.ProjectFactory(programme=programme, seq=seq, name=name)
        )
        for indicator, unit, target in indicators:
            row = factories.IndicatorFactory(
                sub_project=sub_project, name=indicator, unit=unit, accumulation="stock" if seq == 4 else "flow"
            )
            if target is not None:
                set_target(row, units["祁门县"], target)
    return case, programme, factories.PeriodFactory(programme=programme, month=12)


def county_return(path, case) -> Path:
    """Save the return: the column set as published, 类别, 序号 and 项目名称 merged over their rows."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["祁门县民生实事进展情况表"])
    page.append(case["columns"] if isinstance(case["columns"], list) else [])
    page["D2"] = page["F2"] = "目标任务"
    projects = {row["seq"]: row["item"] for row in case["rows"]} | {
        2: "困难群众救助",
        4: "城乡低保和特困供养",
        7: "企业职工退休一件事",
    }
    lines = [
        (
            row["seq"],
            row.get("text"),
            row.get("lead"),
            row["target"],
            row["actual"],
            float(row["rate"]),
            row.get("note"),
        )
        for row in case["rows"]
    ]
    lines.append((2, None, "县民政局", None, "12月28日前发放到位，正在按程序审批，资金已下达各乡镇", None, None))
    lines += [
        (row["seq"], row["sub"], "县民政局", row["target"], row["actual"], row["rate_cell"], None)
        for row in case["no_numeric_target"]
    ]
    row, before, first = 3, None, 3
    for line in sorted(lines, key=lambda one: one[0]):
        same = line[0] == before
        page.append(
            [
                None if same else line[0],
                "一、民生保障(7项)" if row == 3 else None,
                None if same else projects[line[0]],
                *line[1:],
            ]
        )
        if not same and row - first > 1:
            page.merge_cells(start_row=first, start_column=1, end_row=row - 1, end_column=1)
            page.merge_cells(start_row=first, start_column=3, end_row=row - 1, end_column=3)
        if not same:
            first, before = row, line[0]
        row += 1
    page.merge_cells(start_row=3, start_column=2, end_row=row - 1, end_column=2)
    book.save(path)
    return path


def test_published_county_return_is_read_with_only_its_paragraph_asked_about(qimen, tmp_path):
    case, programme, period = qimen

    review = review_returns(
        files=[(county_return(tmp_path / "祁门.xlsx", case), "祁门.xlsx")], programme=programme, period=period
    )

    read = {figure.line.indicator.name: figure.value for figure in review.readings[0].figures}
    assert {name: int(value) for name, value in read.items()} == {
        "城镇新增就业": 1063,
        "三公里充分就业社区": 4,
        "培训家政服务人员": 626,
        "新增家政服务人员": 284,
        "农村低保保障人数": 35611,
        "城市低保保障人数": 6794,
        "农村特困保障人数": 9552,
        "城市特困保障人数": 62,
        "敬老院": 4,
        "公墓": 7,
        "企业职工退休一件事一次办理人次": 454,
    }
    # The table carries no date: that is said. The paragraph stands where a number belongs.
    assert [(issue.severity, issue.code) for issue in review.issues] == [("warning", "not_named"), ("error", "words")]
