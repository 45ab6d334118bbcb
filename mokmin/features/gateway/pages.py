"""``/v1``: the OpenAI protocol, so that existing programs work as they are."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import anyio
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.base.formats.ai_label import AiLabel, headers
from mokmin.base.web.problems import openai_error
from mokmin.features.gateway.model import Chat, Piece, Turn
from mokmin.features.gateway.present import chunks, completion, data, embeddings, model_json
from mokmin.features.gateway.service import GatewayService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

MOST_MESSAGES = 200
_ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class Part(BaseModel):
    """A part of a message; only text is taken."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message."""

    role: str
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """How to stream."""

    include_usage: bool = False


class Extension(BaseModel):
    """What only this service knows: the grade of what the messages hold."""

    grade: Literal["O", "S", "C"] = "O"


class ChatRequest(BaseModel):
    """``POST /v1/chat/completions``. Sampling fields are taken and change nothing."""

    model: str = Field(max_length=200)
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool = False
    stream_options: StreamOptions | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    max_tokens: int | None = Field(default=None, ge=1, le=100_000)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=100_000)
    tools: list[Any] | None = None
    response_format: dict[str, Any] | None = None
    mokmin: Extension = Extension()


class EmbeddingRequest(BaseModel):
    """``POST /v1/embeddings``."""

    model: str = Field(max_length=200)
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None


def router(gateway: GatewayService) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", dependencies=[Depends(Needs(Permission.ASK))])
    began = int(time.time())

    @routes.get("/models")
    def models(request: Request) -> dict[str, Any]:
        cards = gateway.models(principal_of(request))
        return {"object": "list", "data": [model_json(card, began) for card in cards]}

    @routes.get("/models/{name:path}")
    def model(request: Request, name: str) -> dict[str, Any]:
        for card in gateway.models(principal_of(request)):
            if card.id == name:
                return model_json(card, began)
        raise NotFound("그런 모델이 없습니다.", code="model-not-found")

    @routes.post("/chat/completions")
    def chat(request: Request, body: ChatRequest) -> Response:
        asked = _chat(body)
        pieces = gateway.chat(principal_of(request), asked)
        key, created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
        label = headers(AiLabel(utcnow()))
        if not body.stream:
            made = completion(key, created, asked, pieces)
            # Dates of citations are written as text.
            text = json.dumps(made, ensure_ascii=False, default=str)
            return Response(text, media_type="application/json", headers=label)
        # The first piece is waited for, so that a refusal still has its status.
        first = next(pieces, Piece(finish="stop"))
        include = body.stream_options is not None and body.stream_options.include_usage
        events = chunks(
            key, created, asked, itertools.chain([first], pieces), include_usage=include
        )
        return StreamingResponse(
            _sent(events, pieces), media_type="text/event-stream", headers=label
        )

    @routes.post("/embeddings")
    def embed(request: Request, body: EmbeddingRequest) -> JSONResponse:
        texts = [body.input] if isinstance(body.input, str) else body.input
        made = gateway.embed(principal_of(request), body.model, texts, body.dimensions)
        return JSONResponse(embeddings(body.model, texts, made, body.encoding_format))

    return routes


async def _sent(events: Iterator[str], pieces: Iterator[Piece]) -> AsyncIterator[str]:
    """The events, then ``[DONE]``. A caller who goes away ends the answer at its next piece."""
    try:
        while (event := await run_in_threadpool(next, events, None)) is not None:
            yield event
        yield "data: [DONE]\n\n"
    except MokminError as error:
        yield data(openai_error(error.status, error.code, error.message))
    finally:
        with anyio.CancelScope(shield=True):
            for open_one in (events, pieces):
                close = getattr(open_one, "close", None)
                if close is not None:
                    await run_in_threadpool(close)


def _chat(body: ChatRequest) -> Chat:
    """Raises InvalidInput for what is not offered."""
    if body.n not in (None, 1):
        raise InvalidInput("n은 1만 됩니다.")
    if body.tools:
        raise InvalidInput("tools는 아직 받지 않습니다. 빼고 보내 주세요.")
    if body.response_format and body.response_format.get("type") != "text":
        raise InvalidInput("response_format은 text만 됩니다.")
    stops = [body.stop] if isinstance(body.stop, str) else body.stop or []
    if len(stops) > 4 or not all(stops):
        raise InvalidInput("stop은 빈 글이 없이 4개까지입니다.")
    return Chat(
        model=body.model,
        turns=tuple(_turn(message) for message in body.messages),
        grade=body.mokmin.grade,
        stop=tuple(stops),
        max_tokens=body.max_completion_tokens or body.max_tokens or 1024,
        whole=not body.stream,
    )


def _turn(message: ChatMessage) -> Turn:
    """Raises InvalidInput."""
    role = _ROLES.get(message.role)
    if role is None:
        raise InvalidInput(f"'{message.role[:20]}' 역할의 message는 받지 않습니다.")
    if isinstance(message.content, list):
        if any(part.type != "text" for part in message.content):
            raise InvalidInput("글이 아닌 message는 아직 받지 않습니다.")
        return Turn(role, "\n".join(part.text for part in message.content))
    return Turn(role, message.content or "")
