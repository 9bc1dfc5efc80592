"""The sections there are, in one list: code, heading, builder, options."""

from supervision.documents import attachments, chapters
from supervision.documents.below import LARGEST as MOST_LISTS
from supervision.documents.below import LAST, SCOPE, TABLE, TABLE_TITLE, below_average, below_table
from supervision.documents.correction import LARGEST, changes, changes_table
from supervision.documents.fund_chapter import PLACES, fund_chapter, fund_tables
from supervision.documents.overview import LAST as OVERVIEW_LAST
from supervision.documents.overview import POOLED, overview
from supervision.documents.provincial import LAST as LAST_PLACES
from supervision.documents.provincial import last_places
from supervision.documents.sections import LEAD, Section, register_section
from supervision.documents.single import single

CHAPTERS = [
    Section(LEAD, "导语", None),
    Section("changes", "更正内容", changes, (LARGEST,)),
    Section("overview", "总体情况", overview, (POOLED, OVERVIEW_LAST)),
    Section("single", "进展情况", single, chapters.RANKING),
    Section("ranking", "综合排名", chapters.ranking, chapters.RANKING),
    Section("last_places", "居全省后{last}位的项目", last_places, (LAST_PLACES,)),
    Section("below", "低于全省平均进度的项目", below_average, (SCOPE, LAST, MOST_LISTS)),
    Section("funds", "资金拨付", fund_chapter, PLACES),
    Section("submission", "报送情况", chapters.submission),
    Section("findings", "督查发现问题", chapters.findings),
    Section("supervised", "上月督办项目", chapters.supervised),
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
