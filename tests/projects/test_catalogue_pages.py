"""The year's list by page: facts, projects, indicators, who does what; what is refused, and that nothing changed."""

import datetime
import html
import re

import pytest
from django.urls import reverse

from livelihood.models import AuditEvent
from projects.catalogue_check import catalogue_problems
from projects.catalogue_forms import sealed
from projects.models import (
    Assignment,
    Indicator,
    Programme,
    Project,
    ProjectLineage,
    Report,
    Responsibility,
    SubProject,
    TargetSentence,
)
from projects.services.catalogue_edit_rules import EDITABLE, noted
from supervision.stamp import standings_stamp
from tests import factories
from tests.funding import rows as rows_of_funds
from tests.support.worlds import world

CODE = "fuyang-2020"


@world
def roads(indicators):
    """第1项 农村道路, its only sub-project."""
    return indicators["里程"].sub_project


@pytest.fixture
def officer(client, city_officer):
    """The browser of the city office."""
    client.force_login(city_officer)
    return client


def address(name, *arguments):
    return reverse(f"projects:{name}", args=[CODE, *arguments])


def values_of(row, **changes):
    """What the form of a row posts when only `changes` were typed."""
    boxes = ("additive", "assessed", "is_starred")
    names = [name for name in EDITABLE[type(row)] if name not in (*boxes, "supporting_agencies", "basis")]
    values = {name: getattr(row, name) for name in names}
    values = {name: getattr(value, "pk", value) for name, value in values.items()}
    if isinstance(row, Indicator):
        values |= {name: "on" for name in boxes if getattr(row, name)}
    values |= {"seen": sealed(noted(row)), **changes}
    return {name: value for name, value in values.items() if value is not None}


