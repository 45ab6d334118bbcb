"""axe over every page, and nothing cut: wide and narrow, light and dark, text at 200 %.

    python benchmarks/accessibility.py --home COPY [--out FILE.json] [--only PART]

Serves a copy of a home with the demo city, signs in as people of every role, begins a conversation and a draft
so that their pages exist, and follows every link of the same origin. Every route that
the application declares (GET, a whole page) is opened by the first role that reaches it; routes that answer
with data, files or parts of pages are told apart, those never reached are listed.

Each page is looked at in these states: 1440 and 390 px, light and dark, with every folded part open, with the
browser's own text size at 200 % (1440 and 390 px), and as browser zoom leaves it (1440 px at 200 % is 720 px,
at 400 % 360 px). In each state axe-core runs with all its rules (WCAG 2.2 A and AA, best practices), and a
script looks for what is cut: a page or a reading area that scrolls sideways, text that its box hides, an element
that reaches out of the window. Tables may scroll in their own frame (WCAG 1.4.10); a name that ends in dots
must carry its whole text as title.

Use a copy of a home: conversations and drafts are added.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from sqlalchemy.exc import SQLAlchemyError

from mokmin.app import App
from mokmin.base.errors import MokminError
from mokmin.features.know_how.service import Text as Shared
from mokmin.features.library.model import Wanted
from mokmin.features.stewardship.collecting import CollectionDraft
from mokmin.features.stewardship.reaching import FolderDraft
from mokmin.features.tools.model import Kind, Pick
from mokmin.features.work_assistants.model import Content
from mokmin.governance.endpoints.model import Form as Endpoint
from mokmin.governance.people.declarations import PUBLIC, declared
from mokmin.governance.transparency.model import AiUse
from mokmin.knowledge.answering.curated_model import CuratedDraft
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.service import LibraryQuery
from mokmin.settings import demo_password, load_settings
from mokmin.web import create_web

# One person of each role of the demo city, the most rights first.
PEOPLE = (
    "ye.dan", "seo.haneul", "gil.naeun", "pyo.minseo", "tak.jun", "han.dohyun", "yun.areum",
)  # fmt: skip
SEEDS = ("/", "/drafts/new?kind=letter&example=1", "/assistants/new", "/know-how/new")
QUESTION = "병가는 며칠부터 진단서를 내야 하나요?"
FORM = (
    '<hs:sec xmlns:hs="http://x/section" xmlns:hp="http://x/paragraph"><hp:p><hp:run charPrIDRef="0">'
    "<hp:t>수신: {{수신}}</hp:t></hp:run></hp:p></hs:sec>"
)
AT_MOST = 2  # pages of one route pattern for each role
SLOW = 20_000  # ms
CUT = """() => {
  const found = [], wide = innerWidth + 1, root = document.documentElement;
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\\s+/).join(".") : ""}: ${e.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}`;
  if (root.scrollWidth > root.clientWidth + 1) found.push("page scrolls sideways: " + root.scrollWidth);
  const main = document.querySelector("main");
  if (main && main.getBoundingClientRect().height < 96) found.push("main is " + Math.round(main.getBoundingClientRect().height) + " px high");
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".sr, .skip, [inert], svg, canvas, .scrim")) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || style.clipPath !== "none") continue;
    const scrolls = /auto|scroll/.test(style.overflowX), hides = /hidden|clip/.test(style.overflowX), over = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0;
    const free = e.closest(".table-wrap, .table-scroll, pre, .paper, .paper-view, [data-paper], .scroll-x");
    if (over && scrolls && !free && !e.matches("textarea, input, select")) found.push("scrolls sideways: " + name(e));
    if (over && hides && e.textContent.trim() && !free && !e.matches("textarea, input, select")) {
      const dots = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      if (!dots) found.push("text cut: " + name(e));
      else if (!e.closest("[title], [aria-label]") && !e.querySelector("[title]")) found.push("shortened without title: " + name(e));
    }
    if (/hidden|clip/.test(style.overflowY) && e.scrollHeight > e.clientHeight + 4 && e.clientHeight > 0 && e.textContent.trim() && style.webkitLineClamp === "none" && !free && !e.matches("html, body, .frame, textarea, input, select")) found.push("text cut below: " + name(e));
    if (box.right > wide && !free && e.children.length === 0) {
      let p = e.parentElement, inner = false;
      while (p && !inner) { inner = /auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth + 1; p = p.parentElement; }
      if (!inner) found.push("out of the window: " + name(e));
    }
  }
  return [...new Set(found)];
}"""


@dataclass
class Seen:
    """A page and what was wrong with it, by state."""

    pattern: str
    url: str
    login: str
    axe: dict[str, list[str]] = field(default_factory=dict)
    cut: dict[str, list[str]] = field(default_factory=dict)


class Routes:
    """The GET routes that the application declares."""

    def __init__(self, home: Path) -> None:
        os.environ["MOKMIN_HOME"] = str(home)
        (home / "watched").mkdir(exist_ok=True)
        os.environ["MOKMIN_WATCHED_ROOTS"] = str(home.resolve() / "watched")
        self.app = App(load_settings())
        web = create_web(self.app)
        self.all = [r for r in declared(web) if r.method == "GET" and "…" not in r.path]
        self.public = {r.path for r in self.all if r.need == PUBLIC}
        self._compiled = [(r.path, _regex(r.path)) for r in self.all]
        # A literal part wins over a parameter, as the order of the routers has it.
        self._compiled.sort(key=lambda pair: pair[0].count("{"))

    def of(self, path: str) -> str:
        """The pattern of an address; empty for what is no route."""
        return next((p for p, regex in self._compiled if regex.fullmatch(path)), "")


def _regex(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(?::(\w+))?\}", path)
    made = re.escape(parts[0])
    for at in range(1, len(parts), 3):
        made += {"int": r"\d+", "path": r".+"}.get(parts[at + 1] or "", r"[^/]+")
        made += re.escape(parts[at + 2])
    return re.compile(made)


class Crawl:
    """Follows links as one person."""

    def __init__(self, context: BrowserContext, base: str, routes: Routes, login: str) -> None:
        self.context, self.base, self.routes, self.login = context, base, routes, login
        self.found: dict[str, list[str]] = {}
        self.other: dict[str, str] = {}

    def run(self, start: list[str]) -> None:
        """Walk from some addresses; ``found`` then has the addresses of pages by pattern."""
        waiting, known = deque(start), set(start)
        while waiting:
            url = waiting.popleft()
            pattern = self.routes.of(urlsplit(url).path)
            if not pattern or len(self.found.get(pattern, [])) >= AT_MOST:
                continue
            if pattern.endswith("/stream") or pattern == "/signin/oidc":
                continue
            try:
                answer = self.context.request.get(self.base + url, timeout=SLOW)
            except BrowserError:
                self.other[pattern] = "no answer"
                continue
            kind = answer.headers.get("content-type", "").split(";")[0]
            text = answer.text() if kind == "text/html" else ""
            if answer.status != 200 or "<html" not in text:
                self.other.setdefault(pattern, f"{answer.status} {kind or 'part'}")
                continue
            self.found.setdefault(pattern, []).append(url)
            for href in re.findall(r'(?:href|data-url|hx-get)="([^"#]+)', text):
                link = urlsplit(urljoin(answer.url, href.replace("&amp;", "&")))
                target = link.path + (f"?{link.query}" if link.query else "")
                if f"{link.scheme}://{link.netloc}" == self.base and target not in known:
                    known.add(target)
                    waiting.append(target)


def _enter(context: BrowserContext, base: str, login: str) -> Page:
    page = context.new_page()
    page.goto(f"{base}/signin")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", demo_password())
    page.click("form button[type=submit], form button:not([type])")
    page.wait_for_url(lambda url: "/signin" not in url)
    return page


def _furnish(page: Page, base: str, app: App) -> list[str]:
    """Make one of everything that an empty city lacks, so that its pages exist; addresses without a link."""
    page.goto(base + "/chat")
    page.fill("textarea[name=question]", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/chat/\d+"), timeout=SLOW)
    page.wait_for_timeout(4_000)
    talk = int(re.findall(r"/chat/(\d+)", page.url)[0])
    page.goto(base + "/drafts/new?kind=letter&example=1")
    page.locator("form[action='/drafts'] button.primary").last.click()
    page.wait_for_url(re.compile(r"/drafts/\d+"), timeout=SLOW)
    boss, steward, records = (app.people.principal(p) for p in PEOPLE[:3])
    today, sink = date.today(), io.BytesIO()
    with zipfile.ZipFile(sink, "w") as package:
        package.writestr("mimetype", "application/hwp+zip")
        package.writestr("Contents/section0.xml", FORM)
    some = app.documents.page(steward, LibraryQuery(state=State.READY, text="매뉴얼")).documents[:5]
    ids = tuple(d.id for d in some)
    content = Content("시험 도우미", "시험으로 만든 업무봇입니다.", documents=ids)

    def assistant() -> None:
        app.work_assistants.make(boss, content, "나만")
        app.work_assistants.make(steward, content, "나만")

    def template() -> None:
        made = app.forms.upload(
            steward, "시험 서식", "", "O", ["전 직원"], "a.hwpx", sink.getvalue()
        )
        app.forms.change_state(steward, made, "published")
        app.form_batches.prepare(steward, made, "명단.csv", "수신\n가나다\n".encode())

    def curated() -> None:
        hits = app.curated_desk.find(steward, "공유재산 사용료")
        chosen = tuple(h.passage_id for h in hits[:1])
        draft = CuratedDraft("공유재산 사용료는 언제 내나요?", "매년 4월 30일까지 냅니다.",
                             steward.department_id, today + timedelta(days=300), (), chosen)  # fmt: skip
        app.curated_desk.add(steward, draft)

    def tool() -> None:
        app.tools.start(boss, Kind.SUMMARY, [Pick(ids[0])], {})

    def compared() -> None:
        names = ("시험 모델 가", "시험 모델 나")
        for name in names:
            app.endpoints.add(boss, Endpoint("chat", name, "http://127.0.0.1:9/v1", "m"))
        app.endpoint_directory.renew()
        made.append(f"/models/compare/{app.comparisons.begin(boss, QUESTION, names)}")

    def decided() -> None:
        values = {"retention": "1", "closed_on": date(2015, 1, 2)}
        batch, _ = app.rights.change(boss, ids[:1], app.rights.edit(values), note="시험")
        made.append(f"/library/rights/{batch}")

    def watched() -> None:
        draft = CollectionDraft(
            "시험 모음", department_id=boss.department_id, review_on=today + timedelta(days=300)
        )
        place = Path(app.settings.watched_roots) / "시험 폴더"
        place.mkdir(parents=True, exist_ok=True)
        (place / "a.txt").write_text("시험", "utf-8")
        app.watch_desk.add(boss, FolderDraft(str(place), app.collection_desk.add(boss, draft)))

    use = AiUse("시험 대장", "시험", "데이터인공지능과", "예단", "없음", ("O",), False, "none", "", "시험", "시험",
                "planned")  # fmt: skip
    made = [f"/privacy/documents/{n}/reveal" for n in ids]

    def review() -> None:
        turn = app.conversations.path(boss, talk)[-1].turn.id
        app.conversations.rate(boss, talk, turn, -1, reason="wrong")

    steps: tuple[Callable[[], object], ...] = (
        assistant,
        template,
        curated,
        tool,
        review,
        lambda: app.sharing.share(boss, talk, to=PEOPLE[1]),
        lambda: app.library_search.save(boss, "시험 검색", Wanted("공유재산")),
        lambda: app.free_groups.save(boss, "시험 그룹"),
        lambda: app.rotations.draft(boss, "시험 인사이동", today + timedelta(days=7)),
        lambda: app.know_how.add(boss, Shared(title="시험", about="", category="find", body="{{주제}}를 찾아 주세요.", example="", readers=("staff",))),
        lambda: app.ai_register.add(boss, use),
        compared,
        lambda: app.disclosures.propose(records, "공유재산", "", None, None, list(app.disclosures.kinds)),
        decided,
        lambda: app.disposals.propose(records, "시험 처분"),
        watched,
    )  # fmt: skip
    for step in steps:
        try:
            step()
        except (MokminError, SQLAlchemyError, LookupError, TypeError) as error:
            print(f"not made: {error!r}", flush=True)
    return made


def _look(page: Page, seen: Seen, state: str, axe: bool = True) -> None:
    cut = page.evaluate(CUT)
    if cut:
        seen.cut[state] = cut
    if axe:
        wrong = Axe().run(page).response["violations"]
        if wrong:
            seen.axe[state] = [
                f"{v['id']}: {n['html'][:140]} {' '.join(map(str, n['target']))[:100]}"
                for v in wrong
                for n in v["nodes"][:4]
            ]


def _states(page: Page, seen: Seen) -> None:
    """Every state of a page that is open."""
    theme = "t => { document.documentElement.dataset.theme = t; }"
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for tone in ("light", "dark"):
            page.evaluate(theme, tone)
            page.wait_for_timeout(120)
            _look(page, seen, f"{width} {tone}")
    page.evaluate(theme, "light")
    page.wait_for_timeout(120)
    for zoom, width, height in ((200, 720, 450), (400, 360, 225)):
        page.set_viewport_size({"width": width, "height": height})
        _look(page, seen, f"zoom {zoom}", axe=zoom == 200)
    page.set_viewport_size({"width": 1440, "height": 900})
    opened = page.evaluate(
        "() => { const all = document.querySelectorAll('main details:not([open]):not(.menu)');"
        " for (const d of all) d.open = true; return all.length; }"
    )
    if opened:
        _look(page, seen, "1440 opened")
        page.set_viewport_size({"width": 390, "height": 844})
        _look(page, seen, "390 opened")


def _large(page: Page, seen: Seen) -> None:
    """A page in a browser whose own text size is 200 %."""
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        _look(page, seen, f"text 200 % at {width}", axe=width == 390)


def _tell(seen: Seen) -> None:
    for state, lines in [*seen.axe.items(), *seen.cut.items()]:
        for line in lines:
            print(f"  {seen.url} [{state}] {line}", flush=True)


def _dialogs(page: Page, base: str) -> list[Seen]:
    """Find-and-run and the sheet of shortcuts, which lie over every page."""
    found = []
    for name, key in (("find-and-run", "Control+k"), ("shortcuts", "?")):
        seen = Seen(f"({name})", "/help", "")
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(base + "/help")
            page.keyboard.press(key)
            page.wait_for_timeout(500)
            _look(page, seen, f"{width}")
        found.append(seen)
    return found


def _serve(home: Path, port: int) -> subprocess.Popen[bytes]:
    running = subprocess.Popen(
        [sys.executable, "-m", "mokmin", "--home", str(home), "serve"],
        env={**os.environ, "MOKMIN_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(240):
        time.sleep(0.5)
        try:
            httpx2.get(f"http://127.0.0.1:{port}/healthz")
        except httpx2.HTTPError:
            continue
        return running
    raise SystemExit("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(base: str, routes: Routes, only: str) -> dict[str, Any]:
    """Crawl as everybody, then look at one page of each pattern in all states."""
    pages: list[Seen] = []
    other: dict[str, str] = {}
    with sync_playwright() as play:
        start = (
            {"executable_path": "/usr/bin/chromium"} if Path("/usr/bin/chromium").exists() else {}
        )
        usual = play.chromium.launch(args=["--no-sandbox"], **start)
        large = play.chromium.launch(
            args=["--no-sandbox", "--blink-settings=defaultFontSize=32"], **start
        )
        reached: set[str] = set()
        more: list[str] = []
        outside = usual.new_context(locale="ko-KR", reduced_motion="reduce")
        for login in ("", *PEOPLE):
            contexts = [outside, large.new_context(locale="ko-KR", reduced_motion="reduce")]
            if login:
                contexts[0] = usual.new_context(locale="ko-KR", reduced_motion="reduce")
                first = [_enter(c, base, login) for c in contexts]
                if login == PEOPLE[0] and (not only or only == "seeds"):
                    more = _furnish(first[0], base, routes.app)
            else:
                first = [c.new_page() for c in contexts]
            crawl = Crawl(contexts[0], base, routes, login)
            crawl.run(
                [*SEEDS, *more, *(r.path for r in routes.all if "{" not in r.path)]
                if login
                else sorted(routes.public)
            )
            other |= crawl.other
            for pattern, urls in sorted(crawl.found.items()):
                for url in urls:
                    if pattern in reached or (only and only not in pattern):
                        continue
                    seen = Seen(pattern, url, login)
                    for page, states in zip(first, (_states, _large), strict=True):
                        page.set_viewport_size({"width": 1440, "height": 900})
                        page.goto(base + url)
                        page.wait_for_timeout(150)
                        states(page, seen)
                    pages.append(seen)
                    print(login, pattern, url, flush=True)
                    _tell(seen)
            reached |= set(crawl.found)
            if login == PEOPLE[0] and (not only or only == "seeds"):
                pages += _dialogs(first[0], base)
        usual.close()
        large.close()
    missed = {r.path: other.get(r.path, "not reached") for r in routes.all if r.path not in reached}
    return {"pages": [asdict(p) for p in pages], "not_pages": missed}


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--base", help="a server that runs already, over the same home")
    options.add_argument("--only", default="", help="patterns that hold this")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    routes = Routes(given.home)
    port = _free_port()
    server = None if given.base else _serve(given.home, port)
    try:
        found = measure(given.base or f"http://127.0.0.1:{port}", routes, given.only)
    finally:
        if server:
            server.terminate()
            server.wait(20)
    if given.out:
        given.out.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    rules = Counter(
        line.split(":")[0] for p in found["pages"] for v in p["axe"].values() for line in v
    )
    cut = sum(len(v) for p in found["pages"] for v in p["cut"].values())
    patterns = {p["pattern"] for p in found["pages"]}
    print(f"{len(found['pages'])} pages of {len(patterns)} routes; axe: {dict(rules)}; cut: {cut}")
    for path, why in sorted(found["not_pages"].items()):
        print(f"  no page: {path}: {why}")


if __name__ == "__main__":
    main()
