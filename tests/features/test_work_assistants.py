"""Assistants of departments: made, tested, approved and asked; and tried by those who should not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import (
    Conflict,
    InvalidInput,
    MokminError,
    NotAllowed,
    NotFound,
    Unavailable,
)
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.base.llm.ports import ModelProfile
from mokmin.features.stewardship.collecting import CollectionDraft
from mokmin.features.work_assistants.care import falling, warnings
from mokmin.features.work_assistants.handover import OwnedAssistants
from mokmin.features.work_assistants.model import Content, Ratings, Source, Trial
from mokmin.features.work_assistants.store import assistants, ratings, versions
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.handover import Giving
from mokmin.knowledge.answering.model import Answer
from mokmin.knowledge.answering.service import GENERAL
from mokmin.knowledge.documents.store import documents

OPEN = "출장비 지급 지침\n\n출장 여비는 출장을 마친 날부터 14일 이내에 신청하여야 한다.\n"
CLOSED = "대외비 감사 계획\n\n특별 점검은 백두 창고에서 11월 3일에 시작한다.\n"
ASKED = "출장 여비는 며칠 이내에 신청하여야 하나요?"
SECRET_ASKED = "특별 점검은 어디에서 시작하나요?"
SECRETS = ("대외비", "백두 창고", "특별 점검은 백두")


class Office:
    """An office with an open document, one that 회계과 alone may see, and those who work there."""

    def __init__(self, app: App, people: Any, put: Any) -> None:
        self.app, self.kim, self.other = app, people.kim, people.other
        for login, role, department in (
            ("boss", "lead", "회계과"),
            ("mate", "official", "회계과"),
            ("chief", "lead", "복지과"),
        ):
            app.people.create_account(
                login=login, name=login, password=people.password, role=role, department=department
            )
        self.boss, self.mate, self.chief = map(app.people.principal, ("boss", "mate", "chief"))
        self.open = put(app, "출장비 지급 지침.txt", OPEN, department="회계과").document_id
        self.closed = put(
            app,
            "대외비 감사 계획.txt",
            CLOSED,
            department="회계과",
            audience=("회계과",),
            grade="S",
        ).document_id
        self.content = Content(
            name="출장 도우미",
            purpose="출장 여비를 알려 줍니다.",
            documents=(self.open, self.closed),
            trials=(Trial(ASKED, (self.open,)), Trial("우주선 발사 허가는?")),
        )

    def made(self, audience: str = "전 직원", **change: Any) -> int:
        """An assistant of kim's, published by the lead."""
        content = replace(self.content, **change)
        key = self.app.work_assistants.make(self.kim, content, audience)
        self.app.work_assistants.ask(self.kim, key, 1)
        self.app.work_assistants.decide(self.boss, key, 1, approve=True, reason="")
        return int(key)

    def answer(self, who: Principal, key: int, question: str, model: str | None = None) -> Answer:
        """What an assistant answers."""
        brief = self.app.assistant_use.brief(who, key)
        return self.app.answers.answer(
            who, question, within=brief.document_ids, manner=brief.manner, model=model
        )


@pytest.fixture
def office(app: App, people: Any, put: Any) -> Office:
    return Office(app, people, put)


def _form(**fields: Any) -> dict[str, Any]:
    blank = {"name": "", "purpose": "", "category": "그 밖", "instructions": "", "tone": "plain"}
    return blank | {"policy": "knowledge", "oldest": "3", "audience": "전 직원"} | fields


