"""Headers that every response carries, the size limit of requests, and the request log."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
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
}
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
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._max_bytes:
            detail = (
                f"한 번에 {self._max_bytes // 2**20:,} MB까지 보낼 수 있습니다. 나누어 보내 주세요. "
                "저장된 것은 그대로 있습니다."
            )
            await problem_json(413, "too-large", detail, retry=False)(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)
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


def _route(scope: Scope) -> str:
    """The route's pattern, never the address that was typed: it may hold anything."""
    return str(getattr(scope.get("route"), "path", "") or "-")
