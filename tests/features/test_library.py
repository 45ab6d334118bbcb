"""The library over the web: up, read, found, downloaded; never by the wrong person."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from mokmin.app import App
from mokmin.knowledge.ingestion.worker import Worker

TEXT = "주차요금은 한 시간에 1,000원이다.\n"


def upload(browser: Any, name: str, content: bytes, **fields: Any) -> Any:
    """Send a file as the page's script does."""
    return browser.client.post(
        "/library/upload",
        data={"grade": "O", "audience": "staff"} | fields,
        files={"file": (name, content)},
        headers={"X-CSRF-Token": browser.csrf},
    )


def states(browser: Any, *ids: int) -> list[str]:
    """What the page's script asks for while files are read."""
    answer = browser.client.get(f"/library/status?ids={','.join(map(str, ids))}")
    return [item["state"] for item in answer.json()]


def work(app: App) -> None:
    """Let the worker read what waits."""
    Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0)


def test_a_file_goes_up_is_read_and_found(app: App, kim: Any) -> None:
    receipt = upload(kim, "주차 요금.txt", TEXT.encode()).json()
    assert receipt["status"] == "queued"
    document = receipt["document_id"]
    assert states(kim, document) == ["queued"]
    assert "주차 요금.txt" in kim.get("/jobs").text
    work(app)
    assert states(kim, document) == ["ready"]
    assert "1,000원" in kim.get("/library?search=주차요금").text
    assert "1,000원" in kim.get(f"/library/{document}").text
    again = upload(kim, "다른 이름.txt", TEXT.encode()).json()
    assert (again["status"], again["document_id"]) == ("duplicate", document)


def test_a_form_without_script_leads_to_the_jobs(kim: Any) -> None:
    answer = kim.post(
        "/library/upload", {"grade": "O", "audience": "staff"}, files={"file": ("가.txt", TEXT)}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")


def test_a_broken_file_tells_why_and_can_be_tried_again(app: App, kim: Any) -> None:
    receipt = upload(kim, "망가진.pdf", b"%PDF-1.7 broken").json()
    work(app)
    document = app.documents.mine(app.people.principal("kim"))[0]
    assert states(kim, receipt["document_id"]) == ["failed"]
    assert document.reason in kim.get("/jobs").text
    assert kim.post(f"/jobs/{document.version_id}/retry").status_code == 303
    assert states(kim, receipt["document_id"]) == ["queued"]
    assert kim.post(f"/jobs/{document.version_id}/retry").status_code == 400


def test_the_original_comes_back_byte_for_byte(app: App, kim: Any) -> None:
    name = "2026년 '주차' 요금 (안) 100%.txt"
    document = upload(kim, name, TEXT.encode()).json()["document_id"]
    answer = kim.get(f"/library/{document}/file")
    assert answer.content == TEXT.encode()
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    assert "100%25" in disposition
    assert answer.headers["content-type"] == "application/octet-stream"
    with app.db.read() as connection:
        from mokmin.governance.audit.service import audit_log

        actions = [row.action for row in connection.execute(audit_log.select())]
    assert actions[-1] == "document.download"


def test_versions_stay_open_to_reading(app: App, kim: Any) -> None:
    document = upload(kim, "요금.txt", TEXT.encode()).json()["document_id"]
    second = upload(kim, "요금.txt", TEXT.replace("1,000", "1,500").encode()).json()
    assert (second["status"], second["document_id"]) == ("new_version", document)
    work(app)
    assert kim.get(f"/library/{document}/versions").status_code == 200
    assert "1,500원" in kim.get(f"/library/{document}").text
    assert "1,000원" in kim.get(f"/library/{document}?version=1").text
    assert kim.get(f"/library/{document}/file?version=1").content == TEXT.encode()
    assert kim.get(f"/library/{document}?version=9").status_code == 404


def test_an_archive_is_taken_apart(app: App, kim: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("폴더/가.txt", "가 문서의 글이다.\n")
        archive.writestr("폴더/나.txt", "나 문서의 글이다.\n")
    receipt = upload(kim, "묶음.zip", packed.getvalue()).json()
    assert len(receipt["files"]) == 2
    work(app)
    assert states(kim, *(f["document_id"] for f in receipt["files"])) == ["ready", "ready"]


def test_an_archive_that_leads_outside_harms_nothing(app: App, kim: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../밖.txt", "밖으로 나가려는 글이다.\n")
    upload(kim, "함정.zip", packed.getvalue())
    assert not list(app.settings.home.parent.rglob("밖.txt"))


@pytest.mark.parametrize(
    ("name", "content"),
    [("망가진.zip", b"PK\x03\x04 broken"), ("빈.zip", b"PK\x05\x06" + b"\0" * 18)],
)
def test_a_broken_archive_is_told(kim: Any, name: str, content: bytes) -> None:
    answer = upload(kim, name, content)
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"grade": "X"},
        {"audience": "복지과"},
        {"audience": ""},
        {"grade": ""},
    ],
)
def test_a_wrong_choice_is_refused(app: App, kim: Any, fields: dict[str, str]) -> None:
    assert upload(kim, "가.txt", b"x", **fields).status_code == 400
    assert app.documents.count(app.people.principal("kim")) == 0


