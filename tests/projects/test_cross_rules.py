"""勾稽关系: what may be stored, what a rule says of every month, and what its pages do."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects import cross_rules
from projects.cross_rules import Term
from projects.models import CrossRule, FigureFlag, Participant, ReportingPeriod
from projects.services.cross_rules import (
    activate_cross_rule,
    create_cross_rule,
    deactivate_cross_rule,
    update_cross_rule,
)
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def terms(indicators):
    """里程 ＝ 人数."""
    return [Term("left", indicators["里程"]), Term("right", indicators["人数"])]


@world
def rule(programme, terms, city_officer):
    """里程 ＝ 人数, not in use."""
    return create_cross_rule(
        programme=programme,
        name="里程等于人数",
        comparison="eq",
        terms=terms,
        by=city_officer,
        tolerance=Decimal("0.5"),
    )


@pytest.fixture
def filled(participants, indicators):
    """Store figures of a unit in a period: {indicator name: value}."""

    def fill(period, values, unit="341222"):
        state = ReportingPeriod.objects.values_list("state", flat=True).get(pk=period.pk)
        ReportingPeriod.objects.filter(pk=period.pk).update(state="open")
        report = factories.ReportFactory(period=period, participant=participants[unit])
        for name, value in values.items():
            factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value))
        ReportingPeriod.objects.filter(pk=period.pk).update(state=state)
        return report

    return fill


def tried(terms, comparison, periods, tolerance="0"):
    """Return the dry run as (participant name, left, right, difference, outcome)."""
    names = dict(Participant.objects.values_list("pk", "printed_name"))
    lines = cross_rules.dry_run(comparison=comparison, tolerance=Decimal(tolerance), terms=terms, periods=periods)
    return [(names[row.participant_id], row.left, row.right, row.difference, row.outcome) for row in lines]


def test_create_stores_a_draft_that_asks_nothing_yet_and_an_audit_event(rule, city_officer):
    assert (rule.is_active, rule.version, rule.terms.count()) == (False, 1, 2)
    event = AuditEvent.objects.get(verb="create_cross_rule")
    assert event.after["formula"] == "里程 ＝ 人数"
    assert event.by == city_officer


@pytest.mark.parametrize("person", ["clerk", "head", "leader", "inspector", "lead_officer", "filler", "stranger"])
def test_only_the_city_office_keeps_rules(person, programme, terms, rule, request):
    somebody = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        create_cross_rule(programme=programme, name="甲", comparison="eq", terms=terms, by=somebody)
    with pytest.raises(NotAllowed):
        update_cross_rule(rule=rule, version=1, name="甲", comparison="eq", terms=terms, by=somebody)
    with pytest.raises(NotAllowed):
        activate_cross_rule(rule=rule, by=somebody)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "  "}, "请填勾稽关系的名称"),
        ({"name": "长" * 101}, "名称最多 100 字，现在有 101 字"),
        ({"name": "里程等于人数"}, "已有一条勾稽关系叫“里程等于人数”"),
        ({"explanation": "长" * 301}, "说明最多 300 字，现在有 301 字"),
        ({"explanation": "a\x00b"}, "不能保存的字符"),
        ({"comparison": "lt"}, "请选等于"),
        ({"tolerance": Decimal("-1")}, "不能为负数"),
        ({"tolerance": Decimal("9" * 50)}, "最多 14 位整数、6 位小数"),
        ({"tolerance": Decimal("0.0000001")}, "最多 14 位整数、6 位小数"),
        ({"tolerance": Decimal("NaN")}, "不是一个确定的数"),
        ({"tolerance": Decimal("Infinity")}, "不是一个确定的数"),
    ],
)
def test_wrong_rule_is_refused_with_a_sentence_and_nothing_is_stored(
    changes, sentence, programme, terms, rule, city_officer
):
    fields = {"name": "新的", "comparison": "eq", "terms": terms} | changes

    with pytest.raises(Refused, match=sentence):
        create_cross_rule(programme=programme, by=city_officer, **fields)

    assert CrossRule.objects.count() == 1


def test_wrong_terms_are_refused(programme, indicators, city_officer):
    stranger = factories.IndicatorFactory(name="外人")
    text = factories.IndicatorFactory(
        sub_project=indicators["里程"].sub_project, name="进展", kind="text", assessed=False, additive=False
    )
    left, right = Term("left", indicators["里程"]), Term("right", indicators["人数"])
    many = [Term("left", factories.IndicatorFactory(sub_project=indicators["里程"].sub_project)) for _ in range(9)]
    cases = {
        "左边还没有指标": [right],
        "右边还没有指标": [left],
        "“里程”出现了两次": [left, Term("right", indicators["里程"], Decimal(2)), right],
        "“外人”不属于": [left, right, Term("right", stranger)],
        "“进展”是文字类指标": [left, right, Term("right", text)],
        "“里程”的系数不能为 0": [Term("left", indicators["里程"], Decimal(0)), right],
        "“里程”的系数最多 6 位整数、6 位小数": [Term("left", indicators["里程"], Decimal(1000000)), right],
        "“里程”的系数不是一个确定的数": [Term("left", indicators["里程"], Decimal("NaN")), right],
        "左边最多 8 项，现在有 9 项": [*many, right],
    }

    for sentence, terms in cases.items():
        with pytest.raises(Refused, match=sentence):
            create_cross_rule(programme=programme, name="新的", comparison="eq", terms=terms, by=city_officer)

    assert not CrossRule.objects.exists()


def test_update_replaces_the_terms_and_tells_who_was_late(rule, terms, indicators, city_officer):
    changed = [Term("left", indicators["合格率"], Decimal("-1.5")), terms[1]]

    update_cross_rule(rule=rule, version=1, name="改名", comparison="ge", terms=changed, by=city_officer)

    assert (rule.name, rule.version) == ("改名", 2)
    assert cross_rules.formula(cross_rules.terms_of(rule), rule.comparison) == "−合格率 × 1.5 ≥ 人数"
    event = AuditEvent.objects.get(verb="update_cross_rule")
    assert (event.before["name"], event.after["name"]) == ("里程等于人数", "改名")
    with pytest.raises(InvalidTransition, match="刚刚被别人改过"):
        update_cross_rule(rule=rule, version=1, name="又改", comparison="eq", terms=terms, by=city_officer)
    rule.refresh_from_db()
    assert (rule.name, rule.terms.count()) == ("改名", 2)


def test_switching_twice_is_told(rule, city_officer):
    activate_cross_rule(rule=rule, by=city_officer)

    with pytest.raises(InvalidTransition, match="已经启用了"):
        activate_cross_rule(rule=rule, by=city_officer)

    deactivate_cross_rule(rule=rule, by=city_officer)
    with pytest.raises(InvalidTransition, match="已经停用了"):
        deactivate_cross_rule(rule=rule, by=city_officer)
    assert [event.verb for event in AuditEvent.objects.filter(target_label="cross_rule").order_by("id")] == [
        "create_cross_rule",
        "activate_cross_rule",
        "deactivate_cross_rule",
    ]


def test_dry_run_gives_both_sides_the_difference_and_what_is_missing(terms, filled, july, period):
    filled(july, {"里程": "40.25", "人数": "40"})
    filled(period, {"里程": "41"})
    filled(period, {"里程": "30", "人数": "30"}, unit="341282")

    lines = tried(terms, "eq", [period, july], tolerance="0.25")

    # 40.25 − 40 = 0.25, just allowed
    assert lines == [
        ("太和县", None, None, None, "missing"),
        ("界首市", 30, 30, 0, "fine"),
        ("太和县", Decimal("40.25"), 40, Decimal("0.25"), "fine"),
    ]
    missing = cross_rules.dry_run(comparison="eq", tolerance=Decimal(0), terms=terms, periods=[period])[0]
    assert missing.missing == ["人数"]


@pytest.mark.parametrize(
    ("comparison", "left", "right", "outcome"),
    [
        ("eq", "10", "10.5", "fine"),
        ("eq", "10", "10.500001", "broken"),
        ("eq", "10.6", "10", "broken"),
        ("le", "10.5", "10", "fine"),
        ("le", "10.6", "10", "broken"),
        ("le", "1", "10", "fine"),
        ("ge", "10", "10.5", "fine"),
        ("ge", "10", "10.6", "broken"),
        ("ge", "99", "10", "fine"),
    ],
)
def test_comparison_holds_within_the_tolerance_exactly(comparison, left, right, outcome, terms, filled, period):
    filled(period, {"里程": left, "人数": right})

    assert [line[-1] for line in tried(terms, comparison, [period], tolerance="0.5")] == [outcome]


def test_sums_are_exact_with_factors_and_signs(indicators, filled, period):
    filled(period, {"里程": "0.1", "合格率": "0.2", "人数": "1000003"})
    terms = [
        Term("left", indicators["里程"]),
        Term("left", indicators["合格率"]),
        Term("right", indicators["人数"], Decimal("0.000001")),
    ]

    lines = tried(terms, "eq", [period])

    # 0.1 + 0.2 = 0.3 exactly; 1000003 × 0.000001 = 1.000003; 0.3 − 1.000003 = −0.700003
    assert lines == [("太和县", Decimal("0.3"), Decimal("1.000003"), Decimal("-0.700003"), "broken")]


def test_r04_term_without_a_task_is_left_out_and_a_side_without_any_is_outside(
    indicators, filled, period, participants, terms
):
    filled(period, {"人数": "50"}, unit="341200-own")
    filled(period, {"里程": "60", "人数": "50"})
    factories.TargetFactory(
        indicator=indicators["合格率"],
        participant=participants["341222"],
        revision=2,
        state="no_task",
        value=None,
        reason="调整",
    )
    with_rate = [*terms, Term("right", indicators["合格率"])]

    lines = tried(with_rate, "ge", [period])

    # 太和县: 合格率 has no task, so 60 ≥ 50; 市本级: 里程 has none, so the left side is nothing
    assert lines == [("太和县", 60, 50, 10, "fine"), ("市本级", None, None, None, "outside")]


def test_activation_asks_open_months_and_never_a_closed_one(rule, filled, july, period, city_officer):
    filled(july, {"里程": "10", "人数": "20"})
    filled(period, {"里程": "10", "人数": "20"})
    filled(period, {"里程": "30", "人数": "30"}, unit="341282")

    flagged = activate_cross_rule(rule=rule, by=city_officer)

    flag = FigureFlag.objects.get()
    assert flagged == 1
    assert (flag.code, flag.figure.period, flag.figure.indicator.name) == (f"cross-{rule.pk}", period, "里程")
    assert "左边 10，右边 20，应当相等，相差 10（允许相差 0.5）" in flag.explanation


def test_changed_rule_asks_anew_keeps_a_fitting_answer_and_deactivation_takes_its_flags_away(
    rule, terms, filled, period, city_officer
):
    filled(period, {"里程": "10", "人数": "20"})
    filled(period, {"里程": "35", "人数": "30"}, unit="341282")
    activate_cross_rule(rule=rule, by=city_officer)
    FigureFlag.objects.update(reason="已核实")

    # 10 ≤ 20 holds, 35 ≤ 30 does not
    update_cross_rule(
        rule=rule,
        version=rule.version,
        name=rule.name,
        comparison="le",
        terms=terms,
        by=city_officer,
        tolerance=Decimal(1),
    )
    left = [(row.figure.participant.printed_name, row.reason) for row in FigureFlag.objects.all()]
    deactivate_cross_rule(rule=rule, by=city_officer)

    # the words changed with the rule, so the old answer is asked for again
    assert left == [("界首市", "")]
    assert not FigureFlag.objects.exists()


def test_activating_again_keeps_the_number_of_queries_whatever_the_units(
    rule, filled, period, city_officer, programme, indicators, django_assert_max_num_queries
):
    for number in range(20):
        unit = factories.ParticipantFactory(programme=programme, code=f"x{number}", printed_name=f"县{number}")
        report = factories.ReportFactory(period=period, participant=unit)
        for name, value in {"里程": 1, "人数": 5}.items():
            factories.FigureFactory(report=report, indicator=indicators[name], value=Decimal(value))

    with django_assert_max_num_queries(20):
        flagged = activate_cross_rule(rule=rule, by=city_officer)

    assert flagged == 20


# -- pages --------------------------------------------------------------------------------------


@pytest.fixture
def keeper(client, city_officer):
    """The city office's browser."""
    client.force_login(city_officer)
    return client


