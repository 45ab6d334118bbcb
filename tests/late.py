"""One web application for many tests: its services are looked up in the application of the present test.

Making the routes takes half a second; a test of its own needs only another database and another home.
"""

from __future__ import annotations

from typing import Any

from mokmin.app import App


class Late:
    """Stands for the application of the present test."""

    def __init__(self) -> None:
        object.__setattr__(self, "now", None)

    def __getattr__(self, name: str) -> Any:
        # What is fixed for all tests is taken as it is; services are asked for at every use.
        value = getattr(self.now, name)
        return value if value is None or name == "settings" else _Service(self, name)


class _Service:
    """A service of the present application, found at every use."""

    def __init__(self, late: Late, name: str) -> None:
        self._late, self._name = late, name

    def _real(self) -> Any:
        return getattr(self._late.now, self._name)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real(), name)
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
        return self._real()(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)


LATE = Late()


def present(app: App) -> Any:
    """Make this the application of the present test."""
    object.__setattr__(LATE, "now", app)
    return LATE
