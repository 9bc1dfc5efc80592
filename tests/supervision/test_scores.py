"""考核办法 with numbers: presets as they were printed, deductions, components with inputs of their own (R12, R13)."""

import datetime
from dataclasses import fields
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.models import Report
from supervision.models import (
    EnteredMark,
    Rectification,
    SchemeIndicator,
    ScoringComponent,
    ScoringScheme,
    SnapshotComponent,
)
from supervision.scoring.presets import presets
from supervision.scoring.scheme_draft import ComponentDraft
from supervision.services.snapshots import freeze_snapshot
from supervision.services.verification import verify_all
from supervision.stamp import standings_stamp
from supervision.standings import live_standings, snapshot_standings
from tests import factories
from tests.boards import make_board
from tests.supervision.matters import found_out, to_mend
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


def adopt(board, components, **fields):
    """Put a scheme in force by rows; the service has its own tests."""
    scheme = ScoringScheme.objects.create(
        programme=board.period.programme,
        version=1,
        name="考核办法",
        effective_from=datetime.date(2020, 1, 1),
        adopted_by=factories.UserFactory(),
        **fields,
    )
    for number, component in enumerate(components, start=1):
        ScoringComponent.objects.create(scheme=scheme, **({"code": f"c{number}", "name": f"项{number}"} | component))
    return scheme


def mark(board, scheme, code, values, *, period=None, confirmed=True):
    """Enter marks by unit name, confirmed by a second person."""
    component = scheme.components.get(code=code)
    for unit, value in values.items():
        EnteredMark.objects.create(
            period=period or board.period,
            component=component,
            participant=board.participants[unit],
            value=Decimal(str(value)),
            source="打分表",
            entered_by=factories.UserFactory(),
            confirmed_at=timezone.now() if confirmed else None,
            confirmed_by=factories.UserFactory() if confirmed else None,
        )


def scores(board, standings=None):
    """Return unit → (printed score, place) of the ranked units."""
    standings = standings or live_standings(board.period)
    names = {unit.pk: name for name, unit in board.participants.items()}
    return {
        names[row["participant_id"]]: (row["score"] and str(row["score"]), row["place"])
        for row in standings.units
        if row["ranked"]
    }


def every(unit_rates, **fields):
    """Return the rows of an indicator of 100 by unit."""
    return [(unit, 100, rate) for unit, rate in unit_rates.items()]


def preset(board, code):
    """Adopt a preset as it is printed."""
    row = presets()[code]
    names = [one.name for one in fields(ComponentDraft)]
    components = [{name: getattr(one, name) for name in names} for one in row["components"]]
    return adopt(board, components, is_points=row["is_points"], source=row["source"])


def month(board, number):
    """Return another month of the board's programme with an approved report of everybody."""
    period = factories.PeriodFactory(programme=board.period.programme, month=number)
    for unit in board.participants.values():
        factories.ReportFactory(period=period, participant=unit)
    return period


UNITS = ["甲县", "乙县", "丙县", "丁县"]
#: 甲 66 + 4.6 = 70.6; 乙 64.5 + 4.5 = 69; 丙 64.4 + 4.6 = 69; 丁 60 + 4 = 64.
DEPARTMENTS = {"甲县": 66, "乙县": "64.5", "丙县": "64.4", "丁县": 60}
SATISFACTION = {"甲县": "4.6", "乙县": "4.5", "丙县": "4.6", "丁县": 4}


@world
def jiaojiang(database):
    """The preset of 2018 over three months with the same marks; 丁县 is last in each."""
    board = make_board(UNITS)
    board.indicator("里程", every(dict.fromkeys(UNITS, 50)))
    scheme = preset(board, "jiaojiang-2018")
    months = [month(board, 6), month(board, 7), board.period]
    for period in months:
        mark(board, scheme, "departments", DEPARTMENTS, period=period)
        mark(board, scheme, "satisfaction", SATISFACTION, period=period)
    return board, scheme, months


