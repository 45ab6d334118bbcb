"""What a conversation can do beyond one answer, in a real browser: an edited question and its branches,
a file with a question about it, choosing a document by what it says, a temporary conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

pytestmark = pytest.mark.xdist_group("browser")
FIRST = "공유재산 사용료가 3회 연속 체납된 경우 바로 해지 가능한가?"
NOTE = "물빛 임시주차장 부지의 예산은 8,400만원이다.\n"
DONE = 60_000


@pytest.fixture(params=[("1440", "dark"), ("390", "light")], ids="-".join)
def page(request: pytest.FixtureRequest, open_page: Any) -> Iterator[Page]:
    """A page of an official."""
    with open_page("yun", *request.param) as opened:
        yield opened


def _answered(page: Page) -> None:
    page.wait_for_selector("[data-foot]", timeout=DONE)


def test_an_edited_question_keeps_the_first_one(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/chat")
    page.fill("#question", FIRST)
    page.keyboard.press("Enter")
    _answered(page)
    page.get_by_role("button", name="질문 고치기").press("Enter")
    box = page.get_by_label("고친 질문")
    expect(box).to_be_focused()
    box.fill("여비의 숙박비 상한은 얼마인가?")
    check(page)
    page.get_by_role("button", name="고쳐 묻기").press("Enter")
    expect(page.locator(".q")).to_have_text("여비의 숙박비 상한은 얼마인가?")
    _answered(page)
    check(page)
    page.get_by_role("button", name="이전 갈래").press("Enter")
    expect(page.locator(".q")).to_have_text(FIRST)
    expect(page.locator(".branch")).to_contain_text("1/2")
    page.get_by_role("button", name="다음 갈래").press("Enter")
    expect(page.locator(".q")).to_have_text("여비의 숙박비 상한은 얼마인가?")


def test_a_question_waits_for_its_attachment(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/chat")
    page.get_by_role("button", name="파일 첨부").press("Enter")
    note: FilePayload = {
        "name": "예산 메모.txt",
        "mimeType": "text/plain",
        "buffer": NOTE.encode(),
    }
    broken: FilePayload = {
        "name": "깨진.pdf",
        "mimeType": "application/pdf",
        "buffer": b"%PDF-1.4 no",
    }
    page.set_input_files("#attach-file", [note, broken])
    page.get_by_role("button", name="첨부하기").press("Enter")
    page.wait_for_selector(".attached")
    page.fill("#question", "물빛 임시주차장 부지의 예산은 얼마인가?")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/chat/\d+#"), timeout=DONE)
    _answered(page)
    expect(page.locator(".blocks").first).to_contain_text("8,400만원")
    check(page)
    page.get_by_role("button", name="깨진.pdf 다시 읽기").press("Enter")
    expect(page.locator("#attached[data-working]")).to_be_attached()
    expect(page.get_by_role("button", name="깨진.pdf 다시 읽기")).to_be_visible(timeout=DONE)


def test_a_document_is_chosen_by_what_it_says(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/chat")
    page.get_by_role("button", name="물을 문서 고르기").press("Enter")
    page.fill("#picker-q", "숙박비")
    found = page.locator("#picks button").first
    expect(found).to_contain_text("여비 지급 업무 매뉴얼")
    expect(found.locator(".excerpt")).to_contain_text("숙박비")
    check(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-pills]")).to_contain_text("여비 지급 업무 매뉴얼")
    expect(page.locator("#question")).to_be_focused()


def test_a_temporary_conversation_is_gone_when_left(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/chat?temporary=1")
    page.fill("#question", FIRST)
    page.keyboard.press("Enter")
    _answered(page)
    check(page)
    address = page.url
    page.get_by_role("button", name="지금 끝내기").press("Enter")
    page.wait_for_url(service.url + "/chat?temporary=1")
    page.goto(service.url + "/chat/history?q=3회 연속 체납")
    assert address.split("#")[0].removeprefix(service.url) not in page.content()
    left = page.request.get(address)
    assert left.status == 404
