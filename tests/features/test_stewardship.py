"""The steward's desk: curated answers, questions without an answer, documents to look at."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotAllowed, NotFound
from mokmin.features.assistant.service import scope_of
from mokmin.features.gateway.model import Chat
from mokmin.features.gateway.model import Turn as ChatTurn
from mokmin.features.library.model import Wanted
from mokmin.features.stewardship.collecting import CollectionDraft
from mokmin.features.stewardship.scanning import read_roots
from mokmin.features.stewardship.watch_store import watched_folders
from mokmin.features.stewardship.watching import FolderDraft
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups
from mokmin.governance.people.store import users
from mokmin.knowledge.answering.curated_model import CuratedDraft, wording_key
from mokmin.knowledge.answering.curated_store import curated_answers
from mokmin.knowledge.answering.gaps import question_gaps
from mokmin.knowledge.answering.model import Exchange
from mokmin.knowledge.documents.retention import DocumentHolding
from mokmin.knowledge.documents.service import LibraryQuery
from mokmin.knowledge.documents.store import passages

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
QUESTION = "청사 주차요금은 하루 얼마인가요?"
TEXT = "청사 주차요금\n\n청사 주차요금은 하루 1,000원이다. 장애인 차량은 주차요금을 받지 않는다.\n"


@pytest.fixture
def desk(app: App, people: Any, put: Any) -> Any:
    """The curated desk over a library of an open and a closed document, with makers of drafts."""
    app.people.create_account(
        login="welfare",
        name="최복지",
        password=people.password,
        role="steward",
        department="복지과",
    )
    return Desk(app, people, put)


class Desk:
    """Shorthand for the tests."""

    def __init__(self, app: App, people: Any, put: Any) -> None:
        self.app, self.people = app, people
        self.open = put(app, "주차.txt", TEXT, title="주차 안내").document_id
        self.closed = put(
            app,
            "내부.txt",
            "내부 주차 지침\n\n당직자는 무료이다.\n",
            title="내부",
            audience=("회계과",),
        ).document_id

    def passage(self, document: int) -> int:
        query = sa.select(sa.func.max(passages.c.id)).where(passages.c.document_id == document)
        with self.app.db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def draft(self, *documents: int, **more: Any) -> CuratedDraft:
        values: dict[str, Any] = {
            "question": QUESTION,
            "answer": "하루 1,000원입니다.[1] 오래 세우면 담당자에게 물어보세요.",
            "department_id": self.people.lead.department_id,
            "valid_until": self.app.people.today() + timedelta(days=30),
            "passages": tuple(self.passage(d) for d in documents or (self.open,)),
        }
        return CuratedDraft(**(values | more))

    def ask(self, who: Any, question: str = QUESTION, **more: Any) -> Any:
        return self.app.answers.answer(who, question, **more)


def test_the_vetted_answer_comes_first_and_names_who_until_when_and_its_sources(
    app: App, people: Any, desk: Desk
) -> None:
    made = app.curated_desk.add(people.lead, desk.draft(ways=("주차비가 하루에 얼마",)))
    for question in (QUESTION, "청사 주차요금은  하루 얼마 입니까", "주차비가 하루에 얼마?"):
        answer = desk.ask(people.other, question)
        assert (answer.mode, answer.trace["curated"]["id"]) == ("curated", made), question
        assert "회계과 이팀장" in answer.lead and f"{app.people.today().year}." in answer.lead
        assert answer.sentences[0].text == "하루 1,000원입니다."
        assert [c.document_id for c in answer.citations] == [desk.open]
        assert answer.sentences[0].citations == (1,)
    for other in (
        "청사 주차요금은 한 달 얼마인가요?", "청사 주차요금은 하루 얼마가 아닌가요?",
        "2일 청사 주차요금은 하루 얼마인가요?", "청사 주차요금은 하루 누가 내나요?",
    ):  # fmt: skip
        assert desk.ask(people.other, other).mode != "curated", other
    assert desk.ask(people.kim, QUESTION, within=[desk.closed]).mode != "curated"


def test_it_does_not_exist_for_who_may_not_see_every_source(
    app: App, people: Any, desk: Desk
) -> None:
    app.curated_desk.add(people.lead, desk.draft(desk.open, desk.closed))
    assert desk.ask(people.kim).mode == "curated"
    answer = desk.ask(people.other)
    assert answer.mode != "curated" and "담당자에게" not in answer.text
    with app.db.write() as connection:  # a right that ends takes the answer away at once
        connection.execute(
            document_groups.update()
            .where(document_groups.c.document_id == desk.closed)
            .values(valid_until=app.people.today() - timedelta(days=1))
        )
    assert desk.ask(people.kim).mode != "curated"
    found = app.curated_desk.listing(people.lead)
    assert not (found.due or found.used or found.withdrawn)


def test_expired_changed_and_deleted_ones_are_due_and_not_used(
    app: App, people: Any, desk: Desk, put: Any
) -> None:
    service = app.curated_desk
    made = service.add(people.lead, desk.draft())

    def due() -> list[str]:
        listing = service.listing(people.lead)
        return [c.due(app.people.today()) for c in listing.due]

    assert due() == [] and desk.ask(people.kim).mode == "curated"
    with app.db.write() as connection:
        connection.execute(
            curated_answers.update().values(valid_until=app.people.today() - timedelta(days=1))
        )
    assert due() == ["기한이 지남"] and desk.ask(people.kim).mode != "curated"
    service.change(people.lead, made, desk.draft(), edition=1)
    assert desk.ask(people.kim).mode == "curated"
    put(app, "주차.txt", TEXT.replace("1,000", "2,000"), title="주차 안내")
    assert due() == ["근거 문서에 새 판이 나옴"] and desk.ask(people.kim).mode != "curated"
    service.change(people.lead, made, desk.draft(), edition=2)  # the passage of the new version
    assert desk.ask(people.kim).mode == "curated"
    app.documents.delete(OPERATOR, desk.open)
    assert due() == ["근거 문서가 지워짐"] and desk.ask(people.kim).mode != "curated"


@ONE_DATABASE
def test_other_stewards_and_wrong_drafts_are_refused(app: App, people: Any, desk: Desk) -> None:
    service, welfare = app.curated_desk, app.people.principal("welfare")
    made = service.add(people.lead, desk.draft())
    for forbidden in (
        lambda: service.get(welfare, made),
        lambda: service.change(welfare, made, desk.draft(), edition=1),
        lambda: service.withdraw(welfare, made),
        lambda: service.add(welfare, desk.draft()),
        lambda: service.add(people.kim, desk.draft()),
        lambda: service.listing(people.kim),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            forbidden()
    own = desk.draft(department_id=welfare.department_id)
    today = app.people.today()
    for changes in (
        {"passages": ()},
        {"passages": (desk.passage(desk.closed),)},
        {"passages": (10**8,)},
        {"answer": "하루 1,000원[2]"},
        {"answer": " "},
        {"valid_until": today - timedelta(days=1)},
        {"valid_until": today + timedelta(days=900)},
        {"valid_until": None},
        {"question": "?" * 600},
        {"ways": tuple(f"묻기 {n}" for n in range(12))},
    ):
        draft = {name: getattr(own, name) for name in own.__slots__} | changes
        with pytest.raises(InvalidInput):
            service.add(welfare, CuratedDraft(**draft))
    assert service.listing(welfare).used == []


def test_two_at_once_leave_one_answer_and_no_lost_change(app: App, people: Any, desk: Desk) -> None:
    service = app.curated_desk
    outcomes: list[str] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
            outcomes.append("done")
        except MokminError as error:
            outcomes.append(error.code)

    def both(work: Callable[[], object]) -> list[str]:
        outcomes.clear()
        threads = [Thread(target=attempt, args=(work,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(outcomes)

    assert both(lambda: service.add(people.lead, desk.draft())) == ["conflict", "done"]
    made = service.listing(people.lead).used[0].id
    changed = lambda: service.change(people.lead, made, desk.draft(), edition=1)  # noqa: E731
    assert both(changed) == ["conflict", "done"]
    service.withdraw(people.lead, made)
    assert desk.ask(people.kim).mode != "curated"
    service.add(people.lead, desk.draft())
    with pytest.raises(Conflict):
        service.restore(people.lead, made)


def test_keys_keep_questions_apart() -> None:
    assert wording_key("휴가는 며칠 인가요?") == wording_key("휴가는 며칠입니까")
    assert wording_key("휴가는 며칠인가요") != wording_key("휴가는 며칠 전인가요")
    assert wording_key("해도 되나요") != wording_key("안 해도 되나요")


# --- over the web -------------------------------------------------------------------------------
@ONE_DATABASE
def test_a_steward_writes_one_in_the_browser_and_chat_shows_it(
    app: App, people: Any, desk: Desk, signed_in: Any
) -> None:
    steward = signed_in("lead")
    form = {
        "question": f"{QUESTION} <b>", "answer": "<script>하루 1,000원</script>", "ways": "",
        "department": str(people.lead.department_id), "action": "find",
        "valid_until": (app.people.today() + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    found = steward.post("/stewardship/answers/new", form)
    assert found.status_code == 200 and "주차 안내" in found.text
    assert "<script>하루" not in found.text
    sent = form | {"action": "save", "passage": str(desk.passage(desk.open))}
    assert steward.post("/stewardship/answers/new", sent).status_code == 303
    assert "쓰이는 답" in steward.get("/stewardship/answers").text
    assert "의 답이 나갑니다" in steward.get(f"/stewardship/answers?question={QUESTION} b").text
    wrong = steward.post("/stewardship/answers/new", sent)
    assert wrong.status_code == 409 and "이미 있습니다" in wrong.text
    made = app.curated_desk.listing(people.lead).used[0].id
    for url in (f"/stewardship/answers/{made}", "/stewardship/answers/999"):
        assert signed_in("welfare").get(url).status_code == 404
    for url in ("answers", "questions", "documents", f"answers/{made}", "answers/new"):
        assert signed_in("kim").get(f"/stewardship/{url}").status_code == 403
    assert steward.post(f"/stewardship/answers/{made}/withdraw").status_code == 303
    assert "거둔 답" in steward.get("/stewardship/answers").text


def asked(app: App, who: Any, question: str, **more: Any) -> Any:
    """A question in a conversation, answered."""
    turn = app.assistant.ask(who, question, **more)
    for _ in app.assistant.follow(who, turn.conversation_id, turn.id):
        pass
    return app.conversations.turn(who, turn.conversation_id, turn.id)


def test_refusals_are_grouped_without_names_for_the_own_department_alone(
    app: App, people: Any, desk: Desk, put: Any, signed_in: Any
) -> None:
    secret = "화성 이주 계획 담당 홍길동 연락처 010-1234-5678 규정"
    first = asked(app, people.kim, secret)
    second = asked(app, people.lead, "화성 이주 계획 담당 규정")
    asked(app, people.other, "달나라 예산 편성 절차")
    asked(app, people.kim, "목성 탐사 여비 규정", temporary=True)
    put(
        app, "기밀.txt", "특별 점검 계획은 12월 3일에 시작한다.\n", title="특별 점검 계획", grade="C",
        audience=("회계과",),
    )  # fmt: skip
    closed = asked(app, people.kim, "특별 점검 계획은 언제 시작하는가?")
    after = asked(app, people.kim, "토성 고리 청소 규정", conversation_id=closed.conversation_id)
    assert closed.answer["grade"] == "C" and after.answer["refused"]
    assert first.answer["refused"] and second.answer["refused"]
    groups = app.question_desk.groups(people.lead)
    assert [g.count for g in groups] == [2] and groups[0].departments == {"회계과": 2}
    page = signed_in("lead").get("/stewardship/questions").text
    assert "화성 이주" in page and "010-1234-5678" not in page and "김주무" not in page
    assert not [word for word in ("달나라", "목성", "토성") if word in page]
    welfare = app.people.principal("welfare")
    assert [g.text for g in app.question_desk.groups(welfare)] == ["달나라 예산 편성 절차"]
    with pytest.raises(NotFound):
        app.question_desk.text(welfare, first.id)
    assert app.question_desk.set_aside(welfare, [first.id], aside=True) == 0
    assert app.question_desk.groups(people.admin) == []  # figures alone
    assert dict(app.question_desk.others(people.admin)) == {"회계과": 2, "복지과": 1}
    taken = signed_in("lead").get(f"/stewardship/answers/new?gap={second.id}").text
    assert "화성 이주 계획 담당 규정" in taken


def test_a_deleted_conversation_takes_its_question_along_and_marks_can_be_undone(
    app: App, people: Any, desk: Desk, signed_in: Any
) -> None:
    turn = asked(app, people.kim, "화성 이주 계획 담당 규정")
    steward = signed_in("lead")
    assert steward.post("/stewardship/questions", {"turn": turn.id}).status_code == 303
    assert app.question_desk.groups(people.lead) == []
    assert [g.turns for g in app.question_desk.groups(people.lead, aside=True)] == [[turn.id]]
    assert app.question_desk.set_aside(people.lead, [turn.id], aside=False) == 1
    app.conversations.delete(people.kim, turn.conversation_id)
    assert app.question_desk.groups(people.lead) == []
    with app.db.read() as connection:
        columns = connection.execute(sa.select(question_gaps)).mappings().one()
    assert "화성" not in str({k: v for k, v in columns.items() if k != "vector"})


@ONE_DATABASE
def test_old_documents_that_answers_lean_on_and_failed_files_are_listed(
    app: App, people: Any, desk: Desk, put: Any, signed_in: Any
) -> None:
    old = put(
        app, "옛.txt", "당직 수당은 하루 30,000원이다. 숙직은 다음 날 쉰다.\n", title="당직 지침",
        department="회계과", dated_on=app.people.today() - timedelta(days=365 * 5),
    ).document_id  # fmt: skip
    put(
        app, "새.txt", "당직 수당은 하루 50,000원이다. 숙직은 다음 날 쉰다.\n", title="당직 기준",
        department="회계과",
    )  # fmt: skip
    put(app, "빈.hwpx", b"PK\x03\x04broken", title="깨진 것", department="회계과", ready=False)
    desk.ask(people.kim, "당직 수당은 하루 얼마인가요?")
    rows = app.document_desk.leaned(people.lead)
    assert [(r.document.id, r.answers) for r in rows] == [(old, 1)]
    assert [d.title for d in app.document_desk.failed(people.lead)] == ["깨진 것"]
    found = app.document_desk.compare(people.lead)
    assert any("30,000원" in d.text and "50,000원" in d.text for d in found.disagreements)
    welfare = app.people.principal("welfare")
    assert not app.document_desk.leaned(welfare) and not app.document_desk.failed(welfare)
    assert not app.document_desk.compare(welfare).disagreements
    page = signed_in("lead").get("/stewardship/documents?compare=1").text
    assert "당직 지침" in page and "깨진 것" in page


# --- collections and watched folders ----------------------------------------------------------
def test_a_collection_is_a_scope_and_opens_nothing(
    app: App, people: Any, desk: Desk, signed_in: Any
) -> None:
    steward, service = signed_in("lead"), app.collection_desk
    until = (app.people.today() + timedelta(days=90)).isoformat()
    form = {"name": "주차 모음", "department": str(people.lead.department_id), "review_on": until}
    made = steward.post("/stewardship/collections/new", form | {"shared": "1"})
    key = int(made.headers["location"].split("/")[-1].split("?")[0])
    assert steward.post("/stewardship/collections/new", form).status_code == 409
    url = f"/stewardship/collections/{key}"
    assert steward.post(f"{url}/documents", {"document": desk.closed}).status_code == 303
    assert steward.post(f"{url}/documents", {"document": 10**6}).status_code == 404
    assert service.put_in(people.lead, key, [desk.closed]) == 0
    usable = app.collections.get(people.other, key)
    assert app.collections.ids(people.other, usable) == ()
    assert app.collections.ids(people.kim, usable) == (desk.closed,)
    assert "내부" in steward.get(url).text and "주차 모음" in signed_in("other").get("/chat").text
    for login in ("welfare", "kim"):
        browser = signed_in(login)
        assert browser.get(url).status_code in (403, 404)
        assert browser.post(f"{url}/remove").status_code in (403, 404)
    scope = scope_of(f"collection:{key}", [])
    answer = asked(app, people.kim, "당직자는 무료인가?", scope=scope).answer
    assert {c["document_id"] for c in answer["citations"]} <= {desk.closed}
    assert asked(app, people.other, "당직자는 무료인가?", scope=scope).answer["refused"]
    service.change(
        people.lead, key, CollectionDraft("주차", "", people.lead.department_id, ("문서",),
        review_on=app.people.today()), edition=1,
    )  # fmt: skip
    assert app.collections.ids(people.kim, app.collections.get(people.kim, key)) == (
        desk.open, desk.closed,
    )  # fmt: skip
    with pytest.raises(NotFound):  # not shared any more
        app.assistant.ask(people.other, "당직자는 무료인가?", scope=scope)


@pytest.fixture
def share(app: App, people: Any, tmp_path: Any) -> Any:
    """A watched folder of 회계과 in a collection, and the folder beside it that nobody allowed."""
    root = tmp_path / "share"
    (root / "회계" / "아래").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "비밀.txt").write_text("비밀 계획이다.\n")
    app.__dict__["watched_roots"] = read_roots(f"회계과={root}")
    until = app.people.today() + timedelta(days=90)
    collection = app.collection_desk.add(
        people.lead, CollectionDraft("공유 폴더", "", people.lead.department_id, review_on=until)
    )
    return root, collection


def titles(app: App, who: Any) -> list[str]:
    return sorted(d.title for d in app.documents.page(who, LibraryQuery()).documents)


@ONE_DATABASE
def test_a_folder_is_followed_in_and_out_of_the_library(app: App, people: Any, share: Any) -> None:
    root, collection = share
    (root / "회계" / "여비.txt").write_text("여비는 하루 20,000원이다.\n")
    (root / "회계" / "아래" / "출장.txt").write_text("출장은 미리 신청한다.\n")
    folder = app.watch_desk.add(people.lead, FolderDraft(str(root / "회계"), collection))
    assert len(app.watch_desk.preview(people.lead, folder).files) == 2
    assert titles(app, people.kim) == []  # nothing before the start
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == []
    app.watch_desk.start(people.lead, folder)
    app.folder_sync.run(folder)
    app.folder_sync.run(folder)  # twice does no harm
    assert titles(app, people.kim) == ["여비", "출장"] and titles(app, people.other) == []
    held = app.collections.get(people.kim, collection)
    assert len(app.collections.ids(people.kim, held)) == 2
    (root / "회계" / "여비.txt").write_text("여비는 하루 30,000원이다.\n")
    (root / "회계" / "아래" / "출장.txt").unlink()
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["여비"]
    assert app.watch_desk.get(people.lead, folder).summary["removed"] == 1
    document = app.documents.page(people.kim, LibraryQuery()).documents[0]
    assert document.version_count == 2
    (root / "회계" / "여비.txt").write_text("")  # being saved at this moment
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["여비"]
    (root / "회계" / "여비.txt").write_text("여비는 하루 30,000원이다.\n")
    app.folder_sync.run(folder)
    assert app.documents.get(people.kim, document.id).version_count == 2
    app.documents.delete(people.lead, document.id)  # by a person: it does not come back by itself
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == []


@ONE_DATABASE
def test_links_hostile_names_and_other_places_are_refused(
    app: App, people: Any, share: Any, tmp_path: Any
) -> None:
    root, collection = share
    place, secret = root / "회계", tmp_path / "secret"
    (place / "좋은.txt").write_text("여비는 하루 20,000원이다.\n")
    (place / "링크.txt").symlink_to(secret / "비밀.txt")
    (place / "링크폴더").symlink_to(secret)
    (root / "바로가기").symlink_to(secret)
    os.mkfifo(place / "관.txt")
    (place / "줄\n바꿈.txt").write_text("x")
    (place / ".숨김.txt").write_text("x")
    (place / "실행.exe").write_text("x")
    (place / "빈.txt").write_text("")
    os.close(os.open(os.fsencode(place) + b"/\xff\xfe.txt", os.O_CREAT))
    for path in (
        str(secret), str(root / "바로가기"), f"{root}/../secret", f"{root}/회계/../../secret",
        str(root / "없는"), "회계", "/", "", f"{root}/회계\x00", str(place / "좋은.txt"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            app.watch_desk.add(people.lead, FolderDraft(path, collection))
    welfare = app.people.create_account(
        login="wf", name="최", password=people.password, role="steward", department="복지과"
    )
    assert welfare
    with pytest.raises((NotFound, InvalidInput)):
        app.watch_desk.add(app.people.principal("wf"), FolderDraft(str(place), collection))
    assert app.watch_desk.roots(app.people.principal("wf")) == []
    folder = app.watch_desk.add(people.lead, FolderDraft(str(place), collection))
    with pytest.raises(Conflict):
        app.watch_desk.add(people.lead, FolderDraft(str(place / "아래"), collection))
    seen = app.watch_desk.preview(people.lead, folder)
    assert [f.path for f in seen.files] == ["좋은.txt"] and len(seen.skipped) >= 6
    app.watch_desk.start(people.lead, folder)
    app.folder_sync.run(folder)
    assert titles(app, OPERATOR) == ["좋은"]
    place.rename(root / "옮김")  # the folder is exchanged for a link
    place.symlink_to(secret)
    app.folder_sync.run(folder)
    assert titles(app, OPERATOR) == ["좋은"]
    assert app.watch_desk.get(people.lead, folder).state == "paused"


def test_much_that_vanishes_is_held_and_a_lost_steward_stops_it(
    app: App, people: Any, share: Any, signed_in: Any
) -> None:
    root, collection = share
    for n in range(6):
        (root / "회계" / f"{n}.txt").write_text(f"여비는 하루 {n + 1}0,000원이다.\n")
    folder = app.watch_desk.add(people.lead, FolderDraft(str(root / "회계"), collection))
    app.watch_desk.start(people.lead, folder)
    threads = [Thread(target=app.folder_sync.run, args=(folder,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(titles(app, people.kim)) == 6
    for n in range(6):
        (root / "회계" / f"{n}.txt").unlink()
    app.folder_sync.run(folder)
    assert app.watch_desk.get(people.lead, folder).state == "held"
    assert len(titles(app, people.kim)) == 6
    page = signed_in("lead").get(f"/stewardship/folders/{folder}").text
    assert "사라진 것도 맞추기" in page
    assert signed_in("other").get("/stewardship/folders").status_code == 403
    app.watch_desk.start(people.lead, folder, confirmed=True)
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == []
    app.collection_desk.remove(people.lead, collection)
    app.folder_sync.run(folder)
    assert app.watch_desk.get(people.lead, folder).state == "paused"
    app.collection_desk.restore(people.lead, collection)
    app.watch_desk.start(people.lead, folder)
    with app.db.write() as connection:
        connection.execute(sa.update(users).where(users.c.login == "lead").values(role="official"))
        connection.execute(watched_folders.update().values(next_at=utcnow() - timedelta(minutes=1)))
    assert (app.watch_desk.turn(), app.watch_desk.turn()) == (1, 0)
    (root / "회계" / "새.txt").write_text("새 글이다.\n")
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == []


@ONE_DATABASE
def test_programs_get_the_vetted_answer_with_who_confirmed_it(
    app: App, people: Any, desk: Desk
) -> None:
    app.curated_desk.add(people.lead, desk.draft())
    pieces = list(app.gateway.chat(people.other, Chat("mokmin", (ChatTurn("user", QUESTION),))))
    assert "하루 1,000원입니다. [1]" in "".join(piece.text for piece in pieces)
    cited = pieces[-1].cited
    assert cited is not None
    assert cited["mode"] == "curated" and "회계과 이팀장" in str(cited["lead"])
    told = app.mcp_tools._ask(people.other, QUESTION)
    assert told["answer"].startswith("담당자가 확인한 답입니다. 회계과 이팀장")
    follow = [Exchange("당직 수당은 얼마인가요?"), Exchange("청사 회의실은 어디인가요?")]
    assert desk.ask(people.other, "그럼 주차요금은?", history=follow).mode != "curated"


@ONE_DATABASE
def test_a_source_that_was_disposed_of_keeps_the_answer_hidden(
    app: App, people: Any, desk: Desk
) -> None:
    """Losing a source must never leave an answer with fewer sources, open to more people."""
    made = app.curated_desk.add(people.lead, desk.draft(desk.open, desk.closed))
    holding = DocumentHolding(app.blobs, app.settings.home / "pages")
    app.documents.delete(OPERATOR, desk.closed)
    with app.db.write() as connection:
        holding.dispose(connection, desk.closed)
    assert desk.ask(people.other).mode != "curated" and desk.ask(people.kim).mode != "curated"
    assert app.curated_desk.listing(people.admin).due == []
    due = app.curated_desk.listing(people.lead).due
    assert [c.id for c in due] == [made] and len(due[0].sources) == 2


@ONE_DATABASE
def test_reported_answers_join_their_questions_and_become_curated_ones(
    app: App, people: Any, desk: Desk, signed_in: Any
) -> None:
    turn = asked(app, people.kim, "청사 주차요금은 하루 얼마인가요?")
    app.reviews.report(
        people.kim, turn_id=turn.id, question=turn.question, answer=turn.answer, value=-1,
        reason="wrong",
    )  # fmt: skip
    groups = app.question_desk.groups(people.lead)
    assert [(g.count, len(g.reviews)) for g in groups] == [(1, 1)]
    page = signed_in("lead").get(f"/stewardship/answers/new?review={groups[0].reviews[0]}").text
    assert QUESTION in page and "하루 1,000원이다" in page and "checked" in page


@ONE_DATABASE
def test_a_search_is_kept_to_a_collection_that_may_be_chosen(
    app: App, people: Any, desk: Desk, signed_in: Any
) -> None:
    until = app.people.today() + timedelta(days=90)
    draft = CollectionDraft("주차만", "", people.lead.department_id, review_on=until)
    key = app.collection_desk.add(people.lead, draft)
    app.collection_desk.put_in(people.lead, key, [desk.closed])
    found = app.library_search.find(people.kim, Wanted("주차", collection=key))
    assert {hit.document_id for group in found.groups for hit in group.hits} == {desk.closed}
    assert "주차만" in signed_in("kim").get("/search").text
    refused = signed_in("other").get(f"/search?q=주차&collection={key}")
    assert refused.status_code == 400 and "주차만" not in refused.text


def test_a_run_that_was_killed_goes_on_and_others_documents_stay(
    app: App, people: Any, share: Any, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, collection = share
    theirs = put(app, "남의.txt", "여비는 하루 10,000원이다.\n", title="남의 문서").document_id
    for n in range(1, 4):
        (root / "회계" / f"{n}.txt").write_text(f"여비는 하루 {n}0,000원이다.\n")
    folder = app.watch_desk.add(people.lead, FolderDraft(str(root / "회계"), collection))
    app.watch_desk.start(people.lead, folder)
    take, left = app.documents.take, iter([1, 1])

    def killed(*given: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return take(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(app.documents, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["2", "남의 문서"]  # the first is the same as theirs
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["2", "3", "남의 문서"]
    held = app.collections.get(people.kim, collection)
    assert theirs in app.collections.ids(people.kim, held)
    (root / "회계" / "1.txt").unlink()
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["2", "3", "남의 문서"]
    assert theirs not in app.collections.ids(people.kim, held)
    (root / "회계" / "2.txt").write_text("여비는 하루 30,000원이다.\n")  # now the same as the third
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == ["3", "남의 문서"]
    (root / "회계" / "3.txt").unlink()
    app.folder_sync.run(folder)
    assert titles(app, people.kim) == [
        "3",
        "남의 문서",
    ]  # another file of the folder still holds it
