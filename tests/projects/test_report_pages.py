"""The report page: what a person may type, what becomes of it, and what is refused in a sentence."""

import datetime
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from livelihood.models import AuditEvent
from livelihood.services import Refused
from projects.models import Figure, FigureRevision, Report
from projects.services import periods, reports
from projects.services.figures import FigureEntry, record_figures
from tests import factories
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@world
def report(period, participants, indicators, clerk):
    """太和县's empty draft."""
    return reports.report_for(period=period, participant=participants["341222"], by=clerk)


@pytest.fixture
def cell(participants, indicators):
    """Return the key of a cell by indicator name and unit code."""

    def key(name, code="341222"):
        return f"{participants[code].pk}-{indicators[name].pk}"

    return key


@pytest.fixture
def post(client, report, clerk):
    """Post cells to the report's page as somebody (the clerk): key → text, or (text, version, remark)."""

    def send(cells, *, by=clerk, to=report, **more):
        client.force_login(by)
        data = dict(more)
        for key, typed in cells.items():
            text, version, *rest = typed if isinstance(typed, tuple) else (typed, 0)
            data |= {f"f-{key}": text, f"v-{key}": version} | ({f"r-{key}": rest[0]} if rest else {})
        return client.post(reverse("projects:report-detail", args=[to.pk]), data)

    return send


def content():
    """Return everything that must not change when a form is refused."""
    return (
        list(Figure.objects.order_by("pk").values_list("pk", "state", "value", "text", "remark", "version")),
        FigureRevision.objects.count(),
        AuditEvent.objects.count(),
        list(Report.objects.order_by("pk").values_list("pk", "state", "version")),
    )


def text_of(response):
    return response.content.decode()


def test_page_shows_every_indicator_with_its_target(client, report, clerk):
    client.force_login(clerk)

    response = client.get(reverse("projects:report-detail", args=[report.pk]))

    rows = [row for line in response.context["blocks"][0]["lines"] for row in line["rows"]]
    assert [row["indicator"].name for row in rows] == ["里程", "合格率", "人数"]
    assert response.context["counts"]["tasks"] == 3
    assert all(row["is_typed"] for row in rows)


def test_page_shows_last_month_rate_gap_and_the_last_issued_average(
    client, report, july, participants, indicators, clerk, post, cell
):
    type(july).objects.filter(pk=july.pk).update(state="open")
    factories.FigureFactory(
        report=factories.ReportFactory(period=july, participant=participants["341222"]),
        indicator=indicators["里程"],
        value=Decimal("50"),
    )
    type(july).objects.filter(pk=july.pk).update(state="issued")
    factories.BenchmarkFactory(period=july, indicator=indicators["里程"], value=Decimal("55.50"))
    post({cell("里程"): "60"})

    response = client.get(reverse("projects:report-detail", args=[report.pk]))

    row = response.context["blocks"][0]["lines"][0]["rows"][0]
    assert row["last"] == Decimal("50")
    assert row["line"]["rate"] == Decimal("60.00")
    # 60.00 - 8/12 = 60.00 - 66.67 = -6.67
    assert row["line"]["gap_to_expected"] == Decimal("-6.67")
    assert row["display"]["average"] == "55.50"
    # 60 - 50 = 10 more than at the end of July; 100 x 66.67 % = 66.67, of which 6.67 are missing.
    assert (row["display"]["increment"], row["display"]["gap_expected"]) == ("+10.00", "6.67")
    assert "全省（7月）" in text_of(response)


def test_save_stores_cells_and_redirects(post, report, cell, indicators, clerk):
    response = post({cell("里程"): ("60.5", 0, "含续建"), cell("合格率"): "", cell("人数"): "0"})

    assert response.status_code == 302
    stored = {row.indicator.name: (row.state, row.value, row.remark) for row in report.figures.all()}
    assert stored == {"里程": ("reported", Decimal("60.5"), "含续建"), "人数": ("reported", Decimal(0), "")}
    assert AuditEvent.objects.get(verb="record_figures").after["saved"] == 2
    assert FigureRevision.objects.get(figure__indicator=indicators["里程"]).changed_by == clerk


