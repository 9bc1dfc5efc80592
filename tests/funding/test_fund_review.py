"""What others say of an amount: passed, returned, answered, objected to; files beside it; what the database refuses."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, transaction
from django.urls import reverse

from funding.models import FundFigure
from funding.services.fund_figures import FundEntry, record_fund_figures
from livelihood.access import NotAllowed
from livelihood.services import InvalidTransition, Refused
from projects.bureaus import bureau_rows
from projects.cell_notes import cell_notes, open_returns
from projects.models import CellReview, Evidence, LeadObjection
from projects.opinions import leading_agencies, led_items
from projects.opinions import opinions as opinions_of
from projects.review_page import ReviewPage
from projects.services import bureaus, opinions, reports, reviews
from projects.services.figures import FigureEntry, record_figures
from tests.funding import rows
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


@world
def draft(period, participants, indicators, clerk):
    """太和县's draft of August with one figure."""
    report = reports.report_for(period=period, participant=participants["341222"], by=clerk)
    entry = FigureEntry(report.participant_id, indicators["里程"].pk, "reported", Decimal(60))
    record_figures(report=report, entries=[entry], by=clerk, origin="form")
    return report


@world
def line(programme, participants, indicators):
    made = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["里程"].sub_project
    )
    rows.fund_plan(made, amount=Decimal(1_000_000))
    return made


@world
def key(line):
    return line.pk, "disbursed"


def put(report, key, value, by):
    entry = FundEntry(*key, Decimal(value))
    return record_fund_figures(report=report, entries=[entry], by=by, origin="form")


@world
def report(draft, key, clerk, head):
    """The report with an amount, submitted."""
    put(draft, key, 500_000, clerk)
    reports.sign_report(report=draft, by=head)
    reports.submit_report(report=draft, by=clerk)
    return draft


def test_amounts_are_lines_of_the_review(report, key, city_officer):
    [row] = [row for row in ReviewPage(report, city_officer).rows if row["pair"] == key]

    assert (row["value"], row["target"], row["rate"]) == ("50.00", "100.00", "50.00")
    assert row["rate_label"] == "拨付率（拨付÷计划）"
    assert row["flags"] == ["资金拨付进度低于序时进度：拨付占计划 50.00%，时序 66.67%。"]


def test_returned_amount_blocks_until_it_is_changed(report, key, city_officer, clerk, head):
    reviews.return_cells(report=report, reasons={key: "与国库不符"}, seen={key: 1}, by=city_officer)
    assert open_returns(report) == [key]
    assert report.return_reason.startswith("退回 1 格：")
    with pytest.raises(Refused, match="资金退回的 1 格"):
        reports.sign_report(report=report, by=head)

    put(report, key, 480_000, clerk)

    assert open_returns(report) == []
    assert reports.sign_report(report=report, by=head).state == "signed"


def test_returned_amount_may_be_explained_instead(report, key, city_officer, filler):
    reviews.return_cells(report=report, reasons={key: "与国库不符"}, seen={key: 1}, by=city_officer)

    opinions.answer_return(report=report, key=key, answer="国库次日入账", by=filler)

    assert open_returns(report) == []
    assert CellReview.objects.get().answer == "国库次日入账"


def test_verdict_on_an_amount_that_has_changed_is_refused(report, key, city_officer):
    with pytest.raises(InvalidTransition, match="有改动"):
        reviews.pass_cells(report=report, keys=[key], seen={key: 7}, by=city_officer)

    assert not CellReview.objects.exists()


def test_verdict_on_a_line_of_another_report_is_refused(report, city_officer, programme, participants, indicators):
    other = rows.fund_line(
        programme=programme, participant=participants["341282"], sub_project=indicators["里程"].sub_project
    )

    with pytest.raises(Refused, match="1 格不在"):
        reviews.pass_cells(report=report, keys=[(other.pk, "spent")], seen={}, by=city_officer)


def test_flagged_amount_keeps_a_report_from_passing_unseen(report, key, city_officer):
    before = reviews.doubts_about([report])[report.pk]

    reviews.pass_cells(report=report, keys=[key], seen={key: 1}, by=city_officer)

    assert "1 格有提示没有说明" in before
    assert cell_notes(report)[key].is_passed
    after = reviews.doubts_about([report])[report.pk]
    assert not any("提示" in doubt for doubt in after)
    # 到位 and 支出 of the one line with a plan are blank, beside 太和县's blank figure.
    assert any("格是空的" in doubt for doubt in after)


