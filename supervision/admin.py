"""全省平均 in the admin, among the tables of the year."""

from django.contrib import admin

from funding.labels import rate_label
from projects.excel.lines import decimal_text
from projects.models import Benchmark, ReportingPeriod
from projects.workbook_admin import TableField, TableResource, YearAdmin, office_programmes
from supervision.benchmark_workbook import BenchmarkWorkbook


def rate_words(row: Benchmark) -> str:
    """Return how the rate of money is called; nothing for the average of an indicator."""
    if row.fund_rate is None:
        return ""
    kind, measure, denominator = row.fund_rate.split("-")
    return rate_label(measure, denominator, (), kind=kind)


class BenchmarkTable(TableResource):
    programme = TableField("period__programme__name", "年度民生工程", 28)
    period = TableField("period__label", "填报期", 16)
    seq = TableField("indicator__sub_project__project__seq", "序号", 8)
    project = TableField("indicator__sub_project__project__name", "项目", 28)
    indicator = TableField("indicator__name", "指标", 24)
    fund_rate = TableField("fund_rate", "资金比率", 24)
    measure = TableField("get_measure_display", "口径")
    value = TableField("value", "全省平均", 12, is_number=True)
    decimals = TableField("decimals", "公布小数位")
    as_of = TableField("as_of", "截至日期")
    source = TableField("source", "来源", 24)
    city_rate = TableField("city_rate", "本市公布数", 12, is_number=True)
    city_place = TableField("city_place", "本市位次", 10)
    city_count = TableField("city_count", "参评市数", 10)

    def dehydrate_fund_rate(self, row):
        return rate_words(row)

    def dehydrate_value(self, row):
        """Return the average with the places it was published with: 80.00 is not 80."""
        return row.value.quantize(row.value.__class__(1).scaleb(-row.decimals))


@admin.register(Benchmark)
class BenchmarkAdmin(YearAdmin):
    programme_path = "period__programme"
    export_class = BenchmarkTable
    template_view = "supervision:benchmark-template"
    list_display = ["about", "shown", "measure", "as_of", "of_city", "city_place", "of_period", "programme"]
    list_filter = ["measure"]
    list_select_related = ["indicator__sub_project__project", "period__programme"]
    search_fields = ["indicator__name", "indicator__sub_project__project__name", "fund_rate", "source"]
    ordering = ["-period__ends_on", "period", "indicator__sub_project__project__seq", "fund_rate", "id"]

    def subjects(self, request):
        periods = ReportingPeriod.objects.filter(programme__in=office_programmes(request.user))
        rows = periods.select_related("programme__owner").order_by("-ends_on", "programme__code", "kind")
        return [(f"{row.programme.code}/{row.code}", f"{row.programme.name} {row.label}", row) for row in rows]

    def make_kind(self, user, subject, **extra):
        return BenchmarkWorkbook(user, period=subject, **extra)

    def template_args(self, subject):
        return [subject.programme.code, subject.code]

    @admin.display(description="指标或资金比率", ordering="indicator__name")
    def about(self, row):
        return str(row.indicator or rate_words(row))

    @admin.display(description="全省平均", ordering="value")
    def shown(self, row):
        return format(row.value, f".{row.decimals}f")

    @admin.display(description="本市公布数", ordering="city_rate")
    def of_city(self, row):
        return decimal_text(row.city_rate) or None

    @admin.display(description="填报期", ordering="period__ends_on")
    def of_period(self, row):
        return row.period.label

    @admin.display(description="年度")
    def programme(self, row):
        return row.period.programme.code
