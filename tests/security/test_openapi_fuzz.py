"""Generated requests to every route as several roles and as nobody: no 500, errors in their form."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import schemathesis
from starlette.testclient import TestClient

from mokmin.governance.people.declarations import declared
from mokmin.web import create_web

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "security"
# The attack takes about 10 s on one core; this is for one that hangs. The benchmark tries far more.
SECONDS = 150.0
SEED = 20261123


def test_no_generated_request_breaks_anything(
    tmp_path: Path, blank_sqlite: Path, quick_app: Any
) -> None:
    sys.path.insert(0, str(FOLDER))
    try:
        from fuzzing import House, fuzz
    finally:
        sys.path.remove(str(FOLDER))
    path = tmp_path / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(tmp_path / "home", f"sqlite:///{path}")
    web = create_web(app)
    with TestClient(web, raise_server_exceptions=False) as client:
        house = House(app, web, client)
        house.people()
        assert "/api/v1/search" in house.public
        begin = time.monotonic()
        done = fuzz(
            house, examples=1, seed_value=SEED, stop=lambda: time.monotonic() - begin > SECONDS
        )
    app.db.close()
    assert house.failures == [], "\n".join(house.failures[:20])
    assert done > 0.9 * len(declared(web))
    assert house.sent > done
    assert house.statuses[200] > 50  # it also got through
    assert set(house.statuses) > {400, 401, 403, 404}


def test_the_description_for_programs_is_sound(
    tmp_path: Path, blank_sqlite: Path, quick_app: Any
) -> None:
    """Valid OpenAPI, with both ways to sign in and the form of errors."""
    path = tmp_path / "mokmin.db"
    path.write_bytes(blank_sqlite.read_bytes())
    app = quick_app(tmp_path / "home", f"sqlite:///{path}")
    with TestClient(create_web(app)) as client:
        document = client.get("/api/openapi.json").json()
    app.db.close()
    schemathesis.openapi.from_dict(document).validate()
    asked = document["paths"]["/api/v1/ask"]["post"]
    assert asked["security"] == [{"token": []}, {"session": []}]
    assert "422" not in asked["responses"] or "HTTPValidationError" not in str(document)
    problem = asked["responses"]["403"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "security" not in document["paths"]["/healthz"]["get"]