def test_save_with_one_wrong_cell_stores_the_others_and_keeps_the_text(post, report, cell, indicators):
    response = post({cell("里程"): "6.8.4", cell("人数"): "700"})

    assert response.status_code == 422
    assert list(report.figures.values_list("indicator__name", "value")) == [("人数", Decimal(700))]
    assert 'value="6.8.4"' in text_of(response)
    assert "“6.8.4”不是数字" in text_of(response)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("abc", "“abc”不是数字"),
        ("NaN", "“NaN”不是一个确定的数"),
        ("Infinity", "不是一个确定的数"),
        ("1e999", "“1e999”不是数字"),
        ("-3", "“-3”是负数"),
        ("12345678901234567890", "太大：小数点前最多 14 位"),
        ("1.234", "小数位太多"),
        ("1,23", "逗号位置不对"),
        ("60公顷", "单位不对（这里的单位是公里）"),
        ("6\x000", "不是数字"),
    ],
)
def test_save_of_bad_text_is_refused_in_a_sentence(typed, sentence, post, report, cell):
    before = content()

    response = post({cell("里程"): typed})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert content() == before


def test_save_of_unstorable_remark_is_refused(post, cell, report):
    before = content()

    nul = post({cell("里程"): ("60", 0, "含\x00续建")})
    long = post({cell("里程"): ("60", 0, "长" * 301)})

    assert "不能保存的字符" in text_of(nul)
    assert "备注最多 300 字" in text_of(long)
    assert content() == before


def test_save_for_another_county_is_refused_and_stores_nothing(post, report, cell):
    before = content()

    response = post({cell("里程"): "60", cell("里程", "341282"): "70"})

    assert response.status_code == 422
    assert "不属于太和县的月报" in text_of(response)
    assert "没有存下。您填的是“60”" in text_of(response)
    assert content() == before


def test_save_of_another_programmes_indicator_is_refused(post, report, participants):
    stranger = factories.IndicatorFactory()
    before = content()

    response = post({f"{participants['341222'].pk}-{stranger.pk}": "60"})

    assert response.status_code == 422
    assert "不属于“阜阳市2020年民生工程”" in text_of(response)
    assert content() == before


def test_save_in_closed_period_is_refused_and_shows_the_typed_text(post, report, cell, period, city_officer):
    periods.mark_closed(period=period, without=[], by=city_officer)
    before = content()

    response = post({cell("里程"): "60"})

    assert response.status_code == 422
    assert "已经封账" in text_of(response)
    assert "您填的是“60”" in text_of(response)
    assert content() == before


def test_save_after_submission_is_refused(post, report, cell, clerk, head):
    post({cell("里程"): "60"})
    report.refresh_from_db()
    reports.sign_report(report=report, by=head)
    before = content()

    response = post({cell("里程"): ("61", 1)})

    assert response.status_code == 422
    assert "“已签字”，不能再改数" in text_of(response)
    assert content() == before


def test_save_the_same_form_twice_changes_once(post, report, cell):
    post({cell("里程"): "60"})
    before = content()

    response = post({cell("里程"): "60"})

    assert response.status_code == 302
    assert content() == before


def test_save_of_a_stale_form_is_a_conflict_and_overwrites_nothing(post, report, cell, clerk, head):
    post({cell("里程"): "60"})
    before = content()

    response = post({cell("里程"): ("61", 0)}, by=head)

    assert response.status_code == 422
    assert "张填报" in text_of(response)
    assert "存为 <strong>60.00</strong>，您填的是 <strong>61</strong>" in text_of(response)
    assert 'value="61"' in text_of(response)
    assert content() == before
    row = response.context["blocks"][0]["lines"][0]["rows"][0]
    assert row["version"] == 1


