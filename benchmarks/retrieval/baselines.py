"""What Mokmin's search is compared with: BM25 over whole documents, and the dense model alone."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.knowledge.evaluation.indexing import IndexedCorpus
from mokmin.knowledge.evaluation.loading import CorpusItem
from mokmin.knowledge.ingestion.caches import DiskCache

K1, B = 1.2, 0.75
DEPTH = 100
AT_ONCE = 200


def whole_text(item: CorpusItem) -> str:
    """A document as one text, its title once."""
    begins = item.title and item.text.lstrip().startswith(item.title)
    return item.text if begins or not item.title else f"{item.title}\n{item.text}"


class Bm25:
    """Ranks documents by BM25 (bm25s, Lucene's variant)."""

    def __init__(self, ids: Sequence[str], tokens: Sequence[list[str]]) -> None:
        self._ids = ids
        self._engine = bm25s.BM25(k1=K1, b=B)
        self._engine.index(list(tokens), show_progress=False)

    def rank(self, terms: list[str]) -> list[str]:
        """Ids of the best documents that hold any of the terms."""
        if not terms:
            return []
        depth = min(DEPTH, len(self._ids))
        found, scores = self._engine.retrieve([terms], k=depth, show_progress=False)
        return [self._ids[n] for n, s in zip(found[0], scores[0], strict=True) if s > 0]


def whitespace_bm25(corpus: Sequence[CorpusItem]) -> Bm25:
    """Words as the blanks cut them: what many products do with Korean."""
    return Bm25([item.id for item in corpus], [whole_text(item).split() for item in corpus])


def morpheme_bm25(corpus: Sequence[CorpusItem], analyser: Analyser, cache: DiskCache) -> Bm25:
    """Words as Mokmin's analyser cuts them, kept by content in the cache."""
    texts = [whole_text(item) for item in corpus]
    known = cache.tokens(analyser.name, texts)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    for begin in range(0, len(missing), AT_ONCE):
        batch = missing[begin : begin + AT_ONCE]
        terms = analyser.morphemes(batch)
        made = {text: " ".join(words) for text, words in zip(batch, terms, strict=True)}
        cache.keep_tokens(analyser.name, made)
        known |= made
    return Bm25([item.id for item in corpus], [known[text].split() for text in texts])


class Dense:
    """Ranks documents by their best passage's cosine, over all passages, exactly."""

    def __init__(self, indexed: IndexedCorpus, embedder: Embedder) -> None:
        self._indexed = indexed
        self._embedder = embedder

    def rank(self, question: str) -> list[str]:
        """Ids of the best documents."""
        near = self._indexed.features.vectors @ self._embedder.embed_query(question)
        order = np.argsort(-near, kind="stable")
        ids = dict.fromkeys(
            self._indexed.ids[self._indexed.documents[at]] for at in order[: 10 * DEPTH]
        )
        return list(ids)[:DEPTH]
