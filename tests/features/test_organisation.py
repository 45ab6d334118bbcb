"""The pages of the organisation and SCIM, through the web application."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.governance.access.model import Permission
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.store import departments, users

ROOT = "/admin/organisation"
PAGES = [
    "", "/departments/1", "/people", "/people/1", "/groups", "/import", "/rotations",
]  # fmt: skip
FORMS = {
    "/departments": {"name": "새과"},
    "/departments/1": {"action": "rename", "name": "새과"},
    "/changes/1/cancel": {},
    "/people": {"login": "x", "name": "엑스"},
    "/people/passwords": {},
    "/people/1": {"action": "disable"},
    "/people/1/posts": {"kind": "additional", "department": "2"},
    "/groups": {"name": "모임"},
    "/groups/1": {"action": "add", "logins": "kim"},
    "/import/apply": {"kind": "people", "text": "아이디,이름\nx,엑스\n"},
    "/rotations": {"name": "인사", "on": "2099-01-01"},
    "/rotations/1": {"action": "plan", "edition": "1"},
    "/rotations/1/moves": {"login": "kim", "department": "2"},
}


@pytest.fixture
def database_url(blank_sqlite: Path, tmp_path: Path) -> str:
    """SQLite alone: what differs between databases is tried in tests/governance."""
    shutil.copy(blank_sqlite, tmp_path / "mokmin.db")
    return f"sqlite:///{tmp_path / 'mokmin.db'}"


@pytest.fixture
def admin(signed_in: Any) -> Any:
    return signed_in("admin")


def logins(app: App) -> set[str]:
    with app.db.read() as connection:
        return set(connection.execute(sa.select(users.c.login)).scalars())


def test_nobody_else_sees_or_changes_anything(app: App, signed_in: Any) -> None:
    before = logins(app)
    for login in ("kim", "lead"):
        browser = signed_in(login)
        for path in PAGES:
            assert browser.get(ROOT + path).status_code == 403, path
        for path, form in FORMS.items():
            assert browser.post(ROOT + path, form).status_code == 403, path
        for path in ("/Users", "/Groups", "/Schemas", "/Users/1"):
            assert browser.get(f"/scim/v2{path}").status_code == 403
        assert ROOT not in browser.get("/").text
    assert logins(app) == before and app.people.department_names() == ["회계과", "복지과"]


def test_every_page_opens_also_when_empty_and_hides_no_markup(app: App, admin: Any) -> None:
    made = admin.post(ROOT + "/people", {"login": "odd", "name": "<i>홍</i>", "role": "official"})
    assert made.status_code == 200 and "&lt;i&gt;홍" in made.text and "<i>홍" not in made.text
    password = re.search(r"<code>([a-z0-9-]{19})</code>", made.text)
    assert password is not None
    assert app.sign_in.with_password("odd", password.group(1)).todo == "password"
    for path in PAGES:
        page = admin.get(ROOT + path)
        assert page.status_code == 200 and "<i>홍" not in page.text, path
    assert admin.get(ROOT + "/people/999").status_code == 404
    with app.db.read() as connection:
        logged = str(connection.execute(sa.select(audit_log)).all())
    assert "account.create" in logged and "홍" not in logged


def test_departments_and_posts_by_form(app: App, people: Any, admin: Any) -> None:
    assert admin.post(ROOT + "/departments", {"name": "행정국"}).status_code == 303
    assert admin.post(ROOT + "/departments", {"name": "행정국"}).status_code == 409
    with app.db.read() as connection:
        rows = connection.execute(sa.select(departments.c.name, departments.c.id))
        ids = {row.name: row.id for row in rows}
    here = f"{ROOT}/departments/{ids['회계과']}"
    assert admin.post(here, {"action": "move", "other": str(ids["행정국"])}).status_code == 303
    bad = admin.post(
        f"{ROOT}/departments/{ids['행정국']}", {"action": "move", "other": str(ids["회계과"])}
    )
    assert bad.status_code == 400 and "아무것도 바꾸지 않았습니다" in bad.text
    assert admin.post(here, {"action": "abolish"}).status_code == 409
    person = f"{ROOT}/people/{people.kim.user_id}"
    fields = {"kind": "acting", "department": str(ids["복지과"]), "post": "과장", "begin": "어제"}
    assert admin.post(person + "/posts", fields).status_code == 400
    assert admin.post(person + "/posts", fields | {"begin": ""}).status_code == 303
    assert "직무대리" in admin.get(person).text
    mine = f"{ROOT}/people/{people.admin.user_id}"
    for form in ({"action": "disable"}, {"action": "save", "name": "관", "role": "auditor"}):
        assert admin.post(mine, form).status_code == 403
    assert app.people.principal("admin").role == "admin"


def test_a_file_goes_in_when_confirmed_and_only_as_previewed(app: App, admin: Any) -> None:
    data = "아이디,이름,부서\r\npark,박새로,회계과\r\nchoi,최새로,복지과\r\n".encode("cp949")
    page = admin.post(
        ROOT + "/import", {"kind": "people"}, files={"file": ("people.csv", data, "text/csv")}
    )
    assert page.status_code == 200 and "박새로 (park)" in page.text
    assert "park" not in logins(app), "not confirmed yet"
    mark = re.search(r'name="fingerprint" value="(\w+)"', page.text)
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.S)
    assert mark is not None and text is not None
    form = {"kind": "people", "fingerprint": mark.group(1), "text": text.group(1)}
    other = admin.post(ROOT + "/import/apply", form | {"text": text.group(1) + "\nx,엑스,"})
    assert other.status_code == 409 and "park" not in logins(app)
    assert admin.post(ROOT + "/import/apply", form).status_code == 303
    assert app.people.principal("park").department == "회계과"
    made = admin.post(ROOT + "/people/passwords")
    assert made.text.count("<code>") == 2


def test_a_rotation_by_form_until_the_first_request_of_its_day(
    app: App, people: Any, admin: Any, kim: Any
) -> None:
    tomorrow = app.people.today() + timedelta(days=1)
    made = admin.post(ROOT + "/rotations", {"name": "정기인사", "on": tomorrow.isoformat()})
    here = made.headers["location"].split("?")[0]
    data = "아이디,부서,직위\nkim,복지과,팀장\nlead,없는과,\n".encode()
    files = {"file": ("moves.csv", data, "text/csv")}
    bad = admin.post(here + "/file", files=files)
    assert bad.status_code == 400 and "3번째 줄" in bad.text
    files = {"file": ("moves.csv", data.replace("없는과".encode(), "복지과".encode()), "text/csv")}
    assert admin.post(here + "/file", files=files).status_code == 303
    page = admin.get(here).text
    assert "못 보게 됨" in page and "부서 관리자 역할이 끝납니다" in page
    edition = re.search(r'name="edition" value="(\d+)"', page)
    assert edition is not None
    form = {"action": "plan", "edition": edition.group(1)}
    assert admin.post(here, form).status_code == 303
    assert "회계과" in kim.get("/").text
    app.people.today = lambda: tomorrow
    assert "복지과" in kim.get("/").text, "the first request of the day applies it"
    assert app.people.principal("lead").role == "official"


# --- SCIM -------------------------------------------------------------------------------------------
class Scim:
    """A program with an API token."""

    def __init__(self, client: Any, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return self._client.request(method, "/scim/v2" + path, json=body, headers=self._headers)


@pytest.fixture
def scim(app: App, people: Any, browser: Any) -> Scim:
    return Scim(browser().client, issue(app, people.admin, Permission.MANAGE_PEOPLE))


def issue(app: App, principal: Any, permission: Permission) -> str:
    return app.api_tokens.issue(principal, "인사 시스템", [permission.value], days=30).token


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    return {"schemas": [schema], "Operations": list(operations)}


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_a_person_comes_moves_and_leaves_by_scim(app: App, people: Any, scim: Scim) -> None:
    body = {
        "userName": "Hong", "displayName": "홍길동", "externalId": "e-1", "title": "주무관",
        "active": True, ENTERPRISE: {"department": "회계과"}, "password": "ignored-secret-1",
    }  # fmt: skip
    made = scim("POST", "/Users", body)
    assert made.status_code == 201 and made.headers["content-type"] == "application/scim+json"
    one = made.json()
    assert made.headers["location"].endswith(f"/Users/{one['id']}") and "password" not in one
    assert scim("POST", "/Users", body).json()["scimType"] == "uniqueness"
    old = app.people.principal("hong")
    assert (old.department, old.role) == ("회계과", "official")
    found = scim("GET", '/Users?filter=userName eq "HONG" and externalId eq "e-1"').json()
    assert (found["totalResults"], found["Resources"][0]["id"]) == (1, one["id"])
    assert scim("GET", '/Users?filter=displayName co "길"&count=1').json()["totalResults"] == 1
    path = f"{ENTERPRISE}:department"
    moved = scim(
        "PATCH", f"/Users/{one['id']}", patch({"op": "Replace", "path": path, "value": "복지과"})
    )
    assert moved.json()["groups"][0]["display"] == "복지과"
    assert not set(app.people.principal("hong").groups) & set(old.groups) - set(people.admin.groups)
    off = scim(
        "PATCH", f"/Users/{one['id']}", patch({"op": "replace", "value": {"active": "False"}})
    )
    assert off.json()["active"] is False
    assert scim("PUT", f"/Users/{one['id']}", {"active": True}).json()["active"] is True
    assert scim("DELETE", f"/Users/{one['id']}").status_code == 204
    assert scim("GET", f"/Users/{one['id']}").json()["active"] is False


def test_departments_and_groups_by_scim(app: App, people: Any, scim: Scim) -> None:
    listed = scim("GET", "/Groups?startIndex=2&count=1").json()
    assert (listed["totalResults"], listed["itemsPerPage"]) == (2, 1)
    welfare = listed["Resources"][0]
    kim = str(people.kim.user_id)
    added = scim(
        "PATCH",
        f"/Groups/{welfare['id']}",
        patch({"op": "add", "path": "members", "value": [{"value": kim}]}),
    )
    assert kim in {m["value"] for m in added.json()["members"]}
    assert app.people.principal("kim").department == "복지과"
    made = scim("POST", "/Groups", {"displayName": "추진단", "members": [{"value": kim}]}).json()
    assert made["id"].startswith("g-") and len(app.people.principal("kim").groups) == 4
    gone = patch({"op": "remove", "path": f'members[value eq "{kim}"]'})
    assert scim("PATCH", f"/Groups/{made['id']}", gone).json()["members"] == []
    assert scim("DELETE", f"/Groups/{made['id']}").status_code == 204
    assert scim("GET", f"/Groups/{made['id']}").status_code == 404
    assert scim("DELETE", f"/Groups/{welfare['id']}").status_code == 409
    ours = {"urn:mokmin:params:scim:schemas:extension:2.0:Group": {"kind": "department"}}
    assert scim("POST", "/Groups", {"displayName": "신설과"} | ours).json()["id"].startswith("d-")


REFUSED: list[tuple[str, str, Any, int]] = [
    ("GET", '/Users?filter=password sw "a"', None, 400),
    ("GET", '/Users?filter=userName gt "a"', None, 400),
    ("GET", "/Users?filter=userName eq \"a' OR '1'='1\"", None, 200),
    ("GET", "/Users?startIndex=-5&count=99999999999999", None, 200),
    ("GET", "/Users?count=x", None, 400),
    ("GET", "/Users/abc", None, 404),
    ("GET", "/Users/99999999999999999999", None, 404),
    ("POST", "/Users", [], 400),
    ("POST", "/Users", {"userName": "두 낱말"}, 400),
    ("POST", "/Users", {"userName": "x", "roles": [{"value": "admin"}]}, 403),
    ("POST", "/Users", {"userName": "x", ENTERPRISE: {"department": "없는과"}}, 400),
    ("PATCH", "/Users/1", {"Operations": 3}, 400),
    ("PATCH", "/Users/1", patch({"op": "replace", "path": "userName", "value": "y"}), 400),
    ("PATCH", "/Users/1", patch({"op": "replace", "path": "roles", "value": "admin"}), 403),
    ("PUT", "/Users/4", {"active": False}, 403),
    ("PATCH", "/Groups/d-1", patch({"op": "add", "path": "members", "value": ["77"]}), 400),
    ("PUT", "/Groups/d-9", {"displayName": "x"}, 404),
]


def test_what_scim_refuses_changes_nothing(app: App, scim: Scim) -> None:
    before = logins(app)
    for method, path, body, status in REFUSED:
        answer = scim(method, path, body)
        assert answer.status_code == status, (path, answer.text)
        if status >= 400:
            assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert logins(app) == before and app.people.principal("admin").role == "admin"


def test_scim_needs_an_administrators_token_with_the_scope(
    app: App, people: Any, scim: Scim, browser: Any, admin: Any
) -> None:
    client = browser().client
    assert client.get("/scim/v2/Users").status_code == 401
    assert Scim(client, "wrong")("GET", "/Users").status_code == 401
    asking = issue(app, people.kim, Permission.ASK)
    assert Scim(client, asking)("GET", "/Users").status_code == 403
    narrow = issue(app, people.admin, Permission.ASK)
    assert Scim(client, narrow)("GET", "/Users").status_code == 403
    assert admin.get("/scim/v2/Users").status_code == 403, "a browser is no program"
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        assert scim("GET", path).status_code == 200
