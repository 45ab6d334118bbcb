"""Amounts, thousands separators, legal units, percentages and equal amounts side by side.

Sources: 행정업무의 운영 및 혁신에 관한 규정 시행규칙 제2조제2항 (금113,560원(금일십일만삼천오백육십원)); 계량에 관한 법률.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mokmin.base.korean.amounts import money, spelt
from mokmin.base.korean.numbers import value
from mokmin.knowledge.official.checks.figures import AMOUNT, amount_of, number_text, rounded_to
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import CONTACT, LETTERS, Part, Reading

_HANGUL = r"[일이삼사오육칠팔구영십백천만억조경\s]{1,60}"
_OFFICIAL = re.compile(
    rf"(?P<il>일)?금\s*(?P<n>\d[\d,]{{0,24}})\s*원(?:정)?\s*\(\s*(?P<in>(?:일)?금)?\s*(?P<said>{_HANGUL})\s*원?(?:정)?\s*\)"
)
_REVERSED = re.compile(
    r"(?:일)?금\s*(?P<said>[일이삼사오육칠팔구십백천만억조]{2,60})\s*원(?:정)?\s*\(\s*[₩￦\\]?\s*(?P<n>\d[\d,]{0,24})\s*원?\s*\)"
)
_ALONE = re.compile(r"(?<![가-힣])(?:일)?금\s*(?P<n>\d[\d,]{0,24})\s*원(?:정)?(?!\s*\(|[가-힣])")
_UNITS = "원|천원|만원|백만원|억원|명|건|개|부|점|권|톤|대|가구|세대|곳|개소|매|그루|㎡|제곱미터|필지|회|시간"
_BARE = re.compile(
    rf"(?<![\d,.\-/:A-Za-z호제])(?P<n>\d{{4,}})(?=\s?(?:{_UNITS})(?![가-힣]{{0,12}}호))"
)
_GROUPED = re.compile(r"(?<![\d,.\-])(?P<n>\d+(?:,\d+)+)(?![\d,])")
_GOOD = re.compile(r"\d{1,3}(?:,\d{3})+")
_EQUAL = re.compile(
    rf"(?P<a>{AMOUNT})\s?원\s*\(\s*(?P<b>\d[\d,]{{0,24}}(?:\.\d{{1,6}})?)\s?(?P<unit>원|천원|만원|백만원|억원)\s*\)"
)
SCALE = {
    "원": 1,
    "천원": 1_000,
    "만원": 10_000,
    "십만원": 100_000,
    "백만원": 1_000_000,
    "천만원": 10_000_000,
    "억원": 100_000_000,
}
_PYEONG = re.compile(
    r"(?<![\d가-힣])(?P<n>\d[\d,]{0,24}(?:\.\d{1,6})?)\s?평(?=$|[\s,.()]|[에을의으]|규모|짜리|대(?!가|균))"
)
_OF = re.compile(
    r"(?P<all>\d[\d,]{0,24}(?:\.\d{1,6})?)\s?(?P<u1>[가-힣㎡]{1,3})\s?(?:중|가운데)(?:에서)?\s?(?P<n>\d[\d,]{0,24}(?:\.\d{1,6})?)\s?(?P<u2>[가-힣㎡]{1,3}?)"
    r"\s?(?:\(|인\s|이\s|으로\s|,\s)?(?:약\s)?(?P<p>\d{1,6}(?:\.\d{1,6})?)\s?(?:%|퍼센트)(?!p|\s?포인트)"
)
_GREW = re.compile(
    r"(?P<a>\d[\d,]{0,24}(?:\.\d{1,6})?)\s?(?P<u>[가-힣㎡]{1,3}?)에서\s(?:[^.\d]{0,15}\s)?(?P<b>\d[\d,]{0,24}(?:\.\d{1,6})?)\s?(?P=u)(?:으로|로)"
    r"\s?\(?(?:약\s)?(?P<p>\d{1,6}(?:\.\d{1,6})?)\s?(?:%|퍼센트)\s?(?P<way>증가|늘|올|상승|감소|줄|하락|낮)?"
)


def check_money(reading: Reading) -> Iterator[Finding]:
    """Everything about single amounts and numbers in a text."""
    for part in reading.parts:
        if part.place.key in CONTACT or part.style == "quoted":
            continue
        if re.search(r"\d", part.text):
            yield from _official(part)
            if reading.document.kind in LETTERS:
                yield from _alone(part)
            yield from _commas(part)
            yield from _equal(part)
            yield from _percent(part)
            yield from _units(part)
    yield from _columns(reading)


def whole(text: str) -> int:
    """A number with or without commas."""
    return int(text.replace(",", ""))


def _official(part: Part) -> Iterator[Finding]:
    for match in _OFFICIAL.finditer(part.text):
        won = whole(match["n"])
        if won >= 10**16:
            continue
        right = money(won)
        said = re.sub(r"\s", "", match["said"])
        if value(said) != won:
            message = f"숫자({won:,}원)와 한글(금{said}원)이 다릅니다. 숫자대로면 '{right}'입니다. 어느 쪽이 맞는지 확인하십시오."
            yield part.finding("money.hangul", message, *match.span(), right)
        elif match[0] != right:
            message = f"금액은 띄지 않고 모든 자리를 한글로 밝혀 '{right}'처럼 씁니다."
            yield part.finding("money.format", message, *match.span(), right)
    for match in _REVERSED.finditer(part.text):
        won, named = whole(match["n"]), value(match["said"])
        right = money(won)
        if named != won:
            message = f"한글(금{match['said']}원)과 숫자({won:,}원)가 다릅니다. 숫자대로면 '{right}'입니다."
            yield part.finding("money.hangul", message, *match.span(), right)
        else:
            message = f"금액은 숫자를 먼저 쓰고 괄호 안에 한글을 적어 '{right}'처럼 씁니다."
            yield part.finding("money.format", message, *match.span(), right)


def _alone(part: Part) -> Iterator[Finding]:
    for match in _ALONE.finditer(part.text):
        won = whole(match["n"])
        if won < 10**16:
            message = f"금액에 한글을 함께 적어 '금{won:,}원(금{spelt(won)}원)'처럼 씁니다."
            yield part.finding("money.format", message, *match.span(), money(won))


def _commas(part: Part) -> Iterator[Finding]:
    for match in _BARE.finditer(part.text):
        right = f"{int(match['n']):,}"
        yield part.finding(
            "number.comma",
            f"천 단위마다 쉼표를 찍어 '{right}'처럼 씁니다.",
            *match.span("n"),
            right,
        )
    for match in _GROUPED.finditer(part.text):
        if _GOOD.fullmatch(match["n"]):
            continue
        groups = match["n"].split(",")
        if all(len(group) <= 2 for group in groups):  # 3,4호, 1,2차: a list of numbers
            continue
        right = f"{int(''.join(groups)):,}"
        message = f"쉼표의 자리가 틀렸습니다({match['n']}). 세 자리마다 찍으면 '{right}'입니다. 숫자가 맞는지도 확인하십시오."
        yield part.finding("number.comma", message, *match.span("n"), right)


def _columns(reading: Reading) -> Iterator[Finding]:
    """In a column that has commas, numbers without them."""
    for index, block in enumerate(reading.document.body):
        if block.style != "table":
            continue
        cells = [c.text.strip() for row in block.rows for c in row]
        if not any(_GOOD.fullmatch(text) for text in cells):
            continue
        for part in reading.parts:
            if (
                part.place.index == index
                and part.place.part == "body"
                and part.place.row >= block.heads
            ):
                bare = part.text.strip()
                year = len(bare) == 4 and bare.startswith(("19", "20"))
                if re.fullmatch(r"\d{4,12}", bare) and not year and not bare.startswith("0"):
                    right = f"{int(bare):,}"
                    message = f"같은 표의 다른 칸처럼 천 단위 쉼표를 찍어 '{right}'로 씁니다."
                    at = part.text.index(bare)
                    yield part.finding("number.comma", message, at, at + len(bare), right)


def _equal(part: Part) -> Iterator[Finding]:
    for match in _EQUAL.finditer(part.text):
        first = amount_of(match["a"])
        if first is None:
            continue
        one, size = first, SCALE[match["unit"]]
        other = float(match["b"].replace(",", "")) * size
        unit = size if size > 1 else 1
        if abs(one - other) >= unit:
            right = number_text(one / size)
            message = f"앞의 금액과 괄호 안의 금액이 다릅니다. 앞의 금액대로면 {right}{match['unit']}입니다."
            yield part.finding("money.equal", message, *match.span("b"), right)


def _percent(part: Part) -> Iterator[Finding]:
    shares: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], float | None]], ...] = (
        (_OF, _share),
        (_GREW, _growth),
    )
    for pattern, work in shares:
        for match in pattern.finditer(part.text):
            right = work(match)
            if right is None or rounded_to(right, match["p"]):
                continue
            places = len(match["p"].split(".")[1]) if "." in match["p"] else 0
            fix = f"{right:.{places}f}"
            message = f"비율이 맞지 않습니다. 계산하면 {fix}%입니다({match[0].strip()})."
            yield part.finding("number.percent", message, *match.span("p"), fix)


def _float(text: str) -> float:
    return float(text.replace(",", ""))


def _share(match: re.Match[str]) -> float | None:
    total, some = _float(match["all"]), _float(match["n"])
    if match["u1"] != match["u2"] or total <= 0 or some > total:
        return None
    return some / total * 100


def _growth(match: re.Match[str]) -> float | None:
    first, last = _float(match["a"]), _float(match["b"])
    if first <= 0 or not match["u"] or match["u"] in ("시", "년", "월", "일", "분"):
        return None
    return abs(last - first) / first * 100


_WRITTEN = (
    (re.compile(r"(?<=\d)\s?(?:m2|㎥2|m²|M2|평방미터)(?![A-Za-z\d])"), "㎡", "넓이는 ㎡로 씁니다."),
    (re.compile(r"(?<=\d)\s?(?:m3|m³|M3|입방미터)(?![A-Za-z\d])"), "㎥", "부피는 ㎥로 씁니다."),
    (re.compile(r"(?<=\d)\s?(?:Km|KM|Ｋm)(?![A-Za-z])"), "km", "킬로미터의 기호는 km입니다."),
    (re.compile(r"(?<=\d)\s?(?:Kg|KG)(?![A-Za-z])"), "kg", "킬로그램의 기호는 kg입니다."),
    (re.compile(r"(?<=\d)\s?(?:Cm|CM)(?![A-Za-z])"), "cm", "센티미터의 기호는 cm입니다."),
    (re.compile(r"(?<=\d)\s?(?:Ton|TON|ton)(?![A-Za-z])"), "톤", "톤은 't' 또는 '톤'으로 씁니다."),
)  # fmt: skip


def _units(part: Part) -> Iterator[Finding]:
    for pattern, right, message in _WRITTEN:
        for match in pattern.finditer(part.text):
            yield part.finding("unit.legal", message, *match.span(), right)
    for match in _PYEONG.finditer(part.text):
        metres = float(match["n"].replace(",", "")) * 400 / 121
        message = f"'평'은 법정단위가 아닙니다. {match[0].strip()}은 약 {metres:,.0f}㎡입니다. 정확한 넓이를 ㎡로 적으십시오."
        yield part.finding("unit.legal", message, *match.span())
