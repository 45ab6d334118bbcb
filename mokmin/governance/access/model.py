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
    """Named rights; a role is a set of them."""

    ASK = "ask"
    UPLOAD = "upload"
    PUBLISH = "publish"
    ADMINISTER = "administer"
    READ_AUDIT = "read-audit"
    CURATE = "curate"
    """Look after search: inspect it, and keep the dictionary of administrative terms."""


_STAFF = frozenset({Permission.ASK, Permission.UPLOAD})
ROLES: dict[str, frozenset[Permission]] = {
    "official": _STAFF,
    "lead": _STAFF | {Permission.PUBLISH},
    "steward": _STAFF | {Permission.PUBLISH, Permission.CURATE},
    "records": _STAFF,
    "privacy": _STAFF,
    "auditor": frozenset({Permission.ASK, Permission.READ_AUDIT}),
    "admin": _STAFF | {Permission.PUBLISH, Permission.ADMINISTER, Permission.CURATE},
}
ROLE_NAMES: dict[str, str] = {
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
    """Who acts. ``sees_all`` is true for the local operator on the command line alone."""

    user_id: int | None
    login: str
    name: str
    department_id: int | None
    department: str
    role: str
    groups: tuple[int, ...]
    permissions: frozenset[Permission]
    sees_all: bool = False

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
)
