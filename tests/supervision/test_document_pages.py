"""Pages of the close and of official papers: who sees what, and what a refusal says."""

import datetime
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
from tests.supervision.months import close, publish, report_month
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
def issued(draft, city_officer):
    """The month's paper, issued as 8号 and rendered."""
    paper = documents.issue_document(document=draft, by=city_officer, issued_on=datetime.date(2020, 9, 29), number=8)
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


def test_issue_button_gives_the_number(client, draft, city_officer):
    client.force_login(city_officer)

    response = client.post(
        f"/documents/{draft.pk}/issue/",
        {"issued_on": "2020-09-29", "number": "8", "version": draft.version},
        follow=True,
    )

    draft.refresh_from_db()
    assert "已签发，文号 民生办〔2020〕8号" in text_of(response)
    assert (draft.state, draft.issued_by) == ("issued", city_officer)


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
        ({"version": ""}, "页面不完整"),
    ],
)
def test_issue_button_with_bad_input_says_what_and_changes_nothing(typed, sentence, client, draft, city_officer):
    client.force_login(city_officer)
    form = {"issued_on": "2020-09-29", "number": "", "version": draft.version} | typed

    response = client.post(f"/documents/{draft.pk}/issue/", form)

    draft.refresh_from_db()
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert (draft.state, draft.number) == ("draft", None)


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

    assert "文件正在生成" in text_of(client.get(f"/documents/{draft.pk}/download/", follow=True))


def test_render_button_queues_a_failed_rendering_again(client, draft, city_officer):
    Job.objects.filter(kind="render_document").update(state="failed", error="磁盘满了")
    client.force_login(city_officer)
    assert "重新生成文件" in text_of(client.get(f"/documents/{draft.pk}/"))

    client.post(f"/documents/{draft.pk}/render/")

    assert Job.objects.get(kind="render_document").state == "queued"


def test_corrected_paper_names_its_correction(client, issued, participants, city_officer):
    reopen_period(
        period=issued.period,
        participants=[participants["341222"]],
        until=timezone.now() + datetime.timedelta(days=1),
        reason="里程录错",
        by=city_officer,
    )
    again = closing.close_month(period=issued.period, without=["341222"], by=city_officer).document
    documents.issue_document(document=again, by=city_officer, issued_on=datetime.date(2020, 10, 9))
    client.force_login(city_officer)

    assert "这份公文已由民生办〔2020〕9号更正" in text_of(client.get(f"/documents/{issued.pk}/"))
    assert "这是对民生办〔2020〕8号的更正" in text_of(client.get(f"/documents/{again.pk}/"))


def test_document_page_takes_the_same_number_of_queries_for_more_lines(
    client, draft, city_officer, django_assert_max_num_queries
):
    client.force_login(city_officer)

    with django_assert_max_num_queries(25):
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
    assert "签发：关于2020年1—8月份全市民生工程进展情况的通报" in after
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
