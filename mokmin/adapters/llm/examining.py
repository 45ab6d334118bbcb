"""What a model endpoint can do, found out by asking it: one list, one short completion, one of each ability.

Nothing that it says is passed on but numbers, names of models and yes or no: an address that is no model must
not become a window onto what lies behind it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from mokmin.adapters.net.checked import CheckedTransport
from mokmin.base.errors import Unavailable
from mokmin.base.net.hosts import AllowedHosts
from mokmin.governance.endpoints.model import Examination, Finding, Form

MOST_BYTES = 2**20
LONGEST_SECONDS = 30.0
QUESTION = "대한민국의 수도는 어디입니까? 한 낱말로 답하세요."
# A red point of one pixel.
POINT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGA"
    "hKmMIQAAAABJRU5ErkJggg=="
)
_SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
_TOOL = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Looks a word up.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
        },
    },
}
_FAULTS = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ValueError, RecursionError)


@dataclass(slots=True)
class _Heard:
    """What one streamed answer showed."""

    pieces: int = 0
    first_ms: int | None = None
    streamed: bool = False
    usage: bool = False
    thoughts: bool = False
    text: str = ""


@dataclass(slots=True)
class _Asking:
    """One examination under way."""

    form: Form
    client: httpx2.Client
    found: list[Finding] = field(default_factory=list)
    first_ms: int | None = None

    @property
    def url(self) -> str:
        return self.form.base_url.rstrip("/")

    def note(self, name: str, ok: bool | None, text: str) -> None:
        self.found.append(Finding(name, ok, text))

    # --- asked of every kind --------------------------------------------------------------
    def models(self) -> bool:
        """The list of models. False: nothing answers there, and more questions are of no use."""
        try:
            answer = self.client.get(f"{self.url}/models", timeout=min(5.0, LONGEST_SECONDS))
            status, body = answer.status_code, answer.content[:MOST_BYTES]
        except Unavailable as error:
            self.note("연결", False, error.message)
            return False
        except _FAULTS as error:
            self.note("연결", False, f"기기가 응답하지 않습니다. ({type(error).__name__})")
            return False
        self.note("연결", True, "기기가 응답합니다.")
        if status in (401, 403):
            self.note("키", False, "기기가 키를 받아들이지 않습니다. 키를 다시 넣어 주세요.")
            return True
        if 300 <= status < 400:
            self.note("모델 목록", False, "다른 주소로 돌립니다. 돌린 곳으로는 가지 않습니다.")
            return False
        self._listed(status, body)
        return True

    def _listed(self, status: int, body: bytes) -> None:
        try:
            listed = json.loads(body) if status == 200 else None
        except (ValueError, RecursionError):
            listed = None
        items = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(items, list):
            self.note("모델 목록", None, f"모델 목록을 주지 않습니다. ({status})")
            return
        named = {str(i.get("id")): i for i in items if isinstance(i, dict)}
        mine = named.get(self.form.model)
        if mine is None:
            some = ", ".join("".join(c for c in n[:60] if c.isprintable()) for n in list(named)[:5])
            self.note("모델 목록", False, f"그 이름의 모델이 없습니다. 있는 모델: {some or '없음'}")
            return
        self.note("모델 목록", True, f"모델 {len(named)}개 가운데 있습니다.")
        told = mine.get("max_model_len")
        meant = self.form.profile.context_tokens
        if self.form.kind == "chat" and isinstance(told, int) and not isinstance(told, bool):
            text = f"기기는 {told:,} 토큰, 여기에는 {meant:,} 토큰으로 적혀 있습니다."
            self.note("문맥 길이", meant <= told, text)

    # --- chat -----------------------------------------------------------------------------
    def chat(self) -> None:
        heard = self._completion({"stream_options": {"include_usage": True}})
        if isinstance(heard, int) and heard in (400, 422):
            self.note("토큰 수", None, "토큰 수를 묻는 말을 알아듣지 못합니다. 어림으로 셉니다.")
            heard = self._completion({})
        elif isinstance(heard, _Heard):
            said = (
                "기기가 센 토큰 수를 알려 줍니다."
                if heard.usage
                else "알려 주지 않아 어림으로 셉니다."
            )
            self.note("토큰 수", heard.usage or None, said)
        if not isinstance(heard, _Heard):
            self.note("답", False, f"짧은 물음에 답하지 않습니다. ({heard})")
            return
        self.first_ms = heard.first_ms
        wrote = bool(heard.text.strip()) or heard.thoughts
        self.note("답", wrote, "짧은 물음에 답합니다." if wrote else "빈 답을 보냅니다.")
        if heard.first_ms is not None:
            self.note("첫 낱말", None, f"{heard.first_ms:,} 밀리초 뒤에 왔습니다.")
        told = "한 조각씩 보냅니다." if heard.streamed else "답을 한꺼번에 보냅니다."
        self.note("흘려 보내기", heard.streamed or None, told)
        self._declared("생각 적기", self.form.profile.thinking, heard.thoughts)
        self._declared("JSON 형식", self.form.profile.json_schema, self._json())
        self._declared("도구", self.form.profile.tools, self._tools())

    def vision(self) -> None:
        """A picture of one point."""
        content = [
            {"type": "text", "text": "무슨 색입니까? 한 낱말로 답하세요."},
            {"type": "image_url", "image_url": {"url": POINT}},
        ]
        answer = self._post("chat/completions", self._body(content))
        seen = isinstance(answer, dict) and bool(_said(answer))
        self.note("그림", seen, "그림을 보고 답합니다." if seen else "그림을 받지 않습니다.")

    def _declared(self, name: str, declared: bool, shown: bool) -> None:
        """An ability as it is entered against what was shown."""
        if declared == shown:
            self.note(name, True, "할 줄 압니다." if shown else "하지 않습니다. 적힌 대로입니다.")
        elif declared:
            self.note(name, False, "할 줄 안다고 적혀 있으나 하지 못했습니다.")
        else:
            self.note(name, None, "할 줄 아는데 적혀 있지 않습니다.")

    def _json(self) -> bool:
        answer = self._post("chat/completions", self._body(QUESTION) | {"response_format": _SCHEMA})
        try:
            made = json.loads(_said(answer)) if isinstance(answer, dict) else None
        except (ValueError, RecursionError):
            return False
        return isinstance(made, dict) and isinstance(made.get("city"), str)

    def _tools(self) -> bool:
        body = self._body("'조례'를 도구로 찾아 주세요.") | {
            "tools": [_TOOL],
            "tool_choice": "auto",
        }
        answer = self._post("chat/completions", body)
        message = _message(answer) if isinstance(answer, dict) else {}
        return isinstance(message.get("tool_calls"), list) and bool(message["tool_calls"])

    def _body(self, content: Any) -> dict[str, Any]:
        return {
            "model": self.form.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": 64,
            "temperature": 0.0,
        }

    def _completion(self, more: dict[str, Any]) -> _Heard | int | str:
        """What a streamed answer showed; a status or the name of a fault when none came."""
        body = self._body(QUESTION) | {"stream": True} | more
        heard, begin = _Heard(), time.perf_counter()
        try:
            with self.client.stream("POST", f"{self.url}/chat/completions", json=body) as answer:
                if answer.status_code != 200:
                    return answer.status_code
                if "event-stream" not in answer.headers.get("content-type", ""):
                    _whole(json.loads(_bounded(answer)), heard)
                else:
                    _events(answer, heard, begin)
        except Unavailable as error:
            return error.code
        except _FAULTS as error:
            return type(error).__name__
        return heard

    # --- the other kinds ------------------------------------------------------------------
    def embeddings(self) -> None:
        """Two texts to vectors."""
        begin = time.perf_counter()
        answer = self._post("embeddings", {"model": self.form.model, "input": ["가", "나"]})
        self.first_ms = round((time.perf_counter() - begin) * 1000)
        data = answer.get("data") if isinstance(answer, dict) else None
        sizes = [len(d["embedding"]) for d in data or [] if _is_vector(d)]
        good = len(sizes) == 2 and sizes[0] == sizes[1] > 0
        told = f"{sizes[0]:,}차원 벡터를 보냅니다." if good else "벡터를 보내지 않습니다."
        self.note("임베딩", good, told)

    def rerank(self) -> None:
        """Two texts scored."""
        body = {"model": self.form.model, "query": "가", "documents": ["가", "나"], "top_n": 2}
        begin = time.perf_counter()
        answer = self._post("rerank", body)
        self.first_ms = round((time.perf_counter() - begin) * 1000)
        results = answer.get("results") if isinstance(answer, dict) else None
        good = isinstance(results, list) and len(results) == 2
        self.note("재정렬", good, "점수를 매깁니다." if good else "점수를 매기지 못합니다.")

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer's JSON; None when there is none."""
        try:
            with self.client.stream("POST", f"{self.url}/{path}", json=body) as answer:
                return json.loads(_bounded(answer)) if answer.status_code == 200 else None
        except (*_FAULTS, Unavailable):
            return None


