"""Writes of who does what by page: 填报分工 of a project, 包保责任人 and 目标原文 of a sub-project."""

from dataclasses import dataclass, replace

from django.db import transaction

from livelihood.models import Agency, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Assignment, Participant, Project, Responsibility, SubProject, TargetSentence
from projects.services.catalogue_edit_rules import differences, locked_programme, require_readable

#: Sub-project and participant, by id.
Place = tuple[int, int]

OFFICE_LENGTH = Responsibility._meta.get_field("office").max_length
DOCUMENT_LENGTH = TargetSentence._meta.get_field("document").max_length
#: The longest sentence of the papers has some 400 characters.
SENTENCE_LENGTH = 2000


@dataclass(frozen=True)
class Duty:
    """What a unit's line says: offices that answer, in order; the task in the paper's words, and which paper."""

    offices: tuple[str, ...] = ()
    sentence: str = ""
    document: str = ""

    @property
    def words(self) -> str:
        """Return the line as one text, to compare and to note."""
        parts = ("、".join(self.offices), self.sentence, self.document)
        return "；".join(part for part in parts if part)


def may_fill(participant: Participant, agency: Agency, owner_id: int) -> bool:
    """Tell whether an agency can fill for a unit: one of its place (of the owner's for the own level), or itself."""
    return agency.region_id == (participant.region_id or owner_id) or agency.pk == participant.agency_id


def assignments_of(project: Project) -> dict[Place, Assignment]:
    """Return who fills a project's sub-projects for whom. One query."""
    rows = Assignment.objects.filter(sub_project__project=project).select_related("agency")
    return {(row.sub_project_id, row.participant_id): row for row in rows}


def duties_of(sub_project: SubProject) -> dict[int, Duty]:
    """Return the lines of a sub-project by participant id, of those that have one. Two queries."""
    offices: dict[int, list[str]] = {}
    for row in sub_project.responsibilities.order_by("order", "id"):
        offices.setdefault(row.participant_id, []).append(row.office)
    sentences = {row.participant_id: row for row in sub_project.target_sentences.all()}
    return {
        pk: Duty(
            tuple(offices.get(pk, ())),
            sentences[pk].text if pk in sentences else "",
            sentences[pk].document if pk in sentences else "",
        )
        for pk in {*offices, *sentences}
    }


def offices_of(project: Project) -> dict[Place, tuple[str, ...]]:
    """Return who answers for a project's sub-projects in which unit, in order. One query."""
    found: dict[Place, tuple[str, ...]] = {}
    for row in Responsibility.objects.filter(sub_project__project=project).order_by("order", "id"):
        place = row.sub_project_id, row.participant_id
        found[place] = (*found.get(place, ()), row.office)
    return found


@transaction.atomic
def set_assignments(*, project: Project, agencies: dict[Place, Agency | None], by: User, seen: dict[Place, str]) -> int:
    """Give places of a project the agency that fills them, None for none; returns how many places changed.

    `seen`: the agency's name at every place when the page was made, "" for none: what still says so was left alone and
    stays as it is now. Refused for an agency of another place; InvalidTransition where somebody changed a place too.
    """
    programme = locked_programme(project.programme, by)
    subs = {row.pk: row for row in project.sub_projects.all()}
    units = {row.pk: row for row in programme.participants.reporters()}
    now = assignments_of(project)
    before, after, gone = {}, {}, []
    for (sub, unit), agency in agencies.items():
        if sub not in subs or unit not in units:
            raise Refused("有一格不在这个项目里，什么都没有存。请刷新页面再填。")
        about = f"{units[unit]}的“{subs[sub]}”"
        row = now.get((sub, unit))
        standing, wanted = row.agency.name if row else "", agency.name if agency else ""
        if wanted == seen.get((sub, unit), ""):
            continue
        if standing != seen.get((sub, unit), ""):
            raise InvalidTransition(
                f"{about}的填报单位刚刚被别人改过：原为“{seen.get((sub, unit), '')}”，现在是“{standing}”。"
                "什么都没有存，您选的都还在，核对后再点保存。"
            )
        if agency and not may_fill(units[unit], agency, programme.owner_id):
            raise Refused(f"{agency}不是{units[unit]}的单位，不能替它填报“{subs[sub]}”。")
        before[about], after[about] = standing, wanted
        if agency:
            Assignment.objects.update_or_create(sub_project_id=sub, participant_id=unit, defaults={"agency": agency})
        else:
            gone.append(row.pk)
    Assignment.objects.filter(pk__in=gone).delete()
    if after:
        record_event(by=by, verb="set_assignments", target=project, before=before, after=after)
    return len(after)


