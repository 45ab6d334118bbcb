"""Requests that a browser of an honest person never makes."""

from __future__ import annotations

import io
import re
import stat
import statistics
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import pytest
import sqlalchemy as sa

from mokmin.base.web.middleware import HEADERS
from mokmin.governance.access.model import ROLES, Permission
from mokmin.governance.people.declarations import Declared, declared
from mokmin.governance.people.store import users
from mokmin.governance.privacy.detection import detect

MEGABYTE = 1_000_000
ABSENT = "900719"
# Names that a row has, and no form: a form that took them along would make its sender somebody else.
EXTRA = {
    "role": "admin", "is_admin": "1", "permissions": "administer", "user_id": "1", "owner_id": "1",
    "uploaded_by": "1", "made_by": "1", "department_id": "1", "sees_all": "1", "active": "0",
    "login": "root", "password_hash": "x", "state": "deleted", "id": "1", "must_change": "0",
    "scopes": ["administer", "manage-people", "read-audit"], "failed": "0", "created_at": "2001-01-01",
}  # fmt: skip
FORM = {
    "name": "시험", "title": "시험", "question": "시험은 언제인가?", "days": "3", "value": "up",
    "reason": "시험으로 해 봅니다", "address": "q=시험", "text": "시험",
}  # fmt: skip


def _filled(route: Declared, estate: Any) -> str:
    values = estate.ids | {"kind": "summary", "form": "csv", "n": "1", "page": "1"}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda m: values.get(m.group(1), "1"), route.path).replace(
        "/…", "/logo.svg"
    )


# --- headers --------------------------------------------------------------------------------
def test_every_answer_has_its_headers_and_nothing_private_is_kept(estate: Any) -> None:
    """What a shared computer or a proxy keeps, the next person can read."""
    wrong = []
    for route in declared(estate.web):
        if route.method != "GET":
            continue
        role = next((r for r in ("official", *ROLES) if route.open_to(r)), "official")
        for login in (None, "kim" if route.open_to("official") else f"a-{role}"):
            answer = estate.send(login, "GET", _filled(route, estate))
            for name, value in HEADERS.items():
                kept = answer.headers.get(name, "")
                if name == "Cache-Control":
                    open_file = route.path == "/static/…"
                    picture = route.path.endswith(".png") and kept == "private, max-age=3600"
                    if not (open_file or picture or "no-store" in kept):
                        wrong.append(f"{route.path} {answer.status_code}: {kept!r}")
                elif kept != value:
                    wrong.append(f"{route.path} {answer.status_code}: {name} {kept!r}")
    assert wrong == [], "\n".join(wrong)


def test_the_host_that_a_request_names_leads_nowhere(estate: Any) -> None:
    """Host header: in no redirect and in no page."""
    hostile = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    for login in (None, "kim"):
        for url in ("/", "/library", "/library/", "/signin", "/chat/", "/nothing/", "/shared"):
            answer = estate.send(login, "GET", url, headers=hostile)
            assert "evil" not in answer.text, url
            assert answer.headers.get("location", "/").startswith("/"), url
    assert estate.send("kim", "GET", "/library/").headers["location"] == "/library"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example/%2e%2e/", "/\\evil.example/", "/%0d%0aSet-Cookie:x/",
             "///evil.example//", "/%5Cevil.example/", "/https://evil.example/"],
)  # fmt: skip
def test_no_path_leads_to_another_site(estate: Any, path: str) -> None:
    for login in (None, "kim"):
        answer = estate.send(login, "GET", "http://testserver" + path)
        led = answer.headers.get("location", "/")
        assert re.match(r"/(?![/\\])", led), led
        assert "set-cookie" not in {h.lower() for h in answer.headers} or login is None


# --- bodies ---------------------------------------------------------------------------------
def test_a_body_that_never_said_its_length_is_cut_off(estate: Any) -> None:
    """Chunked, so without Content-Length: the limit counts what arrives."""
    limit = estate.app.settings.max_upload_mb * 2**20
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        while given < limit + 4 * 2**20:
            given += 2**20
            yield bytes(2**20)

    kind = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    answer = estate.send("kim", "POST", "/library/upload", content=endless(), headers=kind)
    assert answer.status_code == 413, answer.text[:300]
    assert answer.json()["code"] == "too-large"
    said = {"Content-Type": "application/json", "Content-Length": str(limit * 2)}
    assert (
        estate.send("kim", "POST", "/api/v1/search", content=b"{", headers=said).status_code == 413
    )


