"""Pages of the register of models: /admin/models, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.endpoints import present
from mokmin.features.endpoints.form import Sent, ids_of
from mokmin.governance.access.model import Permission
from mokmin.governance.endpoints import model
from mokmin.governance.endpoints.service import EndpointRegister
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.usage.places import Places

SAID = {
    "added": "등록했습니다. 몇 초 안에 모든 곳에서 쓰입니다. ‘점검’으로 확인해 주세요.",
    "changed": "고쳤습니다. 몇 초 안에 모든 곳에서 쓰입니다.",
    "on": "켰습니다.",
    "off": "껐습니다. 다음 질문부터 이 모델에 묻지 않습니다.",
    "deleted": "등록을 지웠습니다. 저장된 키도 지웠습니다.",
}
GRADES = [("O", "O 공개 자료만"), ("S", "S 민감 자료까지"), ("C", "C 기밀 자료까지")]
_NEW = {
    "kind": "chat",
    "grade": "O",
    "timeout_seconds": "60",
    "fallback_order": "100",
    "weight": "10",
    "context_tokens": "8192",
    "abilities": [],
    "departments": [],
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need. ``hosts``: the machines that the operator allowed, in words."""

    kit: PageKit
    register: EndpointRegister
    places: Places
    hosts: str

    def form(
        self, request: Request, endpoint: model.Endpoint | None, status: int = 200, **more: Any
    ) -> HTMLResponse:
        """The form of an endpoint, filled in; without one, that of a new one."""
        names = self.places.names()
        known: dict[str, Any] = {"endpoint": None, "has_key": False, "found": None, "form": _NEW}
        if endpoint is not None:
            opens = self.register.key_opens(endpoint)
            known = {
                "endpoint": present.row(endpoint, names, key_opens=opens),
                "has_key": endpoint.has_key,
                "found": present.examination(endpoint.examination),
                "form": present.form_of(endpoint),
            }
        return self.kit.page(
            request,
            "endpoints/form.html",
            status=status,
            title=endpoint.form.name if endpoint is not None else "모델 등록",
            nav="models",
            kinds=list(model.KINDS.items()),
            grades=GRADES,
            abilities=list(present.ABILITIES.items()),
            departments=sorted(names.items(), key=lambda pair: pair[1]),
            hosts=self.hosts,
            **({"error": "", "flash": None} | known | more),
        )


def routers(desk: Desk) -> tuple[APIRouter, APIRouter]:
    """Routes below /admin/models: the register, and the models of the settings."""
    return _registered(desk), _given(desk)


def _registered(desk: Desk) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])
    register = desk.register

    @routes.get("/admin/models")
    def index(request: Request, done: str = "") -> HTMLResponse:
        names = desk.places.names()
        found = register.all(principal_of(request))
        return desk.kit.page(
            request,
            "endpoints/index.html",
            title="언어모델",
            nav="models",
            rows=[present.row(e, names, key_opens=register.key_opens(e)) for e in found],
            hosts=desk.hosts,
            flash={"text": SAID[done], "undo": None} if done in SAID else None,
        )

    @routes.get("/admin/models/new")
    def new(request: Request) -> HTMLResponse:
        return desk.form(request, None)

    @routes.post("/admin/models/new")
    def add(request: Request, sent: Annotated[Sent, Form()]) -> Response:
        try:
            register.add(principal_of(request), sent.read(), sent.key)
        except (InvalidInput, Conflict) as error:
            return desk.form(request, None, error.status, form=sent.again(), error=error.message)
        return _back("added")

    @routes.get("/admin/models/{endpoint_id:int}")
    def one(request: Request, endpoint_id: int) -> HTMLResponse:
        return desk.form(request, register.get(principal_of(request), endpoint_id))

    @routes.post("/admin/models/{endpoint_id:int}")
    def change(request: Request, endpoint_id: int, sent: Annotated[Sent, Form()]) -> Response:
        principal = principal_of(request)
        endpoint = register.get(principal, endpoint_id)
        try:
            register.change(principal, endpoint_id, sent.read(), sent.key, drop=bool(sent.drop_key))
        except (InvalidInput, Conflict) as error:
            again = sent.again()
            return desk.form(request, endpoint, error.status, form=again, error=error.message)
        return _back("changed")

    @routes.post("/admin/models/{endpoint_id:int}/examine")
    def examine(request: Request, endpoint_id: int) -> Response:
        principal = principal_of(request)
        register.examine(principal, register.get(principal, endpoint_id))
        return RedirectResponse(f"/admin/models/{endpoint_id}#examination", status_code=303)

    @routes.post("/admin/models/{endpoint_id:int}/switch")
    def switch(request: Request, endpoint_id: int, to: Annotated[str, Form()] = "") -> Response:
        register.switch(principal_of(request), endpoint_id, is_on=to == "on")
        return _back("on" if to == "on" else "off")

    @routes.post("/admin/models/{endpoint_id:int}/delete")
    def delete(request: Request, endpoint_id: int) -> Response:
        register.delete(principal_of(request), endpoint_id)
        return _back("deleted")

    return routes


def _given(desk: Desk) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])
    register = desk.register

    @routes.get("/admin/models/given/{name:path}")
    def given(request: Request, name: str) -> HTMLResponse:
        return desk.form(request, register.given(principal_of(request), name))

    @routes.post("/admin/models/given/{name:path}")
    def keep_to(
        request: Request,
        name: str,
        action: Annotated[str, Form()] = "",
        departments: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        principal = principal_of(request)
        endpoint = register.given(principal, name)
        if action == "examine":
            found = register.examine(principal, endpoint)
            return desk.form(request, endpoint, found=present.examination(found))
        try:
            register.keep_to(principal, name, ids_of(departments or []))
        except InvalidInput as error:
            return desk.form(request, endpoint, error.status, error=error.message)
        return _back("changed")

    return routes


def _back(done: str) -> Response:
    return RedirectResponse(f"/admin/models?{urlencode({'done': done})}", status_code=303)
