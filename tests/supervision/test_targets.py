"""任务分解: a project's targets shown, changed after a look at what it does, and the unit's 目标责任书."""

import datetime
from decimal import Decimal
from io import BytesIO

import docx
import pytest
from django.urls import reverse
from django.utils import timezone

from livelihood.models import AuditEvent
from projects.cell_key import key_text
from projects.models import Target
from projects.services.targets import Paper, TargetEntry, set_targets
from supervision.services.snapshots import freeze_snapshot
from supervision.standings import live_standings, snapshot_standings
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

PAPER = {"document": "阜民生办〔2020〕9号", "document_on": "2020-08-20", "valid_from": "", "reason": "省里调减任务"}


@world
def reported(programme, participants, indicators, period, city_officer):
    """July's snapshot, issued, and August open: 里程 60 of 太和县's 100 and 100 of 界首市's 200; a plain scheme."""
    factories.plain_scheme(programme)
    setter = factories.UserFactory()
    july = factories.PeriodFactory(programme=programme, month=7)
    for month in (july, period):
        for code, value in [("341222", 60), ("341282", 100)]:
            report = factories.ReportFactory(period=month, participant=participants[code])
            factories.FigureFactory(report=report, indicator=indicators["里程"], value=value, updated_by=setter)
    snapshot = freeze_snapshot(period=july, by=city_officer)
    july.state, july.closed_at, july.closed_by = "issued", timezone.now(), city_officer
    july.save()
    return snapshot


@pytest.fixture
def send(client, city_officer, reported, programme, participants, indicators):
    """Post project 1's table: cell (unit's code, indicator's name) → text, with a document and a step."""

    def post(cells: dict, step="preview", *, base=1, **fields):
        client.force_login(city_officer)
        keys = {key_text((participants[code].pk, indicators[name].pk)): text for (code, name), text in cells.items()}
        form = {f"t-{key}": text for key, text in keys.items()}
        form["versions"] = " ".join(f"{key}:{base}" for key in keys)
        return client.post(table_of(programme), form | PAPER | {"step": step} | fields)

    return post


def table_of(programme, seq=1) -> str:
    return reverse("supervision:target-matrix", args=[programme.code, seq])


def test_r19_batch_is_shown_with_the_places_it_moves_and_stored_when_confirmed(
    client, send, programme, participants, indicators, city_officer, django_assert_max_num_queries
):
    cells = {("341282", "里程"): "110公里", ("341222", "里程"): "100公里", ("341200-own", "合格率"): "≥95%"}

    shown = send(cells)
    effects = shown.context["effects"]
    stored_before = Target.objects.filter(revision=2).count()
    done = send(cells, "confirm", fingerprint=shown.context["fingerprint"])

    # Nothing is stored by looking. What says the same is left out.
    assert stored_before == 0
    assert [(str(row["entry"]), row["before"], row["after"]) for row in shown.context["changes"]] == [
        ("界首市的“里程”", "200公里", "110公里"),
        ("市本级的“合格率”", "90%", "≥95%"),
    ]
    # 100 + 200 = 300 is the whole's 300; 100 + 110 = 210 is 90 less. A level is not added up.
    assert [
        (row["before"]["difference"], row["after"]["parts"], row["after"]["difference"]) for row in effects.sums
    ] == [("相符", "210.00", "少 90.00")]
    # August: 60 ÷ 100 before 100 ÷ 200; then 100 ÷ 110 = 90.909… before 60.
    lines = {
        row["unit"].printed_name: [(str(side["rate"]), side["place"]) for side in (row["before"], row["after"])]
        for row in effects.lines
        if row["indicator"] == indicators["里程"]
    }
    assert lines["界首市"] == [("50.00", 2), ("90.91", 1)]
    assert lines["太和县"] == [("60.00", 1), ("60.00", 2)]
    # Project 1 is the mean of 里程 and 合格率, of which nothing came: 50 ÷ 2 = 25, 90.91 ÷ 2 = 45.455. Project 2: 0.
    assert [(row["unit"].printed_name, str(row["before"]), str(row["after"])) for row in effects.scores] == [
        ("界首市", "25.00", "45.46")
    ]
    # Overall: 60 ÷ 2 ÷ 2 = 15; 25 ÷ 2 = 12.5, then 45.455 ÷ 2 = 22.7275.
    overall = [
        (row["unit"].printed_name, [(str(side["score"]), side["place"]) for side in (row["before"], row["after"])])
        for row in effects.overall
    ]
    assert overall == [("太和县", [("15.00", 1), ("15.00", 2)]), ("界首市", [("12.50", 2), ("22.73", 1)])]
    assert "2 个单位的综合位次会变" in shown.text
    # July is issued, so a revision without a day of its own counts from 1 August.
    assert done.status_code == 302
    revised = Target.objects.filter(revision=2).order_by("value")
    assert [(row.printed, row.valid_from, row.reason, row.set_by) for row in revised] == [
        ("≥95%", datetime.date(2020, 8, 1), "省里调减任务", city_officer),
        ("110公里", datetime.date(2020, 8, 1), "省里调减任务", city_officer),
    ]
    assert AuditEvent.objects.filter(verb="set_targets").count() == 1
    with django_assert_max_num_queries(16):
        page = client.get(table_of(programme))
    assert page.context["columns"][0]["difference"] == "少 90.00"
    assert "! 少 90.00" in page.text
    history = reverse(
        "supervision:target-detail",
        args=[programme.code, key_text((participants["341282"].pk, indicators["里程"].pk))],
    )
    assert [row["stated"] for row in client.get(history).context["revisions"]] == ["110公里", "200公里"]


