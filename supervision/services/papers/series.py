"""Numbers of an office's papers: one series per word and year, without a gap nobody can explain.

The next number is proposed and taken at 签发, or typed where papers were made elsewhere; a number is used once and
stays used. What lies between two papers of the register is a paper made elsewhere or a void one, or it is asked for.
"""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.formats import format_date
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Programme, ReportingPeriod
from supervision.documents.paper import content_sha256
from supervision.documents.standing_text import SERIES_WORD
from supervision.models import Document, DocumentSeries, PaperStyle

#: Numbers beyond this are typing errors, not papers.
LARGEST_NUMBER = 9999
#: So many missing numbers are named one by one.
NAMED = 12


def series_of(programme: Programme, *, year: int, is_letter: bool = False) -> DocumentSeries:
    """Return the series the programme's office numbers its papers in; made on first use.

    Letters share that of the 通报 unless the office's settings give them a word of their own (民生办函).
    """
    latest = _latest_of_papers(programme)
    agency, word = (latest.agency, latest.word) if latest else (programme.office, SERIES_WORD)
    if is_letter:
        style = PaperStyle.objects.filter(agency=agency).first()
        word = style.letter_word if style and style.letter_word else word
    series, _ = DocumentSeries.objects.select_related("agency__region").get_or_create(
        agency=agency, word=word, year=year
    )
    return series


def issuing_agency(programme: Programme) -> Agency:
    """Return the office that signs the programme's papers: whose series they are numbered in."""
    latest = _latest_of_papers(programme)
    return latest.agency if latest else programme.office


def word_of_papers(agency: Agency) -> str:
    """Return the word an office numbers its 通报 by."""
    latest = _latest(DocumentSeries.objects.filter(agency=agency))
    return latest.word if latest else SERIES_WORD


def _latest_of_papers(programme: Programme) -> DocumentSeries | None:
    return _latest(DocumentSeries.objects.filter(agency__region=programme.owner))


def _latest(known) -> DocumentSeries | None:
    """Of several words of an office the one of its 通报, never the one its settings give to letters alone."""
    numbered = Document.objects.filter(
        series__agency=OuterRef("agency"), series__word=OuterRef("word"), kind__in=Document.OF_PERIOD
    )
    known = known.exclude(word=F("agency__paper_style__letter_word")).select_related("agency__region")
    return known.annotate(numbers_papers=Exists(numbered)).order_by("-numbers_papers", "-year", "id").first()


def likely_year(programme: Programme) -> int:
    """Guess the year of the number before there is a date: this year's, or the programme's own for an old one.

    The demo's year is its own, whenever it is looked at.
    """
    today = timezone.localdate()
    if programme.is_demo:
        return programme.year
    return today.year if programme.year <= today.year <= programme.year + 1 else programme.year


def series_for_update(series: DocumentSeries, *, year: int) -> DocumentSeries:
    """Lock the series of that year: the number's year is that of the date on the paper."""
    same, _ = DocumentSeries.objects.get_or_create(agency=series.agency, word=series.word, year=year)
    return DocumentSeries.objects.select_for_update(of=("self",)).select_related("agency__region").get(pk=same.pk)


def take_number(series: DocumentSeries, number: int | None) -> int:
    """Take the next number, or the one given if no paper has it. The series is locked by the caller."""
    taken = series.last_number + 1 if number is None else number
    if taken > LARGEST_NUMBER:
        raise Refused(f"文号{taken}太大了，请核对。")
    if taken < series.first_number:
        raise Refused(
            f"{series}{series.first_number - 1}号及以前是启用本系统之前用的，"
            f"请填{series.last_number + 1}或留空由系统编号。"
        )
    used = Document.objects.filter(series=series, number=taken).first()
    if used:
        raise Refused(f"{_use(used)}，请填{series.last_number + 1}或留空由系统编号。")
    if taken > series.last_number:
        series.last_number = taken
        series.save(update_fields=["last_number"])
    return taken


def _use(paper: Document) -> str:
    """民生办〔2020〕7号已用于《…》（2020年9月29日，作废)."""
    state = "，已作废" if paper.state == Document.State.VOID else ""
    return f"{paper.printed_number}已用于《{paper.title}》（{format_date(paper.issued_on)}{state}）"


def missing_numbers(series: DocumentSeries) -> list[int]:
    """Return the numbers up to the last one that no paper of the register has. One query."""
    used = set(Document.objects.filter(series=series, number__isnull=False).values_list("number", flat=True))
    return [number for number in range(series.first_number, series.last_number + 1) if number not in used]


def gap_before(series: DocumentSeries, number: int | None) -> list[int]:
    """Return the numbers that would be left out if a paper took this one."""
    return [] if number is None else list(range(series.last_number + 1, min(number, LARGEST_NUMBER + 1)))


