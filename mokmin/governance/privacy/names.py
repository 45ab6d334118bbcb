"""Names of people, by their syllables and the words around them.

A word counts as a Korean name when it begins with a surname, is no word of the law or of public
guides (``words.txt``, drawn from the shipped statutes and public corpora), and something says that
a person is meant. How much is asked of the word depends on that witness:

- strong (``성명:``, 씨, 님, a column of names): any syllables after the surname;
- fair (a title, a word for a role before it, another name or a number of a person beside it):
  syllables that given names have;
- none: a frequent surname and two syllables of most given names.

A name found once counts wherever the same text has it again. Foreign names are in ``foreign.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from mokmin.governance.privacy.lexicon import (
    BARE_FIRST,
    BARE_SECOND,
    COMMON,
    DOUBLE,
    FIRST,
    FREQUENT,
    HISTORICAL,
    HONORIFICS,
    LABELS,
    NAME_LABELS,
    PARTICLES,
    SECOND,
    SURNAMES,
    TITLES,
)
from mokmin.governance.privacy.numbers import Found

STRONG, FAIR, NONE = 0.9, 0.8, 0.6


def alternatives(words: str) -> str:
    """A pattern for any of some words, the longest first."""
    return "|".join(re.escape(w) for w in sorted(set(words.split()), key=len, reverse=True))


_TITLE_WORDS = frozenset(TITLES.split())
_END = r"(?![가-힣])"
_RUN = re.compile(rf"(?<![가-힣A-Za-z0-9])[{''.join(sorted(SURNAMES))}][가-힣]{{1,11}}")
_WIDE = re.compile(
    rf"(?<![가-힣])(?P<name>[{''.join(sorted(SURNAMES))}] {{1,4}}[가-힣](?: {{1,4}}[가-힣])?)(?![가-힣]{{2}})"
)
_TAIL = re.compile(rf"(?:{alternatives(PARTICLES)})?{_END}")
_TITLE = re.compile(
    rf"[ \n]?(?:전 |현 |前 |[가-힣]{{1,6}}(?:과|국|부|팀) )?(?:{alternatives(TITLES)})(?:님)?(?:들)?(?:{alternatives(PARTICLES)})?{_END}"
)
_HONORIFIC = re.compile(
    rf" ?(?:{alternatives(HONORIFICS)})(?:들)?(?:{alternatives(PARTICLES)})?{_END}"
)
_SHORT_HONORIFIC = re.compile(
    rf"(?: ?(?:씨|님)| (?:씨|님|여사|귀하|주무관|팀장|과장|어르신|할머니|할아버지))(?:{alternatives(PARTICLES)})?{_END}"
)
_SHORT_ALONE = re.compile(r"[,.)(\n/]|$")
# A place or a work named after somebody.
_NAMESAKE = re.compile(
    r" ?(?:(?:장군|선생|의사|열사|박사|시인|작가) )?(?:기념|추모|탄신|기념관|박물관|미술관|문학관|문학상|생가|동상|컨벤션|거리|대교|체육관|공원|광장|길(?![가-힣])|로(?= ?\d)|건설|은행|병원|의원(?= ?\()|약국|식당|산업|전자|물산|마을|아파트|시장(?!님)|초등|중학|고등|대학)"
)
_FACTS = re.compile(
    r" ?[(/](?:남|여|만 ?\d|\d{2}세|\d{2}[,)·]|\d{2,3}동|초\d|[가-힣 ]{2,12}(?:[과팀실국사소]|교수|대표|의원|위원)[,)]|☎|01\d|\d{6}-|주민|19\d\d|20\d\d[.년]|현 |전 |[一-龥])"
    r"|의 (?:집|주민|생년|연락|전화|주소|휴대|계좌|소득|유족|상속|배우자|자녀|예금)| 외 \d{1,3}[명인]| 명의|[ ,/]{1,3}(?:01\d[-. ]?\d{3,4}|\d{6}-)"
    r"|이?라(?:는|고)(?: 하|합| (?:사람|분|이름))|[ ]?\((?:서명|인)|\(\d{2,3}\)"
)
# Last syllables that are a particle or ending more often than part of a given name.
_ENDINGS = frozenset("라지고게면며서은이의한인일용과로도를을가만할되하는에기직집장")
# Last syllables of nouns that no list of words holds all of.
_NOUN_ENDINGS = frozenset("장권기관서과팀실국부처비금액률율자품증법상일")
_NO_NAME_ENDINGS = frozenset("리각부갑을를의와과는한해다라래구동도게고운")
_PARTICLE_ENDS = frozenset("의가를을와는에과도로만")
_INTRODUCED = re.compile(r"(?:이름은|저는|나는|성함은|성명은|저|제가) (?:[가-힣]{1,6} ){0,4}$")
_BESIDE = re.compile(r"(?:[,、·ㆍ/] ?| ?(?:와|과|및|하고|이랑|랑) |이와 )$")
_JOINT = re.compile(r"(?:[,、·ㆍ/] ?| ?(?:와|과|및|하고|이랑|랑) )")
_LINE_HEAD = re.compile(
    r"(?:^|[\n\]])[ \t■□○●◦·ㆍ▶*#|※-]{0,4}(?:[0-9]{1,3}[.)]? ?|[가-하][.)] ?|\[[^\]\n]{1,16}\] ?)?$"
)
_LINE_FOLLOWS = re.compile(r"[ \t]{0,3}(?:[:：|(/\t,]|\n|$)")
_SPEAKS = re.compile(r" ?[:：](?!\d)")


@cache
def words() -> frozenset[str]:
    """Beginnings of words that are no names."""
    text = resources.files(__package__).joinpath("words.txt").read_text(encoding="utf-8")
    return frozenset(w for line in text.splitlines() if line[:1] != "#" for w in line.split())


def names(text: str, near: bytearray) -> Iterator[Found]:
    """Korean names of persons, without title or honorific.

    ``near`` marks the characters of ``text`` that belong to numbers of persons already found.
    """
    last = -10
    known: dict[str, float] = {}
    starts: set[int] = set()
    doubtful: list[tuple[int, str]] = []
    listed = words()
    for found in _RUN.finditer(text):
        run, start = found[0], found.start()
        if run[:3] in listed and run[:2] in listed:
            continue
        for length in (4, 3, 2) if run[:2] in DOUBLE else (3, 2):
            name = run[:length]
            if len(name) < length or _word(name):
                continue
            beside = start - last < 6 and bool(_BESIDE.search(text[last:start]))
            confidence = _weigh(text, start, name, beside, near)
            if confidence:
                last = start + length
                if length > 2 and confidence > NONE:
                    known[name] = confidence
                starts.add(start)
                yield start, last, "name", confidence
                break
        else:
            if len(run) > 2:
                doubtful.append((start, run))
    for start, run in doubtful:
        for length in (4, 3):
            if run[:length] in known and len(run) - length < 5:
                yield start, start + length, "name", NONE
                break
        else:
            end = start + 3
            joint = _JOINT.match(text, end)
            if joint and joint.end() in starts and _usual(run[:3]) and not _word(run[:3]):
                yield start, end, "name", NONE
    yield from _wide(text)


def _wide(text: str) -> Iterator[Found]:
    """Names with blanks between their syllables: 김 영 자 할머니, 위원 정   훈."""
    for found in _WIDE.finditer(text):
        name = re.sub(" +", "", found["name"])
        if (len(name) == 3 and not _usual(name)) or name in words():
            continue
        if len(name) == 2 and (name[0] not in COMMON or name[1] not in SECOND):
            continue
        start, end = found.span("name")
        label, separator = label_before(text, start)
        honoured = _HONORIFIC.match(text, end) or (len(name) == 3 and _TITLE.match(text, end))
        strong = labels(label) and (
            separator or label in NAME_LABELS or "  " in text[start - 2 : end]
        )
        if strong or (honoured and name[0] in COMMON and name[1] in SECOND):
            yield start, end, "name", FAIR


def label_before(text: str, start: int) -> tuple[str, bool]:
    """The word before a place, blanks inside it taken out, and whether a separator follows it."""
    at = start
    while at > 0 and start - at < 8 and text[at - 1] in " \n":
        at -= 1
    separator = at > 0 and text[at - 1] in ":/|])=;>,"
    if separator and text[at - 1] == ")":
        opened = text.rfind("(", max(0, at - 14), at)
        if opened < 0:
            return "", False
        separator = False
        at = opened
    elif separator:
        at -= 1
        while at > 0 and text[at - 1] == " " and start - at < 12:
            at -= 1
        if at > 0 and text[at - 1] == ")":
            opened = text.rfind("(", max(0, at - 14), at)
            at = opened if opened >= 0 else at
    elif at == start:
        return "", False
    while at > 0 and text[at - 1] == " ":
        at -= 1
    end = at
    while at > 0 and end - at < 10 and "가" <= text[at - 1] <= "힣":
        at -= 1
    word = text[at:end]
    # 성 명, 신 청 인
    while len(word) < 5 and at > 2 and text[at - 1] == " " and end - at == len(text[at:end]):
        gap = at
        while gap > 0 and text[gap - 1] == " " and at - gap < 6:
            gap -= 1
        if gap < 1 or not "가" <= text[gap - 1] <= "힣" or len(text[at:end].split()[0]) > 1:
            break
        if gap > 1 and "가" <= text[gap - 2] <= "힣":
            break
        at = gap - 1
        word = text[at] + word
    return word, separator


def labels(word: str) -> bool:
    """Whether a word, or its end, names a role that somebody has."""
    if not word:
        return False
    for stem in (word, word[:-1] if word[-1] in "은는이가인" else ""):
        if stem in LABELS or any(stem[-size:] in LABELS for size in (2, 3, 4) if len(stem) > size):
            return True
    return False


def _word(name: str) -> bool:
    """Whether a candidate is the beginning of a word, or a word with its particle."""
    known = words()
    if name in known or name[:3] in known or labels(name):
        return True
    if len(name) < 3:
        return False
    if name[2] in "이은인들" and (labels(name[:2]) or name[:2] in _TITLE_WORDS):
        return True
    return name[2] in _PARTICLE_ENDS and (name[:2] in known or labels(name[:2]))


def _usual(name: str) -> bool:
    """Whether its last two syllables are such as given names have."""
    return name[-2] in FIRST and name[-1] in SECOND


def _weigh(text: str, start: int, name: str, beside: bool, near: bytearray) -> float:
    """How sure it is that ``name`` at ``start`` is one: 0 for no."""
    end = start + len(name)
    tail = _TAIL.match(text, end)
    title = _TITLE.match(text, end)
    honorific = _HONORIFIC.match(text, end)
    if not (tail or title or honorific) or _NAMESAKE.match(text, end):
        return 0.0
    label, separator = label_before(text, start)
    told = labels(label)
    if name in HISTORICAL and not (told or _SHORT_HONORIFIC.match(text, end)):
        return 0.0
    if len(name) == 2:
        return _weigh_short(text, start, name, label, separator)
    usual = _usual(name)
    certain = (told and separator) or label in NAME_LABELS or honorific
    if certain and (usual or name[-1] not in _NOUN_ENDINGS):
        return STRONG
    if not usual:
        return 0.0
    if title or told or _FACTS.match(text, end):
        return FAIR
    if name[-1] in _ENDINGS and name[:2] in words():
        return 0.0
    if beside or _marked(text, start, end, near) or _listed(text, start, end):
        return FAIR
    if _INTRODUCED.search(text[max(0, start - 32) : start]):
        return FAIR
    return NONE if _bare(text, name, end) else 0.0


def _marked(text: str, start: int, end: int, near: bytearray) -> bool:
    """Whether a number of a person stands right before or soon behind on the same line."""
    before = near[max(0, start - 3) : start]
    if any(before) and "\n" not in text[max(0, start - 3) : start]:
        return True
    behind = near[end : end + 14].lstrip(b"\0")
    return bool(behind) and "\n" not in text[end : min(len(text), end + 14) - len(behind)]


def _listed(text: str, start: int, end: int) -> bool:
    """Whether it opens a line as the one who speaks or as an item of a list."""
    if not _LINE_HEAD.search(text[max(0, start - 24) : start]):
        return False
    return bool(_SPEAKS.match(text, end)) or bool(
        _LINE_FOLLOWS.match(text, end) and text[start - 1 : start] not in ("", "\n")
    )


def _bare(text: str, name: str, end: int) -> bool:
    """Whether a usual name without any witness is one: no verb, no road, no word with a particle."""
    if name[0] not in COMMON or name[-1] in _NO_NAME_ENDINGS or name[:2] in DOUBLE:
        return False
    if name[0] not in FREQUENT and not (name[1] in BARE_FIRST or name[2] in BARE_SECOND):
        return False
    behind = text[end : end + 1]
    return not (
        (name[-1] in "하되" and behind in ("는", "고")) or (name[-1] == "대" and behind == "로")
    )


def _weigh_short(text: str, start: int, name: str, label: str, separator: bool) -> float:
    """Names of two syllables (김구, 정훈), or a surname's bearer named without it (훈 씨)."""
    if name[0] not in COMMON or name[1] not in SECOND:
        return 0.0
    end = start + 2
    if _SHORT_HONORIFIC.match(text, end):
        return 0.7
    alone = not re.match("[가-힣]", text[end : end + 1])
    if (labels(label) and separator) or (
        alone and labels(label) and (label in NAME_LABELS or _SHORT_ALONE.match(text, end))
    ):
        return 0.7
    return 0.0
