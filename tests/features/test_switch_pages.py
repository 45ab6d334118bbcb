"""The page of switches, and the banner that everybody sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.llm.ports import ModelProfile
from mokmin.base.web.kit import KST


@pytest.fixture
def admin(app: App, signed_in: Any) -> Any:
    return signed_in("admin")


@pytest.mark.parametrize("login", ["kim", "lead", "other"])
def test_others_can_neither_see_nor_switch(app: App, signed_in: Any, login: str) -> None:
    browser = signed_in(login)
    assert browser.get("/admin/switches").status_code == 403
    sent = browser.post("/admin/switches", {"key": "assistant", "action": "off"})
    assert sent.status_code == 403
    assert app.switches.is_on("assistant")


def test_off_with_a_notice_that_everybody_sees_and_on_again(
    app: App, admin: Any, signed_in: Any
) -> None:
    kim = signed_in("kim")
    assert 'class="announce"' not in kim.get("/").text
    fields = {"key": "assistant", "action": "off", "notice": "<b>급하면</b> 1234번"}
    sent = admin.post("/admin/switches", fields)
    assert sent.status_code == 303
    after = admin.get(sent.headers["location"]).text
    assert "껐습니다" in after and "꺼짐" in after and "admin" in after
    page = kim.get("/library").text
    assert "&lt;b&gt;급하면&lt;/b&gt; 1234번" in page and 'class="announce"' in page
    admin.post("/admin/switches", {"key": "assistant", "action": "on"})
    assert 'class="announce"' not in kim.get("/").text


def test_a_window_is_given_in_korean_time(app: App, admin: Any, signed_in: Any) -> None:
    begin = datetime.now(KST).replace(second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
    end = begin + timedelta(minutes=30)
    fields = {
        "key": "search", "action": "plan", "notice": "색인 정리",
        "begin": begin.isoformat(timespec="minutes"), "end": end.isoformat(timespec="minutes"),
    }  # fmt: skip
    assert admin.post("/admin/switches", fields).status_code == 303
    assert f"{begin:%H:%M}부터" in signed_in("kim").get("/").text
    assert app.switches.state("search").down_from == begin - timedelta(hours=9)
    assert app.switches.is_on("search")


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "assistant", "action": "plan", "begin": "", "end": ""},
        {"key": "assistant", "action": "plan", "begin": "0001-01-01T00:00", "end": "어제"},
        {"key": "assistant", "action": "plan", "begin": "2020-01-01T00:00", "end": "2020-01-02T00:00"},
        {"key": "assistant", "action": "off", "notice": "가" * 401},
        {"key": "no such", "action": "off"},
        {"key": "assistant", "action": "explode"},
        {},
    ],
)  # fmt: skip
def test_a_wrong_form_changes_nothing_and_says_so(
    app: App, admin: Any, fields: dict[str, str]
) -> None:
    page = admin.post("/admin/switches", fields)
    assert page.status_code == 400
    assert "바꾸지 않았습니다" in page.text
    assert {s.changed_by for s in app.switches.all()} == {""}


def test_the_form_needs_its_token(app: App, admin: Any) -> None:
    admin.csrf = "wrong"
    sent = admin.post("/admin/switches", {"key": "assistant", "action": "off"})
    assert sent.status_code == 403
    assert app.switches.is_on("assistant")


TEXT = """주차요금은 한 시간에 1,000원이다. 하루 주차요금은 10,000원이다. 심야 주차요금은 500원이다.
장애인 주차요금은 300원이다.
"""


# --- what is off, is off ------------------------------------------------------------------------
class Slow:
    """A chat model that writes a sentence, waits until somebody lets it go on, and writes more."""

    name, grade, profile = "느린 모델", "S", ModelProfile()

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = threading.Event()

    def stream(self, _messages: Any, **_more: Any) -> Iterator[str]:
        self.asked += 1
        yield "주차요금은 한 시간에 1,000원이다. [1]\n"
        yield "하루 주차요금은 10,000원이다. [1]\n"
        self.go_on.wait(10)
        yield "심야 주차요금은 500원이다. [1]\n"
        yield "장애인 주차요금은 300원이다. [1]\n"

    def probe(self) -> str:
        return ""


@pytest.fixture
def parking(app: App, people: Any, put: Any) -> App:
    put(app, "주차.txt", TEXT, title="주차 안내")
    return app


def test_nobody_asks_while_it_is_off_and_nothing_else_is_lost(
    parking: App, people: Any, kim: Any
) -> None:
    first = kim.post("/chat", {"question": "주차요금은 얼마인가?"})
    assert first.status_code == 303
    where = first.headers["location"].split("#")[0]
    parking.switches.turn_off(people.admin, "assistant", "고치는 중입니다.")
    refused = kim.post("/chat", {"question": "주차요금은 얼마인가?"})
    assert refused.status_code == 503
    assert "고치는 중입니다." in refused.text
    headers = {"x-csrf-token": kim.csrf}
    program = kim.client.post("/api/v1/ask", json={"question": "주차?"}, headers=headers)
    assert (program.status_code, program.json()["code"]) == (503, "switched-off")
    assert kim.get(where).status_code == 200, "what was asked before can still be read"
    assert kim.get("/library?search=주차요금").status_code == 200, "search is another switch"
    parking.switches.turn_on(people.admin, "assistant")
    assert kim.post("/chat", {"question": "주차요금은 얼마인가?"}).status_code == 303


def test_search_is_switched_by_itself(parking: App, people: Any, kim: Any) -> None:
    parking.switches.turn_off(people.admin, "search", "색인을 다시 만듭니다.")
    page = kim.get("/library?search=주차요금")
    assert page.status_code == 503
    assert "색인을 다시 만듭니다." in page.text
    headers = {"x-csrf-token": kim.csrf}
    found = kim.client.post("/api/v1/search", json={"query": "주차"}, headers=headers)
    assert found.status_code == 503
    assert kim.get("/library").status_code == 200, "the list of documents stays"


def test_an_answer_under_way_stops_at_the_next_sentence_and_keeps_what_it_has(
    parking: App, people: Any
) -> None:
    model = Slow()
    parking._models = [model]
    turn = parking.assistant.ask(people.kim, "주차요금은 한 시간에 얼마인가?")
    run = parking.assistant.runs._runs[turn.id]
    with run.changed:
        assert run.changed.wait_for(lambda: model.asked, 10)
        assert run.changed.wait_for(lambda: any(e.sentence for e in run.events), 8)
    parking.switches.turn_off(people.admin, "assistant")
    model.go_on.set()
    with run.changed:
        assert run.changed.wait_for(lambda: run.finished, 10)
    kept = parking.conversations.turn(people.kim, turn.conversation_id, turn.id)
    assert kept.state == "stopped"
    assert kept.answer is not None
    said = [sentence["text"] for sentence in kept.answer["sentences"]]
    assert "1,000원" in said[0]
    assert not any("300원" in text for text in said)


def test_a_model_that_is_off_is_not_asked_and_quotes_answer(parking: App, people: Any) -> None:
    model = Slow()
    model.go_on.set()
    parking._models = [model]
    parking.switches.turn_off(people.admin, "model:느린 모델")
    answer = parking.answers.answer(people.kim, "주차요금은 한 시간에 얼마인가?")
    assert (model.asked, answer.mode, answer.refused) == (0, "extractive", False)
    parking.switches.turn_on(people.admin, "model:느린 모델")
    parking.answers.answer(people.kim, "주차요금은 한 시간에 얼마인가?")
    assert model.asked == 1
