"""Fifty people at once while a model endpoint dies, hangs and comes back: what is lost, how long until all is well.

A real server process on a copy of a data folder; two scripted endpoints in processes of their own, registered as
an administrator would: the first is asked first, the second is its fallback. The first is killed, comes back, is
frozen (it takes connections and says nothing), and comes back. People ask again as soon as they are answered:
cited questions over ``/api/v1/ask``, and the plain model over ``/v1/chat/completions``. Lost is what came back
without a model's answer while the second endpoint could have written it;
"(cut off)" is an answer of which the first endpoint had shown sentences when it died, followed by quotes.

    python benchmarks/outage.py --home FOLDER [--people 50] [--results]

The data folder is used as it is (tokens and endpoints are added): give a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
from streaming import free_port, percentile

from mokmin.app import App
from mokmin.base.llm.ports import ModelProfile
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.endpoints.model import Form
from mokmin.governance.people.store import users
from mokmin.settings import Settings

WORDS, WORD_SECONDS, SILENT_SECONDS = 8, 0.05, 5.0
FIRST, SECOND = "첫째", "둘째"
QUESTIONS = (
    "공유재산 사용료를 나누어 낼 수 있나요?",
    "육아휴직은 얼마나 쓸 수 있나요?",
    "민원은 며칠 안에 처리해야 하나요?",
    "출장 여비는 어떻게 정산하나요?",
)
# What happens to the first endpoint, and for how many seconds.
SCRIPT = (("well", 15), ("killed", 25), ("back", 25), ("frozen", 25), ("back again", 25))
_QUOTE = re.compile(r"<<<근거 1 [0-9a-f]{16}>>>\n[^\n]*\n([^\n]{20,})")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    # Who was frozen meanwhile finds its callers gone.
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await _answer(reader, writer, name)
    writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.I)
    if not length:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n")
        writer.write(b'{"data":[]}')
        return
    body = json.loads(await reader.readexactly(int(length[1])))
    source = _QUOTE.search(body["messages"][-1]["content"])
    quote = re.split(r"(?<=[.다])\s", source[1])[0].rstrip(".") if source else f"{name} 답"
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    for number in range(WORDS):
        await asyncio.sleep(WORD_SECONDS)
        text = "" if number < WORDS - 1 else f"{quote} [1]."
        choice = {"index": 0, "delta": {"content": text or " "}, "finish_reason": None}
        writer.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
        await writer.drain()
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    writer.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
    await writer.drain()


def serve_endpoint(port: int, name: str) -> None:
    """A scripted endpoint, for ever."""

    async def run() -> None:
        server = await asyncio.start_server(
            lambda r, w: _serve(r, w, name), "127.0.0.1", port, limit=2**22, backlog=512
        )
        await server.serve_forever()

    asyncio.run(run())


def start_endpoint(port: int, name: str) -> Any:
    """A scripted endpoint in a process of its own."""
    process = multiprocessing.Process(target=serve_endpoint, args=(port, name), daemon=True)
    process.start()
    return process


@dataclass
class Tally:
    """What became of the requests, by phase of the script."""

    phase: str = "before"
    begun: float = 0.0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    back_after: dict[str, float] = field(default_factory=dict)

    def add(self, phase: str, outcome: str, took: float) -> None:
        """One request, counted where it began."""
        self.counts.setdefault(phase, Counter())[outcome] += 1
        self.seconds.setdefault(phase, []).append(took)
        if outcome == FIRST and self.phase.startswith("back"):
            self.back_after.setdefault(self.phase, time.monotonic() - self.begun)


async def _ask(client: httpx2.AsyncClient, token: str, number: int, plain: bool) -> str:
    """Who answered: a model's name, or what went wrong."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        if plain:
            body: dict[str, Any] = {"model": FIRST, "messages": [{"role": "user", "content": "?"}]}
            sent = await client.post("/v1/chat/completions", json=body, headers=headers)
            if sent.status_code != 200:
                return f"status {sent.status_code}"
            text = sent.json()["choices"][0]["message"]["content"]
            return FIRST if FIRST in text else SECOND if SECOND in text else "empty"
        question = QUESTIONS[number % len(QUESTIONS)]
        sent = await client.post("/api/v1/ask", json={"question": question}, headers=headers)
        if sent.status_code != 200:
            return f"status {sent.status_code}"
        told = sent.json()
        broken = any("중간에 끊겨" in notice for notice in told["notices"])
        return f"{told['model']} (cut off)" if broken else str(told["model"])
    except httpx2.HTTPError as error:
        return type(error).__name__


