"""Question to answer: search, choose evidence, write, check, present; each step in the trace."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from functools import cached_property

from mokmin.base.errors import Unavailable
from mokmin.base.korean.josa import with_josa
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, Embedder
from mokmin.base.llm.prompts import SHIPPED, Prompts
from mokmin.governance.access.model import Permission, Principal, highest
from mokmin.governance.access.rules import require
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.endpoints.gate import allows
from mokmin.governance.people.service import PeopleService
from mokmin.governance.prompts.guardrails import Guard
from mokmin.governance.usage.gate import Gate
from mokmin.knowledge.answering import extractive
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.answering.assisting import PLAIN, Manner
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.answering.curated import CuratedAnswers, answer_of
from mokmin.knowledge.answering.finding import Finder, Turn
from mokmin.knowledge.answering.masking import GradedMask, masked_event, unmasked
from mokmin.knowledge.answering.model import (
    Answer,
    AnswerEvent,
    Exchange,
    Mode,
    Nearest,
)
from mokmin.knowledge.answering.progress import Run, declined_answer, finished
from mokmin.knowledge.answering.understanding import Understood, declined, understand
from mokmin.knowledge.answering.verification import Verifier
from mokmin.knowledge.answering.writing import (
    EXTRACTIVE_MODEL,
    ModelWriter,
    WritingPolicy,
    with_quotes,
)
from mokmin.knowledge.search.question import clean_query
from mokmin.knowledge.search.service import SearchService

GENERAL = "고른 자료에는 답이 없어 모델의 일반 지식으로 썼습니다. 근거가 없으니 그대로 쓰지 말고 확인해 주세요."
SWITCH = "assistant"


class AnswerService:
    """Answers questions over what the principal may read."""

    def __init__(
        self,
        search: SearchService,
        people: PeopleService,
        audit: AuditLog,
        analyser: Callable[[], Analyser],
        embedder: Callable[[], Embedder],
        models: Sequence[ChatModel] = (),
        *,
        policy: WritingPolicy | None = None,
        gate: Gate | None = None,
        mask: GradedMask = unmasked,
        curated: CuratedAnswers | None = None,
        cited: Callable[[Collection[int]], None] | None = None,
        prompts: Prompts = SHIPPED,
        guard: Callable[[], Guard] = Guard,
    ) -> None:
        """``cited`` is told which documents an answer leans on; ``prompts`` and ``guard`` are asked anew
        for every question."""
        self._guard = guard
        self._mask = mask
        self._curated = curated
        self._cited = cited
        self._search = search
        self._gate = gate
        self._people = people
        self._audit = audit
        self._analyser = analyser
        self._embedder = embedder
        self._finder = Finder(search, analyser, embedder)
        self._writer = ModelWriter(
            models,
            analyser,
            policy or WritingPolicy(),
            lambda: self._verifier,
            prompts,
            guard,
        )

    @cached_property
    def _verifier(self) -> Verifier:
        return Verifier(self._analyser(), self._embedder())

    @property
    def model_names(self) -> list[str]:
        """Models that can be asked for by name."""
        return self._writer.names

    def names_for(self, principal: Principal) -> list[str]:
        """Models that this person can ask for by name, switched on or not."""
        return [name for name in self._writer.names if allows(self._gate, name, principal)]

    def may_name(self, name: str, principal: Principal) -> bool:
        """Whether there is a model of this name for this person."""
        return name in self.names_for(principal)

    def endpoints(self, principal: Principal) -> list[tuple[str, str]]:
        """(name, highest grade that it may see) of each model that answers this person now, in the
        order of the list: that in which one question tries them differs from time to time."""
        grades = {chat.name: chat.grade for chat in self._chain(principal, None, [])}
        return [(name, grades[name]) for name in self._writer.names if name in grades]

    def check(self, principal: Principal) -> None:
        """Raise Unavailable, with the administrator's notice, while answering is switched off, and
        RateLimited at a limit."""
        if self._gate is not None:
            self._gate.check(SWITCH, principal)

    def is_on(self, principal: Principal) -> bool:
        """Whether an answer under way may go on; asked before every sentence."""
        return self._gate is None or self._gate.is_on(SWITCH, principal)

    def _chain(
        self,
        principal: Principal,
        model: str | None,
        notices: list[str],
        manner: Manner = PLAIN,
    ) -> list[ChatModel]:
        """The writer's endpoints that may be asked now; a notice says why there are none."""
        chain = self._writer.chain(
            model,
            lambda name: manner.may_write(name) and allows(self._gate, name, principal),
        )
        if self._gate is None or not chain:
            return chain
        if stopped := self._gate.models_stopped(SWITCH, principal):
            notices.append(stopped)
            return []
        return [chat for chat in chain if self._gate.model_is_on(chat.name, principal)]

    def answer(
        self,
        principal: Principal,
        question: str,
        *,
        within: Sequence[int] | None = None,
        model: str | None = None,
        history: Sequence[Exchange] = (),
        manner: Manner = PLAIN,
    ) -> Answer:
        """The finished answer. Raises InvalidInput, NotAllowed."""
        events = self.stream(
            principal, question, within=within, model=model, history=history, manner=manner
        )
        for event in events:
            if event.answer is not None:
                return event.answer
        raise Unavailable("답변을 마치지 못했습니다. 잠시 뒤 다시 시도해 주세요.")

    def stream(
        self,
        principal: Principal,
        question: str,
        *,
        within: Sequence[int] | None = None,
        model: str | None = None,
        history: Sequence[Exchange] = (),
        grade: str = "O",
        alone: bool = False,
        manner: Manner = PLAIN,
        traceless: bool = False,
    ) -> Iterator[AnswerEvent]:
        """Events of an answer; the last one holds the whole answer. Recorded on the audit log.

        ``history``: the conversation so far, oldest first; a follow-up takes its matter from there.
        ``grade``: the highest of what the conversation holds; it counts for what an endpoint may see
        like that of the evidence, and so do the grades of the history. ``alone``: no other model
        stands in for the named one, and no answer that a steward wrote. ``manner``: how an assistant
        has it written. ``traceless``: nothing is kept of it but its entry on the log.
        """
        events = self._stream(principal, question, within, model, history, grade, alone, manner)
        if not (traceless or manner.trial):
            events = self._counted(events)
        return (masked_event(event, self._mask) for event in events)

    def _stream(
        self,
        principal: Principal,
        question: str,
        within: Sequence[int] | None,
        model: str | None,
        history: Sequence[Exchange],
        grade: str,
        alone: bool = False,
        manner: Manner = PLAIN,
    ) -> Iterator[AnswerEvent]:
        require(principal, Permission.ASK)
        self.check(principal)
        begin = time.perf_counter()
        told: list[str] = []
        chain = self._chain(principal, model, told, manner)
        alone = alone or manner.trial
        if alone:
            chain = [chat for chat in chain if chat.name == model]
        understood = understand(clean_query(question), history, self._analyser)
        if reason := declined(understood.text, self._guard()):
            answer = declined_answer(understood, reason, begin)
        elif not alone and (kept := self._kept(principal, understood, within, begin)):
            yield AnswerEvent("step", "담당자가 확인한 답을 찾았습니다")
            answer = kept
        else:
            yield AnswerEvent("step", "문서고에서 근거를 찾고 있습니다")
            turn = Turn()
            if not turn.comes:
                yield AnswerEvent("step", "앞선 질문을 먼저 찾고 있습니다. 곧 차례가 옵니다")
            with turn:
                run = self._finder.find(principal, understood, within, begin)
            run.notices += told
            if not run.basis.sufficient:
                answer = self._refuse(run)
            elif cleared := self._writer.cleared(
                chain, run.evidence, run.notices, highest([grade, *(e.grade for e in history)])
            ):
                seen = highest(
                    [grade, *(h.grade for h in run.evidence), *(e.grade for e in history)]
                )
                recorded = self._recorded(principal, cleared, seen, manner)
                answer = yield from self._generate(recorded, run, history, manner)
            else:
                yield AnswerEvent("step", "답이 되는 문장을 고르고 있습니다")
                answer = self._extract(run)
                for sentence in answer.sentences:
                    yield AnswerEvent("sentence", sentence=sentence, citations=answer.citations)
            if answer.refused and manner.general:
                before = highest([grade, *(e.grade for e in history)])
                answer = yield from self._generally(principal, chain, run, answer, manner, before)
        if manner.trial:
            yield AnswerEvent("done", answer=answer)
            return
        self._audit.record(
            principal,
            "answer",
            f"documents:{len({c.document_id for c in answer.citations})}",
            mode=answer.mode,
            model=answer.model,
            refused=answer.refused,
            grade=answer.grade,
            citations=len(answer.citations),
            ms=round(1000 * answer.seconds),
            **_support(answer),
            **({"assistant": manner.assistant} if manner.assistant else {}),
        )
        yield AnswerEvent("done", answer=answer)

    def _counted(self, events: Iterator[AnswerEvent]) -> Iterator[AnswerEvent]:
        """Tell which documents a finished answer leans on."""
        for event in events:
            found = event.answer
            if self._cited is not None and found is not None and found.citations:
                self._cited({c.document_id for c in found.citations})
            yield event

    def _recorded(
        self, principal: Principal, models: Sequence[ChatModel], grade: str, manner: Manner
    ) -> list[ChatModel]:
        return [
            RecordedModel(
                model,
                self._audit,
                principal,
                purpose="answer",
                grade=grade,
                count=tokens,
                assistant=manner.assistant,
            )
            for model in models
        ]

    def _generally(
        self,
        principal: Principal,
        chain: Sequence[ChatModel],
        run: Run,
        refused: Answer,
        manner: Manner,
        before: str,
    ) -> Generator[AnswerEvent, None, Answer]:
        """What a model knows by itself, told to be that; the refusal where none may be asked."""
        cleared = self._writer.cleared(chain, [], [], before)
        if not cleared:
            return refused
        written = yield from self._writer.write_generally(
            self._recorded(principal, cleared, before, manner),
            run.understood.standalone,
            run.notices,
            manner.instructions,
        )
        if not written.sentences:
            return refused
        return finished(
            run,
            GENERAL,
            written.sentences,
            (),
            "generative",
            written.model,
            prompt=written.prompt,
        )

    def _kept(
        self,
        principal: Principal,
        understood: Understood,
        within: Sequence[int] | None,
        begin: float,
    ) -> Answer | None:
        """What a steward wrote for this question, when the reader may see all that it rests on."""
        if self._curated is None:
            return None
        found = self._curated.match(principal, understood, within)
        return answer_of(understood, *found, begin) if found else None

    def _generate(
        self,
        chain: Sequence[ChatModel],
        run: Run,
        history: Sequence[Exchange],
        manner: Manner = PLAIN,
    ) -> Generator[AnswerEvent, None, Answer]:
        follows = run.understood.follows
        earlier = [(e.question, e.answer) for e in history if e.answer] if follows else []
        written = yield from self._writer.write(
            chain, run.result.query, run.evidence, run.notices, earlier, manner.instructions
        )
        if written.no_basis:
            return self._refuse(run, mode="generative", model=written.model, prompt=written.prompt)
        if not written.sentences:
            return self._extract(run)
        sentences, citations = list(written.sentences), list(written.citations)
        if written.broken:
            quoted = self._extract(run)
            sentences, citations = with_quotes(written, quoted.sentences, quoted.citations)
        return finished(
            run,
            "",
            sentences,
            tuple(citations),
            "generative",
            written.model,
            prompt=written.prompt,
        )

    def _extract(self, run: Run) -> Answer:
        analyser = self._analyser()
        followed = [
            clause
            for hit in run.basis.hits
            if hit.passage_id in run.basis.followed
            for clause in extractive.provision([hit], run.basis.followed[hit.passage_id], analyser)
        ]
        sentences, citations = extractive.compose(run.result.query, run.selected, followed)
        if not sentences:
            return self._refuse(run)
        return finished(
            run,
            extractive.lead(citations),
            sentences,
            tuple(citations),
            "extractive",
            EXTRACTIVE_MODEL,
        )

    def _refuse(
        self,
        run: Run,
        *,
        mode: Mode = "extractive",
        model: str = EXTRACTIVE_MODEL,
        prompt: str = "",
    ) -> Answer:
        guard = self._guard()
        nearest: list[Nearest] = []
        for hit in run.result.hits:
            if all(n.document_id != hit.document_id for n in nearest):
                phone = self._people.department_phone(hit.department) if hit.department else ""
                nearest.append(
                    Nearest(
                        hit.document_id,
                        hit.passage_id,
                        hit.title,
                        place(hit.locator, hit.title),
                        hit.department,
                        phone,
                    )
                )
            if len(nearest) == 3:
                break
        strange = ", ".join(f"‘{noun}’" for noun in run.basis.strange[:3])
        reason = (
            "볼 수 있는 문서 가운데 이 질문에 답하는 내용이 없습니다. "
            + (
                f"찾은 문서 어디에도 {with_josa(strange, '이/가')} 나오지 않습니다. "
                if strange
                else ""
            )
            + "낱말을 바꾸어 다시 묻거나, 아래 문서의 담당 부서에 확인해 주세요."
        )
        return finished(
            run,
            guard.refusal,
            [],
            (),
            mode,
            model,
            refused=True,
            reason=guard.with_contact(reason),
            nearest=tuple(nearest),
            prompt=prompt,
        )


def _support(answer: Answer) -> dict[str, int]:
    """Sentences by their support, those that there are."""
    found = Counter(sentence.support for sentence in answer.sentences)
    return {support: count for support, count in found.items() if count}
