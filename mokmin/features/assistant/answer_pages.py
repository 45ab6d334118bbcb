"""What belongs to one answer: its stream, its evidence, why it is so, what people think of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.base.formats.ai_label import AiLabel, headers
from mokmin.base.web.kit import day
from mokmin.features.assistant import present
from mokmin.features.assistant.chat import Chat, item_of, scope_name
from mokmin.features.assistant.model import Turn
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of, session_of
from mokmin.governance.transparency.takeover import Item
from mokmin.knowledge.answering.model import AnswerEvent
from mokmin.knowledge.answering.review_model import REASONS
from mokmin.knowledge.documents.passages import block_text

AROUND = 2
NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def router(chat: Chat) -> APIRouter:
    """All routes below /chat/{cid}/messages/{mid} that only read, and feedback."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    kit, talks = chat.kit, chat.conversations

    @routes.get("/chat/{cid}/messages/{mid}/stream")
    def stream(
        request: Request, cid: int, mid: int, last_event_id: Annotated[str, Header()] = ""
    ) -> StreamingResponse:
        principal = principal_of(request)
        talks.turn(principal, cid, mid)
        session = session_of(request)
        token = session.csrf_token if session is not None else ""
        after = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
        return StreamingResponse(
            _events(chat, principal, cid, mid, after, token),
            media_type="text/event-stream",
            headers=NO_BUFFER | headers(AiLabel(utcnow())),
        )

    @routes.get("/chat/{cid}/messages/{mid}/feedback")
    def feedback_form(request: Request, cid: int, mid: int) -> HTMLResponse:
        talks.turn(principal_of(request), cid, mid)
        return kit.page(
            request, "assistant/feedback.html", cid=cid, mid=mid, reasons=list(REASONS.items())
        )

    @routes.post("/chat/{cid}/messages/{mid}/feedback")
    def feedback(
        request: Request,
        cid: int,
        mid: int,
        value: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        comment: Annotated[str, Form()] = "",
    ) -> Response:
        given = {"up": 1, "down": -1}.get(value, 0)
        talks.rate(principal_of(request), cid, mid, given, reason=reason, comment=comment)
        return Response(status_code=204)

    @routes.post("/chat/{cid}/messages/{mid}/take-over")
    def take_over(request: Request, cid: int, mid: int) -> Response:
        principal = principal_of(request)
        chat.takeovers.take(principal, _finished(chat, principal, cid, mid))
        return RedirectResponse(f"/chat/{cid}#m{mid}", status_code=303)

    @routes.post("/chat/{cid}/messages/{mid}/take-over/undo")
    def give_back(request: Request, cid: int, mid: int) -> Response:
        principal = principal_of(request)
        chat.takeovers.give_back(principal, _finished(chat, principal, cid, mid))
        return RedirectResponse(f"/chat/{cid}#m{mid}", status_code=303)

    @routes.get("/chat/{cid}/messages/{mid}/evidence/{n}")
    def evidence(
        request: Request, cid: int, mid: int, n: int, x_partial: Annotated[str, Header()] = ""
    ) -> HTMLResponse:
        principal = principal_of(request)
        turn = talks.turn(principal, cid, mid)
        attached = {a.document.id for a in chat.attaching.of(principal, cid) if not a.adopted}
        return kit.page(
            request,
            "assistant/evidence.html",
            partial=x_partial == "1",
            nav="chat",
            title="근거 원문",
            conversation_id=cid,
            cid=cid,
            mid=mid,
            e=_evidence(chat, talks.reader(principal, cid), turn, n, attached),
        )

    @routes.get("/chat/{cid}/messages/{mid}/why")
    def why(
        request: Request, cid: int, mid: int, x_partial: Annotated[str, Header()] = ""
    ) -> HTMLResponse:
        principal = principal_of(request)
        turn = talks.turn(principal, cid, mid)
        seen = chat.documents.count(talks.reader(principal, cid))
        return kit.page(
            request,
            "assistant/why.html",
            partial=x_partial == "1",
            nav="chat",
            title="왜 이 답인가요",
            conversation_id=cid,
            cid=cid,
            mid=mid,
            w=present.why(turn, seen, scope_name(turn)),
        )

    return routes


def _finished(chat: Chat, principal: Principal, cid: int, mid: int) -> Item:
    """An answer that can be taken over. Raises NotFound, InvalidInput."""
    turn = chat.conversations.turn(principal, cid, mid)
    if cid < 0:
        raise InvalidInput("임시 대화의 답은 남지 않아 검토한 글로 삼을 수 없습니다.")
    if turn.answer is None or turn.state == "streaming" or turn.answer.get("refused"):
        raise InvalidInput("검토할 답이 없습니다. 답이 끝난 뒤에 다시 해 주세요.")
    return item_of(turn)


