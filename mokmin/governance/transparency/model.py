"""An entry of the register of AI in use.

인공지능 발전과 신뢰 기반 조성 등에 관한 기본법 제2조 제4호 names the areas of high-impact AI (고영향
인공지능); 제33조 is the check beforehand, 제35조 the impact assessment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

STATUSES: dict[str, str] = {
    "planned": "도입 예정",
    "in_use": "쓰는 중",
    "paused": "멈춤",
    "ended": "끝냄",
}
IMPACTS: dict[str, str] = {
    "none": "고영향 아님",
    "high": "고영향",
    "asking": "확인 중(제33조)",
}
AREAS: dict[str, str] = {
    "": "해당 없음",
    "가": "가. 에너지의 공급",
    "나": "나. 먹는물의 생산 공정",
    "다": "다. 보건의료의 제공·이용체계",
    "라": "라. 의료기기·디지털의료기기",
    "마": "마. 핵물질·원자력시설의 관리",
    "바": "바. 범죄 수사·체포를 위한 생체인식정보 분석",
    "사": "사. 채용·대출 심사 등 권리·의무 관계의 판단·평가",
    "아": "아. 교통수단·교통시설·교통체계",
    "자": "자. 공공서비스 자격 확인·결정, 비용징수 등 국가기관등의 의사결정",
    "차": "차. 유아·초등·중등교육의 학생 평가",
    "카": "카. 그 밖에 대통령령으로 정하는 영역",
}
GRADES: dict[str, str] = {"O": "공개", "S": "민감", "C": "기밀"}


@dataclass(frozen=True, slots=True)
class AiUse:
    """One use of AI. Dates are days in Korea; ``grades``: of the documents that it works on."""

    name: str
    purpose: str
    department: str
    owner: str
    models: str
    grades: tuple[str, ...]
    personal_data: bool
    impact: str
    area: str
    reason: str
    oversight: str
    status: str
    started_on: date | None = None
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An AI use with its place in the register."""

    id: int
    source: str | None
    use: AiUse
    revision: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A former or present state: what differs from the one before, by the names of the fields."""

    revision: int
    changed_by: str
    changed_at: datetime
    fields: tuple[str, ...] = field(default_factory=tuple)


FIELDS: dict[str, str] = {
    "name": "이름",
    "purpose": "목적",
    "department": "부서",
    "owner": "담당자",
    "models": "모델",
    "grades": "자료 등급",
    "personal_data": "개인정보 이용",
    "impact": "고영향 여부",
    "area": "고영향 영역(제2조 제4호)",
    "reason": "판단 까닭",
    "oversight": "사람의 감독",
    "status": "상태",
    "started_on": "시작일",
    "review_on": "다음 점검일",
}
