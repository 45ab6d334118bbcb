"""The interface in another language: one catalogue of the Korean words, one of English beside it.

Templates are written in Korean. ``words/ko.json`` lists every string of the templates (made by
``tools/write_catalogue.py``), ``words/en.json`` says what stands for it. The English pages are compiled from the
same templates with these words put in their place, so Korean pages cost nothing. What is not in the catalogue
stays Korean; documents, names and answers are never touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGES = {"ko": "한국어", "en": "English"}
COOKIE = "mokmin_language"
WORDS = Path(__file__).parent / "words"
RUN = re.compile(r'[^<>"\n]*[가-힣][^<>"\n]*')
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_INLINE = ("</b>", "</strong>", "</span>")
_HANGUL = re.compile(r"[가-힣]")
_current: ContextVar[str] = ContextVar("language", default="ko")


def language() -> str:
    """The language of the request at hand: a key of ``LANGUAGES``."""
    return _current.get()


class Words:
    """What stands for a Korean string. A key may hold ``{}`` where numbers stand; they keep their order."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = pairs

    def of(self, text: str) -> str:
        """The words for a whole string; the string itself where there are none."""
        if not _HANGUL.search(text):
            return text
        found = self._pairs.get(text)
        if found is not None:
            return found
        numbers = _NUMBER.findall(text)
        found = self._pairs.get(_NUMBER.sub("{}", text)) if numbers else None
        if found is None or found.count("{}") != len(numbers):
            return text
        for number in numbers:
            found = found.replace("{}", number, 1)
        return found

    def in_html(self, text: str, *, after_value: bool = False) -> str:
        """Markup with each run of Korean text between tags and quotes put into other words. What Korean glues
        to a value before it (``3건``) stands apart in other languages."""

        def put(match: re.Match[str]) -> str:
            run, begin = match.group(), match.start()
            bare = run.strip()
            found = self._pairs.get(bare)
            if found is None:
                return run
            glued = run[0] == bare[0] and (
                (after_value and not begin) or text[:begin].endswith(_INLINE)
            )
            return run.replace(bare, f" {found}" if glued and found[0].isalnum() else found, 1)

        return RUN.sub(put, text)


@cache
def words(key: str) -> Words:
    """The catalogue of a language; Korean has an empty one."""
    path = WORDS / f"{key}.json"
    pairs = json.loads(path.read_text("utf-8")) if key != "ko" and path.is_file() else {}
    return Words(pairs)


def strings(tokens: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """Each token of a template, and whether it is a string that people read: not one that is compared with
    or looked up by."""
    before: list[str] = ["", ""]
    for token in tokens:
        looked_up = before[1] == "lbracket" and before[0] in ("name", "rparen", "rbracket")
        shown = token.type == "string" and before[1] not in ("eq", "ne") and not looked_up
        yield token, shown
        before = [before[1], token.type]


def speaking(catalogue: Words) -> type[Extension]:
    """The Jinja extension that compiles templates with the words of a catalogue."""

    class Speaking(Extension):
        """Puts words in the place of data and strings."""

        def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
            """See Jinja."""
            before = ""
            for token, shown in strings(stream):
                after_value, before = before == "variable_end", token.type
                if token.type == "data":
                    words = catalogue.in_html(token.value, after_value=after_value)
                    yield Token(token.lineno, "data", words)
                elif shown:
                    yield Token(token.lineno, "string", catalogue.of(token.value))
                else:
                    yield token

    return Speaking


def spoken(env: Environment, key: str) -> Environment:
    """An environment like another, with templates in a language."""
    catalogue = words(key)
    made = env.overlay(extensions=[speaking(catalogue)])
    made.globals = {**env.globals, "language": key}
    made.filters = {**env.filters, "said": catalogue.of}
    return made


class LanguageMiddleware:
    """Sets the language of a request from ``?language=`` (which is kept in a cookie) or from that cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("language", [""])[-1]
        chosen = asked if asked in LANGUAGES else ""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and chosen:
                MutableHeaders(scope=message).append(
                    "Set-Cookie",
                    f"{COOKIE}={chosen}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
                )
            await send(message)

        token = _current.set(chosen or _kept(scope))
        try:
            await self._app(scope, receive, sending)
        finally:
            _current.reset(token)


def _kept(scope: Scope) -> str:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, kept = part.strip().partition("=")
                if key == COOKIE and kept in LANGUAGES:
                    return kept
    return "ko"
