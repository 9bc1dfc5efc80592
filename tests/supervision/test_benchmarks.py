"""Provincial averages: services, the file and the page they are entered by, and what they move after the close."""

import datetime
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.excel.benchmarks import benchmark_template
from projects.models import Benchmark
from projects.services.benchmarks import (
    BenchmarkEntry,
    BenchmarksRefused,
    parse_published,
    set_benchmark,
    set_benchmarks,
)
from projects.services.figures import FigureEntry, record_figures
from projects.services.reports import approve_report, receive_report, report_for
from projects.values import ValueRefused
from supervision.models import Snapshot
from supervision.services.benchmarks import record_benchmarks
from supervision.services.closing import close_month
from supervision.standings import live_standings
from tests import factories
from tests.support.worlds import world

SOURCE = "省民生办〔2020〕15号附件2"


@world
def roads(indicators):
    return indicators["里程"]


@world
def closed(period, participants, indicators, city_officer):
    """August closed over one approved report: 里程 50 of 100."""
    report = report_for(period=period, participant=participants["341222"], by=city_officer)
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(50))
    record_figures(report=report, entries=[entry], by=city_officer, origin="form")
    approve_report(report=receive_report(report=report, by=city_officer), by=city_officer)
    close_month(period=period, without=["341282", "341200-own"], by=city_officer)
    period.refresh_from_db()
    return period


def entry_of(indicator, text="67.30", **values) -> BenchmarkEntry:
    number, decimals = parse_published(text)
    return BenchmarkEntry(
        **{"indicator_id": indicator.pk, "value": number, "decimals": decimals, "source": SOURCE} | values
    )


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("67.30", "67.3", 2),
        ("67.3%", "67.3", 1),
        (" ６７．３０％ ", "67.3", 2),
        ("1,234.50", "1234.5", 2),
        ("100", "100", 0),
    ],
)
def test_r07_published_number_keeps_the_decimals_it_is_printed_with(text, value, decimals):
    assert parse_published(text) == (Decimal(value), decimals)


@pytest.mark.parametrize("text", ["很高", "NaN", "/", "-1", "1.1234567", "12345678901234567890"])
def test_text_that_is_no_published_number_is_refused(text):
    with pytest.raises(ValueRefused):
        parse_published(text)


def test_set_benchmark_stores_confirms_and_records_it(period, roads, city_officer):
    benchmark = set_benchmark(
        period=period,
        indicator=roads,
        measure="rate",
        value=Decimal("67.3"),
        decimals=2,
        source=SOURCE,
        as_of=datetime.date(2020, 8, 31),
        by=city_officer,
        city_rate=Decimal("70.1"),
        city_place=3,
        city_count=16,
    )

    assert (benchmark.value, benchmark.decimals, benchmark.city_place) == (Decimal("67.3"), 2, 3)
    assert benchmark.confirmed_by == city_officer
    event = AuditEvent.objects.get(verb="set_benchmarks")
    assert event.after[str(roads.pk)]["value"] == "67.3"


def test_r10_average_reaches_the_standings(period, roads, city_officer):
    set_benchmarks(period=period, entries=[entry_of(roads)], by=city_officer)

    lines = live_standings(period).lines[roads.pk]

    assert {line["benchmark"] for line in lines} == {Decimal("67.3")}


def test_set_benchmarks_again_writes_only_what_changed(period, indicators, city_officer):
    roads, share = indicators["里程"], indicators["合格率"]
    set_benchmarks(period=period, entries=[entry_of(roads), entry_of(share)], by=city_officer)
    events = AuditEvent.objects.count()

    same = set_benchmarks(period=period, entries=[entry_of(roads), entry_of(share)], by=city_officer)
    outcome = set_benchmarks(period=period, entries=[entry_of(roads, "68.1"), entry_of(share)], by=city_officer)

    assert not same.is_changed
    assert (outcome.saved, outcome.unchanged) == ([roads.pk], [share.pk])
    assert AuditEvent.objects.count() == events + 1
    assert set(Benchmark.objects.values_list("indicator__name", "version")) == {("里程", 2), ("合格率", 1)}


