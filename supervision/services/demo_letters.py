"""A rule and a letter of the demo city (演示数据): July's 督办函 with an answer; August's close proposes more."""

import datetime

from django.utils import timezone

from livelihood.models import User
from projects.models import Programme, ReportingPeriod
from supervision.models import (
    LetterReply,
    Level,
    OversightRule,
    PaperStyle,
    Snapshot,
    SnapshotLine,
    SupervisionLetter,
)
from supervision.oversight.letter_draft import draft_of_line
from supervision.services.demo_papers import issue_reviewed
from supervision.services.letter_answers import reply_letter
from supervision.services.letters import draft_letter
from supervision.services.oversight import adopt_rule, set_oversight
from supervision.services.papers.series import issuing_agency
from supervision.services.papers.styles import set_paper_style

#: Letters have a series of their own, so that the circulars' numbers follow one another.
LETTER_WORD = "民生办函"
UNIT = "341222"
LEAD = "市教育局"
#: No brackets: a paper prints it in brackets.
CONTACT = "市民生办 王同志，0558-0000000，演示数据"
ANSWER = (
    "收到督办函后，县政府召开专题会议，查明进度偏慢主要是设计变更和雨季影响。已增加施工力量、倒排工期，"
    "由分管副县长包保，每周调度一次，确保按期达到要求。（演示数据）"
)
#: In force from August: what earlier months found was not judged by them.
RULES = [
    {
        "name": "连续2个月低于全省平均10个百分点",
        "kind": OversightRule.Kind.BELOW_AVERAGE,
        "params": {"months": 2, "min_gap": 10},
        "level": Level.YELLOW,
        "escalates_after": 2,
    },
    {
        "name": "低于全省平均15个百分点",
        "kind": OversightRule.Kind.BELOW_AVERAGE,
        "params": {"months": 1, "min_gap": 15},
        "level": Level.BLUE,
        "escalates_after": 1,
    },
    {
        "name": "综合排名连续2个月末位",
        "kind": OversightRule.Kind.LAST_PLACES,
        "params": {"last": 1, "months": 2},
        "level": Level.YELLOW,
    },
]


def load_letters(programme: Programme, *, by: User) -> int:
    """Put the rules in force from August and issue July's letter to a county, answered; returns how many letters."""
    office = issuing_agency(programme)
    if not PaperStyle.objects.filter(agency=office).exists():
        set_paper_style(agency=office, version=0, by=by, values={"letter_word": LETTER_WORD})
    set_oversight(programme=programme, drafted_by_close=5, answer_days=10, contact=CONTACT, by=by)
    for row in RULES:
        day = datetime.date(programme.year, 8, 1)
        adopt_rule(programme=programme, by=by, effective_from=day, source="市民生办督办办法（演示数据）", **row)
    july = ReportingPeriod.objects.get(programme=programme, ends_on=datetime.date(programme.year, 7, 31))
    snapshot = Snapshot.objects.latest_of(july)
    snapshot.period = july
    july.programme = programme
    line = _worst_line(snapshot)
    if line is None:
        return 0
    sub_project = line.indicator.sub_project
    draft = draft_of_line(snapshot, line.participant, sub_project.lead_agency, line.indicator, Level.YELLOW)
    letter = draft_letter(draft=draft, snapshot=snapshot, by=by)
    _issue(letter, by)
    _answer(letter)
    return 1


def _worst_line(snapshot: Snapshot) -> SnapshotLine | None:
    """Return the county's line furthest below the average, if there is one of its own items the demo's bureau leads."""
    lines = SnapshotLine.objects.filter(
        snapshot=snapshot, participant__code=UNIT, below_benchmark=True, benchmark_measure="rate", assessed=True
    ).select_related("participant__region", "indicator__sub_project__project", "indicator__sub_project__lead_agency")
    ordered = lines.order_by("gap_to_benchmark", "indicator")
    return ordered.filter(indicator__sub_project__lead_agency__name=LEAD).first() or ordered.first()


def _issue(letter: SupervisionLetter, by: User) -> None:
    day = letter.as_of + datetime.timedelta(days=12)
    issue_reviewed(document=letter.document, by=by, issued_on=day, drafted_on=day - datetime.timedelta(days=1))
    letter.refresh_from_db()


def _answer(letter: SupervisionLetter) -> None:
    """Have the county answer a week later; signed for and dated as it would have been, which no service allows."""
    head = User.objects.get(username="taihe_head")
    moment = timezone.make_aware(datetime.datetime.combine(letter.document.issued_on, datetime.time(10)))
    letter.document.receipts.update(sent_on=letter.document.issued_on)
    letter.document.receipts.filter(agency=head.agency_id).update(
        received_at=moment + datetime.timedelta(days=1), received_by=head
    )
    reply = reply_letter(letter=letter, by=head, text=ANSWER)
    LetterReply.objects.filter(pk=reply.pk).update(replied_at=moment + datetime.timedelta(days=7))
