"""Drafts for other systems: composing, facts, files, and who may."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import docx

FACTS = {
    "행정기관명": "해온시",
    "수신": "각 부서장",
    "제목": "물품 재물조사 알림",
    "내용": ["기간: 2026. 12. 1.(화) ~ 12. 11.(금)"],
    "발신명의": "해온시장",
}


def _send(browser: Any, method: str, url: str, body: Any) -> Any:
    return browser.client.request(method, url, json=body, headers={"X-CSRF-Token": browser.csrf})


def test_another_system_composes_reads_changes_and_takes_files(kim: Any) -> None:
    kinds = kim.get("/api/v1/drafts/kinds").json()
    assert len(kinds) == 14 and kinds[0]["fields"][0]["question"]
    made = _send(kim, "POST", "/api/v1/drafts", {"kind": "공문", "facts": FACTS})
    assert made.status_code == 201, made.text
    url = made.headers["location"]
    assert made.json()["questions"] == [] and made.json()["title"] == FACTS["제목"]
    changed = {**FACTS, "제목": "물품 재물조사 연기 알림"}
    stale = _send(kim, "PUT", url + "/facts", {"facts": changed, "revision": 99})
    assert stale.status_code == 409
    now = _send(kim, "PUT", url + "/facts", {"facts": changed, "revision": made.json()["revision"]})
    assert now.json()["title"] == changed["제목"] == kim.get(url).json()["facts"]["제목"]
    paper = docx.Document(io.BytesIO(kim.get(url + "/file?format=docx").content))
    assert any("연기" in p.text for p in paper.paragraphs) or paper.tables
    with zipfile.ZipFile(io.BytesIO(kim.get(url + "/file?format=package").content)) as archive:
        assert json.loads(archive.read("metadata.json"))["receiver"] == "각 부서장"
    assert kim.get(url + "/file?format=exe").status_code == 400


def test_nobody_else_reads_it_and_bad_calls_are_told(kim: Any, signed_in: Any) -> None:
    lee = signed_in("other")
    made = _send(kim, "POST", "/api/v1/drafts", {"kind": "letter", "facts": FACTS})
    url = made.headers["location"]
    for path in (url, url + "/file?format=package", url + "/file?format=docx"):
        assert lee.get(path).status_code == 404
    assert _send(lee, "PUT", url + "/facts", {"facts": FACTS, "revision": 1}).status_code == 404
    assert _send(kim, "POST", "/api/v1/drafts", {"kind": "없음", "facts": {}}).status_code == 404
    assert "보기로 채우기" in kim.get("/drafts/new?kind=press").text
    assert "142곳으로 늘린다" in kim.get("/drafts/new?kind=press&example=1").text
