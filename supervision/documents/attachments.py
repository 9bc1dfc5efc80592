"""The tables behind a bulletin: projects × units, indicators × units, and who reported when."""

from collections import Counter, defaultdict
from itertools import pairwise

from livelihood.formats import format_moment
from projects.models import SubProject
from supervision.documents.paper import Column, Source, Table, paper_quotes
from supervision.documents.sentences import benchmark_value, printed_value
from supervision.documents.submissions import submissions_of

#: More units than this do not fit on one landscape sheet: the table continues with the next ones.
UNITS_PER_SHEET = 10
#: What stands in a cell that has no rate.
WORDS = {
    "no_task": "/",
    "text": "文字",
    "not_split": "未分解",
    "not_reported": "—",
    "not_due": "未到节点",
    "met": "达标",
    "not_met": "未达标",
}
#: More units left out than this are counted, the first ones named; their own cells say 未报送.
NAMED = 10
#: Width of the 版心 of a landscape sheet, in millimetres.
SHEET_WIDTH = 225


def project_tables(source: Source, options: dict[str, str]) -> list[Table]:
    """各单位分项目进度表: score and number of indicators below the province's average, per project and unit."""
    standings, decimals = source.standings, source.standings.decimals
    scores = standings.project_scores()
    cells, leads = _by_project(source)
    units = {row["participant_id"]: row for row in standings.units}
    tables = []
    for sheet in _sheets(source):
        codes = [standings.participants[pk].code for pk in sheet]
        rows, behind = [], []
        if standings.scheme_id is not None:
            rows.append(["", "综合得分", "", *(_score(units[pk]["score"], decimals) for pk in sheet)])
            rows.append(["", "综合位次", "", *(_score(units[pk]["place"], 0) for pk in sheet)])
            behind += [["", "", "", *(f"overall:{code}" for code in codes)]] * 2
        for project in source.period.programme.projects.order_by("seq"):
            rows.append(
                [
                    str(project.seq),
                    paper_quotes(project.name),
                    "、".join(leads[project.pk]),
                    *(_project_cell(cells[project.pk].get(pk), scores.get((project.pk, pk)), decimals) for pk in sheet),
                ]
            )
            there = [pk in cells[project.pk] for pk in sheet]
            behind.append(
                [
                    *("", "", ""),
                    *(
                        f"project:{project.seq}:{code}" if is_there else ""
                        for code, is_there in zip(codes, there, strict=True)
                    ),
                ]
            )
        tables.append(
            Table(
                title="各单位分项目进度表",
                note=f"（{source.period.label}；项目得分；▽n表示该项目有n项指标低于全省平均进度；/为无任务；—为未报送）",
                columns=[
                    Column("序号", 10),
                    Column("项目", 42, "left"),
                    Column("牵头单位", 22, "left"),
                    *_unit_columns(source, sheet, SHEET_WIDTH - 74),
                ],
                rows=rows,
                behind=behind,
            )
        )
    return tables


def indicator_tables(source: Source, options: dict[str, str]) -> list[Table]:
    """各单位分指标完成率表: every indicator's rates, the whole's, and the province's."""
    standings = source.standings
    tables = []
    for sheet in _sheets(source):
        rows, behind = [], []
        for pk in source.indicators:
            indicator = standings.indicators[pk]
            lines = {row["participant_id"]: row for row in standings.lines[pk]}
            whole = standings.whole(pk)
            benchmark = next((row for row in lines.values() if row["benchmark"] is not None), None)
            rows.append(
                [
                    str(indicator.sub_project.project.seq),
                    paper_quotes(indicator.name),
                    "—" if benchmark is None else benchmark_value(benchmark, indicator.unit).removesuffix("%"),
                    "—" if whole is None else _rate_cell(source, whole),
                    *(_rate_cell(source, lines[unit]) if unit in lines else "/" for unit in sheet),
                    _remark(source, whole, lines),
                ]
            )
            behind.append(
                [
                    *("", f"indicator:{pk}", "" if benchmark is None else f"average:{pk}"),
                    "" if whole is None else source.behind(whole),
                    *(source.behind(lines[unit]) if unit in lines else "" for unit in sheet),
                    "",
                ]
            )
        tables.append(
            Table(
                title="各单位分指标完成率表",
                note=f"（{source.period.label}；完成率%；▽表示低于全省平均进度；/为无任务；—为未报送；“计入为”：不含单位的任务计入分母）",
                columns=[
                    Column("项目", 10),
                    Column("指标", 36, "left"),
                    Column("全省", 13, "right"),
                    Column(source.whole_name(), 14, "right"),
                    *_unit_columns(source, sheet, SHEET_WIDTH - 103),
                    Column("备注", 30, "left"),
                ],
                rows=rows,
                behind=behind,
            )
        )
    return tables


