"""How a paper calls an indicator, and who leads the ones it lists."""

from collections import defaultdict

from projects.models import Indicator
from supervision.documents.paper import Sentence, paper_quotes


def indicator_name(indicator: Indicator) -> str:
    """The indicator's name behind that of its sub-project, unless that has none or the name says it already.

    A sub-project of several names (技能脱贫培训、企业新录用人员培训) is said by any of them.
    """
    sub_project = indicator.sub_project.name
    if not sub_project or any(name in indicator.name for name in sub_project.split("、")):
        return paper_quotes(indicator.name)
    return paper_quotes(f"{sub_project}的{indicator.name}")


def lead_sentence(indicators: list[Indicator], *, code: str) -> Sentence | None:
    """牵头单位：市人社局。 Where sub-projects have different ones each stands with its own."""
    leads: dict[str, dict[str, None]] = defaultdict(dict)
    for indicator in indicators:
        if indicator.sub_project.lead_agency:
            leads[indicator.sub_project.lead_agency.name][paper_quotes(indicator.sub_project.name)] = None
    if not leads:
        return None
    names = [
        f"{lead}（{'、'.join(filter(None, subs))}）" if len(leads) > 1 and any(subs) else lead
        for lead, subs in leads.items()
    ]
    return Sentence(f"牵头单位：{'、'.join(names)}。", code=f"{code}-lead")
