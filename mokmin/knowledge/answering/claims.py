"""A sentence as what can be compared: words with their case, predicates with polarity and modality.

By rule on the words as they stand, so that a verdict can say which word it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mokmin.knowledge.answering.figures import Figure, figures, plain
from mokmin.knowledge.answering.wording import EMPTY

# What a predicate says of its head.
PLAIN, INNER, MUST, MAY, NOT, CANNOT, MUST_NOT, EXEMPT, AS_BEFORE = (
    "한다", "하는", "하여야 한다", "할 수 있다", "하지 않는다", "할 수 없다", "하여서는 안 된다",
    "하지 않아도 된다", "그러하지 아니하다",
)  # fmt: skip
NEGATIVE = frozenset({NOT, CANNOT, MUST_NOT, EXEMPT})

_EDITORIAL = re.compile(
    r"\s*(?:<[^<>]{2,200}>|\[(?:본조신설|전문개정|제목개정|종전|시행일)[^\]]*\])"
)
_HEADING = re.compile(r"^\s*제\d+조(?:의\d+)?\s*\([^)]*\)\s*")
_MARK = re.compile(
    r"^\s*(?:[①-⑳]|\d{1,2}(?:의\d+)?\.(?=\s)|[가-하]\.(?=\s)|\d{1,2}\)|[가-하]\)|[-·•○□◦▪※])\s*"
)
_ALIAS = re.compile(r"\((?:이하|以下)[^()]*(?:\([^()]*\)[^()]*)*\)")
_HANJA = re.compile(r"\([一-鿿·\s]+\)")
_PARENTHESIS = re.compile(
    r"([가-힣]+)(\([^()]{1,200}\))(을|를|은|는|이|가|의|에게|에|과|와|으로|로)(?=\s)"
)
_SPACING = (
    (re.compile(r"(?<=[가-힣])야(?=(?:한다|합니다|하며|하고|함|된다|됩니다)(?:[.,\s]|$))"), "야 "),
    (re.compile(r"(?<=[가-힣])수(?=(?:있|없))"), "수 "),
    (re.compile(r"아니(?=[된되될됨됩])"), "아니 "),
    (re.compile(r"(?<=[\s])안(?=[된되될됨됩돼하한할합해])"), "안 "),
    (re.compile(r"(?<=[도])(?=(?:된다|됩니다|되며|되고)(?:[.,\s]|$))"), " "),
)
_TOKEN = re.compile(r"[0-9A-Za-z가-힣㎡%∼~]+")
_PARTICLES = (
    ("DAT", ("에게서", "에게는", "에게도", "에게만", "에게", "한테", "께")),
    ("FROM", ("으로부터", "로부터", "에서는", "에서도", "에서")),
    ("AT", ("에는", "에도", "에만")),
    ("INS", ("으로는", "로는")),
    ("TOP", ("께서는", "으로서는", "로서는", "이라도", "은", "는", "도", "만")),
    ("SUB", ("께서", "이", "가")),
    ("OBJ", ("을", "를")),
    ("GEN", ("의",)),
    ("INS", ("으로써", "로써", "으로", "로")),
    ("AT", ("에",)),
    ("AND", ("과", "와")),
    ("OR", ("이나", "나")),
    ("", ("으로서", "로서", "까지", "부터", "마다", "보다", "처럼", "조차", "밖에")),
)
_VERBAL = re.compile(
    r"^(?P<stem>[가-힣A-Za-z]{2,}?)(?:"
    r"(?:하|되|시키)(?:|여|여야|여서|여서는|여도|였다|였던|였을|였거나|지|지는|지도|는|며|면|면서|고|고서|고자|"
    r"거나|게|기|려|려는|려면|도록|다|던|자|니|므로|여금|더라도|나|신|는데|기로|어|어야|어서|어도|었다|었던|었을)"
    r"|(?:한|된|시킨)(?:|다|다고|자|지|다는|데)|(?:할|될|시킬)(?:|지|수록)|(?:함|됨)(?:|을|이|으로|은|과|에)"
    r"|(?:합|됩|시킵)니다|(?:해|돼|시켜)(?:|야|서|서는|도|주는|집니다)|(?:했|됐)(?:다|던|을|으면|습니다|거나)"
    r"|인|이며|이고|입니다|이다|이어야|여야|일"
    r")$"
)
_SUPPORT = re.compile(r"^(?:하|한|할|함|합|해|했|되|된|될|됨|됩|돼)[가-힣]{0,3}$")
_ENDING = re.compile(
    r"(?:여야|어야|아야|야|여서는|어서는|아서는|서는|여도|어도|아도|지는|지도|지를|지)$"
)
_LIVES = re.compile(
    r"(?:자|인|주체|사람|시장|군수|구청장|지사|장관|청장|기관|위원회|위원장|위원|원장|법원|행정청|정부|국가|"
    r"단체|의회|의장|총리|대통령|사업자|업자|공무원|검사|판사|직원|주민|법인|회사|조합|공단|공사|협회|교육감|"
    r"사업주|고용주|건축주|소유주|국민|소장|서장|부장|국장|과장|처장|차관|당사자|대표자|신청인|청구인)$"
)
_NOT_ACTORS = frozenset(
    [
        "전자",
        "투자",
        "이자",
        "문자",
        "확인",
        "승인",
        "원인",
        "본인확인",
        "개인",
        "법인세",
        "부인",
        "통상인",
        "임원",
        "국가",
        "인자",
        "공인",
        "날인",
        "할인",
        "경우",
    ]
)
_ALL = re.compile(
    r"(?<![가-힣])(?:모든|모두|전부|언제나|항상|누구나|전체|예외\s?없이|무조건|어떤\s경우에도)"
)
_SOME = re.compile(r"(?<![가-힣])일부(?!터)")
_ONLY = re.compile(
    r"(?<=[가-힣])(?:에만|에게만|(?<![십백천])만(?=\s|을|이)|에 한하|에 한정|로 한정)|오직|오로지"
)
_ORDER = re.compile(
    r"(?P<event>[가-힣]{2,})\s?(?:(?P<before>이전|전)|이후|후|뒤)(?=에|까지|의|부터|,|\s|$)"
)
_JOIN = re.compile(
    r"(?P<left>[가-힣A-Za-z]+)\s?(?:(?P<and>및|그리고|와|과)|(?P<or>또는|혹은|이나|거나|나))\s(?P<right>[0-9가-힣A-Za-z,]+)"
)
_LINKS = frozenset({"및", "또는", "혹은", "그리고"})
_LONE_PARTICLES = {p: role for role, endings in _PARTICLES for p in endings if role}
NAMED = re.compile(r"[「『]([^」』]{2,60})[」』]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: ``stem`` less its particle or ending; ``role`` by its particle (TOP, SUB, OBJ, DAT,
    GEN, AT, INS, FROM, AND, OR or empty); ``figure``: position in the sentence's figures, or -1."""

    stem: str
    role: str
    figure: int = -1
    verbal: bool = False
    full: str = ""


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of a head (the stem of a verb, or the noun before 하다); ``near`` are the words
    before it, which tell two of the same head apart."""

    head: str
    mode: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sentence made comparable. ``squeezed``: letters and digits only, for finding words whose
    spacing differs."""

    text: str
    words: tuple[Word, ...]
    figures: tuple[Figure, ...]
    predicates: tuple[Predicate, ...]
    joins: tuple[tuple[str, bool, str], ...]
    names: tuple[str, ...]
    squeezed: str
    orders: frozenset[tuple[str, bool]] = frozenset()
    flags: dict[str, bool] = field(default_factory=dict)

    @property
    def final(self) -> str:
        """The polarity and modality that the sentence ends on."""
        return self.predicates[-1].mode if self.predicates else PLAIN


