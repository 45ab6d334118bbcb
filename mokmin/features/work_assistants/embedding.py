"""Assistants inside other pages of the city: a key, and the list of origins that may show it.

The frame is this system's own page; who looks at it is signed in here and sees what their own rights give. An
origin on the list can show the frame, never read what is in it (same-origin policy, RFC 6454).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.features.work_assistants.room import MISSING, Room
from mokmin.features.work_assistants.store import assistants, embeds
from mokmin.governance.access.model import Principal

MOST_ORIGINS = 20
# Scheme, host and port, as a browser writes an origin: nothing that could end a policy or add to it.
_ORIGIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::(\d{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class Embed:
    """Where an assistant may be shown. ``key``: what the script names it by; no secret."""

    assistant_id: int
    key: str
    origins: tuple[str, ...]


class EmbedService(Room):
    """Kept by owner and deputy."""

    def of(self, principal: Principal, assistant_id: int) -> Embed | None:
        """Where it may be shown; None when nowhere. Raises NotFound, NotAllowed."""
        with self._db.read() as connection:
            self._own(connection, principal, assistant_id)
            row = connection.execute(
                sa.select(embeds).where(embeds.c.assistant_id == assistant_id)
            ).first()
        return None if row is None else _embed(row)

    def allow(self, principal: Principal, assistant_id: int, origins: Sequence[str]) -> Embed:
        """Let pages of these origins show it; the key stays. Raises InvalidInput, Conflict."""
        wanted = list(dict.fromkeys(o.strip().rstrip("/").lower() for o in origins if o.strip()))
        if not wanted or len(wanted) > MOST_ORIGINS:
            raise InvalidInput(
                f"보여 줄 화면의 주소를 한 줄에 하나씩 {MOST_ORIGINS}개까지 적어 주세요. 바꾸지 않았습니다."
            )
        for origin in wanted:
            found = _ORIGIN.fullmatch(origin)
            if found is None or int(found[1] or 0) > 65_535:
                raise InvalidInput(
                    f"‘{origin[:60]}’: 주소는 https://portal.city.kr 처럼 기기와 포트까지만 적습니다. "
                    "바꾸지 않았습니다."
                )
        with self._db.write() as connection:
            one = self._own(connection, principal, assistant_id)
            if one.live is None:
                raise Conflict("먼저 게시한 뒤에 다른 화면에 넣을 수 있습니다.")
            this = embeds.c.assistant_id == assistant_id
            known = connection.execute(sa.select(embeds.c.key).where(this)).scalar()
            key = str(known or secrets.token_urlsafe(16))
            values = {"origins": "\n".join(wanted), "changed_at": utcnow()}
            if known is None:
                connection.execute(
                    embeds.insert().values(assistant_id=assistant_id, key=key, **values)
                )
            else:
                connection.execute(embeds.update().where(this).values(values))
            self._tell(
                connection, principal, "work-assistant.embed", assistant_id, origins=len(wanted)
            )
        return Embed(assistant_id, key, tuple(wanted))

    def stop(self, principal: Principal, assistant_id: int) -> None:
        """Show it nowhere any more; allowing it again makes a new key."""
        with self._db.write() as connection:
            self._own(connection, principal, assistant_id)
            connection.execute(embeds.delete().where(embeds.c.assistant_id == assistant_id))
            self._tell(connection, principal, "work-assistant.embed_stop", assistant_id)

    def find(self, key: str) -> Embed:
        """The assistant of a key, as long as it is published. Raises NotFound."""
        query = (
            sa.select(embeds)
            .join(assistants, assistants.c.id == embeds.c.assistant_id)
            .where(
                embeds.c.key == key[:40],
                assistants.c.live.is_not(None),
                assistants.c.deleted_at.is_(None),
            )
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(MISSING)
        return _embed(row)


def _embed(row: sa.Row[tuple[object, ...]]) -> Embed:
    return Embed(row.assistant_id, row.key, tuple(row.origins.split("\n")))