@transaction.atomic
def set_duties(*, sub_project: SubProject, duties: dict[int, Duty], by: User, seen: dict[int, str]) -> int:
    """Set the lines of units (by id) for a sub-project; an empty one takes what stood away. Returns how many changed.

    `seen`: what each line said (`Duty.words`) when the page was made: a line that still says so was left alone. Refused
    for an office written twice, texts too long or with hidden characters, a document without its sentence.
    """
    programme = locked_programme(sub_project.project.programme, by)
    units = {row.pk: row for row in programme.participants.all()}
    now = duties_of(sub_project)
    duties = {unit: duty for unit, duty in duties.items() if duty.words != seen.get(unit, "")}
    news = [unit for unit in duties if unit in units and now.get(unit, Duty()).words != seen.get(unit, "")]
    if news:
        words = "；".join(f"{units[unit]}现在是“{now.get(unit, Duty()).words}”" for unit in news)
        raise InvalidTransition(f"刚刚被别人改过：{words}。什么都没有存，您填的都还在，核对后再点保存。")
    problems = [fault for unit, duty in duties.items() if (fault := _duty_fault(units.get(unit), duty))]
    if problems:
        raise Refused("\n".join(problems))
    changed = {unit: duty for unit, duty in duties.items() if duty != now.get(unit, Duty())}
    for unit, duty in changed.items():
        _store(sub_project, unit, duty)
    if changed:
        before, after = differences(
            {str(units[unit]): now.get(unit, Duty()).words for unit in changed},
            {str(units[unit]): duty.words for unit, duty in changed.items()},
        )
        record_event(by=by, verb="set_duties", target=sub_project, before=before, after=after)
    return len(changed)


@transaction.atomic
def set_offices(*, project: Project, offices: dict[Place, tuple[str, ...]], by: User, seen: dict[Place, str]) -> int:
    """Set 包保责任人 of a project's places, an empty one for none; returns how many changed. 目标原文 stays.

    `seen`: what each place said (offices between 、) when the page was made; refused as `set_duties`, all or nothing.
    """
    locked_programme(project.programme, by)
    names = dict(project.programme.participants.values_list("pk", "printed_name"))
    changed = 0
    for sub in project.sub_projects.order_by("order", "id"):
        typed = {unit: row for (at, unit), row in offices.items() if at == sub.pk}
        typed = {unit: row for unit, row in typed.items() if "、".join(row) != seen.get((sub.pk, unit), "")}
        if not typed:
            continue
        now = duties_of(sub)
        for unit in typed:
            standing = "、".join(now.get(unit, Duty()).offices)
            if standing != seen.get((sub.pk, unit), ""):
                raise InvalidTransition(
                    f"{names.get(unit, '')}的“{sub}”刚刚被别人改过，现在是“{standing}”。"
                    "什么都没有存，您填的都还在，核对后再点保存。"
                )
        duties = {unit: replace(now.get(unit, Duty()), offices=row) for unit, row in typed.items()}
        as_now = {unit: now.get(unit, Duty()).words for unit in duties}
        changed += set_duties(sub_project=sub, duties=duties, seen=as_now, by=by)
    return changed


def _duty_fault(unit: Participant | None, duty: Duty) -> str:
    """Return what is wrong with a unit's line, as a sentence."""
    if unit is None:
        return "有一行不是这个年度的单位，什么都没有存。请刷新页面再填。"
    if len(set(duty.offices)) != len(duty.offices):
        return f"{unit}的包保责任人里同一职务写了两次。"
    if long := next((office for office in duty.offices if len(office) > OFFICE_LENGTH), None):
        return f"{unit}的包保责任人最多{OFFICE_LENGTH}字，“{long[:12]}…”有{len(long)}字。"
    if len(duty.sentence) > SENTENCE_LENGTH:
        return f"{unit}的目标原文最多{SENTENCE_LENGTH}字，现在{len(duty.sentence)}字。"
    if len(duty.document) > DOCUMENT_LENGTH:
        return f"{unit}的依据文件最多{DOCUMENT_LENGTH}字，现在{len(duty.document)}字。"
    if duty.document and not duty.sentence:
        return f"{unit}写了依据文件，没有写目标原文。"
    try:
        for office in duty.offices:
            require_readable(Responsibility, {"office": office})
        require_readable(TargetSentence, {"text": duty.sentence, "document": duty.document})
    except Refused as refused:
        return f"{unit}的{refused}"
    return ""


def _store(sub_project: SubProject, unit: int, duty: Duty) -> None:
    place = {"sub_project": sub_project, "participant_id": unit}
    sub_project.responsibilities.filter(participant=unit).exclude(office__in=duty.offices).delete()
    for order, office in enumerate(duty.offices, 1):
        Responsibility.objects.update_or_create(**place, office=office, defaults={"order": order})
    if duty.sentence:
        said = {"text": duty.sentence, "document": duty.document}
        TargetSentence.objects.update_or_create(**place, defaults=said)
    else:
        sub_project.target_sentences.filter(participant=unit).delete()