def address(name, programme, rule=None):
    return reverse(f"projects:cross-rule-{name}", args=[programme.code, *([rule.pk] if rule else [])])


def fields(indicators, **changes) -> dict:
    return {
        "name": "里程不多于人数",
        "comparison": "le",
        "tolerance": "0",
        "explanation": "",
        "left-1-indicator": indicators["里程"].pk,
        "left-1-factor": "1",
        "right-1-indicator": indicators["人数"].pk,
        "right-1-factor": "1",
    } | changes


def test_page_stores_a_rule_shows_its_dry_run_and_puts_it_to_use(keeper, programme, indicators, filled, period):
    filled(period, {"里程": "60", "人数": "50"})

    stored = keeper.post(address("new", programme), fields(indicators), follow=True)
    rule = CrossRule.objects.get()
    switched = keeper.post(address("switch", programme, rule), {"active": "1"}, follow=True)

    assert stored.redirect_chain[-1][0] == address("dry-run", programme, rule)
    assert "里程 ≤ 人数" in stored.text
    assert "! 不符" in stored.text
    assert "填报中的月份有 1 处不符" in switched.text
    assert FigureFlag.objects.get().code == f"cross-{rule.pk}"


def test_page_tries_what_stands_in_the_form_and_stores_nothing(keeper, programme, indicators, filled, july):
    filled(july, {"里程": "60", "人数": "50"})

    response = keeper.post(address("new", programme), fields(indicators) | {"try": "1"})

    assert response.status_code == 200
    assert "+10" in response.text
    assert not CrossRule.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请填勾稽关系的名称"),
        ({"left-1-indicator": ""}, "左边还没有指标"),
        ({"right-1-indicator": ""}, "右边还没有指标"),
        ({"right-1-indicator": "999999"}, "右边第 1 项不是“阜阳市2020年民生工程”的指标"),
        ({"right-1-indicator": "abc"}, "右边第 1 项不是"),
        ({"left-1-factor": "0"}, "系数不能为 0"),
        ({"left-1-factor": "abc"}, "“abc”不是数字"),
        ({"left-1-factor": "1000000"}, "系数太大"),
        ({"left-1-factor": "/"}, "系数要填数字"),
        ({"tolerance": "9" * 50}, "太大：小数点前最多 14 位"),
        ({"tolerance": "-1"}, "“-1”是负数：允许相差不能为负"),
        ({"tolerance": "=1+1"}, "“=1+1”不是数字"),
        ({"comparison": "<"}, "请选等于"),
        ({"explanation": "长" * 301}, "说明最多 300 字"),
        ({"name": "<script>alert(1)</script>" * 5}, "名称最多 100 字"),
    ],
)
def test_page_says_what_is_wrong_and_keeps_what_was_typed(changes, sentence, keeper, programme, indicators):
    response = keeper.post(address("new", programme), fields(indicators) | changes)

    assert response.status_code == 422
    assert sentence in response.text.replace("&quot;", '"')
    assert "<script>alert" not in response.text
    assert not CrossRule.objects.exists()


