"""The writer with models as one step of answering: which endpoint may write, what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, ModelProfile, listening
from mokmin.base.llm.prompts import SHIPPED, Prompts
from mokmin.governance.access.model import GRADE_RANK, highest
from mokmin.governance.endpoints.pool import routed
from mokmin.governance.prompts.guardrails import Guard
from mokmin.knowledge.answering import generative
from mokmin.knowledge.answering.asking import ANSWER_TOKENS, general_request, request_for
from mokmin.knowledge.answering.citing import cite
from mokmin.knowledge.answering.model import AnswerEvent, Citation, Sentence
from mokmin.knowledge.answering.verification import Verifier
from mokmin.knowledge.search.model import Hit

log = logging.getLogger(__name__)
EXTRACTIVE_MODEL = "발췌"
_BROKEN = "모델 응답이 중간에 끊겨 여기까지 받은 문장만 보여 드리고, 원문 발췌를 덧붙입니다."
_CUT = {
    "loop": "모델이 같은 말을 되풀이하여 거기까지만 보여 드립니다.",
    "long": "모델의 답이 끝나지 않아 온전한 문장까지만 보여 드립니다.",
}
_NO_MODEL = "언어모델에 연결할 수 없어 원문을 발췌해 답합니다."
_EMPTY = "모델의 답을 근거에서 확인할 수 없어, 원문을 발췌해 답합니다."
_GENERAL = "자료가 아니라 모델의 일반 지식에서 나온 문장입니다. 그대로 쓰지 말고 확인해 주세요."
_MASKED = (
    "개인정보를 가리고 모델에 보냈습니다. 답에 가려진 곳이 있으면 근거 원문에서 확인해 주세요."
)


@dataclass(frozen=True, slots=True)
class WritingPolicy:
    """What the city decided. ``unverified``: sentences that the sources do not bear out are marked or
    dropped; ``redact``: masks personal information for endpoints that may not see it (None: nothing
    is masked)."""

    unverified: Literal["mark", "drop"] = "mark"
    redact: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote. ``broken``: it was cut off, quotes should follow; ``no_basis``: it says that
    the passages hold no answer; ``prompt``: which prompt it was asked with. Without sentences (and not
    ``no_basis``) quotes are the answer."""

    model: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    broken: bool = False
    no_basis: bool = False
    prompt: str = ""


