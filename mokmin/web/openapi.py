"""The description of what programs call, true to what the application really answers.

FastAPI describes a wrong request as 422 with its own body; here every error is a problem document
(RFC 9457), so each operation names the statuses it can have, and the two ways to sign in.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from mokmin.base.web.problems import TITLES

MEDIA = "application/problem+json"
# Read by machines and monitors without signing in; they fail only as a whole.
OPEN = frozenset({"/healthz", "/readyz"})
SCHEMES: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "mokmin_session"},
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "retry"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "retry": {"type": "boolean"},
    },
}


def describe(web: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the public interface."""
    document = web.openapi()
    if "securitySchemes" in document.setdefault("components", {}):
        return document
    document["components"]["securitySchemes"] = SCHEMES
    schemas = document["components"].setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _complete(path, operation)
    return document


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Say which errors an operation has, and that it wants a session or a token."""
    answers = operation["responses"]
    answers.pop("422", None)
    body: dict[str, Any] = {"application/json": {"schema": {}}}
    if path == "/readyz":
        answers["503"] = {"description": "아직 일할 수 없습니다", "content": body}
    if path in OPEN:
        return
    if path.startswith("/api/v1/tools/"):
        answers["202"] = {"description": "아직 만드는 중입니다", "content": body}
    operation["security"] = [{"token": []}, {"session": []}]
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, title in TITLES.items():
        if status != 500:
            answers.setdefault(str(status), {"description": title, "content": content})
