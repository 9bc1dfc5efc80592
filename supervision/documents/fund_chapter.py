"""资金拨付 in a bulletin: how much of the plan came, was paid out and spent, who is first and last, who is below.

Every rate is called by its label, which names denominator and exclusions (R14); each sentence rests on lines of money.
"""

from decimal import Decimal

from funding.amounts import AlignedUnit, aligned, in_unit
from funding.labels import STAGES, rate_label
from livelihood.formats import format_ordinal
from supervision.documents.paper import Column, Paragraph, Part, Sentence, Source, Table, linked
from supervision.documents.sections import Option
from supervision.documents.sentences import (
    below_list_sentence,
    excluding_note,
    first_and_last,
    pooled_sentence,
    printed_value,
)
from supervision.fund_standings import FundRate

#: What amounts are printed in.
WAN = "万元"
KINDS = {"project": "项目资金", "maintenance": "管护资金"}
#: With more units than this their places stand in the attachment alone, unless asked for.
ALL_PLACES = 6
PLACES = (
    Option(
        "form",
        "各单位名次",
        "few",
        (
            ("few", f"不多于{ALL_PLACES}个单位时逐个列出"),
            ("ends", "只列前几名和后几名"),
            ("all", "逐个列出"),
            ("none", "不列，见附件"),
        ),
    ),
    Option("count", "前后各几名", "3", largest=20),
    Option("measures", "列哪些比率的名次", "paid", (("paid", "只列拨付率"), ("all", "逐项列出"))),
)
#: Where nothing is to be reported.
ABSENT = ("no_task", "excluded")


def fund_chapter(source: Source, options: dict[str, str]) -> list[Paragraph] | None:
    """Return the paragraphs, or None where no money is planned."""
    rates = [rate for rate in source.funds.rates if rate.whole["tasks"]]
    if not rates:
        return None
    kinds = list(dict.fromkeys(rate.fund_kind for rate in rates))
    paragraphs = []
    for kind in kinds:
        of_kind = [rate for rate in rates if rate.fund_kind == kind]
        reported = [rate for rate in of_kind if rate.whole["rate"] is not None]
        sentences = [_chain(source, of_kind), *(_whole(source, rate) for rate in reported)]
        paragraphs.append(Paragraph(sentences, label=KINDS[kind] if len(kinds) > 1 else ""))
        paid = [rate for rate in reported if rate.measure == "disbursed"]
        shown = reported if options["measures"] == "all" or not paid else paid
        paragraphs += [Paragraph(found) for rate in shown if (found := _units(source, rate, options))]
        paragraphs += _elsewhere(source, kind, shown, options)
    return paragraphs


def _elsewhere(source: Source, kind: str, shown: list[FundRate], options: dict[str, str]) -> list[Paragraph]:
    """Say where the places are that the text leaves out."""
    left_out = any(len(rate.units) > 1 and not _names_places(rate, options) for rate in shown)
    if not left_out or "table_funds" not in source.attached:
        return []
    return [Paragraph([Sentence(f"各单位位次见附件“各单位{KINDS[kind]}情况表”。", code=f"{kind}-elsewhere")])]


def _names_places(rate: FundRate, options: dict[str, str]) -> bool:
    placed = sum(1 for row in rate.units if row["place"])
    return options["form"] in ("all", "ends") or (options["form"] == "few" and placed <= ALL_PLACES)


def _chain(source: Source, rates: list[FundRate]) -> Sentence:
    """计划…万元（不含棚户区改造），到位…万元，拨付…万元，支出…万元; a stage nobody reported is not mentioned."""
    rate = rates[0]
    totals = source.funds.sums[rate.fund_kind]
    phrases = "，".join(rate.phrases)
    there = {stage: word for stage, word in STAGES.items() if totals[stage] is not None}
    unit = aligned(WAN, (totals[stage] for stage in there))
    words = [
        f"{word}{_wan(totals[stage], unit)}{WAN}{f'（{phrases}）' if phrases and stage == 'planned' else ''}"
        for stage, word in there.items()
    ]
    return linked(
        f"{source.whole_name()}{KINDS[rate.fund_kind]}{'，'.join(words)}。",
        [Part(_wan(totals[stage], unit), source.behind_fund(rate.whole), stage, word) for stage, word in there.items()],
        code=f"{rate.fund_kind}-chain",
        funds=source.fund_ids(rate.units),
    )


