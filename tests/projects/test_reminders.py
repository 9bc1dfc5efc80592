"""催报: who may remind whom, of what, how often, and where it shows."""

import datetime

import pytest
from django.utils import timezone

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.registry import changes_for, to_do_for
from livelihood.services import InvalidTransition, Refused
from projects.bureaus import last_reminders
from projects.models import Programme, Reminder, Report
from projects.services import periods, reminders, reports
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = "请今天之内报送。"


@pytest.fixture
def remind(period, participants, indicators, city_officer):
    """Remind 太和县, as the city office, unless told otherwise."""

    def run(**more):
        arguments = {"period": period, "participant": participants["341222"], "text": TEXT, "by": city_officer}
        return reminders.remind(**(arguments | more))

    return run


def test_remind_a_county_is_kept_and_audited(remind, city_officer, participants, period):
    row = remind()

    assert (row.participant, row.agency, row.text, row.sent_by) == (participants["341222"], None, TEXT, city_officer)
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.after) == ("remind", {"to": ["太和县"], "text": TEXT})
    assert last_reminders(period) == {(participants["341222"].pk, None): row}


def test_remind_stands_in_the_to_do_and_the_changes_of_the_county_alone(remind, clerk, head, other_clerk, filler):
    before = timezone.now() - datetime.timedelta(seconds=1)
    row = remind()

    moment = timezone.localtime(row.sent_at)
    words = f"市民生办 {moment.month}月{moment.day}日 {moment:%H:%M} 催报：{TEXT}"
    for person in (clerk, head):
        [entry] = to_do_for(person)
        assert entry.is_urgent
        assert words.rstrip("。") in entry.note
        assert words in [change.text for change in changes_for(person, before)]
    for person in (other_clerk, filler):
        assert not any("催报" in entry.note for entry in to_do_for(person))
        assert not any("催报" in change.text for change in changes_for(person, before))


def test_remind_of_a_bureau_stands_in_its_fillers_to_do(remind, filling_agency, filler, clerk):
    remind(agency=filling_agency, by=clerk)

    [entry] = to_do_for(filler)

    assert entry.is_urgent
    assert "太和县民生办" in entry.note
    assert "2 格空" in entry.note
    assert "等您签字" in entry.note


def test_remind_twice_within_ten_minutes_is_refused(remind):
    remind()

    with pytest.raises(InvalidTransition, match=r"太和县.*刚催过，10分钟之内不重复催"):
        remind()

    assert Reminder.objects.count() == 1


def test_remind_again_after_ten_minutes(remind, period, participants, city_officer):
    # The table takes rows only, so the earlier one is written with its moment.
    Reminder.objects.create(
        period=period,
        participant=participants["341222"],
        text=TEXT,
        sent_by=city_officer,
        sent_at=timezone.now() - datetime.timedelta(minutes=10, seconds=1),
    )

    remind(text="再催一次")

    assert last_reminders(period)[participants["341222"].pk, None].text == "再催一次"


@pytest.mark.parametrize("person", ["clerk", "head", "filler", "lead_officer", "leader", "inspector", "stranger"])
def test_remind_a_county_is_the_city_offices(person, remind, request):
    with pytest.raises(NotAllowed, match="只有市民生办"):
        remind(by=request.getfixturevalue(person))


@pytest.mark.parametrize("person", ["other_clerk", "filler", "city_officer", "lead_officer", "stranger"])
def test_remind_a_bureau_is_its_countys(person, remind, filling_agency, request):
    with pytest.raises(NotAllowed, match="只有本单位"):
        remind(by=request.getfixturevalue(person), agency=filling_agency)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("  ", "写明内容"), ("催" * 301, "最多 300 字，现在有 301 字"), ("催\x00", "不能保存的字符")],
)
def test_remind_with_words_that_do_not_do_is_refused(text, sentence, remind):
    with pytest.raises(Refused, match=sentence):
        remind(text=text)

    assert not Reminder.objects.exists()


