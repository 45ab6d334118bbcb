"""Shared conversations, tried by those who should see less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.formats.reader import read_document
from mokmin.features.assistant.store import conversations, turns
from mokmin.governance.access.rules import document_groups
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.answering.withholding import REFUSED, WITHHELD, as_seen
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.store import documents

OPEN_TEXT = "# 공개 편람\n\n사용료는 연 4회까지 나누어 낼 수 있다.\n"
CLOSED_TEXT = "# 대외비 계획\n\n감면 대상은 비밀 명단에 따른다.\n"
QUESTION = "사용료는 몇 번까지 나누어 내나?"


def _citation(n: int, document_id: int, title: str, quote: str, grade: str = "O") -> dict[str, Any]:
    return {
        "n": n, "passage_id": n, "document_id": document_id, "title": title, "place": "1쪽",
        "locator": {}, "quote": quote, "grade": grade, "department": "회계과",
        "freshness": "in_force", "date": None, "effective_on": None,
    }  # fmt: skip


def _answer(open_id: int, closed_id: int) -> dict[str, Any]:
    def said(text: str, *numbers: int) -> dict[str, Any]:
        return {"text": text, "support": "verified", "citations": list(numbers), "reason": ""}

    return {
        "lead": "대외비 계획과 공개 편람에서 찾았습니다.",
        "sentences": [
            said("연 4회까지 나누어 낸다.", 1),
            said("비밀 명단에 따라 감면한다.", 2),
            said("둘을 합치면 이렇다.", 1, 2),
            said("근거 없는 맺음말이다."),
        ],
        "citations": [
            _citation(1, open_id, "공개 편람", "연 4회까지"),
            _citation(2, closed_id, "대외비 계획", "비밀 명단", "S"),
        ],
        "notices": ["‘대외비 계획’과 어긋납니다."],
        "nearest": [],
        "refused": False,
        "reason": "",
        "trace": {"considered": [{"document_id": closed_id, "title": "대외비 계획"}]},
    }


SECRETS = ("대외비", "비밀 명단", "둘을 합치면", "맺음말", "어긋납니다")


@pytest.fixture
def shelf(app: App, people: Any, put: Any) -> tuple[int, int]:
    """A document for all staff and one for 회계과 alone."""
    shown = put(app, "공개.md", OPEN_TEXT, title="공개 편람", department="회계과").document_id
    closed = put(app, "계획.md", CLOSED_TEXT, title="대외비 계획", department="회계과").document_id
    with app.db.write() as connection:
        own = app.people.group_for(connection, "회계과")
        connection.execute(
            document_groups.update()
            .where(document_groups.c.document_id == closed)
            .values(group_id=own)
        )
        connection.execute(documents.update().where(documents.c.id == closed).values(grade="S"))
    return shown, closed


@pytest.fixture
def talk(app: App, people: Any, shelf: tuple[int, int]) -> int:
    """A conversation of kim that cites both."""
    with app.db.write() as connection:
        key = connection.execute(
            conversations.insert().values(
                user_id=people.kim.user_id, title=QUESTION,
                created_at=utcnow(), updated_at=utcnow(),
            )
        ).inserted_primary_key[0]  # fmt: skip
    add_turn(app, key, QUESTION, _answer(*shelf))
    return int(key)


def add_turn(app: App, conversation: int, question: str, answer: dict[str, Any]) -> None:
    """One more answered question."""
    with app.db.write() as connection:
        here = conversations.c.id == conversation
        last = connection.execute(sa.select(conversations.c.leaf_id).where(here)).scalar()
        key = connection.execute(
            turns.insert().values(
                conversation_id=conversation, question=question, state="done", parent_id=last,
                answer=json.dumps(answer, ensure_ascii=False), created_at=utcnow(),
            )
        ).inserted_primary_key[0]  # fmt: skip
        connection.execute(conversations.update().where(here).values(leaf_id=key))


def give(browser: Any, app: App, people: Any, talk: int, **to: str) -> int:
    """Share; the newest share's id."""
    sent = browser.post(f"/chat/{talk}/share", to)
    assert sent.status_code == 303, sent.text
    return app.sharing.given(people.kim, talk)[-1].id


