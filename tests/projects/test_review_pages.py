"""The matrix of a month and the page of one report under review: what they show, and what their forms do."""

import datetime
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from livelihood.models import User
from livelihood.registry import to_do_for
from projects.models import (
    CellReview,
    Figure,
    FigureFlag,
    LeadObjection,
    PeriodReopening,
    Reminder,
    Report,
    ReportingPeriod,
)
from projects.review_matrix import CELL_STATES, ReviewMatrix
from projects.review_page import ReviewPage, read_seen, seal_seen
from projects.services import reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SCRIPT = "<script>alert(1)</script>"


@world
def keys(participants, indicators):
    """太和县's cells by the indicator's name."""
    return {name: (participants["341222"].pk, row.pk) for name, row in indicators.items()}


@world
def last_month(july, participants, keys, clerk):
    """太和县's figures of July: 里程 55, 人数 910."""
    report = factories.ReportFactory(period=july, participant=participants["341222"])
    type(july).objects.filter(pk=july.pk).update(state="open")
    for name, value in (("里程", "55"), ("人数", "910")):
        factories.FigureFactory(report=report, indicator_id=keys[name][1], value=Decimal(value), updated_by=clerk)
    type(july).objects.filter(pk=july.pk).update(state="issued")
    return report


@world
def report(last_month, period, participants, keys, clerk, head):
    """太和县's submitted August: 里程 60, 人数 900; 合格率 left blank. No flags."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    entries = [
        FigureEntry(*keys[name], "reported", Decimal(value)) for name, value in (("里程", "60"), ("人数", "900"))
    ]
    record_figures(report=report, entries=entries, by=clerk, origin="form")
    FigureFlag.objects.all().delete()
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    return fresh(report)


@world
def flag(report, keys):
    figure = Figure.objects.get(report=report, indicator=keys["里程"][1])
    return FigureFlag.objects.create(figure=figure, code="x", explanation="比上月多\n请核对", reason=SCRIPT)


@world
def seen_blank(report, keys, city_officer):
    """合格率, the one blank, has been looked at."""
    unit, indicator = keys["合格率"]
    return CellReview.objects.create(
        report=report,
        participant_id=unit,
        indicator_id=indicator,
        nth=1,
        verdict="passed",
        figure_version=0,
        decided_by=city_officer,
    )


@world
def objection(report, keys, lead_agency, lead_officer):
    return LeadObjection.objects.create(
        report=report,
        participant_id=keys["人数"][0],
        indicator_id=keys["人数"][1],
        agency=lead_agency,
        value=Decimal("880"),
        reason="与系统不一致",
        figure_version=1,
        raised_by=lead_officer,
    )


@pytest.fixture
def desk(client, city_officer):
    """The city office's browser."""
    client.force_login(city_officer)
    return client


def fresh(report):
    return Report.objects.select_related("period__programme__owner", "participant").get(pk=report.pk)


def code(key):
    return f"{key[0]}-{key[1]}"


def address(report, step=""):
    return reverse(f"projects:report-review{step}", args=[report.pk])


def seal_of(report, **versions):
    """A page's seal, as the page makes it."""
    page = ReviewPage(report, report.submitted_by)
    return seal_seen(report, {row["pair"]: row["version"] for row in page.rows} | versions.pop("other", {}))


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


# -- the page of one report ---------------------------------------------------------------------


def test_first_lines_are_objected_then_blank_then_flagged(report, flag, objection, keys, city_officer):
    page = ReviewPage(report, city_officer)

    assert [row["pair"] for row in page.first] == [keys["人数"], keys["合格率"], keys["里程"]]
    assert page.rest == []
    # 里程 60 − 55 = +5, 人数 900 − 910 = −10; 60 of 100 is 60.00 %, below 8/12 = 66.67 % of the year.
    roads = page.first[2]
    assert (roads["last"], roads["value"], roads["increment"], roads["rate"]) == ("55.00", "60.00", "+5.00", "60.00")
    people = page.first[0]
    assert (people["increment"], people["falls"], people["is_flow"]) == ("\N{MINUS SIGN}10", True, False)
    # 900 − 880 = 20.
    assert (people["objections"][0]["value"], people["objections"][0]["far"]) == ("880 人", "20")


def test_facts_count_what_the_row_of_numbers_says(report, objection, city_officer):
    facts = ReviewPage(report, city_officer).facts()

    assert facts == {
        "lines": 3,
        "tasks": 3,
        "text": 0,
        "no_task": 0,
        "up": 1,
        "same": 0,
        "down": 1,
        "blank": 1,
        "below": 0,
        "behind": 1,
        "straight_line": Decimal("66.67"),
        "objected": 1,
        "objectors": "市交通运输局",
    }


