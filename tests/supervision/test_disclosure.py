"""公示: what the public is shown of an issued month, for how long, and what becomes of an objection."""

import datetime
import io
import re
import zipfile
from html.parser import HTMLParser

import pytest
from django.db import Error, connection, transaction
from PIL import Image

from livelihood import jobs
from livelihood.access import NotAllowed
from livelihood.models import Job
from livelihood.registry import changes_for, to_do_for
from livelihood.services import InvalidTransition, Refused
from supervision.disclosure.content import objections_content, site_content
from supervision.disclosure.site import site_bytes, style_bytes
from supervision.models import Disclosure, DisclosureObjection, Rectification, SnapshotLine
from supervision.services import disclosure as services
from supervision.services import documents
from supervision.services.files import keep_file
from supervision.services.rectification import open_rectification
from tests.supervision.months import close, publish, report_month
from tests.supervision.rectifications import photo
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WINDOW = {
    "opens_on": datetime.date(2020, 9, 30),
    "days": 7,
    "address": "阜阳市颍州区市民生办301室",
    "phone": "0558-1234567",
}
#: Seven days from 30 September end on 6 October.
DAY_AFTER = datetime.date(2020, 10, 7)


@world
def issued(period, participants, indicators, city_officer):
    """The month's paper, issued; 里程 70.00% in the province: 太和县 60.00% is below, 界首市 75.00% is not."""
    report_month(period, participants, indicators, by=city_officer)
    publish(period, indicators["里程"], "70.00", by=city_officer)
    paper = close(period, by=city_officer).document
    paper = documents.review_document(document=paper, by=city_officer)
    return documents.issue_document(document=paper, by=city_officer, issued_on=datetime.date(2020, 9, 29), number=8)


@world
def shown(issued, city_officer):
    """The paper shown for seven days from 30 September 2020."""
    return services.publish_disclosure(document=issued, by=city_officer, **WINDOW)


@world
def objected(shown, participants, indicators, city_officer):
    """An objection by letter on the last day, about 太和县's roads."""
    return services.enter_objection(
        disclosure=shown,
        by=city_officer,
        received_on=datetime.date(2020, 10, 6),
        way="letter",
        person="李某某",
        contact="13912345678",
        text="里程与实际不符。",
        participant=participants["341222"],
        project=indicators["里程"].sub_project.project,
    )


def pages_of(content, *, objections=None):
    """The site's files as the archive holds them: name → text, photos and styles left out."""
    with zipfile.ZipFile(io.BytesIO(site_bytes(content, objections=objections))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".html")}


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_site_is_whole_without_script_address_or_database(shown):
    pages = pages_of(shown.content)

    # 1 first page, 1 of lists, 2 projects, 3 units; no 整改 was chosen.
    assert sorted(pages) == [
        "index.html",
        "lists.html",
        "project-01.html",
        "project-02.html",
        "unit-001.html",
        "unit-002.html",
        "unit-003.html",
    ]
    assert not re.search(r"url\(|@import|//", style_bytes().decode())
    for name, page in pages.items():
        tags = Tags(page).found
        assert not {tag for tag, _ in tags} & {"script", "iframe", "form", "object", "base"}, name
        assert "//" not in page, name
        for tag, attributes in tags:
            assert not any(key.startswith("on") or key == "style" for key in attributes), (name, tag)
            target = attributes.get("href") or attributes.get("src")
            assert target is None or target in {*pages, "style.css", "#main"}, (name, target)


def test_site_prints_each_figure_of_the_snapshot(shown, issued):
    pages = pages_of(shown.content)

    line = SnapshotLine.objects.get(snapshot=issued.snapshot, participant__code="341222", indicator__name="里程")
    # 60 of 100 km: 60 ÷ 100 = 60.00%.
    assert (line.shown_target, line.shown_value, line.rate) == (100, 60, 60)
    for name in ("project-01.html", "unit-001.html"):
        assert re.search(r"100\.00 .*60\.00 .*60\.00% .*低于", text_of(pages[name])), name
    # (60 + 150) ÷ (100 + 200) = 70.00%, which is not below 70.00%.
    assert "210.00 70.00%" in text_of(pages["project-01.html"])
    assert "里程低于全省（70.00%）平均进度的有：太和县60.00%。" in text_of(pages["lists.html"])
    # 市本级 has no task there: / and a word, never 0.
    assert re.search(r"市本级 / / 无任务 / 无任务", text_of(pages["project-01.html"]))