def test_blank_value_removes_and_another_measure_replaces(period, indicators, city_officer):
    roads, share = indicators["里程"], indicators["合格率"]
    set_benchmarks(period=period, entries=[entry_of(roads), entry_of(share)], by=city_officer)

    outcome = set_benchmarks(
        period=period, entries=[entry_of(roads, ""), entry_of(share, measure="value")], by=city_officer
    )

    assert (outcome.removed, outcome.saved) == ([roads.pk], [share.pk])
    assert list(Benchmark.objects.values_list("indicator__name", "measure")) == [("合格率", "value")]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"value": Decimal("67.345"), "decimals": 2}, "写了3位小数，公布小数位却是2"),
        ({"value": Decimal(-1)}, "完成率不能为负数"),
        ({"value": Decimal("NaN")}, "数太大或不是一个确定的数"),
        ({"value": Decimal(10) ** 15}, "数太大或不是一个确定的数"),
        ({"decimals": 7}, "公布小数位应为0至6"),
        ({"source": "  "}, "没有写来源"),
        ({"source": "长" * 201}, "来源最多200字"),
        ({"measure": "share"}, "口径“share”不认识"),
        ({"as_of": datetime.date(2018, 8, 31)}, "截至日期2018-08-31不在2020年度"),
        ({"city_place": 0}, "本市位次从1开始"),
        ({"city_count": 0}, "参评市数从1开始"),
        ({"city_place": 17, "city_count": 16}, "本市位次17大于参评市数16"),
        ({"base_version": 3}, "已由别人改过"),
    ],
)
def test_set_benchmarks_with_a_fault_is_one_sentence_and_stores_nothing(
    period, indicators, city_officer, values, words
):
    entries = [entry_of(indicators["合格率"]), entry_of(indicators["里程"], **values)]

    with pytest.raises(BenchmarksRefused) as refused:
        set_benchmarks(period=period, entries=entries, by=city_officer)

    assert list(refused.value.errors) == [indicators["里程"].pk]
    assert words in str(refused.value)
    assert not Benchmark.objects.exists()


def test_set_benchmarks_refuses_a_double_line_a_strange_indicator_and_other_people(
    period, roads, city_officer, clerk, other_programme_indicator
):
    with pytest.raises(BenchmarksRefused, match="出现了两次"):
        set_benchmarks(period=period, entries=[entry_of(roads), entry_of(roads)], by=city_officer)
    with pytest.raises(BenchmarksRefused, match="有一个指标不属于"):
        set_benchmarks(period=period, entries=[entry_of(other_programme_indicator)], by=city_officer)
    with pytest.raises(NotAllowed):
        set_benchmarks(period=period, entries=[entry_of(roads)], by=clerk)


@world
def other_programme_indicator(db):
    return factories.IndicatorFactory()


def test_r10_average_after_the_close_makes_the_next_snapshot_version(closed, roads, city_officer):
    first = Snapshot.objects.get(period=closed)

    recorded = record_benchmarks(period=closed, entries=[entry_of(roads)], by=city_officer)
    again = record_benchmarks(period=closed, entries=[entry_of(roads)], by=city_officer)

    assert (recorded.snapshot.version, recorded.snapshot.previous) == (first.version + 1, first)
    assert again.snapshot is None
    assert Snapshot.objects.filter(period=closed).count() == 2


def test_r18_averages_of_an_issued_month_are_refused(july, roads, city_officer):
    with pytest.raises(Refused, match="通报已经印发"):
        record_benchmarks(period=july, entries=[entry_of(roads)], by=city_officer)


# ---- the file


def run(path, *arguments) -> tuple[int, dict]:
    output, code = io.StringIO(), 0
    names = ["--programme", "fuyang-2020", "--period", "2020-08", "--json"]
    try:
        call_command("import_benchmarks", str(path), *names, *arguments, stdout=output)
    except SystemExit as end:
        code = end.code
    return code, json.loads(output.getvalue())


HEAD = "序号,子项,指标,口径,全省平均,截至,来源,本市数,本市位次,参评市数\n"


@pytest.fixture
def table(tmp_path, period, indicators):
    path = tmp_path / "省平均.csv"
    path.write_text(
        HEAD
        + f"1,,里程,完成率,67.30%,2020-08-31,{SOURCE},70.1,3,16\n"
        + f"1,,合格率,指标值,92.5,2020年8月31日,{SOURCE},,,\n"
        + "2,,人数,完成率,,,,,,\n",
        encoding="utf-8",
    )
    return path


def test_command_without_commit_shows_the_averages_and_writes_nothing(table):
    code, document = run(table)

    assert (code, document["committed"], document["refused"], document["issues"]) == (0, False, False, [])
    assert [(row["indicator"], row["measure"], row["value"], row["decimals"]) for row in document["benchmarks"]] == [
        ("里程", "rate", "67.30", 2),
        ("合格率", "value", "92.5", 1),
    ]
    assert document["benchmarks"][0]["as_of"] == "2020-08-31"
    assert not Benchmark.objects.exists()


