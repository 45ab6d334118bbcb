"""Disclosure packs (정보공개): everything about a matter or a person, decided by a second person,
masked by rule, with an index.

A pack holds no more than its maker may have: documents that the maker may read, at the time of the
search and again when it is built, and conversations masked only (see ``building``). The decision queues
a job in its own transaction; the state says what is left, also after a kill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.base.jobs import JobQueue
from mokmin.features.records import packing
from mokmin.features.records.building import PackBuilder
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require, visible
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users
from mokmin.governance.privacy.redaction import Purpose, Redactor
from mokmin.governance.records.disclosure_store import disclosure_items, disclosures
from mokmin.governance.records.holds import LOCK_KEY
from mokmin.governance.records.model import (
    ABSENT,
    DECISIONS,
    KINDS,
    Disclosure,
    DisclosureLine,
    Found,
    Item,
    Wanted,
    korean_day,
    start_of,
)
from mokmin.governance.records.ports import Disclosable
from mokmin.governance.records.store import disposal_items
from mokmin.knowledge.documents.rights_model import GROUNDS
from mokmin.knowledge.documents.store import documents

WORKER = "records-worker"
JOB = "disclosure"
MOST = 1_000
_GONE = "그런 정보공개 자료 묶음이 없습니다."


class DisclosureService:
    """Packs, from the request to the ZIP. ``person``: the principal of an account, with its rights of
    today."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        sources: Sequence[Disclosable],
        redactor: Redactor,
        person: Callable[[Connection, int], Principal],
        folder: Path,
    ) -> None:
        self._db = db
        self._audit = audit
        self._sources = {s.kind: s for s in sources}
        self._redactor = redactor
        self._builder = PackBuilder(self._sources, redactor)
        self._person = person
        self._folder = folder

    @property
    def kinds(self) -> dict[str, str]:
        """Kinds that may be asked for, with their names."""
        return {kind: KINDS[kind].name for kind in self._sources}

    def propose(
        self,
        principal: Principal,
        matter: str,
        person: str,
        from_on: date | None,
        until_on: date | None,
        kinds: Sequence[str],
    ) -> int:
        """The list of what a request names, for a second person to decide. Raises NotAllowed,
        InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        matter, person = " ".join(matter.split()), " ".join(person.split())
        chosen = [kind for kind in kinds if kind in self._sources]
        _check(matter, person, from_on, until_on, chosen)
        if principal.user_id is None:
            raise NotAllowed("정보공개 자료는 계정이 있는 기록물 담당이 만들 수 있습니다.")
        with self._db.write() as connection:
            wanted = _wanted(connection, matter, person, from_on, until_on)
            found = [
                item
                for kind in chosen
                for item in self._sources[kind].find(
                    connection, principal, _for_kind(wanted, kind, person)
                )
            ]
            found += _disposed(connection, wanted, chosen, found)
            if not found:
                raise InvalidInput("찾은 기록이 없습니다. 낱말이나 기간을 바꿔 보세요.")
            if len(found) > MOST:
                raise InvalidInput(
                    f"기록이 {MOST:,}건을 넘습니다. 낱말을 더하거나 기간을 나눠 주세요."
                )
            key = new_id(
                connection,
                disclosures.insert().values(
                    state="proposed",
                    matter=matter,
                    person=person,
                    from_on=from_on,
                    until_on=until_on,
                    kinds=" ".join(chosen),
                    made_by=principal.login,
                    made_by_id=principal.user_id,
                    made_at=utcnow(),
                ),
            )
            connection.execute(
                disclosure_items.insert(),
                [
                    {
                        "disclosure_id": key,
                        "kind": f.item.kind,
                        "item_id": f.item.id,
                        "person": f.item.person,
                        "made_on": f.item.made_on,
                        "decision": f.decision,
                        "ground": f.ground,
                    }
                    for f in found
                ],
            )
            self._audit.append(
                connection,
                principal.login,
                "disclosure.propose",
                f"disclosure:{key}",
                {"items": len(found)},
            )
        return key

    def decide(
        self,
        principal: Principal,
        disclosure_id: int,
        decisions: dict[int, tuple[str, str, str]],
    ) -> None:
        """A second person's decision, ground and reason for each line; then it is built. What is not
        named keeps its decision. Raises NotAllowed, NotFound, InvalidInput."""
        require(principal, Permission.APPROVE_DISPOSAL)
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            row = _row(connection, disclosure_id)
            if row.made_by == principal.login:
                raise NotAllowed("목록을 만든 사람은 공개 여부를 결정할 수 없습니다.")
            if row.state != "proposed":
                raise InvalidInput("이미 결정된 목록입니다. 아무것도 바꾸지 않았습니다.")
            for line in _lines(connection, disclosure_id):
                if line.decision == ABSENT:
                    continue
                old = (line.decision, line.ground, line.note)
                decision, ground, note = decisions.get(line.id, old)
                if decision not in DECISIONS or (ground and ground not in GROUNDS):
                    raise InvalidInput("공개 여부나 근거가 목록에 없습니다. 바꾸지 않았습니다.")
                if decision == "closed" and not ground:
                    raise InvalidInput(
                        "비공개로 정한 기록에는 정보공개법 제9조 제1항의 호를 골라 주세요. 바꾸지 않았습니다."
                    )
                connection.execute(
                    disclosure_items.update()
                    .where(disclosure_items.c.id == line.id)
                    .values(decision=decision, ground=ground, note=note.strip()[:300])
                )
            JobQueue.enqueue(connection, JOB, disclosure_id)
            connection.execute(
                disclosures.update()
                .where(disclosures.c.id == disclosure_id)
                .values(state="approved", decided_by=principal.login, decided_at=utcnow())
            )
            self._audit.append(
                connection,
                principal.login,
                "disclosure.decide",
                f"disclosure:{disclosure_id}",
                {},
            )

    # --- reading ----------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[Disclosure]:
        """Packs, the newest first."""
        _reader(principal)
        with self._db.read() as connection:
            rows = connection.execute(sa.select(disclosures).order_by(disclosures.c.id.desc()))
            return [_disclosure(connection, row) for row in rows.all()]

    def one(
        self, principal: Principal, disclosure_id: int
    ) -> tuple[Disclosure, list[DisclosureLine]]:
        """One pack and its lines. Raises NotFound."""
        _reader(principal)
        with self._db.read() as connection:
            found = _disclosure(connection, _row(connection, disclosure_id))
            return found, _lines(connection, disclosure_id)

    def titles(self, principal: Principal, disclosure_id: int) -> dict[int, str]:
        """Masked titles of those documents of a pack that the person may read, by number."""
        _reader(principal)
        c, d = disclosure_items.c, documents.c
        query = sa.select(d.id, d.title, d.grade).where(
            c.disclosure_id == disclosure_id,
            c.kind == "document",
            c.item_id == d.id,
            visible(principal, d.id),
            d.deleted_at.is_(None),
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return {r.id: self._redactor.apply(r.title, Purpose.DISPLAY, r.grade).text for r in rows}

    def file(self, principal: Principal, disclosure_id: int) -> Path:
        """The ZIP, for the one who made it. Raises NotAllowed, NotFound, InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        found, _ = self.one(principal, disclosure_id)
        if found.made_by_id != principal.user_id:
            raise NotAllowed("자료 묶음은 만든 사람만 내려받을 수 있습니다. 새로 만들어 주세요.")
        if found.state != "done":
            raise InvalidInput("아직 묶는 중입니다. 잠시 뒤에 다시 열어 주세요.")
        if not self._path(disclosure_id).is_file():
            raise NotFound(
                "자료 묶음 파일이 이 서버에 없습니다(백업에는 넣지 않습니다). 목록과 결정은 그대로이니, "
                "같은 사안으로 새로 만들어 주세요."
            )
        self._audit.record(principal, "disclosure.export", f"disclosure:{disclosure_id}")
        return self._path(disclosure_id)

    # --- the work ---------------------------------------------------------------------------
    def turn(self) -> None:
        """Build what is decided; called by the worker, also after one was killed."""
        query = sa.select(disclosures.c.id).where(disclosures.c.state == "approved")
        with self._db.read() as connection:
            todo = list(connection.execute(query.order_by(disclosures.c.id)).scalars())
        for key in todo:
            self.run(key)

    def run(self, disclosure_id: int) -> None:
        """Build one that is decided, else nothing; harmless when it runs twice at once."""
        now = utcnow()
        with self._db.read() as connection:
            found = _disclosure(connection, _row(connection, disclosure_id))
            if found.state != "approved":
                return
            maker = self._person(connection, found.made_by_id)
            allowed = maker if maker.may(Permission.KEEP_RECORDS) else None
            lines = _lines(connection, disclosure_id)
            made = self._builder.build(connection, found, allowed, lines, _certificates(connection))
        who = {"만든 사람": found.made_by, "결정한 사람": found.decided_by}
        digest = packing.write(self._path(disclosure_id), made.files, who, now)
        with self._db.write() as connection:
            done = connection.execute(
                disclosures.update()
                .where(disclosures.c.id == disclosure_id, disclosures.c.state == "approved")
                .values(state="done", sha256=digest, done_at=now)
            )
            if done.rowcount:
                self._audit.append(
                    connection,
                    WORKER,
                    "disclosure.done",
                    f"disclosure:{disclosure_id}",
                    {"sha256": digest},
                )

    def give_up(self, disclosure_id: int) -> None:
        """A worker's last try failed: it stays approved, and ``turn`` goes on with it."""

    def _path(self, disclosure_id: int) -> Path:
        return self._folder / f"{disclosure_id}.zip"


