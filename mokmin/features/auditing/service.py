"""The auditor's verbs: look through the log, open an entry, take it out. Each is itself recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.features.auditing.model import Asked, Told
from mokmin.features.auditing.store import logins
from mokmin.features.auditing.telling import teller
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import KST, require
from mokmin.governance.audit.actions import CATEGORIES, OBJECTS, codes_of
from mokmin.governance.audit.chain import Entry
from mokmin.governance.audit.reading import AuditReader, Page, Wanted
from mokmin.governance.audit.service import AuditLog

_THING = re.compile(r"([^\d:]+?)\s*[: ]\s*(\S.*)|(\D+)(\d+)")
BATCH = 500


class AuditingService:
    """Reads the log for those who may. Contents are not in it, and titles of documents are added
    only where the reader could open the document."""

    def __init__(self, db: Database, log: AuditLog, reader: AuditReader) -> None:
        self._db, self._log, self._reader = db, log, reader

    def page(
        self, principal: Principal, asked: Asked, before: int | None = None
    ) -> tuple[list[Told], Page]:
        """Entries, newest first. Raises NotAllowed, InvalidInput, Unavailable."""
        require(principal, Permission.READ_AUDIT)
        found = self._reader.page(self.wanted(asked), before)
        self._log.record(principal, "audit.view", "log:page", **_given(asked), before=before)
        return self._told(principal, found.entries), found

    def entry(self, principal: Principal, seq: int) -> Told:
        """One entry. Raises NotAllowed, NotFound."""
        require(principal, Permission.READ_AUDIT)
        found = self._reader.get(seq)
        if found is None:
            raise NotFound("그 번호의 감사 기록은 없거나 보관 기한이 지나 지워졌습니다.")
        self._log.record(principal, "audit.view", f"entry:{seq}")
        return self._told(principal, [found])[0]

    def export(self, principal: Principal, asked: Asked, form: str) -> Iterator[Told]:
        """Every entry that fits, oldest first, up to this moment. On the record before the first of
        them leaves. Raises NotAllowed, InvalidInput."""
        require(principal, Permission.READ_AUDIT)
        require(principal, Permission.EXPORT_AUDIT)
        wanted = self.wanted(asked)
        with self._db.read() as connection:
            last, _ = self._log.head(connection)
        self._log.record(principal, "audit.export", f"log:{form}", **_given(asked), last=last)
        return self._all(principal, wanted, last)

    def oldest(self) -> date | None:
        """The Korean day of the oldest entry that is kept."""
        at = self._reader.oldest()
        return moment(at).date() if at else None

    def wanted(self, asked: Asked) -> Wanted:
        """The filters as the log knows them. Raises InvalidInput."""
        if asked.category and asked.category not in CATEGORIES:
            raise InvalidInput("그런 분류는 없습니다. 목록에서 골라 주세요.")
        since, until = _day(asked.since), _day(asked.until)
        if since and until and until < since:
            raise InvalidInput("끝 날짜가 시작 날짜보다 앞섭니다. 날짜를 바꾸어 주세요.")
        return Wanted(
            actor=self._person(asked.person.strip()),
            actions=codes_of(asked.category),
            subject=_thing(asked.thing.strip()),
            since=_utc(since) if since else None,
            until=_utc(until + timedelta(days=1)) if until else None,
        )

    def _person(self, text: str) -> str:
        if not text:
            return ""
        with self._db.read() as connection:
            found = logins(connection, text)
        if len(found) > 1 and text not in found:
            raise InvalidInput(
                f"이름이 같은 사람이 있습니다. 아이디로 찾아 주세요: {', '.join(found[:5])}"
            )
        return found[0] if len(found) == 1 else text

    def _all(self, principal: Principal, wanted: Wanted, last: int) -> Iterator[Told]:
        batch: list[Entry] = []
        for entry in self._reader.every(wanted, last):
            batch.append(entry)
            if len(batch) == BATCH:
                yield from self._told(principal, batch)
                batch = []
        yield from self._told(principal, batch)

    def _told(self, principal: Principal, entries: Sequence[Entry]) -> list[Told]:
        with self._db.read() as connection:
            tell = teller(connection, principal, entries)
        return [tell(entry) for entry in entries]


def moment(at: str) -> datetime:
    """An entry's time in Korea."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(KST)


def _given(asked: Asked) -> dict[str, str]:
    """The filters that were used, for the record."""
    return {key: value[:80] for key, value in asdict(asked).items() if value}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("날짜를 2026-11-22처럼 적어 주세요.") from error
    if not 2000 <= found.year <= 2200:
        raise InvalidInput("날짜의 해를 다시 확인해 주세요.")
    return found


def _utc(day: date) -> datetime:
    begins = datetime(day.year, day.month, day.day, tzinfo=KST)
    return begins.astimezone(UTC).replace(tzinfo=None)


def _thing(text: str) -> str:
    """문서 17, 문서17 or document:17 as the log writes it. Raises InvalidInput."""
    if not text:
        return ""
    found = _THING.fullmatch(text)
    if found is None:
        raise InvalidInput("대상은 ‘문서 17’처럼 종류와 번호를 적어 주세요.")
    kind, key = (found[1] or found[3]).strip(), found[2] or found[4]
    codes = {noun: code for code, noun in reversed(OBJECTS.items())}
    return f"{codes.get(kind, kind)}:{key}"
