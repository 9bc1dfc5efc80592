"""通报种类: an office's own kinds, what may stand in a pattern, and what papers keep of the kind they were made of."""

import re

import pytest
from django.urls import reverse

from livelihood.access import NotAllowed
from livelihood.models import AuditEvent
from livelihood.services import InvalidTransition, Refused
from supervision.documents.patterns import filled, shown, stored
from supervision.documents.registered import office_kinds
from supervision.documents.sections import shipped_kinds
from supervision.models import Document, PaperKind, PaperStyle
from supervision.services import bulletin_edit, closing, documents
from supervision.services.papers.kinds import MOST_KINDS
from supervision.services.papers.series import series_of
from tests import factories
from tests.supervision.months import close, report_month
from tests.support.worlds import world

pytestmark = pytest.mark.django_db

TEXTS = {
    "label": "半年进展",
    "title": "关于{期间}{范围}民生工程半年进展的通报",
    "lead": "现将{月份}进展通报如下：",
    "issuer": "",
}
SECTIONS = ["lead", "below", "overview", "-ranking"]


@world
def draft(period, participants, indicators, city_officer):
    """The 通报 a close drafts of August."""
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    return close(period, by=city_officer).document


def add(office, by, of="progress", sections=SECTIONS, **texts):
    return documents.add_kind(agency=office, of=of, texts=TEXTS | texts, sections=sections, by=by)


def change(office, by, code="progress", version=0, sections=SECTIONS, **texts):
    return documents.change_kind(
        agency=office, code=code, texts=TEXTS | texts, sections=sections, version=version, by=by
    )


def page(name, office, *arguments):
    return reverse(f"supervision:{name}", args=[office.pk, *arguments])


# -- patterns ------------------------------------------------------------------------------------


def test_pattern_is_stored_by_code_shown_by_name_and_filled_once():
    pattern = stored("关于｛期间｝{whole}{ 项目 }的通报", needs_project=True)

    assert pattern == "关于{span}{whole}{project}的通报"
    assert shown(pattern) == "关于{期间}{范围}{项目}的通报"
    # What is filled in is words, whatever it looks like.
    words = {"span": "8月", "whole": "全市", "project": "{year}和{0.__class__}"}
    assert filled(pattern, words) == "关于8月全市{year}和{0.__class__}的通报"


def test_pattern_that_cannot_be_filled_is_refused_in_one_sentence():
    known = "能填的有{期间}、{月份}、{年份}、{范围}、{项目数}。"
    cases = {
        "{foo}": f"里的“{{foo}}”填不出来，{known}",
        "{0}": f"里的“{{0}}”填不出来，{known}",
        "{}": f"里的“{{}}”填不出来，{known}",
        "{span.__class__}": f"里的“{{span.__class__}}”填不出来，{known}",
        "{span[0]}": f"里的“{{span[0]}}”填不出来，{known}",
        "{span!r}": f"里的“{{span!r}}”填不出来，{known}",
        "{span:>99999999}": f"里的“{{span:>99999999}}”填不出来，{known}",
        "{span:{foo}}": f"里的“{{span:{{foo}}}}”填不出来，{known}",
        "{期间": "里的大括号不成对，要填的内容写成 {期间} 这样。",
        "期间}": "里的大括号不成对，要填的内容写成 {期间} 这样。",
        "{{期间}}": "里有连写的大括号，要填的内容写成 {期间} 这样。",
        "{项目}": "里的“{项目}”填不出来，只有说一个项目的种类能用。",
    }

    for typed, sentence in cases.items():
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            stored(typed, needs_project=False)


# -- kinds ---------------------------------------------------------------------------------------


def test_kind_that_is_wrong_is_refused_and_nothing_changes(office, city_officer):
    add(office, city_officer)
    wrong = {
        "请填名称。": {"label": " \u3000"},
        "已有叫“综合督查”的种类，请换一个名称。": {"label": "综合督查"},
        "名称有21字，最多20字。": {"label": "长" * 21},
        "标题有5000字，最多80字。": {"title": "长" * 5000},
        "标题里的“{期间}”写了不止一次，请只留一处。": {"title": "{期间}到{span}的通报"},
        "导语里有看不见的控制字符（U+0007），请删去后重新输入。": {"lead": "通报如下\a："},
        "发文机关有61字，最多60字。": {"issuer": "办" * 61},
        "“总体情况”列了两次，请刷新页面再改。": {"sections": ["lead", "overview", "-overview"]},
        "至少要印出正文的一章。": {"sections": ["lead", "-overview", "table_funds"]},
        "这一种通报没有“nonsense”这一章，请刷新页面再改。": {"sections": ["overview", "nonsense"]},
        # only a paper on one project can say it, only a 更正 has it
        "这一种通报没有“进展情况”这一章，请刷新页面再改。": {"sections": ["overview", "single"]},
        "这一种通报没有“更正内容”这一章，请刷新页面再改。": {"sections": ["overview", "changes"]},
        "没有这一种通报，请刷新页面再办。": {"code": "nonsense"},
    }
    before = list(PaperKind.objects.values())

    for sentence, values in wrong.items():
        with pytest.raises(Refused) as refusal:
            change(office, city_officer, **{"label": "月度进展"} | values)
        assert str(refusal.value) == sentence
    with pytest.raises(InvalidTransition, match="进展情况在您打开页面之后被改过，没有保存"):
        change(office, city_officer, version=1, label="月度进展")
    with pytest.raises(NotAllowed):
        change(office, factories.UserFactory(), label="月度进展")
    assert list(PaperKind.objects.values()) == before


