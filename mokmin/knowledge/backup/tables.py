"""Database tables as Arrow streams, the same from SQLite and PostgreSQL, batch by batch."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc
import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database
from mokmin.base.errors import MokminError
from mokmin.knowledge.backup.archive import damaged

FETCH_ROWS = 200
BATCH_ROWS = 2_000
BATCH_BYTES = 8 * 2**20
Row = dict[str, Any]
Step = Callable[[int], None]


def _arrow_type(column: sa.Column[Any]) -> pa.DataType:
    kind = column.type
    pairs: tuple[tuple[type[Any], pa.DataType], ...] = (
        (sa.Boolean, pa.bool_()),
        (sa.Integer, pa.int64()),
        (sa.DateTime, pa.timestamp("us")),
        (sa.Date, pa.date32()),
        (sa.Float, pa.float64()),
        (sa.LargeBinary, pa.large_binary()),
        (sa.String, pa.large_utf8()),
    )
    for wanted, found in pairs:
        if isinstance(kind, wanted):
            return found
    raise TypeError(f"no backup of columns like {column.table.name}.{column.name}: {kind!r}")


def arrow_schema(table: sa.Table) -> pa.Schema:
    """The columns of a table in Arrow's types. Raises TypeError for a type that none has yet."""
    return pa.schema([pa.field(column.name, _arrow_type(column)) for column in table.columns])


def _size(row: Row) -> int:
    return sum(len(v) if isinstance(v, bytes | str) else 8 for v in row.values())


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += _size(row)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def write_table(
    connection: Connection, table: sa.Table, sink: IO[bytes] | io.RawIOBase, step: Step
) -> int:
    """Stream a table into ``sink``; rows written. ``step`` gets the rows of each batch."""
    schema = arrow_schema(table)
    query = sa.select(table).order_by(*table.primary_key.columns)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    count = 0
    with (
        connection.execution_options(yield_per=FETCH_ROWS).execute(query) as result,
        pa.ipc.new_stream(sink, schema, options=options) as writer,
    ):
        for rows in _batches(dict(row) for row in result.mappings()):
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            count += len(rows)
            step(len(rows))
    return count


def read_table(source: IO[bytes], table: sa.Table) -> Iterator[list[Row]]:
    """Batches of rows of a stream whose columns must be those of ``table``. Raises UnreadableFile."""
    where = f"tables/{table.name}.arrow"
    try:
        with pa.ipc.open_stream(source) as reader:
            # By name: columns that a migration added stand elsewhere in an older database.
            wanted = {field.name: field.type for field in arrow_schema(table)}
            if {field.name: field.type for field in reader.schema} != wanted:
                raise damaged(where)
            for batch in reader:
                batch.validate(full=True)
                yield batch.to_pylist()
    except MokminError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise damaged(where) from error


def load_table(db: Database, table: sa.Table, batches: Iterable[list[Row]], step: Step) -> int:
    """Insert batches, each in a transaction of its own (the database is a staging one); rows.

    A column that refers to its own table is filled at the end: its row may come later.
    """
    own = [
        column.name
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
    keys = [column.name for column in table.primary_key.columns]
    later: list[Row] = []
    count = 0
    for rows in batches:
        for row in rows if own else ():
            if any(row[name] is not None for name in own):
                later.append({f"b_{name}": row[name] for name in [*keys, *own]})
                row.update(dict.fromkeys(own))
        with db.write() as connection:
            connection.execute(table.insert(), rows)
        count += len(rows)
        step(len(rows))
    if later:
        change = (
            table.update()
            .where(*(table.c[name] == sa.bindparam(f"b_{name}") for name in keys))
            .values({name: sa.bindparam(f"b_{name}") for name in own})
        )
        with db.write() as connection:
            connection.execute(change, later)
    return count


# --- keys given out ---------------------------------------------------------------------------
def sequences(connection: Connection, tables: Iterable[sa.Table]) -> dict[str, int]:
    """The last key given out by table, where the database remembers it: a deleted row's key must
    not come back, because stored answers cite passages by key."""
    if connection.dialect.name == "sqlite":
        if not _has_sqlite_sequence(connection):
            return {}
        names = {table.name for table in tables}
        rows = connection.execute(sa.text("SELECT name, seq FROM sqlite_sequence"))
        return {row.name: int(row.seq) for row in rows if row.name in names}
    found = {}
    for table, sequence in _owned_sequences(connection, tables):
        last = connection.execute(sa.text(f"SELECT last_value, is_called FROM {sequence}")).one()
        if last.is_called:
            found[table.name] = int(last.last_value)
    return found


def set_sequences(connection: Connection, tables: list[sa.Table], given: dict[str, int]) -> None:
    """Let new keys follow the highest one present and the last one ever given out."""
    if connection.dialect.name == "sqlite":
        _set_sqlite(connection, tables, given)
        return
    for table, sequence in _owned_sequences(connection, tables):
        (key,) = table.primary_key.columns
        highest = connection.execute(sa.select(sa.func.max(key))).scalar() or 0
        last = max(highest, given.get(table.name, 0))
        if last:
            connection.execute(
                sa.text("SELECT setval(CAST(:sequence AS regclass), :last)"),
                {"sequence": sequence, "last": last},
            )


def _set_sqlite(connection: Connection, tables: list[sa.Table], given: dict[str, int]) -> None:
    if not _has_sqlite_sequence(connection):
        return
    made = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    counted = set(connection.execute(sa.text(made)).scalars())
    for table in tables:
        if table.name not in counted:
            continue
        values = {"name": table.name, "last": given.get(table.name, 0)}
        have = connection.execute(
            sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), values
        ).scalar()
        if have is None:
            connection.execute(
                sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values
            )
        elif have < values["last"]:
            connection.execute(
                sa.text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), values
            )


def _has_sqlite_sequence(connection: Connection) -> bool:
    query = sa.text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")
    return bool(connection.execute(query).scalar())


def _owned_sequences(
    connection: Connection, tables: Iterable[sa.Table]
) -> Iterator[tuple[sa.Table, str]]:
    for table in tables:
        if len(table.primary_key.columns) != 1:
            continue
        (key,) = table.primary_key.columns
        sequence = connection.execute(
            sa.text("SELECT pg_get_serial_sequence(:name, :key)"),
            {"name": f'"{table.name}"', "key": key.name},
        ).scalar()
        if sequence is not None:
            yield table, str(sequence)
