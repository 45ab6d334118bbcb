"""The inspector and the dictionary in a real browser: one walk through each, axe at both widths."""

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


def test_inspecting_says_why_a_document_is_missing(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/inspect")
    check(page)
    page.fill("#f-query", "공유재산 사용료를 체납하면 해지할 수 있나")
    page.fill("#f-title", "제설")
    page.get_by_text("조건", exact=True).click()
    page.select_option("#f-department", "재산관리과")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="살펴보기").click()
    expect(page.get_by_role("heading", name="합친 순위")).to_be_visible()
    expect(page.locator(".notice")).to_contain_text("제설")
    expect(page.locator(".signals").first).to_contain_text("공유재산")
    expect(page.locator("#f-query")).to_have_value("공유재산 사용료를 체납하면 해지할 수 있나")
    check(page)


def test_keeping_the_dictionary(page: Page, service: Any, check: Any) -> None:
    page.goto(service.url + "/dictionary")
    check(page)
    page.fill("#f-everyday", "눈 쓸다")
    page.fill("#f-official", "제설")
    page.get_by_role("button", name="넣기").first.click()
    expect(page.locator(".toast")).to_contain_text("용어를 넣었습니다")
    page.fill("#f-question", "눈은 누가 쓸어야 하나요")
    page.get_by_role("button", name="시험하기").click()
    expect(page.locator(".rule")).to_contain_text("시 전체")
    check(page)
    page.get_by_label("눈 쓸다 더보기").click()
    page.get_by_role("button", name="빼기").click()
    expect(page.locator(".toast")).to_contain_text("용어를 뺐습니다")
    expect(page.get_by_label("눈 쓸다 더보기")).to_have_count(0)
    page.goto(service.url + "/dictionary?list=shipped&q=체납")
    check(page)
