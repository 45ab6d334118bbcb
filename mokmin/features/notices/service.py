"""Notices made out of the log, once each, and letters about them.

The log is the outbox (as for webhooks): every entry is read once in its order, features say whom it concerns
(``governance/audit/telling.py``), and notices and the place in the log are written in one transaction. Letters
hold the line and the address only; each is tried until the server took it, for about a day.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, MokminError, NotFound, Unavailable
from mokmin.features.notices.model import KINDS, WAYS, Notice, Wishes
from mokmin.features.notices.store import (
    notice_cursor,
    notice_of,
    notice_wishes,
    notices,
    wishes_of,
)
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.audit.store import audit_log
from mokmin.governance.audit.telling import Happened, Teller, Told
from mokmin.governance.people.store import users

Send = Callable[[str, str, str], None]
"""Sends a letter: receiver, subject, text. Raises Unavailable."""
Due = Callable[[Connection, date], Iterable[tuple[Told, str]]]
"""What is due on a day, each with a cause that makes it told once."""
AT_ONCE, PAGE, KEPT_DAYS = 200, 30, 90
LEASE = timedelta(seconds=120)
LOCK_KEY = 4247
SOON_SECONDS = 60.0
FIRST_WAIT, LONGEST_WAIT, MOST_TRIES = 60, 3600, 24
# ASCII without what a header could be broken with (RFC 5321 section 4.1.2).
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24})")
_SUBJECT = re.compile(r"[a-z-]+:(\d{1,12})")
log = logging.getLogger(__name__)


class NoticeService:
    """Notices of everybody. ``daily`` and ``soon``: what no entry of the log tells, looked for once a day and
    at every turn; ``domains``: where letters may go, empty for nowhere; ``site``: the address of this system in
    letters."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        tellers: Sequence[Teller],
        daily: Sequence[Due],
        soon: Sequence[Due],
        today: Callable[[], date],
        *,
        send: Send | None = None,
        domains: frozenset[str] = frozenset(),
        site: str = "",
    ) -> None:
        self._db, self._audit, self._today = db, audit, today
        self._tellers, self._due_daily, self._due_soon = tellers, daily, soon
        self._soon_at = -SOON_SECONDS
        self._send, self.domains, self._site = send, domains, site.rstrip("/")

    @property
    def has_mail(self) -> bool:
        """Whether letters can be sent at all."""
        return self._send is not None and bool(self.domains)

    # --- read -----------------------------------------------------------------------------
    def unread(self, principal: Principal) -> int:
        """How many were not opened yet."""
        if principal.user_id is None:
            return 0
        mine = (notices.c.user_id == principal.user_id, notices.c.read_at.is_(None))
        with self._db.read() as connection:
            query = sa.select(sa.func.count()).select_from(notices).where(*mine)
            return int(connection.execute(query).scalar_one())

    def mine(
        self, principal: Principal, *, unread: bool = False, kind: str = "", before: int = 0
    ) -> list[Notice]:
        """The newest first, a page of them; ``before``: older than that one."""
        if principal.user_id is None:
            return []
        query = sa.select(notices).where(notices.c.user_id == principal.user_id)
        if unread:
            query = query.where(notices.c.read_at.is_(None))
        if kind in KINDS:
            query = query.where(notices.c.kind == kind)
        if before:
            query = query.where(notices.c.id < before)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(notices.c.id.desc()).limit(PAGE)).all()
        return [notice_of(row) for row in rows]

    def open(self, principal: Principal, notice_id: int) -> str:
        """Mark as read; where it leads. Raises NotFound."""
        mine = sa.and_(notices.c.id == notice_id, notices.c.user_id == principal.user_id)
        with self._db.write() as connection:
            link = connection.execute(sa.select(notices.c.link).where(mine)).scalar()
            if link is None:
                raise NotFound("그 알림은 없습니다. 석 달이 지나 지워졌을 수 있습니다.")
            connection.execute(
                notices.update().where(mine, notices.c.read_at.is_(None)).values(read_at=utcnow())
            )
        return str(link)

    def read_all(self, principal: Principal) -> None:
        """Mark all as read."""
        mine = (notices.c.user_id == principal.user_id, notices.c.read_at.is_(None))
        with self._db.write() as connection:
            connection.execute(notices.update().where(*mine).values(read_at=utcnow()))

    # --- wishes ---------------------------------------------------------------------------
    def wishes(self, principal: Principal) -> Wishes:
        """How the person wants to be told."""
        with self._db.read() as connection:
            return wishes_of(connection, principal.user_id or 0)

    def wish(self, principal: Principal, email: str, ways: dict[str, str]) -> None:
        """Keep how the person wants to be told. Raises InvalidInput."""
        if principal.user_id is None:
            raise InvalidInput("알림은 사람의 계정으로 받습니다. 바꾸지 않았습니다.")
        email = email.strip()
        found = _EMAIL.fullmatch(email)
        if email and (found is None or found[1].lower() not in self.domains):
            allowed = ", ".join(sorted(self.domains)) or "없음"
            raise InvalidInput(
                f"전자우편은 시가 정한 곳으로만 보냅니다({allowed}). 주소를 확인해 주세요. 바꾸지 않았습니다."
            )
        kept = {k: w for k, w in ways.items() if k in KINDS and w in WAYS and w != "app"}
        if "mail" in kept.values() and not email:
            raise InvalidInput("전자우편으로 받으려면 주소를 적어 주세요. 바꾸지 않았습니다.")
        values = {"email": email, "ways": json.dumps(kept)}
        this = notice_wishes.c.user_id == principal.user_id
        with self._db.write() as connection:
            if not connection.execute(notice_wishes.update().where(this).values(values)).rowcount:
                connection.execute(
                    notice_wishes.insert().values(user_id=principal.user_id, **values)
                )

    def try_letter(self, principal: Principal) -> str:
        """Send a trial letter to the person's own address; what came of it. Raises NotAllowed."""
        require(principal, Permission.ADMINISTER)
        email = self.wishes(principal).email
        if self._send is None or not email:
            return "보낼 주소나 메일 서버가 정해지지 않았습니다. 알림 설정에 내 주소를 적어 주세요."
        try:
            self._send(
                email, "[목민] 시험 편지", "이 편지가 보이면 알림 편지를 보낼 수 있습니다.\n"
            )
        except Unavailable as error:
            return error.message
        return f"{email}로 보냈습니다. 편지함을 확인해 주세요."

    # --- made -----------------------------------------------------------------------------
    def turn(self) -> None:
        """A chore: tell what the log has, what is due today, and send letters."""
        with self._db.read() as connection:
            row = connection.execute(sa.select(notice_cursor)).first()
            news = row is None or row.next_seq <= self._audit.head(connection)[0]
        while news and self._follow():
            pass
        if time.monotonic() - self._soon_at >= SOON_SECONDS:
            self._soon_at = time.monotonic()
            self._daily()
        self._letters()

    def _follow(self) -> bool:
        """Read on in the log; whether there may be more."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            head = self._audit.head(connection)[0]
            row = connection.execute(sa.select(notice_cursor).with_for_update()).first()
            if row is None:  # What happened before there were notices is no news.
                connection.execute(notice_cursor.insert().values(id=1, next_seq=head + 1))
                return False
            entries = connection.execute(
                sa.select(audit_log)
                .where(audit_log.c.seq >= row.next_seq)
                .order_by(audit_log.c.seq)
                .limit(AT_ONCE)
            ).all()
            for entry in entries:
                told = self._told(connection, entry)
                self._keep(
                    connection, [(one, f"log:{entry.seq}:{n}") for n, one in enumerate(told)]
                )
            if entries:
                connection.execute(notice_cursor.update().values(next_seq=entries[-1].seq + 1))
            return len(entries) == AT_ONCE

    def _told(self, connection: Connection, entry: sa.Row[tuple[object, ...]]) -> list[Told]:
        actor = connection.execute(
            sa.select(users.c.id).where(users.c.login == entry.actor)
        ).scalar()
        found = _SUBJECT.fullmatch(entry.subject)
        what = Happened(
            entry.action, int(found[1]) if found else 0, actor or 0, json.loads(entry.detail)
        )
        told: list[Told] = []
        for teller in self._tellers:
            try:
                told.extend(one for one in teller(connection, what) if one.user_id != actor)
            except (MokminError, LookupError, ValueError) as error:
                log.warning("teller failed", extra={"action": entry.action, "error": str(error)})
        return list(dict.fromkeys(told))

    def _keep(self, connection: Connection, told: Sequence[tuple[Told, str]]) -> None:
        now = utcnow()
        for one, cause in told:
            wishes = wishes_of(connection, one.user_id)
            way = wishes.way(one.kind)
            known = connection.execute(
                sa.select(notices.c.id).where(
                    notices.c.user_id == one.user_id, notices.c.cause == cause[:60]
                )
            ).scalar()
            if (
                way == "none"
                or known is not None
                or not one.link.startswith("/")
                or one.link.startswith("//")
            ):
                continue
            connection.execute(
                notices.insert().values(
                    user_id=one.user_id,
                    kind=one.kind,
                    title=one.title[:240],
                    link=one.link[:200],
                    cause=cause[:60],
                    created_at=now,
                    mail_at=now if way == "mail" and wishes.email and self.has_mail else None,
                )
            )

    def _daily(self) -> None:
        """What is due at every turn; once a day also what is due then, and old notices leave."""
        today = self._today()
        with self._db.write() as connection:
            row = connection.execute(sa.select(notice_cursor).with_for_update()).first()
            if row is None:
                return
            new_day = row.daily_on != today
            for due in (*self._due_soon, *(self._due_daily if new_day else ())):
                self._keep(connection, list(due(connection, today)))
            if not new_day:
                return
            old = utcnow() - timedelta(days=KEPT_DAYS)
            connection.execute(notices.delete().where(notices.c.created_at < old))
            connection.execute(notice_cursor.update().values(daily_on=today))

    # --- letters --------------------------------------------------------------------------
    def _letters(self) -> None:
        if self._send is None:
            return
        now = utcnow()
        query = (
            sa.select(notices, notice_wishes.c.email)
            .join(notice_wishes, notice_wishes.c.user_id == notices.c.user_id)
            .join(users, users.c.id == notices.c.user_id)
            .where(notices.c.mail_at <= now, ~users.c.disabled)
            .order_by(notices.c.id)
            .limit(AT_ONCE)
        )
        with self._db.read() as connection:
            due = connection.execute(query).all()
        for row in due:
            with self._db.write() as connection:
                # Claimed, so that of several workers one sends; what a killed one left is sent again.
                claimed = connection.execute(
                    notices.update()
                    .where(notices.c.id == row.id, notices.c.mail_at == row.mail_at)
                    .values(mail_at=utcnow() + LEASE)
                ).rowcount
            if claimed and not self._letter(row):
                return  # The server is away: the others wait for their turn as well.

    def _letter(self, row: sa.Row[tuple[object, ...]]) -> bool:
        assert self._send is not None
        text = f"{row.title}\n\n{self._site}{row.link}\n\n받는 방법은 목민의 ‘알림 설정’에서 바꿀 수 있습니다.\n"
        values: dict[str, object] = {"mail_at": None}
        try:
            self._send(row.email, f"[목민] {KINDS.get(row.kind, '알림')}", text)
        except Unavailable as error:
            log.warning("letter failed", extra={"error": error.code})
            tries = row.mail_tries + 1
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 6))
            values = {"mail_tries": tries, "mail_at": utcnow() + timedelta(seconds=wait)}
            if tries >= MOST_TRIES:
                values["mail_at"] = None
        with self._db.write() as connection:
            connection.execute(notices.update().where(notices.c.id == row.id).values(values))
        return values["mail_at"] is None
