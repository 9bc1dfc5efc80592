"""Writes of 公示: an issued paper shown to the public, withdrawn, objected to, answered."""

import datetime
import hashlib
from collections.abc import Sequence

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from livelihood.access import require_city_office
from livelihood.jobs import enqueue, note_progress
from livelihood.models import Job, User
from livelihood.services import InvalidTransition, Refused, record_event
from projects.models import Participant, Project, ReportingPeriod
from supervision.disclosure.content import objections_content, site_content
from supervision.disclosure.site import site_bytes
from supervision.documents.paper import content_sha256
from supervision.models import Disclosure, DisclosureFile, DisclosureObjection, Document, PaperStyle, Rectification
from supervision.services.rectification import open_rectification

SITE_JOB = "make_disclosure"
#: Calendar days an answer has where the office does not set them.
ANSWER_DAYS = 15
DEFAULT_DAYS = 7
MOST_DAYS = 90
Edition = DisclosureFile.Edition


def paper_settings(document: Document) -> dict:
    """Return what the office has set for its 公示: days, address, phone."""
    style = PaperStyle.objects.filter(agency=document.series.agency).first()
    if style is None:
        return {"days": DEFAULT_DAYS, "address": "", "phone": ""}
    return {"days": style.disclosure_days, "address": style.disclosure_address, "phone": style.disclosure_phone}


def publish_blockers(document: Document) -> list[str]:
    """Return what keeps a paper from being shown to the public, as Chinese clauses without a full stop."""
    if document.kind not in Document.OF_PERIOD or document.snapshot_id is None:
        return ["只有通报和更正可以公示"]
    if document.state != Document.State.ISSUED:
        return ["这份公文还没有印发，或者已经作废，不能公示"]
    later = document.corrections.filter(state=Document.State.ISSUED).order_by("-id").first()
    if later is not None:
        return [f"这份通报已由{later.printed_number}更正，请公示更正"]
    standing = Disclosure.objects.standing().filter(document__period=document.period_id).first()
    if standing is not None:
        return [f"{document.period.label}已有公示（{standing.document.printed_number}），请先撤回再公示"]
    return []


class NotPreviewed(Refused):
    """What is to be shown is not what was looked at before."""


def content_to_show(
    *,
    document: Document,
    by: User,
    opens_on: datetime.date,
    days: int,
    address: str,
    phone: str,
    rectifications: Sequence[Rectification] = (),
) -> dict:
    """Return what the public would be shown, for a look before it is; writes nothing. Raises Refused or NotAllowed."""
    require_city_office(by, document.period.programme.owner_id)
    if reasons := publish_blockers(document):
        raise Refused(f"{'；'.join(reasons)}。")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"公示日数应在1至{MOST_DAYS}日之间。")
    if opens_on < document.issued_on:
        raise Refused("公示开始不能早于公文的成文日期。")
    if not address.strip() or not phone.strip():
        raise Refused("公示要写明异议受理地址和联系电话。")
    if any(row.programme_id != document.period.programme_id for row in rectifications):
        raise Refused("选的整改不是本年度的，请刷新页面再选。")
    return site_content(
        document,
        opens_on=opens_on,
        closes_on=_last_day(opens_on, days),
        address=address.strip(),
        phone=phone.strip(),
        rectifications=rectifications,
    )


@transaction.atomic
def publish_disclosure(
    *,
    document: Document,
    by: User,
    opens_on: datetime.date,
    days: int,
    address: str,
    phone: str,
    rectifications: Sequence[Rectification] = (),
    previewed: str | None = None,
) -> Disclosure:
    """Freeze what the public is shown of an issued paper and for how many days, and ask for its files.

    `previewed`: hash of the content somebody looked at; another one raises NotPreviewed, None asks for no look.
    Raises Refused or NotAllowed. A month has one 公示 at a time; both ends belong to the days.
    """
    ReportingPeriod.objects.select_for_update().get(pk=document.period_id)
    given = {"opens_on": opens_on, "address": address.strip(), "phone": phone.strip()}
    content = content_to_show(document=document, by=by, days=days, rectifications=rectifications, **given)
    given["closes_on"] = closes_on = _last_day(opens_on, days)
    if previewed == "":
        raise NotPreviewed("公示以后不能改，请先看一遍预览，再点公示。")
    if previewed is not None and previewed != content_sha256(content):
        raise NotPreviewed("内容和预览时不一样了（改过公示期、地址、电话或整改）。请看过新的预览，再点公示。")
    last = document.disclosures.aggregate(last=Max("nth"))["last"] or 0
    disclosure = Disclosure.objects.create(
        document=document, nth=last + 1, content=content, sha256=content_sha256(content), published_by=by, **given
    )
    record_event(
        by=by,
        verb="publish_disclosure",
        target=disclosure,
        after={"document": document.pk, "opens_on": str(opens_on), "closes_on": str(closes_on)},
    )
    request_site(disclosure=disclosure, by=by)
    return disclosure


