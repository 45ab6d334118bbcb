"""A newcomer makes an assistant from five documents, tests it, has it approved; a colleague asks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")
ASKED = "공유재산 사용료가 3회 연속 체납된 경우 바로 해지 가능한가?"
MANUAL = "공유재산·세외수입 관리 매뉴얼"


def test_from_five_documents_to_a_colleagues_answer(
    open_page: Any, service: Any, add_account: Any, check: Any, tmp_path: Path
) -> None:
    add_account("jang", "lead", "--department", "재산관리과")
    note = tmp_path / "대부료 안내.txt"
    note.write_text("대부료 안내\n\n대부료는 매년 4월 30일까지 낸다.\n", encoding="utf-8")
    with open_page("yun", "1440", "light") as page:
        page.goto(f"{service.url}/library")
        page.set_input_files("input[type=file] >> nth=0", str(note))
        _make(page, service.url)
        check(page)
        page.click("button:has-text('승인 요청')")
        expect(page.locator(".badge", has_text="승인 기다림").first).to_be_visible()
        address = page.url.partition("/edit")[0]
    with open_page("jang", "390", "dark") as page:
        page.goto(f"{service.url}/assistants")
        page.click("a:has-text('공유재산 도우미')")
        check(page)
        page.click("button:has-text('승인하고 게시')")
        expect(page.locator("#toasts")).to_contain_text("게시했습니다")
    with open_page("boss", "390", "light") as page:
        page.goto(address)
        check(page)
        page.fill("#question", ASKED)
        page.click("main button:has-text('묻기')")
        answer = page.locator("[data-answer]")
        expect(answer).to_contain_text("해지", timeout=20_000)
        expect(answer.locator(".group").first).to_contain_text("관리 매뉴얼")
        expect(page.locator(".composer")).to_contain_text("공유재산 도우미")


def _make(page: Page, url: str) -> None:
    page.goto(f"{url}/assistants/new")
    page.fill("#f-name", "공유재산 도우미")
    page.fill("#f-audience", "전 직원")
    page.click("button:has-text('문서 고르기')")
    for word, title in (
        ("공유재산", MANUAL),
        ("현황", "현황"),
        ("여비", "여비"),
        ("제설", "제설"),
        ("대부료", "대부료 안내"),
    ):
        choice = page.locator("#picks button", has_text=title).first
        for _ in range(40):  # the file that was just put in is still being read
            page.fill("#picker-q", word)
            page.dispatch_event("#picker-q", "input")
            page.wait_for_timeout(300)
            if choice.count():
                break
        choice.click(timeout=3_000)
    expect(page.locator("#picked")).to_contain_text("5건")
    page.click("button:has-text('다 골랐습니다')")
    page.fill("[name=trial] >> nth=0", ASKED)
    manual = page.locator("[name=trial_document] >> nth=0")
    manual.select_option(label=manual.locator("option", has_text=MANUAL).first.inner_text())
    page.fill("[name=trial] >> nth=1", "우주선 발사 허가는 누가 하나?")
    page.locator("[name=trial_document] >> nth=1").select_option("none")
    page.click(".form-actions button:has-text('만들고 시험')")
    expect(page.locator("#bench + .badge")).to_have_text("2건 가운데 2건 통과")
