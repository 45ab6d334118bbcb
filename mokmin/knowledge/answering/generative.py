"""The writer with a model: fluent sentences that may cite numbered passages and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Message
from mokmin.knowledge.answering.citing import check_support, place
from mokmin.knowledge.answering.model import Sentence
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

NO_BASIS = "근거 없음"
MAX_ANSWER_CHARS = 8_000
_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_END = re.compile(r"(?<=[.!?。])\s*((?:\[\d{1,3}\]\s*)+)|((?:\[\d{1,3}\]\s*)+)[.!?。]?(?=\s|$)|\n+")
# What may still become a further mark of the same sentence.
_MORE_MARKS = re.compile(r"\s*(?:\[\d{0,3})?")
_NOTE = {Freshness.SUPERSEDED: " (구판)", Freshness.NOT_YET: " (시행 전)"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished sentence, or the unfinished rest."""

    sentence: Sentence | None
    tail: str = ""


def messages_for(question: str, hits: Sequence[Hit]) -> list[Message]:
    """The request: rules as the system turn; numbered passages and the question as the user turn."""
    rules = resources.files("mokmin.knowledge.answering").joinpath("prompts/answer.md")
    sources = "\n\n".join(
        f"[{n}] {hit.title}{_NOTE.get(hit.freshness, '')}"
        f"{' · ' + place(hit.locator, hit.title) if place(hit.locator, hit.title) else ''}\n{hit.text}"
        for n, hit in enumerate(hits, start=1)
    )
    return [
        Message("system", rules.read_text(encoding="utf-8")),
        Message("user", f"[근거]\n{sources}\n\n[질문]\n{question}"),
    ]


def without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    """Drop ``<think>…</think>`` of reasoning models from a stream."""
    buffer, inside = "", False
    for piece in pieces:
        buffer += piece
        while True:
            mark = "</think>" if inside else "<think>"
            at = buffer.find(mark)
            if at < 0:
                break
            if not inside and at:
                yield buffer[:at]
            buffer, inside = buffer[at + len(mark) :], not inside
        if inside:
            buffer = buffer[-len("</think>") :]
        elif "<" not in buffer[-len("<think>") :]:
            yield buffer
            buffer = ""
    if buffer and not inside:
        yield buffer


def write(pieces: Iterable[str], hits: Sequence[Hit], analyser: Analyser) -> Iterator[Piece]:
    """Sentences as they finish. A mark that names no passage is removed: it cannot be cited."""
    buffer, total = "", 0
    for piece in without_thinking(pieces):
        buffer += piece
        total += len(piece)
        while (match := _END.search(buffer)) is not None and not _MORE_MARKS.fullmatch(
            buffer, match.end()
        ):
            finished, buffer = buffer[: match.end()], buffer[match.end() :]
            if sentence := _sentence(finished, hits, analyser):
                yield Piece(sentence)
        yield Piece(None, _MARK.sub("", buffer).strip())
        if total > MAX_ANSWER_CHARS:
            break
    if sentence := _sentence(buffer, hits, analyser):
        yield Piece(sentence)


def _sentence(raw: str, hits: Sequence[Hit], analyser: Analyser) -> Sentence | None:
    named = [int(n) for n in _MARK.findall(raw)]
    cited = tuple(dict.fromkeys(n for n in named if 1 <= n <= len(hits)))
    text = re.sub(r"\s+([.!?])", r"\1", _MARK.sub("", raw)).strip().lstrip("-*# ").strip()
    if not re.search(r"\w", text):
        return None
    terms = analyser.morphemes([text])[0]
    sources = [(hits[n - 1].text, hits[n - 1].tokens.split()) for n in cited]
    support, reason = check_support(text, terms, sources)
    return Sentence(text=text, support=support, citations=cited, reason=reason)
