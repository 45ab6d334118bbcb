"""The page of the embedding model: /admin/embedding, for administrators."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput, Unavailable
from mokmin.base.web.kit import PageKit, local
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.ingestion.embedding_check import KOREAN
from mokmin.knowledge.ingestion.embedding_desk import OPEN, EmbeddingDesk, Offer
from mokmin.knowledge.search.embedding import Choice, EmbeddingModel

STATES = {
    "checked": ("점검함", "ok", "circle-check"),
    "refused": ("쓸 수 없음", "bad", "triangle-alert"),
    "embedding": ("벡터 만드는 중", "info", "clock"),
    "waiting": ("모델을 기다리는 중", "warn", "circle-alert"),
    "building": ("새 색인 만드는 중", "info", "list-tree"),
    "switching": ("바꾸는 중", "info", "list-tree"),
    "ready": ("정해 주세요", "warn", "circle-alert"),
    "current": ("쓰는 중", "ok", "circle-check"),
    "leaving": ("되돌리는 중", "info", "history"),
    "returning": ("되돌리는 중", "info", "history"),
    "kept": ("보관 중", "", "archive"),
    "failed": ("멈춤", "bad", "triangle-alert"),
    "cancelled": ("그만둠", "", "circle-dashed"),
    "dropped": ("지움", "", "circle-dashed"),
}
SAID = {
    "checked": "점검을 마쳤습니다. 아래에서 결과를 보고 바꿀지 정해 주세요.",
    "change": "바꾸기를 시작했습니다. 다 될 때까지 찾기는 지금 모델로 그대로 됩니다.",
    "accept": "바꾸기를 이어 갑니다.",
    "cancel": "그만두었습니다. 찾기는 쓰던 모델로 그대로 됩니다.",
    "back": "되돌리기를 시작했습니다. 곧 예전 모델로 찾습니다.",
    "drop": "예전 색인을 지웠습니다.",
}
CANCELLABLE = ("embedding", "waiting", "building", "ready", "failed")


def router(kit: PageKit, desk: EmbeddingDesk) -> APIRouter:
    """Routes below /admin/embedding; each requires the permission to administer."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])

    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        found = desk.overview(principal_of(request))
        going = next((m for m in found.models if m.state in OPEN), None)
        kept = None
        if found.can_go_back:
            kept = found.kept.name if found.kept is not None else found.built_in
        form = {"model": "", "query_prefix": "", "passage_prefix": "", "most_characters": "2000"}
        return kit.page(
            request,
            "console/embedding.html",
            status=status,
            nav="models",
            title="찾기 모델",
            used=_used(found.used, found.built_in),
            passages=f"{found.passages:,}",
            lacking=f"{found.lacking:,}" if found.lacking else "",
            kept=kept,
            going=_shown(going) if going is not None else None,
            models=[_shown(m) for m in found.models if m is not going],
            offers=[(_value(o), _label(o)) for o in found.offers],
            **({"form": form, "error": "", "flash": None} | more),
        )

    @routes.get("/admin/embedding")
    def overview(request: Request, done: str = "") -> HTMLResponse:
        return page(request, flash={"text": SAID[done], "undo": None} if done in SAID else None)

    @routes.post("/admin/embedding/check")
    def check(
        request: Request,
        model: Annotated[str, Form()] = "",
        query_prefix: Annotated[str, Form()] = "",
        passage_prefix: Annotated[str, Form()] = "",
        most_characters: Annotated[str, Form()] = "2000",
    ) -> Response:
        form = {
            "model": model,
            "query_prefix": query_prefix,
            "passage_prefix": passage_prefix,
            "most_characters": most_characters,
        }
        try:
            choice = _choice(model, query_prefix, passage_prefix, most_characters)
            desk.check(principal_of(request), choice)
        except (InvalidInput, Unavailable) as error:
            return page(request, error.status, form=form, error=error.message)
        return _back("checked")

    def act(request: Request, done: str, action: Callable[[], None]) -> Response:
        try:
            action()
        except (InvalidInput, Conflict) as error:
            return page(request, error.status, error=error.message)
        return _back(done)

    @routes.post("/admin/embedding/{model_id:int}/change")
    def change(request: Request, model_id: int) -> Response:
        return act(request, "change", lambda: desk.change(principal_of(request), model_id))

    @routes.post("/admin/embedding/{model_id:int}/accept")
    def accept(request: Request, model_id: int) -> Response:
        return act(request, "accept", lambda: desk.accept(principal_of(request), model_id))

    @routes.post("/admin/embedding/{model_id:int}/cancel")
    def cancel(request: Request, model_id: int) -> Response:
        return act(request, "cancel", lambda: desk.cancel(principal_of(request), model_id))

    @routes.post("/admin/embedding/back")
    def go_back(request: Request) -> Response:
        return act(request, "back", lambda: desk.go_back(principal_of(request)))

    @routes.post("/admin/embedding/drop")
    def drop(request: Request) -> Response:
        return act(request, "drop", lambda: desk.drop(principal_of(request)))

    return routes