def test_save_again_after_a_conflict_decides_it(post, report, cell, head):
    post({cell("里程"): "60"})
    post({cell("里程"): ("61", 0)}, by=head)

    response = post({cell("里程"): ("61", 1)}, by=head)

    assert response.status_code == 302
    assert report.figures.get().value == Decimal("61")


def test_save_of_a_stale_form_with_an_untouched_cell_keeps_the_others_figure(post, report, cell, head):
    post({cell("里程"): "60", cell("人数"): "700"})
    post({cell("里程"): ("65", 1)}, by=head)

    response = post({cell("里程"): ("60", 1), cell("人数"): ("710", 1)})

    assert response.status_code == 302
    assert {row.indicator.name: row.value for row in report.figures.all()} == {
        "里程": Decimal("65"),
        "人数": Decimal("710"),
    }


def test_save_without_a_version_over_a_stored_figure_is_a_conflict(post, report, cell):
    post({cell("里程"): "60"})

    response = post({cell("里程"): ("61", "x")})

    assert response.status_code == 422
    assert report.figures.get().value == Decimal("60")


def test_r04_no_task_typed_against_a_task_stays_blank_and_is_flagged(post, report, cell):
    response = post({cell("里程"): "/"}, follow=True)

    figure = report.figures.get()
    assert response.status_code == 302
    assert (figure.state, figure.value) == ("blank", None)
    assert figure.flags.get().code == "no_task_claimed"
    assert figure.flags.get().explanation.count("\n") == 1


def test_flag_reason_is_kept_and_shown(post, report, cell, client):
    post({cell("里程"): "130"})
    assert report.figures.get().flags.get().code == "over_120"

    response = post({cell("里程"): ("130", 1)}, **{f"w-{cell('里程')}": "含提前批计划"})

    assert response.status_code == 302
    assert report.figures.get().flags.get().reason == "含提前批计划"
    page = client.get(reverse("projects:report-detail", args=[report.pk]))
    assert page.context["counts"]["flagged"] == 0
    assert "含提前批计划" in text_of(page)


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("clerk", 302),
        ("head", 302),
        ("city_officer", 302),
        ("filler", 302),
        ("leader", 403),
        ("inspector", 403),
        ("other_clerk", 404),
        ("lead_officer", 404),
        ("system_admin", 404),
        ("auditor", 404),
        ("stranger", 404),
    ],
)
def test_save_by_role(person, status, post, cell, request, report):
    response = post({cell("里程"): "60"}, by=request.getfixturevalue(person))

    assert response.status_code == status
    assert report.figures.count() == (status == 302)
    if status == 403:
        assert "不由您填报" in text_of(response)


def test_filler_sees_and_fills_only_the_assigned_sub_project(client, report, filler, post, cell):
    client.force_login(filler)

    page = client.get(reverse("projects:report-detail", args=[report.pk]))
    response = post({cell("人数"): "700"}, by=filler)

    rows = [row["indicator"].name for line in page.context["blocks"][0]["lines"] for row in line["rows"]]
    assert rows == ["里程", "合格率"]
    assert response.status_code == 403
    assert "不是分给您单位填的" in text_of(response)
    assert not report.figures.exists()


def test_whole_page_has_only_what_cannot_be_summed(client, period, participants, indicators, city_officer):
    whole = reports.report_for(period=period, participant=participants["341200"], by=city_officer)
    client.force_login(city_officer)
    key = f"{participants['341200'].pk}-{indicators['合格率'].pk}"
    url = reverse("projects:report-detail", args=[whole.pk])

    page = client.get(url)
    response = client.post(url, {f"f-{key}": "92.5", f"v-{key}": "0"})

    assert [row["indicator"].name for line in page.context["blocks"][0]["lines"] for row in line["rows"]] == ["合格率"]
    assert response.status_code == 302
    whole.refresh_from_db()
    assert (whole.state, whole.figures.get().value) == ("approved", Decimal("92.5"))


