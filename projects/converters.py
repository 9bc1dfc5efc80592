"""What stands in an address for a reporting period."""

from django.urls import register_converter


class PeriodConverter:
    """`ReportingPeriod.code`: 2020-08, or 2022-07-10 for the last day of a week; read by `lookup.find_period`."""

    regex = r"\d{4}-\d{2}(?:-\d{2})?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value) -> str:
        return str(getattr(value, "code", value))


register_converter(PeriodConverter, "period")
