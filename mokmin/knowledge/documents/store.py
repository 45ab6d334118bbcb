"""Tables of the library and the queries on them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, Select

from mokmin.base.db import metadata
from mokmin.base.formats.model import Block, Locator, ParsedDocument
from mokmin.base.formats.serial import from_dict, to_dict
from mokmin.knowledge.documents.model import Document, Freshness, PassageDraft, State, Version

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(400), nullable=False),
    sa.Column("source", sa.String(1200), nullable=False),
    sa.Column("department", sa.String(80), nullable=False, server_default=""),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("dated_on", sa.Date),
    sa.Column("effective_on", sa.Date),
    sa.Column("freshness", sa.String(12), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("superseded_by_id", sa.Integer),
    sa.Column("newest_version_id", sa.Integer),
    sa.Column("current_version_id", sa.Integer),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
    # When anything last changed that the index holds: rights, metadata, current version, deletion.
    sa.Column("changed_at", sa.DateTime),
    # Rights beside the grants; codes of ``rights_model``. Last, as the migration adds them: a restore
    # compares the columns in their order.
    sa.Column("legal_ground", sa.String(1), nullable=False, server_default=""),
    sa.Column("disclosure", sa.String(8), nullable=False, server_default=""),
    sa.Column("disclosure_reason", sa.String(300), nullable=False, server_default=""),
    sa.Column("grade_until", sa.Date),
    sa.Column("disclosure_until", sa.Date),
    sa.Column("retention", sa.String(8), nullable=False, server_default=""),
    sa.Column("closed_on", sa.Date),
    sa.Index("ix_documents_source", "source"),
    sa.Index("ix_documents_changed_at", "changed_at"),
)
versions = sa.Table(
    "versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("filename", sa.String(1000), nullable=False),
    sa.Column("format", sa.String(12), nullable=False, server_default=""),
    sa.Column("state", sa.String(12), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("progress", sa.Integer, nullable=False, server_default="0"),
    sa.Column("passages", sa.Integer, nullable=False, server_default="0"),
    sa.Column("blocks", sa.LargeBinary),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("document_id", "number"),
)
passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("document_id", sa.Integer, sa.ForeignKey("documents.id"), nullable=False),
    sa.Column("version_id", sa.Integer, sa.ForeignKey("versions.id"), nullable=False, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("header", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("first_block", sa.Integer, nullable=False),
    sa.Column("last_block", sa.Integer, nullable=False),
    sa.Column("locator", sa.Text, nullable=False),
    sa.Column("tokens", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    # Last, as the migration adds it: a restore compares the columns in their order.
    sa.Column("unit_id", sa.BigInteger, nullable=False, server_default="0", index=True),
    sqlite_autoincrement=True,
)


UNITS = 1_000_000


def unit_id(version_id: int, unit: int) -> int:
    """The number of a version's unit among those of all versions."""
    return version_id * UNITS + unit


def pack_blocks(parsed: ParsedDocument) -> bytes:
    """A parsed document as it is stored with its version."""
    return zlib.compress(json.dumps(to_dict(parsed), ensure_ascii=False).encode(), 6)


def unpack_blocks(data: bytes) -> ParsedDocument:
    """The inverse of ``pack_blocks``."""
    return from_dict(json.loads(zlib.decompress(data)))


def pack_vector(vector: NDArray[np.float32]) -> bytes:
    """A vector as float16 bytes."""
    return vector.astype(np.float16).tobytes()


def unpack_vectors(rows: Sequence[bytes]) -> NDArray[np.float32]:
    """Stored vectors as a float32 matrix."""
    return np.frombuffer(b"".join(rows), np.float16).astype(np.float32).reshape(len(rows), -1)


def locator_json(locator: Locator) -> str:
    """A locator as stored JSON."""
    return json.dumps(asdict(locator), ensure_ascii=False)


def locator_of(text: str) -> Locator:
    """A locator from stored JSON."""
    data: dict[str, Any] = json.loads(text)
    data["boxes"] = tuple(tuple(box) for box in data.get("boxes", ()))
    return Locator(**data)


def select_documents(condition: ColumnElement[bool]) -> Select[Any]:
    """Documents with their newest version, under a condition that includes the access rule."""
    history = versions.alias("history")
    counts = (
        sa.select(sa.func.count())
        .select_from(history)
        .where(history.c.document_id == documents.c.id)
        .scalar_subquery()
    )
    return (
        sa.select(
            documents,
            versions.c.id.label("version_id"),
            versions.c.number,
            versions.c.state,
            versions.c.reason,
            versions.c.progress,
            versions.c.bytes,
            versions.c.filename,
            versions.c.format,
            counts.label("version_count"),
        )
        .join(versions, versions.c.id == documents.c.newest_version_id)
        .where(documents.c.deleted_at.is_(None), condition)
    )


def to_document(row: Row[Any]) -> Document:
    """A row of ``select_documents`` as a Document."""
    return Document(
        id=row.id,
        title=row.title,
        filename=row.filename,
        format=row.format,
        department=row.department,
        kind=row.kind,
        grade=row.grade,
        dated_on=row.dated_on,
        effective_on=row.effective_on,
        freshness=Freshness(row.freshness),
        created_at=row.created_at,
        version_id=row.version_id,
        version_number=row.number,
        version_count=row.version_count,
        current_version_id=row.current_version_id,
        state=State(row.state),
        reason=row.reason,
        progress=row.progress,
        bytes=row.bytes,
        owner_login=row.owner,
        superseded_by_id=row.superseded_by_id,
        legal_ground=row.legal_ground,
        disclosure=row.disclosure,
        retention=row.retention,
        closed_on=row.closed_on,
    )


def to_version(row: Row[Any]) -> Version:
    """A row of the versions table as a Version."""
    return Version(
        id=row.id,
        document_id=row.document_id,
        number=row.number,
        sha256=row.sha256,
        bytes=row.bytes,
        format=row.format,
        filename=row.filename,
        state=State(row.state),
        reason=row.reason,
        passages=row.passages,
        created_at=row.created_at,
    )


def insert_passages(
    connection: Connection,
    document_id: int,
    version_id: int,
    drafts: Sequence[PassageDraft],
    tokens: Sequence[str],
    vectors: NDArray[np.float32],
) -> list[int]:
    """Replace the passages of a version; return the new ids in order."""
    connection.execute(passages.delete().where(passages.c.version_id == version_id))
    rows = [
        {
            "document_id": document_id,
            "version_id": version_id,
            "seq": seq,
            "unit_id": unit_id(version_id, draft.unit),
            "header": draft.header,
            "text": draft.text,
            "start": draft.start,
            "end": draft.end,
            "first_block": draft.blocks[0],
            "last_block": draft.blocks[1],
            "locator": locator_json(draft.locator),
            "tokens": tokens[seq],
            "vector": pack_vector(vectors[seq]),
        }
        for seq, draft in enumerate(drafts)
    ]
    if rows:
        connection.execute(passages.insert(), rows)
    query = sa.select(passages.c.id).where(passages.c.version_id == version_id)
    return list(connection.execute(query.order_by(passages.c.seq)).scalars())


def blocks_of(connection: Connection, version_id: int) -> tuple[Block, ...]:
    """The stored blocks of a version; empty when it was never read."""
    data = connection.execute(
        sa.select(versions.c.blocks).where(versions.c.id == version_id)
    ).scalar()
    return unpack_blocks(data).blocks if data else ()