def test_jiaojiang_2018_ties_give_2_2_4_and_the_last_of_the_month_loses_0_2(jiaojiang):
    board, scheme, _ = jiaojiang
    mark(board, scheme, "commended", {"甲县": 2})

    found = scores(board)

    # 甲 70.6 + 2 × 0.25; 丁 64 − 0.2: no other month has a place yet.
    assert found == {"甲县": ("71.10", 1), "乙县": ("69.00", 2), "丙县": ("69.00", 2), "丁县": ("63.80", 4)}


def test_jiaojiang_2018_last_twice_running_loses_another_0_8_and_three_times_1_2(jiaojiang):
    board, _, months = jiaojiang
    by = factories.UserFactory()

    found = [scores(board, snapshot_standings(freeze_snapshot(period=period, by=by)))["丁县"] for period in months]

    # June 64 − 0.2; July 64 − 2 × 0.2 − 0.8; August 64 − 3 × 0.2 − 1.2 (not 0.8 + 1.2).
    assert found == [("63.80", 4), ("62.80", 4), ("62.20", 4)]
    # A mark taken back and given anew after the freeze: what is frozen is worked out from itself.
    EnteredMark.objects.update(confirmed_at=None, confirmed_by=None)
    EnteredMark.objects.update(value=1)
    assert verify_all()["snapshots"] == []


def test_jiaojiang_2018_places_of_december_add_3_and_1_5_and_take_0_5(jiaojiang):
    board, scheme, _ = jiaojiang
    december = month(board, 12)
    mark(board, scheme, "departments", DEPARTMENTS, period=december)
    mark(board, scheme, "satisfaction", SATISFACTION, period=december)

    found = scores(board, live_standings(december))

    # 70.6 + 3; 69 + 1.5 both; the fourth is one place behind the third: 64 − 0.2 − 0.5.
    assert found == {"甲县": ("73.60", 1), "乙县": ("70.50", 2), "丙县": ("70.50", 2), "丁县": ("63.30", 4)}


def test_a_unit_without_a_report_has_no_score_and_is_not_the_last(jiaojiang):
    board, _, _ = jiaojiang
    Report.objects.filter(participant=board.participants["丁县"], period=board.period).update(state="draft")

    found = scores(board)

    # No 0 for 丁县: the two at 69 share the last place that there is.
    assert found == {"甲县": ("70.60", 1), "乙县": ("68.80", 2), "丙县": ("68.80", 2), "丁县": (None, None)}


def test_a_month_in_between_ends_the_run_of_last_places(jiaojiang):
    board, _, months = jiaojiang
    freeze_snapshot(period=months[0], by=factories.UserFactory())

    found = scores(board)["丁县"]

    # Last in June and August, July has no place: 64 − 2 × 0.2.
    assert found == ("63.60", 4)


def test_anhui_2008_adds_50_40_and_10():
    board = make_board(["甲市", "乙市"])
    board.indicator("里程", every({"甲市": 50, "乙市": 50}))
    scheme = preset(board, "anhui-2008")
    mark(board, scheme, "overall", {"甲市": 46, "乙市": 48})
    mark(board, scheme, "single", {"甲市": 37, "乙市": 35})
    mark(board, scheme, "survey", {"甲市": "8.5", "乙市": 9})

    found = scores(board)

    # 46 + 37 + 8.5; 48 + 35 + 9
    assert found == {"甲市": ("91.50", 2), "乙市": ("92.00", 1)}


def test_luan_2007_adds_80_and_20_and_a_mark_not_there_is_no_zero():
    board = make_board(["甲县", "乙县", "丙县"])
    board.indicator("里程", every({"甲县": 50, "乙县": 50, "丙县": 50}))
    scheme = preset(board, "luan-2007")
    mark(board, scheme, "inspection", {"甲县": "72.4", "乙县": 70, "丙县": 76})
    mark(board, scheme, "survey", {"甲县": 17, "乙县": "19.5"})
    mark(board, scheme, "survey", {"丙县": 1}, confirmed=False)

    found = scores(board)

    # 72.4 + 17; 70 + 19.5; 丙县's survey is not confirmed: 76 ÷ 80 on the whole weight.
    assert found == {"甲县": ("89.40", 3), "乙县": ("89.50", 2), "丙县": ("95.00", 1)}


