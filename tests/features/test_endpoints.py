"""Models registered in the running system: who may, where to, what is told of the key, what happens when
they fail, and who may use which."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.adapters.llm.openai_chat import OpenAIChat
from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unavailable
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.base.llm.ports import Message, ModelProfile
from mokmin.base.net.hosts import PRIVATE, AllowedHosts
from mokmin.features.endpoints.model import TIE
from mokmin.features.gateway.model import Chat, Turn
from mokmin.features.tools.model import Kind, Pick
from mokmin.governance.audit.store import audit_log
from mokmin.governance.endpoints.model import Form
from mokmin.governance.endpoints.pool import Route, routed
from mokmin.governance.endpoints.store import model_endpoints
from mokmin.governance.people.store import departments
from mokmin.knowledge.answering.model import Answer
from tests.endpoint import Endpoint, serving

TEXT = "제1조 주차요금은 한 시간에 1,000원으로 한다.\n제2조 경차는 절반을 감면한다.\n"
QUESTION = "주차요금은 한 시간에 얼마인가?"
WORDS = "주차요금은 한 시간에 1,000원으로 한다 [1]."
KEY = "sk-geheim-4711"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(Endpoint(WORDS)) as made:
        yield made


@pytest.fixture
def parking(app: App, people: Any, put: Any) -> App:
    put(app, "주차.txt", TEXT, title="주차 안내")
    return app


def form(url: str, name: str = "시청 모델", **more: Any) -> Form:
    return Form("chat", name, url, "m", **({"grade": "S", "timeout_seconds": 5.0} | more))


def fresh(app: App) -> App:
    """The register read anew, as any process does after two seconds."""
    app.endpoint_directory.renew()
    return app


def department(app: App, name: str) -> int:
    with app.db.read() as connection:
        query = sa.select(departments.c.id).where(departments.c.name == name)
        return int(connection.execute(query).scalar_one())


def answer(app: App, who: Any, **more: Any) -> Answer:
    return app.answers.answer(who, QUESTION, **more)


# --- the register -----------------------------------------------------------------------------
def test_a_model_counts_in_every_process_without_a_restart(
    parking: App, people: Any, endpoint: Endpoint, quick_app: Any, home: Any, database_url: str
) -> None:
    other = quick_app(home, database_url)
    assert len(other.models) == 0 and answer(parking, people.kim).mode == "extractive"
    made = parking.endpoints.add(people.admin, form(endpoint.url), KEY)
    found = answer(parking, people.kim)
    assert (found.mode, found.model) == ("generative", "시청 모델")
    assert set(endpoint.keys) == {f"Bearer {KEY}"}
    (model,) = list(fresh(other).models)
    assert "".join(model.stream([Message("user", "?")])) == WORDS
    assert endpoint.keys[-1] == f"Bearer {KEY}", "the other process opens the same key"
    other.endpoints.switch(people.admin, made, is_on=False)
    assert answer(fresh(parking), people.kim).mode == "extractive"
    other.endpoints.switch(people.admin, made, is_on=True)
    other.endpoints.delete(people.admin, made)
    assert len(fresh(parking).models) == 0
    other.db.close()


def test_the_register_is_read_again_by_itself(
    app: App, people: Any, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mokmin.governance.endpoints.directory.FRESH_SECONDS", 0.05)
    assert len(app.models) == 0
    with app.db.write() as connection:
        # As another process would write it.
        connection.execute(
            model_endpoints.insert().values(
                kind="chat",
                name="나중에",
                base_url=endpoint.url,
                model="m",
                sealed_key="",
                grade="O",
                timeout_seconds=5.0,
                fallback_order=1,
                weight=1,
                profile='{"context_tokens": 4096, "of_a_later_version": 1}',
                is_on=True,
                examination="",
                changed_by="x",
                changed_at=sa.func.now(),
            )
        )
    time.sleep(0.1)
    assert [m.name for m in app.models] == ["나중에"]


def test_the_key_is_sealed_shown_never_and_not_on_the_log(
    app: App, people: Any, endpoint: Endpoint, signed_in: Any, home: Any
) -> None:
    admin = signed_in("admin")
    sent = {
        "kind": "chat",
        "name": "시청 모델",
        "base_url": endpoint.url,
        "model": "m",
        "key": KEY,
        "grade": "S",
        "timeout_seconds": "5",
        "fallback_order": "100",
        "weight": "10",
        "context_tokens": "8192",
        "won_in": "1,500",
        "abilities": ["json_schema"],
    }
    assert admin.post("/admin/models/new", sent | {"base_url": "ftp://x"}).status_code == 400
    assert admin.post("/admin/models/new", sent).status_code == 303
    with app.db.read() as connection:
        row = connection.execute(sa.select(model_endpoints)).one()
        told = connection.execute(sa.select(audit_log.c.detail, audit_log.c.subject)).all()
    assert row.sealed_key and KEY not in str(tuple(row))
    assert (home / "keys" / "endpoints").stat().st_mode & 0o777 == 0o600
    pages = [admin.get(u).text for u in ("/admin/models", f"/admin/models/{row.id}")]
    pages.append(admin.post("/admin/models/new", sent | {"weight": "viel"}).text)
    assert "저장된 키가 있습니다" in pages[1] and "‘비중’은(는) 수로" in pages[2]
    assert not any(KEY in text for text in [*pages, str(told)])
    assert app.endpoints.prices("시청 모델").won_in == 1500  # type: ignore[union-attr]
    assert app.endpoints.prices("없는 모델") is None
    # A key copied into another's row does not open there.
    second = app.endpoints.add(people.admin, form(endpoint.url, "둘째"))
    with app.db.write() as connection:
        update = model_endpoints.update().where(model_endpoints.c.id == second)
        connection.execute(update.values(sealed_key=row.sealed_key))
    assert [m.name for m in fresh(app).models] == ["시청 모델"]
    assert "키를 열 수 없음" in admin.get("/admin/models").text


def test_a_key_does_not_go_along_to_another_machine(
    app: App, people: Any, endpoint: Endpoint
) -> None:
    made = app.endpoints.add(people.admin, form(endpoint.url), KEY)
    with serving(Endpoint()) as thief:
        moved = form(thief.url)
        with pytest.raises(InvalidInput):
            app.endpoints.change(people.admin, made, moved)
        app.endpoints.change(people.admin, made, moved, drop=True)
        (model,) = list(app.models)
        list(model.stream([Message("user", "?")]))
        assert thief.keys and not any(KEY in key for key in thief.keys)
    # The same machine under another path keeps it.
    app.endpoints.change(people.admin, made, form(endpoint.url), KEY)
    app.endpoints.change(people.admin, made, form(endpoint.url, timeout_seconds=9.0))
    list(next(iter(app.models)).stream([Message("user", "?")]))
    assert endpoint.keys[-1] == f"Bearer {KEY}"


WRONG: tuple[dict[str, Any], ...] = (
    {"base_url": "http://169.254.169.254/v1"},
    {"base_url": "http://93.184.216.34/v1"},
    {"base_url": "http://a:b@127.0.0.1/v1"},
    {"name": ""},
    {"name": "발췌"},
    {"name": "mokmin"},
    {"name": "모델@department:1"},
    {"name": "a\nb" * 40},
    {"kind": "oracle"},
    {"model": ""},
    {"grade": "X"},
    {"timeout_seconds": float("nan")},
    {"timeout_seconds": float("inf")},
    {"weight": -1},
    {"fallback_order": 0},
    {"departments": (987_654,)},
    {"profile": ModelProfile(won_in=float("nan"))},
    {"profile": ModelProfile(context_tokens=10)},
)


def test_what_is_wrong_is_not_registered(app: App, people: Any) -> None:
    for wrong in WRONG:
        with pytest.raises((InvalidInput, Conflict)):
            app.endpoints.add(people.admin, replace(form("http://127.0.0.1:9/v1"), **wrong))
    assert app.endpoints.all(people.admin) == []


def test_only_administrators_and_one_name_once(app: App, people: Any, endpoint: Endpoint) -> None:
    for who in (people.kim, people.lead, people.other):
        with pytest.raises(NotAllowed):
            app.endpoints.add(who, form(endpoint.url))
        with pytest.raises(NotAllowed):
            app.endpoints.all(who)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def add() -> None:
        gate.wait()
        try:
            app.endpoints.add(people.admin, form(endpoint.url))
            outcomes.append("made")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 3 + ["made"]


def test_an_examination_tells_what_there_is_and_nothing_of_what_lies_behind(
    app: App, people: Any, endpoint: Endpoint, signed_in: Any
) -> None:
    profile = ModelProfile(context_tokens=8192, tools=True)
    made = app.endpoints.add(people.admin, form(endpoint.url, profile=profile), KEY)
    admin = signed_in("admin")
    assert admin.post(f"/admin/models/{made}/examine").status_code == 303
    found = app.endpoints.get(people.admin, made).examination
    assert found is not None and found.first_ms is not None
    marks = {f.name: f.ok for f in found.findings}
    assert marks == {
        "연결": True,
        "모델 목록": True,
        "문맥 길이": False,
        "토큰 수": True,
        "답": True,
        "첫 낱말": None,
        "흘려 보내기": True,
        "생각 적기": True,
        "JSON 형식": None,
        "도구": False,
    }
    assert "기기는 4,096 토큰" in admin.get(f"/admin/models/{made}").text
    with serving(Endpoint()) as inside:
        for mode in ("broken", "away"):
            endpoint.mode, endpoint.target = mode, f"{inside.url}/models"
            told = app.endpoints.examine(people.admin, app.endpoints.get(people.admin, made))
            assert not told.is_good and "secret" not in str(told)
        assert inside.paths == [], "no redirect is followed"
    endpoint.mode = "well"
    for kind in ("embeddings", "rerank", "speech", "vision"):
        other = app.endpoints.add(people.admin, replace(form(endpoint.url, kind), kind=kind))
        assert app.endpoints.examine(people.admin, app.endpoints.get(people.admin, other)).is_good
    assert [m.name for m in app.models] == ["시청 모델"], "the others are no chat models"


def test_a_name_that_changes_its_mind_leads_nowhere(endpoint: Endpoint) -> None:
    with serving(Endpoint()) as metadata:
        answers = [["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"]]
        hosts = AllowedHosts(frozenset(), PRIVATE, lambda *_: answers.pop(0))
        url = f"http://twofaced.example:{endpoint.port}/v1"
        hosts.check(url)
        model = OpenAIChat(base_url=url, model="m", api_key=KEY, grade="S", hosts=hosts)
        assert "".join(model.stream([Message("user", "?")])) == WORDS
        with pytest.raises(Unavailable):
            list(model.stream([Message("user", "?")]))
        # Of several addresses the next is tried, and the name stays in the request.
        several = AllowedHosts(frozenset(), PRIVATE, lambda *_: ["::1", "127.0.0.1"])
        model = OpenAIChat(base_url=url, model="m", api_key=KEY, grade="S", hosts=several)
        assert "".join(model.stream([Message("user", "?")])) == WORDS
        assert endpoint.hosts[-1] == f"twofaced.example:{endpoint.port}"
        endpoint.mode, endpoint.target = "away", f"{metadata.url}/chat/completions"
        open_to = OpenAIChat(base_url=endpoint.url, model="m", api_key=KEY, grade="S")
        with pytest.raises(Unavailable):
            list(open_to.stream([Message("user", "?")]))
        assert metadata.paths == []


# --- outage and recovery ----------------------------------------------------------------------
def test_the_next_one_takes_over_and_the_first_comes_back_by_itself(
    parking: App, people: Any, endpoint: Endpoint
) -> None:
    with serving(Endpoint(WORDS)) as spare:
        parking.endpoints.add(people.admin, form(endpoint.url, "첫째", fallback_order=20))
        parking.endpoints.add(people.admin, form(spare.url, "둘째", fallback_order=30))
        assert answer(parking, people.kim).model == "첫째"
        endpoint.mode = "broken"
        found = [answer(parking, people.kim) for _ in range(4)]
        assert [a.model for a in found] == ["둘째"] * 4
        assert "먼저 물은 모델이 응답하지 않아" in found[0].notices[0]
        assert not found[-1].notices, "one that rests is not asked first any more"
        states = {e.form.name: e.state for e in parking.endpoints.all(people.admin)}
        assert states == {"첫째": "open", "둘째": "closed"}
        endpoint.mode = "well"
        parking.endpoint_watch.turn()
        assert answer(parking, people.kim).model == "첫째"


def test_the_watch_sees_an_outage_before_a_person_does(
    parking: App, people: Any, endpoint: Endpoint
) -> None:
    with serving(Endpoint(WORDS)) as spare:
        parking.endpoints.add(people.admin, form(endpoint.url, "첫째", fallback_order=20))
        parking.endpoints.add(people.admin, form(spare.url, "둘째", fallback_order=30))
        endpoint.mode = "broken"
        for _ in range(6):
            parking.endpoint_watch.turn()
        assert not any(path.endswith("completions") for path in endpoint.paths)
        assert answer(parking, people.kim).model == "둘째"
        assert not any(path.endswith("completions") for path in endpoint.paths)


def test_anybody_may_ask_for_an_answer_too_short_without_harm_to_others(
    app: App, people: Any, endpoint: Endpoint
) -> None:
    app.endpoints.add(people.admin, form(endpoint.url))
    (model,) = list(app.models)
    endpoint.words = ""
    for _ in range(5):
        with pytest.raises(Unavailable):
            list(model.stream([Message("user", "?")], max_tokens=1))
    endpoint.words = WORDS
    assert "".join(model.stream([Message("user", "?")])) == WORDS


def test_equals_share_by_weight_and_zero_only_stands_by(app: App, people: Any) -> None:
    url = "http://127.0.0.1:9/v1"
    for name, weight in (("셋", 30), ("하나", 10), ("예비", 0)):
        app.endpoints.add(people.admin, form(url, name, weight=weight))
    app.endpoints.add(people.admin, form(url, "나중", fallback_order=200))
    orders = [[m.name for m in routed(app.models)] for _ in range(600)]
    first = [order[0] for order in orders]
    assert 0.68 < first.count("셋") / 600 < 0.82 and set(first) == {"셋", "하나"}
    assert {tuple(order[2:]) for order in orders} == {("예비", "나중")}
    assert [m.name for m in app.models] == ["셋", "예비", "하나", "나중"], "the list itself stays"
    listed = {tuple(name for name, _ in app.answers.endpoints(people.kim)) for _ in range(20)}
    assert listed == {("셋", "예비", "하나", "나중")}


def test_programs_are_served_by_an_equal_while_the_named_one_is_down(
    app: App, people: Any, endpoint: Endpoint
) -> None:
    with serving(Endpoint("다른 곳의 답.")) as spare, serving(Endpoint("남의 답.", "n")) as strange:
        first = app.endpoints.add(people.admin, form(endpoint.url, "하나", weight=1000))
        app.endpoints.add(people.admin, form(spare.url, "둘", weight=0))
        app.endpoints.add(people.admin, replace(form(strange.url, "셋"), model="n"))
        app.endpoints.add(people.admin, form(strange.url, "넷", grade="C"))
        asked = Chat("하나", (Turn("user", "안녕"),))
        say = lambda: "".join(p.text for p in app.gateway.chat(people.kim, asked))  # noqa: E731
        assert say() == WORDS
        endpoint.mode = "broken"
        assert [say() for _ in range(3)] == ["다른 곳의 답."] * 3
        endpoint.mode, endpoint.words = "cut", "한 문장. 두 문장. 세 문장. 네 문장."
        app.endpoints.change(people.admin, first, form(endpoint.url, "하나", weight=999))
        asked = replace(asked, whole=True)
        assert say() == "다른 곳의 답.", "a broken answer that nobody has seen is not kept"
        spare.mode = "broken"
        with pytest.raises(Unavailable):
            say()
        assert strange.paths == [], "another model or another clearance is not the same"


# --- departments ------------------------------------------------------------------------------
def test_a_model_kept_to_a_department_is_not_there_for_others(
    parking: App, people: Any, endpoint: Endpoint, signed_in: Any
) -> None:
    mine = department(parking, "회계과")
    made = parking.endpoints.add(
        people.admin, form(endpoint.url, "회계 모델", departments=(mine,)), KEY
    )
    assert answer(parking, people.kim).model == "회계 모델"
    before = len(endpoint.paths)
    # Answers, by default, by name and as good as unknown.
    assert answer(parking, people.other).mode == "extractive"
    assert parking.answers.endpoints(people.other) == []
    for name in ("회계 모델", "없는 모델"):
        with pytest.raises(InvalidInput) as caught:
            answer(parking, people.other, model=name)
        assert caught.value.message.replace(name, "X").endswith("쓸 수 있는 모델: 발췌")
    # Conversations and their list.
    other = signed_in("other")
    assert "회계 모델" not in other.get("/chat").text
    refused = other.post("/chat", {"question": QUESTION, "model": "회계 모델"})
    assert refused.status_code == 400 or "그런 모델은 없습니다" in refused.text
    # The OpenAI protocol.
    assert "회계 모델" in [c.id for c in parking.gateway.models(people.kim)]
    assert "회계 모델" not in [c.id for c in parking.gateway.models(people.other)]
    said = []
    for name in ("회계 모델", "없는 모델"):
        with pytest.raises(NotFound) as missing:
            list(parking.gateway.chat(people.other, Chat(name, (Turn("user", "안녕"),))))
        said.append((missing.value.code, missing.value.message.replace(name, "X")))
    assert said[0] == said[1], "nothing tells a kept model from one that does not exist"
    # Choosing for others.
    assert "회계 모델" in parking.work_assistants.model_names(people.lead)
    assert "회계 모델" not in parking.work_assistants.model_names(people.other)
    # Comparing.
    with pytest.raises(InvalidInput):
        parking.comparisons.begin(people.lead, QUESTION, ["회계 모델", "회계 모델"])
    assert len(endpoint.paths) == before, "nothing of the others ever came near it"
    # An administrator without a department is no exception; the operator at the console is.
    assert answer(parking, people.admin).mode == "extractive"
    # Lifted, renamed, taken out: the list follows.
    parking.endpoints.change(people.admin, made, form(endpoint.url, "모두의 모델"))
    assert answer(parking, people.other).model == "모두의 모델"


def test_tools_and_drafts_keep_to_the_list_too(
    parking: App, people: Any, endpoint: Endpoint, put: Any
) -> None:
    mine = department(parking, "회계과")
    parking.endpoints.add(people.admin, form(endpoint.url, "회계 모델", departments=(mine,)))
    chosen = parking.suggestions._models
    assert [m.name for m in chosen(people.kim, "O")] == ["회계 모델"]
    assert chosen(people.other, "O") == []
    upload = put(parking, "둘.txt", TEXT * 3, title="둘")
    for who, asked in ((people.other, False), (people.kim, True)):
        before = len(endpoint.paths)
        run = parking.tools.start(who, Kind.SUMMARY, [Pick(upload.document_id)], {})
        parking.tools.wait(run, 20)
        assert (len(endpoint.paths) > before) is asked


def test_a_model_of_the_settings_can_be_kept_to_a_department(
    home: Any, database_url: str, quick_app: Any, endpoint: Endpoint
) -> None:
    app = quick_app(
        home, database_url, chat_base_url=endpoint.url, chat_model="m", chat_api_key="zz-key"
    )
    app.models = app.__class__.models.func(app)  # the pool over the settings' own list
    for login, place in (("kim", "회계과"), ("other", "복지과")):
        app.people.create_account(
            login=login,
            name=login,
            password="시험용-비밀번호-1234",
            role="official",
            department=place,
        )
    app.people.create_account(
        login="admin", name="관리자", password="시험용-비밀번호-1234", role="admin"
    )
    kim, other, admin = (app.people.principal(n) for n in ("kim", "other", "admin"))
    (listed,) = app.endpoints.all(admin)
    assert listed.from_settings and listed.has_key and "zz-key" not in repr(listed)
    assert app.gate.model_is_on("m", other)
    app.endpoints.keep_to(admin, "m", [department(app, "회계과")])
    assert app.gate.model_is_on("m", kim) and not app.gate.model_is_on("m", other)
    with pytest.raises(Conflict):
        app.endpoints.add(admin, form(endpoint.url, "m"))
    with pytest.raises(NotFound):
        app.endpoints.change(admin, 0, form(endpoint.url, "n"))
    app.db.close()


# --- comparing --------------------------------------------------------------------------------
def test_a_comparison_is_blind_until_the_vote_and_counts_once(
    parking: App, people: Any, endpoint: Endpoint, signed_in: Any
) -> None:
    with serving(Endpoint("경차는 절반을 감면한다 [1].")) as second:
        parking.endpoints.add(people.admin, form(endpoint.url, "모델 갑"))
        parking.endpoints.add(people.admin, form(second.url, "모델 을"))
        lead = signed_in("lead")
        assert lead.get("/models/compare").status_code == 200
        assert signed_in("kim").get("/models/compare").status_code == 403
        one = lead.post("/models/compare", {"question": QUESTION, "models": ["모델 갑"]})
        assert one.status_code == 400
        sent = lead.post(
            "/models/compare", {"question": QUESTION, "models": ["모델 갑", "모델 을"]}
        )
        place = sent.headers["location"]
        number = int(place.rsplit("/", 1)[1])
        for _ in range(200):
            state = lead.get(f"{place}/state")
            if state.headers.get("HX-Refresh"):
                break
            time.sleep(0.05)
        text = lead.get(place).text
        assert "모델 갑" not in text and "모델 을" not in text and "어느 답이" in text
        found = parking.comparisons.get(people.lead, number)
        assert {s.model: s.state for s in found.slots} == {
            "모델 갑": "written",
            "모델 을": "written",
        }
        # It belongs to one person, whatever the role.
        with pytest.raises(NotFound):
            parking.comparisons.get(people.admin, number)
        assert lead.post(f"{place}/vote", {"place": "7"}).status_code == 400
        better = found.models.index("모델 갑")
        assert lead.post(f"{place}/vote", {"place": str(better)}).status_code == 303
        assert lead.post(f"{place}/vote", {"place": str(TIE)}).status_code == 409
        assert "모델 을" in lead.get(place).text
        (first, last) = parking.comparisons.tally(people.lead)
        assert (first.model, first.shown, first.chosen, first.tied) == ("모델 갑", 1, 1, 0)
        assert (last.model, last.chosen) == ("모델 을", 0)
        with parking.db.read() as connection:
            rows = connection.execute(sa.text("SELECT * FROM model_comparisons")).all()
        assert QUESTION not in str(rows) and "주차요금" not in str(rows)


def test_a_model_that_fails_or_may_not_see_the_evidence_is_no_candidate(
    app: App, people: Any, endpoint: Endpoint, put: Any
) -> None:
    put(app, "주차.txt", TEXT, title="주차 안내", grade="S")
    with serving(Endpoint(WORDS)) as low, serving(Endpoint(WORDS)) as dead:
        app.endpoints.add(people.admin, form(endpoint.url, "높은"))
        app.endpoints.add(people.admin, form(low.url, "낮은", grade="O"))
        app.endpoints.add(people.admin, form(dead.url, "꺼진"))
        dead.mode = "broken"
        number = app.comparisons.begin(people.lead, QUESTION, ["높은", "낮은", "꺼진"])
        for _ in range(200):
            found = app.comparisons.get(people.lead, number)
            if not found.is_running:
                break
            time.sleep(0.05)
        assert {s.model: s.state for s in found.slots} == {
            "높은": "written",
            "낮은": "none",
            "꺼진": "none",
        }
        assert not any(path.endswith("completions") for path in low.paths)
        with pytest.raises(Conflict):
            app.comparisons.vote(people.lead, number, TIE)


def test_a_route_without_a_breaker_is_always_there() -> None:
    assert Route(ScriptedChatModel(["x"]), "m", 1).state == "closed"


# --- the other kinds --------------------------------------------------------------------------
def test_registered_rerankers_order_the_hits_and_embedders_serve_programs(
    parking: App, people: Any, endpoint: Endpoint, put: Any
) -> None:
    put(parking, "둘.txt", TEXT.replace("주차", "정차"), title="정차 안내")
    found = parking.search.search(people.kim, QUESTION)
    assert found.trace.rerank == "" and len(found.hits) > 1
    ranker = replace(form(endpoint.url, "재정렬"), kind="rerank")
    with pytest.raises(InvalidInput):
        one = department(parking, "회계과")
        parking.endpoints.add(people.admin, replace(ranker, departments=(one,)))
    made = parking.endpoints.add(people.admin, ranker, KEY)
    assert parking.search.search(people.kim, QUESTION).trace.rerank == "used"
    assert endpoint.paths[-1].endswith("/rerank") and endpoint.keys[-1] == f"Bearer {KEY}"
    endpoint.mode = "broken"
    broken = parking.search.search(people.kim, QUESTION)
    assert broken.trace.rerank == "failed" and len(broken.hits) == len(found.hits)
    parking.endpoints.switch(people.admin, made, is_on=False)
    assert parking.search.search(people.kim, QUESTION).trace.rerank == ""
    endpoint.mode = "well"
    mine = department(parking, "회계과")
    parking.endpoints.add(
        people.admin, replace(form(endpoint.url, "벡터"), kind="embeddings", departments=(mine,))
    )
    vectors = parking.gateway.embed(people.kim, "벡터", ["하나", "010-2345-6789로 전화"], None)
    assert vectors.shape == (2, 3) and abs(float((vectors[0] ** 2).sum()) - 1) < 1e-5
    assert "하나" in endpoint.bodies[-1]["input"] and "2345" not in str(endpoint.bodies[-1])
    assert "벡터" in [c.id for c in parking.gateway.models(people.kim)]
    assert "벡터" not in [c.id for c in parking.gateway.models(people.other)]
    with pytest.raises(NotFound):
        parking.gateway.embed(people.other, "벡터", ["하나"], None)
