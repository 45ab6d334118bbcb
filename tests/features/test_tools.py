"""The tools over the web and for programs: rights, keeping, files, models."""

from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from mokmin.app import App
from mokmin.base.errors import InvalidInput, NotFound, RateLimited
from mokmin.base.formats.ai_label import VISIBLE
from mokmin.base.llm.fakes import ScriptedChatModel
from mokmin.features.tools.model import Kind, Pick
from mokmin.features.tools.service import ToolService
from mokmin.features.tools.store import tool_runs
from mokmin.governance.access.rules import document_groups
from mokmin.governance.audit.service import audit_log

RULE = (
    "# 사용료 안내\n\n## 1. 납부\n\n가. 신청인은 허가를 받은 날부터 60일 이내에 사용료를 내야 한다.\n\n"
    "나. 사용료는 20,000원이다.\n\n2026년 3월 2일부터 적용한다.\n\n문의: 재산과 070-0000-1111\n"
)
NEWER = RULE.replace("60일", "30일").replace("20,000원", "25,000원")
SECRET = "# 감면 명단\n\n복지과만 아는 명단은 10일 이내에 없애야 한다.\n"
KINDS = ("summary", "table", "timeline", "quiz")


@pytest.fixture
def library(app: App, people: Any, put: Any) -> dict[str, int]:
    def add(name: str, text: str, **more: Any) -> int:
        return int(put(app, name, text, **more).document_id)

    return {
        "old": add("옛.md", RULE, title="사용료 안내(2025)"),
        "new": add("새.md", NEWER, title="사용료 안내(2026)"),
        "secret": add(
            "비밀.md",
            SECRET,
            title="감면 명단",
            audience=("복지과",),
            department="복지과",
            grade="S",
        ),
    }


def made(browser: Any, kind: str, *documents: int | str, **more: Any) -> Any:
    """The page of a finished run."""
    fields = {"document": [str(d) for d in documents]} | more
    answer = browser.post(f"/tools/{kind}", fields)
    assert answer.status_code == 303, answer.text
    for _ in range(100):
        page = browser.get(answer.headers["location"])
        if "/state" not in page.text:
            return page
        time.sleep(0.05)
    raise AssertionError("the run did not end")


# --- the five tools ---------------------------------------------------------------------------
def test_each_tool_shows_its_result_with_places(library: Any, kim: Any) -> None:
    said = {
        "summary": "60일 이내에 사용료를 내야 함",
        "table": "허가를 받은 날부터 60일 이내",
        "timeline": "2026. 3. 2.",
        "quiz": "언제까지 사용료를 내야 하나요?",
    }
    for kind in KINDS:
        page = made(kim, kind, library["old"], fields="기한, 금액")
        assert said[kind] in page.text, kind
        assert f'href="/library/{library["old"]}?view=text&amp;passage=' in page.text
        assert VISIBLE in page.text
    page = made(kim, "compare", library["old"], library["new"])
    assert "60일 이내" in page.text and "25,000원" in page.text and "<del>" in page.text


def test_two_versions_of_one_document(app: App, people: Any, put: Any, kim: Any) -> None:
    key = put(app, "지침.md", RULE).document_id
    assert put(app, "지침.md", NEWER).document_id == key
    offered = kim.get(f"/tools/compare?document={key}").text
    assert f"document={key}%401&amp;document={key}" in offered
    page = made(kim, "compare", f"{key}@1", key)
    assert "1판 ↔ 2판" in page.text and "30일 이내" in page.text


def test_a_successor_is_offered(app: App, people: Any, library: Any, kim: Any) -> None:
    app.documents.supersede(people.lead, library["old"], library["new"])
    old, new = library["old"], library["new"]
    for start in (old, new):
        assert (
            f"document={old}&amp;document={new}" in kim.get(f"/tools/compare?document={start}").text
        )


