"""Where money comes from, and which sources contain others (R14)."""

from django.db import models


class Source(models.TextChoices):
    """资金来源: who pays; where the paper does not split: 中央及省级, 市县配套, 合计."""

    CENTRAL = "central", "中央"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县级"
    TOWNSHIP = "township", "乡镇"
    BOND = "bond", "债券"
    INTEGRATED = "integrated", "整合/奖补"
    SOCIAL = "social", "社会自筹"
    UPPER = "upper", "中央及省级"
    LOCAL = "local", "市县配套"
    TOTAL = "total", "合计"


class FundKind(models.TextChoices):
    """资金类别: money for the work itself, or for keeping up what was built."""

    PROJECT = "project", "项目资金"
    MAINTENANCE = "maintenance", "管护资金"


#: A source that stands for several others: beside it none of those may stand in the same place (R14).
CONTAINS: dict[str, tuple[str, ...]] = {
    "total": tuple(code for code in Source.values if code != "total"),
    "upper": ("central", "province"),
    "local": ("city", "county", "township"),
}

#: Ways papers write a source besides its label.
SOURCE_WORDS = {
    "central": ("中央财政", "中央资金", "国家"),
    "province": ("省", "省财政", "省级财政", "省级资金"),
    "city": ("市", "市财政", "市级财政", "市级资金"),
    "county": ("县", "区", "区级", "县区", "县区级", "县级财政", "区级财政", "县区财政", "区级配套", "县级配套"),
    "township": ("乡", "镇", "乡镇级", "镇级", "街道"),
    "bond": ("专项债", "专项债券", "一般债", "一般债券", "政府债券", "地方债"),
    "integrated": ("整合", "奖补", "整合资金", "奖补资金", "以奖代补"),
    "social": ("社会", "自筹", "社会资本", "其他", "社会资金"),
    "upper": ("中央省级", "上级", "上级补助", "中央和省级"),
    "local": ("市县", "地方配套", "市县级"),
    "total": ("总计", "不分来源", "全部"),
}

#: Ways papers write a kind besides its label.
KIND_WORDS = {"project": ("项目", "建设资金", "补助资金"), "maintenance": ("管护", "管养", "管养资金")}


def overlap(one: str, other: str) -> bool:
    """Tell whether one of two sources contains the other: both together would count the same money twice."""
    return other in CONTAINS.get(one, ()) or one in CONTAINS.get(other, ())


def find_source(text: str) -> str | None:
    """Return the code of a source as a paper writes it, None when it is not known."""
    return _found(text, Source.choices, SOURCE_WORDS)


def find_kind(text: str) -> str | None:
    """Return the code of a kind as a paper writes it, None when it is not known."""
    return _found(text, FundKind.choices, KIND_WORDS)


def _found(text: str, choices, words) -> str | None:
    wanted = text.strip()
    for code, label in choices:
        if wanted in (label, code) or wanted in words[code]:
            return code
    return None