@pytest.mark.slow
def test_kind_needed_elsewhere_is_not_switched_off(draft, period, office, city_officer):
    def switch(code, version=0, is_active=False):
        documents.switch_kind(agency=office, code=code, is_active=is_active, version=version, by=city_officer)

    bulletin_edit.draft_of_kind(period=period, kind="inspection", by=city_officer)

    with pytest.raises(Refused, match="封账拟稿用的正是进展情况"):
        switch("progress")
    with pytest.raises(Refused, match="还有这一种的拟稿《关于2020年全市民生工程综合督查情况的通报》"):
        switch("inspection")
    switch("single")
    with pytest.raises(InvalidTransition, match="单项已经停用了"):
        switch("single", version=1)
    with pytest.raises(Refused, match="没有“单项”这种通报"):
        bulletin_edit.draft_of_kind(period=period, kind="single", project=1, by=city_officer)
    Document.objects.filter(subject="inspection").delete()
    switch("inspection")
    with pytest.raises(Refused, match="至少要留一种通报"):
        switch("progress")
    with pytest.raises(Refused, match="封账拟稿的种类不在启用的种类里"):
        documents.set_paper_style(agency=office, version=0, by=city_officer, values={"close_kind": "inspection"})


def test_shipped_kind_changed_comes_back_as_shipped(office, city_officer):
    assert [kind.label for kind in office_kinds(office).values()] == ["进展情况", "综合督查", "单项"]
    same = shipped_kinds()["inspection"]
    marked = [code if on else f"-{code}" for code, on in same.sections]
    change(office, city_officer, code="inspection", sections=marked, **same.words())
    assert not PaperKind.objects.exists()
    change(office, city_officer)
    own = add(office, city_officer, label="进展情况")

    with pytest.raises(Refused, match="已有叫“进展情况”的种类"):
        documents.restore_kind(agency=office, code="progress", version=1, by=city_officer)
    with pytest.raises(Refused, match="是本单位增加的，没有原样可以恢复"):
        documents.restore_kind(agency=office, code=own.code, version=1, by=city_officer)
    change(office, city_officer, code=own.code, version=1, label="月度进展")
    documents.restore_kind(agency=office, code="progress", version=1, by=city_officer)

    assert office_kinds(office)["progress"] == shipped_kinds()["progress"]
    events = AuditEvent.objects.filter(target_label="paper_kind").order_by("id").values_list("verb", flat=True)
    assert list(events) == ["change_paper_kind", "add_paper_kind", "change_paper_kind", "restore_paper_kind"]


def test_office_adds_no_more_kinds_than_a_list_holds(office, city_officer):
    shipped = len(shipped_kinds())
    for nth in range(MOST_KINDS - shipped):
        PaperKind.objects.create(
            agency=office,
            code=f"own-{nth + 1}",
            label=f"第{nth + 1}种",
            title="通报",
            lead="通报如下：",
            updated_by=city_officer,
        )

    with pytest.raises(Refused, match="通报种类最多30种"):
        add(office, city_officer)


# -- papers --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_draft_keeps_its_kind_and_the_next_paper_takes_the_new_one(draft, period, office, city_officer):
    title = draft.title
    change(office, city_officer)
    change(office, city_officer, code="inspection", label="督查", title="{范围}督查通报", issuer="阜阳市民生领导小组")

    again = bulletin_edit.rewrite(document=draft, version=draft.version, by=city_officer)
    other = bulletin_edit.draft_of_kind(period=period, kind="inspection", by=city_officer)

    assert (again.title, again.content["choices"]["words"]["label"]) == (title, "进展情况")
    assert again.content["lead"]["text"].startswith("为扎实推进2020年")
    assert (other.title, other.content["issuer"]) == ("全市督查通报", "阜阳市民生领导小组")
    assert other.content["lead"]["text"] == "现将1—8月份进展通报如下："
    assert (other.content["choices"]["kind"], other.content["choices"]["words"]["label"]) == ("inspection", "督查")
    # In the office's order; 综合排名 stands in the list and is not printed.
    assert [chapter["code"] for chapter in other.content["chapters"]] == ["below", "overview"]
    assert [row["code"] for row in other.content["choices"]["sections"]][:4] == ["lead", "below", "overview", "ranking"]


