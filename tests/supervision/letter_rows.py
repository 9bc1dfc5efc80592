"""One row each of rules, firings and letters, for tests of models and addresses."""

import datetime

from supervision.models import (
    Document,
    DocumentSeries,
    LetterRecheck,
    LetterReply,
    OversightRule,
    OversightSetting,
    RuleFiring,
    SupervisionLetter,
)
from tests import factories
from tests.supervision.frozen import freeze

NOW = datetime.datetime(2020, 9, 1, tzinfo=datetime.UTC)


def oversight_setting(programme=None):
    return OversightSetting.objects.create(programme=programme or factories.ProgrammeFactory())


def oversight_rule(programme=None):
    return OversightRule.objects.create(
        programme=programme or factories.ProgrammeFactory(),
        code="r1",
        name="低于全省平均",
        kind="below_average",
        params={"months": 1, "min_gap": "0"},
        level="yellow",
        effective_from=datetime.date(2020, 1, 1),
        made_by=factories.UserFactory(),
    )


def rule_firing(snapshot, participant):
    return RuleFiring.objects.create(
        snapshot=snapshot,
        rule=oversight_rule(snapshot.period.programme),
        cause=f"r1/p{participant.pk}",
        participant=participant,
        level="yellow",
        facts={"line_kind": "average", "rate": "40.00", "line": "50.00", "gap": "-10.00", "times": 1},
    )


def supervision_letter(document, *, participant=None, agency=None, indicator=None, state="issued", by=None):
    """A letter on a paper that is there; 累计完成 ≥ 50 where it is about an indicator."""
    measure = {"required_measure": "value", "required_value": 50} if indicator else {}
    return SupervisionLetter.objects.create(
        document=document,
        period=document.period,
        cause="p1",
        level="yellow",
        participant=participant,
        agency=agency,
        indicator=indicator,
        matter="“农村道路”（里程）实施进度",
        reason="完成率40.00%，低于全省平均（50.00%）10.00个百分点",
        as_of=document.period.as_of,
        requirement="加快推进",
        deadline=document.period.as_of + datetime.timedelta(days=20),
        state=state,
        drafted_by=by or document.drafted_by,
        **measure,
    )


def letter_paper(snapshot, series, *, by, kind="letter", subject="p1"):
    return Document.objects.create(
        series=series,
        period=snapshot.period,
        kind=kind,
        snapshot=snapshot,
        subject=subject,
        title="督办函",
        sha256=factories.HASH,
        drafted_by=by,
    )


def letter_reply(letter):
    return LetterReply.objects.create(
        letter=letter,
        nth=1,
        participant=letter.participant,
        agency=letter.agency,
        text="已采取措施",
        replied_by=letter.drafted_by,
    )


def letter_recheck(letter):
    return LetterRecheck.objects.create(
        letter=letter,
        checked_on=letter.deadline,
        text="现场清点",
        is_passed=True,
        recorded_by=letter.drafted_by,
    )


def _snapshot_unit():
    """A frozen month with nothing in it, and a unit of its programme."""
    unit = factories.ParticipantFactory()
    return freeze(factories.PeriodFactory(programme=unit.programme), []), unit


def _firing():
    return rule_firing(*_snapshot_unit())


def _letter():
    snapshot, unit = _snapshot_unit()
    series = DocumentSeries.objects.create(agency=factories.AgencyFactory(), word="民生办", year=2020)
    paper = letter_paper(snapshot, series, by=factories.UserFactory())
    return supervision_letter(paper, participant=unit, indicator=factories.IndicatorFactory())


VALID = {
    "oversight_setting": oversight_setting,
    "oversight_rule": oversight_rule,
    "rule_firing": _firing,
    "supervision_letter": _letter,
    "letter_reply": lambda: letter_reply(_letter()),
    "letter_recheck": lambda: letter_recheck(_letter()),
}

_CLOSED = {"state": "closed", "closed_at": NOW}

BROKEN = {
    "oversight_setting_valid": {"answer_days": 0},
    "rule_firing_counted": {"nth": 0},
    "rule_firing_about_somebody": {"participant": None},
    "rule_firing_waived_pair": {"waived_at": NOW, "waived_reason": "汛期停工"},
    "rule_firing_waived_why": {"waived_at": NOW},
    "letter_to_somebody": {"participant": None},
    "letter_requirement_pair": {"required_value": None},
    "letter_requirement_judged": {"indicator": None},
    "letter_deadline_after": {"deadline": datetime.date(2019, 1, 1)},
    "letter_closed_pair": _CLOSED | {"closed_ground": "recheck"},
    "letter_closed_has_ground": {"closed_ground": "recheck"},
    "letter_closed_by_figure": _CLOSED | {"closed_ground": "figure"},
    "letter_reply_judged_pair": {"state": "accepted", "judged_at": NOW},
    "letter_reply_judged": {"state": "accepted"},
    "letter_reply_of_somebody": {"participant": None},
    "letter_recheck_has_text": {"text": ""},
}
