"""The paper of a letter of supervision as plain content: what it is about, the figures, what is asked, by when."""

import datetime
import re

from livelihood.formats import format_date, format_number
from projects.models import Participant, Programme
from supervision.documents.paper import Chapter, Paper, Paragraph, Part, Sentence, name_in_region, span
from supervision.models import Level, Snapshot
from supervision.oversight.letter_draft import LEVEL_TITLES, LetterDraft

#: How a unit's government is addressed, by what kind of place it is.
_TOWNSHIP_WORDS = {"township": "人民政府（办事处）"}

_ASKED = {
    Level.BLUE: "请对照检查，",
    Level.YELLOW: "请高度重视，",
    Level.RED: "请主要负责同志按时参加约谈，并就原因和整改措施作出书面说明；",
}

_CLOSING = "达到要求并经核实后予以销号。"


def letter_content(draft: LetterDraft, snapshot: Snapshot, *, issuer: str) -> Paper:
    """Return the paper of the letter."""
    programme = snapshot.period.programme
    return Paper(
        title=title_of(draft),
        masthead=issuer,
        issuer=issuer,
        addressees=f"{'，'.join(addressees_of(draft, programme))}：",
        lead=Sentence(_lead(draft, snapshot), code="lead"),
        chapters=[
            Chapter("基本情况", [Paragraph([_facts(draft)])], "facts"),
            Chapter("办理要求", [Paragraph([Sentence(_demand(draft), code="demand")])], "demand"),
            Chapter(
                "反馈时限",
                [
                    Paragraph([Sentence(_answer(draft.deadline), code="answer")]),
                    # A short last paragraph goes to the next page with the signature without taking the chapter along.
                    Paragraph([Sentence(_CLOSING, code="closing")]),
                ],
                "answer",
            ),
        ],
        attachments=[],
        sent_to="",
        distributed_to="",
        is_demo=programme.is_demo,
        snapshot={"id": snapshot.pk, "version": snapshot.version, "sha256": snapshot.sha256},
        layout="letter",
        annotation=f"联系人：{draft.contact}" if draft.contact else "",
        cc=_copied(draft, programme),
    )


def title_of(draft: LetterDraft) -> str:
    """Return the paper's title: 关于“农村改厕”实施进度的督办函."""
    return f"关于{draft.matter}{LEVEL_TITLES[draft.level]}"


def addressees_of(draft: LetterDraft, programme: Programme) -> list[str]:
    """Return to whom the letter goes as printed: 太和县人民政府, 阜阳市教育局."""
    names = []
    if draft.participant is not None:
        names.append(unit_addressed(draft.participant))
    if draft.agency is not None:
        names.append(name_in_region(programme.owner.name, draft.agency.name))
    return names


def unit_addressed(participant: Participant) -> str:
    """Return how a unit is addressed: the government of a place, anybody else by name."""
    if participant.kind == Participant.Kind.OWN or participant.region_id is None:
        return participant.printed_name
    return participant.printed_name + _TOWNSHIP_WORDS.get(participant.region.kind, "人民政府")


def _lead(draft: LetterDraft, snapshot: Snapshot) -> str:
    closing = {
        Level.BLUE: "现提醒如下：",
        Level.YELLOW: "现予督办，有关事项函告如下：",
        Level.RED: "经研究，决定进行约谈，有关事项通知如下：",
    }[draft.level]
    weight = "需引起重视" if draft.level == Level.BLUE else "存在突出问题"
    return f"根据{span(snapshot.period)}民生工程进展情况，{_whose(draft)}{draft.matter}{weight}，{closing}"


def _whose(draft: LetterDraft) -> str:
    return draft.participant.printed_name if draft.participant is not None else ""


def _facts(draft: LetterDraft) -> Sentence:
    """Say target, done and where that stands, each figure linked to its frozen line."""
    behind = f"line:{draft.line_id}" if draft.line_id else ""
    parts = [Part(f"截至{format_date(draft.as_of)}，{_whose(draft)}")]
    for label, value, column in (("目标任务", draft.target, "target"), ("累计完成", draft.actual, "value")):
        if draft.indicator is None or value is None:
            continue
        number = Part(format_number(value.normalize()), behind, column)
        parts += [Part(label), number, Part(f"{draft.indicator.unit}，")]
    parts += _rate_linked(f"{draft.reason}。", draft, behind)
    text = "".join(part.text for part in parts)
    return Sentence(text, [draft.line_id] if draft.line_id else [], code="facts", parts=parts)


def _rate_linked(text: str, draft: LetterDraft, behind: str) -> list[Part]:
    """Return the clause with the rate in it linked, where it says one."""
    if draft.rate is None or not behind:
        return [Part(text)]
    said = re.search("完成率([0-9.,]+)%", text)
    if said is None:
        return [Part(text)]
    return [Part(text[: said.start(1)]), Part(said[1], behind, "rate"), Part(text[said.end(1) :])]


def _demand(draft: LetterDraft) -> str:
    return f"{_ASKED[draft.level]}{draft.requirement.strip().removeprefix('请').rstrip('。')}。"


def _answer(deadline: datetime.date) -> str:
    return f"请于{format_date(deadline)}前将原因、措施、责任人和办理结果书面反馈，并附佐证材料。"


def _copied(draft: LetterDraft, programme: Programme) -> str:
    """Say who gets a copy: the leader in charge, and the lead agency where the letter is the unit's alone."""
    sub = draft.indicator.sub_project if draft.indicator else None
    names = [sub.city_leader] if sub is not None and sub.city_leader else []
    if sub is not None and draft.agency is None and sub.lead_agency is not None:
        names.append(name_in_region(programme.owner.name, sub.lead_agency.name))
    return f"{'，'.join(names)}。" if names else ""