def test_from_the_form_to_a_colleagues_answer(app: App, office: Office, signed_in: Any) -> None:
    kim, boss, other = signed_in("kim"), signed_in("boss"), signed_in("other")
    found = kim.get("/assistants/documents?q=출장").json()["items"]
    assert [d["title"] for d in found] == ["출장비 지급 지침"]
    made = kim.post(
        "/assistants",
        _form(
            name="출장 도우미",
            document=[office.open],
            starter=["여비는 언제 신청하나요?", ""],
            trial=[ASKED, "우주선 발사 허가는 누가 하나?", ""],
            trial_document=[str(office.open), "none", ""],
        ),
    )
    key = int(made.headers["location"].split("/")[2])
    page = kim.get(f"/assistants/{key}/edit").text
    assert "2건 가운데 2건 통과" in page
    assert "승인할 사람: boss" in page
    assert other.get(f"/assistants/{key}").status_code == 404
    kim.post(f"/assistants/{key}/ask", {"number": "1"})
    assert "출장 도우미" in boss.get("/assistants").text
    boss.post(f"/assistants/{key}/decide", {"number": "1", "verdict": "approve"})
    assert "출장 도우미" in other.get("/assistants?q=출장").text
    assert "출장 도우미" not in other.get("/assistants?q=공유재산").text
    turn = other.post("/chat", {"question": ASKED, "assistant": str(key)})
    address = turn.headers["location"].partition("#")[0]
    app.assistant.runs.close(10)
    talk = other.get(address).text
    assert "14일" in talk and "출장 도우미" in talk
    mid = talk.partition('data-answer="')[2].partition('"')[0]
    down = {"value": "down", "reason": "unclear"}
    assert other.post(f"{address}/messages/{mid}/feedback", down).status_code == 204
    uses, rated = app.assistant_use.figures(key)
    assert (uses, rated.count, rated.share, rated.reasons) == (1, 1, 0, {"unclear": 1})
    with app.db.read() as connection:
        told = connection.execute(sa.select(audit_log.c.action, audit_log.c.detail)).all()
    assert {f"work-assistant.{verb}" for verb in ("create", "test", "ask", "publish")} <= {
        row.action for row in told
    }
    assert not any("여비" in row.detail for row in told)


def test_nothing_of_a_closed_document_reaches_those_who_may_not_see_it(
    app: App, office: Office, signed_in: Any, put: Any
) -> None:
    hidden = put(app, "인사 검토.txt", "인사 검토\n\n가나다.\n", audience=("회계과",)).document_id
    key = office.made(
        trials=(Trial("점검을 시작하는 곳은?", (office.closed,)), Trial(ASKED, (office.open,)))
    )
    app.test_bench.run(office.kim, key)
    assert "백두 창고" in office.answer(office.kim, key, SECRET_ASKED).text
    theirs = office.answer(office.other, key, SECRET_ASKED)
    assert theirs.refused and all(n.document_id != office.closed for n in theirs.nearest)
    brief = app.assistant_use.brief(office.other, key)
    assert (brief.document_ids, brief.closed) == ((office.open,), True)
    # The deputy from another department edits with the same eyes, and loses nothing by it.
    app.work_assistants.appoint(office.kim, key, owner="김주무 (kim)", deputy="other")
    other = signed_in("other")
    pages = [
        other.get(address).text
        for address in (
            f"/assistants/{key}", f"/assistants/{key}/edit", f"/assistants/{key}/versions",
            f"/chat?assistant={key}", "/assistants", "/assistants/documents?q=감사",
        )
    ]  # fmt: skip
    for text in pages:
        assert not [secret for secret in SECRETS if secret in text]
    assert "나에게 열려 있지 않은" in pages[0] and "1건 가운데 1건 통과" in pages[1]
    saved = other.post(
        f"/assistants/{key}/edit",
        _form(
            base="1", name="출장 안내", document=[office.open],
            trial=["점검을 시작하는 곳은?", ASKED], trial_document=["keep:0", str(office.open)],
        ),
    )  # fmt: skip
    assert saved.status_code == 303
    kept = app.work_assistants.get(office.kim, key)[0].content
    assert kept.documents == (office.open, office.closed)
    assert kept.trials[0].expected == (office.closed,)
    with app.db.read() as connection:
        stored = connection.execute(sa.text("SELECT outcomes FROM work_assistant_runs")).scalars()
        assert not any(secret in row for row in stored for secret in ("대외비", "백두 창고"))
    stolen = _form(base="2", name="출장 안내", document=[office.open], trial=["무엇?"])
    for value in (str(hidden), "keep:7"):
        refused = other.post(f"/assistants/{key}/edit", stolen | {"trial_document": [value]})
        assert refused.status_code == 400 and "인사 검토" not in refused.text
    taken = other.post(f"/assistants/{key}/edit", stolen | {"document": [hidden]})
    gone = other.post(f"/assistants/{key}/edit", stolen | {"document": [hidden + 50]})
    assert (taken.status_code, gone.status_code) == (400, 400)
    assert taken.text.count("볼 권한이 없습니다") == gone.text.count("볼 권한이 없습니다")