# --- rights -----------------------------------------------------------------------------------
def test_documents_that_may_not_be_read_are_refused(library: Any, kim: Any) -> None:
    page = kim.get(f"/tools/summary?document={library['secret']}")
    assert "감면 명단" not in page.text
    answer = kim.post("/tools/summary", {"document": [str(library["secret"])]})
    assert answer.status_code == 404 and "감면 명단" not in answer.text
    mixed = kim.post(
        "/tools/table", {"document": [library["old"], library["secret"]], "fields": "기한"}
    )
    assert mixed.status_code == 404


def test_a_run_is_its_owners_alone(library: Any, kim: Any, signed_in: Any) -> None:
    url = str(made(kim, "summary", library["old"]).url)
    other = signed_in("other")
    for address in (url, url + "/file.md", url + "/state"):
        assert other.get(address).status_code == 404
    assert other.post(url + "/delete").status_code == 404
    assert "사용료 안내(2025)" not in other.get("/tools").text.split("내가 만든 것")[1]


def test_a_run_closes_when_rights_are_taken_away(app: App, library: Any, kim: Any) -> None:
    url = str(made(kim, "summary", library["old"], library["new"]).url)
    assert "사용료 안내(2025) 외 1건" in kim.get("/tools").text
    with app.db.write() as connection:
        connection.execute(
            document_groups.delete().where(document_groups.c.document_id == library["new"])
        )
    for address in (url, url + "/file.xlsx", url + "/state"):
        answer = kim.get(address)
        assert answer.status_code == 404 and "사용료를 내야" not in answer.text
    assert "사용료 안내(2025) 외 1건" not in kim.get("/tools").text


def test_a_deleted_document_closes_its_runs(app: App, people: Any, library: Any, kim: Any) -> None:
    url = str(made(kim, "quiz", library["old"]).url)
    with app.db.write() as connection:
        connection.execute(sa.text("UPDATE documents SET deleted_at = created_at"))
    assert kim.get(url).status_code == 404


def test_the_grade_is_the_highest_of_the_documents(app: App, library: Any, signed_in: Any) -> None:
    other = signed_in("other")
    page = made(other, "summary", library["old"], library["secret"])
    assert "민감" in page.text
    run_id = int(str(page.url).rsplit("/", 1)[1])
    with app.db.read() as connection:
        grade = connection.execute(
            sa.select(tool_runs.c.grade).where(tool_runs.c.id == run_id)
        ).scalar_one()
    assert grade == "S"
    assert "보안 등급: 민감" in other.get(f"/tools/runs/{run_id}/file.md").text


def test_runs_and_files_are_on_the_record_without_contents(
    app: App, library: Any, kim: Any
) -> None:
    url = str(made(kim, "table", library["old"], fields="비밀스러운 항목").url)
    kim.get(url + "/file.csv")
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(audit_log.c.action, audit_log.c.detail)
            .where(audit_log.c.action.in_(["tool.run", "tool.export"]))
            .order_by(audit_log.c.seq)
        ).all()
    assert [r.action for r in rows] == ["tool.run", "tool.export"]
    assert all("비밀" not in r.detail and "사용료" not in r.detail for r in rows)
    assert app.audit.verify().ok


def test_forms_without_their_token_are_refused(library: Any, kim: Any) -> None:
    kim.csrf = "wrong"
    assert kim.post("/tools/summary", {"document": [library["old"]]}).status_code == 403


# --- mistakes ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "count", "more", "said"),
    [
        ("summary", 0, {}, "문서를 하나 이상"),
        ("compare", 1, {}, "두 개를 골라"),
        ("table", 1, {"fields": " , "}, "뽑을 항목을"),
        ("quiz", 1, {"count": "9999"}, "문답 수는"),
        ("summary", 1, {"length": "book"}, "고를 수 있는 값이 아닙니다"),
    ],
)
def test_mistakes_keep_the_form(
    library: Any, kim: Any, kind: str, count: int, more: Any, said: str
) -> None:
    answer = kim.post(f"/tools/{kind}", {"document": [str(library["old"])][:count]} | more)
    assert answer.status_code == 400 and said in answer.text
    assert count == 0 or f'name="document" value="{library["old"]}"' in answer.text


