"""Find-and-run, and the first steps of newcomers."""

from __future__ import annotations

from typing import Any

import pytest

from mokmin.base.korean.initials import place, whole
from mokmin.features import DESKS
from mokmin.features.portal.places import ACTIONS, PAGES
from mokmin.features.portal.topics import without_help
from mokmin.governance.access.model import ROLES
from mokmin.governance.people.declarations import declared


@pytest.mark.parametrize(
    ("typed", "name", "where"),
    [
        ("", "문서고", 0),
        ("문서", "문서고", 0),
        ("서고", "문서고", 1),
        ("ㅇㅁㄷㅎ", "업무 대화", 0),
        ("ㄷㅎ", "업무 대화", 2),
        ("문ㅅ", "문서고", 0),  # the next syllable just begun
        ("무", "문서고", 0),  # 무 on the way to 문
        ("요야", "요약·표·비교", 0),
        ("감삭", "감사 기록", 0),  # 감사ㄱ, taken for a final consonant
        ("ㄳ", "감사 기록", 0),  # two consonants that the keyboard made one
        ("무", "문서 문", 0),
        ("문고", "문서고", None),
        ("서무", "서문", 0),
        ("무서", "문서", None),  # only the last syllable may be unfinished
        ("PDF", "pdf로 받기", 0),
        ("ㅋ", "문서고", None),
    ],
)
def test_names_are_found_while_they_are_typed(typed: str, name: str, where: int | None) -> None:
    assert place(typed, name) == where


def test_consonants_alone_are_no_words_of_titles() -> None:
    assert whole("문ㅅ") == "문" and whole("ㅇㅁㅂ") == ""


def test_every_place_is_a_page_that_its_people_may_open(web: Any) -> None:
    """A name in the list that leads to a refusal would tell of what is not theirs, and annoy."""
    routes = {r.path: r for r in declared(web) if r.method == "GET"}
    for one in (*ACTIONS, *PAGES):
        if one.href.startswith("!"):
            continue
        route = routes[one.href.partition("#")[0]]
        offered = {r for r in ROLES if one.permission is None or one.permission in ROLES[r]}
        opened = {r for r in ROLES if route.open_to(r)}
        assert offered == opened if one in PAGES else offered <= opened, one
    known = [p.href for p in PAGES]
    assert len(set(known)) == len(known)
    assert {d.href for d in DESKS} & set(known) == set()


def _found(browser: Any, text: str = "") -> dict[str, list[dict[str, str]]]:
    answer = browser.client.get("/find", params={"q": text})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    return {group["name"]: group["items"] for group in answer.json()["groups"]}


def _names(found: dict[str, list[dict[str, str]]], group: str) -> list[str]:
    return [item["name"] for item in found.get(group, [])]


def test_everybody_finds_only_what_is_theirs(
    app: Any, signed_in: Any, people: Any, put: Any
) -> None:
    kim, other, admin = signed_in("kim"), signed_in("other"), signed_in("admin")
    own = put(app, "a.txt", "주차 요금", title="비밀스러운 문서", audience=("회계과",))
    put(app, "b.txt", "주차장", title="비밀스럽지 않은 문서", audience=("staff",))
    talk = app.conversations.stored.begin(people.kim, "비밀스러운 이야기")
    made = kim.post("/drafts", {"kind": "letter", "f:제목": "비밀스러운 주차 안내", "grade": "O"})
    draft = made.headers["location"].partition("?")[0]
    mine = _found(kim, "비밀스러운")
    assert [i["href"] for i in mine["내 문서 작성"]] == [draft]
    assert [i["href"] for i in mine["문서"]] == [f"/library/{own.document_id}"]
    for stranger in (other, admin):
        assert set(_found(stranger, "비밀스러운")) == set()
        assert _names(_found(stranger, "비밀스럽"), "문서") == ["비밀스럽지 않은 문서"]
    assert "비밀스러운 주차 안내" in _names(_found(kim), "내 문서 작성")
    # A conversation without a question yet is nothing to go back to.
    assert f"/chat/{talk}" not in str(_found(kim))
    assert "관리" not in _names(_found(kim), "메뉴")
    assert "관리" in _names(_found(admin), "메뉴")
    assert _names(_found(kim, "ㅇㅁㅂ"), "메뉴")[0] == "업무봇"
    assert _names(_found(kim, "보도"), "실행") == ["새 보도자료"]
    assert kim.client.get("/find", params={"q": "가" * 101}).status_code == 400
    assert _found(kim, "%_'\";--") == {}


def test_nobody_is_answered_without_signing_in(browser: Any) -> None:
    answer = browser().client.get("/find", follow_redirects=False)
    assert answer.status_code in (303, 401) and "groups" not in answer.text


def test_first_steps_show_what_is_done_and_go_for_good(
    app: Any, kim: Any, people: Any, signed_in: Any
) -> None:
    page = kim.get("/").text
    assert "처음이신가요?" in page and page.count('<li class="done">') == 0
    app.first_use.acknowledge(people.kim)
    kim.post("/drafts", {"kind": "letter", "f:제목": "연습", "grade": "O"})
    assert kim.get("/").text.count('<li class="done">') == 2
    assert kim.post("/first-steps/hide").status_code == 303
    assert "처음이신가요?" not in kim.get("/").text
    other = signed_in("other")  # at the same computer
    other.client.cookies.set("mokmin_first_steps", kim.client.cookies["mokmin_first_steps"])
    assert "처음이신가요?" in other.get("/").text


def test_every_place_of_work_has_help_for_its_people_alone(kim: Any, signed_in: Any) -> None:
    assert without_help(DESKS) == []
    page = kim.get("/help/drafts")
    assert "이렇게 합니다" in page.text and "/help/audit" not in page.text
    assert kim.get("/help/audit", follow_redirects=False).headers["location"] == "/help"
    assert "/help/admin" in signed_in("admin").get("/help").text
