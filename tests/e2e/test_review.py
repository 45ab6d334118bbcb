"""Grading an answer and switching a feature off, in a real browser: one walk, axe at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=[(w, s) for w in ("1440", "390") for s in ("light", "dark")], ids="-".join)
def page(request: pytest.FixtureRequest, open_page: Any) -> Iterator[Page]:
    """A page of the administrator."""
    with open_page("boss", *request.param) as opened:
        yield opened


def test_an_answer_that_was_reported_is_graded_by_keyboard(
    page: Page, service: Any, check: Any
) -> None:
    page.goto(service.url + "/chat")
    page.fill("#question", "공유재산 사용료를 3회 연속 체납하면 해지할 수 있나?")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-foot]", timeout=60_000)
    page.get_by_label("고쳐야 해요").click()
    page.get_by_label("빠진 것이 있음").check()
    page.get_by_label("덧붙일 말").fill("단서가 빠졌습니다")
    check(page)
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_label("고쳐야 해요")).to_have_attribute("aria-pressed", "true")
    page.goto(service.url + "/review")
    check(page)
    page.locator(".list a.line").first.click()
    check(page)
    page.locator("[name=verdict][value=right]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[name=verdict][value=partly]")).to_be_checked()
    page.fill("#f-correction", "검토 대상이지만 바로 해지하지는 않는다")
    page.locator("[name=cited]").first.check()
    page.get_by_role("button", name="저장하고 다음으로").press("Enter")
    page.goto(service.url + "/review?state=done")
    expect(page.locator(".list .badge").first).to_contain_text("일부 맞음")
    check(page)


def test_switching_off_and_on(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/admin/switches")
    check(page)
    one = page.locator("li", has=page.get_by_role("heading", name="업무 대화", exact=True))
    one.locator("summary").press("Enter")
    one.get_by_label("직원에게 보일 알림").fill("잠시 고칩니다.")
    check(page)
    page.get_by_role("button", name="업무 대화 지금 끄기").press("Enter")
    expect(page.locator(".announce")).to_contain_text("잠시 고칩니다.")
    check(page)
    page.goto(service.url + "/library")
    expect(page.locator(".announce")).to_contain_text("업무 대화")
    check(page)
    page.goto(service.url + "/admin/switches")
    page.get_by_role("button", name="업무 대화 켜기").press("Enter")
    expect(page.locator(".announce")).to_have_count(0)
