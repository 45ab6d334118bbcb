"""Use that is counted with the log, and limits of it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound, RateLimited, Unavailable
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.base.llm.ports import ModelProfile
from mokmin.features.library.model import Wanted
from mokmin.governance.audit.store import audit_log
from mokmin.governance.usage.metering import Counts, today, usage_days

TEXT = "제1조 주차요금은 한 시간에 1,000원으로 한다.\n제2조 경차는 절반을 감면한다.\n"
QUESTION = "주차요금은 한 시간에 얼마인가?"
EACH = {"scope": "people", "unit": "requests", "period": "day"}


@pytest.fixture
def parking(app: App, people: Any, put: Any) -> App:
    put(app, "주차.txt", TEXT, title="주차 안내")
    return app


def sums(app: App, **where: Any) -> Counts:
    """The sums of the rows with these values."""
    found = Counts()
    query = sa.select(usage_days).where(*(usage_days.c[k] == v for k, v in where.items()))
    with app.db.read() as connection:
        for row in connection.execute(query):
            numbers = {n: row._mapping[n] for n in Counts.__slots__}
            found = found + Counts(**numbers)
    return found


def talking(app: App, **more: Any) -> ScriptedChatModel:
    """Connect a model that answers."""
    profile = ModelProfile(won_in=1_500, won_out=6_000, watts=700)
    made = ScriptedChatModel(["주차요금은 ", "1,000원으로 한다[1]."], profile=profile, **more)
    app.__dict__["models"] = [made]
    app.__dict__.pop("answers", None)
    return made


def read_bytes(content: bytes) -> str:
    """The words of an HWPX file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = archive.read("Contents/section0.xml").decode()
    return re.sub(r"<[^>]+>", "", found)


def test_what_is_counted_is_what_the_log_tells(parking: App, people: Any) -> None:
    talking(parking)
    parking.answers.answer(people.kim, QUESTION)
    parking.answers.answer(people.other, "달의 뒷면에는 무엇이 자라는가?", model="발췌")
    parking.library_search.find(people.kim, Wanted(text="주차요금"))
    calls = sa.select(audit_log.c.detail).where(audit_log.c.action == "model.call")
    with parking.db.read() as connection:
        (call,) = [json.loads(text) for text in connection.execute(calls).scalars()]
    counted = sums(parking, user_id=people.kim.user_id, model="scripted")
    assert (counted.calls, counted.failures, counted.requests) == (1, 0, 0)
    assert counted.tokens_in == call["tokens_in"] and counted.tokens_out == call["tokens_out"]
    cost = (call["tokens_in"] * 1_500 + call["tokens_out"] * 6_000) / 1_000
    assert counted.milliwon == call["milliwon"] == round(cost) > 0
    answers = sums(parking, feature="assistant", model="")
    assert (answers.requests, answers.refused) == (2, 1)
    assert sums(parking, feature="search", department_id=people.kim.department_id).requests == 1
    assert sums(parking, user_id=people.other.user_id).requests == 1
    shown = parking.usage.shares(people.admin, "model", today(), today())
    assert [(s.name, s.counts.calls) for s in shown] == [("scripted", 1)]


def test_a_failed_call_and_one_that_was_not_written_count_for_what_they_are(
    parking: App, people: Any
) -> None:
    talking(parking, fail_after=1)
    answer = parking.answers.answer(people.kim, QUESTION)
    assert answer.mode == "extractive"
    counted = sums(parking, model="scripted")
    assert (counted.calls, counted.failures) == (1, 1)
    with pytest.raises(ZeroDivisionError), parking.db.write() as connection:
        parking.audit.append(connection, people.kim, "tool.run", "tool_run:1", {})
        raise ZeroDivisionError
    assert sums(parking, feature="tools") == Counts(), "counted only with its entry"


def test_a_limit_of_requests_warns_and_stops_and_begins_anew(parking: App, people: Any) -> None:
    parking.limits.put(people.admin, **EACH, hard=2, warn_percent=50)
    assert parking.limits.warnings(people.kim) == []
    parking.answers.answer(people.kim, QUESTION)
    (near,) = parking.limits.warnings(people.kim)
    assert "2건 가운데 1건을 썼습니다" in near
    parking.answers.answer(people.kim, QUESTION)
    with pytest.raises(RateLimited) as stopped:
        parking.answers.answer(people.kim, QUESTION)
    assert stopped.value.code == "limit-reached"
    assert "내일부터 다시 쓸 수 있습니다" in stopped.value.message
    parking.answers.answer(people.other, QUESTION)
    # A limit of one's own takes the place of everybody's.
    own = EACH | {"scope": "person"}
    parking.limits.put(people.admin, **own, whom="kim", hard=3)
    parking.answers.answer(people.kim, QUESTION)
    with pytest.raises(RateLimited):
        parking.answers.answer(people.kim, QUESTION)
    with parking.db.write() as connection:
        connection.execute(usage_days.update().values(day=sa.literal(today().replace(year=2020))))
    parking.answers.answer(people.kim, QUESTION)


