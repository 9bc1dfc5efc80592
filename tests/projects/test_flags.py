"""Flags of a batch (R20): what hangs on what is asked anew, reasons travel, the number of queries stays."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.cross_rules import Term
from projects.models import Figure, FigureFlag, ReportingPeriod
from projects.services import reports
from projects.services.cross_rules import activate_cross_rule, create_cross_rule
from projects.services.figures import FigureEntry, record_figures
from projects.services.imports import import_returns, review_returns
from tests import factories
from tests.projects.workbooks import filled
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def record(report, participants, indicators, clerk):
    """Record cells of 太和县 by indicator name: a number, None for blank, or (number, reason)."""

    def store(cells):
        entries = []
        for name, cell in cells.items():
            value, reason = cell if isinstance(cell, tuple) else (cell, None)
            state = "blank" if value is None else "reported"
            number = None if value is None else Decimal(str(value))
            entries.append(
                FigureEntry(participants["341222"].pk, indicators[name].pk, state=state, value=number, reason=reason)
            )
        return record_figures(report=report, entries=entries, by=clerk, origin="form")

    return store


@world
def training(indicators, programme, participants):
    """合计 100 with 其中 甲 60 and 乙 40, and 开工 100 / 竣工 90, in a sub-project of their own."""
    sub_project = factories.SubProjectFactory(
        project=factories.ProjectFactory(programme=programme, seq=3, name="技能培训")
    )
    setter = factories.UserFactory(username="trainer")
    made = {}
    for name, target in {"合计": 100, "甲": 60, "乙": 40, "开工": 100, "竣工": 90}.items():
        made[name] = factories.IndicatorFactory(
            sub_project=sub_project,
            name=name,
            unit="人",
            part_of=made["合计"] if name in "甲乙" else None,
        )
        factories.TargetFactory(
            indicator=made[name], participant=participants["341222"], value=Decimal(target), set_by=setter
        )
    indicators.update(made)
    return made


@world
def cross_rule(programme, indicators, training, city_officer):
    """合计 ≤ 人数, in use."""
    rule = create_cross_rule(
        programme=programme,
        name="培训的不多于在册的",
        comparison="le",
        terms=[Term("left", indicators["合计"]), Term("right", indicators["人数"])],
        explanation="培训对象都在册。",
        by=city_officer,
    )
    activate_cross_rule(rule=rule, by=city_officer)
    return rule


def flags() -> dict[tuple[str, str], str]:
    """Return the stored flags: (indicator, code) → reason."""
    return {
        (indicator, code): reason
        for indicator, code, reason in FigureFlag.objects.values_list("figure__indicator__name", "code", "reason")
    }


def test_r20_whole_is_asked_anew_when_a_part_changes(record, training, indicators):
    record({"合计": 50, "甲": 30, "乙": 20})
    before = flags()

    more = record({"甲": 31})
    asked = flags()
    less = record({"甲": 29})
    short = flags()
    record({"甲": 30})

    key = (Figure.objects.first().participant_id, indicators["合计"].pk)
    # 31 + 20 = 51 > 50; 29 + 20 = 49 < 50, and the targets 60 + 40 make the whole 100
    assert (before, asked, short, flags()) == (
        {},
        {("合计", "parts_exceed"): ""},
        {("合计", "parts_do_not_add_up"): ""},
        {},
    )
    assert more.related == less.related == [key]


def test_r20_part_taken_away_takes_the_remark_about_the_sum_away(record, training):
    record({"合计": 50, "甲": 20, "乙": 20})
    asked = flags()

    record({"甲": None})

    assert asked == {("合计", "parts_do_not_add_up"): ""}
    assert flags() == {}


def test_r20_finished_is_asked_anew_when_what_is_begun_changes(record, training):
    record({"开工": 50, "竣工": 50})
    before = flags()

    record({"开工": 49})

    assert (before, flags()) == ({}, {("竣工", "completed_over_started"): ""})


def test_r20_other_remarks_of_a_related_cell_and_their_reasons_stay(record, training):
    record({"合计": (130, "含提前批"), "甲": 30, "乙": 20})
    before = flags()

    record({"甲": (131, None)})

    # 130 > 120 % of 100, answered; 30 + 20 = 50 < 130 falls away and 131 + 20 = 151 > 130 comes
    assert before == {("合计", "over_120"): "含提前批", ("合计", "parts_do_not_add_up"): "含提前批"}
    assert flags() == {
        ("合计", "over_120"): "含提前批",
        ("合计", "parts_exceed"): "",
        ("甲", "over_120"): "",
    }


def test_r20_reason_given_to_an_untouched_cell_answers_all_its_remarks(record, training):
    record({"合计": 130, "甲": 30, "乙": 20})

    outcome = record({"合计": (130, "含提前批")})

    assert (outcome.saved, len(outcome.explained)) == ([], 1)
    assert flags() == {("合计", "over_120"): "含提前批", ("合计", "parts_do_not_add_up"): "含提前批"}


def test_cross_rule_flags_the_first_figure_on_the_left_whichever_side_changes(record, cross_rule):
    record({"合计": 80, "人数": 80})
    before = flags()

    outcome = record({"人数": 79})
    asked = flags()
    text = FigureFlag.objects.get().explanation
    record({"合计": 79})

    code = f"cross-{cross_rule.pk}"
    assert (before, asked, flags()) == ({}, {("合计", code): ""}, {})
    assert len(outcome.related) == 1
    assert text.splitlines() == [
        "不符合勾稽关系“培训的不多于在册的”：左边 80人，右边 79人，左边不应大于右边，相差 1人。",
        "培训对象都在册。",
    ]


def test_cross_rule_says_nothing_while_a_figure_is_missing(record, cross_rule):
    record({"合计": 80})
    alone = flags()
    record({"人数": 79})
    asked = flags()

    record({"人数": None})

    assert (alone, list(asked), flags()) == ({}, [("合计", f"cross-{cross_rule.pk}")], {})


def test_cross_rule_out_of_use_asks_nothing(record, programme, training, indicators, city_officer):
    create_cross_rule(
        programme=programme,
        name="只是草稿",
        comparison="le",
        terms=[Term("left", indicators["合计"]), Term("right", indicators["人数"])],
        by=city_officer,
    )

    record({"合计": 80, "人数": 79})

    assert flags() == {}


def _july(july, participants, figures, reasons=()):
    """Put figures and answered flags into 太和县's issued July."""
    ReportingPeriod.objects.filter(pk=july.pk).update(state="open")
    report = factories.ReportFactory(period=july, participant=participants["341222"])
    made = {
        indicator: factories.FigureFactory(report=report, indicator=indicator, value=Decimal(value))
        for indicator, value in figures
    }
    for indicator, code, explanation, reason in reasons:
        FigureFlag.objects.create(figure=made[indicator], code=code, explanation=explanation, reason=reason)
    ReportingPeriod.objects.filter(pk=july.pk).update(state="issued")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("里程", "130", "over_120"),
        ("里程", "60", "copied_unchanged"),
        ("合格率", "100.5", "share_above_100"),
        ("人数", "700.5", "fraction_of_counted"),
    ],
)
def test_r20_reason_of_last_month_comes_along_while_the_value_is_the_same(
    name, value, code, record, july, participants, indicators
):
    _july(july, participants, [(indicators[name], value)], [(indicators[name], code, "上月\n说明", "已核实")])

    record({name: value})

    now = FigureFlag.objects.get(figure__period__state="open", code=code)
    assert now.reason == "已核实"


