"""A person's own record: what I did with AI, day by day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput
from mokmin.features.auditing.model import Day, Month, Told
from mokmin.features.auditing.telling import teller
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import KST
from mokmin.governance.audit.actions import codes_of
from mokmin.governance.audit.reading import AuditReader, Wanted
from mokmin.governance.audit.service import AuditLog

MOST = 3_000
SHOWN = ("ask", "model", "document", "write", "share")
# What counts as what; model calls are told as figures.
COUNTED = {
    "question": "questions",
    "document.view": "documents",
    "document.download": "documents",
    "attachment.open": "documents",
    "search": "searches",
    "tool.run": "made",
    "tool.export": "taken_out",
    "conversation.export": "taken_out",
    "conversation.share": "taken_out",
}
Conversations = Callable[[Principal], Mapping[int, str]]


class ActivityService:
    """Everybody's own entries, and nobody else's. ``conversations``: titles of the person's own
    conversations that are still there."""

    def __init__(
        self, db: Database, log: AuditLog, reader: AuditReader, conversations: Conversations
    ) -> None:
        self._db, self._log, self._reader = db, log, reader
        self._conversations = conversations

    def month(self, principal: Principal, month: str = "") -> Month:
        """One's own record of a month (``2026-11``; empty: this one). Raises InvalidInput."""
        begins = _first(month)
        entries, cut = self._entries(principal, begins)
        days: dict[date, Day] = {}
        for told in entries:
            day = datetime.fromisoformat(told.when).date()
            _count(days.setdefault(day, Day(day)), told)
        after = _step(begins, 1)
        today = datetime.now(KST)
        return Month(
            f"{begins:%Y-%m}",
            f"{_step(begins, -1):%Y-%m}",
            f"{after:%Y-%m}" if after <= today else "",
            tuple(days.values()),
            cut,
        )

    def export(self, principal: Principal, month: str = "") -> list[Told]:
        """The same as a list, newest first; on the record."""
        entries, _ = self._entries(principal, _first(month))
        self._log.record(principal, "activity.export", f"log:{month or 'this-month'}")
        return entries

    def _entries(self, principal: Principal, begins: datetime) -> tuple[list[Told], bool]:
        wanted = Wanted(
            actor=principal.login,
            actions=tuple(code for name in SHOWN for code in codes_of(name)),
            since=_utc(begins),
            until=_utc(_step(begins, 1)),
        )
        page = self._reader.page(wanted, size=MOST)
        with self._db.read() as connection:
            tell = teller(connection, principal, page.entries, {principal.login: principal.name})
        talks = self._conversations(principal)
        return [_linked(tell(e), talks) for e in page.entries], page.before is not None


def _linked(told: Told, talks: Mapping[int, str]) -> Told:
    kind, _, key = told.subject.partition(":")
    if kind == "conversation" and key.isdigit() and int(key) in talks:
        return replace(told, title=talks[int(key)], link=f"/chat/{key}")
    if kind == "tool_run" and key.isdigit():
        return replace(told, link=f"/tools/runs/{key}")
    return told


def _count(day: Day, told: Told) -> None:
    if told.code == "model.call":
        name = told.subject.removeprefix("model:")
        day.models[name] = day.models.get(name, 0) + 1
        for key in ("tokens_in", "tokens_out"):
            count = told.detail.get(key)
            day.tokens += count if isinstance(count, int) else 0
        return
    field = COUNTED.get(told.code)
    if field is not None:
        setattr(day, field, getattr(day, field) + 1)
    day.items.append(told)


def _first(month: str) -> datetime:
    if not month:
        now = datetime.now(KST)
        return datetime(now.year, now.month, 1, tzinfo=KST)
    try:
        found = datetime.strptime(month, "%Y-%m")
    except ValueError as error:
        raise InvalidInput("달은 2026-11처럼 적어 주세요.") from error
    if not 2000 <= found.year <= 2200:
        raise InvalidInput("달의 해를 다시 확인해 주세요.")
    return found.replace(tzinfo=KST)


def _step(begins: datetime, count: int) -> datetime:
    months = begins.year * 12 + begins.month - 1 + count
    return begins.replace(year=months // 12, month=months % 12 + 1)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
