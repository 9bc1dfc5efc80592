"""`verify` finds whatever was changed around the application, and nothing in an untouched database."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connections

from livelihood import seals
from projects.services import reports
from supervision.services.snapshots import refresh_snapshot
from supervision.services.verification import verify_all
from tests import factories
from tests.supervision.funds import planned_line
from tests.supervision.months import close, issue, publish, report_month
from tests.support import databases

pytestmark = pytest.mark.slow

NOTHING = {"snapshots": [], "documents": [], "seals": [], "revisions": [], "approvals": []}


@pytest.fixture
def issued(cloned_db, period, participants, indicators, city_officer):
    """A month frozen twice, issued and sealed."""
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    closed = close(period, by=city_officer)
    publish(period, indicators["里程"], "70.00", by=city_officer)
    refresh_snapshot(period=period, by=city_officer)
    closed.document.refresh_from_db()
    issue(closed.document, by=city_officer)
    seals.seal_events()
    return period


def as_owner(statement):
    """Change something around the application; the owner is bound by triggers unless they are off."""
    with connections["owner"].cursor() as cursor:
        for table in ("document", "figure", "scoring_component"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount
        for table in ("document", "figure", "scoring_component"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_verify_of_an_untouched_database_finds_nothing(issued):
    assert verify_all() == NOTHING


TAMPERED = [
    (
        "UPDATE snapshot_line SET rate = 61 WHERE rate = 60 AND participant_kind = 'unit'",
        "snapshots",
        "内容与校验值不符",
    ),
    (
        "UPDATE snapshot_line SET rate = 61 WHERE rate = 60 AND participant_kind = 'unit'",
        "snapshots",
        "按冻结的数据复算，1行的结果不同：太和县 里程",
    ),
    (
        "UPDATE snapshot_line SET value = 61 WHERE value = 60 AND participant_kind = 'unit'",
        "snapshots",
        "复算",
    ),
    ("UPDATE snapshot_unit SET place = 9 WHERE place = 1", "snapshots", "1个单位的结果不同"),
    ("UPDATE snapshot_unit SET score = 99 WHERE place = 1", "snapshots", "内容与校验值不符"),
    ("DELETE FROM snapshot_line WHERE id = (SELECT max(id) FROM snapshot_line)", "snapshots", "内容与校验值不符"),
    ("UPDATE snapshot SET decimals = 1", "snapshots", "内容与校验值不符"),
    ("UPDATE scoring_component SET cap = 50", "snapshots", "个单位的结果不同"),
    ("UPDATE document SET content = jsonb_set(content, '{title}', '\"改\"')", "documents", "内容与校验值不符"),
    ("UPDATE document SET snapshot_id = (SELECT min(id) FROM snapshot)", "documents", "记录的快照不同"),
    ("UPDATE document SET number = 99", "documents", "内容里的文号与登记的文号不同"),
    ("UPDATE document SET number = 99", "documents", "不在序列民生办〔2020〕登记的1至1号之间"),
    ("UPDATE document SET issued_on = '2021-01-08'", "documents", "成文日期不在序列民生办〔2020〕的年份里"),
    ("UPDATE document SET title = '改'", "documents", "内容里的标题与登记的标题不同"),
    ("UPDATE audit_event SET verb = 'x' WHERE id = (SELECT min(id) FROM audit_event)", "seals", "不一致"),
    (
        "UPDATE figure SET value = value + 1 WHERE id = (SELECT min(id) FROM figure)",
        "revisions",
        "与最后一次修订不一致",
    ),
    (
        "UPDATE figure SET value = value + 1 WHERE id = (SELECT min(id) FROM figure)",
        "approvals",
        "内容与审核时不一致",
    ),
    (
        "DELETE FROM figure_revision WHERE id = (SELECT min(id) FROM figure_revision)",
        "revisions",
        "与最后一次修订不一致",
    ),
    (
        "DELETE FROM report_approval WHERE id = (SELECT min(id) FROM report_approval "
        "WHERE report_id = (SELECT min(id) FROM report WHERE content_sha256 <> ''))",
        "approvals",
        "没有审核记录",
    ),
]


def missed(database, tampered, change) -> list:
    """Change each in a copy of the database of its own; those that `verify` did not name."""
    found = {}
    for statement, check, sentence in tampered:
        with databases.cloned_database(template=database):
            change(statement)
            found[statement, check, sentence] = verify_all()[check]
    return [(*key, texts) for key, texts in found.items() if not any(key[2] in text for text in texts)]


def test_verify_finds_what_was_tampered_with(cloned_db, issued):
    assert missed(cloned_db, TAMPERED, as_owner) == []


def run_verify(*arguments):
    out = io.StringIO()
    try:
        call_command("verify", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_verify_command_of_an_untouched_database_ends_with_0(issued):
    code, out = run_verify("--json")

    assert (code, json.loads(out)) == (0, {"ok": True, "differences": NOTHING})


def test_verify_command_names_the_difference_and_ends_with_1(issued):
    as_owner("UPDATE snapshot_unit SET place = 9 WHERE place = 1")

    code, out = run_verify()

    assert code == 1
    assert "快照：" in out
    assert "× 阜阳市2020年民生工程 2020年1—8月 快照第2版：按冻结的数据复算，" in out
    assert "公文：一致" in out


TAMPERED_MONEY = [
    ("UPDATE snapshot_fund_rate SET place = 9 WHERE place = 1", "snapshots", "太和县 project disbursed"),
    ("UPDATE snapshot_fund SET planned = planned + 1", "snapshots", "内容与校验值不符"),
    ("UPDATE fund_figure SET value = value + 1", "revisions", "太和县"),
    ("DELETE FROM fund_figure_revision", "revisions", "与修订记录不一致"),
]


def test_verify_finds_money_changed_around_the_application(cloned_db, period, participants, indicators, city_officer):
    report = reports.report_for(period=period, participant=participants["341222"], by=city_officer)
    planned_line(indicators["里程"], participants["341222"], city_officer, 1000, report, disbursed=600)
    report_month(period, participants, indicators, by=city_officer)
    close(period, by=city_officer)
    assert verify_all() == NOTHING

    def change(statement):
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE fund_figure DISABLE TRIGGER USER")
            cursor.execute(statement)
            assert cursor.rowcount
            cursor.execute("ALTER TABLE fund_figure ENABLE TRIGGER USER")

    assert missed(cloned_db, TAMPERED_MONEY, change) == []
