"""The demo's 公示 (演示数据): July as it was shown to the public, with an objection that was answered."""

import datetime

from livelihood.models import User
from projects.models import Programme
from supervision.models import Document
from supervision.services.disclosure import answer_objection, enter_objection, publish_disclosure

OPENS_ON = datetime.date(2020, 8, 11)
DAYS = 7
COUNTY, PROJECT = "341222", 1


def load_disclosure(*, programme: Programme, by: User) -> None:
    """Show the newest issued paper for seven days, take one objection by letter and answer it."""
    paper = (
        Document.objects.filter(period__programme=programme, kind=Document.Kind.BULLETIN, state=Document.State.ISSUED)
        .select_related("period__programme", "series__agency", "snapshot__period__programme__owner")
        .order_by("-period__ends_on")
        .first()
    )
    disclosure = publish_disclosure(
        document=paper,
        by=by,
        opens_on=OPENS_ON,
        days=DAYS,
        address="演示市政务中心301室（演示数据）",
        phone="0558-0000000",
    )
    objection = enter_objection(
        disclosure=disclosure,
        by=by,
        received_on=OPENS_ON + datetime.timedelta(days=2),
        way="letter",
        person="演示异议人",
        contact="演示联系方式",
        text="公示的完成数比现场看到的多，请核实（演示数据）。",
        participant=programme.participants.get(code=COUNTY),
        project=programme.projects.get(seq=PROJECT),
    )
    answer_objection(objection=objection, by=by, answer="已到现场核对，与县里报的验收单一致（演示数据）。")
