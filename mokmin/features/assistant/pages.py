"""Pages of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from mokmin.base.errors import NotFound
from mokmin.base.web.kit import PageKit, ago, day
from mokmin.features.assistant import present
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.model import Turn
from mokmin.features.assistant.service import SCOPES, AssistantService
from mokmin.governance.access.model import Principal
from mokmin.governance.people.web import guarded, principal_of
from mokmin.knowledge.answering.model import AnswerEvent
from mokmin.knowledge.answering.review_model import REASONS
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery
from mokmin.knowledge.search.service import SearchService

Starters = Callable[[Principal], list[Mapping[str, str]]]
AROUND = 2
NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def router(  # noqa: C901 - a list of routes
    kit: PageKit,
    assistant: AssistantService,
    documents: DocumentService,
    search: SearchService,
    starters: Starters,
    mode_note: str,
    folders: FolderService,
) -> APIRouter:
    """All routes below /chat."""
    routes = APIRouter(dependencies=[Depends(guarded)])

    @routes.get("/chat")
    def new(
        request: Request, document_id: int | None = None, q: str = "", scope: str = ""
    ) -> HTMLResponse:
        return _chat(request, None, document_id, q, scope)

    @routes.post("/chat")
    def ask(
        request: Request,
        question: Annotated[str, Form()] = "",
        conversation_id: Annotated[int | None, Form()] = None,
        document_id: Annotated[int | None, Form()] = None,
        scope: Annotated[str, Form()] = "",
    ) -> Response:
        turn = assistant.ask(
            principal_of(request),
            question,
            conversation_id=conversation_id,
            document_id=document_id,
            scope=scope,
        )
        return RedirectResponse(f"/chat/{turn.conversation_id}#mq{turn.id}", status_code=303)

    @routes.get("/chat/history")
    def history(
        request: Request, q: str = "", deleted: int | None = None, folder: int | None = None
    ) -> HTMLResponse:
        flash = None
        if deleted is not None:
            flash = {
                "text": "대화를 지웠습니다.",
                "undo": {"url": f"/chat/{deleted}/restore", "fields": {}},
            }
        return kit.page(
            request,
            "assistant/history.html",
            nav="chat",
            title="업무 대화",
            flash=flash,
            **_history(request, q, folder),
        )

    @routes.get("/chat/history/list")
    def history_list(request: Request, q: str = "", folder: int | None = None) -> HTMLResponse:
        return kit.page(request, "assistant/history_list.html", **_history(request, q, folder))

    @routes.get("/chat/{cid}")
    def chat(request: Request, cid: int) -> HTMLResponse:
        return _chat(request, cid, None, "", "")

    @routes.post("/chat/{cid}/rename")
    def rename(request: Request, cid: int, title: Annotated[str, Form()] = "") -> Response:
        assistant.rename(principal_of(request), cid, title)
        return RedirectResponse("/chat/history", status_code=303)

    @routes.post("/chat/{cid}/delete")
    def delete(request: Request, cid: int) -> Response:
        assistant.delete(principal_of(request), cid)
        return RedirectResponse(f"/chat/history?deleted={cid}", status_code=303)

    @routes.post("/chat/{cid}/restore")
    def restore(request: Request, cid: int) -> Response:
        assistant.restore(principal_of(request), cid)
        return RedirectResponse("/chat/history", status_code=303)

    @routes.get("/chat/{cid}/messages/{mid}/stream")
    def stream(
        request: Request, cid: int, mid: int, last_event_id: Annotated[str, Header()] = ""
    ) -> StreamingResponse:
        principal = principal_of(request)
        assistant.turn(principal, cid, mid)
        after = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else 0
        return StreamingResponse(
            _events(principal, cid, mid, after), media_type="text/event-stream", headers=NO_BUFFER
        )

    @routes.post("/chat/{cid}/messages/{mid}/stop")
    def stop(request: Request, cid: int, mid: int) -> Response:
        assistant.stop(principal_of(request), cid, mid)
        return Response(status_code=204)

    @routes.post("/chat/{cid}/messages/{mid}/retry")
    def retry(request: Request, cid: int, mid: int) -> Response:
        assistant.retry(principal_of(request), cid, mid)
        return RedirectResponse(f"/chat/{cid}#m{mid}", status_code=303)

    @routes.get("/chat/{cid}/messages/{mid}/feedback")
    def feedback_form(request: Request, cid: int, mid: int) -> HTMLResponse:
        assistant.turn(principal_of(request), cid, mid)
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
        assistant.rate(principal_of(request), cid, mid, given, reason=reason, comment=comment)
        return Response(status_code=204)

    @routes.get("/chat/{cid}/messages/{mid}/evidence/{n}")
    def evidence(
        request: Request, cid: int, mid: int, n: int, x_partial: Annotated[str, Header()] = ""
    ) -> HTMLResponse:
        principal = principal_of(request)
        turn = assistant.turn(principal, cid, mid)
        return kit.page(
            request,
            "assistant/evidence.html",
            partial=x_partial == "1",
            nav="chat",
            title="근거 원문",
            conversation_id=cid,
            cid=cid,
            mid=mid,
            e=_evidence(principal, turn, n),
        )

    @routes.get("/chat/{cid}/messages/{mid}/why")
    def why(
        request: Request, cid: int, mid: int, x_partial: Annotated[str, Header()] = ""
    ) -> HTMLResponse:
        principal = principal_of(request)
        turn = assistant.turn(principal, cid, mid)
        scope = SCOPES.get(assistant.get(principal, cid).scope, "전체 문서")
        return kit.page(
            request,
            "assistant/why.html",
            partial=x_partial == "1",
            nav="chat",
            title="왜 이 답인가요",
            conversation_id=cid,
            cid=cid,
            mid=mid,
            w=present.why(turn, documents.count(principal), scope),
        )

    def _chat(
        request: Request, cid: int | None, document_id: int | None, text: str, scope: str
    ) -> HTMLResponse:
        principal = principal_of(request)
        turns: list[Turn] = []
        title = "새 대화"
        if cid is not None:
            conversation = assistant.get(principal, cid)
            turns = assistant.turns(principal, cid)
            document_id, title, scope = (
                conversation.document_id,
                conversation.title,
                conversation.scope,
            )
        about = documents.get(principal, document_id) if document_id is not None else None
        latest = (
            [] if turns else documents.page(principal, LibraryQuery(state="ready")).documents[:3]
        )
        return kit.page(
            request,
            "assistant/chat.html",
            nav="chat",
            title=title,
            cid=cid,
            conversation_id=cid,
            messages=[present.exchange(turn) for turn in turns],
            starters=starters(principal),
            documents=[
                {"id": d.id, "title": d.title, "format": d.format, "when": ago(d.created_at)}
                for d in latest
            ],
            scopes=list(SCOPES.items()),
            scope=scope,
            prefill=text,
            mode_note=mode_note,
            document={"id": about.id, "title": about.title} if about else None,
        )

    def _history(request: Request, q: str, folder: int | None) -> dict[str, Any]:
        principal = principal_of(request)
        found = assistant.recent(principal, text=q, limit=500 if folder else 100)
        names = {f.id: f for f in folders.all(principal)}
        folder = folder if folder in names else None
        return {
            "q": q,
            "page": 1,
            "pages": 1,
            "conversations": [
                {
                    "id": p.conversation.id,
                    "title": p.conversation.title,
                    "when": ago(p.conversation.updated_at),
                    "snippet": p.snippet,
                    "pinned": p.pinned,
                    "folder": names.get(p.folder_id) if p.folder_id else None,
                }
                for p in folders.arrange(found, folder_id=folder, text=q)
            ],
            "folders": list(names.values()),
            "folder": names.get(folder) if folder else None,
        }

    def _events(principal: Principal, cid: int, mid: int, after: int) -> Iterator[str]:
        sent = 0
        for number, event in assistant.follow(principal, cid, mid):
            if event is None:
                yield ": alive\n\n"
                continue
            if event.kind == "sentence":
                sent += 1
            if number > after:
                yield from _render(cid, mid, number, event, sent)
        turn = assistant.turn(principal, cid, mid)
        if turn.state == "failed" or turn.answer is None:
            message = present.FAILED
            html = kit.fragment(
                "assistant/fail.html",
                csrf_token="",
                cid=cid,
                message=message,
                question=turn.question,
                retry=True,
            )
            yield _sse("fail", html)
        else:
            for block in present.blocks(mid, turn.answer):
                yield _sse("block", _block(cid, mid, block))
            yield _sse("foot", kit.fragment("assistant/foot.html", cid=cid, a=present.foot(turn)))
        yield _sse("end", "")

    def _render(cid: int, mid: int, number: int, event: AnswerEvent, sent: int) -> Iterator[str]:
        if event.kind == "step":
            yield _sse("step", event.text, number)
        elif event.kind == "sentence" and event.sentence is not None and not event.sentence.group:
            block = present.streamed(mid, sent - 1, event.sentence)
            yield _sse("block", _block(cid, mid, block), number)
        elif event.kind == "tail":
            tail: dict[str, Any] = {
                "text": event.text,
                "html": None,
                "support": None,
                "why": "",
                "citations": [],
            }
            block = {"id": f"m{mid}-tail", "kind": "paragraph", "sentences": [tail]}
            yield _sse("tail", _block(cid, mid, block), number)

    def _block(cid: int, mid: int, block: Mapping[str, Any]) -> str:
        return kit.fragment("assistant/block.html", block=block, cid=cid, mid=mid)

    def _evidence(principal: Principal, turn: Turn, n: int) -> dict[str, Any]:
        cited = (turn.answer or {}).get("citations", [])
        found = next((c for c in cited if c["n"] == n), None)
        if found is None:
            raise NotFound("이 답변에 그 근거 번호가 없습니다.")
        hit = search.passage(principal, found["passage_id"])
        if hit is None:
            raise NotFound("근거 문서가 바뀌었거나 볼 권한이 없어졌습니다. 질문을 다시 해 주세요.")
        blocks = documents.blocks(principal, hit.document_id, hit.version_id)
        first, last = hit.blocks
        quotes = [q for q in found["quote"].split("\n") if q]
        context = []
        for i in range(max(0, first - AROUND), min(len(blocks), last + AROUND)):
            inside = first <= i < last
            text = block_text(blocks[i])
            parts = present.marked(text, quotes if inside else [])
            context.append({"hit": inside, "parts": parts})
        numbers = sorted(c["n"] for c in cited)
        place = numbers.index(n)
        sentence = next(
            (s for s in (turn.answer or {}).get("sentences", []) if n in s["citations"]), None
        )
        newer = documents.successor(principal, hit.document_id)
        shown = hit.effective_on or hit.dated_on
        return {
            "n": n,
            "document_id": hit.document_id,
            "passage_id": hit.passage_id,
            "title": hit.title,
            "locator": found["place"],
            "department": hit.department,
            "date": f"{day(shown)} 시행" if hit.effective_on else day(shown),
            "date_note": "",
            "grade": hit.grade,
            "freshness": hit.freshness.value,
            "format": hit.format,
            "origin": f"{hit.format.upper()} {hit.locator.page}쪽"
            if hit.locator.page
            else hit.format.upper(),
            "superseded_by": {"document_id": newer.id, "title": newer.title} if newer else None,
            "context": context,
            "tables": [],
            "sentence": sentence["text"] if sentence else "",
            "why": sentence.get("reason", "") if sentence else "",
            "prev": numbers[place - 1] if place else None,
            "next": numbers[place + 1] if place + 1 < len(numbers) else None,
        }

    return routes


def _sse(event: str, data: str, number: int | None = None) -> str:
    lines = "\n".join(f"data: {line}" for line in data.splitlines() or [""])
    mark = f"id: {number}\n" if number is not None else ""
    return f"{mark}event: {event}\n{lines}\n\n"
