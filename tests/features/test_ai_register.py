"""The first-use notice, taking over, labels that are read back, and the AI register."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed
from mokmin.base.formats.ai_label import VISIBLE
from mokmin.governance.audit.service import audit_log
from mokmin.governance.transparency import first_use
from mokmin.governance.transparency.model import AiUse
from mokmin.governance.transparency.store import ai_notices

RULE = "도로점용 허가를 받은 자는 허가를 받은 날부터 60일 이내에 사용료를 내야 한다."
USE = AiUse(
    name="민원 분류기",
    purpose="들어온 민원을 부서로 나눕니다.",
    department="민원과",
    owner="민원팀장",
    models="분류 모델",
    grades=("O", "S"),
    personal_data=True,
    impact="none",
    area="",
    reason="결정을 하지 않습니다.",
    oversight="담당자가 배정을 확인합니다.",
    status="in_use",
    started_on=date(2026, 1, 2),
    review_on=date(2026, 12, 31),
)


@pytest.fixture
def asked(app: App, people: Any, put: Any, signed_in: Any) -> Iterator[tuple[Any, str]]:
    """kim, and the address of kim's finished answer: ``/chat/1/messages/1``."""
    put(app, "도로점용 규정.txt", RULE)
    kim = signed_in("kim")
    where = kim.post("/chat", {"question": "도로점용 사용료는 언제까지 내나요?"}).headers[
        "location"
    ]
    cid, mid = re.findall(r"\d+", where)
    stream = kim.get(f"/chat/{cid}/messages/{mid}/stream")
    assert stream.headers["ai-disclosure"] == "mode=ai-generated"
    assert "검토하고 제 것으로" in stream.text
    yield kim, f"/chat/{cid}/messages/{mid}"


def actions(app: App) -> list[str]:
    """What is on the log."""
    with app.db.read() as connection:
        return list(connection.execute(sa.select(audit_log.c.action)).scalars())


