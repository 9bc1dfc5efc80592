"""A made-up programme in a database of its own, and pandas as an independent witness of the statement."""

import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from benchmarks import standings as bench
from projects.models import Figure, FigureRevision, Programme, ReportingPeriod, Target
from supervision.models import Snapshot
from supervision.scoring.scores import components
from supervision.standings import fetch, live_parameters, live_standings
from supervision.synthetic.synthesis import synthesise
from supervision.synthetic.synthetic_database import drop_database, synthetic_database
from supervision.synthetic.synthetic_scoring import COMPONENTS
from tests.support import databases

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

#: What hangs on the large tables: constraints, indexes, and which triggers fire.
ATTACHED = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND conrelid = ANY(ARRAY['target', 'figure', 'figure_revision']::regclass[])
UNION ALL
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(ARRAY['target', 'figure', 'figure_revision']::regclass[])
UNION ALL
SELECT tgname, tgenabled::text FROM pg_trigger
WHERE tgrelid = ANY(ARRAY['target', 'figure', 'figure_revision']::regclass[]) AND NOT tgisinternal
ORDER BY 1, 2
"""


def run(*arguments):
    output = io.StringIO()
    call_command("synthesise", *arguments, stdout=output)
    return output.getvalue()


def attached():
    with connection.cursor() as cursor:
        cursor.execute(ATTACHED)
        return cursor.fetchall()


@pytest.fixture
def free_name(cloned_db):
    """A database name of this worker's own; whatever bears it afterwards is dropped."""
    name = f"synthetic_{databases.worker_name()}"
    yield name
    drop_database(name)


@pytest.fixture
def name(free_name):
    """The same, the database already there and migrated, as from the second use on: making it takes seconds."""
    databases.clone_template(free_name)
    return free_name


@pytest.mark.long
def test_synthesise_writes_into_a_database_of_its_own_and_leaves_the_main_one_alone(free_name):
    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}

    said = run("--participants", "12", "--indicators", "20", "--months", "14", "--database", free_name)

    assert f"数据库 {free_name}" in said
    assert "演示数据" in said
    assert {alias: connections[alias].settings_dict["NAME"] for alias in connections} == before
    assert not Programme.objects.exists()


def test_synthesise_spreads_months_over_calendar_years_and_gives_every_figure_its_revision(name):
    with synthetic_database(name):
        made = synthesise(participants=12, indicators=20, months=14)

        # 14 months up to February 2020: 2019 whole, and two of 2020.
        assert [(row.year, row.periods.count(), row.is_demo) for row in made] == [(2019, 12, True), (2020, 2, True)]
        assert Target.objects.count() == 2 * 20 * 13
        assert Figure.objects.count() == FigureRevision.objects.count() > 0
        assert set(Target.objects.values_list("state", flat=True)) >= {"assessed", "no_task"}
        assert set(Figure.objects.values_list("state", flat=True)) == {"reported", "blank"}


def test_synthesise_puts_back_what_it_took_off_the_tables(name):
    before = attached()

    with synthetic_database(name):
        synthesise(participants=3, indicators=20, months=1)

        assert attached() == before


def test_synthetic_programme_can_be_ranked(name):
    with synthetic_database(name):
        (programme,) = synthesise(participants=12, indicators=20, months=3)
        standings = live_standings(ReportingPeriod.objects.filter(programme=programme).latest("ends_on"))

        assert len(standings.lines) == 20
        assert len(standings.overall()) == 12
        assert standings.overall()[0]["place"] == 1


def test_synthesise_frozen_and_scored_counts_every_kind_of_component(name):
    run("--participants", "12", "--indicators", "20", "--months", "3", "--frozen", "--scoring", "--database", name)

    with synthetic_database(name):
        march = ReportingPeriod.objects.latest("ends_on")
        parameters = live_parameters(march)
        rows = fetch(components(parameters["shape"]), parameters, frozen=False)
        order = dict(march.programme.participants.values_list("pk", "order"))
        points = {(row["code"], order[row["participant_id"]]): row["points"] for row in rows}
        frozen = [(row.period.code, row.version) for row in Snapshot.objects.order_by("period__ends_on")]

    assert frozen == [("2020-01", 1), ("2020-02", 1)]
    # All but the milestones, the first of which is due in June, and 年末名次, which December alone has.
    assert {code for code, _ in points} == {row["code"] for row in COMPONENTS} - {"milestones", "year_end"}
    # The fifth unit's mark in March: 60 + (5 × 7 + 3 × 3) mod 41 = 63 of 100.
    assert points["marks", 5] == 63
    # Of 1 to 3 March alone makes 3 + 3 a multiple of 6 and 2 + 3 one of 5.
    assert (points["criticised", 3], points["commended", 2]) == (Decimal("-0.5"), Decimal("0.25"))
    assert (points["found", 3], ("found", 4) in points) == (Decimal("-0.5"), False)
    assert (points["overdue", 4], ("overdue", 1) in points) == (Decimal("-0.5"), False)


def test_synthesise_same_size_twice_is_refused(name):
    run("--participants", "3", "--indicators", "20", "--months", "1", "--database", name)

    with pytest.raises(CommandError, match="已经存在"):
        run("--participants", "3", "--indicators", "20", "--months", "1", "--database", name)


def test_synthesise_refuses_the_main_database(cloned_db):
    with pytest.raises(CommandError, match="正在使用"):
        run("--participants", "3", "--indicators", "20", "--months", "1", "--database", cloned_db)

    assert not Programme.objects.exists()


@pytest.mark.parametrize("bad", ["Synthetic", "a;b", "x" * 60, "1st", ""])
def test_synthesise_refuses_a_name_that_is_none(cloned_db, bad):
    with pytest.raises(CommandError, match="不合规范"):
        run("--participants", "3", "--indicators", "20", "--months", "1", "--database", bad)


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", "９", "99999"])
def test_synthesise_with_a_bad_number_is_refused(number):
    with pytest.raises(CommandError, match="应是1至5000的整数"):
        run(f"--participants={number}", "--indicators", "2", "--months", "1")


def test_synthesise_with_a_bad_number_is_a_usage_error():
    done = subprocess.run(
        [sys.executable, "manage.py", "synthesise", "--participants", "0", "--indicators", "2", "--months", "1"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "应是1至5000的整数" in done.stderr


def test_pandas_prints_the_same_lines_as_the_statement(name):
    """The benchmark compares the two texts and fails where they differ; here on a small programme."""
    with synthetic_database(name):
        synthesise(participants=60, indicators=40, months=7)
        period = ReportingPeriod.objects.latest("ends_on")

        text = bench.stream(period)

        assert text == bench.digest(bench.pandas_lines(period))
        assert text != bench.digest("")
