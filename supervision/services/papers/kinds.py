"""通报种类: what an office writes into its kinds of 通报; a shipped kind it changes becomes a row of its own."""

from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.services.catalogue_edit_rules import text_fault
from supervision.documents.patterns import repeated, shown, stored
from supervision.documents.registered import close_kind, office_kinds, sections_for
from supervision.documents.sections import Kind, marked_sections, plain_heading, rank, section, shipped_kinds
from supervision.models import Document, PaperKind

#: Field → what it is called and how long it may be as typed. A title of that length stays one when it is filled.
TEXTS = {"label": ("名称", 20), "title": ("标题", 80), "lead": ("导语", 400), "issuer": ("发文机关", 60)}
PATTERNS = ("title", "lead")
#: More of them are nobody's list any more.
MOST_KINDS = 30


@transaction.atomic
def add_kind(*, agency: Agency, of: str, texts: dict[str, str], sections: list[str], by: User) -> PaperKind:
    """Add a kind made after the one of code `of`; see `change_kind` for the rest. Its code is for ever its own."""
    kinds = _locked_kinds(agency, by)
    base = _found(kinds, of)
    if len(kinds) >= MOST_KINDS:
        raise Refused(f"通报种类最多{MOST_KINDS}种。用不着的请改作别用。")
    added = PaperKind.objects.filter(agency=agency).count() + 1
    code = next(f"own-{nth}" for nth in range(added, added + len(kinds) + 1) if f"own-{nth}" not in kinds)
    row = PaperKind(agency=agency, code=code, needs_project=base.needs_project, version=0)
    _put(row, kinds, texts, sections)
    _save(row, by)
    record_event(by=by, verb="add_paper_kind", target=row, after={"of": base.label} | _noted(row))
    return row


@transaction.atomic
def change_kind(
    *, agency: Agency, code: str, texts: dict[str, str], sections: list[str], version: int, by: User
) -> PaperKind:
    """Give a kind other words and sections; papers that were drafted keep those they were made of.

    `texts`: label, title, lead, issuer as typed; `sections`: codes in order, “-” before those switched off.
    `version` is what the person saw, 0 of a shipped kind. What is as it was stays as shipped. Raises Refused with one
    sentence.
    """
    kinds = _locked_kinds(agency, by)
    row = _row(agency, _found(kinds, code), version)
    before = _noted(row)
    _put(row, kinds, texts, sections)
    after = _noted(row)
    if before == after:
        return row
    _save(row, by)
    record_event(
        by=by,
        verb="change_paper_kind",
        target=row,
        before={key: value for key, value in before.items() if after[key] != value},
        after={key: value for key, value in after.items() if before[key] != value},
    )
    return row


@transaction.atomic
def switch_kind(*, agency: Agency, code: str, is_active: bool, version: int, by: User) -> PaperKind:
    """Offer a kind no longer where papers are drafted, or again.

    Raises Refused for the last one, the one a close drafts, and one with drafts in hand.
    """
    kinds = _locked_kinds(agency, by)
    found = _found(kinds, code)
    row = _row(agency, found, version)
    if found.is_active == is_active:
        raise InvalidTransition(f"{found.label}已经{'启用' if is_active else '停用'}了。")
    if not is_active:
        _require_unneeded(agency, kinds, found)
    row.is_active = is_active
    _save(row, by)
    record_event(by=by, verb="switch_paper_kind", target=row, after={"label": row.label, "is_active": is_active})
    return row


@transaction.atomic
def restore_kind(*, agency: Agency, code: str, version: int, by: User) -> None:
    """恢复原样: give a shipped kind its shipped words and sections back. Raises Refused for one the office added."""
    kinds = _locked_kinds(agency, by)
    found = _found(kinds, code)
    row = _row(agency, found, version)
    shipped = shipped_kinds().get(code)
    if shipped is None:
        raise Refused(f"{found.label}是本单位增加的，没有原样可以恢复；用不着的请停用。")
    if not row.pk:
        raise InvalidTransition(f"{found.label}就是原样，没有改过。")
    _require_free_label(kinds, code, shipped.label)
    record_event(by=by, verb="restore_paper_kind", target=row, before=_noted(row), after={"label": shipped.label})
    row.delete()


def checked_pattern(name: str, text: str, *, needs_project: bool) -> str:
    """Return a title or lead as it is stored. Raises ValueError with a Chinese sentence."""
    text = checked_text(name, text)
    word = TEXTS[name][0]
    try:
        pattern = stored(text, needs_project=needs_project)
    except ValueError as error:
        raise ValueError(f"{word}{error}") from None
    if name == "title" and (twice := repeated(pattern)):
        raise ValueError(f"标题里的“{{{twice}}}”写了不止一次，请只留一处。")
    return pattern