def test_r13_timeliness_and_milestones_count_by_their_share_and_are_frozen():
    board = make_board(["甲县", "乙县"])
    june, august = datetime.date(2020, 6, 30), datetime.date(2020, 8, 31)
    board.indicator("里程", every({"甲县": 90, "乙县": 100}), milestones=[(june, 50), (august, 100)])
    adopt(
        board,
        [
            {"kind": "project_rates", "weight": 60},
            {"kind": "timeliness", "weight": 20, "span": "year"},
            {"kind": "milestones", "weight": 20},
        ],
    )
    clerk = factories.UserFactory()
    july = month(board, 7)
    outage = july.due_at + datetime.timedelta(days=2)
    type(july).objects.filter(pk=july.pk).update(extended_until=outage)
    for unit, hours in (("甲县", 1), ("乙县", 0)):
        Report.objects.filter(participant=board.participants[unit], period=july).update(
            submitted_at=outage + datetime.timedelta(hours=hours), submitted_by=clerk
        )
        Report.objects.filter(participant=board.participants[unit], period=board.period).update(
            submitted_at=board.period.due_at, submitted_by=clerk
        )

    found = scores(board)
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    # 甲县: 0.6 × 90 + 0.2 × 50 (July came an hour after the outage's deadline) + 0.2 × 50 (90 < 100) = 74.
    assert found == {"甲县": ("74.00", 2), "乙县": ("100.00", 1)}
    factories.MilestoneFactory(indicator=board.indicators["里程"], due_on=datetime.date(2020, 3, 31), threshold=99)
    Report.objects.update(submitted_at=None, submitted_by=None)
    assert scores(board, snapshot_standings(snapshot)) == found
    assert verify_all()["snapshots"] == []


def test_r12_scheme_takes_in_parts_leaves_out_levels_and_asks_for_a_number_of_indicators():
    board = make_board(["甲县", "乙县"])
    project = factories.SubProjectFactory(project__programme=board.period.programme).project
    board.indicator("里程", every({"甲县": 80, "乙县": 60}), project=project)
    board.indicator("其中硬化", [("甲县", 100, 40), ("乙县", "no_task", None)], project=project, assessed=False)
    board.indicator("合格率", every({"甲县": 10, "乙县": 10}), project=project, accumulation="level")
    scheme = adopt(board, [{"kind": "project_rates", "weight": 100}])

    plain = scores(board)
    ScoringScheme.objects.filter(pk=scheme.pk).update(counts_part_of=True, counts_level=False, min_indicators=2)
    found, places = scores(board), board.column("其中硬化", "place")

    # By itself: 甲 (80 + 10) ÷ 2, 乙 (60 + 10) ÷ 2. By the scheme 甲 (80 + 40) ÷ 2, 乙 60 of one indicator: no place.
    assert plain == {"甲县": ("45.00", 1), "乙县": ("35.00", 2)}
    assert found == {"甲县": ("60.00", 1), "乙县": ("60.00", None)}
    assert places == {"甲县": 1, "乙县": None, "全市": None}