@pytest.mark.parametrize(
    ("text", "fields", "sentence"),
    [
        ("-5", {}, "看不出是多少"),
        ("很多", {}, "看不出是多少"),
        ("100吨", {}, "单位与指标的单位“公里”不同"),
        ("12345678901234567890", {}, "位数太多"),
        ("0", {}, "没有任务请写“/”"),
        ("", {}, "已有目标“200公里”，已经报过 2 期的数，不能清空"),
        ("200公里", {}, "没有改动，不用保存"),
        ("110", {"reason": ""}, "要写明原因"),
        ("110", {"document": ""}, "要写明依据文件"),
        ("110", {"document_on": "八月"}, "文件日期写得不对"),
        ("110", {"valid_from": "2020-07-31"}, "在已通报的月份里，已通报的不改；最早从2020年8月1日起生效"),
        ("110", {"valid_from": "2021-01-01"}, "生效日期要在2020年内"),
        ("110", {"base": 0}, "刚刚被别人改过，现在是“200公里”"),
        ("110", {"t-999999-999999": "7"}, "可能是别的年度的单位或指标"),
        ("110", {"step": "confirm", "fingerprint": "x"}, "什么都没有存。请再看一遍"),
    ],
)
def test_batch_that_cannot_stand_is_said_in_a_sentence_and_changes_nothing(send, text, fields, sentence):
    count = Target.objects.count()

    answer = send({("341282", "里程"): text}, **fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert Target.objects.count() == count


def test_batch_is_refused_when_a_count_moved_a_place_after_it_was_shown(send, period, participants, indicators):
    cells = {("341282", "里程"): "110"}
    seal = send(cells).context["fingerprint"]
    # 太和县 withdraws its report: it has no place any more.
    period.reports.filter(participant=participants["341222"]).update(state="draft")

    answer = send(cells, "confirm", fingerprint=seal)

    assert answer.status_code == 422
    assert "核对之后有人改了目标或各县报了数" in answer.text
    assert not Target.objects.filter(revision=2).exists()


def test_r19_issued_month_stays_and_earlier_months_count_the_revision_of_their_end(
    reported, programme, participants, indicators, period, city_officer
):
    frozen = snapshot_standings(reported).lines
    jieshou = participants["341282"]
    entry = TargetEntry(indicators["里程"], jieshou, "assessed", Decimal(110), printed="110公里", base_revision=1)

    set_targets(
        programme=programme,
        entries=[entry],
        paper=Paper("阜民生办〔2020〕9号", datetime.date(2020, 8, 20), None, "省里调减任务"),
        by=city_officer,
    )

    def target(standings):
        [line] = [row for row in standings.lines[entry.indicator.pk] if row["participant_id"] == jieshou.pk]
        return line["target"], line["place"]

    assert snapshot_standings(reported).lines == frozen
    assert target(live_standings(reported.period)) == (Decimal(200), 2)
    assert target(live_standings(period)) == (Decimal(110), 1)


def test_agreement_names_tasks_and_offices_and_a_county_reads_its_own(
    client, indicators, programme, clerk, lead_agency
):
    roads = indicators["里程"].sub_project
    roads.city_leader, roads.due_on = "市政府副市长", datetime.date(2020, 10, 31)
    roads.save()
    client.force_login(clerk)

    own = client.get(reverse("supervision:agreement-list", args=[programme.code]))
    page = client.get(own["Location"])
    paper = docx.Document(BytesIO(client.get(own["Location"] + "download/").content))

    assert page.context["agreement"].rows == [
        ["1", "农村道路", "里程", "公里", "100公里", "2020年10月31日", "市交通运输局", "市政府副市长"],
        ["", "", "合格率", "%", "90%", "2020年10月31日", "市交通运输局", "市政府副市长"],
        ["2", "困难救助", "人数", "人", "1000人", "—", "—", "—"],
    ]
    assert "阜阳市民生办（甲方）与太和县（乙方）订立本责任书" in page.text
    assert [cell.text for cell in paper.tables[0].rows[1].cells][4:6] == ["100公里", "2020年10月31日"]
    assert client.get(own["Location"].replace("341222", "341282")).status_code == 404
