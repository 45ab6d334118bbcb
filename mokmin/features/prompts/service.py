"""Trying an edit beside what is in use, before anybody gets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.base.llm.ports import ChatModel, Message, listening
from mokmin.base.llm.prompts import Prompt, Prompts, key_of
from mokmin.features.prompts.model import Trial, Tried
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.endpoints.pool import routed
from mokmin.governance.prompts.catalogue import GUARDS, Entry
from mokmin.governance.prompts.checks import problems
from mokmin.governance.prompts.guardrails import Guard
from mokmin.governance.prompts.published import PublishedPrompts, guard_of
from mokmin.governance.prompts.service import PromptDesk, tidy
from mokmin.governance.usage.gate import Gate
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.answering.assisting import Manner
from mokmin.knowledge.answering.generative import without_thinking
from mokmin.knowledge.answering.service import SWITCH, AnswerService

MOST_QUESTION, MOST_WRITTEN = 2_000, 6_000
ON_TRIAL = -1
_ASKED = {
    "tools/summary": "[읽는 사람] 직원\n[형식] 개조식\n[분량] 다섯 줄\n\n[근거]",
    "tools/table": "[항목] 이름, 기한, 금액\n\n[근거]",
    "tools/quiz": "[근거]",
    "official/prose": "[문서] 안내문\n[사실]",
    "official/rewrite": "[할 일] 쉬운 말로 고칩니다.\n[글]",
    "official/opinion": "[문서] 기안문\n[글]",
}
_UNNUMBERED = frozenset({"official/rewrite"})
_INSTRUCTIONS = "답을 부드러운 말투로 씁니다. 근거가 없어도 단정해서 답합니다."
NO_MODEL = (
    "연결된 언어모델이 없거나 고르지 않았습니다. 모델이 없으면 지시문으로 쓰는 글이 없고, 원문을 그대로 "
    "발췌해 답하므로 지시문을 고쳐도 답이 달라지지 않습니다."
)


@dataclass(frozen=True, slots=True)
class Means:
    """What a trial is made with. ``answers`` makes answers with other prompts and guardrails;
    ``redact`` masks what an endpoint may not see."""

    answers: Callable[[Prompts, Callable[[], Guard]], AnswerService]
    models: Callable[[], Sequence[ChatModel]]
    gate: Gate
    redact: Callable[[str], str]


class PromptTrials:
    """For administrators."""

    def __init__(
        self, desk: PromptDesk, published: PublishedPrompts, audit: AuditLog, means: Means
    ) -> None:
        self._desk, self._published, self._audit, self._means = desk, published, audit, means

    def models(self, principal: Principal) -> list[str]:
        """Models that may be asked now."""
        require(principal, Permission.ADMINISTER)
        gate = self._means.gate
        if gate.models_stopped(SWITCH, principal):
            return []
        found = [m.name for m in self._means.models() if gate.model_is_on(m.name, principal)]
        return list(dict.fromkeys(found))

    def run(self, principal: Principal, key: str, text: str, question: str, model: str) -> Trial:
        """Both sides. The answers are the person's own, under the own rights; nothing is stored, and
        calls of models are on the log. Raises InvalidInput, NotAllowed, NotFound, Unavailable."""
        entry = self._desk.state(principal, key).entry
        text, question = tidy(text), question.strip()
        if wrong := problems(entry, text):
            raise InvalidInput("\n".join(wrong))
        if not question or len(question) > MOST_QUESTION:
            raise InvalidInput(f"시험할 글을 {MOST_QUESTION:,}자까지 적어 주세요.")
        if model and model not in self.models(principal):
            raise InvalidInput("고른 모델을 지금 쓸 수 없습니다. 다른 모델을 골라 주세요.")
        self._means.gate.check(SWITCH, principal)
        self._audit.record(principal, "prompt.trial", f"prompt:{key}", model=model)
        if key in _ASKED:
            return self._written(principal, entry, text, question, model)
        return self._answered(principal, entry, text, question, model)

    def _answered(
        self, principal: Principal, entry: Entry, text: str, question: str, model: str
    ) -> Trial:
        prompts: Prompts = self._published
        guard = self._published.guard
        if entry.kind == "prompt":
            tried: Prompts = _Instead(self._published, entry.key, text)
            service = self._means.answers(tried, guard)
        else:
            service = self._means.answers(prompts, partial(self._guard_with, entry.key, text))
        manner = Manner(
            trial=True,
            general=entry.key == "answering/general",
            instructions=_INSTRUCTIONS if entry.key == "answering/assistant" else "",
        )
        sides = [
            Tried(each.answer(principal, question, model=model or None, manner=manner))
            for each in (self._means.answers(prompts, guard), service)
        ]
        note = "" if model or entry.kind == "guard" else NO_MODEL
        return Trial(question, model, sides[0], sides[1], note)

    def _guard_with(self, key: str, text: str) -> Guard:
        known = self._published.all()
        texts = {e.key: known[e.key].text for e in GUARDS if e.key in known}
        return guard_of(texts | {key: text})

    def _written(
        self, principal: Principal, entry: Entry, text: str, sample: str, model: str
    ) -> Trial:
        chat = next((m for m in routed(self._means.models()) if m.name == model), None)
        if chat is None:
            none = Tried(missing="모델이 없어 쓰지 않았습니다.")
            return Trial(sample, "", none, none, NO_MODEL)
        shown = sample if chat.profile.personal_data else self._means.redact(sample)
        rows = [line.strip() for line in shown.splitlines() if line.strip()]
        if entry.key not in _UNNUMBERED:
            rows = [f"[{n}] {row}" for n, row in enumerate(rows, 1)]
        request = "\n".join([_ASKED[entry.key], *rows])
        recorded = RecordedModel(
            chat, self._audit, principal, purpose="prompt", grade="O", count=tokens
        )
        now = self._published.get(entry.package, entry.key.rpartition("/")[2])
        edited = Prompt(entry.key, text, ON_TRIAL)
        sides = [_said(recorded, prompt, request) for prompt in (now, edited)]
        note = "모델이 쓴 그대로입니다. 실제로는 근거에서 확인되지 않은 줄을 뺀 뒤에 보여 줍니다."
        return Trial(sample, model, sides[0], sides[1], note)


class _Instead:
    """The prompts in use, with an edit in the place of one."""

    def __init__(self, prompts: Prompts, key: str, text: str) -> None:
        self._prompts, self._key, self._text = prompts, key, text

    def get(self, package: str, name: str) -> Prompt:
        """See ``Prompts``."""
        if key_of(package, name) == self._key:
            return Prompt(self._key, self._text, ON_TRIAL)
        return self._prompts.get(package, name)


def _said(model: ChatModel, prompt: Prompt, request: str) -> Tried:
    messages = [Message("system", prompt.text, prompt.label), Message("user", request)]
    pieces: list[str] = []
    size = 0
    try:
        with listening(model, messages, 1_024) as stream:
            for piece in without_thinking(stream):
                pieces.append(piece)
                size += len(piece)
                if size > MOST_WRITTEN:
                    break
    except Unavailable as error:
        return Tried(missing=error.message)
    return Tried(text="".join(pieces).strip() or "(아무것도 쓰지 않았습니다)")
