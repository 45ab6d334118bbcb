"""The session of a request: cookie or token in, principal out; forms are guarded against forgery."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mokmin.base.errors import NotAllowed, NotSignedIn
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.sessions import PASSWORD, SECOND_FACTOR, Client, Session

# Of one form; more is refused (Starlette's own bound).
MOST_FIELDS = 1_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Asking how long a session lasts is not use of it.
QUIET = frozenset({"/account/session"})


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that comes before anything else: the page that leads through it, and why."""

    page: str
    code: str
    sentence: str


TODO: dict[str, Todo] = {
    PASSWORD: Todo(
        page="/account/password",
        code="password-change-needed",
        sentence="먼저 비밀번호를 새로 정해야 합니다. 내 계정의 비밀번호 화면에서 바꿔 주세요.",
    ),
    SECOND_FACTOR: Todo(
        page="/account/second-factor",
        code="second-factor-needed",
        sentence="이 역할은 2단계 인증을 써야 합니다. 내 계정에서 먼저 설정해 주세요.",
    ),
}


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and flags of the cookies. Behind TLS they are bound to this very host: with ``__Host-``
    no other host of the same domain can plant one (RFC 6265bis section 4.1.3.2)."""

    secure: bool
    session_seconds: int

    @property
    def session(self) -> str:
        """The signed-in session."""
        return self._name("mokmin_session")

    @property
    def door(self) -> str:
        """The form token of pages before sign-in (double submit)."""
        return self._name("mokmin_door")

    @property
    def step(self) -> str:
        """A sign-in that waits for a code or for the identity provider."""
        return self._name("mokmin_step")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def give(self, response: Response, name: str, value: str) -> None:
        """Set one of them. Not ``strict``: coming back from the identity provider, or following a
        link from the intranet, is a way in from another site."""
        response.set_cookie(
            name,
            value,
            max_age=self.session_seconds if name == self.session else None,
            httponly=True,
            samesite="strict" if name == self.door else "lax",
            secure=self.secure,
            path="/",
        )

    def drop(self, response: Response, name: str) -> None:
        """Remove one of them."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


class SessionMiddleware:
    """Puts the live session, or None, on the request's state. A request with an API token is that
    token's alone: its cookies are not looked at."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        cookie: str,
        by_cookie: Callable[[str, bool], Session | None],
        by_token: Callable[[str], Session | None],
    ) -> None:
        self._app = app
        self._cookie = cookie
        self._by_cookie = by_cookie
        self._by_token = by_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            request = Request(scope)
            kind, _, key = request.headers.get("authorization", "").partition(" ")
            session = None
            if kind.lower() == "bearer":
                session = await run_in_threadpool(self._by_token, key.strip())
            elif token := request.cookies.get(self._cookie, ""):
                touch = scope["path"] not in QUIET
                session = await run_in_threadpool(self._by_cookie, token, touch)
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


def client_of(request: Request) -> Client:
    """The browser of a request."""
    address = request.client.host if request.client else ""
    return Client(address, request.headers.get("user-agent", ""))


class Needs:
    """Dependency that declares what a route needs: a session with a permission, or only a session
    when there is none; its token too on what changes something. Read off the routes by the matrix of
    rights, so that every route must name one.

    ``bearer`` is false where only a person at a browser may act, never an API token. ``settling`` is
    true where a person goes who must first change the password or set up a second factor.

    ``most_fields`` bounds the fields of a form (some forms of offices have hundreds of places).

    Raises NotSignedIn, NotAllowed.
    """

    def __init__(
        self,
        permission: Permission | None = None,
        *,
        bearer: bool = True,
        settling: bool = False,
        most_fields: int = MOST_FIELDS,
    ) -> None:
        self.most_fields = most_fields
        self.permission = permission
        self.bearer = bearer
        self.settling = settling

    async def __call__(self, request: Request) -> None:
        """See the class."""
        principal = principal_of(request)
        session = session_of(request)
        if session is None or (session.bearer and not self.bearer):
            raise NotAllowed("이 일은 API 토큰으로 할 수 없습니다. 화면에서 로그인해 해 주세요.")
        if session.todo and not self.settling:
            todo = TODO[session.todo]
            raise NotAllowed(todo.sentence, code=todo.code)
        if self.permission is not None:
            require(principal, self.permission)
        if request.method not in SAFE and not session.bearer:
            await _check_form(request, session, self.most_fields)


async def anyone() -> None:
    """Dependency that declares a route open without signing in."""


async def _check_form(request: Request, session: Session, most_fields: int) -> None:
    """Raises NotAllowed unless the request carries the session's form token."""
    given = request.headers.get("x-csrf-token", "")
    if not given:
        form = await request.form(max_fields=most_fields)
        value = form.get("csrf_token", "")
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise NotAllowed(
            "화면이 오래되어 요청을 확인할 수 없습니다. 새로 고친 뒤 다시 해 주세요.",
            code="stale-form",
        )


def local_path(path: str) -> str:
    """A path of this site; anything else becomes the home page."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if good and path.isprintable() else "/"