def test_to_do_of_a_closed_month_counts_only_who_is_covered_by_a_reopening(report, period, participants, city_officer):
    def waiting():
        office = User.objects.get(pk=city_officer.pk)
        return [entry.label for entry in to_do_for(office) if entry.action == "去审核"]

    def reopen(unit):
        reopening = PeriodReopening.objects.create(
            period=period, reason="更正", until=timezone.now(), opened_by=city_officer
        )
        reopening.participants.add(unit)

    open_month = waiting()
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state="closed", closed_at=timezone.now(), closed_by=city_officer
    )
    closed = waiting()
    reopen(participants["341282"])
    other = waiting()
    reopen(report.participant)
    covered = waiting()

    assert [len(found) for found in (open_month, closed, other, covered)] == [1, 0, 0, 1]


def test_strip_shows_other_units_submitted_rates_and_the_average(report, period, participants, keys, city_officer):
    other = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    draft = factories.ReportFactory(
        period=period, participant=participants["341200-own"], state="draft", content_sha256=""
    )
    factories.FigureFactory(report=other, indicator_id=keys["人数"][1], value=Decimal("1000"), updated_by=city_officer)
    factories.FigureFactory(report=draft, indicator_id=keys["人数"][1], value=Decimal("100"), updated_by=city_officer)
    factories.BenchmarkFactory(period=period, indicator_id=keys["人数"][1], value=Decimal("67.30"))

    page = ReviewPage(report, city_officer)
    row = next(row for row in page.rows if row["pair"] == keys["人数"])

    # 900 of 1000 is 90 %, 1000 of 2000 is 50 %; the draft's 100 of 100 is nobody's to see yet.
    # 4 + 90 × 112 ÷ 120 = 88, 4 + 50 × 112 ÷ 120 = 50 (down), 4 + 67.3 × 112 ÷ 120 = 66 (down).
    assert row["strip"] == {
        "own": 88,
        "others": [50],
        "average": 66,
        "words": "本单位 90.00%，全省平均 67.30%，其他 1 家 50.00%",
    }
    assert page.averages_of == period


def test_averages_of_the_last_issued_month_are_named_until_this_months_are_entered(report, july, keys, city_officer):
    factories.BenchmarkFactory(period=july, indicator_id=keys["里程"][1], value=Decimal("70.00"))

    page = ReviewPage(report, city_officer)

    assert page.averages_of == july
    assert page.facts()["below"] == 1


def test_page_shows_tabs_reasons_escaped_and_the_queue(desk, report, flag, objection):
    response = desk.get(address(report))

    assert response.status_code == 200
    assert SCRIPT not in response.content.decode()
    text = text_of(response)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    for words in ("先看这些3", "异议 市交通运输局核为 880 人，差 20", "有任务，没有填数", "已处理 0 / 3", "待审"):
        assert words in text


@pytest.mark.parametrize(
    "query", ["?tab=changed", "?tab=behind", "?tab=objected", "?tab=all", "?tab=nonsense", "?rest=1"]
)
def test_every_tab_opens(query, desk, report, objection):
    assert desk.get(address(report) + query).status_code == 200


def test_beside_month_shows_both_months_rates(desk, report, keys):
    response = desk.get(address(report) + "?beside=month")

    row = next(row for row in response.context["beside_rows"] if row["pair"] == keys["里程"])
    # 55 of 100, then 60 of 100.
    assert [row[name] for name in ("last", "value", "increment", "last_rate", "rate")] == [
        "55.00",
        "60.00",
        "+5.00",
        "55.00",
        "60.00",
    ]


def test_beside_units_leaves_out_units_that_have_not_submitted(desk, report, period, participants):
    factories.ReportFactory(period=period, participant=participants["341282"], state="draft", content_sha256="")

    response = desk.get(address(report) + "?beside=units")

    assert [unit.printed_name for unit in response.context["beside_units"]] == ["太和县"]


def test_queries_do_not_grow_with_indicators_and_units(
    desk, report, indicators, participants, django_assert_max_num_queries
):
    relief = indicators["人数"].sub_project
    for number in range(20):
        row = factories.IndicatorFactory(sub_project=relief, name=f"指标{number}", unit="人")
        factories.TargetFactory(indicator=row, participant=participants["341222"], set_by=report.submitted_by)

    with django_assert_max_num_queries(32):
        response = desk.get(address(report) + "?tab=all")

    assert len(response.context["rows"]) == 23


