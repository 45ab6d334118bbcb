"""The request to a model: rules, fenced data, the question, cut to what the model can take."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.llm.ports import Message, ModelProfile
from mokmin.base.llm.prompts import SHIPPED, Prompts
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.answering.injection import as_data
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

PACKAGE = "mokmin.knowledge.answering"
ANSWER_TOKENS = 1024
MAX_HISTORY = 6
_MARGIN = 64
_NOTE = {Freshness.SUPERSEDED: " (구판)", Freshness.NOT_YET: " (시행 전)"}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. ``passages``: how many of the hits fit, from the first; ``boundary``: the fence's
    mark of this request; ``rules``: the prompt, which no answer may repeat."""

    messages: tuple[Message, ...]
    passages: int
    boundary: str
    rules: str


def rules() -> str:
    """The shipped rules (prompts/answer.md)."""
    return SHIPPED.get(PACKAGE, "answer").text


def tokens(text: str) -> int:
    """An upper estimate of the tokens of a Korean text: 1.5 for a syllable or sign beyond ASCII, half
    a token for an ASCII character, one for a digit. Tokenisers with Korean vocabulary need less."""
    wide = sum(not char.isascii() for char in text)
    digits = sum(char.isascii() and char.isdigit() for char in text)
    return int(1.5 * wide + digits + 0.5 * (len(text) - wide - digits)) + 1


def request_for(
    question: str,
    hits: Sequence[Hit],
    profile: ModelProfile | None = None,
    history: Sequence[tuple[str, str]] = (),
    instructions: str = "",
    prompts: Prompts = SHIPPED,
) -> Request:
    """The request for a question. ``history``: earlier questions with their answers, oldest first;
    ``instructions``: what an assistant's makers ask for, below the rules.

    Older turns go first when the model is small, then passages from the last one up; none is cut
    inside. ``passages`` is 0 when not even the first fits.
    """
    profile = profile or ModelProfile()
    boundary = secrets.token_hex(8)
    asked = _fence("질문", boundary, question)
    left = profile.context_tokens - ANSWER_TOKENS - _MARGIN
    prompt = prompts.get(PACKAGE, "answer")
    system, label = _with(instructions, boundary, prompt.text, prompt.label, prompts)
    left -= tokens(system) + tokens(asked)
    turns: list[str] = []
    for number, (before, answer) in list(enumerate(history, start=1))[-MAX_HISTORY:][::-1]:
        turn = _fence(f"앞선 대화 {number}", boundary, f"물음: {before}\n답: {answer}")
        if tokens(turn) > left // 4:
            break
        left -= tokens(turn)
        turns.insert(0, turn)
    sources: list[str] = []
    for number, hit in enumerate(hits, start=1):
        source = _fence(f"근거 {number}", boundary, _described(hit))
        if tokens(source) + 4 > left:
            break
        left -= tokens(source) + 4
        sources.append(source)
    parts = ["[근거]", *sources]
    if turns:
        parts += ["[앞선 대화]", *turns]
    parts += ["[질문]", asked]
    messages = (Message("system", system, label), Message("user", "\n\n".join(parts)))
    return Request(messages, len(sources), boundary, prompt.text)


def general_request(question: str, instructions: str = "", prompts: Prompts = SHIPPED) -> Request:
    """The request for an answer from what the model knows, without passages."""
    boundary = secrets.token_hex(8)
    prompt = prompts.get(PACKAGE, "general")
    system, label = _with(instructions, boundary, prompt.text, prompt.label, prompts)
    asked = _fence("질문", boundary, question)
    messages = (Message("system", system, label), Message("user", asked))
    return Request(messages, 0, boundary, f"{rules()}\n{prompt.text}")


def _with(
    instructions: str, boundary: str, system: str, label: str, prompts: Prompts
) -> tuple[str, str]:
    """The system message with what an assistant's makers ask for, and which prompts it is of."""
    if not instructions:
        return system, label
    above = prompts.get(PACKAGE, "assistant")
    told = _fence("업무봇 지침", boundary, instructions)
    return f"{system}\n{above.text}\n{told}", f"{label} {above.label}"


def _described(hit: Hit) -> str:
    where = place(hit.locator, hit.title)
    head = f"제목: {hit.title}{_NOTE.get(hit.freshness, '')}{' · ' + where if where else ''}"
    return f"{' '.join(head.split())}\n{hit.text}"


def _fence(name: str, boundary: str, text: str) -> str:
    return f"<<<{name} {boundary}>>>\n{as_data(text, boundary)}\n<<<끝 {boundary}>>>"
