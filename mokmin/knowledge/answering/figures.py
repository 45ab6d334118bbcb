"""Figures of a sentence in one form each: numbers with units, dates, ratios, amounts, articles.

3천만원, 3,000만 원 and 30,000,000원 are one figure; so are 1년 and 12개월, 100분의 50 and 50%. The
comparison word that goes with a figure (이상, 초과, 이하, 미만, 이내, 전, 후) is part of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

_PLAIN = (
    (re.compile(r"(?:한|1)\s?달"), "1개월"),
    (re.compile(r"두\s?달"), "2개월"),
    (re.compile(r"(?:세|석)\s?달"), "3개월"),
    (re.compile(r"(?:여섯\s?달|반년)"), "6개월"),
    (re.compile(r"(?:일|1)주일|한\s주(?=[\s에])"), "7일"),
    (re.compile(r"(?:이|2)주일"), "14일"),
    (re.compile(r"(?<![가-힣])이틀"), "2일"),
    (re.compile(r"(?<![가-힣])사흘"), "3일"),
    (re.compile(r"(?<![가-힣])열흘"), "10일"),
    (re.compile(r"(?<![가-힣])보름"), "15일"),
    (re.compile(r"(?<![가-힣])절반"), "2분의 1"),
    (re.compile(r"(?<![가-힣])한\s(?:번|차례)"), "1회"),
    (re.compile(r"(?<![가-힣])두\s?(?:번|차례)"), "2회"),
    (re.compile(r"(?<![가-힣])세\s?(?:번|차례)"), "3회"),
    (re.compile(r"(?<![가-힣])한\s(?:명|사람)"), "1명"),
    (re.compile(r"(?<![가-힣])두\s(?:명|사람)"), "2명"),
    (re.compile(r"(?<![가-힣])세\s(?:명|사람)"), "3명"),
    (re.compile(r"(\d)\s?사람"), r"\1명"),
    (re.compile(r"(?<![가-힣])둘(?=\s?(?:이상|이하|초과|미만))"), "2"),
    (re.compile(r"(?<![가-힣])셋(?=\s?(?:이상|이하|초과|미만))"), "3"),
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_AMOUNT = rf"{_NUMBER}(?:\s?[십백천만억]+(?:\s?{_NUMBER}\s?[십백천만억]+)*(?:\s?{_NUMBER})?)?"
_ARTICLE = (
    r"제\s?(?P<jo>\d+)\s?조(?:의\s?(?P<ui>\d+))?(?:\s?제\s?(?P<hang>\d+)\s?항)?"
    r"(?:\s?제\s?(?P<ho>\d+)\s?호)?"
    r"|제\s?(?P<hang2>\d+)\s?항(?:\s?제\s?(?P<ho2>\d+)\s?호)?|제\s?(?P<ho3>\d+)\s?호"
)
_DATE = (
    r"(?P<y>(?:19|20)\d\d)\s?[년.\-/]\s?(?P<m>\d{1,2})(?:\s?월|[.\-/])(?:\s?(?P<d>\d{1,2})(?:일|\.)?)?"
    r"|(?P<y2>(?:19|20)\d\d)\s?년(?!\s?(?:이상|이하|이내|미만|초과))"
    r"|(?P<m3>\d{1,2})월\s?(?P<d3>\d{1,2})일|(?P<m4>\d{1,2})월(?!\s?이)"
)
_UNITS = (
    "영업일|근무일|제곱미터|제곱킬로미터|킬로미터|세제곱미터|센티미터|밀리미터|미터|킬로그램|퍼센트|프로|"
    "개월|시간|만원|주일|차례|개소|가구|세대|학점|m2|km|kg|mm|cm|톤|원|일|주|달|월|년|연|시|분|초|명|인|"
    "회|번|건|개|세|살|%|m|급|배|호|종|점|층|대|쪽|필지"
)
_FIGURE = re.compile(
    rf"(?P<article>{_ARTICLE})|(?P<date>{_DATE})"
    rf"|제\s?(?P<nth>\d+)\s?(?P<of>[가-힣])"
    rf"|(?P<den>{_AMOUNT})\s?분의\s?(?P<num>{_AMOUNT})"
    rf"|(?P<amount>{_AMOUNT})\s?(?P<unit>{_UNITS})?"
)
_AFTER = re.compile(
    r"\s?(?:\([^)]{0,40}\)\s?)?(?:[이가을를]\s|\s?간\s)?\s?"
    r"(?P<word>이상|초과|이하|미만|이내|안에|안의|내에|내로|이전|전(?=까지|에|의|부터|\s|,|$)|이후|"
    r"후(?=에|의|부터|\s|,|$)|지나|지난|경과|까지|부터|넘|못\s?미치)"
)
_BEFORE = re.compile(r"(최대|최고|최소|적어도|최장)(?:\s?한도)?\s?$")
_BOUND = {
    "이상": "≥", "초과": ">", "넘": ">", "이하": "≤", "미만": "<", "이내": "≤", "안에": "≤",
    "안의": "≤", "내에": "≤", "내로": "≤", "까지": "≤", "이전": "전", "전": "전", "이후": "후",
    "후": "후", "지나": "후", "지난": "후", "경과": "후", "부터": "부터", "최대": "≤", "최고": "≤",
    "최장": "≤", "최소": "≥", "적어도": "≥",
}  # fmt: skip
_SAME_UNIT = {
    "인": "명", "번": "회", "차례": "회", "살": "세", "미터": "m", "킬로미터": "km",
    "제곱미터": "m2", "킬로그램": "kg", "연": "년", "근무일": "영업일", "가구": "세대",
}  # fmt: skip
_DIGIT = {"십": 10, "백": 100, "천": 1000}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``kind``: article, date or the unit's dimension; ``value``: comparable within the
    kind; ``bound``: ≥ > ≤ < 전 후 부터 or empty; ``text`` as written; half-open span."""

    kind: str
    value: tuple[float | None, ...]
    bound: str
    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """NFKC with counted words as figures (한 달 becomes 1개월, 열흘 10일)."""
    text = unicodedata.normalize("NFKC", text.replace("ㆍ", "·"))
    for pattern, figure in _PLAIN:
        text = pattern.sub(figure, text)
    return text


