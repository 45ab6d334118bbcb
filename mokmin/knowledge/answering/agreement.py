"""What a claim and the source it rests on may never differ in, compared by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.answering.claims import Parsed, Word, is_actor
from mokmin.knowledge.answering.comparing import Finding, meet
from mokmin.knowledge.answering.coverage import SourceSentence, has
from mokmin.knowledge.answering.figures import Figure, own_date, same_bound, same_value
from mokmin.knowledge.answering.modality import predicates
from mokmin.knowledge.answering.wording import EMPTY, OPPOSITE

_OFFICE = re.compile(
    r"(?:장관|시장|군수|구청장|지사|청장|위원회|위원장|기관|법원|정부|의회|의장|총리|대통령|교육감|공단|"
    r"공사|협회|소장|서장|처장|행정청)$"
)
_ANYONE = frozenset(
    [
        "사람",
        "국민",
        "주민",
        "본인",
        "당사자",
        "누구",
        "신청인",
        "기관",
        "담당자",
        "시민",
        "개인",
        "대상자",
    ]
)
_COMPARISON = re.compile(r"이상|이하|초과|미만")
_PART = re.compile(r"([가-힣]{2,})의\s일부(?!터)")
_CORE = frozenset({"TOP", "SUB", "OBJ"})
# The words a figure stands by: that many on each side.
WINDOW = 2
_SKIPPED = EMPTY | frozenset(
    [
        "및",
        "또는",
        "그",
        "이",
        "하",
        "한다",
        "합니다",
        "수",
        "있다",
        "있습니다",
        "따라",
        "따른",
        "의",
        "에",
        "을",
        "를",
        "은",
        "는",
        "이",
        "가",
        "로",
        "으로",
    ]
)


def disagreements(
    said: Parsed,
    sentences: Sequence[SourceSentence],
    context: str,
    effective: Sequence[date | None] = (),
) -> list[Finding]:
    """Everything in which the claim departs from the sentences it rests on, gravest kinds first.

    ``context``: titles and headers of the sources; ``effective``: their effective dates.
    """
    parsed = [s.parsed for s in sentences]
    return [
        *_figures(said, parsed, context, effective),
        *_names(said, sentences, context),
        *_actors(said, parsed, context),
        *predicates(said, parsed),
        *_exchanged(said, parsed),
        *_roles(said, parsed),
        *_joins(said, parsed),
        *_opposites(said, sentences),
        *_compared(said, parsed),
        *_flags(said, parsed),
    ]


# --- figures ----------------------------------------------------------------------------------
def _figures(
    said: Parsed, parsed: Sequence[Parsed], context: str, effective: Sequence[date | None]
) -> Iterator[Finding]:
    for number, figure in enumerate(said.figures):
        there = [(p, n) for p in parsed for n, f in enumerate(p.figures) if same_value(figure, f)]
        if not there:
            if _in_context(figure, context) and not _replaces(said, number, parsed):
                continue
            if any(own_date(figure, d) for d in effective):
                continue
            yield Finding(f"근거에 없는 {_kind(figure)}: {figure.text}")
            continue
        if not any(same_bound(figure.bound, p.figures[n].bound) for p, n in there):
            yield _bound(figure, [p.figures[n].bound for p, n in there])
        elif not any(
            _in_place(said, number, p, n)
            for p, n in there
            if same_bound(figure.bound, p.figures[n].bound)
        ):
            yield Finding(
                f"{with_josa(figure.text, '은/는')} 근거에서 다른 내용의 {_kind(figure)}입니다."
            )


def _replaces(said: Parsed, number: int, parsed: Sequence[Parsed]) -> bool:
    """Whether the source names another figure of the kind by the same words (제19조에 따른 결정)."""
    _, after = _around(said, number)
    kind = said.figures[number].kind
    return any(
        f.kind == kind and bool(after) and _around(p, n)[1][:1] == after[:1]
        for p in parsed
        for n, f in enumerate(p.figures)
    )


def _kind(figure: Figure) -> str:
    return {"article": "조항", "date": "날짜", "원": "금액"}.get(figure.kind, "숫자")


def _in_context(figure: Figure, context: str) -> bool:
    return figure.text.replace(" ", "") in context.replace(" ", "")


def _bound(figure: Figure, seen: Sequence[str]) -> Finding:
    if not figure.bound:
        return Finding(f"{figure.text}의 범위(이상·이하·이내 등)가 빠졌습니다.", hard=False)
    if all(b in {"", "부터"} for b in seen) and figure.bound in {"≤", "후", "부터"}:
        return Finding(f"{figure.text}의 범위를 근거에서 확인하지 못했습니다.", hard=False)
    return Finding(f"{figure.text}의 범위(이상·이하·초과·미만·전후)가 근거와 다릅니다.")


def _in_place(said: Parsed, number: int, source: Parsed, at: int) -> bool:
    """Whether a figure stands by the same words; asked only where the source has several of its kind."""
    kind = said.figures[number].kind
    if sum(f.kind == kind for f in source.figures) < 2:
        return True
    before, after = _around(said, number)
    left, right = _around(source, at)
    if not (before or after) or not (left or right):
        return True
    return meet(before[:1], left) or meet(after[:1], right)


def _around(parsed: Parsed, number: int) -> tuple[list[str], list[str]]:
    """The words before and after a figure, up to the next figure of its kind."""
    at = next(i for i, w in enumerate(parsed.words) if w.figure == number)
    kind = parsed.figures[number].kind
    sides: list[list[str]] = []
    for step in (-1, 1):
        side: list[str] = []
        i = at + step
        while 0 <= i < len(parsed.words) and len(side) < WINDOW:
            word = parsed.words[i]
            if word.figure >= 0 and parsed.figures[word.figure].kind == kind:
                if not side:
                    side.append(f"§{word.stem}")
                break
            if word.figure < 0 and word.stem not in _SKIPPED and word.full not in _SKIPPED:
                side.append(word.stem)
            i += step
        sides.append(side)
    return sides[0], sides[1]


# --- names and actors ---------------------------------------------------------------------------
def _names(said: Parsed, sentences: Sequence[SourceSentence], context: str) -> Iterator[Finding]:
    known = "".join((context + "".join(s.text for s in sentences)).replace("ㆍ", "·").split())
    for name in said.names:
        if "".join(name.split()) not in known:
            yield Finding(f"근거에 없는 이름입니다: {name}")


def _actors(said: Parsed, parsed: Sequence[Parsed], context: str) -> Iterator[Finding]:
    known = {w.stem for p in parsed for w in p.words} | set(re.findall(r"[가-힣]+", context))
    squeezed = " ".join(p.squeezed for p in parsed)
    for word in said.words:
        stem = word.stem
        if (
            word.verbal
            or word.figure >= 0
            or not is_actor(stem)
            or stem in known
            or stem in _ANYONE
        ):
            continue
        if len(stem) >= 5 and stem in squeezed:
            continue
        if any(k.endswith(stem) and stem in {"장관", "위원회", "위원장", "청장"} for k in known):
            continue
        if _OFFICE.search(stem):
            yield Finding(f"주체가 근거와 다릅니다: {stem}")
        else:
            yield Finding(f"근거에서 확인하지 못한 주체가 있습니다: {stem}", hard=False)


# --- roles, and/or, quantifiers -------------------------------------------------------------------
def _roles(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    for at, word in enumerate(said.words):
        if not word.role or word.verbal or word.figure >= 0 or word.stem in EMPTY:
            continue
        seen = [
            (p, i, w.role)
            for p in parsed
            for i, w in enumerate(p.words)
            if w.stem == word.stem and w.figure < 0
        ]
        if not seen or any(role == word.role for _, _, role in seen):
            continue
        if word.role == "GEN" and not is_actor(word.stem):
            continue
        near = _beside(said, at)
        beside = any(meet(near, _beside(p, i)) for p, i, role in seen if _may_be(word, role))
        if not beside:
            actor = is_actor(word.stem)
            yield Finding(
                f"{with_josa(word.stem, '이/가')} 하는 역할이 근거와 다릅니다.", hard=actor
            )


def _exchanged(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    """Two words that stand in each other's role."""
    moved: list[tuple[str, str, set[str]]] = []
    for word in said.words:
        if not word.role or word.verbal or word.figure >= 0 or word.stem in EMPTY:
            continue
        roles = {
            "SUB" if w.role == "TOP" else w.role
            for p in parsed
            for w in p.words
            if w.stem == word.stem
        }
        role = "SUB" if word.role == "TOP" else word.role
        if roles - {""} and role not in roles:
            moved.append((word.stem, role, roles))
    for n, (one, role, roles) in enumerate(moved):
        for two, other, others in moved[n + 1 :]:
            if role in others and other in roles:
                yield Finding(f"{with_josa(one, '과/와')} {two}의 역할이 서로 바뀌었습니다.")