async def _person(
    base: str, token: str, number: int, plain: bool, tally: Tally, end: asyncio.Event
) -> None:
    async with httpx2.AsyncClient(base_url=base, timeout=180.0, trust_env=False) as client:
        while not end.is_set():
            phase, begin = tally.phase, time.monotonic()
            outcome = await _ask(client, token, number, plain)
            tally.add(phase, outcome, time.monotonic() - begin)
            number += 1


class Script:
    """Kills, freezes and brings back the first endpoint."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.process = start_endpoint(port, FIRST)

    def turn(self, phase: str) -> None:
        """What the phase asks for."""
        if phase == "killed":
            self.process.kill()
            self.process.join()
        elif phase == "back":
            self.process = start_endpoint(self.port, FIRST)
        elif phase == "frozen":
            os.kill(self.process.pid, signal.SIGSTOP)
        elif phase == "back again":
            os.kill(self.process.pid, signal.SIGCONT)


async def _run(base: str, tokens: list[str], script: Script, plain: bool) -> Tally:
    tally, end = Tally(), asyncio.Event()
    people = [
        asyncio.create_task(_person(base, token, n, plain, tally, end))
        for n, token in enumerate(tokens)
    ]
    for phase, seconds in SCRIPT:
        script.turn(phase)
        tally.phase, tally.begun = phase, time.monotonic()
        await asyncio.sleep(seconds)
    end.set()
    await asyncio.gather(*people)
    return tally


def prepared(home: Path, first: int, second: int, people: int) -> list[str]:
    """Register both endpoints, and issue a token for each person."""
    app = App(Settings(home=home))
    for endpoint in app.endpoints.all(OPERATOR):
        if not endpoint.from_settings:
            app.endpoints.delete(OPERATOR, endpoint.id)
    for name, port, order in ((FIRST, first, 10), (SECOND, second, 10)):
        app.endpoints.add(
            OPERATOR,
            Form(
                "chat",
                name,
                f"http://127.0.0.1:{port}/v1",
                "scripted",
                "C",
                SILENT_SECONDS,
                order,
                1000 if name == FIRST else 0,
                ModelProfile(context_tokens=32_768),
            ),
        )
    with app.db.read() as connection:
        query = sa.select(users.c.login).where(users.c.role == "official").order_by(users.c.id)
        logins = list(connection.execute(query).scalars())
    tokens = [
        app.api_tokens.issue(
            app.people.principal(logins[n % len(logins)]), "outage", ("ask",), 1
        ).token
        for n in range(people)
    ]
    app.db.close()
    return tokens


def report_of(tally: Tally, what: str) -> dict[str, Any]:
    """The figures of one run."""
    good = {FIRST, SECOND}
    phases = {}
    for phase, _ in SCRIPT:
        counts = tally.counts.get(phase, Counter())
        seconds = tally.seconds.get(phase, [])
        phases[phase] = {
            "requests": counts.total(),
            **dict(counts),
            "p50_s": round(percentile(seconds, 0.5), 2),
            "p95_s": round(percentile(seconds, 0.95), 2),
            "longest_s": round(max(seconds, default=0.0), 2),
        }
    everything = sum(tally.counts.values(), Counter())
    return {
        "what": what,
        "requests": everything.total(),
        "lost": sum(n for outcome, n in everything.items() if outcome not in good),
        "back_after_s": {k: round(v, 1) for k, v in tally.back_after.items()},
        "phases": phases,
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    first, second, port = free_port(), free_port(), free_port()
    tokens = prepared(args.home, first, second, args.people)
    script, spare = Script(first), start_endpoint(second, SECOND)
    command = [sys.executable, "-m", "mokmin", "--home", str(args.home), "serve"]
    log = (args.home / "outage.log").open("wb")
    environment = os.environ | {"MOKMIN_PORT": str(port)}
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    base, found = f"http://127.0.0.1:{port}", []
    try:
        for _ in range(240):
            try:
                if httpx2.get(f"{base}/readyz", trust_env=False).status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.5)
        for plain, what in ((True, "plain model"), (False, "cited answers")):
            found.append(report_of(asyncio.run(_run(base, tokens, script, plain)), what))
    finally:
        server.terminate()
        server.wait(30)
        script.process.kill()
        spare.kill()
    report = {"people": args.people, "cores": os.cpu_count(), "runs": found}
    text = json.dumps(report, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
