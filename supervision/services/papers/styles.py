"""公文设置: how an office lays out its papers, and the days it gives."""

import hashlib

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.services.catalogue_edit_rules import text_fault
from supervision.documents.registered import office_kinds
from supervision.models import PaperStyle
from supervision.services.papers.series import word_of_papers

#: What a save may change; the template has a way of its own.
FIELDS = [
    *("margins", "line_pitch", "fonts", "imprint", "masthead", "check_days"),
    *("disclosure_days", "disclosure_address", "disclosure_phone"),
    *("letter_word", "close_kind"),
]
LARGEST_TEMPLATE = 5 * 2**20


@transaction.atomic
def set_paper_style(*, agency: Agency, version: int, by: User, values: dict) -> PaperStyle:
    """Store the office's settings; papers that have their files already keep them.

    `version` is what the person saw, 0 where there was nothing. Raises Refused with one sentence.
    """
    from supervision.documents.style import checked_style

    style = _locked(agency, version, by)
    before = {field: _plain(getattr(style, field)) for field in FIELDS} if style.pk else {}
    for field in FIELDS:
        if field in values:
            setattr(style, field, values[field])
    checked_style(style.as_json())
    _require_letter_word(style)
    _require_close_kind(style)
    _save(style, by)
    after = {field: _plain(getattr(style, field)) for field in FIELDS}
    record_event(
        by=by,
        verb="set_paper_style",
        target=style,
        before={key: value for key, value in before.items() if after[key] != value},
        after={key: value for key, value in after.items() if before.get(key) != value},
    )
    return style


@transaction.atomic
def set_template(*, agency: Agency, version: int, by: User, upload) -> PaperStyle:
    """Keep the office's own template after every tag in it was tried; None takes the present one away.

    Raises Refused with the place of what is wrong; the template before stays then.
    """
    from supervision.documents.office_template import check_template

    style = _locked(agency, version, by)
    before = {"template": style.template_name}
    if upload is None:
        style.template, style.template_name, style.template_sha256 = "", "", ""
    else:
        if upload.size > LARGEST_TEMPLATE:
            raise Refused(f"模板太大（{upload.size / 2**20:.1f} MB），不超过 {LARGEST_TEMPLATE // 2**20} MB。")
        data = upload.read()
        check_template(data)
        style.template_sha256 = hashlib.sha256(data).hexdigest()
        style.template_name = upload.name[-120:]
        style.template.save(f"{agency.pk}-{style.template_sha256[:12]}.docx", ContentFile(data), save=False)
    _save(style, by)
    record_event(
        by=by,
        verb="set_paper_template",
        target=style,
        before=before,
        after={"template": style.template_name, "sha256": style.template_sha256},
    )
    return style


def _require_letter_word(style: PaperStyle) -> None:
    """Letters are numbered apart by a word of their own, or share the series of the 通报 without one."""
    style.letter_word = "".join(style.letter_word.split())
    if fault := text_fault(style.letter_word):
        raise Refused(f"督办函发文代字{fault}")
    if style.letter_word and style.letter_word == word_of_papers(style.agency):
        raise Refused(f"“{style.letter_word}”是通报的发文代字；督办函与通报共用文号的，请把这一格空着。")


def _require_close_kind(style: PaperStyle) -> None:
    kind = office_kinds(style.agency).get(style.close_kind)
    if kind is None or not kind.is_active:
        raise Refused("封账拟稿的种类不在启用的种类里，请刷新页面重新选。")
    if kind.needs_project:
        raise Refused(f"{kind.label}只说一个项目，不能在封账时拟；请选说全部项目的种类。")


def _locked(agency: Agency, version: int, by: User) -> PaperStyle:
    require_city_office(by, agency.region_id)
    # The agency's row stands for settings that are not there yet.
    Agency.objects.select_for_update().get(pk=agency.pk)
    style = PaperStyle.objects.filter(agency=agency).first() or PaperStyle(agency=agency, version=0)
    if style.version != version:
        raise InvalidTransition("设置在您打开页面之后被改过，没有保存。请看过现在的设置再改。")
    return style


def _save(style: PaperStyle, by: User) -> None:
    style.version += 1
    style.updated_at, style.updated_by = timezone.now(), by
    style.save()


def _plain(value):
    """Return a field's value as JSON can hold it."""
    return value if isinstance(value, (dict, str, int)) else str(value)
