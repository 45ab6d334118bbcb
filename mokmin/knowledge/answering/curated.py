"""The curated answer for a question, when there is one that the reader may have.

A question finds one by its wording (but for blanks, marks and politeness), or by the same words in the same
order with the same numbers, the same turns (not, without, at least …) and nearly the same meaning. Both are
strict: a reply for another question is worse than none. Measured with ``benchmarks/curated.py``, numbers in
benchmarks/RESULTS.md.

For a reader who may not see every one of its sources now, a curated answer does not exist.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date

import sqlalchemy as sa

from mokmin.base.db import Database
from mokmin.base.korean.amounts import official_date
from mokmin.base.korean.ports import Analyser
from mokmin.base.korean.reading import hangul
from mokmin.base.korean.sentences import sentence_spans
from mokmin.base.llm.ports import Embedder
from mokmin.governance.access.model import Principal, highest
from mokmin.governance.access.rules import KST
from mokmin.knowledge.answering.citing import cite
from mokmin.knowledge.answering.curated_model import (
    Curated,
    Match,
    Source,
    asked_words,
    figures,
    swapped,
    turns,
    wording_key,
)
from mokmin.knowledge.answering.curated_store import (
    Wording,
    curated_answers,
    curated_wordings,
    living,
    load,
    seen_source,
    selected,
    source_places,
)
from mokmin.knowledge.answering.model import Answer, Citation, Sentence
from mokmin.knowledge.answering.understanding import Understood
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.store import unpack_vectors
from mokmin.knowledge.search.model import Hit
from mokmin.knowledge.search.service import SearchService

SIMILAR = 0.93
FEWEST_WORDS = 2
MODEL = "curated"
SAID = "담당자가 확인한 문장입니다. 근거는 번호를 눌러 보세요."
_MARK = re.compile(r"\s*\[(\d{1,2})\]")


class CuratedAnswers:
    """Finds the curated answer of a question."""

    def __init__(
        self,
        db: Database,
        search: SearchService,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._search = search
        self._analyser = analyser
        self._embedder = embedder
        self._today = today

    def wordings(self, texts: Sequence[str]) -> list[Wording]:
        """What is stored of ways to ask. Takes a model call each: not inside a transaction."""
        read = [hangul(text) for text in texts]
        morphemes = self._analyser().morphemes(read)
        return [
            (text, wording_key(text), " ".join(words), self._embedder().embed_query(plain))
            for text, plain, words in zip(texts, read, morphemes, strict=True)
        ]

    def match(
        self, principal: Principal, asked: Understood, within: Sequence[int] | None = None
    ) -> tuple[Match, list[Hit]] | None:
        """The best curated answer for a question, with its sources as they are now. One that was
        completed from the conversation has to meet the wording."""
        exact = self._keyed(wording_key(asked.standalone))
        found = [(key, "wording", 1.0) for key in exact]
        if not asked.follows:
            found += [
                (key, "similar", cosine)
                for key, cosine in self._similar(asked.standalone).items()
                if key not in exact
            ]
        if not found:
            return None
        with self._db.read() as connection:
            wanted = selected().where(
                curated_answers.c.id.in_([key for key, *_ in found]), living(self._today())
            )
            held = {c.id: c for c in load(connection, wanted)}
        usable = []
        for key, how, cosine in found:
            if (curated := held.get(key)) is None:
                continue
            hits = self.sources(principal, curated.sources, within)
            if hits:
                usable.append((Match(curated, how, cosine), hits))
        return max(usable, key=lambda pair: _order(principal, pair[0]), default=None)

    def sources(
        self, principal: Principal, cited: Sequence[Source], within: Sequence[int] | None = None
    ) -> list[Hit]:
        """The cited passages, when the reader may see every one of them now and every document is the one
        that was cited, in force and within the scope; else none."""
        found = self._search.passages(principal, passages_of(cited))
        hits = []
        for source in cited:
            hit = found.get(source.passage_id)
            if hit is None or hit.freshness is Freshness.SUPERSEDED:
                return []
            if within is not None and hit.document_id not in within:
                return []
            hits.append(hit)
        return hits

    def states(self, principal: Principal, curated: Sequence[Curated]) -> list[Curated]:
        """The same with what has become of their sources, as far as this person may see them."""
        every = [source for one in curated for source in one.sources]
        hits = self._search.passages(principal, passages_of(every))
        with self._db.read() as connection:
            places = source_places(connection, principal, {s.document_id for s in every})
        return [
            replace(
                one,
                sources=tuple(
                    seen_source(s, hits.get(s.passage_id), places.get(s.document_id))
                    for s in one.sources
                ),
            )
            for one in curated
        ]

    def _keyed(self, key: str) -> list[int]:
        query = (
            sa.select(curated_wordings.c.curated_id)
            .join(curated_answers, curated_answers.c.id == curated_wordings.c.curated_id)
            .where(curated_wordings.c.key == key, living(self._today()))
            .distinct()
        )
        with self._db.read() as connection:
            return list(connection.execute(query).scalars())

    def _similar(self, text: str) -> dict[int, float]:
        """Curated answers for the same words, with their cosines."""
        w = curated_wordings.c
        query = (
            sa.select(w.curated_id, w.position, w.text, w.words)
            .join(curated_answers, curated_answers.c.id == w.curated_id)
            .where(living(self._today()))
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return {}
        reading = hangul(text)
        words = asked_words(self._analyser().morphemes([reading])[0])
        if len(words) < FEWEST_WORDS:
            return {}
        same = [
            row
            for row in rows
            if asked_words(row.words.split()) == words
            and figures(row.text) == figures(text)
            and turns(row.text) == turns(text)
            and not swapped(row.text, text)
        ]
        if not same:
            return {}
        keys = sa.tuple_(w.curated_id, w.position).in_([(r.curated_id, r.position) for r in same])
        with self._db.read() as connection:
            stored = connection.execute(sa.select(w.curated_id, w.vector).where(keys)).all()
        if not stored:
            return {}
        cosines = unpack_vectors([row.vector for row in stored]) @ self._embedder().embed_query(
            reading
        )
        best: dict[int, float] = {}
        for row, cosine in zip(stored, cosines, strict=True):
            if cosine >= SIMILAR:
                best[row.curated_id] = max(best.get(row.curated_id, 0.0), float(cosine))
        return best


def _order(principal: Principal, match: Match) -> tuple[bool, bool, float, float]:
    """The wording before the similar one, the own department's before others', then the nearer one, then
    the one that was confirmed last."""
    curated = match.curated
    own = curated.department_id == principal.department_id
    at = curated.confirmed_at.timestamp()
    return match.how == "wording", own, round(match.similarity, 3), at


def lead_of(curated: Curated) -> str:
    """Who confirmed it, when, and until when it holds."""
    confirmed = curated.confirmed_at.replace(tzinfo=UTC).astimezone(KST).date()
    return (
        f"담당자가 확인한 답입니다. {curated.department} {curated.confirmed_by}, "
        f"{official_date(confirmed)} 확인, {official_date(curated.valid_until)}까지 유효."
    )


def answer_of(asked: Understood, match: Match, hits: Sequence[Hit], begin: float) -> Answer:
    """A curated answer as an answer. Every source is cited, named in the text or not, so that the answer
    is withheld wherever one of them may not be seen."""
    citations = tuple(cite(number, hit) for number, hit in enumerate(hits, start=1))
    return Answer(
        question=asked.text,
        lead=lead_of(match.curated),
        sentences=sentences_of(match.curated.answer, citations),
        citations=citations,
        refused=False,
        reason="",
        mode="curated",
        model=MODEL,
        grade=highest([c.grade for c in citations]),
        seconds=time.perf_counter() - begin,
        standalone=asked.standalone if asked.follows else "",
        trace={
            "curated": {
                "id": match.curated.id,
                "how": match.how,
                "similarity": round(match.similarity, 3),
            },
            "standalone": asked.standalone,
            "steps": {"curated": round(time.perf_counter() - begin, 3)},
        },
    )


def sentences_of(text: str, citations: Sequence[Citation]) -> tuple[Sentence, ...]:
    """The sentences of what a steward wrote; ``[2]`` behind one is its source. Without a number in the
    whole text, every sentence rests on all sources; else one without a number rests on what the text
    leaves unnamed, or on all."""
    known = {c.n for c in citations}
    parts = [text[begin:end] for begin, end in sentence_spans(text)]
    marked: list[tuple[str, list[int]]] = []
    for part in parts:
        numbers = [n for n in dict.fromkeys(map(int, _MARK.findall(part))) if n in known]
        bare = _MARK.sub("", part).strip()
        if bare:
            marked.append((bare, numbers))
        elif marked:
            marked[-1] = (marked[-1][0], list(dict.fromkeys([*marked[-1][1], *numbers])))
    named = {n for _, numbers in marked for n in numbers}
    rest = tuple(sorted(known - named or known))
    return tuple(
        Sentence(bare, "verified", tuple(numbers) or rest, reason=SAID) for bare, numbers in marked
    )


def cited_numbers(text: str) -> set[int]:
    """The numbers in square brackets of a text."""
    return set(map(int, _MARK.findall(text)))


def passages_of(sources: Iterable[Source]) -> tuple[int, ...]:
    """The numbers of cited passages."""
    return tuple(source.passage_id for source in sources)
