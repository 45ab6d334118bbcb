"""Health of the endpoints while nobody asks them: a breaker that opened is tried again as soon as something
answers, and one that nobody has tried yet learns of an outage before a person does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from mokmin.base.llm.breaker import Breaker
from mokmin.governance.endpoints.pool import ModelPool

TURN_SECONDS = 5.0
# A healthy endpoint is looked at once in so many turns.
SELDOM = 3
AT_ONCE = 8


@runtime_checkable
class Watched(Protocol):
    """A model with a breaker, which can be looked at without asking it anything."""

    breaker: Breaker

    def is_reachable(self) -> bool:
        """Whether anything answers there."""
        ...


class EndpointWatch:
    """Called every few seconds by the service; several endpoints are looked at side by side."""

    def __init__(self, models: Callable[[], object]) -> None:
        self._models = models
        self._turns = 0

    def turn(self) -> int:
        """Look at those that rest, and now and then at the others; the number of those looked at."""
        self._turns += 1
        models = self._models()
        routes = models.routes() if isinstance(models, ModelPool) else []
        every = self._turns % SELDOM == 0
        due = [
            route.model
            for route in routes
            if isinstance(route.model, Watched) and (every or route.state == "open")
        ]
        if due:
            with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="watch") as pool:
                list(pool.map(_look, due))
        return len(due)


def _look(model: object) -> None:
    if not isinstance(model, Watched):
        return
    breaker, began = model.breaker, model.breaker.moment()
    if model.is_reachable():
        # That it is there does not say that it writes: the next call is a trial.
        breaker.wake()
    elif breaker.state == "closed":
        breaker.failed(began)
