"""Suggestions: one paragraph in other words, by rule or by a model; a person accepts each or leaves it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.llm.ports import ChatModel
from mokmin.features.drafting.model import Draft, Json
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.store import drafts
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.drafting import unfounded
from mokmin.knowledge.official.facts import Facts, outline
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.model import Block, OfficialDocument, Origin, Span
from mokmin.knowledge.official.prose import ProseWriter, Written, cleared
from mokmin.knowledge.official.rewriting import NAMES, Action, because, reworded, with_basis
from mokmin.knowledge.official.serial import to_json
from mokmin.knowledge.search.model import Hit

MOST_OPEN = 60
BY_RULE = "규칙"
Provision = Callable[[Principal, str], Hit | None]
# How a model is asked; what no model does is done by rule.
_TASKS: dict[Action, str] = {
    "shorter": "뜻을 그대로 두고 더 짧게",
    "clearer": "누가 무엇을 하는지 또렷하게, 긴 문장은 나누어",
    "polite": "더 정중하게",
    "plain": "어려운 한자어와 외국어를 쉬운 우리말로",
}


class SuggestionService:
    """Proposes, and carries out what a person accepts."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        service: DraftingService,
        writer: ProseWriter,
        models: Callable[[Principal, str], Sequence[ChatModel]],
        provision: Provision,
        context: Callable[[Draft], Context],
        *,
        check: Callable[[Principal], None] = lambda _who: None,
    ) -> None:
        self._db, self._audit, self._drafts, self._writer = db, audit, service, writer
        self._models, self._provision, self._context = models, provision, context
        self._check = check

    def suggest(
        self, principal: Principal, draft_id: int, at: int, action: str
    ) -> tuple[Draft, list[str]]:
        """Propose a new wording of one block. Returns the draft and what the person should know."""
        self._check(principal)
        if action not in NAMES:
            raise InvalidInput("그런 다듬기는 없습니다.")
        draft = self._drafts.get(principal, draft_id)
        block = _block(draft.document, at)
        notices: list[str] = []
        if action == "numbers":
            return draft, [self._numbers(principal, draft, block)]
        if action == "basis":
            made, by, why = self._basis(principal, block.text)
            if not made:
                return draft, ["문서고의 법령에서 가까운 조문을 찾지 못했습니다."]
        else:
            made, by, why = self._reworded(principal, draft, block.text, action, notices)
        if made == block.text or not made:
            return draft, [*notices, f"‘{NAMES[action]}’ 할 곳을 찾지 못했습니다."]
        one = _suggestion(at, block.text, made, NAMES[action], by, why)
        return self._add(principal, draft, [one]), notices

    def prose(self, principal: Principal, draft_id: int) -> tuple[Draft, list[str]]:
        """Have a model write the body from the facts; every paragraph is proposed, none is put in."""
        self._check(principal)
        draft = self._drafts.get(principal, draft_id)
        chain = cleared(self._models(principal, draft.grade), draft.grade)
        if not chain:
            return draft, [
                "이 등급의 글을 볼 수 있는 언어모델이 없습니다. 적은 사실 그대로 쓴 초안입니다."
            ]
        kind = kind_of(draft.kind)
        facts = Facts(draft.facts, kind.names)
        told: list[str] = []
        for field in kind.fields:
            fact = facts.get(field.key)
            if fact is not None and field.group == "body":
                told += [f"{field.key}: {line.text}" for line in outline(fact.value) if line.text]
        notices: list[str] = []
        examples = self._drafts.approved_texts(principal, draft.kind)
        lines, name = self._writer.prose(chain, kind.name, told[:80], examples, notices)
        end = len(draft.document.body)
        made = [
            _suggestion(end, "", line.text, "본문 쓰기", name, _rests_on(told, line))
            for line in lines
        ]
        return (self._add(principal, draft, made) if made else draft), notices

    def answer(self, principal: Principal, draft_id: int, key: str, *, accept: bool) -> Draft:
        """Accept or leave a suggestion. Raises Conflict when the paragraph has changed since."""
        draft = self._drafts.get(principal, draft_id)
        one = next((s for s in draft.suggestions if s["id"] == key), None)
        if one is None:
            raise NotFound("그 제안은 이미 처리했습니다.")
        left = [s for s in draft.suggestions if s["id"] != key]
        saved = draft
        if accept:
            made = _accepted(draft.document, one)
            saved = self._drafts.save(principal, draft_id, to_json(made), draft.revision)
            if not one["before"]:
                left = [s | {"at": s["at"] + 1} if s["at"] >= one["at"] else s for s in left]
        self._store(
            principal,
            saved,
            left,
            "draft.suggestion_accept" if accept else "draft.suggestion_leave",
            one,
        )
        return replace(saved, suggestions=tuple(left))

    def _reworded(
        self, principal: Principal, draft: Draft, text: str, action: Action, notices: list[str]
    ) -> tuple[str, str, str]:
        chain = cleared(self._models(principal, draft.grade), draft.grade)
        if chain:
            made, name = self._writer.reworded(chain, _TASKS[action], text, notices)
            if made:
                return made, name, "AI가 고쳐 쓴 글입니다. 수와 이름, 뜻이 같은지 확인하십시오."
        return reworded(action, text, self._context(draft)), BY_RULE, "규칙으로 고친 글입니다."

    def _basis(self, principal: Principal, text: str) -> tuple[str, str, str]:
        hit = self._provision(principal, text)
        if hit is None or not hit.locator.article:
            return "", "", ""
        law, article = hit.title, hit.locator.article
        return with_basis(text, law, article), BY_RULE, because(law, article)

    def _numbers(self, principal: Principal, draft: Draft, block: Block) -> str:
        alone = OfficialDocument(draft.kind, {}, (block,))
        strange = unfounded(alone, draft.facts, self._drafts.office(principal))
        if strange:
            return f"적은 사실에 없는 수입니다. 원문을 확인하십시오: {', '.join(strange)}"
        return "이 항목의 수는 모두 적은 사실에 있습니다."

    def _add(self, principal: Principal, draft: Draft, made: list[Json]) -> Draft:
        if len(draft.suggestions) + len(made) > MOST_OPEN:
            raise InvalidInput(
                f"받지 않은 제안이 {MOST_OPEN}개를 넘습니다. 먼저 있는 제안을 받거나 버려 주십시오."
            )
        kept = [
            s
            for s in draft.suggestions
            if not any(s["at"] == m["at"] and s["before"] == m["before"] != "" for m in made)
        ]
        open_now = [*kept, *made]
        self._store(principal, draft, open_now, "draft.suggest", made[0])
        return replace(draft, suggestions=tuple(open_now))

    def _store(
        self, principal: Principal, draft: Draft, suggestions: list[Json], action: str, one: Json
    ) -> None:
        with self._db.write() as connection:
            connection.execute(
                drafts.update()
                .where(drafts.c.id == draft.id)
                .values(
                    suggestions=json.dumps(suggestions, ensure_ascii=False), updated_at=utcnow()
                )
            )
            detail = {"what": str(one["action"]), "by": str(one["by"])[:80]}
            self._audit.append(connection, principal, action, f"draft:{draft.id}", detail)