def test_what_is_chosen_by_department_follows_the_library_and_the_rights(
    app: App, office: Office, put: Any
) -> None:
    key = office.made(documents=(), sources=(Source(office.kim.department_id or 0, ""),))
    assert app.assistant_use.brief(office.kim, key).document_ids == (office.open, office.closed)
    brief = app.assistant_use.brief(office.other, key)
    assert (brief.document_ids, brief.closed) == ((office.open,), False)
    added = put(
        app, "숙박비 지침.txt", "숙박비 지침\n\n숙박비는 정액으로 준다.\n", department="회계과"
    )
    assert added.document_id in app.assistant_use.brief(office.other, key).document_ids
    empty = office.made(documents=(office.closed,), trials=())
    assert app.assistant_use.brief(office.other, empty).document_ids == ()
    assert office.answer(office.other, empty, ASKED).refused


def _verbs(app: App, office: Office, who: Principal, key: int) -> list[Callable[[], Any]]:
    """All that a stranger may try."""
    making = app.work_assistants
    return [
        lambda: making.edit(who, key, 1, office.content, ""),
        lambda: making.ask(who, key, 1),
        lambda: making.withdraw(who, key),
        lambda: making.pause(who, key, paused=True),
        lambda: making.delete(who, key),
        lambda: making.copy_back(who, key, 1),
        lambda: making.publish_again(who, key, 1),
        lambda: making.appoint(who, key, owner=who.login, deputy=""),
        lambda: making.decide(who, key, 1, approve=True, reason=""),
        lambda: making.versions(who, key),
        lambda: app.assistant_use.brief(who, key),
        lambda: app.test_bench.run(who, key),
    ]


def test_only_owner_and_deputy_edit_and_nobody_approves_the_own_one(
    app: App, office: Office, signed_in: Any
) -> None:
    making = app.work_assistants
    key = making.make(office.kim, office.content, "전 직원")
    for who in (office.other, office.mate, office.chief):
        for verb in _verbs(app, office, who, key):
            with pytest.raises((NotFound, NotAllowed)):
                verb()
    for verb in _verbs(app, office, office.boss, key):  # a draft is its makers' own
        with pytest.raises(NotFound):
            verb()
    making.ask(office.kim, key, 1)
    with pytest.raises(NotAllowed):
        making.edit(office.boss, key, 1, office.content, "")
    for who in (office.kim, office.chief):
        with pytest.raises((NotFound, NotAllowed)):
            making.decide(who, key, 1, approve=True, reason="")
    # A lead's own one waits for another lead, also when a deputy asks for it.
    own = making.make(office.boss, office.content, "전 직원")
    making.appoint(office.boss, own, owner="boss", deputy="mate")
    making.ask(office.mate, own, 1)
    with pytest.raises(NotAllowed):
        making.decide(office.boss, own, 1, approve=True, reason="")
    assert own not in [one.id for one in making.waiting(office.boss)]
    boss = signed_in("boss")
    refused = boss.post(f"/assistants/{own}/decide", {"number": "1", "verdict": "approve"})
    assert refused.status_code == 403
    # For oneself alone nobody is asked, and nobody else has it.
    alone = making.make(office.kim, office.content, "나만")
    assert making.ask(office.kim, alone, 1) is True
    with pytest.raises(NotFound):
        app.assistant_use.brief(office.mate, alone)
    assert alone not in [card.id for card in app.assistant_use.usable(office.mate)]


