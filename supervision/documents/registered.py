"""The sections there are, in one list: code, heading, builder, options; and the kinds of 通报 an office has."""

from livelihood.models import Agency
from supervision.documents import attachments, chapters
from supervision.documents.below import LARGEST as MOST_LISTS
from supervision.documents.below import LAST, SCOPE, TABLE, TABLE_TITLE, below_average, below_table
from supervision.documents.correction import LARGEST, changes, changes_table
from supervision.documents.fund_chapter import PLACES, fund_chapter, fund_tables
from supervision.documents.overview import LAST as OVERVIEW_LAST
from supervision.documents.overview import POOLED, overview
from supervision.documents.provincial import LAST as LAST_PLACES
from supervision.documents.provincial import last_places, more_last_places
from supervision.documents.remainder import MOST
from supervision.documents.sections import (
    LEAD,
    Kind,
    Section,
    marked_sections,
    register_section,
    section,
    sections,
    shipped_kinds,
)
from supervision.documents.single import single
from supervision.models import PaperKind, PaperStyle

CHANGES, SINGLE = "changes", "single"

CHAPTERS = [
    Section(LEAD, "导语", None),
    Section(CHANGES, "更正内容", changes, (LARGEST,)),
    Section("overview", "总体情况", overview, (POOLED, OVERVIEW_LAST)),
    Section(SINGLE, "进展情况", single, chapters.RANKING),
    Section("ranking", "综合排名", chapters.ranking, chapters.RANKING),
    Section("last_places", "居全省后{last}位的项目", last_places, (LAST_PLACES, MOST), rest=more_last_places),
    Section("below", "低于全省平均进度的项目", below_average, (SCOPE, LAST, MOST_LISTS)),
    Section("funds", "资金拨付", fund_chapter, PLACES),
    Section("submission", "报送情况", chapters.submission, chapters.SUBMISSION),
    Section("findings", "督查发现问题", chapters.findings, (MOST,), rest=chapters.more_findings),
    Section("supervised", "上月督办项目", chapters.supervised, (MOST,), rest=chapters.more_supervised),
    Section("demands", "下一步要求", chapters.demands),
]

TABLES = [
    Section("table_changes", "更正前后对照表", changes_table, is_table=True),
    Section("table_projects", "各单位分项目进度表", attachments.project_tables, is_table=True),
    Section("table_indicators", "各单位分指标完成率表", attachments.indicator_tables, is_table=True),
    Section("table_funds", "各单位资金情况表", fund_tables, is_table=True),
    Section("table_submission", "报送情况表", attachments.submission_tables, is_table=True),
    # Its options are those of the chapter it completes.
    Section(TABLE, TABLE_TITLE, below_table, is_table=True),
]

for one in [*CHAPTERS, *TABLES]:
    register_section(one)


#: Sections a 更正 gets by itself, and what only a paper on one project can say.
_OF_CORRECTION = {CHANGES, "table_changes"}
_OF_PROJECT = {SINGLE}


def sections_for(*, needs_project: bool) -> list[Section]:
    """Return what an office may put into a kind, in the order of registration."""
    left_out = _OF_CORRECTION if needs_project else _OF_CORRECTION | _OF_PROJECT
    return [one for one in sections() if one.code not in left_out]


def office_kinds(agency: Agency) -> dict[str, Kind]:
    """Return the kinds of 通报 of an office by code: the shipped ones, overridden or added to by its own. One query.

    Those switched off are there too: papers of them may still be. A section that came up after a kind was saved
    stands behind its others, switched off; one that there is no more is left out.
    """
    found = dict(shipped_kinds())
    for row in PaperKind.objects.filter(agency=agency).order_by("id"):
        chosen = [(code, on) for code, on in marked_sections(row.sections) if section(code)]
        known = {code for code, _ in chosen}
        later = [one.code for one in sections_for(needs_project=row.needs_project) if one.code not in known]
        found[row.code] = Kind(
            code=row.code,
            label=row.label,
            title=row.title,
            lead=row.lead,
            issuer=row.issuer,
            sections=(*chosen, *((code, False) for code in later)),
            needs_project=row.needs_project,
            is_active=row.is_active,
            version=row.version,
        )
    return found


def close_kinds(agency: Agency) -> dict[str, Kind]:
    """Return the kinds a close may draft: those in use that speak of all projects."""
    return {code: kind for code, kind in office_kinds(agency).items() if kind.is_active and not kind.needs_project}


def close_kind(agency: Agency, asked: str = "") -> Kind:
    """Return the kind a close drafts: the one asked for, else the office's setting, else 进展情况. Two queries."""
    code = asked or PaperStyle.objects.filter(agency=agency).values_list("close_kind", flat=True).first()
    return office_kinds(agency)[code or PaperStyle._meta.get_field("close_kind").default]
