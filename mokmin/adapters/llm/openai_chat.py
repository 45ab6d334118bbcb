"""Chat models at OpenAI-compatible endpoints (``POST {base_url}/chat/completions``, streamed)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2

from mokmin.adapters.net.checked import LIMITS, CheckedTransport
from mokmin.base.errors import Unavailable
from mokmin.base.llm.breaker import Breaker
from mokmin.base.llm.ports import Message, ModelProfile, Pieces, Usage
from mokmin.base.net.hosts import AllowedHosts

_DOWN = "언어모델이 응답하지 않습니다. 잠시 뒤 다시 시도하거나 관리자에게 알려 주세요."
CONNECT_SECONDS = 3.0
TRIES = 3
FIRST_WAIT = 0.5
LONGEST_WAIT = 5.0
"""Seconds that ``Retry-After`` may ask for; an endpoint that wants more is passed over."""
BUSY = (429, 503)
REFUSED = (400, 401, 403, 404, 413, 422)
THINKING_TOKENS = 4096
MOST_BAD_LINES = 20
MOST_LINE_BYTES = 2**20
# What says nothing on the endpoint's health: it answered, and anybody's request can bring it about.
NO_OUTAGE = frozenset({"model-refused", "model-cut", "model-empty"})


class OpenAIChat:
    """Implements ``ChatModel``. ``grade`` is the highest grade that the endpoint may see.

    A busy endpoint (429, 503) is asked again before the first piece; ``timeout_seconds`` is the
    longest silence. After failures the endpoint rests and calls fail at once (``breaker``). ``hosts``:
    where it may lead at all; None: the operator named it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str,
        grade: str,
        timeout_seconds: float = 60.0,
        name: str = "",
        profile: ModelProfile | None = None,
        breaker: Breaker | None = None,
        hosts: AllowedHosts | None = None,
    ) -> None:
        self.name = name or model
        self.grade = grade
        self.profile = profile or ModelProfile()
        self._model = model
        self._url = base_url.rstrip("/")
        self._seconds = timeout_seconds
        self.breaker = breaker or Breaker()
        self._counts = True
        # trust_env off: a proxy in the environment must not carry the city's text elsewhere.
        self._client = httpx2.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            limits=LIMITS,
            transport=CheckedTransport(hosts) if hosts is not None else None,
            headers={"Authorization": f"Bearer {api_key}"},
        )

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """See ``ChatModel.stream``. Thoughts in fields of their own are left out."""
        return Pieces(lambda told: self._stream(messages, max_tokens, told))

    def _stream(self, messages: Sequence[Message], max_tokens: int, told: Pieces) -> Iterator[str]:
        if not self.breaker.allows():
            raise Unavailable(_DOWN, code="model-resting")
        began = self.breaker.moment()
        budget = max_tokens + (THINKING_TOKENS if self.profile.thinking else 0)
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "max_tokens": budget,
            "temperature": 0.0,
            "stream": True,
        }
        if self._counts:
            body["stream_options"] = {"include_usage": True}
        try:
            with self._response(body) as response:
                for number, piece in enumerate(_joined(self._pieces(response, budget, told))):
                    if not number:
                        self.breaker.succeeded(began)
                    yield piece
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            self.breaker.failed(began)
            raise Unavailable(_DOWN, code="model-unavailable") from error
        except Unavailable as error:
            if error.code in NO_OUTAGE:
                self.breaker.succeeded(began)
            else:
                self.breaker.failed(began)
            raise

    @contextmanager
    def _response(self, body: Mapping[str, Any]) -> Iterator[httpx2.Response]:
        """The open response. Raises Unavailable when the endpoint stays busy or refuses."""
        url = f"{self._url}/chat/completions"
        for attempt in range(1, TRIES + 1):
            with self._client.stream("POST", url, json=body) as response:
                if response.status_code == 200:
                    self._counts = "stream_options" in body
                    yield response
                    return
                status, wait = response.status_code, _wait(response, attempt)
            if status in (400, 422) and "stream_options" in body:
                # Perhaps an endpoint of before these options.
                body = {k: v for k, v in body.items() if k != "stream_options"}
                continue
            if status not in BUSY or wait > LONGEST_WAIT or attempt == TRIES:
                code = "model-refused" if status in REFUSED else "model-unavailable"
                raise Unavailable(f"{_DOWN} ({status})", code=code)
            time.sleep(wait)

    def _pieces(self, response: httpx2.Response, budget: int, told: Pieces) -> Iterator[str]:
        """Raises Unavailable when the stream stops before its end, says an error or never ends."""
        if "application/json" in response.headers.get("content-type", ""):
            yield from _whole(response, told)
            return
        heard, said, bad, events, ended = time.monotonic(), False, 0, 0, False
        for data in self._data(response, heard):
            if data == "[DONE]":
                break
            events += 1
            try:
                event = json.loads(data)
                told.usage = _usage(event) or told.usage
                if ended:
                    break
                text, finish = _delta(event)
            except (ValueError, RecursionError):
                bad += 1
                if bad > MOST_BAD_LINES:
                    raise
                continue
            if text:
                said = True
                yield text
            if finish == "length" or events > 4 * budget:
                raise Unavailable(_DOWN, code="model-cut")
            if finish:
                # The count comes in one more event, where the endpoint sends it at all.
                ended = True
                if told.usage or not self._counts:
                    break
        else:
            if not ended:
                raise Unavailable(_DOWN, code="model-unavailable")
        if not said:
            raise Unavailable(_DOWN, code="model-empty")

    def _data(self, response: httpx2.Response, heard: float) -> Iterator[str]:
        """The data of each event. Bytes become text by whole lines, so no character is cut; signs of
        life without data do not count as heard."""
        rest = b""
        for part in response.iter_bytes():
            *lines, rest = (rest + part).split(b"\n")
            if len(rest) > MOST_LINE_BYTES:
                raise Unavailable(_DOWN, code="model-unavailable")
            for line in lines:
                if line.startswith(b"data:"):
                    heard = time.monotonic()
                    yield line[5:].decode("utf-8", "replace").strip()
            if time.monotonic() - heard > self._seconds:
                raise Unavailable(_DOWN, code="model-stalled")

    def probe(self) -> str:
        """Empty when the endpoint answers, else why not (in Korean)."""
        try:
            self._client.get(f"{self._url}/models", timeout=CONNECT_SECONDS).raise_for_status()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            return f"{_DOWN} ({type(error).__name__})"
        except Unavailable as error:
            return error.message
        return ""

    def is_reachable(self) -> bool:
        """Whether anything answers there at all; not every endpoint lists its models."""
        try:
            answer = self._client.get(f"{self._url}/models", timeout=CONNECT_SECONDS)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, Unavailable):
            return False
        return answer.status_code < 500

    def close(self) -> None:
        """Give up the connections that nobody uses any more."""
        self._client.close()