def test_r20_reason_about_a_sum_comes_along_only_while_the_parts_are_the_same(
    record, july, participants, training, indicators
):
    words = (
        "其中各项（甲、乙）合计 40人，比总数 50人 少。\n"
        "目标里其中各项加起来就是总数，请核对是否漏了一项；口径不同的，请写明原因。"
    )
    _july(
        july,
        participants,
        [(training["合计"], 50), (training["甲"], 20), (training["乙"], 20)],
        [(training["合计"], "parts_do_not_add_up", words, "乙局未报全")],
    )

    def reason():
        return FigureFlag.objects.get(figure__period__state="open", code="parts_do_not_add_up").reason

    record({"合计": 50, "甲": 20, "乙": 20})
    same = reason()
    record({"甲": 21})

    assert (same, reason()) == ("乙局未报全", "")


def test_record_asks_the_database_as_often_for_a_hundred_cells_as_for_two(
    record, training, cross_rule, indicators, participants, programme, clerk
):
    sub_project = training["合计"].sub_project

    def queries(cells):
        with CaptureQueriesContext(connection) as captured:
            record(cells)
        return len(captured)

    for number in range(50):
        whole = factories.IndicatorFactory(sub_project=sub_project, name=f"总{number}", unit="人")
        part = factories.IndicatorFactory(sub_project=sub_project, name=f"分{number}", unit="人", part_of=whole)
        for row in (whole, part):
            indicators[row.name] = row
            factories.TargetFactory(indicator=row, participant=participants["341222"], set_by=clerk)
    record({"合计": 80, "人数": 80, "甲": 30, **{f"分{number}": 5 for number in range(50)}})

    few = queries({"合计": 90, "甲": 91})
    many = queries({"合计": 95, "甲": 96, **{f"总{number}": 4 for number in range(50)}})

    assert many == few
    # 50 wholes of 4 with a part of 5, and 96 > 95; 95 > 80 heads; 96 of a target of 60 is 160 %
    assert FigureFlag.objects.filter(code="parts_exceed").count() == 51


def test_workbook_is_asked_the_same_as_a_form(
    settings, tmp_path, period, july, participants, indicators, cross_rule, city_officer
):
    settings.MEDIA_ROOT = tmp_path / "media"
    _july(july, participants, [(indicators["里程"], 60)])
    # the template's lines: 里程, 合格率, 人数, 合计, 甲, 乙, 开工, 竣工 from row 4 on
    cells = {"H4": 59, "H5": 100.5, "H6": 70, "H7": 80, "H8": 50, "H9": 40, "H10": 8, "H11": 9}
    path = filled(tmp_path / "太和县.xlsx", period=period, participant=participants["341222"], cells=cells)
    review = review_returns(files=[(path, path.name)], programme=period.programme, period=period)

    import_returns(review=review, by=city_officer)

    assert set(flags()) == {
        ("里程", "falling_flow"),
        ("合格率", "share_above_100"),
        ("合计", "parts_exceed"),
        ("合计", f"cross-{cross_rule.pk}"),
        ("竣工", "completed_over_started"),
    }


def test_page_offers_the_usual_reasons_and_takes_others(client, record, report, july, participants, indicators, clerk):
    _july(july, participants, [(indicators["里程"], 60)])
    record({"里程": (59, "重复统计")})
    client.force_login(clerk)

    page = client.get(f"/reports/{report.pk}/").text

    assert all(f'<option value="{word}"></option>' in page for word in ("核减", "口径", "笔误"))
    assert 'value="重复统计"' in page
