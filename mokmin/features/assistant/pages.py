"""Pages of the conversation: the question box, branches, temporary conversations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.base.errors import NotFound, Unavailable
from mokmin.base.web.kit import ago
from mokmin.features.assistant import present
from mokmin.features.assistant.chat import Chat
from mokmin.features.assistant.model import LISTED, Conversation, Scope, Step, Turn
from mokmin.features.assistant.service import collection_of, scope_of
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.transparency.first_use import SHORT
from mokmin.knowledge.documents.service import LibraryQuery

Ids = Annotated[list[int], Query()]


def router(chat: Chat) -> APIRouter:
    """Asking below /chat."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    kit, assistant, talks = chat.kit, chat.assistant, chat.conversations

    @routes.get("/chat")
    def new(
        request: Request,
        document: Ids = [],  # noqa: B006 - FastAPI copies it
        document_id: int | None = None,
        q: str = "",
        scope: str = "",
        temporary: str = "",
        assistant: int | None = None,
    ) -> HTMLResponse:
        chosen = scope_of(scope, _all(document, document_id), assistant)
        for one in chosen.document_ids:
            chat.documents.get(principal_of(request), one)
        return kit.page(
            request,
            "assistant/chat.html",
            **_empty(chat, principal_of(request), temporary=temporary == "1"),
            **_composer(chat, principal_of(request), chosen),
            prefill=q,
        )

    @routes.post("/chat")
    def ask(
        request: Request,
        question: Annotated[str, Form()] = "",
        conversation_id: Annotated[int | None, Form()] = None,
        parent_id: Annotated[int | None, Form()] = None,
        document: Annotated[list[int], Form()] = [],  # noqa: B006
        document_id: Annotated[int | None, Form()] = None,
        scope: Annotated[str, Form()] = "",
        model: Annotated[str, Form()] = "",
        temporary: Annotated[str, Form()] = "",
        assistant_id: Annotated[int | None, Form(alias="assistant")] = None,
    ) -> Response:
        turn = assistant.ask(
            principal_of(request),
            question,
            conversation_id=conversation_id,
            parent_id=parent_id,
            scope=scope_of(scope, _all(document, document_id), assistant_id),
            model=model,
            temporary=temporary == "1",
        )
        return _at(turn)

    @routes.get("/chat/documents")
    def documents(request: Request, q: str = "") -> JSONResponse:
        items = chat.proposals(principal_of(request), q)
        return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})

    @routes.get("/chat/{cid}")
    def open_chat(request: Request, cid: int, document: Ids = []) -> HTMLResponse:  # noqa: B006
        principal = principal_of(request)
        talk = talks.get(principal, cid)
        steps = talks.path(principal, cid)
        reader = talks.reader(principal, cid)
        last = steps[-1].turn if steps else None
        chosen = Scope("documents", tuple(document)) if document else None
        for one in document:
            chat.documents.get(reader, one)
        return kit.page(
            request,
            "assistant/chat.html",
            **(
                _shown(chat, principal, talk, steps)
                if steps
                else _empty(chat, principal, talk=talk)
            ),
            **_composer(
                chat,
                reader,
                chosen or (last.scope if last else Scope()),
                talk=talk,
                model=last.model if last else "",
            ),
            prefill="",
        )

    @routes.post("/chat/{cid}/messages/{mid}/edit")
    def edit(
        request: Request, cid: int, mid: int, question: Annotated[str, Form()] = ""
    ) -> Response:
        return _at(assistant.edit(principal_of(request), cid, mid, question))

    @routes.post("/chat/{cid}/messages/{mid}/again")
    def again(
        request: Request,
        cid: int,
        mid: int,
        scope: Annotated[str, Form()] = "same",
        document: Annotated[list[int], Form()] = [],  # noqa: B006
        model: Annotated[str, Form()] = "",
    ) -> Response:
        principal = principal_of(request)
        same = scope == "same" and not document
        wanted = talks.turn(principal, cid, mid).scope if same else scope_of(scope, document)
        return _at(assistant.again(principal, cid, mid, scope=wanted, model=model))

    @routes.post("/chat/{cid}/messages/{mid}/show")
    def show(request: Request, cid: int, mid: int) -> Response:
        talks.show(principal_of(request), cid, mid)
        return RedirectResponse(f"/chat/{cid}#b{mid}", status_code=303)

    @routes.post("/chat/{cid}/messages/{mid}/stop")
    def stop(request: Request, cid: int, mid: int) -> Response:
        assistant.stop(principal_of(request), cid, mid)
        return Response(status_code=204)

    @routes.post("/chat/{cid}/messages/{mid}/retry")
    def retry(request: Request, cid: int, mid: int) -> Response:
        return _at(assistant.retry(principal_of(request), cid, mid))

    @routes.post("/chat/{cid}/leave")
    def leave(request: Request, cid: int) -> Response:
        assistant.leave(principal_of(request), cid)
        return RedirectResponse("/chat?temporary=1", status_code=303)

    return routes


