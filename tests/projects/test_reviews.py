"""逐格审核: cells passed and returned as the reviewer saw them, and clean reports approved at once."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.cell_notes import cell_notes
from projects.models import CellReview, Figure, FigureFlag, LeadObjection, Report
from projects.services import reports, reviews
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

PEOPLE = ["clerk", "head", "other_clerk", "filler", "lead_officer", "leader", "inspector", "stranger"]


def fresh(report):
    """The report as somebody else's page has just read it."""
    return Report.objects.select_related("period__programme__owner", "participant").get(pk=report.pk)


@world
def keys(participants, indicators):
    """太和县's cells by the indicator's name."""
    return {name: (participants["341222"].pk, row.pk) for name, row in indicators.items()}


@world
def report(period, participants, keys, clerk, head):
    """太和县's submitted report: 里程 60, 合格率 95, 人数 900; every figure in its first version."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    values = {"里程": "60", "合格率": "95", "人数": "900"}
    entries = [FigureEntry(*keys[name], "reported", Decimal(value)) for name, value in values.items()]
    record_figures(report=report, entries=entries, by=clerk, origin="form")
    FigureFlag.objects.all().delete()
    reports.sign_report(report=report, by=head)
    return reports.submit_report(report=report, by=clerk)


@world
def seen(keys):
    """What the reviewer's page showed."""
    return dict.fromkeys(keys.values(), 1)


@world
def flagged(report, keys):
    """A flag with its reason on 里程."""
    figure = Figure.objects.get(report=report, indicator=keys["里程"][1])
    return FigureFlag.objects.create(figure=figure, code="over_120", explanation="超过目标\n请核对", reason="属实")


@world
def objection(report, keys, lead_agency, lead_officer):
    """市交通运输局 holds another figure for 里程."""
    unit, indicator = keys["里程"]
    return LeadObjection.objects.create(
        report=report,
        participant_id=unit,
        indicator_id=indicator,
        agency=lead_agency,
        value=Decimal("58"),
        reason="与路网系统不一致",
        figure_version=1,
        raised_by=lead_officer,
    )


def resign(report):
    """As if it had been signed and submitted as it stands now."""
    Report.objects.filter(pk=report.pk).update(content_sha256=reports.content_hash(fresh(report)))


def filled_report(period, unit, indicators, by):
    """A submitted report with a figure in every cell."""
    made = factories.ReportFactory(period=period, participant=unit, state="submitted")
    for indicator in indicators.values():
        factories.FigureFactory(report=made, indicator=indicator, value=Decimal(80), updated_by=by)
    resign(made)
    return made


def unchanged(report):
    """Nothing was decided and the report is where it was."""
    return (
        not CellReview.objects.exists()
        and Report.objects.get(pk=report.pk).state == report.state
        and not AuditEvent.objects.filter(verb__in=["pass_cells", "return_report", "approve_report"]).exists()
    )


@pytest.mark.django_db
def test_pass_cells_notes_verdict_once_per_version(report, keys, seen, city_officer):
    cells = [keys["里程"], keys["人数"]]

    first = reviews.pass_cells(report=report, keys=cells, seen=seen, by=city_officer)
    again = reviews.pass_cells(report=report, keys=cells, seen=seen, by=city_officer)

    assert (first, again) == (2, 0)
    assert {key for key, note in cell_notes(report).items() if note.is_passed} == set(cells)
    event = AuditEvent.objects.get(verb="pass_cells")
    assert (event.by, len(event.after["cells"])) == (city_officer, 2)
    assert Report.objects.get(pk=report.pk).state == "submitted"


@pytest.mark.django_db
def test_return_cells_sends_report_back_with_each_reason(report, keys, seen, city_officer):
    reasons = {keys["里程"]: " 与台账不一致 ", keys["人数"]: "少报 8 人"}

    returned = reviews.return_cells(report=report, reasons=reasons, seen=seen, by=city_officer)

    assert returned.state == "returned"
    assert returned.return_reason == "退回 2 格：里程（与台账不一致）；人数（少报 8 人）"
    notes = cell_notes(report)
    assert {key: note.review.reason for key, note in notes.items()} == {
        keys["里程"]: "与台账不一致",
        keys["人数"]: "少报 8 人",
    }
    assert all(note.is_open for note in notes.values())
    event = AuditEvent.objects.get(verb="return_report")
    assert event.after["cells"] == {f"{unit}-{row}": notes[unit, row].review.reason for unit, row in reasons}


