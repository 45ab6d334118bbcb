"""What the pages of the assistants work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from mokmin.base.web.kit import PageKit
from mokmin.features.work_assistants import present
from mokmin.features.work_assistants.bench import TestBench
from mokmin.features.work_assistants.care import warnings
from mokmin.features.work_assistants.model import Assistant, Content, Run
from mokmin.features.work_assistants.service import WorkAssistantService
from mokmin.features.work_assistants.using import AssistantUse
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery
from mokmin.knowledge.search.service import SearchService

PROPOSED, MOST_EXPECTED = 10, 300
ALONE = "나만"
OLD = {Freshness.SUPERSEDED: " · 구판", Freshness.NOT_YET: " · 시행 전"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Services and the kit. ``places``: number and name of each department; ``collections``: of each that a
    person may choose; ``first_use``: the notice
    before the first use of AI."""

    kit: PageKit
    making: WorkAssistantService
    using: AssistantUse
    bench: TestBench
    documents: DocumentService
    search: SearchService
    places: Callable[[], dict[int, str]]
    collections: Callable[[Principal], dict[int, str]]
    today: Callable[[], date]
    first_use: Callable[[Principal], str]

    def form(
        self,
        principal: Principal,
        content: Content,
        origin: Content,
        audience: str,
        run: Run | None = None,
        before: Run | None = None,
    ) -> dict[str, Any]:
        """The context of the form. ``origin``: the version that is being edited."""
        chosen = self.documents.seen(principal, content.documents)
        chosen.sort(key=lambda d: content.documents.index(d.id))  # as they were chosen
        ids = set(self.using.knowledge(principal, content)[0])
        for one in (run, before):
            ids |= {d for o in one.outcomes for d in (*o.expected, *o.cited)} if one else set()
        ids |= {d for trial in content.trials for d in trial.expected}
        seen = self.documents.seen(principal, sorted(ids)[:MOST_EXPECTED])
        closed = len(chosen) < len(content.documents)
        made = present.form(
            content, origin, audience, chosen, seen, closed=closed, run=run, before=before
        )
        return made | {"tally": present.tally(made["trials"])}

    def audience_name(self, principal: Principal, group_id: int) -> str:
        """For whom a version is, as it is typed."""
        name = self.making.audience_names([group_id]).get(group_id, "")
        return ALONE if not group_id or name.endswith(f"({principal.login})") else name

    def warned(self, principal: Principal, one: Assistant) -> list[str]:
        """What its makers should look at."""
        rated = self.using.figures(one.id)[1]
        return warnings(principal, one, self.documents, self.using, rated, self.today())

    def proposals(self, principal: Principal, text: str) -> list[dict[str, Any]]:
        """Documents to choose from: by their names, then by what stands in them."""
        text = text[:200].strip()
        page = self.documents.page(principal, LibraryQuery(text=text, state="ready"))
        found = {d.id: d for d in page.documents[:PROPOSED]}
        if len(text) > 1 and len(found) < PROPOSED:
            result = self.search.search(principal, text, top=3 * PROPOSED, mode="lexical")
            terms = set(result.trace.terms)
            hits = [h for h in result.hits if terms & set(h.tokens.split())]
            more = [h.document_id for h in hits if h.document_id not in found]
            ids = list(dict.fromkeys(more))[: PROPOSED - len(found)]
            found |= {d.id: d for d in self.documents.seen(principal, ids)}
        return [
            {
                "id": d.id,
                "title": d.title,
                "grade": d.grade,
                "department": d.department + OLD.get(d.freshness_on(self.today()), ""),
            }
            for d in found.values()
        ]
