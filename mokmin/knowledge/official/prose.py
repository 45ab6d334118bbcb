"""A model's part in drafting: rewording a paragraph and writing prose from facts, kept only where it is
borne out by what it was given."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mokmin.base.errors import Unavailable
from mokmin.base.llm.ports import ChatModel, Message, listening
from mokmin.base.llm.prompts import SHIPPED, Prompts
from mokmin.governance.access.model import GRADE_RANK
from mokmin.knowledge.answering.generative import without_thinking
from mokmin.knowledge.answering.verification import Source, Verifier

log = logging.getLogger(__name__)
MOST_WRITTEN = 8_000
_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_FIGURE = re.compile(r"\d[\d,.]*|「[^」]+」|제\d+조(?:의\d+)?")
_LEAD = re.compile(r"^\s*(?:[-*•○ㅇ□#]+|\d{1,2}[.)]|[가-하][.)])\s+")


@dataclass(frozen=True, slots=True)
class Written:
    """A paragraph of a model, the facts (by their place) that it rests on, and whether they bear all of
    it out (else a part)."""

    text: str
    facts: tuple[int, ...]
    whole: bool = True


class ProseWriter:
    """Writes with the first endpoint that may see the grade; ``redact`` masks what it may not see."""

    def __init__(
        self,
        verifier: Callable[[], Verifier],
        redact: Callable[[str], str] | None = None,
        prompts: Prompts = SHIPPED,
    ) -> None:
        self._verifier, self._redact, self._prompts = verifier, redact, prompts

    def reworded(
        self, chain: Sequence[ChatModel], task: str, text: str, notices: list[str]
    ) -> tuple[str, str]:
        """A new wording and the model's name; empty when none can be used, with a notice why."""
        for model in chain:
            shown = self._for(model, text)
            request = f"[할 일] {task}\n[글]\n{shown}"
            try:
                made = self._write(model, "rewrite", request)
            except Unavailable as error:
                log.warning("draft model failed", extra={"model": model.name, "code": error.code})
                continue
            made = " ".join(made.strip().strip("“”\"'").split())
            if shown != text:
                notices.append("개인정보가 있는 글이라 모델에 보내지 않고 규칙으로 다듬었습니다.")
                return "", ""
            if made and made != text and self._same(made, text):
                return made, model.name
            notices.append("모델이 고친 글이 원래 뜻과 다를 수 있어 쓰지 않았습니다.")
            return "", ""
        if chain:
            notices.append("언어모델에 연결할 수 없어 규칙으로 다듬었습니다.")
        return "", ""

    def prose(
        self,
        chain: Sequence[ChatModel],
        kind: str,
        facts: Sequence[str],
        examples: Sequence[str],
        notices: list[str],
    ) -> tuple[list[Written], str]:
        """Paragraphs borne out by facts, and the model's name."""
        for model in chain:
            shown = [self._for(model, fact) for fact in facts]
            numbered = "\n".join(f"[{n}] {fact}" for n, fact in enumerate(shown, 1))
            style = "".join(f"\n[본보기]\n{self._for(model, e)[:1_500]}" for e in examples[:2])
            try:
                raw = self._write(model, "prose", f"[문서] {kind}\n[사실]\n{numbered}{style}")
            except Unavailable as error:
                log.warning("draft model failed", extra={"model": model.name, "code": error.code})
                continue
            lines = [line for line in raw.splitlines() if re.search(r"\w", line)]
            kept = [made for line in lines if (made := self._line(line, shown)) is not None]
            if len(kept) < len(lines):
                notices.append(f"사실에서 확인되지 않은 {len(lines) - len(kept)}줄을 뺐습니다.")
            return kept, model.name
        notices.append("쓸 수 있는 언어모델이 없어 적은 사실 그대로 썼습니다.")
        return [], ""

    def _line(self, raw: str, facts: Sequence[str]) -> Written | None:
        numbers = [int(n) for n in _MARK.findall(raw)]
        cited = [n - 1 for n in dict.fromkeys(numbers) if 1 <= n <= len(facts)]
        text = _LEAD.sub("", _MARK.sub("", raw)).strip()
        if not cited or len(cited) < len(set(numbers)) or not re.search(r"\w", text):
            return None
        sources = [facts[k] for k in cited]
        if not _figures(text) <= set().union(*map(_figures, sources)):
            return None
        verdict = self._verifier().check(text, [Source(s) for s in sources])
        if verdict.support == "unverified":
            return None
        return Written(text, tuple(cited), verdict.support == "verified")

    def _same(self, made: str, text: str) -> bool:
        """Whether a new wording carries the same figures and names of laws, and the text bears it out."""
        if _figures(made) != _figures(text):
            return False
        return self._verifier().check(made, [Source(text)]).support != "unverified"

    def _for(self, model: ChatModel, text: str) -> str:
        hidden = self._redact is not None and not model.profile.personal_data
        return self._redact(text) if hidden and self._redact else text

    def _write(self, model: ChatModel, name: str, request: str) -> str:
        prompt = self._prompts.get("mokmin.knowledge.official", name)
        messages = [
            Message("system", prompt.text, prompt.label),
            Message("user", request),
        ]
        pieces: list[str] = []
        size = 0
        with listening(model, messages, 1_536) as stream:
            for piece in without_thinking(stream):
                pieces.append(piece)
                size += len(piece)
                if size > MOST_WRITTEN:
                    break
        return "".join(pieces)


def cleared(models: Sequence[ChatModel], grade: str) -> list[ChatModel]:
    """The endpoints that may see a grade."""
    return [m for m in models if GRADE_RANK[grade] <= GRADE_RANK[m.grade]]


def _figures(text: str) -> set[str]:
    return {found.replace(",", "").rstrip(".") for found in _FIGURE.findall(text)}