@pytest.mark.django_db
def test_second_round_verdicts_are_numbered_on(report, keys, seen, clerk, head, city_officer):
    key = keys["里程"]
    reviews.return_cells(report=report, reasons={key: "请核对"}, seen=seen, by=city_officer)
    record_figures(
        report=fresh(report),
        entries=[FigureEntry(*key, "reported", Decimal("61"), base_version=1)],
        by=clerk,
        origin="form",
    )
    reports.sign_report(report=(again := fresh(report)), by=head)
    reports.submit_report(report=again, by=clerk)

    reviews.pass_cells(report=again, keys=[key], seen={key: 2}, by=city_officer)

    found = CellReview.objects.filter(report=report).order_by("nth").values_list("nth", "verdict", "figure_version")
    assert list(found) == [(1, "returned", 1), (2, "passed", 2)]


@pytest.mark.django_db
@pytest.mark.parametrize("person", PEOPLE)
def test_review_by_anybody_but_the_office_is_not_allowed(person, report, keys, seen, request):
    by = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        reviews.pass_cells(report=report, keys=[keys["里程"]], seen=seen, by=by)
    with pytest.raises(NotAllowed):
        reviews.return_cells(report=report, reasons={keys["里程"]: "请核对"}, seen=seen, by=by)
    with pytest.raises(NotAllowed):
        reviews.approve_reviewed(report=report, by=by)
    with pytest.raises(NotAllowed):
        reviews.approve_clean(period=report.period, by=by)

    assert unchanged(report)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("", "没有写退回原因"), ("  \n", "没有写退回原因"), ("字" * 501, "有 501 字，超过 500 字")],
)
def test_return_without_or_with_too_long_a_reason_is_refused(reason, sentence, report, keys, seen, city_officer):
    reasons = {keys["人数"]: "请核对", keys["里程"]: reason}

    with pytest.raises(Refused, match=rf"“里程”.*{sentence}"):
        reviews.return_cells(report=report, reasons=reasons, seen=seen, by=city_officer)

    assert unchanged(report)


@pytest.mark.django_db
def test_reason_of_five_hundred_characters_is_taken_whole(report, keys, seen, city_officer):
    reviews.return_cells(report=report, reasons={keys["里程"]: "字" * 500}, seen=seen, by=city_officer)

    assert CellReview.objects.get().reason == "字" * 500


@pytest.mark.django_db
def test_cell_of_another_report_is_refused(report, keys, seen, participants, city_officer):
    foreign = (participants["341282"].pk, keys["里程"][1])

    for call in (
        lambda: reviews.pass_cells(report=report, keys=[keys["里程"], foreign], seen=seen, by=city_officer),
        lambda: reviews.return_cells(report=report, reasons={foreign: "请核对"}, seen=seen, by=city_officer),
    ):
        with pytest.raises(Refused, match="有 1 格不在太和县"):
            call()

    assert unchanged(report)


@pytest.mark.django_db
def test_five_thousand_keys_are_refused_in_a_handful_of_queries(
    report, seen, city_officer, django_assert_max_num_queries
):
    made_up = [(report.participant_id, 10_000_000 + number) for number in range(5000)]

    with django_assert_max_num_queries(12), pytest.raises(Refused, match="有 5000 格不在"):
        reviews.pass_cells(report=report, keys=made_up, seen=seen, by=city_officer)

    assert unchanged(report)


@pytest.mark.django_db
def test_no_cells_at_all_is_refused(report, seen, city_officer):
    with pytest.raises(Refused, match="没有选定任何一格"):
        reviews.return_cells(report=report, reasons={}, seen=seen, by=city_officer)


@pytest.mark.django_db
@pytest.mark.parametrize("shown", [{}, {"里程": 0}, {"里程": 2}])
def test_cell_the_page_showed_otherwise_is_refused_by_name(shown, report, keys, city_officer):
    seen = {keys[name]: version for name, version in shown.items()}

    with pytest.raises(InvalidTransition, match="“里程”的数有改动"):
        reviews.pass_cells(report=report, keys=[keys["里程"]], seen=seen, by=city_officer)
    with pytest.raises(InvalidTransition, match="“里程”的数有改动"):
        reviews.return_cells(report=report, reasons={keys["里程"]: "请核对"}, seen=seen, by=city_officer)

    assert unchanged(report)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "signed", "returned", "approved"])