def test_command_with_commit_stores_them_once(table):
    first_code, first = run(table, "--commit")
    events = AuditEvent.objects.count()
    code, document = run(table, "--commit")

    assert (first_code, first["committed"], code, document["committed"]) == (0, True, 0, True)
    assert Benchmark.objects.count() == 2
    assert Benchmark.objects.get(indicator__name="里程").city_count == 16
    assert AuditEvent.objects.count() == events


def test_command_after_the_close_names_the_new_snapshot(table, closed):
    code, document = run(table, "--commit")

    assert (code, document["snapshot"]) == (0, 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,,桥梁,完成率,67,,来源,,,", "第1项没有指标“桥梁”"),
        ("x,,里程,完成率,67,,来源,,,", "第x项没有指标“里程”"),
        ("1,,里程,占比,67,,来源,,,", "口径“占比”不认识"),
        ("1,,里程,完成率,高,,来源,,,", "“高”不是数字"),
        ("1,,里程,完成率,67,八月底,来源,,,", "“八月底”不是日期"),
        ("1,,里程,完成率,67,2020-02-31,来源,,,", "“2020-02-31”不是日期"),
        ("1,,里程,完成率,67,,,,,", "没有写来源"),
        ("1,,里程,完成率,67,,来源,,第三,16", "“第三”不是整数"),
        ("1,,里程,完成率,67,,来源,,20,16", "本市位次20大于参评市数16"),
        ("1,,合格率,指标值,67,,来源,,,", "“合格率”在C2已经有一行，不能重复"),
    ],
)
def test_command_with_a_wrong_row_names_the_cell_and_stores_nothing(tmp_path, period, indicators, row, words):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}1,,合格率,指标值,92.5,,来源,,,\n{row}\n", encoding="utf-8")

    code, document = run(path, "--commit")

    assert (code, document["committed"]) == (1, False)
    assert [issue["message"] for issue in document["issues"] if words in issue["message"]]
    assert document["issues"][0]["cell"]
    assert not Benchmark.objects.exists()


def test_command_with_an_unreadable_or_empty_table_is_refused(tmp_path, period, indicators):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(HEAD, encoding="utf-8")

    for name, words in [("a.csv", "没有找到表头"), ("b.csv", "一个全省平均都没有"), ("c.csv", "文件不存在")]:
        code, document = run(tmp_path / name, "--commit")
        assert (code, document["refused"], document["benchmarks"]) == (1, True, [])
        assert words in document["issues"][0]["message"]


def test_command_for_people_and_unknown_programme(table):
    output, refused = io.StringIO(), io.StringIO()
    names = ["--programme=fuyang-2020", "--period=2020-08"]

    call_command("import_benchmarks", str(table), *names, stdout=output)
    call_command("import_benchmarks", str(table), *names, "--commit", stdout=output)
    with pytest.raises(SystemExit):
        call_command("import_benchmarks", str(table), "--programme=x", "--period=2020-08", stdout=refused)

    assert "2项全省平均，其中2项与系统不同。" in output.getvalue()
    assert "已录入。" in output.getvalue()
    assert "没有代码为“x”的年度民生工程" in refused.getvalue()


def test_template_is_filled_with_what_is_stored_and_reads_back_unchanged(tmp_path, table, period):
    run(table, "--commit")
    path = tmp_path / "模板.xlsx"

    written_code, _document = run(path, "--template")
    code, document = run(path)

    assert (written_code, code, document["issues"]) == (0, 0, [])
    assert [(row["value"], row["changed"]) for row in document["benchmarks"]] == [("67.30", False), ("92.5", False)]
    assert path.read_bytes()[:2] == benchmark_template(period)[:2]


def test_number_cells_say_how_many_decimals_they_were_read_with(tmp_path, period, indicators):
    book = openpyxl.Workbook()
    book.active.append(HEAD.strip().split(","))
    book.active.append([1, None, "里程", "完成率", 0.673, datetime.date(2020, 8, 31), SOURCE])
    book.active.append([2, None, "人数", "完成率", 67.3, None, SOURCE])
    book.active["E2"].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")

    _code, document = run(tmp_path / "a.xlsx")

    assert [(row["value"], row["decimals"]) for row in document["benchmarks"]] == [("67.3", 1), ("67.3", 1)]
    assert {issue["code"] for issue in document["issues"]} == {"decimals_from_number"}


# ---- the page


@world
def address(period):
    return reverse("supervision:benchmarks", args=["fuyang-2020", "2020-08"])


def line(indicator, **values) -> dict:
    return {f"{name}-{indicator.pk}": value for name, value in values.items()}


