"""What every route declares that it needs, read off the application itself.

The matrix page, ``docs/permissions.md`` and the tests that try every role on every route all stand
on this one reading, so none of them can tell another story than the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from mokmin.governance.access.model import ROLES, Permission
from mokmin.governance.people.web import Needs, anyone

PUBLIC, SIGNED_IN = "public", "signed-in"
# Files of the page shell: the only mount, the same for everybody.
OPEN_MOUNTS = frozenset({"/static"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A method on a path and its declarations; a sound route has exactly one.

    A declaration is ``public``, ``signed-in`` or the name of a permission.
    """

    method: str
    path: str
    needs: tuple[str, ...]
    bearer: bool

    @property
    def need(self) -> str:
        """The one declaration; empty when it is missing or there are several."""
        return self.needs[0] if len(self.needs) == 1 else ""

    def open_to(self, role: str | None) -> bool:
        """Whether somebody of a role, or nobody signed in (None), gets through."""
        if self.need == PUBLIC:
            return True
        if role is None or not self.need:
            return False
        return self.need == SIGNED_IN or Permission(self.need) in ROLES[role]


def declared(web: FastAPI) -> list[Declared]:
    """All routes in the order of their paths."""
    found: list[Declared] = []
    for context in iter_route_contexts(web.routes):
        route = context.original_route
        if isinstance(route, Mount):
            open_to_all = (PUBLIC,) if route.path in OPEN_MOUNTS else ()
            found.append(Declared("GET", f"{route.path}/…", open_to_all, False))
            continue
        dependant: Dependant | None = getattr(context, "dependant", None)
        all_needs = list(_needs(dependant)) if dependant else []
        bearer = any(bearer for _, bearer in all_needs)
        methods = sorted(set(context.methods or {"WEBSOCKET"}) - {"HEAD"})
        for method in methods:
            needs = tuple(name for name, _ in all_needs)
            found.append(Declared(method, context.path or "", needs, bearer))
    return sorted(found, key=lambda one: (one.path, one.method))


def _needs(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Names of the declarations among a route's dependencies, and whether tokens may be used."""
    for inner in dependant.dependencies:
        if inner.call is anyone:
            yield PUBLIC, False
        elif isinstance(inner.call, Needs):
            permission = inner.call.permission
            yield (permission.value if permission else SIGNED_IN), inner.call.bearer
        else:
            yield from _needs(inner)
