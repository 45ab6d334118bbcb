"""Question to answer: search, choose evidence, write, check, present; each step in the trace."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, replace

from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, Embedder
from mokmin.governance.access.model import GRADE_RANK, Permission, Principal, highest
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.knowledge.answering import extractive, generative
from mokmin.knowledge.answering.citing import cite, place
from mokmin.knowledge.answering.evidence import LAW, Basis, choose
from mokmin.knowledge.answering.model import (
    Answer,
    AnswerEvent,
    Citation,
    Mode,
    Nearest,
    Sentence,
)
from mokmin.knowledge.documents.references import base_law, references
from mokmin.knowledge.search.model import Hit, SearchResult
from mokmin.knowledge.search.service import SearchService

log = logging.getLogger(__name__)
EXTRACTIVE_MODEL = "발췌"
REFUSAL = "근거를 찾지 못했습니다."
TOP = 20
CITING, FOLLOWED = 2, 3


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
    ) -> None:
        self._search = search
        self._people = people
        self._audit = audit
        self._analyser = analyser
        self._embedder = embedder
        self._models = {model.name: model for model in models}

    @property
    def model_names(self) -> list[str]:
        """Models that can be asked for by name."""
        return [*self._models, EXTRACTIVE_MODEL]

    def answer(
        self,
        principal: Principal,
        question: str,
        *,
        within: Sequence[int] | None = None,
        model: str | None = None,
    ) -> Answer:
        """The finished answer. Raises InvalidInput, NotAllowed."""
        for event in self.stream(principal, question, within=within, model=model):
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
    ) -> Iterator[AnswerEvent]:
        """Events of an answer; the last one holds the whole answer. Recorded on the audit log."""
        require(principal, Permission.ASK)
        begin = time.perf_counter()
        chat = self._model(model)
        yield AnswerEvent("step", "문서고에서 근거를 찾고 있습니다")
        result = self._search.search(principal, question, top=TOP, within=within)
        basis = self._follow(principal, choose(result.query, result.hits, result.trace), within)
        run = _Run(result, basis, begin)
        if not basis.sufficient:
            answer = self._refuse(run)
        elif chat is not None and self._cleared(chat, basis, run):
            answer = yield from self._generate(chat, run)
        else:
            yield AnswerEvent("step", "답이 되는 문장을 고르고 있습니다")
            answer = self._extract(run)
            for sentence in answer.sentences:
                yield AnswerEvent("sentence", sentence=sentence, citations=answer.citations)
        self._audit.record(
            principal,
            "answer",
            f"documents:{len({c.document_id for c in answer.citations})}",
            mode=answer.mode,
            model=answer.model,
            refused=answer.refused,
            grade=answer.grade,
            citations=len(answer.citations),
        )
        yield AnswerEvent("done", answer=answer)

    def _follow(self, principal: Principal, basis: Basis, within: Sequence[int] | None) -> Basis:
        """Add the provisions that the best passages of manuals cite (법 제25조제1항제5호)."""
        if not basis.sufficient or within is not None:
            return basis
        found: dict[int, Hit] = {}
        items: dict[int, int | None] = {}
        known = {hit.passage_id for hit in basis.hits}
        for hit in [h for h in basis.hits if h.kind != LAW][:CITING]:
            law = base_law(self._search.opening(principal, hit.document_id))
            for reference in references(hit.text, law):
                provision = self._search.provision(principal, reference.law, reference.article)
                if provision is not None and len(found) < FOLLOWED:
                    items[provision.passage_id] = reference.item
                    if provision.passage_id not in known:
                        found[provision.passage_id] = provision
        return replace(basis, hits=(*basis.hits, *found.values()), followed=items)

    def _model(self, name: str | None) -> ChatModel | None:
        if name == EXTRACTIVE_MODEL or (name is None and not self._models):
            return None
        if name is None:
            return next(iter(self._models.values()))
        if name not in self._models:
            raise InvalidInput(
                f"'{name}' 모델이 없습니다. 쓸 수 있는 모델: {', '.join(self.model_names)}"
            )
        return self._models[name]

    @staticmethod
    def _cleared(chat: ChatModel, basis: Basis, run: _Run) -> bool:
        grade = highest([hit.grade for hit in basis.hits])
        if GRADE_RANK[grade] <= GRADE_RANK[chat.grade]:
            return True
        run.notices.append(
            f"근거에 {grade}등급 문서가 있어 {chat.grade}등급까지 허용된 모델에는 보내지 않고, "
            "원문을 발췌해 답합니다."
        )
        return False

    def _generate(self, chat: ChatModel, run: _Run) -> Generator[AnswerEvent, None, Answer]:
        hits = run.basis.hits
        known = tuple(cite(n, hit) for n, hit in enumerate(hits, start=1))
        yield AnswerEvent("step", "근거를 바탕으로 답을 쓰고 있습니다")
        sentences: list[Sentence] = []
        analyser = self._analyser()
        try:
            stream = chat.stream(generative.messages_for(run.result.query, hits))
            for piece in generative.write(stream, hits, analyser):
                if piece.sentence is not None:
                    sentences.append(piece.sentence)
                    yield AnswerEvent("sentence", sentence=piece.sentence, citations=known)
                elif piece.tail:
                    yield AnswerEvent("tail", piece.tail)
        except Unavailable as error:
            log.warning("chat model failed", extra={"model": chat.name, "code": error.code})
            run.notices.append(
                "모델 응답이 중간에 끊겨 여기까지 받은 문장만 보여 드리고, 원문 발췌를 덧붙입니다."
                if sentences
                else "언어모델에 연결할 수 없어 원문을 발췌해 답합니다."
            )
            return self._after_failure(run, sentences, known, chat.name)
        if len(sentences) == 1 and generative.NO_BASIS in sentences[0].text:
            return self._refuse(run, mode="generative", model=chat.name)
        if not any(s.citations and s.support != "unverified" for s in sentences):
            run.notices.append("모델의 답을 근거에서 확인할 수 없어, 원문을 발췌해 답합니다.")
            return self._extract(run)
        return self._finish(run, "", sentences, known, "generative", chat.name)

    def _after_failure(
        self, run: _Run, sentences: list[Sentence], known: tuple[Citation, ...], model: str
    ) -> Answer:
        quoted = self._extract(run)
        if not sentences:
            return quoted
        numbers = {c.passage_id: c.n for c in known}
        by_number = {c.n: c.passage_id for c in quoted.citations}
        moved = [
            Sentence(
                s.text,
                s.support,
                tuple(numbers[by_number[n]] for n in s.citations),
                s.reason,
                s.group,
            )
            for s in quoted.sentences
        ]
        return self._finish(run, "", [*sentences, *moved], known, "generative", model)

    def _extract(self, run: _Run) -> Answer:
        sentences, citations = extractive.extract(
            run.basis,
            run.result.query,
            run.result.trace.terms,
            self._analyser(),
            self._embedder(),
        )
        if not sentences:
            return self._refuse(run)
        return self._finish(
            run,
            extractive.lead(citations),
            sentences,
            tuple(citations),
            "extractive",
            EXTRACTIVE_MODEL,
        )

    def _refuse(
        self, run: _Run, *, mode: Mode = "extractive", model: str = EXTRACTIVE_MODEL
    ) -> Answer:
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
        reason = (
            "볼 수 있는 문서 가운데 이 질문에 답하는 내용이 없습니다. "
            "낱말을 바꾸어 다시 묻거나, 아래 문서의 담당 부서에 확인해 주세요."
        )
        return self._finish(
            run, REFUSAL, [], (), mode, model, refused=True, reason=reason, nearest=tuple(nearest)
        )

    @staticmethod
    def _finish(
        run: _Run,
        lead: str,
        sentences: Sequence[Sentence],
        citations: tuple[Citation, ...],
        mode: Mode,
        model: str,
        *,
        refused: bool = False,
        reason: str = "",
        nearest: tuple[Nearest, ...] = (),
    ) -> Answer:
        used = {n for s in sentences for n in s.citations}
        kept = tuple(c for c in citations if c.n in used)
        return Answer(
            question=run.result.query,
            lead=lead,
            sentences=tuple(sentences),
            citations=kept,
            refused=refused,
            reason=reason,
            mode=mode,
            model=model,
            grade=highest([c.grade for c in kept]),
            seconds=time.perf_counter() - run.begin,
            nearest=nearest,
            notices=tuple(run.notices),
            trace=_trace(run),
        )


class _Run:
    """What one question carries through the steps."""

    def __init__(self, result: SearchResult, basis: Basis, begin: float) -> None:
        self.result = result
        self.basis = basis
        self.begin = begin
        self.notices: list[str] = []


def _trace(run: _Run) -> dict[str, object]:
    kept = {hit.passage_id for hit in run.basis.hits}
    considered: list[dict[str, object]] = [
        _considered(hit, hit.passage_id in kept) for hit in run.result.hits
    ]
    return {
        **asdict(run.result.trace),
        "coverage": round(run.basis.coverage, 3),
        "similarity": round(run.basis.dense, 3),
        "considered": considered,
    }


def _considered(hit: Hit, kept: bool) -> dict[str, object]:
    return {
        "passage_id": hit.passage_id,
        "document_id": hit.document_id,
        "title": hit.title,
        "place": place(hit.locator, hit.title),
        "rank": hit.rank,
        "similarity": round(hit.dense, 3),
        "kept": kept,
    }
