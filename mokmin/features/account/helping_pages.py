"""Where administrators help somebody who has lost the phone, or signed in at a strange place."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.web.kit import PageKit
from mokmin.features.account.pages import Account
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

DONE = {
    "reset": "2단계 인증을 초기화했습니다. 다음 로그인은 비밀번호만으로 합니다.",
    "out": "모든 기기에서 로그아웃했습니다.",
}


def router(kit: PageKit, account: Account) -> APIRouter:
    """Routes below /admin/sign-in."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.MANAGE_PEOPLE, bearer=False))])

    @routes.get("/admin/sign-in")
    def page(request: Request, login: str = "", done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        found = account.sign_in.find(principal, login) if login.strip() else None
        return kit.page(
            request,
            "account/helping.html",
            nav="admin",
            title="로그인 도움",
            login=login[:80],
            person={"id": found[0], "name": found[1], "own": found[0] == principal.user_id}
            if found
            else None,
            factor=account.factors.state(found[0]) if found else None,
            flash={"text": DONE[done], "undo": None} if done in DONE else None,
        )

    @routes.post("/admin/sign-in/{user_id}/reset-second-factor")
    def reset(request: Request, user_id: int) -> Response:
        principal = principal_of(request)
        account.sign_in.reset_second_factor(principal, user_id)
        account.audit.record(principal, "second-factor.reset", f"user:{user_id}")
        return RedirectResponse("/admin/sign-in?done=reset", status_code=303)

    @routes.post("/admin/sign-in/{user_id}/sign-out")
    def sign_out(request: Request, user_id: int) -> Response:
        principal = principal_of(request)
        ended = account.sign_in.sign_out_everywhere(principal, user_id)
        account.audit.record(principal, "session.end", f"user:{user_id}", sessions=ended)
        return RedirectResponse("/admin/sign-in?done=out", status_code=303)

    return routes