@transaction.atomic
def withdraw_disclosure(*, disclosure: Disclosure, by: User, reason: str) -> Disclosure:
    """Take a 公示 back with a reason; what was shown stays on record. Raises Refused or InvalidTransition."""
    require_city_office(by, disclosure.document.period.programme.owner_id)
    if not reason.strip():
        raise Refused("撤回公示要写原因。")
    disclosure = _locked(disclosure)
    if disclosure.withdrawn_at is not None:
        raise InvalidTransition("这次公示已经撤回了。")
    disclosure.withdrawn_at, disclosure.withdrawn_by = timezone.now(), by
    disclosure.withdrawal_reason = reason.strip()
    disclosure.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    record_event(by=by, verb="withdraw_disclosure", target=disclosure, reason=disclosure.withdrawal_reason)
    return disclosure


def edition_on(disclosure: Disclosure, day: datetime.date) -> str:
    """Return which edition of the site is right on a day."""
    return Edition.CLOSED if day > disclosure.closes_on else Edition.OPEN


@transaction.atomic
def request_site(*, disclosure: Disclosure, by: User) -> Job:
    """Queue the making of the site's file as it is right today."""
    require_city_office(by, disclosure.document.period.programme.owner_id)
    return _queue_site(disclosure, edition_on(disclosure, timezone.localdate()), by)


@transaction.atomic
def request_due_sites(*, day: datetime.date | None = None) -> list[Job]:
    """Queue the edition of after the days wherever they are over on `day`, today by default, and it is not made yet.

    What is withdrawn has none. Asked again it finds the same jobs; one that had failed is tried again.
    """
    over = Disclosure.objects.standing().filter(closes_on__lt=day or timezone.localdate())
    system = User.objects.system()
    due = over.exclude(files__edition=Edition.CLOSED).defer("content").order_by("pk")
    return [_queue_site(disclosure, Edition.CLOSED, system) for disclosure in due]


def _queue_site(disclosure: Disclosure, edition: str, by: User) -> Job:
    payload = {"disclosure": disclosure.pk, "edition": str(edition)}
    return enqueue(kind=SITE_JOB, key=f"{disclosure.pk}:{edition}", payload=payload, by=by)


def _last_day(opens_on: datetime.date, days: int) -> datetime.date:
    return opens_on + datetime.timedelta(days=days - 1)


def site_file(disclosure: Disclosure, edition: str, *, progress=lambda percent: None) -> DisclosureFile:
    """Return the .zip of an edition, made now if there is none yet; written once, of the content alone.

    The edition of after the days also says which objections came in them, as they stand today. A making cut short is
    simply done again in the same place.
    """
    found = disclosure.files.filter(edition=edition).first()
    if found:
        return found
    over = objections_content(disclosure, timezone.localdate()) if edition == Edition.CLOSED else None
    data = site_bytes(disclosure.content, objections=over, progress=progress)
    made = DisclosureFile(
        disclosure=disclosure, edition=edition, sha256=hashlib.sha256(data).hexdigest(), size=len(data)
    )
    field = DisclosureFile._meta.get_field("file")
    # By the bytes' own hash: who makes other ones at the same time does not write over these.
    path = field.generate_filename(made, f"{disclosure.pk}-{edition}-{made.sha256[:12]}.zip")
    field.storage.delete(path)
    made.file.name = field.storage.save(path, ContentFile(data))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        # Somebody else made the same edition meanwhile.
        found = disclosure.files.get(edition=edition)
        if found.file.name != made.file.name:
            field.storage.delete(made.file.name)
        return found
    return made