def test_without_a_file_nothing_is_taken(kim: Any) -> None:
    answer = kim.client.post(
        "/library/upload", data={"grade": "O"}, headers={"X-CSRF-Token": kim.csrf}
    )
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_the_department_of_a_file_is_that_of_its_giver(app: App, kim: Any) -> None:
    document = upload(kim, "가.txt", TEXT.encode(), department="복지과").json()["document_id"]
    assert app.documents.get(app.people.principal("kim"), document).department == "회계과"


def test_a_document_of_another_department_does_not_exist(
    app: App, kim: Any, signed_in: Any
) -> None:
    secret = "정직을 의결하였다.\n".encode()
    document = upload(kim, "징계.txt", secret, audience="회계과").json()["document_id"]
    work(app)
    other = signed_in("other")
    for url in ("", "/file", "/versions", "/pages/1.png", "?version=1&passage=1"):
        assert other.get(f"/library/{document}{url}").status_code == 404, url
    for action in ("retry", "delete", "restore"):
        assert other.post(f"/library/{document}/{action}").status_code == 404, action
    version = app.documents.get(app.people.principal("kim"), document).version_id
    assert other.post(f"/jobs/{version}/retry").status_code == 404
    assert states(other, document) == []
    for url in ("/library", "/library?q=징계", "/library?search=정직", "/", "/jobs", "/chat"):
        text = other.get(url).text
        assert "징계.txt" not in text
        assert "의결하였다" not in text
    assert states(signed_in("lead"), document) == ["ready"]


def test_deleting_and_bringing_back(app: App, kim: Any, signed_in: Any) -> None:
    document = upload(kim, "요금.txt", TEXT.encode()).json()["document_id"]
    work(app)
    assert signed_in("other").post(f"/library/{document}/delete").status_code == 403
    assert kim.post(f"/library/{document}/delete").status_code == 303
    assert kim.get(f"/library/{document}").status_code == 404
    assert kim.post(f"/library/{document}/restore").status_code == 303
    assert kim.get(f"/library/{document}").status_code == 200


def test_the_filter_by_state(kim: Any) -> None:
    upload(kim, "주차 요금.txt", TEXT.encode())
    assert "주차 요금" in kim.get("/library/rows?state=queued").text
    assert "주차 요금" not in kim.get("/library/rows?state=ready").text


def test_the_filter_of_files_under_way(kim: Any) -> None:
    upload(kim, "주차 요금.txt", TEXT.encode())
    assert "주차 요금" in kim.get("/library/rows?state=working").text


def test_a_closed_document_needs_its_ground(app: Any, people: Any, signed_in: Any) -> None:
    kim = signed_in("kim")
    assert upload(kim, "민감.txt", b"x", grade="S").status_code == 400
    key = upload(kim, "민감.txt", TEXT.encode(), grade="S", ground="5").json()["document_id"]
    assert app.rights.of(people.kim, key).rights.legal_ground == "5"
