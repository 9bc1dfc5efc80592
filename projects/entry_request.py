"""A batch of cells as it comes in from the page: JSON of a fixed shape, bounded; anything else is one sentence."""

import hashlib
import json
import uuid
from dataclasses import dataclass

from livelihood.services import Refused
from projects import parts

#: What one request may hold; the page sends a few dozen cells at a time.
LARGEST_BODY = 512 * 1024
MOST_CELLS = 500

TEXTS = ("value", "remark", "reason")
MALFORMED = "发来的内容格式不对，什么都没有保存。请刷新页面再填。"
UNSTORABLE = "文字里有不能保存的字符，什么都没有保存。请重新输入。"
TOO_LARGE = f"一次保存的内容太大，什么都没有保存。最多 {LARGEST_BODY // 1024} KB，请分几次保存。"


class TooLarge(Refused):
    """The request holds more than one may."""


class Malformed(Refused):
    """The request is not of the agreed shape."""


@dataclass(frozen=True)
class Batch:
    """`key` names the batch, `sha256` its content; `cells`: part code → cell key → what the part's `save` takes."""

    key: uuid.UUID
    sha256: str
    cells: dict[str, dict[str, dict]]


def parse_batch(body: bytes, *, most: int = MOST_CELLS) -> Batch:
    """Read a batch of at most `most` cells. Raises TooLarge or Malformed, each with a sentence."""
    if len(body) > LARGEST_BODY:
        raise TooLarge(TOO_LARGE)
    data = _loads(body)
    if not isinstance(data, dict) or data.keys() != {"key", "parts"} or not isinstance(data["parts"], dict):
        raise Malformed(MALFORMED)
    try:
        key = uuid.UUID(data["key"])
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed("批次号不对，什么都没有保存。请刷新页面再填。") from error
    known = {part.code: part for part in parts.registered()}
    count = 0
    for code, cells in data["parts"].items():
        if code not in known or not isinstance(cells, dict):
            raise Malformed(MALFORMED)
        count += len(cells)
        if count > most:
            raise TooLarge(f"一次最多保存 {most} 格，什么都没有保存。请分几次保存。")
        for name, cell in cells.items():
            if not known[code].key_pattern.fullmatch(name):
                raise Malformed("有一格不属于这份月报，什么都没有保存。请刷新页面再填。")
            _require_cell(cell)
    if not count:
        raise Malformed("没有要保存的格。")
    content = json.dumps(data["parts"], sort_keys=True, ensure_ascii=False)
    cells = {
        code: {name: cell | {"version": str(cell["version"])} for name, cell in cells.items()}
        for code, cells in data["parts"].items()
    }
    return Batch(key=key, sha256=hashlib.sha256(content.encode()).hexdigest(), cells=cells)


def _loads(body: bytes):
    """Return the JSON; a name twice, NaN, bad UTF-8 and endless nesting are no JSON of ours."""

    def pairs(found):
        named = dict(found)
        if len(named) < len(found):
            raise ValueError("the same name twice")
        return named

    def constant(name):
        raise ValueError(name)

    try:
        return json.loads(body.decode(), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(MALFORMED) from error


def _require_cell(cell) -> None:
    """Raise unless it is {"value", "version"} with perhaps "remark" and "reason"."""
    if not isinstance(cell, dict) or not {"value", "version"} <= cell.keys() <= {*TEXTS, "version"}:
        raise Malformed(MALFORMED)
    version = cell["version"]
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version < 10**9:
        raise Malformed(MALFORMED)
    for name in TEXTS:
        text = cell.get(name, "")
        if not isinstance(text, str):
            raise Malformed(MALFORMED)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            # Half of a pair of UTF-16 units: JSON can spell it, no text can hold it.
            raise Malformed(UNSTORABLE) from error
        if "\x00" in text:
            raise Malformed(UNSTORABLE)
