"""The writer without a model: quotes the sentences that answer, best source first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.korean.josa import with_josa
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.knowledge.answering.citing import cite
from mokmin.knowledge.answering.evidence import Basis
from mokmin.knowledge.answering.model import Citation, Sentence
from mokmin.knowledge.search.model import Hit

MAX_SENTENCES = 5
PER_PASSAGE = 3
CANDIDATES_PER_PASSAGE = 4
MIN_CHARS, MAX_CHARS = 12, 600
_EDITORIAL = re.compile(r"<[^>]*>")
_EXCEPTION = re.compile(r"^\s*(?:다만|단,|이 경우)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    position: int
    text: str
    lexical: float
    follows: str = ""


def extract(
    basis: Basis, question: str, terms: Sequence[str], analyser: Analyser, embedder: Embedder
) -> tuple[list[Sentence], list[Citation]]:
    """Verbatim sentences grouped by source, each with its one citation, and the citations."""
    hits = [hit for hit in basis.hits if hit.passage_id not in basis.followed]
    candidates = [c for hit in hits for c in _candidates(hit, terms, analyser)]
    if not candidates:
        return [], []
    query = embedder.embed_query(question)
    near = embedder.embed_passages([f"{c.hit.title}: {c.text}" for c in candidates]) @ query
    floor = float(near.min())
    spread = max(1e-6, float(near.max()) - floor)
    best = {hit.passage_id: 1.0 - 0.06 * rank for rank, hit in enumerate(hits)}
    scored = sorted(
        (
            (
                0.5 * (float(near[i]) - floor) / spread
                + 0.3 * c.lexical
                + 0.4 * best[c.hit.passage_id],
                i,
            )
            for i, c in enumerate(candidates)
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    cited = [
        candidate
        for hit in basis.hits
        if hit.passage_id in basis.followed
        for candidate in _provision(hit, basis.followed[hit.passage_id], analyser)
    ]
    return _present([*_pick([(s, candidates[i]) for s, i in scored]), *cited])


def _provision(hit: Hit, item: int | None, analyser: Analyser) -> list[_Candidate]:
    """A provision that was cited: its first sentence and, when one was named, the 호."""
    units = _units(hit, analyser)
    kept = [(0, units[0])]
    for position, unit in enumerate(units[1:], start=1):
        if item is not None and re.match(rf"{item}\.\s", unit):
            kept.append((position, unit))
            break
    return [_Candidate(hit, position, unit, 0.0) for position, unit in kept]


def _units(hit: Hit, analyser: Analyser) -> list[str]:
    spans = [hit.text[a:b].strip() for a, b in analyser.sentences(hit.text)]
    units = [u for u in spans if MIN_CHARS <= len(u) <= MAX_CHARS and not _EDITORIAL.fullmatch(u)]
    return units or [hit.text.strip()[:MAX_CHARS]]


def _candidates(hit: Hit, terms: Sequence[str], analyser: Analyser) -> list[_Candidate]:
    units = _units(hit, analyser)
    wanted = set(terms)
    found: list[_Candidate] = []
    for position, (unit, words) in enumerate(zip(units, analyser.morphemes(units), strict=True)):
        lexical = len(wanted & set(words)) / len(wanted) if wanted else 0.0
        after = units[position + 1] if position + 1 < len(units) else ""
        follows = after if _EXCEPTION.match(after) else ""
        found.append(_Candidate(hit, position, unit, lexical, follows))
    found.sort(key=lambda c: (-c.lexical, c.position))
    return sorted(found[:CANDIDATES_PER_PASSAGE], key=lambda c: c.position)


def _pick(scored: Sequence[tuple[float, _Candidate]]) -> list[_Candidate]:
    """The best sentences without repeating one; an exception ("다만 …") travels with its rule."""
    top = scored[0][0]
    chosen: list[_Candidate] = []
    seen: set[str] = set()
    for score, candidate in scored:
        same = sum(c.hit.passage_id == candidate.hit.passage_id for c in chosen)
        bare = re.sub(r"\W+", "", candidate.text)
        if bare in seen or same >= PER_PASSAGE or score < 0.55 * top:
            continue
        seen.add(bare)
        chosen.append(candidate)
        if candidate.follows and re.sub(r"\W+", "", candidate.follows) not in seen:
            seen.add(re.sub(r"\W+", "", candidate.follows))
            chosen.append(_Candidate(candidate.hit, candidate.position + 1, candidate.follows, 0.0))
        if len(chosen) >= MAX_SENTENCES:
            break
    return chosen


def _present(chosen: Sequence[_Candidate]) -> tuple[list[Sentence], list[Citation]]:
    order = list(dict.fromkeys(c.hit.document_id for c in chosen))
    ordered = sorted(
        chosen,
        key=lambda c: (order.index(c.hit.document_id), c.hit.blocks, c.hit.passage_id, c.position),
    )
    numbers = {key: n for n, key in enumerate(dict.fromkeys(c.hit.passage_id for c in ordered), 1)}
    sentences = [
        Sentence(
            text=c.text,
            support="verified",
            citations=(numbers[c.hit.passage_id],),
            reason="원문을 그대로 옮긴 문장입니다.",
            group=c.hit.title,
        )
        for c in ordered
    ]
    citations = []
    for passage_id, n in numbers.items():
        parts = [c for c in ordered if c.hit.passage_id == passage_id]
        citations.append(cite(n, parts[0].hit, "\n".join(c.text for c in parts)))
    return sentences, citations


def lead(citations: Sequence[Citation]) -> str:
    """The one line above the quotes; it tells where they stand and claims nothing else."""
    titles = list(dict.fromkeys(c.title for c in citations))
    named = [f"「{title}」" for title in titles[:2]]
    text = f"{with_josa(named[0], '과/와')} {named[1]}" if len(named) == 2 else named[0]
    more = f" 등 문서 {len(titles)}건" if len(titles) > 2 else ""
    return f"{text}{more}에서 질문에 답이 되는 부분을 그대로 옮겼습니다."
