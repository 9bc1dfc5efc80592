"""What stands in an address for a reporting period and for a cell of a report."""

from django.urls import register_converter

from projects.cell_key import Key, key_text, split_key


class PeriodConverter:
    """`ReportingPeriod.code`: 2020-08, or 2022-07-10 for the last day of a week; read by `lookup.find_period`."""

    regex = r"\d{4}-\d{2}(?:-\d{2})?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value) -> str:
        return str(getattr(value, "code", value))


class CellConverter:
    """The name of a cell in its report: 12-345 or 77-disbursed."""

    regex = r"\d{1,18}-(?:\d{1,18}|[a-z][a-z_]{0,17})"

    def to_python(self, value: str) -> Key:
        return split_key(value)

    def to_url(self, value) -> str:
        return value if isinstance(value, str) else key_text(value)


register_converter(PeriodConverter, "period")
register_converter(CellConverter, "cell")
