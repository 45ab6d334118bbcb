"""What a person opens. One line per feature; features never import each other."""

from dataclasses import dataclass

from mokmin.governance.access.model import Permission
from mokmin.governance.usage.switches import Feature

FEATURES: tuple[str, ...] = (
    "portal",
    "account",
    "assistant",
    "work_assistants",
    "library",
    "curation",
    "stewardship",
    "tools",
    "drafting",
    "auditing",
    "console",
    "organisation",
    "privacy",
    "records",
    "forms",
    "ai_register",
    "gateway",
    "usage",
    "know_how",
    "webhooks",
    "notices",
    "endpoints",
    "prompts",
)

# What uses AI, and so can be switched off by itself. Whoever adds one here also asks for it.
AI_FEATURES: tuple[Feature, ...] = (
    Feature("assistant", "업무 대화"),
    Feature("search", "뜻으로 찾기"),
    Feature("tools", "요약·표·비교"),
    Feature("drafting", "문서 다듬기"),
    Feature("gateway", "프로그램 연결(API)"),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """An entry of the menu for those who hold a permission. ``key`` is the page's ``nav``, ``icon``
    a name of the icon set, ``group`` the heading in the menu that it stands under."""

    key: str
    href: str
    name: str
    icon: str
    permission: Permission
    group: str = "운영"


# Headings of the menu.
QUALITY, PEOPLE, KEEPING = "찾기·답변 품질", "사람과 권한", "개인정보·감사·기록"

# Places of work beyond everybody's, in the order of the menu.
DESKS: tuple[Desk, ...] = (
    Desk("inspect", "/inspect", "찾기 살펴보기", "scan-search", Permission.CURATE, QUALITY),
    Desk(
        "dictionary", "/dictionary", "행정 용어 사전", "book-open-text", Permission.CURATE, QUALITY
    ),
    Desk("review", "/review", "답변 검토", "message-square-warning", Permission.CURATE, QUALITY),
    Desk("stewardship", "/stewardship", "지식 돌보기", "list-tree", Permission.CURATE, QUALITY),
    Desk("compare", "/models/compare", "모델 견주기", "scale", Permission.CURATE, QUALITY),
    Desk("access", "/access", "열람 권한", "key-round", Permission.EXPLAIN_ACCESS, PEOPLE),
    Desk(
        "organisation",
        "/admin/organisation",
        "조직·계정",
        "network",
        Permission.MANAGE_PEOPLE,
        PEOPLE,
    ),
    Desk("privacy", "/privacy", "개인정보 점검", "eye-off", Permission.PROTECT_PRIVACY, KEEPING),
    Desk("audit", "/audit", "감사 기록", "scroll-text", Permission.READ_AUDIT, KEEPING),
    Desk("records", "/records", "기록 관리", "archive", Permission.KEEP_RECORDS, KEEPING),
    Desk(
        "ai-register",
        "/ai-register",
        "인공지능 대장",
        "shield-check",
        Permission.REGISTER_AI,
        KEEPING,
    ),
    Desk("disposals", "/disposals", "처분 승인", "stamp", Permission.APPROVE_DISPOSAL, KEEPING),
    Desk("usage", "/admin/usage", "사용량과 비용", "chart-column", Permission.SET_LIMITS),
    Desk("models", "/admin/models", "언어모델", "gauge", Permission.ADMINISTER),
    Desk("admin", "/admin", "관리", "settings", Permission.ADMINISTER),
)