def _back(done: str) -> Response:
    return RedirectResponse(f"/admin/embedding?{urlencode({'done': done})}", status_code=303)


def _value(offer: Offer) -> str:
    choice = offer.choice
    return f"{choice.source}:{choice.folder or choice.endpoint_id}"


def _label(offer: Offer) -> str:
    return f"{offer.name} · {offer.what} · {offer.grade}등급까지"


def _choice(value: str, query: str, passage: str, most: str) -> Choice:
    """Raises InvalidInput."""
    source, _, name = value.partition(":")
    if not most.strip().isdecimal():
        raise InvalidInput("한 번에 읽을 글자 수를 숫자로 적어 주세요.")
    size = int(most.strip()[:9])
    if source == "endpoint" and name.isdecimal():
        return Choice(source, int(name[:9]), "", query, passage, size)
    if source == "folder" and name:
        return Choice(source, 0, name, query, passage, size)
    raise InvalidInput("바꿀 모델을 목록에서 골라 주세요.")


def _used(used: EmbeddingModel | None, built_in: str) -> dict[str, str]:
    if used is None:
        return {"name": built_in, "what": "내장 모델 · 이 기기의 CPU에서 돕니다", "reason": ""}
    where = "등록한 기기" if used.choice.source == "endpoint" else "이 기기의 모델 폴더"
    return {
        "name": used.name,
        "what": f"{where} · {used.dimensions:,}차원",
        "reason": used.reason,
    }


def _shown(m: EmbeddingModel) -> dict[str, Any]:
    label, tone, glyph = STATES.get(m.state, (m.state, "", "info"))
    return {
        "id": m.id,
        "name": m.name,
        "state": m.state,
        "label": label,
        "tone": tone,
        "icon": glyph,
        "reason": m.reason,
        "when": f"{local(m.started_at):%Y. %-m. %-d. %H:%M}" if m.started_at else "",
        "by": m.started_by,
        "done": f"{m.done:,}",
        "everything": f"{m.everything:,}",
        "percent": min(100, 100 * m.done // max(1, m.everything)),
        "facts": _facts(m),
        "compared": _compared(m),
        "may_change": m.state in ("checked", "failed"),
        "may_cancel": m.state in CANCELLABLE,
    }


def _facts(m: EmbeddingModel) -> list[tuple[str, str]]:
    told = json.loads(m.findings or "{}")
    if not told.get("dimensions"):
        return []
    minutes = max(1, round(told["seconds"] / 60))
    long = f"{minutes // 60:,}시간 {minutes % 60}분" if minutes >= 60 else f"{minutes}분"
    return [
        ("차원", f"{told['dimensions']:,}"),
        ("우리말 물음", f"{told['right']}/{len(KOREAN)}"),
        ("속도", f"1초에 글 {told['per_second']:,.0f}개"),
        ("걸릴 시간", f"약 {long}"),
        ("디스크", f"{told['disk_bytes'] / 2**20:,.0f} MB"),
    ]


def _compared(m: EmbeddingModel) -> list[dict[str, str]]:
    """Both models side by side: on the city's own passages, and on the shipped questions."""
    told = json.loads(m.findings or "{}")
    rows = (
        ("우리 글의 제목으로 찾기", told.get("own_built_in"), told.get("own")),
        ("시험 질문으로 문서 찾기", told.get("before"), told.get("after")),
    )
    return [
        {
            "name": f"{name} ({before['questions']:,}개)",
            "before": f"{before['recall']:.0%} · {before['mrr']:.3f}",
            "after": f"{after['recall']:.0%} · {after['mrr']:.3f}",
        }
        for name, before, after in rows
        if before and after
    ]
