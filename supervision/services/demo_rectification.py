"""整改, an inspection and minutes of the demo city (演示数据), dated as they would have been."""

import datetime
import hashlib
import io
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db.models import Max
from django.utils import timezone
from PIL import Image, ImageDraw

from livelihood.models import User
from livelihood.services import record_event
from projects.models import Participant, Programme
from supervision.models import (
    Inspection,
    InspectionFinding,
    InspectionPhoto,
    Interview,
    KeptFile,
    Rectification,
    RectificationFile,
    RectificationStep,
)
from supervision.rectification.photos import photo_facts

#: The place in 阜南县 where the inspection's photos were taken, in degrees, minutes and seconds.
_NORTH, _EAST = ((32, 1), (39, 1), (29, 1)), ((115, 1), (35, 1), (43, 1))

#: Project, unit, source, its note, problem, task, standard, cause, measures, state, opened, deadline, steps and days.
ITEMS = [
    (
        *(6, "341204", "ranking", "2020年1—6月通报"),
        "前六个月完成率低于全省平均，居全市末位。",
        *("7月底前达到全省平均。", "完成率不低于全省平均，资料齐全。"),
        *("雨季施工推迟，材料到货晚。", "增加施工队伍，倒排工期，每周调度。"),
        *("closed", (7, 10), (7, 31)),
        [("assigned", (7, 11)), ("filled", (7, 14)), ("progress", (7, 22)), ("reported", (7, 28)), ("closed", (7, 30))],
    ),
    (
        *(33, "341225", "inspection", "8月20日督查（进度滞后、现场停工）"),
        "鹿城镇三塔小区：3、4号楼外墙保温停工约 10 天，现场 2 名工人；施工方称等待甲供材料，未见复工计划。",
        *("尽快复工，按计划完成外墙保温。", "现场复工，进度追平计划。"),
        *("", ""),
        *("assigned", (8, 20), (9, 10)),
        [("assigned", (8, 21))],
    ),
    (
        *(9, "341222", "audit", "市审计局专项审计"),
        "两个点位管护资金拨付不及时。",
        *("补拨管护资金，建立管护台账。", "资金拨付到位，台账齐全。"),
        *("县级配套资金未列入上半年预算。", "列入8月追加预算，由县财政局督促拨付。"),
        *("underway", (7, 20), (8, 25)),
        [("assigned", (7, 21)), ("filled", (7, 27)), ("progress", (8, 12))],
    ),
    (
        *(5, "341226", "complaint", "12345热线"),
        "群众反映施工围挡占道，夜间没有警示灯。",
        *("规范围挡，设置警示灯。", "现场安全设施符合规范。"),
        *("施工单位安全管理不到位。", "整改围挡，增设警示灯 12 处。"),
        *("reported", (8, 5), (9, 5)),
        [("assigned", (8, 6)), ("filled", (8, 8)), ("reported", (8, 24))],
    ),
]
#: What the 会商 demanded: of whom (a unit's code, "" for the bureau that leads the project), what, until when.
DEMANDS = [
    ("341225", "9月5日前复工，倒排工期，每周五报送施工进度和在场人数。", (9, 5)),
    ("", "每周派人到现场指导一次，协调甲供材料到货。", (9, 30)),
]
DISCUSSED = 33
WORDS = {
    "assigned": "请按时限整改并回复。",
    "progress": "已完成大半，其余月底前完成。",
    "reported": "已全部整改，附整改后照片。",
    "closed": "现场查看，整改到位，资料齐全。",
}


def load_rectification(programme: Programme) -> None:
    """Load four items in four states, an inspection with two photos behind one of them, minutes with two demands."""
    maker = _Maker(programme)
    last = programme.rectifications.aggregate(last=Max("seq"))["last"] or 0
    items = [maker.item(nth, *row) for nth, row in enumerate(ITEMS, start=last + 1)]
    maker.inspection(items[1])
    items += maker.demands(maker.interview(), after=items[-1].seq)
    record_event(by=maker.office, verb="open_rectification", target=items[0], after={"items": len(items)})