class ModelWriter:
    """Writes with the endpoints that the operator named, in their order."""

    def __init__(
        self,
        models: Sequence[ChatModel],
        analyser: Callable[[], Analyser],
        policy: WritingPolicy,
        verifier: Callable[[], Verifier],
        prompts: Prompts = SHIPPED,
        guard: Callable[[], Guard] = Guard,
    ) -> None:
        self._prompts, self._guard = prompts, guard
        self._verifier = verifier
        self._policy = policy
        self._models = models
        self._analyser = analyser

    @property
    def names(self) -> list[str]:
        """Models that can be asked for by name."""
        return [*(model.name for model in self._models), EXTRACTIVE_MODEL]

    def chain(
        self, name: str | None, may: Callable[[str], bool] = lambda _name: True
    ) -> list[ChatModel]:
        """The endpoints to try in order, the named one first; none: quote. Those that the person ``may``
        not use are not there. Raises InvalidInput."""
        if name == EXTRACTIVE_MODEL:
            return []
        found = [model for model in routed(self._models) if may(model.name)]
        if name is None:
            return found
        first = [model for model in found if model.name == name]
        if not first:
            names = ", ".join([*sorted(model.name for model in found), EXTRACTIVE_MODEL])
            raise InvalidInput(f"'{name}' 모델이 없습니다. 쓸 수 있는 모델: {names}")
        return [*first, *(model for model in found if model.name != name)]

    @staticmethod
    def cleared(
        chain: Sequence[ChatModel], hits: Sequence[Hit], notices: list[str], before: str = "O"
    ) -> list[ChatModel]:
        """Those of the chain that may see the passages and what went ``before`` (its highest grade);
        a notice says when none may."""
        found = highest([hit.grade for hit in hits])
        grade = highest([before, found])
        kept = [model for model in chain if GRADE_RANK[grade] <= GRADE_RANK[model.grade]]
        if chain and not kept:
            most = highest([model.grade for model in chain])
            held = (
                f"근거에 {grade}등급 문서가"
                if found == grade
                else f"이 대화의 앞선 내용이나 첨부에 {grade}등급 자료가"
            )
            notices.append(
                f"{held} 있어 {most}등급까지 허용된 모델에는 보내지 않고, 원문을 발췌해 답합니다."
            )
        return kept

    def write(
        self,
        chain: Sequence[ChatModel],
        question: str,
        hits: Sequence[Hit],
        notices: list[str],
        history: Sequence[tuple[str, str]] = (),
        instructions: str = "",
    ) -> Generator[AnswerEvent, None, Written]:
        """Events of the answer as it comes; what it came to is returned. Never raises Unavailable.

        An endpoint that fails before its first sentence is followed by the next of the chain.
        Sentences are held back until one of them is borne out, so that nothing shown must be taken
        back. ``notices`` gets what the reader must know.
        """
        yield AnswerEvent("step", "근거를 바탕으로 답을 쓰고 있습니다")
        failure = ""
        for number, chat in enumerate(chain):
            draft = _Draft(tuple(cite(n, hit) for n, hit in enumerate(hits, start=1)))
            masked = _Masked(self._policy.redact, chat.profile, self._analyser())
            try:
                yield from self._draft(chat, masked, question, hits, history, draft, instructions)
            except Unavailable as error:
                log.warning("chat model failed", extra={"model": chat.name, "code": error.code})
                failure = error.code
                if not draft.shown:
                    if number + 1 < len(chain):
                        yield AnswerEvent("step", "다른 모델로 이어서 쓰고 있습니다")
                    continue
                draft.broken = True
            if number:
                notices.append(f"먼저 물은 모델이 응답하지 않아 '{chat.name}' 모델이 썼습니다.")
            return self._written(chat.name, draft, masked, notices)
        notices.append(_EMPTY if failure == "model-empty" else _NO_MODEL)
        return Written(chain[-1].name)

    def _draft(
        self,
        chat: ChatModel,
        masked: _Masked,
        question: str,
        hits: Sequence[Hit],
        history: Sequence[tuple[str, str]],
        draft: _Draft,
        instructions: str,
    ) -> Iterator[AnswerEvent]:
        """Fill the draft from one endpoint. Raises Unavailable."""
        seen = [masked.hit(hit) for hit in hits]
        earlier = [(masked.text(asked), masked.text(said)) for asked, said in history]
        request = request_for(
            masked.text(question),
            seen,
            chat.profile,
            earlier,
            masked.text(instructions),
            self._prompts,
        )
        draft.prompt, guard = request.messages[0].prompt, self._guard()
        if not request.passages:
            raise Unavailable("근거가 모델이 읽을 수 있는 길이보다 깁니다.", code="model-too-small")
        known = seen[: request.passages]
        with listening(chat, request.messages, ANSWER_TOKENS) as stream:
            for piece in generative.write(
                stream, known, self._analyser(), self._verifier(), request.boundary, request.rules
            ):
                kept = _allowed(piece, guard)
                yield from draft.take(kept, drop=self._policy.unverified == "drop")
        if not draft.heard:
            raise Unavailable("언어모델이 빈 답을 보냈습니다.", code="model-empty")

    def write_generally(
        self, chain: Sequence[ChatModel], question: str, notices: list[str], instructions: str
    ) -> Generator[AnswerEvent, None, Written]:
        """Events of an answer from what a model knows, every sentence marked as not verified; without
        sentences no model could. Never raises Unavailable."""
        yield AnswerEvent("step", "자료에 답이 없어 모델의 일반 지식으로 쓰고 있습니다")
        for chat in chain:
            masked = _Masked(self._policy.redact, chat.profile, self._analyser())
            request = general_request(
                masked.text(question), masked.text(instructions), self._prompts
            )
            guard = self._guard()
            said: list[Sentence] = []
            try:
                with listening(chat, request.messages, ANSWER_TOKENS) as stream:
                    for heard in generative.write(
                        stream,
                        [],
                        self._analyser(),
                        self._verifier(),
                        request.boundary,
                        request.rules,
                    ):
                        piece = _allowed(heard, guard)
                        if piece.reset:
                            said.clear()
                        if piece.sentence is not None:
                            said.append(
                                replace(
                                    piece.sentence,
                                    support="unverified",
                                    citations=(),
                                    reason=_GENERAL,
                                )
                            )
            except Unavailable as error:
                log.warning("chat model failed", extra={"model": chat.name, "code": error.code})
            if said:
                if masked.changed:
                    notices.append(_MASKED)
                for sentence in said:
                    yield AnswerEvent("sentence", sentence=sentence)
                return Written(chat.name, tuple(said), prompt=request.messages[0].prompt)
        return Written("")

    @staticmethod
    def _written(name: str, draft: _Draft, masked: _Masked, notices: list[str]) -> Written:
        sentences = draft.shown or draft.held
        if len(sentences) == 1 and generative.NO_BASIS in sentences[0].text and not draft.broken:
            return Written(name, no_basis=True, prompt=draft.prompt)
        if not draft.shown:
            notices.append(_EMPTY)
            return Written(name)
        if draft.broken:
            notices.append(_BROKEN)
        if draft.cut:
            notices.append(_CUT[draft.cut])
        if draft.dropped:
            notices.append(f"근거에서 확인되지 않은 문장 {draft.dropped}개를 뺐습니다.")
        if draft.removed:
            notices.append(f"답에 담을 수 없는 내용이 든 문장 {draft.removed}개를 뺐습니다.")
        if masked.changed:
            notices.append(_MASKED)
        return Written(
            name, tuple(draft.shown), draft.citations, broken=draft.broken, prompt=draft.prompt
        )


