"""Precompute tokens and vectors of the demo's passages into mokmin/demo/features (about 10 minutes
on two cores). Run it after the demo, the splitting rules, the analyser or the embedder changed."""

from __future__ import annotations

import sys
from pathlib import Path

from mokmin.app import App
from mokmin.app.knowledge import DEMO_FEATURES
from mokmin.demo.loader import texts_to_index
from mokmin.knowledge.ingestion.caches import ShippedCache
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.settings import load_settings


def main() -> None:
    """Write the cache; what an older cache still holds is taken from it."""
    app = App(load_settings())
    texts = list(dict.fromkeys(texts_to_index()))
    kept = [] if "--fresh" in sys.argv else [ShippedCache(DEMO_FEATURES)]
    extractor = FeatureExtractor(app.analyser, app.embedder, shipped=kept)
    found = extractor.extract(texts, lambda d, n: print(f"{d}/{n}", file=sys.stderr))
    ShippedCache.save(
        DEMO_FEATURES,
        texts,
        found.tokens,
        found.vectors,
        model=app.embedder().name,
        analyser=app.analyser().name,
    )
    size = sum(p.stat().st_size for p in Path(DEMO_FEATURES).iterdir()) / 2**20
    print(f"{len(texts)} passages, {size:.1f} MB")


if __name__ == "__main__":
    main()
