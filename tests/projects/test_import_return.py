"""Returns from files: the template and its reading, the command's contract, commits and refusals."""

import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from livelihood.access import NotAllowed, access_of
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.excel.template import return_template, template_name
from projects.models import Figure, FigureRevision, ImportBatch, Report
from projects.services.imports import ImportRefused, import_returns, review_returns
from projects.services.reports import return_report
from tests import factories
from tests.projects.workbooks import filled, retyped, with_part

pytestmark = pytest.mark.slow

GOOD = {"H4": 55.25, "H5": 88.5, "H6": 900, "I4": "按计划"}


@pytest.fixture
def folder(settings, tmp_path):
    """Where the test's files lie; uploads go there too."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


@pytest.fixture
def county_file(folder, indicators, period, july, participants):
    """太和县's return of August, filled in."""
    return filled(folder / "太和县.xlsx", period=period, participant=participants["341222"], cells=GOOD)


def review_of(path, period, **options):
    return review_returns(files=[(path, Path(path).name)], programme=period.programme, period=period, **options)


def run(*arguments) -> tuple[int, dict]:
    """Run the command with --json; return exit code and document."""
    output, code = io.StringIO(), 0
    try:
        call_command("import_return", *map(str, arguments), "--json", stdout=output)
    except SystemExit as end:
        code = end.code
    return code, json.loads(output.getvalue())


def command(path, *more):
    return run(path, "--programme", "fuyang-2020", "--period", "2020-08", *more)


def test_template_prints_whose_return_it_is_with_targets_and_last_months_figures(
    indicators, period, july, participants, folder
):
    report = factories.ReportFactory(period=july, participant=participants["341222"])
    type(july).objects.filter(pk=july.pk).update(state="open")
    factories.FigureFactory(report=report, indicator=indicators["里程"], value=Decimal("40.5"))
    type(july).objects.filter(pk=july.pk).update(state="issued")
    path = folder / "a.xlsx"
    path.write_bytes(return_template(period=period, participant=participants["341222"]))

    book = openpyxl.load_workbook(path)

    rows = list(book["月报"].iter_rows(min_row=1, max_row=6, values_only=True))
    assert rows[0][0] == "阜阳市2020年民生工程进展情况月报（2020年1—8月）"
    assert rows[1][0] == "填报单位：太和县"
    assert rows[2] == ("序号", "项目", "子项", "指标", "单位", "年度目标", "上月累计", "本月累计", "备注")
    assert rows[3] == (1, "农村道路", None, "里程", "公里", 100, 40.5, None, None)
    assert book["系统标识"].sheet_state == "veryHidden"
    assert book["月报"].protection.sheet
    assert not book["月报"]["H4"].protection.locked
    assert book["月报"]["G4"].protection.locked
    assert book["月报"].freeze_panes == "E4"
    assert template_name(period, participants["341222"]) == "太和县_2020-08_月报.xlsx"


def test_template_marks_demo_data_and_no_task_and_leaves_the_wholes_sums_out(
    indicators, period, participants, programme, folder
):
    programme.is_demo = True
    programme.save(update_fields=["is_demo"])
    period.refresh_from_db()
    for code in ["341200-own", "341200"]:
        (folder / f"{code}.xlsx").write_bytes(return_template(period=period, participant=participants[code]))

    own = openpyxl.load_workbook(folder / "341200-own.xlsx")["月报"]
    whole = openpyxl.load_workbook(folder / "341200.xlsx")["月报"]

    assert own["I2"].value == "演示数据"
    assert (own["F4"].value, own["H4"].value, own["H4"].protection.locked) == ("/", "/", True)
    # 里程 and 人数 are sums of the units (R6); only the rate is the whole's own figure.
    assert [whole[f"D{row}"].value for row in (4, 5)] == ["合格率", None]


