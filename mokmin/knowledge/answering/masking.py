"""Answers as policy lets them be shown, kept, shared and taken along: personal information masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mokmin.governance.access.model import highest
from mokmin.knowledge.answering.model import Answer, AnswerEvent, Citation, Sentence

# Masks a text of a grade.
GradedMask = Callable[[str, str], str]
Json = dict[str, Any]
# What holds words of documents, in answers and in results of tools. Titles and places are not masked:
# they name the source.
_WORDS = frozenset({"text", "quote", "lead", "standalone", "before", "after", "value", "question"})


def unmasked(text: str, _grade: str) -> str:
    """Nothing is hidden."""
    return text


def masked_event(event: AnswerEvent, mask: GradedMask) -> AnswerEvent:
    """A piece of an answer as it may be shown and kept."""
    if event.answer is not None:
        return replace(event, answer=masked_answer(event.answer, mask))
    if event.sentence is None and not event.citations:
        return event if event.kind == "step" else replace(event, text=mask(event.text, "O"))
    grade = highest([c.grade for c in event.citations])
    sentence = None if event.sentence is None else _sentence(event.sentence, grade, mask)
    return replace(
        event,
        text=mask(event.text, grade),
        sentence=sentence,
        citations=tuple(_citation(c, mask) for c in event.citations),
    )


def masked_answer(answer: Answer, mask: GradedMask) -> Answer:
    """A finished answer."""
    return replace(
        answer,
        lead=mask(answer.lead, answer.grade),
        sentences=tuple(_sentence(s, answer.grade, mask) for s in answer.sentences),
        citations=tuple(_citation(c, mask) for c in answer.citations),
        notices=tuple(mask(n, answer.grade) for n in answer.notices),
        trace=masked_json(answer.trace, answer.grade, mask),
    )


def masked_json(data: Any, grade: str, mask: GradedMask) -> Any:
    """Stored JSON of an answer or of a tool's result: the words of documents in it, however deep. A
    part with a grade of its own is masked by that."""
    if isinstance(data, dict):
        own = str(data.get("grade") or grade)
        return {
            key: mask(value, own)
            if key in _WORDS and isinstance(value, str)
            else masked_json(value, own, mask)
            for key, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [masked_json(item, grade, mask) for item in data]
    return data


def _sentence(sentence: Sentence, grade: str, mask: GradedMask) -> Sentence:
    return replace(sentence, text=mask(sentence.text, grade), group=mask(sentence.group, grade))


def _citation(citation: Citation, mask: GradedMask) -> Citation:
    return replace(citation, quote=mask(citation.quote, citation.grade))