def told(response):
    """The page's words without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def everything():
    """All of the list, to see that nothing changed."""
    models = (Programme, Project, SubProject, Indicator, Assignment, Responsibility, TargetSentence)
    return [list(model.objects.order_by("pk").values()) for model in models], AuditEvent.objects.count()


def issue(period):
    """Turn a month to issued, as if its 通报 were out."""
    now = datetime.datetime(2020, 9, 8, tzinfo=datetime.UTC)
    type(period).objects.filter(pk=period.pk).update(state="issued", closed_at=now, closed_by=factories.UserFactory())


def test_programme_page_shows_the_list_and_only_its_office_may_change_it(officer, clerk, roads):
    page = officer.get(address("programme-detail"))
    officer.force_login(clerk)
    county = officer.get(address("programme-detail"))

    words = told(page)
    assert [words.index(name) for name in ("农村道路", "里程", "合格率", "困难救助", "人数")] == sorted(
        words.index(name) for name in ("农村道路", "里程", "合格率", "困难救助", "人数")
    )
    assert "2 个项目" in words
    assert "3 个指标" in words
    assert address("catalogue-item", "project", roads.project_id) in page.content.decode()
    assert county.status_code == 200
    assert "/catalogue/" not in county.content.decode()


def test_new_programme_is_made_with_its_whole_and_a_code_that_exists_is_refused(officer, city, office, programme):
    values = {
        "code": "fuyang-2021", "name": "阜阳市2021年民生工程", "kind": "livelihood", "owner": city.pk,
        "office": office.pk, "year": 2021, "decimals": 2, "fund_denominator": "planned",
        "reporting_by": "participant", "basis-count": 2, "basis-0-number": "皖政〔2021〕9号",
        "basis-0-title": "关于2021年实施33项民生工程的通知",
    }  # fmt: skip

    again = officer.post(reverse("projects:programme-new"), values | {"code": CODE})
    wrong_day = officer.post(reverse("projects:programme-new"), values | {"basis-0-dated_on": "六月"})
    made = officer.post(reverse("projects:programme-new"), values)

    assert again.status_code == 422
    assert "代码已存在" in told(again)
    assert "皖政〔2021〕9号" in again.content.decode()
    assert wrong_day.status_code == 422
    assert "第1行的日期“六月”写得不对" in told(wrong_day)
    assert made.status_code == 302
    found = Programme.objects.get(code="fuyang-2021")
    assert found.basis == [{"number": "皖政〔2021〕9号", "title": "关于2021年实施33项民生工程的通知"}]
    assert [(row.code, row.kind, row.printed_name) for row in found.participants.all()] == [("341200", "whole", "全市")]
    told_of = AuditEvent.objects.get(verb="create_programme").after
    assert (told_of["由谁报送"], told_of["依据文件"]) == (
        "考核单位",
        "皖政〔2021〕9号 关于2021年实施33项民生工程的通知",
    )


def test_facts_are_changed_in_words_and_how_numbers_are_reckoned_only_before_any_is_there(
    officer, roads, period, participants, indicators
):
    programme = period.programme
    changed = officer.post(address("catalogue-facts"), values_of(programme, decimals=1, **{"basis-count": 0}))
    event = AuditEvent.objects.latest("pk")
    report = factories.ReportFactory(period=period, participant=participants["341222"])
    factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=factories.UserFactory())
    programme.refresh_from_db()
    before = everything()
    refused = officer.post(
        address("catalogue-facts"),
        values_of(programme, decimals=3, reporting_by="agency", **{"basis-count": 0}),
    )

    assert changed.status_code == 302
    assert (event.verb, event.before, event.after) == ("change_programme", {"完成率小数位": "2"}, {"完成率小数位": "1"})
    assert refused.status_code == 422
    assert "已有单位报数，完成率小数位、由谁报送决定数怎么算、由谁报，不能再改。" in told(refused)
    assert everything() == before


def test_two_projects_with_one_number_get_the_sentence_of_the_workbook(officer, roads):
    before = everything()
    rows = [{"seq": 2, "name": "一", "sub_projects": []}, {"seq": 2, "name": "二", "sub_projects": []}]
    [sentence] = [words for words in catalogue_problems({"projects": rows}) if "序号" in words]

    values = {"seq": 2, "name": "农村改厕", "origin": "city", "change": "new"}
    twice = officer.post(address("catalogue-item-new", "project"), values)
    unchanged = everything() == before
    made = officer.post(address("catalogue-item-new", "project"), values | {"seq": 3})

    assert twice.status_code == 422
    assert sentence == "项目序号2出现了2次。"
    assert sentence in told(twice)
    assert "农村改厕" in twice.content.decode()
    assert unchanged
    assert made.status_code == 302
    project = Project.objects.get(seq=3)
    assert (project.name, project.origin, project.sub_projects.count()) == ("农村改厕", "city", 1)


def test_bad_indicator_gets_one_sentence_changes_nothing_and_keeps_what_was_typed(officer, indicators):
    row, part = indicators["里程"], {"assessed": ""}
    factories.MilestoneFactory(indicator=row, due_on="2020-12-31")
    before = everything()
    cases = [
        ({"unit": " "}, "请填单位。"),
        ({"name": "合格率"}, "第1项的指标“合格率”出现了2次。"),
        (part | {"part_of": row.pk}, "第1项“里程”的其中不能是它自己。"),
        (part | {"part_of": indicators["人数"].pk}, "其中(属于)没有这个选项，请从列表里选。"),
        ({"accumulation": "level"}, "第1项“里程”是比率或标准，不能加总。"),
        ({"decimals": "7"}, "第1项“里程”小数位应为0至6，现为7。"),
        ({"name": "长" * 101}, "指标名称最多100字，现在101字。"),
        ({"name": "里\x07程"}, "指标名称里有看不见的控制字符（U+0007），请删去后重新输入。"),
        ({"name": "里\u202e程"}, "指标名称里有看不见的控制字符（U+202E），请删去后重新输入。"),
        (part | {"kind": "growth"}, "第1项“里程”有1个节点，增幅没有完成率，不能设节点。"),
    ]

    answers = [
        (officer.post(address("catalogue-item", "indicator", row.pk), values_of(row, **changes)), changes, sentence)
        for changes, sentence in cases
    ]

    for response, changes, sentence in answers:
        assert response.status_code == 422, sentence
        assert sentence in told(response)
        assert html.escape(changes.get("name", row.name)) in response.content.decode()
        assert b"autofocus" in response.content, sentence
    assert everything() == before


def test_deadline_outside_the_year_and_markup_in_names(officer, roads):
    before = everything()
    late = officer.post(
        address("catalogue-item", "sub-project", roads.pk),
        values_of(roads, due_on="2032-01-01", supporting_agencies=""),
    )
    unknown = officer.post(
        address("catalogue-item", "sub-project", roads.pk), values_of(roads, supporting_agencies="市水务局、市教育局")
    )
    unchanged = everything() == before
    officer.post(
        address("catalogue-item", "project", roads.project_id), values_of(roads.project, name="<b onclick=x>农村道路")
    )
    page = officer.get(address("programme-detail")).content.decode()

    assert late.status_code == 422
    assert "第1项的完成时限2032-01-01不在2019年至2025年之间。" in told(late)
    assert unknown.status_code == 422
    assert "责任单位不存在：市水务局。" in told(unknown)
    assert unchanged
    assert "&lt;b onclick=x&gt;农村道路" in page
    assert "<b onclick" not in page


def test_stale_form_is_refused_with_what_changed_and_the_next_save_goes_through(officer, indicators):
    row = indicators["里程"]
    typed = values_of(row, name="新建里程")
    Indicator.objects.filter(pk=row.pk).update(unit="千米")

    refused = officer.post(address("catalogue-item", "indicator", row.pk), typed)
    seal = re.search(r'name="seen" value="([^"]+)"', refused.content.decode()).group(1)
    row.refresh_from_db()
    untouched = (row.name, row.unit)
    saved = officer.post(address("catalogue-item", "indicator", row.pk), typed | {"seen": seal})
    forged = officer.post(address("catalogue-item", "indicator", row.pk), typed | {"seen": "x"})

    assert refused.status_code == 422
    assert "单位原为“公里”，现在是“千米”" in told(refused)
    assert 'value="新建里程"' in refused.content.decode()
    # What nobody touched in this form is the other's now.
    assert 'value="千米"' in refused.content.decode()
    assert untouched == ("里程", "千米")
    assert saved.status_code == 302
    assert forged.status_code == 422
    row.refresh_from_db()
    assert (row.name, row.unit) == ("新建里程", "公里")


def test_what_an_issued_month_was_reckoned_with_stays_and_what_was_not_may_change(officer, indicators, roads, period):
    row = indicators["里程"]
    # August is open: its targets hold from 1 January, but nothing has been reckoned with them yet.
    while_open = officer.post(address("catalogue-item", "indicator", row.pk), values_of(row, unit="千米"))
    issue(period)
    row.refresh_from_db()
    before = everything()
    refused = officer.post(
        address("catalogue-item", "indicator", row.pk), values_of(row, unit="米", accumulation="stock")
    )
    unchanged = everything() == before
    free = officer.post(
        address("catalogue-item", "indicator", row.pk), values_of(row, category="service", is_starred="on")
    )
    deadline = officer.post(
        address("catalogue-item", "sub-project", roads.pk),
        values_of(roads, due_on="2020-11-30", city_leader="市政府副市长", supporting_agencies="市交通运输局"),
    )

    assert while_open.status_code == free.status_code == deadline.status_code == 302
    assert refused.status_code == 422
    assert unchanged
    assert "“里程”在已通报的2020年1—8月里：改了单位、累计方式，已算出的数就变了，不能再改。" in told(refused)
    roads.refresh_from_db()
    assert (roads.city_leader, roads.due_on) == ("市政府副市长", datetime.date(2020, 11, 30))
    assert [agency.name for agency in roads.supporting_agencies.all()] == ["市交通运输局"]


def test_names_in_a_signed_report_stay_and_a_project_s_own_name_may_change(officer, indicators, period, participants):
    row, project = indicators["里程"], indicators["里程"].sub_project.project
    report = factories.ReportFactory(period=period, participant=participants["341222"], state="submitted")
    factories.FigureFactory(report=report, indicator=row, updated_by=factories.UserFactory())
    before = everything()

    named = officer.post(address("catalogue-item", "indicator", row.pk), values_of(row, name="新建里程"))
    moved = officer.post(address("catalogue-item", "project", project.pk), values_of(project, seq=9))
    unchanged = everything() == before
    project_name = officer.post(address("catalogue-item", "project", project.pk), values_of(project, name="四好农村路"))
    Report.objects.filter(pk=report.pk).update(state="draft")
    row_again = officer.post(address("catalogue-item", "indicator", row.pk), values_of(row, name="新建里程"))

    words = "太和县2020年1—8月的月报已签字，签的内容里写着这个{}，改了签字就对不上，不能再改。"
    assert words.format("指标名称") in told(named)
    assert words.format("序号") in told(moved)
    assert unchanged
    assert project_name.status_code == row_again.status_code == 302


def test_numbers_change_places_at_once_and_the_ranking_is_made_anew(officer, indicators, period):
    first, second = Project.objects.order_by("seq")
    fields = {f"seq-{first.pk}": 2, f"seq-{second.pk}": 1}
    seal = sealed({str(first.pk): "1", str(second.pk): "2"})
    stamp, before = standings_stamp(period), everything()

    twice = officer.post(address("catalogue-order"), fields | {f"seq-{first.pk}": 1, "seen": seal})
    words = officer.post(address("catalogue-order"), fields | {f"seq-{first.pk}": "一", "seen": seal})
    stale = officer.post(address("catalogue-order"), fields | {"seen": sealed({})})
    unchanged = everything() == before
    done = officer.post(address("catalogue-order"), fields | {"seen": seal})

    assert "“困难救助”写了同一个序号1" in told(twice)
    assert "“农村道路”的序号要写数字，现为“一”。" in told(words)
    assert "刚刚被别人改过" in told(stale)
    assert {twice.status_code, words.status_code, stale.status_code} == {422}
    assert unchanged
    assert done.status_code == 302
    assert [row.name for row in Project.objects.order_by("seq")] == ["困难救助", "农村道路"]
    assert standings_stamp(period) != stamp


def test_item_with_history_stays_and_says_what_hangs_on_it(officer, indicators, roads, participants, period):
    report = factories.ReportFactory(period=period, participant=participants["341222"])
    factories.FigureFactory(report=report, indicator=indicators["里程"], updated_by=factories.UserFactory())
    rows_of_funds.fund_line(programme=period.programme, participant=participants["341222"], sub_project=roads)
    earlier = factories.ProjectFactory(programme=factories.ProgrammeFactory(owner=period.programme.owner))
    ProjectLineage.objects.create(from_project=earlier, to_project=roads.project)
    before = everything()

    response = officer.post(address("catalogue-item-remove", "project", roads.project_id), follow=True)

    # 8 targets: 里程 and 合格率, each for two counties, the own level and the whole
    for words in ("填报数 1 条", "目标任务 8 条", "资金线 1 条", "项目沿革 1 条"):
        assert words in told(response), words
    assert "什么都没有改" in told(response)
    assert everything() == before


def test_item_without_history_goes_with_its_assignments(officer, programme, filling_agency, participants):
    project = factories.ProjectFactory(programme=programme, seq=7, name="写错的项目")
    sub = factories.SubProjectFactory(project=project)
    part = factories.IndicatorFactory(sub_project=sub, name="数")
    factories.IndicatorFactory(sub_project=sub, name="其中数", part_of=part)
    factories.AssignmentFactory(sub_project=sub, participant=participants["341222"], agency=filling_agency)

    only = officer.post(address("catalogue-item-remove", "sub-project", sub.pk), follow=True)
    whole_of_parts = officer.post(address("catalogue-item-remove", "indicator", part.pk), follow=True)
    still = Project.objects.filter(pk=project.pk).exists()
    gone = officer.post(address("catalogue-item-remove", "project", project.pk), follow=True)

    assert "唯一的子项" in told(only)
    assert "指标 1 条" in told(whole_of_parts)
    assert still
    assert "已删去项目：7. 写错的项目" in told(gone)
    assert not Project.objects.filter(pk=project.pk).exists()
    assert not Assignment.objects.exists()
    assert AuditEvent.objects.latest("pk").before["填报分工"] == "1"


def test_one_bureau_for_all_units_and_one_that_is_missing(
    officer, roads, participants, filling_agency, other_county, lead_agency
):
    own_level = factories.AgencyFactory(region=other_county, name="界首市交通运输局")
    seal = sealed({f"{roads.pk}-{participants['341222'].pk}": filling_agency.name})
    url, field = address("catalogue-assignments", roads.project_id), f"all-{roads.pk}"
    before = everything()

    missing = officer.post(url, {field: "教育局", "seen": seal})
    foreign = officer.post(url, {f"place-{roads.pk}-{participants['341222'].pk}": own_level.pk, "seen": seal})
    stale = officer.post(url, {field: "交通运输局", "seen": sealed({})})
    unchanged = everything() == before
    done = officer.post(url, {field: "交通运输局", "seen": seal})

    assert "责任单位不存在：太和县教育局" in told(missing)
    assert 'value="教育局"' in missing.content.decode()
    assert "选了不是它的单位" in told(foreign)
    assert "刚刚被别人改过" in told(stale)
    assert unchanged
    assert done.status_code == 302
    found = {row.participant.printed_name: row.agency.name for row in roads.assignments.select_related()}
    assert found == {"太和县": "太和县交通运输局", "界首市": "界首市交通运输局", "市本级": "市交通运输局"}


def test_offices_and_sentences_are_pasted_stored_and_refused_line_by_line(officer, roads, participants):
    unit = participants["341222"].pk
    url, seal = address("catalogue-duties", roads.pk), sealed({})
    pasted = officer.post(url, {"step": "paste", "pasted": "太和县\t县政府副县长\n无此县\t县长", "seen": seal})
    nothing = not Responsibility.objects.exists()
    typed = {f"office-{unit}": "县政府副县长\n县交通运输局局长", f"sentence-{unit}": "新建农村公路100公里，合格率90%。"}
    before = everything()
    long = officer.post(url, typed | {f"office-{unit}": "长" * 61, "seen": seal})
    twice = officer.post(url, typed | {f"office-{unit}": "县长\n县长", "seen": seal})
    unchanged = everything() == before
    done = officer.post(url, typed | {"seen": seal})
    stale = officer.post(url, typed | {"seen": seal, f"office-{unit}": "县长"})

    assert ">县政府副县长</textarea>" in pasted.content.decode()
    assert "没有这个考核单位：无此县" in told(pasted)
    assert nothing
    assert "太和县的包保责任人最多60字" in told(long)
    assert "同一职务写了两次" in told(twice)
    assert unchanged
    assert done.status_code == 302
    assert stale.status_code == 422
    assert "刚刚被别人改过：太和县现在是" in told(stale)
    assert list(roads.responsibilities.values_list("office", flat=True)) == ["县政府副县长", "县交通运输局局长"]
    assert roads.target_sentences.get().text == "新建农村公路100公里，合格率90%。"


def test_contradiction_of_papers_is_noted_changed_and_removed(officer, roads, programme):
    values = {"project": roads.project_id, "subject": "里程", "first": "100公里", "second": "100公里", "taken": ""}
    same = officer.post(address("catalogue-item-new", "conflict"), values)
    made = officer.post(address("catalogue-item-new", "conflict"), values | {"second": "120公里"})
    conflict = programme.paper_conflicts.get()
    changed = officer.post(
        address("catalogue-item", "conflict", conflict.pk),
        values | {"second": "120公里", "taken": "120公里", "seen": sealed(noted(conflict))},
    )
    page = " ".join(told(officer.get(address("programme-detail"))).split())
    removed = officer.post(address("catalogue-item-remove", "conflict", conflict.pk))

    assert same.status_code == 422
    assert "文件出入“里程”两处写法相同。" in told(same)
    assert made.status_code == changed.status_code == removed.status_code == 302
    assert "农村道路 里程 100公里 120公里 120公里" in page
    assert not programme.paper_conflicts.exists()


def test_ids_of_another_programme_are_not_found_and_a_county_keeps_its_own_list(officer, roads, county, city_officer):
    other = factories.ProgrammeFactory(code="taihe-2020", owner=county)
    foreign = factories.SubProjectFactory(project=factories.ProjectFactory(programme=other, seq=1))
    county_officer = factories.grant(factories.UserFactory(), "city_office", region=county)
    urls = [
        address("catalogue-item", "sub-project", foreign.pk),
        address("catalogue-duties", foreign.pk),
        address("catalogue-assignments", foreign.project_id),
        address("catalogue-item-new", "indicator") + f"?in={foreign.pk}",
        address("catalogue-item-new", "anything"),
        reverse("projects:catalogue-facts", args=["taihe-2020"]),
    ]

    refused = {officer.get(url).status_code for url in urls}
    officer.force_login(county_officer)
    own = officer.get(reverse("projects:catalogue-item", args=["taihe-2020", "sub-project", foreign.pk]))

    assert refused == {404}
    assert own.status_code == 200


def test_two_persons_change_different_things_of_one_page_and_both_stay(officer, roads, participants, programme):
    facts = values_of(programme, name="阜阳市2020年33项民生工程", **{"basis-count": 1})
    here, there = participants["341222"].pk, participants["341282"].pk
    Programme.objects.filter(pk=programme.pk).update(basis=[{"title": "通知"}])
    Responsibility.objects.create(sub_project=roads, participant=participants["341282"], office="市长")
    offices = {f"office-{here}": "县长", f"office-{there}": "", "seen": sealed({})}

    refused = officer.post(address("catalogue-facts"), facts)
    saved = officer.post(address("catalogue-duties", roads.pk), offices)

    # The other's paper is in the rows, this person's name in its field.
    assert refused.status_code == 422
    assert 'value="通知"' in refused.content.decode()
    assert 'value="阜阳市2020年33项民生工程"' in refused.content.decode()
    # 界首市's line was left alone here: it stays as the other person wrote it.
    assert saved.status_code == 302
    assert set(roads.responsibilities.values_list("participant", "office")) == {(here, "县长"), (there, "市长")}


def test_block_of_bureaus_is_pasted_with_its_heads_shown_and_then_stored(officer, roads, participants, filling_agency):
    unit = participants["341222"]
    schools = factories.AgencyFactory(region=unit.region, name="太和县教育局")
    url, seal = (
        address("catalogue-assignments", roads.project_id),
        sealed({f"{roads.pk}-{unit.pk}": filling_agency.name}),
    )
    field = f"place-{roads.pk}-{unit.pk}"
    block = "子项\t太和县\t无此县\n农村道路\t教育局\t教育局\n"

    pasted = officer.post(url, {"step": "paste", "pasted": block, "seen": seal, field: filling_agency.pk})
    wrong = officer.post(url, {"step": "paste", "pasted": "太和县\t气象局", "seen": seal})
    before = roads.assignments.get().agency
    done = officer.post(url, {"step": "save", field: schools.pk, "seen": seal})

    assert "没有这个考核单位：无此县" in told(pasted)
    assert "粘贴的 1 格已填进下面的表，还没有保存" in told(pasted)
    assert f'<option value="{schools.pk}" selected>' in pasted.content.decode()
    assert "责任单位不存在：太和县气象局" in told(wrong)
    assert done.status_code == 302
    assert (before, roads.assignments.get().agency) == (filling_agency, schools)


def test_offices_of_a_whole_project_are_pasted_shown_stored_and_leave_the_sentences(officer, roads, participants):
    unit, other = participants["341222"].pk, participants["341282"].pk
    bridges = factories.SubProjectFactory(project=roads.project, name="危桥改造", order=2)
    SubProject.objects.filter(pk=roads.pk).update(name="道路")
    TargetSentence.objects.create(sub_project=bridges, participant_id=unit, text="改造危桥12座。")
    url, seal = address("catalogue-offices", roads.project_id), sealed({})
    typed = {f"office-{roads.pk}-{unit}": "县长", f"office-{bridges.pk}-{unit}": "县政府副县长\n县交通运输局局长"}

    one_for_all = officer.post(url, {"step": "paste", "pasted": "太和县\t县长\n无此县\t县长", "seen": seal})
    by_sub = officer.post(url, {"step": "paste", "pasted": "单位\t危桥改造\t道路\n界首市\t副市长\t市长", "seen": seal})
    nothing = not Responsibility.objects.exists()
    done = officer.post(url, typed | {"step": "save", "seen": seal})
    stale = officer.post(url, {"step": "save", f"office-{roads.pk}-{unit}": "书记", "seen": seal})

    shown = one_for_all.context["table"].rows()
    assert [[cell["words"] for cell in row["cells"]] for row in shown if row["unit"].pk == unit] == [["县长", "县长"]]
    assert "没有这个考核单位：无此县" in told(one_for_all)
    shown = by_sub.context["table"].rows()
    assert [[cell["words"] for cell in row["cells"]] for row in shown if row["unit"].pk == other] == [
        ["市长", "副市长"]
    ]
    assert nothing
    assert done.status_code == 302
    assert list(bridges.responsibilities.values_list("office", flat=True)) == ["县政府副县长", "县交通运输局局长"]
    assert bridges.target_sentences.get().text == "改造危桥12座。"
    assert stale.status_code == 422
    assert "太和县的“道路”刚刚被别人改过，现在是“县长”" in told(stale)
