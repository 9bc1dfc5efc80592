"""资金拨付 in a bulletin: how much of the plan came, was paid out and spent, who is first and last, who is below.

Every rate is called by its label, which names denominator and exclusions (R14); each sentence rests on lines of money.
"""

from decimal import Decimal

from funding.amounts import in_unit
from funding.labels import STAGES, rate_label
from livelihood.formats import format_ordinal
from supervision.documents.paper import Chapter, Column, Paragraph, Sentence, Source, Table
from supervision.documents.sentences import below_list_sentence, excluding_note, pooled_sentence, printed_value
from supervision.fund_standings import FundRate

KINDS = {"project": "项目资金", "maintenance": "管护资金"}
#: With more units than this only so many first and last ones are named.
ALL_PLACES = 6
FIRST = LAST = 3
#: Where nothing is to be reported.
ABSENT = ("no_task", "excluded")


def fund_chapter(source: Source) -> Chapter | None:
    """Return the chapter, or None where no money is planned."""
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
        paragraphs += [Paragraph(found) for rate in reported if (found := _units(source, rate))]
    return Chapter("资金拨付", paragraphs)


def _chain(source: Source, rates: list[FundRate]) -> Sentence:
    """计划…万元（不含棚户区改造），到位…万元，拨付…万元，支出…万元; a stage nobody reported is not mentioned."""
    rows = [row for rate in rates[:1] for row in rate.units]
    totals = source.funds.sums[rates[0].fund_kind]
    phrases = "，".join(rates[0].phrases)
    words = [
        f"{word}{_wan(totals[stage])}万元{f'（{phrases}）' if phrases and stage == 'planned' else ''}"
        for stage, word in STAGES.items()
        if totals[stage] is not None
    ]
    return Sentence(
        f"{source.whole_name()}{KINDS[rates[0].fund_kind]}{'，'.join(words)}。", funds=source.fund_ids(rows)
    )


def _whole(source: Source, rate: FundRate) -> Sentence:
    """拨付率（拨付÷计划）：全市67.70%，比时序进度（66.67%）高1.03个百分点，比省定6月底70%低2.30个百分点。"""
    whole = rate.whole
    text = pooled_sentence(
        whole=source.whole_name(),
        rate=_percent(source, whole["rate"]),
        excluding=_left_out(source, whole),
        with_missing=_percent(source, whole["rate_with_missing"]),
    ).rstrip("。")
    gaps = [
        (f"时序进度（{_percent(source, whole['expected_rate'])}）", whole["gap_to_expected"], source.funds.decimals),
        (f"{whole['set_text']}", whole["gap_to_set"], max(source.funds.decimals, 2)),
        ("全省平均进度", whole["gap_to_benchmark"], whole["benchmark_decimals"]),
    ]
    against = [_against(name, gap, decimals) for name, gap, decimals in gaps if gap is not None]
    return Sentence(f"{rate.label}：{'，'.join([text, *against])}。", funds=source.fund_ids([whole]))


def _against(yardstick: str, gap: Decimal, decimals: int) -> str:
    if not gap:
        return f"与{yardstick}持平"
    return f"比{yardstick}{'高' if gap > 0 else '低'}{printed_value(abs(gap), decimals)}个百分点"


def _left_out(source: Source, whole: dict) -> list[str]:
    """Return who is left out of the sum: whole units, and those of which an item is missing (R5)."""
    in_part = [f"{source.name(pk)}未报部分" for pk in whole["pooled_in_part"] or []]
    return [*(source.name(pk) for pk in whole["pooled_excluding"] or []), *in_part]


def _units(source: Source, rate: FundRate) -> list[Sentence]:
    """Return who stands where, and who is below the province's average (R8, R9); nothing for a single unit."""
    if len(rate.units) < 2:
        return []
    sentences = [_places(source, rate)]
    below = rate.below()
    if below:
        decimals = rate.whole["benchmark_decimals"]
        compared = min(decimals, source.funds.decimals)
        text = below_list_sentence(
            name=rate.label,
            benchmark=f"{printed_value(rate.whole['benchmark'], decimals)}%",
            units=[
                (source.name(row["participant_id"]), f"{printed_value(row['compared'], compared)}%") for row in below
            ],
        )
        sentences.append(Sentence(text, funds=source.fund_ids(below)))
    elif below is not None:
        sentences.append(Sentence(f"各单位{rate.label}均不低于全省平均进度。"))
    return sentences