def figures(text: str) -> list[Figure]:
    """The figures of a text that went through ``plain``, in order."""
    return list(_find(text))


def _find(text: str) -> Iterator[Figure]:
    for match in _FIGURE.finditer(text):
        kind, value = _read(match)
        end = match.end()
        bound = ""
        if kind != "article" and (after := _AFTER.match(text, end)):
            bound = _BOUND.get(after["word"], "<")
            end = after.end()
        elif before := _BEFORE.search(text, max(0, match.start() - 8), match.start()):
            bound = _BOUND[before[1]]
        yield Figure(kind, value, bound, match.group().strip(), match.start(), end)


def _read(match: re.Match[str]) -> tuple[str, tuple[float | None, ...]]:
    got = match.groupdict()
    if got["article"]:
        parts = (
            got["jo"],
            got["ui"],
            got["hang"] or got["hang2"],
            got["ho"] or got["ho2"] or got["ho3"],
        )
        return "article", tuple(_whole(p) for p in parts)
    if got["date"]:
        parts3 = (got["y"] or got["y2"], got["m"] or got["m3"] or got["m4"], got["d"] or got["d3"])
        return "date", tuple(_whole(p) for p in parts3)
    if got["nth"]:
        return f"제·{got['of']}", (float(got["nth"]),)
    if got["den"]:
        return "비율", (round(amount(got["num"]) / max(1e-9, amount(got["den"])), 6),)
    return _measure(amount(got["amount"]), got["unit"] or "")


def _whole(part: str | None) -> float | None:
    return float(part) if part else None


def _measure(value: float, unit: str) -> tuple[str, tuple[float]]:
    if unit in {"%", "퍼센트", "프로"}:
        return "비율", (round(value / 100, 6),)
    if unit in {"년", "연"}:
        return "개월", (value * 12,)
    if unit in {"개월", "달", "월"}:
        return "개월", (value,)
    if unit in {"주", "주일"}:
        return "일", (value * 7,)
    return _SAME_UNIT.get(unit, unit), (value,)


def amount(text: str) -> float:
    """A number as written in Korean: ``1억 5천만`` is 150,000,000; ``3,000만`` 30,000,000."""
    total = section = current = 0.0
    for part in re.findall(r"\d[\d,]*(?:\.\d+)?|[십백천만억]", text):
        if part[0].isdigit():
            current = float(part.replace(",", "").rstrip("."))
        elif part in _DIGIT:
            section += (current or 1) * _DIGIT[part]
            current = 0
        else:
            total += (section + current or 1) * (10_000 if part == "만" else 100_000_000)
            section = current = 0
    return total + section + current


def same_value(claim: Figure, source: Figure) -> bool:
    """Whether the claim's figure is this one; what the claim leaves open (a year, a 항) may differ."""
    if claim.kind != source.kind:
        return False
    if claim.kind not in {"article", "date"}:
        return claim.value == source.value
    pairs = list(zip(claim.value, source.value, strict=True))
    return all(c is None or c == s for c, s in pairs)


def same_bound(claim: str, source: str) -> bool:
    """Whether two comparison words agree; "부터" says nothing about the size."""
    return claim == source or {claim, source} <= {"", "부터"} or {claim, source} == {"후", "부터"}


def own_date(figure: Figure, day: date | None) -> bool:
    """Whether a figure names the day (the effective date of the source)."""
    if figure.kind != "date" or day is None:
        return False
    known: Sequence[float] = (day.year, day.month, day.day)
    return all(c is None or c == s for c, s in zip(figure.value, known, strict=True))
