"""What is found: spans and their types."""

from __future__ import annotations

from dataclasses import dataclass

# Code of each type and its Korean name. The order is the precedence where two spans overlap.
TYPES: dict[str, str] = {
    "email": "전자우편",
    "rrn": "주민등록번호",
    "foreigner": "외국인등록번호",
    "card": "카드번호",
    "mobile": "휴대전화번호",
    "gps": "위치 좌표",
    "birth": "생년월일",
    "licence": "운전면허번호",
    "passport": "여권번호",
    "health": "건강보험증번호",
    "number": "학번·사번·군번",
    "account": "계좌번호",
    "phone": "전화번호",
    "ip": "IP 주소",
    "plate": "자동차 번호",
    "user": "아이디",
    "address": "주소",
    "name": "이름",
}
NUMBERED = tuple(t for t in TYPES if t not in ("name", "address"))


@dataclass(frozen=True, slots=True)
class Span:
    """Personal information at ``[start, end)`` of a text, in characters.

    ``confidence`` is 1 where a check digit or an unmistakable form proves it, less where the form
    or the words around it only suggest it.
    """

    start: int
    end: int
    type: str
    text: str
    confidence: float
