"""Assistants of departments (업무봇) as models of the OpenAI protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mokmin.base.errors import NotFound
from mokmin.features.gateway.model import Chat, ModelCard, Piece
from mokmin.features.gateway.pieces import cited_pieces, exchanges
from mokmin.governance.access.model import Principal
from mokmin.knowledge.answering.assisting import WorkAssistants
from mokmin.knowledge.answering.service import AnswerService

PREFIX = "assistant-"


def model_id(assistant_id: int) -> str:
    """What programs call an assistant."""
    return f"{PREFIX}{assistant_id}"


class AssistantModels:
    """Implements ``model.Assistants``: published ones, each answering within its knowledge under the
    caller's rights. ``screen`` makes a text fit to be sent or raises InvalidInput."""

    def __init__(
        self, assistants: WorkAssistants, answers: AnswerService, screen: Callable[[str], str]
    ) -> None:
        self._assistants = assistants
        self._answers = answers
        self._screen = screen

    def cards(self, principal: Principal) -> Sequence[ModelCard]:
        """See ``Assistants``."""
        return [
            ModelCard(model_id(card.id), card.department or "mokmin", name=card.name)
            for card in self._assistants.usable(principal)
        ]

    def stream(self, principal: Principal, chat: Chat) -> Iterator[Piece]:
        """See ``Assistants``."""
        number = chat.model.removeprefix(PREFIX)
        if not (number.isascii() and number.isdigit()):
            raise NotFound("그런 업무봇이 없습니다.", code="model-not-found")
        brief = self._assistants.brief(principal, int(number))
        question, history = exchanges(chat)
        events = self._answers.stream(
            principal,
            self._screen(question),
            within=brief.document_ids,
            history=history,
            grade=chat.grade,
            manner=brief.manner,
        )
        return cited_pieces(events)
