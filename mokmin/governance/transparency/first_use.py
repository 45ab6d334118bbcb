"""The notice before a person uses AI for the first time (인공지능기본법 제31조 제1항: 사전 고지)."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import Database, utcnow
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.transparency.store import ai_notices

LOCK_KEY = 4_221
VERSION = 1
"""Counted up when the text changes; then everybody is told again."""
SHORT = (
    "AI가 답합니다. 틀릴 수 있으니 근거를 보고 담당자가 판단해 주세요. "
    "쓴 일은 기록되고, 개인정보는 꼭 필요한 만큼만 적습니다."
)
POINTS: tuple[tuple[str, str], ...] = (
    ("AI가 답합니다", "답, 요약, 초안은 사람이 아니라 인공지능이 만듭니다. AI가 만든 글에는 그렇다는 표시가 붙습니다."),
    ("틀릴 수 있습니다", "그럴듯해도 틀리거나 오래된 내용일 수 있습니다. 문장마다 붙은 근거 번호를 눌러 원문을 확인해 주세요."),
    ("판단은 담당자가 합니다", "처분, 지급, 선발 같은 결정은 담당자가 하고 책임도 담당자에게 있습니다. AI의 답은 참고 자료입니다."),
    ("기록이 남습니다", "언제 무엇을 했는지는 감사 기록에 남습니다. 질문과 답의 내용은 감사 기록이 아니라 내 대화에 보관되고, 내가 공유하거나 고쳐야 할 답으로 알리면 그 담당자가 봅니다."),
    ("개인정보는 꼭 필요한 만큼만", "주민등록번호, 계좌번호처럼 답에 필요하지 않은 개인정보는 적지 말아 주세요."),
)  # fmt: skip


class FirstUse:
    """Who has read the notice as it stands now."""

    def __init__(self, db: Database, audit: AuditLog) -> None:
        self._db = db
        self._audit = audit

    def due(self, principal: Principal) -> bool:
        """Whether the notice is still to be shown."""
        if principal.user_id is None:
            return False
        query = sa.select(ai_notices.c.version).where(
            ai_notices.c.user_id == principal.user_id, ai_notices.c.version == VERSION
        )
        with self._db.read() as connection:
            return connection.execute(query).first() is None

    def acknowledge(self, principal: Principal) -> None:
        """The person has read it; a second time changes nothing."""
        if principal.user_id is None or not self.due(principal):
            return
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            known = connection.execute(
                sa.select(ai_notices.c.version).where(
                    ai_notices.c.user_id == principal.user_id, ai_notices.c.version == VERSION
                )
            ).first()
            if known is not None:
                return
            connection.execute(
                ai_notices.insert().values(
                    user_id=principal.user_id, version=VERSION, acknowledged_at=utcnow()
                )
            )
            self._audit.append(
                connection, principal.login, "ai.acknowledge", f"notice:{VERSION}", {}
            )
