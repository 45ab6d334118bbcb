"""The reviewer over a draft: its findings, and mending one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from mokmin.base.errors import Conflict, InvalidInput
from mokmin.features.drafting.model import Draft
from mokmin.features.drafting.service import DraftingService
from mokmin.governance.access.model import Principal
from mokmin.knowledge.official.checks.model import Context, Finding
from mokmin.knowledge.official.checks.review import repaired, review
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.serial import to_json

MOST_FINDINGS = 200


class ReviewService:
    """Findings by rule, without a model."""

    def __init__(
        self,
        drafts: DraftingService,
        context: Callable[[Principal, Draft, tuple[str, ...]], Context] | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._drafts, self._context, self._today = drafts, context, today

    def findings(self, _principal: Principal, draft: Draft) -> Sequence[Finding]:
        """What is wrong or doubtful in a draft, in reading order."""
        return self._review(_principal, draft)[:MOST_FINDINGS]

    def fix(self, principal: Principal, draft_id: int, sent: dict[str, Any]) -> Draft:
        """Mend the finding that was shown. Raises Conflict when it is not there any more."""
        draft = self._drafts.get(principal, draft_id)
        if sent.get("revision") != draft.revision:
            raise Conflict("그사이에 글이 바뀌었습니다. 새 검토 결과를 보고 다시 해 주십시오.")
        wanted = sent.get("place")
        if not isinstance(wanted, dict):
            raise InvalidInput("고칠 곳을 알 수 없습니다.")
        for finding in self._review(principal, draft):
            place = finding.place
            same = finding.rule == sent.get("rule") and all(
                getattr(place, name) == wanted.get(name)
                for name in ("part", "key", "index", "row", "cell", "start", "end")
            )
            if same and finding.fix is not None:
                mended = repaired(draft.document, finding, by=principal.login)
                return self._drafts.save(principal, draft_id, to_json(mended), draft.revision)
        raise Conflict("그사이에 글이 바뀌었습니다. 새 검토 결과를 보고 다시 해 주십시오.")

    def _review(self, principal: Principal, draft: Draft) -> Sequence[Finding]:
        needed = tuple(f.key for f in kind_of(draft.kind).required)
        context = (
            self._context(principal, draft, needed)
            if self._context
            else Context(today=self._today(), grade=draft.grade, required=needed)
        )
        return review(draft.document, context)
