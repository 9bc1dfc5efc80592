"""Edits of a 通报: what stays linked, what is asked, what is carried over, and what a stale page may not do."""

import re

import pytest
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from projects.services.periods import reopen_period
from supervision.documents.edits import relinked
from supervision.documents.paper import Part, linked
from supervision.models import Document
from supervision.services import bulletin_edit
from supervision.services.documents import draft_bulletin, review_document
from supervision.services.snapshots import freeze_snapshot
from tests import factories
from tests.supervision.months import close, issue, publish, report_month, report_unit
from tests.support.pages import strange_words
from tests.support.worlds import world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

UNITS = ["太和县", "阜南县"]


@world
def draft(period, participants, indicators, city_officer):
    """August with 里程 published at 72.00: 太和县 60 ÷ 100 = 60.00 is below, so is the city's 210 ÷ 300 = 70.00."""
    factories.plain_scheme(period.programme)
    publish(period, indicators["里程"], "72.00", by=city_officer)
    report_month(period, participants, indicators, by=city_officer)
    return close(period, by=city_officer).document


@pytest.fixture
def code(indicators):
    """The sentence of R9 on 里程: 里程低于全省（72.00%）平均进度的有：太和县60.00%。"""
    return f"below:indicator{indicators['里程'].pk}"


def sentence(document, code):
    document.refresh_from_db()
    return next(one for one in bulletin_edit.sentences_of(document.content) if one["code"] == code)


def edit(document, code, text, by, **options):
    return bulletin_edit.edit_sentences(
        document=document, texts={code: text}, by=by, **({"version": document.version} | options)
    )


def behind(document, code):
    return {part["text"]: part["behind"] for part in sentence(document, code)["parts"] if "behind" in part}


LISTED = linked(
    "里程低于全省（67.3%）平均进度的有：太和县40.9%，阜南县41.2%。",
    [
        Part("67.3%", "average:7", "benchmark", "全省（"),
        Part("40.9%", "line:1", "compared", "太和县"),
        Part("41.2%", "line:2", "compared", "阜南县"),
    ],
)


@pytest.mark.parametrize(
    ("text", "figures", "doubts"),
    [
        # other words around the same figures, another order
        ("全省67.3%，阜南县41.2%、太和县仅40.9%，均低于平均。", ["average:7", "line:2", "line:1"], []),
        # the names changed places: neither figure is that unit's
        (
            "里程低于全省（67.3%）平均进度的有：阜南县40.9%，太和县41.2%。",
            ["average:7"],
            [
                "原句的“太和县40.9%”没有了",
                "原句的“阜南县41.2%”没有了",
                "“40.9%”不是快照里的数",
                "“41.2%”不是快照里的数",
            ],
        ),
        # a digit more is another figure
        (
            "里程低于全省（67.3%）平均进度的有：太和县40.95%，阜南县41.2%。",
            ["average:7", "line:2"],
            ["原句的“太和县40.9%”没有了", "“40.95%”不是快照里的数"],
        ),
        # one is left out
        (
            "里程低于全省（67.3%）平均进度的有：阜南县41.2%。",
            ["average:7", "line:2"],
            ["原句的“太和县40.9%”没有了"],
        ),
    ],
)
def test_figures_of_changed_words_stay_linked_and_differences_are_said(text, figures, doubts):
    found = relinked(LISTED, text, UNITS)

    assert [part.behind for part in found.parts if part.behind] == figures
    assert "".join(part.text for part in found.parts) == text
    assert (found.doubts, found.original) == (doubts, LISTED.text)


def test_edited_sentence_is_marked_linked_and_audited(draft, code, city_officer):
    before, version = behind(draft, code), draft.version

    saved = edit(draft, code, "受汛期影响，里程低于全省（72.00%）的是太和县60.00%。", city_officer)

    changed = sentence(saved, code)
    assert changed["original"] == "里程低于全省（72.00%）平均进度的有：太和县60.00%。"
    assert behind(saved, code) == before
    assert (saved.version, changed["doubts"]) == (version + 1, [])
    event = AuditEvent.objects.filter(verb="edit_document").latest("id")
    assert event.after["sentences"][code]["after"].startswith("受汛期影响")


def test_other_figure_than_the_snapshots_is_asked_back_and_kept_once_confirmed(draft, code, city_officer):
    text = "里程低于全省（72.00%）平均进度的有：太和县61.00%。"

    with pytest.raises(bulletin_edit.Doubtful, match=r"原句的“太和县60.00%”没有了；“61.00%”不是快照里的数"):
        edit(draft, code, text, city_officer)
    assert sentence(draft, code)["original"] == ""
    saved = edit(draft, code, text, city_officer, is_confirmed=True)

    assert sentence(saved, code)["doubts"] == ["原句的“太和县60.00%”没有了", "“61.00%”不是快照里的数"]
    assert list(behind(saved, code)) == ["72.00%"]