def test_two_at_once_lose_nothing(app: App, office: Office, signed_in: Any) -> None:
    making = app.work_assistants
    key = making.make(office.kim, office.content, "전 직원")
    making.appoint(office.kim, key, owner="kim", deputy="mate")
    ready, outcomes = threading.Barrier(2), []

    def edit(who: Principal) -> None:
        ready.wait()
        try:
            named = replace(office.content, name=f"{who.login}의 이름")
            outcomes.append(making.edit(who, key, 1, named, "전 직원"))
        except MokminError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=edit, args=(w,)) for w in (office.kim, office.mate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", "conflict"]
    # What was typed is still there, and saving it once more is a decision.
    kim = signed_in("kim")
    late = kim.post(
        f"/assistants/{key}/edit", _form(base="1", name="늦은 이름", document=[office.open])
    )
    assert (
        late.status_code == 409
        and "늦은 이름" in late.text
        and 'name="base" value="2"' in late.text
    )
    making.ask(office.kim, key, 2)
    with pytest.raises(Conflict):
        making.ask(office.kim, key, 2)
    # An edit takes the request back: nobody approves what he has not seen.
    making.edit(office.kim, key, 2, replace(office.content, name="셋째"), "전 직원")
    with pytest.raises(NotFound):
        making.decide(office.boss, key, 2, approve=True, reason="")
    making.ask(office.kim, key, 3)
    making.decide(office.boss, key, 3, approve=True, reason="")
    with pytest.raises(Conflict):
        making.decide(office.boss, key, 3, approve=False, reason="두 번째")


def test_versions_go_back_and_pausing_stops_everybody(app: App, office: Office) -> None:
    making, key = app.work_assistants, office.made()
    making.edit(office.kim, key, 1, replace(office.content, name="둘째 이름"), "회계과")
    assert app.assistant_use.brief(office.other, key).name == "출장 도우미"
    with pytest.raises(NotAllowed):
        making.publish_again(office.kim, key, 2)
    making.ask(office.kim, key, 2)
    with pytest.raises(InvalidInput):
        making.decide(office.boss, key, 2, approve=False, reason=" ")
    making.decide(office.boss, key, 2, approve=True, reason="")
    with pytest.raises(NotFound):
        app.assistant_use.brief(office.other, key)
    making.publish_again(office.kim, key, 1)
    assert app.assistant_use.brief(office.other, key).name == "출장 도우미"
    assert making.copy_back(office.kim, key, 1) == 3
    making.pause(office.boss, key, paused=True)
    with pytest.raises(Unavailable):
        app.assistant_use.brief(office.other, key)
    assert app.assistant_use.usable(office.other) == []
    making.pause(office.kim, key, paused=False)
    making.delete(office.kim, key)
    with pytest.raises(NotFound):
        app.assistant_use.brief(office.other, key)
    making.delete(office.kim, key, deleted=False)
    assert app.assistant_use.brief(office.other, key).name == "출장 도우미"


def test_makers_are_warned_and_a_successor_takes_over(app: App, office: Office, put: Any) -> None:
    content = replace(office.content, oldest=2, review_on=date(2020, 1, 1))
    key = app.work_assistants.make(office.kim, content, "회계과")
    with app.db.write() as connection:
        change = documents.update().where(documents.c.id == office.open)
        connection.execute(change.values(dated_on=date(2019, 1, 1)))
        change = documents.update().where(documents.c.id == office.closed)
        connection.execute(change.values(deleted_at=utcnow()))
    one = app.work_assistants.get(office.kim, key)[0]
    told = " ".join(
        warnings(office.kim, one, app.documents, app.assistant_use, Ratings(), app.people.today())
    )
    assert "지워졌거나" in told and "2년이 넘은" in told and "점검일이 지났" in told
    assert falling(Ratings(recent=(40, 10), before=(80, 20))).startswith("‘도움됨’이 80%에서")
    assert falling(Ratings(recent=(0, 2), before=(80, 20))) == ""
    giving = Giving(
        office.kim.user_id or 0, "kim", office.kim.department_id, "회계과", "official",
        office.mate.user_id, "mate",
    )  # fmt: skip
    holding = OwnedAssistants()
    with app.db.write() as connection:
        assert holding.held(connection, [giving]) == {office.kim.user_id: 1}
        assert holding.hand_over(connection, [giving]) == 1
    assert [b.id for b in app.work_assistants.kept(office.mate)] == [key]
    with pytest.raises(NotFound):
        app.work_assistants.edit(office.kim, key, 1, content, "")


def test_models_write_as_the_assistant_says(app: App, office: Office) -> None:
    wide = ModelProfile(context_tokens=8192)
    near = ScriptedChatModel(
        ["여비는 14일 이내에 신청합니다 [1]."], name="near", grade="C", profile=wide
    )
    far = ScriptedChatModel(["달에는 공기가 없습니다."], name="far", grade="C", profile=wide)
    app.models = [near, far]
    named = replace(office.content, instructions="결론을 먼저 쓴다.", models=("near",))
    key = app.work_assistants.make(office.kim, named, "나만")
    answer = office.answer(office.kim, key, ASKED)
    assert answer.model == "near"
    assert "결론을 먼저 쓴다." in near.requests[-1][0].content
    with pytest.raises(InvalidInput):
        office.answer(office.kim, key, ASKED, model="far")
    general = app.work_assistants.make(
        office.kim, replace(named, models=("far",), policy="general"), "나만"
    )
    said = office.answer(office.kim, general, "달에는 공기가 있나요?")
    assert said.lead == GENERAL and not said.refused and not said.citations
    assert [s.support for s in said.sentences] == ["unverified"]
    assert office.answer(office.kim, key, "달에는 공기가 있나요?").refused


def test_published_assistants_are_models_for_programs(
    app: App, office: Office, web: Any, signed_in: Any
) -> None:
    key = office.made()
    hidden = app.work_assistants.make(office.kim, office.content, "회계과")
    token = app.api_tokens.issue(office.other, "시험", ("ask",), 1).token
    client = signed_in("other").client
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {token}"}
    models = {m["id"]: m for m in client.get("/v1/models", headers=headers).json()["data"]}
    assert models[f"assistant-{key}"]["mokmin"] == {"name": "출장 도우미"}
    listed = client.get("/api/v1/assistants", headers=headers).json()["items"]
    assert [(b["model"], b["name"]) for b in listed] == [(f"assistant-{key}", "출장 도우미")]

    def ask(number: int, question: str) -> Any:
        body = {"model": f"assistant-{number}", "messages": [{"role": "user", "content": question}]}
        return client.post("/v1/chat/completions", json=body, headers=headers)

    assert "14일" in ask(key, ASKED).json()["choices"][0]["message"]["content"]
    secret = ask(key, SECRET_ASKED).text
    assert not [s for s in SECRETS if s in secret]
    assert ask(hidden, ASKED).status_code == 404


def test_a_rating_counts_once_and_a_broken_form_breaks_nothing(
    app: App, office: Office, signed_in: Any
) -> None:
    key = office.made()
    for value in (1, -1, -1):
        app.assistant_use.rated(key, 5, value, "wrong")
    assert app.assistant_use.figures(key)[1].count == 1
    app.assistant_use.rated(key, 5, 0, "")
    app.assistant_use.rated(key + 99, 5, 1, "")
    with app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(ratings)).scalar() == 0
    kim = signed_in("kim")
    for broken in (
        {"name": "가"}, {"name": "출장", "document": ["x"]}, {"name": "출장", "document": ["99999"]},
        {"name": "출장", "review_on": "내일"}, {"name": "출장", "tone": "angry"},
        {"name": "출장", "audience": "없는 부서"}, {"name": "출장", "trial": ["무엇?"], "trial_document": [""]},
        {"name": "출장", "instructions": "가" * 2001},
    ):  # fmt: skip
        sent = kim.post("/assistants", _form(**broken))
        assert sent.status_code == 400, broken
    with app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(assistants)).scalar() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(versions)).scalar() == 1


