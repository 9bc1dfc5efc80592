"""目标责任书: a unit's targets of the year as a paper to sign, on a page and as .docx. Persons stand by office."""

import io
from dataclasses import dataclass, field

import docx
from django.utils import timezone
from docx.shared import Pt

from livelihood.formats import format_date
from projects.models import Indicator, Participant, Programme, Target
from projects.services.targets import stated
from supervision.documents import layout
from supervision.documents.layout import HEITI, SONG_TITLE, style, write
from supervision.documents.page_numbers import page_numbers
from supervision.documents.paper import name_in_region, paper_quotes
from supervision.documents.style import DEMO_MARK
from supervision.documents.title import title_lines

HEADS = ["序号", "项目", "目标任务", "单位", "数量或要求", "完成时限", "牵头单位"]
#: Millimetres, 156 together.
WIDTHS = [10, 27, 34, 12, 24, 17, 18, 14]
ALIGNS = ["center", "left", "left", "center", "center", "center", "center", "center"]


@dataclass
class Agreement:
    """What the paper says. `rows`: the columns of `heads`; `without`: the projects the unit has no task in."""

    programme: Programme
    unit: Participant
    title: str
    office: str
    basis: list[str]
    rows: list[list[str]] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    @property
    def heads(self) -> list[str]:
        """Return the columns' heads; the last is the leader of the level that runs the programme."""
        return [*HEADS, f"{self.programme.owner.level_word}责任领导"]

    @property
    def opening(self) -> str:
        """Return the sentence before the table."""
        basis = f"依据{'、'.join(self.basis)}，" if self.basis else ""
        return (
            f"为落实{self.programme.name}，{basis}{self.office}（甲方）与{self.unit.printed_name}（乙方）订立本责任书。"
        )

    @property
    def clauses(self) -> list[str]:
        """Return what is agreed beside the table."""
        none = f"；以下项目乙方没有任务：{'、'.join(self.without)}" if self.without else ""
        return [
            f"乙方{self.programme.year}年的目标任务见下表{none}。",
            "乙方按时限完成目标任务，每月如实报送进度，接受督查；甲方按月通报进度。",
            "目标任务以正式文件调整的，从文件写明的日期起按调整后的执行，已通报的月份不变。",
            "本责任书一式两份，甲乙双方各执一份。",
        ]


def agreement_of(programme: Programme, unit: Participant) -> Agreement:
    """Return the paper over the newest targets of `unit`. Four queries."""
    targets = {row.indicator_id: row for row in Target.objects.newest().filter(participant=unit)}
    indicators: dict[int, list[Indicator]] = {}
    for indicator in Indicator.objects.of_programme(programme):
        indicators.setdefault(indicator.sub_project.project_id, []).append(indicator)
    made = Agreement(
        programme,
        unit,
        f"{unit.printed_name}{programme.year}年民生工程目标责任书",
        name_in_region(programme.office.region.name, programme.office.name),
        [f"《{row['title']}》（{row['number']}）" for row in programme.basis if row.get("title") and row.get("number")],
    )
    for project in programme.projects.order_by("seq"):
        rows = [
            _row(project, indicator, targets[indicator.pk])
            for indicator in indicators.get(project.pk, [])
            if _has_task(targets.get(indicator.pk))
        ]
        if not rows and project.text and project.pk not in indicators:
            rows = [
                [
                    str(project.seq),
                    paper_quotes(project.name),
                    paper_quotes(project.text),
                    "—",
                    "按要求完成",
                    "—",
                    "—",
                    "—",
                ]
            ]
        # As merged cells: number and name once for all lines of a project.
        made.rows += rows[:1] + [["", "", *texts[2:]] for texts in rows[1:]]
        if not rows:
            made.without.append(f"{project.seq}.{paper_quotes(project.name)}")
    return made


def _has_task(target: Target | None) -> bool:
    return target is not None and target.state in (Target.State.ASSESSED, Target.State.TEXT) and bool(stated(target))


def _row(project, indicator: Indicator, target: Target) -> list[str]:
    sub = indicator.sub_project
    name = f"{sub.name}：{indicator.name}" if sub.name else indicator.name
    return [
        str(project.seq),
        paper_quotes(project.name),
        paper_quotes(name),
        indicator.unit,
        stated(target),
        format_date(sub.due_on) if sub.due_on else "—",
        sub.lead_agency.name if sub.lead_agency else "—",
        sub.city_leader or "—",
    ]


def agreement_docx(agreement: Agreement) -> bytes:
    """Return the paper as the bytes of a .docx file."""
    document = docx.Document()
    layout.set_language(document)
    section = document.sections[0]
    layout.set_sheet(section, layout.PORTRAIT, landscape=False)
    is_demo = agreement.programme.is_demo
    layout.mark_pages(section, DEMO_MARK if is_demo else "")
    page_numbers(document, section, layout.STANDARD)
    for line in title_lines(agreement.title):
        write(style(document.add_paragraph(), align="center", line=35, keep_next=True), line, font=SONG_TITLE, size=22)
    style(document.add_paragraph())
    write(style(document.add_paragraph(), indent_chars=2), agreement.opening)
    for number, clause in zip("一二三四", agreement.clauses, strict=True):
        write(style(document.add_paragraph(), indent_chars=2), f"{number}、{clause}")
    _signatures(document, agreement)
    heading = style(document.add_paragraph(), align="center", before=18, keep_next=True)
    heading.paragraph_format.page_break_before = True
    write(heading, f"{agreement.unit.printed_name}{agreement.programme.year}年目标任务表", font=HEITI)
    table = layout.ruled_table(document, WIDTHS, rows=1 + len(agreement.rows))
    layout.fill_row(table.rows[0], agreement.heads, WIDTHS, ["center"] * len(WIDTHS), font=HEITI, size=9)
    layout.repeat_head(table.rows[0])
    for row, texts in zip(table.rows[1:], agreement.rows, strict=True):
        layout.fill_row(row, texts, WIDTHS, ALIGNS, size=9)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = agreement.title, agreement.office, ""
    properties.comments, properties.language = DEMO_MARK if is_demo else "", "zh-CN"
    properties.created = properties.modified = timezone.now()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _signatures(document, agreement: Agreement) -> None:
    """Leave room for two seals, two hands and a date; no person is named."""
    lines = [
        f"甲方（盖章）：{agreement.office}\t乙方（盖章）：{agreement.unit.printed_name}",
        "负责人（签字）：\t负责人（签字）：",
    ]
    for line in lines:
        paragraph = style(document.add_paragraph(), before=14, keep_next=True)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(layout.TYPE_WIDTH / 2))
        write(paragraph, line)
    write(style(document.add_paragraph(), align="right", before=14, right=32), "年　　月　　日")
