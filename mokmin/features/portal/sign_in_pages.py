"""The way in and out: passwords, codes, the identity provider, the first administrator."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin import __version__
from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound, NotSignedIn
from mokmin.base.web.kit import PageKit
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.oidc import OidcSignIn
from mokmin.governance.people.passwords import MIN_PASSWORD
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.sessions import Session, Sessions
from mokmin.governance.people.sign_in import SignIn, Step
from mokmin.governance.people.web import (
    Cookies,
    Needs,
    anyone,
    client_of,
    local_path,
    principal_of,
    session_of,
)

# The actor of a failed sign-in with a login that nobody has.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Doors:
    """What the pages of signing in work with. ``demo`` is a hint for the demo city's visitors."""

    people: PeopleService
    sign_in: SignIn
    sessions: Sessions
    oidc: OidcSignIn | None
    audit: AuditLog
    cookies: Cookies
    home: Path
    public_url: str
    provider_name: str
    demo: str


def routers(kit: PageKit, doors: Doors) -> list[APIRouter]:
    """Routes before signing in, and the way out."""
    door = APIRouter(dependencies=[Depends(anyone)])
    leaving = APIRouter(dependencies=[Depends(Needs(bearer=False, settling=True))])
    _passwords(door, kit, doors)
    _codes(door, kit, doors)
    _provider(door, kit, doors)
    _first(door, kit, doors)
    _leaving(leaving, kit, doors)
    return [door, leaving]


# --- shared -----------------------------------------------------------------------------------
def _page(
    kit: PageKit, doors: Doors, request: Request, template: str, status: int, **context: Any
) -> HTMLResponse:
    """A page before sign-in. There is no session yet: a random token in a cookie guards its form
    (double submit)."""
    token = request.cookies.get(doors.cookies.door) or secrets.token_urlsafe(18)
    page = kit.page(request, template, status=status, **{**context, "csrf_token": token})
    doors.cookies.give(page, doors.cookies.door, token)
    return page


def _check(doors: Doors, request: Request, given: str) -> None:
    kept = request.cookies.get(doors.cookies.door, "")
    if not kept or not hmac.compare_digest(kept.encode(), given.encode()):
        raise NotAllowed("화면이 오래되었습니다. 새로 고친 뒤 다시 해 주세요.", code="stale-form")


def _let_in(doors: Doors, request: Request, session: Session, next: str, how: str) -> Response:
    """Give the browser its new session; the one that it had before ends."""
    doors.sessions.end(request.cookies.get(doors.cookies.session, ""))
    subject = f"user:{session.principal.user_id}"
    doors.audit.record(session.principal, "sign-in", subject, method=how)
    response = RedirectResponse(local_path(next), status_code=303)
    doors.cookies.give(response, doors.cookies.session, session.token)
    doors.cookies.drop(response, doors.cookies.step)
    return response


# --- password ---------------------------------------------------------------------------------
def _passwords(door: APIRouter, kit: PageKit, doors: Doors) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        context = {"login": "", "error": "", "next": "/"} | more
        return _page(
            kit,
            doors,
            request,
            "portal/signin.html",
            status,
            title="로그인",
            version=__version__,
            demo=doors.demo,
            provider=doors.provider_name if doors.oidc is not None else "",
            provider_url="/signin/oidc?next=" + quote(context["next"], safe="/"),
            **context,
        )

    @door.get("/signin")
    def signin(request: Request, next: str = "/") -> Response:
        if session_of(request) is not None:
            return RedirectResponse(local_path(next), status_code=303)
        if not doors.people.has_accounts():
            return RedirectResponse("/setup", status_code=303)
        return page(request, next=local_path(next))

    @door.post("/signin")
    def enter(
        request: Request,
        login: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
        csrf_token: Annotated[str, Form()] = "",
    ) -> Response:
        _check(doors, request, csrf_token)
        client = client_of(request)
        try:
            found = doors.sign_in.with_password(login[:200], password[:500], client)
        except MokminError as error:
            if isinstance(error, NotSignedIn):
                _failed(doors, login[:200], "password")
            return page(
                request, error.status, next=local_path(next), login=login[:80], error=error.message
            )
        if isinstance(found, Session):
            return _let_in(doors, request, found, next, "password")
        return _wait_for_code(doors, found, next)


def _failed(doors: Doors, login: str, how: str) -> None:
    """Put a failure on the record. What was typed is kept only when it is an account's login: people
    type their password into the wrong field."""
    known = doors.people.account_id(login)
    actor = login.strip().lower() if known is not None else UNKNOWN
    subject = f"user:{known}" if known is not None else "user"
    doors.audit.record_as(actor, "sign-in.failed", subject, {"method": how})


def _wait_for_code(doors: Doors, step: Step, next: str) -> Response:
    way = f"/signin/code?next={quote(local_path(next), safe='/')}"
    response = RedirectResponse(way, status_code=303)
    doors.cookies.give(response, doors.cookies.step, step.token)
    return response


