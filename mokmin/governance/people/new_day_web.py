"""The door at which a day begins: before the first request of it is answered."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from mokmin.governance.people.new_day import NewDay


class NewDayMiddleware:
    """Turns the day before anything else is asked of it; files need no day."""

    def __init__(self, app: ASGIApp, *, day: Callable[[], NewDay]) -> None:
        self._app = app
        self._day = day

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not scope["path"].startswith(("/static/", "/healthz")):
            day = self._day()
            if day.is_new():
                await run_in_threadpool(day.turn)
        await self._app(scope, receive, send)