def test_shown_in_other_pages_and_only_there(
    app: App, office: Office, signed_in: Any, browser: Any
) -> None:
    key = office.made(audience="회계과")
    kim, mate, other, nobody = signed_in("kim"), signed_in("mate"), signed_in("other"), browser()
    address = f"/assistants/{key}/embed"
    for wrong in (
        "*",
        "https://a.example/path",
        "https://a.example; script-src *",
        "a",
        "",
        "http://a:99999",
    ):
        assert kim.post(address, {"origins": wrong}).status_code == 400, wrong
    assert other.post(address, {"origins": "https://a.example"}).status_code == 404
    assert mate.post(address, {"origins": "https://a.example"}).status_code == 403
    kim.post(address, {"origins": "https://portal.haeon.example/\nhttp://10.0.0.8:8080"})
    page = kim.get(address).text
    name = app.assistant_embeds.of(office.kim, key)
    assert name is not None and f"data-assistant=&#34;{name.key}&#34;" in page
    frame = f"/embed/{name.key}"
    shown = mate.get(frame)
    assert "출장 도우미" in shown.text and 'action="/chat"' in shown.text
    policy = shown.headers["content-security-policy"]
    assert "frame-ancestors https://portal.haeon.example http://10.0.0.8:8080;" in policy
    assert "x-frame-options" not in shown.headers
    # Who may not use it, and who is not signed in, learn not even its name.
    for who in (other, nobody):
        told = who.get(frame).text
        assert "출장 도우미" not in told and 'action="/chat"' not in told
    assert mate.get("/embed/strange").status_code == 404
    for path in ("/", f"/assistants/{key}", "/embed/strange", "/signin"):
        plain = mate.get(path)
        assert "frame-ancestors 'none'" in plain.headers["content-security-policy"], path
        assert plain.headers["x-frame-options"] == "DENY", path
    script = nobody.get("/embed/assistant.js")
    assert script.status_code == 200 and "cookie" not in script.text
    kim.post(f"{address}/stop", {})
    assert mate.get(frame).status_code == 404
    kim.post(address, {"origins": "https://portal.haeon.example"})
    assert mate.get(frame).status_code == 404, "a new key"
    renewed = app.assistant_embeds.of(office.kim, key)
    assert renewed is not None
    app.work_assistants.delete(office.kim, key)
    assert mate.get(f"/embed/{renewed.key}").status_code == 404


