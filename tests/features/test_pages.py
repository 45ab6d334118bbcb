"""Every page, for those who may see it, with its headers and its errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.web.kit import local
from mokmin.features.console.pages import MANY_UNINDEXED

PAGES = [
    "/", "/chat", "/chat?q=주차", "/chat/history", "/chat/history/list", "/library",
    "/library?q=없음&state=ready&grade=O&page=3", "/library?search=주차요금", "/library/rows",
    "/jobs", "/jobs/table", "/preferences", "/help", "/accessibility",
]  # fmt: skip


@pytest.mark.parametrize("url", PAGES)
def test_every_page_opens(kim: Any, url: str) -> None:
    answer = kim.get(url)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"].startswith("text/html")


def test_headers_of_every_answer(kim: Any, browser: Any) -> None:
    for answer in (
        kim.get("/"), kim.get("/nowhere"), browser().get("/signin"),
        browser().client.get("/healthz"), browser().client.get("/static/logo.svg"),
    ):  # fmt: skip
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_pages_need_nothing_from_elsewhere_and_no_inline_code(kim: Any) -> None:
    for url in PAGES:
        text = kim.get(url).text
        assert "<script>" not in text
        assert " onclick=" not in text
        assert 'src="http' not in text
        assert " style=" not in text


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(kim: Any) -> None:
    page = kim.get("/없는-주소")
    assert page.status_code == 404
    assert "그런 주소는 없습니다" in page.text
    assert page.headers["content-type"].startswith("text/html")
    problem = kim.client.get("/api/nowhere")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    assert set(problem.json()) == {"type", "title", "status", "code", "detail", "retry"}


@pytest.mark.parametrize("url", ["/library/abc", "/library?page=x", "/chat/0x1"])
def test_an_address_of_the_wrong_kind_is_told(kim: Any, url: str) -> None:
    assert kim.get(url).status_code in (400, 404)


def test_numbers_that_no_document_has(kim: Any) -> None:
    huge = "9" * 25
    statuses = {
        url: kim.get(url).status_code
        for url in (
            f"/library/{huge}", "/library/3000000000", f"/chat/{huge}",
            f"/library/status?ids={huge}", "/library/status?ids=²",
        )
    }  # fmt: skip
    assert all(status < 500 for status in statuses.values()), statuses


@pytest.mark.parametrize("login", ["kim", "lead", "other"])
def test_the_administrators_page_is_for_the_administrator(signed_in: Any, login: str) -> None:
    someone = signed_in(login)
    assert someone.get("/admin").status_code == 403
    for url in ("/admin/index/optimize", "/admin/jobs/retry-failed", "/admin/check"):
        assert someone.post(url).status_code == 403
    assert 'href="/admin"' not in someone.get("/").text


def test_the_administrator_sees_figures_and_no_content(
    app: App, signed_in: Any, put: Any, people: Any
) -> None:
    put(app, "비밀.txt", "정직을 의결하였다.\n", title="징계 의결", audience=("회계과",))
    admin = signed_in("admin")
    page = admin.get("/admin")
    assert page.status_code == 200
    assert "징계 의결" not in page.text
    for url in ("/admin/index/optimize", "/admin/jobs/retry-failed", "/admin/check"):
        assert admin.post(url).status_code == 303


def test_the_administrator_sees_the_state_of_the_index(
    app: App, signed_in: Any, put: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(app, "조례.txt", "주차요금을 정한다.\n")
    admin = signed_in("admin")
    before = admin.get("/admin").text
    assert '<dt>다시 만든 때</dt><dd class="num">없음</dd>' in before
    app.ingestion.rebuild()
    built = app.index.health().built_at
    assert built is not None
    shown = f"{local(built):%Y. %-m. %-d. %H:%M}"
    after = admin.get("/admin").text
    assert f'<dt>다시 만든 때</dt><dd class="num">{shown}</dd>' in after
    assert '<dt>세대</dt><dd class="num">2</dd>' in after
    assert "이전 판의 색인" not in after
    outdated = replace(app.index.health(), outdated=True, unindexed=MANY_UNINDEXED + 1)
    monkeypatch.setattr(app.index, "health", lambda: outdated)
    assert "이전 판의 색인" in admin.get("/admin").text


def test_alive_and_ready(app: App, browser: Any) -> None:
    client = browser().client
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


@pytest.fixture
def broken(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise ZeroDivisionError("비밀 내용")

    monkeypatch.setattr(app.documents, "kinds", fail)


@pytest.mark.usefixtures("broken")
def test_an_unexpected_error_is_told_without_its_content(kim: Any) -> None:
    answer = kim.get("/library")
    assert answer.status_code == 500
    assert "예상하지 못한 문제" in answer.text
    assert "비밀 내용" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.usefixtures("broken")
def test_an_unexpected_error_has_its_headers_too(kim: Any) -> None:
    assert "content-security-policy" in kim.get("/library").headers


def test_a_request_that_says_it_is_too_large_is_refused(kim: Any) -> None:
    headers = {"Content-Length": str(10**10), "X-CSRF-Token": kim.csrf}
    answer = kim.client.post("/library/upload", content=b"x", headers=headers)
    assert answer.status_code == 413
