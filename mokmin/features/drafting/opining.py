"""What a model thinks of a draft: asked for by a person, shown beside the findings by rule, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mokmin.base.llm.ports import ChatModel
from mokmin.features.drafting.service import DraftingService
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.opinions import Opinion, OpinionReader
from mokmin.knowledge.official.prose import cleared

MOST_ITEMS = 120


class OpinionService:
    """``models``: the endpoints that are on for a person, recorded, at a grade; ``check`` raises while the
    feature is off."""

    def __init__(
        self,
        audit: AuditLog,
        drafts: DraftingService,
        reader: OpinionReader,
        models: Callable[[Principal, str], Sequence[ChatModel]],
        check: Callable[[Principal], None],
    ) -> None:
        self._audit, self._drafts, self._reader = audit, drafts, reader
        self._models, self._check = models, check

    def opinions(self, principal: Principal, draft_id: int) -> tuple[list[Opinion], str, list[str]]:
        """Opinions, the model's name, and what the person should know. Raises NotFound, Unavailable."""
        self._check(principal)
        draft = self._drafts.get(principal, draft_id)
        items = [block.text for block in draft.document.body][:MOST_ITEMS]
        notices: list[str] = []
        if not any(item.strip() for item in items):
            return [], "", ["본문이 아직 없습니다. 글을 쓴 뒤에 물어봐 주십시오."]
        chain = cleared(self._models(principal, draft.grade), draft.grade)
        found, name = self._reader.read(chain, kind_of(draft.kind).name, items, notices)
        if name:
            self._audit.record(
                principal, "draft.opinion", f"draft:{draft_id}", model=name[:80], count=len(found)
            )
            if not found and not notices:
                notices.append("다시 생각할 점을 찾지 못했습니다. 판단은 사람이 합니다.")
        return found, name, notices
