"""A throw-away house for each test: its database (both kinds), people, library and fast models."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server on a unix socket of its own."""

    binaries: Path
    folder: Path
    as_user: tuple[str, ...]

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
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        server.command(
            "pg_ctl", "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start"
        )
        try:
            server.create("blank", "template0")
            db = Database(server.url("blank"))
            migrations.upgrade(db)
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
    name = f"test{next(_numbers)}"
    server.create(name, "blank")
    yield server.url(name)
    server.drop(name)


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
