"""Other systems told of what happened, in the order of the log, each at least once.

The log is the outbox: an entry that was written is sent, also when the service was killed in between. A
call tells what happened to which object and when, and nothing of its contents or of who did it; the system
asks the API under its own rights for more. Signed after Standard Webhooks 1.0: HMAC-SHA256 over
``id.timestamp.body``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, MokminError, Unavailable
from mokmin.features.webhooks.model import Webhook
from mokmin.features.webhooks.store import row_of, rows, webhook_of, webhooks
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.actions import ACTIONS
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.audit.store import audit_log
from mokmin.governance.people.sealing import Sealer

Sender = Callable[[str, bytes, Mapping[str, str]], int]
# Categories of the log that other systems may hear of: nothing of people, questions or models.
CATEGORIES = ("document", "draft", "write", "share", "records", "quality", "system")
MOST, AT_ONCE = 20, 100
LEASE = timedelta(seconds=120)
FIRST_WAIT, LONGEST_WAIT = 5, 3600
# About a day of failures in a row.
MOST_ATTEMPTS = 32
TEST = "test"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook just made; ``secret`` cannot be had again."""

    id: int
    secret: str


def events() -> dict[str, str]:
    """What can be told, with its Korean name."""
    return {code: a.name for code, a in ACTIONS.items() if a.category in CATEGORIES}


