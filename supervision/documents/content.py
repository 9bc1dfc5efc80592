"""The content of a bulletin: the sections its office chose, in its order, with what it changed in them."""

import datetime

from livelihood.formats import chinese_numeral, format_date
from supervision.documents import registered  # noqa: F401 - fills the list of sections
from supervision.documents.below import TABLE
from supervision.documents.edits import carried
from supervision.documents.fitting import fitted
from supervision.documents.paper import Bulletin, Chapter, Paragraph, Part, Sentence, Source, Table, linked
from supervision.documents.patterns import filled, pieces, words_of
from supervision.documents.sections import LEAD, Choices, Chosen, Kind, section
from supervision.documents.standing_text import standing_text
from supervision.models import Document, Snapshot

#: What a 更正 says first, and the attachment behind it.
CORRECTION_SECTIONS = ("changes", "table_changes")
#: Placeholders of the lead that are figures, and the page that has what they say.
LEAD_FIGURES = {"span": "ranking", "months": "ranking", "year": "catalogue", "count": "catalogue"}


def bulletin_content(
    snapshot: Snapshot,
    *,
    issuer: str,
    corrects: Document | None = None,
    kind: Kind | None = None,
    project: int | None = None,
    choices: dict | None = None,
) -> Bulletin:
    """Write the bulletin of a snapshot, or with `corrects` the correction of one already issued.

    `choices`: what the office chose of an earlier draft, as stored in its content; without, those of the `kind`, of a
    correction those of the paper it corrects.
    """
    if choices is None and corrects is not None:
        choices = _of_original(corrects)
    chosen = Choices.of(choices, kind=kind, project=project)
    if corrects is not None:
        _with_changes(chosen)
    source = Source.of(snapshot, project=chosen.project, corrects=corrects)
    programme = snapshot.period.programme
    words = standing_text(programme.owner.kind)
    if choices is None:
        written: dict = {}
        fitted(chosen, lambda of: _measured(source, of, words.addressees, written))
    source.attached = _printed(chosen)
    name = chosen.issuer or chosen.words["issuer"] or issuer
    bulletin = Bulletin(
        title=title_of(source, chosen),
        masthead=f"{name}文件",
        issuer=name,
        addressees=words.addressees,
        lead=_lead(source, chosen),
        chapters=_chapters(source, chosen),
        attachments=_attachments(source, chosen),
        sent_to=words.sent_to,
        distributed_to=words.distributed_to,
        is_demo=programme.is_demo,
        snapshot={"id": snapshot.pk, "version": snapshot.version, "sha256": snapshot.sha256},
    )
    carried(bulletin, chosen, [row.printed_name for row in source.standings.participants.values()])
    bulletin.choices = chosen.as_json()
    return bulletin


def _measured(source: Source, choices: Choices, addressees: str, written: dict) -> dict:
    """What the length of the text is measured by; of the attachments only the titles count.

    `written` keeps each chapter as it was written with the same options: it is asked again at every step.
    """
    source.attached = _printed(choices)
    chapters, rest = [], []
    for row in choices.sections:
        name = row.code, *sorted(row.options.items()), source.attached
        if name not in written:
            chapter, tables = _chapter(source, choices, row), _rest(source, choices, row)
            written[name] = chapter and chapter.as_json(), [{"title": table.title} for table in tables]
        chapter, titles = written[name]
        chapters += [chapter] if chapter else []
        rest += titles
    return {
        "title": title_of(source, choices),
        "addressees": addressees,
        "lead": _lead(source, choices).as_json(),
        "chapters": chapters,
        "attachments": [
            *({"title": section(row.code).heading} for row in choices.sections if _is_attached(row)),
            *rest,
        ],
    }


def _printed(choices: Choices) -> frozenset[str]:
    return frozenset(row.code for row in choices.sections if row.on)


def title_of(source: Source, choices: Choices) -> str:
    """关于2020年1—8月份全市民生工程进展情况的通报."""
    if choices.title:
        return choices.title
    title = filled(choices.words["title"], _words(source))
    return f"{title}（更正）" if source.corrects else title


