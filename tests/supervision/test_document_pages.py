"""Pages of the close and of official papers: who sees what, and what a refusal says."""

import datetime
import io
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood import jobs, registry
from livelihood.models import Job
from projects.models import ReportingPeriod
from projects.services.periods import reopen_period
from supervision.models import Document, Snapshot
from supervision.services import closing, documents
from tests import factories
from tests.supervision.months import close, issue, publish, report_month
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CLOSE = "/programmes/fuyang-2020/2020-08/close/"
REFRESH = "/programmes/fuyang-2020/2020-08/refresh/"


@world
def approved(period, participants, indicators, city_officer):
    """All units approved."""
    report_month(period, participants, indicators, by=city_officer)
    return period


@world
def closed(approved, city_officer):
    """The document of the closed month."""
    return close(approved, by=city_officer).document


@pytest.fixture
def draft(closed, settings, tmp_path):
    """The month's draft."""
    settings.MEDIA_ROOT = tmp_path
    return closed


@pytest.fixture
def reviewed(draft, city_officer):
    """The draft, read by the office's only person."""
    return documents.review_document(document=draft, by=city_officer)


@pytest.fixture
def issued(draft, city_officer):
    """The month's paper, issued as 8号 and rendered."""
    paper = issue(draft, by=city_officer, number=8)
    documents.render_document(paper)
    return paper


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_close_page_lists_reporters_and_what_is_missing(client, period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    client.force_login(city_officer)

    response = client.get(CLOSE)

    assert response.status_code == 200
    assert "3 家，1 家还没有审核通过" in text_of(response)
    assert 'value="341282"' in text_of(response)


def test_close_button_queues_the_job_and_leads_to_its_page(client, approved, city_officer):
    client.force_login(city_officer)

    response = client.post(CLOSE)

    job = Job.objects.get(kind="close_month")
    assert response.url == reverse("livelihood:job-detail", args=[job.pk])
    assert client.get(response.url).status_code == 200


def test_close_button_with_somebody_missing_says_who_and_changes_nothing(
    client, period, participants, indicators, city_officer
):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    client.force_login(city_officer)

    response = client.post(CLOSE)

    assert response.status_code == 422
    assert "界首市的月报还没有审核通过" in text_of(response)
    assert not Job.objects.filter(kind="close_month").exists()


def test_close_button_without_chosen_units_is_taken(client, period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer, without=["341282"])
    client.force_login(city_officer)

    client.post(CLOSE, {"without": ["341282"]})

    assert Job.objects.get(kind="close_month").payload["without"] == ["341282"]


def test_close_button_with_an_invented_unit_is_refused(client, approved, city_officer):
    client.force_login(city_officer)

    response = client.post(CLOSE, {"without": ["999"]})

    assert response.status_code == 422
    assert "“999”不在未审核通过的单位里" in text_of(response)


def test_close_page_after_the_close_shows_snapshot_and_paper(client, draft, city_officer):
    client.force_login(city_officer)

    page = text_of(client.get(CLOSE))

    assert "第1版" in page
    assert draft.title in page
    assert '<button class="btn btn-primary">封账' not in page


@pytest.mark.parametrize(("person", "status"), [("clerk", 403), ("leader", 403), ("stranger", 404)])
def test_close_page_is_the_city_offices(person, status, client, approved, request):
    client.force_login(request.getfixturevalue(person))

    assert client.get(CLOSE).status_code == status
    assert client.post(CLOSE).status_code == status
    assert client.post(REFRESH).status_code == status


def test_refresh_button_freezes_the_new_average(client, draft, indicators, city_officer):
    publish(draft.period, indicators["里程"], "70.00", by=city_officer)
    client.force_login(city_officer)

    response = client.post(REFRESH, follow=True)

    assert "已按新的全省平均生成快照第2版" in text_of(response)
    assert response.request["PATH_INFO"] == f"/documents/{draft.pk}/"


def test_refresh_button_without_a_change_says_so(client, draft, city_officer):
    client.force_login(city_officer)

    assert "快照不变" in text_of(client.post(REFRESH, follow=True))
    assert Snapshot.objects.count() == 1


def test_refresh_button_of_an_open_period_says_why_not(client, approved, city_officer):
    client.force_login(city_officer)

    assert "还没有封账" in text_of(client.post(REFRESH, follow=True))


def test_list_shows_drafts_to_the_city_office_only(client, draft, city_officer, clerk):
    client.force_login(clerk)
    assert draft.title not in text_of(client.get("/documents/"))

    client.force_login(city_officer)
    assert draft.title in text_of(client.get("/documents/"))


def test_list_without_papers_says_when_there_will_be_some(client, city_officer):
    client.force_login(city_officer)

    assert "还没有公文" in text_of(client.get("/documents/"))


@pytest.mark.parametrize("person", ["clerk", "lead_officer", "leader"])
def test_draft_of_somebody_elses_is_not_there(person, client, draft, request):
    client.force_login(request.getfixturevalue(person))

    for address in (f"/documents/{draft.pk}/", f"/documents/{draft.pk}/download/"):
        assert client.get(address).status_code == 404
    assert client.post(f"/documents/{draft.pk}/issue/").status_code == 404


@pytest.mark.parametrize("person", ["clerk", "other_clerk", "lead_officer", "leader", "inspector"])
def test_issued_paper_is_read_by_everybody_of_the_programme(person, client, issued, request):
    client.force_login(request.getfixturevalue(person))

    page = text_of(client.get(f"/documents/{issued.pk}/"))

    assert "民生办〔2020〕8号" in page
    assert "一、总体情况" in page
    assert "签发后不能再改" not in page


def test_issue_button_gives_the_next_number_and_notes_who_signed(client, reviewed, city_officer):
    client.force_login(city_officer)

    response = client.post(
        f"/documents/{reviewed.pk}/issue/",
        {"issued_on": "2020-09-29", "number": "", "version": reviewed.version, "signer": "分管副市长"},
        follow=True,
    )

    reviewed.refresh_from_db()
    assert "已签发，文号 民生办〔2020〕1号" in text_of(response)
    assert (reviewed.state, reviewed.issued_by, reviewed.signer) == ("issued", city_officer, "分管副市长")


def test_issue_button_with_a_number_that_leaves_others_out_asks_first(client, reviewed, city_officer):
    client.force_login(city_officer)
    form = {"issued_on": "2020-09-29", "number": "4", "version": reviewed.version}

    asked = client.post(f"/documents/{reviewed.pk}/issue/", form)
    issued = client.post(f"/documents/{reviewed.pk}/issue/", form | {"skip": "on"}, follow=True)

    assert asked.status_code == 422
    assert "填这个号会空出1至3号" in text_of(asked)
    assert "已签发，文号 民生办〔2020〕4号" in text_of(issued)
    assert "缺 3 个号" in text_of(client.get(f"/documents/series/{reviewed.series_id}/"))


def test_issue_button_of_a_draft_edited_after_the_review_leads_back(client, reviewed, city_officer):
    documents.save_draft(document=reviewed, content=reviewed.content, version=reviewed.version, by=city_officer)
    client.force_login(city_officer)

    response = client.post(
        f"/documents/{reviewed.pk}/issue/", {"issued_on": "2020-09-29", "version": reviewed.version}, follow=True
    )

    reviewed.refresh_from_db()
    assert "核稿以后又改过，没有签发" in text_of(response)
    assert (reviewed.state, reviewed.number) == ("draft", None)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"issued_on": ""}, "请填成文日期"),
        ({"issued_on": "9月29日"}, "成文日期写成 2020-09-29 这样"),
        ({"issued_on": "2020-08-01"}, "成文日期应在2020年8月31日之后"),
        ({"number": "第8"}, "文号是一个整数"),
        ({"number": "0"}, "文号从1开始"),
        ({"number": "12345678901234567890"}, "文号太大了"),
        ({"version": "99"}, "重新拟过稿"),
        ({"signer": "张" * 41}, "签发人不超过40字"),
        ({"version": ""}, "页面不完整"),
    ],
)
def test_issue_button_with_bad_input_says_what_and_changes_nothing(typed, sentence, client, reviewed, city_officer):
    client.force_login(city_officer)
    form = {"issued_on": "2020-09-29", "number": "", "version": reviewed.version} | typed

    response = client.post(f"/documents/{reviewed.pk}/issue/", form)

    reviewed.refresh_from_db()
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert (reviewed.state, reviewed.number) == ("reviewed", None)