def numbers_text(numbers: list[int]) -> str:
    """3、5至7号: runs in one; of many the first."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named = [str(one) if one == other else f"{one}至{other}" for one, other in runs[:NAMED]]
    return f"{'、'.join(named)}号{'等' if len(runs) > NAMED else ''}"


@transaction.atomic
def enter_external(
    *,
    agency: Agency,
    word: str,
    number: int,
    title: str,
    issued_on: datetime.date,
    by: User,
    period: ReportingPeriod | None = None,
    signer: str = "",
    entered_at: datetime.datetime | None = None,
) -> Document:
    """Enter a paper issued elsewhere, so that its number is not missing in the series of its date's year.

    `entered_at` is when, where that is not now, as in the demo. Raises Refused for a number that is used, NotAllowed
    outside the office. Nothing is rendered: it has no content.
    """
    require_city_office(by, agency.region_id)
    if not title.strip():
        raise Refused("请填这份文件的标题。")
    if issued_on > timezone.localdate():
        raise Refused(f"成文日期{format_date(issued_on)}还没有到，请核对。")
    if period and period.programme.owner_id != agency.region_id:
        raise Refused("填报期不属于这个单位的年度民生工程。")
    series, _ = DocumentSeries.objects.get_or_create(agency=agency, word=word.strip(), year=issued_on.year)
    series = series_for_update(series, year=issued_on.year)
    document = Document(
        series=series,
        period=period,
        kind=Document.Kind.EXTERNAL,
        state=Document.State.ISSUED,
        title=title.strip(),
        number=take_number(series, number),
        content={},
        sha256=content_sha256({}),
        drafted_at=entered_at or timezone.now(),
        drafted_by=by,
        issued_on=issued_on,
        issued_at=entered_at or timezone.now(),
        issued_by=by,
        signer=signer.strip(),
    )
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError as error:
        raise Refused(f"{series}{number}号刚被别人用了，请换一个号。") from error
    record_event(
        by=by,
        verb="enter_external_paper",
        target=document,
        after={"number": document.printed_number, "title": document.title, "issued_on": issued_on.isoformat()},
    )
    return document


@transaction.atomic
def correct_external(
    *, document: Document, title: str, issued_on: datetime.date, reason: str, version: int, by: User
) -> Document:
    """Put right title or date of a paper made elsewhere; its number stays, and the date stays in the number's year."""
    require_city_office(by, document.owner_id)
    document = (
        Document.objects.select_for_update(of=("self",)).select_related("series__agency__region").get(pk=document.pk)
    )
    if not document.is_external or document.state != Document.State.ISSUED:
        raise InvalidTransition("只有登记的别处印发文件可以改标题和日期。")
    if document.version != version:
        raise InvalidTransition("这条登记在您打开页面之后被改过，没有保存。请看过现在的内容再改。")
    if not reason.strip():
        raise Refused("请写明为什么改。")
    if issued_on.year != document.series.year:
        raise Refused(f"{document.printed_number}的成文日期应在{document.series.year}年内；年份错了请作废后另行登记。")
    before = {"title": document.title, "issued_on": document.issued_on.isoformat()}
    document.title, document.issued_on = title.strip() or document.title, issued_on
    document.version += 1
    document.edited_at, document.edited_by = timezone.now(), by
    document.save(update_fields=["title", "issued_on", "version", "edited_at", "edited_by"])
    record_event(
        by=by,
        verb="correct_external_paper",
        target=document,
        before=before,
        after={"title": document.title, "issued_on": issued_on.isoformat()},
        reason=reason,
    )
    return document


@transaction.atomic
def set_first_number(*, series: DocumentSeries, first: int, by: User) -> DocumentSeries:
    """Say from which number on the register is kept: those before were used before the system was."""
    require_city_office(by, series.agency.region_id)
    series = DocumentSeries.objects.select_for_update(of=("self",)).select_related("agency__region").get(pk=series.pk)
    if not 1 <= first <= LARGEST_NUMBER:
        raise Refused(f"登记起始号应在1至{LARGEST_NUMBER}之间。")
    below = Document.objects.filter(series=series, number__lt=first).order_by("number").first()
    if below:
        raise Refused(f"{_use(below)}，登记起始号不能在它之后。")
    before = {"first_number": series.first_number, "last_number": series.last_number}
    series.first_number = first
    series.last_number = max(series.last_number, first - 1)
    series.save(update_fields=["first_number", "last_number"])
    record_event(
        by=by,
        verb="set_first_number",
        target=series,
        before=before,
        after={"first_number": series.first_number, "last_number": series.last_number},
    )
    return series
