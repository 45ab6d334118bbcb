"""Names of foreigners, in Latin letters and in Hangul, by the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.governance.privacy.lexicon import HONORIFICS, PARTICLES, word_set
from mokmin.governance.privacy.names import STRONG, alternatives, label_before, labels, words
from mokmin.governance.privacy.numbers import Found

_WORD = r"(?:[A-Z][a-z]+(?:['-][A-Z]?[a-z]+)?|[A-Z]{2,16}|[A-Z]\.)"
_LATIN = re.compile(rf"(?<![A-Za-z0-9@._/-]){_WORD}(?:(?:, ?| ){_WORD}){{0,3}}(?![A-Za-z0-9@_/-])")
_FIELD = re.compile(
    r"(?:성명|이름|성함|예금주|(?<![A-Za-z])(?:(?i:full |sur|given |first |last |user |family )?(?i:names?))|NAME|(?i:applicant|customer|owner|sender|recipient|holder|guardian))(?: ?\([^)\n]{0,10}\))?[\"']?[은는이]? ?[:：=|]? ?[\"']?$"
)
_SPOKEN = re.compile(
    r"(?:[Mm]y name is|[Tt]his is|I am|I'm|저는|제 이름은|From:|To:|Dear|Mr\.?|Ms\.?|Mrs\.?) ?$"
)
_REGARDS = re.compile(r"(?i:regards|sincerely|truly|thanks|thank you|yours),? ?\n{1,2} ?$")
_TITLE = re.compile(
    rf" ?(?:{alternatives(HONORIFICS)}|강사|교사|교수|박사|감독|선수|대표|부부|군|양)(?:{alternatives(PARTICLES)})?(?![가-힣])"
)
_NO_NAME = word_set(
    "ADDRESS ADMIN AI ALL AND CARD CCTV CITY CODE DATE DOB EMAIL "
    "ENGLISH FALSE FAX FEMALE FILE FRIDAY GIVEN GPS HOST HP ID IT "
    "KOR KOREA KOREAN MADAM MAIL MALE MOBILE MONDAY MY NAME NO "
    "NONE NULL OF OFFICER PASSPORT PDF REPUBLIC SEOUL SERVICE SIR "
    "SURNAME TEAM TEL TEST THE THURSDAY TRUE TUESDAY TYPE USA USB "
    "USER WE WEB WEDNESDAY WWW YOU"
)
_NATIONS = alternatives(
    "베트남 중국 미국 일본 몽골 필리핀 태국 캄보디아 네팔 우즈베키스탄 러시아 인도네시아 인도 미얀마 스리랑카 방글라데시 파키스탄 카자흐스탄 "
    "키르기스스탄 캐나다 영국 프랑스 독일 호주 뉴질랜드 대만 라오스 말레이시아 싱가포르 이란 이집트 나이지리아 가나 에티오피아 우크라이나 브라질 "
    "멕시코 페루 스페인 이탈리아 튀르키예 터키 시리아 예멘 아프가니스탄 남아공"
)
# Each is found by what is rare in it; the name is read backwards from there.
_OF_NATION = re.compile(rf" ?(?:씨|님)? ?\((?:{_NATIONS})[)·, ]")
_HONOURED = re.compile(rf" ?씨(?:{alternatives(PARTICLES)})?(?![가-힣])")
_CALLED = re.compile(r"이?라(?:는|고) (?:사람|분|하는|합)")
_SEVERAL = re.compile(r"(?<![가-힣])[가-힣]{2,7}(?:[ ·][가-힣]{1,6}){0,2}$")
_ONE = re.compile(r"(?<![가-힣])[가-힣]{2,7}(?:·[가-힣]{1,6}){0,2}$")
_NEXT = re.compile(r"[ ·][가-힣]{2,6}(?![가-힣])")
# Syllables that hardly any Korean word has.
_STRANGE = frozenset(
    "응옌엉쩐쯔팜흐첵쭝쑤뜨꾸옹빈쏘튀켈델셀헬슨톰릭닉쉬슈샤쟈쥬챠츄퀸펠핀힐숀왓랏캇쿤쭈짱흥꽝티"
)
_RUN = re.compile(
    rf"(?<![가-힣])(?=[가-힣]{{0,7}}[{''.join(sorted(_STRANGE))}])[가-힣]{{3,8}}(?![가-힣])"
)
_KIN = word_set("글씨 날씨 누구씨 마음씨 말씨 맵씨 모씨 불씨 솜씨 아가씨 아저씨 홀씨")


def foreign_names(text: str) -> Iterator[Found]:
    """Latin names by label, greeting, honorific or role; Hangul ones by honorific, nation or role."""
    known: set[str] = set()
    if re.search("[A-Z]", text):
        for found in _LATIN.finditer(text):
            name = found[0]
            if _no_name(name):
                continue
            if _told(text, found):
                known.add(name)
                yield found.start(), found.end(), "name", STRONG
            elif name in known and " " in name:
                yield found.start(), found.end(), "name", 0.6
    yield from _hangul(text)


def _no_name(name: str) -> bool:
    return any(word.upper().strip(".") in _NO_NAME for word in re.split("[ ,]+", name))


def _told(text: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    before = text[max(0, start - 28) : start]
    several = " " in found[0]
    if _FIELD.search(before) or (_TITLE.match(text, end) and (several or not found[0].isupper())):
        return True
    if not several:
        return False
    if _SPOKEN.search(before) or _REGARDS.search(before):
        return True
    return labels(label_before(text, start)[0])


def _hangul(text: str) -> Iterator[Found]:
    known = words()
    for found in _OF_NATION.finditer(text):
        name, start = _before(_SEVERAL, text, found.start())
        first = name.split(" ")[0]
        if labels(first) and first != name:
            start += len(first) + 1
            name = name[len(first) + 1 :]
        if name and (name[:2] not in known or labels(label_before(text, start)[0])):
            yield start, start + len(name), "name", 0.7
    for found in _HONOURED.finditer(text):
        name, start = _before(_ONE, text, found.start())
        if name + "씨" in _KIN or labels(name) or name[:3] in known or name[-1:] in "의한은는던":
            continue
        if found[0][0] == " " or not _STRANGE.isdisjoint(name):
            yield start, start + len(name), "name", 0.7
    for found in _CALLED.finditer(text):
        name, start = _before(_ONE, text, found.start())
        if len(name) > 2 and name[:2] not in known and not _STRANGE.isdisjoint(name):
            yield start, start + len(name), "name", 0.7
    for found in _RUN.finditer(text):
        name, end = found[0], found.end()
        strange = sum(c in _STRANGE for c in name)
        if (name[0] == "응" and strange < 2) or name[:2] in known or name[:3] in known:
            continue
        label, separator = label_before(text, found.start())
        if not labels(label):
            continue
        behind = _NEXT.match(text, end)
        if behind and not _STRANGE.isdisjoint(behind[0]):
            strange, end = 2, behind.end()
        if separator or strange > 1:
            yield found.start(), end, "name", 0.6


def _before(pattern: re.Pattern[str], text: str, end: int) -> tuple[str, int]:
    """The name that ends at ``end`` and where it begins; empty where there is none."""
    found = pattern.search(text[max(0, end - 24) : end])
    return (found[0], end - len(found[0])) if found else ("", end)