def test_lists_call_an_indicator_as_the_paper_does(issued, indicators):
    sub_project = indicators["里程"].sub_project
    sub_project.name = "县乡公路、村道"
    sub_project.save()
    given = {"closes_on": DAY_AFTER, "address": "", "phone": ""}

    content = site_content(issued, opens_on=WINDOW["opens_on"], **given)

    # A paper says 的 between a sub-project and its indicator; the pages of the application separate them by a dot.
    assert "县乡公路、村道的里程低于全省（70.00%）平均进度的有" in text_of(pages_of(content)["lists.html"])


def test_every_page_says_as_of_number_window_and_demo(issued, city_officer):
    programme = issued.period.programme
    programme.is_demo = True
    programme.save()
    issued.period.programme = issued.snapshot.period.programme = programme

    pages = pages_of(services.publish_disclosure(document=issued, by=city_officer, **WINDOW).content)

    for name, page in pages.items():
        text = text_of(page)
        assert "数据截至2020年8月31日" in text, name
        assert issued.printed_number in text, name
        # 30 September and six days more: seven days with both ends.
        assert "2020年9月30日至2020年10月6日" in text, name
        assert text.count("演示数据") == 2, name


def test_window_names_address_and_phone_and_says_so_when_it_is_over(shown):
    during, after = (
        pages_of(shown.content)["index.html"],
        pages_of(shown.content, objections=objections_content(shown, DAY_AFTER))["index.html"],
    )

    assert "公示期 7 日" in text_of(during)
    assert "书面形式" in during
    assert WINDOW["address"] in during
    assert WINDOW["phone"] in during
    assert "公示期已于2020年10月6日结束" in after
    assert "截至2020年10月7日，公示期内没有登记到异议。" in after
    assert WINDOW["phone"] not in after


