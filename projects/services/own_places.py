"""What of a catalogue is another office's: a city's people load their own programme and places under their city."""

from livelihood.models import Region
from projects.models import Programme
from projects.services.load_outcome import LoadOutcome


def foreign_problems(data: dict, *, owner: Region, outcome: LoadOutcome, is_upload: bool) -> list[str]:
    """Return what the load would touch that is not the owner's, one Chinese sentence each; three queries at most.

    Asked after the places are written and before anything else is, in the load's own transaction. Places are only
    asked about of an upload; a programme changes hands for nobody.
    """
    code = data["programme"]["code"]
    other = Programme.objects.filter(code=code).exclude(owner=owner).select_related("owner").first()
    if other is not None:
        return [f"代码“{code}”已是{other.owner}的“{other.name}”，请换一个代码。"]
    if not is_upload:
        return []
    problems = [
        f"{row.at}：{row.words}；已有的行政区划由系统管理员维护。"
        for row in outcome.rows
        if row.label == "行政区划" and not row.is_new
    ]
    parents = dict(Region.objects.values_list("code", "parent__code"))
    listed = [(row["code"], row) for row in data.get("regions", [])]
    listed += [(row["region"], row) for row in data.get("agencies", [])]
    for place, row in listed:
        if not _is_under(place, owner.code, parents):
            problems.append(f"{row.get('at', '')}：{place}不在{owner}之下，由系统管理员维护。")
    return problems


def _is_under(code: str | None, owner: str, parents: dict[str, str | None]) -> bool:
    seen = set()
    while code is not None and code not in seen:
        if code == owner:
            return True
        seen.add(code)
        code = parents.get(code)
    return False
