"""My account: password, second factor, devices, API tokens, and how long the session lasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotSignedIn
from mokmin.base.web.kit import PageKit
from mokmin.features.account import present
from mokmin.governance.access.model import PERMISSION_NAMES, ROLE_NAMES, Permission
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.passwords import MIN_PASSWORD
from mokmin.governance.people.second_factor import SecondFactors
from mokmin.governance.people.sessions import PASSWORD, Session, Sessions
from mokmin.governance.people.sign_in import SignIn
from mokmin.governance.people.tokens import MAX_DAYS, ApiTokens
from mokmin.governance.people.web import Cookies, Needs, client_of, principal_of, session_of

FLASHES = {
    "password": "비밀번호를 바꾸었습니다. 다른 기기에서는 모두 로그아웃했습니다.",
    "device": "그 기기에서 로그아웃했습니다.",
    "others": "다른 기기에서 모두 로그아웃했습니다.",
    "factor-off": "2단계 인증을 껐습니다.",
    "token-gone": "토큰을 없앴습니다. 그 토큰을 쓰던 프로그램은 이제 들어올 수 없습니다.",
}
DAYS = [(30, "30일"), (90, "90일"), (180, "180일"), (MAX_DAYS, "1년")]


@dataclass(frozen=True, slots=True)
class Account:
    """What the pages of the account work with."""

    sign_in: SignIn
    sessions: Sessions
    factors: SecondFactors
    tokens: ApiTokens
    audit: AuditLog
    cookies: Cookies


def routers(kit: PageKit, account: Account) -> list[APIRouter]:
    """Routes below /account. API tokens open none of them: a stolen one must not breed others."""
    own = APIRouter(dependencies=[Depends(Needs(bearer=False))])
    settling = APIRouter(dependencies=[Depends(Needs(bearer=False, settling=True))])
    _overview(own, kit, account)
    _tokens(own, kit, account)
    _factor_upkeep(own, kit, account)
    _password(settling, kit, account)
    _factor(settling, kit, account)
    _lasting(settling, account)
    return [own, settling]


def _session(request: Request) -> Session:
    session = session_of(request)
    if session is None:
        raise NotSignedIn("로그인이 필요합니다. 다시 로그인해 주세요.")
    return session


def _overview_page(
    kit: PageKit, account: Account, request: Request, status: int = 200, **more: Any
) -> HTMLResponse:
    session = _session(request)
    who = session.principal
    factor = account.factors.state(who.user_id)
    context = {"error": "", "new_token": "", "form": {"name": "", "scopes": [], "days": 90}} | more
    return kit.page(
        request,
        "account/index.html",
        status=status,
        nav="",
        title="내 계정",
        who={
            "name": who.name,
            "login": who.login,
            "department": who.department,
            "role": ROLE_NAMES.get(who.role, ""),
        },
        factor=factor,
        required=who.role in account.sessions.limits.second_factor_roles,
        devices=[present.device(d) for d in account.sessions.devices(who, session.handle)],
        tokens=[present.token(t) for t in account.tokens.mine(who)],
        scopes=[(p.value, PERMISSION_NAMES[p]) for p in Permission if who.may(p)],
        days=DAYS,
        **context,
    )


# --- overview and devices ---------------------------------------------------------------------
def _overview(routes: APIRouter, kit: PageKit, account: Account) -> None:
    @routes.get("/account")
    def overview(request: Request, done: str = "") -> HTMLResponse:
        flash = {"text": FLASHES[done], "undo": None} if done in FLASHES else None
        return _overview_page(kit, account, request, flash=flash)

    @routes.post("/account/devices/{handle}/end")
    def end_device(request: Request, handle: str) -> Response:
        session = _session(request)
        account.sessions.end_device(session.principal, handle)
        account.audit.record(session.principal, "session.end", _subject(session))
        return RedirectResponse("/account?done=device#devices", status_code=303)

    @routes.post("/account/devices/end-others")
    def end_others(request: Request) -> Response:
        session = _session(request)
        ended = account.sessions.end_others(session.principal, session.handle)
        account.audit.record(session.principal, "session.end", _subject(session), sessions=ended)
        return RedirectResponse("/account?done=others#devices", status_code=303)


# --- API tokens -------------------------------------------------------------------------------
def _tokens(routes: APIRouter, kit: PageKit, account: Account) -> None:
    @routes.post("/account/tokens")
    def issue(
        request: Request,
        name: Annotated[str, Form()] = "",
        scopes: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
        days: Annotated[str, Form()] = "",
    ) -> Response:
        session = _session(request)
        try:
            if not (days.isascii() and days.isdecimal()) or len(days) > 4:
                raise InvalidInput(f"토큰은 1일에서 {MAX_DAYS}일까지 쓸 수 있습니다.")
            made = account.tokens.issue(session.principal, name, scopes, int(days))
        except InvalidInput as error:
            form = {"name": name[:80], "scopes": scopes, "days": days}
            return _overview_page(
                kit, account, request, error.status, error=error.message, form=form
            )
        account.audit.record(
            session.principal,
            "token.issue",
            f"token:{made.id}",
            scopes=" ".join(sorted(set(scopes))),
            days=int(days),
        )
        return _overview_page(kit, account, request, new_token=made.token)

    @routes.post("/account/tokens/{token_id}/revoke")
    def revoke(request: Request, token_id: int) -> Response:
        session = _session(request)
        account.tokens.revoke(session.principal, token_id)
        account.audit.record(session.principal, "token.revoke", f"token:{token_id}")
        return RedirectResponse("/account?done=token-gone#tokens", status_code=303)


# --- password ---------------------------------------------------------------------------------
def _password(routes: APIRouter, kit: PageKit, account: Account) -> None:
    def page(request: Request, status: int = 200, error: str = "") -> HTMLResponse:
        must = _session(request).todo == PASSWORD
        return kit.page(
            request,
            "account/password.html",
            status=status,
            nav="",
            title="비밀번호 바꾸기",
            error=error,
            must=must,
            min_length=MIN_PASSWORD,
        )

    @routes.get("/account/password")
    def form(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post("/account/password")
    def change(
        request: Request,
        current: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        password_again: Annotated[str, Form()] = "",
    ) -> Response:
        principal = principal_of(request)
        try:
            if password != password_again:
                raise InvalidInput("새 비밀번호 두 개가 서로 다릅니다.")
            session = account.sign_in.change_password(
                principal, current[:500], password, client_of(request)
            )
        except MokminError as error:
            status = 422 if error.status == 400 else error.status
            return page(request, status, error.message)
        account.audit.record(principal, "password.change", f"user:{principal.user_id}")
        response = RedirectResponse("/account?done=password", status_code=303)
        account.cookies.give(response, account.cookies.session, session.token)
        return response


# --- second factor ----------------------------------------------------------------------------
def _factor(routes: APIRouter, kit: PageKit, account: Account) -> None:
    def page(
        request: Request, status: int = 200, *, error: str = "", start: bool = False
    ) -> HTMLResponse:
        who = principal_of(request)
        state = account.factors.state(who.user_id)
        setup = account.factors.begin(who) if start and not state.active else None
        return kit.page(
            request,
            "account/second_factor.html",
            status=status,
            nav="",
            title="2단계 인증",
            error=error,
            state=state,
            secret=_in_fours(setup.secret) if setup else "",
            qr=present.qr_code(setup.uri) if setup else "",
            required=who.role in account.sessions.limits.second_factor_roles,
        )

    @routes.get("/account/second-factor")
    def show(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post("/account/second-factor")
    def begin(request: Request) -> HTMLResponse:
        return page(request, start=True)

    @routes.post("/account/second-factor/confirm")
    def confirm(request: Request, code: Annotated[str, Form()] = "") -> HTMLResponse:
        who = principal_of(request)
        try:
            codes = account.factors.confirm(who, code[:60])
        except InvalidInput as error:
            return page(request, error.status, error=error.message, start=True)
        account.audit.record(who, "second-factor.on", f"user:{who.user_id}")
        return _codes_page(kit, request, codes)


def _factor_upkeep(routes: APIRouter, kit: PageKit, account: Account) -> None:
    @routes.post("/account/second-factor/codes")
    def renew(request: Request, code: Annotated[str, Form()] = "") -> Response:
        who = principal_of(request)
        try:
            codes = account.factors.renew_codes(who, code[:60])
        except InvalidInput as error:
            return _factor_error(kit, account, request, error)
        account.audit.record(who, "second-factor.codes", f"user:{who.user_id}")
        return _codes_page(kit, request, codes)

    @routes.post("/account/second-factor/off")
    def turn_off(request: Request, code: Annotated[str, Form()] = "") -> Response:
        who = principal_of(request)
        try:
            if who.role in account.sessions.limits.second_factor_roles:
                raise NotAllowed(
                    "이 역할은 2단계 인증을 끌 수 없습니다.", code="second-factor-needed"
                )
            account.factors.turn_off(who, code[:60])
        except (InvalidInput, NotAllowed) as error:
            return _factor_error(kit, account, request, error)
        account.audit.record(who, "second-factor.off", f"user:{who.user_id}")
        return RedirectResponse("/account?done=factor-off", status_code=303)


def _factor_error(
    kit: PageKit, account: Account, request: Request, error: MokminError
) -> HTMLResponse:
    who = principal_of(request)
    return kit.page(
        request,
        "account/second_factor.html",
        status=error.status,
        nav="",
        title="2단계 인증",
        error=error.message,
        state=account.factors.state(who.user_id),
        secret="",
        qr="",
        required=who.role in account.sessions.limits.second_factor_roles,
    )


def _codes_page(kit: PageKit, request: Request, codes: list[str]) -> HTMLResponse:
    return kit.page(request, "account/codes.html", nav="", title="복구 코드", codes=codes)


def _in_fours(secret: str) -> str:
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


# --- how long it lasts ------------------------------------------------------------------------
def _lasting(routes: APIRouter, account: Account) -> None:
    def left(session: Session) -> JSONResponse:
        """Seconds until the session ends unused, and in any case; the form token that is good now, for
        pages that were open when somebody signed in again."""
        now = utcnow()
        ends = session.ends or now
        body = {
            "login": session.principal.login,
            "idle": max(0, int(((session.idle_ends or now) - now).total_seconds())),
            "absolute": max(0, int((ends - now).total_seconds())),
            "csrf": session.csrf_token,
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    @routes.get("/account/session")
    def lasting(request: Request) -> JSONResponse:
        return left(_session(request))

    @routes.post("/account/session/keep")
    def keep(request: Request) -> JSONResponse:
        token = request.cookies.get(account.cookies.session, "")
        return left(account.sessions.find(token, touch=True) or _session(request))


def _subject(session: Session) -> str:
    return f"user:{session.principal.user_id}"