def test_pass_of_one_line_goes_back_to_the_tab(desk, report, keys):
    response = desk.post(
        address(report, "-pass"), {"seal": seal_of(report), "pass": code(keys["里程"]), "tab": "changed"}
    )

    assert response.status_code == 302
    assert response["Location"] == address(report) + "?tab=changed"
    assert CellReview.objects.get().verdict == "passed"


def test_pass_of_the_chosen_and_of_the_rest(desk, report, keys, flag):
    desk.post(address(report, "-pass"), {"seal": seal_of(report), "pass": "rest"})
    rest = {(row.participant_id, row.indicator_id) for row in CellReview.objects.all()}
    desk.post(
        address(report, "-pass"),
        {"seal": seal_of(report), "pass": "chosen", "cell": [code(keys["里程"]), code(keys["合格率"])]},
    )

    # Only 人数 has neither a flag nor an empty cell.
    assert rest == {keys["人数"]}
    assert CellReview.objects.filter(verdict="passed").count() == 3


def test_return_of_marked_and_chosen_with_a_common_reason(desk, report, keys):
    response = desk.post(
        address(report, "-return"),
        {
            "seal": seal_of(report),
            "what": "chosen",
            "return": code(keys["里程"]),
            f"reason-{code(keys['里程'])}": "多报",
            "cell": code(keys["人数"]),
            "common": "请核对台账",
        },
    )

    assert response.status_code == 302
    found = {row.indicator.name: row.reason for row in CellReview.objects.select_related("indicator")}
    assert found == {"里程": "多报", "人数": "请核对台账"}
    assert fresh(report).state == "returned"


def test_return_of_the_whole_report_with_its_reason(desk, report):
    desk.post(address(report, "-return"), {"seal": seal_of(report), "what": "whole", "common": "请按新口径重报"})

    assert fresh(report).return_reason == "请按新口径重报"
    assert not CellReview.objects.exists()


def test_refused_return_keeps_what_was_marked_and_typed(desk, report, keys):
    response = desk.post(
        address(report, "-return"),
        {
            "seal": seal_of(report),
            "tab": "all",
            "return": [code(keys["里程"]), code(keys["人数"])],
            f"reason-{code(keys['里程'])}": f"{SCRIPT}多报",
            f"reason-{code(keys['人数'])}": "",
        },
    )

    html = response.content.decode()
    assert response.status_code == 422
    assert "“人数”没有写退回原因" in html
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;多报"' in html
    assert html.count("checked") == 2
    assert fresh(report).state == "submitted"


def test_reason_with_a_script_is_escaped_wherever_it_is_shown(desk, report, keys):
    desk.post(
        address(report, "-return"),
        {"seal": seal_of(report), "return": code(keys["里程"]), f"reason-{code(keys['里程'])}": SCRIPT},
    )

    for url in (address(report), reverse("projects:report-detail", args=[report.pk])):
        html = desk.get(url).content.decode()
        assert SCRIPT not in html
        assert "&lt;script&gt;" in html


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["", "x", "1", "1-", "-1", "1-2-3", "１-２", "9" * 50 + "-1", "1-2; drop"])
def test_nonsense_for_a_cell_is_refused_in_words(cell, desk, report):
    response = desk.post(address(report, "-pass"), {"seal": seal_of(report), "pass": cell})

    assert response.status_code == 422
    assert "没有说明是哪一格" in response.content.decode()
    assert not CellReview.objects.exists()


@pytest.mark.parametrize("seal", ["", "forged", "another"])
def test_missing_forged_or_foreign_seal_is_refused(seal, desk, report, last_month, keys):
    if seal == "another":
        seal = seal_seen(last_month, {keys["里程"]: 1})

    passed = desk.post(address(report, "-pass"), {"seal": seal, "pass": code(keys["里程"])})
    approved = desk.post(address(report, "-approve"), {"seal": seal})

    assert (passed.status_code, approved.status_code) == (422, 422)
    assert not CellReview.objects.exists()
    assert fresh(report).state == "submitted"


def test_five_thousand_cells_in_one_form_are_refused(desk, report):
    cells = [f"{report.participant_id}-{number}" for number in range(10_000_000, 10_005_000)]

    response = desk.post(address(report, "-pass"), {"seal": seal_of(report), "pass": "chosen", "cell": cells})

    assert response.status_code in (400, 413, 422)
    assert not CellReview.objects.exists()


