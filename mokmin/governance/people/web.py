"""The session of a request: cookie in, principal out; forms are guarded against forgery."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mokmin.base.errors import NotAllowed, NotSignedIn
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.service import ABSOLUTE, Session

COOKIE = "mokmin_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionMiddleware:
    """Puts the live session, or None, on the request's state."""

    def __init__(self, app: ASGIApp, *, lookup: Callable[[str], Session | None]) -> None:
        self._app = app
        self._lookup = lookup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            token = Request(scope).cookies.get(COOKIE, "")
            session = await run_in_threadpool(self._lookup, token) if token else None
            scope.setdefault("state", {})["session"] = session
        await self._app(scope, receive, send)


def session_of(request: Request) -> Session | None:
    """The session of a request, if there is one."""
    session: Session | None = getattr(request.state, "session", None)
    return session


def principal_of(request: Request) -> Principal:
    """Who asks. Raises NotSignedIn."""
    session = session_of(request)
    if session is None:
        raise NotSignedIn("로그인이 필요합니다. 다시 로그인해 주세요. 쓰던 내용은 그대로 있습니다.")
    return session.principal


class Needs:
    """Dependency that declares what a route needs: a session with a permission, or only a session
    when there is none; its token too on what changes something. Read off the routes by the matrix of
    rights, so that every route must name one.

    Raises NotSignedIn, NotAllowed.
    """

    def __init__(self, permission: Permission | None = None) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> None:
        """See ``guarded``."""
        if self.permission is not None:
            require(principal_of(request), self.permission)
        await guarded(request)


async def anyone() -> None:
    """Dependency that declares a route open without signing in."""


async def guarded(request: Request) -> None:
    """Dependency of every signed-in route: a session, and its token on what changes something.

    Raises NotSignedIn, NotAllowed.
    """
    principal_of(request)
    session = session_of(request)
    if request.method in SAFE or session is None:
        return
    given = request.headers.get("x-csrf-token", "")
    if not given:
        form = await request.form()
        value = form.get("csrf_token", "")
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise NotAllowed(
            "화면이 오래되어 요청을 확인할 수 없습니다. 새로 고친 뒤 다시 해 주세요.",
            code="stale-form",
        )


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )
