"""The ledger of letters (督办台账) as a workbook."""

from collections.abc import Iterable, Iterator

from livelihood.workbooks import Column, Sheet
from supervision.models import SupervisionLetter
from supervision.oversight.letter_page import line_of


def letter_sheets(letters: Iterable[SupervisionLetter], *, title: str, facts: str, is_demo: bool) -> Iterator[Sheet]:
    """Yield the ledger: one row a letter, as the reader may see them."""
    yield Sheet(
        name="督办台账",
        title=title,
        columns=[
            Column("文号", 20),
            Column("等级", 10),
            Column("主送", 20),
            Column("事由", 34),
            Column("数据截至", 12),
            Column("目标", 12, is_number=True),
            Column("完成", 12, is_number=True),
            Column("完成率%", 10, is_number=True),
            Column("对照线", 10),
            Column("对照线%", 10, is_number=True),
            Column("差距", 10, is_number=True),
            Column("要求", 36),
            Column("数值要求", 18),
            Column("反馈时限", 12),
            Column("状态", 16),
            Column("销号时间", 18),
        ],
        rows=(_row(letter) for letter in letters),
        facts=facts,
        is_demo=is_demo,
    )


def _row(letter: SupervisionLetter) -> list:
    line = line_of(letter)
    return [
        line["number"] or "拟稿",
        line["level"].label,
        line["to"],
        letter.matter,
        letter.as_of,
        *(_plain(getattr(letter, name)) for name in ("target", "actual", "rate")),
        letter.average_word,
        *(_plain(getattr(letter, name)) for name in ("average", "gap")),
        letter.requirement,
        line["required"],
        letter.deadline,
        line["light"].word,
        letter.closed_at,
    ]


def _plain(value):
    """Return a figure without the zeros its column adds; nothing is rounded."""
    if value is None:
        return None
    plain = value.normalize()
    return plain.quantize(1) if plain.as_tuple().exponent > 0 else plain