def test_steps_from_draft_to_approved_through_the_pages(client, report, post, cell, clerk, head, city_officer):
    post({cell("里程"): "60"})
    for person, step, state in [
        (head, "sign", "signed"),
        (clerk, "submit", "submitted"),
        (city_officer, "return", "returned"),
        (head, "sign", "signed"),
        (clerk, "submit", "submitted"),
        (city_officer, "approve", "approved"),
    ]:
        report.refresh_from_db()
        client.force_login(person)

        response = client.post(
            reverse(f"projects:report-{step}", args=[report.pk]),
            {"version": report.version, "reason": "与台账不一致"},
            follow=True,
        )

        report.refresh_from_db()
        assert (step, report.state) == (step, state)
        assert response.status_code == 200
    assert [step["step"] for step in response.context["history"]] == [
        "审核通过",
        "提交",
        "签字",
        "退回",
        "提交",
        "签字",
    ]


@pytest.mark.parametrize("step", ["sign", "submit", "withdraw", "approve", "return"])
def test_step_by_somebody_without_the_role_is_403(step, client, report, leader):
    client.force_login(leader)
    before = content()

    response = client.post(
        reverse(f"projects:report-{step}", args=[report.pk]), {"version": report.version, "reason": "x"}
    )

    assert response.status_code == 403
    assert "只有" in text_of(response)
    assert content() == before


@pytest.mark.parametrize("step", ["sign", "submit", "withdraw", "approve", "return"])
def test_step_out_of_scope_is_404(step, client, report, other_clerk):
    client.force_login(other_clerk)

    assert client.post(reverse(f"projects:report-{step}", args=[report.pk])).status_code == 404


@pytest.mark.parametrize("version", ["", "0", "x", "٣", "99999999999"])
def test_step_from_an_old_page_is_refused_with_a_sentence(version, client, report, post, cell, head):
    post({cell("里程"): "60"})
    before = content()
    client.force_login(head)

    response = client.post(reverse("projects:report-sign", args=[report.pk]), {"version": version}, follow=True)

    assert "打开页面之后有改动" in text_of(response)
    assert content() == before


def test_step_submitted_twice_is_done_once(client, report, post, cell, head):
    post({cell("里程"): "60"})
    report.refresh_from_db()
    client.force_login(head)
    url = reverse("projects:report-sign", args=[report.pk])

    client.post(url, {"version": report.version})
    response = client.post(url, {"version": report.version}, follow=True)

    assert "现在是“已签字”，不能签字" in text_of(response)
    assert AuditEvent.objects.filter(verb="sign_report").count() == 1


def test_period_page_of_a_clerk_leads_to_the_own_report(client, report, clerk, period):
    client.force_login(clerk)

    response = client.get(reverse("projects:period-detail", args=["fuyang-2020", period.code]))

    assert response.url == reverse("projects:report-detail", args=[report.pk])


def test_period_page_without_a_report_offers_to_start_one(client, period, participants, indicators, clerk):
    client.force_login(clerk)

    page = client.get(reverse("projects:period-detail", args=["fuyang-2020", period.code]))
    response = client.post(
        reverse("projects:report-start", args=["fuyang-2020", period.code]), {"participant": "341222"}
    )

    assert "开始填报" in text_of(page)
    assert response.url == reverse("projects:report-detail", args=[Report.objects.get().pk])


def test_start_of_another_countys_report_is_404(client, period, participants, clerk):
    client.force_login(clerk)

    response = client.post(
        reverse("projects:report-start", args=["fuyang-2020", period.code]), {"participant": "341282"}
    )

    assert response.status_code == 404
    assert not Report.objects.exists()