def test_issue_pressed_twice_says_that_it_is_issued(client, issued, city_officer):
    client.force_login(city_officer)

    response = client.post(
        f"/documents/{issued.pk}/issue/", {"issued_on": "2020-09-29", "version": issued.version}, follow=True
    )

    assert "已经印发" in text_of(response)
    assert Document.objects.get().number == 8


def test_download_sends_the_file_under_its_number(client, issued, clerk):
    client.force_login(clerk)

    response = client.get(f"/documents/{issued.pk}/download/")

    content = b"".join(response.streaming_content)
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert "attachment" in response["Content-Disposition"]
    assert content[:2] == b"PK"


def test_download_before_the_file_is_made_says_so(client, draft, city_officer):
    client.force_login(city_officer)

    assert "还没有生成好" in text_of(client.get(f"/documents/{draft.pk}/download/", follow=True))


def test_render_button_queues_a_failed_rendering_again(client, draft, city_officer):
    Job.objects.filter(kind="render_document").update(state="failed", error="磁盘满了")
    client.force_login(city_officer)
    assert "重新生成文件" in text_of(client.get(f"/documents/{draft.pk}/"))

    client.post(f"/documents/{draft.pk}/render/", {"format": "pdf"})

    states = dict(Job.objects.filter(kind="render_document").values_list("payload__format", "state"))
    assert states == {"docx": "failed", "pdf": "queued", "xlsx": "failed"}


