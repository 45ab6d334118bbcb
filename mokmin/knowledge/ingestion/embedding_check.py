"""What is found out about an embedding model before the library is searched with it.

Korean sanity: of a question, a text that answers it and one that does not, the right one must be nearer.
Own passages: the heading of a passage must find its text again among 200 of the city's own, with the model
and with the built-in one. Nothing of a passage is sent to a model that is not cleared for its grade; when
some of the library is above the clearance, nothing is sent at all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import Embedder, Vectors

SAMPLE, BATCH = 200, 32
LEAST_DIMENSIONS, MOST_DIMENSIONS = 8, 8192
NEAR_ENOUGH = 10
"""Of the twelve Korean questions, so many must be right."""
LEAST_SPREAD, MOST_SPREAD = 0.1, 2.0
SAME = 0.999
KOREAN: tuple[tuple[str, str, str], ...] = (
    (
        "주차요금은 얼마인가요?",
        "승용차의 주차료는 한 시간에 1,000원이다.",
        "수영장은 월요일에 쉰다.",
    ),
    (
        "육아휴직은 언제까지 쓸 수 있나?",
        "자녀가 8세가 되기 전까지 휴직을 신청할 수 있다.",
        "물품은 5년간 보관한다.",
    ),
    (
        "연체하면 어떻게 되나요?",
        "기한을 넘기면 가산금을 더하여 징수한다.",
        "신청서는 두 부를 낸다.",
    ),
    ("누가 허가를 취소하나?", "시장은 사용허가를 철회할 수 있다.", "도서관은 저녁 9시에 닫는다."),
    (
        "저소득층 지원 대상",
        "기초생활수급자와 차상위계층에게 지급한다.",
        "공사 기간에는 길을 막는다.",
    ),
    (
        "회의록은 공개되나요?",
        "위원회의 의사 기록은 누구나 열람할 수 있다.",
        "차량은 두 대까지 등록한다.",
    ),
    ("불용품 매각 절차", "쓰지 않는 물품은 공고한 뒤 입찰로 판다.", "출장비는 다음 달에 준다."),
    ("민원 처리 기한", "접수한 날부터 7일 안에 답하여야 한다.", "꽃 축제는 4월에 열린다."),
    (
        "이의신청 방법",
        "결과를 받은 날부터 30일 안에 불복할 수 있다.",
        "청사 안에서는 담배를 피우지 못한다.",
    ),
    (
        "임산부 혜택이 있나요",
        "아이를 가진 사람에게 교통비를 보탠다.",
        "계약 보증금은 10분의 1이다.",
    ),
    ("쓰레기는 언제 내놓나", "배출 시간은 저녁 8시부터 자정까지이다.", "위원의 임기는 2년이다."),
    (
        "빈집 정비 보조",
        "사람이 살지 않는 집을 헐면 비용을 지원한다.",
        "시험은 필기와 면접으로 한다.",
    ),
)


@dataclass(frozen=True, slots=True)
class Recall:
    """How a model found things again: the share among the first ten, and the mean reciprocal rank."""

    questions: int
    recall: float
    mrr: float


@dataclass(frozen=True, slots=True)
class Report:
    """A check. ``problems`` forbid the change; ``seconds`` and ``disk_bytes`` estimate it."""

    name: str
    grade: str
    local: bool
    dimensions: int = 0
    right: int = 0
    sample: int = 0
    per_second: float = 0.0
    passages: int = 0
    seconds: int = 0
    disk_bytes: int = 0
    free_bytes: int = 0
    spread: float = 1.0
    own: Recall | None = None
    own_built_in: Recall | None = None
    problems: tuple[str, ...] = ()
    mark: bytes = field(default=b"", repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the change may begin."""
        return not self.problems


def report_text(report: Report) -> str:
    """A report as it is kept, without the mark."""
    body = {k: v for k, v in asdict(report).items() if k != "mark"}
    return json.dumps(body, ensure_ascii=False)


def refused(above: dict[str, int], name: str, grade: str) -> str:
    """Why a model may not see the library."""
    counted = ", ".join(f"{g}등급 글 {n:,}개" for g, n in sorted(above.items()))
    return (
        f"‘{name}’은(는) {grade}등급까지만 볼 수 있는데 문서고에 {counted}가 있습니다. 그 글을 보낼 수 없어 바꾸지 "
        "않으며, 아무 글도 보내지 않았습니다. 더 높은 등급까지 허용된 모델을 고르세요."
    )


def examine(
    embed_query: Callable[[str], Vectors], embed_passages: Callable[[Sequence[str]], Vectors]
) -> tuple[int, int]:
    """(dimensions, Korean questions that were right). Raises Unavailable."""
    right = 0
    dimensions = 0
    for question, answer, other in KOREAN:
        near = embed_query(question)
        two = embed_passages([answer, other])
        dimensions = near.shape[0]
        if two.shape[1] != dimensions:
            raise Unavailable(
                "모델이 질문과 글에 차원이 다른 벡터를 보냅니다.", code="model-unavailable"
            )
        scores = two @ near
        right += bool(scores[0] > scores[1])
    return dimensions, right


def steady(embed_passages: Callable[[Sequence[str]], Vectors]) -> bool:
    """Whether the same text always has the same vector, alone and among others."""
    texts = [answer for _, answer, _ in KOREAN[:4]]
    alone, among = embed_passages(texts[:1]), embed_passages(texts)
    return alone.shape[1] == among.shape[1] and float(alone[0] @ among[0]) >= SAME


def found_again(
    embedder: Embedder, headers: Sequence[str], texts: Sequence[str]
) -> tuple[Recall, list[float], float]:
    """How headings find their texts; how far the best text of each stands above the mean; texts embedded a
    second. Raises Unavailable."""
    begin = time.perf_counter()
    parts = [embedder.embed_passages(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
    seconds = time.perf_counter() - begin
    matrix = np.concatenate(parts)
    ranks, leads = [], []
    for header in headers:
        scores = matrix @ embedder.embed_query(header or " ")
        best = max(float(s) for s, h in zip(scores, headers, strict=True) if h == header)
        ranks.append(1 + int((scores > best + 1e-7).sum()))
        leads.append(float(scores.max() - scores.mean()))
    return recall_of(ranks), leads, len(texts) / max(seconds, 1e-6)


def recall_of(ranks: Sequence[int]) -> Recall:
    """From the place of what was looked for, by question; 0: not found."""
    hits = [1 / r if r else 0.0 for r in ranks]
    share = sum(0 < r <= 10 for r in ranks) / max(1, len(ranks))
    return Recall(len(ranks), round(share, 4), round(sum(hits) / max(1, len(hits)), 4))


def spread_of(built_in: Sequence[float], other: Sequence[float]) -> float:
    """What the other model's cosine distances are multiplied with, so that the best stands as far above the
    mean as with the built-in model."""
    ratios = [a / b for a, b in zip(built_in, other, strict=True) if b > 1e-4]
    if not ratios:
        return 1.0
    return round(float(np.clip(np.median(ratios), LEAST_SPREAD, MOST_SPREAD)), 4)
