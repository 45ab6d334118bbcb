"""Chat models that put every call on the log: model, grade, tokens, milliseconds, how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from mokmin.base.errors import MokminError
from mokmin.base.llm.ports import ChatModel, Message
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog


class RecordedModel:
    """A ``ChatModel`` in the service of one person. ``purpose``: what it writes (``answer``,
    ``tool``); ``grade``: the highest grade of what it is given; ``count``: tokens of a text, an
    estimate, since endpoints that stream do not tell them."""

    def __init__(
        self,
        model: ChatModel,
        audit: AuditLog,
        principal: Principal,
        *,
        purpose: str,
        grade: str,
        count: Callable[[str], int],
    ) -> None:
        self.name, self.grade, self.profile = model.name, model.grade, model.profile
        self._model, self._audit, self._principal = model, audit, principal
        self._purpose, self._seen, self._count = purpose, grade, count

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """See ``ChatModel.stream``. The entry is written when the stream ends, however it ends."""
        begin = time.perf_counter()
        written: list[str] = []
        outcome = "stopped"
        try:
            for piece in self._model.stream(messages, max_tokens=max_tokens):
                written.append(piece)
                yield piece
            outcome = "done"
        except MokminError as error:
            outcome = error.code
            raise
        finally:
            self._audit.record(
                self._principal,
                "model.call",
                f"model:{self.name}"[:120],
                purpose=self._purpose,
                grade=self._seen,
                tokens_in=sum(self._count(m.content) for m in messages),
                tokens_out=self._count("".join(written)),
                ms=round((time.perf_counter() - begin) * 1000),
                outcome=outcome,
            )

    def probe(self) -> str:
        """See ``ChatModel.probe``."""
        return self._model.probe()
