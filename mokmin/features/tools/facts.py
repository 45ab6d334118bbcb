"""What officials look for in a sentence, by rule: amounts, rates, counts, terms, dates, actors,
duty or discretion. Every value is verbatim text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = r"\d[\d,]*(?:\.\d+)?"
TIME = r"일|개월|년|주일|주|시간|분|영업일|근무일"
DATE = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d\d)\s?(?:년\s?|\.\s?|-)(?:(?P<m>\d{1,2})(?:월|\.|-|(?=\s*$))\s?"
    r"(?:(?P<d>\d{1,2})(?:일|\.(?!\d)|(?=[\s)(>,~]|$)))?)?"
    r"|(?<![\d.])(?P<m2>\d{1,2})(?:월\s?(?P<d2>\d{1,2})일|\.\s(?P<d3>\d{1,2})\.)"
)
AMOUNT = re.compile(
    rf"(?:금\s?)?{NUMBER}(?:\s?(?:조|억|천만|백만|십만|만|천|백))*"
    rf"(?:\s{NUMBER}(?:천만|백만|십만|만|천|백)*)?\s?원(?![칙인상본래가고장래형안])"
)
RATE = re.compile(rf"{NUMBER}(?:천|만)?분의\s?{NUMBER}|{NUMBER}\s?(?:%|퍼센트)")
COUNT = re.compile(
    rf"{NUMBER}\s?(?:회|명|건|곳|개소|대|배|킬로미터|센티미터|제곱미터|㎡|km|톤|점|호봉|끼|층|매|부)(?![가-힣]?[차례])"
)
SPAN = re.compile(
    rf"{NUMBER}\s?(?:{TIME})(?![가-힣]*도\b)(?:\s?(?:이내|안에|이상|이하|미만|초과|전까지|전|까지|간))?"
)
DEADLINE = re.compile(
    rf"(?:(?<![가-힣])[가-힣A-Za-z·「」\s]{{0,40}}?[가-힣]\s?(?:날|때|일)부터\s*)?"
    rf"{NUMBER}\s?(?:{TIME})\s?(?:이내|안에|전까지|전에|내에)"
)
RECURRING = re.compile(
    r"매(?:년|월|주|일|분기|반기)(?:\s?\d{1,2}월)?(?:\s?\d{1,2}일|\s?말일)?|연 \d+회|(?:해|달)마다"
)
LAW = re.compile(
    r"「[^」]{2,60}」(?:\s?제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?)?"
    r"|(?:같은 법\s)?(?<![가-힣])(?:법|영|시행령|시행규칙|규칙|조례)\s제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?"
)
PHONE = re.compile(r"(?<!\d)0\d{1,2}-\d{3,4}-\d{4}(?!\d)|(?<![\d-])1[56]\d\d-\d{4}(?!\d)")
ACTOR = re.compile(
    r"(?<![가-힣])[가-힣·]{0,10}(?:시장|군수|구청장|국장|과장|팀장|담당관|동장|부서장|위원회|심의회|위원장|관리관|팀)"
    r"(?=[이가은는의을를에과와,)(]|에게|에서|으로|\s|$)"
)
EXCEPTION = re.compile(r"^(?:다만|단,|단서|그러나)|제외한다|제외함|그러하지 아니하다|예외로")
DUTY = re.compile(r"(?:하여|해|여|아|어|[가-힣])야\s?(?:한다|합니다|함|할|하며|하고|하되)")
MAY = re.compile(r"[가-힣]\s수\s?있(?:다|으|습|음|는|도|고)")
MAY_NOT = re.compile(
    r"[가-힣]\s수\s?없|아니\s?된다|안\s?된다|안\s?됩니다|금지|하지\s(?:못한다|못합니다|말아야|아니한다)"
)
NAMES = {
    "기한": "기한·기간",
    "금액": "금액",
    "비율": "비율",
    "수량": "횟수·수량",
    "날짜": "날짜",
    "담당": "담당·결재",
    "효력": "의무·재량",
    "근거": "근거 법령",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A value in a text with its half-open span."""

    name: str
    text: str
    start: int
    end: int


def facts(text: str, departments: frozenset[str] = frozenset()) -> list[Fact]:
    """All facts of a text in order, none inside another."""
    found: list[Fact] = []
    taken: list[tuple[int, int]] = []
    for name, pattern in (
        ("근거", LAW),
        ("날짜", DATE),
        ("금액", AMOUNT),
        ("비율", RATE),
        ("기한", SPAN),
        ("수량", COUNT),
        ("담당", ACTOR),
    ):
        for match in pattern.finditer(text):
            if all(match.end() <= a or match.start() >= b for a, b in taken):
                taken.append(match.span())
                found.append(Fact(name, match.group().strip(" ,"), *match.span()))
    for start, end in _named(text, departments):
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
            found.append(Fact("담당", text[start:end], start, end))
    return sorted(found, key=lambda f: f.start)


def _named(text: str, departments: frozenset[str]) -> Iterator[tuple[int, int]]:
    for name in sorted(departments, key=len, reverse=True):
        at = text.find(name)
        while at >= 0:
            if at == 0 or not ("가" <= text[at - 1] <= "힣"):
                yield at, at + len(name)
            at = text.find(name, at + len(name))


def force(text: str) -> str:
    """Duty (의무), discretion (재량), prohibition (금지), or empty; the last verb decides."""
    best, name = -1, ""
    for label, pattern in (("재량", MAY), ("의무", DUTY), ("금지", MAY_NOT)):
        for match in pattern.finditer(text):
            if match.start() > best:
                best, name = match.start(), label
    return name


def date_of(match: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    """(year, month, day) of a match of DATE; None where the text is silent. Impossible ones are
    (None, None, None)."""
    year = int(match["y"]) if match["y"] else None
    month = match["m"] or match["m2"]
    day = match["d"] or match["d2"] or match["d3"]
    m = int(month) if month else None
    d = int(day) if day else None
    if (m is not None and not 1 <= m <= 12) or (d is not None and not 1 <= d <= 31):
        return None, None, None
    return year, m, d


def term_start(text: str, start: int, end: int) -> int:
    """Where a term really begins: after the topic (``신청인은 받은 날부터``), or at the words that it
    counts from (``기간 만료 3개월 전에``, ``끝나기 1개월 전에``)."""
    begun = start
    for match in re.finditer(r"[가-힣](?:은|는)\s", text[start:end]):
        rest = text[start + match.end() : end]
        if not re.match(r"(?:날|때|일)(?:부터|로)", rest):
            begun = start + match.end()
    while begun < end and text[begun].isspace():
        begun += 1
    if re.match(r"\d", text[begun:]):
        front = re.search(r"(?:[가-힣]+(?:이|가)\s)?[가-힣]+기\s$", text[:begun])
        front = front or re.search(
            r"(?<![가-힣])(?:[가-힣]*[^\W\d은는이가을를에의서로고며면도와과한된할및,]\s){1,2}$",
            text[:begun],
        )
        begun = front.start() if front else begun
    return begun
