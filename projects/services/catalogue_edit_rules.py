"""What every change of a year's list by page has in common: what is seen, what is fixed, what hangs on a row."""

import copy
import unicodedata
from collections.abc import Iterable, Iterator

from django.db import models
from django.db.models import Exists, OuterRef, Q

from livelihood.access import require_city_office
from livelihood.formats import format_number
from livelihood.models import User
from livelihood.services import InvalidTransition, Refused
from projects.catalogue_check import project_problems, target_fault
from projects.duties_check import milestone_problems
from projects.models import (
    Assignment,
    Figure,
    Indicator,
    PaperConflict,
    Programme,
    Project,
    Report,
    ReportingPeriod,
    Responsibility,
    SubProject,
    Target,
)

#: What a person may change of a row by page, in the order of the form.
EDITABLE = {
    Programme: ("name", "kind", "office", "decimals", "fund_denominator", "reporting_by", "basis"),
    Project: ("seq", "name", "origin", "change", "text"),
    SubProject: (
        "name",
        "order",
        "city_leader",
        "department_leader",
        "lead_agency",
        "supporting_agencies",
        "implementer",
        "due_on",
    ),
    Indicator: (
        "name",
        "unit",
        "decimals",
        "category",
        "direction",
        "accumulation",
        "kind",
        "additive",
        "assessed",
        "part_of",
        "base",
        "tolerance",
        "is_starred",
        "order",
    ),
    PaperConflict: ("project", "subject", "first", "second", "taken"),
}
#: What the numbers of a closed month are made with: changed, they would be other numbers.
COUNTED = (
    "unit",
    "decimals",
    "direction",
    "accumulation",
    "kind",
    "additive",
    "assessed",
    "part_of",
    "base",
    "tolerance",
)
#: Facts of the year that decide how its numbers are reckoned and who reports them.
RECKONED = ("decimals", "fund_denominator", "reporting_by")
#: What hangs on an item and goes with it: set on the same pages, and of no use without it.
GOES_ALONG = (Assignment, Responsibility, SubProject.supporting_agencies.through)
#: Reports somebody vouches for; the hash of their content names items by number and name.
VOUCHED = (Report.State.SIGNED, Report.State.SUBMITTED, Report.State.APPROVED)
#: Invisible characters that turn round or hide what stands beside them.
HIDDEN = set("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def locked_programme(programme: Programme, by: User) -> Programme:
    """Return the programme, its list locked against another change; NotAllowed outside its office."""
    require_city_office(by, programme.owner_id)
    return Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)


def found_row(row: models.Model) -> models.Model:
    """Return the row as it stands now; InvalidTransition where somebody removed it."""
    found = type(row).objects.filter(pk=row.pk).first()
    if found is None:
        raise InvalidTransition(f"“{row}”刚刚被别人删去了，什么都没有存。")
    return found


def noted(row: models.Model) -> dict[str, str]:
    """Return what a person may change of the row, in words: column's name → what it says."""
    return {label_of(row, name): _words(row, name) for name in EDITABLE[type(row)]}


def require_seen(row: models.Model, seen: dict[str, str] | None) -> None:
    """Raise InvalidTransition, saying what is new, where the row is not what the person saw; None: not asked."""
    if seen is None:
        return
    now = noted(row)
    news = [
        f"{name}原为“{seen.get(name, '')}”，现在是“{words}”" for name, words in now.items() if seen.get(name) != words
    ]
    if news:
        raise InvalidTransition(
            f"“{row}”刚刚被别人改过：{'；'.join(news)}。什么都没有存；您填的都还在，没动过的已换成现在的，核对后再点保存。"
        )


