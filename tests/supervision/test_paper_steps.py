"""A paper's way from the draft to its number, to its receivers, or to 作废; and the register of numbers."""

import datetime
import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction

from livelihood import jobs, registry
from livelihood.access import NotAllowed
from livelihood.models import AuditEvent, Job
from livelihood.services import InvalidTransition, Refused
from supervision.documents import blockers, pdf
from supervision.models import Document, DocumentSeries, PaperStyle, Receipt, RenderedFile
from supervision.services import documents
from tests import factories
from tests.supervision.months import ISSUED_ON, close, issue, report_month
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def draft(period, participants, indicators, city_officer):
    """The month's draft, by the office's only person."""
    report_month(period, participants, indicators, by=city_officer)
    return close(period, by=city_officer).document


@world
def colleague(city):
    """Somebody else of the office."""
    person = factories.UserFactory(username="colleague", full_name="赵核稿")
    return factories.grant(person, "city_office", region=city)


@world
def issued(draft, city_officer):
    """The month's paper, 民生办〔2020〕1号."""
    return issue(draft, by=city_officer)


# -- 核稿 ---------------------------------------------------------------------------------------


def test_review_by_who_wrote_last_is_refused_where_there_is_somebody_else(draft, city_officer, colleague):
    with pytest.raises(Refused, match="核稿人不能是最后改稿的人"):
        documents.review_document(document=draft, by=city_officer)
    reviewed = documents.review_document(document=draft, by=colleague)

    assert (reviewed.state, reviewed.reviewed_by) == ("reviewed", colleague)


def test_review_by_the_offices_only_person_says_so_in_the_record(draft, city_officer):
    documents.review_document(document=draft, by=city_officer)

    assert AuditEvent.objects.get(verb="review_document").reason == "本单位只有一个账号，由拟稿人自己核稿。"


def test_edit_takes_the_review_back_and_makes_a_new_version(draft, city_officer, colleague):
    documents.review_document(document=draft, by=colleague)

    edited = documents.save_draft(document=draft, content=draft.content, version=1, by=city_officer)

    assert (edited.state, edited.version, edited.reviewed_by, edited.edited_by) == ("draft", 2, None, city_officer)
    with pytest.raises(InvalidTransition, match="您的改动没有保存"):
        documents.save_draft(document=draft, content=draft.content, version=1, by=colleague)
    with pytest.raises(InvalidTransition, match="改过稿"):
        documents.review_document(document=draft, by=colleague, version=1)


def test_issue_without_a_review_is_refused(draft, city_officer):
    with pytest.raises(Refused, match="还没有核稿"):
        documents.issue_document(document=draft, by=city_officer, issued_on=ISSUED_ON)


# -- 签发 ---------------------------------------------------------------------------------------


def test_issue_over_what_may_be_overridden_needs_a_reason_that_is_kept(draft, city_officer, monkeypatch):
    checks = {"open": lambda document: [blockers.Blocker("太和县有1条异议没有答复", can_override=True)]}
    monkeypatch.setattr(blockers, "_checks", checks)

    with pytest.raises(Refused, match="太和县有1条异议没有答复。仍要签发，请写明理由。"):
        issue(draft, by=city_officer)
    paper = issue(draft, by=city_officer, override_reason="已电话核实，数据无误")

    event = AuditEvent.objects.get(verb="issue_document")
    assert paper.override_reason == event.reason == "已电话核实，数据无误"


def test_issue_undone_by_a_later_step_leaves_no_number_used(draft, city_officer, monkeypatch):
    def fail(document, by):
        raise Refused("督办函的期限已经过了。")

    monkeypatch.setattr(blockers, "_afterwards", {"fail": fail})

    with pytest.raises(Refused, match="期限已经过了"):
        issue(draft, by=city_officer)

    draft.refresh_from_db()
    draft.period.refresh_from_db()
    series = DocumentSeries.objects.get()
    assert (draft.state, draft.number, draft.period.state, series.last_number) == ("reviewed", None, "closed", 0)


# -- numbers ------------------------------------------------------------------------------------


def elsewhere(series, by, **options):
    values = {"number": 1, "title": "关于开展督查的通知", "issued_on": datetime.date(2020, 3, 2)} | options
    return documents.enter_external(agency=series.agency, word=series.word, by=by, **values)


def test_number_used_elsewhere_is_refused_by_name(draft, city_officer):
    elsewhere(draft.series, city_officer)

    with pytest.raises(Refused, match="民生办〔2020〕1号已用于《关于开展督查的通知》（2020年3月2日），请填2或留空"):
        issue(draft, by=city_officer, number=1)


