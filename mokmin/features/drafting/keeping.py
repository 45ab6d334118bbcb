"""Versions of drafts: whole documents that were kept, with who kept them and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.features.drafting.store import draft_versions
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.model import OfficialDocument


def keep_version(connection: Connection, draft_id: int, text: str, note: str, user_id: int) -> int:
    """Keep a text (JSON of the document) as the next version and return its number."""
    newest = connection.execute(
        sa.select(sa.func.max(draft_versions.c.number)).where(draft_versions.c.draft_id == draft_id)
    ).scalar()
    number = (newest or 0) + 1
    connection.execute(
        draft_versions.insert().values(
            draft_id=draft_id,
            number=number,
            document=text,
            note=note[:200],
            saved_by=user_id,
            saved_at=utcnow(),
        )
    )
    return number


def last_of(connection: Connection, draft_id: int, user_id: int) -> str:
    """The text that a person kept last of a draft; empty for none."""
    query = (
        sa.select(draft_versions.c.document)
        .where(draft_versions.c.draft_id == draft_id, draft_versions.c.saved_by == user_id)
        .order_by(draft_versions.c.number.desc())
        .limit(1)
    )
    return str(connection.execute(query).scalar() or "")


def title_of(document: OfficialDocument) -> str:
    """The title of a draft in lists; its kind while the title is missing."""
    given = document.title.strip()
    return given[:400] if given.strip("[ ]") else f"{kind_of(document.kind).name} (제목 없음)"


def dump(value: Mapping[str, Any]) -> str:
    """A document or facts as they are stored."""
    return json.dumps(value, ensure_ascii=False)
