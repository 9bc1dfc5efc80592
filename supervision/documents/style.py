"""How an office sets its papers: fonts, sheet, pitch, red head, 版记. Plain settings with the standard's as default.

GB/T 9704-2012, with what offices vary: the distance of lines, the edges of the sheet, 送/发 or 抄送.
"""

from dataclasses import dataclass, field

from livelihood.services import Refused

#: Stands on every page, sheet and file of a programme of made-up figures.
DEMO_MARK = "演示数据"

DEFAULTS = {
    "margins": {"top": 37, "bottom": 35, "left": 28, "right": 26},
    "line_pitch": 28,
    "fonts": {
        "title": "方正小标宋简体",
        "body": "仿宋_GB2312",
        "level1": "黑体",
        "level2": "楷体_GB2312",
        "page": "宋体",
        "latin": "Times New Roman",
    },
    "imprint": "send",
    "masthead": "",
}
IMPRINTS = {"send": "送、发", "cc": "抄送"}
_MARGIN_NAMES = {"top": "天头", "bottom": "地脚", "left": "订口", "right": "切口"}
_FONT_NAMES = {
    "title": "标题",
    "body": "正文",
    "level1": "一级标题",
    "level2": "二级标题",
    "page": "页码",
    "latin": "西文和数字",
}
#: Millimetres an edge may have, points from line to line, characters of a name.
_MARGIN_RANGE, _PITCH_RANGE, _LONGEST_FONT, _LONGEST_MASTHEAD = (15, 60), (20, 40), 31, 40
_POINTS = 72 / 25.4
_BODY = 16
_NARROWEST = 96


@dataclass(frozen=True)
class Margins:
    """Edges of a sheet in millimetres: 天头, 地脚, 订口, 切口."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Look:
    """The settings as the typesetting reads them; lengths of the type area in points."""

    margins: Margins = Margins(**DEFAULTS["margins"])
    line: float = DEFAULTS["line_pitch"]
    fonts: dict = field(default_factory=lambda: dict(DEFAULTS["fonts"]))
    imprint: str = DEFAULTS["imprint"]
    masthead: str = DEFAULTS["masthead"]

    @classmethod
    def of(cls, style: dict | None) -> "Look":
        """Return the look of an office's settings; what they leave open is the standard's."""
        style = checked_style(style or {})
        return cls(
            Margins(**style["margins"]), style["line_pitch"], style["fonts"], style["imprint"], style["masthead"]
        )

    @property
    def width(self) -> float:
        """Width of the 版心 of an upright sheet."""
        return (210 - self.margins.left - self.margins.right) * _POINTS

    @property
    def height(self) -> float:
        """Height of the 版心 of an upright sheet."""
        return (297 - self.margins.top - self.margins.bottom) * _POINTS

    @property
    def landscape(self) -> Margins:
        """Edges of a sheet laid across: the head of the table lies on the side of the binding."""
        upright = self.margins
        return Margins(top=upright.left, bottom=upright.right, left=upright.bottom, right=upright.top)

    @property
    def scale(self) -> int:
        """Per cent of their width that characters of the text have, so that 28 fill a line of 156 mm.

        Twenty-eight characters of 16 points are 448 points, the type area has 442. Nothing is made narrower than 96 or
        wider: a narrower sheet simply has fewer characters.
        """
        fitting = int(self.width / (28 * _BODY) * 100)
        return fitting if _NARROWEST <= fitting < 100 else 100


def checked_style(style: dict) -> dict:
    """Return the settings with the standard's values where they say nothing; keys of others are left alone.

    Raises Refused with one sentence for a value no sheet can have.
    """
    given = {key: value for key, value in style.items() if value not in (None, "", {})}
    made = DEFAULTS | given
    made["margins"] = _checked_margins(given.get("margins", {}))
    made["fonts"] = _checked_fonts(given.get("fonts", {}))
    pitch = made["line_pitch"]
    low, high = _PITCH_RANGE
    if not _is_number(pitch) or not low <= float(pitch) <= high:
        raise Refused(f"行距应在{low}磅至{high}磅之间，国标常用28磅或29磅；现在填的是“{pitch}”。")
    made["line_pitch"] = float(pitch)
    if made["imprint"] not in IMPRINTS:
        raise Refused("版记写法请选“送、发”或“抄送”。")
    if len(str(made["masthead"])) > _LONGEST_MASTHEAD:
        raise Refused(f"发文机关标志最多{_LONGEST_MASTHEAD}个字。")
    return made


def _checked_margins(given: dict) -> dict:
    low, high = _MARGIN_RANGE
    unknown = set(given) - set(_MARGIN_NAMES)
    if unknown:
        raise Refused(f"页边距里没有“{min(unknown)}”这一项。")
    for key, value in given.items():
        if not _is_number(value) or not low <= float(value) <= high:
            raise Refused(f"{_MARGIN_NAMES[key]}应在{low}毫米至{high}毫米之间；现在填的是“{value}”。")
    return DEFAULTS["margins"] | {key: float(value) for key, value in given.items()}


def _checked_fonts(given: dict) -> dict:
    unknown = set(given) - set(_FONT_NAMES)
    if unknown:
        raise Refused(f"字体里没有“{min(unknown)}”这一项。")
    for key, value in given.items():
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_FONT or not value.isprintable():
            raise Refused(f"{_FONT_NAMES[key]}的字体名称要写{_LONGEST_FONT}个字以内的名称。")
    return DEFAULTS["fonts"] | {key: value.strip() for key, value in given.items()}


def _is_number(value) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)