def _all(several: list[int], one: int | None) -> list[int]:
    return [*several, one] if one is not None and one not in several else several


def _at(turn: Turn) -> Response:
    return RedirectResponse(f"/chat/{turn.conversation_id}#mq{turn.id}", status_code=303)


def _shown(chat: Chat, reader: Principal, talk: Conversation, steps: list[Step]) -> dict[str, Any]:
    """The part of the page above the question box, with what was asked."""
    return {
        "title": talk.title,
        "temporary": talk.temporary,
        "messages": [_exchange(chat, reader, step) for step in steps],
        "starters": [],
        "documents": [],
    }


def _exchange(chat: Chat, reader: Principal, step: Step) -> dict[str, Any]:
    taken = chat.taken(step.turn) if step.turn.answer else None
    return present.exchange(step) | {"ways": chat.ways(reader, step.turn), "taken": taken}


def _empty(
    chat: Chat,
    principal: Principal,
    *,
    talk: Conversation | None = None,
    temporary: bool = False,
) -> dict[str, Any]:
    """The part above the question box before the first question."""
    newest = chat.documents.page(principal, LibraryQuery(state="ready")).documents[:3]
    return {
        "title": talk.title if talk else "임시 대화" if temporary else "새 대화",
        "temporary": temporary,
        "messages": [],
        "starters": [] if talk or temporary else chat.starters(principal),
        "documents": []
        if talk or temporary
        else [
            {"id": d.id, "title": d.title, "format": d.format, "when": ago(d.created_at)}
            for d in newest
        ],
    }


def _composer(
    chat: Chat,
    reader: Principal,
    scope: Scope,
    *,
    talk: Conversation | None = None,
    model: str = "",
) -> dict[str, Any]:
    """The question box: scope, attachments, model, grade."""
    cid = talk.id if talk else None
    helper = _helper(chat, reader, scope)
    brief = helper.get("brief")
    held = chat.conversations.grade(reader, talk.id, talk.leaf_id) if talk else "O"
    attached = chat.attaching.of(reader, talk.id) if talk else []
    return {
        "nav": "chat",
        "cid": cid,
        "conversation_id": cid,
        "leaf": talk.leaf_id if talk else None,
        "scopes": [*LISTED.items(), *chat.assistant.collections(reader)],
        "scope": scope.kind if scope.kind in LISTED or collection_of(scope) else "",
        "assistant": helper,
        "chosen": [
            {"id": d.id, "title": d.title, "grade": d.grade}
            for d in chat.documents.seen(reader, scope.document_ids)
        ],
        "attachments": [present.attachment(a) for a in attached],
        "max_mb": chat.attaching.max_bytes // 2**20,
        "held_grade": held,
        "models": chat.models(reader, brief.manner.may_write) if brief else chat.models(reader),
        "model": model,
        "mode_note": chat.mode_note(),
        "ai_notice": present.AI_NOTICE,
        "first_use": SHORT if chat.first_use.due(reader) else "",
    }


def _helper(chat: Chat, reader: Principal, scope: Scope) -> dict[str, Any]:
    """The assistant that is asked, with what the person must know; empty for none. One that is gone or
    paused is said to be so: what it answered stays readable."""
    if scope.assistant_id is None:
        return {}
    try:
        brief = chat.assistant.brief(reader, scope.assistant_id)
    except (NotFound, Unavailable) as error:
        return {"id": scope.assistant_id, "name": "업무봇", "gone": error.message}
    return {"id": brief.id, "name": brief.name, "gone": "", "brief": brief}
