"""Edits of a 通报 in hand: its sections, its words, its frame. Each makes the next version, from the same snapshot."""

from collections.abc import Callable

from django.db import transaction

from livelihood.access import require_city_office
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused
from projects.models import ReportingPeriod
from supervision.documents.content import bulletin_content
from supervision.documents.edits import relinked
from supervision.documents.paper import Part, Sentence, issuer_name
from supervision.documents.registered import office_kinds
from supervision.documents.sections import LEAD, Choices, move_section, section
from supervision.models import Document, Snapshot
from supervision.services.documents import draft_paper, save_draft, series_of
from supervision.services.papers.series import issuing_agency, likely_year

#: Longer ones are pasted by mistake.
LONGEST_SENTENCE, LONGEST_TITLE, LONGEST_ISSUER = 4000, 120, 60


class Doubtful(Refused):
    """The words say other figures than the snapshot; `doubts` are the clauses to confirm, by sentence code."""

    def __init__(self, doubts: dict[str, list[str]]):
        self.doubts = doubts
        said = "；".join(clause for clauses in doubts.values() for clause in clauses)
        super().__init__(f"数字与快照不符：{said}。还没有保存，核对无误的请勾选确认再保存。")


def is_editable(document: Document) -> bool:
    """Tell whether the paper is one that is written from a snapshot and may still be changed."""
    return document.kind in Document.OF_PERIOD and document.is_in_hand and document.snapshot_id is not None


@transaction.atomic
def switch_sections(*, document: Document, on: list[str], version: int, by: User, move: str = "") -> Document:
    """Print exactly the sections of `on`; `move`: “up:below” puts that one before the one above it.

    The lead stays in front and attachments behind the text. Every save raises the version. Raises Refused.
    """

    def change(choices: Choices) -> dict:
        known = {row.code for row in choices.sections}
        if strange := [code for code in on if code not in known]:
            raise Refused(f"没有“{strange[0]}”这一章，请刷新页面再改。")
        for row in choices.sections:
            row.on = row.code in on
        if move:
            way, _, code = move.partition(":")
            try:
                move_section(choices.sections, way, code)
            except ValueError as error:
                raise Refused(str(error)) from None
        return {"sections": [row.code for row in choices.sections if row.on]}

    return _changed(document, version, by, change)


@transaction.atomic
def set_options(
    *, document: Document, code: str, options: dict[str, str], own: str, version: int, by: User
) -> Document:
    """Choose how a section is written, and the office's own paragraph at its end. Raises Refused."""

    def change(choices: Choices) -> dict:
        found, row = section(code), choices.chosen(code)
        if found is None or row not in choices.sections:
            raise Refused(f"没有“{code}”这一章，请刷新页面再改。")
        if len(own) > LONGEST_SENTENCE:
            raise Refused(f"补充的一段有{len(own)}字，最多{LONGEST_SENTENCE}字。")
        for option in found.options:
            if option.code in options:
                try:
                    row.options[option.code] = option.checked(options[option.code])
                except ValueError as error:
                    raise Refused(str(error)) from None
        row.own = "" if found.is_table or code == LEAD else _one_line(own)
        return {"section": code, "options": dict(row.options), "own": row.own}

    return _changed(document, version, by, change)


@transaction.atomic
def set_frame(*, document: Document, title: str, issuer: str, version: int, by: User) -> Document:
    """Give the paper another title or issuing office; empty takes the kind's title and the office's own name."""
    for word, text, longest in (("标题", title, LONGEST_TITLE), ("发文机关", issuer, LONGEST_ISSUER)):
        if len(text) > longest:
            raise Refused(f"{word}有{len(text)}字，最多{longest}字。")

    def change(choices: Choices) -> dict:
        if _one_line(title) != document.content["title"]:
            choices.title = _one_line(title)
        if _one_line(issuer) != document.content["issuer"]:
            choices.issuer = _one_line(issuer)
        return {"title": choices.title, "issuer": choices.issuer}

    return _changed(document, version, by, change)


@transaction.atomic
def edit_sentences(
    *, document: Document, texts: dict[str, str], version: int, by: User, is_confirmed: bool = False
) -> Document:
    """Change sentences: code → new words, empty to leave one out. Figures stay linked.

    Raises Doubtful where the words say other figures than the snapshot, unless `is_confirmed`; Refused for a sentence
    that is not there any more.
    """
    _require_seen(document, version, by)
    units = list(document.period.programme.participants.values_list("printed_name", flat=True))
    written = {one["code"]: one for one in sentences_of(document.content) if one.get("code")}
    doubts, edits = {}, {}
    for code, text in texts.items():
        if code not in written:
            raise InvalidTransition("要改的一句已经不在稿子里。您写的还在下面，请看过现在的稿子再改。")
        if len(text) > LONGEST_SENTENCE:
            raise Refused(f"一句有{len(text)}字，最多{LONGEST_SENTENCE}字。")
        before = written[code]
        original = before.get("original") or before["text"]
        new = _one_line(text)
        if new == before["text"]:
            continue
        edits[code] = {"original": original, "text": new}
        if found := _doubts(document, before, original, new, units):
            doubts[code] = found
    if doubts and not is_confirmed:
        raise Doubtful(doubts)

    def change(choices: Choices) -> dict:
        for code, edit in edits.items():
            if edit["text"] == edit["original"]:
                choices.edits.pop(code, None)
            else:
                choices.edits[code] = edit
        said = {code: {"before": written[code]["text"], "after": edit["text"]} for code, edit in edits.items()}
        return {"sentences": said} | ({"confirmed": doubts} if doubts else {})

    return _changed(document, version, by, change)


