"""Letters of supervision: drafted from rules or by hand, issued, answered, re-checked, closed by later figures only."""

import datetime
import io
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from livelihood.access import NotAllowed
from livelihood.services import InvalidTransition, Refused
from supervision.models import Document, Inspection, KeptFile, LetterReply, RuleFiring, SupervisionLetter
from supervision.oversight.forms import LetterForm
from supervision.oversight.last_month import supervised_last_month
from supervision.oversight.letter_draft import draft_of_line, proposed_requirement
from supervision.oversight.met import judged
from supervision.services.documents import issue_document, review_document, void_document
from supervision.services.letter_answers import close_letter, judge_reply, record_recheck, reply_letter, visits_since
from supervision.services.letters import draft_from_firing, draft_letter, draft_letters, draft_of, faults
from supervision.services.oversight import set_oversight
from tests import factories
from tests.supervision.frozen import freeze, rule
from tests.supervision.months import report_unit
from tests.support.worlds import world


@world
def canteens(participants, lead_agency):
    """食堂: 太和 100 to build, 界首 80, of a project the bureau leads."""
    sub = factories.SubProjectFactory(
        project__programme=participants["341222"].programme, project__name="农村中小学食堂", lead_agency=lead_agency
    )
    indicator = factories.IndicatorFactory(sub_project=sub, name="食堂", unit="所")
    for code, value in (("341222", 100), ("341282", 80)):
        factories.TargetFactory(indicator=indicator, participant=participants[code], value=Decimal(value))
    return indicator


@world
def july_snapshot(july, participants, canteens):
    """Frozen July: 太和 45 of 100 against an average of 50.00; 界首 no task."""
    no_task = {"rate": None, "target_state": "no_task", "status": "no_task", "shown_target": None}
    return freeze(
        july,
        [
            (participants["341222"], canteens, {"rate": "45", "benchmark": "50.00", "shown_value": Decimal(45)}),
            (participants["341282"], canteens, no_task),
        ],
    )


@world
def second_officer(city):
    return factories.grant(
        factories.UserFactory(username="second_officer", full_name="赵复核"), "city_office", region=city
    )


def required(snapshot, participant, indicator, *, value="50", agency=None):
    """A yellow letter asking for so many 所 until 2099."""
    draft = draft_of_line(snapshot, participant, agency, indicator, "yellow")
    return replace(
        draft,
        required_measure="value",
        required_value=None if value is None else Decimal(value),
        requirement="累计完成达到50所",
        deadline=datetime.date(2099, 1, 1),
    )


def issued(letter, *, by, reviewer):
    review_document(document=letter.document, by=reviewer)
    issue_document(document=letter.document, by=by, issued_on=datetime.date(2020, 8, 12))
    letter.refresh_from_db()
    return letter


@world
def letter(july_snapshot, participants, canteens, lead_agency, city_officer, second_officer):
    """Issued to 太和 and the bureau: 食堂 ≥ 50 所."""
    draft = required(july_snapshot, participants["341222"], canteens, agency=lead_agency)
    made = draft_letter(draft=draft, snapshot=july_snapshot, by=city_officer)
    return issued(made, by=city_officer, reviewer=second_officer)


def test_letter_required_fifty_refused_at_forty_nine_accepted_at_fifty_two(
    letter, period, participants, canteens, clerk, city_officer
):
    taihe = participants["341222"]
    reply = reply_letter(letter=letter, by=clerk, text="已完成48所，倒排工期。", stated=Decimal(48))
    judge_reply(reply=reply, accept=True, by=city_officer)

    with pytest.raises(Refused, match="还没有审核通过的数"):
        close_letter(letter=letter, by=city_officer)
    report_unit(period, taihe, {"食堂": canteens}, {"食堂": "49"}, by=city_officer)
    with pytest.raises(Refused, match="累计完成是49所，没有达到要求的≥50所"):
        close_letter(letter=letter, by=city_officer)
    september = factories.PeriodFactory(programme=period.programme, month=9)
    report_unit(september, taihe, {"食堂": canteens}, {"食堂": "52"}, by=city_officer)
    closed = close_letter(letter=letter, by=city_officer)

    assert (closed.state, closed.closed_ground, closed.closed_value) == ("closed", "figure", Decimal(52))
    assert closed.closed_period == september
    with pytest.raises(InvalidTransition, match="已经销号"):
        reply_letter(letter=letter, by=clerk, text="再报")
    rows = supervised_last_month(period)
    assert [(row.is_closed, row.text) for row in rows] == [(True, "太和县“农村中小学食堂”（食堂）实施进度：已销号。")]


