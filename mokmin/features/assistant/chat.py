"""What the pages of the conversation work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mokmin.base.web.kit import PageKit, day
from mokmin.features.assistant.attaching import AttachingService
from mokmin.features.assistant.conversations import ConversationService
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.model import LISTED, SCOPES, Turn
from mokmin.features.assistant.service import AssistantService, collection_of
from mokmin.governance.access.model import Principal
from mokmin.governance.transparency.first_use import FirstUse
from mokmin.governance.transparency.takeover import Item, Takeovers
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery
from mokmin.knowledge.search.service import SearchService

PROPOSED = 8
SHORTEST = 2
BEFORE, EXCERPT = 30, 140


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
    endpoints: Callable[[Principal], list[tuple[str, str]]]
    mode_note: Callable[[], str]
    takeovers: Takeovers
    first_use: FirstUse
    mask: Callable[[str, str], str] = lambda text, _grade: text

    def taken(self, turn: Turn) -> dict[str, Any] | None:
        """Who took an answer over, for its foot."""
        found = self.takeovers.of([item_of(turn)]).get(turn.id)
        if found is None:
            return None
        return {"name": found.name, "when": day(found.at), "final": found.exported}

    def ways(self, reader: Principal, turn: Turn) -> dict[str, Any]:
        """In which ways a turn can be answered again: for the form under its answer."""
        kept = [("same", f"그대로 ({scope_name(turn)})")]
        others = [*LISTED.items(), *self.assistant.collections(reader)]
        return {
            "scopes": kept + [pair for pair in others if pair[0] != turn.scope.kind],
            "models": self.models(reader),
            "model": turn.model,
        }

    def proposals(self, principal: Principal, text: str) -> list[dict[str, Any]]:
        """Documents to ask in: those with the text in their names, then those with its words in their
        contents, with the place. Only what the person may see."""
        text = text[:200].strip()
        named = self.documents.page(principal, LibraryQuery(text=text, state="ready")).documents
        found: dict[int, dict[str, Any]] = {
            d.id: {"id": d.id, "title": d.title, "grade": d.grade, "department": d.department}
            for d in named[:PROPOSED]
        }
        if len(text) < SHORTEST or len(found) == PROPOSED:
            return list(found.values())
        result = self.search.search(principal, text, top=4 * PROPOSED, mode="lexical")
        terms = set(result.trace.terms)
        for hit in result.hits:
            fresh = hit.document_id not in found and terms & set(hit.tokens.split())
            if fresh and len(found) < PROPOSED:
                found[hit.document_id] = {
                    "id": hit.document_id,
                    "title": hit.title,
                    "grade": hit.grade,
                    "department": hit.department,
                    "text": _excerpt(self.mask(hit.text, hit.grade), text),
                }
        return list(found.values())

    def models(
        self, reader: Principal, may: Callable[[str], bool] = lambda _name: True
    ) -> list[tuple[str, str, str]]:
        """(name, label, highest grade) of what an answer can be asked of, the default first; empty when
        there is nothing to choose. ``may``: those that an assistant writes with."""
        found = [pair for pair in self.endpoints(reader) if may(pair[0])]
        if not found:
            return []
        named = [(name, name, grade) for name, grade in found]
        return [("", "알아서 고르기", found[0][1]), *named, ("발췌", "원문 발췌만", "C")]


def item_of(turn: Turn) -> Item:
    """An answer as a text that can be taken over."""
    return Item("answer", turn.id, turn.answer or {})


def _excerpt(text: str, query: str) -> str:
    """The part of a passage in which a word of the query stands first."""
    line = " ".join(text.split())
    places = [at for word in query.split() if (at := line.find(word)) >= 0]
    begin = max(0, min(places, default=0) - BEFORE)
    cut = line[begin : begin + EXCERPT]
    return ("…" if begin else "") + cut + ("…" if begin + EXCERPT < len(line) else "")


def scope_name(turn: Turn) -> str:
    """Where a turn's answer was looked for, in words."""
    count = len(turn.scope.document_ids)
    if collection_of(turn.scope) is not None:
        return "고른 모음"
    return f"고른 문서 {count}건" if count else SCOPES.get(turn.scope.kind, SCOPES[""])
