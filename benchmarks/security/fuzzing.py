"""Generated requests to every route of the application, and what each answer must keep.

The description of the public interface is what programs see; for the attack it is widened to all routes,
pages and SCIM included, ids that exist are mixed with those that do not, and routes that read their form
by hand get one with the field names that the application knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.base.web.middleware import HEADERS
from mokmin.governance.access.model import ROLES
from mokmin.governance.people.declarations import PUBLIC, SIGNED_IN, Declared, declared
from mokmin.governance.people.sessions import Client
from mokmin.web.openapi import describe

PASSWORD = "시험용-비밀번호-1234"
REAL = [1, 2, 3]
# These end what the others need; they go last.
LAST = ("/admin/switches", "/signout", "/account/devices/end-others", "/setup")
NASTY = [
    "'\"><img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "' OR 1=1 --",
    "{{7*7}}${7*7}",
    "=cmd|'/C calc'!A0",
    "a\r\nSet-Cookie: x=1",
    "\u0000",
    "9999-99-99",
    "0001-01-01",
    "9223372036854775808",
    "-1",
    "١٢",
    "²",
    "1e309",
    "NaN",
    "",
    "가" * 3000,
    "((((a+)+)+)+$",
    '"열린 따옴표',
]
# Raw bodies that no generator of valid text makes.
RAW = [
    b'{"query": "\\ud800", "question": "\\udfff", "userName": "\\ud800", "documents": ["\\ud800"]}',
    b'{"query": NaN, "top": 1e400}',
    b"[" * 5_000,
    b'{"documents": [' + b"9" * 5_000 + b"]}",
    b"\xff\xfe\x00",
    b"null",
    b'"text"',
    b'{"documents": [1], "options": {"a": {"b": [[[[]]]]}}, "schemas": 1, "Operations": [{}]}',
    b'{"Operations": [{"op": "replace", "path": "members[value eq \\"", "value": {"a": null}}]}',
    b'{"userName": {"a": 1}, "name": [], "emails": "x", "active": "maybe", "groups": {}}',
]


@dataclass
class House:
    """An application with accounts of all roles, and what was found out about it."""

    app: App
    web: FastAPI
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    sent: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    public: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.public = describe(self.web)["paths"]

    def people(self) -> None:
        """Three victims, whose ids are among ``REAL``, and an account of every role."""
        for login, role in [("v1", "official"), ("v2", "official"), ("v3", "steward")]:
            self.app.people.create_account(
                login=login, name=login, password=PASSWORD, role=role, department="회계과"
            )
        for role in ROLES:
            self.app.people.create_account(
                login=f"a-{role}", name=role, password=PASSWORD, role=role, department="회계과"
            )

    def open(self, role: str) -> tuple[str, str]:
        """A live session of a role: its token and its form token."""
        kept = self.sessions.get(role)
        if kept is None or self.app.sessions.find(kept[0], touch=False) is None:
            with self.app.db.write() as connection:
                user = self.app.people.principal(f"a-{role}").user_id
                assert user is not None
                made = self.app.sessions.open(connection, user, Client())
            kept = self.sessions[role] = (made.token, made.csrf_token)
        return kept

    def headers(self, role: str | None, *, scim: bool) -> dict[str, str]:
        """The headers of a role, by session, or by token where only programs go."""
        if role is None:
            return {}
        session, csrf = self.open(role)
        if not scim:
            return {"Cookie": f"mokmin_session={session}", "X-CSRF-Token": csrf}
        if role not in self.tokens:
            who = self.app.people.principal(f"a-{role}")
            scopes = [p.value for p in who.permissions]
            self.tokens[role] = self.app.api_tokens.issue(who, "시험", scopes, 1).token
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def send(self, need: Declared, role: str | None, **request: Any) -> None:
        """One request; what its answer breaks is kept."""
        scim = need.path.startswith("/scim")
        headers = {**request.pop("headers", {}), **self.headers(role, scim=scim)}
        headers.setdefault("Accept", "*/*")
        self.client.cookies.clear()
        answer = self.client.request(headers=headers, follow_redirects=False, **request)
        self.sent += 1
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        told = self.public.get(need.path, {}).get(need.method.lower(), {}).get("responses")
        for wrong in (*broken(need, answer), *undocumented(told, answer)):
            shown = {k: v for k, v in request.items() if v}
            self.failures.append(f"{need.method} {need.path} as {role}: {wrong} | {shown!r:.600}")


def broken(need: Declared, answer: Any) -> Iterator[str]:
    """What an answer should have kept and does not."""
    status, kind = answer.status_code, answer.headers.get("content-type", "")
    if status >= 500 and need.path != "/readyz":
        yield f"{status} {answer.text[:200]}"
    for name in HEADERS:
        if name not in answer.headers:
            yield f"{status} without {name}"
    if "Traceback (most recent" in answer.text[:20_000]:
        yield "a traceback"
    if status < 400 or need.path == "/readyz":
        return
    scim = need.path.startswith("/scim")
    wanted = "application/scim+json" if scim else "application/problem+json"
    page = kind.startswith("text/html") and not need.path.startswith(("/api/", "/scim/"))
    # What no route took (an address with a NUL, a method that there is not) is nobody's own.
    unrouted = scim and status in (404, 405) and kind.startswith("application/problem+json")
    # The interface of other makers' programs has their form of errors.
    theirs = need.path.startswith("/v1/") and kind.startswith("application/json")
    theirs = theirs or need.path == "/mcp"  # JSON-RPC
    if not (kind.startswith(wanted) or page or unrouted or theirs):
        yield f"{status} as {kind}"


def undocumented(responses: dict[str, Any] | None, answer: Any) -> Iterator[str]:
    """Statuses and content types of the public interface that its description does not name."""
    if responses is None:
        return
    told = responses.get(str(answer.status_code))
    kind = answer.headers.get("content-type", "").split(";")[0]
    if told is None:
        yield f"{answer.status_code} is not documented"
    elif "content" in told and kind not in told["content"]:
        yield f"{answer.status_code} as {kind} is not documented"


def whole(web: FastAPI) -> dict[str, Any]:
    """A description of all routes, those for people too, made to be attacked."""
    contexts = []
    for context in iter_route_contexts(web.routes):
        inner = context._effective_route
        if hasattr(inner, "include_in_schema"):
            inner.include_in_schema = True
            contexts.append(context)
    document = get_openapi(title="all", version="1", routes=contexts)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                parameter["schema"] = _mixed(parameter["schema"], parameter["in"] == "path")
            if "requestBody" not in operation and method not in ("get", "delete"):
                operation["requestBody"] = _any_body(path)
    return document


def _mixed(schema: dict[str, Any], in_path: bool) -> dict[str, Any]:
    if schema.get("type") == "integer":
        return {"anyOf": [{"enum": REAL}, schema, {"enum": [0, -1, 2**31, 2**63, 10**30]}]}
    nasty = [n for n in NASTY if n and "/" not in n] if in_path else NASTY
    if schema.get("type") == "string":
        return {"anyOf": [{"enum": nasty}, schema]}
    return schema


def _any_body(path: str) -> dict[str, Any]:
    anything: dict[str, Any] = {"anyOf": [{"enum": [*NASTY, 1, None, True, [], {}]}, {}]}
    names = (
        "userName name emails active members Operations schemas displayName externalId"
        if path.startswith("/scim")
        else "title department disclosure grade public_on retention q text kind document names ids "
        "choice reason begin end note group user days undo next code password login file"
    )
    schema = {"type": "object", "properties": {n: anything for n in names.split()}}
    media = "application/json" if path.startswith("/scim") else "application/x-www-form-urlencoded"
    return {"content": {media: {"schema": schema}}}


def roles_for(need: Declared) -> list[str | None]:
    """Somebody who may, somebody who may not, and nobody."""
    if need.need in (PUBLIC, SIGNED_IN):
        return ["official", None]
    may = [r for r in ROLES if need.open_to(r) and ROLES[r]]
    not_ = [r for r in ROLES if not need.open_to(r) and ROLES[r]]
    return [*may[:1], *may[:1], *may[:1], *not_[:1], None]


def fuzz(house: House, *, examples: int, seed_value: int, stop: Callable[[], bool]) -> int:
    """Requests to every operation; returns how many operations were reached before ``stop``."""
    needs = {(d.method, re.sub(r":\w+}", "}", d.path)): d for d in declared(house.web)}
    schema = schemathesis.openapi.from_dict(whole(house.web))
    operations = [found.ok() for found in schema.get_all_operations()]
    operations.sort(key=lambda o: o.path in LAST)
    done = 0
    for operation in operations:
        if stop():
            break
        need = needs[operation.method.upper(), operation.path]
        _one(house, need, operation, examples, seed_value)
        done += 1
    return done


def _one(house: House, need: Declared, operation: Any, examples: int, seed_value: int) -> None:
    roles = roles_for(need)
    count = 0

    @seed(seed_value)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def attack(case: Any) -> None:
        nonlocal count
        wanted = case.as_transport_kwargs(base_url="http://testserver")
        request = {k: v for k, v in wanted.items() if k in ("method", "url", "params") and v}
        sent = {
            k: v
            for k, v in wanted.get("headers", {}).items()
            if k.lower() in ("content-type", "accept")
        }
        if "json" in wanted:
            request["content"] = json.dumps(wanted["json"]).encode()
        elif isinstance(wanted.get("data"), dict):
            request["data"] = {k: _field(v) for k, v in wanted["data"].items()}
            sent.pop("Content-Type", None)
        elif wanted.get("data"):
            data = wanted["data"]
            request["content"] = data if isinstance(data, (bytes, str)) else repr(data).encode()
        elif wanted.get("files"):
            request["files"] = wanted["files"]
            sent.pop("Content-Type", None)
        house.send(need, roles[count % len(roles)], headers=sent, **request)
        count += 1

    attack()
    path = need.path
    while "{" in path:
        begin, end = path.index("{"), path.index("}")
        path = path[:begin] + "1" + path[end + 1 :]
    bodies = RAW if need.path.startswith(("/api/v1", "/scim")) else RAW[4:5]
    if need.method not in ("GET", "DELETE"):
        for raw in bodies:
            house.send(
                need,
                roles[0],
                method=need.method,
                url=path,
                content=raw,
                headers={"Content-Type": "application/json"},
            )
    if need.path != path:
        odd = need.path.replace("{", "%ff{")
        while "{" in odd:
            begin, end = odd.index("{"), odd.index("}")
            odd = odd[:begin] + "%00" + odd[end + 1 :]
        house.send(need, roles[0], method=need.method, url=odd)


def _field(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [v if isinstance(v, str) else json.dumps(v) for v in value]
    return value if isinstance(value, str) else json.dumps(value)
