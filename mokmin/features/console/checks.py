"""The system check of ``mokmin doctor`` and the administrator's page."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from mokmin import __version__
from mokmin.base.db import Database
from mokmin.base.jobs import JobQueue
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, Embedder, Reranker
from mokmin.base.web.kit import local
from mokmin.knowledge.search.ports import IndexHealth, PassageIndex

MIN_FREE_GB = 2
OUTDATED = (
    "이전 판의 색인이라 찾기에 빠지는 문서가 있습니다. 문서는 모두 그대로입니다. "
    "'mokmin reindex'로 다시 만들어 주세요."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the system check."""

    name: str
    ok: bool
    message: str


def run_checks(
    db: Database,
    index: PassageIndex,
    embedder: Callable[[], Embedder],
    analyser: Callable[[], Analyser],
    models: Sequence[ChatModel],
    queue: JobQueue,
    home: Path,
    reranker: Reranker | None = None,
    plugins: Mapping[str, str] | None = None,
) -> list[Check]:
    """All checks, each with what to do when it is not well. ``plugins``: by name, why one does not
    work (empty when it does)."""
    checks = [Check("판", True, f"목민 {__version__}, 파이썬 {sys.version.split()[0]}")]
    try:
        db.ping()
        checks.append(Check("데이터베이스", True, db.url.get_backend_name()))
    except DBAPIError:
        checks.append(Check("데이터베이스", False, "응답하지 않습니다. 주소와 계정을 확인하세요."))
    health = index.health()
    checks.append(_index(health))
    vector = embedder().embed_query("점검")
    checks.append(Check("임베딩 모델", vector.shape == (embedder().dimensions,), embedder().name))
    words = analyser().morphemes(["공유재산 사용료"])[0]
    checks.append(Check("형태소 분석", bool(words), " ".join(words)))
    ocr = shutil.which("tesseract") is not None
    checks.append(
        Check(
            "문자 인식(OCR)",
            ocr,
            "tesseract"
            if ocr
            else "스캔 문서를 읽으려면: sudo apt-get install tesseract-ocr tesseract-ocr-kor",
        )
    )
    counts = queue.counts()
    failed = counts.get("failed", 0)
    checks.append(Check("작업", failed == 0, f"대기 {counts.get('queued', 0)}건, 실패 {failed}건"))
    free = shutil.disk_usage(home).free / 2**30
    checks.append(Check("디스크", free >= MIN_FREE_GB, f"빈 곳 {free:,.1f} GB"))
    if not models:
        checks.append(Check("언어모델", True, "연결 없음: 원문을 발췌해 답합니다."))
    for model in models:
        problem = model.probe()
        checks.append(
            Check(f"언어모델 {model.name}", not problem, problem or f"{model.grade}등급까지")
        )
    if reranker is not None:
        problem = reranker.probe()
        checks.append(
            Check(
                f"재정렬 모델 {reranker.name}", not problem, problem or f"{reranker.grade}등급까지"
            )
        )
    for name, problem in (plugins or {}).items():
        checks.append(Check(f"플러그인 {name}", not problem, problem or "불러왔습니다."))
    return checks


def _index(health: IndexHealth) -> Check:
    text = (
        f"단락 {health.passages:,}개, 정리 전 {health.unindexed:,}개, "
        f"{health.bytes / 2**20:,.0f} MB, {health.generation}세대"
    )
    for label, at in (("다시 만든 때", health.built_at), ("정리한 때", health.optimised_at)):
        text += f", {label} {local(at):%Y-%m-%d %H:%M}" if at is not None else f", {label} 없음"
    return Check("검색 색인", not health.outdated, OUTDATED if health.outdated else text)
