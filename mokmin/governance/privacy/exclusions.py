"""What people said is no personal information: by exact string (kept as a keyed hash) or by pattern.

The hash keeps the list from being a list of personal data; whoever holds the whole database also holds
the documents, and could try values against it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.errors import InvalidInput
from mokmin.governance.privacy.folding import fold
from mokmin.governance.privacy.store import exclusions, settings

_LOOSE = re.compile(r"[\s\-.·/()]+")
_PATTERN = re.compile(r"[0-9A-Za-z가-힣@.*\-]{4,60}")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An entry of the list; ``shown`` is masked or a pattern."""

    id: int
    type: str
    form: str
    shown: str
    document_kind: str
    made_by: str
    made_at: datetime
    undone_at: datetime | None


def plain(value: str) -> str:
    """A value without disguises, white space and separators."""
    return _LOOSE.sub("", fold(value).text).lower()


def hashed(salt: str, kind: str, value: str) -> str:
    """The keyed hash of a value of a type."""
    text = f"{kind}\0{plain(value)}"
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()


def checked_pattern(text: str) -> str:
    """A pattern without separators. Raises InvalidInput for one that would fit nearly anything."""
    text = text.strip()
    literal = len(re.sub(r"[*\-.\s]", "", text))
    if not _PATTERN.fullmatch(text) or literal < 3:
        raise InvalidInput(
            "예외는 글자나 숫자를 세 자 이상 적고, 바뀌는 자리에 *를 쓰세요(예: 053-803-*). 바꾼 것은 없습니다."
        )
    return text


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [re.escape(plain(part)) for part in re.split(r"\*+", pattern)]
    return re.compile("[0-9a-z가-힣@]{0,40}".join(parts))


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The list as it is in force."""

    salt: str = ""
    exact: frozenset[tuple[str, str]] = frozenset()
    patterns: tuple[tuple[str, str, re.Pattern[str]], ...] = field(default=())

    @classmethod
    def read(cls, connection: Connection, salt: str) -> Exclusions:
        """As the database has it now."""
        rows = connection.execute(
            sa.select(exclusions).where(exclusions.c.undone_at.is_(None))
        ).all()
        exact = frozenset((r.value, r.document_kind) for r in rows if r.form == "exact")
        patterns = tuple(
            (r.type, r.document_kind, _compiled(r.value)) for r in rows if r.form == "pattern"
        )
        return cls(salt, exact, patterns)

    def match(self, kind: str, value: str, document_kind: str) -> bool:
        """Whether a value is excluded in a document of that kind (empty: outside documents, where
        only what is excluded everywhere counts)."""
        if self.exact:
            key = hashed(self.salt, kind, value)
            if (key, "") in self.exact or (key, document_kind) in self.exact:
                return True
        return any(
            of == kind and (where in ("", document_kind)) and pattern.fullmatch(plain(value))
            for of, where, pattern in self.patterns
        )


def salt_of(connection: Connection) -> str:
    """The key of the hashes; empty before its first use."""
    query = sa.select(settings.c.value).where(settings.c.name == "salt")
    return str(connection.execute(query).scalar() or "")


def to_exclusion(row: Row[Any]) -> Exclusion:
    """A row as an entry."""
    return Exclusion(
        row.id,
        row.type,
        row.form,
        row.shown,
        row.document_kind,
        row.made_by,
        row.made_at,
        row.undone_at,
    )
