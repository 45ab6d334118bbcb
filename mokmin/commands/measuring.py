"""eval: quality on a corpus and its questions, in a throw-away home."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL
from mokmin.knowledge.evaluation.answers import AnswerEvaluation, summary
from mokmin.knowledge.evaluation.indexing import index_corpus
from mokmin.knowledge.evaluation.loading import (
    CorpusItem,
    load_corpus,
    load_queries,
    load_questions,
)
from mokmin.knowledge.evaluation.retrieval import RetrievalEvaluation
from mokmin.settings import Settings


def retrieval(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin eval retrieval``."""
    _at_least_one(options.limit, "--limit")
    _at_least_one(options.top, "--top")
    if options.rerank and (settings.rerank_endpoint is None or options.mode != "hybrid"):
        raise InvalidInput(
            "--rerank는 MOKMIN_RERANK_BASE_URL로 재정렬 모델을 정한 뒤 '--mode hybrid'에서만 씁니다."
        )
    corpus = load_corpus(options.corpus)
    everything = load_queries(options.queries, options.limit)
    queries = [query for query in everything if query.relevant]
    if len(queries) < len(everything):
        out.note(f"정답 문서가 없는 질문 {len(everything) - len(queries):,}건은 빼고 잽니다.")
    _check(corpus, queries, [query.relevant for query in queries], out)
    with throwaway(settings) as app:
        begin = time.perf_counter()
        indexed = index_corpus(app.db, app.index, app.feature_extractor, corpus, out.progress)
        seconds = round(time.perf_counter() - begin, 1)
        evaluation = RetrievalEvaluation(app.search, indexed.ids, out.progress)
        without = RetrievalEvaluation(app.search_without_reranker, indexed.ids, out.progress)
        result = evaluation.run(
            queries,
            top=options.top,
            mode=options.mode,
            against=without if options.rerank else None,
        )
    if options.details is not None:
        _write(options.details, evaluation.details)
    result |= {"index_seconds": seconds, "passages": indexed.passages}
    _show(result, out)
    return 0


def answers(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin eval answers``."""
    _at_least_one(options.limit, "--limit")
    corpus = load_corpus(options.corpus)
    questions = load_questions(options.questions, options.limit)
    _check(corpus, questions, [question.relevant for question in questions], out)
    with throwaway(settings) as app:
        model = options.model or EXTRACTIVE_MODEL
        if model not in app.answers.model_names:
            raise InvalidInput(
                f"'{model}' 모델이 없습니다. 쓸 수 있는 모델: {', '.join(app.answers.model_names)}"
            )
        indexed = index_corpus(app.db, app.index, app.feature_extractor, corpus, out.progress)
        judged = AnswerEvaluation(
            app.answers, app.analyser(), indexed.ids, out.progress, model=model
        ).run(questions)
    if options.details is not None:
        _write(options.details, [j.as_dict() for j in judged])
    _show(summary(judged), out)
    return 0


@contextmanager
def throwaway(settings: Settings) -> Iterator[App]:
    """Everything that runs, warm, on an empty home that is gone afterwards. Tokens and vectors are kept
    by content in the cache that the settings name, or in the real home; so is the model's graph."""
    scratch = Path(tempfile.mkdtemp(prefix="mokmin-eval-"))
    try:
        owner = App(settings)
        cache = settings.cache or settings.home / "cache"
        app = App(
            replace(settings, home=scratch, database_url="", cache=cache), embedder=owner.embedder()
        )
        try:
            app.warm_up()
            yield app
        finally:
            app.db.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _at_least_one(value: int | None, option: str) -> None:
    if value is not None and value < 1:
        raise InvalidInput(f"{option}에는 1 이상의 수를 적어야 합니다. 지금 값: {value}")


def _check(
    corpus: Sequence[CorpusItem],
    questions: Sequence[object],
    relevant: Sequence[Collection[str]],
    out: Output,
) -> None:
    if not corpus:
        raise InvalidInput(
            "문서 모음 파일이 비어 있습니다. 한 행에 문서 하나를 JSON으로 적어 주세요."
        )
    if not questions:
        raise InvalidInput("잴 수 있는 질문이 없습니다. 질문 파일의 내용을 확인해 주세요.")
    known = {item.id for item in corpus}
    missing = {key for keys in relevant for key in keys if key not in known}
    if missing:
        out.note(
            f"정답으로 적힌 문서 {len(missing):,}건이 문서 모음에 없어 찾을 수 없습니다"
            f"(예: {min(missing)})."
        )


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        path.write_text(lines, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"'{path}'에 질문별 결과를 쓸 수 없습니다({error.strerror}). 다른 경로를 적어 주세요."
        ) from error


def _show(result: Mapping[str, object], out: Output) -> None:
    out.data(dict(result))
    for key, value in result.items():
        out.say(f"{key:>21}  {'해당 없음' if value is None else value}")
