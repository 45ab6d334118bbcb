"""Conversations as answering takes them, and its answers as pieces of text with their citations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from mokmin.base.errors import InvalidInput
from mokmin.features.gateway.model import Chat, Piece
from mokmin.knowledge.answering.model import Answer, AnswerEvent, Exchange, Sentence


def cited_pieces(events: Iterable[AnswerEvent]) -> Iterator[Piece]:
    """Sentences as they come, each on a line with the numbers of its citations; the citations last."""
    sent = 0
    for event in events:
        if event.sentence is not None:
            yield Piece(_line(event.sentence, first=sent == 0))
            sent += 1
        if event.answer is not None:
            yield from _rest(event.answer, sent)


def exchanges(chat: Chat) -> tuple[str, tuple[Exchange, ...]]:
    """The question, and what was asked and said before. Raises InvalidInput."""
    if not chat.turns or chat.turns[-1].role != "user":
        raise InvalidInput("마지막 message는 user의 물음이어야 합니다.")
    found: list[Exchange] = []
    for turn in chat.turns[:-1]:
        if turn.role == "user":
            found.append(Exchange(turn.content, grade=chat.grade))
        elif turn.role == "assistant" and found:
            found[-1] = Exchange(found[-1].question, turn.content, grade=chat.grade)
    return chat.turns[-1].content, tuple(found)


def _rest(answer: Answer, sent: int) -> Iterator[Piece]:
    for number, sentence in enumerate(answer.sentences[sent:], start=sent):
        yield Piece(_line(sentence, first=number == 0))
    if not answer.sentences:
        yield Piece(f"{answer.lead} {answer.reason}".strip())
    elif answer.mode == "generative" and answer.lead:
        # An answer without a basis says so wherever it is read.
        yield Piece(f"\n({answer.lead})")
    yield Piece(
        finish="stop",
        cited={
            "refused": answer.refused,
            "reason": answer.reason,
            "lead": answer.lead,
            "model": answer.model,
            "mode": answer.mode,
            "grade": answer.grade,
            "sentences": [
                {"text": s.text, "support": s.support, "citations": list(s.citations)}
                for s in answer.sentences
            ],
            "citations": [asdict(c) for c in answer.citations],
            "notices": list(answer.notices),
        },
    )


def _line(sentence: Sentence, *, first: bool) -> str:
    """A sentence with the numbers of its citations, on a line of its own."""
    marks = "".join(f"[{n}]" for n in sentence.citations)
    return f"{'' if first else chr(10)}{sentence.text}{' ' if marks else ''}{marks}"