class WebhookService:
    """Kept by administrators; ``turn`` is a chore of the worker. ``check``: whether an address may be
    called, raises InvalidInput."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        sealer: Sealer,
        send: Sender,
        check: Callable[[str], None],
    ) -> None:
        self._db, self._audit, self._sealer = db, audit, sealer
        self._send, self._check = send, check

    # --- kept -----------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[Webhook]:
        """Every webhook. Raises NotAllowed."""
        require(principal, Permission.ADMINISTER)
        with self._db.read() as connection:
            return rows(connection)

    def add(self, principal: Principal, url: str, chosen: Sequence[str]) -> NewWebhook:
        """Tell a system from now on. Raises NotAllowed, InvalidInput."""
        require(principal, Permission.ADMINISTER)
        url, wanted = url.strip(), sorted(set(chosen))
        self._check(url)
        if not wanted or not set(wanted) <= set(events()):
            raise InvalidInput("알릴 일을 목록에서 하나 이상 골라 주세요.")
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        now = utcnow()
        with self._db.write() as connection:
            if len(rows(connection)) >= MOST:
                raise InvalidInput(
                    f"웹훅은 {MOST}개까지 둘 수 있습니다. 쓰지 않는 것을 지워 주세요."
                )
            webhook_id = new_id(
                connection,
                webhooks.insert().values(
                    url=url,
                    events=json.dumps(wanted),
                    secret="",
                    next_seq=self._audit.head(connection)[0] + 1,
                    attempts=0,
                    next_try_at=now,
                    paused=False,
                    sent=0,
                    last_result="",
                    created_by=principal.login,
                    created_at=now,
                ),
            )
            sealed = self._sealer.seal(secret, _owner(webhook_id))
            one = webhooks.c.id == webhook_id
            connection.execute(webhooks.update().where(one).values(secret=sealed))
            self._record(connection, principal, "webhook.add", webhook_id)
        return NewWebhook(webhook_id, f"whsec_{secret}")

    def remove(self, principal: Principal, webhook_id: int) -> None:
        """Tell it nothing any more. Raises NotAllowed, NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.write() as connection:
            row_of(connection, webhook_id)
            connection.execute(webhooks.delete().where(webhooks.c.id == webhook_id))
            self._record(connection, principal, "webhook.remove", webhook_id)

    def pause(self, principal: Principal, webhook_id: int, *, paused: bool) -> None:
        """Stop, or go on with what came in the meantime. Raises NotAllowed, NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.write() as connection:
            row_of(connection, webhook_id)
            values = {"paused": paused, "attempts": 0, "next_try_at": utcnow()}
            connection.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(values))
            action = "webhook.pause" if paused else "webhook.resume"
            self._record(connection, principal, action, webhook_id)

    def test(self, principal: Principal, webhook_id: int) -> str:
        """Call it now with a trial; what came of it, in a sentence. Raises NotAllowed, NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.read() as connection:
            row = row_of(connection, webhook_id)
        number = f"test_{secrets.token_hex(8)}"
        try:
            return self._call(row, number, TEST, utcnow(), {"subject": ""})
        except MokminError as error:
            return error.message

    # --- told -----------------------------------------------------------------------------
    def turn(self) -> None:
        """Tell every system what is due. Each is claimed for two minutes, so that of several workers one
        sends; what a killed one left is sent again."""
        now = utcnow()
        with self._db.read() as connection:
            due = [w for w in rows(connection) if not w.paused and w.next_try_at <= now]
        for webhook in due:
            with self._db.write() as connection:
                claimed = connection.execute(
                    webhooks.update()
                    .where(
                        webhooks.c.id == webhook.id,
                        webhooks.c.next_try_at == webhook.next_try_at,
                        ~webhooks.c.paused,
                    )
                    .values(next_try_at=now + LEASE)
                ).rowcount
            if claimed:
                self._tell(webhook)

    def _tell(self, webhook: Webhook) -> None:
        """Send in the order of the log until nothing is left, or one fails."""
        with self._db.read() as connection:
            row = row_of(connection, webhook.id)
            entries = connection.execute(
                sa.select(audit_log.c.seq, audit_log.c.at, audit_log.c.action, audit_log.c.subject)
                .where(audit_log.c.seq >= row.next_seq, audit_log.c.action.in_(webhook.events))
                .order_by(audit_log.c.seq)
                .limit(AT_ONCE)
            ).all()
            head = self._audit.head(connection)[0]
        begin = utcnow()
        for entry in entries:
            try:
                at = datetime.fromisoformat(entry.at)
                data = {"subject": entry.subject, "seq": entry.seq}
                said = self._call(row, f"evt_{entry.seq}", entry.action, at, data)
            except MokminError as error:
                self._failed(row.id, row.attempts + 1, error.message)
                return
            self._keep(
                row.id,
                next_seq=entry.seq + 1,
                attempts=0,
                sent=webhooks.c.sent + 1,
                last_at=utcnow(),
                last_result=said,
            )
            if utcnow() - begin > LEASE / 2:
                break
        else:
            if len(entries) < AT_ONCE:
                self._keep(row.id, next_seq=head + 1)
        self._keep(row.id, next_try_at=utcnow())

    def _call(
        self,
        row: sa.Row[tuple[object, ...]],
        number: str,
        kind: str,
        at: datetime,
        data: Mapping[str, object],
    ) -> str:
        """One signed call. Raises Unavailable where it was not taken."""
        known = webhook_of(row)
        secret = self._sealer.open(str(row._mapping["secret"]), _owner(known.id))
        if secret is None:
            raise Unavailable("서명 키를 열 수 없습니다. 웹훅을 지우고 다시 만들어 주세요.")
        moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        told = {"type": kind, "timestamp": moment.isoformat(), "data": data}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        seconds = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "mokmin",
            "webhook-id": number,
            "webhook-timestamp": seconds,
            "webhook-signature": signature(secret, number, seconds, body),
        }
        status = self._send(known.url, body, headers)
        if not 200 <= status < 300:
            raise Unavailable(f"받는 곳이 {status} 상태로 답했습니다.")
        return f"{status} 상태로 받았습니다."

    def _failed(self, webhook_id: int, attempts: int, why: str) -> None:
        wait = min(FIRST_WAIT * 2 ** min(attempts, 12), LONGEST_WAIT)
        now = utcnow()
        self._keep(
            webhook_id,
            attempts=attempts,
            paused=attempts >= MOST_ATTEMPTS,
            next_try_at=now + timedelta(seconds=wait),
            last_at=now,
            last_result=why[:200],
        )
        log.warning("webhook failed", extra={"webhook": webhook_id, "attempts": attempts})

    def _keep(self, webhook_id: int, **values: object) -> None:
        with self._db.write() as connection:
            connection.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(values))

    def _record(
        self, connection: sa.Connection, principal: Principal, action: str, webhook_id: int
    ) -> None:
        self._audit.append(connection, principal, action, f"webhook:{webhook_id}", {})


def signature(secret: str, number: str, seconds: str, body: bytes) -> str:
    """The signature of a call; ``secret`` as base64, without ``whsec_``."""
    signed = b".".join((number.encode(), seconds.encode(), body))
    made = hmac.new(base64.b64decode(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


def _owner(webhook_id: int) -> str:
    return f"webhook:{webhook_id}"
