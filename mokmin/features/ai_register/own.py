"""This system's own AI features as entries of the register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.governance.transparency.model import AiUse
from mokmin.governance.usage.switches import Feature

EXTRACT = "발췌(생성 모델 없음)"


@dataclass(frozen=True, slots=True)
class _About:
    purpose: str
    oversight: str


_ABOUT: dict[str, _About] = {
    "assistant": _About(
        "직원이 업무를 물으면 시가 가진 문서에서 근거를 찾아 답합니다.",
        "문장마다 근거와 확인 여부를 보여 주고, 담당자가 원문을 확인한 뒤 씁니다. 근거가 없으면 답하지 않습니다. 부서 관리자가 낮게 평가된 답을 검토합니다.",
    ),
    "search": _About(
        "문서고에서 뜻이 가까운 글을 찾습니다.",
        "찾은 글을 원문 그대로 보여 주고, 글을 만들지 않습니다. 부서 관리자가 찾기 과정을 살펴볼 수 있습니다.",
    ),
    "tools": _About(
        "고른 문서를 요약하고, 항목을 뽑고, 두 문서를 견줍니다.",
        "줄마다 근거를 붙이고, 원문에서 확인되지 않은 줄은 뺍니다. 담당자가 검토했다고 기록하기 전에는 AI가 만든 글로 표시합니다.",
    ),
    "drafting": _About(
        "사실로 쓴 공문서의 문단을 짧게, 쉽게, 공손하게 고쳐 제안하고 근거 법령을 덧붙입니다.",
        "수와 법령 이름이 바뀌거나 원문에서 확인되지 않는 제안은 버리고, 제안은 담당자가 하나씩 받아야 들어갑니다. 결재는 사람만 합니다.",
    ),
    "gateway": _About(
        "다른 프로그램이 사람의 권한으로 묻고, 찾고, 초안을 씁니다(OpenAI 규약, MCP).",
        "프로그램은 토큰 주인의 권한을 넘지 못하고, 모든 호출이 감사 기록에 남으며, 부서나 경로별로 바로 끌 수 있습니다.",
    ),
}
_OTHER = _About(
    "이 기능이 하는 일을 적어 주세요.",
    "담당자가 결과를 확인한 뒤 쓰고, 관리자가 기능을 바로 끌 수 있습니다.",
)
REASON = (
    "직원의 문서 업무를 돕고, 자격 확인·지급·부과·선발처럼 국민의 권리와 의무에 영향을 주는 결정을 하지 않습니다. "
    "결정은 담당자가 합니다(인공지능기본법 제2조 제4호 각 목에 해당하지 않음)."
)


def own_uses(features: Sequence[Feature], models: Sequence[str]) -> dict[str, AiUse]:
    """Proposals by the key of the feature, to be checked and completed by a person."""
    made: dict[str, AiUse] = {}
    for feature in features:
        about = _ABOUT.get(feature.key, _OTHER)
        named = "뜻 벡터 모델" if feature.key == "search" else ", ".join(models) or EXTRACT
        made[feature.key] = AiUse(
            name=f"Mokmin {feature.name}",
            purpose=about.purpose,
            department="",
            owner="",
            models=named[:300],
            grades=("O", "S", "C"),
            personal_data=True,
            impact="none",
            area="",
            reason=REASON,
            oversight=about.oversight,
            status="in_use",
        )
    return made
