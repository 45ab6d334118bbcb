"""Sharing know-how: write, find, use, like, comment, report, hide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.base.formats.writing_model import clean
from mokmin.base.korean.ports import Analyser
from mokmin.features.know_how.model import CATEGORIES, Comment, Edit, Entry, Report, filled
from mokmin.features.know_how.store import (
    comments,
    edits,
    entry_groups,
    kept_by,
    know_how,
    marks,
    reports,
    seen_by,
)
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments, users
from mokmin.knowledge.documents.rights_audience import Audience

GONE = "노하우를 찾을 수 없습니다. 지워졌거나 볼 권한이 없습니다."
MOST_BODY, MOST_EXAMPLE, MOST_SAID, MOST_VALUE = 4_000, 8_000, 1_000, 2_000
MOST_ENTRIES, MOST_COMMENTS, SHOWN = 300, 300, 60
LOCK_KEY = 4246
ORDERS = {"use": "많이 쓰인 차례", "new": "새로운 차례", "like": "좋아요 차례"}


@dataclass(frozen=True, slots=True)
class Text:
    """What an author writes; ``readers`` are names of departments, groups or persons, or all staff."""

    title: str
    about: str
    body: str
    example: str
    category: str
    readers: tuple[str, ...]


class KnowHowService:
    """``personal``: whether a text holds personal information; ``today``: the day in Korea."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        audience: Audience,
        analyser: Callable[[], Analyser],
        personal: Callable[[str], bool],
        today: Callable[[], date],
    ) -> None:
        self._db, self._audit, self._audience = db, audit, audience
        self._analyser, self._personal, self._today = analyser, personal, today

    # --- find -----------------------------------------------------------------------------
    def find(
        self, principal: Principal, text: str = "", category: str = "", order: str = "use"
    ) -> list[Entry]:
        """Entries that the person may read; with words, those that hold most of them first."""
        require(principal, Permission.ASK)
        query = self._entries(principal)
        if category in CATEGORIES:
            query = query.where(know_how.c.category == category)
        words = self._tokens(text)
        for word in words[:8]:
            query = query.where(know_how.c.tokens.contains(f" {word} ", autoescape=True))
        key = {"new": "created_at", "like": "likes"}.get(order, "uses")
        query = query.order_by(sa.desc(key), know_how.c.id.desc()).limit(SHOWN)
        with self._db.read() as connection:
            return [_entry(row, principal) for row in connection.execute(query)]

    def get(self, principal: Principal, entry_id: int, *, look: bool = False) -> Entry:
        """One entry; ``look`` counts a view by somebody else. Raises NotFound."""
        require(principal, Permission.ASK)
        with self._db.read() as connection:
            found = self._one(connection, principal, entry_id)
        if look and not found.mine:
            one = know_how.c.id == entry_id
            with self._db.write() as connection:
                connection.execute(know_how.update().where(one).values(views=know_how.c.views + 1))
        return found

    def said(self, principal: Principal, entry_id: int) -> list[Comment]:
        """Comments, oldest first."""
        query = (
            sa.select(comments, users.c.name)
            .join(users, users.c.id == comments.c.user_id)
            .where(comments.c.entry_id == entry_id, comments.c.ended_at.is_(None))
            .order_by(comments.c.id)
        )
        with self._db.read() as connection:
            self._one(connection, principal, entry_id)
            rows = connection.execute(query).all()
        mine = principal.user_id
        return [Comment(r.id, r.text, r.name, r.user_id == mine, r.created_at) for r in rows]

    def former(self, principal: Principal, entry_id: int) -> list[Edit]:
        """Former texts, the newest first."""
        query = (
            sa.select(edits, users.c.name)
            .join(users, users.c.id == edits.c.saved_by)
            .where(edits.c.entry_id == entry_id)
            .order_by(edits.c.id.desc())
            .limit(20)
        )
        with self._db.read() as connection:
            self._one(connection, principal, entry_id)
            return [Edit(r.title, r.body, r.name, r.saved_at) for r in connection.execute(query)]

    def readers(self, principal: Principal, entry_id: int) -> list[str]:
        """To whom an entry is open, by name."""
        groups = sa.select(entry_groups.c.group_id).where(entry_groups.c.entry_id == entry_id)
        with self._db.read() as connection:
            self._one(connection, principal, entry_id)
            ids = list(connection.execute(groups).scalars())
            return sorted(r.name for r in self._audience.readers(connection, ids).values())

    def choices(self, principal: Principal) -> list[str]:
        """To whom an entry may be opened."""
        return self._audience.choices(principal.department_id)

    # --- write ----------------------------------------------------------------------------
    def add(self, principal: Principal, text: Text) -> int:
        """Share something. Raises InvalidInput: something is missing, or there is personal information."""
        require(principal, Permission.ASK)
        if principal.user_id is None:
            raise NotAllowed("노하우는 사람의 계정으로 나눕니다.")
        values = self._checked(text)
        now = utcnow()
        with self._db.write() as connection:
            mine = sa.select(sa.func.count()).where(
                know_how.c.author_id == principal.user_id, know_how.c.deleted_at.is_(None)
            )
            if connection.execute(mine).scalar_one() >= MOST_ENTRIES:
                raise InvalidInput(f"노하우는 한 사람이 {MOST_ENTRIES}건까지 나눌 수 있습니다.")
            entry_id = new_id(
                connection,
                know_how.insert().values(
                    **values,
                    author_id=principal.user_id,
                    department_id=principal.department_id,
                    hidden_reason="",
                    views=0,
                    created_at=now,
                    updated_at=now,
                ),
            )
            self._open_to(connection, entry_id, text.readers)
            self._note(connection, principal, "know-how.add", entry_id)
        return entry_id

    def edit(self, principal: Principal, entry_id: int, text: Text) -> None:
        """Change the own entry; the former text is kept. Raises NotFound, InvalidInput."""
        values = self._checked(text)
        now = utcnow()
        with self._db.write() as connection:
            found = self._own(connection, principal, entry_id)
            if (found.title, found.body) != (values["title"], values["body"]):
                connection.execute(
                    edits.insert().values(
                        entry_id=entry_id,
                        title=found.title,
                        body=found.body,
                        saved_by=principal.user_id,
                        saved_at=now,
                    )
                )
            one = know_how.c.id == entry_id
            connection.execute(know_how.update().where(one).values(**values, updated_at=now))
            connection.execute(entry_groups.delete().where(entry_groups.c.entry_id == entry_id))
            self._open_to(connection, entry_id, text.readers)
            self._note(connection, principal, "know-how.edit", entry_id)

    def remove(self, principal: Principal, entry_id: int, *, back: bool = False) -> None:
        """Take the own entry away, or bring it back. Raises NotFound."""
        gone = know_how.c.deleted_at.is_not(None) if back else know_how.c.deleted_at.is_(None)
        with self._db.write() as connection:
            done = connection.execute(
                know_how.update()
                .where(
                    know_how.c.id == entry_id,
                    know_how.c.author_id == (principal.user_id or 0),
                    gone,
                )
                .values(deleted_at=None if back else utcnow())
            )
            if not done.rowcount:
                raise NotFound(GONE)
            action = "know-how.restore" if back else "know-how.remove"
            self._note(connection, principal, action, entry_id)

    # --- use ------------------------------------------------------------------------------
    def use(self, principal: Principal, entry_id: int, values: dict[str, str]) -> str:
        """The text with its variables filled in, to begin a question with; it is not asked by this.
        Counts once a day for each person but the author."""
        found = self.get(principal, entry_id)
        kept = {k: clean(v)[:MOST_VALUE] for k, v in values.items() if k in found.variables}
        if not found.mine:
            self._mark(principal, entry_id, "use", self._today())
        return filled(found.body, kept)[:MOST_BODY]

    def like(self, principal: Principal, entry_id: int) -> None:
        """Like an entry, or take that back. The own one cannot be liked."""
        found = self.get(principal, entry_id)
        if found.mine:
            raise InvalidInput("내가 나눈 노하우에는 좋아요를 누를 수 없습니다.")
        if found.liked:
            with self._db.write() as connection:
                connection.execute(
                    marks.delete().where(
                        marks.c.entry_id == entry_id,
                        marks.c.user_id == principal.user_id,
                        marks.c.kind == "like",
                    )
                )
        else:
            self._mark(principal, entry_id, "like", self._today())

    def comment(self, principal: Principal, entry_id: int, text: str) -> None:
        """Say something of an entry. Raises InvalidInput."""
        words = self._words(text)
        with self._db.write() as connection:
            self._one(connection, principal, entry_id)
            there = sa.select(sa.func.count()).where(comments.c.entry_id == entry_id)
            if connection.execute(there).scalar_one() >= MOST_COMMENTS:
                raise InvalidInput(f"댓글은 {MOST_COMMENTS}개까지 달 수 있습니다.")
            connection.execute(
                comments.insert().values(
                    entry_id=entry_id,
                    user_id=principal.user_id,
                    text=words,
                    created_at=utcnow(),
                )
            )
            self._note(connection, principal, "know-how.comment", entry_id)

    def uncomment(self, principal: Principal, entry_id: int, comment_id: int) -> None:
        """Take the own comment away; who keeps the entry may take any. Raises NotFound."""
        with self._db.write() as connection:
            found = self._one(connection, principal, entry_id)
            query = comments.update().where(
                comments.c.id == comment_id,
                comments.c.entry_id == entry_id,
                comments.c.ended_at.is_(None),
            )
            if not found.keeps:
                query = query.where(comments.c.user_id == principal.user_id)
            if not connection.execute(query.values(ended_at=utcnow())).rowcount:
                raise NotFound("그 댓글은 없습니다.")

    # --- order ----------------------------------------------------------------------------
    def report(self, principal: Principal, entry_id: int, text: str) -> None:
        """Tell who keeps the department's entries that something is wrong."""
        words = self._words(text)
        with self._db.write() as connection:
            self._one(connection, principal, entry_id)
            mine = sa.select(reports.c.id).where(
                reports.c.entry_id == entry_id,
                reports.c.user_id == principal.user_id,
                reports.c.ended_at.is_(None),
            )
            if connection.execute(mine).first() is not None:
                raise InvalidInput("이미 알리셨습니다. 담당자가 보고 있습니다.")
            connection.execute(
                reports.insert().values(
                    entry_id=entry_id,
                    user_id=principal.user_id,
                    text=words,
                    created_at=utcnow(),
                )
            )
            self._note(connection, principal, "know-how.report", entry_id)

    def reported(self, principal: Principal) -> list[Report]:
        """Complaints that wait for this person, without who made them. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        query = (
            sa.select(reports, know_how.c.title)
            .join(know_how, know_how.c.id == reports.c.entry_id)
            .where(
                reports.c.ended_at.is_(None), know_how.c.deleted_at.is_(None), kept_by(principal)
            )
            .order_by(reports.c.id)
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [Report(r.entry_id, r.title, r.text, r.created_at) for r in rows]

    def hide(self, principal: Principal, entry_id: int, reason: str) -> None:
        """Hide an entry from all but its author, who reads the reason; an empty reason shows it again.
        Complaints about it are settled. Raises NotFound."""
        reason = " ".join(clean(reason).split())[:200]
        with self._db.write() as connection:
            found = self._one(connection, principal, entry_id)
            if not found.keeps:
                raise NotFound(GONE)
            now = utcnow()
            values = {"hidden_reason": reason, "hidden_at": now if reason else None}
            connection.execute(know_how.update().where(know_how.c.id == entry_id).values(values))
            waiting = sa.and_(reports.c.entry_id == entry_id, reports.c.ended_at.is_(None))
            connection.execute(reports.update().where(waiting).values(ended_at=now))
            action = "know-how.hide" if reason else "know-how.show"
            self._note(connection, principal, action, entry_id)

    # --- inside ---------------------------------------------------------------------------
    def _entries(self, principal: Principal) -> sa.Select[tuple[object, ...]]:
        def number(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
            count = sa.select(sa.func.count()).select_from(table)
            return count.where(table.c.entry_id == know_how.c.id, *where).scalar_subquery()

        liked = sa.exists().where(
            marks.c.entry_id == know_how.c.id,
            marks.c.user_id == (principal.user_id or 0),
            marks.c.kind == "like",
        )
        return (
            sa.select(
                know_how,
                users.c.name.label("author"),
                departments.c.name.label("department"),
                number(marks, marks.c.kind == "like").label("likes"),
                number(marks, marks.c.kind == "use").label("uses"),
                number(comments, comments.c.ended_at.is_(None)).label("comments"),
                liked.label("liked"),
                sa.case((kept_by(principal), 1), else_=0).label("keeps"),
            )
            .join(users, users.c.id == know_how.c.author_id)
            .outerjoin(departments, departments.c.id == know_how.c.department_id)
            .where(seen_by(principal))
        )

    def _one(self, connection: Connection, principal: Principal, entry_id: int) -> Entry:
        query = self._entries(principal).where(know_how.c.id == entry_id)
        row = connection.execute(query).first()
        if row is None:
            raise NotFound(GONE)
        return _entry(row, principal)

    def _own(self, connection: Connection, principal: Principal, entry_id: int) -> Entry:
        found = self._one(connection, principal, entry_id)
        if not found.mine:
            raise NotFound(GONE)
        return found

    def _checked(self, text: Text) -> dict[str, str]:
        title, about = (" ".join(clean(t).split()) for t in (text.title, text.about))
        body, example = clean(text.body).strip(), clean(text.example).strip()
        if not 2 <= len(title) <= 120:
            raise InvalidInput("제목을 2자에서 120자까지 적어 주세요.")
        if not 5 <= len(body) <= MOST_BODY:
            raise InvalidInput(f"내용을 5자에서 {MOST_BODY:,}자까지 적어 주세요.")
        if len(about) > 400 or len(example) > MOST_EXAMPLE:
            raise InvalidInput(
                f"설명은 400자, 결과 보기는 {MOST_EXAMPLE:,}자까지 적을 수 있습니다."
            )
        if text.category not in CATEGORIES:
            raise InvalidInput("갈래를 목록에서 골라 주세요.")
        if not [r for r in text.readers if r.strip()]:
            raise InvalidInput("누구와 나눌지 골라 주세요.")
        if self._personal("\n".join((title, about, body, example))):
            raise InvalidInput(
                "개인정보로 보이는 것이 있어 나누지 않았습니다. 이름, 번호, 주소는 {{이름}}처럼 빈칸으로 바꿔 주세요. "
                "쓰신 글은 그대로 있습니다."
            )
        tokens = self._tokens(" ".join((title, about, body)))
        return {
            "title": title,
            "about": about,
            "body": body,
            "example": example,
            "category": text.category,
            "tokens": f" {' '.join(tokens)} ",
        }

    def _tokens(self, text: str) -> list[str]:
        if not text.strip():
            return []
        return list(dict.fromkeys(self._analyser().morphemes([text[:20_000]])[0]))

    def _words(self, text: str) -> str:
        words = clean(text).strip()
        if not words or len(words) > MOST_SAID:
            raise InvalidInput(f"1자에서 {MOST_SAID:,}자까지 적어 주세요.")
        if self._personal(words):
            raise InvalidInput(
                "개인정보로 보이는 것이 있어 올리지 않았습니다. 빼고 다시 적어 주세요."
            )
        return words

    def _open_to(self, connection: Connection, entry_id: int, readers: Sequence[str]) -> None:
        groups = {self._audience.resolve(connection, r) for r in readers if r.strip()}
        rows = [{"entry_id": entry_id, "group_id": group} for group in sorted(groups)]
        connection.execute(entry_groups.insert(), rows)

    def _mark(self, principal: Principal, entry_id: int, kind: str, day: date) -> None:
        """Once for a person, kind and day."""
        key = {"entry_id": entry_id, "user_id": principal.user_id, "kind": kind, "day": day}
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            same = sa.and_(*(marks.c[name] == value for name, value in key.items()))
            if connection.execute(sa.select(marks.c.entry_id).where(same)).first() is None:
                connection.execute(marks.insert().values(key))

    def _note(
        self, connection: Connection, principal: Principal, action: str, entry_id: int
    ) -> None:
        self._audit.append(connection, principal, action, f"know-how:{entry_id}", {})


def _entry(row: sa.Row[tuple[object, ...]], principal: Principal) -> Entry:
    r = row._mapping
    return Entry(
        id=r["id"],
        title=r["title"],
        about=r["about"],
        body=r["body"],
        example=r["example"],
        category=r["category"],
        author=r["author"],
        department=r["department"] or "",
        mine=r["author_id"] == principal.user_id,
        keeps=bool(r["keeps"]),
        liked=bool(r["liked"]),
        hidden=r["hidden_reason"] if r["hidden_at"] else "",
        views=r["views"],
        likes=r["likes"],
        uses=r["uses"],
        comments=r["comments"],
        created_at=r["created_at"],
        updated_at=r["updated_at"],
    )