def test_period_page_of_the_city_office_shows_every_unit(client, report, city_officer, period, post, cell):
    post({cell("里程"): "130"})
    client.force_login(city_officer)

    response = client.get(reverse("projects:period-detail", args=["fuyang-2020", period.code]))

    rows = {str(row["reporter"]): row for row in response.context["rows"]}
    assert list(rows) == ["太和县", "界首市", "市本级", "全市"]
    first = rows["太和县"]
    assert (first["tasks"], first["filled"], first["blank"], first["flagged"]) == (3, 1, 2, 1)
    # The sum indicators of the whole are nobody's to fill: only 合格率 is.
    assert rows["全市"]["tasks"] == 1
    # 里程 is no task of 市本级.
    assert rows["市本级"]["tasks"] == 2
    assert rows["界首市"]["report"] is None


@pytest.mark.parametrize("code", ["2020-09", "2020-13", "2020-08-31"])
def test_period_page_of_an_unknown_period_is_404(code, client, period, clerk):
    client.force_login(clerk)

    assert client.get(f"/programmes/fuyang-2020/{code}/").status_code == 404


def test_reopen_page_puts_the_report_back(client, report, period, post, cell, head, clerk, city_officer):
    post({cell("里程"): "60"})
    periods.mark_closed(period=period, without=[], by=city_officer)
    client.force_login(city_officer)
    url = reverse("projects:period-reopen", args=["fuyang-2020", period.code])
    until = timezone.localtime() + datetime.timedelta(days=1)
    data = {"participants": [report.participant_id], "until": until.strftime("%Y-%m-%dT%H:%M"), "reason": "多报"}

    refused = client.post(url, data | {"until": "2020-01-01T00:00"})
    response = client.post(url, data)

    assert refused.status_code == 422
    assert "已经过去" in text_of(refused)
    assert response.status_code == 302
    report.refresh_from_db()
    assert (report.state, report.return_reason) == ("returned", "多报")


def test_reopen_page_is_the_city_offices(client, period, clerk, participants):
    client.force_login(clerk)

    response = client.get(reverse("projects:period-reopen", args=["fuyang-2020", period.code]))

    assert response.status_code == 403


def test_programme_list_shows_periods_and_the_own_report(client, report, july, clerk):
    client.force_login(clerk)

    response = client.get(reverse("projects:programme-list"))

    lines = response.context["programmes"][0]["periods"]
    assert [line["period"].code for line in lines] == ["2020-08", "2020-07"]
    assert lines[0]["report"] == report


@pytest.mark.parametrize(
    ("person", "label"),
    [("clerk", "填报2020年1—8月月报"), ("head", "核对并签字2020年1—8月月报"), ("filler", "填报2020年1—8月月报")],
)
def test_first_page_says_what_to_do(person, label, client, report, request):
    client.force_login(request.getfixturevalue(person))

    response = client.get("/")

    assert [todo["title"] for todo in response.context["todos"]] == [label]
    assert "没有授权" not in text_of(response)


def test_first_page_of_the_city_office_counts_what_waits(client, report, post, cell, head, clerk, city_officer):
    post({cell("里程"): "60"})
    report.refresh_from_db()
    reports.sign_report(report=report, by=head)
    reports.submit_report(report=report, by=clerk)
    client.force_login(city_officer)

    response = client.get("/")

    assert "审核2020年1—8月月报 1 份" in [todo["title"] for todo in response.context["todos"]]


def test_first_page_of_a_stranger_says_there_is_no_role(client, stranger):
    client.force_login(stranger)

    assert "还没有角色" in text_of(client.get("/"))


