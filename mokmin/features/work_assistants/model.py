"""Assistants (업무봇): what one is made of, its versions, its test bench, where it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal

CATEGORIES: tuple[str, ...] = (
    "규정·지침", "회계·계약", "인사·복무", "민원 안내", "재산·시설", "안전·재난", "복지·보건",
    "도시·환경", "그 밖",
)  # fmt: skip
TONES: dict[str, str] = {
    "plain": "간결하게: 결론부터 짧게",
    "kind": "친절하게: 절차를 차례로",
    "easy": "쉬운 말로: 처음 맡은 사람도 알게",
}
POLICIES: dict[str, str] = {
    "knowledge": "고른 자료에서만 답합니다. 없으면 없다고 합니다.",
    "general": "자료에 없으면 모델의 일반 지식으로 답하고, 그렇다고 밝힙니다.",
}
AGES: dict[int, str] = {0: "알리지 않음", 1: "1년", 2: "2년", 3: "3년", 5: "5년"}
State = Literal["draft", "asked", "declined", "published", "paused", "deleted"]
STATES: dict[str, str] = {
    "draft": "작성 중",
    "asked": "승인 기다림",
    "declined": "되돌아옴",
    "published": "게시 중",
    "paused": "쉬는 중",
    "deleted": "지움",
}


@dataclass(frozen=True, slots=True)
class Source:
    """All documents of a department, of a kind, or of both, or of a collection; they stay in sync by asking
    anew."""

    department_id: int = 0
    kind: str = ""
    collection_id: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A question of the test bench. ``expected``: documents of which one must be cited; empty: the answer
    must be that there is no basis."""

    question: str
    expected: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What one version says. ``group_id``: for whom it is; ``documents`` and ``sources``: its knowledge;
    ``models``: the only ones that may write, empty for any; ``oldest``: years after which a document
    is told to be old, 0 for never; ``review_on``: when its makers look through it again."""

    name: str = ""
    purpose: str = ""
    category: str = CATEGORIES[-1]
    group_id: int = 0
    documents: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()
    instructions: str = ""
    starters: tuple[str, ...] = ()
    tone: str = "plain"
    policy: str = "knowledge"
    models: tuple[str, ...] = ()
    trials: tuple[Trial, ...] = ()
    oldest: int = 3
    review_on: date | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self) | {"review_on": self.review_on.isoformat() if self.review_on else None}

    @staticmethod
    def of(kept: dict[str, Any]) -> Content:
        """From ``plain``."""
        when = kept.get("review_on")
        return Content(
            **kept
            | {
                "documents": tuple(kept["documents"]),
                "sources": tuple(Source(**one) for one in kept["sources"]),
                "starters": tuple(kept["starters"]),
                "models": tuple(kept["models"]),
                "trials": tuple(
                    Trial(one["question"], tuple(one["expected"])) for one in kept["trials"]
                ),
                "review_on": date.fromisoformat(when) if when else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Assistant:
    """An assistant with one of its versions. ``newest``, ``live``, ``asked``: numbers of versions, the one
    edited last, the one that people use, the one that waits for approval."""

    id: int
    owner_id: int
    owner: str
    deputy_id: int | None
    deputy: str
    department_id: int | None
    department: str
    newest: int
    live: int | None
    asked: int | None
    asked_by: int | None
    paused: bool
    deleted: bool
    declined: bool
    updated_at: datetime
    number: int
    content: Content

    @property
    def state(self) -> State:
        """Where it stands, in one word."""
        if self.deleted:
            return "deleted"
        if self.live is not None:
            return "paused" if self.paused else "published"
        if self.asked is not None:
            return "asked"
        return "declined" if self.declined else "draft"


@dataclass(frozen=True, slots=True)
class Version:
    """A version on the list. ``decision``: "", "approved" or "declined"."""

    number: int
    note: str
    author: str
    created_at: datetime
    decision: str
    decided_by: str
    reason: str
    content: Content


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question of the test bench. ``passed``: None where the documents that it expects were
    not open to the person who ran it."""

    question: str
    expected: tuple[int, ...]
    cited: tuple[int, ...]
    refused: bool
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Run:
    """The test bench at one version."""

    number: int
    by: str
    ran_at: datetime
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Ratings:
    """What people thought of answers. ``share``: helpful ones in percent, None while there are none;
    ``recent``, ``before``: the same of the last 30 days and of the 90 days before, with their numbers;
    ``reasons``: how often each was given."""

    count: int = 0
    share: int | None = None
    recent: tuple[int, int] = (0, 0)
    before: tuple[int, int] = (0, 0)
    reasons: dict[str, int] = field(default_factory=dict)
