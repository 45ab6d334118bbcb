"""Every place of work in a real browser, as those see it who work there: axe, one heading, nothing cut
off, a way to the text; each page at one width and in one colour scheme, taking turns."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.xdist_group("browser")
PASSWORD = "browser-test-1234"

# Who works there, and the pages of theirs that the other walks of this folder leave out. The roles
# in OTHERS have accounts of their own.
WALKS = {
    ("boss", "390", "light"): (
        "/admin/organisation",
        "/admin/organisation/people",
        "/admin/organisation/groups",
        "/admin/organisation/rotations",
        "/admin/organisation/import",
        "/admin/organisation/departments/1",
        "/admin/organisation/people/1",
        "/admin/permissions",
        "/admin/sign-in",
        "/admin/models",
        "/admin/models/new",
        "/models/compare",
        "/access",
        "/stewardship/answers",
        "/stewardship/answers/new",
        "/stewardship/questions",
        "/stewardship/documents?compare=1",
        "/stewardship/collections/new",
    ),
    ("pyo", "390", "dark"): (
        "/privacy",
        "/privacy/counts",
        "/privacy/policies",
        "/privacy/exclusions",
    ),
    ("yun", "1440", "dark"): (
        "/account",
        "/account/password",
        "/account/second-factor",
        "/my-ai",
        "/preferences",
        "/library/rights",
        "/library/1/rights",
        "/chat?temporary=1",
    ),
    ("gil", "1440", "light"): ("/records",),
    ("tak", "390", "light"): ("/audit",),
}
OTHERS = {"pyo": "privacy", "gil": "records", "tak": "auditor"}


@pytest.fixture(scope="module")
def desks(service: Any, add_account: Any) -> Any:
    """The service, with an account for each role that has a desk."""
    for login, role in OTHERS.items():
        add_account(login, role)
    return service


@pytest.mark.parametrize("walk", WALKS, ids="-".join)
def test_a_desk_reads_well(
    open_page: Any, desks: Any, check: Any, walk: tuple[str, str, str]
) -> None:
    with open_page(*walk) as page:
        for path in WALKS[walk]:
            page.goto(desks.url + path)
            check(page)
            _told_apart(page)


def _told_apart(page: Page) -> None:
    """One heading and a title that say where one is; the first stop of the keyboard leads to the text;
    no picture of the menu stands for two places."""
    (heading,) = page.locator("h1").all_text_contents()
    assert heading in page.title()
    assert heading not in [text.strip() for text in page.locator("main h2").all_text_contents()]
    assert page.locator("a, button, input").first.get_attribute("href") == "#main"
    assert page.locator("main#main").count() == 1
    pictures = page.locator(".side .nav use").evaluate_all("all => all.map(u => u.href.baseVal)")
    assert len(pictures) == len(set(pictures))


def test_folded_groups_of_the_menu_stay_folded(open_page: Any, desks: Any) -> None:
    with open_page("boss", "1440", "light") as page:
        group = page.locator("[data-fold]").first
        group.locator("summary").press("Enter")
        page.wait_for_function("Object.keys(localStorage).some(k => k.startsWith('mokmin.fold'))")
        page.goto(desks.url + "/jobs")
        expect(group).not_to_have_attribute("open", "")
        page.goto(desks.url + "/dictionary")
        expect(group.locator("[aria-current]")).to_be_visible()


def test_a_refused_form_comes_back_with_what_was_typed(browser: Browser, desks: Any) -> None:
    page = browser.new_page(locale="ko-KR")
    page.goto(desks.url + "/signin")
    page.fill("[name=login]", "gil")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(desks.url + "/")
    page.goto(desks.url + "/records")
    page.locator("summary", has_text="보존 조치 더하기").press("Enter")
    page.fill("#f-reason", "감사원 자료 요구")
    page.select_option("#f-scope", "dates")
    page.get_by_role("button", name="보존하기").press("Enter")
    expect(page.locator("main .notice.bad")).to_be_visible()
    expect(page.locator("#f-reason")).to_be_visible()
    expect(page.locator("#f-reason")).to_have_value("감사원 자료 요구")
    expect(page.locator("#f-scope")).to_have_value("dates")
    page.goto(desks.url + "/jobs")
    page.goto(desks.url + "/records")
    expect(page.locator("#f-reason")).to_have_value("")
    page.context.close()
