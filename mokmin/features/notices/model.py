"""Kinds of notices and a notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

KINDS: dict[str, str] = {
    "draft.turn": "결재·검토할 차례",
    "draft.decided": "내 문서의 결재와 반려",
    "draft.comment": "초안의 의견과 답글",
    "draft.invite": "초안을 함께 쓰자는 청",
    "assistant.ask": "승인할 업무봇",
    "assistant.decided": "내 업무봇의 승인과 반려",
    "assistant.given": "맡게 된 업무봇",
    "review.graded": "내가 알린 답의 검토 결과",
    "share": "나와 공유된 대화",
    "know-how.comment": "내 노하우의 댓글",
    "folder": "지켜보는 폴더의 문제",
    "document.failed": "읽지 못한 내 문서",
    "report": "주간 보고서",
    "token": "곧 끝나는 API 토큰",
}
WAYS = {"app": "화면에서", "mail": "화면과 전자우편", "none": "받지 않음"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One line to one person. ``link``: a path of this system."""

    id: int
    kind: str
    title: str
    link: str
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants to be told: ``ways`` by kind where it is not ``app``; ``email`` empty for none."""

    email: str
    ways: dict[str, str]

    def way(self, kind: str) -> str:
        """``app``, ``mail`` or ``none``."""
        return self.ways.get(kind, "app")
