"""Passwords: argon2id hashes, and the rules that a new one keeps.

The rules follow NIST SP 800-63B section 3.1.1: length and a list of common ones count, forced mixtures
of characters do not.
"""

from __future__ import annotations

import secrets
from importlib import resources

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput
from mokmin.governance.people.sign_in_store import former_passwords
from mokmin.governance.people.store import sessions, users

MIN_PASSWORD = 10
MAX_PASSWORD = 500
NOT_AGAIN = 3
"""The present password and the two before it cannot be chosen again."""
FEWEST_CHARACTERS = 4
_AROUND = "0123456789!@#$%^&*()-_=+~.,?;:'\"/\\ "


class Passwords:
    """Hashes and verifies; one decoy makes unknown logins cost as much as known ones."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(8))

    def hash(self, password: str) -> str:
        """The argon2id hash of a password."""
        return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is that of the hash; takes as long for no hash (empty) as for one."""
        try:
            return self._hasher.verify(hashed or self._decoy, password) and bool(hashed)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than those in force."""
        return self._hasher.check_needs_rehash(hashed)

    def change(self, connection: Connection, user_id: int, new: str) -> None:
        """Check and set a new password, and end all of the person's sessions. Raises InvalidInput."""
        row = connection.execute(
            sa.select(users.c.login, users.c.password_hash).where(users.c.id == user_id)
        ).one()
        check_password(row.login, new)
        former = connection.execute(
            sa.select(former_passwords.c.id, former_passwords.c.password_hash)
            .where(former_passwords.c.user_id == user_id)
            .order_by(former_passwords.c.id.desc())
        ).all()
        recent = [row.password_hash, *(f.password_hash for f in former[: NOT_AGAIN - 1])]
        if any(self.verify(old, new) for old in recent if old):
            raise InvalidInput(
                f"최근에 쓴 비밀번호 {NOT_AGAIN}개와 다른 것으로 정해 주세요. 바꾸지 않았습니다."
            )
        gone = [f.id for f in former[NOT_AGAIN - 1 :]]
        connection.execute(former_passwords.delete().where(former_passwords.c.id.in_(gone)))
        if row.password_hash:
            connection.execute(
                former_passwords.insert().values(
                    user_id=user_id, password_hash=row.password_hash, at=utcnow()
                )
            )
        connection.execute(
            users.update()
            .where(users.c.id == user_id)
            .values(password_hash=self.hash(new), must_change_password=False)
        )
        connection.execute(sessions.delete().where(sessions.c.user_id == user_id))


def check_password(login: str, password: str) -> None:
    """Raise InvalidInput unless the password keeps the rules."""
    lowered = password.lower()
    core = lowered.strip(_AROUND)
    if len(password) < MIN_PASSWORD or lowered == login.lower():
        raise InvalidInput(f"비밀번호는 {MIN_PASSWORD}자 이상이어야 하고 아이디와 달라야 합니다.")
    if len(password) > MAX_PASSWORD:
        raise InvalidInput(f"비밀번호는 {MAX_PASSWORD}자를 넘을 수 없습니다.")
    if core == login.lower() or lowered in _COMMON or core in _COMMON or not core:
        raise InvalidInput(
            "널리 쓰이거나 아이디에서 바로 떠올릴 수 있는 비밀번호입니다. "
            "서로 관계없는 낱말 여러 개를 이어 적으면 외우기 쉽고 안전합니다."
        )
    if len(set(lowered)) < FEWEST_CHARACTERS:
        raise InvalidInput("같은 글자만 되풀이한 비밀번호는 쓸 수 없습니다.")


_COMMON = frozenset(
    resources.files("mokmin.governance.people")
    .joinpath("common_passwords.txt")
    .read_text(encoding="utf-8")
    .split()
)