def test_what_a_form_does_not_ask_for_changes_nobody(estate: Any) -> None:
    """Mass assignment: all changing routes, as official, with fields of rows that no form has."""
    everyone = sa.select(users).order_by(users.c.id)
    with estate.app.db.read() as connection:
        before = connection.execute(everyone).all()
    mine = estate.who("other")
    for route in declared(estate.web):
        if route.method == "GET" or not route.open_to("official") or route.path == "/setup":
            continue
        url = re.sub(
            r"{(\w+)(?::\w+)?}", lambda m: "summary" if m.group(1) == "kind" else ABSENT, route.path
        )
        if route.path.startswith(("/api/", "/scim/")):
            answer = estate.send("other", route.method, url, json=FORM | EXTRA)
        else:
            answer = estate.send("other", route.method, url, data=FORM | EXTRA)
        assert answer.status_code < 500, route.path
    with estate.app.db.read() as connection:
        assert connection.execute(everyone).all() == before
    now = estate.who("other")
    assert (now.role, now.permissions, now.groups) == (mine.role, mine.permissions, mine.groups)
    told = estate.send("other", "GET", "/account").text
    assert "administer" not in told


def test_a_token_opens_what_its_scopes_say(estate: Any) -> None:
    """An administrator's token for questions alone, at every route."""
    admin = estate.who("a-admin")
    token = estate.app.api_tokens.issue(admin, "시험", [Permission.ASK.value], 1).token
    wrong = []
    for route in declared(estate.web):
        if route.need == "public" or not route.need:
            continue
        answer = estate.send(
            None, route.method, re.sub(r"{[\w:]+}", ABSENT, route.path),
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            **({} if route.method == "GET" else {"json": {}}),
        )  # fmt: skip
        open_ = route.bearer and route.need in ("signed-in", Permission.ASK.value)
        if (answer.status_code == 403) == open_:
            wrong.append(f"{route.method} {route.path} ({route.need}): {answer.status_code}")
    assert wrong == [], "\n".join(wrong)
    # A token together with a cookie of somebody else is the token's request, and the reverse of nothing.
    session, _ = estate.session("a-admin")
    both = {"Authorization": "Bearer mok_invented", "Cookie": f"mokmin_session={session}"}
    assert estate.send(None, "GET", "/library", headers=both).status_code in (303, 401)


# --- files ----------------------------------------------------------------------------------
def _upload(estate: Any, name: str, content: bytes) -> Any:
    answer = estate.send(
        "kim", "POST", "/library/upload", data={"grade": "O", "audience": "staff", "path": ""},
        files={"file": (name, content)}, headers={"Accept": "application/json"},
    )  # fmt: skip
    estate.read_waiting()
    return answer


def test_an_archive_reaches_nothing_outside(estate: Any) -> None:
    """Zip slip, absolute paths, drive letters, symbolic links and devices as members."""
    home = estate.app.settings.home
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, name in enumerate(
            (
                "../../zapped.md",
                "/etc/zapped.md",
                "C:\\zapped.md",
                "..\\..\\zapped.md",
                "a/../../zapped.md",
            )
        ):
            archive.writestr(name, f"# 자료 {number}\n\n안의 글 {number}.\n")
        for number, kind in enumerate((stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO)):
            member = zipfile.ZipInfo(f"link{number}.txt")
            member.create_system, member.external_attr = 3, (kind | 0o777) << 16
            archive.writestr(member, "/etc/passwd")
    answer = _upload(estate, "모음.zip", target.getvalue())
    assert answer.status_code == 200, answer.text
    for one in answer.json()["files"]:
        page = estate.send("kim", "GET", f"/library/{one['document_id']}").text
        file = estate.send("kim", "GET", f"/library/{one['document_id']}/file").content
        assert b"root:" not in file
        assert "root:x" not in page
    assert not [p for p in home.parent.rglob("*zapped*")]
    assert not [p for p in home.rglob("*") if p.is_symlink()]


def test_entities_in_office_files_are_not_read(estate: Any) -> None:
    """XXE and the billion laughs: a DOCX whose text asks for a file of the server, or for ever more."""
    made = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("엔티티 시험 ZZZ 끝.")
    document.save(made)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    entities = {
        "xxe": '<!DOCTYPE d [<!ENTITY z SYSTEM "file:///etc/passwd">]>',
        "laughs": f'<!DOCTYPE d [<!ENTITY l0 "하하하하">{laughs}<!ENTITY z "&l9;">]>',
    }
    for name, doctype in entities.items():
        target = io.BytesIO()
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(target, "w") as changed:
            for info in source.infolist():
                data = source.read(info)
                if info.filename == "word/document.xml":
                    text = data.decode().replace("ZZZ", "&z;")
                    data = re.sub(r"(<\?xml[^>]*\?>)", rf"\1{doctype}", text, count=1).encode()
                changed.writestr(info.filename, data)
        begin = time.perf_counter()
        answer = _upload(estate, f"{name}.docx", target.getvalue())
        assert time.perf_counter() - begin < 10
        page = estate.send("kim", "GET", f"/library/{answer.json()['document_id']}").text
        assert "root:" not in page
        assert page.count("하하하하") < 100