def test_letter_closed_by_recheck_needs_two_persons(letter, city_officer, second_officer, clerk):
    found = {"letter": letter, "checked_on": datetime.date(2020, 9, 1), "text": "现场清点53所", "is_passed": True}

    with pytest.raises(Refused, match="第二个人"):
        record_recheck(**found, by=city_officer)
    with pytest.raises(NotAllowed):
        record_recheck(**found, by=clerk)
    record_recheck(**found, by=second_officer)
    with pytest.raises(Refused, match="复核人不能是销号的人"):
        close_letter(letter=letter, by=second_officer)
    closed = close_letter(letter=letter, by=city_officer)

    assert (closed.closed_ground, closed.closed_by) == ("recheck", city_officer)


def visit_on(letter, day, by, **more):
    """A recorded inspection of the letter's unit."""
    given = {"participant": letter.participant, "state": "recorded", "recorded_at": timezone.now()} | more
    return Inspection.objects.create(
        programme=letter.period.programme, visited_on=day, client_key=uuid.uuid4(), added_by=by, **given
    )


def test_recheck_rests_on_a_later_visit_of_the_unit_by_somebody_else(
    client, letter, participants, city_officer, second_officer, inspector, clerk
):
    good = visit_on(letter, "2020-08-20", inspector)
    wrong = [
        visit_on(letter, "2020-08-11", inspector),
        visit_on(letter, "2020-08-20", inspector, participant=participants["341282"]),
        visit_on(letter, "2020-08-20", city_officer),
        visit_on(letter, "2020-08-20", inspector, state="draft", recorded_at=None),
    ]
    address = reverse("supervision:letter-recheck", args=[letter.pk])
    typed = {"checked_on": "2020-08-20", "text": "现场清点53所", "is_passed": "yes"}
    client.force_login(second_officer)

    # The letter is of 12 August: the visit of the 11th came before it; then another county's, the drafter's, a draft.
    assert list(visits_since(letter, second_officer)) == [good]
    for visit in wrong:
        refused = client.post(address, typed | {"inspection": visit.pk})
        assert refused.status_code == 422
        assert "督查记录请从列表里选" in refused.content.decode()
        assert "现场清点53所" in refused.content.decode()
    early = client.post(address, typed | {"inspection": good.pk, "checked_on": "2020-08-19"})
    assert "复核日期不能早于所依据的督查（2020-08-20）" in early.content.decode()
    before = client.post(address, typed | {"checked_on": "2020-08-11"})
    assert "复核日期应从2020-08-12到今天" in before.content.decode()
    assert not letter.rechecks.exists()
    assert client.post(address, typed | {"inspection": good.pk}).status_code == 302
    page = client.get(reverse("supervision:letter-detail", args=[letter.pk])).content.decode()
    assert f'href="{reverse("supervision:inspection-detail", args=[good.pk])}"' in page
    client.force_login(clerk)
    assert "/inspections/" not in client.get(reverse("supervision:letter-detail", args=[letter.pk])).content.decode()


def test_letter_prints_item_figures_requirement_and_deadline(letter):
    content = letter.document.content

    assert content["title"] == "关于“农村中小学食堂”（食堂）实施进度的督办函"
    assert content["addressees"] == "太和县人民政府，阜阳市交通运输局："
    # 45 of 100 = 45.00; 45 − 50.00 = −5.00.
    facts = content["chapters"][0]["paragraphs"][0]["sentences"][0]
    assert facts["text"] == (
        "截至2020年7月31日，太和县目标任务100所，累计完成45所，完成率45.00%，低于全省平均（50.00%）5.00个百分点。"
    )
    assert [part["column"] for part in facts["parts"] if part.get("behind")] == ["target", "value", "rate"]
    assert letter.document.kind == Document.Kind.LETTER
    assert content["layout"] == "letter"


def test_letter_is_read_by_its_addressees_alone(letter, clerk, other_clerk, lead_officer, leader, stranger, filler):
    def sees(user):
        return (
            SupervisionLetter.objects.visible_to(user).exists(),
            Document.objects.visible_to(user).filter(pk=letter.document_id).exists(),
        )

    seen = {user.username: sees(user) for user in (clerk, lead_officer, leader, other_clerk, stranger)}

    assert seen == {
        "clerk": (True, True),
        "lead_officer": (True, True),
        "leader": (True, True),
        "other_clerk": (False, False),
        "stranger": (False, False),
    }
    with pytest.raises(NotAllowed):
        reply_letter(letter=letter, by=other_clerk, text="不是我的")


