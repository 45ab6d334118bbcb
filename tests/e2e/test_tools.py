"""The tools in a real browser: each made from the demo city's documents, axe at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=[("1440", "light"), ("390", "dark")], ids="-".join)
def page(request: pytest.FixtureRequest, open_page: Any) -> Iterator[Page]:
    """A page of an official."""
    with open_page("yun", *request.param) as opened:
        yield opened


def pick(page: Page, service: Any, kind: str, *words: str) -> None:
    """Find documents by their title and put them into the choice."""
    page.goto(service.url + f"/tools/{kind}")
    for word in words:
        page.fill("#f-q", word)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="담기").first.click()


def test_a_summary_leads_back_to_its_place(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/tools")
    check(page)
    pick(page, service, "summary", "제설")
    check(page)
    page.get_by_role("button", name="만들기").click()
    expect(page.locator(".brief li").first).to_be_visible(timeout=15_000)
    check(page)
    page.locator(".brief .chip").first.click()
    expect(page.locator("#passage")).to_be_visible()


def test_a_table_of_fields_over_two_documents(page: Page, service: Any, check: Any) -> None:
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


def test_a_timeline_and_questions(page: Page, service: Any, check: Any) -> None:
    pick(page, service, "timeline", "제설", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.get_by_role("heading", name="어떤 일부터 세는 기한")).to_be_visible(timeout=15_000)
    check(page)
    pick(page, service, "quiz", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.locator(".quiz")).to_contain_text("언제까지", timeout=15_000)
    check(page)


def test_comparing_two_documents(page: Page, service: Any, check: Any) -> None:
    pick(page, service, "compare", "제설", "여비")
    page.get_by_role("button", name="만들기").click()
    expect(page.locator("table.diff")).to_be_visible(timeout=15_000)
    expect(page.locator(".notice.warn")).to_contain_text("많이 다릅니다")
    check(page)
