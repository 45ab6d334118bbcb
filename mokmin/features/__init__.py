"""What a person opens. One line per feature; features never import each other."""

from dataclasses import dataclass

from mokmin.governance.access.model import Permission
from mokmin.governance.usage.switches import Feature

FEATURES: tuple[str, ...] = (
    "portal",
    "account",
    "assistant",
    "library",
    "curation",
    "tools",
    "auditing",
    "console",
    "organisation",
    "privacy",
    "records",
)

# What uses AI, and so can be switched off by itself. Whoever adds one here also asks for it.
AI_FEATURES: tuple[Feature, ...] = (
    Feature("assistant", "업무 대화"),
    Feature("search", "뜻으로 찾기"),
    Feature("tools", "요약·표·비교"),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """An entry of the menu for those who hold a permission. ``key`` is the page's ``nav``, ``icon``
    a name of the icon set."""

    key: str
    href: str
    name: str
    icon: str
    permission: Permission


# Places of work beyond everybody's, in the order of the menu.
DESKS: tuple[Desk, ...] = (
    Desk("inspect", "/inspect", "찾기 살펴보기", "list-tree", Permission.CURATE),
    Desk("dictionary", "/dictionary", "행정 용어 사전", "text-quote", Permission.CURATE),
    Desk("review", "/review", "답변 검토", "thumbs-down", Permission.CURATE),
    Desk("access", "/access", "열람 권한", "lock", Permission.EXPLAIN_ACCESS),
    Desk("organisation", "/admin/organisation", "조직·계정", "list-tree", Permission.MANAGE_PEOPLE),
    Desk("privacy", "/privacy", "개인정보 점검", "shield-check", Permission.PROTECT_PRIVACY),
    Desk("audit", "/audit", "감사 기록", "history", Permission.READ_AUDIT),
    Desk("records", "/records", "기록 관리", "list-checks", Permission.KEEP_RECORDS),
    Desk("disposals", "/disposals", "처분 승인", "list-checks", Permission.APPROVE_DISPOSAL),
    Desk("admin", "/admin", "관리", "settings", Permission.ADMINISTER),
)