def test_page_shows_every_indicator_to_the_city_office_only(client, address, indicators, city_officer, clerk, stranger):
    client.force_login(city_officer)
    page = client.get(address)
    client.force_login(clerk)
    refused = client.get(address)
    client.force_login(stranger)
    hidden = client.get(address)

    assert page.status_code == 200
    assert [entry["indicator"].name for group in page.context["groups"] for entry in group["lines"]] == [
        "里程",
        "合格率",
        "人数",
    ]
    assert (refused.status_code, hidden.status_code) == (403, 404)


def test_page_takes_the_decimals_from_the_text_and_asks_to_confirm(client, address, indicators, city_officer):
    client.force_login(city_officer)
    data = {"source": SOURCE, "as_of": "2020-08-31", "city_count": "16"}
    data |= line(indicators["里程"], value="67.30", measure="rate", city_place="3", city_rate="70")
    data |= line(indicators["合格率"], value="92", decimals="1", measure="value")

    page = client.post(address, data, follow=True)

    stored = {row.indicator.name: row for row in Benchmark.objects.select_related("indicator")}
    assert {name: (row.measure, row.decimals, row.city_count) for name, row in stored.items()} == {
        "里程": ("rate", 2, 16),
        "合格率": ("value", 1, None),
    }
    assert stored["里程"].as_of == datetime.date(2020, 8, 31)
    words = [str(message) for message in page.context["messages"]]
    assert words[0] == "已保存 2 项全省平均。"
    assert "里程 67.30（2位）、合格率 92.0（1位）" in words[1]


def test_page_posted_unchanged_saves_nothing(client, address, period, indicators, city_officer):
    set_benchmarks(period=period, entries=[entry_of(indicators["里程"])], by=city_officer)
    client.force_login(city_officer)
    form = client.get(address).context["form"]
    data = {"versions": form.versions, **form.shared, "city_count": "16", "source": "另一份"}
    for group in form.groups():
        for entry in group["lines"]:
            names = ["value", "decimals", "measure", "as_of", "source", "city_rate", "city_place", "city_count"]
            data |= line(entry["indicator"], **{name: entry[name] for name in names})

    page = client.post(address, data, follow=True)

    assert [str(message) for message in page.context["messages"]] == ["没有改动，不用保存。"]
    assert Benchmark.objects.get().version == 1


def test_page_with_a_changed_value_spells_the_decimals_anew_unless_they_were_changed(
    client, address, period, indicators, city_officer
):
    set_benchmarks(period=period, entries=[entry_of(indicators["里程"])], by=city_officer)
    client.force_login(city_officer)
    versions = {"versions": f"{indicators['里程'].pk}:1"}
    typed = {"measure": "rate", "source": SOURCE}

    client.post(address, versions | line(indicators["里程"], value="67.5", decimals="2", **typed))
    spelled = Benchmark.objects.get().decimals
    versions = {"versions": f"{indicators['里程'].pk}:2"}
    client.post(address, versions | line(indicators["里程"], value="67.5", decimals="3", **typed))

    assert (spelled, Benchmark.objects.get().decimals) == (1, 3)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"value": "六十七"}, "“六十七”不是数字"),
        ({"value": "67", "decimals": "x"}, "“x”不是整数"),
        ({"value": "67", "as_of": "8月"}, "截至“8月”不是日期"),
        ({"value": "67", "city_place": "17", "city_count": "16"}, "本市位次17大于参评市数16"),
        ({"value": "", "city_place": "3"}, "没有填全省平均"),
    ],
)
def test_page_with_a_wrong_line_keeps_the_texts_and_stores_nothing(
    client, address, indicators, city_officer, typed, words
):
    client.force_login(city_officer)
    data = {"source": SOURCE} | line(indicators["合格率"], value="92", measure="rate")

    page = client.post(address, data | line(indicators["里程"], measure="rate", **typed))

    assert page.status_code == 422
    lines = {entry["indicator"].name: entry for group in page.context["groups"] for entry in group["lines"]}
    assert words in lines["里程"]["error"]
    assert lines["合格率"]["value"] == "92"
    assert not Benchmark.objects.exists()


def test_page_with_wrong_shared_fields_or_none_is_refused(client, address, indicators, city_officer):
    client.force_login(city_officer)
    data = {"as_of": "昨天", "city_count": "很多"} | line(indicators["里程"], value="67", measure="rate")

    page = client.post(address, data)
    bare = client.post(address, line(indicators["里程"], value="67", measure="rate"))

    assert page.context["form"].shared_errors == ["截至“昨天”不是日期，请写成 2020-08-31。", "“很多”不是整数。"]
    assert "没有写来源" in bare.content.decode()
    assert not Benchmark.objects.exists()


