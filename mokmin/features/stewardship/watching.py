"""Watched folders on the steward's desk: set up, looked at before the first run, started, paused, ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, pairs, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.base.files.sources import Scan, Source
from mokmin.base.jobs import JobQueue
from mokmin.features.stewardship.homes import Homes
from mokmin.features.stewardship.reaching import (
    LOCAL,
    LONGEST_LOGIN,
    LONGEST_REGION,
    LONGEST_SECRET,
    S3,
    SITE,
    WEBDAV,
    FolderDraft,
    Reach,
)
from mokmin.features.stewardship.scanning import LocalFolder
from mokmin.features.stewardship.watch_store import (
    JOB,
    Folder,
    secret_owner,
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
LEAST_MINUTES, MOST_MINUTES = 10, 10_080
MAX_KIND = 40
PREVIEW_SECONDS = 8.0
_GONE = "그 폴더를 찾을 수 없거나 돌볼 권한이 없습니다."


class WatchDesk:
    """Folders of the collections that a steward looks after."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        homes: Homes,
        collection: Callable[[Principal, int], Collection],
        reach: Reach,
    ) -> None:
        self._db = db
        self._audit = audit
        self._homes = homes
        self._collection = collection
        self._reach = reach

    # --- looking --------------------------------------------------------------------------
    def roots(self, principal: Principal) -> list[str]:
        """Folders below which the person may have folders watched."""
        return [str(root.path) for root in self._reach.roots(principal)]

    def machines(self) -> list[str]:
        """Machines of the network that the operator allowed."""
        hosts = self._reach.network.hosts
        return sorted(hosts.names) + [
            str(n[0]) if n.num_addresses == 1 else str(n) for n in hosts.networks
        ]

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
        with closing(self._reach.source(principal, folder, seconds=PREVIEW_SECONDS)) as source:
            return source.walk()

    def check(self, principal: Principal, draft: FolderDraft) -> str:
        """Whether the place of a draft can be reached with what was written; what was found. Raises
        NotAllowed, InvalidInput, SourceDown that tell exactly what is wrong."""
        require(principal, Permission.CURATE)
        draft = _checked(draft)
        self._audit.record(principal, "folder.check", "folder:new")
        with closing(self._drafted(principal, draft)[1]) as source:
            return source.check()

    def check_again(self, principal: Principal, folder_id: int) -> str:
        """The same for a folder. Raises NotFound, NotAllowed, InvalidInput, SourceDown."""
        folder = self.get(principal, folder_id)
        self._audit.record(principal, "folder.check", f"folder:{folder_id}")
        with closing(self._reach.source(principal, folder, seconds=PREVIEW_SECONDS)) as source:
            return source.check()

    def problems(self, principal: Principal, folder_id: int) -> list[tuple[str, str]]:
        """(path, why) of files that could not be taken in."""
        self.get(principal, folder_id)
        c = watched_files.c
        query = sa.select(c.path, c.problem).where(
            c.folder_id == folder_id, c.problem != "", c.removed_at.is_(None)
        )
        with self._db.read() as connection:
            return [(row.path, row.problem) for row in connection.execute(query.order_by(c.path))]

    def marked(self, principal: Principal, folder_id: int) -> list[tuple[str, int]]:
        """(path, document) of pages that vanished from a web site; their documents stay."""
        if self.get(principal, folder_id).type != SITE:
            return []
        c = watched_files.c
        query = sa.select(c.path, c.taken_as).where(
            c.folder_id == folder_id, c.removed_at.is_not(None), c.taken_as.is_not(None)
        )
        with self._db.read() as connection:
            return [(row.path, row.taken_as) for row in connection.execute(query.order_by(c.path))]

    def troubled(self, principal: Principal) -> list[tuple[Folder, int]]:
        """Folders that are down, stand still or have files that could not be taken in, and how many of
        those. Raises NotAllowed."""
        c = watched_files.c
        query = (
            sa.select(c.folder_id, sa.func.count())
            .where(c.problem != "", c.removed_at.is_(None))
            .group_by(c.folder_id)
        )
        found = self.listing(principal)
        with self._db.read() as connection:
            failed = pairs(connection, query)
        return [(f, failed.get(f.id, 0)) for f in found if f.problem or failed.get(f.id)]

    # --- changing -------------------------------------------------------------------------
    def add(self, principal: Principal, draft: FolderDraft) -> int:
        """Set a folder up; nothing is taken in before ``start``. Its id. Raises NotAllowed, NotFound,
        InvalidInput, Conflict."""
        require(principal, Permission.CURATE)
        if principal.user_id is None:
            raise NotAllowed("계정으로 로그인한 사람만 폴더를 지켜보게 할 수 있습니다.")
        collection = self._collection(principal, draft.collection_id)
        draft = _checked(draft)
        path, source = self._drafted(principal, draft)
        source.close()
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
                type=draft.type,
                login=draft.login,
                region=draft.region,
                at_hour=draft.at_hour,
            )
            made = new_id(connection, insert)
            self._seal(connection, made, draft.secret)
            self._record(connection, principal, "folder.add", made)
        return made

    def change_login(self, principal: Principal, folder_id: int, login: str, secret: str) -> None:
        """Another account for a place of the network; nothing is said of the one before. Raises NotFound,
        InvalidInput."""
        login = _login(login, secret)
        with self._db.write() as connection:
            folder = self._mine(connection, principal, folder_id)
            if folder.type not in (WEBDAV, S3):
                raise InvalidInput("이 폴더에는 계정이 없습니다. 아무것도 바꾸지 않았습니다.")
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(login=login, secret="")
            )
            self._seal(connection, folder_id, secret)
            self._record(connection, principal, "folder.login", folder_id)

    def start(self, principal: Principal, folder_id: int, *, confirmed: bool = False) -> None:
        """Bring the library up to the folder now and from now on, with this person's rights.
        ``confirmed``: also where much has vanished. Raises NotFound, NotAllowed."""
        folder = self.get(principal, folder_id)
        if principal.user_id is None:
            raise NotAllowed("계정으로 로그인한 사람만 폴더를 지켜보게 할 수 있습니다.")
        self._reach.source(principal, folder).close()
        summary = {name: n for name, n in folder.summary.items() if name != "confirmed"}
        summary |= {"confirmed": 1} if confirmed else {}
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
                    started_at=None,
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

    def _drafted(self, principal: Principal, draft: FolderDraft) -> tuple[str, Source]:
        """The path of a draft in one spelling, and its place. Raises InvalidInput."""
        if draft.type == LOCAL:
            root, steps = self._reach.placed(principal, draft.path)
            source = LocalFolder(root, steps, 0)
            source.check()
            return str(Path(root.path, *steps)), source
        url = self._reach.address(draft)
        return url, self._reach.drafted(draft, url)

    def _seal(self, connection: Connection, folder_id: int, secret: str) -> None:
        """Keep a secret so that only the service opens it, and only for this folder."""
        if secret:
            sealed = self._reach.network.sealer.seal(secret, secret_owner(folder_id))
            connection.execute(
                watched_folders.update()
                .where(watched_folders.c.id == folder_id)
                .values(secret=sealed)
            )

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
    if draft.at_hour is not None and not 0 <= draft.at_hour <= 23:
        raise InvalidInput("몇 시에 맞출지 목록에서 골라 주세요. 저장하지 않았습니다.")
    if draft.type not in (WEBDAV, S3):
        return replace(draft, kind=kind, login="", secret="", region="")
    region = draft.region.strip() if draft.type == S3 else ""
    if len(region) > LONGEST_REGION or not re.fullmatch(r"[A-Za-z0-9-]*", region):
        raise InvalidInput("지역(region)은 영문과 숫자로 적어 주세요. 예: us-east-1")
    return replace(draft, kind=kind, login=_login(draft.login, draft.secret), region=region)


def _login(login: str, secret: str) -> str:
    """Raises InvalidInput."""
    login = login.strip()
    if len(login) > LONGEST_LOGIN or len(secret) > LONGEST_SECRET or not login.isprintable():
        raise InvalidInput("계정이나 비밀번호가 너무 길거나 쓸 수 없는 글자가 있습니다.")
    if bool(login) != bool(secret):
        raise InvalidInput(
            "계정(접근 키)과 비밀번호(비밀 키)를 함께 적거나 함께 비워 주세요. 저장하지 않았습니다."
        )
    return login
