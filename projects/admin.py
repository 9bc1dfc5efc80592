"""年度数据 of this app in the admin: what comes with the catalogue, and targets by 任务分解表."""

from django.contrib import admin

from projects.models import Indicator, Participant, Programme, Project, Target
from projects.workbook_admin import TableField, TableResource, YearAdmin, office_programmes
from projects.workbook_kinds import CatalogueWorkbook, TargetWorkbook


class CatalogueAdmin(YearAdmin):
    """A table that comes with the year's catalogue: the file says which year it is, new or standing."""

    template_view = "projects:catalogue-template"

    def subjects(self, request):
        return [("all", "文件里写的年度", None)]

    def make_kind(self, user, subject, **extra):
        return CatalogueWorkbook(user, **extra)

    def template_args(self, subject):
        return []

    def catalogues(self, request):
        return [("空白表格", ""), *((row.name, row.code) for row in office_programmes(request.user))]


class ProgrammeTable(TableResource):
    code = TableField("code", "代码", 18)
    name = TableField("name", "名称", 28)
    kind = TableField("get_kind_display", "种类")
    owner = TableField("owner__name", "主办地区")
    office = TableField("office__name", "主办单位", 24)
    year = TableField("year", "年度", 8)
    decimals = TableField("decimals", "完成率小数位", 12)
    fund_denominator = TableField("get_fund_denominator_display", "拨付率分母")
    reporting_by = TableField("get_reporting_by_display", "由谁报送")


@admin.register(Programme)
class ProgrammeAdmin(CatalogueAdmin):
    export_class = ProgrammeTable
    list_display = ["name", "code", "year", "kind", "owner", "office", "reporting_by", "fund_denominator", "decimals"]
    list_filter = ["year", "kind"]
    list_select_related = ["owner", "office"]
    search_fields = ["code", "name"]
    exclude = ["basis"]


class ParticipantTable(TableResource):
    programme = TableField("programme__name", "年度民生工程", 28)
    order = TableField("order", "排序", 8)
    code = TableField("code", "代码")
    name = TableField("printed_name", "印发名称", 20)
    short_names = TableField("short_names", "简称", 20)
    kind = TableField("get_kind_display", "类别")
    ranked = TableField("ranked", "参加综合排名", 14)
    region = TableField("region__name", "行政区划", 16)
    agency = TableField("agency__name", "单位", 20)
    joins_on = TableField("joins_on", "加入日期")
    leaves_on = TableField("leaves_on", "退出日期")


@admin.register(Participant)
class ParticipantAdmin(CatalogueAdmin):
    programme_path = "programme"
    export_class = ParticipantTable
    list_display = ["printed_name", "programme", "order", "code", "kind", "ranked", "joins_on", "leaves_on"]
    list_filter = ["kind", "ranked"]
    list_select_related = ["programme"]
    search_fields = ["printed_name", "code"]


class ProjectTable(TableResource):
    programme = TableField("programme__name", "年度民生工程", 28)
    seq = TableField("seq", "序号", 8)
    name = TableField("name", "项目名称", 36)
    origin = TableField("get_origin_display", "来源")
    change = TableField("get_change_display", "变化")
    text = TableField("text", "文字任务", 50)


@admin.register(Project)
class ProjectAdmin(CatalogueAdmin):
    programme_path = "programme"
    export_class = ProjectTable
    list_display = ["name", "seq", "programme", "origin", "change"]
    list_filter = ["origin", "change"]
    list_select_related = ["programme"]
    search_fields = ["name", "=seq"]


class IndicatorTable(TableResource):
    programme = TableField("sub_project__project__programme__name", "年度民生工程", 28)
    seq = TableField("sub_project__project__seq", "序号", 8)
    project = TableField("sub_project__project__name", "项目", 28)
    sub_project = TableField("sub_project__name", "子项", 20)
    name = TableField("name", "指标名称", 24)
    kind = TableField("get_kind_display", "性质")
    unit = TableField("unit", "单位", 8)
    decimals = TableField("decimals", "小数位", 8)
    category = TableField("get_category_display", "类型")
    direction = TableField("get_direction_display", "方向")
    accumulation = TableField("get_accumulation_display", "累计方式")
    additive = TableField("additive", "可加总", 8)
    assessed = TableField("assessed", "考核", 8)


@admin.register(Indicator)
class IndicatorAdmin(CatalogueAdmin):
    programme_path = "sub_project__project__programme"
    export_class = IndicatorTable
    list_display = ["name", "project", "part", "unit", "decimals", "category", "accumulation", "assessed"]
    list_filter = ["category", "accumulation", "assessed"]
    list_select_related = ["sub_project__project__programme"]
    search_fields = ["name", "sub_project__name", "sub_project__project__name"]
    ordering = ["sub_project__project__programme", "sub_project__project__seq", "sub_project__order", "order", "id"]

    @admin.display(description="项目", ordering="sub_project__project__seq")
    def project(self, row):
        return row.sub_project.project

    @admin.display(description="子项", ordering="sub_project__order")
    def part(self, row):
        return row.sub_project.name or None


class TargetTable(TableResource):
    programme = TableField("participant__programme__name", "年度民生工程", 28)
    seq = TableField("indicator__sub_project__project__seq", "序号", 8)
    project = TableField("indicator__sub_project__project__name", "项目", 28)
    sub_project = TableField("indicator__sub_project__name", "子项", 20)
    indicator = TableField("indicator__name", "指标", 24)
    participant = TableField("participant__printed_name", "考核单位", 16)
    state = TableField("get_state_display", "任务状态")
    comparison = TableField("get_comparison_display", "比较", 10)
    value = TableField("value", "目标值", 14, is_number=True)
    unit = TableField("indicator__unit", "计量单位", 10)
    printed = TableField("printed", "印发文字", 24)
    revision = TableField("revision", "修订号", 8)
    valid_from = TableField("valid_from", "生效日期")
    valid_to = TableField("valid_to", "失效日期")
    document = TableField("document", "依据文件", 24)
    document_on = TableField("document_on", "文件日期")
    reason = TableField("reason", "修订原因", 30)


@admin.register(Target)
class TargetAdmin(YearAdmin):
    programme_path = "participant__programme"
    export_class = TargetTable
    template_view = "projects:target-template"
    list_display = ["indicator", "participant", "shown", "state", "revision", "valid_from", "document", "programme"]
    list_filter = ["state"]
    list_select_related = ["indicator__sub_project__project", "participant__programme"]
    search_fields = ["indicator__name", "indicator__sub_project__project__name", "participant__printed_name"]
    ordering = [
        "participant__programme",
        "indicator__sub_project__project__seq",
        "indicator__sub_project__order",
        "indicator__order",
        "participant__order",
        "revision",
    ]

    def make_kind(self, user, subject, **extra):
        return TargetWorkbook(user, programme=subject, **extra)

    @admin.display(description="目标", ordering="value")
    def shown(self, row):
        return row.printed or row.get_state_display()

    @admin.display(description="年度")
    def programme(self, row):
        return row.participant.programme.code