def test_numbers_left_out_are_missing_until_entered_from_elsewhere(draft, city_officer):
    """3号 typed where 1号 is next: 1 and 2 are missing; 2 is entered, 1 was used before the system was."""
    issued = issue(draft, by=city_officer, number=3)
    series = issued.series
    missing = documents.missing_numbers(series)
    to_do = [entry.label for entry in registry.to_do_for(city_officer)]

    elsewhere(series, city_officer, number=2)
    documents.set_first_number(series=series, first=2, by=city_officer)

    series.refresh_from_db()
    assert missing == [1, 2]
    assert "补登文号：民生办〔2020〕缺1至2号" in to_do
    assert documents.missing_numbers(series) == []
    assert series.last_number == 3


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"number": 10000}, "太大了"),
        ({"title": "  "}, "请填这份文件的标题"),
        ({"issued_on": datetime.date(2999, 1, 1)}, "还没有到"),
    ],
)
def test_paper_from_elsewhere_with_bad_input_is_refused_and_takes_no_number(typed, sentence, draft, city_officer):
    with pytest.raises(Refused, match=sentence):
        elsewhere(draft.series, city_officer, **typed)

    assert DocumentSeries.objects.get(year=2020).last_number == 0


def test_paper_from_elsewhere_is_put_right_but_keeps_its_number(draft, city_officer):
    paper = elsewhere(draft.series, city_officer)

    documents.correct_external(
        document=paper, title="关于督查的通知", issued_on=ISSUED_ON, reason="录错", version=1, by=city_officer
    )

    paper.refresh_from_db()
    assert (paper.title, paper.number, paper.version) == ("关于督查的通知", 1, 2)
    with pytest.raises(DatabaseError, match="已印发"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE document SET number = 5 WHERE id = %s", [paper.pk])
    with pytest.raises(Refused, match="应在2020年内"):
        documents.correct_external(
            document=paper, title="", issued_on=datetime.date(2021, 1, 4), reason="录错", version=2, by=city_officer
        )


# -- 作废 ---------------------------------------------------------------------------------------


def test_void_paper_keeps_number_and_content_and_the_next_draft_gets_another(issued, city_officer):
    content = issued.content
    with pytest.raises(Refused, match="请写明作废的原因"):
        documents.void_document(document=issued, reason=" ", by=city_officer)

    documents.void_document(document=issued, reason="附件放错", by=city_officer)
    again = issue(documents.redraft_bulletin(period=issued.period, by=city_officer), by=city_officer)

    issued.refresh_from_db()
    assert (issued.state, issued.number, issued.content) == ("void", 1, content)
    assert (again.kind, again.number) == ("bulletin", 2)
    assert documents.missing_numbers(issued.series) == []
    for change in ("number = 9", "state = 'issued'", "void_reason = ''", "content = '{}'"):
        with pytest.raises(DatabaseError, match="已印发"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE document SET {change} WHERE id = %s", [issued.pk])


def test_issued_paper_becomes_void_by_raw_sql_only_with_nothing_else_changed(issued, city_officer):
    statement = (
        "UPDATE document SET state = 'void', void_reason = 'x', voided_at = now(), voided_by_id = %s, title = 'y'"
    )

    with pytest.raises(DatabaseError, match="已印发"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [city_officer.pk])


# -- 发 and 签收 --------------------------------------------------------------------------------


def test_paper_is_signed_for_once_by_the_agency_it_was_sent_to(issued, city_officer, lead_agency, lead_officer, clerk):
    (receipt,) = documents.send_document(document=issued, agencies=[lead_agency], by=city_officer)
    asked = [entry.label for entry in registry.to_do_for(lead_officer) if entry.action == "签收"]

    with pytest.raises(NotAllowed, match="只有阜阳市交通运输局的人可以签收"):
        documents.sign_receipt(receipt=receipt, by=clerk)
    documents.sign_receipt(receipt=receipt, by=lead_officer)

    assert asked == ["签收：关于2020年1—8月份全市民生工程进展情况的通报"]
    with pytest.raises(InvalidTransition, match="已经签收"):
        documents.sign_receipt(receipt=receipt, by=lead_officer)
    assert documents.send_document(document=issued, agencies=[lead_agency], by=city_officer) == []


def test_reminder_goes_to_who_has_not_signed_and_not_twice_in_ten_minutes(issued, city_officer, lead_agency):
    documents.send_document(document=issued, agencies=[lead_agency], by=city_officer)

    assert documents.remind_receivers(document=issued, by=city_officer) == 1
    with pytest.raises(Refused, match="十分钟内"):
        documents.remind_receivers(document=issued, by=city_officer)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"recipients": [" ", ""]}, "请填送给哪些单位"),
        ({"recipients": ["省" * 81]}, "太长了"),
        ({"way": "account"}, "纸质送达或公文系统"),
        ({"sent_on": datetime.date(2020, 9, 28)}, "不能早于成文日期"),
        ({"sent_on": datetime.date(2999, 1, 1)}, "还没有到"),
        ({"recipients": ["省民生办", "市人大"]}, "已经登记送过“省民生办”"),
    ],
)
def test_delivery_with_bad_input_is_refused_and_nothing_is_noted(typed, sentence, issued, city_officer):
    values = {"recipients": ["市政协"], "way": "oa", "sent_on": ISSUED_ON}
    documents.record_delivery(document=issued, by=city_officer, **(values | {"recipients": ["省民生办"]}))

    with pytest.raises(Refused, match=sentence):
        documents.record_delivery(document=issued, by=city_officer, **(values | typed))

    assert Receipt.objects.count() == 1


