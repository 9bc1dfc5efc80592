"""The reply to a save reads narrowly what it only counts; it must say what the whole page would."""

import datetime
import json
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from projects import parts, report_page
from projects.entry_progress import own_lines
from projects.figure_lines import periods_before
from projects.models import Report
from projects.services import reports
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def june(programme):
    """2020年1—6月, issued."""
    closed_at = datetime.datetime(2020, 7, 8, tzinfo=datetime.UTC)
    closer = factories.UserFactory(username="closer")
    return factories.PeriodFactory(programme=programme, month=6, state="issued", closed_at=closed_at, closed_by=closer)


@world
def more(period, participants, indicators, june):
    """Give project 3 one indicator each with a blank target that is 无任务, one that is 任务未分解, and a base.

    Whole's target and the units': 50 = 50 + blank + 0 leaves nothing over; 80 > 50 + blank + 0 leaves 30 (R5).
    """
    relief = factories.SubProjectFactory(project=factories.ProjectFactory(programme=period.programme, seq=3))
    setter = factories.UserFactory()
    made = {}
    for name, whole in (("分完", 50), ("没分完", 80)):
        made[name] = factories.IndicatorFactory(sub_project=relief, name=name)
        for code, value in (("341282", 50), ("341200", whole)):
            factories.TargetFactory(
                indicator=made[name], participant=participants[code], value=Decimal(value), set_by=setter
            )
    made["率"] = factories.IndicatorFactory(
        sub_project=relief, name="率", unit="%", accumulation="level", additive=False, base=indicators["里程"]
    )
    for participant in participants.values():
        factories.TargetFactory(indicator=made["率"], participant=participant, value=Decimal(95), set_by=setter)
    month = factories.PeriodFactory(programme=period.programme, month=7)
    last = factories.ReportFactory(period=month, participant=participants["341222"], state="draft", content_sha256="")
    factories.FigureFactory(report=last, indicator=indicators["合格率"], value=Decimal(80))
    factories.FigureFactory(report=last, indicator=indicators["里程"], value=Decimal(50))
    factories.BenchmarkFactory(period=june, indicator=indicators["里程"], value=Decimal("61.5"), decimals=1)
    return made


@world
def report(period, participants, more, clerk):
    """太和县's draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def save(client, report, participants, indicators, clerk):
    """Save values by indicator name and return the reply."""

    def post(cells, *, by=clerk, version=0):
        client.force_login(by)
        figures = {
            f"{participants['341222'].pk}-{indicators[name].pk}": {"value": value, "version": version}
            for name, value in cells.items()
        }
        body = json.dumps({"key": str(uuid.uuid4()), "parts": {"figures": figures}})
        answer = client.post(reverse("projects:report-cells", args=[report.pk]), body, content_type="application/json")
        return answer.json()

    return post


def counted(report, person, lines):
    """Return what the page counts, and the mark and note of the sections that have lines."""
    sections = {str(line["seq"]): (line["mark"], line["note"]) for line in lines if line["rows"]}
    return report_page.counts_of(report_page.rows_of([{"lines": lines}])), sections


@pytest.mark.parametrize("person", ["clerk", "head", "filler", "city_officer", "other_clerk"])
def test_reply_lines_count_what_full_lines_count(person, request, save, report, participants, indicators):
    person = request.getfixturevalue(person)
    save({"里程": "45", "人数": "1500"})
    [part] = [part for part in parts.registered() if part.code == "figures"]
    fresh = Report.objects.get(pk=report.pk)
    key = f"{participants['341222'].pk}-{indicators['里程'].pk}"

    full = part.lines(fresh, person)
    brief = part.reply_lines(fresh, person, typed={}, result=parts.SaveResult(saved=[key]))

    assert counted(fresh, person, brief) == counted(fresh, person, full)
    rows = [report_page.rows_of([{"lines": lines}]) for lines in (full, brief)]
    for one, other in zip(*rows, strict=True):
        assert {name: one[name] for name in ("key", "task", "states", "is_confirmed")} == {
            name: other[name] for name in ("key", "task", "states", "is_confirmed")
        }
    shown = [next(row for row in found if row["key"] == key) for found in rows]
    assert shown[0].keys() == shown[1].keys()
    assert all(shown[0][name] == shown[1][name] for name in ("display", "tones", "state", "version", "value", "url"))


def test_reply_counts_what_the_page_counts_after_each_save(save, report, client):
    # 45 of 100 is behind 8/12, below 61.5 and less than July's 50 (a flag); then 合格率 has an error; then all fits.
    for cells in ({"里程": "45"}, {"合格率": "6.8.4", "人数": "900"}, {"合格率": "91"}):
        reply = save(cells)

        page = client.get(reverse("projects:report-detail", args=[report.pk]))
        wrong = sum(cell["outcome"] == "invalid" for cell in reply["parts"]["figures"].values())
        assert reply["counts"] == {name: page.context["counts"][name] for name in reply["counts"]}
        sections = {str(line["seq"]): line for block in page.context["blocks"] for line in block["lines"]}
        assert {code: found["note"] for code, found in reply["sections"].items()} == {
            code: sections[code]["note"] for code in reply["sections"]
        }
        # What was typed wrong is in the reply alone: the page shows what is stored.
        assert wrong or all(found["mark"] == sections[code]["mark"] for code, found in reply["sections"].items())


def test_lines_of_a_unit_alone_are_its_lines_among_all(save, period, participants, more):
    save({"里程": "45", "人数": "1500"})
    last, issued = periods_before(period)
    limits = {"counted": Report.State.values, "last": last, "issued": issued}
    everybody = own_lines(period, [row.pk for row in participants.values()], **limits)

    for unit in participants.values():
        alone = own_lines(period, [unit.pk], alone=True, **limits)

        sums = {key for key, line in everybody.items() if line["is_sum"]}
        expected = {key: line for key, line in everybody.items() if key[0] == unit.pk and key not in sums}
        assert {key: line["task"] for key, line in alone.items()} == {
            key: line["task"] for key, line in expected.items()
        }
        assert alone == expected
    tasks = {name: everybody[participants["341222"].pk, row.pk]["task"] for name, row in more.items()}
    assert tasks == {"分完": "no_task", "没分完": "not_split", "率": "assessed"}
    # R4: without a count there is no rate; the base of 市本级 says 无任务.
    assert everybody[participants["341200-own"].pk, more["率"].pk]["task"] == "no_task"


def test_lines_of_some_indicators_are_those_among_all(save, period, participants, indicators, more):
    save({"里程": "45"})
    units = [row.pk for row in participants.values()]
    everything = own_lines(period, units, counted=Report.State.values)

    some = own_lines(period, units, counted=Report.State.values, indicator_ids=[more["率"].pk, indicators["里程"].pk])

    assert len(some) == 2 * len(units)
    assert some == {key: everything[key] for key in some}


def test_conflict_shows_no_rate_of_the_others_figure(save, head):
    save({"里程": "60"})

    reply = save({"里程": "61"}, by=head)

    [cell] = reply["parts"]["figures"].values()
    assert cell["outcome"] == "conflict"
    assert cell["display"]["value"] == "61"
    assert {cell["display"][name] for name in ("increment", "rate", "gap_target", "gap_expected")} == {"—"}
    assert cell["tones"] == {}
    assert cell["theirs"]["value"] == "60.00"
