"""Sign-in, home, my jobs, preferences, help."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin import __version__
from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound
from mokmin.base.web.kit import PageKit, ago
from mokmin.governance.access.model import ROLE_NAMES, Permission, Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import MIN_PASSWORD, PeopleService
from mokmin.governance.people.web import COOKIE, guarded, principal_of, session_of, set_cookie
from mokmin.knowledge.documents.model import Document, State
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery

Recent = Callable[[Principal], list[Mapping[str, Any]]]
Starters = Callable[[Principal], list[Mapping[str, str]]]
STEPS = {
    State.QUEUED: "차례를 기다리는 중",
    State.READING: "글자를 읽는 중",
    State.INDEXING: "찾을 수 있게 정리하는 중",
}
FORMATS = "HWP, HWPX, PDF, DOCX, XLSX, PPTX, HTML, MD, TXT, CSV, ZIP"
# The sign-in form has no session yet: a random token in a cookie guards it (double submit).
DOOR_COOKIE = "mokmin_door"


def routers(  # noqa: C901 - a list of routes
    kit: PageKit,
    people: PeopleService,
    audit: AuditLog,
    documents: DocumentService,
    starters: Starters,
    recent: Recent,
    *,
    home_folder: Path,
    secure: bool,
    demo: str,
) -> list[APIRouter]:
    """Open routes (the door) and those of signed-in people."""
    door = APIRouter()
    routes = APIRouter(dependencies=[Depends(guarded)])

    def _door_page(
        request: Request, template: str, status: int = 200, **context: Any
    ) -> HTMLResponse:
        token = request.cookies.get(DOOR_COOKIE) or secrets.token_urlsafe(18)
        page = kit.page(request, template, status=status, **{**context, "csrf_token": token})
        page.set_cookie(DOOR_COOKIE, token, httponly=True, samesite="strict", secure=secure)
        return page

    def _check_door(request: Request, given: str) -> None:
        kept = request.cookies.get(DOOR_COOKIE, "")
        if not kept or not hmac.compare_digest(kept.encode(), given.encode()):
            raise NotAllowed(
                "화면이 오래되었습니다. 새로 고친 뒤 다시 해 주세요.", code="stale-form"
            )

    @door.get("/signin")
    def signin(request: Request, next: str = "/") -> Response:
        if session_of(request) is not None:
            return RedirectResponse("/", status_code=303)
        if not people.has_accounts():
            return RedirectResponse("/setup", status_code=303)
        return _door_page(
            request,
            "portal/signin.html",
            title="로그인",
            next=_local(next),
            login="",
            error="",
            version=__version__,
            demo=demo,
        )

    @door.post("/signin")
    def enter(
        request: Request,
        login: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "/",
        csrf_token: Annotated[str, Form()] = "",
    ) -> Response:
        _check_door(request, csrf_token)
        try:
            session = people.sign_in(login[:200], password[:500])
        except MokminError as error:
            return _door_page(
                request,
                "portal/signin.html",
                error.status,
                title="로그인",
                next=_local(next),
                login=login[:80],
                error=error.message,
                version=__version__,
                demo=demo,
            )
        audit.record(session.principal, "sign-in", f"user:{session.principal.user_id}")
        response = RedirectResponse(_local(next), status_code=303)
        set_cookie(response, session.token, secure=secure)
        return response

    @door.get("/setup")
    def setup(request: Request) -> Response:
        if people.has_accounts():
            return RedirectResponse("/signin", status_code=303)
        return _door_page(
            request,
            "portal/first_admin.html",
            title="첫 관리자",
            login="admin",
            name="",
            errors={},
            min_length=MIN_PASSWORD,
            needs_code=(home_folder / "setup-code").is_file(),
        )

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
        _check_door(request, csrf_token)
        if people.has_accounts():
            raise NotFound("첫 관리자는 이미 있습니다. 로그인해 주세요.")
        kept = home_folder / "setup-code"
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
                people.create_account(
                    login=login, name=name.strip() or "관리자", password=password, role="admin"
                )
            except InvalidInput as error:
                errors["password"] = error.message
        if errors:
            return _door_page(
                request,
                "portal/first_admin.html",
                422,
                title="첫 관리자",
                login=login,
                name=name,
                errors=errors,
                min_length=MIN_PASSWORD,
                needs_code=True,
            )
        kept.unlink(missing_ok=True)
        return RedirectResponse("/signin", status_code=303)

    @routes.post("/signout")
    def leave(request: Request) -> Response:
        people.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/signin", status_code=303)
        response.delete_cookie(COOKIE)
        return response

    @routes.get("/")
    def home(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        latest = documents.page(principal, LibraryQuery(state=State.READY)).documents[:5]
        open_jobs = [d for d in documents.mine(principal) if d.state is not State.READY][:4]
        role = ROLE_NAMES.get(principal.role, "")
        return kit.page(
            request,
            "portal/home.html",
            nav="home",
            title="홈",
            greeting=f"{principal.name} {role}님, 안녕하세요"
            if principal.name != role
            else f"{role}님, 안녕하세요",
            starters=starters(principal),
            document_count=documents.count(principal),
            conversations=recent(principal)[:5],
            documents=[
                {
                    "id": d.id,
                    "title": d.title,
                    "format": d.format,
                    "department": d.department,
                    "grade": d.grade,
                    "freshness": d.freshness.value,
                    "when": ago(d.created_at),
                }
                for d in latest
            ],
            jobs=[
                {
                    "id": d.version_id,
                    "filename": d.filename,
                    "state": d.state.value,
                    "progress": d.progress,
                }
                for d in open_jobs
            ],
            may_upload=principal.may(Permission.UPLOAD),
        )

    @routes.get("/jobs")
    def jobs(request: Request) -> HTMLResponse:
        found = documents.mine(principal_of(request))
        return kit.page(
            request,
            "portal/jobs.html",
            nav="jobs",
            title="내 작업",
            **_jobs(found),
            summary={
                "ready": sum(d.state is State.READY for d in found),
                "failed": sum(d.state is State.FAILED for d in found),
                "active": sum(d.state in STEPS for d in found),
            },
        )

    @routes.get("/jobs/table")
    def jobs_table(request: Request) -> HTMLResponse:
        return kit.page(
            request, "portal/jobs_table.html", **_jobs(documents.mine(principal_of(request)))
        )

    @routes.post("/jobs/{version_id}/retry")
    def retry(request: Request, version_id: int) -> Response:
        documents.retry(principal_of(request), version_id)
        return RedirectResponse("/jobs", status_code=303)

    @routes.get("/preferences")
    def preferences(request: Request) -> HTMLResponse:
        return kit.page(
            request,
            "portal/preferences.html",
            nav="",
            title="내 설정",
            error="",
            min_length=MIN_PASSWORD,
        )

    @routes.post("/preferences/password")
    def change_password(
        request: Request,
        current: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        password_again: Annotated[str, Form()] = "",
    ) -> Response:
        principal = principal_of(request)
        try:
            if password != password_again:
                raise InvalidInput("새 비밀번호 두 개가 서로 다릅니다.")
            people.change_password(principal, current, password)
        except MokminError as error:
            return kit.page(
                request,
                "portal/preferences.html",
                status=422,
                nav="",
                title="내 설정",
                error=error.message,
                min_length=MIN_PASSWORD,
            )
        audit.record(principal, "password.change", f"user:{principal.user_id}")
        return RedirectResponse("/signin", status_code=303)

    @routes.get("/help")
    def help_page(request: Request) -> HTMLResponse:
        return kit.page(
            request, "portal/help.html", nav="", title="도움말", contact="", formats=FORMATS
        )

    @routes.get("/accessibility")
    def accessibility(request: Request) -> HTMLResponse:
        return kit.page(
            request, "portal/accessibility.html", nav="", title="접근성 안내", contact=""
        )

    return [door, routes]


def _jobs(found: list[Document]) -> dict[str, Any]:
    return {
        "jobs": [
            {
                "id": d.version_id,
                "document_id": d.id if d.state is State.READY else None,
                "filename": d.filename,
                "format": d.format,
                "state": d.state.value,
                "progress": d.progress,
                "step": STEPS.get(d.state, ""),
                "reason": d.reason,
                "next_step": "",
                "when": ago(d.created_at),
                "may_retry": d.state is State.FAILED,
            }
            for d in found
        ],
        "active": any(d.state in STEPS for d in found),
    }


def _local(path: str) -> str:
    """A path of this site; anything else becomes the home page."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if good and path.isprintable() else "/"
