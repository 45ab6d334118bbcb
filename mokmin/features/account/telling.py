"""People hear of their API tokens that end soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import utcnow
from mokmin.base.korean.josa import with_josa
from mokmin.governance.audit.telling import Told
from mokmin.governance.people.sign_in_store import api_tokens

BEFORE = timedelta(days=7)


def due(connection: Connection, _today: date) -> Iterator[tuple[Told, str]]:
    """See ``Due``: tokens in use whose last day is within a week, each once."""
    now = utcnow()
    query = sa.select(api_tokens.c.id, api_tokens.c.user_id, api_tokens.c.name).where(
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > now,
        api_tokens.c.expires_at <= now + BEFORE,
    )
    for row in connection.execute(query.limit(500)):
        title = with_josa(f"API 토큰 ‘{row.name[:60]}’", "이/가") + " 일주일 안에 끝납니다."
        yield Told(row.user_id, "token", title, "/account#tokens"), f"token:{row.id}"
