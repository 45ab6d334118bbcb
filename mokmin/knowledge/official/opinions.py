"""A model's part in reviewing: what a careful senior would ask again. It changes nothing, and an opinion
that quotes what the draft does not say, or brings figures of its own, is dropped."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import ChatModel, Message, listening
from mokmin.base.llm.prompts import SHIPPED, Prompt, Prompts
from mokmin.knowledge.answering.generative import without_thinking

log = logging.getLogger(__name__)
ASPECTS = ("논리", "반론", "어조", "읽는 이")
MOST_OPINIONS, MOST_WRITTEN, MOST_TEXT = 8, 6_000, 300
_FIGURE = re.compile(r"\d[\d,.]*|「[^」]+」")
_LINE = re.compile(r"^\W{0,4}\[?(\d{1,3})\]?\s*\|\s*([^|]{1,12})\|([^|]{1,120})\|(.+)$")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What to think over: the item by its place (0-based), the aspect, the words it is about."""

    at: int
    aspect: str
    quote: str
    text: str


class OpinionReader:
    """Asks the first endpoint that answers; ``redact`` masks what it may not see."""

    def __init__(
        self, redact: Callable[[str], str] | None = None, prompts: Prompts = SHIPPED
    ) -> None:
        self._redact, self._prompts = redact, prompts

    def read(
        self, chain: Sequence[ChatModel], kind: str, items: Sequence[str], notices: list[str]
    ) -> tuple[list[Opinion], str]:
        """Opinions and the model's name; none, with a notice, when no endpoint can be used."""
        prompt = self._prompts.get("mokmin.knowledge.official", "opinion")
        for model in chain:
            hidden = self._redact is not None and not model.profile.personal_data
            shown = [self._redact(t) if hidden and self._redact else t for t in items]
            numbered = "\n".join(f"[{n}] {text}" for n, text in enumerate(shown, 1))
            try:
                raw = _asked(model, prompt, f"[문서] {kind}\n[글]\n{numbered}")
            except Unavailable as error:
                log.warning("review model failed", extra={"model": model.name, "code": error.code})
                continue
            lines = [line for line in raw.splitlines() if "|" in line]
            kept = [made for line in lines if (made := _opinion(line, items)) is not None]
            if len(kept) < len(lines):
                notices.append(f"글에서 확인되지 않은 의견 {len(lines) - len(kept)}개를 뺐습니다.")
            return kept[:MOST_OPINIONS], model.name
        notices.append(
            "지금 물어볼 수 있는 언어모델이 없습니다. 규칙 검토는 그대로 쓸 수 있습니다."
        )
        return [], ""


def _opinion(line: str, items: Sequence[str]) -> Opinion | None:
    found = _LINE.match(line.strip())
    if found is None:
        return None
    at, aspect = int(found[1]) - 1, found[2].strip()
    quote, text = found[3].strip().strip("“”\"'‘’"), found[4].strip()
    if not 0 <= at < len(items) or aspect not in ASPECTS:
        return None
    if len(quote) < 2 or _bare(quote) not in _bare(items[at]):
        return None
    if not 5 <= len(text) <= MOST_TEXT or not _figures(text) <= _figures(" ".join(items)):
        return None
    return Opinion(at, aspect, quote, text)


def _asked(model: ChatModel, prompt: Prompt, request: str) -> str:
    messages = [Message("system", prompt.text, prompt.label), Message("user", request)]
    pieces: list[str] = []
    size = 0
    with listening(model, messages, 1_024) as stream:
        for piece in without_thinking(stream):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_WRITTEN:
                break
    return "".join(pieces)


def _bare(text: str) -> str:
    return "".join(text.split())


def _figures(text: str) -> set[str]:
    return {found.replace(",", "").rstrip(".") for found in _FIGURE.findall(text)}