def submission_tables(source: Source, options: dict[str, str]) -> list[Table]:
    """报送情况表."""
    rows = [
        [
            row.name,
            format_moment(row.submitted_at),
            row.word,
            str(row.returned_count),
            "—" if row.task_count is None else str(row.task_count),
            "—" if row.figure_count is None else str(row.figure_count),
        ]
        for row in submissions_of(source)
    ]
    table = Table(
        title="报送情况表",
        note=f"（{source.period.label}）",
        columns=[
            Column("单位", 30),
            Column("上报时间", 38),
            Column("报送", 30),
            Column("退回次数", 20, "right"),
            Column("应报项数", 19, "right"),
            Column("填报项数", 19, "right"),
        ],
        rows=rows,
        is_landscape=False,
    )
    return [table]


def _sheets(source: Source) -> list[list[int]]:
    """Return the units that have lines, in official order, sheet by sheet."""
    present = {row["participant_id"] for rows in source.standings.lines.values() for row in rows}
    units = [pk for pk, row in source.standings.participants.items() if row.kind != "whole" and pk in present]
    return spread(units) or [[]]


def spread(units: list[int]) -> list[list[int]]:
    """Spread units over as few sheets as hold them, on each about as many: a sheet of three would be all width."""
    count = -(-len(units) // UNITS_PER_SHEET)
    size, more = divmod(len(units), max(count, 1))
    starts = [nth * size + min(nth, more) for nth in range(count + 1)]
    return [units[start:end] for start, end in pairwise(starts)]


def _unit_columns(source: Source, sheet: list[int], room: int) -> list[Column]:
    return [Column(source.name(pk), room // max(len(sheet), 1), "right") for pk in sheet]


def _by_project(source: Source) -> tuple[dict, dict]:
    """Return, per project, each unit's lines, and the names of the lead agencies."""
    cells: dict[int, dict[int, list[dict]]] = defaultdict(lambda: defaultdict(list))
    leads: dict[int, dict[str, None]] = defaultdict(dict)
    for pk, indicator in source.standings.indicators.items():
        project_id = indicator.sub_project.project_id
        if indicator.sub_project.lead_agency:
            leads[project_id][indicator.sub_project.lead_agency.name] = None
        for row in source.standings.lines[pk]:
            cells[project_id][row["participant_id"]].append(row)
    for sub_project in _textual(source, leads):
        leads[sub_project.project_id][sub_project.lead_agency.name] = None
    return cells, leads


def _textual(source: Source, leads: dict):
    """Sub-projects of projects without an indicator: their lead agency is printed too."""
    return (
        SubProject.objects.filter(project__programme=source.period.programme, lead_agency__isnull=False)
        .exclude(project__in=list(leads))
        .select_related("lead_agency")
    )


def _project_cell(rows: list[dict] | None, score, decimals: int) -> str:
    """85.51 ▽2; / 文字 — where there is no score."""
    if not rows:
        return "文字"
    below = sum(1 for row in rows if row["below_benchmark"])
    mark = f" ▽{below}" if below else ""
    if score is not None:
        return f"{printed_value(score, decimals)}{mark}"
    statuses = Counter(row["status"] for row in rows)
    for status in ("not_reported", "text"):
        if statuses[status]:
            return WORDS[status] + mark
    return f"/{mark}" if set(statuses) == {"no_task"} else f"—{mark}"


def _rate_cell(source: Source, row: dict) -> str:
    mark = "▽" if row["below_benchmark"] else ""
    if row["rate"] is not None:
        return f"{printed_value(row['rate'], source.standings.decimals)}{mark}"
    return WORDS.get(row["status"], "—") + mark


def _remark(source: Source, whole: dict | None, lines: dict[int, dict]) -> str:
    """Who is left out of the total (R5), and how many units have no task (R4)."""
    parts = []
    if whole is not None and whole["pooled_excluding"]:
        names = [source.name(pk) for pk in whole["pooled_excluding"]]
        more = f"等{len(names)}个单位" if len(names) > NAMED else ""
        parts.append(f"不含{'、'.join(names[:NAMED])}{more}")
        if whole["rate_with_missing"] is not None:
            parts.append(f"计入为{printed_value(whole['rate_with_missing'], source.standings.decimals)}")
    without = sum(1 for row in lines.values() if row["participant_kind"] == "unit" and row["status"] == "no_task")
    if without:
        parts.append(f"无任务{without}个单位")
    return "，".join(parts)


def _score(value, decimals: int) -> str:
    return "—" if value is None else printed_value(value, decimals)
