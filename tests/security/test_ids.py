"""Ids of others (IDOR): on every route with an id, what is another's is as if it were not."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import metadata
from mokmin.governance.people.declarations import Declared, declared

ABSENT = "900719"
# Enough in each form that a request gets as far as looking for what it names.
FORM = {
    "title": "새 이름", "name": "새 이름", "question": "보증금은 얼마인가?", "value": "up",
    "reason": "시험으로 해 봅니다", "department": "복지과", "to": "other", "folder": "", "grade": "O",
    "audience": "복지과", "sure": "1", "decision": "approve", "note": "시험", "branch": "0",
    "owner": "other", "number": "1", "verdict": "approve",
}  # fmt: skip
# Not anybody's: names of kinds, forms and periods, which all may know.
COMMON = {"kind", "form", "n", "page", "purpose"}


def _routes(estate: Any) -> list[Declared]:
    """Routes with somebody's ids in the path, open to every official."""
    return [
        r
        for r in declared(estate.web)
        if r.open_to("official")
        and r.need != "public"
        and set(re.findall(r"{(\w+)}", r.path)) - COMMON
    ]


def _path(route: Declared, ids: dict[str, str]) -> str:
    common = {"kind": "summary", "form": "csv", "n": "1", "page": "1"}
    if "/chat/" in route.path:
        common["form"] = "docx"
        ids = ids | {"document_id": ids["attached"]}
    if route.path.startswith("/forms/batches/"):
        ids = ids | {"batch_id": ids["form_batch"]}
    known = ids | common
    # Of what nobody made here the first one stands for all.
    return re.sub(r"{(\w+)}", lambda m: known.get(m.group(1), ids.get("other", "1")), route.path)


def _told(answer: Any) -> tuple[int, str, str]:
    """What an answer tells, but for the numbers that were in the question."""
    text = answer.content.decode(errors="replace") if answer.status_code != 303 else ""
    return (
        answer.status_code,
        re.sub(r"\d+", "0", answer.headers.get("location", "")),
        re.sub(r"[0-9a-f]{8,}|\d+", "0", re.sub(r'(csrf-token" content|csrf_token" value)="[^"]*"', "", text)),
    )  # fmt: skip


def _snapshot(estate: Any) -> dict[str, str]:
    """Everything that kim owns, as it stands in the tables."""
    kim = estate.who("kim").user_id
    found = {}
    with estate.app.db.read() as connection:
        for table in metadata.sorted_tables:
            for column in ("user_id", "owner_id", "made_by", "uploaded_by"):
                if column in table.c and table.name not in ("sessions", "audit_log"):
                    query = sa.select(table).where(table.c[column] == kim)
                    found[f"{table.name}.{column}"] = str(connection.execute(query).all())
    return found


def test_ids_in_addresses(estate: Any) -> None:
    absent = dict.fromkeys([*estate.ids, "other"], ABSENT)
    before = _snapshot(estate)
    assert len(before) > 6
    wrong, tried = [], Counter[int]()
    for route in _routes(estate):
        data = FORM if route.method != "GET" else None
        for accept in ("text/html", "application/json"):
            hidden, none = (
                estate.send(
                    "other", route.method, _path(route, ids), data=data, headers={"Accept": accept}
                )
                for ids in (estate.ids, absent)
            )
            tried[hidden.status_code] += 1
            if _told(hidden) != _told(none) or "은하수" in hidden.text:
                wrong.append(
                    f"{route.method} {route.path}: {hidden.status_code} {none.status_code}"
                )
            if hidden.status_code >= 500 or (hidden.status_code == 200 and route.method == "GET"):
                wrong.append(f"{route.method} {route.path}: {hidden.status_code}")
    assert wrong == [], "\n".join(wrong)
    assert _snapshot(estate) == before
    assert tried[404] > 60, tried


