"""Route × role, from the application itself: nothing undeclared, and what is declared really holds."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.governance.access.model import ROLES, Permission
from mokmin.governance.people.declarations import PUBLIC, Declared, declared
from mokmin.governance.people.sessions import Client, Session
from mokmin.governance.people.web import Needs, anyone
from mokmin.web import create_web

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "시험용-비밀번호-1234"
NO_SUCH = "999999"


class House:
    """One application with an account of every role."""

    def __init__(self, app: App, client: TestClient, web: Any) -> None:
        self.app, self.client, self.web = app, client, web
        self.ids = {
            role: app.people.create_account(
                login=f"a-{role}", name=role, password=PASSWORD, role=role, department="회계과"
            )
            for role in ROLES
        }
        self.sessions: dict[str, Session] = {}
        self.tokens: dict[str, str] = {}

    def session(self, role: str) -> Session:
        """A live session of a role; routes such as signing out end it."""
        kept = self.sessions.get(role)
        if kept is None or self.app.sessions.find(kept.token) is None:
            with self.app.db.write() as connection:
                kept = self.app.sessions.open(connection, self.ids[role], Client())
            self.sessions[role] = kept
        return kept

    def token(self, role: str) -> str:
        """An API token with all rights of a role; an invented one for a role that has none."""
        if role not in self.tokens:
            principal = self.session(role).principal
            scopes = [p.value for p in principal.permissions]
            made = self.app.api_tokens.issue(principal, "시험", scopes, 1) if scopes else None
            self.tokens[role] = made.token if made else "mok_invented"
        return self.tokens[role]

    def send(self, route: Declared, role: str | None, **headers: str) -> Any:
        """A request to a route with ids that do not exist."""
        path = re.sub(r"\{[^}]+\}", NO_SUCH, route.path).replace("/…", "/logo.svg")
        self.client.cookies.clear()
        sent = {"Accept": "application/json"}
        if role is not None:
            session = self.session(role)
            self.client.cookies.set("mokmin_session", session.token)
            sent["X-CSRF-Token"] = session.csrf_token
        if role is not None and path.startswith("/scim/") and "X-CSRF-Token" not in headers:
            sent["Authorization"] = f"Bearer {self.token(role)}"  # for programs alone
        json = {} if path.startswith(("/api/", "/scim/")) and route.method != "GET" else None
        return self.client.request(
            route.method, path, headers=sent | headers, json=json, follow_redirects=False
        )


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path, quick_app: Any
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("matrix")
    path = folder / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(folder / "home", f"sqlite:///{path}")
    web = create_web(app)
    with TestClient(web, raise_server_exceptions=False) as client:
        yield House(app, client, web)
    app.db.close()


def test_every_route_has_exactly_one_declaration(house: House) -> None:
    routes = declared(house.web)
    assert len(routes) > 100
    wrong = [f"{r.method} {r.path}: {r.needs}" for r in routes if not r.need]
    assert wrong == [], "\n".join(wrong)


def test_a_route_without_or_with_two_declarations_is_found(house: House) -> None:
    bare, doubled = APIRouter(), APIRouter(dependencies=[Depends(Needs())])
    bare.add_api_route("/forgotten", lambda: None)
    doubled.add_api_route("/doubled", lambda: None, dependencies=[Depends(anyone)])
    before = list(house.web.router.routes)
    try:
        house.web.include_router(bare)
        house.web.include_router(doubled)
        found = {r.path: r.need for r in declared(house.web)}
    finally:
        house.web.router.routes[:] = before
    assert found["/forgotten"] == found["/doubled"] == ""


def test_public_routes_are_these_alone(house: House) -> None:
    assert {r.path for r in declared(house.web) if r.need == PUBLIC} == {
        "/api/openapi.json", "/embed/assistant.js", "/embed/{key}", "/favicon.ico", "/healthz", "/metrics", "/readyz", "/setup", "/signin",
        "/signin/code", "/signin/oidc", "/signin/oidc/back", "/static/…",
    }  # fmt: skip


@pytest.mark.parametrize("role", [None, *ROLES], ids=str)
def test_every_role_on_every_route(house: House, role: str | None) -> None:
    wrong = []
    for route in declared(house.web):
        answer = house.send(route, role)
        code = _code(answer)
        refused = answer.status_code == 401 or code in ("not-allowed", "not-signed-in")
        # Beyond the door there are reasons of its own: a missing step of signing in is no right.
        refused = refused and not (route.need == PUBLIC and answer.status_code == 401)
        if answer.status_code >= 500 or refused == route.open_to(role):
            wrong.append(f"{route.method} {route.path} ({route.need}): {answer.status_code} {code}")
    assert wrong == [], "\n".join(wrong)


def test_a_stranger_with_a_browser_is_led_to_the_door(house: House) -> None:
    for route in declared(house.web):
        if route.need != PUBLIC and route.method == "GET" and not route.path.startswith("/api/"):
            answer = house.send(route, None, Accept="text/html")
            if answer.status_code != 401:  # what programs call answers programs
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/signin?next=/"), route.path


def test_every_changing_route_refuses_forged_requests(house: House) -> None:
    """CSRF: with the session's cookie, but without its form token or with a wrong one."""
    role_of = {p.value: next(r for r in ROLES if p in ROLES[r]) for p in Permission}
    tried = 0
    for route in declared(house.web):
        if route.method == "GET":
            continue
        role = role_of.get(route.need, "official")
        for token in ("", "invented"):
            answer = house.send(route, role, **{"X-CSRF-Token": token})
            # The way in by hand has its own token; a wrong one is refused with the same words.
            assert answer.status_code == 403, f"{route.method} {route.path}"
            # SCIM's own form of errors (RFC 7644 section 3.12) holds no code of ours.
            wanted = "not-allowed" if route.path.startswith("/scim/") else "stale-form"
            assert _code(answer) == wanted, f"{route.method} {route.path}"
            tried += 1
    assert tried > 100


def test_the_document_is_that_of_the_code(house: House) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from write_permissions import permissions_document
    finally:
        sys.path.remove(str(ROOT / "tools"))
    kept = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert kept == permissions_document(house.web), "run: python tools/write_permissions.py"


def test_the_page_shows_the_same_to_administrators(house: House) -> None:
    routes = {r.path: r for r in declared(house.web)}
    page = house.send(routes["/admin/permissions"], "admin", Accept="text/html").text
    for permission in ("개인정보 점검", "기록 처분 승인"):
        assert permission in page
    assert "POST /library/upload" in page


def _code(answer: Any) -> str:
    kind = answer.headers.get("content-type", "")
    if "scim+json" in kind and answer.status_code == 403:
        return "not-allowed"
    if kind == "application/json" and answer.request.url.path.startswith("/v1/"):
        return str((answer.json().get("error") or {}).get("code", ""))
    return str(answer.json().get("code")) if "problem+json" in kind else ""
