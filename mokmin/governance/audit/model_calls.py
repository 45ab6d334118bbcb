"""Chat models that put every call on the log: model, grade, tokens, milliseconds, how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from mokmin.base.errors import MokminError
from mokmin.base.llm.ports import ChatModel, Message, Pieces, Usage, listening
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog


class RecordedModel:
    """A ``ChatModel`` in the service of one person. ``purpose``: what it writes (``answer``,
    ``tool``); ``grade``: the highest grade of what it is given; ``count``: tokens of a text, an
    estimate for endpoints that do not tell theirs (the entry says which it is)."""

    def __init__(
        self,
        model: ChatModel,
        audit: AuditLog,
        principal: Principal,
        *,
        purpose: str,
        grade: str,
        count: Callable[[str], int],
        assistant: int | None = None,
    ) -> None:
        self.name, self.grade, self.profile = model.name, model.grade, model.profile
        self._model, self._audit, self._principal = model, audit, principal
        self._purpose, self._seen, self._count = purpose, grade, count
        # Whose call it is, where an assistant of a department asks.
        self._more: dict[str, int] = {"assistant": assistant} if assistant else {}

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """See ``ChatModel.stream``. The entry is written when the stream ends, however it ends."""
        return Pieces(lambda told: self._stream(messages, max_tokens, told))

    def _stream(self, messages: Sequence[Message], max_tokens: int, told: Pieces) -> Iterator[str]:
        begin = time.perf_counter()
        written: list[str] = []
        outcome, first = "stopped", 0.0
        pieces: Iterator[str] = iter(())
        try:
            with listening(self._model, messages, max_tokens) as pieces:
                for piece in pieces:
                    first = first or time.perf_counter()
                    written.append(piece)
                    yield piece
            outcome = "done"
        except MokminError as error:
            outcome = error.code
            raise
        finally:
            told.usage = getattr(pieces, "usage", None)
            counted = told.usage is not None
            used = told.usage or Usage(
                sum(self._count(m.content) for m in messages), self._count("".join(written))
            )
            ms = round((time.perf_counter() - begin) * 1000)
            self._audit.record(
                self._principal,
                "model.call",
                f"model:{self.name}"[:120],
                purpose=self._purpose,
                grade=self._seen,
                tokens_in=used.tokens_in,
                tokens_out=used.tokens_out,
                counted=counted,
                ms=ms,
                first_ms=round((first - begin) * 1000) if first else ms,
                milliwon=self.profile.milliwon(used.tokens_in, used.tokens_out, ms),
                milliwatt_hours=self.profile.milliwatt_hours(ms),
                outcome=outcome,
                **self._more,
                **({"prompt": messages[0].prompt} if messages and messages[0].prompt else {}),
            )

    def probe(self) -> str:
        """See ``ChatModel.probe``."""
        return self._model.probe()
