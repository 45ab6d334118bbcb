"""Every error as a page or a problem document, from one place."""

from __future__ import annotations

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException

from mokmin.base.errors import (
    InvalidInput,
    MokminError,
    NotFound,
    NotSignedIn,
    TooLarge,
    Unavailable,
)
from mokmin.base.web.kit import PageKit
from mokmin.base.web.middleware import HEADERS
from mokmin.base.web.problems import INTERNAL, problem, problem_json, wants_html
from mokmin.governance.people.web import TODO, local_path, session_of

log = logging.getLogger(__name__)
UNREADABLE = "보낸 내용의 형식이 맞지 않습니다. 화면을 새로 고친 뒤 다시 해 주세요."


def add_failures(web: FastAPI, kit: PageKit) -> None:
    """Add the handlers."""

    def show(request: Request, error: MokminError) -> Response:
        signed_in = session_of(request) is not None and error.status < 500
        if isinstance(error, NotSignedIn) and wants_html(request):
            return RedirectResponse(f"/signin?next={_way_back(request)}", status_code=303)
        session = session_of(request)
        todo = TODO.get(session.todo) if session is not None else None
        if todo and todo.code == error.code and wants_html(request) and request.method == "GET":
            return RedirectResponse(todo.page, status_code=303)
        answer = problem(request, kit, error, signed_in=signed_in)
        if isinstance(error, NotSignedIn):
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @web.exception_handler(MokminError)
    def known(request: Request, error: MokminError) -> Response:
        return show(request, error)

    @web.exception_handler(RequestValidationError)
    def invalid(request: Request, _error: RequestValidationError) -> Response:
        return show(
            request,
            InvalidInput(UNREADABLE),
        )

    @web.exception_handler(OverflowError)
    @web.exception_handler(DataError)
    def too_big(request: Request, _error: Exception) -> Response:
        return show(request, NotFound("그런 번호는 없습니다. 주소를 확인해 주세요."))

    @web.exception_handler(DBAPIError)
    def database(request: Request, error: DBAPIError) -> Response:
        log.error("database error", exc_info=error)
        return show(
            request,
            Unavailable(
                "데이터베이스가 바쁩니다. 저장된 것은 그대로 있습니다. 잠시 뒤 다시 시도해 주세요."
            ),
        )

    @web.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        bare = local_path(request.url.path.rstrip("/"))
        if error.status_code == 404 and bare not in ("/", request.url.path):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{quote(bare)}{query}", status_code=307)
        if error.status_code in (400, 404, 413):
            return show(request, _own_words(error))
        detail = "이 주소에서는 그 일을 할 수 없습니다." if error.status_code == 405 else INTERNAL
        return problem_json(error.status_code, "http-error", detail, retry=False)

    @web.exception_handler(Exception)
    def unknown(request: Request, error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        response = show(request, MokminError(INTERNAL))
        # This handler runs outside the middleware that adds them.
        response.headers.update(HEADERS)
        return response


def _own_words(error: HTTPException) -> MokminError:
    """An error of the framework in the words of this application."""
    if error.status_code == 404:
        return NotFound("그런 주소는 없습니다. 주소를 확인하거나 홈으로 가 주세요.")
    if error.status_code == 413:
        return TooLarge(error.detail)
    return InvalidInput(UNREADABLE)


def _way_back(request: Request) -> str:
    """The address of a page, to come back to it after signing in."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(f"{request.url.path}{query}"[:500], safe="/")