def _check(
    matter: str, person: str, from_on: date | None, until_on: date | None, kinds: Sequence[str]
) -> None:
    if not matter and not person:
        raise InvalidInput("사안을 나타내는 낱말이나 사람을 적어 주세요.")
    if len(matter) > 200 or len(person) > 80:
        raise InvalidInput("낱말은 200자, 사람은 80자까지 적을 수 있습니다.")
    if from_on and until_on and until_on < from_on:
        raise InvalidInput("마지막 날이 첫날보다 앞섭니다. 날짜를 다시 적어 주세요.")
    if not kinds:
        raise InvalidInput("어떤 종류의 기록을 찾을지 하나 이상 골라 주세요.")


def _wanted(
    connection: Connection, matter: str, person: str, from_on: date | None, until_on: date | None
) -> Wanted:
    logins: tuple[str, ...] | None = None
    if person:
        named = sa.or_(users.c.login == person, users.c.name == person)
        logins = tuple(connection.execute(sa.select(users.c.login).where(named)).scalars())
    begin = start_of(from_on) if from_on else None
    end = start_of(until_on + timedelta(days=1)) if until_on else None
    return Wanted(tuple(matter.split()), logins, begin, end, MOST + 1)


def _for_kind(wanted: Wanted, kind: str, person: str) -> Wanted:
    """Documents belong to departments: there a person is a word."""
    if kind != "document" or not person:
        return wanted
    return Wanted((*wanted.words, person), None, wanted.begin, wanted.end, wanted.most)