def test_command_without_commit_shows_the_figures_and_writes_nothing(county_file):
    code, document = command(county_file)

    assert code == 0
    assert {key: document[key] for key in ["files", "programme", "period", "committed", "refused", "funds"]} == {
        "files": ["太和县.xlsx"],
        "programme": "fuyang-2020",
        "period": "2020-08",
        "committed": False,
        "refused": False,
        "funds": [],
    }
    assert document["figures"][0] == {
        "file": "太和县.xlsx",
        "participant": "341222",
        "project_seq": 1,
        "sub_item": "",
        "indicator": "里程",
        "value": "55.25",
        "state": "reported",
        "unit": "公里",
        "sheet": "月报",
        "cell": "H4",
    }
    assert [row["value"] for row in document["figures"]] == ["55.25", "88.5", "900"]
    assert document["issues"] == []
    assert not Figure.objects.exists()
    assert not ImportBatch.objects.exists()


def test_command_with_commit_stands_as_submitted_with_origin_and_audit(county_file):
    code, document = command(county_file, "--commit")

    assert (code, document["committed"], document["refused"]) == (0, True, False)
    report = Report.objects.get(participant__code="341222")
    assert (report.state, bool(report.content_sha256), report.submitted_by.username) == ("submitted", True, "system")
    figure = Figure.objects.get(indicator__name="里程")
    assert (figure.value, figure.remark, figure.sheet, figure.cell) == (Decimal("55.25"), "按计划", "月报", "H4")
    assert figure.origin == "excel"
    batch = ImportBatch.objects.get()
    assert (batch.file_name, batch.counts) == ("太和县.xlsx", {"rows": 3, "changed": 3, "warnings": 0})
    with batch.file.open() as stored:
        assert stored.read() == county_file.read_bytes()
    assert AuditEvent.objects.filter(verb="import_return", target_id=str(batch.pk)).count() == 1
    assert FigureRevision.objects.filter(import_batch=batch).count() == 3


def test_same_file_twice_makes_no_second_batch_and_changes_nothing(county_file):
    command(county_file, "--commit")
    events, revisions = AuditEvent.objects.count(), FigureRevision.objects.count()

    code, document = command(county_file, "--commit")

    assert (code, document["committed"]) == (0, True)
    assert [(row["severity"], row["code"]) for row in document["issues"]] == [("note", "already_imported")]
    assert ImportBatch.objects.count() == 1
    assert (AuditEvent.objects.count(), FigureRevision.objects.count()) == (events, revisions)


def test_another_file_for_a_submitted_report_is_shown_but_not_committed(county_file):
    command(county_file, "--commit")
    retyped(county_file, {"H4": 60})

    shown_code, shown = command(county_file)
    code, document = command(county_file, "--commit")

    assert (shown_code, shown["figures"][0]["value"]) == (0, "60")
    assert (code, document["committed"], document["refused"]) == (1, False, False)
    assert document["issues"] == [
        {
            "severity": "error",
            "code": "report_submitted",
            "file": "太和县.xlsx",
            "sheet": "",
            "cell": "",
            "message": "太和县的月报“已提交”，不能再导入；请先退回。",
        }
    ]
    assert Figure.objects.get(indicator__name="里程").value == Decimal("55.25")


def test_returned_report_takes_one_changed_cell_as_one_revision(county_file, city_officer):
    command(county_file, "--commit")
    report = Report.objects.get()
    return_report(report=report, by=city_officer, reason="里程请核对")
    revisions = FigureRevision.objects.count()
    retyped(county_file, {"H4": 60})

    code, _document = command(county_file, "--commit", "--as", "city_officer")

    assert code == 0
    assert FigureRevision.objects.count() == revisions + 1
    assert Figure.objects.get(indicator__name="里程").value == Decimal(60)
    assert Report.objects.get().state == "submitted"


def test_closed_period_is_one_error_without_cell_and_refuses_only_the_commit(county_file, period, city_officer):
    type(period).objects.filter(pk=period.pk).update(
        state="closed", closed_at="2020-09-10T00:00:00Z", closed_by=city_officer
    )

    shown_code, shown = command(county_file)
    code, document = command(county_file, "--commit")

    assert (shown_code, len(shown["figures"])) == (0, 3)
    assert [(row["code"], row["cell"]) for row in shown["issues"]] == [("period_closed", "")]
    assert (code, document["committed"]) == (1, False)
    assert "已经封账" in document["issues"][0]["message"]
    assert not Figure.objects.exists()


