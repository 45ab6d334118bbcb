"""200 signed-in people who browse, search and ask, at one process on two cores.

    python benchmarks/load.py --home COPY [--people 200] [--minutes 10] [--pause 25] [--out FILE.json]

Every person has an account and a session of their own. Each waits about ``--pause`` seconds (exponential, as
independent people do), then does one thing: opens a page (60 %), searches (25 %), asks and follows the answer to
its end (10 %), or types into the search box (5 %). Measured: the time until a response is complete by kind, for
answers also until the first sentence; errors; resident memory of the server every ten seconds. The clients
run on the same machine, so they take a share of its processors.

Use a copy of a home with the demo city: accounts ``load…`` and conversations are added.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from mokmin.app import App
from mokmin.settings import load_settings

PASSWORD = "load-시험-비밀번호-2026"
PAGES = (
    "/",
    "/library",
    "/chat",
    "/drafts",
    "/forms",
    "/tools",
    "/jobs",
    "/preferences",
    "/usage",
    "/help",
)
WORDS = (
    "공유재산 사용료", "수의계약 기준", "재물조사", "불용 처리", "출장 여비", "민원 처리기간",
    "정보공개 이의신청", "체납 압류", "물품 관리", "입찰 보증금", "당직 근무", "예산 전용",
)  # fmt: skip
QUESTIONS = (
    "구형 노트북 12대를 불용 처리하려면 누가 결정하나요?",
    "추정가격 3천만원인 용역을 수의계약할 수 있나요?",
    "공유재산 사용료를 나누어 낼 수 있나요?",
    "민원 처리기간은 어떻게 계산하나요?",
    "변상금은 언제 부과하나요?",
)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_STREAM = re.compile(r"/chat/(-?\d+)/messages/(-?\d+)/stream")


@dataclass
class Seen:
    """Seconds by kind, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, seconds: float) -> None:
        """One more of a kind."""
        self.seconds.setdefault(kind, []).append(seconds)


def accounts(home: Path, people: int) -> None:
    """Accounts in the departments of the demo city, with one password."""
    app = App(load_settings(home))
    departments = app.people.department_names()
    for number in range(people):
        app.people.create_account(
            login=f"load{number}",
            name=f"부하 {number}",
            password=PASSWORD,
            role="official",
            department=departments[number % len(departments)],
        )
    app.db.close()


class Person:
    """Somebody with a session."""

    def __init__(self, base: str, number: int, seen: Seen) -> None:
        self._client = httpx2.AsyncClient(base_url=base, timeout=60, follow_redirects=True)
        self._number, self._seen = number, seen
        self._random = random.Random(number)
        self._csrf = ""

    async def enter(self) -> None:
        """Sign in."""
        page = await self._client.get("/signin", headers={"Accept": "text/html"})
        found = _TOKEN.search(page.text)
        fields = {
            "login": f"load{self._number}",
            "password": PASSWORD,
            "csrf_token": found[1] if found else "",
        }
        home = await self._client.post("/signin", data=fields, headers={"Accept": "text/html"})
        found = _TOKEN.search(home.text)
        if home.status_code != 200 or found is None or "/signin" in str(home.url):
            raise RuntimeError(f"load{self._number} could not sign in: {home.status_code}")
        self._csrf = found[1]

    async def work(self, until: float, pause: float) -> None:
        """Do things until the end."""
        await asyncio.sleep(self._random.uniform(0, pause))
        while time.monotonic() < until:
            chance = self._random.random()
            try:
                if chance < 0.6:
                    await self._get("page", self._random.choice(PAGES))
                elif chance < 0.85:
                    await self._get("search", f"/search?q={self._random.choice(WORDS)}")
                elif chance < 0.9:
                    part = self._random.choice(WORDS)[:2]
                    await self._get("suggest", f"/search/suggest?q={part}")
                else:
                    await self._ask()
            except (httpx2.HTTPError, OSError) as error:
                self._seen.errors[type(error).__name__] += 1
            wait = self._random.expovariate(1 / pause)
            await asyncio.sleep(max(0.0, min(wait, until - time.monotonic())))
        await self._client.aclose()

    async def _get(self, kind: str, path: str) -> None:
        begin = time.monotonic()
        answer = await self._client.get(path, headers={"Accept": "text/html"})
        self._seen.note(kind, time.monotonic() - begin)
        if answer.status_code != 200:
            self._seen.errors[f"{kind} {path.split('?')[0]} {answer.status_code}"] += 1

    async def _ask(self) -> None:
        begin = time.monotonic()
        fields = {"question": self._random.choice(QUESTIONS), "csrf_token": self._csrf}
        page = await self._client.post("/chat", data=fields, headers={"Accept": "text/html"})
        found = _STREAM.search(page.text)
        self._seen.note("ask", time.monotonic() - begin)
        if page.status_code != 200:
            self._seen.errors[f"ask {page.status_code}"] += 1
            return
        if found is None:
            # Answered before the page was made.
            self._seen.note("answer", time.monotonic() - begin)
            return
        first = 0.0
        async with self._client.stream("GET", found.group()) as stream:
            async for line in stream.aiter_lines():
                if line == "event: block" and not first:
                    first = time.monotonic() - begin
                    self._seen.note("first sentence", first)
                if line == "event: end":
                    break
        self._seen.note("answer", time.monotonic() - begin)


def memory(process: int) -> float:
    """Resident MB (proc(5))."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


async def drive(base: str, server: int, options: argparse.Namespace) -> dict[str, object]:
    """Everybody signs in, then works."""
    seen = Seen()
    people = [Person(base, number, seen) for number in range(options.people)]
    for begin in range(0, len(people), 10):
        await asyncio.gather(*(person.enter() for person in people[begin : begin + 10]))
    until = time.monotonic() + options.minutes * 60
    held: list[float] = []

    async def watch() -> None:
        while time.monotonic() < until:
            held.append(memory(server))
            await asyncio.sleep(10)

    await asyncio.gather(watch(), *(person.work(until, options.pause) for person in people))
    kinds = {}
    for kind, seconds in sorted(seen.seconds.items()):
        ordered = sorted(seconds)
        kinds[kind] = {
            "count": len(ordered),
            "p50": round(statistics.median(ordered), 3),
            "p95": round(ordered[int(len(ordered) * 0.95)], 3),
            "longest": round(ordered[-1], 3),
        }
    return {
        "people": options.people,
        "minutes": options.minutes,
        "actions_per_second": round(
            sum(len(v) for k, v in seen.seconds.items() if k not in ("answer", "first sentence"))
            / (options.minutes * 60),
            2,
        ),
        "errors": dict(seen.errors),
        "kinds": kinds,
        "memory_mb": {
            "after 1 min": round(held[min(6, len(held) - 1)]),
            "middle": round(held[len(held) // 2]),
            "end": round(held[-1]),
            "most": round(max(held)),
        },
    }


def main() -> None:
    """Serve, drive, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=25)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    accounts(options.home, options.people)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "mokmin", "--home", str(options.home), "serve"]
    # Everybody comes from one address here, as behind one gateway.
    around = os.environ | {"MOKMIN_PORT": str(port), "MOKMIN_SIGN_IN_ADDRESS_FAILURES": "1000"}
    with subprocess.Popen(
        command, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        base = f"http://127.0.0.1:{port}"
        try:
            for _ in range(120):
                try:
                    httpx2.get(f"{base}/healthz", timeout=2)
                    break
                except httpx2.HTTPError:
                    time.sleep(0.5)
            result = asyncio.run(drive(base, server.pid, options))
        finally:
            server.terminate()
    text = json.dumps(result, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
