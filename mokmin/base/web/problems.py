"""Errors as ``application/problem+json`` (RFC 9457) and as pages, from one place."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mokmin.base.errors import MokminError
from mokmin.base.web.kit import PageKit

TITLES = {
    400: "요청을 처리할 수 없습니다",
    401: "로그인이 필요합니다",
    403: "권한이 없습니다",
    404: "찾을 수 없습니다",
    405: "쓸 수 없는 방법입니다",
    409: "다른 변경과 겹쳤습니다",
    413: "너무 큽니다",
    422: "내용을 확인해 주세요",
    429: "잠시 쉬었다 해 주세요",
    500: "문제가 생겼습니다",
    503: "잠시 쓸 수 없습니다",
}
INTERNAL = (
    "시스템에 예상하지 못한 문제가 생겼습니다. 저장된 내용은 그대로 있습니다. "
    "잠시 뒤 다시 시도하고, 되풀이되면 관리자에게 알려 주세요."
)


def problem_json(status: int, code: str, detail: str, *, retry: bool) -> JSONResponse:
    """A problem document; ``retry`` tells whether trying again can help."""
    body = {
        "type": f"urn:mokmin:error:{code}",
        "title": TITLES.get(status, HTTPStatus(status).phrase),
        "status": status,
        "code": code,
        "detail": detail,
        "retry": retry,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}

# Codes of the protocol that clients look for.
_OPENAI_CODES = {
    "context-length-exceeded": "context_length_exceeded",
    "model-not-found": "model_not_found",
}


def openai_error(status: int, code: str, detail: str) -> dict[str, object]:
    """An error in the form that clients of the OpenAI protocol expect."""
    kind = _OPENAI_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    known = _OPENAI_CODES.get(code, code)
    return {"error": {"message": detail, "type": kind, "param": None, "code": known}}


def wants_html(request: Request) -> bool:
    """Whether a person's browser asks for a page."""
    if request.url.path.startswith(("/api/", "/v1/")) or "hx-request" in request.headers:
        return False
    return "text/html" in request.headers.get("accept", "")


def problem(request: Request, kit: PageKit, error: MokminError, *, signed_in: bool) -> Response:
    """An error for whoever asked."""
    if request.url.path.startswith("/v1/"):
        return JSONResponse(
            openai_error(error.status, error.code, error.message), status_code=error.status
        )
    if not wants_html(request):
        return problem_json(error.status, error.code, error.message, retry=error.retry)
    return kit.page(
        request,
        "error.html",
        status=error.status,
        bare=not signed_in,
        shell=signed_in,
        title=TITLES.get(error.status, TITLES[500]),
        status_code=error.status,
        code=error.code,
        detail=error.message,
        retry=error.retry,
        nav="",
    )
