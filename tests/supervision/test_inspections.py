"""Visits: one page and one key, photos kept, a finding that becomes a line and a slow entry; folders; minutes."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.services import Refused
from projects.models import Project
from supervision.models import Inspection, InspectionFinding, KeptFile, Rectification
from supervision.rectification.findings import findings_of, slow_on
from supervision.rectification.photo_doubts import doubts_of
from supervision.services import inspections as services
from supervision.services.inspections import Seen, save_inspection
from supervision.services.interviews import Demand, record_interview
from supervision.services.rectification import assign_rectification
from tests.supervision.rectifications import photo

pytestmark = pytest.mark.django_db

KEY = uuid.UUID("7d0f3f1e-52c1-4e84-9d06-a5d9e7c2f104")
DAY = datetime.date(2020, 8, 20)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def seen(participants, indicators):
    """What was seen in 太和县: work stands still, and papers are missing."""
    project = Project.objects.get(programme=participants["341222"].programme, seq=1)
    return Seen(
        visited_on=DAY,
        participant=participants["341222"],
        project=project,
        place="旧县镇",
        text="路基停工约 10 天",
        reasons=("stopped", "papers"),
        deadline=datetime.date(2020, 9, 30),
    )


def test_visit_with_reasons_becomes_a_finding_a_line_and_a_slow_entry(programme, period, seen, inspector, city_officer):
    visit = save_inspection(
        programme=programme, client_key=KEY, seen=seen, photos=[photo()], is_draft=False, by=inspector
    )

    item = visit.findings.get().rectification
    assert (item.state, item.source, item.deadline) == ("opened", "inspection", datetime.date(2020, 9, 30))
    assert item.problem == "旧县镇：路基停工约 10 天"
    assert item.files.get().moment == "before"
    (row,) = findings_of(period)
    assert row.text == "太和县农村道路：旧县镇：路基停工约 10 天（现场停工、资料不全，8月20日督查）。"
    (slow,) = slow_on(programme, period.ends_on, city_officer)
    assert (slow.reason, slow.reasons) == ("stopped", ("现场停工", "资料不全"))
    assert assign_rectification(item=item, by=city_officer).state == "assigned"


def test_visit_sent_twice_under_one_key_is_one(programme, seen, inspector):
    sent = {"programme": programme, "client_key": KEY, "seen": seen, "by": inspector}
    first = save_inspection(**sent, photos=[photo()], is_draft=True)
    save_inspection(**sent, photos=[photo(), photo(3)], is_draft=True)
    save_inspection(**sent, is_draft=False)

    again = save_inspection(**sent, photos=[photo(9)], is_draft=False)

    assert again.pk == first.pk
    # The first photo came twice and is kept once; what came after the record is not kept.
    assert (Inspection.objects.count(), KeptFile.objects.count(), Rectification.objects.count()) == (1, 2, 1)


def test_visit_without_reasons_is_a_record_without_finding(programme, period, seen, inspector):
    good = Seen(visited_on=DAY, participant=seen.participant, text="进展正常")

    visit = save_inspection(programme=programme, client_key=KEY, seen=good, is_draft=False, by=inspector)

    assert visit.state == "recorded"
    assert not Rectification.objects.exists()
    assert findings_of(period) == []


def test_page_keeps_photos_and_words_of_a_visit_it_refuses(client, programme, participants, supervisor):
    client.force_login(supervisor)
    address = reverse("supervision:inspection-new")
    words = {"client_key": str(KEY), "kind": "inspection", "visited_on": "2020-08-20", "reasons": ["quality"]}
    words |= {"programme": programme.code, "text": "墙面<script>空鼓", "step": "record"}

    refused = client.post(address, words | {"camera": [photo()]})
    as_script = client.post(address, words, headers={"Accept": "application/json"})
    done = client.post(address, words | {"participant": participants["341222"].pk}, follow=True)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "请选择考核单位" in page
    assert "墙面&lt;script&gt;空鼓" in page
    assert as_script.json() == {"errors": ["请选择考核单位（县区），再保存；也可以先存草稿。"]}
    assert "问题已列入整改1号" in done.content.decode()
    assert Rectification.objects.get().files.count() == 1


def test_visit_is_its_recorders_until_recorded_and_never_a_countys(
    client, programme, seen, supervisor, inspector, clerk, leader
):
    draft = save_inspection(programme=programme, client_key=KEY, seen=seen, is_draft=True, by=supervisor)

    def seeing():
        people = (supervisor, inspector, leader, clerk)
        return [Inspection.objects.visible_to(person).filter(pk=draft.pk).exists() for person in people]

    before = seeing()
    save_inspection(programme=programme, client_key=KEY, seen=seen, is_draft=False, by=supervisor)

    assert before == [True, False, False, False]
    assert seeing() == [True, True, True, False]
    # Who recorded it follows what becomes of it.
    assert Rectification.objects.visible_to(supervisor).count() == 1
    with pytest.raises(NotAllowed):
        save_inspection(programme=programme, client_key=uuid.uuid4(), seen=seen, is_draft=False, by=clerk)


def test_visit_with_something_wrong_is_refused_in_a_sentence(programme, seen, inspector):
    wrong = {
        "不在2020年度": {"visited_on": datetime.date(2019, 8, 1)},
        "还没有到": {"visited_on": datetime.date(2199, 8, 1)},
        "情况最多 500 字，现在有 501 字": {"text": "字" * 501},
        "不能早于督查日期": {"deadline": datetime.date(2020, 8, 1)},
        "问题类型不正确": {"reasons": ("nonsense",)},
        "请写现场情况": {"text": " "},
    }

    for sentence, fields in wrong.items():
        given = Seen(**(vars(seen) | fields))
        with pytest.raises(Refused, match=sentence):
            save_inspection(programme=programme, client_key=KEY, seen=given, is_draft=False, by=inspector)

    assert not Inspection.objects.exists()


def test_folder_of_photos_becomes_drafts_by_time_and_place(programme, inspector):
    # 0 and 20 minutes: one visit; 150: after a pause of more than 90 minutes; the last without a place, 10 later.
    files = [photo(150, name="c.jpg"), photo(0, name="a.jpg"), photo(20, name="b.jpg")]
    files += [photo(160, has_place=False, name="d.jpg"), photo(0, name="again.jpg")]

    drafts, left_out = services.drafts_of_folder(programme=programme, photos=files, by=inspector)

    names = [sorted(row.file.name for row in draft.photos.all()) for draft in drafts]
    assert names == [["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"]]
    assert [draft.visited_on for draft in drafts] == [DAY, DAY]
    assert left_out == ["again.jpg：和 a.jpg 是同一张，只收一次。"]


def test_photos_of_another_day_than_was_typed_are_said_on_the_page(client, programme, seen, inspector):
    client.force_login(inspector)
    photos = [photo(0), photo(3 * 24 * 60, name="后来.jpg")]
    visit = save_inspection(programme=programme, client_key=KEY, seen=seen, photos=photos, is_draft=False, by=inspector)

    page = client.get(reverse("supervision:inspection-detail", args=[visit.pk])).content.decode()

    # The visit is of 20 August; the second photo was taken three days later.
    assert "1 张拍于8月23日，比填的督查日期晚 3 天。" in page
    assert "相距" not in page


def test_photos_taken_far_apart_or_after_their_upload_are_said():
    def taken(latitude, at):
        return KeptFile(kind="photo", taken_at=at, latitude=latitude, longitude=Decimal(115), uploaded_at=noon)

    noon = datetime.datetime(2020, 8, 20, 4, tzinfo=datetime.UTC)
    # One degree of latitude is 6371 km × π ÷ 180 = 111.19 km; 0.006° are 667 m, 0.004° are 445 m, which is near.
    near, here = taken(Decimal("32.004"), noon), taken(Decimal(32), noon)
    visit, later = DAY, noon + datetime.timedelta(minutes=1)

    assert doubts_of(visit, [here, near]) == []
    assert doubts_of(visit, [here, near, taken(Decimal("32.006"), None)]) == [
        "拍摄地点最远相距 667 米，请核对是不是一个点位。"
    ]
    assert doubts_of(visit, [here, taken(Decimal(33), later)]) == [
        "1 张的拍摄时间在上传以后，相机的时钟可能不准。",
        "拍摄地点最远相距 111.2 公里，请核对是不是一个点位。",
    ]


def test_home_of_whoever_inspects_leads_to_recording_first(client, programme, inspector, supervisor, leader):
    def leads(person):
        client.force_login(person)
        return reverse("supervision:inspection-new") in client.get("/").content.decode()

    assert [leads(person) for person in (inspector, supervisor, leader)] == [True, True, False]


def test_points_are_the_offices_to_set(programme, seen, inspector, city_officer):
    visit = save_inspection(programme=programme, client_key=KEY, seen=seen, is_draft=False, by=inspector)
    finding = visit.findings.get()

    with pytest.raises(NotAllowed):
        services.set_points(finding=finding, points=1, by=inspector)
    with pytest.raises(Refused, match="大于 0"):
        services.set_points(finding=finding, points=-1, by=city_officer)
    services.set_points(finding=finding, points=2, by=city_officer)

    assert InspectionFinding.objects.get().points == 2


def test_minutes_make_a_line_of_each_demand_and_are_seen_by_whom_they_name(
    client, programme, participants, city_officer, clerk, other_clerk
):
    interview = record_interview(
        programme=programme,
        kind="interview",
        held_on=DAY,
        subject="进展较慢",
        text="纪要",
        participants=[participants["341222"]],
        demands=[Demand("8月底前复工", participant=participants["341222"], deadline=datetime.date(2020, 8, 31))],
        by=city_officer,
    )
    page = reverse("supervision:interview-detail", args=[interview.pk])

    def status(person):
        client.force_login(person)
        return client.get(page).status_code

    item = interview.rectifications.get()
    assert (item.source, item.task, item.state) == ("interview", "8月底前复工", "opened")
    assert [status(person) for person in (city_officer, clerk, other_clerk)] == [200, 200, 404]
    with pytest.raises(Refused, match="至少一家"):
        record_interview(programme=programme, kind="interview", held_on=DAY, subject="慢", text="纪要", by=city_officer)


def test_minutes_page_gives_back_what_was_typed_with_a_demand_of_nobody(client, programme, participants, city_officer):
    client.force_login(city_officer)
    typed = {
        "programme": programme.code,
        "kind": "interview",
        "held_on": "2020-08-20",
        "subject": "慢",
        "text": "纪要全文",
    }
    typed |= {"participants": [participants["341222"].pk], "demand-TOTAL_FORMS": 4, "demand-INITIAL_FORMS": 0}
    typed |= {"demand-0-task": "月底前复工"}

    answer = client.post(reverse("supervision:interview-new"), typed)
    done = client.post(
        reverse("supervision:interview-new"), typed | {"demand-0-participant": participants["341222"].pk}
    )

    assert answer.status_code == 422
    assert "请选这条要求由谁完成" in answer.content.decode()
    assert "纪要全文" in answer.content.decode()
    assert done.status_code == 302
    assert Rectification.objects.get().task == "月底前复工"
