"""One web application for many tests: its services are looked up in the application of the present test.

Making the routes takes half a second; a test of its own needs only another database and another home.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mokmin.app import App


class Late:
    """Stands for the application of the present test."""

    def __init__(self) -> None:
        object.__setattr__(self, "now", None)
        object.__setattr__(self, "binding", False)

    def __getattr__(self, name: str) -> Any:
        # A service is asked for at every use; what an installation lacks is lacking.
        value = getattr(self.now, name)
        return None if value is None else _Service(self, name)


class _Service:
    """A service of the present application, found at every use."""

    def __init__(self, late: Late, name: str) -> None:
        self._late, self._name = late, name

    def _real(self) -> Any:
        return getattr(self._late.now, self._name)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real(), name)
        if isinstance(value, Path):
            return _Folder(self, name)
        return _Method(self, name) if callable(value) else value

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._real()(*arguments, **named)

    def __bool__(self) -> bool:
        return bool(self._real())

    def __iter__(self) -> Any:
        return iter(self._real())

    def __len__(self) -> int:
        return len(self._real())

    def __getitem__(self, key: Any) -> Any:
        return self._real()[key]


class _Method:
    """A method of a service, looked up when it is called: what routes bind once stays right."""

    def __init__(self, service: _Service, name: str) -> None:
        self._service, self._name = service, name

    def _real(self) -> Any:
        return getattr(self._service._real(), self._name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        made = self._real()(*arguments, **named)
        return _Function(self, arguments, named) if LATE.binding and callable(made) else made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)


class _Folder:
    """A folder of the present installation."""

    def __init__(self, service: _Service, name: str) -> None:
        self._service, self._name = service, name

    def __fspath__(self) -> str:
        return str(getattr(self._service._real(), self._name))

    def __truediv__(self, part: str) -> Path:
        return Path(self) / part

    def __getattr__(self, name: str) -> Any:
        return getattr(Path(self), name)


class _Function:
    """A function that a service makes while the routes are made: made anew at every use."""

    def __init__(self, maker: _Method, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._maker, self._arguments, self._named = maker, arguments, named

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._maker._real()(*self._arguments, **self._named)(*arguments, **named)


LATE = Late()


def shared(make: Callable[[Any], Any]) -> Any:
    """Make the one web application with ``make``, over the application of the present test."""
    object.__setattr__(LATE, "binding", True)
    try:
        return make(LATE)
    finally:
        object.__setattr__(LATE, "binding", False)


def present(app: App) -> Any:
    """Make this the application of the present test."""
    object.__setattr__(LATE, "now", app)
    return LATE
