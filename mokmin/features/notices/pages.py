"""The bell's page: notices, and how one wants to be told."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit, local
from mokmin.features.notices.model import KINDS, WAYS
from mokmin.features.notices.service import PAGE, NoticeService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

DONE = {
    "read": "모두 읽은 것으로 했습니다.",
    "saved": "받는 방법을 저장했습니다.",
}


def routers(kit: PageKit, notices: NoticeService) -> list[APIRouter]:
    """Pages for everybody, and the trial letter of administrators."""
    routes = APIRouter(prefix="/notices", dependencies=[Depends(Needs())])
    admin = APIRouter(prefix="/notices", dependencies=[Depends(Needs(Permission.ADMINISTER))])

    @routes.get("")
    def front(
        request: Request, show: str = "unread", kind: str = "", before: int = 0, done: str = ""
    ) -> HTMLResponse:
        who = principal_of(request)
        unread = show != "all"
        found = notices.mine(who, unread=unread, kind=kind, before=max(0, before))
        return kit.page(
            request,
            "notices/index.html",
            nav="",
            title="알림",
            notices=[
                {"id": n.id, "kind": KINDS.get(n.kind, ""), "title": n.title, "at": n.at,
                 "when": f"{local(n.at):%Y-%m-%d %H:%M}", "is_read": n.is_read}
                for n in found
            ],
            unread=unread,
            kind=kind if kind in KINDS else "",
            kinds=KINDS,
            older=found[-1].id if len(found) == PAGE else 0,
            flash={"text": DONE[done], "undo": None} if done in DONE else None,
        )  # fmt: skip

    @routes.get("/settings")
    def settings(request: Request, done: str = "") -> HTMLResponse:
        wishes = notices.wishes(principal_of(request))
        return _settings(kit, notices, request, wishes.email, wishes.ways, done=done)

    @routes.post("/settings")
    async def wish(request: Request) -> Response:
        form = await request.form()
        email = str(form.get("email", ""))
        ways = {kind: str(form.get(f"way:{kind}", "app")) for kind in KINDS}
        try:
            notices.wish(principal_of(request), email, ways)
        except InvalidInput as error:
            return _settings(kit, notices, request, email, ways, error=error.message)
        return RedirectResponse("/notices/settings?done=saved", status_code=303)

    @admin.post("/trial")
    def trial(request: Request) -> HTMLResponse:
        who = principal_of(request)
        told = notices.try_letter(who)
        wishes = notices.wishes(who)
        return _settings(kit, notices, request, wishes.email, wishes.ways, told=told)

    @routes.post("/read")
    def read_all(request: Request, back: str = Form("unread")) -> Response:
        notices.read_all(principal_of(request))
        return RedirectResponse(
            f"/notices?show={'all' if back == 'all' else 'unread'}&done=read", status_code=303
        )

    @routes.get("/{notice_id:int}")
    def follow(request: Request, notice_id: int) -> Response:
        # Reading is all that following a notice changes.
        return RedirectResponse(notices.open(principal_of(request), notice_id), status_code=303)

    return [routes, admin]


def _settings(
    kit: PageKit,
    notices: NoticeService,
    request: Request,
    email: str,
    ways: dict[str, str],
    *,
    error: str = "",
    told: str = "",
    done: str = "",
) -> HTMLResponse:
    return kit.page(
        request,
        "notices/settings.html",
        status=400 if error else 200,
        nav="",
        title="알림 설정",
        kinds=KINDS,
        names={key: name for key, name in WAYS.items() if key != "mail" or notices.has_mail},
        ways=ways,
        email=email,
        has_mail=notices.has_mail,
        domains=sorted(notices.domains),
        may_try=principal_of(request).may(Permission.ADMINISTER),
        error=error,
        told=told,
        flash={"text": DONE[done], "undo": None} if done in DONE else None,
    )