def test_pass_of_a_report_that_does_not_wait_is_refused(state, report, keys, seen, city_officer):
    Report.objects.filter(pk=report.pk).update(state=state, return_reason="原因")

    with pytest.raises(InvalidTransition, match="不能逐格通过，什么都没有改动"):
        reviews.pass_cells(report=report, keys=[keys["里程"]], seen=seen, by=city_officer)

    assert not CellReview.objects.exists()


@pytest.mark.django_db
def test_return_from_an_overtaken_page_is_refused(report, keys, seen, city_officer):
    opened = fresh(report)
    reports.approve_report(report=report, by=city_officer)

    with pytest.raises(InvalidTransition, match="打开页面之后有改动"):
        reviews.return_cells(report=opened, reasons={keys["里程"]: "请核对"}, seen=seen, by=city_officer)

    assert not CellReview.objects.exists()
    assert fresh(report).state == "approved"


@pytest.mark.django_db
def test_review_in_a_closed_period_is_refused(report, keys, seen, city_officer):
    period = report.period
    type(period).objects.filter(pk=period.pk).update(
        state="closed", closed_at="2020-09-10T08:00:00Z", closed_by=city_officer
    )

    with pytest.raises(Refused, match="已经封账，什么都没有改动"):
        reviews.pass_cells(report=fresh(report), keys=[keys["里程"]], seen=seen, by=city_officer)
    with pytest.raises(Refused, match="已经封账，什么都没有改动"):
        reviews.return_cells(report=fresh(report), reasons={keys["里程"]: "请核对"}, seen=seen, by=city_officer)

    assert unchanged(report)


