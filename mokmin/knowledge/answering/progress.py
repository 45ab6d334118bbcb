"""What one question carries through the steps of answering, and the trace that is kept of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from mokmin.governance.access.model import highest
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.answering.evidence import Basis
from mokmin.knowledge.answering.model import Answer, Citation, Mode, Nearest, Sentence
from mokmin.knowledge.answering.selection import Scored, Selected
from mokmin.knowledge.answering.understanding import Understood
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL
from mokmin.knowledge.search.model import Hit, SearchResult

MOST_EVIDENCE = 10
DECLINED = "이 질문에는 답하지 않습니다."


class Run:
    """What one question carries through the steps."""

    def __init__(
        self, understood: Understood, result: SearchResult, basis: Basis, begin: float
    ) -> None:
        self.understood = understood
        self.result = result
        self.basis = basis
        self.begin = begin
        self.notices: list[str] = []
        self.scored: list[Scored] = []
        self.selected: list[Selected] = []
        self.steps: dict[str, float] = {}

    def mark(self, step: str) -> None:
        """Note that a step is done, in seconds since the question came."""
        self.steps[step] = round(time.perf_counter() - self.begin, 3)

    @property
    def evidence(self) -> list[Hit]:
        """Passages for a model: those of the selected clauses, then the rest of what was found."""
        found = {item.clause.hit.passage_id: item.clause.hit for item in self.selected}
        ranked = {hit.passage_id: hit for hit in self.basis.hits}
        order = dict.fromkeys((*found, *ranked))
        return [ranked.get(key) or found[key] for key in order][:MOST_EVIDENCE]


def declined_answer(understood: Understood, reason: str, begin: float) -> Answer:
    """The answer to a question that is not for this system."""
    return Answer(
        question=understood.text,
        lead=DECLINED,
        sentences=(),
        citations=(),
        refused=True,
        reason=reason,
        mode="extractive",
        model=EXTRACTIVE_MODEL,
        grade="O",
        seconds=time.perf_counter() - begin,
        trace={"declined": True},
    )


def trace_of(run: Run) -> dict[str, object]:
    """Why this answer: how the question was understood, what was found, what was kept, how long it took."""
    kept = {hit.passage_id for hit in run.basis.hits}
    considered: list[dict[str, object]] = [
        _considered(hit, hit.passage_id in kept) for hit in run.result.hits
    ]
    return {
        **asdict(run.result.trace),
        "coverage": round(run.basis.coverage, 3),
        "similarity": round(run.basis.dense, 3),
        "best_clause": round(run.basis.clause, 3),
        "basis": round(run.basis.probability, 3),
        "standalone": run.understood.standalone,
        "steps": run.steps,
        "considered": considered,
    }


def _considered(hit: Hit, kept: bool) -> dict[str, object]:
    return {
        "passage_id": hit.passage_id,
        "document_id": hit.document_id,
        "title": hit.title,
        "place": place(hit.locator, hit.title),
        "rank": hit.rank,
        "similarity": round(hit.dense, 3),
        "kept": kept,
    }


def finished(
    run: Run,
    lead: str,
    sentences: Sequence[Sentence],
    citations: tuple[Citation, ...],
    mode: Mode,
    model: str,
    *,
    refused: bool = False,
    reason: str = "",
    nearest: tuple[Nearest, ...] = (),
    prompt: str = "",
) -> Answer:
    """The whole answer of what was written; only what a sentence cites is kept."""
    used = {n for s in sentences for n in s.citations}
    kept = tuple(c for c in citations if c.n in used)
    return Answer(
        question=run.understood.text,
        lead=lead,
        sentences=tuple(sentences),
        citations=kept,
        refused=refused,
        reason=reason,
        mode=mode,
        model=model,
        grade=highest([c.grade for c in kept]),
        seconds=time.perf_counter() - run.begin,
        nearest=nearest,
        notices=tuple(run.notices),
        standalone=run.understood.standalone if run.understood.follows else "",
        trace=trace_of(run) | ({"prompt": prompt} if prompt else {}),
    )
