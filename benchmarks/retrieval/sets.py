"""The sets: corpora and questions of the data folder, and the development questions beside this file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mokmin.base.formats.reader import read_document
from mokmin.demo.loader import city_files
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.evaluation.loading import CorpusItem, Query, load_corpus, load_queries

PUBLIC = ("easylaw", "welfare", "parakqc")
QUESTIONS = Path(__file__).parent / "questions"
MANUALS = "manuals"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions with the name of the corpus that they are asked of."""

    name: str
    corpus: str
    queries: tuple[Query, ...]
    available: int

    @property
    def development(self) -> bool:
        """Whether the questions were written here (and have types)."""
        return self.name not in PUBLIC


def load_sets(data: Path, names: list[str], limit: int | None) -> list[QuestionSet]:
    """The sets asked for (all without names) that are there; questions without an answer in the
    corpus are left out, as retrieval has nothing to find for them."""
    found: list[QuestionSet] = []
    for name in PUBLIC:
        if (not names or name in names) and (data / name).is_dir():
            found.append(_set(name, name, load_queries(data / name / "queries.jsonl"), limit))
    if not (data / "statutes").is_dir():
        return found
    groups: dict[str, list[Query]] = {}
    for path in sorted(QUESTIONS.glob("*.jsonl")):
        # statutes-a and statutes-b are one set by two hands.
        groups.setdefault(path.stem.partition("-")[0], []).extend(load_queries(path))
    for name, queries in groups.items():
        if not names or name in names or "dev" in names:
            corpus = "statutes+demo" if name == MANUALS else "statutes"
            found.append(_set(name, corpus, queries, limit))
    return found


def _set(name: str, corpus: str, queries: list[Query], limit: int | None) -> QuestionSet:
    asked = [query for query in queries if query.relevant]
    return QuestionSet(name, corpus, tuple(asked[:limit]), len(asked))


def corpus_of(name: str, data: Path) -> list[CorpusItem]:
    """A corpus by name; ``statutes+demo`` is the statutes with the demo city's files."""
    corpus = load_corpus(data / name.removesuffix("+demo") / "corpus.jsonl")
    return corpus + demo_documents() if name.endswith("+demo") else corpus


def demo_documents() -> list[CorpusItem]:
    """The demo city's files as they are read, each under ``demo:<file name>``."""
    items: list[CorpusItem] = []
    with tempfile.TemporaryDirectory() as scratch:
        for file in city_files():
            path = Path(scratch) / file.name
            path.write_bytes(file.content)
            parsed = read_document(path, name=file.name)
            text = "\n".join(filter(None, map(block_text, parsed.blocks)))
            title = file.meta.title or parsed.title
            items.append(CorpusItem(f"demo:{file.name}", title, text, parsed.blocks, file.meta))
    return items
