"""``/mcp``: the Model Context Protocol over streamable HTTP, without sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of


class _Served(Response):
    """A response that the protocol's own server writes."""

    def __init__(self, tools: Callable[[], Any], principal: Principal) -> None:
        super().__init__()
        self._tools, self._principal = tools, principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        # The first call loads the SDK, which takes about a second.
        tools = await run_in_threadpool(self._tools)
        await tools.serve(self._principal, scope, receive, send)


def router(tools: Callable[[], Any]) -> APIRouter:
    """The route; ``tools`` gives the McpTools when they are first needed."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])

    @routes.post("/mcp")
    async def call(request: Request) -> Response:
        return _Served(tools, principal_of(request))

    return routes