def test_approve_goes_on_with_the_next_that_waits(desk, report, period, participants):
    other = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")

    response = desk.post(address(report, "-approve"), {"seal": seal_of(report)})

    assert fresh(report).state == "approved"
    assert response["Location"] == address(other)


def test_approve_with_marked_cells_is_refused(desk, report, keys):
    response = desk.post(address(report, "-approve"), {"seal": seal_of(report), "return": code(keys["里程"])})

    assert response.status_code == 422
    assert "有 1 格选了退回，没有审核通过" in response.content.decode()
    assert fresh(report).state == "submitted"


def test_approve_twice_says_what_it_is_now(desk, report):
    seal = seal_of(report)
    desk.post(address(report, "-approve"), {"seal": seal})

    again = desk.post(address(report, "-approve"), {"seal": seal})

    assert again.status_code == 422
    assert "现在是“已审核”，不能审核通过" in again.content.decode()


def test_whole_has_no_review_and_goes_to_its_own_page(desk, period, participants, indicators, city_officer):
    whole = reports.report_for(period=period, participant=participants["341200"], by=city_officer)

    assert desk.get(address(whole))["Location"] == reverse("projects:report-detail", args=[whole.pk])
    assert desk.post(address(whole, "-pass"), {"pass": "rest"}).status_code == 404


def test_leader_looks_and_has_no_buttons(client, leader, report, flag):
    client.force_login(leader)

    html = client.get(address(report)).content.decode()

    assert "act-pass" not in html
    assert 'id="approve"' not in html


def test_objection_is_settled_from_its_line(desk, report, objection):
    html = desk.get(address(report)).content.decode()
    form = f'id="settle-{objection.pk}"'

    desk.post(
        reverse("projects:objection-settle", args=[objection.pk]),
        {"settlement": "以填报数为准", "next": address(report)},
    )

    assert html.count(form) == 1
    assert html.count(f'form="settle-{objection.pk}"') == 2
    assert "异议 市交通运输局" not in text_of(desk.get(address(report)))


def test_line_returned_before_stays_first_after_it_is_passed(report, keys, city_officer):
    unit, indicator = keys["里程"]
    cell = {"report": report, "participant_id": unit, "indicator_id": indicator, "decided_by": city_officer}
    CellReview.objects.create(nth=1, verdict="returned", reason="请核对", figure_version=0, **cell)
    CellReview.objects.create(nth=2, verdict="passed", figure_version=1, **cell)

    page = ReviewPage(report, city_officer)

    assert [row["pair"] for row in page.first] == [keys["里程"], keys["合格率"]]
    assert page.first[0]["is_passed"]


def test_changed_content_after_approval_is_named(desk, report, city_officer, clerk, keys):
    reports.approve_report(report=report, by=city_officer)
    later = timezone.now() + datetime.timedelta(seconds=5)
    Figure.objects.filter(report=report, indicator=keys["里程"][1]).update(value=Decimal("61"), updated_at=later)

    text = text_of(desk.get(address(report)))

    assert "审核通过之后内容有改动" in text
    assert "里程" in text.split("审核通过之后内容有改动")[1].split("请退回")[0]


def test_key_and_seal_come_back_as_they_went_in(report, keys):
    seen = {keys["里程"]: 3, keys["人数"]: 0}

    assert read_seen(report, seal_seen(report, seen)) == (report.version, seen)


# -- the matrix ---------------------------------------------------------------------------------


def cell_codes(matrix):
    """Reporter → the codes of its cells."""
    return {str(row.reporter): [cell["code"] for cell in row.cells] for row in matrix.rows}


def test_matrix_lists_who_has_not_reported_first(report, period, city_officer):
    matrix = ReviewMatrix(period, city_officer)

    assert [str(row.reporter) for row in matrix.rows] == ["界首市", "市本级", "太和县"]
    assert cell_codes(matrix) == {
        # 市本级 has a task in 合格率 of project 1 and in project 2; nothing is begun.
        "界首市": ["not_begun", "not_begun"],
        "市本级": ["not_begun", "not_begun"],
        "太和县": ["submitted", "submitted"],
    }
    taihe = matrix.rows[2]
    assert (taihe.filled, taihe.tasks, taihe.bureaus_signed, taihe.bureaus) == (2, 3, 0, 1)


