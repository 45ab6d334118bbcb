"""The administrator's page of systems that are told what happened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.webhooks.service import WebhookService, events
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

_SAID = {"removed": "지웠습니다.", "paused": "멈추었습니다.", "resumed": "다시 알립니다."}


def router(kit: PageKit, service: WebhookService) -> APIRouter:
    """Routes below /admin/webhooks."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])

    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        empty: dict[str, Any] = {"url": "", "events": []}
        return kit.page(
            request,
            "webhooks/index.html",
            status=status,
            nav="admin",
            title="웹훅",
            webhooks=service.all(principal_of(request)),
            events=events(),
            **({"form": empty, "error": "", "made": None, "flash": None} | more),
        )

    @routes.get("/admin/webhooks")
    def show(request: Request, done: str = "") -> HTMLResponse:
        return page(request, flash={"text": _SAID[done], "undo": None} if done in _SAID else None)

    @routes.post("/admin/webhooks")
    def add(
        request: Request,
        url: Annotated[str, Form()] = "",
        event: Annotated[list[str], Form()] = [],  # noqa: B006
    ) -> HTMLResponse:
        try:
            made = service.add(principal_of(request), url, event)
        except InvalidInput as error:
            form = {"url": url, "events": event}
            return page(request, error.status, form=form, error=error.message)
        # Shown at once and never again: no redirect.
        return page(request, made=made)

    @routes.post("/admin/webhooks/{webhook_id}")
    def change(request: Request, webhook_id: int, action: Annotated[str, Form()] = "") -> Response:
        principal = principal_of(request)
        if action == "test":
            said = service.test(principal, webhook_id)
            return page(request, flash={"text": f"시험 호출: {said}", "undo": None})
        if action == "remove":
            service.remove(principal, webhook_id)
            return RedirectResponse("/admin/webhooks?done=removed", status_code=303)
        if action not in ("pause", "resume"):
            raise InvalidInput("무엇을 할지 알 수 없습니다. 단추를 다시 눌러 주세요.")
        service.pause(principal, webhook_id, paused=action == "pause")
        done = "paused" if action == "pause" else "resumed"
        return RedirectResponse(f"/admin/webhooks?done={done}", status_code=303)

    return routes