def test_r04_slash_blank_and_zero_are_three_things(county_file, period):
    retyped(county_file, {"H4": "/", "H5": None, "H6": 0})

    review = review_of(county_file, period)

    assert [(row.state, row.value) for row in review.readings[0].figures] == [
        ("blank", None),
        ("blank", None),
        ("reported", Decimal(0)),
    ]
    assert [(issue.severity, issue.code, issue.cell) for issue in review.issues] == [
        ("warning", "no_task_claimed", "H4")
    ]
    assert "有任务（100）" in review.issues[0].message


def test_r04_only_the_target_decides_that_there_is_no_task(folder, indicators, period, participants, city_officer):
    path = filled(folder / "a.xlsx", period=period, participant=participants["341200-own"], cells={"H5": 90, "H6": 7})
    blank = filled(folder / "b.xlsx", period=period, participant=participants["341200-own"], cells={"H4": None})
    wrong = filled(folder / "c.xlsx", period=period, participant=participants["341200-own"], cells={"H4": 3})

    states = [[row.state for row in review_of(file, period).readings[0].figures] for file in (path, blank)]
    refused = review_of(wrong, period)

    assert states == [["no_task", "reported", "reported"], ["no_task", "blank", "blank"]]
    assert [(issue.code, issue.cell) for issue in refused.errors] == [("bad_value", "H4")]
    assert "无任务" in refused.errors[0].message


def test_slash_against_a_task_is_stored_blank_with_a_flag(county_file, period, city_officer):
    retyped(county_file, {"H4": "/"})

    import_returns(review=review_of(county_file, period), by=city_officer)

    figure = Figure.objects.get(indicator__name="里程")
    assert (figure.state, [flag.code for flag in figure.flags.all()]) == ("blank", ["no_task_claimed"])


@pytest.mark.parametrize(
    ("cell", "typed", "words"),
    [
        ("H4", "约12", "“约12”不是数字"),
        ("H4", "NaN", "“NaN”不是一个确定的数"),
        ("H4", "Infinity", "“Infinity”不是一个确定的数"),
        ("H4", -3, "“-3”是负数"),
        ("H4", "12345678901234567890", "太大"),
        ("H4", 12345678901234567890, "太大"),
        ("H4", "3.14159", "小数位太多"),
        ("H6", 3.5, "小数位太多"),
        ("H4", True, "“TRUE”不是数字"),
        ("H4", "=1+1", "公式没有计算结果"),
        ("D4", "不存在的指标", "第1项“农村道路”里没有指标“不存在的指标”"),
        ("A4", 9, "没有第9项，“里程”这一行对不上"),
        ("B4", "困难救助", "第1项是“农村道路”，表中写的是“困难救助”"),
        ("E4", "米", "“里程”的单位是“公里”，表中写的是“米”"),
        ("D4", None, "这一行有数（55.25）但没有指标名称"),
        ("I4", "长" * 301, "备注最多 300 字"),
    ],
)
def test_wrong_cell_is_one_error_with_its_place_and_nothing_changes(
    county_file, period, city_officer, cell, typed, words
):
    retyped(county_file, {cell: typed})

    code, document = command(county_file, "--commit")

    errors = [row for row in document["issues"] if row["severity"] == "error"]
    assert (code, document["committed"], document["refused"]) == (1, False, False)
    assert len(errors) == 1
    assert words in errors[0]["message"]
    assert errors[0]["sheet"] == "月报"
    assert errors[0]["cell"][-1] == cell[-1]
    assert not Figure.objects.exists()
    assert not ImportBatch.objects.exists()


def test_row_errors_without_commit_exit_0(county_file):
    retyped(county_file, {"H4": "很多"})

    code, document = command(county_file)

    assert (code, document["refused"], len(document["figures"])) == (0, False, 2)


def test_error_cell_names_its_code(county_file, period):
    book = openpyxl.load_workbook(county_file)
    book["月报"]["H4"].value = "#DIV/0!"
    assert book["月报"]["H4"].data_type == "e"
    book.save(county_file)

    review = review_of(county_file, period)

    assert [(issue.code, issue.cell) for issue in review.errors] == [("error_cell", "H4")]
    assert "错误值#DIV/0!" in review.errors[0].message