def is_actor(stem: str) -> bool:
    """Whether a word names someone who acts (an agency, an office, a person)."""
    return len(stem) >= 2 and stem not in _NOT_ACTORS and _LIVES.search(stem) is not None


def clean(text: str) -> str:
    """Without editorial notes, heading, item mark, defined short names and hanja."""
    text = _MARK.sub("", _HEADING.sub("", _EDITORIAL.sub("", text)))
    return plain(_HANJA.sub("", _ALIAS.sub("", _MARK.sub("", text)))).strip()


def parse(text: str) -> Parsed:
    """A claim or a source sentence, made comparable."""
    text = clean(text)
    for pattern, spaced in _SPACING:
        text = pattern.sub(spaced, text)
    text = _PARENTHESIS.sub(r"\1\3 \2", text)
    found = figures(text)
    words = tuple(_words(text, found))
    joins = tuple((split(m["left"])[0], bool(m["and"]), split(m["right"])[0]) for m in _joins(text))
    flags = {
        "all": _ALL.search(text) is not None,
        "some": _SOME.search(text) is not None,
        "only": _ONLY.search(text) is not None,
    }
    orders = frozenset((_event(m["event"]), bool(m["before"])) for m in _ORDER.finditer(text))
    squeezed = "".join(re.findall(r"[0-9a-z가-힣]+", text.lower()))
    return Parsed(
        text, words, tuple(found), tuple(_predicates(words)), joins,
        tuple(NAMED.findall(text)), squeezed, orders, flags,
    )  # fmt: skip