# --- sheets ---------------------------------------------------------------------------------
def test_no_cell_of_an_export_is_a_formula(estate: Any) -> None:
    """CSV injection: titles and names of people end up in sheets."""
    bad = "=cmd|'/C calc'!A0"
    estate.account("formula", "official", "=HYPERLINK(1)")
    key = estate.put(
        "formula", f"{bad}.md", f"# {bad}\n\n| {bad} | +1+1 |\n|---|---|\n| @SUM(1) | -2+3 |\n".encode(),
        title=bad, department="=HYPERLINK(1)",
    )  # fmt: skip
    text = f"{bad} 연락처 010-2345-6789 담당 홍길동\n".encode()
    estate.put("formula", "연락처.txt", text, department="=HYPERLINK(1)")
    estate.send("formula", "GET", f"/library/{key}")
    estate.send("formula", "POST", "/chat", data={"question": f"{bad} 무엇인가?"})
    estate.app.assistant.close(20)
    home = estate.who("a-steward").department_id
    looked = [
        ("formula", "/my-ai/export.csv"), ("a-auditor", "/audit/export.csv"),
        ("a-privacy", "/privacy/counts.csv"), ("a-steward", f"/dictionary/export.tsv?department={home}"),
    ]  # fmt: skip
    for kind in ("summary", "table", "compare"):
        made = estate.send("formula", "POST", f"/tools/{kind}", data={"document": key})
        if made.status_code == 303:
            run = re.findall(r"\d+", made.headers["location"])[0]
            estate.app.tools.wait(int(run), 10)
            looked.append(("formula", f"/tools/runs/{run}/file.csv"))
    assert len(looked) > 4
    for login, url in looked:
        answer = estate.send(login, "GET", url)
        assert answer.status_code == 200, f"{url}: {answer.text[:200]}"
        cells = re.split(r"[\t\n\r]|,(?=\S)", answer.text.lstrip("\ufeff"))
        wrong = [c for c in cells if re.match(r"\"?(=|@|\+\d+\+|-\d+\+)", c)]
        assert wrong == [], f"{url}: {wrong[:3]}"


# --- time -----------------------------------------------------------------------------------
HOSTILE = {
    "spaces": " ", "digits": "1", "dashes": "1-", "letters": "a", "hangul": "가", "quotes": '"',
    "brackets": "(", "articles": "제1조", "dates": "2026. 1. ", "mail": "a@", "stars": "*",
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_one_thing_costs_no_more_than_it_should(estate: Any, unit: str) -> None:
    """Regular expressions that take forever: questions, searches and detection with 1 MB."""
    text = (unit * MEGABYTE)[:MEGABYTE]
    begin = time.perf_counter()
    for url, body in (("/api/v1/search", {"query": text}), ("/api/v1/ask", {"question": text})):
        assert estate.send("kim", "POST", url, json=body).status_code in (200, 400, 413, 422)
    for url in ("/search", "/search/suggest", "/library", "/chat/documents"):
        answer = estate.send("kim", "GET", url, params={"q": text[:7_000]})
        assert answer.status_code in (200, 400, 413, 422)
    for url in ("/chat", "/search/saved", "/chat/folders"):
        fields = {"question": text, "name": text, "address": f"q={text[:7_000]}"}
        assert estate.send("kim", "POST", url, data=fields).status_code < 500
    detect(text[:100_000])
    assert time.perf_counter() - begin < 8


def test_an_unknown_login_takes_as_long_as_a_wrong_password(estate: Any) -> None:
    """User enumeration by time: medians of sign-ins with a hash that really costs something."""
    page = estate.send(None, "GET", "/signin")
    door = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    cookie = page.headers["set-cookie"].split(";")[0]
    assert door is not None
    estate.account("timed", "official", "회계과")
    taken: dict[str, list[float]] = {"timed": [], "nobody": []}
    bodies: dict[str, set[str]] = {"timed": set(), "nobody": set()}
    for number in range(4):
        for login in taken:
            name = login if login == "timed" else f"nobody{number}"
            begin = time.perf_counter()
            answer = estate.send(
                None, "POST", "/signin",
                data={"login": name, "password": "틀린-비밀번호", "csrf_token": door.group(1)},
                headers={"Cookie": cookie},
            )  # fmt: skip
            taken[login].append(time.perf_counter() - begin)
            bodies[login].add(re.sub(r'value="[^"]*"|\d+', "", answer.text))
    assert bodies["timed"] == bodies["nobody"]
    known, unknown = (statistics.median(t) for t in taken.values())
    assert 0.4 < known / unknown < 2.5, (known, unknown)
