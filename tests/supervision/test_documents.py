"""What a bulletin says, how it is numbered, and how it looks."""

import datetime
import io
import json
import threading
import zipfile
from pathlib import Path

import docx
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from docx.oxml.ns import qn

from livelihood import jobs
from livelihood.access import NotAllowed
from livelihood.models import Job
from livelihood.services import InvalidTransition, Refused
from projects.models import Report
from projects.services import reports
from projects.services.periods import reopen_period
from supervision.documents.content import bulletin_content
from supervision.documents.docx import docx_bytes
from supervision.documents.paper import content_sha256, issuer_name, paper_quotes
from supervision.documents.pdf import page_count
from supervision.documents.title import title_lines
from supervision.documents.workbook import workbook_bytes
from supervision.models import Document, DocumentSeries, RenderedFile
from supervision.services import documents
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.boards import make_board
from tests.supervision.months import close, issue, publish, report_month
from tests.support.worlds import world

pytestmark = pytest.mark.slow


@world
def draft(period, participants, indicators, city_officer):
    """The draft of a month with every unit approved and 里程 published at 72.00."""
    factories.plain_scheme(period.programme)
    publish(period, indicators["里程"], "72.00", by=city_officer)
    report_month(period, participants, indicators, by=city_officer)
    return close(period, by=city_officer).document


def texts(content, heading):
    """The paragraphs of a chapter as plain texts."""
    chapter = next(chapter for chapter in content["chapters"] if chapter["heading"] == heading)
    return ["".join(sentence["text"] for sentence in item["sentences"]) for item in chapter["paragraphs"]]


@pytest.mark.django_db
def test_content_says_title_lead_and_chapters_in_order(draft):
    content = draft.content

    assert content["title"] == draft.title == "关于2020年1—8月份全市民生工程进展情况的通报"
    assert content["lead"]["text"] == (
        "为扎实推进2020年2项民生工程，确保按期完成年度目标任务，现将1—8月份实施进展情况通报如下："
    )
    assert [chapter["heading"] for chapter in content["chapters"]] == [
        "总体情况",
        "综合排名",
        "低于全省平均进度的项目",
        "报送情况",
        "下一步要求",
    ]
    assert content["masthead"] == "阜阳市民生办文件"


@pytest.mark.django_db
def test_r15_groups_of_the_overview_add_up(draft):
    """里程 210 / 300 = 70.00 ≥ 66.67: 达到时序; 人数 3100 of 3100: 达标; 合格率 without a figure of the whole."""
    (overview,) = texts(draft.content, "总体情况")

    assert overview.startswith(
        "截至8月31日，全市2项民生工程列入考核的指标3项，其中达到时序进度1项、达标1项、全市数未报送1项。"
    )
    # 70.00 is below 72.00; 1 + 2 = 3
    assert "与全省平均进度相比，低于的1项、全省平均未公布的2项。" in overview


@pytest.mark.django_db
def test_r09_list_stands_under_its_project_with_the_lead_agency(draft):
    paragraphs = texts(draft.content, "低于全省平均进度的项目")

    assert paragraphs == [
        "牵头单位：市交通运输局。里程低于全省（72.00%）平均进度的有：太和县60.00%。",
        "另有2项指标的全省平均未公布，不列名单。",
    ]


@pytest.mark.django_db
def test_sentences_name_the_snapshot_lines_behind_them(draft, participants, indicators):
    chapter = next(chapter for chapter in draft.content["chapters"] if "低于" in chapter["heading"])

    listed = chapter["paragraphs"][0]["sentences"][1]
    line = draft.snapshot.lines.get(participant=participants["341222"], indicator=indicators["里程"])

    assert listed["lines"] == [line.pk]


@pytest.mark.django_db
def test_r13_ranking_stands_only_with_a_scheme(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)

    content = close(period, by=city_officer).document.content

    assert "综合排名" not in [chapter["heading"] for chapter in content["chapters"]]
    assert "综合得分" not in json.dumps(content["attachments"], ensure_ascii=False)


