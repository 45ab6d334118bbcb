"""Disposal: a list, a second person's approval, deletion for good, a certificate.

공공기록물 관리에 관한 법률 제27조 제1항 asks for an examination and a 기록물평가심의회 first; the approval
here is a safeguard beside it. The second person is never the one who made the list. The list's state is the durable job: a worker takes each approved
list up again until every line is settled, each in one transaction, so that a killed worker neither
loses nor repeats a line.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, pairs, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.base.jobs import JobQueue
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog, Detail
from mokmin.governance.people.csv_table import safe_cell
from mokmin.governance.records.holds import LOCK_KEY, held, holds_in, reason_of, rules_in
from mokmin.governance.records.model import (
    ITEM_STATES,
    KINDS,
    PERIODS,
    Disposal,
    Item,
    Line,
    State,
    cutoff,
    due_on,
    start_of,
)
from mokmin.governance.records.ports import Holding
from mokmin.governance.records.store import disposal_items, disposals

WORKER = "records-worker"
JOB = "disposal"
MOST = 50_000
_GONE = "그런 처분 목록이 없습니다."


class DisposalService:
    """Lists to dispose of."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        holdings: Sequence[Holding],
        today: Callable[[], date],
    ) -> None:
        self._db = db
        self._audit = audit
        self._holdings = {h.kind: h for h in holdings}
        self._today = today

    # --- the list ---------------------------------------------------------------------------
    def due(self, principal: Principal) -> dict[str, tuple[int, int]]:
        """How many of each kind are due, and how many of these a hold keeps."""
        require(principal, Permission.KEEP_RECORDS)
        with self._db.read() as connection:
            holds = holds_in(connection)
            found = {kind: (0, 0) for kind in self._holdings}
            for item, _ in self._due(connection):
                count, kept = found[item.kind]
                found[item.kind] = (count + 1, kept + held(holds, item))
        return found

    def propose(self, principal: Principal, reason: str) -> int:
        """A list of everything that is due and on no hold and on no other open list. Raises
        NotAllowed, InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        reason = reason_of(reason)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            holds, listed = holds_in(connection), self._listed(connection)
            items = [
                (item, period)
                for item, period in self._due(connection)
                if (item.kind, item.id) not in listed and not held(holds, item)
            ][:MOST]
            if not items:
                raise InvalidInput("지금 처분할 기록이 없습니다. 목록을 만들지 않았습니다.")
            digest = list_hash((i.kind, i.id, i.closed_on, period) for i, period in items)
            key = new_id(
                connection,
                disposals.insert().values(
                    state=State.PROPOSED.value,
                    reason=reason,
                    made_by=principal.login,
                    made_at=utcnow(),
                    hash=digest,
                ),
            )
            connection.execute(
                disposal_items.insert(),
                [
                    {
                        "disposal_id": key,
                        "kind": item.kind,
                        "item_id": item.id,
                        "person": item.person,
                        "closed_on": item.closed_on,
                        "period": period,
                        "state": "waiting",
                    }
                    for item, period in items
                ],
            )
            detail: Detail = {"items": len(items), "list_hash": digest}
            self._audit.append(
                connection, principal.login, "disposal.propose", f"disposal:{key}", detail
            )
        return key

    def decide(self, principal: Principal, disposal_id: int, *, approve: bool, note: str) -> None:
        """A second person's yes or no. Raises NotAllowed for the one who made the list, NotFound,
        InvalidInput when it is decided already or the list is not the one that was made."""
        require(principal, Permission.APPROVE_DISPOSAL)
        note = reason_of(note)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = self._row(connection, disposal_id)
            if row.made_by == principal.login:
                raise NotAllowed("목록을 만든 사람은 승인할 수 없습니다. 다른 승인자에게 맡기세요.")
            if row.state != State.PROPOSED:
                raise InvalidInput("이미 결정된 목록입니다. 아무것도 바꾸지 않았습니다.")
            if self._hash(connection, disposal_id) != row.hash:
                raise InvalidInput(
                    "목록이 만들 때와 다릅니다. 승인하지 말고 기록물 담당에게 알리세요."
                )
            state = State.APPROVED if approve else State.REJECTED
            connection.execute(
                disposals.update()
                .where(disposals.c.id == disposal_id)
                .values(
                    state=state.value, decided_by=principal.login, decided_at=utcnow(), note=note
                )
            )
            if approve:
                JobQueue.enqueue(connection, JOB, disposal_id)
            action = "disposal.approve" if approve else "disposal.reject"
            self._audit.append(
                connection,
                principal.login,
                action,
                f"disposal:{disposal_id}",
                {"list_hash": row.hash},
            )

    # --- reading ----------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[Disposal]:
        """Lists, the newest first."""
        _reader(principal)
        with self._db.read() as connection:
            rows = connection.execute(sa.select(disposals).order_by(disposals.c.id.desc()))
            return [self._disposal(connection, row) for row in rows.all()]

    def one(self, principal: Principal, disposal_id: int) -> Disposal:
        """One list. Raises NotFound."""
        _reader(principal)
        with self._db.read() as connection:
            return self._disposal(connection, self._row(connection, disposal_id))

    def lines(self, principal: Principal, disposal_id: int, limit: int = MOST) -> list[Line]:
        """Its records, without contents."""
        _reader(principal)
        query = (
            sa.select(disposal_items)
            .where(disposal_items.c.disposal_id == disposal_id)
            .order_by(disposal_items.c.id)
            .limit(limit)
        )
        with self._db.read() as connection:
            self._row(connection, disposal_id)
            return [_line(row) for row in connection.execute(query)]

    def certificate(self, principal: Principal, disposal_id: int) -> str:
        """The certificate as CSV: who, when, the list's hash, each record without contents. Raises
        InvalidInput while it is not done."""
        found = self.one(principal, disposal_id)
        if found.state is not State.DONE:
            raise InvalidInput("처분이 끝난 뒤에 확인서를 받을 수 있습니다.")
        target = io.StringIO()
        out = csv.writer(target)
        out.writerow(["기록 처분 확인서", f"처분 {found.id}"])
        made_by, decided_by = safe_cell(found.made_by), safe_cell(found.decided_by)
        out.writerow(["목록을 만든 사람", made_by, "승인한 사람", decided_by])
        out.writerow(["목록 해시(SHA-256)", found.hash])
        out.writerow(["결과", *(f"{ITEM_STATES[k]} {n}건" for k, n in found.counts.items())])
        out.writerow([])
        out.writerow(
            ["종류", "번호", "담당", "종결일", "보존기간", "만료일", "결과", "처분 시각(UTC)"]
        )
        for line in self.lines(principal, disposal_id):
            out.writerow(
                [
                    KINDS[line.kind].name,
                    line.item_id,
                    safe_cell(line.person),
                    line.closed_on.isoformat(),
                    PERIODS[line.period],
                    line.due_on.isoformat(),
                    ITEM_STATES[line.state],
                    line.disposed_at.isoformat(timespec="seconds") if line.disposed_at else "",
                ]
            )
        self._audit.record(principal, "disposal.export", f"disposal:{disposal_id}")
        return target.getvalue()

    # --- the work ---------------------------------------------------------------------------
    def give_up(self, disposal_id: int) -> None:
        """A worker's last try failed: the list stays approved, and ``turn`` goes on with it."""

    def turn(self) -> None:
        """Carry out what is approved; called by the worker, also after one was killed."""
        query = sa.select(disposals.c.id).where(disposals.c.state == State.APPROVED.value)
        with self._db.read() as connection:
            found = list(connection.execute(query.order_by(disposals.c.id)).scalars())
        for disposal_id in found:
            self.run(disposal_id)

    def run(self, disposal_id: int) -> None:
        """Settle every line of an approved list; harmless when it runs twice at once."""
        lines = sa.select(disposal_items.c.id).where(
            disposal_items.c.disposal_id == disposal_id,
            sa.or_(disposal_items.c.state == "waiting", disposal_items.c.files != ""),
        )
        with self._db.read() as connection:
            todo = list(connection.execute(lines.order_by(disposal_items.c.id)).scalars())
        for line_id in todo:
            self._settle(disposal_id, line_id)
            self._clean(line_id)
        self._finish(disposal_id)

    def _settle(self, disposal_id: int, line_id: int) -> None:
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = connection.execute(
                sa.select(disposal_items)
                .join(disposals, disposals.c.id == disposal_items.c.disposal_id)
                .where(
                    disposal_items.c.id == line_id,
                    disposal_items.c.state == "waiting",
                    disposals.c.id == disposal_id,
                    disposals.c.state == State.APPROVED.value,
                )
            ).first()
            if row is None:
                return
            holding = self._holdings[row.kind]
            item, files = holding.item(connection, row.item_id), ""
            state = self._judge(connection, item)
            if state == "disposed":
                files = "\n".join(holding.dispose(connection, row.item_id))
            connection.execute(
                disposal_items.update()
                .where(disposal_items.c.id == line_id)
                .values(
                    state=state,
                    files=files,
                    disposed_at=utcnow() if state == "disposed" else None,
                )
            )

    def _judge(self, connection: Connection, item: Item | None) -> str:
        """What becomes of a record, by the holds and periods of this very moment."""
        if item is None:
            return "gone"
        if held(holds_in(connection), item):
            return "held"
        period = item.period or rules_in(connection)[item.kind].period
        due = due_on(item.closed_on, period)
        return "disposed" if due is not None and due <= self._today() else "kept"

    def _clean(self, line_id: int) -> None:
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = connection.execute(
                sa.select(disposal_items).where(disposal_items.c.id == line_id)
            ).one()
            if not row.files:
                return
            self._holdings[row.kind].clean(connection, row.files.split("\n"))
            connection.execute(
                disposal_items.update().where(disposal_items.c.id == line_id).values(files="")
            )

    def _finish(self, disposal_id: int) -> None:
        """The certificate entry, once."""
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = self._row(connection, disposal_id)
            found = self._disposal(connection, row)
            left = connection.execute(
                sa.select(sa.func.count()).where(
                    disposal_items.c.disposal_id == disposal_id, disposal_items.c.files != ""
                )
            ).scalar_one()
            if row.state != State.APPROVED or found.counts.get("waiting") or left:
                return
            connection.execute(
                disposals.update()
                .where(disposals.c.id == disposal_id)
                .values(state=State.DONE.value, done_at=utcnow())
            )
            detail: Detail = {
                "list_hash": row.hash,
                "made_by": row.made_by,
                "approved_by": row.decided_by,
                **found.counts,
            }
            self._audit.append(
                connection, WORKER, "disposal.done", f"disposal:{disposal_id}", detail
            )

    # --- parts ------------------------------------------------------------------------------
    def _due(self, connection: Connection) -> Iterable[tuple[Item, str]]:
        today, rules = self._today(), rules_in(connection)
        cutoffs: dict[str, datetime] = {}
        for period in PERIODS:
            day = cutoff(today, period)
            if day is not None:
                cutoffs[period] = start_of(day)
        for kind, holding in self._holdings.items():
            period = rules[kind].period
            for item in holding.due(connection, cutoffs, period):
                yield item, item.period or period

    @staticmethod
    def _listed(connection: Connection) -> set[tuple[str, int]]:
        query = (
            sa.select(disposal_items.c.kind, disposal_items.c.item_id)
            .join(disposals, disposals.c.id == disposal_items.c.disposal_id)
            .where(disposals.c.state.in_([State.PROPOSED.value, State.APPROVED.value]))
        )
        return {(row.kind, row.item_id) for row in connection.execute(query)}

    @staticmethod
    def _hash(connection: Connection, disposal_id: int) -> str:
        c = disposal_items.c
        query = sa.select(c.kind, c.item_id, c.closed_on, c.period).where(
            c.disposal_id == disposal_id
        )
        return list_hash(
            (r.kind, r.item_id, r.closed_on, r.period)
            for r in connection.execute(query.order_by(c.id))
        )

    @staticmethod
    def _row(connection: Connection, disposal_id: int) -> Row[Any]:
        row = connection.execute(
            sa.select(disposals).where(disposals.c.id == disposal_id)
        ).one_or_none()
        if row is None:
            raise NotFound(_GONE)
        return row

    @staticmethod
    def _disposal(connection: Connection, row: Row[Any]) -> Disposal:
        c = disposal_items.c

        def counted(column: sa.Column[Any]) -> dict[str, int]:
            query = sa.select(column, sa.func.count()).where(c.disposal_id == row.id)
            return pairs(connection, query.group_by(column).order_by(column))

        return Disposal(
            row.id,
            State(row.state),
            row.reason,
            row.made_by,
            row.made_at,
            row.decided_by,
            row.decided_at,
            row.note,
            row.hash,
            row.done_at,
            counted(c.state),
            counted(c.kind),
        )


def list_hash(lines: Iterable[tuple[str, int, date, str]]) -> str:
    """SHA-256 over the lines of a list, sorted, so that the certificate names exactly this list."""
    text = sorted(f"{kind}:{key}:{day.isoformat()}:{period}" for kind, key, day, period in lines)
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


def _reader(principal: Principal) -> None:
    if not principal.may(Permission.APPROVE_DISPOSAL):
        require(principal, Permission.KEEP_RECORDS)


def _line(row: Row[Any]) -> Line:
    due = due_on(row.closed_on, row.period)
    return Line(
        row.kind,
        row.item_id,
        row.person,
        row.closed_on,
        row.period,
        due or row.closed_on,
        row.state,
        row.disposed_at,
    )
