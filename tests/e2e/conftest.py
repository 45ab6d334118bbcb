"""A real service with real models in a process of its own, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PASSWORD = "browser-test-1234"
WIDTHS = {"1440": (1440, 900), "390": (390, 844)}
FILES = (
    "공유재산·세외수입 관리 매뉴얼(2026).hwpx",
    "2026년 겨울철 도로 제설 대책.pdf",
    "여비 지급 업무 매뉴얼(2026).docx",
    "공유재산 사용허가 현황(2026.6.).xlsx",
)


@dataclass(frozen=True)
class Service:
    """Where the service under test listens, and where it keeps its data."""

    url: str
    home: Path
    documents: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _mokmin(home: Path, *arguments: str, text: str = "", **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "mokmin", "--home", str(home), *arguments],
        check=True,
        input=text,
        text=True,
        capture_output=True,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over four documents of the demo city and one statute."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("documents")
    demo = resources.files("mokmin.demo").joinpath("files")
    for name in FILES:
        (folder / name).write_bytes(demo.joinpath(name).read_bytes())
    _mokmin(home, "account", "yun", "--name", "윤아름", "--department", "재산관리과", text=PASSWORD)
    _mokmin(home, "account", "boss", "--name", "예단", "--role", "admin", text=PASSWORD)
    _mokmin(home, "ingest", str(folder), "--department", "재산관리과")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "mokmin", "--home", str(home), "serve"],
        env={**os.environ, "MOKMIN_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(url)
        yield Service(url, home, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def add_account(service: Service) -> Callable[..., None]:
    """Makes an account with a login, a role, and further options."""
    return lambda login, role, *more: _mokmin(
        service.home, "account", login, "--name", login, "--role", role, *more, text=PASSWORD
    )


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url + "/healthz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the service did not start")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the installed Chromium."""
    found = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        pytest.skip("no Chromium: sudo apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, running."""
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = driver.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture
def open_page(
    browser: Browser, service: Service
) -> Callable[[str, str, str], AbstractContextManager[Page]]:
    """Opens a page of an account, at a width of ``WIDTHS`` and in a colour scheme; it fails on any error
    of a script and any foreign request."""

    @contextmanager
    def opened(login: str, width: str, scheme: str) -> Iterator[Page]:
        wide, high = WIDTHS[width]
        context = browser.new_context(
            viewport={"width": wide, "height": high}, color_scheme=scheme, locale="ko-KR"
        )
        page = context.new_page()
        bad: list[str] = []
        own = (service.url, "data:")
        page.on("pageerror", lambda error: bad.append(str(error)))
        page.on("console", lambda m: bad.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if r.url.startswith(own) else bad.append(r.url))
        page.goto(service.url + "/")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(service.url + "/")
        yield page
        assert bad == []
        context.close()

    return opened


@pytest.fixture
def check() -> Callable[[Page], None]:
    """Asserts that a page has no violation of accessibility and nothing wider than the screen."""

    def checked(page: Page) -> None:
        broken = {v["id"]: v["nodes"][0]["html"] for v in Axe().run(page).response["violations"]}
        assert broken == {}
        size = page.viewport_size
        assert size is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    return checked