@pytest.mark.django_db
def test_r13_ranking_lists_the_unreported_last(period, participants, indicators, city_officer):
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer, without=["341222"])

    content = close(period, by=city_officer, without=["341222"]).document.content

    assert texts(content, "综合排名") == ["第一名界首市；未报送（不参加排名）：太和县。"]


@pytest.mark.django_db
def test_submission_says_who_was_in_time_late_or_missing(period, participants, indicators, city_officer):
    """Due 5 September 18:00, 24 hours of grace: 30 hours later is a day late, 20 hours later is in time."""
    period.grace_hours = 24
    period.save()
    done = report_month(period, participants, indicators, by=city_officer, without=["341200-own"])
    for code, hours in (("341222", 30), ("341282", 20)):
        Report.objects.filter(pk=done[code].pk).update(submitted_at=period.due_at + datetime.timedelta(hours=hours))

    content = close(period, by=city_officer, without=["341200-own"]).document.content

    assert texts(content, "报送情况") == ["8月份月报按时报送1个单位；太和县逾期1天；市本级未报送。"]
    assert [row[:4] for row in content["attachments"][-1]["rows"]] == [
        ["太和县", "9月7日 00:00", "逾期1天", "0"],
        ["界首市", "9月6日 14:00", "按时（宽限）", "0"],
        ["市本级", "—", "未报送", "0"],
    ]


@pytest.mark.django_db
def test_submission_of_a_report_not_approved_is_not_counted(period, participants, indicators, city_officer):
    done = report_month(period, participants, indicators, by=city_officer)
    reports.return_report(report=done["341282"], by=city_officer, reason="与台账不一致")

    content = close(period, by=city_officer, without=["341282"]).document.content

    assert "界首市的数据未通过审核，没有计入" in texts(content, "报送情况")[0]
    assert content["attachments"][-1]["rows"][1][2:4] == ["未通过审核", "1"]


@pytest.mark.django_db
def test_r10_without_any_average_there_is_no_list(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)

    content = close(period, by=city_officer).document.content

    assert texts(content, "低于全省平均进度的项目") == ["本期全省平均进度尚未公布，名单暂不列出。"]


@pytest.mark.django_db
def test_r05_total_with_somebody_missing_names_them_and_keeps_the_second_rate():
    """With 丙县: 60 + 80 of 100 + 100 = 70.00; with its 100 kept in the denominator 140 / 300 = 46.67."""
    board = make_board(["甲县", "乙县", "丙县"], decimals=2, unreported=["丙县"])
    rows = [("甲县", 100, 60), ("乙县", 100, 80), ("丙县", 100, None), ("全市", 300, None)]
    board.indicator("里程", rows, benchmark=("75.5", "rate"))
    by = factories.UserFactory()
    snapshot = freeze_snapshot(period=board.period, by=by)

    everything = {"sections": [{"code": "below", "options": {"scope": "all"}}]}
    content = bulletin_content(snapshot, issuer="测试市民生办", choices=everything).as_json()

    (paragraph,) = texts(content, "低于全省平均进度的项目")
    assert paragraph == (
        "里程低于全省（75.5%）平均进度的有：甲县60.0%。全市（不含丙县）70.00%，未报送单位的任务计入分母为46.67%。"
    )
    (overview,) = texts(content, "总体情况")
    assert "其中有单位未报送、暂不判定1项。" in overview


@pytest.mark.django_db
def test_r11_overview_names_the_milestones_where_they_are_the_yardstick():
    board = make_board(["甲县"])
    rows = [("甲县", 100, 40), ("全市", 100, None)]
    board.indicator("完工率", rows, milestones=[("2020-06-30", "50"), ("2020-12-31", "100")])
    board.indicator("里程", rows)
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    (overview,) = texts(bulletin_content(snapshot, issuer="测试市民生办").as_json(), "总体情况")

    # 40 is below June's 50 and below the straight line's 66.67: one of each kind behind
    assert "未达时序进度1项、未达节点要求1项。有节点计划的1项，与已到期的最后一个节点比，不与时序进度比。" in overview