def test_reply_with_what_is_no_evidence_keeps_nothing(letter, clerk):
    uploads = [SimpleUploadedFile("照片.jpg", b"MZ\x90not a picture")]

    with pytest.raises(Refused):
        reply_letter(letter=letter, by=clerk, text="见照片", uploads=uploads)

    letter.refresh_from_db()
    assert (letter.state, LetterReply.objects.count(), KeptFile.objects.count()) == ("issued", 0, 0)


def test_reply_returned_asks_again(letter, clerk, lead_officer, city_officer):
    reply = reply_letter(letter=letter, by=clerk, text="正在办")

    with pytest.raises(Refused, match="写明缺什么"):
        judge_reply(reply=reply, accept=False, by=city_officer)
    judge_reply(reply=reply, accept=False, verdict="没有时限", by=city_officer)
    letter.refresh_from_db()
    assert letter.state == "issued"
    again = reply_letter(letter=letter, by=lead_officer, text="已赴现场指导")

    assert (again.nth, again.agency_id, again.participant_id) == (2, letter.agency_id, None)
    with pytest.raises(InvalidTransition):
        judge_reply(reply=reply, accept=True, by=city_officer)


def test_letter_by_hand_refuses_what_cannot_be_required(july_snapshot, participants, canteens, city_officer, clerk):
    taihe, jieshou = participants["341222"], participants["341282"]
    good = required(july_snapshot, taihe, canteens)

    assert faults(good, july_snapshot) == []
    assert faults(required(july_snapshot, jieshou, canteens), july_snapshot) == [
        "界首市没有“食堂”的任务，不能按数值要求督办"
    ]
    assert faults(replace(good, required_value=None), july_snapshot) == ["要求达到多少要填数，如50"]
    # 100 所 to build, 45 of them there: more than all, or no more than there is, is a slip.
    assert faults(replace(good, required_value=Decimal(101)), july_snapshot) == [
        "要求达到101所，超过目标任务100所，请核对"
    ]
    assert faults(replace(good, required_value=Decimal(100)), july_snapshot) == []
    assert faults(replace(good, required_value=Decimal(45)), july_snapshot) == [
        "要求达到45所，7月已经是45所，请写高一些或不提数值要求"
    ]
    rate = replace(good, required_measure="rate", required_value=Decimal("100.01"))
    assert faults(rate, july_snapshot) == ["要求达到100.01%，超过100%，请核对"]
    assert "已经过了" in faults(replace(good, deadline=datetime.date(2020, 7, 31)), july_snapshot)[0]
    assert faults(replace(good, participant=None, requirement=" "), july_snapshot) == [
        "请选择主送的单位或牵头部门，至少一个",
        "请写明要求",
    ]
    with pytest.raises(NotAllowed):
        draft_letter(draft=good, snapshot=july_snapshot, by=clerk)
    draft_letter(draft=good, snapshot=july_snapshot, by=city_officer)
    with pytest.raises(Refused, match="已经有一份督办函"):
        draft_letter(draft=good, snapshot=july_snapshot, by=city_officer)


def test_close_drafts_the_gravest_once_and_lists_the_rest(july, participants, canteens, indicators, city_officer):
    taihe, jieshou = participants["341222"], participants["341282"]
    miles = indicators["里程"]
    lines = [
        (taihe, canteens, {"rate": "45", "benchmark": "50"}),
        (jieshou, canteens, {"rate": "20", "benchmark": "50"}),
        (taihe, miles, {"rate": "10", "benchmark": "50"}),
    ]
    snapshot = freeze(july, lines)
    rule(july.programme, "below_average", level="blue", code="all")
    rule(july.programme, "rate_below", level="red", code="slow", rate="30")
    set_oversight(programme=july.programme, drafted_by_close=2, answer_days=5, contact="李，0558-1", by=city_officer)

    made = draft_letters(snapshot, city_officer)
    again = draft_letters(snapshot, city_officer)

    # 5 firings (3 below average, 2 below 30 %) on 3 matters. By the gravest rule two are red, 20 and 10 points
    # below 30 %, and one is blue.
    assert RuleFiring.objects.count() == 5
    assert [(row.level, row.participant_id, row.indicator_id) for row in made] == [
        ("red", taihe.pk, miles.pk),
        ("red", jieshou.pk, canteens.pk),
    ]
    assert [row.pk for row in again] == [row.pk for row in made]
    assert [row.document.kind for row in made] == ["summons", "summons"]
    assert "联系人：李，0558-1" in made[0].document.content["annotation"]
    rest = RuleFiring.objects.get(participant=taihe, indicator=canteens)
    assert draft_from_firing(firing=rest, by=city_officer).document.kind == "reminder"


