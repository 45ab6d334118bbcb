"""The matrix of rights: what each role may do, and what each route needs, read off the application."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from mokmin.base.web.kit import PageKit
from mokmin.governance.access.model import PERMISSION_NAMES, ROLE_NAMES, ROLES, Permission
from mokmin.governance.people.declarations import PUBLIC, SIGNED_IN, Declared, declared
from mokmin.governance.people.web import Needs

NEED_NAMES = {PUBLIC: "누구나", SIGNED_IN: "로그인한 사람"}


def router(kit: PageKit) -> APIRouter:
    """Routes below /admin/permissions."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])

    @routes.get("/admin/permissions")
    def matrix(request: Request) -> HTMLResponse:
        return kit.page(
            request,
            "console/permissions.html",
            nav="admin",
            title="역할과 권한",
            roles=list(ROLE_NAMES.items()),
            permissions=[
                {
                    "key": p.value,
                    "name": PERMISSION_NAMES[p],
                    "held": [p in ROLES[role] for role in ROLE_NAMES],
                }
                for p in Permission
            ],
            groups=_groups(declared(request.app)),
        )

    return routes


def _groups(routes: list[Declared]) -> list[dict[str, Any]]:
    """Routes by what they need: public first, then signed in, then in the order of permissions."""
    order = [PUBLIC, SIGNED_IN, *(p.value for p in Permission)]
    names = NEED_NAMES | {p.value: name for p, name in PERMISSION_NAMES.items()}
    found = []
    for need in order:
        mine = [r for r in routes if r.need == need]
        if mine:
            who = [n for role, n in ROLE_NAMES.items() if mine[0].open_to(role)]
            everybody = need in (PUBLIC, SIGNED_IN)
            found.append(
                {
                    "name": names[need],
                    "roles": "모두" if everybody else ", ".join(who),
                    "routes": [{"method": r.method, "path": r.path} for r in mine],
                }
            )
    return found
