"""Transactions on both databases."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from mokmin import migrations
from mokmin.base.db import Database, metadata, utcnow
from mokmin.governance.people.store import departments
from mokmin.knowledge.documents.store import documents, passages, unit_id
from mokmin.knowledge.documents.structure import citations, provisions

WRITERS, ROUNDS = 4, 15
PROVISION = {"unit_id": unit_id(1, 0), "law": "가법", "article": "제1조"}


def count(db: Database) -> int:
    """How many departments there are."""
    with db.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(departments)).scalar_one()


def test_an_exception_undoes_the_whole_transaction(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as connection:
        connection.execute(departments.insert().values(name="회계과"))
        raise RuntimeError
    assert count(db) == 0


def test_four_threads_read_then_write_without_being_locked_out(db: Database) -> None:
    """Reading before writing is what fails with SQLite's deferred transactions."""
    wrong: list[BaseException] = []
    start = threading.Barrier(WRITERS)

    def work(number: int) -> None:
        try:
            start.wait()
            for turn in range(ROUNDS):
                with db.write() as connection:
                    connection.execute(sa.select(departments.c.id)).all()
                    name = f"{number}-{turn}"
                    connection.execute(departments.insert().values(name=name))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert count(db) == WRITERS * ROUNDS


def test_a_counter_loses_no_update_under_the_lock(db: Database) -> None:
    with db.write() as connection:
        connection.execute(departments.insert().values(name="셈", phone="0"))

    def work() -> None:
        for _ in range(ROUNDS):
            with db.write() as connection:
                db.lock(connection, 77)
                value = int(connection.execute(sa.select(departments.c.phone)).scalar_one())
                connection.execute(departments.update().values(phone=str(value + 1)))

    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.read() as connection:
        assert connection.execute(sa.select(departments.c.phone)).scalar_one() == str(
            WRITERS * ROUNDS
        )


def test_a_reader_is_not_kept_waiting_by_a_writer(db: Database) -> None:
    with db.write() as connection:
        connection.execute(departments.insert().values(name="회계과"))
        assert count(db) == 0
    assert count(db) == 1


def test_a_link_to_nothing_is_refused(db: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), db.write() as connection:
        connection.execute(departments.insert().values(name="팀", parent_id=999))


def test_timestamps_are_utc_without_a_zone() -> None:
    assert utcnow().tzinfo is None


def test_an_unreachable_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    db = Database(f"sqlite:///{tmp_path}/broken.db")
    with pytest.raises(sa.exc.DBAPIError):
        db.ping()
    db.close()


def test_the_schema_of_the_migrations_is_the_schema_of_the_code(db: Database) -> None:
    current, newest = migrations.state(db)
    assert current == newest
    found = sa.inspect(db.engine)
    for table in metadata.sorted_tables:
        columns = {c["name"]: c for c in found.get_columns(table.name)}
        assert set(columns) == {c.name for c in table.columns}, table.name
        nullable = {name: c["nullable"] for name, c in columns.items()}
        assert nullable == {c.name: bool(c.nullable) for c in table.columns}, table.name
        assert {i["name"] for i in found.get_indexes(table.name)} >= {i.name for i in table.indexes}


def test_a_library_from_before_changed_at_is_kept(db: Database) -> None:
    command.downgrade(migrations._config(db), "0001")
    row = "1, '조례', 'a/b.txt', '조례', 'O', 'in_force', 'kim', '2026-01-02 03:04:05'"
    with db.write() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO documents (id, title, source, kind, grade, freshness, owner, "
                f"created_at) VALUES ({row})"
            )
        )
    migrations.upgrade(db)
    with db.read() as connection:
        kept = connection.execute(sa.select(documents)).one()
    assert (kept.title, kept.department, kept.changed_at) == ("조례", "", None)
    assert migrations.state(db)[0] == migrations.state(db)[1]


def indexes(db: Database, table: str) -> set[str | None]:
    """Names of a table's indexes."""
    return {index["name"] for index in sa.inspect(db.engine).get_indexes(table)}


def test_passages_from_before_units_are_kept_and_are_a_unit_each(db: Database) -> None:
    config = migrations._config(db)
    command.downgrade(config, "0002")
    assert "ix_passages_version_id" in indexes(db, "passages")
    with db.write() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO documents (id, title, source, department, kind, grade, freshness, "
                "owner, created_at) VALUES (1, '조례', 'a.txt', '', '조례', 'O', 'in_force', "
                "'kim', '2026-01-02 03:04:05')"
            )
        )
        for version in (1, 2):
            connection.execute(
                sa.text(
                    "INSERT INTO versions (id, document_id, number, sha256, bytes, filename, state, "
                    "created_at) VALUES (:v, 1, :v, 'x', 1, 'a.txt', 'ready', "
                    "'2026-01-02 03:04:05')"
                ),
                {"v": version},
            )
            connection.execute(
                sa.text(
                    'INSERT INTO passages (document_id, version_id, seq, header, text, start, "end", '
                    "first_block, last_block, locator, tokens, vector) VALUES (1, :v, :seq, '', "
                    "'글', 0, 1, 0, 1, '{}', '', :vector)"
                ),
                [{"v": version, "seq": seq, "vector": b"0"} for seq in range(3)],
            )
    units = sa.select(passages.c.seq, passages.c.unit_id).order_by(passages.c.id)
    for _ in range(2):
        migrations.upgrade(db)
        with db.write() as connection:
            rows = [tuple(row) for row in connection.execute(units)]
            assert rows == [(seq, unit_id(v, seq)) for v in (1, 2) for seq in range(3)]
            here = {**PROVISION, "document_id": 1, "version_id": 1}
            connection.execute(provisions.insert().values(**here))
            connection.execute(citations.insert().values(**here, place=0))
        assert "ix_passages_unit_id" in indexes(db, "passages")
        command.downgrade(config, "0002")
        found = sa.inspect(db.engine)
        assert {"provisions", "citations"}.isdisjoint(found.get_table_names())
        assert "unit_id" not in {c["name"] for c in found.get_columns("passages")}
        assert indexes(db, "passages") == {"ix_passages_version_id"}
        with db.read() as connection:
            count = sa.text("SELECT count(*) FROM passages")
            assert connection.execute(count).scalar_one() == 6


def test_a_provision_of_no_document_is_refused(db: Database) -> None:
    here = {**PROVISION, "document_id": 9, "version_id": 9}
    for statement in (
        provisions.insert().values(**here),
        citations.insert().values(**here, place=0),
    ):
        with pytest.raises(sa.exc.IntegrityError), db.write() as connection:
            connection.execute(statement)


def test_migrating_twice_changes_nothing(db: Database) -> None:
    with db.write() as connection:
        connection.execute(departments.insert().values(name="회계과"))
    migrations.upgrade(db)
    assert count(db) == 1


def test_the_migrations_run_on_postgresql(cluster: Any) -> None:
    cluster.drop("from_scratch")
    cluster.create("from_scratch", "template0")
    db = Database(cluster.url("from_scratch"))
    try:
        migrations.upgrade(db)
        assert set(sa.inspect(db.engine).get_table_names()) >= set(metadata.tables)
    finally:
        db.close()


def test_what_is_in_use_at_the_end_is_closed_as_it_comes_back(db: Database) -> None:
    with db.read() as connection:
        connection.execute(sa.text("SELECT 1"))
        raw = connection.connection.dbapi_connection
        db.close()
    with pytest.raises(Exception, match="closed"):
        raw.cursor().execute("SELECT 1")
    with db.write() as connection:
        assert connection.execute(sa.text("SELECT 2")).scalar_one() == 2