@pytest.mark.parametrize("state", Report.COUNTED)
def test_remind_one_that_has_reported_is_refused(state, remind, period, participants):
    factories.ReportFactory(period=period, participant=participants["341222"], state=state)

    with pytest.raises(Refused, match="太和县没有要催的：已经提交"):
        remind()


def test_remind_a_bureau_without_sub_projects_is_refused(remind, clerk, county):
    with pytest.raises(Refused, match="没有要催的"):
        remind(by=clerk, agency=factories.AgencyFactory(region=county))


def test_remind_a_bureau_of_a_submitted_report_is_refused(remind, clerk, filling_agency, period, participants):
    factories.ReportFactory(period=period, participant=participants["341222"], state="submitted")

    with pytest.raises(Refused, match="不用再催部门"):
        remind(by=clerk, agency=filling_agency)


@pytest.mark.parametrize("code", ["341200", "341200-own"])
def test_remind_the_offices_own_level_or_the_whole_is_refused(code, remind, participants):
    with pytest.raises(Refused, match="没有要催的"):
        remind(participant=participants[code])


def test_remind_a_unit_of_another_programme_is_refused(remind):
    with pytest.raises(Refused, match="不是“阜阳市2020年民生工程”的考核单位"):
        remind(participant=factories.ParticipantFactory())


def test_remind_in_a_closed_period_is_refused_until_it_is_reopened(remind, period, participants, city_officer):
    reports.create_reports(period=period, by=city_officer)
    periods.mark_closed(period=period, without=[], by=city_officer)
    with pytest.raises(Refused, match="已经封账，不用再催"):
        remind()
    periods.reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=timezone.now() + datetime.timedelta(days=1),
        reason="更正",
        by=city_officer,
    )

    assert remind().pk
    with pytest.raises(Refused, match="没有要催的"):
        remind(participant=participants["341282"])


def test_remind_all_leaves_out_who_came_and_who_was_reminded_just_now(remind, period, participants, city_officer):
    remind()

    outcome = reminders.remind_outstanding(period=period, text=TEXT, by=city_officer)

    assert [str(row.participant) for row in outcome.sent] == ["界首市"]
    assert outcome.paused[0].startswith("太和县")
    with pytest.raises(InvalidTransition, match="10分钟之内不重复催"):
        reminders.remind_outstanding(period=period, text=TEXT, by=city_officer)


def test_remind_all_when_everybody_came_is_refused(period, participants, city_officer):
    for code in ("341222", "341282"):
        factories.ReportFactory(period=period, participant=participants[code], state="submitted")

    with pytest.raises(Refused, match="各单位都已提交"):
        reminders.remind_outstanding(period=period, text=TEXT, by=city_officer)


def test_remind_all_bureaus_of_a_county(period, participants, indicators, clerk, filling_agency):
    outcome = reminders.remind_outstanding(period=period, participant=participants["341222"], text=TEXT, by=clerk)

    assert [(row.participant, row.agency) for row in outcome.sent] == [(participants["341222"], filling_agency)]


def test_remind_all_bureaus_of_another_county_is_refused(period, participants, indicators, other_clerk):
    with pytest.raises(NotAllowed):
        reminders.remind_outstanding(period=period, participant=participants["341222"], text=TEXT, by=other_clerk)


def test_remind_an_agency_that_reports_for_all(period, programme, indicators, lead_agency, lead_officer, city_officer):
    Programme.objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    reports.create_reports(period=period, by=city_officer)

    row = reminders.remind(period=period, agency=lead_agency, text=TEXT, by=city_officer)

    assert (row.participant, row.agency) == (None, lead_agency)
    assert any(TEXT.rstrip("。") in entry.note for entry in to_do_for(lead_officer))


def test_default_text_names_the_month_and_the_deadline(period):
    # Due on 5 September at 18:00, no grace.
    assert reminders.default_text(period) == "请尽快填报2020年1—8月月报，9月5日 18:00之后算迟报。"
