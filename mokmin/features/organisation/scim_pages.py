"""SCIM 2.0 for programs, below /scim/v2: a bearer token of an administrator with the scope to manage
people; errors in SCIM's own form (RFC 7644 section 3.12)."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound, TooLarge
from mokmin.features.organisation.scim_schemas import RESOURCE_TYPES, SCHEMAS, SERVICE
from mokmin.governance.access.model import Permission
from mokmin.governance.people import scim_model as model
from mokmin.governance.people.scim import ScimUsers
from mokmin.governance.people.scim_groups import ScimGroups
from mokmin.governance.people.scim_model import Json
from mokmin.governance.people.web import Needs, principal_of, session_of

MEDIA = "application/scim+json"
MOST_BYTES = 2**20
SCIM_TYPES = frozenset(
    {"invalidFilter", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget"}
)


class ScimRoute(APIRoute):
    """Answers every error in SCIM's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except MokminError as error:
                return problem(error)

        return answer


def problem(error: MokminError) -> JSONResponse:
    """An error document; 401 names the scheme that is wanted."""
    body: Json = {"schemas": [model.ERROR], "status": str(error.status), "detail": error.message}
    if error.status == 409:
        body["scimType"] = "uniqueness"
    elif isinstance(error, InvalidInput):
        body["scimType"] = error.code if error.code in SCIM_TYPES else "invalidValue"
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse(body, status_code=error.status, headers=headers, media_type=MEDIA)


async def by_token(request: Request) -> None:
    """Programs only: a browser's session is no way in. Raises NotAllowed."""
    session = session_of(request)
    if session is not None and not session.bearer:
        raise NotAllowed("SCIM은 API 토큰으로만 쓸 수 있습니다.")


async def body_of(request: Request) -> Json:
    """The JSON object of a request. Raises InvalidInput."""
    data = await request.body()
    if len(data) > MOST_BYTES:
        raise TooLarge("요청이 1MB보다 큽니다. 나누어 보내 주세요.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("JSON이 아닙니다.", code="invalidSyntax") from error
    if not isinstance(found, dict):
        raise InvalidInput("JSON 객체가 아닙니다.", code="invalidSyntax")
    return found


def router(users: ScimUsers, groups: ScimGroups) -> APIRouter:
    """All SCIM routes; each requires the permission to manage people."""
    routes = APIRouter(
        prefix=model.ROOT,
        route_class=ScimRoute,
        dependencies=[Depends(Needs(Permission.MANAGE_PEOPLE)), Depends(by_token)],
    )
    _discovery(routes)
    _users(routes, users)
    _groups(routes, groups)
    return routes


def shown(resource: Json, status: int = 200) -> JSONResponse:
    """A resource with its place."""
    headers = {"Cache-Control": "no-store"}
    if "meta" in resource:
        headers["Location"] = resource["meta"]["location"]
    return JSONResponse(resource, status_code=status, headers=headers, media_type=MEDIA)


def _discovery(routes: APIRouter) -> None:
    @routes.get("/ServiceProviderConfig")
    def service() -> Response:
        return shown(SERVICE)

    for name, resources in (("ResourceTypes", RESOURCE_TYPES), ("Schemas", SCHEMAS)):
        _listed(routes, name, resources)


def _listed(routes: APIRouter, name: str, resources: list[Json]) -> None:
    @routes.get(f"/{name}", name=name)
    def all_() -> Response:
        return shown(model.listing(resources, len(resources), 1))

    @routes.get(f"/{name}/{{key}}", name=f"{name}-one")
    def one(key: str) -> Response:
        for resource in resources:
            if resource["id"] == key:
                return shown(resource)
        raise NotFound(f"{name}/{key[:80]} 없음.")


def _query(request: Request) -> model.Query:
    asked = request.query_params
    return model.query(asked.get("filter", ""), asked.get("startIndex", ""), asked.get("count", ""))


def _users(routes: APIRouter, users: ScimUsers) -> None:
    @routes.get("/Users")
    def find(request: Request) -> Response:
        query = _query(request)
        found, total = users.find(principal_of(request), query)
        return shown(model.listing(found, total, query.start))

    @routes.post("/Users")
    async def create(request: Request) -> Response:
        body = await body_of(request)
        return shown(await run_in_threadpool(users.create, principal_of(request), body), 201)

    @routes.get("/Users/{key}")
    def get(request: Request, key: str) -> Response:
        return shown(users.get(principal_of(request), key))

    @routes.put("/Users/{key}")
    async def put(request: Request, key: str) -> Response:
        change = model.user_change(await body_of(request))
        return shown(await run_in_threadpool(users.change, principal_of(request), key, change))

    @routes.patch("/Users/{key}")
    async def patch(request: Request, key: str) -> Response:
        change = model.user_patch(await body_of(request))
        return shown(await run_in_threadpool(users.change, principal_of(request), key, change))

    @routes.delete("/Users/{key}")
    def delete(request: Request, key: str) -> Response:
        users.delete(principal_of(request), key)
        return Response(status_code=204)


def _groups(routes: APIRouter, groups: ScimGroups) -> None:
    @routes.get("/Groups")
    def find(request: Request) -> Response:
        query = _query(request)
        members = "members" not in request.query_params.get("excludedAttributes", "").split(",")
        found, total = groups.find(principal_of(request), query, members=members)
        return shown(model.listing(found, total, query.start))

    @routes.post("/Groups")
    async def create(request: Request) -> Response:
        change = model.group_change(await body_of(request))
        return shown(await run_in_threadpool(groups.create, principal_of(request), change), 201)

    @routes.get("/Groups/{key}")
    def get(request: Request, key: str) -> Response:
        return shown(groups.get(principal_of(request), key))

    @routes.put("/Groups/{key}")
    async def put(request: Request, key: str) -> Response:
        change = model.group_change(await body_of(request))
        return shown(await run_in_threadpool(groups.change, principal_of(request), key, change))

    @routes.patch("/Groups/{key}")
    async def patch(request: Request, key: str) -> Response:
        change = model.group_patch(await body_of(request))
        return shown(await run_in_threadpool(groups.change, principal_of(request), key, change))

    @routes.delete("/Groups/{key}")
    def delete(request: Request, key: str) -> Response:
        groups.delete(principal_of(request), key)
        return Response(status_code=204)