def differences(before: dict, after: dict) -> tuple[dict, dict]:
    """Return what only one of two records says: before and after."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ({name: before.get(name, "") for name in names}, {name: after.get(name, "") for name in names})


def text_fault(text: str) -> str:
    """Return what cannot be kept or read in a text, as the end of a sentence; empty when it may stand."""
    for character in text:
        category = unicodedata.category(character)
        if character in HIDDEN or (category == "Cc" and character not in "\r\n\t") or category in ("Cs", "Co"):
            return f"里有看不见的控制字符（U+{ord(character):04X}），请删去后重新输入。"
    return ""


def require_readable(model: type[models.Model], values: dict) -> None:
    """Raise Refused for a text with characters nobody sees."""
    for name, value in values.items():
        if isinstance(value, str) and (fault := text_fault(value)):
            raise Refused(f"{model._meta.get_field(name).verbose_name}{fault}")


def require_rules(programme: Programme, row: Project | SubProject | Indicator) -> None:
    """Raise Refused with what the row would make wrong in the list: the same sentences as of a workbook.

    What was wrong before and has nothing to do with the row does not stand in its way. Six queries.
    """
    known = list(_list_problems(programme, row, with_row=False))
    if problems := [words for words in _list_problems(programme, row, with_row=True) if words not in known]:
        raise Refused("\n".join(problems))


def require_plan_and_targets(indicator: Indicator) -> None:
    """Raise Refused where the milestones or targets an indicator has could not stand as it is now. Two queries."""
    about = f"第{indicator.sub_project.project.seq}项“{indicator.name}”"
    plan = list(indicator.milestones.order_by("due_on").values("due_on", "threshold", "measure"))
    if plan and indicator.kind != Indicator.Kind.NUMBER:
        raise Refused(f"{about}有{len(plan)}个节点，{indicator.get_kind_display()}没有完成率，不能设节点。")
    if problems := list(milestone_problems(about, indicator_data(indicator) | {"milestones": plan})):
        raise Refused("\n".join(problems))
    for target in Target.objects.newest().filter(indicator=indicator).select_related("participant"):
        values = {"state": target.state, "value": target.value, "comparison": target.comparison}
        if fault := target_fault(values, indicator_data(indicator)):
            raise Refused(f"{target.participant}的“{indicator.name}”{fault}")


def require_not_counted(indicator: Indicator, names: Iterable[str]) -> None:
    """Raise Refused where a closed or issued month was reckoned with the columns `names`. Three queries at most."""
    names = [name for name in COUNTED if name in names]
    if not names:
        return
    programme = indicator.sub_project.project.programme
    # Their rows are locked: no month is closed between this look and the change.
    list(ReportingPeriod.objects.select_for_update(no_key=True).filter(programme=programme).order_by("pk"))
    figures = Figure.objects.filter(indicator=indicator, period=OuterRef("pk"))
    targets = Target.objects.filter(indicator=indicator, valid_from__lte=OuterRef("as_of"))
    closed = ReportingPeriod.objects.filter(programme=programme).exclude(state=ReportingPeriod.State.OPEN)
    if period := closed.filter(Exists(figures) | Exists(targets)).order_by("-ends_on").first():
        words = "、".join(label_of(indicator, name) for name in names)
        raise Refused(
            f"“{indicator.name}”在{period.get_state_display()}的{period.label}里：改了{words}，已算出的数就变了，不能再改。"
            "口径变了请另设一个指标。"
        )


def begun(programme: Programme) -> str:
    """Return what has been reported or closed, as the beginning of a sentence; empty when nothing has."""
    closed = programme.periods.exclude(state="open").order_by("-ends_on").first()
    if closed:
        return f"{closed.label}{closed.get_state_display()}"
    reports = Report.objects.filter(period__programme=programme, state__in=VOUCHED)
    figures = Figure.objects.filter(period__programme=programme)
    return "已有单位报数" if reports.exists() or figures.exists() else ""


def require_not_vouched(programme: Programme, name: str, *, indicator: Indicator | None = None) -> None:
    """Raise Refused where a signed report calls the item by the number or name that would change. One query."""
    reports = Report.objects.filter(period__programme=programme, state__in=VOUCHED)
    if indicator is not None:
        reports = reports.filter(Exists(Figure.objects.filter(report=OuterRef("pk"), indicator=indicator)))
    if report := reports.select_related("period", "participant", "agency").order_by("-period__ends_on", "pk").first():
        who = report.participant or report.agency
        raise Refused(f"{who}{report.period.label}的月报已签字，签的内容里写着这个{name}，改了签字就对不上，不能再改。")


def hanging(rows: dict[type[models.Model], list]) -> dict[str, int]:
    """Return what else refers to these rows, whichever app keeps it: what it is called → how many.

    `rows`: model → its rows that would go together. A count per table that refers to them.
    """
    found: dict[str, int] = {}
    for model, own in rows.items():
        for relation in model._meta.get_fields(include_hidden=True):
            if not relation.auto_created or relation.concrete or relation.many_to_many:
                continue
            other = relation.related_model
            if other in GOES_ALONG:
                continue
            refers = Q(**{f"{relation.field.name}__in": own})
            number = other._base_manager.filter(refers).exclude(pk__in=[row.pk for row in rows.get(other, [])]).count()
            if number:
                name = str(other._meta.verbose_name)
                found[name] = max(found.get(name, 0), number)
    return found


def _list_problems(programme: Programme, changed, *, with_row: bool) -> Iterator[str]:
    """Yield what is wrong with the list with or without the changed row, its own project in full."""
    project = _project_of(changed)
    projects = [row for row in programme.projects.order_by("seq") if row.pk != project.pk]
    data = [_project_data(row) for row in projects]
    if project.pk or with_row:
        shown = project if with_row or changed is not project else found_row(project)
        data.append(_project_data(shown) | {"sub_projects": _subs_data(project, changed if with_row else None)})
    return project_problems(sorted(data, key=lambda row: row["seq"]), programme.year) if data else iter(())


def _project_of(row: Project | SubProject | Indicator) -> Project:
    if isinstance(row, Project):
        return row
    return row.project if isinstance(row, SubProject) else row.sub_project.project


def _subs_data(project: Project, changed) -> list[dict]:
    if not project.pk:
        return []
    subs = _with(project.sub_projects.order_by("order", "id"), changed if isinstance(changed, SubProject) else None)
    siblings: dict = {}
    for row in Indicator.objects.filter(sub_project__project=project).select_related("part_of", "base", "sub_project"):
        siblings.setdefault(row.sub_project_id, []).append(row)
    if isinstance(changed, Indicator):
        siblings[changed.sub_project_id] = _with(siblings.get(changed.sub_project_id, []), changed)
    return [
        {
            "name": sub.name,
            "due_on": sub.due_on,
            "indicators": [indicator_data(row) for row in siblings.get(sub.pk, []) if sub.pk],
        }
        for sub in subs
    ]


def _with(rows: Iterable, changed) -> list:
    """Return the rows with the changed one in its place, a new one at the end."""
    rows = [changed if changed is not None and row.pk == changed.pk else row for row in rows]
    return [*rows, changed] if changed is not None and not changed.pk else rows


def _project_data(project: Project) -> dict:
    return {name: getattr(project, name) for name in ("seq", "name", "origin", "change")}


def indicator_data(row: Indicator) -> dict:
    """Return an indicator as a workbook gives it; of another sub-project's by a name no sibling has."""
    data = {name: getattr(row, name) for name in ("name", "unit", "decimals", "category", "direction", "kind")}
    data |= {name: getattr(row, name) for name in ("accumulation", "additive", "assessed")}
    for name in ("part_of", "base"):
        other = getattr(row, name)
        if other is not None:
            is_near = other.sub_project_id == row.sub_project_id
            # By the name it will have, where it is the row itself.
            data[name] = row.name if other.pk == row.pk else other.name if is_near else f"{other.sub_project}·{other}"
    return data


def label_of(row: models.Model, name: str) -> str:
    """Return what a column is called."""
    return str(row._meta.get_field(name).verbose_name)


def words_with(row: models.Model, values: dict) -> dict[str, str]:
    """Return what `noted` would say of the row with other values, which are not stored."""
    changed, many = copy.copy(row), {}
    for name, value in values.items():
        if row._meta.get_field(name).many_to_many:
            many[label_of(row, name)] = "、".join(str(other) for other in value)
        else:
            setattr(changed, name, value)
    return noted(changed) | many


def _words(row: models.Model, name: str) -> str:
    """Return what one column says, as a person reads it."""
    field = row._meta.get_field(name)
    if field.many_to_many:
        return "、".join(str(other) for other in getattr(row, name).all()) if row.pk else ""
    if field.choices:
        return str(dict(field.flatchoices).get(getattr(row, name), getattr(row, name)))
    value = getattr(row, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(field, models.DecimalField):
        return format_number(value)
    if name == "basis":
        keys = ("number", "title", "dated_on", "issuer")
        return "；".join(" ".join(str(paper[key]) for key in keys if paper.get(key)) for paper in value)
    return "" if value is None else str(value)
