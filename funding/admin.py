"""资金计划 in the admin, among the tables of the year."""

from django.contrib import admin

from funding.models import FundPlan
from funding.plan_workbook import PlanWorkbook
from livelihood.formats import format_number
from projects.workbook_admin import TableField, TableResource, YearAdmin


class FundPlanTable(TableResource):
    programme = TableField("fund_line__programme__name", "年度民生工程", 28)
    seq = TableField("fund_line__sub_project__project__seq", "序号", 8)
    project = TableField("fund_line__sub_project__project__name", "项目", 28)
    sub_project = TableField("fund_line__sub_project__name", "子项", 20)
    participant = TableField("fund_line__participant__printed_name", "考核单位", 16)
    source = TableField("fund_line__get_source_display", "资金来源")
    kind = TableField("fund_line__get_kind_display", "资金类别")
    amount = TableField("amount", "计划金额（元）", 20, is_number=True)
    revision = TableField("revision", "修订号", 8)
    valid_from = TableField("valid_from", "生效日期")
    valid_to = TableField("valid_to", "失效日期")
    document = TableField("document", "依据文件", 24)
    document_on = TableField("document_on", "文件日期")
    reason = TableField("reason", "修订原因", 30)


@admin.register(FundPlan)
class FundPlanAdmin(YearAdmin):
    programme_path = "fund_line__programme"
    export_class = FundPlanTable
    template_view = "funding:plan-template"
    list_display = ["fund_line", "shown", "revision", "valid_from", "document", "programme"]
    list_filter = ["fund_line__source", "fund_line__kind"]
    list_select_related = ["fund_line__sub_project__project", "fund_line__participant", "fund_line__programme"]
    search_fields = ["fund_line__sub_project__project__name", "fund_line__participant__printed_name", "document"]
    ordering = [
        "fund_line__programme",
        "fund_line__sub_project__project__seq",
        "fund_line__sub_project__order",
        "fund_line__participant__order",
        "fund_line",
        "revision",
    ]

    def make_kind(self, user, subject, **extra):
        return PlanWorkbook(user, programme=subject, **extra)

    @admin.display(description="计划金额（元）", ordering="amount")
    def shown(self, row):
        return "已撤销" if row.amount is None else format_number(row.amount, 2)

    @admin.display(description="年度")
    def programme(self, row):
        return row.fund_line.programme.code
