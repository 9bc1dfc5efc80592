"""Where the title of a paper breaks: between words, by sense, in a shape the standard allows.

GB/T 9704-2012 wants a title's lines 词意完整, in a trapezoid or a rhombus. There is no dictionary here: the words
titles are made of are known, figures with their units and names in brackets are whole, and what is unknown is not torn.
"""

import re
from itertools import combinations, pairwise

#: Characters a title line holds at 22 points on a sheet with the standard's edges.
TITLE_CHARACTERS = 20
#: Words that say what the paper is about; before them a title breaks best.
_TOPICS = (
    "进展情况|实施情况|实施进展情况|实施进度|督查情况|综合督查情况|推进情况|完成情况|工作情况|"
    "整改情况|拨付情况|进度情况|有关问题|有关情况|推进缓慢|进度缓慢|进度滞后"
)
#: Other words of titles; a line may begin or end with them.
_WORDS = (
    "全省|全市|全县|全区|各县|各县市区|民生工程|为民实事|民生实事|民生项目|项目|工程|任务|"
    "资金|问题|情况|工作|进度|综合督查|督查|督办|约谈|加快|推进|做好|切实|进一步|加强|"
    "开展|落实|限期|整改|报送|月份|年度|年|月|建设|提升|促进|不力|贫困地区|农村|城乡|"
    "城镇|学前教育|义务教育|职业教育|学生|营养改善计划|计划|学校|食堂|幼儿园|危房改造|"
    "困难群体|法律援助|困难群众|残疾人|康复|儿童|养老服务|医疗保障|医疗救助|健康|就业|创业|"
    "技能培训|饮水安全|巩固|美丽乡村|产业扶贫|四好农村路|道路|畅通|水利|棚户区改造|老旧小区|"
    "改造|文化惠民|电商|食品安全|农产品|质量安全追溯|质量安全|高标准农田|厕所|改厕|废弃物|"
    "资源化|利用|救助|保障|补助|补贴|体系|服务|设施|人民政府|低于全省平均水平"
)
#: These stand at the beginning of what follows, never at the end of a line or alone.
_PREFIXES = "关于|对|就|的|和|与|及|在"
_ATOM = re.compile(
    r"《[^》]*》|（[^）]*）|“[^”]*”|〔[^〕]*〕"
    r"|(?:\d+[年月日号项]?(?:份|度)?(?:[—－-]\d+[年月日]?(?:份|度)?)?)+"
    rf"|{'|'.join(sorted(f'{_TOPICS}|{_WORDS}'.split('|'), key=len, reverse=True))}"
    rf"|{_PREFIXES}"
)
#: A county's or city's name right behind 关于, 对 or a date: 关于界首市|农村危房改造.
_PLACE = re.compile(r"[\u4e00-\u9fff]{2}[\u4e00-\u9fff]??(?:县|(?<!城)市|(?<![地社园小郊景校厂灾])区)")
#: 33项|民生工程 belong together.
_COUNT = re.compile(r"\d+项?")
#: What a break costs, in characters of imbalance, by the word behind it.
_BEFORE_TOPIC, _BETWEEN_WORDS = 0, 10
#: A last line as short as this is none.
_SHORTEST = 4
_MOST_LINES = 5


def title_lines(title: str, characters: int = TITLE_CHARACTERS) -> list[str]:
    """Break a title by sense into as few lines as hold it; figures and Latin letters count half."""
    if width(title) <= characters:
        return [title]
    words = _words(title, characters)
    for count in range(2, min(len(words), _MOST_LINES) + 1):
        best = _best(words, count, characters)
        if best:
            return best
    return _filled(words, characters)


def note_lines(note: str, characters: float) -> list[str]:
    """Break what stands under a title behind its semicolons, into as few lines as hold it, as even as may be."""
    clauses = re.findall("[^；]+；?", note)
    for count in range(1, len(clauses) + 1):
        shapes = [_between(clauses, breaks) for breaks in combinations(range(1, len(clauses)), count - 1)]
        fitting = [lines for lines in shapes if max(map(width, lines)) <= characters]
        if fitting:
            return min(fitting, key=lambda lines: max(map(width, lines)))
    return clauses


