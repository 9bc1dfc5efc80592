"""考核办法 written, tried on past months, put in force; marks entered, confirmed, frozen."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.models import ReportingPeriod
from supervision.models import EnteredMark, ScoringScheme, SnapshotComponent
from supervision.services.marks import MarkEntry, MarksRefused, confirm_marks, enter_marks, withdraw_marks
from supervision.services.snapshots import freeze_snapshot
from supervision.standings import live_standings
from tests import factories
from tests.supervision.months import report_month
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def second_officer(city):
    """Another person of the office: confirms what the first one entered."""
    return factories.grant(
        factories.UserFactory(username="second_officer", full_name="赵复核"), "city_office", region=city
    )


@world
def reported(period, participants, indicators, city_officer):
    """Everybody's August, under the scheme of the one plain component."""
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    return period


def posted(rows, *, step="preview", months=("2020-08",), **fields):
    """Return a posted version; rows: dicts of the row's fields."""
    data = {
        "step": step,
        "name": "综合考核办法",
        "effective_from": "2020-08-01",
        "source": "民生办〔2020〕9号",
        "reason": "增加群众满意率",
        "counts_level": "on",
        "base_version": "1",
        "months": list(months),
        "c-TOTAL_FORMS": str(len(rows) + 1),
        "c-INITIAL_FORMS": "0",
    }
    for number, row in enumerate(rows):
        data |= {f"c-{number}-{name}": value for name, value in row.items()}
    return data | fields


RATES = {"code": "projects", "name": "项目完成率", "choice": "project_rates", "weight": "80"}
SURVEY = {"name": "群众满意率", "choice": "entered:survey", "weight": "20", "max_mark": "100"}


def new_scheme(programme) -> str:
    return reverse("supervision:scheme-new", args=[programme.code])


def test_a_version_is_tried_on_a_month_and_put_in_force(client, reported, city_officer, participants):
    client.force_login(city_officer)
    units = {row["participant_id"]: (row["place"], str(row["score"])) for row in live_standings(reported).units}
    page = client.post(new_scheme(reported.programme), posted([RATES, SURVEY]))
    tried = page.content.decode()

    stored_before = ScoringScheme.objects.count()
    done = client.post(
        new_scheme(reported.programme),
        posted([RATES, SURVEY], step="confirm", fingerprint=page.context["fingerprint"]),
    )

    assert (page.status_code, stored_before) == (200, 1)
    [month] = page.context["months"]
    # Nobody has a mark yet: the rates carry the whole weight, and nothing moves.
    assert {row["unit"].pk: (row["after"]["place"], str(row["after"]["score"])) for row in month.rows} == {
        row["unit"].pk: units[row["unit"].pk] for row in month.rows
    }
    assert (month.missing, month.moves) == (["群众满意率"], 0)
    assert "没有单位有分的项：群众满意率" in tried
    assert done.status_code == 302
    scheme = ScoringScheme.objects.latest("version")
    assert (scheme.version, scheme.source) == (2, "民生办〔2020〕9号")
    assert list(scheme.components.values_list("code", "kind", "weight")) == [
        ("projects", "project_rates", 80),
        ("c1", "entered", 20),
    ]
    event = AuditEvent.objects.get(verb="adopt_scheme")
    assert (event.reason, event.before, event.after["version"]) == ("增加群众满意率", {"version": 1}, 2)


def test_the_preview_marks_a_place_that_changes(client, reported, city_officer, participants):
    # By rates one of the two counties is first; a survey of 99 points that likes the other turns them round, and the
    # version tried then, of rates alone, turns them back.
    client.force_login(city_officer)
    first = {row["participant_id"]: row["place"] for row in live_standings(reported).units if row["ranked"]}
    better = min(first, key=first.get)
    survey = {"code": "survey", **SURVEY, "weight": "99", "max_mark": "100"}
    adopted = client.post(
        new_scheme(reported.programme),
        posted([RATES | {"weight": "1"}, survey], step="preview"),
    )
    client.post(
        new_scheme(reported.programme),
        posted([RATES | {"weight": "1"}, survey], step="confirm", fingerprint=adopted.context["fingerprint"]),
    )
    component = ScoringScheme.objects.latest("version").components.get(kind="entered")
    for unit in participants.values():
        if unit.ranked:
            EnteredMark.objects.create(
                period=reported,
                component=component,
                participant=unit,
                value=10 if unit.pk == better else 90,
                source="问卷",
                sample_size=300,
                entered_by=city_officer,
                confirmed_by=factories.UserFactory(),
                confirmed_at=datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC),
            )

    page = client.post(new_scheme(reported.programme), posted([RATES | {"weight": "100"}], base_version="2"))

    [month] = page.context["months"]
    assert {row["unit"].pk: (row["before"]["place"], row["after"]["place"]) for row in month.rows} == {
        unit: (3 - place, place) for unit, place in first.items()
    }
    assert month.moves == 2
    assert "! 2 个单位位次会变" in page.content.decode()