@pytest.mark.django_db
def test_whole_is_not_reviewed(period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341200"], by=city_officer)
    key = (participants["341200"].pk, indicators["合格率"].pk)

    with pytest.raises(Refused, match="直接录入，不用审核"):
        reviews.return_cells(report=report, reasons={key: "请核对"}, seen={key: 0}, by=city_officer)


@pytest.mark.django_db
def test_approval_with_an_open_returned_cell_is_refused(report, keys, city_officer):
    unit, indicator = keys["里程"]
    CellReview.objects.create(
        report=report,
        participant_id=unit,
        indicator_id=indicator,
        nth=1,
        verdict="returned",
        reason="请核对",
        figure_version=1,
        decided_by=city_officer,
    )

    with pytest.raises(Refused, match=r"还有 1 格退回后没有改也没有说明.*里程"):
        reviews.approve_reviewed(report=report, by=city_officer)
    outcome = reviews.approve_clean(period=report.period, by=city_officer)

    assert fresh(report).state == "submitted"
    assert [reason for _, reason in outcome.kept] == ["1 格退回后没有改也没有说明。"]


@pytest.mark.django_db
def test_approve_clean_approves_what_nobody_doubts(report, city_officer):
    outcome = reviews.approve_clean(period=report.period, by=city_officer)

    assert (outcome.approved, outcome.kept) == ([report], [])
    assert fresh(report).state == "approved"
    assert AuditEvent.objects.filter(verb="approve_report").count() == 1


@pytest.mark.django_db
def test_approve_clean_keeps_a_flag_until_it_is_passed(report, flagged, keys, seen, city_officer):
    kept = reviews.approve_clean(period=report.period, by=city_officer).kept
    reviews.pass_cells(report=report, keys=[keys["里程"]], seen=seen, by=city_officer)
    outcome = reviews.approve_clean(period=report.period, by=city_officer)

    assert [reason for _, reason in kept] == ["1 格有提示还没有看过。"]
    assert [row.pk for row in outcome.approved] == [report.pk]


@pytest.mark.django_db
def test_approve_clean_keeps_an_objection_even_when_passed(report, objection, keys, seen, city_officer):
    reviews.pass_cells(report=report, keys=[keys["里程"]], seen=seen, by=city_officer)

    outcome = reviews.approve_clean(period=report.period, by=city_officer)

    assert [reason for _, reason in outcome.kept] == ["牵头部门对 1 格有异议。"]
    assert fresh(report).state == "submitted"


@pytest.mark.django_db
def test_approve_clean_keeps_changed_content_and_goes_on(report, period, participants, indicators, city_officer):
    Figure.objects.filter(report=report).update(value=Decimal("99"))
    other = filled_report(period, participants["341282"], indicators, city_officer)

    outcome = reviews.approve_clean(period=period, by=city_officer)

    assert [row.pk for row in outcome.approved] == [other.pk]
    assert [reason for _, reason in outcome.kept] == ["签字之后内容有改动，要退回重新签字。"]


@pytest.mark.django_db
def test_approve_clean_keeps_blanks_until_each_has_a_remark_or_is_passed(
    period, participants, indicators, keys, city_officer
):
    other = filled_report(period, participants["341282"], indicators, city_officer)
    unit = other.participant_id
    blank = Figure.objects.filter(report=other, indicator__in=[indicators["里程"], indicators["人数"]])
    blank.update(state="blank", value=None)
    resign(other)

    both = reviews.approve_clean(period=period, by=city_officer).kept
    blank.filter(indicator=indicators["里程"]).update(remark="路面 9 月铺完")
    resign(other)
    one = reviews.approve_clean(period=period, by=city_officer).kept
    cell = (unit, indicators["人数"].pk)
    version = Figure.objects.get(report=other, indicator=indicators["人数"]).version
    reviews.pass_cells(report=fresh(other), keys=[cell], seen={cell: version}, by=city_officer)
    outcome = reviews.approve_clean(period=period, by=city_officer)

    assert [reason for _, reason in both] == ["2 格是空的，没有写原因。"]
    assert [reason for _, reason in one] == ["1 格是空的，没有写原因。"]
    assert ([row.pk for row in outcome.approved], outcome.kept) == ([other.pk], [])


@pytest.mark.django_db
def test_approve_clean_keeps_a_flag_without_a_reason(report, flagged, city_officer):
    FigureFlag.objects.filter(pk=flagged.pk).update(reason="")

    kept = reviews.approve_clean(period=report.period, by=city_officer).kept

    assert [reason for _, reason in kept] == ["1 格有提示没有说明。"]


@pytest.mark.django_db
def test_doubts_about_many_reports_cost_the_queries_of_one(
    report, flagged, objection, period, participants, indicators, city_officer, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as one:
        reviews.doubts_about(reviews.waiting_reports(period))
    filled_report(period, participants["341282"], indicators, city_officer)

    with django_assert_num_queries(len(one)):
        doubts = reviews.doubts_about(reviews.waiting_reports(period))

    assert doubts[report.pk] == ["1 格有提示还没有看过", "牵头部门对 1 格有异议"]


def test_two_reviewers_approve_at_once_one_is_refused(cloned_db, report, city_officer, city):
    second = factories.grant(factories.UserFactory(username="second"), "city_office", region=city)
    start, outcomes = threading.Barrier(2), []

    def approve(by):
        try:
            mine = fresh(report)
            start.wait()
            reviews.approve_reviewed(report=mine, by=by)
            outcomes.append("approved")
        except Refused as refusal:
            outcomes.append(str(refusal))
        finally:
            connections.close_all()

    people = [threading.Thread(target=approve, args=(by,)) for by in (city_officer, second)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert outcomes.count("approved") == 1
    assert any("现在是“已审核”" in outcome for outcome in outcomes)
    assert fresh(report).approvals.count() == 1


def test_two_reviewers_pass_the_same_cell_at_once_one_verdict_stands(cloned_db, report, keys, seen, city_officer, city):
    second = factories.grant(factories.UserFactory(username="second"), "city_office", region=city)
    start, counts = threading.Barrier(2), []

    def pass_it(by):
        try:
            mine = fresh(report)
            start.wait()
            counts.append(reviews.pass_cells(report=mine, keys=[keys["里程"]], seen=seen, by=by))
        finally:
            connection.close()

    people = [threading.Thread(target=pass_it, args=(by,)) for by in (city_officer, second)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(counts) == [0, 1]
    assert CellReview.objects.count() == 1