def _wait(response: httpx2.Response, attempt: int) -> float:
    """Seconds before the next try: what the endpoint asks for, else doubling."""
    asked = response.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return float(asked)
    return float(FIRST_WAIT * 2 ** (attempt - 1))


def _delta(event: Any) -> tuple[str, str]:
    """Text and finish reason of an event. Raises ValueError for a form that is none, Unavailable for
    an error that the endpoint reports."""
    if not isinstance(event, dict):
        raise ValueError("no event")
    if event.get("error"):
        raise Unavailable(_DOWN, code="model-unavailable")
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise ValueError("no choices")
    if not choices:
        return "", ""
    choice = choices[0] if isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else None
    return text if isinstance(text, str) else "", str(choice.get("finish_reason") or "")


def _usage(event: Any) -> Usage | None:
    """The tokens that an event tells, if it does."""
    used = event.get("usage") if isinstance(event, dict) else None
    if not isinstance(used, dict):
        return None
    counts = [used.get("prompt_tokens"), used.get("completion_tokens", 0)]
    if any(not isinstance(n, int) or isinstance(n, bool) or not 0 <= n < 10**9 for n in counts):
        return None
    return Usage(*counts)


def _whole(response: httpx2.Response, told: Pieces) -> Iterator[str]:
    """The answer of an endpoint that does not stream. Raises ValueError, Unavailable."""
    raw = b""
    for part in response.iter_bytes():
        raw += part
        if len(raw) > MOST_LINE_BYTES:
            raise Unavailable(_DOWN, code="model-unavailable")
    body = json.loads(raw)
    told.usage = _usage(body)
    choices = body.get("choices") if isinstance(body, dict) else None
    message = choices[0].get("message") if isinstance(choices, list) and choices else None
    text = message.get("content") if isinstance(message, dict) else None
    if not isinstance(text, str) or not text:
        raise Unavailable(_DOWN, code="model-empty")
    yield text


def _joined(pieces: Iterator[str]) -> Iterator[str]:
    """Halves of one character (surrogates split over pieces) joined; a lone half is left out."""
    rest = ""
    for piece in pieces:
        text, rest = rest + piece, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, rest = text[:-1], text[-1]
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
        if whole:
            yield whole
