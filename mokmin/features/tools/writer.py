"""The tools with a model: what it writes is kept only where the cited sentences bear it out."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import ChatModel, Message, listening
from mokmin.base.llm.prompts import SHIPPED, Prompt, Prompts
from mokmin.features.tools.model import Unit
from mokmin.governance.access.model import GRADE_RANK
from mokmin.governance.endpoints.pool import routed
from mokmin.knowledge.answering.generative import without_thinking
from mokmin.knowledge.answering.verification import Source, Verifier

log = logging.getLogger(__name__)
PACKAGE = "mokmin.features.tools"
MOST_CHARS, MOST_WRITTEN = 9_000, 12_000
_MARK = re.compile(r"\s*\[(\d{1,3})\]")
Beat = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Line:
    """A verified line of a model and the units that bear it out."""

    text: str
    units: tuple[Unit, ...]


class ToolWriter:
    """Writes with the first endpoint that may see the documents; ``redact`` masks what it may not."""

    def __init__(
        self,
        models: Sequence[ChatModel],
        verifier: Callable[[], Verifier],
        redact: Callable[[str], str] | None = None,
        prompts: Prompts = SHIPPED,
    ) -> None:
        self._prompts = prompts
        self._models = models
        self._verifier = verifier
        self._redact = redact

    def cleared(self, grade: str, notices: list[str]) -> list[ChatModel]:
        """The endpoints that may see documents of a grade; a notice says when none of them may."""
        kept = [m for m in routed(self._models) if GRADE_RANK[grade] <= GRADE_RANK[m.grade]]
        if len(self._models) and not kept:
            notices.append(
                f"{grade}등급 문서가 있어, 그 등급까지 허용되지 않은 모델에는 보내지 않고 "
                "원문에서 뽑아 만들었습니다."
            )
        return kept

    def lines(
        self,
        chain: Sequence[ChatModel],
        prompt: str,
        task: str,
        units: Sequence[Unit],
        notices: list[str],
        beat: Beat = lambda: None,
    ) -> tuple[list[Line], str]:
        """Verified lines and the model's name; no lines (with a notice) when none can be used."""
        shown = _fitting(units)
        for model in chain:
            texts = [self._for(model, u.text) for u in shown]
            messages = _messages(self._prompts.get(PACKAGE, prompt), task, shown, texts)
            try:
                raw = self._write(model, messages, beat)
            except Unavailable as error:
                log.warning("tool model failed", extra={"model": model.name, "code": error.code})
                continue
            kept = [line for part in raw.split("\n") if (line := self._line(part, shown, texts))]
            dropped = sum(bool(re.search(r"\w", part)) for part in raw.split("\n")) - len(kept)
            if dropped and kept:
                notices.append(f"원문에서 확인되지 않은 {dropped}줄을 뺐습니다.")
            if kept:
                return kept, model.name
            notices.append("모델이 쓴 글을 원문에서 확인할 수 없어, 원문에서 뽑아 만들었습니다.")
            return [], ""
        notices.append("언어모델에 연결할 수 없어 원문에서 뽑아 만들었습니다.")
        return [], ""

    def _for(self, model: ChatModel, text: str) -> str:
        hidden = self._redact is not None and not model.profile.personal_data
        return self._redact(text) if hidden and self._redact else text

    def _write(self, model: ChatModel, messages: Sequence[Message], beat: Beat) -> str:
        pieces: list[str] = []
        size = 0
        with listening(model, messages, 2_048) as stream:
            for piece in without_thinking(stream):
                pieces.append(piece)
                size += len(piece)
                beat()
                if size > MOST_WRITTEN:
                    break
        return "".join(pieces)

    def _line(self, raw: str, units: Sequence[Unit], texts: Sequence[str]) -> Line | None:
        numbers = [int(n) for n in _MARK.findall(raw)]
        cited = [n - 1 for n in dict.fromkeys(numbers) if 1 <= n <= len(units)]
        text = re.sub(r"^\s*(?:[-*•○ㅇ#]+|\d{1,2}[.)])\s*", "", _MARK.sub("", raw)).strip()
        if not cited or len(cited) < len(set(numbers)) or not re.search(r"\w", text):
            return None
        sources = [texts[k] for k in cited]
        if not self.borne_out(text.replace("||", " "), sources):
            return None
        return Line(text, tuple(units[k] for k in cited))

    def borne_out(self, text: str, sources: Sequence[str]) -> bool:
        """Whether sentences bear a text out (see ``Verifier``)."""
        return self._verifier().check(text, [Source(s) for s in sources]).support == "verified"


def _fitting(units: Sequence[Unit]) -> list[Unit]:
    kept: list[Unit] = []
    size = 0
    for unit in units:
        size += len(unit.text) + 8
        if size > MOST_CHARS:
            break
        kept.append(unit)
    return kept


def _messages(
    prompt: Prompt, task: str, units: Sequence[Unit], texts: Sequence[str]
) -> list[Message]:
    numbered = "\n".join(
        f"[{n}] {f'({unit.section}) ' if unit.section else ''}{text}"
        for n, (unit, text) in enumerate(zip(units, texts, strict=True), start=1)
    )
    return [
        Message("system", prompt.text, prompt.label),
        Message("user", f"{task}\n\n[근거]\n{numbered}"),
    ]
