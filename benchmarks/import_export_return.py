"""The same return through django-import-export: as its documentation says, and with everything it has for speed."""

from decimal import Decimal
from pathlib import Path

from import_export import fields, resources, widgets
from import_export.formats.base_formats import XLSX

from livelihood.models import User
from projects.models import Figure, Indicator, Participant, Report, ReportingPeriod


class FigureResource(resources.ModelResource):
    """A figure per row: the unit and the indicator by name, each looked up where the row names it."""

    participant = fields.Field(
        "participant", "考核单位", widgets.ForeignKeyWidget(Participant, "printed_name"), saves_null_values=False
    )
    indicator = fields.Field("indicator", "指标", widgets.ForeignKeyWidget(Indicator, "name"))
    period = fields.Field("period_id", "period", widgets.IntegerWidget())
    value = fields.Field("value", "累计完成", widgets.DecimalWidget())
    remark = fields.Field("remark", "备注", widgets.CharWidget())

    class Meta:
        model = Figure
        import_id_fields = ("period", "participant", "indicator")
        fields = ("period", "participant", "indicator", "value", "remark")
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        rollback_on_validation_errors = True

    def __init__(self, period: ReportingPeriod, by: User):
        super().__init__()
        self.period, self.by = period, by

    def before_import(self, dataset, **kwargs):
        dataset.append_col([self.period.pk] * len(dataset), header="period")

    def after_import(self, dataset, result, **kwargs):
        """Leave the sequence alone: the application's role owns none."""

    def before_save_instance(self, instance, row, **kwargs):
        instance.report = self._report(instance)
        instance.state, instance.origin = Figure.State.REPORTED, "excel"
        instance.updated_by = self.by

    def _report(self, figure: Figure) -> Report:
        return Report.objects.get(period=self.period, participant=figure.participant_id)


class _KnownWidget(widgets.ForeignKeyWidget):
    """Looks a row up in what was read at once."""

    def __init__(self, model, known: dict):
        super().__init__(model)
        self.known = known

    def clean(self, value, row=None, **kwargs):
        return self.known[value]


class TunedFigureResource(FigureResource):
    """Bulk writes, names and stored rows read once, no diff."""

    class Meta(FigureResource.Meta):
        use_bulk = True
        batch_size = 1000
        skip_diff = True

    def __init__(self, period: ReportingPeriod, by: User):
        super().__init__(period, by)
        units = {unit.printed_name: unit for unit in period.programme.participants.all()}
        indicators = {row.name: row for row in Indicator.objects.of_programme(period.programme)}
        self.fields["participant"].widget = _KnownWidget(Participant, units)
        self.fields["indicator"].widget = _KnownWidget(Indicator, indicators)
        stored = Figure.objects.filter(period=period)
        self.stored = {(figure.participant_id, figure.indicator_id): figure for figure in stored}
        self.reports = {report.participant_id: report for report in Report.objects.filter(period=period)}

    def _report(self, figure: Figure) -> Report:
        return self.reports[figure.participant_id]

    def get_instance(self, instance_loader, row):
        """Return the stored figure; the loader that caches knows one key column only."""
        unit, indicator = (self.fields[name].clean(row) for name in ("participant", "indicator"))
        return self.stored.get((unit.pk, indicator.pk))


def import_by(resource: type[FigureResource], path: Path, period: ReportingPeriod, by: User) -> None:
    """Preview and confirm, as its admin does: the file is read and gone through twice."""
    for dry_run in (True, False):
        dataset = XLSX().create_dataset(path.read_bytes())
        result = resource(period, by).import_data(dataset, dry_run=dry_run, raise_errors=True)
        if result.has_validation_errors():
            raise AssertionError(result.invalid_rows[0].error)


def stored_sum(period: ReportingPeriod) -> str:
    """Return how many figures of the period are reported, and their sum."""
    values = [row or Decimal(0) for row in Figure.objects.filter(period=period).values_list("value", flat=True)]
    return f"{len(values)}:{sum(values, Decimal(0)):.6f}"