def _reader(principal: Principal) -> None:
    if not principal.may(Permission.APPROVE_DISPOSAL):
        require(principal, Permission.KEEP_RECORDS)


def _certificates(connection: Connection) -> dict[tuple[str, int], int]:
    """The disposal that each record went in, by kind and number."""
    c = disposal_items.c
    rows = connection.execute(
        sa.select(c.kind, c.item_id, c.disposal_id).where(c.state == "disposed")
    )
    return {(row.kind, row.item_id): row.disposal_id for row in rows}


def _disposed(
    connection: Connection, wanted: Wanted, kinds: Sequence[str], found: Sequence[Found]
) -> list[Found]:
    """Records of a person that were disposed of before; words find none, as nothing is left of them."""
    if wanted.words or not wanted.logins:
        return []
    c = disposal_items.c
    query = sa.select(c.kind, c.item_id, c.person, c.closed_on).where(
        c.state == "disposed", c.person.in_(wanted.logins), c.kind.in_(kinds)
    )
    if wanted.begin is not None:
        query = query.where(c.closed_on >= korean_day(wanted.begin))
    if wanted.end is not None:
        query = query.where(c.closed_on < korean_day(wanted.end))
    # A number may have been given out again since.
    alive = {(f.item.kind, f.item.id) for f in found}
    gone = {
        (r.kind, r.item_id): r
        for r in connection.execute(query)
        if (r.kind, r.item_id) not in alive
    }
    return [
        Found(Item(r.kind, r.item_id, r.person, r.closed_on, r.closed_on), ABSENT)
        for r in gone.values()
    ]


def _row(connection: Connection, key: int) -> Row[Any]:
    row = connection.execute(sa.select(disclosures).where(disclosures.c.id == key)).one_or_none()
    if row is None:
        raise NotFound(_GONE)
    return row


def _disclosure(connection: Connection, row: Row[Any]) -> Disclosure:
    c = disclosure_items.c
    query = sa.select(c.decision, sa.func.count()).where(c.disclosure_id == row.id)
    counts = {r[0]: int(r[1]) for r in connection.execute(query.group_by(c.decision))}
    return Disclosure(
        row.id,
        row.state,
        row.matter,
        row.person,
        row.from_on,
        row.until_on,
        tuple(row.kinds.split()),
        row.made_by,
        row.made_by_id,
        row.made_at,
        row.decided_by,
        row.decided_at,
        row.sha256,
        counts,
    )


def _lines(connection: Connection, key: int) -> list[DisclosureLine]:
    c = disclosure_items.c
    rows = connection.execute(
        sa.select(disclosure_items).where(c.disclosure_id == key).order_by(c.id)
    )
    return [
        DisclosureLine(r.id, r.kind, r.item_id, r.person, r.made_on, r.decision, r.ground, r.note)
        for r in rows
    ]