def test_same_paper_gives_the_same_bytes_and_one_file(shown, issued, city_officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    again = site_content(
        issued,
        opens_on=shown.opens_on,
        closes_on=shown.closes_on,
        address=shown.address,
        phone=shown.phone,
    )

    first, second = services.site_file(shown, "open"), services.site_file(shown, "open")

    assert again == shown.content
    assert first.pk == second.pk
    assert first.file.read() == site_bytes(again)
    assert services.site_file(shown, "closed").sha256 != first.sha256


def test_job_makes_the_file_of_today(shown, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    job = Job.objects.get(kind=services.SITE_JOB)

    jobs.run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "done"
    # The days were those of 2020: today they are over.
    assert [row.edition for row in shown.files.all()] == ["closed"]


def test_site_of_after_the_days_says_which_objections_came_and_nothing_of_persons(shown, objected, city_officer):
    services.enter_objection(
        disclosure=shown, by=city_officer, received_on=DAY_AFTER, way="phone", person="王某", text="晚了一天。"
    )
    waiting = pages_of(shown.content, objections=objections_content(shown, DAY_AFTER))["index.html"]
    services.answer_objection(
        objection=objected, by=city_officer, answer="已转整改。", rectify=True, deadline=datetime.date(2020, 10, 31)
    )
    answered = pages_of(shown.content, objections=objections_content(shown, DAY_AFTER))["index.html"]

    # The one that came a day too late is not among them.
    assert "公示期内登记异议1件，已答复0件。" in waiting
    assert re.search(r"1 2020年10月6日 书面 太和县 农村道路 正在办理", text_of(waiting))
    assert "已答复1件" in answered
    assert "已答复，列入整改1号" in answered
    for secret in ("李某某", "13912345678", "里程与实际不符", "已转整改"):
        assert secret not in answered


def test_beat_asks_once_for_the_sites_whose_days_are_over(shown, city_officer, leader, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    before = services.request_due_sites(day=datetime.date(2020, 10, 6))
    first, second = (services.request_due_sites(day=DAY_AFTER) for _ in range(2))
    jobs.run_job(first[0].pk)
    done = services.request_due_sites(day=DAY_AFTER)

    assert before == done == []
    assert [row.pk for row in first] == [row.pk for row in second]
    assert first[0].payload == {"disclosure": shown.pk, "edition": "closed"}
    assert [row.edition for row in shown.files.all()] == ["closed"]
    # The office learns of it, and nobody else.
    told = [[row.text for row in changes_for(person, shown.published_at)] for person in (city_officer, leader)]
    assert [[text for text in texts if "公示期满" in text] for texts in told] == [
        ["2020年1—8月公示期满，网页已生成，请换到网站上"],
        [],
    ]


def test_beat_leaves_withdrawn_sites_alone(shown, city_officer):
    services.withdraw_disclosure(disclosure=shown, by=city_officer, reason="数据有误")

    assert services.request_due_sites(day=DAY_AFTER) == []


def test_publication_asks_for_a_look_at_what_is_published(client, issued, city_officer, leader):
    client.force_login(city_officer)
    page = f"/documents/{issued.pk}/disclosure/"
    form = WINDOW | {"opens_on": "2020-09-30"}

    blind = client.post(page, form | {"step": "publish"})
    looked = client.post(page, form | {"step": "preview"})
    index = looked.context["preview"]["token"]
    preview = client.get(f"{page}{index}/unit-001.html")
    other = client.post(page, form | {"step": "publish", "days": "8", "previewed": looked.context["preview"]["sha256"]})
    nothing = Disclosure.objects.exists()
    client.force_login(leader)
    hidden = client.get(f"{page}{index}/unit-001.html").status_code
    client.force_login(city_officer)
    done = client.post(page, form | {"step": "publish", "previewed": looked.context["preview"]["sha256"]})

    assert "请先看一遍预览" in blind.content.decode()
    assert "内容和预览时不一样了" in other.content.decode()
    assert (looked.status_code, blind.status_code, other.status_code, hidden, nothing) == (200, 422, 422, 403, False)
    made = Disclosure.objects.get()
    assert done.url == f"/disclosures/{made.pk}/"
    assert preview.content.decode() == pages_of(made.content)["unit-001.html"]
    assert client.get(f"{page}forged/index.html").status_code == 302


def test_publication_of_rectifications_leaves_persons_and_places_out(
    issued, participants, city_officer, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    kept = keep_file(upload=photo(), by=city_officer)
    row = open_rectification(
        programme=issued.period.programme,
        source="audit",
        problem="路基没有压实。",
        person="分管副局长 13812345678",
        participant=participants["341222"],
        deadline=datetime.date(2020, 10, 31),
        files=[kept],
        by=city_officer,
    )

    content = services.publish_disclosure(document=issued, by=city_officer, rectifications=[row], **WINDOW).content

    page = pages_of(content)["rectifications.html"]
    assert "路基没有压实。" in page
    assert "10月31日" in page
    with zipfile.ZipFile(io.BytesIO(site_bytes(content))) as archive:
        shown = archive.read("photo-001-1.jpg")
    assert "photo-001-1.jpg" in page
    # The kept photo says where it was taken; the one shown says nothing.
    assert kept.latitude is not None
    assert not Image.open(io.BytesIO(shown)).getexif()
    assert not [text for text in pages_of(content).values() if "副局长" in text or "13812345678" in text]


def test_publication_with_a_private_number_is_refused(issued, city_officer):
    row = open_rectification(
        programme=issued.period.programme, source="audit", problem="举报人电话13812345678。", by=city_officer
    )

    with pytest.raises(Refused, match="手机号码"):
        services.publish_disclosure(document=issued, by=city_officer, rectifications=[row], **WINDOW)

    assert not Disclosure.objects.exists()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"days": 0}, "1至90日"),
        ({"days": 91}, "1至90日"),
        ({"opens_on": datetime.date(2020, 9, 28)}, "不能早于"),
        ({"phone": " "}, "联系电话"),
    ],
)
def test_publication_with_a_window_that_cannot_be_is_refused(issued, city_officer, changed, reason):
    with pytest.raises(Refused, match=reason):
        services.publish_disclosure(document=issued, by=city_officer, **(WINDOW | changed))


def test_draft_and_second_publication_are_refused(shown, issued, period, participants, indicators, city_officer):
    with pytest.raises(Refused, match="已有公示"):
        services.publish_disclosure(document=issued, by=city_officer, **WINDOW)

    services.withdraw_disclosure(disclosure=shown, by=city_officer, reason="数据有误")
    again = services.publish_disclosure(document=issued, by=city_officer, **WINDOW)

    assert again.nth == 2
    with pytest.raises(InvalidTransition, match="已经撤回"):
        services.withdraw_disclosure(disclosure=shown, by=city_officer, reason="再撤")