def _beside(parsed: Parsed, at: int) -> list[str]:
    """The content words and figures around a word, two on each side."""
    found: list[str] = []
    for step in (-1, 1):
        i, taken = at + step, 0
        while 0 <= i < len(parsed.words) and taken < WINDOW:
            word = parsed.words[i]
            if word.figure >= 0 or (word.stem not in _SKIPPED and word.full not in _SKIPPED):
                found.append(word.stem)
                taken += 1
            i += step
    return found


def _may_be(word: Word, other: str) -> bool:
    """Whether a word may stand in another role and mean the same (과태료를 부과한다: 과태료는)."""
    one, actor = word.role, is_actor(word.stem)
    if not other:
        return not actor or one in {"GEN", ""}
    if {one, other} <= _CORE:
        return not actor or "OBJ" not in {one, other}
    if actor:
        return {one, other} in (
            {"GEN", "SUB"}, {"GEN", "TOP"}, {"FROM", "DAT"}, {"FROM", "SUB"},
        )  # fmt: skip
    return True


def _joins(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    source = {join for p in parsed for join in p.joins}
    for left, both, right in said.joins:
        if (left, not both, right) in source and (left, both, right) not in source:
            yield Finding(f"'그리고'와 '또는'이 근거와 다릅니다: {left}, {right}")


def _opposites(said: Parsed, sentences: Sequence[SourceSentence]) -> Iterator[Finding]:
    for word in said.words:
        for opposite in OPPOSITE.get(word.stem, ()):
            if len(opposite) < 2 or any(has(word.stem, s) for s in sentences):
                continue
            if any(w.stem == opposite for s in sentences for w in s.parsed.words):
                yield Finding(f"근거와 반대되는 말입니다: {word.stem}")


def _compared(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    """Comparison words that stand by a noun (정원을 초과하여), not by a figure."""
    source = {pair for p in parsed for pair in _comparisons(p)}
    for noun, word in _comparisons(said):
        if (noun, word) not in source and any(n == noun for n, _ in source):
            yield Finding(f"비교하는 말(이상·이하·초과·미만)이 근거와 다릅니다: {noun} {word}")


def _comparisons(parsed: Parsed) -> Iterator[tuple[str, str]]:
    for before, word in pairwise(parsed.words):
        match = _COMPARISON.match(word.full)
        if match and before.figure < 0 and word.figure < 0:
            yield before.stem, match.group()


def _flags(said: Parsed, parsed: Sequence[Parsed]) -> Iterator[Finding]:
    there = {name: any(p.flags[name] for p in parsed) for name in said.flags}
    if said.flags["all"] and not there["all"]:
        yield Finding("'모든·항상'에 해당하는 말이 근거에 없습니다.", hard=False)
    part = [m[1] for p in parsed for m in _PART.finditer(p.text)]
    dropped = not said.flags["some"] and any(noun in said.squeezed for noun in part)
    if dropped or (said.flags["some"] and not there["some"]):
        yield Finding("'일부'인지가 근거와 다릅니다.", hard=False)
    if said.flags["only"] and not there["only"]:
        yield Finding("'만'으로 한정하는 말이 근거에 없습니다.", hard=False)
    orders = {order for p in parsed for order in p.orders}
    for event, before in said.orders:
        if (event, not before) in orders and (event, before) not in orders:
            yield Finding(f"앞뒤(전·후)가 근거와 다릅니다: {event}")
