"""The review page over the web: stewards of the documents alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mokmin.app import App
from mokmin.knowledge.answering.review_model import Grading
from mokmin.knowledge.evaluation.comparing import Change, Comparison, keep

ANSWER = {
    "lead": "",
    "sentences": [
        {"text": "주차요금은 1,000원이다.", "support": "verified", "citations": [1], "reason": ""}
    ],
    "refused": False,
    "mode": "extractive",
    "model": "발췌",
}


def cite(document: int, quote: str) -> dict[str, Any]:
    return {
        "n": 1, "passage_id": 1, "document_id": document, "title": "주차 안내", "place": "1쪽",
        "quote": quote, "grade": "O", "department": "회계과", "freshness": "in_force", "date": None,
    }  # fmt: skip


@pytest.fixture
def reported(app: App, people: Any, put: Any) -> dict[str, int]:
    app.people.create_account(
        login="welfare",
        name="최복지",
        password=people.password,
        role="steward",
        department="복지과",
    )
    app.people.create_account(
        login="audit", name="감사관", password=people.password, role="auditor", department="회계과"
    )
    found = {"document": put(app, "가.txt", "주차요금은 1,000원이다.\n", title="주차").document_id}
    closed = put(app, "나.txt", "내부 요금 2,000원.\n", title="내부", audience=("회계과",))
    for turn, (name, document) in enumerate(
        (("open", found["document"]), ("closed", closed.document_id))
    ):
        found[name] = app.reviews.report(
            people.kim,
            turn_id=turn,
            question=f"<b>주차요금</b>은 얼마인가 {name}?",
            answer=ANSWER | {"citations": [cite(document, f"원문 {name} 1,000원")]},
            value=-1,
            reason="wrong",
            comment="2026년부터 다름",
        )
    return found


URLS = ("/review", "/review/{open}", "/review/export.jsonl")
POSTS = ("/review/{open}", "/review/{open}/reopen")


@pytest.mark.parametrize("login", ["kim", "audit"])
def test_officials_and_auditors_are_refused(
    app: App, signed_in: Any, reported: Any, login: str
) -> None:
    browser = signed_in(login)
    for url in URLS:
        assert browser.get(url.format(**reported)).status_code == 403
    for url in POSTS:
        sent = browser.post(url.format(**reported), {"verdict": "right", "edition": "1"})
        assert sent.status_code == 403
    assert 'href="/review"' not in browser.get("/").text


def test_a_steward_of_another_department_reaches_nothing_that_is_closed(
    app: App, people: Any, signed_in: Any, reported: Any
) -> None:
    app.reviews.grade(people.lead, reported["closed"], Grading("right", correction="2,000원"))
    welfare = signed_in("welfare")
    number = reported["closed"]
    listing = welfare.get("/review?state=all")
    assert listing.status_code == 200
    assert "얼마인가 open" in listing.text and "얼마인가 closed" not in listing.text
    assert welfare.get(f"/review/{number}").status_code == 404
    assert (
        welfare.post(f"/review/{number}", {"verdict": "wrong", "edition": "2"}).status_code == 404
    )
    assert welfare.post(f"/review/{number}/reopen").status_code == 404
    assert welfare.get("/review/export.jsonl").text == ""
    assert "달마다" not in listing.text, "not even in the figures"
    assert app.reviews.get(people.lead, number).verdict == "right"
    for wild in ("0", "99999", "9" * 30, "x"):
        assert welfare.get(f"/review/{wild}").status_code in (400, 404, 422)


def test_a_steward_grades_and_is_led_to_the_next(
    app: App, people: Any, signed_in: Any, reported: Any
) -> None:
    steward = signed_in("lead")
    assert "답변 검토" in steward.get("/").text
    page = steward.get(f"/review/{reported['open']}").text
    for part in ("&lt;b&gt;주차요금", "원문 open", "내용이 틀림", "2026년부터 다름", "회계과"):
        assert part in page
    assert "<b>주차요금" not in page and "김주무" not in page
    form = {
        "verdict": "partly", "mark-0": "right", "correction": "1,000원", "note": "",
        "cited": [str(reported["document"])], "gold": "", "edition": "1",
    }  # fmt: skip
    done = steward.post(f"/review/{reported['open']}", form)
    assert (done.status_code, done.headers["location"]) == (303, f"/review/{reported['closed']}")
    again = steward.post(f"/review/{reported['open']}", form)
    assert again.status_code == 409
    assert "그사이" in again.text
    line = json.loads(steward.get("/review/export.jsonl").text)
    assert (line["answer"], line["relevant"]) == ("1,000원", [str(reported["document"])])
    last = steward.post(f"/review/{reported['closed']}", {"verdict": "unsure", "edition": "1"})
    assert last.headers["location"] == "/review?graded=1"
    assert "달마다" in steward.get("/review?graded=1").text
    assert steward.post(f"/review/{reported['open']}/reopen").status_code == 303
    assert "1,000원" in steward.get(f"/review/{reported['open']}").text, "the grade is kept"


@pytest.mark.parametrize(
    "wrong",
    [{"verdict": ""}, {"verdict": "right", "gold": "아무거나"}, {"verdict": "right", "mark-9": "right"},
     {"verdict": "right", "mark-x": "right"}, {"verdict": "right", "gold": "424242"}],
)  # fmt: skip
def test_a_wrong_form_is_shown_again_with_what_was_typed(
    signed_in: Any, reported: Any, wrong: dict[str, str]
) -> None:
    steward = signed_in("lead")
    sent = {"edition": "1", "note": "내가 적은 메모"} | wrong
    page = steward.post(f"/review/{reported['open']}", sent)
    assert page.status_code == 400
    assert "저장하지 않았습니다" in page.text and "내가 적은 메모" in page.text


def test_forms_without_their_token_are_refused(signed_in: Any, reported: Any) -> None:
    steward = signed_in("lead")
    steward.csrf = "wrong"
    sent = steward.post(f"/review/{reported['open']}", {"verdict": "right", "edition": "1"})
    assert sent.status_code == 403


@pytest.mark.own_web
def test_the_last_comparison_is_shown_without_its_questions(
    app: App, signed_in: Any, reported: Any
) -> None:
    steward = signed_in("lead")
    assert "둔 비교가 없습니다" in steward.get("/review").text
    change = Change("answer_contained", 60, 0.5, 0.625, 0.05, 0.2, 9, 1)
    keep(Comparison("a", "b", (change,), (), at="2026-11-02T00:00:00"), app.settings.home)
    page = steward.get("/review").text
    for part in ("정답이 든 답", "0.500", "0.625", "+0.125", "나아짐", "9 · 1 / 60"):
        assert part in page


def test_feedback_in_a_conversation_reaches_the_queue_and_can_be_taken_back(
    app: App, people: Any, signed_in: Any, put: Any
) -> None:
    put(app, "주차.txt", "주차요금은 한 시간에 1,000원이다.\n", title="주차 안내")
    kim = signed_in("kim")
    turn = app.assistant.ask(people.kim, "주차요금은 한 시간에 얼마인가?")
    app.assistant.close(10)
    url = f"/chat/{turn.conversation_id}/messages/{turn.id}/feedback"
    sent = {"value": "down", "reason": "outdated", "comment": "올해 올랐음"}
    assert signed_in("other").post(url, sent).status_code == 404, "nobody reports another's answer"
    assert kim.post(url, sent).status_code == 204
    (found,) = app.reviews.queue(people.lead).reviews
    assert (found.reason, found.comment) == ("outdated", "올해 올랐음")
    assert "1,000원" in found.answer["sentences"][0]["text"]
    assert kim.post(url, sent | {"reason": "no such"}).status_code == 400
    assert kim.post(url, {"value": ""}).status_code == 204
    assert app.reviews.queue(people.lead).total == 0