def test_waiver_takes_back_the_draft_the_close_made(client, july, participants, canteens, city_officer):
    rule(july.programme, "below_average")
    snapshot = freeze(july, [(participants["341222"], canteens, {"rate": "45", "benchmark": "50"})])
    (made,) = draft_letters(snapshot, city_officer)
    address = reverse("supervision:oversight-firing", args=[made.firing_id])
    client.force_login(city_officer)

    empty = client.post(address, {"reason": " "})
    waived = client.post(address, {"reason": "汛期停工"})
    again = client.post(address, {"reason": "再免一次"})

    made.refresh_from_db()
    assert (empty.status_code, waived.status_code, again.status_code) == (422, 302, 422)
    assert made.state == "void"
    assert made.document.void_reason == "免予督办：汛期停工"
    assert "免予督办要写明原因" in empty.content.decode()
    assert "王审核已经对它免予督办" in again.content.decode()
    assert draft_letters(snapshot, city_officer) == []


def test_new_snapshot_takes_back_drafts_and_makes_them_anew(july, participants, canteens, city_officer):
    taihe = participants["341222"]
    rule(july.programme, "below_average")
    first = draft_letters(freeze(july, [(taihe, canteens, {"rate": "45", "benchmark": "50"})]), city_officer)[0]

    second = draft_letters(
        freeze(july, [(taihe, canteens, {"rate": "46", "benchmark": "50"})], version=2), city_officer
    )

    first.refresh_from_db()
    assert first.state == "void"
    assert [(row.rate, row.state) for row in second] == [(Decimal(46), "drafted")]


def test_changed_number_and_day_are_in_a_requirement_left_as_proposed(
    client, july_snapshot, participants, canteens, city_officer
):
    draft = draft_of_line(july_snapshot, participants["341222"], None, canteens, "yellow")
    later = replace(draft, deadline=datetime.date(2099, 1, 1))
    proposed = replace(later, requirement=proposed_requirement(later))
    letter = draft_letter(draft=proposed, snapshot=july_snapshot, by=city_officer)
    address = reverse("supervision:letter-change", args=[letter.pk])
    form = LetterForm.initial_of(draft_of(letter)) | {"version": 1, "deadline": "2099-03-01", "required_value": "60"}
    client.force_login(city_officer)

    client.post(address, form)

    letter.refresh_from_db()
    # Drafted as 完成率 of 50.00 by the day of the proposal; the words follow 60 and 1 March.
    assert letter.requirement == "采取有力措施加快推进，2099年3月1日前完成率达到60%以上"
    assert letter.required_value == 60


def test_void_letter_is_asked_of_nobody(letter, clerk, city_officer):
    void_document(document=letter.document, reason="发错单位", by=city_officer)

    letter.refresh_from_db()
    assert letter.state == "void"
    assert not SupervisionLetter.objects.addressed_to(clerk).exists()


def test_requirement_without_number_is_judged_by_recheck_only(july_snapshot, participants, city_officer):
    draft = draft_of_line(july_snapshot, participants["341222"], None, None, "blue")

    made = draft_letter(draft=draft, snapshot=july_snapshot, by=city_officer)

    assert made.required_measure == "none"
    assert not judged(made).is_met
    assert "第二人复核" in judged(made).sentence


