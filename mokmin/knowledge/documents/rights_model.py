"""Rights of a document: owner, readers, grade with its legal ground, disclosure, retention."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal

from mokmin.base.errors import InvalidInput
from mokmin.governance.access.grants import Grant, checked_grants
from mokmin.governance.access.model import GRADE_RANK
from mokmin.knowledge.documents.rights_audience import Reader

GRADES: dict[str, str] = {"O": "공개(O)", "S": "민감(S)", "C": "기밀(C)"}
GROUNDS: dict[str, str] = {
    "1": "다른 법령·조례에 따른 비밀·비공개",
    "2": "국가안전보장·국방·통일·외교",
    "3": "국민의 생명·신체·재산 보호",
    "4": "진행 중인 재판, 범죄의 예방·수사 등",
    "5": "감사·감독·계약·인사관리, 의사결정·내부검토 과정",
    "6": "개인정보(사생활의 비밀·자유)",
    "7": "법인·단체·개인의 경영·영업상 비밀",
    "8": "부동산 투기·매점매석 우려",
}
"""공공기관의 정보공개에 관한 법률 제9조 제1항 각 호, shortened."""
DISCLOSURES: dict[str, str] = {"open": "공개", "part": "부분공개", "closed": "비공개"}
"""공개 여부의 구분 (공공기록물 관리에 관한 법률 제35조)."""
RETENTIONS: dict[str, str] = {
    "1": "1년",
    "3": "3년",
    "5": "5년",
    "10": "10년",
    "30": "30년",
    "semi": "준영구",
    "forever": "영구",
}
"""보존기간의 종류 (공공기록물 관리에 관한 법률 시행령 제26조 제1항)."""
MAX_REASON = 300
AudienceMode = Literal["keep", "replace", "add", "remove"]


@dataclass(frozen=True, slots=True)
class Rights:
    """All rights of one document. ``grade_until`` and ``disclosure_until`` are the days by which the
    decision is to be looked at again: it never opens by itself (정보공개법 제9조 제2항)."""

    department: str = ""
    grade: str = "O"
    legal_ground: str = ""
    grade_until: date | None = None
    disclosure: str = ""
    disclosure_reason: str = ""
    disclosure_until: date | None = None
    retention: str = ""
    closed_on: date | None = None
    grants: tuple[Grant, ...] = ()

    def codes(self) -> str:
        """As they stand in the audit log: codes and dates, no free text."""
        parts = [
            f"{name}={value}" for name in _CODED if (value := getattr(self, name)) not in ("", None)
        ]
        return ";".join([*parts, "groups=" + ",".join(grant.codes for grant in self.grants)])

    def to_json(self) -> str:
        """As stored with a change."""
        plain: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name != "grants"
        }
        plain["grants"] = [[g.group_id, g.valid_from, g.valid_until] for g in self.grants]
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, default=date.isoformat)

    @classmethod
    def from_json(cls, text: str) -> Rights:
        """The inverse of ``to_json``."""
        plain: dict[str, Any] = json.loads(text)
        for name in _DAYS:
            plain[name] = _day(plain[name])
        grants = tuple(Grant(g, _day(begin), _day(end)) for g, begin, end in plain.pop("grants"))
        return cls(**plain, grants=grants)

    @property
    def fingerprint(self) -> str:
        """Changes when any right changes: what a form was filled in on."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]


