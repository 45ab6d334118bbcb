"""Plain words: a maintained list of hard, foreign, discriminatory and overbearing words (plain_words.tsv).

Source: 국어기본법 제14조; 국립국어원 and 행정안전부 publish the words that offices should replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mokmin.base.korean.josa import Pair, josa, with_josa
from mokmin.knowledge.official.checks.endings import conjugated
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

WORDS = Path(__file__).parent / "plain_words.tsv"
_RESPECT = frozenset(["차별", "권위적"])
_PAIRS: dict[str, Pair] = {
    "은": "은/는", "는": "은/는", "이": "이/가", "가": "이/가", "을": "을/를", "를": "을/를", "과": "과/와",
    "와": "과/와", "으로": "으로/로", "로": "으로/로", "이라": "이라/라", "라": "이라/라", "이나": "이나/나", "나": "이나/나",
}  # fmt: skip
_FOLLOW = r"(?:[은는이가을를과와의도만]|에|에서|에게|으로|로|부터|까지|마다|이나|나|이라|라|이며|이고|인|적|별|입니다|이다|에는|에도|에서는|으로써|으로서|로서|로써|처럼|보다|께서|께|들|들이|들은|들을|들의|들에게|님)?"
# Endings of 하다 as they are written, and the ending that the plain stem takes.
_ENDS = {
    "하기로": "기로", "하기에": "기에", "하겠습니다": "겠습니다", "하였기에": "었기에", "하였으므로": "었으므로", "한다고": "ㄴ다고",
    "하자는": "자는",
    "하였습니다": "었습니다", "했습니다": "었습니다", "하였다": "었다", "했다": "었다", "하였으며": "었으며", "했으며": "었으며",
    "하였고": "었고", "했고": "었고", "하였으나": "었으나", "하였음": "었음", "했음": "었음", "하였던": "었던", "했던": "었던",
    "하시기": "시기", "하시는": "시는", "하시어": "시어", "하십시오": "십시오", "하오니": "니", "하여야": "어야", "해야": "어야",
    "하여서": "어서", "해서": "어서", "하여": "어", "해": "어", "하고자": "고자", "하고": "고", "하며": "며", "하면": "면",
    "하면서": "면서", "하지": "지", "하도록": "도록", "하게": "게", "하기": "기", "하려면": "려면", "하려는": "려는", "하려고": "려고",
    "하려": "려", "하거나": "거나", "하므로": "므로", "하는": "는", "하니": "니", "하던": "던", "하자": "자", "하되": "되",
    "합니다": "ㅂ니다", "한다": "ㄴ다", "한": "ㄴ", "할": "ㄹ", "함": "ㅁ", "함을": "ㅁ을", "함으로써": "ㅁ으로써", "함에": "ㅁ에",
}  # fmt: skip
_PASSIVE = {
    "되었습니다": "었습니다", "됐습니다": "었습니다", "되었다": "었다", "됐다": "었다", "되었으며": "었으며", "되었고": "었고",
    "되었으나": "었으나", "되었음": "었음", "되어야": "어야", "되어서": "어서", "되어": "어", "되고": "고", "되며": "며", "되면": "면",
    "되지": "지", "되도록": "도록", "되게": "게", "되기": "기", "되거나": "거나", "되므로": "므로", "되는": "는", "되니": "니",
    "되던": "던", "되오니": "니", "됩니다": "ㅂ니다", "된다": "ㄴ다", "된": "ㄴ", "될": "ㄹ", "됨": "ㅁ",
}  # fmt: skip
_IRREGULAR = re.compile(r"(?:[렵쉽돕싣묻짓낫눕굽춥덥가깝]|르|[^두]있|크|까다롭|붓)$")
_ALIKE = frozenset("고며면지기거는니도게던자되")


@dataclass(frozen=True, slots=True)
class Entry:
    """A word with its plain word, form (n, v, x) and group."""

    word: str
    plain: str
    form: str
    group: str


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """The list as it ships."""
    found: list[Entry] = []
    group = ""
    for line in WORDS.read_text("utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:].strip()
        elif line and not line.startswith("#"):
            word, plain, form = line.split("\t")
            found.append(Entry(word, plain, form, group))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Book:
    nouns: dict[str, Entry]
    verbs: dict[tuple[str, str], Entry]
    phrases: dict[str, Entry]
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def _book() -> _Book:
    nouns = {e.word: e for e in entries() if e.form == "n"}
    phrases = {e.word: e for e in entries() if e.form == "x"}
    verbs = {(e.word[:-2], e.word[-2]): e for e in entries() if e.form == "v"}

    def either(words: object) -> str:
        return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]

    roots = {root for root, _ in verbs}
    ends = either([*_ENDS, *_PASSIVE])
    pattern = re.compile(
        rf"(?<![가-힣A-Za-z])(?:(?P<x>{either([w for w in phrases if not w.startswith(('에 ', '에', '함', '임'))])})(?={_FOLLOW}(?![가-힣])|[가-힣]{{2}})"
        rf"|(?P<v>{either(roots)})(?P<end>{ends})(?![가-힣])"
        rf"|(?P<n>{either(nouns)})(?P<josa>{_FOLLOW})(?![가-힣A-Za-z]))"
        rf"|(?<=[가-힣])(?P<t>{either([w for w in phrases if w.startswith(('에 ', '에', '함', '임'))])})"
    )
    return _Book(nouns, verbs, phrases, pattern)


def check_wording(reading: Reading) -> Iterator[Finding]:
    """Words of the list, with the plain word in their place; each word once a text."""
    book = _book()
    for part in reading.prose:
        seen: set[str] = set()
        names = [m.span() for m in re.finditer(r"「[^」]*」", part.text)]
        for match in book.pattern.finditer(part.text):
            if any(a <= match.start() < b for a, b in names):
                continue
            one = _finding(part, match, book)
            if one is not None and one[0] not in seen:
                seen.add(one[0])
                yield one[1]


def _finding(part: Part, match: re.Match[str], book: _Book) -> tuple[str, Finding] | None:
    start, end = match.span()
    fix: str | None
    if phrase := match["x"] or match["t"]:
        entry = book.phrases[phrase]
        if phrase.endswith("할 것") and part.text[end : end + 1] in (
            "을",
            "이",
            "은",
            "에",
            "으",
            "도",
        ):
            return None  # 준수할 것을 확약한다: no order
        fix = entry.plain
    elif match["v"]:
        found = book.verbs.get((match["v"], "하")) if match["end"] in _ENDS else None
        found = found or (book.verbs.get((match["v"], "되")) if match["end"] in _PASSIVE else None)
        if found is None:
            return None
        entry = found
        fix = _verb(entry, match["end"])
    else:
        entry = book.nouns[match["n"]]
        fix = entry.plain + _particle(entry.plain, match["josa"])
    rule = "wording.respect" if entry.group in _RESPECT else "wording.plain"
    plain = with_josa(f"'{entry.plain}'", "으로/로")
    message = f"{with_josa(f'{chr(39)}{entry.word}{chr(39)}', '은/는')} {plain} 바꾸어 쓸 수 있습니다({entry.group})."
    return entry.word, part.finding(rule, message, start, end, fix)


def _verb(entry: Entry, ending: str) -> str | None:
    ends = _ENDS if ending in _ENDS else _PASSIVE
    stem, plain = entry.plain[:-1], ends[ending]
    if not entry.plain.endswith("다"):
        return None
    if _IRREGULAR.search(stem) and not (plain[0] in _ALIKE and not stem.endswith("있")):
        return None
    if ending in ("하시기", "하시는", "하시어", "하십시오"):
        return conjugated(stem, plain)
    return conjugated(stem, plain)


def _particle(plain: str, said: str) -> str:
    pair = _PAIRS.get(said)
    return josa(plain, pair) if pair else said