class _Maker:
    """Writes the rows with the days they would have had."""

    def __init__(self, programme: Programme):
        self.programme, self.year = programme, programme.year
        names = ("city_office", "city_office_head", "inspector")
        people = User.objects.in_bulk(names, field_name="username")
        self.office, self.second, self.inspector = (people[name] for name in names)
        self.units = {row.code: row for row in programme.participants.all()}
        self.projects = {row.seq: row for row in programme.projects.all()}

    def day(self, month: int, day: int) -> datetime.date:
        return datetime.date(self.year, month, day)

    def at(self, when: tuple[int, int], hour: int = 10) -> datetime.datetime:
        return timezone.make_aware(datetime.datetime.combine(self.day(*when), datetime.time(hour)))

    def person_of(self, unit: Participant) -> User:
        """Return who fills for the unit."""
        return User.objects.filter(grants__region=unit.region_id, grants__role="clerk").order_by("username").first()

    def item(self, nth, seq, code, source, note, problem, task, standard, cause, measures, state, opened, due, steps):
        unit, project = self.units[code], self.projects[seq]
        clerk, days = self.person_of(unit), dict(steps)
        item = Rectification.objects.create(
            programme=self.programme,
            seq=nth,
            source=source,
            source_note=note,
            participant=unit,
            project=project,
            problem=problem,
            task=task,
            standard=standard,
            cause=cause,
            measures=measures,
            person="分管副县（区）长" if measures else "",
            deadline=self.day(*due),
            state=state,
            opened_at=self.at(opened),
            opened_by=self.office,
            assigned_at=self.at(days["assigned"]),
            assigned_by=self.office,
            reported_at=self.at(days["reported"]) if "reported" in days else None,
            reported_by=clerk if "reported" in days else None,
            closed_at=self.at(days["closed"]) if "closed" in days else None,
            closed_by=self.second if "closed" in days else None,
            verification=WORDS["closed"] if "closed" in days else "",
        )
        self.step(item, "opened", opened, self.office, problem)
        for kind, when in steps:
            text = f"原因：{cause}\n措施：{measures}" if kind == "filled" else WORDS.get(kind, "")
            by = {"assigned": self.office, "closed": self.second}.get(kind, clerk)
            self.step(item, kind, when, by, text)
        if "reported" in days:
            for moment, when, tint in (("before", opened, "#b08b6a"), ("after", days["reported"], "#7fa36b")):
                word = dict(RectificationFile.Moment.choices)[moment]
                photo = self.photo(f"{project.name}{word}_演示数据.jpg", when, tint, clerk, has_place=False)
                RectificationFile.objects.create(rectification=item, file=photo, moment=moment)
        return item

    def step(self, item: Rectification, kind: str, when: tuple[int, int], by: User, text: str) -> None:
        RectificationStep.objects.create(rectification=item, kind=kind, text=text, by=by, at=self.at(when))

    def inspection(self, item: Rectification) -> None:
        """The visit behind an item, with two photos and a finding."""
        when = (8, 20)
        visit = Inspection.objects.create(
            programme=self.programme,
            visited_on=self.day(*when),
            participant=item.participant,
            project=item.project,
            place="鹿城镇三塔小区",
            people="市督查组（演示数据）",
            text=item.problem.partition("：")[2],
            client_key="00000000-0000-4000-8000-000000000001",
            state=Inspection.State.RECORDED,
            added_at=self.at(when),
            added_by=self.inspector,
            recorded_at=self.at(when, 11),
        )
        for nth, tint in enumerate(("#a9a29a", "#94a0ab"), start=1):
            photo = self.photo(f"三塔小区{nth}_演示数据.jpg", when, tint, self.inspector)
            InspectionPhoto.objects.create(inspection=visit, file=photo)
            RectificationFile.objects.create(rectification=item, file=photo, moment="before")
        InspectionFinding.objects.create(
            inspection=visit,
            programme=self.programme,
            found_on=visit.visited_on,
            participant=item.participant,
            project=item.project,
            reason=InspectionFinding.Reason.PROGRESS,
            also=[InspectionFinding.Reason.STOPPED],
            problem=item.problem,
            points=Decimal("0.5"),
            rectification=item,
        )

    def demands(self, interview: Interview, *, after: int) -> list[Rectification]:
        """The lines the minutes demand, given out on the next day."""
        project, made = self.projects[DISCUSSED], []
        when = (interview.held_on.month, interview.held_on.day)
        given = (when[0], when[1] + 1)
        lead = project.sub_projects.exclude(lead_agency=None).order_by("order", "id").first().lead_agency
        for nth, (code, task, due) in enumerate(DEMANDS, start=1):
            item = Rectification.objects.create(
                programme=self.programme,
                seq=after + nth,
                source=Rectification.Source.INTERVIEW,
                source_note=f"{when[0]}月{when[1]}日会商",
                interview=interview,
                participant=self.units.get(code),
                agency=None if code else lead,
                project=project,
                problem=interview.subject,
                task=task,
                deadline=self.day(*due),
                state=Rectification.State.ASSIGNED,
                opened_at=self.at(when, 17),
                opened_by=self.office,
                assigned_at=self.at(given),
                assigned_by=self.office,
            )
            self.step(item, "opened", when, self.office, interview.subject)
            self.step(item, "assigned", given, self.office, WORDS["assigned"])
            made.append(item)
        return made

    def interview(self) -> Interview:
        """Minutes of one 会商."""
        interview = Interview.objects.create(
            programme=self.programme,
            kind=Interview.Kind.CONSULTATION,
            held_on=self.day(8, 18),
            place="市财政局三楼会议室",
            chaired_by="市财政局分管负责人",
            subject="进展较慢项目协调推进",
            attendees="市民生办、市住建局、阜南县民生办负责人（演示数据）",
            text="会议听取了老旧小区改造等进展较慢项目情况，要求倒排工期，每周报送进度，落实包保责任。（演示数据）",
            added_at=self.at((8, 18), 17),
            added_by=self.office,
        )
        interview.participants.set([self.units["341225"]])
        return interview

    def photo(self, name: str, when: tuple[int, int], tint: str, by: User, *, has_place: bool = True) -> KeptFile:
        """A drawn picture with the EXIF a phone would write."""
        data = drawn_photo(self.at(when), tint, has_place=has_place)
        file = KeptFile(
            name=name,
            kind=KeptFile.Kind.PHOTO,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            uploaded_by=by,
            uploaded_at=self.at(when, 12),
        )
        file.file.save("demo.jpg", ContentFile(data), save=False)
        facts = photo_facts(io.BytesIO(data))
        file.taken_at, file.latitude, file.longitude = facts.taken_at, facts.latitude, facts.longitude
        file.camera = facts.camera
        file.save()
        return file


def drawn_photo(taken_at: datetime.datetime, tint: str, *, has_place: bool = True) -> bytes:
    """Return a small JPEG of a house with time, place and device in its EXIF."""
    image = Image.new("RGB", (640, 480), "#c9dcec")
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 120, 520, 430), fill=tint)
    for left in range(150, 500, 70):
        for top in range(150, 400, 70):
            draw.rectangle((left, top, left + 35, top + 40), fill="#54616f")
    draw.rectangle((0, 430, 640, 480), fill="#8d8577")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "DEMO", "P1"
    exif.get_ifd(0x8769).update({0x9003: f"{timezone.localtime(taken_at):%Y:%m:%d %H:%M:%S}", 0x9011: "+08:00"})
    if has_place:
        exif.get_ifd(0x8825).update({1: "N", 2: _ratios(_NORTH), 3: "E", 4: _ratios(_EAST)})
    written = io.BytesIO()
    image.save(written, "JPEG", quality=70, exif=exif)
    return written.getvalue()


def _ratios(parts) -> tuple:
    return tuple(Decimal(top) / Decimal(bottom) for top, bottom in parts)