def test_restored_sentence_is_the_systems_own_again(draft, code, city_officer):
    content = draft.content
    saved = edit(draft, code, "太和县60.00%，低于全省（72.00%）。", city_officer)

    restored = bulletin_edit.restore_sentence(document=saved, code=code, version=saved.version, by=city_officer)

    assert restored.content == content


def test_sentence_left_out_is_not_printed_and_can_come_back(draft, code, city_officer):
    saved = edit(draft, code, "", city_officer, is_confirmed=True)

    assert code not in [one["code"] for one in bulletin_edit.sentences_of(saved.content)]
    restored = bulletin_edit.restore_sentence(document=saved, code=code, version=saved.version, by=city_officer)
    assert sentence(restored, code)["text"].startswith("里程低于全省")


def test_new_snapshot_carries_a_change_over_where_its_sentence_is_the_same(
    draft, code, period, participants, indicators, city_officer
):
    saved = edit(draft, code, "太和县60.00%，低于全省（72.00%）。", city_officer)
    old = behind(saved, code)

    snapshot = freeze_snapshot(period=period, by=city_officer)
    drafted = draft_bulletin(snapshot=snapshot, by=city_officer)

    assert drafted.pk == draft.pk
    assert sentence(drafted, code)["text"] == "太和县60.00%，低于全省（72.00%）。"
    # the same figure, now of the new snapshot's line
    assert behind(drafted, code)["60.00%"] != old["60.00%"]
    assert drafted.content["choices"]["gone"] == []


def test_new_snapshot_sets_a_change_aside_where_its_sentence_has_changed(draft, code, period, indicators, city_officer):
    saved = edit(draft, code, "太和县60.00%，低于全省（72.00%）。", city_officer)
    publish(period, indicators["里程"], "71.00", by=city_officer)

    drafted = draft_bulletin(snapshot=freeze_snapshot(period=period, by=city_officer), by=city_officer)

    (gone,) = drafted.content["choices"]["gone"]
    assert gone["text"] == "太和县60.00%，低于全省（72.00%）。"
    assert gone["now"] == sentence(drafted, code)["text"] == "里程低于全省（71.00%）平均进度的有：太和县60.00%。"
    settled = bulletin_edit.settle_gone(document=drafted, code=code, version=drafted.version, by=city_officer)
    assert settled.content["choices"]["gone"] == []
    assert saved.version < drafted.version < settled.version


def test_stale_page_changes_nothing(draft, code, city_officer):
    version = draft.version
    edit(draft, code, "太和县60.00%，低于全省（72.00%）。", city_officer)
    draft.refresh_from_db()

    with pytest.raises(InvalidTransition, match="您的改动没有保存"):
        bulletin_edit.switch_sections(document=draft, on=["lead"], version=version, by=city_officer)

    draft.refresh_from_db()
    assert draft.version == version + 1


@pytest.mark.parametrize("person", ["clerk", "leader", "lead_officer"])
def test_only_the_office_may_edit(draft, code, person, request):
    with pytest.raises(NotAllowed):
        edit(draft, code, "改", request.getfixturevalue(person))


def test_issued_paper_is_not_edited(draft, code, city_officer):
    issued = issue(draft, by=city_officer)

    with pytest.raises(InvalidTransition, match="不能再改"):
        edit(issued, code, "改", city_officer)


def test_edit_after_the_review_asks_for_another_review(draft, code, city_officer):
    reviewed = review_document(document=draft, by=city_officer)

    saved = edit(reviewed, code, "太和县60.00%，低于全省（72.00%）。", city_officer)

    assert (saved.state, saved.reviewed_by) == (Document.State.DRAFT, None)


def test_sections_move_among_their_like_and_options_are_checked(draft, city_officer):
    def codes(document):
        return [chapter["code"] for chapter in document.content["chapters"]]

    on = [row["code"] for row in draft.content["choices"]["sections"] if row["on"]]
    moved = bulletin_edit.switch_sections(
        document=draft, on=[code for code in on if code != "submission"], move="up:below", version=1, by=city_officer
    )

    assert codes(moved) == ["overview", "ranking", "below", "demands"]
    again = bulletin_edit.switch_sections(document=moved, on=on, move="up:below", version=2, by=city_officer)
    again = bulletin_edit.switch_sections(document=again, on=on, move="up:below", version=3, by=city_officer)
    assert codes(again).index("below") < codes(again).index("ranking")
    with pytest.raises(Refused, match="“前后各几名”填1到20的整数，现在是“0”"):
        bulletin_edit.set_options(
            document=again, code="ranking", options={"count": "0"}, own="", version=4, by=city_officer
        )


