"""A conversation over the web: ask, watch, open the evidence, keep it to oneself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mokmin.app import App
from mokmin.governance.access.rules import document_groups

MANUAL = (
    "# 공유재산 편람\n\n## 사용료\n\n공유재산 사용료는 매년 납부기한까지 낸다. "
    "사용료가 100만원을 넘으면 연 4회까지 나누어 낼 수 있다.\n"
)
QUESTION = "공유재산 사용료는 몇 번까지 나누어 낼 수 있는가?"


@pytest.fixture
def manual(app: App, people: Any, put: Any) -> Any:
    return put(app, "편람.md", MANUAL, department="회계과")


def ask(browser: Any, question: str = QUESTION, **fields: Any) -> tuple[int, int]:
    """Ask; the ids of the conversation and the message."""
    answer = browser.post("/chat", {"question": question} | fields)
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/chat/(\d+)#mq(\d+)", answer.headers["location"])
    assert found is not None
    return int(found.group(1)), int(found.group(2))


def follow(browser: Any, cid: int, mid: int, **headers: str) -> list[tuple[str, str]]:
    """All events of an answer's stream."""
    answer = browser.client.get(f"/chat/{cid}/messages/{mid}/stream", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for part in answer.text.split("\n\n"):
        lines = [line for line in part.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = [
                line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in lines
            ]
            name = next(value for key, value in fields if key == "event")
            events.append((name, "\n".join(v for k, v in fields if k == "data")))
    return events


def test_an_answer_streams_to_its_end(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    events = follow(kim, cid, mid)
    assert events[0][0] == "step"
    assert events[-1] == ("end", "")
    blocks = " ".join(data for name, data in events if name == "block")
    assert "연 4회까지" in blocks
    assert "공유재산 편람" in blocks
    assert [name for name, _ in events].count("foot") == 1
    page = kim.get(f"/chat/{cid}")
    assert "연 4회까지" in page.text
    assert QUESTION in page.text


def test_a_stream_can_be_followed_again(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    first = follow(kim, cid, mid)
    assert follow(kim, cid, mid) == first
    later = follow(kim, cid, mid, **{"Last-Event-ID": "2"})
    assert len(later) < len(first)
    assert later[-1][0] == "end"


def test_a_question_without_basis_is_refused_on_the_page(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim, "quantum chromodynamics?")
    follow(kim, cid, mid)
    assert "공유재산 편람" in kim.get(f"/chat/{cid}").text


def test_evidence_and_why(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    evidence = kim.get(f"/chat/{cid}/messages/{mid}/evidence/1")
    assert evidence.status_code == 200
    assert "연 4회까지" in evidence.text
    partial = kim.get(f"/chat/{cid}/messages/{mid}/evidence/1", headers={"X-Partial": "1"})
    assert "<html" in evidence.text
    assert "<html" not in partial.text
    assert kim.get(f"/chat/{cid}/messages/{mid}/why").status_code == 200
    assert kim.get(f"/chat/{cid}/messages/{mid}/evidence/99").status_code == 404


def test_evidence_whose_right_was_taken_away_is_not_shown(app: App, manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    with app.db.write() as connection:
        connection.execute(document_groups.delete())
    answer = kim.get(f"/chat/{cid}/messages/{mid}/evidence/1")
    assert answer.status_code == 404
    assert "4회" not in answer.text


def test_the_conversation_of_another_person_does_not_exist(
    manual: Any, kim: Any, signed_in: Any
) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    for login in ("lead", "other", "admin"):
        someone = signed_in(login)
        base = f"/chat/{cid}"
        for url in (base, f"{base}/messages/{mid}/stream", f"{base}/messages/{mid}/evidence/1",
                    f"{base}/messages/{mid}/why"):  # fmt: skip
            assert someone.get(url).status_code == 404, url
        for action in ("rename", "delete", "restore", f"messages/{mid}/stop",
                       f"messages/{mid}/retry", f"messages/{mid}/feedback"):  # fmt: skip
            answer = someone.post(f"{base}/{action}", {"title": "남의 대화", "value": "up"})
            assert answer.status_code == 404, action
        assert (
            someone.post("/chat", {"question": "끼어들기", "conversation_id": cid}).status_code
            == 404
        )
        assert QUESTION not in someone.get("/chat/history").text
    assert QUESTION in kim.get("/chat/history").text


def test_a_message_of_another_conversation_is_not_found(manual: Any, kim: Any) -> None:
    (first, mid), (second, _) = ask(kim), ask(kim)
    assert kim.get(f"/chat/{second}/messages/{mid}/stream").status_code == 404
    assert first != second


@pytest.mark.parametrize("question", ["", "   ", "가" * 100_000])
def test_an_empty_and_an_endless_question_are_refused_in_korean(kim: Any, question: str) -> None:
    answer = kim.client.post(
        "/chat", data={"question": question, "csrf_token": kim.csrf}, follow_redirects=False
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-input"
    assert "질문이" in answer.json()["detail"]
    page = kim.post("/chat", {"question": question})
    assert page.status_code == 400
    assert "질문이" in page.text


def test_a_question_with_markup_is_shown_as_text(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim, "<script>alert(1)</script> 공유재산 사용료")
    follow(kim, cid, mid)
    for url in (f"/chat/{cid}", "/chat/history", "/"):
        assert "<script>alert" not in kim.get(url).text


def test_a_document_with_markup_is_shown_as_text(app: App, put: Any, kim: Any) -> None:
    text = "공유재산 사용료는 <img src=x onerror=alert(1)> 연 4회까지 나누어 낼 수 있다.\n"
    upload = put(app, "함정.txt", text, title="<b>함정</b>")
    cid, mid = ask(kim, "공유재산 사용료는 연 4회까지 나누어 낼 수 있다")
    streamed = " ".join(data for _, data in follow(kim, cid, mid))
    pages = [streamed, kim.get(f"/chat/{cid}").text, kim.get(f"/library/{upload.document_id}").text,
             kim.get(f"/chat/{cid}/messages/{mid}/evidence/1").text, kim.get("/library").text]  # fmt: skip
    for page in pages:
        assert "<img src=x" not in page
        assert "<b>함정" not in page


def test_a_conversation_is_renamed_rated_deleted_and_brought_back(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    assert kim.post(f"/chat/{cid}/rename", {"title": "사용료 나누어 내기"}).status_code == 303
    assert "사용료 나누어 내기" in kim.get("/chat/history").text
    assert kim.post(f"/chat/{cid}/messages/{mid}/feedback", {"value": "up"}).status_code == 204
    assert kim.post(f"/chat/{cid}/delete").headers["location"].endswith(f"deleted={cid}")
    assert "사용료 나누어 내기" not in kim.get("/chat/history").text
    kim.post(f"/chat/{cid}/restore")
    assert "사용료 나누어 내기" in kim.get("/chat/history").text


def test_a_question_about_one_document_stays_there(
    app: App, manual: Any, put: Any, kim: Any
) -> None:
    other = put(
        app, "다른.txt", "공유재산 사용료는 여덟 번 나누어 낼 수 있다.\n", title="다른 문서"
    )
    cid, mid = ask(kim, document_id=other.document_id)
    blocks = " ".join(data for name, data in follow(kim, cid, mid) if name == "block")
    assert "여덟 번" in blocks
    assert "연 4회" not in blocks


def test_a_question_about_a_document_of_others_is_refused(
    app: App, put: Any, people: Any, kim: Any
) -> None:
    hidden = put(app, "비밀.txt", "비밀이다.\n", audience=("복지과",))
    fields = {"question": QUESTION, "document_id": hidden.document_id}
    assert kim.post("/chat", fields).status_code == 404


def test_a_second_question_in_the_same_conversation(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    again, second = ask(kim, "사용료는 언제까지 내는가?", conversation_id=cid)
    assert again == cid
    follow(kim, cid, second)
    page = kim.get(f"/chat/{cid}").text
    assert page.index(QUESTION) < page.index("사용료는 언제까지 내는가?")


def test_answers_cut_off_by_a_restart_can_be_asked_again(app: App, manual: Any, kim: Any) -> None:
    import sqlalchemy as sa

    from mokmin.features.assistant.store import turns

    cid, mid = ask(kim)
    follow(kim, cid, mid)
    with app.db.write() as connection:
        connection.execute(turns.update().values(state="streaming", answer=None))
    app.assistant.recover()
    with app.db.read() as connection:
        assert connection.execute(sa.select(turns.c.state)).scalar_one() == "failed"
    assert kim.post(f"/chat/{cid}/messages/{mid}/retry").status_code == 303
    assert follow(kim, cid, mid)[-1][0] == "end"
    assert "연 4회까지" in kim.get(f"/chat/{cid}").text


def test_programs_search_and_ask(manual: Any, kim: Any) -> None:
    headers = {"X-CSRF-Token": kim.csrf}
    found = kim.client.post("/api/v1/search", json={"query": "사용료"}, headers=headers).json()
    assert found["hits"][0]["title"] == "공유재산 편람"
    answer = kim.client.post("/api/v1/ask", json={"question": QUESTION}, headers=headers).json()
    assert not answer["refused"]
    assert answer["citations"][0]["quote"]
    bad = kim.client.post("/api/v1/search", json={"query": "가", "top": 0}, headers=headers)
    assert bad.status_code == 400
    assert bad.json()["detail"]


def test_a_nul_character_in_a_question(manual: Any, kim: Any) -> None:
    answer = kim.post("/chat", {"question": "공유재산\x00 사용료는?"})
    assert answer.status_code in (303, 400)


def test_a_deleted_conversation_cannot_be_opened_by_address(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    kim.post(f"/chat/{cid}/delete")
    assert kim.get(f"/chat/{cid}").status_code == 404
    assert kim.client.get(f"/chat/{cid}/messages/{mid}/stream").status_code == 404
    kim.post(f"/chat/{cid}/restore")
    assert kim.get(f"/chat/{cid}").status_code == 200


def test_a_later_question_is_given_what_went_before(
    app: App, manual: Any, kim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    given: list[Any] = []
    stream = app.answers.stream

    def watched(*args: Any, **options: Any) -> Any:
        given.append(options["history"])
        return stream(*args, **options)

    monkeypatch.setattr(app.answers, "stream", watched)
    _, later = ask(kim, "납부기한은 언제인가?", conversation_id=cid)
    follow(kim, cid, later)
    assert [one.question for one in given[0]] == [QUESTION]
    assert "연 4회까지" in given[0][0].answer
    with app.db.write() as connection:
        connection.execute(document_groups.delete())
    _, last = ask(kim, "사용료는 언제 내는가?", conversation_id=cid)
    follow(kim, cid, last)
    assert not any(one.answer for one in given[1] if one.question == QUESTION)


def test_the_history_is_searched_by_later_questions_too(manual: Any, kim: Any) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    _, later = ask(kim, "대부료는 언제까지 내는가?", conversation_id=cid)
    follow(kim, cid, later)
    assert f'href="/chat/{cid}"' in kim.get("/chat/history/list?q=대부료").text
    assert f'href="/chat/{cid}"' not in kim.get("/chat/history/list?q=없는낱말").text


def test_an_answer_that_is_there_is_not_wiped_by_asking_again(
    app: App, people: Any, manual: Any, kim: Any
) -> None:
    cid, mid = ask(kim)
    follow(kim, cid, mid)
    before = app.conversations.turn(people.kim, cid, mid)
    assert kim.post(f"/chat/{cid}/messages/{mid}/retry").status_code == 303
    assert app.conversations.turn(people.kim, cid, mid) == before