def _event(word: str) -> str:
    return split(word[:-1] if word.endswith("기") else word)[0]


def _joins(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while (match := _JOIN.search(text, at)) is not None:
        yield match
        at = match.start("right")


def split(word: str) -> tuple[str, str, bool]:
    """Stem, role and whether it is a verb: ``시장에게`` is (시장, DAT, False)."""
    if match := _VERBAL.match(word):
        return match["stem"], "", True
    for role, endings in _PARTICLES:
        for ending in endings:
            if word.endswith(ending) and len(word) - len(ending) >= (2 if len(ending) == 1 else 1):
                return word[: -len(ending)], role, False
    return word, "", False


def _words(text: str, found: list[Figure]) -> list[Word]:
    """Words and figures in order. In a list (시장·군수는, 시장 및 군수는) all share the last one's role;
    a particle that stands alone (after a parenthesis) belongs to the word before it."""
    words: list[Word] = []
    listed: list[bool] = []
    at = 0
    for number, figure in enumerate([*found, None]):
        until = figure.start if figure else len(text)
        for match in _TOKEN.finditer(text, at, until):
            stem, role, verbal = split(match.group())
            words.append(Word(stem, role, -1, verbal, match.group()))
            listed.append(text[match.end() : match.end() + 1] in {"·", ","})
        if figure:
            words.append(Word(figure.text, "", number, False, figure.text))
            listed.append(False)
            at = figure.end
    for i in range(len(words) - 2, -1, -1):
        word, following = words[i], words[i + 1]
        role = ""
        if word.figure >= 0 or word.verbal:
            continue
        if not word.role and following.full in _LONE_PARTICLES:
            role = _LONE_PARTICLES[following.full]
        elif (
            (not word.role and following.stem == "등")
            or (listed[i] and not word.role)
            or word.role in {"AND", "OR"}
        ):
            role = following.role
        elif not word.role and following.full in _LINKS and i + 2 < len(words):
            role = words[i + 2].role
        if role:
            words[i] = replace(word, role=role)
    return words


def _predicates(words: tuple[Word, ...]) -> Iterator[Predicate]:
    """The predicates in order; a mark of modality takes the word before it as its head."""
    texts = [w.full for w in words]
    i = 0
    while i < len(words):
        step, mode = _mark(texts, i)
        if mode:
            yield _predicate(words, i, mode)
            i += step
            continue
        if words[i].figure < 0 and (words[i].verbal or _FINAL.search(texts[i])):
            kind = PLAIN if _FINAL.search(texts[i]) or _LINKING.search(texts[i]) else INNER
            yield _predicate(words, i, kind)
        i += 1


def _predicate(words: tuple[Word, ...], i: int, mode: str) -> Predicate:
    head = _head(words, i, mode)
    stems = [w.stem for w in words[max(0, i - 4) : i] if w.stem not in EMPTY and w.stem != head]
    return Predicate(head, mode, tuple(stems[-2:]))


_FINAL = re.compile(r"(?:[가-힣]다|니다|[해돼에]요)$")
_LINKING = re.compile(r"(?:고|며|거나|되|[하되]여|해)$")
_HINT = re.compile(
    r"(?:아니|않|안$|못|말|수[가는도]?$|[하한할함합해된되될됨됩돼]|금지|불가|없|있|외의|의무가|필요|가능|무방|괜찮|아닌)"
)
_RULES: tuple[tuple[str, str], ...] = (
    # Joined by blanks, from the word that carries the head on.
    (r"\S+지 (?:아니하여서는|아니하면|않으면|않아서는) (?:아니|안) [된되될됨됩돼]\S*", MUST),
    (r"\S+지 (?:아니하여도|않아도|아니해도) (?:[된되될됨됩돼]|무방|괜찮)\S*", EXEMPT),
    (r"\S+지 (?:아니할|않을) 수 있\S*", EXEMPT),
    (r"\S*(?:서는|서|면) (?:아니|안) 되지 (?:않|아니)\S*", EXEMPT),
    (r"\S+야 하지 (?:아니|않)\S*", EXEMPT),
    (r"\S+야 하는 것은 아니\S*", EXEMPT),
    (r"\S+야 할 수 있\S*", MAY),
    (r"\S+ 안 (?:해도|하여도) [된되될됨됩돼]\S*", EXEMPT),
    (r"그러하지 (?:아니|않)\S*", AS_BEFORE),
    (r"\S*(?:서는|서|면) (?:아니|안) [된되될됨됩돼]\S*", MUST_NOT),
    (r"\S+지[는도를]? (?:못|말)\S*", CANNOT),
    (r"\S+지[는도를]? (?:아니|않)\S*", NOT),
    (r"\S+ 안 [하한할함합해]\S*", NOT),
    (r"\S+ 수[가는도]? 없\S*", CANNOT),
    (r"\S+ 수[가는도]? 있\S*", MAY),
    (r"\S+야[만]? (?:[하한할함합해]|[된되될됨됩돼])\S*", MUST),
    (r"\S+도 (?:[된되될됨됩돼]|무방|괜찮)\S*", MAY),
    (r"\S+ (?:금지|불가|불가능)(?:[된되될됨됩하한할함합]\S*|이\S*|다\S*|)", MUST_NOT),
    (r"\S+ (?:의무가|필요가|필요는) 없\S*", EXEMPT),
    (r"\S+ 의무가 있\S*", MUST),
    (r"\S+ 가능[하한할함합]\S*", MAY),
    (r"\S+[이가] 있\S*", INNER),
    (r"\S+ (?:없|아닌|아니|외의)\S*", NOT),
)
_COMPILED = tuple((re.compile(rule), mode, rule.count(" ") + 1) for rule, mode in _RULES)


def _mark(texts: list[str], i: int) -> tuple[int, str]:
    if i + 1 >= len(texts) or not _HINT.match(texts[i + 1]):
        return 1, ""
    rest = " ".join(texts[i : i + 4])
    for pattern, mode, size in _COMPILED:
        if pattern.match(rest):
            return size, mode
    return 1, ""


def _head(words: tuple[Word, ...], i: int, mode: str) -> str:
    word = words[i]
    text = word.full
    if mode == AS_BEFORE:
        return ""
    if _SUPPORT.match(text) and i > 0:
        return words[i - 1].stem
    if word.verbal:
        return word.stem
    if mode in {PLAIN, INNER}:
        return re.sub(r"(?:[한된]다|[합됩]니다|[는은]다|습니다|니다|다|요)$", "", text) or text
    cut = _ENDING.sub("", text)
    stem = split(text)[0] if cut == text else cut
    return re.sub(r"(?<=[가-힣])(?:하|되|할|될)$", "", stem) or stem
