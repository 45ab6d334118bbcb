"""Entries in words, with names that the reader may know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from mokmin.features.auditing.model import Told
from mokmin.features.auditing.store import people, people_by_id, titles
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.governance.access.rules import KST
from mokmin.governance.audit.actions import category_of, name_of, object_of, sentence
from mokmin.governance.audit.chain import Entry

# The actor of a failed sign-in with a login that nobody has.
NOBODY, NOBODY_NAME = "unknown", "알 수 없는 사람"


def teller(
    connection: Connection,
    reader: Principal,
    entries: Sequence[Entry],
    names: Mapping[str, str] | None = None,
) -> Callable[[Entry], Told]:
    """A function that puts any of these entries into words, with what one look at the database gave."""
    documents = titles(connection, reader, _numbers(entries, "document"))
    persons = people_by_id(connection, _numbers(entries, "user"))
    actors = names or people(connection, {e.actor for e in entries})

    def tell(entry: Entry) -> Told:
        kind, _, key = entry.subject.partition(":")
        number = int(key) if key.isascii() and key.isdigit() else -1
        title = documents.get(number, "") if kind == "document" else ""
        person = persons.get(number, "") if kind == "user" else ""
        who = name_of_actor(entry.actor, actors)
        when = datetime.fromisoformat(entry.at).replace(tzinfo=UTC).astimezone(KST)
        return Told(
            seq=entry.seq,
            when=when.isoformat(timespec="milliseconds"),
            actor=entry.actor,
            who=who,
            code=entry.action,
            name=name_of(entry.action),
            category=category_of(entry.action),
            subject=entry.subject,
            sentence=sentence(who, entry.action, entry.subject, person or object_of(entry.subject)),
            detail=entry.values,
            hash=entry.hash,
            title=title,
            link=f"/library/{number}" if title else "",
        )

    return tell


def name_of_actor(login: str, names: Mapping[str, str]) -> str:
    """An actor in words; accounts that are gone keep their login."""
    if login == OPERATOR.login:
        return OPERATOR.name
    if login == NOBODY:
        return names.get(login, NOBODY_NAME)
    return names.get(login) or login


def _numbers(entries: Sequence[Entry], kind: str) -> set[int]:
    keys = (e.subject.removeprefix(f"{kind}:") for e in entries if e.subject.startswith(f"{kind}:"))
    return {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 10}
