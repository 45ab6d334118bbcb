"""What finding personal information adds to ingestion: ``python -m benchmarks.privacy.ingestion_share HOME``.

Over the texts of a library's documents: seconds that the intake takes on one core, against seconds that
splitting, analysing and embedding take without any cache (the reading of files left out, which would make
the share smaller still).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import sqlalchemy as sa

from mokmin.app import App
from mokmin.knowledge.documents.passages import block_text, split_passages
from mokmin.knowledge.documents.store import blocks_of, documents
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.settings import Settings

DOCUMENTS = 8


def main(home: Path) -> None:
    """Measure and say."""
    app = App(Settings(home=home))
    with app.db.read() as connection:
        ids = (
            connection.execute(
                sa.select(documents.c.current_version_id)
                .where(documents.c.current_version_id.is_not(None))
                .order_by(documents.c.id)
                .limit(400)
            )
            .scalars()
            .all()[:: 400 // DOCUMENTS]
        )
        texts = [blocks_of(connection, int(one)) for one in ids]
    extractor = FeatureExtractor(app.analyser, app.embedder)
    extractor.extract(["데우기"])
    characters, finding, rest = 0, 0.0, 0.0
    for blocks in texts:
        begin = time.perf_counter()
        found = [block_text(block) for block in blocks]
        app.intake.find(found, "")
        middle = time.perf_counter()
        extractor.extract([d.indexed_text for d in split_passages("", blocks)])
        rest += time.perf_counter() - middle
        finding += middle - begin
        characters += sum(map(len, found))
    share = finding / rest
    sys.stdout.write(
        f"{len(texts)} documents, {characters:,} characters: finding {finding:.2f} s, "
        f"the rest {rest:.2f} s, adds {share:.1%}\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
