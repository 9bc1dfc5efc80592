"""Find what a command, an address or a file names; what is not there is said in a Chinese sentence."""

import datetime
import re

from livelihood.services import Refused
from projects.models import Participant, Programme, ReportingPeriod

#: How many of the existing codes a refusal lists.
LISTED = 12

_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)


class LookupRefused(Refused):
    """What was named does not exist or is written wrongly."""


def find_programme(code: str) -> Programme:
    """Return the programme with that code, its owner region fetched. Raises LookupRefused."""
    programme = Programme.objects.select_related("owner", "office").filter(code=code).first()
    if programme is None:
        raise LookupRefused(
            f"没有代码为“{code}”的年度民生工程；{_existing(Programme.objects.values_list('code', flat=True))}"
        )
    return programme


def find_period(programme: Programme, text: str) -> ReportingPeriod:
    """Return the programme's period: 2020-08 is a month, 2022-07-10 the last day of a week. Raises LookupRefused."""
    text = text.strip()
    if not _PERIOD.fullmatch(text):
        raise LookupRefused(f"填报期“{text}”写得不对：月报写成 2020-08，周报写最后一天，如 2022-07-10。")
    periods = programme.periods.select_related("programme__owner")
    try:
        if len(text) == len("2020-08"):
            first = datetime.date.fromisoformat(f"{text}-01")
            found = periods.filter(
                kind=ReportingPeriod.Kind.MONTH, ends_on__year=first.year, ends_on__month=first.month
            ).first()
        else:
            day = datetime.date.fromisoformat(text)
            found = periods.filter(kind=ReportingPeriod.Kind.WEEK, ends_on=day).first()
    except ValueError as error:
        raise LookupRefused(f"填报期“{text}”不是一个日期：月份为 01 至 12，日期要存在。") from error
    if found is None:
        codes = [period.code for period in programme.periods.order_by("-ends_on")[:LISTED]]
        raise LookupRefused(f"“{programme.name}”没有填报期“{text}”；{_existing(codes)}")
    return found


def find_participant(programme: Programme, code: str) -> Participant:
    """Return the programme's participant with that code. Raises LookupRefused."""
    participant = programme.participants.filter(code=code).first()
    if participant is None:
        known = [f"{row.code} {row.printed_name}" for row in programme.participants.order_by("order")[:LISTED]]
        raise LookupRefused(f"“{programme.name}”没有代码为“{code}”的考核单位；{_existing(known)}")
    return participant


def _existing(codes) -> str:
    """Return "现有：a、b。", or a sentence that there is none yet."""
    codes = list(codes[:LISTED])
    return f"现有：{'、'.join(codes)}。" if codes else "目前一个都没有。"
