"""停机记录: the deadline moves, nobody is late for the outage, and bad moments are refused."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.models import Outage, Report, ReportingPeriod
from projects.services import periods
from supervision.services import closing
from tests import factories

pytestmark = pytest.mark.django_db


def at(day, hour=12, *, month=9, year=2020):
    return datetime.datetime(year, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def record(period, city_officer):
    """Record an outage on 4 and 5 September; the period is due on 5 September at 18:00."""

    def run(**more):
        arguments = {
            "period": period,
            "starts_at": at(4, 9),
            "ends_at": at(5, 20),
            "extended_until": at(7, 18),
            "reason": "机房停电",
            "by": city_officer,
        }
        return periods.record_outage(**(arguments | more))

    return run


def test_outage_moves_the_deadline_and_is_audited(record, period):
    outage = record()

    assert (period.deadline, period.effective_due_at, period.is_extended) == (at(7, 18), at(7, 18), True)
    assert outage.recorded_by.username == "city_officer"
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.reason, event.before) == ("record_outage", "机房停电", {"extended_until": None})


def test_outage_makes_who_was_late_on_time(record, period, participants):
    report = factories.ReportFactory(
        period=period,
        participant=participants["341222"],
        submitted_at=at(7, 17),
        submitted_by=factories.UserFactory(),
    )
    was_late = Report.objects.get(pk=report.pk).is_late

    record()

    assert was_late
    assert not Report.objects.get(pk=report.pk).is_late
    assert period.timing(at(7, 17)) == "on_time"
    assert period.timing(at(7, 19)) == "late"


def test_outage_inside_the_grace_leaves_the_grace_on_time(record, period):
    ReportingPeriod.objects.filter(pk=period.pk).update(grace_hours=72)
    period.refresh_from_db()

    record(extended_until=at(9, 18))

    # Due 5 September 18:00, grace until 8 September 18:00, moved to 9 September 18:00.
    assert [period.timing(at(day, 18)) for day in (5, 8, 9, 10)] == ["on_time", "on_time", "on_time", "late"]


def test_outages_latest_extension_counts(record, period):
    record(extended_until=at(9, 18))

    record(extended_until=at(8, 18))

    assert period.deadline == at(9, 18)
    assert Outage.objects.count() == 2


def test_outage_keeps_the_month_from_being_closed_by_itself(record, period, city_officer):
    past = period.deadline + datetime.timedelta(hours=1)
    before = ReportingPeriod.objects.past_deadline().filter(pk=period.pk).exists()

    record()

    assert before
    assert closing.close_due_periods(now=past) == closing.close_due_periods(now=period.due_at)


@pytest.mark.parametrize(
    ("due", "grace", "extended", "past"),
    [(-1, 0, None, True), (-1, 2, None, False), (-3, 2, None, True), (-3, 2, 1, False), (-3, 2, -1, True)],
)
def test_past_deadline_counts_grace_and_outage(due, grace, extended, past, period):
    now = timezone.now()
    ReportingPeriod.objects.filter(pk=period.pk).update(
        due_at=now + datetime.timedelta(hours=due),
        grace_hours=grace,
        extended_until=None if extended is None else now + datetime.timedelta(hours=extended),
    )

    found = ReportingPeriod.objects.past_deadline()

    assert (period in found) == past
    assert past == (ReportingPeriod.objects.get(pk=period.pk).deadline < now)


@pytest.mark.parametrize("person", ["clerk", "head", "filler", "lead_officer", "leader", "inspector", "stranger"])
def test_outage_is_the_city_offices(person, record, request):
    with pytest.raises(NotAllowed, match="只有市民生办"):
        record(by=request.getfixturevalue(person))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"reason": " "}, "停机要写明原因"),
        ({"reason": "停" * 301}, "最多 300 字"),
        ({"reason": "停\x00电"}, "特殊字符"),
        ({"ends_at": at(4, 9)}, "停机结束要晚于停机开始"),
        ({"ends_at": at(3, 9)}, "停机结束要晚于停机开始"),
        ({"starts_at": at(4, year=2019)}, "不在2020年，请核对年份"),
        ({"starts_at": at(1, month=1, year=2099), "ends_at": at(2, month=1, year=2099)}, "还没有到"),
        ({"starts_at": at(6, 9), "ends_at": at(6, 12)}, "不影响报送"),
        ({"extended_until": at(5, 19)}, "不能早于停机结束"),
        ({"ends_at": at(5, 10), "extended_until": at(5, 18)}, "要晚于现在的截止"),
        ({"extended_until": at(7, 18, month=10)}, "最多顺延 31 天"),
    ],
)
def test_outage_with_bad_moments_is_refused_and_changes_nothing(wrong, sentence, record, period):
    with pytest.raises(Refused, match=sentence):
        record(**wrong)

    period.refresh_from_db()
    assert (period.extended_until, Outage.objects.count()) == (None, 0)


def test_outage_of_december_may_run_into_january(city_officer, programme):
    december = factories.PeriodFactory(programme=programme, month=12)

    # Due on 5 January 2021 at 18:00.
    periods.record_outage(
        period=december,
        starts_at=at(4, month=1, year=2021),
        ends_at=at(5, 20, month=1, year=2021),
        extended_until=at(6, 18, month=1, year=2021),
        reason="机房停电",
        by=city_officer,
    )

    assert december.deadline == at(6, 18, month=1, year=2021)


def test_outage_of_a_closed_period_is_refused(record, period, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)

    with pytest.raises(InvalidTransition, match="已经封账"):
        record()
