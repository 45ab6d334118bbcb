"""Watched folders on the steward's desk: set up, looked at before the first run, started, paused, ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.base.jobs import JobQueue
from mokmin.features.stewardship.homes import Homes
from mokmin.features.stewardship.scanning import Root, Scan, opened, placed, scan
from mokmin.features.stewardship.watch_store import (
    Folder,
    selected,
    to_folder,
    watched_files,
    watched_folders,
)
from mokmin.governance.access.model import GRADE_RANK, Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.documents.collections import Collection

LOCK_KEY = 4245
JOB = "watch"
LEAST_MINUTES, MOST_MINUTES = 10, 10_080
MAX_KIND = 40
_GONE = "그 폴더를 찾을 수 없거나 돌볼 권한이 없습니다."


@dataclass(frozen=True, slots=True)
class FolderDraft:
    """What a steward writes of a folder. ``audience``: ``staff`` or ``department``."""

    path: str
    collection_id: int
    audience: str = "department"
    kind: str = "문서"
    grade: str = "O"
    every_minutes: int = 60


class WatchDesk:
    """Folders of the collections that a steward looks after."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        homes: Homes,
        collection: Callable[[Principal, int], Collection],
        roots: tuple[Root, ...],
        max_bytes: int,
    ) -> None:
        self._db = db
        self._audit = audit
        self._homes = homes
        self._collection = collection
        self._roots = roots
        self._max_bytes = max_bytes

    # --- looking --------------------------------------------------------------------------
    def roots(self, principal: Principal) -> list[str]:
        """Folders below which the person may have folders watched."""
        return [str(root.path) for root in self._roots if self._may_use(principal, root)]

    def listing(self, principal: Principal) -> list[Folder]:
        """Folders by their collection. Raises NotAllowed."""
        require(principal, Permission.CURATE)
        query = selected().order_by(watched_folders.c.id)
        with self._db.read() as connection:
            found = [to_folder(row) for row in connection.execute(query)]
        return [f for f in found if self._homes.holds(principal, f.department_id)]

    def get(self, principal: Principal, folder_id: int) -> Folder:
        """One of them. Raises NotFound, NotAllowed."""
        require(principal, Permission.CURATE)
        with self._db.read() as connection:
            return self._mine(connection, principal, folder_id)

    def preview(self, principal: Principal, folder_id: int) -> Scan:
        """What lies in the folder now; nothing is taken in. Raises NotFound, NotAllowed, InvalidInput."""
        folder = self.get(principal, folder_id)
        root, steps = self.reach(principal, folder)
        with opened(root, steps) as at:
            return scan(at, self._max_bytes)

    def reach(self, principal: Principal, folder: Folder) -> tuple[Root, tuple[str, ...]]:
        """The way to a folder, while the person may have it watched. Raises InvalidInput."""
        if folder.orphaned:
            raise InvalidInput(
                "이 폴더의 모음이 없어져 멈췄습니다. 올린 문서는 그대로입니다. 모음을 되살리거나, 이 폴더를 "
                "그만 지켜보고 다른 모음으로 다시 더해 주세요."
            )
        tends = principal.may(Permission.CURATE) and self._homes.holds(
            principal, folder.department_id
        )
        if not tends:
            raise InvalidInput(
                "이 폴더를 맡은 사람이 더는 이 부서의 관리자가 아니어서 멈췄습니다. 올린 문서는 그대로입니다. "
                "다른 관리자가 ‘맡아서 시작’을 눌러 주세요."
            )
        return self._placed(principal, folder.path)

    def problems(self, principal: Principal, folder_id: int) -> list[tuple[str, str]]:
        """(path, why) of files that could not be taken in."""
        self.get(principal, folder_id)
        c = watched_files.c
        query = sa.select(c.path, c.problem).where(
            c.folder_id == folder_id, c.problem != "", c.removed_at.is_(None)
        )
        with self._db.read() as connection:
            return [(row.path, row.problem) for row in connection.execute(query.order_by(c.path))]

    # --- changing -------------------------------------------------------------------------
    def add(self, principal: Principal, draft: FolderDraft) -> int:
        """Set a folder up; nothing is taken in before ``start``. Its id. Raises NotAllowed, NotFound,
        InvalidInput, Conflict."""
        require(principal, Permission.CURATE)
        if principal.user_id is None:
            raise NotAllowed("계정으로 로그인한 사람만 폴더를 지켜보게 할 수 있습니다.")
        collection = self._collection(principal, draft.collection_id)
        draft = _checked(draft)
        root, steps = self._placed(principal, draft.path)
        with opened(root, steps):
            path = str(Path(root.path, *steps))
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            self._refuse_nested(connection, path)
            insert = watched_folders.insert().values(
                collection_id=collection.id,
                path=path,
                steward_id=principal.user_id,
                audience=draft.audience,
                kind=draft.kind,
                grade=draft.grade,
                every_minutes=draft.every_minutes,
                state="preview",
                created_at=utcnow(),
            )
            made = new_id(connection, insert)
            self._record(connection, principal, "folder.add", made)
        return made

    def start(self, principal: Principal, folder_id: int, *, confirmed: bool = False) -> None:
        """Bring the library up to the folder now and from now on, with this person's rights.
        ``confirmed``: also where much has vanished. Raises NotFound, NotAllowed."""
        folder = self.get(principal, folder_id)
        if principal.user_id is None:
            raise NotAllowed("계정으로 로그인한 사람만 폴더를 지켜보게 할 수 있습니다.")
        self.reach(principal, folder)
        summary = {"confirmed": 1} if confirmed else {}
        with self._db.write() as connection:
            self._mine(connection, principal, folder_id)
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(
                    state="active",
                    steward_id=principal.user_id,
                    problem="",
                    next_at=None,
                    summary=json.dumps(summary),
                )
            )
            JobQueue.enqueue(connection, JOB, folder_id)
            self._record(connection, principal, "folder.start", folder_id)

    def pause(self, principal: Principal, folder_id: int) -> None:
        """Leave the library as it is. Raises NotFound."""
        with self._db.write() as connection:
            self._mine(connection, principal, folder_id)
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(state="paused", problem="", next_at=None)
            )
            self._record(connection, principal, "folder.pause", folder_id)

    def remove(self, principal: Principal, folder_id: int) -> None:
        """Watch it no more; the documents stay in the library and in the collection. Raises NotFound."""
        with self._db.write() as connection:
            self._mine(connection, principal, folder_id)
            connection.execute(watched_files.delete().where(watched_files.c.folder_id == folder_id))
            connection.execute(watched_folders.delete().where(watched_folders.c.id == folder_id))
            self._record(connection, principal, "folder.remove", folder_id)

    def turn(self) -> int:
        """A chore: queue the folders whose time has come; how many. Each is queued once a turn."""
        now, c = utcnow(), watched_folders.c
        due = sa.select(c.id).where(c.state == "active", c.next_at <= now)
        with self._db.read() as connection:
            ids = list(connection.execute(due).scalars())
        done = 0
        for folder_id in ids:
            with self._db.write() as connection:
                taken = connection.execute(
                    watched_folders.update()
                    .where(c.id == folder_id, c.state == "active", c.next_at <= now)
                    .values(next_at=None)
                )
                if taken.rowcount:
                    JobQueue.enqueue(connection, JOB, folder_id)
                    done += 1
        return done

    # --- rules ----------------------------------------------------------------------------
    def _mine(self, connection: Connection, principal: Principal, folder_id: int) -> Folder:
        require(principal, Permission.CURATE)
        row = connection.execute(selected().where(watched_folders.c.id == folder_id)).first()
        if row is None or not self._homes.holds(principal, row.department_id):
            raise NotFound(_GONE)
        return to_folder(row)

    def _may_use(self, principal: Principal, root: Root) -> bool:
        if principal.may(Permission.ADMINISTER):
            return True
        names = {name for _, name in self._homes.choices(principal)}
        return bool(root.department) and root.department in names

    def _placed(self, principal: Principal, path: str) -> tuple[Root, tuple[str, ...]]:
        """Raises InvalidInput, the same for a root of others as for none."""
        mine = [root for root in self._roots if self._may_use(principal, root)]
        root, steps = placed(path, mine)
        if placed(path, self._roots)[0] != root:  # a narrower root of another department
            placed(path, ())
        return root, steps

    @staticmethod
    def _refuse_nested(connection: Connection, path: str) -> None:
        for other in connection.execute(sa.select(watched_folders.c.path)).scalars():
            if (
                Path(path) == Path(other)
                or Path(path) in Path(other).parents
                or (Path(other) in Path(path).parents)
            ):
                raise Conflict(
                    "그 폴더나 그 위아래의 폴더를 이미 지켜보고 있습니다. 저장하지 않았습니다."
                )

    def _record(self, connection: Connection, principal: Principal, action: str, key: int) -> None:
        self._audit.append(connection, principal.login, action, f"folder:{key}", {})


def _checked(draft: FolderDraft) -> FolderDraft:
    kind = " ".join(draft.kind.split())
    if draft.audience not in ("staff", "department"):
        raise InvalidInput("누가 볼지 목록에서 골라 주세요. 저장하지 않았습니다.")
    if draft.grade not in GRADE_RANK:
        raise InvalidInput("그런 보안 등급은 없습니다. 목록에서 골라 주세요.")
    if not kind or len(kind) > MAX_KIND:
        raise InvalidInput(f"문서 종류를 {MAX_KIND}자 안으로 적어 주세요. 저장하지 않았습니다.")
    if not LEAST_MINUTES <= draft.every_minutes <= MOST_MINUTES:
        raise InvalidInput("얼마나 자주 맞출지 목록에서 골라 주세요. 저장하지 않았습니다.")
    return replace(draft, kind=kind)