def test_corrected_paper_names_its_correction(client, issued, participants, city_officer):
    reopen_period(
        period=issued.period,
        participants=[participants["341222"]],
        until=timezone.now() + datetime.timedelta(days=1),
        reason="里程录错",
        by=city_officer,
    )
    again = closing.close_month(period=issued.period, without=["341222"], by=city_officer).document
    issue(again, by=city_officer, issued_on=datetime.date(2020, 10, 9))
    client.force_login(city_officer)

    assert "这份公文已由民生办〔2020〕9号更正" in text_of(client.get(f"/documents/{issued.pk}/"))
    assert "这是对民生办〔2020〕8号的更正" in text_of(client.get(f"/documents/{again.pk}/"))


def test_document_page_takes_the_same_number_of_queries_for_more_lines(
    client, draft, city_officer, django_assert_max_num_queries
):
    client.force_login(city_officer)

    with django_assert_max_num_queries(32):
        client.get(f"/documents/{draft.pk}/")


def test_job_page_is_the_askers_alone(client, approved, city_officer, leader):
    job = closing.request_close(period=approved, without=[], by=city_officer)
    client.force_login(leader)

    assert client.get(f"/jobs/{job.pk}/").status_code == 404


def test_job_page_follows_the_job_to_its_result(client, approved, city_officer):
    job = closing.request_close(period=approved, without=[], by=city_officer)
    client.force_login(city_officer)
    waiting = text_of(client.get(f"/jobs/{job.pk}/"))

    jobs.run_job(job.pk)
    done = text_of(client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}))

    assert 'hx-trigger="every 2s"' in waiting
    assert "hx-trigger" not in done
    assert "<html" not in done
    assert f'href="/documents/{Document.objects.get().pk}/"' in done


def test_job_page_of_a_failed_close_says_why_and_leads_back(client, approved, city_officer):
    job = closing.request_close(period=approved, without=[], by=city_officer)
    Job.objects.filter(pk=job.pk).update(state="failed", error="太和县的月报被退回了。")
    client.force_login(city_officer)

    page = text_of(client.get(f"/jobs/{job.pk}/"))

    assert "太和县的月报被退回了。" in page
    assert f'href="{CLOSE}"' in page