def _rests_on(told: Sequence[str], line: Written) -> str:
    """What a paragraph of a model rests on, for the person who decides."""
    sure = "" if line.whole else "일부만 사실에서 확인했습니다. "
    return f"{sure}근거 사실: " + " / ".join(told[n][:60] for n in line.facts)


def _block(document: OfficialDocument, at: int) -> Block:
    if not 0 <= at < len(document.body) or document.body[at].style == "table":
        raise InvalidInput("다듬을 항목을 찾을 수 없습니다.")
    return document.body[at]


def _suggestion(at: int, before: str, after: str, action: str, by: str, why: str) -> Json:
    return {
        "id": secrets.token_hex(6), "at": at, "before": before, "after": after, "action": action, "by": by,
        "why": why,
    }  # fmt: skip


def _accepted(document: OfficialDocument, one: dict[str, Any]) -> OfficialDocument:
    origin = Origin("person", one["by"]) if one["by"] == BY_RULE else Origin("ai", one["by"])
    body = list(document.body)
    at = min(int(one["at"]), len(body))
    if not one["before"]:
        body.insert(at, Block("text", (Span(one["after"], origin),)))
        return replace(document, body=tuple(body))
    if at >= len(body) or body[at].text != one["before"]:
        # The paragraph may have moved; its words tell where it is.
        at = next((n for n, b in enumerate(body) if b.text == one["before"]), -1)
    if at < 0:
        raise Conflict("제안이 나온 뒤에 글이 바뀌었습니다. 다시 다듬어 주십시오.")
    body[at] = replace(body[at], spans=(Span(one["after"], origin),))
    return replace(document, body=tuple(body))