def _whole(source: Source, rate: FundRate) -> Sentence:
    """拨付率（拨付÷计划）：全市67.70%，比时序进度（66.67%）高1.03个百分点，比省定6月底70%低2.30个百分点。"""
    whole = rate.whole
    rates = [(_percent(source, whole[column]), column) for column in ("rate", "rate_with_missing")]
    text = pooled_sentence(
        whole=source.whole_name(), rate=rates[0][0], excluding=_left_out(source, whole), with_missing=rates[1][0]
    ).rstrip("。")
    expected = _percent(source, whole["expected_rate"])
    yardsticks = [
        (f"时序进度（{expected}）", "gap_to_expected", source.funds.decimals),
        (f"{whole['set_text']}", "gap_to_set", max(source.funds.decimals, 2)),
        ("全省平均进度", "gap_to_benchmark", whole["benchmark_decimals"]),
    ]
    behind = source.behind_fund(whole)
    figures = [Part(figure, behind, column) for figure, column in rates if figure is not None]
    against = []
    for name, column, decimals in yardsticks:
        if whole[column] is not None:
            words, gap = _against(name, whole[column], decimals)
            against.append(words)
            if column == "gap_to_expected":
                figures.append(Part(expected, behind, "expected_rate", name="时序进度（"))
            figures += [Part(gap, behind, column, name=words[len(name) + 1])] if gap else []
    return linked(
        f"{rate.label}：{'，'.join([text, *against])}。",
        figures,
        code=f"{rate.fund_kind}-{rate.measure}",
        funds=source.fund_ids([whole]),
    )


def _against(yardstick: str, gap: Decimal, decimals: int) -> tuple[str, str]:
    """比时序进度（66.67%）高1.03个百分点, and the figure in it."""
    if not gap:
        return f"与{yardstick}持平", ""
    figure = printed_value(abs(gap), decimals)
    return f"比{yardstick}{'高' if gap > 0 else '低'}{figure}个百分点", figure


def _left_out(source: Source, whole: dict) -> list[str]:
    """Return who is left out of the sum: whole units, and those of which an item is missing (R5)."""
    in_part = [f"{source.name(pk)}未报部分" for pk in whole["pooled_in_part"] or []]
    return [*(source.name(pk) for pk in whole["pooled_excluding"] or []), *in_part]


def _units(source: Source, rate: FundRate, options: dict[str, str]) -> list[Sentence]:
    """Return who stands where, and who is below the province's average (R8, R9); nothing for a single unit."""
    if len(rate.units) < 2:
        return []
    sentences = [_places(source, rate, options)] if _names_places(rate, options) else []
    below, code = rate.below(), f"{rate.fund_kind}-{rate.measure}-below"
    if below:
        decimals = rate.whole["benchmark_decimals"]
        compared = min(decimals, source.funds.decimals)
        units = [(source.name(row["participant_id"]), f"{printed_value(row['compared'], compared)}%") for row in below]
        text = below_list_sentence(
            name=rate.label, benchmark=f"{printed_value(rate.whole['benchmark'], decimals)}%", units=units
        )
        figures = [
            Part(figure, source.behind_fund(row), "compared", name)
            for (name, figure), row in zip(units, below, strict=True)
        ]
        sentences.append(linked(text, figures, code=code, funds=source.fund_ids(below)))
    elif below is not None:
        sentences.append(Sentence(f"各单位{rate.label}均不低于全省平均进度。", code=code))
    return sentences


def _places(source: Source, rate: FundRate, options: dict[str, str]) -> Sentence:
    """拨付率（…）第一名甲县（80.00%）；…; of many units the first and the last places."""
    placed = sorted((row for row in rate.units if row["place"]), key=lambda row: row["place"])
    groups: dict[int, list[dict]] = {}
    for row in placed:
        groups.setdefault(row["place"], []).append(row)
    if options["form"] != "ends" or len(placed) <= ALL_PLACES:
        shown = [groups]
        parts = ["；".join(_written(source, place, rows) for place, rows in groups.items())]
    else:
        shown = [first, last] = first_and_last(groups, int(options["count"]))
        parts = [
            f"{head}{'；'.join(_written(source, place, rows) for place, rows in some.items())}"
            for head, some in (("居前的有", first), ("居后的有", last))
            if some
        ]
    without = {
        "not_reported": "未报送（不参加排位）",
        "in_part": "未报全（不参加排位）",
        "no_task": "无任务",
        "excluded": "不计入",
    }
    for state, word in without.items():
        names = [source.name(row["participant_id"]) for row in rate.units if row["state"] == state]
        if names:
            parts.append(f"{word}：{'、'.join(names)}")
    figures = []
    for rows in (rows for some in shown for rows in some.values()):
        figures += [Part(source.name(row["participant_id"]), source.behind_fund(row), "place") for row in rows]
        figures.append(Part(_percent(source, rows[0]["rate"]), source.behind_fund(rows[0]), "rate", name="（"))
    return linked(
        f"{rate.label}{'；'.join(part for part in parts if part)}。",
        figures,
        code=f"{rate.fund_kind}-{rate.measure}-places",
        funds=source.fund_ids(placed),
    )