def test_to_do_of_the_city_office_names_close_and_issue(approved, city_officer, clerk):
    before = [entry.label for entry in registry.to_do_for(city_officer)]
    close(approved, by=city_officer)
    after = [entry.label for entry in registry.to_do_for(city_officer)]

    assert "封账：2020年1—8月" in before
    assert "核稿：关于2020年1—8月份全市民生工程进展情况的通报" in after
    assert "封账：2020年1—8月" not in after
    assert not [entry for entry in registry.to_do_for(clerk) if entry.label.startswith(("封账", "签发"))]


def test_period_page_offers_the_close_to_the_city_office(approved, city_officer, clerk):
    period = ReportingPeriod.objects.select_related("programme").get(pk=approved.pk)

    assert CLOSE in [action.url for action in registry.actions_for("period", city_officer, period)]
    assert CLOSE not in [action.url for action in registry.actions_for("period", clerk, period)]


def test_navigation_shows_papers_to_whoever_has_a_role(clerk, stranger):
    assert "supervision:document-list" in [section.url_name for section in registry.sections_for(clerk)]
    assert "supervision:document-list" not in [section.url_name for section in registry.sections_for(stranger)]


def test_periods_of_other_offices_are_not_to_do(approved, city_officer):
    factories.PeriodFactory(month=3)

    assert len([entry for entry in registry.to_do_for(city_officer) if entry.label.startswith("封账")]) == 1


# -- the archive, receivers, numbers, settings ------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=8号", True),
        ("q=民生办〔2020〕8号", True),
        ("q=民生办[2020]8", True),
        ("q=9号", False),
        ("q=进展情况 牵头单位", True),
        ("q=进展情况 没有这个词", False),
        ("q=各县市区", True),
        # names of stored fields, wildcards and signs nobody printed
        ("q=_", False),
        ("q=%25", True),
        ("q=%25牵头", False),
        ("q=chapters", False),
        ("q=behind", False),
        ("q=%5C", False),
        ("kind=bulletin&state=issued&year=2020", True),
        ("kind=letter", False),
        ("state=void", False),
    ],
)
def test_archive_finds_papers_by_number_words_and_kind(query, found, client, issued, city_officer):
    client.force_login(city_officer)

    page = text_of(client.get(f"/documents/?{query}"))

    assert (issued.title in page) == found
    assert ("没有符合条件的公文" in page) != found


def test_archive_with_an_invented_filter_says_so_and_shows_nothing(client, issued, city_officer):
    client.force_login(city_officer)

    page = text_of(client.get("/documents/?series=99&kind=poem"))

    assert "不在可选的范围里" in page
    assert issued.title not in page


@pytest.mark.parametrize("text", ["长" * 10_000, "x" * 81])
def test_archive_search_too_long_is_refused_with_a_sentence(text, client, city_officer):
    client.force_login(city_officer)

    response = client.get("/documents/", {"q": text})

    assert response.status_code == 200
    assert f"搜索的字太多（{len(text)} 个），最多 80 个" in text_of(response)


def test_receivers_are_offered_sent_to_sign_and_are_seen_to_have_signed(client, issued, city_officer, lead_officer):
    client.force_login(city_officer)
    address = f"/documents/{issued.pk}/receipts/"
    offered = text_of(client.get(address))

    client.post(f"{address}send/", {"agencies": [str(lead_officer.grants.get().agency_id)]})
    before = text_of(client.get(address))
    client.force_login(lead_officer)
    page = text_of(client.get(f"/documents/{issued.pk}/"))
    client.post(f"/receipts/{issued.receipts.get().pk}/sign/")
    client.force_login(city_officer)
    after = text_of(client.get(address))

    assert "阜阳市交通运输局" in offered
    assert "1 家没有签收" in before
    assert "这份公文发给了阜阳市交通运输局，还没有签收" in page
    assert "都已签收" in after