def test_reply_page_keeps_what_was_typed_and_other_county_gets_404(client, letter, clerk, other_clerk):
    address = reverse("supervision:letter-reply", args=[letter.pk])
    client.force_login(clerk)

    response = client.post(address, {"text": "已完成48所", "stated": "四十八"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "“现在的数”应是一个数，如50，不要带单位。" in page
    assert "已完成48所" in page
    assert LetterReply.objects.count() == 0
    client.force_login(other_clerk)
    assert client.post(address, {"text": "越界"}).status_code == 404


@pytest.mark.slow
def test_reply_page_with_a_huge_file_says_so_and_keeps_nothing(client, letter, clerk):
    client.force_login(clerk)
    huge = SimpleUploadedFile("现场.jpg", b"\xff\xd8\xff" + b"0" * (60 * 1024 * 1024))

    response = client.post(reverse("supervision:letter-reply", args=[letter.pk]), {"text": "见照片", "files": [huge]})

    assert response.status_code == 422
    assert "文件太大（60 MB）" in response.content.decode()
    assert (LetterReply.objects.count(), KeptFile.objects.count()) == (0, 0)


def test_letter_page_close_is_refused_with_the_figure_it_stands_on(client, letter, city_officer):
    client.force_login(city_officer)

    response = client.post(reverse("supervision:letter-close", args=[letter.pk]), {"version": letter.version})

    assert response.status_code == 422
    assert "还不能销号：要求累计完成≥50所，2020年1—7月以后还没有审核通过的数" in response.content.decode()


def test_ledger_holds_the_letters_of_the_list_alone(client, letter, clerk, other_clerk):
    client.force_login(clerk)

    book = load_workbook(io.BytesIO(b"".join(client.get(reverse("supervision:letter-export")))))

    rows = [row for row in book.active.iter_rows(values_only=True) if row[0] == letter.document.printed_number]
    # 目标 100, 完成 45, 完成率 45, 全省平均 50, 差距 −5.
    assert [row[5:8] + row[8:11] for row in rows] == [(100, 45, 45, "全省平均", 50, -5)]
    client.force_login(other_clerk)
    assert client.get(reverse("supervision:letter-export")).status_code == 302
    assert "没有发给您单位的督办函" in client.get(reverse("supervision:letter-list")).content.decode()


def test_overview_lists_every_matter_once_in_a_constant_number_of_queries(
    client, july, participants, canteens, indicators, city_officer
):
    taihe, jieshou = participants["341222"], participants["341282"]
    line = {"rate": "20", "benchmark": "50"}
    rule(july.programme, "below_average", level="blue", code="all")
    rule(july.programme, "rate_below", level="red", code="slow", rate="30")
    draft_letters(freeze(july, [(taihe, canteens, line)]), city_officer)
    client.force_login(city_officer)
    address = reverse("supervision:oversight-period", args=[july.programme.code, july.code])
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    more = freeze(july, [(unit, one, line) for unit in (taihe, jieshou) for one in indicators.values()], version=2)
    draft_letters(more, city_officer)

    with CaptureQueriesContext(connection) as many:
        page = client.get(address)

    # 2 units × 3 indicators, each found by both rules: six matters, the red ones shown.
    assert page.context["counts"]["all"] == 6
    assert page.context["counts"]["red"] == 6
    assert len(many) <= len(few) + 1
    assert "也触发：规则all" in page.content.decode()


def test_rule_page_tries_past_months_and_changes_nothing(client, july_snapshot, programme, city_officer):
    client.force_login(city_officer)
    typed = {
        "kind": "below_average",
        "base_version": "0",
        "name": "低于全省平均",
        "param_months": "1",
        "param_min_gap": "0",
        "level": "yellow",
        "escalates_after": "0",
        "effective_from": "2020-08-01",
    }
    address = reverse("supervision:oversight-rule-new", args=[programme.code])

    tried = client.post(address, typed | {"step": "trial"})
    wrong = client.post(address, typed | {"step": "adopt", "param_months": "99"})
    adopted = client.post(address, typed | {"step": "adopt"})

    assert [len(month.found) for month in tried.context["months"]] == [1]
    assert "若按此规则，2020年1—7月触发 1 件。" in _plain(tried)
    assert "完成率45.00%，低于全省平均（50.00%）5.00个百分点" in tried.content.decode()
    assert wrong.status_code == 422
    assert "“连续几期”应在1至12之间" in wrong.content.decode()
    assert adopted.status_code == 302
    assert programme.oversight_rules.count() == 1


def test_changed_rule_says_what_it_finds_beside_the_version_in_force(
    client, july_snapshot, programme, participants, canteens, city_officer
):
    # 太和 has 45.00 against an average of 50.00: 5 points, so at least 5 finds it and at least 5.01 does not.
    in_force = rule(programme, "below_average", min_gap=5)
    address = reverse("supervision:oversight-rule-change", args=[programme.code, in_force.pk])
    typed = {
        "kind": "below_average",
        "base_version": "1",
        "name": "低于全省平均",
        "param_months": "1",
        "param_min_gap": "5.01",
        "level": "yellow",
        "escalates_after": "0",
        "effective_from": "2020-08-01",
        "step": "trial",
    }
    client.force_login(city_officer)

    opened = client.get(address)
    tried = client.post(address, typed)
    presets = client.get(reverse("supervision:oversight-rules", args=[programme.code]))

    assert "现行第1版在2020年1—7月触发 1 件。" in _plain(opened)
    assert "若按此规则，2020年1—7月触发 0 件，现行版 1 件。" in _plain(tried)
    # 宿迁: behind the 时序 or overdue; nothing frozen here is held against a 时序.
    assert presets.context["presets"][2]["effect"].text == "若按此规则，2020年1—7月触发 0 件"
    assert 'href="http://sqgzw.suqian.gov.cn' in presets.content.decode()
    assert programme.oversight_rules.count() == 1


def _plain(response):
    """Return a page's text without its tags."""
    return strip_tags(response.content.decode())