def _between(clauses: list[str], breaks: tuple[int, ...]) -> list[str]:
    return ["".join(clauses[start:end]) for start, end in pairwise((0, *breaks, len(clauses)))]


def width(text: str, em: float = 1) -> float:
    """Width of a text in characters, or with `em` in points."""
    return sum(em / 2 if character.isascii() else em for character in text)


def _words(title: str, characters: int) -> list[str]:
    """Return the parts no line may tear; one longer than a line is cut, as there is no other way."""
    words: list[str] = []
    at = 0
    for found in _ATOM.finditer(title):
        words += _unknown(title[at : found.start()], words)
        words += _quoted(found.group(), characters)
        at = found.end()
    words += _unknown(title[at:], words)
    return [piece for word in _joined(words, characters) for piece in _cut(word, characters)]


def _quoted(word: str, characters: int) -> list[str]:
    """Return a known word whole; the title of another paper longer than a line breaks as a title does."""
    if word[0] != "《" or width(word) <= characters:
        return [word]
    words = _words(word[1:-1], characters)
    words[0] = f"《{words[0]}"
    words[-1] += "》"
    return words


def _unknown(text: str, before: list[str]) -> list[str]:
    """Return a run of unknown characters whole; a place's name at its beginning is a word of its own."""
    if not text:
        return []
    if before and (before[-1] in ("关于", "对", "就") or before[-1][-1] in "年份度月日"):
        place = _PLACE.match(text)
        if place and place.end() < len(text):
            return [text[: place.end()], text[place.end() :]]
    return [text]


def _joined(words: list[str], characters: int) -> list[str]:
    """Join what does not stand alone: 关于 to what follows, 的 to its noun, （更正） and 、 to what stands before.

    What is too long for a line together stays apart, but for a sign that no line may begin with.
    """
    made: list[str] = []
    glue = False
    for word in words:
        fits = made and width(made[-1] + word) <= characters
        if made and (
            word[0] in "，、：》”" or (fits and (glue or word == "的" or word[0] == "（" or _ends_open(made[-1])))
        ):
            made[-1] += word
        else:
            made.append(word)
        glue = word in _PREFIXES.split("|") or bool(_COUNT.fullmatch(word))
    return made


def _ends_open(word: str) -> bool:
    return word[-1] in "、，"


def _cut(word: str, characters: int) -> list[str]:
    if width(word) <= characters:
        return [word]
    parts = -(-int(width(word) + 0.5) // characters)
    step = -(-len(word) // parts)
    pieces = [word[start : start + step] for start in range(0, len(word), step)]
    return [short for piece in pieces for short in (_cut(piece, characters) if width(piece) > characters else [piece])]


def _best(words: list[str], count: int, characters: int) -> list[str] | None:
    """Return the cheapest way to break the words into so many lines that fit."""
    found = None
    for breaks in combinations(range(1, len(words)), count - 1):
        edges = (0, *breaks, len(words))
        lines = ["".join(words[start:end]) for start, end in pairwise(edges)]
        widths = [width(line) for line in lines]
        if max(widths) > characters:
            continue
        price = _price(widths) + sum(_break_price(words[place]) for place in breaks)
        if found is None or price < found[0]:
            found = (price, lines)
    return found and found[1]


def _price(widths: list[float]) -> float:
    """Uneven lines cost their difference; an hourglass and a stub at the end cost more than any break."""
    price = max(widths) - min(widths)
    if any(min(one, other) > middle for one, middle, other in zip(widths, widths[1:], widths[2:], strict=False)):
        price += 20
    return price + (20 if widths[-1] < _SHORTEST else 0)


def _break_price(word: str) -> int:
    return _BEFORE_TOPIC if word.startswith(tuple(_TOPICS.split("|"))) else _BETWEEN_WORDS


def _filled(words: list[str], characters: int) -> list[str]:
    """Fill line after line: for titles longer than any shape."""
    lines = [""]
    for word in words:
        if lines[-1] and width(lines[-1] + word) > characters:
            lines.append("")
        lines[-1] += word
    return lines
