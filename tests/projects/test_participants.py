"""考核单位: names, order and days of the year's units, and what a unit that joins or leaves in mid-year changes."""

import datetime

import pytest
from django.urls import reverse

from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.models import Participant, Report
from projects.services import participants as services
from projects.services import reports
from projects.services.participants import order_stamp, stamp_of
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


#: What is given, and the sentence it is refused with.
FAULTS = [
    ({"printed_name": "太和", "region": "341222"}, "太和和太和县是同一个单位（太和县），一个单位只占一个次序。"),
    ({"printed_name": "界首市"}, "“界首市”已经在名单里，不能再用。"),
    ({"printed_name": "颍州区", "short_names": ["太和县"]}, "颍州区的简称“太和县”是另一个单位的印发名称，不能再用。"),
    ({"printed_name": "颍州区", "short_names": ["太和"]}, "“太和”已经是太和县的简称，不能再用。"),
    (
        {"printed_name": "全域", "kind": "whole", "ranked": False},
        "“阜阳市2020年民生工程”已有全域单位，每个年度只有一个。",
    ),
    (
        {"printed_name": "市直", "kind": "own", "ranked": True},
        "市直是本级，不参加综合排名；请去掉“参加综合排名”。",
    ),
    (
        {
            "printed_name": "颍州区",
            "joins_on": datetime.date(2020, 5, 1),
            "leaves_on": datetime.date(2020, 4, 30),
        },
        "颍州区的退出日期2020年4月30日早于加入日期2020年5月1日。",
    ),
    (
        {"printed_name": "颍州区", "joins_on": datetime.date(2021, 5, 1)},
        "颍州区的加入日期2021年5月1日不在2020年度；全年都在的不填。",
    ),
]


@world
def hospital(county):
    """市二院, an agency without a region of its own."""
    return factories.AgencyFactory(region=county.parent, name="市第二人民医院")


def change(participant, *, by, seen=None, **fields):
    participant.refresh_from_db()
    seen = stamp_of(participant) if seen is None else seen
    return services.change_participant(participant=participant, seen=seen, by=by, **fields)


def names(programme):
    return list(programme.participants.order_by("order").values_list("printed_name", flat=True))


def test_participant_added_stands_last_before_the_whole_with_a_code_of_its_own(
    programme, participants, hospital, city_officer
):
    added = services.add_participant(
        programme=programme, code="", printed_name="市二院", agency=hospital, ranked=False, by=city_officer
    )

    assert names(programme) == ["太和县", "界首市", "市本级", "市二院", "全市"]
    assert (added.code, added.kind, added.region) == ("341200-1", "unit", None)


def test_participant_with_a_fault_is_refused_with_one_sentence_and_not_added(
    programme, participants, county, city_officer
):
    change(participants["341222"], by=city_officer, short_names=["太和"])
    told = []

    for fields, _ in FAULTS:
        given = fields | ({"region": county} if "region" in fields else {})
        with pytest.raises(Refused) as refused:
            services.add_participant(programme=programme, code="", by=city_officer, **given)
        told.append(str(refused.value))

    assert told == [sentence for _, sentence in FAULTS]
    assert names(programme) == ["太和县", "界首市", "市本级", "全市"]


def test_participant_joining_behind_an_issued_month_is_refused_and_after_it_is_taken(
    programme, participants, july, city_officer
):
    # 2020年1—7月 is issued: nobody comes into it or goes out of it any more.
    with pytest.raises(Refused) as added:
        services.add_participant(programme=programme, code="", printed_name="颍州区", by=city_officer)
    with pytest.raises(Refused) as left:
        change(participants["341222"], by=city_officer, joins_on=datetime.date(2020, 8, 1))
    services.add_participant(
        programme=programme, code="", printed_name="颍州区", joins_on=datetime.date(2020, 8, 1), by=city_officer
    )

    assert str(added.value) == (
        "2020年1—7月已经通报，不能让颍州区再进入这个月。颍州区的加入日期请填2020年8月1日或以后。"
    )
    assert str(left.value).startswith("2020年1—7月已经通报，不能让太和县再退出这个月。")
    assert names(programme)[-2:] == ["颍州区", "全市"]


def test_participant_removed_only_while_nothing_hangs_on_it(programme, participants, indicators, city_officer):
    added = services.add_participant(programme=programme, code="", printed_name="颍州区", by=city_officer)
    services.remove_participant(participant=added, seen=stamp_of(added), by=city_officer)

    # 太和县 has three targets, and a bureau that fills for it.
    with pytest.raises(
        Refused, match=r"太和县已有(填报分工 1 条、目标任务 3 条|目标任务 3 条、填报分工 1 条)，不能删去"
    ):
        services.remove_participant(
            participant=participants["341222"], seen=stamp_of(participants["341222"]), by=city_officer
        )

    assert names(programme) == ["太和县", "界首市", "市本级", "全市"]


def test_participant_changed_meanwhile_is_refused_and_its_kind_stays_once_it_has_targets(
    programme, participants, indicators, city_officer
):
    seen = stamp_of(participants["341222"])
    change(participants["341222"], by=city_officer, short_names=["太和"])

    with pytest.raises(InvalidTransition, match="太和县刚刚被别人改过，什么都没有存。"):
        change(participants["341222"], by=city_officer, seen=seen, printed_name="太和")
    with pytest.raises(Refused, match="不能改类别"):
        change(participants["341222"], by=city_officer, kind="own", ranked=False)

    participants["341222"].refresh_from_db()
    assert (participants["341222"].printed_name, participants["341222"].kind) == ("太和县", "unit")
    event = AuditEvent.objects.get(verb="change_participant")
    assert (event.before, event.after) == ({"short_names": []}, {"short_names": ["太和"]})