def test_page_and_save_take_as_many_queries_for_many_rows_as_for_few(
    client, report, clerk, post, participants, indicators, django_assert_max_num_queries, programme
):
    def queries_of(action):
        with django_assert_max_num_queries(60) as captured:
            assert action().status_code in (200, 302)
        return len(captured)

    url = reverse("projects:report-detail", args=[report.pk])
    unit = participants["341222"]
    keys = [f"{unit.pk}-{row.pk}" for row in indicators.values()]
    post(dict.fromkeys(keys, "60"))
    few = (queries_of(lambda: post(dict.fromkeys(keys, ("61", 1)))), queries_of(lambda: client.get(url)))
    for number in range(30):
        extra = factories.IndicatorFactory(
            sub_project=factories.SubProjectFactory(project=factories.ProjectFactory(programme=programme)),
            name=f"指标{number}",
            decimals=2,
        )
        factories.TargetFactory(indicator=extra, participant=unit, set_by=clerk)
        keys.append(f"{unit.pk}-{extra.pk}")

    many = (
        queries_of(lambda: post({key: ("62", 2 if position < 3 else 0) for position, key in enumerate(keys)})),
        queries_of(lambda: client.get(url)),
    )

    assert report.figures.count() == 33
    assert many == few


def test_period_page_takes_as_many_queries_for_many_units_as_for_few(
    client, period, participants, indicators, programme, city_officer
):
    # Without any report nothing is asked of the parts at all.
    factories.ReportFactory(period=period, participant=participants["341222"], state="draft", content_sha256="")
    client.force_login(city_officer)
    url = reverse("projects:period-detail", args=["fuyang-2020", period.code])
    client.get(url)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    few = queries()
    for _ in range(10):
        unit = factories.ParticipantFactory(programme=programme)
        factories.ReportFactory(period=period, participant=unit, state="draft", content_sha256="")

    assert queries() == few


def test_record_figures_of_a_stranger_programme_unit_is_refused(report, clerk, indicators):
    other = factories.ParticipantFactory()

    with pytest.raises(Refused, match="不属于太和县的月报"):
        record_figures(
            report=report,
            entries=[FigureEntry(other.pk, indicators["里程"].pk, "reported", Decimal(1))],
            by=clerk,
            origin="form",
        )


def test_period_page_offers_review_and_entry_to_the_office_only(client, period, participants, city_officer, leader):
    reports.report_for(period=period, participant=participants["341200"], by=city_officer)
    factories.ReportFactory(period=period, participant=participants["341222"], state="submitted")
    address = reverse("projects:period-detail", args=[period.programme.code, period.code])

    client.force_login(city_officer)
    office = client.get(address).content.decode()
    client.force_login(leader)
    seen = client.get(address).content.decode()

    assert ">审核</a>" in office
    assert ">录入</a>" in office
    assert ">审核</a>" not in seen
    assert ">录入</a>" not in seen


def steps_shown(client, report, by):
    """Return the foot as its own address answers and as the page holds it, without the tokens."""
    client.force_login(by)
    alone = client.get(reverse("projects:report-foot", args=[report.pk])).content.decode()
    page = client.get(reverse("projects:report-detail", args=[report.pk])).content.decode()
    held = re.search(r'id="foot-steps"[^>]*>(.*?)</div>\s*</footer>', page, re.DOTALL)[1]
    return [" ".join(re.sub(r'value="\w{64}"', "", html).split()) for html in (alone, held)]


@pytest.mark.parametrize("state", ["draft", "filled", "signed", "submitted"])
def test_foot_asked_for_alone_is_the_foot_of_the_page(
    state, client, report, clerk, head, filler, city_officer, inspector, participants, indicators
):
    people = [clerk, head, filler, city_officer, inspector]
    if state != "draft":
        entry = FigureEntry(participants["341222"].pk, indicators["里程"].pk, state="reported", value=Decimal(1))
        record_figures(report=report, entries=[entry], by=clerk, origin="form")
    if state in ("signed", "submitted"):
        reports.sign_report(report=report, by=head)
    if state == "submitted":
        reports.submit_report(report=report, by=clerk)

    shown = [steps_shown(client, report, person) for person in people]

    assert [alone for alone, _ in shown] == [held for _, held in shown]
    assert any(alone for alone, _ in shown)