def test_own_conversation_with_anothers_turn_or_file(estate: Any) -> None:
    """Only the outer id is one's own."""
    made = estate.send("other", "POST", "/chat", data={"question": "보증금은 얼마인가?"})
    estate.app.assistant.close(20)
    own = re.findall(r"\d+", made.headers["location"])[0]
    before = _snapshot(estate)
    wrong = []
    for route in _routes(estate):
        if route.path.startswith("/chat/{cid}/") and route.path.count("{") > 1:
            mixed = estate.ids | {"cid": own}
            none = dict.fromkeys([*estate.ids, "other"], ABSENT) | {"cid": own}
            data = FORM if route.method != "GET" else None
            a, b = (
                estate.send("other", route.method, _path(route, ids), data=data)
                for ids in (mixed, none)
            )
            if _told(a) != _told(b) or "은하수" in a.text:
                wrong.append(f"{route.method} {route.path}: {a.status_code} {b.status_code}")
    assert wrong == [], "\n".join(wrong)
    assert _snapshot(estate) == before


def test_ids_in_forms_and_queries(estate: Any) -> None:
    """The same for ids that are not in the path."""
    ids, before = estate.ids, _snapshot(estate)
    made = estate.send("other", "POST", "/chat", data={"question": "내 대화"})
    estate.app.assistant.close(20)
    own = re.findall(r"\d+", made.headers["location"])[0]
    asks: list[tuple[str, str, dict[str, Any]]] = []
    for doc in ("document_id", "attached"):
        asks += [
            ("POST", "/chat", {"data": {"question": "무엇인가?", "document": doc}}),
            ("POST", "/chat", {"data": {"question": "무엇인가?", "document_id": doc}}),
            ("POST", "/tools/summary", {"data": {"document": doc}}),
            ("POST", "/api/v1/tools/summary", {"json": {"documents": [doc]}}),
            ("POST", "/library/rights", {"data": {"ids": doc, "grade": "O", "step": "apply"}}),
            ("GET", "/library/rights", {"params": {"ids": doc}}),
            ("GET", "/chat", {"params": {"document": doc}}),
            ("GET", "/search", {"params": {"q": "보증금", "document": doc}}),
            ("GET", "/library/status", {"params": {"ids": doc}}),
            ("GET", f"/chat/{own}", {"params": {"document": doc}}),
        ]
    asks += [
        ("POST", "/chat", {"data": {"question": "무엇인가?", "conversation_id": "cid"}}),
        ("POST", "/chat", {"data": {"question": "?", "conversation_id": own, "parent_id": "mid"}}),
        ("POST", "/chat", {"data": {"question": "?", "parent_id": "mid"}}),
        ("POST", f"/chat/{own}/move", {"data": {"folder": "folder_id"}}),
        ("GET", "/chat/history/list", {"params": {"folder": "folder_id"}}),
        ("GET", "/chat/history", {"params": {"folder": "folder_id"}}),
        ("GET", "/search", {"params": {"saved": "saved_id"}}),
        ("POST", "/chat/attachments", {
            "data": {"conversation_id": "cid"}, "files": {"file": ("a.txt", b"x")}}),
    ]  # fmt: skip

    def filled(more: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
        def one(value: Any) -> Any:
            if isinstance(value, list):
                return [one(v) for v in value]
            return values.get(value, value) if isinstance(value, str) else value

        return {
            k: v if k == "files" else {a: one(b) for a, b in v.items()} for k, v in more.items()
        }

    wrong = []
    absent = dict.fromkeys([*ids, "other"], ABSENT)
    for method, url, more in asks:
        a, b = (estate.send("other", method, url, **filled(more, v)) for v in (ids, absent))
        if _told(a) != _told(b) or "은하수" in a.text or a.status_code >= 500:
            wrong.append(f"{method} {url} {more}: {a.status_code} {b.status_code}")
    estate.app.assistant.close(20)
    assert wrong == [], "\n".join(wrong)
    assert _snapshot(estate) == before


def test_the_owner_gets_in(estate: Any) -> None:
    """The control: the ids above are real, so that refusing them means something."""
    shut = []
    for route in _routes(estate):
        made = set(re.findall(r"{(\w+)}", route.path)) <= COMMON | set(estate.ids)
        made = made and not route.path.startswith("/forms/")  # other batches than those of rights
        if route.method == "GET" and made:
            path = _path(route, estate.ids)
            login = "colleague" if route.path.startswith("/shared/") else "kim"
            answer = estate.send(login, "GET", path)
            if answer.status_code not in (200, 303):
                shut.append(f"{path}: {answer.status_code}")
    assert [p for p in shut if ".png" not in p] == [], "\n".join(shut)
    assert estate.ids["handle"] != "none"
