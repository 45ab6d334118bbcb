"""A model's stream as sentences: thoughts dropped, citations checked, loops and endless answers cut."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from mokmin.base.korean.ports import Analyser
from mokmin.knowledge.answering.asking import rules
from mokmin.knowledge.answering.injection import instructs, plain
from mokmin.knowledge.answering.model import Sentence
from mokmin.knowledge.answering.verification import Source, Verifier
from mokmin.knowledge.search.model import Hit

NO_BASIS = "근거 없음"
MAX_ANSWER_CHARS = 8_000
MAX_THOUGHT_CHARS = 60_000
MAX_SENTENCE_CHARS = 1_200
MAX_REPEATS = 3
TAIL_STEP = 12
OVERLAP = 18
_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_END = re.compile(r"(?<=[.!?。])\s*((?:\[\d{1,3}\]\s*)+)|((?:\[\d{1,3}\]\s*)+)[.!?。]?(?=\s|$)|\n+")
# What may still become a further mark of the same sentence.
_MORE_MARKS = re.compile(r"\s*(?:\[\d{0,3})?")
_JAMO = re.compile(r"[\u1100-\u115e\ua960-\ua97f][\u1160-\u11ff\ud7b0-\ud7ff]*$")
_CLOSE, _EITHER = re.compile(r"</think(?:ing)?>", re.I), re.compile(r"</?think(?:ing)?>", re.I)
_HALF_TAG = re.compile(r"</?(?:t|th|thi|thin|think|thinki|thinkin|thinking)?$", re.I)
_ORDERS = "이 근거에는 인공지능에게 내리는 지시로 보이는 글이 있어 원문을 확인해야 합니다."


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished sentence, or the unfinished rest. ``reset``: all before was thinking aloud;
    ``cut``: the answer was ended here because it repeats itself or does not end; ``removed``: a
    sentence that may never be shown (it held the rules)."""

    sentence: Sentence | None = None
    tail: str = ""
    reset: bool = False
    cut: Literal["", "loop", "long"] = ""
    removed: bool = False


def without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    """Drop ``<think>…</think>`` from a stream, wherever the tags are split.

    What stands before a ``</think>`` that nothing opened passes here: see ``thoughts_apart``.
    """
    for text, reset in thoughts_apart(pieces):
        if not reset:
            yield text