def _allowed(piece: generative.Piece, guard: Guard) -> generative.Piece:
    """A piece without what holds a word that the city does not use."""
    if piece.sentence is not None and guard.forbids(piece.sentence.text):
        return replace(piece, sentence=None, removed=True)
    return replace(piece, tail="") if piece.tail and guard.forbids(piece.tail) else piece


class _Draft:
    """What one endpoint has said so far: sentences shown, and those held back until one of them is
    borne out by what it cites."""

    def __init__(self, citations: tuple[Citation, ...]) -> None:
        self.citations = citations
        self.shown: list[Sentence] = []
        self.held: list[Sentence] = []
        self.heard = False
        self.broken = False
        self.dropped = self.removed = 0
        self.cut: str = ""
        self.prompt = ""

    def take(self, piece: generative.Piece, *, drop: bool) -> Iterator[AnswerEvent]:
        """Events that a piece gives rise to."""
        self.removed += piece.removed
        self.cut = piece.cut or self.cut
        self.heard = self.heard or piece.sentence is not None or piece.removed
        if piece.reset:
            self.held.clear()
        if piece.tail and self.shown and not drop:
            yield AnswerEvent("tail", piece.tail)
        if piece.sentence is None:
            return
        borne_out = bool(piece.sentence.citations) and piece.sentence.support != "unverified"
        if not borne_out and not self.shown:
            self.held.append(piece.sentence)
            return
        waiting, self.held = [*self.held, piece.sentence], []
        for sentence in waiting:
            if drop and sentence.support == "unverified":
                self.dropped += 1
                continue
            self.shown.append(sentence)
            yield AnswerEvent("sentence", sentence=sentence, citations=self.citations)


class _Masked:
    """Personal information masked for an endpoint that may not see it."""

    def __init__(
        self, redact: Callable[[str], str] | None, profile: ModelProfile, analyser: Analyser
    ) -> None:
        self._redact = None if profile.personal_data else redact
        self._analyser = analyser
        self.changed = False

    def text(self, text: str) -> str:
        """A text as the endpoint may see it."""
        if self._redact is None:
            return text
        masked = self._redact(text)
        self.changed = self.changed or masked != text
        return masked

    def hit(self, hit: Hit) -> Hit:
        """A passage as the endpoint may see it; the answer is checked against this one."""
        text, title = self.text(hit.text), self.text(hit.title)
        if (text, title) == (hit.text, hit.title):
            return hit
        tokens = " ".join(self._analyser.morphemes([text])[0])
        return replace(hit, text=text, title=title, tokens=tokens)


def with_quotes(
    written: Written, quotes: Sequence[Sentence], quoted: Sequence[Citation]
) -> tuple[list[Sentence], list[Citation]]:
    """A broken answer followed by quotes; citations of the same passage share one number."""
    numbers = {c.passage_id: c.n for c in written.citations}
    citations = list(written.citations)
    moved: dict[int, int] = {}
    for citation in quoted:
        if citation.passage_id not in numbers:
            numbers[citation.passage_id] = len(citations) + 1
            citations.append(replace(citation, n=len(citations) + 1))
        moved[citation.n] = numbers[citation.passage_id]
    return [
        *written.sentences,
        *(replace(s, citations=tuple(moved[n] for n in s.citations)) for s in quotes),
    ], citations
