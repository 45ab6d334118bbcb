"""A throw-away house for each test: its database (both kinds), people, library and fast models."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from mokmin import migrations
from mokmin.app import App
from mokmin.base.db import Database
from mokmin.base.formats.reader import read_document
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.base.llm.ports import Vectors
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.governance.people.service import PeopleService
from mokmin.knowledge.documents.model import DocumentMeta, State, Upload
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.settings import Settings

PASSWORD = "시험용-비밀번호-1234"
# Quick on purpose: the strength of the hash is argon2's business, not these tests'.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SHARE = 0.75


class NarrowEmbedder(HashEmbedder):
    """HashEmbedder with its cosines pressed into .75 to 1, the range for which the rules of
    evidence are calibrated (e5 gives unrelated texts about .75)."""

    name = "hash-bigrams-narrow-384"

    def embed_query(self, text: str) -> Vectors:
        """See ``Embedder.embed_query``."""
        vector = super().embed_query(text)
        vector[0] = 0
        norm = float(np.linalg.norm(vector)) or 1.0
        vector = vector / norm * np.sqrt(1 - SHARE)
        vector[0] = np.sqrt(SHARE)
        return np.asarray(vector, np.float32)


# --- databases ------------------------------------------------------------------------------
_LEAVE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Every column with its type: a test of migrations may have changed them.
_TABLES = (
    "SELECT table_name || ' ' || string_agg(column_name || ' ' || data_type, ',' ORDER BY column_name) "
    "FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name ORDER BY 1"
)
_COUNT_ANEW = (
    "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' "
    "AND relnamespace = 'public'::regnamespace"
)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server on a unix socket of its own."""

    binaries: Path
    folder: Path
    as_user: tuple[str, ...]
    spare: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def command(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        subprocess.run(
            [*self.as_user, str(self.binaries / name), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def url(self, database: str) -> str:
        """The address of a database of this server."""
        return f"postgresql+psycopg://mokmin@/{database}?host={self.folder}"

    def create(self, database: str, template: str) -> None:
        """Make a database as a copy of another."""
        self._admin(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Remove a database, connected or not."""
        self._admin(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def lend(self) -> str:
        """The name of an empty database at the newest schema."""
        if self.spare:
            return self.spare.pop()
        name = f"test{next(_numbers)}"
        self.create(name, "blank")
        return name

    def take_back(self, database: str) -> None:
        """Empty a database for the next test: copying one costs a hundred times more. One whose tables are
        not those of the newest schema any more is removed."""
        engine = sa.create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(sa.text(_LEAVE))
                tables = [row[0] for row in connection.execute(sa.text(_TABLES))]
                if tables != self.tables:
                    raise LookupError(database)
                names = [t.split()[0] for t in tables]
                emptied = "".join(f'DELETE FROM "{t}";' for t in names if t != "alembic_version")
                connection.exec_driver_sql(
                    f"SET session_replication_role = replica; SET lock_timeout = '5s'; {emptied}"
                )
                connection.execute(sa.text(_COUNT_ANEW))
            self.spare.append(database)
        except (LookupError, sa.exc.SQLAlchemyError):
            self.drop(database)
        finally:
            engine.dispose()

    def _admin(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    if found:
        return found[-1].parent
    inpath = shutil.which("initdb")
    return Path(inpath).resolve().parent if inpath else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for this process, gone at the end."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL의 initdb가 없습니다: sudo apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="mokmin-pg-"))
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        as_user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    server = Cluster(binaries, folder, as_user)
    data = str(folder / "data")
    try:
        server.command(
            "initdb", "-D", data, "-A", "trust", "-U", "mokmin", "-E", "UTF8", "--locale=C", "-N"
        )
        options = (
            f"-k {folder} -c listen_addresses='' -c max_connections=200 "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        )
        server.command(
            "pg_ctl", "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start"
        )
        try:
            server.create("blank", "template0")
            db = Database(server.url("blank"))
            migrations.upgrade(db)
            with db.read() as connection:
                server.tables.extend(row[0] for row in connection.execute(sa.text(_TABLES)))
            db.close()
            yield server
        finally:
            server.command("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"
    db = Database(f"sqlite:///{path}")
    migrations.upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    db.close()
    return path


_numbers = iter(range(1, 1_000_000))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database at the newest schema, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "database" / "mokmin.db"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("blank_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Cluster = request.getfixturevalue("cluster")
    name = server.lend()
    yield server.url(name)
    server.take_back(name)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database at the newest schema."""
    database = Database(database_url)
    yield database
    database.close()


# --- the house ------------------------------------------------------------------------------
@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "home"


def make_app(home: Path, database_url: str, **settings: Any) -> App:
    """Everything wired as in the product, with quick models and an index in memory."""
    made = App(
        Settings(home=home, database_url=database_url, **settings),
        embedder=NarrowEmbedder(),
        analyser=SimpleAnalyser(),
        index=MemoryIndex(),
        models=[],
    )
    made.people = PeopleService(made.db, hasher=QUICK)
    made.ingestion = Ingestion(
        made.db,
        made.blobs,
        made.index,
        lambda: made.feature_extractor,
        lambda path, name: read_document(path, name=name),
        made.intake,
    )
    return made


@pytest.fixture(scope="session")
def quick_app() -> Callable[..., App]:
    """``quick_app(home, database_url, **settings)``, for tests that share an application."""
    return make_app


@pytest.fixture
def app(home: Path, database_url: str) -> Iterator[App]:
    """An application of one test."""
    made = make_app(home, database_url)
    yield made
    made.db.close()


@dataclass(frozen=True)
class People:
    """Three accounts: two of one department (one its steward), one of another; an administrator
    without a department."""

    kim: Principal
    lead: Principal
    other: Principal
    admin: Principal
    password: str = PASSWORD


@pytest.fixture
def people(app: App) -> People:
    """Accounts of 회계과 and 복지과."""
    accounts = {
        "kim": ("김주무", "official", "회계과"),
        "lead": ("이팀장", "steward", "회계과"),
        "other": ("박복지", "official", "복지과"),
        "admin": ("관리자", "admin", None),
    }
    for login, (name, role, department) in accounts.items():
        app.people.create_account(
            login=login, name=name, password=PASSWORD, role=role, department=department
        )
    return People(*(app.people.principal(login) for login in accounts))


Put = Callable[..., Upload]


@pytest.fixture
def put() -> Put:
    """``put(app, name, text, **meta)``: take a text file in and read it to its end."""

    def take(
        app: App,
        name: str,
        text: str | bytes,
        *,
        by: Principal = OPERATOR,
        source: str = "",
        ready: bool = True,
        **meta: object,
    ) -> Upload:
        content = text.encode() if isinstance(text, str) else text
        upload = app.documents.take(
            by,
            name,
            io.BytesIO(content),
            DocumentMeta(**meta),  # type: ignore[arg-type]
            source=source,
            queue=False,
        )
        if not upload.duplicate:
            outcome = app.ingestion.run(upload.version_id)
            assert not ready or outcome.state is State.READY, outcome.reason
        return upload

    return take