@pytest.mark.django_db
def test_indicator_of_one_of_several_sub_projects_carries_its_name():
    board = make_board(["甲县"], decimals=2)
    project = factories.ProjectFactory(programme=board.period.programme)
    for name in ("特困供养", "孤儿保障"):
        factories.SubProjectFactory(project=project, name=name)
    subs = {sub.name: sub for sub in project.sub_projects.all()}
    for sub in subs.values():
        indicator = factories.IndicatorFactory(sub_project=sub, name="保障人数", accumulation="stock")
        board.indicators[sub.name] = indicator
        for unit, value in (("甲县", 50), ("全市", None)):
            factories.TargetFactory(indicator=indicator, participant=board.participants[unit], value=100)
            if value is not None:
                factories.FigureFactory(report=board.reports[unit], indicator=indicator, value=value)
        board.benchmark(sub.name, "60.00")
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    content = bulletin_content(snapshot, issuer="测试市民生办").as_json()

    (paragraph,) = texts(content, "低于全省平均进度的项目")
    assert "特困供养的保障人数低于全省（60.00%）平均进度的有：甲县50.00%。" in paragraph
    assert "孤儿保障的保障人数低于全省（60.00%）平均进度的有：甲县50.00%。" in paragraph


@pytest.mark.django_db
def test_attachment_gives_every_project_and_unit(draft):
    table = draft.content["attachments"][0]

    assert [column["label"] for column in table["columns"]] == [
        *("序号", "项目", "牵头单位", "太和县", "界首市", "市本级"),
    ]
    # 太和县: 里程 60.00 and 合格率 81 / 90 = 90.00, mean 75.00, one below the province; 人数 1000 / 1000 = 100
    # its score: (75 + 100) / 2 = 87.50. 界首市: (75 + 100) / 2 = 87.50 and 100: 93.75. 市本级 is not ranked.
    assert table["rows"][:4] == [
        ["", "综合得分", "", "87.50", "93.75", "97.22"],
        ["", "综合位次", "", "2", "1", "—"],
        ["1", "农村道路", "市交通运输局", "75.00 ▽1", "87.50", "94.44"],
        ["2", "困难救助", "", "100.00", "100.00", "100.00"],
    ]


@pytest.mark.django_db
def test_number_is_the_next_of_its_series(draft, city_officer):
    DocumentSeries.objects.filter(pk=draft.series_id).update(last_number=6)
    draft.series.refresh_from_db()

    issued = issue(draft, by=city_officer)

    assert issued.printed_number == "民生办〔2020〕7号"
    assert issued.content["number"] == "民生办〔2020〕7号"
    assert issued.content["issued_on"] == "2020年9月29日"
    assert issued.sha256 == content_sha256(issued.content)
    assert issued.series.last_number == 7


@pytest.mark.django_db
@pytest.mark.parametrize(("today", "year"), [("2020-09-20", 2020), ("2021-01-05", 2021), ("2026-11-22", 2020)])
def test_draft_guesses_the_year_of_its_number(
    today, year, period, participants, indicators, city_officer, time_machine
):
    time_machine.move_to(f"{today}T12:00:00+08:00")
    report_month(period, participants, indicators, by=city_officer)

    draft = close(period, by=city_officer).document

    assert draft.series.year == year


@pytest.mark.django_db
def test_number_belongs_to_the_year_of_the_date(draft, city_officer):
    issued = issue(draft, by=city_officer, issued_on=datetime.date(2021, 1, 8))

    assert issued.printed_number == "民生办〔2021〕1号"


