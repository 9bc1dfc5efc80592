"""What holds for any figures: checked on made-up boards against exact fractions in Python."""

from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervision.services.snapshots import freeze_snapshot
from supervision.standings import snapshot_standings
from tests import factories
from tests.boards import make_board

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

UNITS = ["甲县", "乙县", "丙县", "丁县", "戊县"]

amounts = st.decimals(min_value=0, max_value=10**9, places=2)
targets = st.one_of(
    st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2), st.just("no_task"), st.just("blank")
)
cells = st.tuples(targets, st.one_of(amounts, st.none()))
tables = st.lists(st.lists(cells, min_size=5, max_size=5), min_size=1, max_size=3)
unreported = st.sets(st.sampled_from(UNITS), max_size=2)
usual = settings(
    parent=settings.get_profile(settings.get_current_profile_name()),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def board_of(table, *, decimals=2, absent=(), order=UNITS, **fields):
    """Yield a board of `table` (one list of cells per indicator, in the order of UNITS); undone after."""
    with transaction.atomic():
        board = make_board(order, decimals=decimals, unreported=absent)
        factories.plain_scheme(board.period.programme)
        for number, row in enumerate(table):
            given = dict(zip(UNITS, row, strict=True))
            rows = [(unit, *given[unit]) for unit in order]
            rows = [(unit, target, None if target == "no_task" else value) for unit, target, value in rows]
            board.indicator(f"指标{number}", rows, decimals=2, **fields)
        yield board
        transaction.set_rollback(True)


def printed(ratio: Fraction, decimals: int) -> Decimal:
    """R7 with exact fractions: half-up, never 100 below 1, never 0 above 0."""
    scale = 10**decimals
    shown = Fraction((ratio * 100 * scale + Fraction(1, 2)).__floor__(), scale)
    step = Fraction(1, scale)
    if 0 < ratio < 1:
        shown = min(max(shown, step), 100 - step)
    return Decimal(shown.numerator) / Decimal(shown.denominator)


@usual
@given(table=tables, decimals=st.integers(0, 4))
def test_rates_are_those_of_exact_fractions(table, decimals):
    with board_of(table, decimals=decimals) as board:
        for name in board.indicators:
            for row in board.rows(name).values():
                if row["rate"] is not None and row["participant_kind"] == "unit":
                    assert row["rate"] == printed(Fraction(row["value"]) / Fraction(row["target"]), decimals)


@usual
@given(table=tables, absent=unreported)
def test_places_are_competition_places(table, absent):
    with board_of(table, absent=absent) as board:
        for name in board.indicators:
            rows = [row for row in board.rows(name).values() if row["place"]]
            for row in rows:
                assert row["place"] == 1 + sum(other["rate"] > row["rate"] for other in rows)


@usual
@given(table=tables, absent=unreported)
def test_overall_places_are_competition_places_of_the_scores(table, absent):
    with board_of(table, absent=absent) as board:
        overall = board.standings().overall()

        assert len(overall) == len(UNITS)
        scored = [row for row in overall if row["score"] is not None]
        for row in scored:
            assert row["place"] == 1 + sum(other["score"] > row["score"] for other in scored)
        assert all(row["place"] is None for row in overall if row["score"] is None)


@usual
@given(table=tables, absent=unreported, accumulation=st.sampled_from(["flow", "stock"]))
def test_status_groups_add_up(table, absent, accumulation):
    with board_of(table, absent=absent, accumulation=accumulation) as board:
        for name in board.indicators:
            statuses = Counter(row["status"] for row in board.rows(name).values() if row["participant_kind"] != "whole")
            assert None not in statuses
            assert sum(statuses.values()) == len(UNITS)


@usual
@given(table=tables, absent=unreported)
def test_pooled_rate_lies_between_the_extremes(table, absent):
    with board_of(table, absent=absent) as board:
        for name in board.indicators:
            rows = board.rows(name)
            rates = [
                row["rate"] for row in rows.values() if row["participant_kind"] == "unit" and row["rate"] is not None
            ]
            if rates:
                assert min(rates) <= rows["全市"]["rate"] <= max(rates)
            else:
                assert rows["全市"]["rate"] is None


@usual
@given(table=tables, absent=unreported, order=st.permutations(UNITS))
def test_order_of_units_changes_nothing(table, absent, order):
    columns = ("rate", "place", "status", "gap_to_city", "points", "project_score")
    found = []
    for units in (UNITS, order):
        with board_of(table, absent=absent, order=units) as board:
            found.append(
                {
                    (name, unit): [row[column] for column in columns]
                    for name in board.indicators
                    for unit, row in board.rows(name).items()
                }
            )

    assert found[0] == found[1]


@usual
@given(table=tables, average=st.decimals(min_value=0, max_value=200, places=2), decimals=st.integers(0, 3))
def test_below_list_is_strict_and_worst_first(table, average, decimals):
    with board_of(table) as board:
        shown = str(round(average, decimals))
        for name in board.indicators:
            board.benchmark(name, shown)
            rows = board.rows(name)
            below = board.below(name)
            compared = [rows[unit]["compared"] for unit in below]

            assert compared == sorted(compared)
            assert all(figure < Decimal(shown) for figure in compared)
            assert set(below) == {
                unit
                for unit, row in rows.items()
                if unit != "全市" and row["compared"] is not None and row["compared"] < Decimal(shown)
            }


@usual
@given(table=tables, absent=unreported)
def test_live_and_snapshot_agree_on_the_same_data(table, absent):
    with board_of(table, absent=absent) as board:
        live = board.standings()

        frozen = snapshot_standings(freeze_snapshot(period=board.period, by=factories.UserFactory()))

        assert frozen.lines == live.lines
        assert frozen.units == live.units
