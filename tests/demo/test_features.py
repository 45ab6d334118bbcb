"""The shipped tokens and vectors are what the models of today make of the shipped documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from mokmin.adapters.llm.e5 import E5Embedder
from mokmin.app.knowledge import DEMO_FEATURES
from mokmin.base.formats.reader import read_document
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.demo.loader import passages_of, statutes
from mokmin.knowledge.ingestion.caches import ShippedCache

pytestmark = pytest.mark.xdist_group("models")
EVERY = 60


def test_a_sample_is_derived_again(tmp_path: Path) -> None:
    cache = ShippedCache(DEMO_FEATURES)
    assert cache.model == E5Embedder.name, "run tools/build_features.py"
    assert cache.analyser == KiwiAnalyser.name, "run tools/build_features.py"
    texts: list[str] = []
    for number, law in enumerate(statutes()):
        if number % 10 == 0:
            path = tmp_path / f"{number}.txt"
            path.write_bytes(law.content)
            texts += passages_of(read_document(path, name=law.name), law.meta.title)
    assert len(texts) > 500
    tokens = cache.tokens(KiwiAnalyser.name, texts)
    vectors = cache.vectors(E5Embedder.name, texts)
    assert tokens.keys() == vectors.keys() == set(texts), "run tools/build_features.py"
    sample = texts[::EVERY] or texts
    analyser, embedder = KiwiAnalyser(), E5Embedder(tmp_path / "models", threads=1)
    again = embedder.embed_passages(sample)
    for text, terms, vector in zip(sample, analyser.morphemes(sample), again, strict=True):
        assert tokens[text] == " ".join(terms)
        assert float(vectors[text] @ vector) > 0.999