def _doubts(document: Document, before: dict, original: str, text: str, units: list[str]) -> list[str]:
    """Return what the new words say otherwise than the sentence as the system wrote it."""
    if before["text"] == original:
        sentence = Sentence(original, parts=[Part(**part) for part in before["parts"]])
    else:
        choices = Choices.of(document.content["choices"])
        choices.edits.pop(before["code"], None)
        fresh = {one["code"]: one for one in sentences_of(_content(document, choices))}
        found = fresh.get(before["code"], {"text": original, "parts": [{"text": original}]})
        sentence = Sentence(found["text"], parts=[Part(**part) for part in found["parts"]])
    return relinked(sentence, text, units).doubts


@transaction.atomic
def restore_sentence(*, document: Document, code: str, version: int, by: User) -> Document:
    """恢复原句: take one change back, also of a sentence that is left out."""

    def change(choices: Choices) -> dict:
        if choices.edits.pop(code, None) is None:
            raise Refused("这一句没有改过，不用恢复。")
        return {"restored": code}

    return _changed(document, version, by, change)


@transaction.atomic
def settle_gone(*, document: Document, code: str, version: int, by: User) -> Document:
    """Strike one change off the list of those whose sentence has become another one."""

    def change(choices: Choices) -> dict:
        left = [row for row in choices.gone if row["code"] != code]
        if len(left) == len(choices.gone):
            raise Refused("这一条已经处理过了。")
        choices.gone = left
        return {"settled": code}

    return _changed(document, version, by, change)


@transaction.atomic
def rewrite(*, document: Document, version: int, by: User) -> Document:
    """Write the paper again on the latest snapshot, with what was chosen and changed, e.g. after new findings."""
    latest = Snapshot.objects.latest_of(document.period)
    document.snapshot = latest
    saved = _changed(document, version, by, lambda choices: {"snapshot": latest.pk})
    if saved.snapshot_id != latest.pk:
        saved.snapshot = latest
        saved.save(update_fields=["snapshot"])
    return saved


@transaction.atomic
def draft_of_kind(*, period: ReportingPeriod, kind: str, by: User, project: int | None = None) -> Document:
    """Draft a paper of another kind on the period's latest snapshot, beside the month's own. Raises Refused."""
    programme = period.programme
    require_city_office(by, programme.owner_id)
    found = office_kinds(issuing_agency(programme)).get(kind)
    snapshot = Snapshot.objects.latest_of(period)
    if found is None or not found.is_active:
        raise Refused(f"没有“{found.label if found else kind}”这种通报，请刷新页面重新选。")
    if snapshot is None:
        raise Refused(f"{period.label}还没有封账，没有快照可以依据。")
    if found.needs_project and not programme.projects.filter(seq=project or 0).exists():
        raise Refused(f"{found.label}通报要选一个项目。")
    project = project if found.needs_project else None
    subject = f"{kind}-{project}" if project else kind
    same = Document.objects.filter(period=period, kind=Document.Kind.BULLETIN, subject=subject, snapshot=snapshot)
    if there := same.filter(state__in=Document.IN_HAND).first():
        return there
    series = series_of(programme, year=likely_year(programme))
    content = bulletin_content(snapshot, issuer=issuer_name(series), kind=found, project=project).as_json()
    return draft_paper(
        kind=Document.Kind.BULLETIN,
        period=period,
        snapshot=snapshot,
        subject=subject,
        title=content["title"],
        content=content,
        by=by,
    )


def sentences_of(content: dict):
    """Return every sentence of a stored content, the lead first."""
    yield content["lead"]
    for chapter in content["chapters"]:
        for paragraph in chapter["paragraphs"]:
            yield from paragraph["sentences"]


def _require_seen(document: Document, version: int, by: User) -> None:
    """Refuse who may not, a paper past its draft, and a page that is not of the present draft."""
    require_city_office(by, document.owner_id)
    if not is_editable(document):
        raise InvalidTransition(f"这份公文{document.get_state_display()}，不能再改。")
    if document.version != version:
        raise InvalidTransition(f"这份公文在您打开页面之后改过，现在是第{document.version}稿，您的改动没有保存。")


def _changed(document: Document, version: int, by: User, change: Callable[[Choices], dict]) -> Document:
    """Carry out one change of the choices and store the paper as they then write it."""
    _require_seen(document, version, by)
    choices = Choices.of(document.content.get("choices"))
    said = change(choices)
    return save_draft(document=document, content=_content(document, choices), version=version, by=by, changed=said)


def _content(document: Document, choices: Choices) -> dict:
    return bulletin_content(
        document.snapshot,
        issuer=issuer_name(document.series),
        corrects=document.corrects,
        choices=choices.as_json(),
    ).as_json()


def _one_line(text: str) -> str:
    """Words as they are printed: no line breaks, no blanks around."""
    return "".join(line.strip() for line in text.splitlines())
