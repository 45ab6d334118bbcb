"""All chat models that may be asked now: those of the settings and those of the register."""

from __future__ import annotations

import logging
import math
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from mokmin.base.llm.breaker import Breaker, State
from mokmin.base.llm.ports import ChatModel
from mokmin.governance.endpoints.directory import Directory
from mokmin.governance.endpoints.model import Endpoint, Form

log = logging.getLogger(__name__)
Connect = Callable[[Endpoint, str], ChatModel | None]
"""Makes the model of an endpoint with its sealed key; None when the key cannot be opened."""
FIRST_ORDER = 10
_draw = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Route:
    """A model and its place among the others. ``same``: what it serves; routes with the same may stand
    in for each other."""

    model: ChatModel
    same: str
    fallback_order: int
    weight: int = 10

    @property
    def state(self) -> State:
        """Where the model's circuit breaker stands in this process."""
        breaker = getattr(self.model, "breaker", None)
        return breaker.state if isinstance(breaker, Breaker) else "closed"


class ModelPool(Sequence[ChatModel]):
    """The models in their order; ``given`` are those of the settings, which nothing here changes.

    A sequence that is never the same for long: look at it when a model is needed, keep no copy.
    """

    def __init__(self, given: Sequence[Route], directory: Directory, connect: Connect) -> None:
        self._given, self._directory, self._connect = tuple(given), directory, connect
        self._lock = threading.Lock()
        self._made: dict[int, tuple[Form, str, ChatModel | None]] = {}

    # --- a sequence -----------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.routes())

    def __iter__(self) -> Iterator[ChatModel]:
        return iter([route.model for route in self.routes()])

    @overload
    def __getitem__(self, index: int) -> ChatModel: ...
    @overload
    def __getitem__(self, index: slice) -> list[ChatModel]: ...
    def __getitem__(self, index: int | slice) -> ChatModel | list[ChatModel]:
        return [route.model for route in self.routes()][index]

    # --- routing --------------------------------------------------------------------------
    def routes(self) -> list[Route]:
        """Every model with its place, in the order of the list."""
        known = self._directory.now()
        names = {route.model.name for route in self._given}
        found = list(self._given)
        with self._lock:
            live = {e.id for e in known.endpoints}
            for gone in [key for key in self._made if key not in live]:
                del self._made[gone]
            for endpoint in known.endpoints:
                form = endpoint.form
                if not endpoint.is_on or form.kind != "chat" or form.name in names:
                    continue
                model = self._model(endpoint, known.sealed[endpoint.id])
                if model is not None:
                    found.append(Route(model, form.model, form.fallback_order, form.weight))
        return sorted(found, key=lambda route: route.fallback_order)

    def routed(self) -> list[ChatModel]:
        """The models in the order in which one request tries them: those that rest come last; among
        equals the dice decide, by weight (Efraimidis and Spirakis 2006)."""
        return [route.model for route in _shuffled(self.routes())]

    def standing_in(self, name: str) -> list[ChatModel]:
        """The named model and those at other addresses that serve the same with the same clearance, in
        the order to try them. Raises KeyError."""
        routes = self.routes()
        named = next((route for route in routes if route.model.name == name), None)
        if named is None:
            raise KeyError(name)
        others = [
            route
            for route in routes
            if route.model.name != name
            and route.same == named.same
            and route.model.grade == named.model.grade
            and route.model.profile.personal_data == named.model.profile.personal_data
        ]
        return [route.model for route in _shuffled([named, *others])]

    def _model(self, endpoint: Endpoint, sealed: str) -> ChatModel | None:
        """The model of an endpoint, made anew only when it changed: connections and the circuit breaker
        live on."""
        form = replace(endpoint.form, departments=(), fallback_order=0, weight=0)
        made = self._made.get(endpoint.id)
        if made is None or made[:2] != (form, sealed):
            model = self._connect(endpoint, sealed)
            if model is None:
                log.warning("endpoint key cannot be opened", extra={"endpoint": endpoint.id})
            made = (form, sealed, model)
            self._made[endpoint.id] = made
        return made[2]


def _shuffled(routes: Sequence[Route]) -> list[Route]:
    def place(route: Route) -> tuple[bool, int, float]:
        race = -math.log(1.0 - _draw.random()) / route.weight if route.weight else math.inf
        return (route.state == "open", route.fallback_order, race)

    return sorted(routes, key=place)


def routed(models: Sequence[ChatModel]) -> list[ChatModel]:
    """The order in which one request tries some models; a plain list is tried as it stands."""
    return models.routed() if isinstance(models, ModelPool) else list(models)


def standing_in(models: Sequence[ChatModel], name: str) -> list[ChatModel]:
    """The named one and those that may stand in for it, in the order to try them; empty without it."""
    if isinstance(models, ModelPool):
        try:
            return models.standing_in(name)
        except KeyError:
            return []
    return [model for model in models if model.name == name]
