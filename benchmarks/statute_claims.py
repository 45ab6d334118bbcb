"""True and false claims made from statutes by rule, with a fixed seed: what a verifier must tell apart.

Laws (with their decrees) are split by name: one half fits, the other judges.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mokmin.base.korean.sentences import sentence_spans
from mokmin.knowledge.answering.claims import clean, is_actor, split
from mokmin.knowledge.answering.figures import figures
from mokmin.knowledge.answering.wording import EMPTY

SEED = 20260
_POLITE = (
    (r"아니하여야 한다", "않아야 합니다"), (r"하여야 한다", "해야 합니다"), (r"되어야 한다", "돼야 합니다"),
    (r"하여서는 아니 ?된다", "해서는 안 됩니다"), (r"([어아])야 한다", r"\1야 합니다"),
    (r"아니한다", "않습니다"), (r"못한다", "못합니다"), (r"아니하다", "않습니다"), (r"한다", "합니다"),
    (r"된다", "됩니다"), (r"있다", "있습니다"), (r"없다", "없습니다"), (r"본다", "봅니다"), (r"같다", "같습니다"),
    (r"이다", "입니다"), (r"받는다", "받습니다"), (r"는다", "습니다"), (r"른다", "릅니다"), (r"친다", "칩니다"),
)  # fmt: skip
_JOINED = (
    (r"하여야 한다\.$", "하여야 하며,"),
    (r"한다\.$", "하고,"),
    (r"있다\.$", "있고,"),
    (r"된다\.$", "되고,"),
    (r"없다\.$", "없고,"),
)
_DROPPED = (
    r"\([^()]*\)", r"대통령령으로 정하는 바에 따라 ", r"(?<!법 )(?<!」 )(?<!또는 )(?<!및 )(?<!조 )제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?에 따라 ",
    r"(?<!법 )(?<!」 )(?<!또는 )(?<!및 )(?<!조 )제\d+조(?:의\d+)?(?:제\d+항)?(?:제\d+호)?에 따른 ", r"미리 ", r"관계 법령에 따라 ",
    r"(?<!법 )(?<!조 )(?<!또는 )(?<!및 )제\d+항에 따라 ", r"(?<!법 )(?<!조 )(?<!또는 )(?<!및 )제\d+항에 따른 ",
)  # fmt: skip
_NEGATED = (
    (r"하여서는 아니 ?된다\.$", "할 수 있다."), (r"하여야 한다\.$", "하지 아니하여도 된다."),
    (r"하여야 한다\.$", "하여서는 아니 된다."), (r"수 있다\.$", "수 없다."), (r"수 없다\.$", "수 있다."),
    (r"하지 아니한다\.$", "한다."), (r"하지 못한다\.$", "한다."), (r"된다\.$", "되지 아니한다."),
    (r"(?<!야 )(?<!야)(?<!아니)(?<!못)한다\.$", "하지 아니한다."), (r"받아야 한다\.$", "받지 아니하여도 된다."),
    (r"(?<!여)야 한다\.$", "야 하는 것은 아니다."), (r"하지 아니한 ", "한 "), (r"하지 아니하는 ", "하는 "), (r"있는 ", "없는 "),
)  # fmt: skip
_MODAL = (
    (r"하여야 한다\.$", "할 수 있다."), (r"할 수 있다\.$", "하여야 한다."), (r"할 수 있다\.$", "한다."),
    (r"하여서는 아니 ?된다\.$", "하지 아니할 수 있다."), (r"하지 못한다\.$", "하지 아니할 수 있다."),
    (r"(?<=[가-힣])(?<!야)한다\.$", "할 수 있다."), (r"받아야 한다\.$", "받을 수 있다."),
)  # fmt: skip
_COMPARED = (
    ("이상", "이하"), (r"이하(?! 같| \")", "이상"), ("초과", "미만"), ("미만", "초과"), ("이내", "이후"), ("이상", "미만"),
    ("전까지", "후까지"), (r"이하(?! 같| \")", "초과"), (" 전에", " 후에"), (" 후 ", " 전 "),
)  # fmt: skip
_ACTORS = [
    "보건복지부장관",
    "국토교통부장관",
    "행정안전부장관",
    "시장",
    "도지사",
    "군수",
    "구청장",
    "국세청장",
    "교육감",
    "감사위원회",
    "사업주",
    "세무서장",
    "지방의회",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its sources (title, text), what stands beside it, whether it is true."""

    kind: str
    text: str
    sources: tuple[tuple[str, str], ...]
    beside: tuple[str, ...]
    true: bool


