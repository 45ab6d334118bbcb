"""Desks with more rights than others, of another department: none of them is a way to contents."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mokmin.governance.people.declarations import declared

SECRET = "7,300만원"  # in the text of kim's document, its attachment and the answer
TITLE = "은하수"
# Looking for it in every way that a page takes.
ASKED = "?q=보증금&who=kim&as=kim&person=kim&login=kim&document={0}&ids={0}&passage=1&view=text"


@pytest.mark.parametrize("role", ["lead", "steward", "records", "privacy", "auditor", "admin"])
def test_no_desk_shows_what_its_holder_may_not_read(estate: Any, role: str) -> None:
    login = f"a-{role}"
    mine = estate.ids | {"kind": "summary", "n": "1", "page": "1", "form": "csv"}
    wrong = []
    for route in declared(estate.web):
        if route.method == "GET" and route.open_to(role):
            if "/chat/" in route.path:
                mine["document_id"] = estate.ids["attached"]
            else:
                mine["document_id"] = estate.ids["document_id"]
            path = re.sub(r"{(\w+)}", lambda m: mine.get(m.group(1), "1"), route.path)
            url = path.replace("/…", "/logo.svg") + ASKED.format(estate.ids["document_id"])
            answer = estate.send(login, "GET", url)
            if answer.status_code >= 500 or SECRET in answer.text or TITLE in answer.text:
                wrong.append(f"{url}: {answer.status_code}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("role", ["steward", "admin"])
def test_looking_through_anothers_eyes_shows_no_more(estate: Any, role: str) -> None:
    seen = estate.send(
        f"a-{role}", "POST", "/inspect", data={"query": "보증금", "login": "kim", "view": "me"}
    )
    assert seen.status_code in (200, 403)
    assert TITLE not in seen.text
    assert SECRET not in seen.text
    told = estate.send(f"a-{role}", "GET", f"/access?who=kim&document={estate.ids['document_id']}")
    assert TITLE not in told.text


def test_an_attachment_is_not_let_out_by_adopting_it(estate: Any) -> None:
    """Neither a lower grade, nor a department that is not one's own, nor everybody by another name."""
    ids = estate.ids
    for given in (
        {"audience": "복지과", "grade": "S"},
        {"audience": "public", "grade": "S"},
        {"audience": "회계과", "grade": "Z"},
    ):
        url = f"/chat/{ids['cid']}/attachments/{ids['attached']}/adopt"
        answer = estate.send("kim", "POST", url, data=given)
        assert answer.status_code in (400, 403), given
    page = estate.send("a-official", "GET", f"/library/{ids['attached']}")
    assert page.status_code == 404
