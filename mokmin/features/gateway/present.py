"""Answers in the form of the OpenAI protocol."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mokmin.base.llm.ports import Vectors
from mokmin.features.gateway.model import Chat, ModelCard, Piece
from mokmin.knowledge.answering.asking import tokens

Json = dict[str, Any]


def model_json(card: ModelCard, created: int) -> Json:
    """A model of the list."""
    known = {"grade": card.grade, "name": card.name}
    told = {key: value for key, value in known.items() if value}
    more = {"mokmin": told} if told else {}
    return {
        "id": card.id,
        "object": "model",
        "created": created,
        "owned_by": card.owned_by,
    } | more


def usage(chat: Chat, text: str) -> Json:
    """Tokens in and out; upper estimates, since endpoints that stream do not tell them."""
    asked, said = sum(tokens(t.content) for t in chat.turns), tokens(text)
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def completion(key: str, created: int, chat: Chat, pieces: Iterable[Piece]) -> Json:
    """The whole answer."""
    text, last = "", Piece(finish="stop")
    for piece in pieces:
        text += piece.text
        if piece.finish:
            last = piece
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": last.finish}
    body = {
        "id": key,
        "object": "chat.completion",
        "created": created,
        "model": chat.model,
        "choices": [choice],
        "usage": usage(chat, text),
    }
    return body | ({"mokmin": last.cited} if last.cited else {})


def chunks(
    key: str, created: int, chat: Chat, pieces: Iterable[Piece], *, include_usage: bool
) -> Iterator[str]:
    """The answer as server-sent events without the closing ``[DONE]``."""
    base: Json = {
        "id": key,
        "object": "chat.completion.chunk",
        "created": created,
        "model": chat.model,
    }
    if include_usage:
        base["usage"] = None

    def event(delta: Json, finish: str | None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return data(base | {"choices": [choice]} | more)

    said = ""
    yield event({"role": "assistant", "content": ""}, None)
    for piece in pieces:
        said += piece.text
        if piece.text:
            yield event({"content": piece.text}, None)
        if piece.finish:
            more = {"mokmin": piece.cited} if piece.cited else {}
            yield event({}, piece.finish, **more)
    if include_usage:
        yield data(base | {"choices": [], "usage": usage(chat, said)})


def data(body: Json) -> str:
    """A server-sent event."""
    return f"data: {json.dumps(body, ensure_ascii=False, default=str)}\n\n"


def embeddings(model: str, texts: Sequence[str], vectors: Vectors, encoding: str) -> Json:
    """Vectors as lists, or as base64 of little-endian 32-bit floats."""
    found = [
        {
            "object": "embedding",
            "index": n,
            "embedding": base64.b64encode(v.astype("<f4").tobytes()).decode()
            if encoding == "base64"
            else v.tolist(),
        }
        for n, v in enumerate(vectors)
    ]
    count = sum(map(tokens, texts))
    return {
        "object": "list",
        "data": found,
        "model": model,
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }
