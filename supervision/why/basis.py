"""What an answer rests on: live reports or a snapshot, the calculation, the scheme, the papers printed from it."""

from django.urls import reverse

from livelihood.formats import format_moment
from livelihood.models import User
from livelihood.verified import last_verification
from projects.models import ReportingPeriod
from projects.progress import CALC_VERSION
from supervision.models import Document, ScoringScheme, Snapshot
from supervision.pages.history import basis_words
from supervision.why.answer import Fact

#: Enough of a hash to compare by eye.
SHOWN_HASH = 16


def made_of(period: ReportingPeriod, snapshot: Snapshot | None, user: User) -> list[Fact]:
    """Return the basis in words, with the scheme in force and the papers the user may read. At most five queries."""
    scheme = snapshot.scheme if snapshot else ScoringScheme.objects.in_force(period.programme, period.ends_on).first()
    facts = [Fact("依据", basis_words(snapshot))]
    if snapshot is not None:
        facts += [
            *([Fact("重新冻结", snapshot.reason)] if snapshot.reason else []),
            Fact("快照校验值", f"{snapshot.sha256[:SHOWN_HASH]}…"),
            Fact("上次核验", verified_words(snapshot)),
        ]
    facts.append(Fact("算法", f"第{snapshot.calc_version if snapshot else CALC_VERSION}版"))
    if scheme is not None:
        url = f"{reverse('supervision:scheme', args=[period.programme.code])}?period={period.code}"
        facts.append(Fact("考核办法", f"《{scheme.name}》第{scheme.version}版", url, "看办法"))
    else:
        facts.append(Fact("考核办法", "没有，不作综合排名"))
    if snapshot is not None:
        facts += _papers(snapshot, user)
    return facts


def _papers(snapshot: Snapshot, user: User) -> list[Fact]:
    papers = Document.objects.visible_to(user).filter(snapshot=snapshot).select_related("series").defer("content")
    return [
        Fact(
            "用在",
            paper.title + (f"（{paper.printed_number}）" if paper.number else "（拟稿）"),
            reverse("supervision:document-detail", args=[paper.pk]),
            "看公文",
        )
        for paper in papers.order_by("id")
    ]


def verified_words(snapshot: Snapshot) -> str:
    """Return when the snapshot was last worked out again from its own inputs, and whether it came out the same."""
    run = last_verification()
    agrees = run.of_snapshot(snapshot.pk) if run else None
    if agrees is None:
        return "封账以后还没有核验过"
    return f"{format_moment(run.at)}，按冻结的数据复算{'一致' if agrees else '不一致，请联系系统管理员'}"


def frozen_words(snapshot: Snapshot | None) -> str:
    """Return 快照2, or 实时: what stands beside the unit's name."""
    return "实时" if snapshot is None else f"快照{snapshot.version}（{format_moment(snapshot.frozen_at)}）"
