"""Other systems told of what happened: in order, until they took it, signed, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, Unavailable
from mokmin.features.webhooks.service import MOST_ATTEMPTS, WebhookService
from mokmin.features.webhooks.store import webhooks
from mokmin.governance.people.sealing import Sealer

URL = "http://127.0.0.1:9/받는곳"


class Receiver:
    """Takes calls as long as it is well."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any], dict[str, str], bytes]] = []
        self.status = 204
        self.hook: Any = None

    def __call__(self, url: str, body: bytes, headers: Any) -> int:
        if self.hook is not None:
            self.hook()
        if self.status == 0:
            raise Unavailable("받는 곳이 응답하지 않습니다.")
        if self.status < 300:
            self.got.append((url, json.loads(body), dict(headers), body))
        return self.status

    @property
    def seqs(self) -> list[int]:
        return [told["data"]["seq"] for _, told, _, _ in self.got]


@pytest.fixture
def there() -> Receiver:
    return Receiver()


@pytest.fixture
def service(app: App, there: Receiver) -> WebhookService:
    sealer = Sealer(app.settings.home / "keys" / "webhooks")
    return WebhookService(app.db, app.audit, sealer, there, app.settings.allowed_hosts.check)


def again(app: App) -> None:
    """Time passes."""
    with app.db.write() as connection:
        connection.execute(webhooks.update().values(next_try_at=utcnow() - timedelta(seconds=1)))


def test_what_was_chosen_is_told_in_order_signed_and_without_people(
    app: App, people: Any, put: Any, service: WebhookService, there: Receiver
) -> None:
    put(app, "전.txt", "앞서 있던 글", by=people.kim)
    made = service.add(people.admin, URL, ["document.upload", "document.delete"])
    first = put(app, "비밀계획.txt", "새 글", by=people.kim)
    app.audit.record(people.kim, "search", "hits:1")
    app.documents.delete(people.kim, first.document_id)
    service.turn()
    assert [told["type"] for _, told, _, _ in there.got] == ["document.upload", "document.delete"]
    for _, told, headers, body in there.got:
        assert set(told) == {"type", "timestamp", "data"} and set(told["data"]) == {
            "subject",
            "seq",
        }
        assert b"kim" not in body and "비밀".encode() not in body
        key = base64.b64decode(made.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    service.turn()
    again(app)
    service.turn()
    assert len(there.got) == 2
    with app.db.read() as connection:
        stored = str(connection.execute(sa.select(webhooks)).all())
    assert made.secret.removeprefix("whsec_") not in stored


def test_a_system_that_is_down_gets_all_later_and_in_order(
    app: App, people: Any, service: WebhookService, there: Receiver
) -> None:
    service.add(people.admin, URL, ["document.delete"])
    for number in range(5):
        app.audit.record(people.kim, "document.delete", f"document:{number}")
    there.status = 500
    service.turn()
    service.turn()
    (now,) = service.all(people.admin)
    assert (now.attempts, now.sent, now.paused) == (1, 0, False), "it waits before it tries again"
    assert "500" in now.last_result and now.next_try_at > utcnow()
    there.status = 0
    again(app)
    service.turn()
    there.status, calls = 200, []
    again(app)

    def dies() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    there.hook = dies
    with pytest.raises(KeyboardInterrupt):
        service.turn()
    there.hook = None
    service.turn()
    assert len(there.got) == 2, "claimed by the killed one for a while"
    again(app)
    service.turn()
    assert there.seqs == sorted(set(there.seqs)) and len(there.got) == 5
    there.status = 302
    app.audit.record(people.kim, "document.delete", "document:9")
    again(app)
    service.turn()
    (now,) = service.all(people.admin)
    assert now.attempts == 1, "a redirect is no acceptance, and is not followed"
    with app.db.write() as connection:
        connection.execute(webhooks.update().values(attempts=MOST_ATTEMPTS - 1))
    again(app)
    service.turn()
    assert service.all(people.admin)[0].paused
    there.status = 200
    again(app)
    service.turn()
    assert len(there.got) == 5
    service.pause(people.admin, now.id, paused=False)
    service.turn()
    assert len(there.got) == 6, "what came in the meantime is told"


def test_two_workers_at_once_send_once(
    app: App, people: Any, service: WebhookService, there: Receiver
) -> None:
    service.add(people.admin, URL, ["document.delete"])
    for number in range(8):
        app.audit.record(people.kim, "document.delete", f"document:{number}")
    threads = [threading.Thread(target=service.turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(there.seqs) == 8 == len(set(there.seqs))


def test_only_administrators_and_only_where_the_operator_allows(
    app: App, people: Any, service: WebhookService, signed_in: Any
) -> None:
    with pytest.raises(NotAllowed):
        service.add(people.lead, URL, ["document.upload"])
    for url in (
        "http://169.254.169.254/latest", "http://8.8.8.8/", "file:///etc/passwd", "ftp://10.0.0.1/",
        "http://10.0.0.1@8.8.8.8/", "http://0.0.0.0/", "", "http://[::ffff:8.8.8.8]/",
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            service.add(people.admin, url, ["document.upload"])
    for events in ([], ["sign-in"], ["question"], ["no.such"]):
        with pytest.raises(InvalidInput):
            service.add(people.admin, URL, events)
    kim, admin = signed_in("kim"), signed_in("admin")
    assert kim.get("/admin/webhooks").status_code == 403
    sent = admin.post("/admin/webhooks", {"url": "http://10.1.2.3/x", "event": "draft.approve"})
    assert "whsec_" in sent.text and "whsec_" not in admin.get("/admin/webhooks").text
    assert kim.post("/admin/webhooks/1", {"action": "remove"}).status_code == 403
    assert admin.post("/admin/webhooks/1", {"action": "pause"}).status_code == 303
    assert "멈춤" in admin.get("/admin/webhooks").text
    assert admin.post("/admin/webhooks/1", {"action": "remove"}).status_code == 303
    assert admin.post("/admin/webhooks/1", {"action": "test"}).status_code == 404


@pytest.fixture
def system() -> Iterator[tuple[str, list[Any]]]:
    """A real receiver on this machine."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["webhook-signature"], body))
            self.send_response(302 if "away" in self.path else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_over_the_wire(app: App, people: Any, system: tuple[str, list[Any]]) -> None:
    url, got = system
    service = app.webhooks
    one = service.add(people.admin, f"{url}/here", ["document.delete"]).id
    two = service.add(people.admin, f"{url}/away", ["document.delete"]).id
    assert "200" in service.test(people.admin, one) and "302" in service.test(people.admin, two)
    app.audit.record(people.kim, "document.delete", "document:1")
    service.turn()
    assert [json.loads(body)["type"] for _, body in got].count("document.delete") == 2
    assert [w.sent for w in service.all(people.admin)] == [1, 0]
    assert len(got) == 4, "the redirect was not followed"
