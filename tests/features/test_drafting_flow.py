"""The decision line, comments and comparing versions of drafts."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound
from mokmin.features.drafting.comparing import compared
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.official.model import Block, Span
from mokmin.knowledge.official.serial import to_json

FACTS = {
    "행정기관명": "해온시",
    "수신": "각 부서장",
    "제목": "물품 재물조사 알림",
    "내용": ["기간: 2026. 12. 1. ~ 12. 11.", "대상: 전산장비 113대"],
    "발신명의": "해온시장",
}


@pytest.fixture
def draft(app: App, people: Any) -> int:
    made = app.drafting.begin(people.kim, "letter", FACTS)
    app.draft_flow.add(people.kim, made, "검토", people.lead.user_id)
    app.draft_flow.add(people.kim, made, "결재", people.other.user_id)
    return made


def test_a_draft_goes_along_its_line_and_people_sign(
    app: App, people: Any, draft: int, signed_in: Any
) -> None:
    kim, lead, other = (signed_in(name) for name in ("kim", "lead", "other"))
    assert lead.get(f"/drafts/{draft}").status_code == 404  # not before it is their turn
    assert kim.post(f"/drafts/{draft}/submit").status_code == 303
    assert "내 차례인 문서" in lead.get("/drafts").text
    assert other.get(f"/drafts/{draft}").status_code == 404
    found = app.drafting.get(people.lead, draft)
    longer = replace(
        found.document, body=(*found.document.body, Block("item", (Span("덧붙임"),), 1))
    )
    forged = replace(longer, approvers=())
    app.drafting.save(people.lead, draft, to_json(forged), found.revision)
    assert len(app.drafting.get(people.lead, draft).document.approvers) == 3
    with pytest.raises(Conflict):
        app.drafting.save(people.kim, draft, to_json(found.document), found.revision + 1)
    assert lead.post(f"/drafts/{draft}/sign", {"remark": "좋습니다"}).status_code == 303
    assert other.post(f"/drafts/{draft}/sign", {"how": "전결"}).status_code == 303
    done = app.drafting.get(people.kim, draft)
    assert done.state == "approved"
    signed = [(a.role, a.name, bool(a.signed_on), a.how) for a in done.document.approvers]
    assert signed == [
        ("기안", "김주무", True, ""),
        ("검토", "이팀장", True, ""),
        ("결재", "박복지", True, "전결"),
    ]
    with pytest.raises(Conflict, match="결재가 끝난"):
        app.drafting.save(people.kim, draft, to_json(done.document), done.revision)
    page = kim.get(f"/drafts/{draft}/line").text
    assert "좋습니다" in page and "고친 곳" in page
    marks = re.search(r'href="(/drafts/\d+/compare\?old=\d+&amp;new=\d+)"', page)
    assert marks is not None
    shown = kim.get(marks.group(1).replace("&amp;", "&")).text
    assert "덧붙임</ins>" in shown
    with app.db.read() as connection:
        actions = set(connection.execute(sa.select(audit_log.c.action)).scalars())
    assert {"draft.submit", "draft.review", "draft.approve"} <= actions


def test_sent_back_with_a_reason_signatures_fall_and_the_line_starts_anew(
    app: App, people: Any, draft: int
) -> None:
    app.draft_flow.submit(people.kim, draft)
    app.draft_flow.sign(people.lead, draft)
    with pytest.raises(InvalidInput, match="까닭"):
        app.draft_flow.send_back(people.other, draft, "  ")
    app.draft_flow.send_back(people.other, draft, "대수를 확인해 주십시오")
    back = app.drafting.get(people.kim, draft)
    assert back.state == "returned" and back.holder_id == people.kim.user_id
    assert not any(a.signed_on for a in back.document.approvers)
    steps = app.draft_flow.steps(people.kim, draft)
    assert [(s.role, s.state) for s in steps] == [
        ("기안", "done"), ("검토", "done"), ("결재", "returned"), ("검토", "waiting"), ("결재", "waiting"),
    ]  # fmt: skip
    app.draft_flow.submit(people.kim, draft)
    app.draft_flow.sign(people.lead, draft)
    app.draft_flow.sign(people.other, draft)
    assert app.drafting.get(people.other, draft).state == "approved"


def test_nobody_signs_out_of_turn_or_twice(app: App, people: Any, draft: int) -> None:
    app.draft_flow.submit(people.kim, draft)
    for who in (people.kim, people.other, people.admin):
        with pytest.raises((Conflict, NotFound)):
            app.draft_flow.sign(who, draft)
    outcomes: list[str] = []

    def sign() -> None:
        try:
            app.draft_flow.sign(people.lead, draft)
            outcomes.append("signed")
        except MokminError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("signed") == 1
    states = [s.state for s in app.draft_flow.steps(people.kim, draft)]
    assert states == ["done", "done", "open"]


def test_namesakes_sign_each_for_themselves(app: App, people: Any) -> None:
    app.people.create_account(
        login="other2", name="이팀장", password=people.password, role="steward", department="회계과"
    )
    second = app.people.principal("other2")
    made = app.drafting.begin(people.kim, "letter", FACTS)
    for role, who in (("검토", people.lead), ("검토", second), ("결재", people.other)):
        app.draft_flow.add(people.kim, made, role, who.user_id)
    app.draft_flow.submit(people.kim, made)
    app.draft_flow.sign(people.lead, made)
    block = app.drafting.get(people.kim, made).document.approvers
    assert [bool(one.signed_on) for one in block] == [True, True, False, False]


def test_a_line_needs_somebody_who_decides_and_all_facts(app: App, people: Any) -> None:
    made = app.drafting.begin(people.kim, "letter", {k: v for k, v in FACTS.items() if k != "수신"})
    with pytest.raises(InvalidInput, match="결재권자"):
        app.draft_flow.submit(people.kim, made)
    app.draft_flow.add(people.kim, made, "결재", people.lead.user_id)
    with pytest.raises(Conflict):
        app.draft_flow.add(people.kim, made, "검토", people.lead.user_id)
    with pytest.raises(InvalidInput, match="수신"):
        app.draft_flow.submit(people.kim, made)
    with pytest.raises(NotFound):
        app.draft_flow.add(people.other, made, "검토", people.lead.user_id)


def test_the_author_takes_it_back_before_anybody_signed(
    app: App, people: Any, draft: int, signed_in: Any
) -> None:
    app.draft_flow.submit(people.kim, draft)
    app.draft_flow.recall(people.kim, draft)
    assert app.drafting.get(people.kim, draft).state == "writing"
    assert signed_in("lead").get(f"/drafts/{draft}").status_code == 404
    app.draft_flow.submit(people.kim, draft)
    app.draft_flow.sign(people.lead, draft)
    with pytest.raises(Conflict):
        app.draft_flow.recall(people.kim, draft)


def test_comments_stay_with_their_words(app: App, people: Any, draft: int, kim: Any) -> None:
    answer = kim.post(
        f"/drafts/{draft}/comments", {"anchor": "body:2", "text": "대수가 맞나요?<b>"}
    )
    assert answer.status_code == 303
    page = kim.get(f"/drafts/{draft}").text
    assert "대수가 맞나요?&lt;b&gt;" in page
    found = app.drafting.get(people.kim, draft)
    moved = replace(
        found.document, body=(Block("item", (Span("앞에 새로"),), 1), *found.document.body)
    )
    app.drafting.save(people.kim, draft, to_json(moved), found.revision)
    (one,) = app.draft_comments.all(people.kim, draft)
    assert one.anchor == "body:3"
    app.draft_comments.settle(people.kim, draft, one.id)
    assert app.draft_comments.all(people.kim, draft)[0].resolved_at is not None
    for attempt in ("body:99", "javascript:1"):
        with pytest.raises(InvalidInput):
            app.draft_comments.add(people.kim, draft, attempt, "말")
    with pytest.raises(NotFound):
        app.draft_comments.all(people.other, draft)


def test_comparing_marks_words_rows_and_fields(app: App, people: Any, draft: int) -> None:
    old = app.drafting.get(people.kim, draft).document
    body = tuple(
        replace(b, spans=(Span(b.text.replace("113대", "131대")),)) if "113대" in b.text else b
        for b in old.body
    )
    new = replace(old, body=body).with_field("수신", Span("각 과장"))
    changed = {label: pieces for label, pieces in compared(old, new) if len(pieces) > 1}
    assert changed["수신"] == [("same", "각 "), ("del", "부서장"), ("ins", "과장")]
    assert ("del", "113대") in changed["2."] and ("ins", "131대") in changed["2."]