def test_matrix_cell_follows_flags_verdicts_and_state(report, flag, objection, period, keys, city_officer):
    flagged = cell_codes(ReviewMatrix(period, city_officer))["太和县"]
    verdict = {"report": report, "nth": 1, "figure_version": 1, "decided_by": city_officer}
    CellReview.objects.create(participant_id=keys["里程"][0], indicator_id=keys["里程"][1], verdict="passed", **verdict)
    LeadObjection.objects.update(settled_at=timezone.now(), settled_by=city_officer, settlement="以县里为准")
    CellReview.objects.create(
        participant_id=keys["人数"][0], indicator_id=keys["人数"][1], verdict="returned", reason="请核对", **verdict
    )
    decided = cell_codes(ReviewMatrix(period, city_officer))["太和县"]
    Report.objects.filter(pk=report.pk).update(state="approved")
    approved = cell_codes(ReviewMatrix(period, city_officer))["太和县"]

    assert flagged == ["flagged", "flagged"]
    assert decided == ["submitted", "returned"]
    assert approved == ["approved", "approved"]


def test_matrix_counts_what_can_be_approved_without_a_look(report, flag, seen_blank, period, keys, city_officer):
    before = ReviewMatrix(period, city_officer).counts()["clean"]
    CellReview.objects.create(
        report=report,
        participant_id=keys["里程"][0],
        indicator_id=keys["里程"][1],
        nth=1,
        verdict="passed",
        figure_version=1,
        decided_by=city_officer,
    )

    assert (before, ReviewMatrix(period, city_officer).counts()["clean"]) == (0, 1)


def test_matrix_page_shows_reminders_lateness_and_actions(desk, report, seen_blank, period, participants, city_officer):
    Reminder.objects.create(period=period, participant=participants["341282"], text="请报送", sent_by=city_officer)

    response = desk.get(reverse("projects:review-matrix", args=[period.programme.code, period.code]))

    text = text_of(response)
    for words in ("× 逾期", "共 1 次", "催报全部未报 1 家", "通过没有问题的 1 份", "代填"):
        assert words in text


def test_matrix_of_many_units_and_projects_costs_the_queries_of_few(
    desk, report, period, programme, indicators, django_assert_num_queries
):
    address = reverse("projects:review-matrix", args=[programme.code, period.code])
    with CaptureQueriesContext(connection) as few:
        desk.get(address)
    for seq in range(3, 12):
        sub_project = factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme, seq=seq))
        factories.IndicatorFactory(sub_project=sub_project, name="件数")
    for number in range(40):
        unit = factories.ParticipantFactory(
            programme=programme, code=f"u{number}", printed_name=f"单位{number}", order=50
        )
        factories.ReportFactory(period=period, participant=unit, state="submitted")

    with django_assert_num_queries(len(few)):
        response = desk.get(address)

    assert len(response.context["matrix"].rows) == 43


def test_states_of_a_cell_differ_by_sign_and_word():
    signs = [sign for sign, _, _ in CELL_STATES.values()]

    assert len(set(signs)) == len(signs)


def test_matrix_says_of_each_report_why_it_is_not_approved_without_a_look(desk, report, flag, objection, period):
    response = desk.get(reverse("projects:review-matrix", args=[period.programme.code, period.code]))

    text = text_of(response)
    assert "不能直接通过：1 格有提示还没有看过；牵头部门对 1 格有异议；1 格是空的，没有写原因" in text
    assert "没有问题的 0，要看的 1" in text


def test_approve_clean_says_what_was_approved_and_why_others_were_not(
    desk, report, flag, seen_blank, period, participants, indicators, city_officer
):
    other = factories.ReportFactory(period=period, participant=participants["341282"], state="submitted")
    for indicator in indicators.values():
        factories.FigureFactory(report=other, indicator=indicator, value=Decimal(80), updated_by=city_officer)
    Report.objects.filter(pk=other.pk).update(content_sha256=reports.content_hash(fresh(other)))

    response = desk.post(reverse("projects:approve-clean", args=[period.programme.code, period.code]), follow=True)

    text = text_of(response)
    assert "已审核通过 1 份：界首市。" in text
    assert "没有通过 太和县：1 格有提示还没有看过。" in text


def test_review_section_leads_to_the_month_and_is_the_offices(desk, report, period, client, clerk):
    response = desk.get(reverse("projects:review-latest"))

    assert response["Location"] == reverse("projects:review-matrix", args=[period.programme.code, period.code])
    html = desk.get(response["Location"]).content.decode()
    assert html.count('aria-current="page"') == 1
    assert "填报审核" in re.search(r'<a [^>]*aria-current="page"[^>]*>([^<]*)', html)[1]
    client.force_login(clerk)
    assert "填报审核" not in client.get("/").content.decode()
