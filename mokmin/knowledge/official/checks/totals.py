"""Totals in the text: against the list beside them, the items below them, and the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.knowledge.official.checks.figures import AMOUNT, amount_of, number_of, number_text
from mokmin.knowledge.official.checks.grids import Grid
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

_THINGS = "개소|곳|개교|개사|개반|개팀|개과|개 ?부서|개 ?기관|개 ?업체|개 ?동|개 ?과제|개 ?분야|개 ?사업|개|명|건|종|가지|대|동|점|권|부|가구|세대|필지|팀|과제|부서|기관|업체|시설"
_TOTAL = rf"(?P<word>총|모두|전체|합계|합하여|도합)\s?(?P<n>\d[\d,]{{0,24}})\s?(?P<unit>{_THINGS})"
_STATED = re.compile(rf"(?<![가-힣]){_TOTAL}(?![가-힣]{{0,12}}당)")
_SMALL = re.compile(
    r"(?<![\d가-힣.,])(?P<n>\d{1,2})\s?(?P<unit>개소|곳|명|개 ?부서|개 ?기관|개 ?업체|개 ?과제|개 ?분야|개 ?사업|개 ?팀|가지|종|개 ?동|개교|개사)(?=\s?[(:])"
)
_BRACKET = re.compile(r"^(?:[을를이가은는]|으로|의)?\s*\((?P<list>[^()]{3,300})\)")
_COLON = re.compile(r"^\s*:\s*(?P<list>[^.\n]{3,300})\.?\s*$")
_AFTER = re.compile(
    r"^(?:[을를이가은는]|으로|의)?\s?(?:운영한다|운영합니다|있다|있습니다|이다|입니다|이며|으로)?[.,]\s*(?P<list>[^.\n]{5,200})"
)
_SPLIT = re.compile(r"\s*(?:,|ㆍ|·|、|/|\s및\s)\s*")
_OPEN_ENDED = re.compile(r"(?:등|외|기타|이상|내외)\s*(?:\d|$|[)])|\s등$|등$")
_MONEY = re.compile(
    r"(?P<label>총\s?사업비|총\s?예산|총\s?소요\s?예산|소요\s?예산|사업비|총\s?계약금액|총액|합계\s?금액|예산액)(?:[은는:이]|\s)*\s?(?:총|모두|금)?\s?"
    rf"(?P<n>{AMOUNT})\s?원"
)
_ALL_MONEY = re.compile(rf"(?<![가-힣])(?:모두|총|합계)\s?(?P<n>{AMOUNT})\s?원")
_SCALE = {
    "원": 1,
    "천원": 1_000,
    "만원": 10_000,
    "백만원": 1_000_000,
    "천만원": 10_000_000,
    "억원": 100_000_000,
}


def check_totals(reading: Reading) -> Iterator[Finding]:
    """Totals of a text that its own list, its items or the tables contradict."""
    for part in reading.prose:
        if part.style in ("cell", "caption"):
            continue
        for match in _STATED.finditer(part.text):
            yield from _beside(part, match, stated=True)
        for match in _SMALL.finditer(part.text):
            yield from _beside(part, match, stated=False)
    yield from _below(reading)
    yield from _money(reading)
    yield from _stated(reading)
    yield from _counts(reading)


def _beside(part: Part, match: re.Match[str], *, stated: bool) -> Iterator[Finding]:
    rest = part.text[match.end() :]
    said, unit = int(match["n"].replace(",", "")), match["unit"]
    for pattern in (_BRACKET, _COLON, *((_AFTER,) if stated else ())):
        listed = pattern.match(rest)
        if listed is None:
            continue
        right = _counted(listed["list"], unit, names=pattern is not _AFTER)
        if right is not None and right != said:
            message = f"{said:,}{unit}라고 하였으나 뒤에 적은 것을 합하면 {right:,}{unit}입니다."
            yield part.finding("total.list", message, *match.span("n"), f"{right:,}")
        return


def _counted(text: str, unit: str, *, names: bool) -> int | None:
    """What a list adds up to: numbers with the same unit, or how many names it has."""
    if _OPEN_ENDED.search(text):
        return None
    pieces = [piece for piece in _SPLIT.split(text.strip()) if piece]
    numbers = [
        m
        for m in re.finditer(
            rf"(?<![\d,.])(\d[\d,]{{0,24}})\s?{re.escape(unit)}(?![가-힣]{{0,12}}당)", text
        )
    ]
    if len(numbers) >= 2:
        bare = re.split(r",\s", text)
        if len(numbers) < len(bare) - 1:
            return None
        return sum(int(m[1].replace(",", "")) for m in numbers)
    if numbers or not names:
        return None
    plain = [re.search(r"[가-힣)]\s*(\d[\d,]{0,24})$", piece) for piece in pieces]
    if len(pieces) >= 2 and all(plain):
        return sum(int(m[1].replace(",", "")) for m in plain if m)
    if len(pieces) < 2 or any(re.search(r"\d", piece) for piece in pieces):
        return None
    if re.search(r"[다요]$|[는을를은이가]\s", text) or any(len(piece) > 25 for piece in pieces):
        return None
    if re.search(r"및", text):
        return None
    return len(pieces)


_ENDS = re.compile(rf"(?:총|모두|전체)?\s?(?P<n>\d{{1,3}})\s?(?P<unit>{_THINGS})\s*:?\s*$")


def _below(reading: Reading) -> Iterator[Finding]:
    """``대상: 총 5개소`` with the five as items one step below."""
    blocks = reading.blocks
    for at, part in enumerate(blocks):
        match = _ENDS.search(part.text)
        if match is None or part.style not in ("item", "bullet"):
            continue
        if not re.search(r"총|모두|전체|:\s*\d", part.text):
            continue
        below: list[Part] = []
        for other in blocks[at + 1 :]:
            if (
                other.style != part.style
                or other.level <= part.level
                or other.place.index != blocks[at].place.index + len(below) + 1
            ):
                break
            below.append(other)
        members = [b for b in below if b.level == part.level + 1]
        right = _members(members, match["unit"])
        said = int(match["n"])
        if right is not None and right != said:
            message = (
                f"{said}{match['unit']}라고 하였으나 아래 항목은 {right}{match['unit']}입니다."
            )
            yield part.finding("total.list", message, *match.span("n"), str(right))


def _members(members: list[Part], unit: str) -> int | None:
    if len(members) < 2 or any(_OPEN_ENDED.search(m.text.strip()) for m in members):
        return None
    numbers = [
        re.search(rf"(?<![\d,])(\d[\d,]{{0,24}})\s?{re.escape(unit)}\s*(?:\([^()]*\))?\.?$", m.text)
        for m in members
    ]
    if all(numbers):
        return sum(int(n[1].replace(",", "")) for n in numbers if n)
    if any(numbers) or any(
        re.match(r"\s*(?:일시|기간|장소|방법|문의|대상|내용|시간|비용)\s*:", m.text)
        for m in members
    ):
        return None
    if unit in ("명", "대", "점", "권", "부") and any(re.search(r"\d", m.text) for m in members):
        return None
    return len(members)


def _money_tables(reading: Reading) -> list[tuple[Grid, int, set[float], float]]:
    """Tables of money with one row of totals: (grid, row, all its amounts in won, unit)."""
    found = []
    for index, block in enumerate(reading.document.body):
        if block.style != "table" or len(block.rows) < 2:
            continue
        grid = Grid(block, index)
        totals = [r for r, kind in grid.totals.items() if kind == "total"]
        words = f"{block.unit} {block.caption} {' '.join(grid.head(c) for c in range(grid.width))} {' '.join(c.text for r in totals for c in grid.cells[r])}"
        unit = re.search(r"(백만원|천만원|천원|만원|억원)", words) or re.search(
            r"(원)(?![가-힣])", words
        )
        if (
            not totals
            or unit is None
            or not re.search(r"예산|금액|사업비|비용|단위|계약|원\)", words)
        ):
            continue
        size = float(_SCALE[unit[1]])
        amounts: set[float] = set()
        for row in grid.cells:
            for cell in row:
                number = number_of(cell.text)
                if number is not None:
                    own = _SCALE.get(number.unit)
                    amounts.add(
                        number.value * (own or (1 if number.value >= 10**7 and size == 1 else size))
                    )
        found.append((grid, totals[-1], amounts, size))
    return found


def _money(reading: Reading) -> Iterator[Finding]:
    tables = _money_tables(reading)
    if not tables:
        return
    amounts = set[float]().union(*(found for _, _, found, _ in tables))
    size = min(size for _, _, _, size in tables)
    for part in reading.prose:
        if part.style == "cell":
            continue
        for match in _MONEY.finditer(part.text):
            won = amount_of(match["n"])
            total = "총" in match["label"] or re.search(
                r"총|모두", part.text[max(0, match.start() - 6) : match.end()]
            )
            if (
                won is None
                or not total
                or any(abs(won - a) < max(1.0, size * 0.5) for a in amounts)
            ):
                continue
            if any(abs(won - a) <= 0.5 * 10 ** _zeros(match["n"], won) for a in amounts if a > 0):
                continue
            after = [t for t in tables if t[0].index > part.place.index]
            grid, row, _, _ = (after or tables)[0]
            said = [c.text.strip() for c in grid.cells[row] if c.own and c.number]
            message = (
                f"글의 금액({match['n'].strip()}원)이 표의 합계({', '.join(said[:4])})에 없습니다."
            )
            yield part.finding("total.table", message, *match.span("n"))


def _stated(reading: Reading) -> Iterator[Finding]:
    """``체납액은 모두 4,200백만원`` right above or below a table of money that has a total."""
    for grid, row, amounts, size in _money_tables(reading):
        for part in reading.blocks:
            if not 0 < abs(part.place.index - grid.index) <= 2:
                continue
            for match in _ALL_MONEY.finditer(part.text):
                won = amount_of(match["n"])
                before = part.text[: match.start()]
                if won is None or _MONEY.search(part.text) or "중" in before[-20:]:
                    continue
                if re.search(r"약|여", before[-3:]) or any(abs(won - a) < size for a in amounts):
                    continue
                said = [c.text.strip() for c in grid.cells[row] if c.own and c.number]
                message = f"글의 금액({match['n'].strip()}원)이 표의 합계({', '.join(said[:4])})에 없습니다."
                yield part.finding("total.table", message, *match.span("n"))


def _zeros(text: str, won: float) -> int:
    """How many of its digits an amount in 억 or 만 leaves open (약 11억원)."""
    digits = str(int(won))
    return len(digits) - len(digits.rstrip("0")) if re.search(r"약|여", text) else -9


_ROWS = re.compile(rf"(?:총|모두|전체)\s?(?P<n>\d[\d,]{{0,24}})\s?(?P<unit>{_THINGS})")


def _counts(reading: Reading) -> Iterator[Finding]:
    """``총 318명`` right above a table whose total or rows say otherwise."""
    body = reading.document.body
    parts = {p.place.index: p for p in reading.blocks}
    for index, block in enumerate(body):
        if block.style != "table" or len(block.rows) < 3:
            continue
        near = [parts[i] for i in (index - 1, index - 2) if i in parts]
        grid = Grid(block, index)
        for part in near[:2]:
            if part.place.index == index - 2 and body[index - 1].style == "table":
                continue
            for match in _ROWS.finditer(part.text):
                yield from _count(part, match, grid)


def _count(part: Part, match: re.Match[str], grid: Grid) -> Iterator[Finding]:
    said, unit = int(match["n"].replace(",", "")), match["unit"].replace(" ", "")
    if _BRACKET.match(part.text[match.end() :]):
        return
    holds: set[float] = set()
    sums: list[float] = []
    for row in grid.cells:
        holds |= {cell.number.value for cell in row if cell.number}
    for column in grid.numeric:
        units = {n.unit for r in grid.rows if (n := grid.cells[r][column].number)}
        fits = unit in units or f"({unit})" in grid.head(column).replace(" ", "")
        fits = fits or (
            unit == "명" and re.search(r"인원|명수|정원|참석자", grid.head(column)) is not None
        )
        if fits or (grid.block.unit and unit in grid.block.unit):
            sums.append(sum(grid.value(r, column) or 0.0 for r in grid.rows))
    rows = len(grid.rows)
    if said in holds or said in sums:
        return
    if sums:
        right = number_text(sums[-1])
        message = f"글에는 {said:,}{unit}이라고 하였으나 표의 합은 {right}{unit}입니다."
        yield part.finding(
            "total.table", message, *match.span("n"), right if len(sums) == 1 else None
        )
    elif not grid.numeric and unit != "명" and said != rows and abs(said - rows) <= 3:
        message = f"글에는 {said:,}{unit}이라고 하였으나 표에는 {rows}줄이 있습니다."
        yield part.finding("total.table", message, *match.span("n"), str(rows))
