"""The tools in a real browser: each made from the demo city's documents, axe at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

PASSWORD = "browser-test-1234"
pytestmark = pytest.mark.xdist_group("browser")
WIDTHS = {"1440": (1440, 900), "390": (390, 844)}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = driver.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture(params=[("1440", "light"), ("390", "dark")], ids="-".join)
def page(request: pytest.FixtureRequest, browser: Browser, service: Any) -> Iterator[Page]:
    """A page of an official that fails on any error of a script and any foreign request."""
    name, scheme = request.param
    width, height = WIDTHS[name]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="ko-KR"
    )
    opened = context.new_page()
    bad: list[str] = []
    opened.on("pageerror", lambda error: bad.append(str(error)))
    opened.on("console", lambda m: bad.append(m.text) if m.type == "error" else None)
    opened.on(
        "request", lambda r: None if r.url.startswith((service.url, "data:")) else bad.append(r.url)
    )
    opened.goto(service.url + "/")
    opened.fill("[name=login]", "yun")
    opened.fill("[name=password]", PASSWORD)
    opened.keyboard.press("Enter")
    opened.wait_for_url(service.url + "/")
    yield opened
    assert bad == []
    context.close()


def check(page: Page) -> None:
    """No violation of accessibility, nothing wider than the screen."""
    broken = {v["id"]: v["nodes"][0]["html"] for v in Axe().run(page).response["violations"]}
    assert broken == {}
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def pick(page: Page, service: Any, kind: str, *words: str) -> None:
    """Find documents by their title and put them into the choice."""
    page.goto(service.url + f"/tools/{kind}")
    for word in words:
        page.fill("#f-q", word)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="담기").first.click()


def test_a_summary_leads_back_to_its_place(page: Page, service: Any) -> None:
    page.goto(service.url + "/tools")
    check(page)
    pick(page, service, "summary", "제설")
    check(page)
    page.get_by_role("button", name="만들기").click()
    expect(page.locator(".brief li").first).to_be_visible(timeout=15_000)
    check(page)
    page.locator(".brief .chip").first.click()
    expect(page.locator("#passage")).to_be_visible()


def test_a_table_of_fields_over_two_documents(page: Page, service: Any) -> None:
    pick(page, service, "table", "제설", "여비")
    page.fill("#f-fields", "숙박비")
    page.get_by_role("button", name="만들기").click()
    table = page.locator("table.fields")
    expect(table).to_contain_text("출장을 마친 날부터 7일 이내", timeout=15_000)
    expect(table).to_contain_text("70,000원 이내")
    check(page)
    with page.expect_download() as got:
        page.get_by_role("link", name="엑셀").click()
    assert got.value.suggested_filename.endswith(".xlsx")


def test_a_timeline_and_questions(page: Page, service: Any) -> None:
    pick(page, service, "timeline", "제설", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.get_by_role("heading", name="어떤 일부터 세는 기한")).to_be_visible(timeout=15_000)
    check(page)
    pick(page, service, "quiz", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.locator(".quiz")).to_contain_text("언제까지", timeout=15_000)
    check(page)


def test_comparing_two_documents(page: Page, service: Any) -> None:
    pick(page, service, "compare", "제설", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.locator("table.diff")).to_be_visible(timeout=15_000)
    expect(page.locator(".notice.warn")).to_contain_text("많이 다릅니다")
    check(page)