def test_publication_by_others_than_the_office_is_not_allowed(issued, leader):
    with pytest.raises(NotAllowed):
        services.publish_disclosure(document=issued, by=leader, **WINDOW)


def test_published_content_and_answers_stand_in_the_database(shown, objected, city_officer):
    services.answer_objection(objection=objected, by=city_officer, answer="已核实。")

    for sql in (
        f"UPDATE disclosure SET phone = '1' WHERE id = {shown.pk}",
        f"DELETE FROM disclosure WHERE id = {shown.pk}",
        f"UPDATE disclosure_objection SET answer = 'x' WHERE id = {objected.pk}",
        f"DELETE FROM disclosure_objection WHERE id = {objected.pk}",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_objection_waits_on_the_to_do_with_its_day(objected, city_officer, leader):
    entry = next(row for row in to_do_for(city_officer) if "公示异议" in row.label)

    # Fifteen days from 6 October.
    assert entry.due_at.date() == datetime.date(2020, 10, 21)
    assert "太和县" in entry.label
    assert not [row for row in to_do_for(leader) if "公示异议" in row.label]


def test_objection_after_the_window_says_so_and_is_taken(shown, city_officer):
    late = services.enter_objection(
        disclosure=shown,
        by=city_officer,
        received_on=datetime.date(2020, 10, 7),
        way="phone",
        person="王某",
        text="晚了一天。",
    )

    assert late.is_late
    with pytest.raises(Refused, match="早于公示开始"):
        services.enter_objection(
            disclosure=shown,
            by=city_officer,
            received_on=datetime.date(2020, 9, 29),
            way="phone",
            person="王某",
            text="太早。",
        )


def test_answer_as_rectification_opens_a_line_of_the_unit(objected, city_officer):
    answered = services.answer_objection(
        objection=objected, by=city_officer, answer="已转整改。", rectify=True, deadline=datetime.date(2020, 10, 31)
    )

    line = Rectification.objects.get()
    assert answered.rectification == line
    assert (line.source, line.participant.code, line.deadline) == ("disclosure", "341222", datetime.date(2020, 10, 31))
    assert line.problem == "里程与实际不符。"
    with pytest.raises(InvalidTransition, match="已经答复"):
        services.answer_objection(objection=objected, by=city_officer, answer="再答")
    assert not DisclosureObjection.objects.waiting().exists()


def test_contact_is_shown_to_the_city_office_alone(client, objected, city_officer, head, other_clerk):
    address = f"/disclosures/objections/{objected.pk}/"

    seen = {}
    for user in (city_officer, head, other_clerk):
        client.force_login(user)
        response = client.get(address)
        seen[user.username] = (response.status_code, "13912345678" in response.content.decode())

    # The county it names reads what is said of it, not who said it; another county does not find it.
    assert seen == {"city_officer": (200, True), "head": (200, False), "other_clerk": (404, False)}


def test_pages_publish_preview_and_take_an_objection(client, issued, city_officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(city_officer)
    form = WINDOW | {"opens_on": "2020-09-30", "days": "x"}

    refused = client.post(f"/documents/{issued.pk}/disclosure/", form)
    looked = client.post(f"/documents/{issued.pk}/disclosure/", form | {"days": "7"})
    seen = {"days": "7", "step": "publish", "previewed": looked.context["preview"]["sha256"]}
    client.post(f"/documents/{issued.pk}/disclosure/", form | seen)
    made = Disclosure.objects.get()
    preview = client.get(f"/disclosures/{made.pk}/site/index.html")
    entered = client.post(
        f"/disclosures/{made.pk}/objections/new/",
        {"received_on": "2020-10-06", "way": "mailbox", "person": "赵某", "text": "请核实。"},
    )

    assert refused.status_code == 422
    assert "公示日数是一个整数" in refused.content.decode()
    assert WINDOW["address"] in refused.content.decode()
    assert made.closes_on == datetime.date(2020, 10, 6)
    assert "已于2020年10月6日结束" in preview.content.decode()
    assert entered.status_code == 302
    assert "信箱" in client.get(f"/disclosures/{made.pk}/").content.decode()
    assert client.get("/disclosures/").status_code == 200