def examine(form: Form, key: str, hosts: AllowedHosts | None) -> Examination:
    """Ask an endpoint; what it lacks stands in the findings. ``hosts``: where it may lead; None: anywhere.
    Takes at most a few times the endpoint's time limit, of which it has 30 seconds at most."""
    seconds = min(form.timeout_seconds, LONGEST_SECONDS)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = CheckedTransport(hosts) if hosts is not None else None
    with httpx2.Client(
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(seconds, connect=min(3.0, seconds)),
        transport=transport,
        headers=headers,
    ) as client:
        asking = _Asking(form, client)
        more: dict[str, Callable[[], None]] = {
            "chat": asking.chat,
            "vision": asking.vision,
            "embeddings": asking.embeddings,
            "rerank": asking.rerank,
        }
        # A reranker lists no models, mostly; whether it is there shows when it is asked.
        if asking.models() and form.kind in more:
            more[form.kind]()
    return Examination(tuple(asking.found), asking.first_ms)


def _bounded(answer: httpx2.Response) -> bytes:
    """The body. Raises ValueError when it is too long."""
    raw = b""
    for part in answer.iter_bytes():
        raw += part
        if len(raw) > MOST_BYTES:
            raise ValueError("too long")
    return raw


def _events(answer: httpx2.Response, heard: _Heard, begin: float) -> None:
    """Fill in what a stream of events showed. Raises ValueError."""
    for data in _data(answer):
        if data == "[DONE]":
            break
        event = json.loads(data)
        heard.usage = heard.usage or bool(isinstance(event, dict) and event.get("usage"))
        delta = _first(event).get("delta")
        if not isinstance(delta, dict):
            continue
        thought, text = (
            delta.get("reasoning_content") or delta.get("reasoning"),
            delta.get("content"),
        )
        if text or thought:
            heard.pieces += 1
            if heard.first_ms is None:
                heard.first_ms = round((time.perf_counter() - begin) * 1000)
        heard.text += text if isinstance(text, str) else ""
        heard.thoughts = heard.thoughts or bool(thought) or "<think>" in heard.text
    heard.streamed = heard.pieces > 1


def _data(answer: httpx2.Response) -> Iterator[str]:
    size, begin, rest = 0, time.monotonic(), b""
    for part in answer.iter_bytes():
        size += len(part)
        if size > MOST_BYTES or time.monotonic() - begin > LONGEST_SECONDS:
            raise ValueError("too long")
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].decode("utf-8", "replace").strip()


def _whole(body: Any, heard: _Heard) -> None:
    heard.text = _said(body) if isinstance(body, dict) else ""
    heard.usage = isinstance(body, dict) and bool(body.get("usage"))
    heard.thoughts = "<think>" in heard.text


def _first(body: Any) -> dict[str, Any]:
    choices = body.get("choices") if isinstance(body, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _message(body: Any) -> dict[str, Any]:
    message = _first(body).get("message")
    return message if isinstance(message, dict) else {}


def _said(body: Any) -> str:
    text = _message(body).get("content")
    return text if isinstance(text, str) else ""


def _is_vector(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("embedding"), list)