def checked_text(name: str, text: str) -> str:
    """Return one of the texts in one line. Raises ValueError for one that is empty, too long or not to be read."""
    word, longest = TEXTS[name]
    if fault := text_fault(text):
        raise ValueError(f"{word}{fault}")
    text = " ".join(text.split())
    if not text and name != "issuer":
        raise ValueError(f"请填{word}。")
    if len(text) > longest:
        raise ValueError(f"{word}有{len(text)}字，最多{longest}字。")
    return text


def checked_sections(codes: list[str], *, needs_project: bool) -> list[str]:
    """Return sections as they are stored: every one there is, chapters before tables. Raises ValueError."""
    known = {one.code: one for one in sections_for(needs_project=needs_project)}
    bare = [code for code, _ in marked_sections(codes)]
    if strange := [code for code in bare if code not in known]:
        name = plain_heading(strange[0]) if section(strange[0]) else strange[0][:20]
        raise ValueError(f"这一种通报没有“{name}”这一章，请刷新页面再改。")
    if twice := next((code for code in bare if bare.count(code) > 1), None):
        raise ValueError(f"“{plain_heading(twice)}”列了两次，请刷新页面再改。")
    if not any(on and not known[code].is_table and known[code].build for code, on in marked_sections(codes)):
        raise ValueError("至少要印出正文的一章。")
    whole = [*codes, *(f"-{code}" for code in known if code not in bare)]
    return sorted(whole, key=lambda code: rank(code.removeprefix("-")))


def _locked_kinds(agency: Agency, by: User) -> dict[str, Kind]:
    require_city_office(by, agency.region_id)
    # The agency's row stands for kinds that have none yet.
    Agency.objects.select_for_update().get(pk=agency.pk)
    return office_kinds(agency)


def _found(kinds: dict[str, Kind], code: str) -> Kind:
    if code not in kinds:
        raise Refused("没有这一种通报，请刷新页面再办。")
    return kinds[code]


def _row(agency: Agency, kind: Kind, version: int) -> PaperKind:
    """Return the office's row of a kind, of a shipped one that it has not changed a new one. Raises if it moved on."""
    if kind.version != version:
        raise InvalidTransition(f"{kind.label}在您打开页面之后被改过，没有保存。请看过现在的内容再改。")
    shipped = [code if on else f"-{code}" for code, on in kind.sections]
    return PaperKind.objects.filter(agency=agency, code=kind.code).first() or PaperKind(
        agency=agency,
        code=kind.code,
        sections=checked_sections(shipped, needs_project=kind.needs_project),
        needs_project=kind.needs_project,
        version=0,
        **kind.words(),
    )


def _put(row: PaperKind, kinds: dict[str, Kind], texts: dict[str, str], sections: list[str]) -> None:
    """Put what was typed into the row, checked. Raises Refused."""
    try:
        for name in TEXTS:
            if name in PATTERNS:
                setattr(row, name, checked_pattern(name, texts[name], needs_project=row.needs_project))
            else:
                setattr(row, name, checked_text(name, texts[name]))
        row.sections = checked_sections(sections, needs_project=row.needs_project)
    except ValueError as error:
        raise Refused(str(error)) from None
    _require_free_label(kinds, row.code, row.label)


def _require_free_label(kinds: dict[str, Kind], code: str, label: str) -> None:
    if any(kind.label == label for kind in kinds.values() if kind.code != code):
        raise Refused(f"已有叫“{label}”的种类，请换一个名称。")


def _require_unneeded(agency: Agency, kinds: dict[str, Kind], kind: Kind) -> None:
    if not any(other.is_active for other in kinds.values() if other.code != kind.code):
        raise Refused("至少要留一种通报，不能都停用。")
    if close_kind(agency).code == kind.code:
        raise Refused(f"封账拟稿用的正是{kind.label}，请先换成别的种类再停用。")
    drafts = Document.objects.filter(
        series__agency=agency, state__in=Document.IN_HAND, content__choices__kind=kind.code
    )
    if draft := drafts.order_by("id").first():
        raise Refused(f"还有这一种的拟稿《{draft.title}》，印发或作废以后再停用。")


def _save(row: PaperKind, by: User) -> None:
    row.version += 1
    row.updated_at, row.updated_by = timezone.now(), by
    row.save()


def _noted(row: PaperKind) -> dict:
    """Return what the audit says of a kind: patterns as people read them."""
    texts = {name: shown(getattr(row, name)) for name in TEXTS}
    return texts | {"sections": list(row.sections)}
