"""Registered endpoints that are no chat models: rerankers and embedders, made when they are first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from mokmin.governance.endpoints.directory import Directory
from mokmin.governance.endpoints.model import Endpoint, Form, Kind

Made = TypeVar("Made")


class Registered(Generic[Made]):
    """The models of one kind that are on, in their order. ``connect`` makes one with its sealed key; None
    when the key cannot be opened."""

    def __init__(
        self, directory: Directory, kind: Kind, connect: Callable[[Endpoint, str], Made | None]
    ) -> None:
        self._directory, self._kind, self._connect = directory, kind, connect
        self._lock = threading.Lock()
        self._made: dict[int, tuple[Form, str, Made | None]] = {}

    def all(self) -> list[Made]:
        """Those of this moment; one that did not change is the same as before."""
        known = self._directory.now()
        found: list[Made] = []
        with self._lock:
            live = {e.id for e in known.endpoints}
            for gone in [key for key in self._made if key not in live]:
                del self._made[gone]
            for endpoint in known.endpoints:
                if endpoint.is_on and endpoint.form.kind == self._kind:
                    made = self._one(endpoint, known.sealed[endpoint.id])
                    if made is not None:
                        found.append(made)
        return found

    def first(self) -> Made | None:
        """The first of them."""
        return next(iter(self.all()), None)

    def _one(self, endpoint: Endpoint, sealed: str) -> Made | None:
        form = replace(endpoint.form, departments=(), fallback_order=0, weight=0)
        made = self._made.get(endpoint.id)
        if made is None or made[:2] != (form, sealed):
            made = (form, sealed, self._connect(endpoint, sealed))
            self._made[endpoint.id] = made
        return made[2]