def _places(source: Source, rate: FundRate) -> Sentence:
    """拨付率（…）第一名甲县80.00%；…; of many units the first and the last three places."""
    placed = sorted((row for row in rate.units if row["place"]), key=lambda row: row["place"])
    groups: dict[int, list[dict]] = {}
    for row in placed:
        groups.setdefault(row["place"], []).append(row)
    written = {place: _written(source, place, rows) for place, rows in groups.items()}
    if len(placed) <= ALL_PLACES:
        parts = ["；".join(written.values())]
    else:
        last = [text for place, text in written.items() if place > FIRST and place > len(placed) - LAST]
        parts = [f"居前的有{'；'.join(text for place, text in written.items() if place <= FIRST)}"]
        parts += [f"居后的有{'；'.join(last)}"] if last else []
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
    return Sentence(f"{rate.label}{'；'.join(part for part in parts if part)}。", funds=source.fund_ids(placed))


def _written(source: Source, place: int, rows: list[dict]) -> str:
    """第三名金安区、裕安区（80.00%）: those of one place share its rate."""
    names = "、".join(source.name(row["participant_id"]) for row in rows)
    return f"{format_ordinal(place)}{names}（{_percent(source, rows[0]['rate'])}）"


def fund_tables(source: Source) -> list[Table]:
    """各单位资金情况表: amounts in 万元, the rates with places; one table per kind of money."""
    tables = []
    for kind, word in KINDS.items():
        rates = [rate for rate in source.funds.rates if rate.fund_kind == kind and rate.whole["tasks"]]
        if not rates:
            continue
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
                    *(_row(source, rates, pk) for pk in [row["participant_id"] for row in rates[0].units]),
                    _total(source, rates),
                ],
            )
        )
    return tables


def _rate_columns(rate: FundRate) -> list[Column]:
    """The rate with its denominator, and its place; what both leave out stands in the table's note."""
    return [Column(f"{rate_label(rate.measure, rate.denominator)}%", 19, "right"), Column("位次", 9, "right")]


def _row(source: Source, rates: list[FundRate], participant_id: int) -> list[str]:
    rows = [next(row for row in rate.units if row["participant_id"] == participant_id) for rate in rates]
    cells = [source.name(participant_id), *(_amount(rows[0], stage) for stage in STAGES)]
    for row in rows:
        cells += [_rate_cell(source, row), str(row["place"]) if row["place"] else "—"]
    return cells


def _total(source: Source, rates: list[FundRate]) -> list[str]:
    """The whole: sums of all that is reported, and pooled rates with who is left out."""
    totals = source.funds.sums[rates[0].fund_kind]
    cells = [source.whole_name(), *(_wan(totals[stage]) for stage in STAGES)]
    for rate in rates:
        note = excluding_note(_left_out(source, rate.whole))
        cells += [f"{_rate_cell(source, rate.whole)}{note}", ""]
    return cells


def _amount(row: dict, stage: str) -> str:
    if row[stage] is not None:
        return _wan(row[stage])
    return "/" if row["state"] in ABSENT or stage == "planned" else "—"


def _rate_cell(source: Source, row: dict) -> str:
    if row["rate"] is None:
        return "/" if row["state"] in ABSENT else "—"
    mark = "▽" if row["below_benchmark"] else ""
    part = "（未报全）" if row["state"] == "in_part" and row["participant_kind"] != "whole" else ""
    return f"{printed_value(row['rate'], source.funds.decimals)}{mark}{part}"


def _wan(amount: Decimal | None) -> str:
    return "—" if amount is None else in_unit(amount, "万元").replace(",", "")


def _percent(source: Source, rate: Decimal | None) -> str | None:
    return None if rate is None else f"{printed_value(rate, source.funds.decimals)}%"
