"""铜官区's funds of 2020 for the demo: real totals, split over its items by a generator (演示数据).

Real are the sums of 17 April 2020: 3794.6 万元 of the district's own share planned （不含棚户区改造）, 2568.1 disbursed
(67.7 %); 管护资金 691 planned, 306.3 disbursed (44.3 %); 34 items, 23 with tasks: 5 new, 3 improved, 15 continued.
Made up are the split over items, which of the unnamed items have tasks, and 棚户区改造's bond. The same seed gives the
same amounts, and they add up to the 元.
"""

from datetime import date, datetime, time
from decimal import Decimal
from random import Random

from django.db import transaction
from django.utils import timezone

from funding.models import FundLine
from funding.services.basis import set_exclusion
from funding.services.fund_figures import FundEntry, record_fund_figures
from funding.services.plans import PlanEntry, set_plans
from livelihood.models import Agency, Region, User
from projects.models import Participant, Programme, Report, SubProject
from projects.services.catalogue import load_catalogue
from projects.services.periods import open_period

CODE = "tongguan-2020"
SEED = 2020
AS_OF = date(2020, 4, 17)
UNIT = "340705"
DISTRICT = "铜官区"
DEMO_MARK = "演示数据"
HOUSING = "棚户区改造"
PHRASE = "不含棚户区改造"

#: In 万元, as published for 17 April 2020.
TOTALS = {
    ("project", "planned"): "3794.6",
    ("project", "disbursed"): "2568.1",
    ("maintenance", "planned"): "691",
    ("maintenance", "disbursed"): "306.3",
}
#: Made up: 棚户区改造's special bond, applied for at that time.
HOUSING_BOND = {"planned": "12000", "disbursed": "0"}

NEW, IMPROVED, CONTINUED = "new", "improved", "continued"
#: seq, name, category, how it changed where 铜官区 has a task, whether 管护资金 keeps its works. The first 33 are the
#: province's. Named by the district are all new and improved ones and those marked *; the other continued ones are made
#: up.
ITEMS = [
    (1, "“四带一自”产业扶贫", "subsidy", None, False),
    (2, "党建引领扶贫", "policy", None, False),
    (3, "资产收益扶贫", "subsidy", None, False),
    (4, "“四好农村路”建设", "engineering", None, False),
    (5, "农村危房改造", "engineering", None, False),
    (6, "农村饮水安全巩固提升工程", "engineering", None, False),
    (7, "健康脱贫综合医疗保障", "insurance", None, False),
    (8, "贫困地区义务教育学生营养改善", "subsidy", None, False),
    (9, "贫困残疾人康复", "subsidy", CONTINUED, False),
    (10, "城乡困难群体法律援助", "service", CONTINUED, False),
    (11, "美丽乡村建设", "engineering", NEW, True),
    (12, "农村改厕及废弃物资源化利用", "engineering", NEW, True),
    (13, "农产品质量安全追溯", "service", CONTINUED, False),
    (14, "就业创业促进", "training", CONTINUED, False),  # *
    (15, "农村电商提质增效", "service", None, False),
    (16, "技能培训提升", "training", CONTINUED, False),
    (17, "出生缺陷防治", "service", NEW, False),
    (18, "养老服务和智慧养老", "service", CONTINUED, True),
    (19, "智慧健康建设", "service", NEW, False),
    (20, "困难人员救助暨困难职工帮扶", "subsidy", CONTINUED, False),  # *
    (21, "城乡居民基本医疗保险", "insurance", IMPROVED, False),
    (22, "城乡居民大病保险", "insurance", CONTINUED, False),
    (23, "城乡居民基本养老保险", "insurance", CONTINUED, False),
    (24, "妇幼健康水平提升和职业病防治", "service", CONTINUED, False),  # *
    (25, "智慧学校建设", "engineering", CONTINUED, False),
    (26, "学前教育促进", "engineering", CONTINUED, True),
    (27, "义务教育经费保障", "subsidy", CONTINUED, False),
    (28, "家庭经济困难学生资助", "subsidy", CONTINUED, False),
    (29, "文化惠民工程", "service", IMPROVED, True),
    (30, "水环境生态补偿", "policy", None, False),
    (31, "水利薄弱环节治理", "engineering", None, False),
    (32, HOUSING, "engineering", CONTINUED, False),  # *
    (33, "城镇老旧小区改造", "engineering", IMPROVED, True),
    (34, "食品安全工程", "service", NEW, False),
]


def catalogue() -> dict:
    """Return the programme as `load_catalogue` takes it: 34 items, one unit with tasks in 23 of them."""
    return {
        "programme": {
            "code": CODE,
            "name": "铜官区2020年民生工程",
            "owner": UNIT,
            "office": "区财政局",
            "year": 2020,
            "decimals": 1,
            "fund_denominator": "planned",
            "reporting_by": "participant",
            "is_demo": True,
            "demo_fields": [],
            "basis": [],
        },
        "participants": [
            {"code": UNIT, "printed_name": DISTRICT, "kind": "unit", "ranked": True, "region": UNIT},
            {"code": f"{UNIT}-whole", "printed_name": "全区", "kind": "whole", "ranked": False, "region": UNIT},
        ],
        "projects": [_project(*item) for item in ITEMS],
    }