def test_receivers_not_in_the_list_are_refused_and_what_was_typed_stays(client, issued, city_officer):
    client.force_login(city_officer)
    address = f"/documents/{issued.pk}/receipts/"

    invented = client.post(f"{address}send/", {"agencies": ["999999"]})
    undated = client.post(f"{address}deliver/", {"recipients": "省民生办\n市人大", "way": "oa", "sent_on": "昨天"})

    assert (invented.status_code, undated.status_code) == (422, 422)
    assert "送出日期写成 2020-09-29 这样" in text_of(undated)
    assert "省民生办 市人大" in text_of(undated)
    assert not issued.receipts.exists()


def test_missing_number_is_entered_from_the_page_of_the_series(client, issued, city_officer):
    """8号 was typed first: 1 to 7 are missing; 3号 is entered."""
    client.force_login(city_officer)
    form = {
        "series": f"{issued.series.agency_id}:民生办",
        "number": "3",
        "title": "关于开展督查的通知",
        "issued_on": "2020-03-02",
    }

    refused = client.post("/documents/external/new/", form | {"number": "8"})
    page = text_of(client.post("/documents/external/new/", form, follow=True))

    assert "民生办〔2020〕8号已用于《关于2020年1—8月份全市民生工程进展情况的通报》" in text_of(refused)
    assert 'value="关于开展督查的通知"' in text_of(refused)
    assert "已登记民生办〔2020〕3号" in page
    assert "缺 6 个号" in page


def test_settings_are_stored_by_page_and_reach_the_file(client, issued, city_officer):
    client.force_login(city_officer)
    address = f"/documents/settings/{issued.series.agency_id}/"
    form = {
        "version": "0",
        "masthead": "阜阳市民生工程领导小组",
        "imprint": "cc",
        "line_pitch": "29",
        "margin_top": "35",
        "check_days": "2",
        "disclosure_days": "10",
    }

    refused = client.post(address, form | {"line_pitch": "99"})
    stored = client.post(address, form, follow=True)

    assert "行距在20至40磅之间" in text_of(refused)
    assert "已保存公文设置" in text_of(stored)
    style = documents.style_of(issued)
    assert (style.check_days, style.as_json()["margins"], style.as_json()["line_pitch"]) == (2, {"top": 35.0}, 29.0)


def test_void_paper_says_why_and_offers_a_new_draft(client, issued, city_officer):
    client.force_login(city_officer)

    refused = client.post(f"/documents/{issued.pk}/void/", {"void-version": issued.version, "void-reason": ""})
    page = text_of(
        client.post(
            f"/documents/{issued.pk}/void/", {"void-version": issued.version, "void-reason": "附件放错"}, follow=True
        )
    )
    again = text_of(client.post(f"/documents/{issued.pk}/redraft/", follow=True))

    assert "请写明作废的原因" in text_of(refused)
    assert "附件放错 文号保留，不再使用" in page
    assert "已按最新快照重新拟稿" in again


def test_return_of_a_paper_issued_meanwhile_says_why_though_its_form_is_gone(client, issued, city_officer):
    client.force_login(city_officer)

    response = client.post(f"/documents/{issued.pk}/return/", {"version": issued.version, "reason": "改标题"})

    assert response.status_code == 422
    assert 'class="band band-error' in text_of(response)
    issued.refresh_from_db()
    assert issued.state == "issued"


def test_template_form_of_an_office_without_settings_reaches_the_check_of_the_file(client, draft, city_officer):
    client.force_login(city_officer)
    address = f"/documents/settings/{draft.series.agency_id}/"
    form = text_of(client.get(address)).split('enctype="multipart/form-data"')[1]
    version = re.search(r'name="version" value="(\d*)"', form).group(1)

    refused = client.post(f"{address}template/", {"version": version, "template": io.BytesIO(b"not a zip")})

    assert version == "0"
    assert "页面不完整" not in text_of(refused)
    assert 'class="band band-error' in text_of(refused)