def test_official_order_typed_twice_is_told_and_comes_back_as_typed(client, programme, participants, city_officer):
    client.force_login(city_officer)
    address = reverse("projects:participant-list", args=[programme.code])
    seen = order_stamp(programme.participants.all())
    first, second, own = (f"order-{participants[code].pk}" for code in ("341222", "341282", "341200-own"))

    refused = client.post(address, {first: "2", second: "2", own: "7", "seen": seen})
    taken = client.post(address, {first: "2", second: "1", own: "7", "seen": seen})
    again = client.post(address, {first: "1", second: "2", own: "3", "seen": seen})

    assert refused.status_code == 422
    assert "太和县和界首市的次序都是2，一个次序只能有一个单位。" in refused.content.decode()
    assert f'name="{own}" value="7"' in refused.content.decode()
    assert taken.status_code == 302
    # 1, 2 and 7 become 1, 2 and 3; the whole stands behind them.
    assert names(programme) == ["界首市", "太和县", "市本级", "全市"]
    assert list(programme.participants.order_by("order").values_list("order", flat=True)) == [1, 2, 3, 4]
    # The order is no longer the one this page showed.
    assert again.status_code == 422
    assert names(programme)[0] == "界首市"


def test_arrow_moves_a_unit_one_place(client, programme, participants, city_officer):
    client.force_login(city_officer)
    orders = {f"order-{participants[code].pk}": n for n, code in enumerate(["341222", "341282", "341200-own"], 1)}
    seen = order_stamp(programme.participants.all())

    response = client.post(
        reverse("projects:participant-list", args=[programme.code]),
        orders | {"seen": seen, "up": participants["341200-own"].pk},
    )

    assert response.status_code == 302
    assert names(programme) == ["太和县", "市本级", "界首市", "全市"]


def test_form_of_a_unit_keeps_what_was_typed_beside_the_sentence(client, programme, participants, city_officer):
    client.force_login(city_officer)
    participant = participants["341282"]
    address = reverse("projects:participant-change", args=[programme.code, participant.pk])
    typed = {"printed_name": "界首", "short_names": "界首、太和县", "kind": "unit", "ranked": "on", "code": "341282"}

    response = client.post(address, typed | {"seen": stamp_of(participant)})

    page = response.content.decode()
    assert response.status_code == 422
    assert "界首的简称“太和县”是另一个单位的印发名称，不能再用。" in page
    assert 'value="界首、太和县"' in page
    participant.refresh_from_db()
    assert (participant.printed_name, participant.short_names) == ("界首市", [])


def test_unit_that_joins_in_may_has_no_report_of_april_and_one_of_may(
    client, programme, participants, indicators, city_officer, other_clerk
):
    april, may = (factories.PeriodFactory(programme=programme, month=month) for month in (4, 5))
    # April was opened before anybody knew: its empty draft is nobody's any more.
    factories.ReportFactory(period=april, participant=participants["341282"], state="draft", content_sha256="")
    joined = change(participants["341282"], by=city_officer, joins_on=datetime.date(2020, 5, 1))
    client.force_login(other_clerk)

    with pytest.raises(Refused, match=r"界首市从2020年5月1日起才参加考核，没有2020年1—4月的月报。"):
        reports.report_for(period=april, participant=joined, by=other_clerk)
    report = reports.report_for(period=may, participant=joined, by=other_clerk)

    assert list(Report.objects.visible_to(other_clerk)) == [report]
    client.force_login(city_officer)
    assert (
        "界首市" not in client.get(reverse("projects:period-detail", args=[programme.code, "2020-04"])).content.decode()
    )
    assert "界首市" in client.get(reverse("projects:period-detail", args=[programme.code, "2020-05"])).content.decode()


def test_unit_with_figures_cannot_leave_the_month_they_are_in(programme, participants, indicators, city_officer):
    may = factories.PeriodFactory(programme=programme, month=5)
    report = reports.report_for(period=may, participant=participants["341282"], by=city_officer)
    factories.FigureFactory(report=report, indicator=indicators["里程"])

    with pytest.raises(Refused, match="界首市在2020年1—5月已有填报的数，不能让它退出这个月。"):
        change(participants["341282"], by=city_officer, leaves_on=datetime.date(2020, 4, 30))

    assert Participant.objects.get(code="341282", programme=programme).leaves_on is None


def test_hospital_reports_as_a_unit_by_the_people_of_its_own_agency(
    programme, participants, indicators, hospital, city_officer
):
    unit = services.add_participant(
        programme=programme, code="", printed_name="市二院", agency=hospital, ranked=False, by=city_officer
    )
    clerk = factories.grant(factories.UserFactory(), "clerk", agency=hospital)
    head = factories.grant(factories.UserFactory(), "head", agency=hospital)
    stranger = factories.grant(factories.UserFactory(), "clerk", agency=factories.AgencyFactory())
    may = factories.PeriodFactory(programme=programme, month=5)

    report = reports.report_for(period=may, participant=unit, by=clerk)

    assert reports.open_verbs(report, head) == ["sign"]
    assert list(Report.objects.visible_to(head)) == [report]
    assert list(Participant.objects.visible_to(clerk)) == [unit]
    assert not Report.objects.visible_to(stranger).exists()