def test_lead_agency_objects_in_wan_and_it_is_kept_in_yuan(report, key, lead_agency, lead_officer):
    objection = opinions.raise_objection(
        report=report, key=key, agency=lead_agency, value="48", reason="国库数", by=lead_officer
    )

    assert (objection.value, objection.value_words) == (480_000, "480,000.00 元")
    assert cell_notes(report)[key].objections == [objection]


def test_lead_agency_sees_the_money_of_its_items_with_its_denominator(report, period, key, lead_agency):
    led = leading_agencies(period.programme)[lead_agency]
    found = opinions_of(period, {lead_agency: led})[lead_agency]

    items = {item["indicator"].name: item["rows"] for item in led_items(period, led, found)}

    [row] = items["县级 拨付，拨付率（拨付÷计划）"]
    assert (row["value"], row["target"], str(row["rate"])) == ("50.00", "100.00", "50.00")
    assert row["may_object"]


@pytest.mark.parametrize("value", ["", "-1", "一百", "1" * 15 + "万"])
def test_objection_without_an_amount_is_refused(value, report, key, lead_agency, lead_officer):
    with pytest.raises(Refused):
        opinions.raise_objection(
            report=report, key=key, agency=lead_agency, value=value, reason="国库数", by=lead_officer
        )

    assert not LeadObjection.objects.exists()


def test_file_beside_an_amount_is_kept_with_its_cell(client, draft, key, clerk, line):
    client.force_login(clerk)
    url = reverse("projects:evidence-add", args=[draft.pk, key])

    response = client.post(url, {"file": SimpleUploadedFile("回单.csv", "日期,金额\n8月,50\n".encode())}, follow=True)

    found = Evidence.objects.get()
    assert "已上传佐证" in response.content.decode()
    assert (found.part, found.key, found.item) == ("funds", key, line.sub_project)


def test_file_beside_another_bureaus_amount_is_out_of_sight(client, draft, filler, programme, participants, indicators):
    foreign = rows.fund_line(
        programme=programme, participant=participants["341222"], sub_project=indicators["人数"].sub_project
    )
    client.force_login(filler)

    response = client.post(reverse("projects:evidence-add", args=[draft.pk, (foreign.pk, "spent")]), {})

    assert response.status_code == 404


def test_panel_tells_the_year_and_what_was_done(client, report, key, clerk, city_officer):
    reviews.return_cells(report=report, reasons={key: "与国库不符"}, seen={key: 1}, by=city_officer)
    client.force_login(clerk)

    response = client.get(reverse("projects:report-cell", args=[report.pk, key]))

    text = response.content.decode()
    assert response.status_code == 200
    assert "拨付率（拨付÷计划）" in text
    assert "与国库不符" in text
    assert "50.00" in text


def test_bureau_counts_and_signs_its_amounts(draft, key, filler, filling_agency, clerk):
    put(draft, key, 500_000, clerk)
    [row] = [row for row in bureau_rows(draft) if row.agency == filling_agency]
    before = row.tasks, row.filled

    bureaus.sign_bureau(report=draft, agency=filling_agency, by=filler)
    put(draft, key, 510_000, clerk)
    [again] = [row for row in bureau_rows(draft) if row.agency == filling_agency]

    # Three stages, one of them filled, beside the sub-project's figures.
    assert before[0] >= 3
    assert before[1] >= 1
    assert again.state == "stale"


@pytest.mark.parametrize(
    "columns",
    [
        {"cell": "999999-spent"},
        {"cell": "{line}-planned"},
        {"sub_project": None},
        {"part": "figures"},
        {"part": ""},
    ],
)
def test_database_refuses_a_verdict_on_a_cell_there_is_not(columns, report, line, city_officer):
    values = {
        "part": "funds",
        "cell": f"{line.pk}-spent",
        "sub_project": line.sub_project,
    } | columns
    values["cell"] = values["cell"].format(line=line.pk)

    with pytest.raises(Error), transaction.atomic():
        CellReview.objects.create(
            report=report,
            participant=line.participant,
            nth=1,
            verdict="passed",
            decided_by=city_officer,
            **values,
        )


def test_stranger_may_not_pass_an_amount(report, key, clerk):
    with pytest.raises(NotAllowed):
        reviews.pass_cells(report=report, keys=[key], seen={key: 1}, by=clerk)

    assert FundFigure.objects.count() == 1
