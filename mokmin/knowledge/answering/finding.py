"""Finding what an answer may rest on: search, the choice of evidence, its clauses, what they cite."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.governance.access.model import Principal
from mokmin.knowledge.answering.clauses import clauses
from mokmin.knowledge.answering.conflicts import disagreements
from mokmin.knowledge.answering.evidence import LAW, Basis, choose, judged, nouns_of, units_of
from mokmin.knowledge.answering.progress import Run
from mokmin.knowledge.answering.selection import Selector, select
from mokmin.knowledge.answering.understanding import Understood
from mokmin.knowledge.documents.references import base_law, references
from mokmin.knowledge.search.model import Hit
from mokmin.knowledge.search.service import SearchService

TOP = 20
CITING, FOLLOWED = 2, 3
# Finding evidence takes a core for half a second: so many at once that pages stay quick.
_turns = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))


class Turn:
    """Somebody's turn to have evidence found; ``comes`` is false when others go first."""

    def __init__(self) -> None:
        self.comes = _turns.acquire(blocking=False)

    def __enter__(self) -> None:
        if not self.comes:
            _turns.acquire()

    def __exit__(self, *_: object) -> None:
        _turns.release()


class Finder:
    """Finds under the rights of who asks."""

    def __init__(
        self,
        search: SearchService,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
    ) -> None:
        self._search, self._analyser, self._embedder = search, analyser, embedder

    def find(
        self,
        principal: Principal,
        understood: Understood,
        within: Sequence[int] | None,
        begin: float,
    ) -> Run:
        """Search, evidence and clauses of a question."""
        result = self._search.search(principal, understood.standalone, top=TOP, within=within)
        run = Run(understood, result, choose(result.hits, result.trace), begin)
        run.mark("search")
        if not run.basis.hits:
            return run
        units = units_of(self._search, principal, run.basis.hits)
        selector = Selector(self._analyser(), self._embedder())
        run.scored = selector.score(result.query, result.trace, units)
        nouns, strange = nouns_of(result.query, result.hits, result.trace, self._analyser())
        run.basis = judged(run.basis, run.scored, result.trace, nouns, strange)
        run.mark("clauses")
        run.basis = self._follow(principal, run.basis, within)
        run.selected = select(run.scored)
        older = units_of(self._search, principal, run.basis.older)
        analyser = self._analyser()
        former = [clause for unit in older for clause in clauses(unit.passages, analyser)]
        found = disagreements(run.selected, former, analyser)
        run.notices += [item.text for item in found]
        run.mark("select")
        return run

    def _follow(self, principal: Principal, basis: Basis, within: Sequence[int] | None) -> Basis:
        """Add the provisions that the best passages of manuals cite (법 제25조제1항제5호)."""
        if not basis.sufficient or within is not None:
            return basis
        found: dict[int, Hit] = {}
        items: dict[int, int | None] = {}
        known = {hit.passage_id for hit in basis.hits}
        for hit in [h for h in basis.hits if h.kind != LAW][:CITING]:
            law = base_law(self._search.opening(principal, hit.document_id))
            for reference in references(hit.text, law):
                provision = self._search.provision(principal, reference.law, reference.article)
                if provision is not None and len(found) < FOLLOWED:
                    items[provision.passage_id] = reference.item
                    if provision.passage_id not in known:
                        found[provision.passage_id] = provision
        return replace(basis, hits=(*basis.hits, *found.values()), followed=items)
