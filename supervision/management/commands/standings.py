"""位次 of one period, live or from a snapshot: a table for people, or one JSON document."""

import json
import sys
import unicodedata

from django.core.management.base import BaseCommand

from funding.amounts import in_unit
from livelihood.formats import format_number, format_place, format_place_change, state_parts
from projects.lookup import LookupRefused, find_period, find_programme
from supervision.fund_standings import FundStandings, live_fund_standings, snapshot_fund_standings
from supervision.models import Snapshot
from supervision.sheets.export import standings_json
from supervision.sheets.fund_export import funds_json
from supervision.standings import Standings, live_standings, snapshot_standings


class Command(BaseCommand):
    """Print standings: live ones count submitted and approved reports, a snapshot approved ones only."""

    help = "输出一个填报期的位次、完成率与低于全省平均名单"

    def add_arguments(self, parser):
        """Declare the arguments; argparse itself ends with 2 on wrong usage."""
        parser.add_argument("--programme", required=True, metavar="代码", help="年度民生工程代码，如 fuyang-2020")
        parser.add_argument("--period", required=True, metavar="填报期", help="如 2020-08；按周的写截止日 2022-07-10")
        parser.add_argument("--snapshot", type=int, metavar="N", help="第N版快照；不写则按实时数据")
        parser.add_argument("--json", action="store_true", help="只输出一个JSON文档")

    def handle(self, *, programme, period, snapshot=None, **options):
        """Write the standings to stdout; exit 1 with a sentence where something is unknown."""
        try:
            standings, funds = _standings(programme, period, snapshot)
        except LookupRefused as refusal:
            self._refuse(str(refusal), as_json=options["json"])
        document = standings_json(standings, funds=funds_json(funds))
        if options["json"]:
            self._write_json(document)
        else:
            labels = [rate.label for rate in funds.rates]
            self.stdout.write("\n".join([*_text(document), *_funds_text(document["funds"], labels)]))

    def _refuse(self, message: str, *, as_json: bool) -> None:
        if as_json:
            issue = {"severity": "error", "code": "unknown", "message": message}
            self._write_json({"refused": True, "issues": [issue]})
        else:
            self.stderr.write(message)
        sys.exit(1)

    def _write_json(self, document: dict) -> None:
        self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))


def _standings(programme_code: str, period_text: str, version: int | None) -> tuple[Standings, FundStandings]:
    period = find_period(find_programme(programme_code), period_text)
    if version is None:
        return live_standings(period), live_fund_standings(period)
    snapshot = Snapshot.objects.select_related("period__programme").filter(period=period, version=version).first()
    if snapshot is None:
        raise LookupRefused(f"{period.label}没有第{version}版快照。请先封账，或去掉 --snapshot 看实时数据。")
    return snapshot_standings(snapshot), snapshot_fund_standings(snapshot)


def _text(document: dict) -> list[str]:
    """Return the document as lines for a terminal."""
    basis = f"快照{document['snapshot']}" if document["basis"] == "snapshot" else "实时（已提交和已审核的月报）"
    lines = [f"{document['programme']}  {document['period']}  {basis}", ""]
    lines += _overall_text(document)
    for indicator in document["indicators"]:
        lines += _indicator_text(indicator)
    return lines


def _overall_text(document: dict) -> list[str]:
    if document["overall"] is None:
        return ["综合排名：没有考核办法，不排名。", ""]
    rows = [
        [format_place(row["place"]), row["name"], row["score"] or "未报送", format_place_change(row["place_change"])]
        for row in document["overall"]
    ]
    return ["综合排名", *_table([["位次", "单位", "得分", "变化"], *rows]), ""]


def _indicator_text(indicator: dict) -> list[str]:
    whole = _whole_name(indicator["units"])
    title = "·".join(part for part in (indicator["sub_item"], indicator["indicator"]) if part)
    excluding = f"（不含{'、'.join(indicator['pooled_excluding'])}）" if indicator["pooled_excluding"] else ""
    head = f"{indicator['project_seq']} {title}（{indicator['unit']}）"
    average = indicator["benchmark"] or "未录入"
    below = indicator["below_benchmark"]
    listed = "全省平均还没有录入，没有名单" if below is None else "、".join(below) or "无"
    rows = [
        [
            row["name"],
            format_number(row["target"]),
            format_number(row["value"]),
            row["rate"] or "—",
            format_place(row["place"]),
            state_parts(row["status"])[1],
        ]
        for row in indicator["units"]
    ]
    return [
        f"{head}  {whole}{indicator['pooled_rate'] or '—'}{excluding}  全省平均{average}",
        *_table([["单位", "目标", "完成", "完成率%", "位次", "状态"], *rows]),
        f"  低于全省平均：{listed}",
        "",
    ]


def _whole_name(units: list[dict]) -> str:
    return next((row["name"] for row in units if row["kind"] == "whole"), "合计")


def _funds_text(funds: list[dict], labels: list[str]) -> list[str]:
    """Return the rates of money, each under its label with the denominator (R14)."""
    lines = []
    for rate, label in zip(funds, labels, strict=True):
        excluding = f"（不含{'、'.join(rate['pooled_excluding'])}未报部分）" if rate["pooled_excluding"] else ""
        below, whole = rate["below_benchmark"], _whole_name(rate["units"])
        listed = "全省平均还没有录入，没有名单" if below is None else "、".join(below) or "无"
        rows = [
            [
                row["name"],
                *(in_unit(row[stage], "万元") for stage in ("planned", "received", "disbursed", "spent")),
                row["rate"] or "—",
                format_place(row["place"]),
            ]
            for row in rate["units"]
        ]
        lines += [
            f"{label}  {whole}{rate['pooled_rate'] or '—'}{excluding}  全省平均{rate['benchmark'] or '未录入'}",
            *_table([["单位", "计划（万元）", "到位", "拨付", "支出", "比率%", "位次"], *rows]),
            f"  低于全省平均：{listed}",
            "",
        ]
    return lines


def _table(rows: list[list[str]]) -> list[str]:
    """Return rows as aligned lines; a Chinese character takes two columns of a terminal."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
