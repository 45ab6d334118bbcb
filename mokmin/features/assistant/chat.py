"""What the pages of the conversation work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mokmin.base.web.kit import PageKit
from mokmin.features.assistant.attaching import AttachingService
from mokmin.features.assistant.conversations import ConversationService
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.model import SCOPES, Turn
from mokmin.features.assistant.service import AssistantService
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.search.service import SearchService


@dataclass(frozen=True, slots=True)
class Chat:
    """Services and the kit. ``starters``: questions to begin with; ``endpoints``: models that answer
    now, with the highest grade that each may see; ``mask``: a document's text of a grade as it may be
    shown."""

    kit: PageKit
    assistant: AssistantService
    conversations: ConversationService
    attaching: AttachingService
    documents: DocumentService
    search: SearchService
    folders: FolderService
    starters: Callable[[Principal], list[Mapping[str, str]]]
    endpoints: Callable[[], list[tuple[str, str]]]
    mode_note: str
    mask: Callable[[str, str], str] = lambda text, _grade: text

    def ways(self, turn: Turn) -> dict[str, Any]:
        """In which ways a turn can be answered again: for the form under its answer."""
        kept = [("same", f"그대로 ({scope_name(turn)})")]
        others = [(key, name) for key, name in SCOPES.items() if key != "documents"]
        return {
            "scopes": kept + [pair for pair in others if pair[0] != turn.scope.kind],
            "models": self.models(),
            "model": turn.model,
        }

    def models(self) -> list[tuple[str, str, str]]:
        """(name, label, highest grade) of what an answer can be asked of, the default first; empty when
        there is nothing to choose."""
        found = self.endpoints()
        if not found:
            return []
        named = [(name, name, grade) for name, grade in found]
        return [("", "알아서 고르기", found[0][1]), *named, ("발췌", "원문 발췌만", "C")]


def scope_name(turn: Turn) -> str:
    """Where a turn's answer was looked for, in words."""
    count = len(turn.scope.document_ids)
    return f"고른 문서 {count}건" if count else SCOPES.get(turn.scope.kind, SCOPES[""])