def test_formula_with_a_stored_result_full_width_digits_separators_and_units_are_read(county_file, period):
    retyped(county_file, {"H4": "５５．２５公里", "H5": "=40+48.5", "H6": "1,900"})
    with_part(county_file, "xl/worksheets/sheet1.xml", "<f>40+48.5</f><v></v>", "<f>40+48.5</f><v>88.5</v>")

    review = review_of(county_file, period)

    assert not review.errors
    assert [row.value for row in review.readings[0].figures] == [Decimal("55.25"), Decimal("88.5"), Decimal(1900)]


def test_percentage_formatted_cell_is_per_cent_for_a_share_and_wrong_for_a_count(county_file, period):
    book = openpyxl.load_workbook(county_file)
    for address, value in {"H5": 0.885, "H6": 0.5}.items():
        book["月报"][address].value = value
        book["月报"][address].number_format = "0.0%"
    book.save(county_file)

    review = review_of(county_file, period)

    assert [row.value for row in review.readings[0].figures] == [Decimal("55.25"), Decimal("88.5")]
    assert [(issue.cell, issue.message) for issue in review.errors] == [
        ("H6", "“人数”：写成了百分数50%，这个指标的单位是人。")
    ]


def test_r17_given_columns_are_compared_and_never_taken_over(county_file, period):
    retyped(county_file, {"F4": 120, "G4": 30})

    review = review_of(county_file, period)

    assert [(issue.severity, issue.code, issue.cell) for issue in review.issues] == [
        ("warning", "target_differs", "F4")
    ]
    assert "系统里是100，表中是120" in review.issues[0].message


def test_merged_number_and_name_cells_hold_for_the_rows_below(county_file, period):
    retyped(county_file, {"A5": None, "B5": None})

    review = review_of(county_file, period)

    assert not review.issues
    assert [row.line.indicator.name for row in review.readings[0].figures] == ["里程", "合格率", "人数"]


def test_cleared_cell_is_said_before_it_is_stored(county_file, period, city_officer):
    import_returns(review=review_of(county_file, period), by=city_officer)
    return_report(report=Report.objects.get(), by=city_officer, reason="请核对")
    retyped(county_file, {"H4": None})

    review = review_of(county_file, period)
    import_returns(review=review, by=city_officer)

    assert [(issue.code, issue.message) for issue in review.issues] == [
        ("cleared", "“里程”原有55.25，表中空白，导入后清空。")
    ]
    assert Figure.objects.get(indicator__name="里程").state == "blank"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sheet": "系统标识", "B4": "341282"}, "表内标识是界首市，表上写的填报单位是太和县"),
        ({"sheet": "系统标识", "B4": "999999"}, "表内标识的单位代码“999999”不在考核单位名单里"),
        ({"sheet": "系统标识", "B3": "2020-07"}, "这是2020-07的表，不是2020年1—8月（2020-08）的"),
        ({"sheet": "系统标识", "B2": "zhangye-2022"}, "这是年度民生工程“zhangye-2022”的表"),
        ({"sheet": "系统标识", "B1": "livelihood-return-9"}, "模板的版本不对"),
        ({"sheet": "月报", "A1": "进展情况月报（2020年1—7月）"}, "表头写的是2020年7月，不是2020年1—8月"),
        ({"sheet": "月报", "A2": "填报单位：北县"}, "表上的填报单位“北县”不在考核单位名单里"),
        ({"sheet": "月报", "C2": "填报单位：界首市"}, "表头上写了不止一个填报单位"),
        ({"sheet": "月报", "C1": "2020年7月"}, "表头上写了不止一个月份"),
        ({"sheet": "月报", "H3": "备注"}, "只有目标，没有累计完成数"),
        ({"sheet": "月报", "G3": "累计完成", "G4": 1}, "分不出哪列是累计完成"),
    ],
)
def test_workbook_of_somebody_or_something_else_is_refused_as_a_whole(county_file, change, words):
    sheet = change["sheet"]
    if "C1" in change or "C2" in change:
        book = openpyxl.load_workbook(county_file)
        book["月报"].unmerge_cells("A1:I1")
        book.save(county_file)
    retyped(county_file, {key: value for key, value in change.items() if key != "sheet"}, sheet=sheet)

    code, document = command(county_file, "--commit")

    assert (code, document["refused"], document["committed"], document["figures"]) == (1, True, False, [])
    assert len(document["issues"]) == 1
    assert words in document["issues"][0]["message"]
    assert not ImportBatch.objects.exists()


