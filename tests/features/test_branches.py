"""A conversation that branches: edit, ask again, look at the other branch, go on from there."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin import migrations
from mokmin.app import App
from mokmin.base.db import Database
from mokmin.base.formats.ai_label import VISIBLE
from mokmin.base.llm.ports import ModelProfile
from mokmin.features.assistant import branches
from mokmin.features.assistant.model import Scope
from mokmin.features.assistant.store import turns
from mokmin.knowledge.answering.service import AnswerService

FEES = "공유재산 사용료는 연 4회까지 나누어 낼 수 있다.\n"
PARKING = "주차요금은 한 시간에 1,000원이다.\n"
FIRST = "공유재산 사용료는 몇 번까지 나누어 낼 수 있는가?"
SECOND = "주차요금은 한 시간에 얼마인가?"

# What depends on the database runs on both kinds, the rest on one.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def talk(app: App, people: Any, put: Any) -> Any:
    """Two documents, and a conversation of kim with one answered turn."""
    put(app, "사용료.txt", FEES, title="공유재산 편람", department="회계과")
    put(app, "주차.txt", PARKING, title="주차 안내", department="회계과")
    turn = app.assistant.ask(people.kim, FIRST)
    app.assistant.close(10)
    return turn


def questions(app: App, who: Any, cid: int) -> list[str]:
    return [step.turn.question for step in app.conversations.path(who, cid)]


def text(turn: Any) -> str:
    return " ".join(s["text"] for s in turn.answer["sentences"])


def test_the_tree() -> None:
    links = {1: None, 2: 1, 3: 2, 4: 1, 5: None, 6: 4}
    assert branches.path(links, 3) == (1, 2, 3)
    assert branches.path(links, 99) == ()
    assert branches.path({1: 2, 2: 1}, 1) == (2, 1), "a circle ends"
    assert branches.beside(links, 4) == (2, 4)
    assert branches.beside(links, 5) == (1, 5)
    assert branches.newest_leaf(links, 1) == 6
    assert branches.newest_leaf(links, 2) == 3


@ONE
def test_an_edited_question_stands_beside_the_first_and_both_go_on(
    app: App, people: Any, talk: Any, kim: Any
) -> None:
    cid = talk.conversation_id
    later = app.assistant.ask(people.kim, "언제까지 내는가?", conversation_id=cid)
    app.assistant.close(10)
    sent = kim.post(f"/chat/{cid}/messages/{talk.id}/edit", {"question": SECOND})
    assert sent.status_code == 303
    app.assistant.close(10)
    assert questions(app, people.kim, cid) == [SECOND]
    (step,) = app.conversations.path(people.kim, cid)
    assert "1,000원" in text(step.turn)
    assert (step.number, step.beside) == (2, (talk.id, step.turn.id))
    page = kim.get(f"/chat/{cid}").text
    assert "2/2" in page
    assert 'aria-label="이전 갈래"' in page
    assert "연 4회" not in page
    # A question of a page that still shows the first branch goes there.
    fields = {"question": "그럼 2회면?", "conversation_id": cid, "parent_id": later.id}
    assert kim.post("/chat", fields).status_code == 303
    app.assistant.close(10)
    assert questions(app, people.kim, cid) == [FIRST, "언제까지 내는가?", "그럼 2회면?"]
    assert kim.post(f"/chat/{cid}/messages/{step.turn.id}/show").status_code == 303
    assert questions(app, people.kim, cid) == [SECOND]
    assert kim.post(f"/chat/{cid}/messages/{talk.id}/show").status_code == 303
    assert questions(app, people.kim, cid)[-1] == "그럼 2회면?", "where it was last continued"


def test_only_the_branch_that_is_shown_is_told_to_models_shared_exported_and_found(
    app: App, people: Any, talk: Any, kim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = talk.conversation_id
    app.assistant.edit(people.kim, cid, talk.id, SECOND)
    app.assistant.close(10)
    given: list[Any] = []
    stream = app.answers.stream

    def watched(*args: Any, **options: Any) -> Any:
        given.append([one.question for one in options["history"]])
        return stream(*args, **options)

    monkeypatch.setattr(app.answers, "stream", watched)
    app.assistant.ask(people.kim, "두 시간이면?", conversation_id=cid)
    app.assistant.close(10)
    assert given == [[SECOND]]
    exported = kim.get(f"/chat/{cid}/export.md").text
    assert SECOND in exported and FIRST not in exported
    assert VISIBLE in exported
    share = app.sharing.share(people.kim, cid, to="other")
    held = app.shared.open(people.other, share)
    assert [turn.question for turn in held.turns] == [SECOND, "두 시간이면?"]
    app.conversations.rename(people.kim, cid, "이름만")
    assert [c.id for c in app.conversations.recent(people.kim, text="주차요금")] == [cid]
    assert app.conversations.recent(people.kim, text="공유재산") == []
    (place,) = app.folders.arrange(app.conversations.recent(people.kim), text="공유재산 주차요금")
    assert "주차요금" in place.snippet


@ONE
def test_asking_again_keeps_the_answer_and_takes_another_scope(
    app: App, people: Any, talk: Any, kim: Any
) -> None:
    cid = talk.conversation_id
    url = f"/chat/{cid}/messages/{talk.id}/again"
    assert kim.post(url, {"scope": "law"}).status_code == 303
    app.assistant.close(10)
    (step,) = app.conversations.path(people.kim, cid)
    assert (step.turn.question, step.turn.scope) == (FIRST, Scope("law"))
    assert step.turn.answer["refused"], "there is no law"
    assert "연 4회" in text(app.conversations.turn(people.kim, cid, talk.id))
    # "Same" is the turn's own scope, not that of another turn.
    assert kim.post(f"/chat/{cid}/messages/{step.turn.id}/again", {}).status_code == 303
    app.assistant.close(10)
    assert app.conversations.path(people.kim, cid)[-1].turn.scope == Scope("law")
    assert kim.post(url, {"model": "없는 모델"}).status_code == 400
    assert len(app.conversations.path(people.kim, cid)[-1].beside) == 3


@ONE
def test_asking_and_retrying_use_the_turns_own_scope_after_a_restart(
    app: App, people: Any, talk: Any, kim: Any
) -> None:
    cid = talk.conversation_id
    app.assistant.again(people.kim, cid, talk.id, scope=Scope("law"))
    app.assistant.close(10)
    with app.db.write() as connection:
        connection.execute(turns.update().values(state="streaming", answer=None))
    app.assistant.recover()
    page = kim.get(f"/chat/{cid}").text
    assert f'action="/chat/{cid}/messages/{talk.id + 1}/retry"' in page
    for mid in (talk.id, talk.id + 1):
        assert kim.post(f"/chat/{cid}/messages/{mid}/retry").status_code == 303
    app.assistant.close(10)
    first = app.conversations.turn(people.kim, cid, talk.id)
    second = app.conversations.turn(people.kim, cid, talk.id + 1)
    assert "연 4회" in text(first)
    assert second.answer is not None and second.answer["refused"]
    with app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(turns)).scalar() == 2


def test_two_who_ask_at_once_make_two_branches(app: App, people: Any, talk: Any) -> None:
    cid, begun = talk.conversation_id, threading.Barrier(4)

    def go(number: int) -> None:
        begun.wait()
        app.assistant.ask(
            people.kim, f"주차요금 {number}시간은?", conversation_id=cid, parent_id=talk.id
        )

    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.assistant.close(20)
    first, last = app.conversations.path(people.kim, cid)
    assert first.turn.id == talk.id
    assert len(last.beside) == 4
    assert all(app.conversations.turn(people.kim, cid, key).answer for key in last.beside)


@ONE
def test_nobody_elses_branches(app: App, people: Any, talk: Any, signed_in: Any) -> None:
    cid = talk.conversation_id
    mine = app.assistant.ask(people.other, SECOND)
    app.assistant.close(10)
    other = signed_in("other")
    for path, fields in (
        (f"/chat/{cid}/messages/{talk.id}/edit", {"question": "끼어들기"}),
        (f"/chat/{cid}/messages/{talk.id}/again", {}),
        (f"/chat/{cid}/messages/{talk.id}/show", {}),
        (f"/chat/{cid}/messages/{talk.id}/retry", {}),
        (f"/chat/{cid}/leave", {}),
        (f"/chat/{mine.conversation_id}/messages/{talk.id}/show", {}),
        (f"/chat/{mine.conversation_id}/messages/{talk.id}/edit", {"question": "끼어들기"}),
        ("/chat", {"question": "남의 갈래", "conversation_id": mine.conversation_id,
                   "parent_id": talk.id}),
        ("/chat", {"question": "남의 대화", "conversation_id": cid}),
    ):  # fmt: skip
        assert other.post(path, fields).status_code == 404, path
    assert questions(app, people.kim, cid) == [FIRST]


@ONE
def test_a_scope_of_documents_is_kept_and_checked(
    app: App, people: Any, talk: Any, put: Any, kim: Any
) -> None:
    hidden = put(app, "비밀.txt", "비밀 주차요금이다.\n", audience=("복지과",)).document_id
    found = kim.get("/chat/documents?q=주차").json()["items"]
    assert [item["title"] for item in found] == ["주차 안내"]
    chosen = found[0]["id"]
    refused = kim.post("/chat", {"question": SECOND, "document": [chosen, hidden]})
    assert refused.status_code == 404
    sent = kim.post("/chat", {"question": SECOND, "document": [chosen]})
    cid = int(re.findall(r"/chat/(\d+)", sent.headers["location"])[0])
    app.assistant.close(10)
    (step,) = app.conversations.path(people.kim, cid)
    assert step.turn.scope == Scope("documents", (chosen,))
    page = kim.get(f"/chat/{cid}").text
    assert f'name="document" value="{chosen}"' in page, "the next question stays there"
    assert kim.get(f"/chat?document={hidden}").status_code == 404


class _Scripted:
    """An endpoint that may see no more than public documents; it keeps what it was sent."""

    name, grade = "공개용", "O"

    def __init__(self) -> None:
        self.profile = ModelProfile(context_tokens=32_000, personal_data=True)
        self.sent: list[str] = []

    def stream(self, messages: Any, *, max_tokens: int = 1024) -> Any:
        self.sent.append(messages[-1].content)
        yield "주차요금은 한 시간에 1,000원이다. [1]"

    def probe(self) -> str:
        return ""


@ONE
def test_what_the_conversation_held_before_decides_which_model_is_asked(
    app: App, people: Any, put: Any, kim: Any
) -> None:
    model = _Scripted()
    vars(app)["models"] = [model]
    parking = put(app, "주차.txt", PARKING, title="주차 안내").document_id
    waiver = put(
        app, "감면.txt", "감면 대상은 저소득 가구이다.\n", title="감면 계획", grade="S"
    ).document_id
    parking, waiver = Scope("documents", (parking,)), Scope("documents", (waiver,))
    app.answers = AnswerService(
        app.search, app.people, app.audit, app.analyser, app.embedder, [model]
    )
    app.assistant._answers = app.answers
    first = app.assistant.ask(people.kim, SECOND, scope=parking)
    app.assistant.close(10)
    cid = first.conversation_id
    assert len(model.sent) == 1
    assert 'data-grade="O"' in kim.get(f"/chat/{cid}").text
    app.assistant.ask(people.kim, "감면 대상은 저소득 가구인가?", conversation_id=cid, scope=waiver)
    app.assistant.close(10)
    assert app.conversations.grade(people.kim, cid, first.id + 1) == "S"
    assert len(model.sent) == 1, "the evidence is S"
    last = app.assistant.ask(people.kim, SECOND, conversation_id=cid, scope=parking)
    app.assistant.close(10)
    assert len(model.sent) == 1, "the evidence is O, but the conversation is S by now"
    answer = app.conversations.turn(people.kim, cid, last.id).answer
    assert answer is not None
    assert answer["mode"] == "extractive"
    assert any("앞선 내용" in notice for notice in answer["notices"])
    page = kim.get(f"/chat/{cid}").text
    assert 'data-attached data-grade="S"' in page
    # The branch without it may be told to the model again.
    app.assistant.again(people.kim, cid, first.id, scope=parking)
    app.assistant.close(10)
    assert len(model.sent) == 2


def test_old_conversations_become_a_straight_line(tmp_path: Any) -> None:
    db = Database(f"sqlite:///{tmp_path / 'old.db'}")
    migrations.upgrade(db, "0009")
    with db.write() as connection:
        for statement in (
            "INSERT INTO users (id, login, name, role, password_hash, created_at)"
            " VALUES (1, 'kim', '김', 'official', '', '2026-01-01 00:00:00')",
            "INSERT INTO conversations (id, user_id, title, document_id, scope, created_at, updated_at)"
            " VALUES (1, 1, '가', NULL, 'law', '2026-01-01 00:00:00', '2026-01-01 00:00:00'),"
            " (2, 1, '나', 7, '', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
            "INSERT INTO turns (id, conversation_id, question, state, created_at) VALUES"
            " (1, 1, 'ㄱ', 'done', '2026-01-01 00:00:00'), (2, 2, 'ㄴ', 'done', '2026-01-01 00:00:00'),"
            " (3, 1, 'ㄷ', 'done', '2026-01-01 00:00:00')",
        ):
            connection.execute(sa.text(statement))
    migrations.upgrade(db)
    with db.read() as connection:
        rows = connection.execute(
            sa.text("SELECT parent_id, scope, document_ids FROM turns ORDER BY id")
        ).all()
        assert [tuple(row) for row in rows] == [
            (None, "law", "[]"), (None, "documents", "[7]"), (1, "law", "[]"),
        ]  # fmt: skip
        leaves = connection.execute(sa.text("SELECT leaf_id FROM conversations ORDER BY id"))
        assert list(leaves.scalars()) == [3, 2]
    db.close()