_CODED = (
    "department",
    "grade",
    "legal_ground",
    "grade_until",
    "disclosure",
    "disclosure_until",
    "retention",
    "closed_on",
)
_DAYS = ("grade_until", "disclosure_until", "closed_on")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class RightsEdit:
    """What is to become of rights. ``values`` names fields of ``Rights``, the others stay; ``grants``
    are put in place of the present ones, added to them (a group's own days are replaced), or their
    groups are taken away, as ``audience`` says."""

    values: Mapping[str, Any] = field(default_factory=dict)
    audience: AudienceMode = "keep"
    grants: tuple[Grant, ...] = ()

    def applied(self, rights: Rights) -> Rights:
        """The rights afterwards. Raises InvalidInput for rights that cannot be."""
        held = {grant.group_id: grant for grant in rights.grants}
        given = {grant.group_id: grant for grant in self.grants}
        if len(given) != len(self.grants):
            checked_grants(self.grants)
        if self.audience == "replace":
            held = given
        elif self.audience == "add":
            held |= given
        elif self.audience == "remove":
            held = {key: grant for key, grant in held.items() if key not in given}
        after = replace(rights, **self.values, grants=tuple(sorted(held.values())))
        return after if after == rights else checked_rights(after)


def checked_rights(rights: Rights) -> Rights:
    """Rights that fit together. Raises InvalidInput with what is missing, and that nothing changed."""
    lists = (
        (rights.grade, GRADES, "보안 등급"),
        (rights.legal_ground or "1", GROUNDS, "비공개 근거"),
        (rights.disclosure or "open", DISCLOSURES, "공개 구분"),
        (rights.retention or "1", RETENTIONS, "보존기간"),
    )
    for value, allowed, name in lists:
        if value not in allowed:
            raise InvalidInput(f"{name}에 없는 값입니다. 목록에서 골라 주세요.")
    if rights.grade != "O" and not rights.legal_ground:
        raise InvalidInput(
            f"{GRADES[rights.grade]} 등급은 정보공개법 제9조 제1항의 몇 호에 해당하는지 골라야 합니다. "
            "아무것도 바꾸지 않았습니다."
        )
    if rights.disclosure in ("part", "closed") and not (
        rights.legal_ground and rights.disclosure_reason.strip()
    ):
        raise InvalidInput(
            f"{DISCLOSURES[rights.disclosure]} 문서에는 근거(정보공개법 제9조 제1항 각 호)와 사유가 "
            "모두 있어야 합니다. 아무것도 바꾸지 않았습니다."
        )
    if rights.disclosure == "closed" and rights.grade == "O":
        raise InvalidInput(
            "비공개 문서의 보안 등급은 민감(S)이나 기밀(C)이어야 합니다. 아무것도 바꾸지 않았습니다."
        )
    if len(rights.disclosure_reason) > MAX_REASON:
        raise InvalidInput(f"사유는 {MAX_REASON}자까지 적을 수 있습니다. 줄여 주세요.")
    return replace(rights, grants=checked_grants(rights.grants))


def opens(before: Rights, after: Rights) -> bool:
    """Whether a change lowers the grade or opens what was closed to the public."""
    lower = GRADE_RANK[after.grade] < GRADE_RANK[before.grade]
    order = ("closed", "part", "", "open")
    return lower or order.index(after.disclosure) > order.index(before.disclosure or "open")


@dataclass(frozen=True, slots=True)
class Held:
    """The rights of a document for one who sees it; ``readers`` names the groups of the grants.
    ``manages``: the person may change them."""

    document_id: int
    title: str
    owner: str
    rights: Rights
    readers: dict[int, Reader]
    manages: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change would do to one document: ``why`` it is left as it is, or empty."""

    document_id: int
    title: str
    before: Rights
    after: Rights
    why: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything would become different."""
        return not self.why and self.before != self.after


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to the chosen documents, in their order. ``unknown``: how many of those
    chosen are gone or not visible (any more)."""

    planned: tuple[Planned, ...]
    unknown: int = 0

    @property
    def changed(self) -> tuple[Planned, ...]:
        """Documents that would change."""
        return tuple(plan for plan in self.planned if plan.changes)

    @property
    def kept(self) -> tuple[Planned, ...]:
        """Documents that are left as they are for want of the right."""
        return tuple(plan for plan in self.planned if plan.why)


@dataclass(frozen=True, slots=True)
class Batch:
    """A change that was made. ``documents`` counts what changed."""

    id: int
    actor: str
    note: str
    made_at: datetime
    undone_at: datetime | None
    documents: int