def test_a_reader_without_rights_sees_what_is_theirs(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, to="other")
    page = signed_in("other").get(f"/shared/{share}")
    assert page.status_code == 200
    assert QUESTION in page.text
    assert "연 4회까지 나누어 낸다." in page.text
    assert "공개 편람" in page.text
    assert page.text.count(WITHHELD) == 1
    for secret in SECRETS:
        assert secret not in page.text
    assert "민감" not in page.text
    assert f"/library/{talk}/" not in page.text


def test_a_reader_with_rights_sees_all_and_the_highest_grade(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, department="회계과")
    page = signed_in("lead").get(f"/shared/{share}").text
    assert WITHHELD not in page
    assert all(secret in page for secret in SECRETS)
    assert "민감" in page
    assert app.shared.open(people.lead, share).grade == "S"


def test_rights_taken_back_later_count(
    app: App, people: Any, talk: int, shelf: tuple[int, int], kim: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    assert app.shared.open(people.lead, share).turns[0].withheld == 0
    with app.db.write() as connection:
        connection.execute(
            document_groups.delete().where(document_groups.c.document_id == shelf[1])
        )
    seen = app.shared.open(people.lead, share)
    assert seen.turns[0].withheld == 3
    assert not any(
        secret in json.dumps(seen.turns[0].answer, ensure_ascii=False) for secret in SECRETS
    )


def test_a_deleted_document_is_withheld_and_a_superseded_one_stays(
    app: App, people: Any, talk: int, shelf: tuple[int, int], kim: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    with app.db.write() as connection:
        connection.execute(
            documents.update().where(documents.c.id == shelf[1]).values(freshness="superseded")
        )
    assert app.shared.open(people.lead, share).turns[0].withheld == 0
    with app.db.write() as connection:
        connection.execute(
            documents.update().where(documents.c.id == shelf[1]).values(deleted_at=utcnow())
        )
    assert app.shared.open(people.lead, share).turns[0].withheld == 3


def test_others_cannot_open_list_end_or_refresh_it(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    other, admin, lead = signed_in("other"), signed_in("admin"), signed_in("lead")
    for browser in (other, admin):
        assert browser.get(f"/shared/{share}").status_code == 404
        assert QUESTION not in browser.get("/shared").text
    missing = other.get("/shared/99999")
    assert missing.status_code == 404
    for browser in (other, lead):
        assert browser.post(f"/shared/{share}/end").status_code == 404
        assert browser.post(f"/shared/{share}/refresh").status_code == 404
        assert browser.get(f"/chat/{talk}/share").status_code == 404
        assert browser.post(f"/chat/{talk}/share", {"to": "other"}).status_code == 404
        assert browser.get(f"/chat/{talk}").status_code == 404
    assert lead.get(f"/shared/{share}").status_code == 200


def test_a_department_share_is_of_that_department(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, department="회계과")
    assert signed_in("lead").get(f"/shared/{share}").status_code == 200
    assert signed_in("other").get(f"/shared/{share}").status_code == 404
    assert signed_in("admin").get(f"/shared/{share}").status_code == 404


def test_an_ended_share_and_a_deleted_conversation_are_gone(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    lead = signed_in("lead")
    kim.post(f"/chat/{talk}/delete")
    assert lead.get(f"/shared/{share}").status_code == 404
    assert QUESTION not in lead.get("/shared").text
    kim.post(f"/chat/{talk}/restore")
    assert lead.get(f"/shared/{share}").status_code == 200
    assert kim.post(f"/shared/{share}/end").status_code == 303
    assert lead.get(f"/shared/{share}").status_code == 404
    with app.db.read() as connection:
        held = connection.execute(sa.text("SELECT turns FROM conversation_shares")).scalar()
    assert held == "[]"


def test_new_answers_come_when_the_owner_says_so(
    app: App, people: Any, talk: int, shelf: tuple[int, int], kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    add_turn(app, talk, "새로 물은 것", _answer(*shelf))
    lead = signed_in("lead")
    assert "새로 물은 것" not in lead.get(f"/shared/{share}").text
    assert kim.post(f"/shared/{share}/refresh").status_code == 303
    assert "새로 물은 것" in lead.get(f"/shared/{share}").text
    assert give(kim, app, people, talk, to="이팀장") == share


def test_the_log_tells_who_and_not_what(
    app: App, people: Any, talk: int, kim: Any, signed_in: Any
) -> None:
    share = give(kim, app, people, talk, to="lead")
    signed_in("lead").get(f"/shared/{share}")
    kim.post(f"/shared/{share}/end")
    with app.db.read() as connection:
        rows = list(connection.execute(sa.select(audit_log)))
    log = [(r.actor, r.action) for r in rows if "share" in r.action]
    assert log == [
        ("kim", "conversation.share"),
        ("lead", "conversation.open_shared"),
        ("kim", "conversation.share_end"),
    ]
    assert not any("사용료" in r.detail or "편람" in r.detail for r in rows)


def test_whom_to_share_with_must_be_clear(app: App, people: Any, talk: int, kim: Any) -> None:
    for wrong in ({}, {"to": "없는사람"}, {"to": "kim"}, {"department": "없는과"},
                  {"to": "lead", "department": "회계과"}):  # fmt: skip
        assert kim.post(f"/chat/{talk}/share", wrong).status_code == 400, wrong
    assert app.sharing.given(people.kim, talk) == []
    assert kim.get(f"/chat/{talk}/share").status_code == 200


def test_a_refusal_names_no_hidden_document() -> None:
    nearest = [{"document_id": 1, "title": "공개"}, {"document_id": 2, "title": "대외비"}]
    answer = {"refused": True, "reason": "‘대외비’에도 없습니다.", "nearest": nearest}
    seen, _ = as_seen(answer, {1})
    assert seen["reason"] == REFUSED
    assert seen["nearest"] == nearest[:1]


def test_what_is_no_document_of_the_library_is_withheld() -> None:
    answer = {
        "sentences": [{"text": "첨부에서", "support": "verified", "citations": [1], "reason": ""}],
        "citations": [{"n": 1, "title": "내 첨부"}],
    }
    seen, withheld = as_seen(answer, {1, 2})
    assert withheld == 1
    assert "첨부" not in json.dumps(seen, ensure_ascii=False)


# --- taken along as a file --------------------------------------------------------------------
def test_a_conversation_is_exported_with_its_sources(app: App, talk: int, kim: Any) -> None:
    page = kim.get(f"/chat/{talk}/export.md")
    assert page.status_code == 200
    assert page.headers["x-ai-generated"] == "true"
    assert "AI가 만든 글입니다" in page.text
    assert "연 4회까지 나누어 낸다. [^1]" in page.text
    assert "[^2]: 대외비 계획" in page.text
    assert "민감(S)" in page.text
    with app.db.read() as connection:
        actions = connection.execute(sa.select(audit_log.c.action)).scalars().all()
    assert "conversation.export" in actions


@pytest.mark.parametrize("form", ["docx", "hwpx"])
def test_an_export_is_read_back(talk: int, kim: Any, tmp_path: Path, form: str) -> None:
    sent = kim.get(f"/chat/{talk}/export.{form}")
    assert sent.status_code == 200
    path = tmp_path / f"대화.{form}"
    path.write_bytes(sent.content)
    text = "\n".join(block_text(b) for b in read_document(path, name=path.name).blocks)
    assert QUESTION in text
    assert "연 4회까지 나누어 낸다. [1]" in text
    assert "[2] 대외비 계획" in text


def test_an_export_withholds_what_the_owner_may_no_longer_see(
    app: App, shelf: tuple[int, int], talk: int, kim: Any
) -> None:
    with app.db.write() as connection:
        connection.execute(
            document_groups.delete().where(document_groups.c.document_id == shelf[1])
        )
    page = kim.get(f"/chat/{talk}/export.md").text
    assert WITHHELD in page
    assert not any(secret in page for secret in SECRETS)


def test_nobody_else_exports_it_and_unknown_forms_are_not_found(
    talk: int, kim: Any, signed_in: Any
) -> None:
    assert signed_in("other").get(f"/chat/{talk}/export.md").status_code == 404
    assert signed_in("admin").get(f"/chat/{talk}/export.docx").status_code == 404
    assert kim.get(f"/chat/{talk}/export.exe").status_code == 404
