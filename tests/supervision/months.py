"""A month of the cast brought through its steps by the services."""

import datetime
from decimal import Decimal

from projects.services import reports
from projects.services.benchmarks import set_benchmark
from projects.services.figures import FigureEntry, record_figures
from supervision.models import Document
from supervision.services import closing, documents

ISSUED_ON = datetime.date(2020, 9, 29)
#: Approved in `report_month`: 里程 60 of 100 and 150 of 200; 合格率 81, 90, 85 of 90; 人数 all done.
FIGURES = {
    "341222": {"里程": "60", "合格率": "81", "人数": "1000"},
    "341282": {"里程": "150", "合格率": "90", "人数": "2000"},
    "341200-own": {"合格率": "85", "人数": "100"},
}


def report_unit(period, participant, indicators, figures, *, by):
    """Fill, take in and approve the report of one unit, all by the city office."""
    report = reports.report_for(period=period, participant=participant, by=by)
    entries = [
        FigureEntry(participant.pk, indicators[name].pk, "reported", Decimal(value)) for name, value in figures.items()
    ]
    record_figures(report=report, entries=entries, by=by, origin="excel")
    reports.receive_report(report=report, by=by)
    report.refresh_from_db()
    return reports.approve_report(report=report, by=by)


def report_month(period, participants, indicators, *, by, without=()):
    """Approve every unit's report but those in `without`."""
    return {
        code: report_unit(period, participants[code], indicators, figures, by=by)
        for code, figures in FIGURES.items()
        if code not in without
    }


def publish(period, indicator, value, *, by, decimals=2, measure="rate"):
    """Enter a provincial average."""
    set_benchmark(
        period=period,
        indicator=indicator,
        measure=measure,
        value=Decimal(value),
        decimals=decimals,
        source="省民生办通报",
        as_of=period.ends_on,
        by=by,
    )


def issue(document, *, by, reviewer=None, **options):
    """Have the draft read, by who drafted it if nobody is named, and issue it on 29 September 2020."""
    if Document.objects.filter(pk=document.pk, state="draft").exists():
        documents.review_document(document=document, by=reviewer or document.drafted_by)
    return documents.issue_document(document=document, by=by, **({"issued_on": ISSUED_ON} | options))


def close(period, *, by, without=()):
    """Close the period."""
    return closing.close_month(period=period, without=list(without), by=by)