def test_fed_by_a_collection_under_each_readers_rights(
    app: App, office: Office, people: Any
) -> None:
    """What joins the collection is known at the next question; what a reader may not see never is."""
    steward, home = people.lead, people.lead.department_id
    until = app.people.today() + timedelta(days=90)
    draft = CollectionDraft("출장 모음", "", home, review_on=until)
    collection = app.collection_desk.add(steward, draft)
    key = office.made(documents=(), sources=(Source(collection_id=collection),), trials=())
    assert office.answer(office.other, key, ASKED).refused, "nothing is in it yet"
    app.collection_desk.put_in(steward, collection, [office.open, office.closed])
    assert "14일" in office.answer(office.other, key, ASKED).text
    assert app.assistant_use.brief(office.other, key).document_ids == (office.open,)
    told = office.answer(office.other, key, SECRET_ASKED)
    assert told.refused and not any(s in told.text for s in SECRETS)
    assert office.closed in app.assistant_use.brief(office.mate, key).document_ids
    app.collection_desk.remove(steward, collection)
    assert app.assistant_use.brief(office.mate, key).document_ids == ()


def test_a_form_names_only_collections_that_the_editor_may_choose(
    app: App, office: Office, people: Any, signed_in: Any
) -> None:
    until = app.people.today() + timedelta(days=90)
    draft = CollectionDraft("회계 모음", "", people.lead.department_id, review_on=until)
    hidden = app.collection_desk.add(people.lead, draft)
    app.collection_desk.put_in(people.lead, hidden, [office.open])
    other = signed_in("other")
    made = other.post("/assistants", _form(name="엿보기", collection=[str(hidden)]))
    key = int(made.headers["location"].split("/")[2])
    assert app.work_assistants.get(office.other, key)[0].content.sources == ()
    mine = signed_in("kim").post("/assistants", _form(name="모음", collection=[str(hidden)]))
    key = int(mine.headers["location"].split("/")[2])
    found = app.work_assistants.get(office.kim, key)[0].content.sources
    assert found == (Source(collection_id=hidden),)
