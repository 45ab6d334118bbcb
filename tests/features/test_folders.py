"""Folders, pins and the search among one's own conversations."""

from __future__ import annotations

from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import NotFound
from mokmin.features.assistant.store import conversations, turns


@pytest.fixture
def talks(app: App, people: Any) -> list[int]:
    """Three conversations of kim, oldest first."""
    made = []
    with app.db.write() as connection:
        for title in ("하나", "둘", "셋"):
            row = conversations.insert().values(
                user_id=people.kim.user_id, title=title,
                created_at=utcnow(), updated_at=utcnow(),
            )  # fmt: skip
            key = connection.execute(row).inserted_primary_key[0]
            turn = connection.execute(
                turns.insert().values(
                    conversation_id=key, question=f"{title}째 질문은 공유재산 사용료입니다",
                    state="done", answer='{"lead": "답에만 있는 낱말"}', created_at=utcnow(),
                )
            ).inserted_primary_key[0]  # fmt: skip
            here = conversations.c.id == key
            connection.execute(conversations.update().where(here).values(leaf_id=turn))
            made.append(int(key))
    return made


def shown(app: App, people: Any, folder: int | None = None) -> list[int]:
    found = app.conversations.recent(people.kim)
    return [p.conversation.id for p in app.folders.arrange(found, folder_id=folder)]


def test_a_folder_lives_and_its_conversations_outlive_it(
    app: App, people: Any, talks: list[int], kim: Any
) -> None:
    assert kim.post("/chat/folders", {"name": " 감사  준비 "}).status_code == 303
    (folder,) = app.folders.all(people.kim)
    assert folder.name == "감사 준비"
    assert kim.post(f"/chat/{talks[0]}/move", {"folder": str(folder.id)}).status_code == 303
    assert shown(app, people, folder.id) == [talks[0]]
    assert app.folders.all(people.kim)[0].count == 1
    page = kim.get(f"/chat/history?folder={folder.id}").text
    assert f'id="h{talks[0]}-name"' in page
    assert f'id="h{talks[1]}-name"' not in page
    assert kim.post(f"/chat/folders/{folder.id}/rename", {"name": "감사"}).status_code == 303
    assert kim.post(f"/chat/folders/{folder.id}/delete").status_code == 303
    assert app.folders.all(people.kim) == []
    assert set(shown(app, people)) == set(talks)


def test_names_are_checked(app: App, people: Any, kim: Any) -> None:
    assert kim.post("/chat/folders", {"name": "감사"}).status_code == 303
    assert kim.post("/chat/folders", {"name": "감사"}).status_code == 409
    assert kim.post("/chat/folders", {"name": "  "}).status_code == 400
    assert kim.post("/chat/folders", {"name": "가" * 61}).status_code == 400
    assert len(app.folders.all(people.kim)) == 1


def test_pinned_ones_stand_first(app: App, people: Any, talks: list[int], kim: Any) -> None:
    assert shown(app, people) == talks[::-1]
    kim.post(f"/chat/{talks[0]}/pin", {"value": "1"})
    assert shown(app, people) == [talks[0], talks[2], talks[1]]
    kim.post(f"/chat/{talks[0]}/pin", {"value": ""})
    assert shown(app, people) == talks[::-1]


def test_a_pin_keeps_the_folder(app: App, people: Any, talks: list[int]) -> None:
    folder = app.folders.make(people.kim, "감사")
    app.folders.move(people.kim, talks[1], folder)
    app.folders.pin(people.kim, talks[1], pinned=True)
    assert shown(app, people, folder) == [talks[1]]


def test_nobody_touches_what_is_anothers(
    app: App, people: Any, talks: list[int], signed_in: Any
) -> None:
    folder = app.folders.make(people.kim, "감사")
    other = signed_in("other")
    for url in (
        f"/chat/folders/{folder}/rename", f"/chat/folders/{folder}/delete",
        f"/chat/{talks[0]}/move", f"/chat/{talks[0]}/pin",
    ):  # fmt: skip
        assert other.post(url, {"name": "내것", "value": "1"}).status_code == 404, url
    with pytest.raises(NotFound):
        app.folders.move(people.other, talks[0], folder)
    assert "감사" not in other.get(f"/chat/history?folder={folder}").text
    assert [f.name for f in app.folders.all(people.kim)] == ["감사"]


def test_a_search_shows_the_question_not_the_answer(talks: list[int], kim: Any) -> None:
    page = kim.get("/chat/history/list?q=사용료").text
    assert "둘째 질문은 공유재산 사용료입니다" in page
    assert "답에만" not in page
    assert f"/chat/{talks[0]}" not in kim.get("/chat/history/list?q=낱말").text