# -- files --------------------------------------------------------------------------------------


def run_job(document, file_format):
    job = Job.objects.get(kind="render_document", key=f"{document.pk}:{document.version}:{file_format}")
    jobs.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_full_disk_fails_the_job_with_a_sentence_and_the_paper_stays_issued(
    issued, city_officer, settings, tmp_path, monkeypatch
):
    settings.MEDIA_ROOT = tmp_path

    def full(self, name, content):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.storage.FileSystemStorage._save", full)
        failed = run_job(issued, "docx")
    left = list(tmp_path.rglob("*.docx"))
    documents.request_rendering(document=issued, by=city_officer)
    done = run_job(issued, "docx")

    assert (failed.state, failed.error[:4], left) == ("failed", "磁盘满了", [])
    assert (Document.objects.get().state, done.state) == ("issued", "done")
    assert RenderedFile.objects.get().file.size > 10_000


def test_pdf_waits_without_its_worker_while_another_uses_the_office_program(issued, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = settings.VAR_DIR = tmp_path
    rung = []
    monkeypatch.setattr(jobs, "ring", lambda job_id, **how: rung.append((job_id, how)))

    with pdf._office():
        waiting = run_job(issued, "pdf")

    assert (waiting.state, waiting.attempts) == ("queued", 0)
    assert rung == [(waiting.pk, {"seconds": 2})]


def test_pdf_without_the_office_program_says_how_to_install_it(issued, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = settings.VAR_DIR = tmp_path
    monkeypatch.setenv("PATH", str(tmp_path))

    failed = run_job(issued, "pdf")

    assert failed.state == "failed"
    assert "没有安装 LibreOffice" in failed.error
    assert not RenderedFile.objects.filter(format="pdf").exists()


def test_rendering_asked_for_a_draft_that_moved_on_makes_nothing(draft, city_officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    job = Job.objects.get(kind="render_document", payload__format="docx")
    documents.save_draft(document=draft, content=draft.content, version=1, by=city_officer)

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.result.get("superseded")) == ("done", True)
    assert not RenderedFile.objects.exists()


def test_file_gone_missing_is_made_again_with_the_same_bytes(issued, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    rendered = documents.render_document(issued)
    path = tmp_path / rendered.file.name
    before = path.read_bytes()
    path.unlink()

    again = documents.present_file(issued, "docx")

    assert (again.pk, path.read_bytes()) == (rendered.pk, before)


# -- 公文设置 ------------------------------------------------------------------------------------


def test_settings_changed_meanwhile_are_not_overwritten(office, city_officer):
    documents.set_paper_style(agency=office, version=0, by=city_officer, values={"line_pitch": 29})

    with pytest.raises(InvalidTransition, match="没有保存"):
        documents.set_paper_style(agency=office, version=0, by=city_officer, values={"line_pitch": 30})

    assert PaperStyle.objects.get().line_pitch == 29


def test_template_that_is_none_is_refused_and_the_one_before_stays(office, city_officer):
    upload = SimpleUploadedFile("模板.docx", b"not a zip")

    with pytest.raises(Refused):
        documents.set_template(agency=office, version=0, by=city_officer, upload=upload)

    assert not PaperStyle.objects.exists()