def test_correction_says_line_by_line_what_changed(draft, period, participants, indicators, city_officer):
    """太和县's 里程 was 60 and is 80 of 100; the whole's 60 + 150 = 210 of 300 becomes 230, 76.67."""
    issued = issue(draft, by=city_officer)
    reopen_period(
        period=period,
        participants=[participants["341222"]],
        until=period.due_at.replace(year=2099),
        reason="台账有误",
        by=city_officer,
    )
    report_unit(period, participants["341222"], indicators, {"里程": "80"}, by=city_officer)

    correction = close(period, by=city_officer).document

    assert (correction.kind, correction.corrects) == (Document.Kind.CORRECTION, issued)
    changes = correction.content["chapters"][0]
    texts = [one["text"] for paragraph in changes["paragraphs"] for one in paragraph["sentences"]]
    assert (changes["heading"], texts[0]) == (
        "更正内容",
        "太和县里程完成数由60.00公里更正为80.00公里，完成率由60.00%更正为80.00%。",
    )
    table = next(table for table in correction.content["attachments"] if table["code"] == "table_changes")
    # target, figure, rate, place, before and after; of the whole 210 → 230 of 300
    assert table["rows"][0][:8] == ["太和县", "里程", "100.00", "100.00", "60.00", "80.00", "60.00", "80.00"]
    assert [row[4:8] for row in table["rows"] if row[0] == "全市"] == [["210.00", "230.00", "70.00", "76.67"]]


def test_single_and_inspection_papers_stand_beside_the_months_own(draft, period, city_officer):
    single = bulletin_edit.draft_of_kind(period=period, kind="single", project=1, by=city_officer)
    again = bulletin_edit.draft_of_kind(period=period, kind="single", project=1, by=city_officer)
    inspection = bulletin_edit.draft_of_kind(period=period, kind="inspection", by=city_officer)

    assert single.pk == again.pk != draft.pk
    assert single.title == "关于2020年1—8月份全市农村道路推进情况的通报"
    assert inspection.title == "关于2020年全市民生工程综合督查情况的通报"
    drafted = draft_bulletin(snapshot=freeze_snapshot(period=period, by=city_officer), by=city_officer)
    assert drafted.pk == draft.pk
    with pytest.raises(Refused, match="单项通报要选一个项目"):
        bulletin_edit.draft_of_kind(period=period, kind="single", by=city_officer)


def test_editor_page_keeps_what_was_typed_when_the_draft_moved_on(client, draft, code, city_officer):
    client.force_login(city_officer)
    url = reverse("supervision:bulletin-edit", args=[draft.pk])
    edit(draft, code, "太和县60.00%，低于全省（72.00%）。", city_officer)

    response = client.post(
        url,
        {"action": "text", "version": 1, "section": "below", f"text-{code}": "我写的：太和县60.00%，全省（72.00%）。"},
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "您的改动没有保存" in page
    assert "我写的：太和县60.00%" in page
    assert 'name="version" value="2"' in page


def test_editor_page_asks_about_figures_and_then_saves(client, draft, code, city_officer):
    client.force_login(city_officer)
    url = reverse("supervision:bulletin-edit", args=[draft.pk])
    typed = {"action": "text", "version": 1, f"text-{code}": "里程低于全省（72.00%）平均进度的有：太和县61.00%。"}

    asked = client.post(url, typed)
    saved = client.post(url, typed | {"confirmed": "1"})

    assert asked.status_code == 422
    assert "数字与快照不符" in asked.content.decode()
    assert saved.url.endswith(f"#{code}")
    page = client.get(url).content.decode()
    assert "已改" in page
    assert "数字与快照不符（已确认）" in page
    assert strange_words(page) == []


def test_editor_page_links_every_figure_and_estimates_the_pages(client, draft, city_officer):
    client.force_login(city_officer)

    page = client.get(reverse("supervision:bulletin-edit", args=[draft.pk]) + "?section=ranking").content.decode()

    assert re.search("正文约 [23] 页", page)
    assert "前后各几名" in page
    assert "/why/341222/" in page


def test_attachment_cells_answer_why(client, draft, indicators, city_officer):
    client.force_login(city_officer)

    page = client.get(reverse("supervision:document-detail", args=[draft.pk])).content.decode()

    line = f"/programmes/fuyang-2020/2020-08/why/341222/{indicators['合格率'].pk}/?basis=1"
    # 81 ÷ 90 = 90.00 stands in the table alone
    assert f'href="{line}">90.00</a>' in page