def test_another_countys_file_is_refused_where_a_participant_is_asked_for(county_file):
    code, document = command(county_file, "--participant", "341282")

    assert (code, document["refused"]) == (1, True)
    assert document["issues"][0]["message"] == "这是太和县的表，不是界首市的。"


def test_last_months_file_is_refused(folder, indicators, period, july, participants):
    path = filled(folder / "a.xlsx", period=july, participant=participants["341222"], cells=GOOD)

    code, document = command(path)

    assert (code, document["issues"][0]["message"]) == (1, "这是2020-07的表，不是2020年1—8月（2020-08）的。")


def test_plain_text_table_needs_to_be_told_whose_it_is(folder, indicators, period, participants):
    path = folder / "a.xlsx"
    path.write_bytes('序号,子项,指标,本月累计\n1,,里程,"1,055.5"\n2,,人数,\n'.encode("gb18030"))

    refused_code, refused = command(path)
    code, document = command(path, "--participant", "341222")

    assert (refused_code, refused["refused"]) == (1, True)
    assert "看不出是哪个单位的表" in refused["issues"][0]["message"]
    assert (code, [(row["value"], row["state"]) for row in document["figures"]]) == (
        0,
        [("1055.5", "reported"), (None, "blank")],
    )
    # Said as well: 1055.5 is ten times the target of 100.
    assert [row["code"] for row in document["issues"]] == ["not_named", "not_named", "unit_slip"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0字节"),
        (b"PK\x03\x04broken", "文件已损坏"),
        (b"%PDF-1.4", "不是表格"),
        ("序号,指标,本月累计\n".encode(), "没有找到表头"),
        ("序号,指标,本月累计\n注：无,,\n".encode(), "一行指标都没有"),
    ],
)
def test_unreadable_file_is_refused_with_one_sentence(folder, indicators, period, participants, content, words):
    (folder / "a.xlsx").write_bytes(content)

    code, document = command(folder / "a.xlsx", "--participant", "341222", "--commit")

    assert (code, document["refused"], document["figures"]) == (1, True, [])
    assert words in document["issues"][-1]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--programme", "nowhere", "--period", "2020-08"], "没有代码为“nowhere”的年度民生工程"),
        (["--programme", "fuyang-2020", "--period", "2020-09"], "没有填报期“2020-09”"),
        (["--programme", "fuyang-2020", "--period", "八月"], "填报期“八月”写得不对"),
        (["--programme", "fuyang-2020", "--period", "2020-08", "--participant", "999"], "没有代码为“999”的考核单位"),
        (["--programme", "fuyang-2020", "--period", "2020-08", "--commit", "--as", "nobody"], "没有用户“nobody”"),
        (["--programme", "fuyang-2020", "--period", "2020-08", "--commit", "--as", "stranger"], "不由您填报"),
    ],
)
def test_unknown_names_exit_1_with_a_reason_and_one_document(county_file, stranger, arguments, words):
    code, document = run(county_file, *arguments)

    assert (code, document["committed"]) == (1, False)
    assert words in document["issues"][-1]["message"]
    assert not Figure.objects.exists()


def test_several_files_are_stored_together_or_not_at_all(county_file, folder, period, participants):
    other = filled(folder / "界首市.xlsx", period=period, participant=participants["341282"], cells={"H4": 150})
    broken = filled(folder / "坏.xlsx", period=period, participant=participants["341282"], cells={"H4": "x"})
    names = ["--programme", "fuyang-2020", "--period", "2020-08", "--commit"]

    mixed_code, mixed = run(county_file, broken, *names)
    twice_code, twice = run(county_file, county_file.rename(folder / "甲.xlsx"), *names)
    none_stored = not Figure.objects.exists()
    code, document = run(folder / "甲.xlsx", other, *names)

    assert (mixed_code, mixed["committed"]) == (1, False)
    assert (twice_code, twice["refused"]) == (1, True)
    assert none_stored
    assert (code, document["files"], document["committed"]) == (0, ["甲.xlsx", "界首市.xlsx"], True)
    assert set(Report.objects.values_list("participant__code", "state")) == {
        ("341222", "submitted"),
        ("341282", "submitted"),
    }