def test_r12_scheme_takes_in_one_part_and_leaves_out_one_level_and_no_other():
    board = make_board(["甲县", "乙县"])
    project = factories.SubProjectFactory(project__programme=board.period.programme).project
    board.indicator("里程", every({"甲县": 80, "乙县": 60}), project=project)
    for name, rate in (("其中硬化", 40), ("其中绿化", 20)):
        board.indicator(name, every({"甲县": rate, "乙县": 60}), project=project, assessed=False)
    for name in ("合格率", "满意率"):
        board.indicator(name, every({"甲县": 10, "乙县": 10}), project=project, accumulation="level")
    scheme = adopt(board, [{"kind": "project_rates", "weight": 100}])
    for name, counts in (("其中硬化", True), ("合格率", False)):
        SchemeIndicator.objects.create(scheme=scheme, indicator=board.indicators[name], counts=counts)

    found, greening = scores(board), board.column("其中绿化", "place")
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    # 其中硬化 and 满意率 count, 其中绿化 and 合格率 do not: 甲 (80 + 40 + 10) ÷ 3, 乙 (60 + 60 + 10) ÷ 3, 43.33 both.
    assert found == {"甲县": ("43.33", 1), "乙县": ("43.33", 1)}
    assert greening == {"甲县": None, "乙县": None, "全市": None}
    assert verify_all()["snapshots"] == []
    # What a snapshot was scored by takes no further choice.
    with pytest.raises(IntegrityError, match="考核办法已用于封账"), transaction.atomic():
        SchemeIndicator.objects.create(scheme=scheme, indicator=board.indicators["满意率"], counts=False)
    assert scores(board, snapshot_standings(snapshot)) == found


def test_r13_findings_and_overdue_rectification_take_points_off_and_are_frozen():
    board = make_board(["甲县", "乙县"])
    board.indicator("里程", every({"甲县": 90, "乙县": 80}))
    adopt(
        board,
        [
            {"kind": "project_rates", "weight": 100},
            {"kind": "finding_off", "weight": "0.5", "counted_by": "each"},
            {"kind": "finding_off", "weight": 2, "counted_by": "points", "cap": 5},
            {"kind": "overdue_off", "weight": "0.2"},
        ],
    )
    july, august, september = (datetime.date(2020, number, 10) for number in (7, 8, 9))
    found_out(board.participants["甲县"], july, points=1)
    found_out(board.participants["甲县"], august, points="2.5")
    found_out(board.participants["甲县"], september, points=9)
    found_out(board.participants["乙县"], august)
    found_out(board.participants["乙县"], august, points=9, state="draft")
    to_mend(board.participants["甲县"], 1, july)
    to_mend(board.participants["甲县"], 2, july, reported=july, state="reported")
    to_mend(board.participants["甲县"], 3, july, reported=august, state="reported")
    to_mend(board.participants["甲县"], 4, september)
    to_mend(board.participants["乙县"], 5, july, state="opened")

    found = scores(board)
    snapshot = freeze_snapshot(period=board.period, by=factories.UserFactory())

    # 甲县: 90 − 2 × 0.5 − min(2 × (1 + 2.5), 5) − 2 × 0.2 (never reported, a month late) = 83.6; September is not yet.
    # 乙县: 80 − 0.5 for the finding without points; a draft and what nobody was told to mend count for nothing.
    assert found == {"甲县": ("83.60", 1), "乙县": ("79.50", 2)}
    kept = {(row.code, row.participant_id): (row.part, row.points) for row in SnapshotComponent.objects.all()}
    first = board.participants["甲县"].pk
    assert [kept[code, first] for code in ("c2", "c3", "c4")] == [
        (Decimal(2), Decimal(-1)),
        (Decimal("3.5"), Decimal(-5)),
        (Decimal(2), Decimal("-0.4")),
    ]
    found_out(board.participants["乙县"], august, points=9)
    Rectification.objects.update(reported_at=None, reported_by=None, state="underway")
    assert scores(board, snapshot_standings(snapshot)) == found
    assert verify_all()["snapshots"] == []


def test_a_finding_and_a_late_rectification_change_the_stamp():
    board = make_board(["甲县"])
    board.indicator("里程", every({"甲县": 90}))
    adopt(board, [{"kind": "project_rates", "weight": 100}])
    day = datetime.date(2020, 8, 10)
    stamps = [standings_stamp(board.period)]

    found_out(board.participants["甲县"], day)
    stamps.append(standings_stamp(board.period))
    item = to_mend(board.participants["甲县"], 1, day)
    stamps.append(standings_stamp(board.period))
    Rectification.objects.filter(pk=item.pk).update(deadline=day + datetime.timedelta(days=9))
    stamps.append(standings_stamp(board.period))

    assert len(set(stamps)) == 4
