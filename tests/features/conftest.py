"""The whole web application, and browsers that are signed in to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.web import create_web
from tests.late import present, shared

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A client with a session that sends its form token along."""

    def __init__(self, client: TestClient, csrf: str = "") -> None:
        self.client = client
        self.csrf = csrf

    def get(self, url: str, **more: Any) -> Any:
        """A page as a browser asks for it."""
        headers = {"Accept": "text/html"} | more.pop("headers", {})
        return self.client.get(url, headers=headers, **more)

    def post(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """A form, with its token, without following the redirect."""
        fields = {"csrf_token": self.csrf} | (data or {})
        headers = {"Accept": "text/html"} | more.pop("headers", {})
        return self.client.post(url, data=fields, headers=headers, follow_redirects=False, **more)

    def door(self) -> str:
        """The token of the sign-in form."""
        found = TOKEN.search(self.get("/signin").text)
        assert found is not None
        return found.group(1)

    def sign_in(self, login: str, password: str, next: str = "/") -> Any:
        """Send the sign-in form."""
        fields = {"login": login, "password": password, "next": next, "csrf_token": self.door()}
        return self.post("/signin", fields)


_made: list[Any] = []


@pytest.fixture
def web(request: pytest.FixtureRequest, app: App, people: Any) -> Any:
    """The web application over the test's own services; its routes are made once, but for tests of what
    is fixed with them (``own_web``)."""
    if request.node.get_closest_marker("own_web"):
        return create_web(app)
    present(app)
    if not _made:
        _made.append(shared(create_web))
    return _made[0]


@pytest.fixture
def browser(web: Any) -> Iterator[Callable[..., Browser]]:
    """Makes browsers that nobody is signed in to."""
    with TestClient(web, raise_server_exceptions=False, base_url="http://testserver"):
        yield lambda: Browser(
            TestClient(web, raise_server_exceptions=False, base_url="http://testserver")
        )


@pytest.fixture
def signed_in(app: App, people: Any, browser: Any) -> Callable[[str], Browser]:
    """Makes browsers with a session of the named account."""

    def enter(login: str) -> Browser:
        made: Browser = browser()
        session = app.sign_in.with_password(login, people.password)
        made.client.cookies.set("mokmin_session", session.token)
        made.csrf = session.csrf_token
        return made

    return enter


@pytest.fixture
def kim(signed_in: Any) -> Browser:
    return signed_in("kim")