def test_one_participant_in_two_files_is_refused(county_file, folder):
    copy = folder / "b.xlsx"
    copy.write_bytes(county_file.read_bytes())

    code, document = run(county_file, copy, "--programme", "fuyang-2020", "--period", "2020-08", "--commit")

    assert (code, document["refused"], document["issues"][-1]["code"]) == (1, False, "participant_twice")


def test_command_for_people_says_what_it_did(county_file):
    shown, stored = io.StringIO(), io.StringIO()

    call_command("import_return", county_file, "--programme=fuyang-2020", "--period=2020-08", stdout=shown)
    call_command("import_return", county_file, "--programme=fuyang-2020", "--period=2020-08", "--commit", stdout=stored)

    assert "太和县，3行，其中3行与系统不同。" in shown.getvalue()
    assert "以上只是核对，什么都没有改动。" in shown.getvalue()
    assert "已导入。" in stored.getvalue()


def test_county_clerk_imports_into_the_own_draft_only(county_file, period, clerk, other_clerk):
    import_returns(review=review_of(county_file, period), by=clerk)

    assert Report.objects.get().state == "draft"
    with pytest.raises((NotAllowed, Refused)):
        import_returns(review=review_of(retyped(county_file, {"H4": 1}), period), by=other_clerk)
    assert Figure.objects.get(indicator__name="里程").value == Decimal("55.25")


def test_figure_changed_after_the_review_refuses_the_import(county_file, period, clerk):
    import_returns(review=review_of(county_file, period), by=clerk)
    stale = review_of(retyped(county_file, {"H4": 60}), period)
    import_returns(review=review_of(retyped(county_file, {"H4": 70}), period), by=clerk)

    with pytest.raises(Refused, match="核对之后有人改了数"):
        import_returns(review=stale, by=clerk)

    assert Figure.objects.get(indicator__name="里程").value == Decimal(70)


def test_review_with_errors_is_never_stored(county_file, period, clerk):
    review = review_of(retyped(county_file, {"H4": "x"}), period)

    with pytest.raises(ImportRefused) as refused:
        import_returns(review=review, by=clerk)

    assert refused.value.issues[0].sentence.startswith("太和县.xlsx 月报!H4：“里程”：“x”不是数字")


def test_query_count_does_not_depend_on_the_number_of_rows(folder, indicators, period, participants, city_officer):
    counts = []
    access_of(city_officer)  # read once per person, before the first import is counted
    for code, extra in [("341222", 0), ("341282", 120)]:
        for number in range(extra):
            factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, name=f"加{number}", order=number + 3)
        cells = {"H4": 1} | {f"H{row}": 5 for row in range(6, 6 + extra)}
        path = filled(folder / f"{code}.xlsx", period=period, participant=participants[code], cells=cells)
        with CaptureQueriesContext(connection) as queries:
            import_returns(review=review_of(path, period), by=city_officer)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries))

    assert Figure.objects.filter(participant__code="341282").count() == 121
    assert counts[0] == counts[1]


def test_statements_of_a_commit_depend_neither_on_rows_nor_on_units(
    folder, indicators, period, programme, participants, city_officer
):
    units = [participants["341222"], *(factories.ParticipantFactory(programme=programme) for _ in range(12))]
    access_of(city_officer)  # read once per person, before the first import is counted
    counts = []
    for number, chosen in enumerate([units[:2], units[2:]]):
        named = [indicators["里程"], indicators["人数"]][: number + 1]
        rows = [[unit.printed_name, row.sub_project.project.seq, row.name, 5] for unit in chosen for row in named]
        book = openpyxl.Workbook()
        for row in [["考核单位", "序号", "指标", "累计完成"], *rows]:
            book.active.append(row)
        book.save(folder / f"{number}.xlsx")
        review = review_of(folder / f"{number}.xlsx", period)
        assert review.errors == []

        with CaptureQueriesContext(connection) as queries:
            import_returns(review=review, by=city_officer)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries))

    assert Report.objects.filter(state="submitted", content_sha256__gt="").count() == 13
    assert AuditEvent.objects.filter(verb="receive_report", before={"state": "draft"}).count() == 13
    assert counts[0] == counts[1] <= 30