REFUSED = [
    ([RATES | {"weight": "70"}], {}, "各项权重加起来是70，应是100"),
    ([{"name": "末位", "choice": "last_place", "weight": "0.2", "streak": "1"}], {}, "至少要有一项计分的考核项"),
    ([RATES | {"weight": "100"}], {"effective_from": "2020-07-31"}, "2020年1—7月已经封账，新办法不追溯"),
    ([RATES | {"weight": "100"}], {"base_version": "0"}, "已有第1版，请重新打开页面"),
    ([RATES, SURVEY | {"choice": "fund_rate:project:spent"}], {}, "请从列表里选计算方式"),
    ([RATES, SURVEY | {"max_mark": ""}], {}, "打分的项要填满分"),
    ([RATES | {"weight": "约80"}, SURVEY], {}, "权重或每次分值应是一个数"),
]


@pytest.mark.parametrize(("rows", "fields", "sentence"), REFUSED)
def test_a_version_that_cannot_be_is_refused_in_a_sentence_and_comes_back_filled(
    client, reported, july, city_officer, rows, fields, sentence
):
    client.force_login(city_officer)

    page = client.post(new_scheme(reported.programme), posted(rows, **fields))

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert f'value="{rows[-1]["name"]}"' in page.content.decode()
    assert ScoringScheme.objects.count() == 1


@world
def surveyed(reported, city_officer):
    """A scheme with a survey of half the weight."""
    scheme = ScoringScheme.objects.create(
        programme=reported.programme,
        version=2,
        name="考核办法",
        effective_from=datetime.date(2020, 8, 1),
        adopted_by=city_officer,
    )
    scheme.components.create(code="projects", name="项目完成率", kind="project_rates", weight=50)
    return scheme.components.create(
        code="survey", name="群众满意率", kind="entered", weight=50, max_mark=100, marked_by="survey"
    )


def enter(component, period, values, *, by, sample_size=300):
    entries = [MarkEntry(unit, value) for unit, value in values.items()]
    return enter_marks(
        period=period, component=component, entries=entries, source="问卷", sample_size=sample_size, by=by
    )


def test_marks_count_once_a_second_person_confirms_and_are_frozen(
    reported, surveyed, participants, city_officer, second_officer, clerk
):
    unit = participants["341222"]
    plain = live_standings(reported).units
    enter(surveyed, reported, {unit: 90}, by=city_officer)
    before = {row["participant_id"]: row["score"] for row in live_standings(reported).units}

    with pytest.raises(Refused, match="要由另一人确认"):
        confirm_marks(period=reported, component=surveyed, by=city_officer)
    with pytest.raises(NotAllowed):
        enter(surveyed, reported, {unit: 99}, by=clerk)
    confirm_marks(period=reported, component=surveyed, by=second_officer)
    after = {row["participant_id"]: row["score"] for row in live_standings(reported).units}
    freeze_snapshot(period=reported, by=city_officer)

    assert before == {row["participant_id"]: row["score"] for row in plain}
    # Half the rates' score, known here rounded to two places, and half of 90.
    assert abs(after[unit.pk] - (before[unit.pk] + 90) / 2) <= Decimal("0.01")
    kept = SnapshotComponent.objects.get(participant=unit, code="survey")
    assert (kept.part, kept.whole, kept.points) == (90, 100, 90)


def test_marks_refuse_more_than_the_maximum_a_survey_without_sample_and_a_confirmed_one(
    reported, surveyed, participants, city_officer, second_officer
):
    unit = participants["341222"]

    with pytest.raises(MarksRefused, match="太和县的分数101超过满分100"):
        enter(surveyed, reported, {unit: 101}, by=city_officer)
    with pytest.raises(Refused, match="要写样本量"):
        enter(surveyed, reported, {unit: 90}, by=city_officer, sample_size=None)
    enter(surveyed, reported, {unit: 90}, by=city_officer)
    confirm_marks(period=reported, component=surveyed, by=second_officer)
    with pytest.raises(MarksRefused, match="太和县的打分已确认"):
        enter(surveyed, reported, {unit: 80}, by=city_officer)
    withdraw_marks(period=reported, component=surveyed, reason="问卷重新汇总", by=second_officer)
    enter(surveyed, reported, {unit: 80}, by=city_officer)

    assert EnteredMark.objects.get().value == 80
    assert list(AuditEvent.objects.filter(verb__endswith="_marks").order_by("id").values_list("verb", flat=True)) == [
        "enter_marks",
        "confirm_marks",
        "withdraw_marks",
        "enter_marks",
    ]


