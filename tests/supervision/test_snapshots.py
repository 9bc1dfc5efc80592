"""Snapshots: frozen by the standings statement, hashed as stored, never changed (R10, R18)."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from livelihood.services import Refused
from projects.services import reports
from projects.services.periods import reopen_period
from supervision.models import Document, Snapshot, SnapshotLine
from supervision.services import freezing
from supervision.services.snapshots import freeze_snapshot, refresh_snapshot
from supervision.standings import live_standings, snapshot_standings
from tests import factories
from tests.supervision.months import close, issue, publish, report_month
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def approved(period, participants, indicators, city_officer):
    """All units approved, 里程 published at 70.00."""
    publish(period, indicators["里程"], "70.00", by=city_officer)
    report_month(period, participants, indicators, by=city_officer)
    return period


def comparable(standings):
    """Lines and units without what says where they come from."""
    return standings.lines, [
        {key: value for key, value in row.items() if key != "plain_score"} for row in standings.units
    ]


def test_r18_snapshot_says_what_the_live_standings_said(approved, city_officer):
    live = live_standings(approved)

    snapshot = freeze_snapshot(period=approved, by=city_officer)

    assert comparable(snapshot_standings(snapshot)) == comparable(live)


def test_snapshot_stores_every_line_with_inputs_and_results(approved, participants, indicators, city_officer):
    snapshot = freeze_snapshot(period=approved, by=city_officer)

    line = SnapshotLine.objects.get(snapshot=snapshot, participant=participants["341222"], indicator=indicators["里程"])
    assert snapshot.lines.count() == 4 * 3
    assert snapshot.units.count() == 3
    # 60 / 100 = 60.00, ten points under the province's 70.00; 8 / 12 = 66.67
    assert (line.value, line.target, line.rate, line.benchmark) == (60, 100, 60, 70)
    assert (line.gap_to_benchmark, line.below_benchmark, line.expected_rate) == (-10, True, Decimal("66.67"))
    assert (snapshot.version, snapshot.elapsed_parts, snapshot.elapsed_whole, snapshot.decimals) == (1, 8, 12, 2)


def test_r13_snapshot_counts_approved_reports_only(period, participants, indicators, city_officer):
    done = report_month(period, participants, indicators, by=city_officer)
    reports.return_report(report=done["341282"], by=city_officer, reason="与台账不一致")

    snapshot = freeze_snapshot(period=period, by=city_officer)

    lines = SnapshotLine.objects.filter(snapshot=snapshot, participant=participants["341282"])
    assert set(lines.values_list("value", "approved", "has_report")) == {(None, False, False)}


def test_snapshot_hash_is_that_of_the_stored_rows(approved, city_officer):
    snapshot = freeze_snapshot(period=approved, by=city_officer)

    assert freezing.snapshot_sha256(Snapshot.objects.get(pk=snapshot.pk)) == snapshot.sha256


def test_two_snapshots_of_the_same_figures_differ_only_by_their_version(approved, city_officer):
    first = freeze_snapshot(period=approved, by=city_officer)
    second = freeze_snapshot(period=approved, by=city_officer)

    assert (first.version, second.version, second.previous) == (1, 2, first)
    assert comparable(snapshot_standings(first)) == comparable(snapshot_standings(second))


def test_freeze_takes_the_same_number_of_queries_for_more_lines(
    approved, participants, city_officer, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as few:
        freeze_snapshot(period=approved, by=city_officer)
    for _ in range(10):
        indicator = factories.IndicatorFactory(sub_project__project__programme=approved.programme)
        for participant in participants.values():
            factories.TargetFactory(indicator=indicator, participant=participant)

    with django_assert_num_queries(len(few)):
        freeze_snapshot(period=approved, by=city_officer)


def test_r10_average_after_the_close_makes_version_two_over_the_same_figures(
    period, participants, indicators, city_officer
):
    report_month(period, participants, indicators, by=city_officer)
    first = close(period, by=city_officer)
    publish(period, indicators["里程"], "70.00", by=city_officer)

    second = refresh_snapshot(period=period, by=city_officer)

    before, after = snapshot_standings(first.snapshot), snapshot_standings(second)
    road = indicators["里程"].pk
    assert (second.version, second.previous) == (2, first.snapshot)
    assert before.below(road) is None
    # 60.00 and 75.00 against 70.00
    assert [row["participant_id"] for row in after.below(road)] == [participants["341222"].pk]
    inputs = [
        [{key: row[key] for key in ("value", "target", "rate", "place")} for row in standings.lines[road]]
        for standings in (before, after)
    ]
    assert inputs[0] == inputs[1]


def test_r10_refresh_drafts_the_same_paper_anew(period, participants, indicators, city_officer):
    report_month(period, participants, indicators, by=city_officer)
    first = close(period, by=city_officer)
    publish(period, indicators["里程"], "70.00", by=city_officer)

    snapshot = refresh_snapshot(period=period, by=city_officer)

    draft = Document.objects.get(period=period)
    assert (draft.pk, draft.snapshot, draft.version) == (first.document.pk, snapshot, 2)
    assert "太和县60.00%" in str(draft.content)
    assert "太和县60.00%" not in str(first.document.content)


def test_r10_refresh_without_a_new_average_changes_nothing(approved, city_officer):
    closed = close(approved, by=city_officer)

    assert refresh_snapshot(period=approved, by=city_officer) == closed.snapshot
    assert Snapshot.objects.count() == 1


def test_r10_average_withdrawn_after_the_close_counts_as_a_change(approved, indicators, city_officer):
    close(approved, by=city_officer)
    approved.benchmarks.all().delete()

    snapshot = refresh_snapshot(period=approved, by=city_officer)

    assert snapshot.version == 2
    assert snapshot_standings(snapshot).below(indicators["里程"].pk) is None


def test_refresh_of_an_open_period_is_refused(approved, city_officer):
    with pytest.raises(Refused, match="还没有封账"):
        refresh_snapshot(period=approved, by=city_officer)


def test_refresh_after_issue_is_refused(approved, indicators, city_officer):
    closed = close(approved, by=city_officer)
    issue(closed.document, by=city_officer)

    with pytest.raises(Refused, match="已经印发"):
        refresh_snapshot(period=approved, by=city_officer)


def test_refresh_while_reopened_is_refused(approved, participants, city_officer):
    close(approved, by=city_officer)
    reopen_period(
        period=approved,
        participants=[participants["341222"]],
        until=timezone.now() + datetime.timedelta(days=1),
        reason="更正里程",
        by=city_officer,
    )

    with pytest.raises(Refused, match="正在重新开放"):
        refresh_snapshot(period=approved, by=city_officer)