def thoughts_apart(pieces: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """The stream without thoughts; ("", True) where all before turns out to have been thoughts."""
    buffer, inside, thought = "", False, 0
    for piece in pieces:
        buffer += piece
        while match := (_CLOSE if inside else _EITHER).search(buffer):
            before, buffer = buffer[: match.start()], buffer[match.end() :]
            closes = match[0].startswith("</")
            if closes and not inside:
                yield "", True
            elif not inside and before:
                yield before, False
            inside = not closes
        half = _HALF_TAG.search(buffer)
        keep = len(buffer) - half.start() if half else 0
        ready, buffer = buffer[: len(buffer) - keep], buffer[len(buffer) - keep :]
        if inside:
            thought += len(ready)
            if thought > MAX_THOUGHT_CHARS:
                return
        elif ready:
            yield ready, False
    if buffer and not inside:
        yield buffer, False


def whole_syllables(pieces: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """Text in NFC; a syllable whose letters come one by one (NFD) waits until it is whole, and the
    sign for broken bytes is left out."""
    rest = ""
    for piece, reset in pieces:
        text = "" if reset else (rest + piece).replace("\ufffd", "")
        match = _JAMO.search(text)
        rest = match[0] if match else ""
        ready = unicodedata.normalize("NFC", text[: len(text) - len(rest)])
        if ready or reset:
            yield ready, reset
    if rest:
        yield unicodedata.normalize("NFC", rest), False


def write(
    pieces: Iterable[str],
    hits: Sequence[Hit],
    analyser: Analyser,
    verifier: Verifier,
    boundary: str = "",
    ours: str = "",
) -> Iterator[Piece]:
    """Sentences as they finish. A mark that names no passage is removed: it cannot be cited. ``ours``:
    the prompt, which no sentence may repeat (the shipped rules where it is not given)."""
    buffer, total, shown = "", 0, 0
    checker = _Checker(hits, analyser, verifier, boundary, ours)
    for piece, reset in whole_syllables(thoughts_apart(pieces)):
        if reset:
            buffer, shown = "", 0
            checker.said.clear()
            yield Piece(reset=True)
        buffer += piece
        total += len(piece)
        while (match := _END.search(buffer)) is not None and not _MORE_MARKS.fullmatch(
            buffer, match.end()
        ):
            finished, buffer, shown = buffer[: match.end()], buffer[match.end() :], 0
            yield from checker.pieces(finished)
        if checker.loops:
            yield Piece(cut="loop")
            return
        if total > MAX_ANSWER_CHARS or len(buffer) > MAX_SENTENCE_CHARS:
            yield Piece(cut="long")
            return
        tail = _MARK.sub("", buffer).strip()
        if not shown or len(buffer) - shown >= TAIL_STEP:
            shown = len(buffer)
            yield Piece(tail="" if checker.forbidden(tail) else plain(tail))
    yield from checker.pieces(buffer)


class _Checker:
    """Finished text to sentences with their support."""

    def __init__(
        self,
        hits: Sequence[Hit],
        analyser: Analyser,
        verifier: Verifier,
        boundary: str,
        ours: str = "",
    ) -> None:
        self._ours = ours or rules()
        self._hits, self._analyser, self._boundary = hits, analyser, boundary
        self._verifier = verifier
        self._orders = {
            n for n, hit in enumerate(hits, start=1) if instructs(f"{hit.title}\n{hit.text}")
        }
        self.said: Counter[str] = Counter()

    @property
    def loops(self) -> bool:
        """Whether one sentence came again and again."""
        return bool(self.said) and max(self.said.values()) > MAX_REPEATS

    def forbidden(self, text: str) -> bool:
        """Whether a text holds a stretch of our rules or the fence's mark."""
        if self._boundary and self._boundary in text:
            return True
        bare, ours = _bare(text), _stretches(self._ours)
        return any(bare[i : i + OVERLAP] in ours for i in range(len(bare) - OVERLAP + 1))

    def pieces(self, raw: str) -> Iterator[Piece]:
        """The sentences of a stretch of text that ends in marks or a line's end. Each stands on those
        marks by itself, so that a false one cannot hide beside a true one."""
        named = [int(n) for n in _MARK.findall(raw)]
        cited = tuple(dict.fromkeys(n for n in named if 1 <= n <= len(self._hits)))
        text = (
            re.sub(r"\s+([.!?])", r"\1", plain(_MARK.sub("", raw))).strip().lstrip("-*# ").strip()
        )
        spans = self._analyser.sentences(text) if text else ()
        parts = [text[begin:end].strip() for begin, end in spans]
        for part in parts:
            if not re.search(r"\w", part):
                continue
            self.said[_bare(part)] += 1
            if self.said[_bare(part)] > 1:
                continue
            if self.forbidden(part):
                yield Piece(removed=True)
            else:
                yield Piece(self._checked(part, cited, parts))

    def _checked(self, text: str, cited: tuple[int, ...], beside: Sequence[str]) -> Sentence:
        sources = [_source(self._hits[n - 1]) for n in cited]
        others = [other for other in beside if other != text]
        verdict = self._verifier.check(text, sources, beside=others)
        made = Sentence(text, verdict.support, cited, verdict.reason)
        if made.support != "unverified" and (instructs(text) or self._orders.intersection(cited)):
            return replace(made, support="unverified", reason=_ORDERS)
        return made


def _source(hit: Hit) -> Source:
    return Source(hit.text, hit.title, hit.header, hit.effective_on)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text)


@lru_cache(maxsize=16)
def _stretches(text: str) -> frozenset[str]:
    """All stretches of our rules that are long enough to count as repeating them."""
    ours = _bare(text)
    return frozenset(ours[i : i + OVERLAP] for i in range(len(ours) - OVERLAP + 1))