def test_the_page_of_marks_keeps_what_was_typed_and_is_fixed_by_the_close(
    client, reported, surveyed, participants, city_officer, second_officer
):
    address = reverse("supervision:marks", args=[reported.programme.code, reported.code])
    unit, other = participants["341222"], participants["341282"]
    client.force_login(city_officer)
    data = {"component": surveyed.pk, "source": "问卷", "sample_size": "300", f"v-{unit.pk}": "88.5"}

    wrong = client.post(address, data | {f"v-{other.pk}": "九十"})
    right = client.post(address, data | {f"v-{other.pk}": "", "step": "save"})
    shown = client.get(address).content.decode()
    close = reverse("supervision:period-close", args=[reported.programme.code, reported.code])
    before_close = client.get(close).content.decode()
    ReportingPeriod.objects.filter(pk=reported.pk).update(
        state="closed", closed_by=city_officer, closed_at=datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)
    )
    closed = client.post(address, data | {f"v-{unit.pk}": "99"})

    assert "“群众满意率”1家待确认、1家没有录入，现在封账这些打分不计入" in before_close
    assert (wrong.status_code, right.status_code, closed.status_code) == (422, 302, 422)
    assert "界首市的“九十”不是一个分数" in wrong.content.decode()
    assert 'value="88.5"' in wrong.content.decode()
    assert "待确认 1 家" in shown
    assert "已经封账，打分不能再改" in closed.content.decode()
    assert str(EnteredMark.objects.get().value) == "88.50"


def test_the_page_says_what_is_missing_without_a_scheme_and_without_components(client, period, leader):
    client.force_login(leader)
    address = reverse("supervision:scheme", args=[period.programme.code])

    without = client.get(address).content.decode()
    ScoringScheme.objects.create(
        programme=period.programme,
        version=1,
        name="空",
        effective_from=datetime.date(2020, 1, 1),
        adopted_by=leader,
    )
    empty = client.get(address).content.decode()
    ranking = client.get(reverse("supervision:ranking", args=[period.programme.code, period.code]))

    assert "没有考核办法，不排综合位次" in without
    assert "没有考核项，综合得分算不出来" in empty
    assert ranking.status_code == 200
    assert strange_words(ranking.content.decode()) == []


def test_single_indicators_are_taken_in_and_left_out_and_stay_in_the_next_version(
    client, reported, city_officer, indicators
):
    part = factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, name="其中硬化", assessed=False)
    level = indicators["合格率"]
    chosen = {"taken_in": [part.pk], "left_out": [level.pk]}
    client.force_login(city_officer)

    tried = client.post(new_scheme(reported.programme), posted([RATES | {"weight": "100"}], **chosen))
    done = client.post(
        new_scheme(reported.programme),
        posted([RATES | {"weight": "100"}], step="confirm", fingerprint=tried.context["fingerprint"], **chosen),
    )
    page = client.get(reverse("supervision:scheme", args=[reported.programme.code])).content.decode()
    form = client.get(new_scheme(reported.programme)).context["form"]

    assert done.status_code == 302
    assert "另外参加计分的指标：1 其中硬化。" in page
    assert "另外不参加计分的指标：1 合格率。" in page
    assert (form["taken_in"].value(), form["left_out"].value()) == ([part.pk], [level.pk])


def test_an_indicator_that_counts_anyway_cannot_be_chosen(client, reported, city_officer, indicators):
    client.force_login(city_officer)

    refused = client.post(new_scheme(reported.programme), posted([RATES], left_out=[indicators["里程"].pk]))

    assert refused.status_code == 422
    assert "计分指标里有一个不能选" in refused.content.decode()


def test_the_page_says_which_version_counts_for_a_month(client, reported, city_officer):
    programme = reported.programme
    newer = ScoringScheme.objects.create(
        programme=programme,
        version=2,
        name="综合考核办法",
        effective_from=datetime.date(2020, 9, 1),
        adopted_by=city_officer,
    )
    client.force_login(city_officer)
    address = reverse("supervision:scheme", args=[programme.code])

    august = client.get(address, {"period": "2020-08"})
    today = client.get(address)

    assert august.context["current"]["scheme"].version == 1
    assert "2020年1—8月适用，按2020年1—8月（截至2020年8月31日）判断" in august.content.decode()
    assert today.context["current"]["scheme"] == newer
    assert client.get(address, {"period": "2019-08"}).status_code == 404