def issued_content(content: dict, *, number: str, issued_on: datetime.date) -> dict:
    """Return the content with its number and date."""
    return content | {"number": number, "issued_on": format_date(issued_on)}


def _of_original(corrects: Document) -> dict | None:
    """Sections, order and issuer of the paper that is corrected; its changed sentences were about other figures."""
    stored = (corrects.content or {}).get("choices")
    return {**stored, "title": "", "edits": {}, "gone": []} if stored else None


def _with_changes(choices: Choices) -> None:
    """Put the sections of a 更正 where they belong: the text first, its table before the others."""
    for code in CORRECTION_SECTIONS:
        if choices.chosen(code) in choices.sections:
            continue
        row = choices.chosen(code)
        row.on = True
        tables = [at for at, other in enumerate(choices.sections) if section(other.code).is_table]
        choices.sections.insert(1 if code == "changes" else min(tables, default=len(choices.sections)), row)


def _words(source: Source) -> dict[str, object]:
    return words_of(source.period, whole=source.whole_name(), project=source.project)


def _lead(source: Source, choices: Choices) -> Sentence:
    """The sentence in front; switched off there is none."""
    if not choices.chosen(LEAD).on:
        return Sentence("", code=LEAD)
    if source.corrects:
        corrects = source.corrects
        text = (
            f"《{corrects.title}》（{corrects.printed_number}）印发后，有关数据经核实有改动，"
            f"现将更正后的情况通报如下，有关数据以本件为准："
        )
        return linked(text, [Part(corrects.printed_number, f"document:{corrects.pk}", "number")], code=LEAD)
    parts = [
        Part(text, LEAD_FIGURES.get(code, ""), code if code in LEAD_FIGURES else "")
        for text, code in pieces(choices.words["lead"], _words(source))
    ]
    return Sentence("".join(part.text for part in parts), code=LEAD, parts=parts)


def _chapters(source: Source, choices: Choices) -> list[Chapter]:
    return [chapter for row in choices.sections if (chapter := _chapter(source, choices, row))]


def _chapter(source: Source, choices: Choices, row: Chosen) -> Chapter | None:
    found = section(row.code)
    if not row.on or found is None or found.is_table or found.build is None:
        return None
    options = choices.options(row.code)
    paragraphs = [*(found.build(source, options) or []), *_own(row.own)]
    if not paragraphs:
        return None
    heading = found.heading.format(last=_small(options.get("last", "")))
    return Chapter(heading, _named(row.code, paragraphs), row.code)


def _own(text: str) -> list[Paragraph]:
    return [Paragraph([Sentence(text, code="own")])] if text else []


def _small(number: str) -> str:
    """居全省后三位: a small number in a heading is written in Chinese."""
    return chinese_numeral(int(number)) if number else ""


def _named(section_code: str, paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Put the section before every sentence's code: each code stands once in a paper."""
    seen = set()
    for sentence in (one for paragraph in paragraphs for one in paragraph.sentences):
        sentence.code = f"{section_code}:{sentence.code}"
        if sentence.code in seen:
            raise ValueError(f"two sentences of one code: {sentence.code}")
        seen.add(sentence.code)
    return paragraphs


def _is_attached(row: Chosen) -> bool:
    found = section(row.code)
    return row.on and found is not None and found.is_table


def _attachments(source: Source, choices: Choices) -> list[Table]:
    tables = []
    for row in filter(_is_attached, choices.sections):
        found = section(row.code)
        made = found.build(source, choices.options("below" if row.code == TABLE else row.code)) or []
        for table in made:
            table.code = row.code
        tables += made
    # Behind the chosen attachments what the chapters have no room for, in the order of the text.
    return tables + [table for row in choices.sections for table in _rest(source, choices, row)]


def _rest(source: Source, choices: Choices, row: Chosen) -> list[Table]:
    """What a chapter has no room for."""
    found = section(row.code)
    if not row.on or found is None or found.rest is None:
        return []
    tables = found.rest(source, choices.options(row.code)) or []
    for table in tables:
        table.code = f"rest_{row.code}"
    return tables