def _written(source: Source, place: int, rows: list[dict]) -> str:
    """第三名金安区、裕安区（80.00%）: those of one place share its rate."""
    names = "、".join(source.name(row["participant_id"]) for row in rows)
    return f"{format_ordinal(place)}{names}（{_percent(source, rows[0]['rate'])}）"


def fund_tables(source: Source, options: dict[str, str]) -> list[Table]:
    """各单位资金情况表: amounts in 万元, the rates with places; one table per kind of money."""
    tables = []
    for kind, word in KINDS.items():
        rates = [rate for rate in source.funds.rates if rate.fund_kind == kind and rate.whole["tasks"]]
        if not rates:
            continue
        unit = aligned(WAN, (row[stage] for row in (*rates[0].units, source.funds.sums[kind]) for stage in STAGES))
        phrases = "；".join(rates[0].phrases)
        labels = "；".join(rate.label for rate in rates)
        tables.append(
            Table(
                title=f"各单位{word}情况表",
                note=f"（{source.period.label}；单位：万元{f'；{phrases}' if phrases else ''}；▽表示低于全省平均进度；"
                f"/为无任务；—为未报送；{labels}）",
                columns=[
                    Column("单位", 33, "left"),
                    *(Column(label, 27, "right") for label in STAGES.values()),
                    *(column for rate in rates for column in _rate_columns(rate)),
                ],
                rows=[
                    *(_row(source, rates, pk, unit) for pk in [row["participant_id"] for row in rates[0].units]),
                    _total(source, rates, unit),
                ],
                behind=[_behind(source, rates, row["participant_id"]) for row in [*rates[0].units, rates[0].whole]],
            )
        )
    return tables


def _rate_columns(rate: FundRate) -> list[Column]:
    """The rate with its denominator, and its place; what both leave out stands in the table's note."""
    return [Column(f"{rate_label(rate.measure, rate.denominator)}%", 19, "right"), Column("位次", 9, "right")]


def _row(source: Source, rates: list[FundRate], participant_id: int, unit: AlignedUnit) -> list[str]:
    rows = [next(row for row in rate.units if row["participant_id"] == participant_id) for rate in rates]
    cells = [source.name(participant_id), *(_amount(rows[0], stage, unit) for stage in STAGES)]
    for row in rows:
        cells += [_rate_cell(source, row), str(row["place"]) if row["place"] else "—"]
    return cells


def _behind(source: Source, rates: list[FundRate], participant_id: int) -> list[str]:
    """Return the row behind each cell: amounts are those of the first rate's line."""
    rows = [next(row for row in rate.lines if row["participant_id"] == participant_id) for rate in rates]
    refs = [source.behind_fund(row) for row in rows]
    return ["", *(refs[0] for _ in STAGES), *(ref for pair in zip(refs, refs, strict=True) for ref in pair)]


def _total(source: Source, rates: list[FundRate], unit: AlignedUnit) -> list[str]:
    """The whole: sums of all that is reported, and pooled rates with who is left out."""
    totals = source.funds.sums[rates[0].fund_kind]
    cells = [source.whole_name(), *(_wan(totals[stage], unit) for stage in STAGES)]
    for rate in rates:
        note = excluding_note(_left_out(source, rate.whole))
        cells += [f"{_rate_cell(source, rate.whole)}{note}", ""]
    return cells


def _amount(row: dict, stage: str, unit: AlignedUnit) -> str:
    if row[stage] is not None:
        return _wan(row[stage], unit)
    return "/" if row["state"] in ABSENT or stage == "planned" else "—"


def _rate_cell(source: Source, row: dict) -> str:
    if row["rate"] is None:
        return "/" if row["state"] in ABSENT else "—"
    mark = "▽" if row["below_benchmark"] else ""
    part = "（未报全）" if row["state"] == "in_part" and row["participant_kind"] != "whole" else ""
    return f"{printed_value(row['rate'], source.funds.decimals)}{mark}{part}"


def _wan(amount: Decimal | None, unit: AlignedUnit) -> str:
    """Exact, with two places or as many as the longest of the sentence or table needs."""
    return "—" if amount is None else in_unit(amount, unit).replace(",", "")


def _percent(source: Source, rate: Decimal | None) -> str | None:
    return None if rate is None else f"{printed_value(rate, source.funds.decimals)}%"