def _project(seq: int, name: str, category: str, change: str | None, is_kept: bool) -> dict:
    has_task = change is not None
    target = (
        {"state": "text", "printed": f"按实施方案推进（{DEMO_MARK}）"}
        if has_task
        else {"state": "no_task", "printed": "/"}
    )
    return {
        "seq": seq,
        "name": name,
        "category": category,
        "origin": "city" if seq == len(ITEMS) else "province",
        "change": change or CONTINUED,
        "sub_projects": [
            {
                "name": "",
                "indicators": [
                    {
                        "name": "年度任务",
                        "unit": "项",
                        "decimals": 0,
                        "category": category,
                        "direction": "at_least",
                        "accumulation": "flow",
                        "additive": False,
                        "assessed": False,
                        "kind": "text",
                        "targets": {UNIT: target},
                    }
                ],
            }
        ],
    }


def split(total: str, weights: list[int]) -> list[Decimal]:
    """Split 万元 into whole 元 by weights; the parts add up to the total exactly: the heaviest takes the rest."""
    yuan = int(Decimal(total) * 10_000)
    parts = [yuan * weight // sum(weights) for weight in weights]
    parts[weights.index(max(weights))] += yuan - sum(parts)
    return [Decimal(part) for part in parts]


def amounts(kind: str, *, seed: int = SEED) -> dict[int, dict[str, Decimal]]:
    """Return item's number → {"planned", "disbursed"} in 元 for the district's own share; disbursed never over plan."""
    random = Random(f"{seed}/{kind}")  # noqa: S311 - plausible figures, nothing secret
    items = [seq for seq, name, _, change, is_kept in ITEMS if change and (is_kept or kind == "project")]
    items = [seq for seq in items if kind == "maintenance" or ITEMS[seq - 1][1] != HOUSING]
    weights = [random.randint(10, 100) for _ in items]
    planned = split(TOTALS[kind, "planned"], weights)
    # What stays unpaid is split too, by other weights, so that no item is paid more than its plan.
    unpaid_total = Decimal(TOTALS[kind, "planned"]) - Decimal(TOTALS[kind, "disbursed"])
    unpaid = split(str(unpaid_total), [weight * random.randint(4, 8) for weight in weights])
    return {
        seq: {"planned": plan, "disbursed": plan - rest} for seq, plan, rest in zip(items, planned, unpaid, strict=True)
    }


@transaction.atomic
def load_tongguan(*, by: User) -> Programme:
    """Load programme, plan and the funds of 17 April; a programme that is there already is returned as it is.

    `by` must be the system's account or work in the district's office. The report stays open to be looked at.
    """
    found = Programme.objects.filter(code=CODE).first()
    if found is not None:
        return found
    region, _ = Region.objects.get_or_create(code=UNIT, defaults={"name": DISTRICT, "kind": "county", "order": 1})
    Agency.objects.get_or_create(region=region, name="区财政局")
    load_catalogue(data=catalogue(), by=by)
    programme = Programme.objects.get(code=CODE)
    district = programme.participants.get(kind=Participant.Kind.UNIT)
    items = {row.project.seq: row for row in SubProject.objects.filter(project__programme=programme)}
    entries = [
        PlanEntry(items[seq], district, "county", kind, row["planned"], label="区级配套资金", note=DEMO_MARK)
        for kind in ("project", "maintenance")
        for seq, row in amounts(kind).items()
    ]
    housing = next(seq for seq, name, *_ in ITEMS if name == HOUSING)
    bond = {stage: Decimal(value) * 10_000 for stage, value in HOUSING_BOND.items()}
    entries.append(
        PlanEntry(items[housing], district, "bond", "project", bond["planned"], label="专项债券", note=DEMO_MARK)
    )
    set_plans(programme=programme, entries=entries, by=by, document="市民生工程资金筹集方案", is_demo=True)
    set_exclusion(programme=programme, phrase=PHRASE, sub_projects=[items[housing]], by=by)
    _record(programme, district, by, housing, bond["disbursed"])
    return programme


def _record(programme: Programme, district: Participant, by: User, housing: int, bond: Decimal) -> None:
    """Open April as of the 17th and enter what was disbursed; nothing is said of 到位 and 支出."""
    due_at = timezone.make_aware(datetime.combine(date(2020, 5, 5), time(18)))
    period = open_period(
        programme=programme, kind="month", ends_on=date(2020, 4, 30), as_of=AS_OF, due_at=due_at, by=by
    )
    report = Report.objects.get(period=period, participant=district)
    made = {kind: amounts(kind) for kind in ("project", "maintenance")}
    entries = []
    for line in FundLine.objects.of_programme(programme):
        seq = line.sub_project.project.seq
        value = bond if line.source == "bond" else made[line.kind][seq]["disbursed"]
        entries.append(FundEntry(line.pk, "disbursed", value))
    record_fund_figures(report=report, entries=entries, by=by, origin="demo")