@pytest.mark.slow
def test_close_drafts_the_kind_the_office_chose(period, participants, indicators, office, city_officer):
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    own = add(office, city_officer)
    of_project = add(office, city_officer, of="single", label="单项二", sections=["lead", "single", "funds"])
    with pytest.raises(Refused, match="单项二只说一个项目，不能在封账时拟"):
        documents.set_paper_style(agency=office, version=0, by=city_officer, values={"close_kind": of_project.code})
    documents.set_paper_style(agency=office, version=0, by=city_officer, values={"close_kind": own.code})

    document = close(period, by=city_officer).document

    assert document.title == "关于2020年1—8月份全市民生工程半年进展的通报"
    assert document.content["choices"]["kind"] == own.code == "own-1"
    single = bulletin_edit.draft_of_kind(period=period, kind=of_project.code, project=1, by=city_officer)
    assert [chapter["code"] for chapter in single.content["chapters"]][:1] == ["single"]
    with pytest.raises(Refused, match="单项二通报要选一个项目"):
        bulletin_edit.draft_of_kind(period=period, kind=of_project.code, by=city_officer)


@pytest.mark.slow
def test_close_drafts_the_kind_chosen_for_this_month(client, period, participants, indicators, office, city_officer):
    factories.plain_scheme(period.programme)
    report_month(period, participants, indicators, by=city_officer)
    client.force_login(city_officer)
    url = reverse("supervision:period-close", args=[period.programme.code, period.code])

    shown_first = client.get(url).context["form"]["kind"]
    wrong = client.post(url, {"kind": "single"})
    asked = client.post(url, {"kind": "inspection"})
    made = closing.run_close_job(closing.close_job_of(period))

    assert (shown_first.value(), [code for code, _ in shown_first.field.choices]) == (
        "progress",
        ["progress", "inspection"],
    )
    assert (wrong.status_code, asked.status_code) == (422, 302)
    assert "选的通报种类不在启用的种类里，请重新选。" in wrong.content.decode()
    assert Document.objects.get(pk=made["document"]).title == "关于2020年全市民生工程综合督查情况的通报"
    # The month has its paper: what is drafted again is that one.
    assert "kind" not in client.get(url).context["form"].fields


def test_letters_share_the_series_of_papers_until_given_a_word(programme, office, city_officer):
    def words():
        numbered = [series_of(programme, year=2020, is_letter=is_letter) for is_letter in (True, False)]
        return [series.word for series in numbered]

    shared = words()
    with pytest.raises(Refused, match="“民生办”是通报的发文代字"):
        documents.set_paper_style(agency=office, version=0, by=city_officer, values={"letter_word": " 民生办 "})
    documents.set_paper_style(agency=office, version=0, by=city_officer, values={"letter_word": "民生办函"})

    assert shared == ["民生办", "民生办"]
    assert words() == ["民生办函", "民生办"]


# -- pages ---------------------------------------------------------------------------------------


def test_kind_page_keeps_what_was_typed_and_stores_only_what_is_right(client, july, office, participants, city_officer):
    client.force_login(city_officer)
    url = page("paper-kind", office, "progress")
    posted = TEXTS | {"version": 0, "section": ["lead", "below", "overview"], "on": ["overview"]}

    shown_only = client.post(url, posted | {"action": "preview"})
    moved = client.post(url, posted | {"move": "down:below"})
    wrong = client.post(url, posted | {"title": "关于{foo}的通报", "action": "save"})

    assert (shown_only.status_code, moved.status_code, wrong.status_code) == (200, 200, 422)
    assert "关于2020年1—7月份全市民生工程半年进展的通报" in shown_only.content.decode()
    order = [row["code"] for row in moved.context["sections"]][:3]
    assert (order, moved.context["form"]["label"].value()) == (["lead", "overview", "below"], "半年进展")
    assert "标题里的“{foo}”填不出来" in wrong.content.decode()
    assert wrong.context["form"]["title"].value() == "关于{foo}的通报"
    assert [row["code"] for row in wrong.context["sections"] if row["on"]] == ["overview"]
    assert not PaperKind.objects.exists()
    saved = client.post(url, posted | {"action": "save"})
    assert (saved.status_code, saved.url) == (302, page("paper-kinds", office))
    row = PaperKind.objects.get()
    assert (row.label, row.title) == ("半年进展", "关于{span}{whole}民生工程半年进展的通报")
    assert row.sections[:4] == ["-lead", "-below", "overview", "-ranking"]


def test_kind_is_added_chosen_for_the_close_and_switched_by_pages(client, july, office, participants, city_officer):
    client.force_login(city_officer)
    own = TEXTS | {"version": 0, "section": ["lead", "overview"], "on": ["lead", "overview"]}

    client.post(f"{page('paper-kind-new', office)}?of=inspection", own)
    client.post(page("paper-kinds", office), {"version": 0, "close_kind": "own-1"})
    client.post(page("paper-kind-switch", office, "progress"), {"version": 0, "is_active": "0"})
    listed = client.get(page("paper-kinds", office))

    assert [(row["kind"].label, row["kind"].is_active, row["is_close"]) for row in listed.context["rows"]] == [
        ("进展情况", False, False),
        ("综合督查", True, False),
        ("单项", True, False),
        ("半年进展", True, True),
    ]
    assert PaperStyle.objects.get().close_kind == "own-1"