@pytest.mark.parametrize(
    "address", ["/tools/magic", "/tools/runs/999999", "/tools/runs/1/file.exe"]
)
def test_what_is_not_there(kim: Any, address: str) -> None:
    assert kim.get(address).status_code == 404


def test_a_document_number_that_is_none(kim: Any) -> None:
    assert kim.get("/tools/summary?document=1@2@3").status_code == 400
    assert kim.get("/tools/summary?document=abc").status_code == 400


def test_deleting_can_be_undone(library: Any, kim: Any) -> None:
    url = str(made(kim, "summary", library["old"]).url)
    path = url[url.index("/tools") :]
    assert kim.post(path + "/delete").status_code == 303
    assert kim.get(path).status_code == 404
    assert kim.post(path + "/restore").status_code == 303
    assert kim.get(path).status_code == 200


# --- files ------------------------------------------------------------------------------------
def test_the_workbook_has_label_places_and_no_formula(
    app: App, people: Any, put: Any, kim: Any
) -> None:
    key = put(app, "식.md", "# 안내\n\n기한: =1+2 이내\n").document_id
    url = str(made(kim, "table", key, fields="기한").url)
    book = load_workbook(io.BytesIO(kim.get(url + "/file.xlsx").content))
    sheet = book.worksheets[0]
    assert VISIBLE in sheet["A1"].value
    assert [c.value for c in sheet[3]] == ["문서", "기한", "기한 근거"]
    assert sheet["B4"].value == "=1+2 이내" and sheet["B4"].data_type == "s"
    assert book.worksheets[1]["D2"].value == "기한: =1+2 이내"
    assert "'=1+2" in kim.get(url + "/file.csv").content.decode("utf-8-sig")


def test_every_kind_has_its_files(library: Any, kim: Any) -> None:
    for kind in (*KINDS, "compare"):
        picks = [library["old"], library["new"]] if kind == "compare" else [library["old"]]
        url = str(made(kim, kind, *picks, fields="기한").url)
        text = kim.get(url + "/file.md").text
        assert VISIBLE in text and "## 근거" in text
        assert load_workbook(io.BytesIO(kim.get(url + "/file.xlsx").content)).worksheets
        assert VISIBLE in kim.get(url + "/file.csv").content.decode("utf-8-sig")


