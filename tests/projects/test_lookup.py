"""What commands and addresses name: found, or refused in a sentence that lists what there is."""

import pytest

from projects.converters import PeriodConverter
from projects.lookup import LookupRefused, find_participant, find_period, find_programme
from tests import factories

pytestmark = pytest.mark.django_db


def test_find_programme_returns_it_by_code(programme):
    assert find_programme("fuyang-2020") == programme


def test_find_programme_unknown_lists_the_known_ones(programme):
    with pytest.raises(LookupRefused, match="没有代码为“zhangye-2022”的年度民生工程；现有：fuyang-2020。"):
        find_programme("zhangye-2022")


def test_find_programme_without_any_says_so(database):
    with pytest.raises(LookupRefused, match="目前一个都没有"):
        find_programme("fuyang-2020")


def test_find_period_of_a_month_and_of_a_week(programme, period):
    week = factories.PeriodFactory(programme=programme, month=7, kind="week", starts_on="2020-07-25")

    assert find_period(programme, "2020-08") == period
    assert find_period(programme, "2020-07-31") == week
    with pytest.raises(LookupRefused):
        find_period(programme, "2020-07")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2020-09", "没有填报期“2020-09”；现有：2020-08。"),
        ("2020-13", "不是一个日期"),
        ("2020-02-30", "不是一个日期"),
        ("0000-01", "不是一个日期"),
        ("2020-8", "写得不对"),
        ("八月", "写得不对"),
        ("", "写得不对"),
        ("２０２０-08", "写得不对"),
    ],
)
def test_find_period_unknown_or_miswritten_is_refused(text, sentence, programme, period):
    with pytest.raises(LookupRefused, match=sentence):
        find_period(programme, text)


def test_find_participant_by_code_or_refused_with_the_list(programme, participants):
    assert find_participant(programme, "341282") == participants["341282"]
    with pytest.raises(LookupRefused, match="没有代码为“341299”的考核单位；现有：341222 太和县、341282 界首市"):
        find_participant(programme, "341299")


def test_period_converter_writes_a_period_by_its_code(period):
    assert PeriodConverter().to_url(period) == "2020-08"
    assert PeriodConverter().to_url("2022-07-10") == "2022-07-10"
