"""The ranking of a month as sheets: places, scores by project, every line with its yardsticks, the lists."""

from collections.abc import Iterator
from decimal import Decimal

from livelihood.workbooks import Column, Marked, Sheet, amount, printed
from supervision.documents.sentences import below_sentence
from supervision.pages.line_words import NO_TASK_WORDS, excluding_text, indicator_label, status_text
from supervision.pages.ranking import RankingPage
from supervision.pages.yardsticks import is_far_below

UNKNOWN = "—"


def standings_sheets(page: RankingPage, *, facts: str) -> Iterator[Sheet]:
    """Yield the sheets of a month within the page's scope; what the scope hides is left out, not blank."""
    period = page.standings.period
    shared = {"facts": facts, "is_demo": period.programme.is_demo}
    yield _overall_sheet(page, f"{period.label}综合位次", shared)
    yield _projects_sheet(page, f"{period.label}各单位分项目{page.show_name}", shared)
    yield _lines_sheet(page, f"{period.label}各单位分指标进度", shared)
    if page.has_benchmarks:
        yield _below_sheet(page, f"{period.label}低于全省平均的名单", shared)


def _overall_sheet(page: RankingPage, title: str, shared: dict) -> Sheet:
    has_scheme = page.standings.scheme_id is not None
    return Sheet(
        name="综合位次",
        title=title,
        columns=[
            Column("考核单位", 16),
            Column("位次", 8, is_number=True),
            Column("综合得分" if has_scheme else "参考得分", 12, is_number=True),
            Column("上期位次", 10, is_number=True),
            Column("较上期", 10, is_number=True),
            Column(page.words["counted"], 12, is_number=True),
            Column("说明", 30),
        ],
        rows=(_unit(page, row, column) for row, column in zip(page.units, page.columns(), strict=True)),
        notes=[] if has_scheme else ["没有考核办法，不作综合排名；得分仅供参考。"],
        **shared,
    )


def _unit(page: RankingPage, row: dict, column: dict) -> list:
    has_scheme = page.standings.scheme_id is not None
    is_known = column["score"] not in (UNKNOWN, "未报送")
    said = [
        "不排名" if has_scheme and not row["ranked"] else "",
        "未报送" if column["score"] == "未报送" else "",
        "因任务调整" if column["target_adjusted"] else "",
    ]
    return [
        column["name"],
        column["place"],
        printed(row["score"] if has_scheme else row["plain_score"], page.decimals) if is_known else None,
        row["previous_place"] if page.scope.everything else None,
        column["place_change"],
        column["below"] if isinstance(column["below"], int) else None,
        "，".join(word for word in said if word),
    ]


def _projects_sheet(page: RankingPage, title: str, shared: dict) -> Sheet:
    name = page.words["name"]
    notes = [f"▽n：有n个指标低于{name}；▼n：其中有低10个百分点及以上的；缺：有指标未报送，按0分计。"]
    if page.show == "gap":
        notes.append(f"差距：所属指标与{name}之差中最差的一个，单位个百分点；按指标值比较的不在内。")
    if page.show == "place":
        notes.append("位次：按项目得分，同分同位。")
    if page.category:
        notes.append("只列一类指标：符号和差距只计它们；得分、位次仍按项目的全部指标。")
    return Sheet(
        name=f"项目{page.show_name}",
        title=title,
        columns=[
            Column("序号", 6),
            Column("项目", 26),
            Column("牵头单位", 16),
            Column(f"{''.join(page.words['head'])}的单位数", 9, is_number=True),
            *(
                Column(page.standings.participants[row["participant_id"]].printed_name, 11, is_number=True)
                for row in page.units
            ),
        ],
        rows=(
            [row["seq"], row["name"], row["leads"], row["below"], *map(_number, row["cells"])] for row in page.rows()
        ),
        frozen=2,
        notes=notes,
        **shared,
    )


def _number(cell: dict) -> Marked | str:
    if cell["value"] is None:
        return Marked(None if cell["text"] == UNKNOWN else cell["text"], "grey", cell["sign"])
    return Marked(cell["value"], "red" if cell["below"] else "", cell["sign"])


