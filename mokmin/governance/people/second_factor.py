"""Second factors: codes that change every 30 seconds (TOTP, RFC 6238), and recovery codes.

A code counts once: its time step, and all before it, are refused afterwards (RFC 6238 section 5.2).
Recovery codes are kept as hashes and end with their use. Secrets are sealed with a key outside the
database; one from before is sealed when it is next used.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.governance.access.model import Principal
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.people.sessions import hash_token
from mokmin.governance.people.sign_in_store import recovery_codes, second_factors

ISSUER = "목민"
DRIFT = 1
"""Steps that a phone's clock may be ahead or behind."""
RECOVERY_CODES = 10
WRONG_CODE = "인증 코드가 맞지 않습니다. 휴대전화의 시각을 확인하고 새 코드를 넣어 주세요."


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs: the secret (base32) and the address that the QR code holds."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether a second factor is in force, and how many recovery codes are left."""

    active: bool
    codes_left: int


class SecondFactors:
    """Set up, check and take away second factors."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer

    def state(self, user_id: int | None) -> FactorState:
        """The state of an account."""
        left = sa.select(sa.func.count()).where(recovery_codes.c.user_id == user_id)
        with self._db.read() as connection:
            return FactorState(
                user_id is not None and self.active(connection, user_id),
                connection.execute(left).scalar_one(),
            )

    def active(self, connection: Connection, user_id: int) -> bool:
        """Whether signing in needs a code."""
        query = sa.select(second_factors.c.user_id).where(
            second_factors.c.user_id == user_id, second_factors.c.confirmed_at.is_not(None)
        )
        return connection.execute(query).first() is not None

    def begin(self, principal: Principal) -> Setup:
        """A secret that waits for its first code; the same one until then. Raises Conflict."""
        with self._db.write() as connection:
            row = connection.execute(
                sa.select(second_factors).where(second_factors.c.user_id == principal.user_id)
            ).first()
            if row is not None and row.confirmed_at is not None:
                raise Conflict("2단계 인증을 이미 쓰고 있습니다. 먼저 끈 뒤 다시 설정해 주세요.")
            secret = self._secret(connection, principal.user_id)
            if secret is None:
                # None yet, or one that was sealed with a key that is lost.
                secret = pyotp.random_base32()
                connection.execute(
                    second_factors.delete().where(second_factors.c.user_id == principal.user_id)
                )
                connection.execute(
                    second_factors.insert().values(
                        user_id=principal.user_id,
                        secret=self._sealer.seal(secret, f"user:{principal.user_id}"),
                    )
                )
        uri = pyotp.TOTP(secret).provisioning_uri(name=principal.login, issuer_name=ISSUER)
        return Setup(secret, uri)

    def confirm(self, principal: Principal, code: str) -> list[str]:
        """Put the waiting secret in force with its first code; the recovery codes, shown only now.

        Raises InvalidInput.
        """
        with self._db.write() as connection:
            waiting = sa.select(second_factors.c.user_id).where(
                second_factors.c.user_id == principal.user_id,
                second_factors.c.confirmed_at.is_(None),
            )
            if connection.execute(waiting).first() is None or principal.user_id is None:
                raise InvalidInput("설정을 먼저 시작해 주세요. 바뀐 것은 없습니다.")
            if not self._take_code(connection, principal.user_id, code):
                raise InvalidInput(WRONG_CODE)
            connection.execute(
                second_factors.update()
                .where(second_factors.c.user_id == principal.user_id)
                .values(confirmed_at=utcnow())
            )
            return _new_codes(connection, principal.user_id)

    def renew_codes(self, principal: Principal, code: str) -> list[str]:
        """New recovery codes in place of the old ones. Raises InvalidInput for a wrong code."""
        with self._db.write() as connection:
            if principal.user_id is None or not self._proved(connection, principal.user_id, code):
                raise InvalidInput(WRONG_CODE)
            return _new_codes(connection, principal.user_id)

    def turn_off(self, principal: Principal, code: str) -> None:
        """Take the person's own second factor away. Raises InvalidInput for a wrong code."""
        with self._db.write() as connection:
            if principal.user_id is None or not self.check(connection, principal.user_id, code):
                raise InvalidInput(WRONG_CODE)
            self.remove(connection, principal.user_id)

    def remove(self, connection: Connection, user_id: int) -> None:
        """Take an account's second factor away."""
        for table in (second_factors, recovery_codes):
            connection.execute(table.delete().where(table.c.user_id == user_id))

    def check(self, connection: Connection, user_id: int, code: str) -> bool:
        """Whether the code, or a recovery code, is good; it is used up then."""
        cleaned = "".join(code.split()).replace("-", "").lower()
        if cleaned.isdecimal() and len(cleaned) == 6:
            return self._proved(connection, user_id, cleaned)
        used = connection.execute(
            recovery_codes.delete().where(
                recovery_codes.c.user_id == user_id,
                recovery_codes.c.code_hash == _code_hash(user_id, cleaned),
            )
        )
        return used.rowcount == 1

    def _proved(self, connection: Connection, user_id: int, code: str) -> bool:
        return self.active(connection, user_id) and self._take_code(connection, user_id, code)

    def _take_code(self, connection: Connection, user_id: int, code: str) -> bool:
        """Whether the code is that of a step around now that was not used yet; uses it up."""
        given = "".join(code.split()).encode()
        secret = self._secret(connection, user_id)
        if secret is None:
            return False
        totp = pyotp.TOTP(secret)
        now = totp.timecode(datetime.now(UTC))
        for step in range(now - DRIFT, now + DRIFT + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), given):
                # One statement decides: two requests with the same code cannot both win.
                taken = connection.execute(
                    second_factors.update()
                    .where(second_factors.c.user_id == user_id, second_factors.c.last_step < step)
                    .values(last_step=step)
                )
                return taken.rowcount == 1
        return False

    def _secret(self, connection: Connection, user_id: int | None) -> str | None:
        """An account's secret; one that still lies open is sealed now. None: there is none, or it
        cannot be opened (a recovery code still can be used)."""
        mine = second_factors.c.user_id == user_id
        stored = connection.execute(sa.select(second_factors.c.secret).where(mine)).scalar()
        if stored is None:
            return None
        if self._sealer.is_sealed(stored):
            return self._sealer.open(stored, f"user:{user_id}")
        connection.execute(
            second_factors.update()
            .where(mine, second_factors.c.secret == stored)
            .values(secret=self._sealer.seal(stored, f"user:{user_id}"))
        )
        return str(stored)


def _new_codes(connection: Connection, user_id: int) -> list[str]:
    connection.execute(recovery_codes.delete().where(recovery_codes.c.user_id == user_id))
    codes = [secrets.token_hex(8) for _ in range(RECOVERY_CODES)]
    connection.execute(
        recovery_codes.insert(),
        [{"code_hash": _code_hash(user_id, code), "user_id": user_id} for code in codes],
    )
    return ["-".join(code[n : n + 4] for n in range(0, 16, 4)) for code in codes]


def _code_hash(user_id: int, code: str) -> str:
    return hash_token(f"recovery:{user_id}:{code}")
