"""Disclosure packs (정보공개): everything about a matter or a person, decided by a second person,
masked by rule, with an index.

A pack holds no more than its maker may have: documents that the maker may read, at the time of the
search and again when it is built, and conversations masked only. No original file goes in, since masking
holds for text. The state is the durable job: a worker builds what is approved, again after a kill.
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
from mokmin.features.records import packing
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import users
from mokmin.governance.privacy.redaction import Purpose, Redactor
from mokmin.governance.records.disclosure_store import disclosure_items, disclosures
from mokmin.governance.records.holds import LOCK_KEY, held, holds_in
from mokmin.governance.records.model import (
    DECISIONS,
    KINDS,
    Content,
    Disclosure,
    DisclosureLine,
    Item,
    Wanted,
    start_of,
)
from mokmin.governance.records.ports import Disclosable
from mokmin.governance.records.store import disposal_items
from mokmin.knowledge.documents.rights_model import GROUNDS

WORKER = "records-worker"
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

    def file(self, principal: Principal, disclosure_id: int) -> Path:
        """The ZIP, for the one who made it. Raises NotAllowed, NotFound, InvalidInput."""
        require(principal, Permission.KEEP_RECORDS)
        found, _ = self.one(principal, disclosure_id)
        if found.made_by_id != principal.user_id:
            raise NotAllowed("자료 묶음은 만든 사람만 내려받을 수 있습니다. 새로 만들어 주세요.")
        if found.state != "done":
            raise InvalidInput("아직 묶는 중입니다. 잠시 뒤에 다시 열어 주세요.")
        self._audit.record(principal, "disclosure.export", f"disclosure:{disclosure_id}")
        return self._folder / f"{disclosure_id}.zip"

    # --- the work ---------------------------------------------------------------------------
    def turn(self) -> None:
        """Build what is decided; called by the worker, also after one was killed."""
        query = sa.select(disclosures.c.id).where(disclosures.c.state == "approved")
        with self._db.read() as connection:
            todo = list(connection.execute(query.order_by(disclosures.c.id)).scalars())
        for key in todo:
            self._build(key)

    def _build(self, key: int) -> None:
        now = utcnow()
        with self._db.read() as connection:
            found = _disclosure(connection, _row(connection, key))
            maker, holds = self._person(connection, found.made_by_id), holds_in(connection)
            files: dict[str, bytes] = {}
            rows: list[list[str]] = []
            allowed = maker.may(Permission.KEEP_RECORDS)
            for n, line in enumerate(_lines(connection, key), start=1):
                content = None
                if line.decision != "closed" and allowed:
                    content = self._sources[line.kind].content(connection, maker, line.item_id)
                name, remark, ground = "", _remark(connection, line), line.ground
                item = Item(line.kind, line.item_id, line.person, line.made_on, line.made_on)
                if held(holds, item):
                    remark = "보존 조치 중"
                if content is not None:
                    made = self._masked(content)
                    if made is None:
                        ground, remark = ground or "6", "반출이 막힌 개인정보가 있어 넣지 않음"
                    else:
                        name = f"records/{n:04d}-{line.kind}-{line.item_id}.html"
                        files[name] = made
                elif line.decision != "closed":
                    remark = remark or "지금은 없거나 만든 사람이 열람할 수 없음"
                decision = DECISIONS[line.decision if name else "closed"]
                rows.append(
                    [
                        str(n),
                        KINDS[line.kind].name,
                        str(line.item_id),
                        line.made_on.isoformat(),
                        decision,
                        f"정보공개법 제9조 제1항 제{ground}호" if ground else "",
                        self._redactor.apply(line.note, Purpose.EXPORT).text,
                        name,
                        remark,
                    ]
                )
        title = f"정보공개 자료 {key}"
        files["index.html"] = packing.index_page(title, rows)
        files["index.xlsx"] = packing.index_sheet(rows)
        who = {"만든 사람": found.made_by, "결정한 사람": found.decided_by}
        digest = packing.write(self._folder / f"{key}.zip", files, who, now)
        with self._db.write() as connection:
            done = connection.execute(
                disclosures.update()
                .where(disclosures.c.id == key, disclosures.c.state == "approved")
                .values(state="done", sha256=digest, done_at=now)
            )
            if done.rowcount:
                self._audit.append(
                    connection, WORKER, "disclosure.done", f"disclosure:{key}", {"sha256": digest}
                )

    def _masked(self, content: Content) -> bytes | None:
        """The record as a page; None when policy blocks what is in it."""
        texts = [content.title, *(text for pair in content.sections for text in pair)]
        made = [self._redactor.apply(text, Purpose.EXPORT, content.grade) for text in texts]
        if any(m.blocked for m in made):
            return None
        words = [m.text for m in made]
        return packing.page(words[0], list(zip(words[1::2], words[2::2], strict=True)))


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


def _remark(connection: Connection, line: DisclosureLine) -> str:
    """Where its disposal is certified, empty when it was not disposed of."""
    c = disposal_items.c
    query = sa.select(c.disposal_id).where(
        c.kind == line.kind, c.item_id == line.item_id, c.state == "disposed"
    )
    found = connection.execute(query).scalar()
    return f"처분함 (처분 확인서 {found})" if found is not None else ""


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
