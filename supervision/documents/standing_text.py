"""Words of a bulletin that no figure changes: whom it goes to, what is asked for. By level of the office."""

from dataclasses import dataclass

from livelihood.models import Region

#: Word of a series (发文代字) where the office has none yet.
SERIES_WORD = "民生办"


@dataclass(frozen=True)
class StandingText:
    """主送, 送, 发 of one level."""

    addressees: str
    sent_to: str
    distributed_to: str


_CITY = StandingText(
    addressees="各县市区人民政府，市民生工程各成员单位：",
    sent_to="市委常委，市政府副市长，省民生办，市人大、市政府、市政协办公室。",
    distributed_to="市民生工程各成员单位，各县市区人民政府，各县市区民生办，市级民生工程特邀监督员。",
)

STANDING_TEXTS = {
    Region.Kind.PROVINCE: StandingText(
        addressees="各市人民政府，省民生工程各成员单位：",
        sent_to="省委常委，省政府副省长，省人大、省政府、省政协办公厅。",
        distributed_to="省民生工程各成员单位，各市人民政府，各市民生办。",
    ),
    Region.Kind.CITY: _CITY,
    Region.Kind.COUNTY: StandingText(
        addressees="各乡镇人民政府（街道办事处），县民生工程各成员单位：",
        sent_to="县委常委，县政府副县长，市民生办，县人大、县政府、县政协办公室。",
        distributed_to="县民生工程各成员单位，各乡镇人民政府（街道办事处）。",
    ),
}

#: 下一步要求: heading and text of each demand.
DEMANDS = [
    (
        "紧盯问题抓整改",
        "对任务繁重、推进迟缓的项目，要认真分析原因，制订整改措施，明确整改时限，在保证工程质量的前提下加快进度。",
    ),
    (
        "紧盯目标抓落实",
        "对低于全省平均进度的项目，要差异化调度，倒排工期，精准施策，确保迎头赶上；已完工的要抓紧验收、及早审计。",
    ),
    (
        "紧盯质量除隐患",
        "要加强过程管控和质量管理，排除安全隐患，健全建后管护机制。",
    ),
    (
        "紧盯资金促保障",
        "要足额配套资金，做到上级资金随到随拨，资金跟着项目走。",
    ),
]


def standing_text(kind: str) -> StandingText:
    """Return the standing words of an office of that level; a city's where none are known."""
    return STANDING_TEXTS.get(kind, _CITY)