# --- the stream -----------------------------------------------------------------------------------
def _events(
    chat: Chat, principal: Principal, cid: int, mid: int, after: int, csrf_token: str
) -> Iterator[str]:
    kit, sent = chat.kit, 0
    for number, event in chat.assistant.follow(principal, cid, mid):
        if event is None:
            yield ": alive\n\n"
            continue
        if event.kind == "sentence":
            sent += 1
        if number > after:
            yield from _render(chat, cid, mid, number, event, sent)
    turn = chat.conversations.turn(principal, cid, mid)
    if turn.state == "failed" or turn.answer is None:
        html = kit.fragment(
            "assistant/fail.html",
            csrf_token=csrf_token,
            cid=cid,
            mid=mid,
            message=present.FAILED,
            retry=True,
        )
        yield _sse("fail", html)
    else:
        for block in present.blocks(mid, turn.answer):
            yield _sse("block", _block(chat, cid, mid, block))
        html = kit.fragment(
            "assistant/foot.html",
            csrf_token=csrf_token,
            cid=cid,
            a=present.foot(turn),
            ways=chat.ways(principal, turn),
            taken=chat.taken(turn),
            ai_notice=present.AI_NOTICE,
        )
        yield _sse("foot", html)
    yield _sse("end", "")


def _render(
    chat: Chat, cid: int, mid: int, number: int, event: AnswerEvent, sent: int
) -> Iterator[str]:
    if event.kind == "step":
        yield _sse("step", event.text, number)
    elif event.kind == "sentence" and event.sentence is not None and not event.sentence.group:
        block = present.streamed(mid, sent - 1, event.sentence)
        yield _sse("block", _block(chat, cid, mid, block), number)
    elif event.kind == "tail":
        yield _sse("tail", _block(chat, cid, mid, present.tail(mid, event.text)), number)


def _block(chat: Chat, cid: int, mid: int, block: Mapping[str, Any]) -> str:
    return chat.kit.fragment("assistant/block.html", block=block, cid=cid, mid=mid)


def _sse(event: str, data: str, number: int | None = None) -> str:
    lines = "\n".join(f"data: {line}" for line in data.splitlines() or [""])
    mark = f"id: {number}\n" if number is not None else ""
    return f"{mark}event: {event}\n{lines}\n\n"


# --- evidence -------------------------------------------------------------------------------------
def _evidence(
    chat: Chat, reader: Principal, turn: Turn, n: int, attached: set[int]
) -> dict[str, Any]:
    answer = turn.answer or {}
    cited = answer.get("citations", [])
    found = next((c for c in cited if c["n"] == n), None)
    if found is None:
        raise NotFound("이 답변에 그 근거 번호가 없습니다.")
    hit = chat.search.passage(reader, found["passage_id"])
    if hit is None:
        raise NotFound("근거 문서가 바뀌었거나 볼 권한이 없어졌습니다. 질문을 다시 해 주세요.")
    blocks = chat.documents.blocks(reader, hit.document_id, hit.version_id)
    first, last = hit.blocks
    quotes = [q for q in found["quote"].split("\n") if q]
    context = []
    for i in range(max(0, first - AROUND), min(len(blocks), last + AROUND)):
        inside = first <= i < last
        parts = present.marked(
            chat.mask(block_text(blocks[i]), hit.grade), quotes if inside else []
        )
        context.append({"hit": inside, "parts": parts})
    numbers = sorted(c["n"] for c in cited)
    place = numbers.index(n)
    sentence = next((s for s in answer.get("sentences", []) if n in s["citations"]), None)
    newer = chat.documents.successor(reader, hit.document_id)
    shown = hit.effective_on or hit.dated_on
    form = hit.format.upper()
    return {
        "n": n,
        "document_id": hit.document_id,
        "passage_id": hit.passage_id,
        "attached": hit.document_id in attached,
        "title": hit.title,
        "locator": found["place"],
        "department": hit.department,
        "date": f"{day(shown)} 시행" if hit.effective_on else day(shown),
        "date_note": "",
        "grade": hit.grade,
        "freshness": hit.freshness.value,
        "format": hit.format,
        "origin": f"{form} {hit.locator.page}쪽" if hit.locator.page else form,
        "superseded_by": {"document_id": newer.id, "title": newer.title} if newer else None,
        "context": context,
        "tables": [],
        "sentence": sentence["text"] if sentence else "",
        "why": sentence.get("reason", "") if sentence else "",
        "prev": numbers[place - 1] if place else None,
        "next": numbers[place + 1] if place + 1 < len(numbers) else None,
    }
