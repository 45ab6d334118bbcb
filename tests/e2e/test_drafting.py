"""Writing an official document in a real browser: by keyboard alone, with composed Hangul, on a phone too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mokmin.base.formats.hwpx_texts import written_texts

pytestmark = pytest.mark.xdist_group("browser")
FACTS = {
    "행정기관명": "해온시",
    "수신": "각 부서장",
    "제목": "물품 재물조사 알림",
    "관련": "재산관리과-3127(2026. 9. 11.)",
    "내용": "기간: 2026. 12. 1.(수) ~ 12. 11.(금)\n대상: 사무용 전산장비",
    "발신명의": "해온시장",
}


@pytest.fixture(params=[("1440", "light"), ("390", "dark")], ids="-".join)
def page(request: pytest.FixtureRequest, open_page: Any) -> Iterator[Page]:
    """A page of an official."""
    with open_page("yun", *request.param) as opened:
        yield opened


def _begun(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/drafts")
    check(page)
    page.locator('a[href="/drafts/new?kind=letter"]').press("Enter")
    page.wait_for_url("**/drafts/new?kind=letter")
    check(page)
    for key, value in FACTS.items():
        place = page.locator(f'[name="f:{key}"]')
        if not place.is_visible():
            page.locator("details.fact-part summary").press("Enter")
        place.fill(value)
    page.get_by_role("button", name="초안 쓰기").press("Enter")
    page.wait_for_selector("[data-blocks] textarea")


def test_a_letter_is_written_by_keyboard(
    page: Page, service: Any, check: Any, tmp_path: Path
) -> None:
    _begun(page, service, check)
    check(page)
    areas = page.locator("[data-blocks] textarea")
    last = areas.nth(areas.count() - 1)
    last.focus()
    last.press("End")
    last.press("Enter")
    # Hangul as an input method gives it: syllables that change until they are whole.
    device = page.context.new_cdp_session(page)
    count = areas.count()
    for said in ("ㅈ", "제", "젳", "제추", "제출"):
        device.send(
            "Input.imeSetComposition", {"text": said, "selectionStart": 2, "selectionEnd": 2}
        )
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, keyCode: 229, bubbles: true, cancelable: true}))"
    )
    device.send("Input.insertText", {"text": "제출"})
    assert areas.count() == count
    page.keyboard.type(": 물품관리과")
    expect(areas.nth(count - 1)).to_have_value("제출: 물품관리과")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-saved]")).to_contain_text("저장됨", timeout=15_000)
    expect(page.locator(f'[data-at="{count - 1}"]')).to_have_class("block level-3 style-item")
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator(f'[data-at="{count - 1}"] .mark')).to_have_text("다.", timeout=15_000)
    if (page.viewport_size or {})["width"] < 600:
        page.get_by_role("tab", name="미리보기").press("Enter")
        check(page)
    paper = page.locator("[data-paper]")
    expect(paper).to_contain_text("다. 제출: 물품관리과")
    expect(paper).to_contain_text("끝.")
    page.get_by_role("tab", name="검토").press("Enter")
    page.locator("#pane-review").get_by_role("button", name="‘화’로 바꾸기").press("Enter")
    expect(page.locator("[data-findings]")).not_to_contain_text("화요일입니다")
    check(page)
    with page.expect_download() as got:
        page.get_by_role("link", name="HWPX 내려받기").press("Enter")
    target = tmp_path / "draft.hwpx"
    got.value.save_as(target)
    assert got.value.suggested_filename == "물품 재물조사 알림.hwpx"
    written = "\n".join(written_texts(target.read_bytes()).paragraphs)
    assert "다. 제출: 물품관리과" in written and "2026. 12. 1.(화)" in written
    page.reload()
    page.wait_for_selector("[data-blocks] textarea")
    kept = page.evaluate(
        "[...document.querySelectorAll('[data-blocks] textarea')].map((t) => t.value)"
    )
    assert "제출: 물품관리과" in kept


def test_a_plan_of_the_library_becomes_a_press_release(
    page: Page, service: Any, check: Any
) -> None:
    page.goto(service.url + "/drafts/new?kind=press&q=제설")
    page.get_by_role("link", name="가져오기").first.press("Enter")
    expect(page.locator(".source").first).to_contain_text("출처:")
    check(page)
    page.get_by_role("button", name="초안 쓰기").press("Enter")
    page.wait_for_selector("[data-blocks] textarea")
    expect(page.locator("[data-blanks]")).to_contain_text("빠진 사실")
    check(page)