def _lines_sheet(page: RankingPage, title: str, shared: dict) -> Sheet:
    number = {"is_number": True}
    return Sheet(
        name="指标进度",
        title=title,
        columns=[
            Column("序号", 6),
            Column("项目", 22),
            Column("子项", 14),
            Column("指标", 24),
            Column("单位", 8),
            Column("考核单位", 12),
            Column("年度目标", 12, **number),
            Column("累计完成", 12, **number),
            Column("完成率(%)", 10, **number),
            Column("位次", 7, **number),
            Column(("时序或节点(%)", "应达到"), 9, **number),
            Column(("时序或节点(%)", "相差"), 9, **number),
            Column(("全省平均", "公布数"), 10, **number),
            Column(("全省平均", "相差"), 10, **number),
            Column((f"{page.whole_name}(%)", "相差"), 9, **number),
            Column("状态", 11),
            Column("审核", 8),
            Column("说明", 26),
        ],
        rows=_lines(page),
        frozen=6,
        **shared,
    )


def _lines(page: RankingPage) -> Iterator[list]:
    standings = page.standings
    for pk, visible in page.lines.items():
        indicator = standings.indicators[pk]
        in_scope = page.scope.sees_all_units(indicator)
        names = [
            indicator.sub_project.project.seq,
            indicator.sub_project.project.name,
            indicator.sub_project.name,
            indicator.name,
            indicator.unit,
        ]
        for row in standings.lines[pk]:
            if row["participant_id"] in visible:
                review = ("已审" if row["approved"] else "待审") if row["has_report"] else None
                yield [*names, *_line(page, row, in_scope), review, None]
        whole = standings.whole(pk)
        if whole is not None and in_scope and visible:
            yield [*names, *_line(page, whole, in_scope), None, _left_out(page, whole)]


def _line(page: RankingPage, row: dict, in_scope: bool) -> list:
    """Return a unit's line: name, target, value, rate, place, yardsticks and gaps, status."""
    decimals, has_task = page.decimals, row["status"] not in NO_TASK_WORDS
    below = "red" if row["below_benchmark"] else ""
    sign = ("▼" if is_far_below(row) else "▽") if below else ""
    return [
        page.standings.participants[row["participant_id"]].printed_name,
        amount(row["shown_target"], row["value_decimals"]) if has_task else "/",
        amount(row["shown_value"], row["value_decimals"]) if has_task else "/",
        printed(row["rate"], decimals),
        row["place"] if in_scope else None,
        printed(row["expected_rate"], decimals),
        _gap(row["gap_to_expected"], decimals),
        _benchmark(row, row["benchmark"]),
        Marked(_benchmark(row, row["gap_to_benchmark"]), below, sign),
        _gap(row["gap_to_city"], decimals) if in_scope else None,
        None if row["status"] is None else status_text(row),
    ]


def _gap(gap: Decimal | None, decimals: int) -> Marked:
    return Marked(printed(gap, decimals), "red" if gap is not None and gap < 0 else "")


def _benchmark(row: dict, value: Decimal | None) -> Decimal | None:
    """Return an average, or the gap to it, at the decimals the average was published with."""
    return None if value is None else printed(value, row["benchmark_decimals"])


def _left_out(page: RankingPage, whole: dict) -> str:
    """Return who is left out of a sum, and what it were with their tasks (R5)."""
    said = excluding_text(page.standings, whole)
    if said and whole["rate_with_missing"] is not None:
        said += f"；其任务计入分母为{printed(whole['rate_with_missing'], page.decimals)}%"
    return said


def _below_sheet(page: RankingPage, title: str, shared: dict) -> Sheet:
    return Sheet(
        name="低于全省名单",
        title=title,
        columns=[
            Column("序号", 6),
            Column("项目", 24),
            Column("指标", 28),
            Column("全省平均", 12, is_number=True),
            Column("低于的单位数", 10, is_number=True),
            Column("名单", 70),
        ],
        rows=_lists(page),
        **shared,
    )


def _lists(page: RankingPage) -> Iterator[list]:
    for pk, visible in page.lines.items():
        indicator = page.standings.indicators[pk]
        first, below = page.standings.lines[pk][0], page.standings.below(pk)
        if below is None or not visible or not page.scope.sees_all_units(indicator):
            continue
        project = indicator.sub_project.project
        yield [
            project.seq,
            project.name,
            indicator_label(indicator),
            Marked(_benchmark(first, first["benchmark"]), "", "" if first["benchmark_measure"] == "value" else "%"),
            len(below),
            below_sentence(page.standings, pk) or "没有低于全省平均的单位。",
        ]