def test_stale_page_does_not_overwrite_what_a_colleague_stored(client, address, period, indicators, city_officer):
    set_benchmarks(period=period, entries=[entry_of(indicators["里程"])], by=city_officer)
    client.force_login(city_officer)

    page = client.post(address, {"source": SOURCE} | line(indicators["里程"], value="50", measure="rate"))

    assert page.status_code == 422
    assert "已由别人改过" in page.content.decode()
    assert Benchmark.objects.get().value == Decimal("67.3")


def test_page_after_the_close_says_that_a_new_snapshot_was_made(client, closed, roads, city_officer):
    client.force_login(city_officer)
    address = reverse("supervision:benchmarks", args=["fuyang-2020", "2020-08"])

    before = client.get(address).content.decode()
    page = client.post(address, {"source": SOURCE} | line(roads, value="67.3", measure="rate"), follow=True)

    assert "保存改动会按同一批数据生成新一版快照" in before
    assert any("快照第2版" in str(message) for message in page.context["messages"])


def test_page_of_an_issued_month_cannot_be_saved(client, july, roads, city_officer):
    client.force_login(city_officer)
    address = reverse("supervision:benchmarks", args=["fuyang-2020", "2020-07"])

    shown = client.get(address)
    page = client.post(address, {"source": SOURCE} | line(roads, value="67.3", measure="rate"))

    assert shown.context["is_fixed"]
    assert page.status_code == 422
    assert not Benchmark.objects.exists()


def test_page_query_count_does_not_depend_on_the_number_of_indicators(
    client, address, indicators, city_officer, django_assert_max_num_queries
):
    for number in range(40):
        factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, name=f"加{number}", order=number + 3)
    client.force_login(city_officer)

    with django_assert_max_num_queries(25):
        page = client.get(address)

    assert page.context["indicator_count"] == 43


def test_workbook_of_averages_is_shown_then_stored_all_or_nothing(
    client, period, indicators, participants, city_officer
):
    client.force_login(city_officer)
    address = [period.programme.code, period.code]
    url = reverse("supervision:benchmark-import", args=address)
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(reverse("supervision:benchmark-template", args=address)).content)
    )
    row = next(row for row in book.active.iter_rows(min_row=3) if row[2].value == "里程")
    row[4].value, row[7].value = "67.30", "省民生办〔2020〕15号"

    def upload():
        output = io.BytesIO()
        book.save(output)
        file = SimpleUploadedFile("全省平均.xlsx", output.getvalue())
        return client.post(url, {"step": "upload", "file": file}, follow=True).context["review"]

    wrong_row = next(row for row in book.active.iter_rows(min_row=3) if row[2].value == "人数")
    wrong_row[4].value = "很多"
    refused = upload()
    client.post(url, {"step": "confirm", "fingerprint": refused.fingerprint})
    assert [issue.cell for issue in refused.errors] == [wrong_row[4].coordinate]
    assert not Benchmark.objects.filter(period=period).exists()
    wrong_row[4].value = None
    client.post(url, {"step": "confirm", "fingerprint": upload().fingerprint})

    stored = Benchmark.objects.get(period=period)
    assert (stored.indicator, stored.value, stored.decimals) == (indicators["里程"], Decimal("67.3"), 2)
    assert upload().changes == []


def test_averages_of_a_countys_programme_are_asked_for_in_its_own_words(client, period, indicators, city_officer):
    owner = period.programme.owner
    type(owner).objects.filter(pk=owner.pk).update(kind="county", name="太和县")
    client.force_login(city_officer)
    place = [period.programme.code, period.code]

    page = client.get(reverse("supervision:benchmarks", args=place)).content.decode()
    file = client.get(reverse("supervision:benchmark-template", args=place)).content
    book = openpyxl.load_workbook(io.BytesIO(file))
    row = next(row for row in book.active.iter_rows(min_row=3) if row[2].value == "里程")
    for column, text in ((4, "67.30"), (7, SOURCE), (9, "17"), (10, "16")):
        row[column].value = text
    output = io.BytesIO()
    book.save(output)
    upload = {"step": "upload", "file": SimpleUploadedFile("全省平均.xlsx", output.getvalue())}
    review = client.post(reverse("supervision:benchmark-import", args=place), upload, follow=True).context["review"]

    assert ("参评县数" in page, "本县位次" in page, "参评市数" in page, "本市" in page) == (True, True, False, False)
    assert [cell.value for cell in book.active[2]][8:] == ["本县数", "本县位次", "参评县数"]
    (refusal,) = (issue.sentence for issue in review.errors)
    assert refusal.endswith("“里程”：本县位次17大于参评县数16。")