def run_site_job(job: Job) -> dict:
    """Carry out the making of a site."""
    disclosure = Disclosure.objects.get(pk=job.payload["disclosure"])
    made = site_file(disclosure, job.payload["edition"], progress=lambda percent: note_progress(job, percent))
    return {"disclosure": disclosure.pk, "file": made.pk, "sha256": made.sha256}


@transaction.atomic
def enter_objection(
    *,
    disclosure: Disclosure,
    by: User,
    received_on: datetime.date,
    way: str,
    person: str,
    text: str,
    contact: str = "",
    project: Project | None = None,
    participant: Participant | None = None,
    due_on: datetime.date | None = None,
) -> DisclosureObjection:
    """Enter what somebody objects to; one that came too late is taken as such. Raises Refused or NotAllowed."""
    programme = disclosure.document.period.programme
    require_city_office(by, programme.owner_id)
    disclosure = _locked(disclosure)
    today = timezone.localdate()
    if received_on > today:
        raise Refused("收到日期不能在今天以后。")
    if received_on < disclosure.opens_on:
        raise Refused("收到日期早于公示开始，请核对是哪一次公示的异议。")
    if not person.strip() or not text.strip():
        raise Refused("要写异议人和异议内容。")
    due_on = due_on or received_on + datetime.timedelta(days=ANSWER_DAYS)
    if due_on < received_on:
        raise Refused("答复期限不能早于收到日期。")
    if any(row and row.programme_id != programme.pk for row in (project, participant)):
        raise Refused("项目和单位要选本年度的，请刷新页面再选。")
    last = disclosure.objections.aggregate(last=Max("nth"))["last"] or 0
    objection = DisclosureObjection.objects.create(
        disclosure=disclosure,
        nth=last + 1,
        received_on=received_on,
        way=way,
        person=person.strip(),
        contact=contact.strip(),
        text=text.strip(),
        project=project,
        participant=participant,
        due_on=due_on,
        entered_by=by,
    )
    # Who objected stands in the row alone: the trail is read by more people than the office.
    after = {"nth": objection.nth, "received_on": str(received_on), "way": way, "late": objection.is_late}
    record_event(by=by, verb="enter_objection", target=objection, after=after)
    return objection


@transaction.atomic
def answer_objection(
    *,
    objection: DisclosureObjection,
    by: User,
    answer: str,
    deadline: datetime.date | None = None,
    rectify: bool = False,
) -> DisclosureObjection:
    """Answer an objection once; `rectify`: as a 整改 of the unit or project it names, due on `deadline`.

    Raises Refused or InvalidTransition.
    """
    programme = objection.disclosure.document.period.programme
    require_city_office(by, programme.owner_id)
    if not answer.strip():
        raise Refused("要写答复内容。")
    objection = (
        DisclosureObjection.objects.select_for_update(of=("self",))
        .select_related("disclosure__document__period__programme", "project", "participant")
        .get(pk=objection.pk)
    )
    if objection.answered_at is not None:
        raise InvalidTransition("这件异议已经答复了。")
    if rectify:
        objection.rectification = open_rectification(
            programme=programme,
            source=Rectification.Source.DISCLOSURE,
            problem=objection.text,
            participant=objection.participant,
            project=objection.project,
            agency=_lead_agency(objection),
            deadline=deadline,
            source_note=f"{objection.disclosure.document.printed_number}公示异议{objection.nth}",
            document=objection.disclosure.document,
            by=by,
        )
    objection.answer, objection.answered_at, objection.answered_by = answer.strip(), timezone.now(), by
    objection.save(update_fields=["answer", "answered_at", "answered_by", "rectification"])
    record_event(
        by=by,
        verb="answer_objection",
        target=objection,
        after={"rectification": objection.rectification_id} if rectify else {},
    )
    return objection


def _lead_agency(objection: DisclosureObjection):
    """Return who leads the project where no unit is named: somebody has to answer."""
    if objection.participant_id or not objection.project_id:
        return None
    sub = objection.project.sub_projects.filter(lead_agency__isnull=False).select_related("lead_agency").first()
    return sub.lead_agency if sub else None


def _locked(disclosure: Disclosure) -> Disclosure:
    return (
        Disclosure.objects.select_for_update(of=("self",))
        .select_related("document__period__programme", "document__series")
        .get(pk=disclosure.pk)
    )
