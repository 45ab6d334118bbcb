"""Drafting over the web: from facts to a file, one writer, versions, suggestions, rights."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotFound
from mokmin.base.formats.hwpx_texts import written_texts
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.features.drafting.store import drafts
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.official.serial import to_json

FACTS = {
    "행정기관명": "해온시",
    "수신": "각 부서장",
    "제목": "물품 재물조사 알림",
    "내용": ["기간: 2026. 12. 1.(수) ~ 12. 11.(금)", "대상: 사무용 전산장비 113대", "익일까지 제출하여 주시기 바람"],
    "발신명의": "해온시장",
    "공개구분": "대국민공개",
}  # fmt: skip


@pytest.fixture
def draft(app: App, people: Any) -> int:
    return app.drafting.begin(people.kim, "letter", FACTS)


def state(browser: Any, draft_id: int) -> dict[str, Any]:
    answer = browser.get(f"/drafts/{draft_id}/state")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _said(page: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", "", page[page.find("<main") :]).split())


def put(browser: Any, draft_id: int, now: dict[str, Any]) -> Any:
    sent = {"revision": now["revision"], "document": now["document"]}
    return browser.client.put(
        f"/drafts/{draft_id}", json=sent, headers={"X-CSRF-Token": browser.csrf}
    )


def send(browser: Any, url: str, body: dict[str, Any]) -> Any:
    return browser.client.post(url, json=body, headers={"X-CSRF-Token": browser.csrf})


def test_facts_of_a_form_become_a_draft_and_a_file(kim: Any, app: App) -> None:
    form = {f"f:{k}": "\n".join(v) if isinstance(v, list) else v for k, v in FACTS.items()}
    answer = kim.post("/drafts", form | {"kind": "letter", "grade": "S"})
    assert answer.status_code == 303, answer.text
    page = kim.get(answer.headers["location"])
    assert "물품 재물조사 알림" in page.text and "HWPX 내려받기" in page.text
    assert "물품 재물조사 알림" in kim.get("/drafts").text
    file = kim.get(answer.headers["location"] + "/file")
    written = written_texts(file.content)
    assert "가" not in "".join(p[:1] for p in written.paragraphs[:3])
    assert any(p.endswith("  끝.") for p in written.paragraphs)
    assert "1. 기간: 2026. 12. 1.(수) ~ 12. 11.(금)" in written.paragraphs
    with app.db.read() as connection:
        actions = connection.execute(sa.select(audit_log.c.action)).scalars().all()
        grade = connection.execute(sa.select(drafts.c.grade)).scalar()
    assert grade == "S" and {"draft.create", "draft.export"} <= set(actions)


def test_what_is_missing_is_asked_and_never_invented(kim: Any) -> None:
    answer = kim.post("/drafts", {"kind": "press", "f:제목": "한파쉼터 열다"})
    now = state(kim, int(answer.headers["location"].rsplit("/", 1)[1]))
    assert {"보도시점", "담당자", "내용"} <= {b["key"] for b in now["blanks"]}
    assert "[ " in now["preview"] and "from-blank" in now["preview"]
    kim.post("/drafts", {"kind": "plan"})
    assert "계획서 (제목 없음)" in kim.get("/drafts").text


def test_saving_keeps_the_text_and_renumbers(kim: Any, draft: int) -> None:
    now = state(kim, draft)
    now["document"]["body"].append(
        {"style": "item", "level": 1, "spans": [{"text": "새 항목", "origin": "person", "ref": ""}]}
    )
    saved = put(kim, draft, now)
    assert saved.status_code == 200, saved.text
    fresh = saved.json()
    assert fresh["marks"][-1] == "4." and "새 항목" in fresh["preview"]
    assert fresh["revision"] == now["revision"] + 1
    again = put(kim, draft, now)  # the second of two windows
    assert again.status_code == 409 and "먼저 고쳤습니다" in again.json()["detail"]
    assert state(kim, draft)["revision"] == fresh["revision"]


@pytest.mark.parametrize(
    "broken",
    [
        {"style": "item", "level": 99, "spans": []},
        {"style": "script", "level": 1, "spans": []},
        {"style": "item", "level": 1, "spans": [{"text": 5}]},
        {"style": "table", "level": 1, "rows": [[{"text": "a", "col_span": 10**9}]]},
        "글",
    ],
)
def test_a_broken_document_is_refused_and_nothing_is_lost(
    kim: Any, draft: int, broken: Any
) -> None:
    now = state(kim, draft)
    before = json.dumps(now["document"])
    now["document"]["body"].append(broken)
    assert put(kim, draft, now).status_code == 400
    assert json.dumps(state(kim, draft)["document"]) == before


def test_markup_in_facts_is_text_on_the_paper(app: App, people: Any, kim: Any) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=1>\x00\x0b"
    made = app.drafting.begin(people.kim, "report", {"제목": bad, "현황": [bad], "표": [{"a": bad, "b": 1}] * 2})  # fmt: skip
    page = kim.get(f"/drafts/{made}").text
    assert "<script>alert" not in page and "<img src=x" not in state(kim, made)["preview"]
    assert kim.get(f"/drafts/{made}/file").status_code == 200


def test_nobody_else_finds_a_draft(signed_in: Any, draft: int) -> None:
    for login in ("other", "lead", "admin"):
        browser = signed_in(login)
        for url in (f"/drafts/{draft}", f"/drafts/{draft}/state", f"/drafts/{draft}/file"):
            absent = browser.get(url.replace(f"/{draft}", "/987654"))
            hidden = browser.get(url)
            assert hidden.status_code == absent.status_code == 404
            assert _said(hidden.text) == _said(absent.text)
        assert put(browser, draft, {"revision": 1, "document": {}}).status_code in (403, 404)
        assert "물품 재물조사 알림" not in browser.get("/drafts").text


def test_nobody_signs_by_saving(app: App, people: Any, draft: int) -> None:
    found = app.drafting.get(people.kim, draft)
    value = to_json(found.document)
    value["approvers"] = [
        {
            "role": "결재",
            "post": "과장",
            "name": "이과장",
            "signed_on": "2026. 11. 23.",
            "how": "전결",
        }
    ]
    saved = app.drafting.save(people.kim, draft, value, found.revision)
    assert [(a.name, a.signed_on, a.how) for a in saved.document.approvers] == [("이과장", "", "")]


def test_versions_are_kept_and_come_back(app: App, people: Any, draft: int) -> None:
    first = app.drafting.get(people.kim, draft)
    changed = replace(first.document, body=first.document.body[:1])
    app.drafting.save(people.kim, draft, to_json(changed), first.revision)
    app.drafting.keep(people.kim, draft, "줄인 판")
    back = app.drafting.restore(people.kim, draft, 1)
    assert back.document.body == first.document.body
    notes = [v.note for v in app.drafting.versions(people.kim, draft)]
    assert notes[0] == "1판으로 되돌림" and "줄인 판" in notes
    with pytest.raises(NotFound):
        app.drafting.version(people.kim, draft, 99)


def test_a_finding_is_mended_by_one_click(kim: Any, draft: int) -> None:
    now = state(kim, draft)
    wrong = next(f for f in now["findings"] if f["fix"] == "화")
    answer = send(kim, f"/drafts/{draft}/fix", {"revision": now["revision"], **wrong})
    assert answer.status_code == 200, answer.text
    assert "2026. 12. 1.(화)" in re.sub(r"<[^>]+>", "", answer.json()["preview"])
    late = send(kim, f"/drafts/{draft}/fix", {"revision": now["revision"], **wrong})
    assert late.status_code == 409


def test_suggestions_by_rule_are_taken_one_by_one(kim: Any, draft: int) -> None:
    asked = send(kim, f"/drafts/{draft}/suggest", {"action": "polite", "at": 3}).json()
    (one,) = asked["suggestions"]
    assert one["after"] == "익일까지 제출해 주시기 바랍니다." and one["by"] == "규칙"
    taken = kim.post(f"/drafts/{draft}/suggestions/{one['id']}", {"accept": "true"})
    assert taken.status_code == 200 and taken.json()["suggestions"] == []
    assert "제출해 주시기 바랍니다." in taken.json()["preview"]
    gone = kim.post(f"/drafts/{draft}/suggestions/{one['id']}", {"accept": "true"})
    assert gone.status_code == 404


def with_model(app: App, *answers: str, grade: str = "C") -> ScriptedChatModel:
    model = ScriptedChatModel(list(answers), grade=grade)
    vars(app)["models"] = [model]
    return model


def test_a_model_that_changes_a_number_is_not_believed(app: App, people: Any, draft: int) -> None:
    with_model(app, "사무용 전산장비 131대가 대상입니다.")
    after, notices = app.suggestions.suggest(people.kim, draft, 2, "shorter")
    assert not any("131" in s["after"] for s in after.suggestions)
    assert any("원래 뜻과 다를 수" in n for n in notices)


def test_prose_rests_on_facts(app: App, people: Any, draft: int) -> None:
    with_model(
        app, "사무용 전산장비 113대가 대상이다. [2]\n모두 500대를 새로 산다. [2]\n근거 없는 말이다."
    )
    after, notices = app.suggestions.prose(people.kim, draft)
    assert [s["after"] for s in after.suggestions] == ["사무용 전산장비 113대가 대상이다."]
    assert any("2줄을 뺐습니다" in n for n in notices)
    taken = app.suggestions.answer(people.kim, draft, after.suggestions[0]["id"], accept=True)
    assert taken.document.body[-1].spans[0].origin.kind == "ai"
    _, package, _ = app.drafting.file(people.kim, draft)
    assert b"ai-generated" in _member(package, "Contents/content.hpf")


def test_a_secret_draft_never_reaches_a_lesser_model(app: App, people: Any) -> None:
    model = with_model(app, "아무 말", grade="O")
    secret = app.drafting.begin(people.kim, "letter", FACTS, grade="S")
    app.suggestions.suggest(people.kim, secret, 2, "shorter")
    _, notices = app.suggestions.prose(people.kim, secret)
    assert not model.requests and "언어모델이 없습니다" in notices[0]


def _member(package: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read(name)


def test_facts_come_from_documents_that_one_may_see(
    app: App, people: Any, put: Any, kim: Any
) -> None:
    plan = "# 제설 계획\n\n## 추진 배경\n\n- 눈이 많이 온다.\n\n## 일정\n\n| 시기 | 할 일 |\n|---|---|\n| 12월 | 점검 |\n"
    shown = put(app, "계획.md", plan, title="제설 계획").document_id
    hidden = put(
        app,
        "비밀.md",
        plan + "\n비밀이다.\n",
        title="몰래 계획",
        audience=("복지과",),
        department="복지과",
        grade="S",
    ).document_id
    page = kim.get(f"/drafts/new?kind=plan&document={shown}").text
    assert "눈이 많이 온다." in page and "출처: 제설 계획" in page
    absent = kim.get("/drafts/new?kind=plan&document=987654")
    refused = kim.get(f"/drafts/new?kind=plan&document={hidden}")
    assert refused.status_code == absent.status_code == 404 and "몰래" not in refused.text
    facts, grade = app.drafting.facts_from(people.other, "plan", [hidden])
    assert grade == "S" and facts["추진배경"]["source"] == "몰래 계획"


def test_a_file_gives_facts_and_a_bad_one_says_why(kim: Any) -> None:
    upload = {"file": ("계획.md", "# 점검\n\n## 추진 배경\n\n- 낡았다.\n".encode())}
    page = kim.client.post(
        "/drafts/new/file", data={"kind": "report", "csrf_token": kim.csrf}, files=upload
    )
    assert page.status_code == 200 and "낡았다." in page.text and "출처: 계획.md" in page.text
    bad = kim.client.post(
        "/drafts/new/file",
        data={"kind": "report", "csrf_token": kim.csrf},
        files={"file": ("x.hwpx", b"PK\x03\x04broken")},
    )
    assert bad.status_code == 422 and "초안을 쓰지 못했습니다" in bad.text


def test_one_kind_becomes_another_from_the_same_facts(kim: Any, draft: int) -> None:
    answer = kim.post(f"/drafts/{draft}/convert", {"kind": "press"})
    made = state(kim, int(answer.headers["location"].rsplit("/", 1)[1]))
    assert made["document"]["kind"] == "press" and "113대" in made["preview"]
    assert "각 부서장" not in made["preview"]


def test_deleted_drafts_come_back_for_their_author_alone(
    app: App, people: Any, kim: Any, draft: int
) -> None:
    assert kim.post(f"/drafts/{draft}/delete").status_code == 303
    assert kim.get(f"/drafts/{draft}").status_code == 404
    with pytest.raises(NotFound):
        app.drafting.undelete(people.other, draft)
    app.drafting.undelete(people.kim, draft)
    assert kim.get(f"/drafts/{draft}").status_code == 200


def test_limits_are_told(app: App, people: Any, draft: int) -> None:
    with pytest.raises(InvalidInput, match="단계보다 깊습니다"):
        deep: Any = "끝"
        for _ in range(12):
            deep = [deep]
        app.drafting.begin(people.kim, "letter", {"내용": deep})
    with pytest.raises(NotFound, match="문서 종류는 없습니다"):
        app.drafting.begin(people.kim, "소설", {})
    with pytest.raises(Conflict):
        app.drafting.save(people.kim, draft, {"fields": {}, "body": []}, 77)
