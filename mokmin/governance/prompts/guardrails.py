"""What is said and left unsaid in every answer, as the city words it. The minimum is the program's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

REFUSAL = "근거를 찾지 못했습니다."
OPINION = (
    "개인적인 의견은 답하지 않습니다. 규정이나 문서에 적힌 내용을 물어보시면 근거와 함께 답합니다."
)
POLITICS = (
    "정치적인 판단이나 인물·정당에 대한 평가는 하지 않습니다. 관련 법령이나 공개된 자료의 내용은 "
    "찾아 드릴 수 있습니다."
)
VERDICT = (
    "소송이나 처분의 결과를 예측하지 않습니다. 적용되는 규정과 절차를 물어보시면 근거와 함께 "
    "답합니다. 구체적인 사건은 법무 담당 부서와 상의해 주세요."
)
TOPIC = "시청이 이 시스템에서 다루지 않기로 정한 주제라 답하지 않습니다."


@dataclass(frozen=True, slots=True)
class Guard:
    """The guardrails of one question.

    ``refusal`` opens an answer without a basis; ``opinion``, ``politics`` and ``verdict`` say why a
    question is declined (which questions are, the program decides); ``topics``: words of further
    questions that the city declines, with ``topic`` as the reason; ``words``: what a model's
    sentence must not contain; ``contact``: whom to ask, under every refusal."""

    refusal: str = REFUSAL
    opinion: str = OPINION
    politics: str = POLITICS
    verdict: str = VERDICT
    topics: tuple[str, ...] = ()
    topic: str = TOPIC
    words: tuple[str, ...] = ()
    contact: str = ""

    def off_topic(self, question: str) -> str | None:
        """The reason when the question touches a topic of the city's own list."""
        return self.topic if holds(question, self.topics) else None

    def forbids(self, text: str) -> bool:
        """Whether a model's sentence holds a word that must not be used."""
        return holds(text, self.words)

    def with_contact(self, reason: str) -> str:
        """The reason of a refusal, followed by whom to ask."""
        return f"{reason} {self.contact}".strip()


def holds(text: str, words: Sequence[str]) -> bool:
    """Whether one of some words stands in a text, whatever the spacing and the case."""
    bare = _bare(text)
    return any(_bare(word) in bare for word in words)


def lines_of(text: str) -> tuple[str, ...]:
    """The words of a list that is edited one to a line."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
