"""Headers that every response carries, the size limit of requests, and the request log."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mokmin.base.web.problems import problem_json

log = logging.getLogger(__name__)
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Denied by default: what may be kept says so itself (static files, pictures of pages).
    "Cache-Control": "no-store",
}
FRAMED = "frame-ancestors 'none'"


def framed_by(origins: Sequence[str]) -> str:
    """The policy of the one page that pages of other origins may show."""
    return POLICY.replace(FRAMED, f"frame-ancestors {' '.join(origins)}")


# Only behind TLS: browsers then refuse plain HTTP to this host for a year (RFC 6797).
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class SecurityMiddleware:
    """Adds the headers, refuses requests that say they are too large, logs without content."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, over_tls: bool = False) -> None:
        self._app = app
        self._headers = HEADERS | (STRICT_TRANSPORT if over_tls else {})
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for key, value in self._headers.items():
                    headers.setdefault(key, value)
                if FRAMED not in headers["Content-Security-Policy"]:
                    # The older header knows no list; where both stand, browsers differ.
                    del headers["X-Frame-Options"]
            await send(message)

        detail = (
            f"한 번에 {self._max_bytes // 2**20:,} MB까지 보낼 수 있습니다. 나누어 보내 주세요. "
            "저장된 것은 그대로 있습니다."
        )
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._max_bytes:
            await problem_json(413, "too-large", detail, retry=False)(scope, receive, sending)
        else:
            await self._app(scope, _Counted(receive, self._max_bytes, detail), sending)
        if not scope["path"].startswith("/static/"):
            log.info(
                "request",
                extra={
                    "method": scope["method"],
                    "path": _route(scope),
                    "status": status,
                    "ms": round(1000 * (time.perf_counter() - begin)),
                },
            )


class _Counted:
    """The body of a request, refused beyond a number of bytes even when it never said its length
    (chunked transfer, RFC 9112 section 7.1)."""

    def __init__(self, receive: Receive, max_bytes: int, detail: str) -> None:
        self._receive = receive
        self._left = max_bytes
        self._detail = detail

    async def __call__(self) -> Message:
        """See ASGI. Raises HTTPException 413, which frameworks that read bodies let through."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, self._detail)
        return message


def _route(scope: Scope) -> str:
    """The route's pattern, never the address that was typed: it may hold anything."""
    return str(getattr(scope.get("route"), "path", "") or "-")