def test_the_money_of_a_department_stops_models_alone(parking: App, people: Any) -> None:
    model = talking(parking)
    budget = {"scope": "department", "unit": "won", "period": "month", "feature": "assistant"}
    parking.limits.put(people.admin, **budget, whom=str(people.kim.department_id), hard=1)
    model.profile = ModelProfile(won_out=1e6)
    parking._models = [model]
    assert parking.answers.answer(people.kim, QUESTION).mode == "generative"
    after = parking.answers.answer(people.lead, QUESTION)
    assert after.mode == "extractive" and len(model.requests) == 1
    assert any("한도" in notice for notice in after.notices)
    assert parking.answers.answer(people.other, QUESTION).mode == "generative"


def test_only_those_who_set_limits_set_and_see_them(app: App, people: Any, signed_in: Any) -> None:
    with pytest.raises(NotAllowed):
        app.limits.put(people.lead, **EACH, hard=1)
    with pytest.raises(NotAllowed):
        app.usage.days(people.kim, today(), today())
    for wrong in (
        EACH | {"hard": 0}, EACH | {"hard": 10**16}, EACH | {"scope": "all", "hard": 1},
        EACH | {"feature": "x", "hard": 1}, EACH | {"warn_percent": 0, "hard": 1},
        EACH | {"scope": "person", "whom": "nobody", "hard": 1},
        EACH | {"scope": "department", "whom": "99999", "hard": 1},
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            app.limits.put(people.admin, **wrong)
    with pytest.raises(NotFound):
        app.limits.remove(people.admin, 1)
    kim = signed_in("kim")
    for path in ("/admin/usage", "/admin/usage.csv", "/admin/limits"):
        assert kim.get(path).status_code == 403
    assert kim.post("/admin/limits", EACH | {"hard": "1"}).status_code == 403


def test_the_pages(parking: App, people: Any, signed_in: Any) -> None:
    parking.answers.answer(people.kim, QUESTION)
    admin, kim = signed_in("admin"), signed_in("kim")
    wrong = admin.post("/admin/limits", EACH | {"hard": "많이"})
    assert wrong.status_code == 400 and "수로 적어" in wrong.text
    assert admin.post("/admin/limits", EACH | {"hard": "1,000"}).status_code == 303
    assert admin.post("/admin/limits", EACH | {"hard": "2"}).status_code == 303
    page = admin.get("/admin/limits").text
    assert page.count("없애기</button>") == 1, "the same limit is changed, not doubled"
    own = kim.get("/usage").text
    assert "1 / 2건" in own and "업무 대화" in own
    assert "알림" in kim.get("/").text or "2건 가운데" not in kim.get("/").text
    overview = admin.get("/admin/usage").text
    assert "회계과" in overview and "김주무" in overview and QUESTION not in overview
    assert "김주무" not in admin.get(f"/admin/usage?department={people.other.department_id}").text
    table = admin.get("/admin/usage.csv?span=week").text
    assert table.startswith("\ufeff날짜,요청") and len(table.splitlines()) == 8
    report = admin.get("/admin/usage.hwpx?span=week")
    words = read_bytes(report.content)
    assert "요청 1건" in words and "회계과" in words and "김주무" not in words
    assert kim.get("/admin/usage.hwpx").status_code == 403
    number = page.split('name="limit" value="')[1].split('"')[0]
    assert admin.post("/admin/limits", {"action": "lift", "limit": number}).status_code == 303
    assert "정해진 한도가 없습니다" in kim.get("/usage").text


def test_ai_is_switched_off_for_a_department_or_a_way_in(
    parking: App, people: Any, signed_in: Any
) -> None:
    admin = signed_in("admin")
    scope = f"department:{people.kim.department_id}"
    form = {"key": "ai", "scope": scope, "action": "off", "notice": "점검합니다."}
    assert admin.post("/admin/switches", form).status_code == 303
    with pytest.raises(Unavailable) as refused:
        parking.answers.answer(people.kim, QUESTION)
    assert "회계과" in refused.value.message and "점검합니다." in refused.value.message
    parking.answers.answer(people.other, QUESTION)
    assert "점검합니다." in signed_in("kim").get("/").text
    assert "점검합니다." not in signed_in("other").get("/").text
    assert admin.post("/admin/switches", {"key": f"ai@{scope}", "action": "on"}).status_code == 303
    parking.answers.answer(people.kim, QUESTION)
    parking.switches.turn_off(people.admin, "search@channel:api")
    kim = signed_in("kim")
    token = parking.api_tokens.issue(people.kim, "시험", ["ask"], 7).token
    headers = {"Authorization": f"Bearer {token}"}
    asked = kim.client.post("/api/v1/search", json={"query": "주차"}, headers=headers)
    assert (asked.status_code, asked.json()["code"]) == (503, "switched-off")
    assert kim.get("/library?search=주차").status_code == 200
    for strange in ("ai@department:99999", "ai@channel:fax", "nothing@channel:api"):
        sent = admin.post("/admin/switches", {"key": strange, "action": "off"})
        assert sent.status_code == 400
