"""What a person does, in a real browser: sign in, ask, check the source, upload, look around."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

PASSWORD = "browser-test-1234"
pytestmark = pytest.mark.xdist_group("browser")
QUESTION = "공유재산 사용료가 3회 연속 체납된 경우 바로 해지 가능한가?"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = driver.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


class Watch:
    """Collects what must not happen: errors of scripts, requests to anywhere else."""

    def __init__(self, page: Page, origin: str) -> None:
        self.bad: list[str] = []
        page.on("pageerror", lambda error: self.bad.append(str(error)))
        page.on("console", lambda m: self.bad.append(m.text) if m.type == "error" else None)
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((origin, "data:", "blob:")) else self.bad.append(r.url)
            ),
        )


def sign_in(context: BrowserContext, service: Any, login: str = "yun") -> tuple[Page, Watch]:
    page = context.new_page()
    watch = Watch(page, service.url)
    page.goto(service.url + "/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(service.url + "/")
    return page, watch


def ask(page: Page, service: Any) -> None:
    page.goto(service.url + "/chat")
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-foot]", timeout=60_000)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_ask_and_open_the_source(browser: Browser, service: Any, size: dict[str, int]) -> None:
    context = browser.new_context(viewport=size, locale="ko-KR")  # type: ignore[arg-type]
    page, watch = sign_in(context, service)
    ask(page, service)
    expect(page.locator(".blocks").first).to_contain_text(
        "바로(자동으로) 취소하거나 해지할 수 없다"
    )
    page.locator(".blocks .chip").first.click()
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name="원문 열기").first.click()
    page.wait_for_url("**/library/**")
    expect(page.locator("#passage")).to_be_in_viewport()
    assert watch.bad == []
    context.close()


def test_a_refresh_keeps_the_answer(browser: Browser, service: Any) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page, watch = sign_in(context, service)
    ask(page, service)
    before = page.locator(".blocks").first.inner_text()
    page.reload()
    assert page.locator(".blocks").first.inner_text() == before
    assert watch.bad == []
    context.close()


def test_enter_while_composing_hangul_does_not_send(browser: Browser, service: Any) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page, _ = sign_in(context, service)
    page.goto(service.url + "/chat")
    page.fill("#question", "체납")
    page.evaluate(
        "document.querySelector('#question').dispatchEvent(new KeyboardEvent('keydown',"
        "{key:'Enter',isComposing:true,keyCode:229,bubbles:true,cancelable:true}))"
    )
    page.wait_for_timeout(300)
    assert page.url == service.url + "/chat"
    context.close()


def test_upload_is_read_and_found(browser: Browser, service: Any, tmp_path: Path) -> None:
    note = tmp_path / "야간 당직 순찰 요령.md"
    note.write_text(
        "# 야간 당직 순찰 요령\n\n당직자는 2시간마다 청사를 순찰한다.\n", encoding="utf-8"
    )
    picture = tmp_path / "그림.hwp"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page, watch = sign_in(context, service)
    page.goto(service.url + "/library")
    page.set_input_files("input[type=file] >> nth=0", [str(note), str(picture)])
    page.wait_for_timeout(1_500)
    page.goto(service.url + "/jobs")
    expect(page.locator("tr", has_text="그림.hwp").get_by_text("실패")).to_be_visible(
        timeout=60_000
    )
    expect(page.locator("tr", has_text="야간 당직 순찰 요령").get_by_text("준비됨")).to_be_visible(
        timeout=60_000
    )
    page.goto(service.url + "/library?by=content&search=당직 순찰 시간")
    expect(page.locator("main")).to_contain_text("2시간마다")
    assert watch.bad == []
    context.close()


def test_pdf_opens_with_the_passage_boxed(browser: Browser, service: Any) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page, watch = sign_in(context, service)
    page.goto(service.url + "/library?by=content&search=도로 제설 제설제 살포")
    page.locator("main a[href*='passage=']", has_text="제설").first.click()
    expect(page.locator("svg#passage rect").first).to_be_visible(timeout=30_000)
    for _ in range(100):  # the picture is drawn on demand; the CSP forbids wait_for_function
        if page.evaluate("document.querySelector('.sheet img').naturalWidth") > 800:
            break
        page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('.sheet img').naturalWidth") > 800
    assert watch.bad == []
    context.close()


PAGES = (
    "/",
    "/chat",
    "/chat/history",
    "/library",
    "/jobs",
    "/preferences",
    "/help",
    "/accessibility",
    "/library?by=content&search=체납",
    "/admin",
    "/library/1",
    "/nope",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_no_accessibility_violation(
    browser: Browser, service: Any, size: dict[str, int], scheme: str
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page, _ = sign_in(context, service, "boss")
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(service.url + path)
        result = Axe().run(page)
        broken = [v["id"] for v in result.response["violations"]]
        if broken:
            found[path] = broken
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{path} is wider than the screen: {width}"
    ask(page, service)
    broken = [v["id"] for v in Axe().run(page).response["violations"]]
    assert found == {} and broken == []
    context.close()