def test_page_names_the_indicator_chosen_twice(keeper, programme, indicators):
    twice = fields(indicators) | {"left-2-indicator": indicators["人数"].pk, "left-2-factor": "2"}

    response = keeper.post(address("new", programme), twice)

    assert "“人数”已经选过" in response.text


def test_page_changes_a_rule_and_refuses_an_old_version(keeper, programme, rule, indicators):
    shown = keeper.get(address("detail", programme, rule))
    changed = keeper.post(address("detail", programme, rule), fields(indicators) | {"version": "1"}, follow=True)
    late = keeper.post(address("detail", programme, rule), fields(indicators, name="晚了") | {"version": "1"})

    assert 'value="里程等于人数"' in shown.text
    assert "已改好" in changed.text
    assert (late.status_code, "刚刚被别人改过" in late.text) == (422, True)
    rule.refresh_from_db()
    assert rule.name == "里程不多于人数"


def test_others_read_the_rules_and_change_nothing(client, clerk, programme, rule, indicators):
    client.force_login(clerk)

    listed = client.get(address("list", programme))
    read = client.get(address("detail", programme, rule))
    refused = client.post(address("detail", programme, rule), fields(indicators))

    assert "里程 ＝ 人数" in listed.text
    assert "新增勾稽关系" not in listed.text
    assert "允许相差 0.5" in read.text
    assert "试算" not in listed.text + read.text
    assert refused.status_code == 403


def test_rule_of_another_programme_is_not_found_here(keeper, rule, city):
    other = factories.ProgrammeFactory(code="fuyang-2021", owner=city)

    assert keeper.get(reverse("projects:cross-rule-detail", args=[other.code, rule.pk])).status_code == 404


def test_list_takes_as_many_queries_for_many_rules_as_for_few(keeper, programme, rule, terms, city_officer):
    with CaptureQueriesContext(connection) as few:
        keeper.get(address("list", programme))
    for number in range(10):
        create_cross_rule(programme=programme, name=f"关系{number}", comparison="eq", terms=terms, by=city_officer)

    with CaptureQueriesContext(connection) as many:
        keeper.get(address("list", programme))

    assert len(many) == len(few)
