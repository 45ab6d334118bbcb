"""Principals and permissions: the only vocabulary of who may do what.

A principal carries group ids. A document is visible to a principal when they share a group;
there is no other way in, and no group means no access.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Grade = Literal["O", "S", "C"]
GRADE_RANK: dict[str, int] = {"O": 0, "S": 1, "C": 2}


def highest(grades: list[str]) -> str:
    """The highest of some grades; ``O`` when there is none (N2SF: the highest wins)."""
    return max(grades, key=lambda g: GRADE_RANK[g], default="O")


class Permission(StrEnum):
    """Named rights; a role is a set of them. Denied unless a role names it."""

    ASK = "ask"
    """Ask, search, and use the tools on documents that the person may read."""
    UPLOAD = "upload"
    """Put documents into the library for oneself and the own department."""
    PUBLISH = "publish"
    """Open the own department's documents to others, and change their rights."""
    CURATE = "curate"
    """Look after search and answers: inspect, keep the dictionary, grade answers."""
    EXPLAIN_ACCESS = "explain-access"
    """Ask why somebody can or cannot see a document, and what a person sees."""
    MANAGE_PEOPLE = "manage-people"
    """Accounts, departments, groups, posts and the personnel rotation."""
    PROTECT_PRIVACY = "protect-privacy"
    """Findings of personal information, exclusions, policies."""
    REVEAL = "reveal"
    """See masked personal information, with a reason that is recorded."""
    READ_AUDIT = "read-audit"
    """Read the audit log, which holds no contents."""
    EXPORT_AUDIT = "export-audit"
    """Take the audit log out of the system."""
    KEEP_RECORDS = "keep-records"
    """Retention periods, legal holds, disposal lists, packs for disclosure requests."""
    APPROVE_DISPOSAL = "approve-disposal"
    """Be the second person of a disposal."""
    REGISTER_AI = "register-ai"
    """Keep the register of AI systems in use."""
    SET_LIMITS = "set-limits"
    """Quotas, switches of AI features, notices."""
    ADMINISTER = "administer"
    """Run the system: health, index, jobs, models, settings. Not people's chats."""


PERMISSION_NAMES: dict[Permission, str] = {
    Permission.ASK: "질문·검색·문서 도구",
    Permission.UPLOAD: "문서 올리기",
    Permission.PUBLISH: "부서 문서의 공개 범위 바꾸기",
    Permission.CURATE: "검색·답변 품질 돌보기",
    Permission.EXPLAIN_ACCESS: "열람 권한 살펴보기",
    Permission.MANAGE_PEOPLE: "조직·계정·인사이동",
    Permission.PROTECT_PRIVACY: "개인정보 점검",
    Permission.REVEAL: "가린 개인정보 열람",
    Permission.READ_AUDIT: "감사 기록 열람",
    Permission.EXPORT_AUDIT: "감사 기록 내보내기",
    Permission.KEEP_RECORDS: "기록 보존·처분",
    Permission.APPROVE_DISPOSAL: "기록 처분 승인",
    Permission.REGISTER_AI: "인공지능 대장",
    Permission.SET_LIMITS: "사용 한도·기능 끄기",
    Permission.ADMINISTER: "시스템 운영",
}
_STAFF = frozenset({Permission.ASK, Permission.UPLOAD})
ROLES: dict[str, frozenset[Permission]] = {
    "citizen": frozenset(),
    "official": _STAFF,
    "lead": _STAFF | {Permission.PUBLISH, Permission.APPROVE_DISPOSAL},
    "steward": _STAFF | {Permission.PUBLISH, Permission.CURATE, Permission.EXPLAIN_ACCESS},
    "records": _STAFF | {Permission.KEEP_RECORDS, Permission.REGISTER_AI},
    "privacy": _STAFF | {Permission.PROTECT_PRIVACY, Permission.REVEAL, Permission.EXPLAIN_ACCESS},
    "auditor": frozenset({Permission.ASK, Permission.READ_AUDIT, Permission.EXPORT_AUDIT}),
    "admin": _STAFF
    | {
        Permission.PUBLISH,
        Permission.CURATE,
        Permission.EXPLAIN_ACCESS,
        Permission.MANAGE_PEOPLE,
        Permission.REGISTER_AI,
        Permission.SET_LIMITS,
        Permission.ADMINISTER,
    },
}
ROLE_NAMES: dict[str, str] = {
    "citizen": "시민",
    "official": "주무관",
    "lead": "팀장",
    "steward": "부서 관리자",
    "records": "기록물 담당",
    "privacy": "개인정보 담당",
    "auditor": "감사 담당",
    "admin": "시스템 관리자",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. ``sees_all`` is true for the local operator on the command line alone; ``channel``: the
    way in (``web``, ``api`` for programs, ``cli``)."""

    user_id: int | None
    login: str
    name: str
    department_id: int | None
    department: str
    role: str
    groups: tuple[int, ...]
    permissions: frozenset[Permission]
    sees_all: bool = False
    channel: str = "web"

    def may(self, permission: Permission) -> bool:
        """Whether the principal holds a permission."""
        return permission in self.permissions


OPERATOR = Principal(
    user_id=None,
    login="system-operator",
    name="시스템 운영자",
    department_id=None,
    department="",
    role="operator",
    groups=(),
    permissions=frozenset(Permission),
    sees_all=True,
    channel="cli",
)