@pytest.mark.django_db
def test_number_given_skips_papers_made_elsewhere(draft, city_officer):
    issued = issue(draft, by=city_officer, number=9)

    assert (issued.number, issued.series.last_number) == (9, 9)


@pytest.mark.django_db
def test_number_already_used_is_refused(draft, city_officer):
    DocumentSeries.objects.filter(pk=draft.series_id).update(first_number=8, last_number=7)

    with pytest.raises(Refused, match="7号及以前是启用本系统之前用的，请填8或留空"):
        issue(draft, by=city_officer, number=7)

    draft.refresh_from_db()
    assert (draft.state, draft.number, draft.series.last_number) == ("reviewed", None, 7)


@pytest.mark.django_db
def test_issue_moves_the_period_on(draft, period, city_officer):
    issue(draft, by=city_officer)

    period.refresh_from_db()
    assert period.state == "issued"


@pytest.mark.django_db
def test_issue_twice_gives_one_number(draft, city_officer):
    issued = issue(draft, by=city_officer)

    with pytest.raises(InvalidTransition, match="已经印发"):
        issue(draft, by=city_officer)

    issued.series.refresh_from_db()
    assert issued.series.last_number == issued.number


@pytest.mark.django_db
def test_issue_of_a_draft_seen_before_it_was_drafted_anew_is_refused(draft, city_officer):
    with pytest.raises(InvalidTransition, match="重新拟过稿"):
        issue(draft, by=city_officer, version=draft.version - 1)


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["clerk", "head", "leader", "lead_officer"])
def test_issue_by_somebody_else_is_not_allowed(person, draft, request):
    with pytest.raises(NotAllowed):
        issue(draft, by=request.getfixturevalue(person))


@pytest.mark.django_db
def test_issue_dated_within_the_period_is_refused(draft, city_officer):
    with pytest.raises(Refused, match="成文日期应在2020年8月31日之后"):
        issue(draft, by=city_officer, issued_on=datetime.date(2020, 8, 31))


@pytest.mark.django_db
def test_r10_issue_with_an_average_newer_than_the_snapshot_is_refused(draft, period, indicators, city_officer):
    publish(period, indicators["合格率"], "95.00", by=city_officer)

    with pytest.raises(Refused, match="全省平均有变动"):
        issue(draft, by=city_officer)


@pytest.mark.django_db
def test_issue_while_reopened_is_refused(draft, period, participants, city_officer):
    reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC),
        reason="更正",
        by=city_officer,
    )

    with pytest.raises(Refused, match="正在重新开放"):
        issue(draft, by=city_officer)


@pytest.mark.django_db
def test_issue_on_an_older_snapshot_is_refused(draft, period, city_officer):
    freeze_snapshot(period=period, by=city_officer)

    with pytest.raises(Refused, match="不是最新的"):
        issue(draft, by=city_officer)