def load(path: Path, *, fit: bool) -> list[dict[str, str]]:
    """Articles of one half of the laws; a law and its decrees are in the same half."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        family = re.sub(r"\s*시행(?:령|규칙)$", "", item["law"])
        half = hashlib.sha256(family.encode()).digest()[0] % 2 == 0
        if half is fit:
            found.append(item)
    return found


def claims(items: list[dict[str, str]], limit: int) -> Iterator[Claim]:
    """Claims of every kind over a fixed sample of articles."""
    rng = random.Random(SEED)
    rng.shuffle(items)
    pairs = [
        (item, s, e)
        for item in items[: limit * 2]
        if (found := _sentence(item, rng))
        for s, e in [found]
    ]
    for number, (item, sentence, exception) in enumerate(pairs[:limit]):
        source = ((item["title"], item["text"]),)
        beside = (polite(exception),) if exception else ()
        for kind, text in _true(sentence):
            yield Claim(kind, text, source, beside, true=True)
        other, second, _ = pairs[(number + 1) % len(pairs)]
        merged = _substitute(sentence, _JOINED)
        if merged and len(merged) < 160 and number % 2 == 0:
            rest = tuple(polite(e) for e in (exception, pairs[(number + 1) % len(pairs)][2]) if e)
            text = f"{merged[0]} {polite(second)}"
            yield Claim(
                "two sources", text, (*source, (other["title"], other["text"])), rest, true=True
            )
        if exception:
            yield Claim("exception dropped", polite(sentence), source, (), true=False)
        for kind, change in _FALSE.items():
            changed = change(sentence, rng)
            if changed is not None and changed != sentence:
                yield Claim(
                    kind, polite(changed) if number % 2 else changed, source, beside, true=False
                )


def polite(text: str) -> str:
    """합니다체, and "안에" for "이내에"."""
    for official, spoken in _POLITE:
        changed = re.sub(official + r"\.?$", spoken + ".", text)
        if changed != text:
            text = changed
            break
    return text.replace("이내에", "안에")


def _sentence(item: dict[str, str], rng: random.Random) -> tuple[str, str] | None:
    """A sentence of the article with the exception that follows it, or nothing."""
    text = item["text"]
    lines = [clean(text[a:b]) for a, b in sentence_spans(text)]
    usable = [
        i for i, line in enumerate(lines)
        if 25 <= len(line) <= 220 and line.endswith("다.") and "각 호" not in line and "다음" not in line
        and not re.match(r"다만|단,|이 경우", line) and "제외한다)" not in line and " 다만" not in line
    ]  # fmt: skip
    if not usable:
        return None
    i = rng.choice(usable)
    after = lines[i + 1] if i + 1 < len(lines) else ""
    return lines[i], after if re.match(r"다만[,\s]|이 경우.*제외", after) else ""


def _true(sentence: str) -> Iterator[tuple[str, str]]:
    yield "verbatim", sentence
    yield "polite", polite(sentence)
    cut = re.search(r"(?:경우에는|때에는|경우|하고,|하며,|따라|위하여),?\s", sentence)
    if cut and len(sentence) - cut.end() >= 15:
        yield "part", polite(sentence[cut.end() :])
    words = sentence.split()
    phrase = re.search(r"\s(\S+ (?:이내에|전까지|이상을|안에)) ", sentence)
    if phrase:
        yield "reordered", polite(f"{phrase[1]} {sentence.replace(phrase[0], ' ', 1)}")
    elif re.search(r"[은는]$", words[0]) and re.search(r"(?:에게|으로|에)$", words[1]):
        yield "reordered", polite(" ".join([words[1], words[0], *words[2:]]))
    short = sentence
    for pattern in _DROPPED:
        short = re.sub(pattern, "", short)
    if short != sentence and len(short) >= 15:
        yield "shortened", polite(short)


def _substitute(
    text: str, rules: tuple[tuple[str, str], ...], rng: random.Random | None = None
) -> list[str]:
    found = [re.sub(a, b, text, count=1) for a, b in rules if re.search(a, text)]
    if rng is not None and found:
        return [rng.choice(found)]
    return found[:1]


def _figure(kinds: Callable[[str], bool]) -> Callable[[str, random.Random], str | None]:
    def change(text: str, rng: random.Random) -> str | None:
        found = [f for f in figures(text) if kinds(f.kind)]
        if not found:
            return None
        figure = rng.choice(found)
        digits = rng.choice(list(re.finditer(r"\d+", figure.text)))
        value = int(digits.group())
        new = rng.choice(
            [v for v in (value + 1, value * 2, max(1, value - 1), value + 5) if v != value]
        )
        at = text.index(figure.text, figure.start) + digits.start()
        return text[:at] + str(new) + text[at + len(digits.group()) :]

    return change


def _rule(rules: tuple[tuple[str, str], ...]) -> Callable[[str, random.Random], str | None]:
    return lambda text, rng: next(iter(_substitute(text, rules, rng)), None)


def _actor(text: str, rng: random.Random) -> str | None:
    found = [m for m in re.finditer(r"[가-힣]+", text) if is_actor(split(m.group())[0])]
    if not found:
        return None
    match = rng.choice(found)
    stem = split(match.group())[0]
    new = rng.choice([a for a in _ACTORS if a not in text])
    return text[: match.start()] + new + text[match.start() + len(stem) :]


def _swap(text: str, rng: random.Random) -> str | None:
    """Two figures of one kind change places, or a subject with a recipient or an object."""
    found = figures(text)
    pairs = [
        (a, b) for a in found for b in found
        if a.end <= b.start and a.kind == b.kind and a.text != b.text
        and not (a.kind == "article" and len(text[a.end : b.start]) < 8)
    ]  # fmt: skip
    if pairs:
        a, b = pairs[0]
        return (
            text[: a.start]
            + b.text
            + text[a.start + len(a.text) : b.start]
            + a.text
            + text[b.start + len(b.text) :]
        )
    words = [(m, *split(m.group())) for m in re.finditer(r"[가-힣]+", text)]
    subject = [w for w in words if w[2] in {"TOP", "SUB"} and not w[3] and w[1] not in EMPTY]
    others = [
        w
        for w in words
        if w[2] in {"DAT", "OBJ"}
        and not w[3]
        and w[1] not in EMPTY
        and not w[1].endswith(("는", "은", "던", "하여", "막"))
        and w[1] != (subject[0][1] if subject else "")
    ]
    if not subject or not others:
        return None
    (m1, s1, *_), (m2, s2, *_) = sorted(
        [subject[0], rng.choice(others)], key=lambda w: w[0].start()
    )
    return (
        text[: m1.start()]
        + s2
        + text[m1.start() + len(s1) : m2.start()]
        + s1
        + text[m2.start() + len(s2) :]
    )


def _and_or(text: str, _rng: random.Random) -> str | None:
    if " 또는 " in text:
        return text.replace(" 또는 ", " 및 ", 1)
    return text.replace(" 및 ", " 또는 ", 1) if " 및 " in text else None


def _quantifier(text: str, rng: random.Random) -> str | None:
    if re.search(r"(?<![가-힣])(?:모든|모두|전부) ", text):
        return re.sub(r"(?<![가-힣])(?:모든|모두|전부) ", "일부 ", text, count=1)
    words = text.split()
    return " ".join([words[0], rng.choice(["항상", "모든 경우에", "언제나"]), *words[1:]])


_FALSE: dict[str, Callable[[str, random.Random], str | None]] = {
    "number": _figure(lambda k: k not in {"원", "article", "date"}),
    "amount": _figure(lambda k: k == "원"),
    "date": _figure(lambda k: k == "date"),
    "article": _figure(lambda k: k == "article"),
    "actor": _actor,
    "negated": _rule(_NEGATED),
    "modality": _rule(_MODAL),
    "comparison": lambda text, rng: next(iter(_substitute(text, _COMPARED, rng)), None),
    "swapped": _swap,
    "and/or": _and_or,
    "quantifier": _quantifier,
}
