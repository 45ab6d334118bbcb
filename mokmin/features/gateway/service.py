"""Cited answers, plain models and vectors for programs, under the rights of the token's owner."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

import numpy as np

from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound, Unavailable
from mokmin.base.llm.ports import ChatModel, Embedder, Message, RemoteEmbedder, Vectors, listening
from mokmin.features.gateway.model import (
    MOKMIN,
    MOKMIN_EXTRACTIVE,
    Assistants,
    Chat,
    ModelCard,
    Piece,
)
from mokmin.features.gateway.pieces import cited_pieces, exchanges
from mokmin.governance.access.model import GRADE_RANK, Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.endpoints.gate import allows
from mokmin.governance.endpoints.pool import standing_in
from mokmin.governance.usage.gate import Gate
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL

log = logging.getLogger(__name__)
SWITCH = "gateway"
MOST_INPUTS, MOST_CHARACTERS = 256, 400_000
# A sentence that is complete may be masked and sent on.
_WHOLE = re.compile(r".*(?:\n|[.!?。]\s)", re.DOTALL)


class GatewayService:
    """What the OpenAI protocol reaches. ``screen`` makes a text fit to be sent or raises
    InvalidInput; ``redact`` masks for models without clearance for personal information; ``mask``
    masks what a model of a grade wrote."""

    def __init__(
        self,
        answers: AnswerService,
        models: Sequence[ChatModel],
        embedder: Callable[[], Embedder],
        audit: AuditLog,
        gate: Gate,
        *,
        screen: Callable[[str], str],
        redact: Callable[[str], str],
        mask: Callable[[str, str], str],
        assistants: Assistants | None = None,
        remote: Callable[[], Sequence[RemoteEmbedder]] = tuple,
    ) -> None:
        self._answers = answers
        self._models = models
        self._embedder, self._remote = embedder, remote
        self._audit = audit
        self._gate = gate
        self._screen, self._redact, self._mask = screen, redact, mask
        self._assistants = assistants

    def models(self, principal: Principal) -> list[ModelCard]:
        """What the caller may name: cited answers, assistants, plain models that are on, vectors."""
        require(principal, Permission.ASK)
        cards = [ModelCard(MOKMIN, "mokmin"), ModelCard(MOKMIN_EXTRACTIVE, "mokmin")]
        if self._assistants is not None:
            cards += self._assistants.cards(principal)
        taken = {card.id for card in cards}
        cards += [
            ModelCard(model.name, "endpoint", model.grade)
            for model in self._models
            if model.name not in taken and self._gate.model_is_on(model.name, principal)
        ]
        cards += [
            ModelCard(remote.name, "endpoint-embedding", remote.grade)
            for remote in self._remote()
            if self._gate.model_is_on(remote.name, principal)
        ]
        return [*cards, ModelCard(self._embedder().name, "mokmin-embedding", "C")]

    def chat(self, principal: Principal, chat: Chat) -> Iterator[Piece]:
        """The answer in pieces, the last one with why it ended. Raises NotFound, NotAllowed,
        InvalidInput, Unavailable, all before the first piece unless an endpoint breaks off."""
        require(principal, Permission.ASK)
        self._gate.check(SWITCH, principal)
        if chat.model in (MOKMIN, MOKMIN_EXTRACTIVE):
            return _stopped(self._cited(principal, chat), chat)
        if any(
            model.name == chat.model and allows(self._gate, model.name, principal)
            for model in self._models
        ):
            return _stopped(self._plain(principal, chat), chat)
        if self._assistants is not None and any(
            card.id == chat.model for card in self._assistants.cards(principal)
        ):
            return _stopped(self._assistants.stream(principal, chat), chat)
        raise _no_model(chat.model)

    def embed(
        self, principal: Principal, model: str, texts: Sequence[str], dimensions: int | None
    ) -> Vectors:
        """Unit vectors, shortened to so many dimensions. Raises NotFound, InvalidInput."""
        require(principal, Permission.ASK)
        self._gate.check(SWITCH, principal)
        if not texts or len(texts) > MOST_INPUTS or not all(texts):
            raise InvalidInput(f"input은 빈 글이 없이 1개에서 {MOST_INPUTS}개까지 보내 주세요.")
        if sum(map(len, texts)) > MOST_CHARACTERS:
            raise InvalidInput(f"input은 모두 {MOST_CHARACTERS:,}자까지입니다. 나누어 보내 주세요.")
        vectors = self._vectors(principal, model, texts)
        size = dimensions or vectors.shape[1]
        if not 1 <= size <= vectors.shape[1]:
            raise InvalidInput(f"dimensions는 1에서 {vectors.shape[1]}까지입니다.")
        made = vectors[:, :size]
        norms = np.linalg.norm(made, axis=1, keepdims=True)
        self._audit.record(
            principal,
            "model.call",
            f"model:{model}"[:120],
            purpose="embedding",
            tokens_in=sum(map(tokens, texts)),
        )
        return np.asarray(made / np.where(norms > 0, norms, 1.0), np.float32)

    def _vectors(self, principal: Principal, model: str, texts: Sequence[str]) -> Vectors:
        """Of the embedded model, or of a registered one; what leaves is screened and masked."""
        embedder = self._embedder()
        if model == embedder.name:
            return embedder.embed_passages(texts)
        for remote in self._remote():
            if remote.name == model and allows(self._gate, model, principal):
                self._gate.check_model(model, SWITCH, principal)
                return remote.embed([self._redact(self._screen(text)) for text in texts])
        raise _no_model(model)

    # --- cited answers --------------------------------------------------------------------
    def _cited(self, principal: Principal, chat: Chat) -> Iterator[Piece]:
        question, history = exchanges(chat)
        events = self._answers.stream(
            principal,
            self._screen(question),
            model=EXTRACTIVE_MODEL if chat.model == MOKMIN_EXTRACTIVE else None,
            history=history,
            grade=chat.grade,
        )
        yield from cited_pieces(events)

    # --- plain models ---------------------------------------------------------------------
    def _plain(self, principal: Principal, chat: Chat) -> Iterator[Piece]:
        chain = [
            model
            for model in standing_in(self._models, chat.model)
            if model.name == chat.model or self._gate.model_is_on(model.name, principal)
        ]
        model = next((model for model in chain if model.name == chat.model), None)
        if model is None:
            raise _no_model(chat.model)
        self._gate.check_model(model.name, SWITCH, principal)
        if GRADE_RANK[chat.grade] > GRADE_RANK[model.grade]:
            raise NotAllowed(
                f"{chat.grade}등급 자료는 {model.grade}등급까지 허용된 이 모델에 보낼 수 없습니다. "
                "보내지 않았습니다. 다른 모델을 골라 주세요.",
                code="grade-not-cleared",
            )
        seen = [self._screen(turn.content) for turn in chat.turns]
        if not model.profile.personal_data:
            seen = [self._redact(text) for text in seen]
        needed = sum(map(tokens, seen)) + chat.max_tokens
        if needed > model.profile.context_tokens:
            raise InvalidInput(
                f"이 모델은 물음과 답을 합해 {model.profile.context_tokens:,} 토큰까지 받습니다. "
                "줄여서 보내 주세요.",
                code="context-length-exceeded",
            )
        recorded = [
            RecordedModel(
                one, self._audit, principal, purpose="gateway", grade=chat.grade, count=tokens
            )
            for one in chain
            if one.profile.context_tokens >= needed
        ]
        messages = [Message(t.role, text) for t, text in zip(chat.turns, seen, strict=True)]
        return self._answered(recorded, messages, chat)

    def _answered(
        self, chain: Sequence[ChatModel], messages: Sequence[Message], chat: Chat
    ) -> Iterator[Piece]:
        """The answer of the first that gives one; the next is asked while the caller has heard nothing.
        Raises Unavailable."""
        for number, model in enumerate(chain, start=1):
            heard = False
            try:
                with closing(self._spoken(model, messages, chat)) as spoken:
                    for piece in list(spoken) if chat.whole else spoken:
                        heard = True
                        yield piece
                return
            except Unavailable as error:
                if heard or number == len(chain):
                    raise
                log.warning("model stood in for", extra={"model": model.name, "code": error.code})

    def _spoken(
        self, model: ChatModel, messages: Sequence[Message], chat: Chat
    ) -> Generator[Piece, None, None]:
        held, finish = "", Piece(finish="stop")
        try:
            with listening(model, messages, chat.max_tokens) as stream:
                for piece in stream:
                    held += piece
                    if whole := _WHOLE.match(held):
                        yield Piece(self._mask(whole.group(), chat.grade))
                        held = held[whole.end() :]
        except MokminError as error:
            if error.code != "model-cut":
                raise
            finish = Piece(finish="length")
        if held:
            yield Piece(self._mask(held, chat.grade))
        yield finish


def _no_model(name: str) -> NotFound:
    return NotFound(
        f"'{name[:60]}' 모델이 없거나 쓸 수 없습니다. /v1/models에서 골라 주세요.",
        code="model-not-found",
    )


def _stopped(pieces: Iterator[Piece], chat: Chat) -> Iterator[Piece]:
    """The pieces up to the first stop text, which may lie across two of them."""
    if not chat.stop:
        yield from pieces
        return
    longest, held = max(map(len, chat.stop)), ""
    for piece in pieces:
        held += piece.text
        places = [at for at in (held.find(stop) for stop in chat.stop) if at >= 0]
        if places:
            yield Piece(held[: min(places)])
            yield Piece(finish="stop", cited=piece.cited)
            return
        safe = len(held) if piece.finish else max(0, len(held) - longest + 1)
        if held[:safe]:
            yield Piece(held[:safe])
        held = held[safe:]
        if piece.finish:
            yield Piece(finish=piece.finish, cited=piece.cited)
