"""What an installation decided on personal information: actions by purpose, grade and family of types,
the city's own numbers, and the exclusions in force.

Defaults follow 개인정보 보호법 제24조 and 제24조의2 (numbers that identify a person are not shown to those
who need not process them) and 제29조: what leaves the city is masked most, what a person of the city
reads within rights least. Nothing is ever written to logs, whatever is decided here.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, pairs, utcnow
from mokmin.base.errors import InvalidInput
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.privacy.detection import OFFICIAL_PHONES
from mokmin.governance.privacy.exclusions import Exclusions, salt_of
from mokmin.governance.privacy.model import TYPES
from mokmin.governance.privacy.redaction import Action, Policy, Purpose
from mokmin.governance.privacy.store import policies, settings

GRADES = ("O", "S", "C")
FAMILIES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "identity": ("고유식별정보", ("rrn", "foreigner", "licence", "passport")),
        "money": ("금융·건강보험", ("card", "account", "health")),
        "contact": ("연락처", ("mobile", "phone", "email")),
        "name": ("이름", ("name",)),
        "place": ("주소·위치", ("address", "gps")),
        "other": ("생년월일·차량·기타", ()),
    }
)
_FAMILY_OF = {kind: family for family, (_, kinds) in FAMILIES.items() for kind in kinds}
PURPOSES: Mapping[Purpose, tuple[str, str]] = MappingProxyType(
    {
        Purpose.DISPLAY: ("문서 보기·찾기", "문서를 읽을 권한이 있는 직원의 화면"),
        Purpose.QUESTION: ("질문", "직원이 적어 대화에 남는 글"),
        Purpose.MODEL: ("AI 모델", "생성 모델로 보내는 질문과 근거"),
        Purpose.ANSWER: ("답변", "화면에 보이고 대화에 남는 답"),
        Purpose.SHARE: ("공유", "동료나 부서와 나누는 대화"),
        Purpose.EXPORT: ("내보내기", "파일로 내려받는 대화와 결과"),
        Purpose.CITIZEN: ("시민", "시민에게 보이는 모든 글"),
    }
)
ACTION_NAMES = {Action.ALLOW: "그대로", Action.MASK: "가림", Action.BLOCK: "막음"}
_STRICT = {Action.ALLOW: 0, Action.MASK: 1, Action.BLOCK: 2}
_IDENTIFYING = ("identity", "money")
FRESH_SECONDS = 5.0
MOST_PHONES = 2_000


def family_of(kind: str) -> str:
    """The family of a type; ``other`` for one that no family names."""
    return _FAMILY_OF.get(kind, "other")


def default_action(purpose: Purpose, grade: str, family: str) -> Action:
    """What happens while nobody decided otherwise."""
    if purpose is Purpose.QUESTION:
        return Action.ALLOW
    if purpose is Purpose.CITIZEN and family == "identity":
        return Action.BLOCK
    if purpose in (Purpose.MODEL, Purpose.CITIZEN, Purpose.LOG):
        return Action.MASK
    if family in _IDENTIFYING:
        return Action.MASK
    if purpose is Purpose.EXPORT:
        kept = family == "name" and grade == "O"
        return Action.ALLOW if kept else Action.MASK
    return Action.ALLOW


class Append(Protocol):
    """Writes to the audit log within a transaction (``AuditLog.append``)."""

    def __call__(
        self,
        connection: Connection,
        actor: str,
        action: str,
        subject: str,
        detail: Mapping[str, str | int | float | bool | None],
        /,
    ) -> None:
        """Append one entry."""
        ...


Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _State:
    """What was decided, as read at one moment. ``number`` counts changes of what is searched for."""

    actions: Mapping[Key, Action]
    phones: tuple[str, ...]
    exclusions: Exclusions
    number: int


def bump(connection: Connection) -> None:
    """Count a change of what is searched for: every document is looked through again."""
    number = _setting(connection, "rules")
    _set(connection, "rules", str(int(number or 0) + 1))


def _setting(connection: Connection, name: str) -> str:
    found = connection.execute(sa.select(settings.c.value).where(settings.c.name == name)).scalar()
    return str(found or "")


def _set(connection: Connection, name: str, value: str) -> None:
    done = connection.execute(
        settings.update().where(settings.c.name == name).values(value=value)
    ).rowcount
    if not done:
        connection.execute(settings.insert().values(name=name, value=value))


class PrivacyRules:
    """What is decided, for everyone who masks; seconds old at most, at once in the process that
    changed it. ``department_phones``: numbers that departments publish of themselves."""

    def __init__(
        self, db: Database, department_phones: Callable[[], Iterable[str]] = lambda: ()
    ) -> None:
        self._db = db
        self._department_phones = department_phones
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._read_at = 0.0

    def policy(self, purpose: Purpose, grade: str | None) -> Policy:
        """See ``Rules.policy``."""
        if purpose is Purpose.LOG:
            return Policy()
        grades = [grade] if grade in GRADES else GRADES
        chosen = {
            kind: max(
                (self.action(purpose, str(g), family_of(kind)) for g in grades),
                key=_STRICT.__getitem__,
            )
            for kind in TYPES
        }
        return Policy(Action.MASK, MappingProxyType(chosen))

    def action(self, purpose: Purpose, grade: str, family: str) -> Action:
        """What is decided for one cell of the table."""
        held = self._now().actions.get((purpose.value, grade, family))
        return held if held is not None else default_action(purpose, grade, family)

    def official_phones(self) -> tuple[str, ...]:
        """See ``Rules.official_phones``."""
        return self._now().phones

    def excluded(self, kind: str, value: str, document_kind: str) -> bool:
        """See ``Rules.excluded``."""
        return self._now().exclusions.match(kind, value, document_kind)

    @property
    def number(self) -> int:
        """Counts changes of what is searched for."""
        return self._now().number

    def forget(self) -> None:
        """Read anew: something was changed."""
        self._state = None

    def _now(self) -> _State:
        state = self._state
        if state is not None and time.monotonic() - self._read_at < FRESH_SECONDS:
            return state
        with self._lock:
            self._read_at = time.monotonic()
            self._state = state = self._read()
        return state

    def _read(self) -> _State:
        with self._db.read() as connection:
            held = {
                (row.purpose, row.grade, row.family): Action(row.action)
                for row in connection.execute(sa.select(policies))
            }
            known = pairs(connection, sa.select(settings.c.name, settings.c.value))
            excluded = Exclusions.read(connection, known.get("salt", ""))
        own = [*known.get("official_phones", "").split("\n"), *self._department_phones()]
        phones = OFFICIAL_PHONES + tuple(p.strip() for p in own if len(p.strip()) > 2)
        return _State(held, phones, excluded, int(known.get("rules", "0")))


class PolicyService:
    """Changing what is decided, for the privacy officer; every change is on the audit log."""

    def __init__(self, db: Database, rules: PrivacyRules, append: Append) -> None:
        self._db = db
        self._rules = rules
        self._append = append

    def table(self, principal: Principal, purpose: Purpose) -> dict[tuple[str, str], Action]:
        """(family, grade) of a purpose with its action."""
        require(principal, Permission.PROTECT_PRIVACY)
        return {(f, g): self._rules.action(purpose, g, f) for f in FAMILIES for g in GRADES}

    def change(
        self, principal: Principal, purpose: Purpose, wanted: Mapping[tuple[str, str], Action]
    ) -> int:
        """Decide the cells of a purpose; how many changed. Raises InvalidInput where a cell or an
        action does not exist."""
        require(principal, Permission.PROTECT_PRIVACY)
        if purpose not in PURPOSES:
            raise InvalidInput("그런 용도는 없습니다. 바꾼 것은 없습니다.")
        before = self.table(principal, purpose)
        changed = [
            (cell, action) for cell, action in wanted.items() if before.get(cell) is not action
        ]
        if any(cell not in before for cell, _ in changed):
            raise InvalidInput("그런 칸은 없습니다. 바꾼 것은 없습니다.")
        with self._db.write() as connection:
            for (family, grade), action in changed:
                key = {"purpose": purpose.value, "grade": grade, "family": family}
                connection.execute(
                    policies.delete().where(*(policies.c[name] == v for name, v in key.items()))
                )
                connection.execute(
                    policies.insert().values(
                        **key,
                        action=action.value,
                        changed_by=principal.login,
                        changed_at=utcnow(),
                    )
                )
            for (family, grade), action in changed:
                self._append(
                    connection,
                    principal.login,
                    "policy.change",
                    f"policy:{purpose.value}",
                    {
                        "grade": grade,
                        "family": family,
                        "before": before[family, grade].value,
                        "after": action.value,
                    },
                )
        self._rules.forget()
        return len(changed)

    def phones(self, principal: Principal) -> str:
        """The city's own numbers, one a line."""
        require(principal, Permission.PROTECT_PRIVACY)
        with self._db.read() as connection:
            return _setting(connection, "official_phones")

    def set_phones(self, principal: Principal, text: str) -> int:
        """Set them; how many there are. Raises InvalidInput for a line that is no beginning of a
        telephone number."""
        require(principal, Permission.PROTECT_PRIVACY)
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > MOST_PHONES:
            raise InvalidInput(f"번호는 {MOST_PHONES:,}개까지 둘 수 있습니다. 바꾼 것은 없습니다.")
        for number, line in enumerate(lines, 1):
            if len(line) > 20 or len(line) < 3 or set(line) - set("0123456789-+() "):
                raise InvalidInput(
                    f"{number}번째 줄은 전화번호가 아닙니다. 숫자와 붙임표로 적어 주세요. 바꾼 것은 없습니다."
                )
        with self._db.write() as connection:
            _set(connection, "official_phones", "\n".join(lines))
            bump(connection)
            self._append(
                connection, principal.login, "policy.phones", "policy:phones", {"count": len(lines)}
            )
        self._rules.forget()
        return len(lines)


def ensure_salt(connection: Connection) -> str:
    """The key of the exclusions' hashes, made on first use."""
    held = salt_of(connection)
    if not held:
        held = secrets.token_hex(32)
        _set(connection, "salt", held)
    return held
