"""eval: quality on a corpus and its questions, in a throw-away home."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.knowledge.evaluation.service import RetrievalEvaluation, load_corpus, load_queries
from mokmin.settings import Settings


def evaluate(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin eval retrieval``."""
    corpus = load_corpus(options.corpus)
    queries = load_queries(options.queries, options.limit)
    if not corpus or not queries:
        raise InvalidInput("문서 모음이나 질문 파일이 비어 있습니다.")
    scratch = Path(tempfile.mkdtemp(prefix="mokmin-eval-"))
    try:
        # The embedded model's graph is kept in the real home, so it is built once.
        owner = App(settings)
        cache = settings.cache or settings.home / "cache"
        app = App(
            replace(settings, home=scratch, database_url="", cache=cache), embedder=owner.embedder()
        )
        evaluation = RetrievalEvaluation(
            app.db, app.index, app.feature_extractor, app.search, out.progress
        )
        begin = time.perf_counter()
        passages = evaluation.index_corpus(corpus)
        seconds = round(time.perf_counter() - begin, 1)
        result = evaluation.run(queries, top=options.top, mode=options.mode)
        app.db.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    result |= {"index_seconds": seconds, "passages": passages}
    out.data(dict(result))
    for key, value in result.items():
        out.say(f"{key:>14}  {value}")
    return 0
