"""整改: from 开立 to 销号 by two persons with evidence, recurrence, lights, scope, pages and the ledger's workbook."""

import datetime
import io

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.services import InvalidTransition, Refused
from supervision.models import Rectification
from supervision.rectification.ledger import Ledger, light_of
from supervision.services import rectification as services
from supervision.services.files import keep_file
from tests import factories
from tests.supervision.rectifications import assigned, opened, photo, reported
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@world
def second_officer(city):
    """Another person of the city office."""
    return factories.grant(factories.UserFactory(username="second_officer"), "city_office", region=city)


def test_item_from_opening_to_closing_needs_evidence_and_a_second_person(
    programme, participants, city_officer, second_officer, clerk
):
    item = assigned(programme, participants["341222"], city_officer)
    with pytest.raises(Refused, match="请先填原因和措施"):
        services.report_rectification(item=item, by=clerk, text="好了")
    services.fill_rectification(item=item, by=clerk, cause="雨季停工", measures="增加施工队伍")
    with pytest.raises(Refused, match="整改后的佐证"):
        services.report_rectification(item=item, by=clerk, text="好了")
    after = keep_file(upload=photo(), by=clerk)
    services.report_rectification(item=item, by=clerk, text="好了", files=[after])
    with pytest.raises(Refused, match="请写验收意见"):
        services.close_rectification(item=item, by=city_officer, verification=" ")
    with pytest.raises(NotAllowed):
        services.close_rectification(item=item, by=clerk, verification="看过了")

    closed = services.close_rectification(item=item, by=second_officer, verification="现场看过，整改到位")

    assert (closed.state, closed.closed_by, closed.reported_by) == ("closed", second_officer, clerk)
    kinds = list(closed.steps.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["opened", "assigned", "filled", "reported", "closed"]


def test_own_level_item_reported_by_the_office_is_closed_by_another_of_it(
    programme, participants, city_officer, second_officer
):
    item = reported(programme, participants["341200-own"], city_officer, city_officer)

    with pytest.raises(NotAllowed, match="另一个人验收"):
        services.close_rectification(item=item, by=city_officer, verification="看过了")
    with pytest.raises(IntegrityError), transaction.atomic():
        Rectification.objects.filter(pk=item.pk).update(
            state="closed", closed_at=datetime.datetime.now(datetime.UTC), closed_by=city_officer, verification="看过"
        )
    assert services.close_rectification(item=item, by=second_officer, verification="看过了").state == "closed"


def test_closed_item_that_recurs_is_a_new_line_linked_and_counted(programme, participants, city_officer, clerk):
    first = reported(programme, participants["341222"], city_officer, clerk, task="达到平均")
    with pytest.raises(InvalidTransition, match="还没有销号"):
        services.recurs(earlier=first, by=city_officer)
    services.close_rectification(item=first, by=city_officer, verification="到位")

    second = services.recurs(earlier=first, by=city_officer, problem="又低于平均")

    assert (second.seq, second.earlier, second.recurrence, second.task) == (2, first, 1, "达到平均")
    assert second.participant == participants["341222"]
    with pytest.raises(InvalidTransition, match="已经重新开立为整改2号"):
        services.recurs(earlier=first, by=city_officer)
    with pytest.raises(IntegrityError, match="已销号"), transaction.atomic():
        Rectification.objects.filter(pk=first.pk).update(problem="改写")


def test_returned_and_extended_item_keeps_both_in_its_record(programme, participants, city_officer, clerk):
    item = reported(programme, participants["341222"], city_officer, clerk)
    services.return_rectification(item=item, by=city_officer, reason="照片不是这个点位")
    with pytest.raises(Refused, match="新时限要晚于原时限2020年9月30日"):
        services.extend_rectification(item=item, by=city_officer, deadline=datetime.date(2020, 9, 30), reason="雨季")

    extended = services.extend_rectification(
        item=item, by=city_officer, deadline=datetime.date(2020, 10, 15), reason="雨季"
    )

    assert (extended.state, extended.reported_by) == ("underway", None)
    step = extended.steps.get(kind="extended")
    assert (step.old_deadline, step.new_deadline) == (datetime.date(2020, 9, 30), datetime.date(2020, 10, 15))


def test_two_officers_at_once_the_slower_is_told(programme, participants, city_officer):
    item = opened(programme, participants["341222"], city_officer)
    services.assign_rectification(item=item, by=city_officer)

    with pytest.raises(InvalidTransition, match="现在是“已交办”"):
        services.assign_rectification(item=item, by=city_officer)


def test_item_with_something_wrong_is_refused_in_a_sentence(programme, participants, city_officer):
    wrong = {
        "请写问题": {"problem": "  "},
        "问题最多 2000 字，现在有 2001 字": {"problem": "字" * 2001},
        "不能保存的字符": {"task": "a\x00b"},
        "离2020年度太远": {"deadline": datetime.date(2030, 1, 1)},
        "不是责任单位": {"participant": participants["341200"]},
        "考核单位不属于这个年度民生工程": {"participant": factories.ParticipantFactory()},
        "责任人最多 60 字": {"person": "长" * 61},
    }

    for sentence, fields in wrong.items():
        with pytest.raises(Refused, match=sentence):
            opened(**{"programme": programme, "participant": participants["341222"], "by": city_officer} | fields)

    assert not Rectification.objects.exists()


def test_light_of_a_day_says_its_colour_in_words(programme, participants, city_officer):
    item = opened(programme, participants["341222"], city_officer)

    lights = [light_of(item, datetime.date(2020, *day)) for day in ((9, 15), (9, 16), (9, 30), (10, 1))]

    # Due on 30 September, 临近 from 14 days before.
    assert [(light.colour, light.words) for light in lights] == [
        ("green", "绿 还有 15 天"),
        ("amber", "黄 还有 14 天"),
        ("amber", "黄 今天到期"),
        ("red", "红 逾期 1 天"),
    ]


def test_item_is_seen_by_its_unit_once_assigned_and_never_by_another(
    programme, participants, indicators, city_officer, leader, clerk, other_clerk, filler, lead_officer, stranger
):
    roads = indicators["里程"].sub_project
    item = opened(programme, participants["341222"], city_officer, project=roads.project)
    people = {
        person.username: person for person in (city_officer, leader, clerk, other_clerk, filler, lead_officer, stranger)
    }

    def seeing():
        return {
            name for name, one in people.items() if Rectification.objects.visible_to(one).filter(pk=item.pk).exists()
        }

    before = seeing()
    services.assign_rectification(item=item, by=city_officer)

    assert before == {"city_officer", "leader"}
    # The county, and who leads the project; the bureau only what is given to the bureau.
    assert seeing() == {"city_officer", "leader", "clerk", "lead_officer"}


def test_page_opens_takes_steps_and_gives_back_what_was_typed(
    client, programme, participants, indicators, city_officer, clerk, other_clerk
):
    client.force_login(city_officer)
    new = reverse("supervision:rectification-new") + f"?programme={programme.code}&participant=341222&project=1"
    shown = client.get(new)
    form = shown.context["form"]
    posted = {"programme": programme.code, "source": "ranking", "problem": "<b>低于平均</b>", "deadline": "昨天"}
    refused = client.post(new, posted)
    client.post(new, posted | {"deadline": "2020-09-30", "participant": participants["341222"].pk, "files": [photo()]})
    item = Rectification.objects.get()
    page = reverse("supervision:rectification-detail", args=[item.pk])
    client.post(page, {"step": "assign", "assign-text": ""})
    client.force_login(clerk)
    half = client.post(page, {"step": "fill", "fill-cause": "原因在这里", "fill-measures": ""})
    client.force_login(other_clerk)

    assert (form.initial["participant"], form.initial["project"].seq) == (participants["341222"], 1)
    assert refused.status_code == 422
    assert "整改时限写得不对" in refused.content.decode()
    assert "&lt;b&gt;低于平均&lt;/b&gt;" in refused.content.decode()
    assert half.status_code == 422
    assert "原因在这里" in half.content.decode()
    assert client.get(page).status_code == 404
    assert client.get(reverse("supervision:rectification-list")).context["counts"]["all"] == 0


def test_wrong_file_with_a_step_changes_nothing(client, programme, participants, city_officer, clerk, media):
    item = assigned(programme, participants["341222"], city_officer)
    services.fill_rectification(item=item, by=clerk, cause="原因", measures="措施")
    client.force_login(clerk)
    page = reverse("supervision:rectification-detail", args=[item.pk])
    svg = photo(name="图.jpg")
    svg.file = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    svg.size = len(svg.file.getvalue())

    answer = client.post(page, {"step": "report", "report-text": "已完成并验收", "report-files": [photo(), svg]})

    assert answer.status_code == 422
    assert "SVG" in answer.content.decode()
    assert "已完成并验收" in answer.content.decode()
    item.refresh_from_db()
    assert item.state == "underway"
    assert not item.files.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_ledger_filters_counts_and_exports_the_same_lines(client, programme, participants, city_officer, clerk):
    opened(programme, participants["341282"], city_officer, problem="管护不到位", source="audit")
    reported(programme, participants["341222"], city_officer, clerk, standard="达到全省平均")
    day = datetime.date(2020, 10, 10)
    ledger = Ledger(programme, city_officer, day, {"unit": "341222"})
    client.force_login(city_officer)

    export = client.get(reverse("supervision:rectification-export") + "?light=red&q=管护&day=2020-10-10")

    counts = ledger.counts()
    assert (counts["all"], counts["light_red"], counts["state_opened"], counts["state_reported"]) == (2, 2, 1, 1)
    assert [row.item.seq for row in ledger.rows] == [2]
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(export.streaming_content))).active.values)
    cells = [cell for row in rows for cell in row if cell is not None]
    assert {"问题清单", "任务清单", "标准清单", "责任清单", "管护不到位", "红 逾期 10 天"} <= set(cells)
    assert "达到全省平均" not in cells


def test_ledger_page_asks_as_often_for_many_items_as_for_few(
    client, programme, participants, city_officer, django_assert_max_num_queries
):
    client.force_login(city_officer)
    address = reverse("supervision:rectification-list")
    opened(programme, participants["341222"], city_officer)
    client.get(address)
    with connection.execute_wrapper(counter := _Counter()):
        client.get(address)
    few = counter.count
    for _ in range(5):
        opened(programme, participants["341282"], city_officer)

    with django_assert_max_num_queries(few):
        client.get(address)


class _Counter:
    count = 0

    def __call__(self, execute, *arguments):
        self.count += 1
        return execute(*arguments)
