"""100 people streaming at once from one process, with a scripted endpoint of known delays.

A real server process on a copy of a data folder, a scripted OpenAI-compatible endpoint in a process of its
own, and clients that sign in, ask and follow the answer over SSE. Measured for each sentence: the time from the
moment the endpoint sent its last token (the answer carries it, on the same machine's clock) to the moment
the client has the finished block.

    python benchmarks/streaming.py --home FOLDER [--people 100] [--out benchmarks/streaming.json]

The data folder is used as it is (its demonstration accounts sign in; conversations are added): give a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

SENTENCES, TOKENS, TOKEN_SECONDS = 6, 40, 0.05
# People are numbered from here: the number stands in the question and must not be one of the sources.
FIRST = 200
QUESTION = "공유재산 사용료를 {n}번 나누어 낼 수 있나요?"
PASSWORD = "mokmin-demo-2026"
_STAMP = re.compile(r"답변 (\d+)번 문장 (\d+)호 시각 (\d+)밀리초")
_QUOTE = re.compile(r"<<<근거 1 [0-9a-f]{16}>>>\n[^\n]*\n([^\n]{20,})")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", head, re.I)
    body = json.loads(await reader.readexactly(int(length[1]))) if length else {}
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    user = body["messages"][-1]["content"] if body else ""
    asked = re.search(r"사용료를 (\d+)번 나누어 낼", user)
    source = _QUOTE.search(user)
    quote = re.split(r"(?<=[.다])\s", source[1])[0].rstrip(".") if source else "근거"
    begin, count = time.monotonic(), 0
    # The first sentence is borne out, so that the writer does not hold the others back.
    for number in range(SENTENCES + 1):
        for token in range(TOKENS):
            count += 1
            await asyncio.sleep(max(0.0, begin + count * TOKEN_SECONDS - time.monotonic()))
            text = "" if number or token else f"{quote} [1].\n"
            if number and token < TOKENS - 1:
                text = f"말{token} "
            elif number:
                now = int(time.time() * 1000)
                who = asked[1] if asked else 0
                text = f"답변 {who}번 문장 {number}호 시각 {now}밀리초이다 [1].\n"
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
            writer.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
            await writer.drain()
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    writer.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
    await writer.drain()
    writer.close()


def serve_endpoint(port: int) -> None:
    """The scripted endpoint, for ever."""

    async def run() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", port, limit=2**22, backlog=512)
        await server.serve_forever()

    asyncio.run(run())


async def _person(
    base: str, login: str, number: int, start: asyncio.Event, gate: Any
) -> dict[str, Any]:
    """One person: sign in, wait for the start, ask, follow."""
    async with httpx2.AsyncClient(base_url=base, timeout=120.0, trust_env=False) as client:
        async with gate:
            page = (await client.get("/signin")).text
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert token is not None
            form = {"login": login, "password": PASSWORD, "csrf_token": token[1], "next": "/chat"}
            await client.post("/signin", data=form)
            page = (await client.get("/chat")).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None, f"{login} could not sign in"
        await start.wait()
        begin = time.monotonic()
        form = {"question": QUESTION.format(n=number), "csrf_token": token[1]}
        sent = await client.post("/chat", data=form)
        found = re.fullmatch(r"/chat/(\d+)#mq(\d+)", sent.headers.get("location", ""))
        assert found is not None, (sent.status_code, sent.text[:300])
        url = f"/chat/{found[1]}/messages/{found[2]}/stream"
        delays: dict[int, float] = {}
        strange, ended, first, chars = 0, False, 0.0, ""
        async with client.stream("GET", url) as answer:
            async for line in answer.aiter_lines():
                now = time.time() * 1000
                chars = line if line.startswith("event:") else chars
                ended = ended or line == "event: end"
                if chars == "event: foot":
                    continue
                for who, which, at in _STAMP.findall(line):
                    first = first or time.monotonic() - begin
                    strange += int(who) != number
                    if chars == "event: block":
                        delays.setdefault(int(which), now - int(at))
        whole = len(delays) == SENTENCES and ended
        return {"delays": list(delays.values()), "mixed": strange, "whole": whole, "first": first}


async def _crowd(base: str, logins: list[str], people: int) -> list[dict[str, Any]]:
    start, gate = asyncio.Event(), asyncio.Semaphore(4)
    tasks = [
        asyncio.create_task(_person(base, logins[n % len(logins)], FIRST + n, start, gate))
        for n in range(people)
    ]
    await asyncio.sleep(max(5.0, people * 0.25))
    start.set()
    return await asyncio.gather(*tasks)


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    return (
        sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--logins", default="seo.haneul,ye.dan")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    llm, port = free_port(), free_port()
    endpoint = multiprocessing.Process(target=serve_endpoint, args=(llm,), daemon=True)
    endpoint.start()
    environment = os.environ | {
        "MOKMIN_PORT": str(port),
        "MOKMIN_CHAT_BASE_URL": f"http://127.0.0.1:{llm}/v1",
        "MOKMIN_CHAT_MODEL": "scripted",
        "MOKMIN_CHAT_GRADE": "C",
    }
    command = [sys.executable, "-m", "mokmin", "--home", str(args.home), "serve"]
    log = (args.home / "streaming.log").open("wb")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                if httpx2.get(f"{base}/readyz", trust_env=False).status_code == 200:
                    break
            except httpx2.HTTPError:
                time.sleep(0.5)
        asyncio.run(_crowd(base, args.logins.split(","), 1))
        found = asyncio.run(_crowd(base, args.logins.split(","), args.people))
    finally:
        server.terminate()
        server.wait(30)
        endpoint.terminate()
    delays = [delay for one in found for delay in one["delays"]]
    report = {
        "people": args.people,
        "cores": os.cpu_count(),
        "token_ms": TOKEN_SECONDS * 1000,
        "sentences": len(delays),
        "broken": sum(not one["whole"] for one in found),
        "mixed": sum(one["mixed"] for one in found),
        "added_ms": {f"p{p}": round(percentile(delays, p / 100)) for p in (50, 95, 99)},
        "first_sentence_s": {
            f"p{p}": round(percentile([one["first"] for one in found], p / 100), 2)
            for p in (50, 95)
        },
    }
    text = json.dumps(report, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