# --- programs ---------------------------------------------------------------------------------
def test_programs_begin_and_read_runs(library: Any, kim: Any) -> None:
    headers = {"x-csrf-token": kim.csrf}
    body = {"documents": [library["old"]], "options": {"fields": ["기한"]}}
    answer = kim.client.post("/api/v1/tools/table", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    cell = told["result"]["rows"][0]["cells"][0]["values"][0]
    assert cell["text"] == "허가를 받은 날부터 60일 이내"
    assert told["result"]["citations"][cell["cites"][0] - 1]["document_id"] == library["old"]
    again = kim.client.get(f"/api/v1/tools/runs/{told['id']}").json()
    assert again["result"] == told["result"]
    refused = kim.client.post(
        "/api/v1/tools/table", json={"documents": [library["secret"]]}, headers=headers
    )
    assert refused.status_code in (400, 404)


# --- the service ------------------------------------------------------------------------------
def finished(service: ToolService, who: Any, kind: Kind, *picks: int, **options: Any) -> Any:
    run_id = service.start(who, kind, [Pick(p) for p in picks], options)
    service.wait(run_id, 10)
    run = service.open(who, run_id)
    assert run.state == "done", run.error
    return run.result


def with_model(app: App, *pieces: str, grade: str = "C", **more: Any) -> tuple[ToolService, Any]:
    model = ScriptedChatModel(pieces, grade=grade, **more)
    service = ToolService(
        app.db, app.audit, lambda: app.verifier, app.people.department_names, [model]
    )
    return service, model


def test_a_models_lines_are_kept_only_when_borne_out(app: App, people: Any, library: Any) -> None:
    service, model = with_model(
        app,
        "- 신청인은 허가를 받은 날부터 60일 이내에 사용료를 내야 한다 [1]\n",
        "- 사용료는 20,000원이다 [2]\n",
        "- 사용료는 90,000원이다 [2]\n",
        "- 신청인은 허가를 받은 날부터 60일 이내에 사용료를 낼 수 있다 [1]\n",
        "- 근거가 없는 줄\n- 없는 번호를 단 줄이다 [77]\n",
    )
    result = finished(service, people.kim, Kind.SUMMARY, library["old"])
    numbered = [u for u in model.requests[0][1].content.split("\n") if re.match(r"\[\d", u)]
    assert "60일" in numbered[0] and "20,000원" in numbered[1]
    texts = [line["text"] for g in result["groups"] for line in g["lines"]]
    assert all(
        "90,000" not in t and "낼 수 있다" not in t and "근거가 없는" not in t for t in texts
    )


def test_a_model_that_fails_or_may_not_see_it_is_replaced(
    app: App, people: Any, library: Any
) -> None:
    service, _ = with_model(app, "반쯤", fail_after=1)
    result = finished(service, people.kim, Kind.SUMMARY, library["old"])
    assert result["model"] == "발췌" and "연결할 수 없어" in result["notices"][0]
    service, model = with_model(app, "무엇이든 [1]", grade="O")
    result = finished(service, people.other, Kind.SUMMARY, library["secret"])
    assert model.requests == [] and "S등급" in result["notices"][0]
    assert "10일 이내" in json.dumps(result, ensure_ascii=False)


def test_a_models_cell_must_stand_in_its_place(app: App, people: Any, library: Any) -> None:
    service, _ = with_model(app, "보증금 || 300만원 [1]\n시작 || 2026년 3월 2일부터 적용한다 [3]\n")
    result = finished(service, people.kim, Kind.TABLE, library["old"], fields="보증금")
    assert result["rows"][0]["cells"][0]["values"] == []


def test_at_most_a_few_runs_at_once(app: App, people: Any, library: Any) -> None:
    service, _ = with_model(app, *["."] * 40, pause_seconds=0.05)
    for _n in range(3):
        service.start(people.kim, Kind.SUMMARY, [Pick(library["old"])], {})
    with pytest.raises(RateLimited):
        service.start(people.kim, Kind.SUMMARY, [Pick(library["old"])], {})
    service.start(people.other, Kind.TIMELINE, [Pick(library["old"])], {})
    service._pool.shutdown(wait=True)


def test_a_run_whose_process_is_gone_says_so(app: App, people: Any, library: Any) -> None:
    run_id = app.tools.start(people.kim, Kind.TIMELINE, [Pick(library["old"])], {})
    app.tools.wait(run_id, 10)
    with app.db.write() as connection:
        connection.execute(
            sa.text("UPDATE tool_runs SET state = 'running', updated_at = '2026-01-01 00:00:00'")
        )
    run = app.tools.open(people.kim, run_id)
    assert run.state == "failed" and "다시 실행" in run.error


def test_too_many_documents_and_unread_ones(app: App, people: Any, library: Any, put: Any) -> None:
    with pytest.raises(InvalidInput):
        app.tools.start(people.kim, Kind.QUIZ, [Pick(n) for n in range(1, 12)], {})
    with pytest.raises(NotFound):
        app.tools.start(people.kim, Kind.QUIZ, [Pick(999_999)], {})
    with pytest.raises(InvalidInput):
        app.tools.start(people.kim, Kind.COMPARE, [Pick(library["old"])] * 2, {})
