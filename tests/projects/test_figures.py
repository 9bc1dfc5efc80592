"""record_figures: one batch, stored or refused; flags, conflicts, revisions; a constant number of queries."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.models import Figure, FigureFlag, FigureRevision, ImportBatch, ReportingPeriod
from projects.services import reports
from projects.services.figures import FigureEntry, FiguresRefused, record_figures, record_reports
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def record(report, participants, indicators, clerk):
    """Record entries by indicator name: a number, None for blank, or the fields of an entry."""

    def store(cells, *, by=clerk, partial=False, origin="form", batch=None, unit="341222"):
        entries = []
        for name, cell in cells.items():
            if not isinstance(cell, dict):
                cell = {"state": "blank" if cell is None else "reported", "value": cell}
            if isinstance(cell.get("value"), int | str):
                cell = cell | {"value": Decimal(cell["value"])}
            entries.append(FigureEntry(participants[unit].pk, indicators[name].pk, **{"state": "reported"} | cell))
        return record_figures(report=report, entries=entries, by=by, origin=origin, import_batch=batch, partial=partial)

    return store


@world
def july_figure(july, participants, indicators):
    """里程 40 and its report in July."""
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    figure = factories.FigureFactory(
        report=factories.ReportFactory(period=july, participant=participants["341222"]),
        indicator=indicators["里程"],
        value=Decimal("40"),
    )
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")
    return figure


def flags():
    """Return the stored flags: code → reason."""
    return dict(FigureFlag.objects.values_list("code", "reason"))


def test_record_stores_values_remarks_and_where_they_came_from(record, report, programme, period, clerk):
    batch = ImportBatch.objects.create(
        sha256="a" * 64, programme=programme, period=period, file="x.xlsx", file_name="太和.xlsx", committed_by=clerk
    )

    outcome = record(
        {"里程": {"value": "60.25", "remark": "含续建", "sheet": "表一", "cell": "D7"}}, origin="excel", batch=batch
    )

    figure = report.figures.get()
    assert len(outcome.saved) == 1
    assert (figure.value, figure.remark, figure.version) == (Decimal("60.25"), "含续建", 1)
    revision = FigureRevision.objects.get()
    assert (revision.origin, revision.import_batch, revision.sheet, revision.cell) == ("excel", batch, "表一", "D7")
    assert (revision.new_value, revision.changed_by) == (Decimal("60.25"), clerk)
    event = AuditEvent.objects.get(verb="record_figures")
    assert event.after == {"saved": 1, "explained": 0, "origin": "excel", "import_batch": batch.pk}


def test_record_zero_blank_and_nothing_are_three_things(record, report):
    record({"里程": 0, "合格率": None, "人数": {"state": "blank", "remark": "等民政局"}})

    assert {row.indicator.name: (row.state, row.value) for row in report.figures.all()} == {
        "里程": ("reported", Decimal(0)),
        "人数": ("blank", None),
    }


def test_record_blank_over_a_figure_empties_it_with_a_revision(record, report):
    record({"里程": 60})

    record({"里程": None})

    assert report.figures.get().state == "blank"
    last = FigureRevision.objects.latest("version")
    assert (last.version, last.old_value, last.new_value) == (2, Decimal(60), None)


def test_record_the_same_again_changes_nothing(record, report):
    record({"里程": 60})
    before = report.version, AuditEvent.objects.count()

    outcome = record({"里程": "60.00"})

    assert (outcome.saved, len(outcome.unchanged)) == ([], 1)
    report.refresh_from_db()
    assert (report.version, AuditEvent.objects.count(), FigureRevision.objects.count()) == (*before, 1)


def test_record_remark_none_keeps_the_stored_one(record, report):
    record({"里程": {"value": 60, "remark": "含续建"}})

    record({"里程": 61})

    assert report.figures.get().remark == "含续建"


def test_record_raises_the_reports_version_so_that_a_signature_sees_it(record, report):
    before = report.version

    record({"里程": 60})

    assert report.version == before + 1


def test_r04_figure_where_the_target_says_no_task_is_refused(participants, indicators, period, city_officer):
    own = reports.report_for(period=period, participant=participants["341200-own"], by=city_officer)
    key = (participants["341200-own"].pk, indicators["里程"].pk)

    with pytest.raises(FiguresRefused, match="目标里这一项是无任务") as refusal:
        record_figures(report=own, entries=[FigureEntry(*key, "reported", Decimal(0))], by=city_officer, origin="form")

    assert list(refusal.value.errors) == [key]
    assert not Figure.objects.exists()


def test_r04_no_task_where_the_target_says_so_is_stored_as_such(participants, indicators, period, city_officer):
    own = reports.report_for(period=period, participant=participants["341200-own"], by=city_officer)

    record_figures(
        report=own,
        entries=[FigureEntry(participants["341200-own"].pk, indicators["里程"].pk, "no_task")],
        by=city_officer,
        origin="form",
    )

    assert (own.figures.get().state, flags()) == ("no_task", {})


def test_r04_no_task_passes_from_the_count_to_its_rate(record, participants, indicators, report):
    count = factories.IndicatorFactory(sub_project=indicators["里程"].sub_project, name="里程数")
    factories.TargetFactory(indicator=count, participant=participants["341222"], state="no_task", value=None)
    indicators["合格率"].base = count
    indicators["合格率"].save()

    with pytest.raises(FiguresRefused, match="无任务"):
        record({"合格率": 95})


def test_r04_claimed_no_task_stays_blank_with_a_flag_until_a_figure_comes(record, report):
    record({"里程": {"state": "no_task"}})
    claimed = report.figures.get().state, flags()

    record({"里程": 60})

    assert claimed == ("blank", {"no_task_claimed": ""})
    assert flags() == {}


def test_r19_target_in_force_at_the_periods_end_decides(record, participants, indicators):
    factories.TargetFactory(
        indicator=indicators["里程"],
        participant=participants["341222"],
        revision=2,
        state="no_task",
        value=None,
        reason="调整",
        valid_from="2020-09-01",
    )

    record({"里程": 60})

    assert Figure.objects.get().value == Decimal(60)


def test_r20_falling_flow_is_flagged_and_a_falling_stock_is_not(record, july_figure, indicators, participants):
    ReportingPeriod.objects.filter(pk=july_figure.period_id).update(state="open")
    factories.FigureFactory(report=july_figure.report, indicator=indicators["人数"], value=Decimal("800"))
    ReportingPeriod.objects.filter(pk=july_figure.period_id).update(state="issued")

    record({"里程": "39.99", "人数": "700"})

    flag = FigureFlag.objects.get()
    assert (flag.code, flag.severity, flag.figure.indicator.name) == ("falling_flow", "warning", "里程")
    assert flag.explanation.splitlines()[0] == "累计数 39.99公里 比2020年1—7月的 40公里 少。"
    assert len(flag.explanation.splitlines()) == 2


def test_r20_falling_flow_looks_past_a_month_without_a_figure(record, july_figure, programme):
    ReportingPeriod.objects.filter(pk=july_figure.period_id).update(ends_on="2020-06-30")
    factories.PeriodFactory(programme=programme, month=7, state="open")

    record({"里程": 39})

    assert flags() == {"falling_flow": ""}


@pytest.mark.parametrize(("value", "expected"), [("120", {}), ("120.01", {"over_120": ""})])
def test_r20_more_than_120_percent_of_the_target_is_flagged(value, expected, record):
    # the target is 100, so 120 is exactly 120 % of it
    record({"里程": value})

    assert flags() == expected


def test_r20_reason_stays_while_the_value_does_and_goes_with_it(record):
    record({"里程": {"value": 130, "reason": "含提前批"}})
    given = flags()

    record({"里程": {"value": 130, "remark": "改备注"}})
    kept = flags()
    record({"里程": 131})

    assert (given, kept, flags()) == ({"over_120": "含提前批"}, {"over_120": "含提前批"}, {"over_120": ""})


def test_r20_reason_is_carried_over_from_last_month_while_the_value_is_the_same(record, july_figure):
    ReportingPeriod.objects.filter(pk=july_figure.period_id).update(state="open")
    Figure.objects.filter(pk=july_figure.pk).update(value=Decimal(130))
    ReportingPeriod.objects.filter(pk=july_figure.period_id).update(state="issued")
    FigureFlag.objects.create(figure=july_figure, code="over_120", explanation="x\ny", reason="省里追加任务")

    record({"里程": 130})

    assert FigureFlag.objects.get(figure__period__state="open").reason == "省里追加任务"


def test_flag_reason_alone_is_stored_and_audited(record, report):
    record({"里程": 130})

    outcome = record({"里程": {"value": 130, "reason": " 含提前批 "}})

    assert (outcome.saved, len(outcome.explained)) == ([], 1)
    assert flags() == {"over_120": "含提前批"}
    assert AuditEvent.objects.filter(verb="record_figures").count() == 2


def test_flags_of_other_figures_stay(record):
    record({"里程": {"value": 130, "reason": "含提前批"}})

    record({"人数": 700})

    assert flags() == {"over_120": "含提前批"}


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ({"value": Decimal("NaN")}, "不是一个确定的数"),
        ({"value": Decimal("Infinity")}, "不是一个确定的数"),
        ({"value": None}, "不是一个确定的数"),
        ({"value": "-1"}, "不能是负数"),
        ({"value": "100000000000000"}, "最多 14 位"),
        ({"value": "0.0000001"}, "小数位太多"),
        ({"state": "text", "text": "正在推进"}, "要填数，不能填文字"),
        ({"value": 60, "remark": "长" * 301}, "备注最多 300 字"),
        ({"value": 60, "remark": "a\x00b"}, "不能保存的字符"),
        ({"value": 60, "reason": "长" * 2001}, "最多 2000 字"),
    ],
)
def test_r20_wrong_cell_is_refused_and_partial_keeps_the_others(cell, sentence, record, report):
    with pytest.raises(FiguresRefused, match=sentence):
        record({"里程": cell, "人数": 700})
    assert not report.figures.exists()

    outcome = record({"里程": cell, "人数": 700}, partial=True)

    assert [sentence in error for error in outcome.errors.values()] == [True]
    assert list(report.figures.values_list("indicator__name", flat=True)) == ["人数"]


def test_growth_may_be_negative(record, indicators):
    growth = factories.IndicatorFactory(
        sub_project=indicators["里程"].sub_project, name="增幅", kind="growth", accumulation="level", assessed=False
    )
    indicators["增幅"] = growth

    record({"增幅": "-3.5"})

    assert Figure.objects.get().value == Decimal("-3.5")


def test_text_indicator_takes_a_text_and_no_number(record, indicators, report):
    indicators["进展"] = factories.IndicatorFactory(
        sub_project=indicators["里程"].sub_project, name="进展", kind="text", assessed=False, additive=False
    )
    with pytest.raises(FiguresRefused, match="文字类指标"):
        record({"进展": 3})

    record({"进展": {"state": "text", "text": " 年内收益已分配 ", "value": None}})

    assert (report.figures.get().state, report.figures.get().text) == ("text", "年内收益已分配")


def test_sum_of_the_whole_is_not_entered(participants, indicators, period, city_officer):
    whole = reports.report_for(period=period, participant=participants["341200"], by=city_officer)

    with pytest.raises(FiguresRefused, match="由各单位相加得出"):
        record_figures(
            report=whole,
            entries=[FigureEntry(participants["341200"].pk, indicators["里程"].pk, "reported", Decimal(1))],
            by=city_officer,
            origin="form",
        )


def test_same_cell_twice_in_a_batch_is_refused(report, participants, indicators, clerk):
    entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, "reported", Decimal(1))

    with pytest.raises(Refused, match="出现了两次"):
        record_figures(report=report, entries=[entry, entry], by=clerk, origin="form")


def test_stale_version_is_a_conflict_with_the_others_figure_and_name(record, report, head):
    record({"里程": 60})

    outcome = record({"里程": {"value": 61, "base_version": 0}}, by=head)

    conflict = outcome.conflicts[0]
    assert (conflict.value, conflict.by, conflict.version) == (Decimal(60), "张填报", 1)
    assert report.figures.get().value == Decimal(60)


def test_stale_version_with_what_was_seen_keeps_the_others_figure(record, report, head):
    record({"里程": 60})
    record({"里程": {"value": 65, "base_version": 1}}, by=head)

    outcome = record({"里程": {"value": 60, "base_version": 1}})

    assert (outcome.conflicts, len(outcome.unchanged)) == ([], 1)
    assert report.figures.get().value == Decimal(65)


@pytest.mark.parametrize("person", ["leader", "inspector", "other_clerk", "lead_officer", "stranger"])
def test_record_by_somebody_else_is_not_allowed(person, record, report, request):
    with pytest.raises(NotAllowed, match="不由您填报"):
        record({"里程": 60}, by=request.getfixturevalue(person))

    assert not report.figures.exists()


def test_filler_records_assigned_sub_projects_only(record, report, filler):
    record({"里程": 60}, by=filler)

    with pytest.raises(NotAllowed, match="不是分给您单位填的"):
        record({"里程": 61, "人数": 700}, by=filler)

    assert report.figures.get().value == Decimal(60)


def test_lead_agency_that_reports_fills_its_sub_projects_for_all_units(
    programme, period, participants, indicators, lead_agency, lead_officer
):
    type(programme).objects.filter(pk=programme.pk).update(reporting_by="agency")
    period.refresh_from_db()
    report = reports.report_for(period=period, agency=lead_agency, by=lead_officer)
    units = [participants["341222"], participants["341282"]]

    outcome = record_figures(
        report=report,
        entries=[FigureEntry(unit.pk, indicators["里程"].pk, "reported", Decimal(60)) for unit in units],
        by=lead_officer,
        origin="form",
    )

    assert len(outcome.saved) == 2
    with pytest.raises(Refused, match="不属于市交通运输局的月报"):
        record_figures(
            report=report,
            entries=[FigureEntry(units[0].pk, indicators["人数"].pk, "reported", Decimal(60))],
            by=lead_officer,
            origin="form",
        )
    reports.submit_report(report=reports.sign_report(report=report, by=lead_officer), by=lead_officer)
    assert report.state == "submitted"


@pytest.fixture
def fill_units(programme, period, indicators, city_officer):
    """Record 里程 of new units, each in its own report, in one call: (number of units, value) → outcomes, queries."""

    def fill(count, value="5", *, submitted=()):
        batches = []
        for number in range(count):
            unit = factories.ParticipantFactory(programme=programme)
            factories.TargetFactory(indicator=indicators["里程"], participant=unit, set_by=city_officer)
            state = "submitted" if number in submitted else "draft"
            report = factories.ReportFactory(period=period, participant=unit, state=state)
            entry = FigureEntry(unit.pk, indicators["里程"].pk, "reported", Decimal(value))
            batches.append((report, [entry]))
        with CaptureQueriesContext(connection) as captured:
            outcomes = record_reports(batches=batches, by=city_officer, origin="form")
        return batches, outcomes, len(captured)

    return fill


def test_record_reports_stores_several_reports_and_keeps_out_the_one_that_refuses(fill_units, city_officer):
    batches, outcomes, _ = fill_units(3, "121", submitted=[1])

    assert [len(outcome.saved) for outcome in outcomes] == [1, 0, 1]
    assert "不能再改数" in str(outcomes[1].refusal)
    assert list(Figure.objects.values_list("report", flat=True).order_by("report")) == [
        batches[0][0].pk,
        batches[2][0].pk,
    ]
    # 121 is more than 120 % of 100
    assert FigureFlag.objects.filter(code="over_120").count() == 2
    assert {event.target_id for event in AuditEvent.objects.filter(verb="record_figures", by=city_officer)} == {
        str(batches[0][0].pk),
        str(batches[2][0].pk),
    }
    for report, _ in batches:
        before = report.version
        report.refresh_from_db()
        assert report.version == before + (report.state == "draft")


def test_record_reports_takes_as_many_queries_for_many_reports_as_for_two(fill_units):
    fill_units(1)  # reads who the officer is
    _, _, few = fill_units(2)

    _, outcomes, many = fill_units(30)

    assert sum(len(outcome.saved) for outcome in outcomes) == 30
    assert many == few


def test_record_takes_as_many_queries_for_many_cells_as_for_few(record, indicators, programme, participants, clerk):
    sub_project = indicators["里程"].sub_project

    def queries(cells):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            record(cells)
        return len(captured)

    for number in range(40):
        name = f"指标{number}"
        indicators[name] = factories.IndicatorFactory(sub_project=sub_project, name=name)
        factories.TargetFactory(indicator=indicators[name], participant=participants["341222"], set_by=clerk)
    record({"里程": 125})  # flagged already in both

    few = queries({"里程": {"value": 130, "reason": "x", "base_version": 1}, "人数": 5})
    many = queries({name: {"value": 140, "reason": "x"} for name in indicators})

    assert many == few
    # 人数 140 lies below its 1000; the other 42 targets are 100 or 90, and 合格率 140 % is more than a share can be
    assert FigureFlag.objects.count() == 42 + 1
