"""Files attached to a conversation, looked for everywhere else; temporary conversations in all tables."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import metadata
from mokmin.base.errors import NotFound
from mokmin.features.assistant.model import Scope
from mokmin.features.assistant.temporary import LONGEST_SECONDS, TemporaryConversations
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.service import LibraryQuery
from mokmin.knowledge.documents.store import versions

SECRET = "은하수 사업의 보증금은 7,300만원이다.\n"
WORD = "은하수"
QUESTION = "은하수 사업의 보증금은 얼마인가?"
PUBLIC = "은하수 사업의 담당은 회계과이다.\n"
# What depends on the database runs on both kinds, the rest on one.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def attach(app: App, who: Any, cid: int | None, name: str, text: str, grade: str = "S") -> Any:
    """Attach and read to the end; the ids of the conversation and the document."""
    made = app.attaching.attach(who, cid, name, io.BytesIO(text.encode()), grade=grade)
    read(app, made[1])
    return made


def read(app: App, document_id: int) -> None:
    query = sa.select(versions.c.id).where(versions.c.document_id == document_id)
    with app.db.read() as connection:
        version = connection.execute(query).scalar_one()
    app.ingestion.run(version)


@pytest.fixture
def talk(app: App, people: Any, put: Any) -> tuple[int, int]:
    """A conversation of kim with one attachment, beside a public document on the same thing."""
    put(app, "공개.txt", PUBLIC, title="은하수 안내", department="회계과")
    made: tuple[int, int] = attach(app, people.kim, None, "은하수 내부.txt", SECRET)
    return made


def ask(app: App, who: Any, cid: int | None, question: str = QUESTION, **more: Any) -> Any:
    turn = app.assistant.ask(who, question, conversation_id=cid, **more)
    app.assistant.close(10)
    return app.conversations.turn(who, turn.conversation_id, turn.id)


def cited(turn: Any) -> set[int]:
    return {c["document_id"] for c in turn.answer["citations"]}


def test_it_answers_in_its_conversation_in_every_scope_and_nowhere_else(
    app: App, people: Any, talk: tuple[int, int], put: Any
) -> None:
    cid, file = talk
    law = put(app, "법.txt", "보증금은 법에 따른다.\n", title="보증법", kind="법령").document_id
    for scope in (Scope(), Scope("law"), Scope("department"), Scope("documents", (law,))):
        found = ask(app, people.kim, cid, scope=scope)
        assert file in cited(found), scope
        assert "7,300만원" in str(found.answer), scope
    alone = ask(app, people.kim, cid, scope=Scope("documents", (file,)))
    assert cited(alone) == {file}
    assert app.conversations.get(people.kim, cid).title == QUESTION[:80]
    for who, where in ((people.kim, None), (people.lead, None), (people.other, None)):
        elsewhere = ask(app, who, where)
        assert "7,300" not in str(elsewhere.answer)
        assert "내부" not in str(elsewhere.answer)
    with pytest.raises(NotFound):
        ask(app, people.kim, None, scope=Scope("documents", (file,)))


@ONE
def test_no_list_no_count_no_search_knows_it(
    app: App, people: Any, talk: tuple[int, int], signed_in: Any
) -> None:
    _, file = talk
    for who in (people.kim, people.lead, people.other, people.admin, OPERATOR):
        assert app.documents.count(who) == 1
        assert file not in app.documents.ids(who)
        assert app.documents.page(who, LibraryQuery(text=WORD)).total == 1
        assert "첨부" not in app.documents.kinds(who)
        assert all(d.id != file for d in app.documents.mine(who))
        hits = app.search.search(who, QUESTION, top=50).hits
        assert {h.document_id for h in hits} and file not in {h.document_id for h in hits}
        with pytest.raises(NotFound):
            app.documents.get(who, file)
    for login in ("kim", "lead", "other", "admin"):
        browser = signed_in(login)
        for url in ("/library", f"/library?q={WORD}", f"/search?q={WORD}",
                    f"/search/suggest?q={WORD}", f"/chat/documents?q={WORD}", "/jobs", "/",
                    f"/tools?document={file}"):  # fmt: skip
            page = browser.get(url).text
            assert "은하수 내부" not in page, (login, url)
            assert "7,300" not in page, (login, url)
        for url in (f"/library/{file}", f"/library/{file}/file", f"/library/{file}/versions"):
            assert browser.get(url).status_code == 404, (login, url)


@ONE
def test_another_persons_requests_find_nothing(
    app: App, people: Any, talk: tuple[int, int], signed_in: Any, kim: Any
) -> None:
    cid, file = talk
    mine, own = attach(app, people.other, None, "내 것.txt", "내 것이다.\n")
    answer = ask(app, people.kim, cid)
    number = next(c["n"] for c in answer.answer["citations"] if c["document_id"] == file)
    evidence = f"/chat/{cid}/messages/{answer.id}/evidence/{number}"
    assert "7,300만원" in kim.get(evidence).text
    assert kim.get(f"/chat/{cid}/attachments/{file}/file").content == SECRET.encode()
    other = signed_in("other")
    for url in (f"/chat/{cid}/attachments", f"/chat/{cid}/attachments/{file}/file",
                f"/chat/{mine}/attachments/{file}/file", evidence, f"/chat/{cid}?document={file}",
                f"/chat/{mine}?document={file}", f"/chat?document={file}"):  # fmt: skip
        assert other.get(url).status_code == 404, url
    for url in (f"/chat/{cid}/attachments/{file}/remove", f"/chat/{mine}/attachments/{file}/remove",
                f"/chat/{cid}/attachments/{file}/adopt", f"/chat/{mine}/attachments/{file}/adopt",
                f"/chat/{cid}/attachments/{own}/adopt"):  # fmt: skip
        sent = other.post(url, {"audience": "staff", "grade": "O"})
        assert sent.status_code == 404, url
    files = {"file": ("끼움.txt", b"text")}
    sent = other.post("/chat/attachments", {"conversation_id": cid}, files=files)
    assert sent.status_code == 404
    assert [a.document.id for a in app.attaching.of(people.kim, cid)] == [file]


@ONE
def test_a_share_does_not_open_it(
    app: App, people: Any, talk: tuple[int, int], signed_in: Any
) -> None:
    cid, file = talk
    ask(app, people.kim, cid, scope=Scope("documents", (file,)))
    for to in ("lead", "other"):
        share = app.sharing.share(people.kim, cid, to=to)
        page = signed_in(to).get(f"/shared/{share}").text
        assert "권한이 없는 문서에 근거한 문장" in page
        assert "7,300" not in page
        assert "은하수 내부" not in page
    turn = app.conversations.path(people.kim, cid)[-1].turn
    app.conversations.rate(people.kim, cid, turn.id, -1, reason="wrong")
    assert app.reviews.queue(people.lead).total == 0, "a steward sees what the own rights allow"


@ONE
def test_deleting_the_conversation_hides_it_and_bringing_it_back_shows_it(
    app: App, people: Any, talk: tuple[int, int], kim: Any
) -> None:
    cid, file = talk
    kim.post(f"/chat/{cid}/delete")
    for url in (f"/chat/{cid}/attachments", f"/chat/{cid}/attachments/{file}/file"):
        assert kim.get(url).status_code == 404
    kim.post(f"/chat/{cid}/restore")
    assert "은하수 내부" in kim.get(f"/chat/{cid}").text
    assert kim.post(f"/chat/{cid}/attachments/{file}/remove").status_code == 303
    assert app.attaching.of(people.kim, cid) == []
    assert "7,300" not in str(ask(app, people.kim, cid).answer)


def test_put_into_the_library_it_is_a_document_like_others(
    app: App, people: Any, talk: tuple[int, int], kim: Any
) -> None:
    cid, file = talk
    url = f"/chat/{cid}/attachments/{file}/adopt"
    for wrong in ({"audience": "복지과", "grade": "O"}, {"audience": "staff", "grade": "X"}):
        assert kim.post(url, wrong).status_code == 400
    begun, sent = threading.Barrier(3), []

    def go() -> None:
        begun.wait()
        sent.append(app.attaching.adopt(people.kim, cid, file, audience="department", grade="S"))

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.ingestion.refresh(file)
    assert len(sent) == 3
    assert app.documents.get(people.lead, file).department == "회계과"
    assert file in {h.document_id for h in app.search.search(people.lead, QUESTION).hits}
    assert file not in {h.document_id for h in app.search.search(people.other, QUESTION).hits}
    assert "문서고에 있음" in kim.get(f"/chat/{cid}").text
    kim.post(f"/chat/{cid}/delete")
    assert app.documents.get(people.kim, file)


@ONE
def test_the_same_content_is_not_put_in_twice(
    app: App, people: Any, talk: tuple[int, int], kim: Any
) -> None:
    cid, file = talk
    assert attach(app, people.kim, cid, "다른 이름.txt", SECRET) == (cid, file)
    _, copy = attach(app, people.kim, cid, "공개 사본.txt", PUBLIC)
    sent = kim.post(f"/chat/{cid}/attachments/{copy}/adopt", {"audience": "me", "grade": "O"})
    assert sent.status_code == 409
    assert "은하수 안내" in sent.text


@ONE
def test_a_file_that_cannot_be_read_says_why_and_one_that_waits_survives_a_restart(
    app: App, people: Any, kim: Any
) -> None:
    files = {"file": ("그림.xyz", b"\x00\x01\x02" * 40)}
    sent = kim.post(
        "/chat/attachments", {"grade": "S"}, files=files, headers={"Accept": "application/json"}
    ).json()
    cid, file = sent["conversation_id"], sent["document_id"]
    assert "읽기를 기다리는 중" in kim.get(f"/chat/{cid}/attachments").text
    assert app.ingestion.adopt() == 0, "its job is on record: a restart goes on with it"
    read(app, file)
    page = kim.get(f"/chat/{cid}/attachments").text
    assert "읽지 못했습니다" in page and "지원하지 않는 형식" in page
    empty = {"file": ("빈.txt", b"")}
    before = len(app.conversations.recent(people.kim))
    assert kim.post("/chat/attachments", {}, files=empty).status_code == 400
    assert len(app.conversations.recent(people.kim)) == before, "no empty conversation is left"
    assert kim.post(f"/chat/{cid}/attachments/{file}/adopt",
                    {"audience": "me", "grade": "O"}).status_code == 409  # fmt: skip


@ONE
def test_one_that_could_not_be_read_is_read_again_by_its_owner_alone(
    app: App, people: Any, signed_in: Any, kim: Any
) -> None:
    cid, file = attach(app, people.kim, None, "깨진.pdf", "%PDF-1.4 no")
    assert "깨진.pdf 다시 읽기" in kim.get(f"/chat/{cid}").text
    again = f"/chat/{cid}/attachments/{file}/retry"
    for login in ("other", "lead", "admin"):
        assert signed_in(login).post(again, {}).status_code == 404
    assert kim.post(again, {}).status_code == 303
    (waiting,) = app.attaching.of(people.kim, cid)
    assert (waiting.document.state.value, waiting.document.reason) == ("queued", "")
    assert kim.post(again, {}).status_code == 400, "it waits already"
    read(app, file)
    assert app.attaching.of(people.kim, cid)[0].document.reason


@ONE
def test_documents_to_ask_in_are_found_by_what_they_say_under_rights(
    app: App, talk: tuple[int, int], put: Any, kim: Any, signed_in: Any
) -> None:
    put(app, "비밀.txt", "은하수 사업의 담당은 비밀이다.\n", audience=("복지과",))
    put(app, "번호.txt", "담당 900101-1234568 은하수 문의.\n", title="문의처")
    items = kim.get("/chat/documents?q=은하수 담당").json()["items"]
    assert {item["title"] for item in items} == {"은하수 안내", "문의처"}
    assert all("은하수" in item["text"] for item in items)
    assert "1234568" not in str(items), "masked as in the library"
    named = kim.get("/chat/documents?q=문의처").json()["items"][0]
    assert named["title"] == "문의처" and "text" not in named
    assert kim.get("/chat/documents?q=%20").status_code == 200


@ONE
def test_the_grade_of_an_attachment_counts_at_once(
    app: App, people: Any, talk: tuple[int, int], kim: Any
) -> None:
    cid, _ = talk
    assert app.conversations.grade(people.kim, cid, None) == "S"
    attach(app, people.kim, cid, "기밀.txt", "기밀이다.\n", "C")
    assert app.conversations.grade(people.kim, cid, None) == "C"
    assert 'data-attached data-grade="C"' in kim.get(f"/chat/{cid}").text


# --- temporary ------------------------------------------------------------------------------------
def contents(app: App) -> dict[str, int]:
    """How many rows each table has, but for the audit log and its sums."""
    with app.db.read() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if not name.startswith(("audit", "usage", "answer_days"))
        }


@ONE
def test_a_temporary_conversation_leaves_nothing_but_its_audit_entry(
    app: App, people: Any, put: Any, kim: Any, signed_in: Any
) -> None:
    put(app, "공개.txt", PUBLIC, title="은하수 안내", department="회계과")
    assert "저장하지 않습니다" in kim.get("/chat?temporary=1").text
    before = contents(app)
    sent = kim.post("/chat", {"question": "은하수 사업의 담당은 누구인가?", "temporary": "1"})
    cid, mid = map(int, re.findall(r"-?\d+", sent.headers["location"].replace("#mq", " ")))
    assert cid < 0 and mid < 0
    app.assistant.close(10)
    page = kim.get(f"/chat/{cid}").text
    assert "회계과이다" in page and "임시 대화입니다" in page
    assert f"/chat/{cid}/share" not in page and "data-feedback" not in page
    more = {"question": "그럼 보증금은?", "conversation_id": cid}
    assert kim.post("/chat", more).status_code == 303
    edited = kim.post(f"/chat/{cid}/messages/{mid}/edit", {"question": "은하수 담당?"})
    assert edited.status_code == 303
    app.assistant.close(10)
    assert "2/2" in kim.get(f"/chat/{cid}").text, "branches work in memory too"
    assert kim.get(f"/chat/{cid}/messages/{mid}/evidence/1").status_code == 200
    for url, fields in ((f"/chat/{cid}/share", {"to": "lead"}), (f"/chat/{cid}/pin", {"value": "1"}),
                        (f"/chat/{cid}/delete", {}), (f"/chat/{cid}/rename", {"title": "가"})):  # fmt: skip
        assert kim.post(url, fields).status_code == 404, url
    assert kim.get(f"/chat/{cid}/export.md").status_code == 404
    down = {"value": "down", "reason": "wrong"}
    assert kim.post(f"/chat/{cid}/messages/{mid}/feedback", down).status_code == 400
    files = {"file": ("가.txt", b"text")}
    attached = kim.post("/chat/attachments", {"conversation_id": cid}, files=files)
    assert attached.status_code == 400
    assert contents(app) == before
    assert "은하수" not in kim.get("/chat/history").text
    other = signed_in("other")
    for url in (f"/chat/{cid}", f"/chat/{cid}/messages/{mid}/stream", f"/chat/{cid}/attachments"):
        assert other.get(url).status_code == 404
    assert other.post(f"/chat/{cid}/leave").status_code == 404
    assert kim.post(f"/chat/{cid}/leave").status_code == 303
    for url in (f"/chat/{cid}", f"/chat/{cid}/messages/{mid}/stream"):
        assert kim.get(url).status_code == 404
    assert app.assistant.runs._runs.keys().isdisjoint({mid, mid - 1, mid - 2})


def test_a_temporary_conversation_ends_after_a_day_and_with_too_many_others(people: Any) -> None:
    now = [0.0]
    kept = TemporaryConversations(clock=lambda: now[0])
    cid = kept.begin(people.kim)
    turn = kept.add(cid, "질문", parent_id=None, scope=Scope(), model="")
    now[0] += LONGEST_SECONDS - 1
    assert kept.get(people.kim, cid).leaf_id == turn
    now[0] += LONGEST_SECONDS + 1
    with pytest.raises(NotFound):
        kept.get(people.kim, cid)
    assert kept.load(cid, [turn]) == {}
    kept.finish(cid, turn, "done", {"lead": "늦게 온 답"})
    assert kept.load(cid, [turn]) == {}, "an answer that comes later revives nothing"
    many = [kept.begin(people.kim) for _ in range(7)]
    others = kept.begin(people.other)
    with pytest.raises(NotFound):
        kept.get(people.kim, many[0])
    assert kept.get(people.kim, many[-1])
    with pytest.raises(NotFound):
        kept.get(people.kim, others)
