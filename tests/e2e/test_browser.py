"""What a person does, in a real browser: sign in, ask, check the source, upload, look around."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

PASSWORD = "browser-test-1234"
pytestmark = pytest.mark.xdist_group("browser")
QUESTION = "공유재산 사용료가 3회 연속 체납된 경우 바로 해지 가능한가?"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


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
    page.goto(service.url + "/search?q=당직 순찰 시간")
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


def test_the_search_box_proposes_and_is_used_with_the_keyboard(
    browser: Browser, service: Any
) -> None:
    context = browser.new_context(viewport=NARROW, locale="ko-KR")  # type: ignore[arg-type]
    page, watch = sign_in(context, service)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/search/suggest" in r.url else None)
    page.goto(service.url + "/search")
    box = page.locator("#search")
    box.click()
    page.keyboard.type("여비 지급", delay=20)
    option = page.locator("#proposals [role=option]").first
    expect(option).to_contain_text("여비 지급")
    assert len(asked) == 1, "typing without a pause asks once"
    expect(box).to_have_attribute("aria-expanded", "true")
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    active = box.get_attribute("aria-activedescendant")
    assert active == option.get_attribute("id")
    page.keyboard.press("Escape")
    expect(page.locator("#proposals")).to_be_hidden()
    expect(box).to_have_value("여비 지급")
    page.keyboard.press("ArrowDown")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowUp")  # from the box to the last
    page.keyboard.press("ArrowDown")  # and round to the box again
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/library/*")
    assert watch.bad == []
    context.close()


def test_the_search_box_waits_while_hangul_is_composed(browser: Browser, service: Any) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page, _ = sign_in(context, service)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/search/suggest" in r.url else None)
    page.goto(service.url + "/search")
    page.evaluate(
        """() => {
          const box = document.querySelector("#search");
          box.focus();
          box.dispatchEvent(new CompositionEvent("compositionstart"));
          box.value = "여ㅂ";
          box.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
          for (const key of ["Enter", "ArrowDown"]) box.dispatchEvent(new KeyboardEvent("keydown",
            { key, isComposing: true, keyCode: 229, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_timeout(900)
    assert asked == []
    assert page.url == service.url + "/search"
    page.evaluate(
        """() => {
          const box = document.querySelector("#search");
          box.value = "여비";
          box.dispatchEvent(new CompositionEvent("compositionend"));
        }"""
    )
    expect(page.locator("#proposals [role=option]").first).to_contain_text("여비")
    assert len(asked) == 1
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_search_is_narrowed_and_saved(browser: Browser, service: Any, script: bool) -> None:
    context = browser.new_context(viewport=NARROW, java_script_enabled=script)  # type: ignore[arg-type]
    page, _ = sign_in(context, service)
    page.goto(service.url + "/search")
    page.fill("#search", "사용료 체납 해지")
    page.locator(".search-bar button").click()
    page.wait_for_url("**/search?q=*")
    expect(page.locator(".found mark").first).to_be_visible()
    page.locator(".narrow-by > summary").click()
    page.get_by_label("시행 중인 것만").check()
    page.get_by_label("공개", exact=True).check()
    page.get_by_role("button", name="조건 적용").click()
    page.wait_for_url("**grade=O**")
    expect(page.locator(".chosen")).to_have_count(2)
    page.locator(".chosen", has_text="등급").click()
    expect(page.locator(".chosen")).to_have_count(1)
    page.locator(".save summary").click()
    page.get_by_label("저장할 이름").fill(f"해지 기준 {script}")
    expect(page.locator(".save form")).to_be_in_viewport(ratio=1)
    page.locator(".save form button").click()
    page.wait_for_url("**done=saved")
    page.goto(service.url + "/search")
    page.get_by_role("link", name=f"해지 기준 {script}").click()
    page.wait_for_url("**saved=*")
    expect(page.locator(".found mark").first).to_be_visible()
    page.locator(".found h2 a").first.click()
    page.wait_for_url("**/library/**")
    expect(page.locator("#passage")).to_be_in_viewport()
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
    "/search",
    "/search?q=체납",
    "/search?q=체납&kind=문서&grade=O&in_force=1",
    "/search?q=qwzxv&grade=C",
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