# --- second factor ----------------------------------------------------------------------------
def _codes(door: APIRouter, kit: PageKit, doors: Doors) -> None:
    def page(request: Request, next: str, error: str = "", status: int = 200) -> HTMLResponse:
        return _page(
            kit,
            doors,
            request,
            "portal/code.html",
            status,
            title="2단계 인증",
            next=local_path(next),
            error=error,
            version=__version__,
        )

    @door.get("/signin/code")
    def ask(request: Request, next: str = "/") -> Response:
        if not doors.sign_in.waits_for_code(request.cookies.get(doors.cookies.step, "")):
            return RedirectResponse("/signin", status_code=303)
        return page(request, next)

    @door.post("/signin/code")
    def check(
        request: Request,
        code: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
        csrf_token: Annotated[str, Form()] = "",
    ) -> Response:
        _check(doors, request, csrf_token)
        token = request.cookies.get(doors.cookies.step, "")
        try:
            session = doors.sign_in.with_code(token, code[:60], client_of(request))
        except MokminError as error:
            if error.code == "sign-in-again":
                return RedirectResponse("/signin", status_code=303)
            return page(request, next, error.message, error.status)
        return _let_in(doors, request, session, next, "password+code")


# --- identity provider ------------------------------------------------------------------------
def _provider(door: APIRouter, kit: PageKit, doors: Doors) -> None:
    def on() -> OidcSignIn:
        if doors.oidc is None:
            raise NotFound("그런 주소는 없습니다. 주소를 확인하거나 홈으로 가 주세요.")
        return doors.oidc

    @door.get("/signin/oidc")
    def begin(next: str = "/") -> Response:
        begun = on().begin(local_path(next))
        response = RedirectResponse(begun.url, status_code=303)
        doors.cookies.give(response, doors.cookies.step, begun.token)
        return response

    @door.get("/signin/oidc/back")
    def back(request: Request, state: str = "", code: str = "", iss: str = "") -> Response:
        token = request.cookies.get(doors.cookies.step, "")
        try:
            arrived = on().finish(
                token, state=state, code=code, issuer=iss, client=client_of(request)
            )
        except MokminError as error:
            if error.status not in (401, 503):
                raise
            page = _page(
                kit,
                doors,
                request,
                "portal/provider_failed.html",
                error.status,
                title="통합 로그인",
                error=error.message,
                version=__version__,
            )
            doors.cookies.drop(page, doors.cookies.step)
            return page
        who = arrived.session.principal
        subject = f"user:{who.user_id}"
        if arrived.created:
            doors.audit.record(who, "account.provision", subject, role=who.role)
        if arrived.linked:
            doors.audit.record(who, "account.link", subject)
        if arrived.role_changed:
            doors.audit.record(who, "role.change", subject, role=who.role, by="oidc")
        return _let_in(doors, request, arrived.session, arrived.next, "oidc")


# --- the first administrator ------------------------------------------------------------------
def _first(door: APIRouter, kit: PageKit, doors: Doors) -> None:
    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        return _page(
            kit,
            doors,
            request,
            "portal/first_admin.html",
            status,
            title="첫 관리자",
            min_length=MIN_PASSWORD,
            **({"login": "admin", "name": "", "errors": {}} | more),
        )

    @door.get("/setup")
    def setup(request: Request) -> Response:
        if doors.people.has_accounts():
            return RedirectResponse("/signin", status_code=303)
        return page(request)

    @door.post("/setup")
    def first(
        request: Request,
        login: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        password_again: Annotated[str, Form()] = "",
        code: Annotated[str, Form()] = "",
        csrf_token: Annotated[str, Form()] = "",
    ) -> Response:
        _check(doors, request, csrf_token)
        if doors.people.has_accounts():
            raise NotFound("첫 관리자는 이미 있습니다. 로그인해 주세요.")
        kept = doors.home / "setup-code"
        errors: dict[str, str] = {}
        if not kept.is_file() or not hmac.compare_digest(
            kept.read_text(encoding="utf-8").strip().encode(), code.strip().encode()
        ):
            errors["code"] = (
                "설정 코드가 맞지 않습니다. 서비스를 시작한 화면에 적힌 코드를 넣어 주세요."
            )
        elif password != password_again:
            errors["password_again"] = "두 비밀번호가 다릅니다."  # noqa: S105
        else:
            try:
                doors.people.create_account(
                    login=login, name=name.strip() or "관리자", password=password, role="admin"
                )
            except InvalidInput as error:
                errors["password"] = error.message
        if errors:
            return page(request, 422, login=login, name=name, errors=errors)
        kept.unlink(missing_ok=True)
        return RedirectResponse("/signin", status_code=303)


# --- the way out ------------------------------------------------------------------------------
def _leaving(leaving: APIRouter, kit: PageKit, doors: Doors) -> None:
    @leaving.post("/signout")
    def leave(request: Request) -> Response:
        who = principal_of(request)
        id_token = doors.sessions.end(request.cookies.get(doors.cookies.session, ""))
        doors.audit.record(who, "sign-out", f"user:{who.user_id}")
        onward = None
        if id_token and doors.oidc is not None:
            back = doors.public_url.rstrip("/") + "/signin"
            onward = doors.oidc.logout_url(id_token, back)
        # Not a redirect: the page rules keep forms from leading to another site.
        response: Response = (
            kit.page(request, "portal/leaving.html", bare=True, title="로그아웃", onward=onward)
            if onward
            else RedirectResponse("/signin", status_code=303)
        )
        doors.cookies.drop(response, doors.cookies.session)
        return response