@pytest.mark.django_db
def test_r18_issued_paper_refuses_change_and_removal_by_raw_sql(draft, city_officer):
    issue(draft, by=city_officer)

    for statement in ("UPDATE document SET title = '改'", "DELETE FROM document"):
        with pytest.raises(DatabaseError, match="已印发"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    for statement in (
        "UPDATE snapshot_line SET value = 1",
        "DELETE FROM snapshot_unit",
        "UPDATE snapshot SET version = 9",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.django_db
def test_r18_rendering_twice_gives_the_same_bytes(draft, city_officer):
    issued = issue(draft, by=city_officer)

    assert docx_bytes(issued.content) == docx_bytes(json.loads(json.dumps(issued.content)))


@pytest.mark.django_db
def test_render_writes_one_file_per_version(draft, city_officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    first = documents.render_document(draft)
    again = documents.render_document(draft)
    issued = issue(draft, by=city_officer)
    second = documents.render_document(issued)

    assert (again.pk, RenderedFile.objects.count()) == (first.pk, 2)
    assert (first.content_sha256, second.content_sha256) == (draft.sha256, issued.sha256)
    assert len(list(tmp_path.rglob("*.docx"))) == 2


@pytest.mark.django_db
def test_render_cut_short_is_made_again_in_the_same_place(draft, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path

    def crash(self, **options):
        raise SystemError("killed between the file and its row")

    with monkeypatch.context() as patch:
        patch.setattr(RenderedFile, "save", crash)
        with pytest.raises(SystemError):
            documents.render_document(draft)
    rendered = documents.render_document(draft)

    assert [str(path) for path in tmp_path.rglob("*.docx")] == [rendered.file.path]


@pytest.mark.django_db
def test_render_job_makes_the_file(draft, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    job = Job.objects.get(kind="render_document", payload__format="docx")

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "done"
    assert draft.rendered_files.get().file.size > 10_000


def opened(content):
    return docx.Document(io.BytesIO(docx_bytes(content)))


@pytest.mark.django_db
def test_docx_holds_head_title_number_and_lists(draft, city_officer):
    issued = issue(draft, by=city_officer, number=8)

    paper = opened(issued.content)

    paragraphs = [paragraph.text for paragraph in paper.paragraphs]
    assert paragraphs[0] == "阜阳市民生办文件"
    assert "民生办〔2020〕8号" in paragraphs
    title = paragraphs.index("关于2020年1—8月份全市民生工程")
    assert paragraphs[title + 1] == "进展情况的通报"
    assert "各县市区人民政府，市民生工程各成员单位：" in paragraphs
    assert "一、总体情况" in paragraphs
    assert any("里程低于全省（72.00%）平均进度的有：太和县60.00%。" in text for text in paragraphs)
    assert "2020年9月29日" in paragraphs
    assert [paragraph for paragraph in paragraphs if paragraph.startswith("附件")] == [
        *("附件：1.各单位分项目进度表", "附件1", "附件2", "附件3"),
    ]


@pytest.mark.django_db
def test_docx_sheet_follows_the_standard(draft):
    paper = opened(draft.content)

    first, landscape = paper.sections[0], paper.sections[1]
    assert [round(length.mm) for length in (first.page_width, first.page_height)] == [210, 297]
    margins = (first.top_margin, first.bottom_margin, first.left_margin, first.right_margin)
    assert [round(length.mm) for length in margins] == [37, 35, 28, 26]
    assert [round(length.mm) for length in (landscape.page_width, landscape.page_height)] == [297, 210]
    body = next(paragraph for paragraph in paper.paragraphs if paragraph.text.startswith("为扎实推进"))
    assert (body.paragraph_format.line_spacing.pt, body.runs[0].font.size.pt) == (28, 16)
    assert body._p.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == "200"
    assert body.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
    heading = next(paragraph for paragraph in paper.paragraphs if paragraph.text == "一、总体情况")
    assert heading.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert paper.settings.odd_and_even_pages_header_footer
    assert first.footer.paragraphs[0].text.startswith("— ")
    assert paper.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


@pytest.mark.django_db
def test_docx_of_a_demo_programme_is_marked(draft):
    plain = opened(draft.content)
    demo = opened(draft.content | {"is_demo": True})

    assert plain.sections[0].header.paragraphs[0].text == ""
    assert demo.sections[0].header.paragraphs[0].text == "演示数据"
    assert demo.sections[0].even_page_header.paragraphs[0].text == "演示数据"


@pytest.mark.django_db
def test_docx_members_carry_one_moment(draft):
    with zipfile.ZipFile(io.BytesIO(docx_bytes(draft.content))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于督查情况的通报", ["关于督查情况的通报"]),
        ("关于2020年1—8月份全市民生工程进展情况的通报", ["关于2020年1—8月份全市民生工程", "进展情况的通报"]),
        (
            "关于2022年7月4日—10日全市民生工程进展情况的通报（更正）",
            ["关于2022年7月4日—10日全市民生工程", "进展情况的通报（更正）"],
        ),
    ],
)
def test_title_breaks_by_sense(title, lines):
    assert title_lines(title) == lines


@pytest.mark.parametrize("length", [21, 40, 61])
def test_title_without_a_place_to_break_still_fits(length):
    lines = title_lines("民" * length)

    assert "".join(lines) == "民" * length
    assert all(len(line) <= 20 for line in lines)


def test_straight_quotes_become_those_of_print():
    assert paper_quotes('"四好农村路"建设') == "“四好农村路”建设"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "word", "printed"),
    [
        ("市民生办", "民生办", "阜阳市民生办"),
        ("市财政局", "民生办", "阜阳市民生办"),
        ("阜阳市财政局", "财民生", "阜阳市财政局"),
        ("市民生工作领导小组办公室", "民生办", "阜阳市民生工作领导小组办公室"),
    ],
)
def test_office_signs_with_its_full_name(name, word, printed, city):
    series = DocumentSeries(agency=factories.AgencyFactory(region=city, name=name), word=word, year=2020)

    assert issuer_name(series) == printed


@pytest.mark.django_db
def test_render_command_writes_the_issued_paper_with_its_pdf_and_tables(draft, city_officer, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    issued = issue(draft, by=city_officer, number=8)
    out = io.StringIO()

    call_command(
        *("render_bulletin", "--programme", "fuyang-2020", "--period", "2020-08", "--json"),
        *("--output", str(tmp_path / "out")),
        stdout=out,
    )

    result = json.loads(out.getvalue())
    name = "民生办〔2020〕8号 关于2020年1—8月份全市民生工程进展情况的通报"
    ends = [".docx", ".pdf", " 附件.xlsx"]
    assert result["files"] == [str(tmp_path / "out" / f"{name}{end}") for end in ends]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(f"{name}{end}" for end in ends)
    assert (result["refused"], result["sha256"]) == (False, issued.sha256)
    paper, printed, tables = (Path(path).read_bytes() for path in result["files"])
    assert paper == docx_bytes(issued.content)
    assert page_count(printed) > 3
    assert tables == workbook_bytes(issued.content)


@pytest.mark.django_db
def test_render_command_without_libreoffice_writes_the_others_and_ends_with_1(draft, tmp_path, settings, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("PATH", str(tmp_path))
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command(
            *("render_bulletin", "--programme", "fuyang-2020", "--period", "2020-08", "--json"),
            *("--output", str(tmp_path / "out")),
            stdout=out,
        )

    result = json.loads(out.getvalue())
    assert (ended.value.code, result["refused"]) == (1, True)
    assert [Path(path).suffix for path in result["files"]] == [".docx", ".xlsx"]
    assert "apt-get install" in result["issues"][0]["message"]
    assert [item.format for item in draft.rendered_files.order_by("format")] == ["docx", "xlsx"]


@pytest.mark.django_db
def test_render_command_before_the_close_ends_with_1(period, tmp_path, capsys):
    err = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command(
            *("render_bulletin", "--programme", "fuyang-2020", "--period", "2020-08", "--output", str(tmp_path)),
            stderr=err,
        )

    assert ended.value.code == 1
    assert "还没有通报" in err.getvalue()


def test_two_papers_issued_at_once_get_two_numbers(cloned_db, draft, programme, city_officer):
    """The series is locked inside the issuing transaction: two months cannot take one number."""
    september = factories.PeriodFactory(programme=programme, month=9)
    other = close(september, by=city_officer, without=["341222", "341282", "341200-own"]).document
    barrier = threading.Barrier(2)
    numbers = []

    def work(pk):
        try:
            paper = Document.objects.select_related("period__programme").get(pk=pk)
            barrier.wait()
            numbers.append(issue(paper, by=city_officer, issued_on=datetime.date(2020, 10, 9)).number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[pk]) for pk in (draft.pk, other.pk)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == [1, 2]
