"""Own conversations for find-and-run."""

from __future__ import annotations

from mokmin.base.web.found import Found
from mokmin.base.web.kit import ago
from mokmin.features.assistant.conversations import ConversationService
from mokmin.governance.access.model import Permission, Principal


def find(
    conversations: ConversationService, principal: Principal, text: str, limit: int
) -> list[Found]:
    """The person's conversations whose titles or questions hold all words, the newest first."""
    if not principal.may(Permission.ASK):
        return []
    return [
        Found(c.title, f"/chat/{c.id}", ago(c.updated_at))
        for c in conversations.recent(principal, text=text, limit=limit)
    ]