def labels(form: str, content: bytes) -> dict[str, str]:
    """The machine-readable label of a file, by reading the file back."""
    if form == "md":
        head = content.decode().split("---\n")[1]
        return {k: json.loads(v) for k, v in (line.split(": ", 1) for line in head.splitlines())}
    names = {"docx": "docProps/custom.xml", "hwpx": "Contents/content.hpf"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(names[form]).decode()
    found = re.findall(r'name="((?:ai-|digital)[a-z-]+)"[^>]*>(?:<[^>]*>)?([^<]*)', text)
    return dict(found)


def test_exports_carry_the_label_that_a_person_changes_by_taking_over(
    app: App, asked: tuple[Any, str], signed_in: Any
) -> None:
    kim, answer = asked
    chat = answer.split("/messages")[0]
    for form in ("md", "docx", "hwpx"):
        sent = kim.get(f"{chat}/export.{form}")
        label = labels(form, sent.content)
        assert sent.headers["x-ai-generated"] == "true", form
        assert sent.headers["ai-disclosure"] == "mode=ai-generated"
        assert (
            label["ai-generated"] == "true" and "trainedAlgorithmic" in label["digital-source-type"]
        )
        assert "ai-reviewed-by" not in label
    # Somebody else's answer is as if it were not there; undone, it is AI's again.
    assert signed_in("other").post(f"{answer}/take-over").status_code == 404
    assert kim.post(f"{answer}/take-over").status_code == 303
    assert "검토: 김주무" in kim.get(chat).text
    assert kim.post(f"{answer}/take-over/undo").status_code == 303
    assert "ai-reviewed-by" not in labels("md", kim.get(f"{chat}/export.md").content)
    kim.post(f"{answer}/take-over")
    for form in ("md", "docx", "hwpx"):
        sent = kim.get(f"{chat}/export.{form}")
        assert sent.headers["ai-disclosure"] == "mode=ai-reviewed"
        assert labels(form, sent.content)["ai-reviewed-by"] == "김주무", form
    made = docx.Document(io.BytesIO(kim.get(f"{chat}/export.docx").content))
    assert "검토: 김주무" in made.core_properties.comments
    assert any("검토: 김주무" in p.text for p in made.paragraphs)
    late = kim.post(f"{answer}/take-over/undo")
    assert late.status_code in (400, 422) and "이미 내려받아" in late.text
    log = actions(app)
    assert log.count("ai.take_over") == 2 and log.count("ai.give_back") == 1


def test_a_text_that_changed_is_no_longer_taken_over(app: App, asked: tuple[Any, str]) -> None:
    kim, answer = asked
    kim.post(f"{answer}/take-over")
    with app.db.write() as connection:
        connection.execute(sa.text("UPDATE turns SET answer = replace(answer, '60일', '90일')"))
    sent = kim.get(answer.split("/messages")[0] + "/export.md")
    assert sent.headers["ai-disclosure"] == "mode=ai-generated"


def test_programs_and_tools_are_told(app: App, asked: tuple[Any, str]) -> None:
    kim, _ = asked
    body = {"question": "도로점용 사용료는 언제까지 내나요?"}
    token = {"x-csrf-token": kim.csrf}
    said = kim.client.post("/api/v1/ask", json=body, headers=token)
    assert said.status_code == 200 and said.headers["x-ai-generated"] == "true"
    run = kim.client.post("/api/v1/tools/summary", json={"documents": [1]}, headers=token)
    assert run.headers["x-ai-generated"] == "true" and run.json()["label"] == VISIBLE
    where = f"/tools/runs/{run.json()['id']}"
    assert app.tools.wait(run.json()["id"], 10) is None
    book = load_workbook(io.BytesIO(kim.get(f"{where}/file.xlsx").content))
    known = {p.name: p.value for p in book.custom_doc_props.props}
    assert known["ai-generated"] == "true" and book.properties.description == VISIBLE
    assert labels("md", kim.get(f"{where}/file.md").content)["ai-system"] == "Mokmin"
    assert kim.post(f"{where}/take-over").status_code == 303
    sent = kim.get(f"{where}/file.xlsx")
    book = load_workbook(io.BytesIO(sent.content))
    assert {p.name: p.value for p in book.custom_doc_props.props}["ai-reviewed-by"] == "김주무"
    assert "사람이 검토한 결과" in kim.get(where).text
    assert kim.post(f"{where}/take-over/undo").status_code in (400, 422)


def test_the_notice_goes_once_it_is_acknowledged_and_comes_back_when_it_changes(
    app: App, people: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = signed_in("kim")
    assert first_use.SHORT in kim.get("/chat").text
    assert "first-use" in kim.get("/tools/summary").text
    assert kim.post("/ai-notice", {"next": "//evil.example"}).headers["location"] == "/"
    partial = kim.post("/ai-notice", headers={"HX-Request": "true"})
    assert partial.status_code == 200 and partial.text == ""
    assert first_use.SHORT not in kim.get("/chat").text
    assert first_use.SHORT in signed_in("lead").get("/chat").text
    assert actions(app).count("ai.acknowledge") == 1
    monkeypatch.setattr(first_use, "VERSION", first_use.VERSION + 1)
    assert first_use.SHORT in kim.get("/chat").text
    kim.post("/ai-notice")
    with app.db.read() as connection:
        assert len(connection.execute(sa.select(ai_notices)).all()) == 2


def test_the_register_from_proposal_to_publication(
    app: App, people: Any, signed_in: Any, tmp_path: Path
) -> None:
    admin, kim = signed_in("admin"), signed_in("kim")
    assert "Mokmin 업무 대화" in admin.get("/ai-register").text
    assert "Mokmin 업무 대화" not in kim.get("/ai-register").text
    assert kim.get("/ai-register").status_code == 200
    for url in ("/ai-register/new", "/ai-register/export.csv"):
        assert kim.get(url).status_code == 403, url
    assert kim.post("/ai-register/new", {"name": "x"}).status_code == 403
    form = admin.get("/ai-register/new?source=assistant").text
    assert "이 시스템이 채운 내용" in form
    fields = {
        "source": "assistant",
        "name": "=1+1",
        "purpose": "묻고 답하기",
        "department": "정보통신과",
        "owner": "정보화팀장",
        "models": "발췌",
        "grades": "O",
        "personal_data": "yes",
        "impact": "none",
        "area": "",
        "reason": "결정을 하지 않습니다.",
        "oversight": "담당자가 확인합니다.",
        "status": "in_use",
        "started_on": "2026-01-02",
    }
    wrong = admin.post("/ai-register/new", fields)
    assert wrong.status_code in (400, 422) and "묻고 답하기" in wrong.text
    fields["review_on"] = "2026-12-31"
    where = admin.post("/ai-register/new", fields).headers["location"]
    again = admin.post("/ai-register/new", fields)
    assert again.status_code == 409 and "이미 대장에" in again.text
    assert "정보화팀장" in kim.get(where).text
    change = fields | {"revision": "1", "impact": "high", "area": "자"}
    assert kim.post(f"{where}/edit", change).status_code == 403
    assert admin.post(f"{where}/edit", change).status_code == 303
    assert admin.post(f"{where}/edit", change | {"name": "다른 것"}).status_code == 409
    assert "고영향 여부, 고영향 영역" in kim.get(where).text
    app.ai_register.add(people.admin, USE)
    table = admin.get("/ai-register/export.csv").content.decode("utf-8-sig")
    assert "'=1+1" in table and "민원 분류기" in table
    book = load_workbook(io.BytesIO(admin.get("/ai-register/export.xlsx").content))
    assert {c.data_type for row in book.active.iter_rows() for c in row} <= {"s", "n"}
    listed = json.loads(admin.get("/ai-register/export.json").content)["인공지능"]
    assert listed[0]["고영향 여부"] == "고영향" and len(listed) == 2
    log = actions(app)
    assert log.count("ai-system.add") == 2 and log.count("ai-system.change") == 1
    assert log.count("ai-system.export") == 3


def test_the_register_refuses_what_is_incomplete(app: App, people: Any) -> None:
    register = app.ai_register
    with pytest.raises(NotAllowed):
        register.add(people.kim, USE)
    for wrong in (
        {"impact": "high"},
        {"area": "자"},
        {"grades": ()},
        {"status": "gone"},
        {"review_on": None},
        {"review_on": date(2025, 1, 1)},
        {"oversight": " "},
    ):
        with pytest.raises(InvalidInput):
            register.add(people.admin, replace(USE, **wrong))
    with pytest.raises(InvalidInput):
        register.add(people.admin, USE, "no-such-feature")
    key = register.add(people.admin, USE)
    register.change(people.admin, key, 1, USE)
    assert register.get(key).revision == 1
    with pytest.raises(Conflict):
        register.change(people.admin, key, 7, replace(USE, name="다른 것"))
