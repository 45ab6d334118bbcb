"""Little servers on 127.0.0.1 that files are brought from: WebDAV, S3-compatible storage, a web site."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from mokmin.adapters.sources.signing import signed

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]


class Place:
    """What lies there, what was asked, and odd answers by path that come first."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.odd: dict[str, Callable[[Any], Answer | None]] = {}
        self.sent: list[tuple[str, int]] = []
        self.shift = 0
        self.url = ""

    @property
    def got(self) -> list[str]:
        """Paths of files that were sent."""
        return [unquote(path) for method, path in self.asked if method == "GET"]

    def etag(self, name: str) -> str:
        return hashlib.md5(self.files[name] + b"%d" % self.shift).hexdigest()

    def answer(self, request: Any) -> Answer:
        raise NotImplementedError


class Dav(Place):
    """A WebDAV server below ``/dav/``."""

    login = ""

    def answer(self, request: Any) -> Answer:
        if self.login:
            word = base64.b64encode(self.login.encode()).decode()
            if request.headers.get("Authorization") != f"Basic {word}":
                return 401, {}, b""
        path = unquote(urlsplit(request.path).path)
        name = path.removeprefix("/dav/")
        if request.command == "PROPFIND":
            return self.listing(name.rstrip("/"))
        if name in self.files:
            return 200, {}, self.files[name]
        return 404, {}, b""

    def listing(self, folder: str) -> Answer:
        below = f"{folder}/" if folder else ""
        inside = [name.removeprefix(below) for name in self.files if name.startswith(below)]
        if folder and not inside:
            return 404, {}, b""
        found = [self.entry(below)]
        for name in sorted({n.split("/")[0] + ("/" if "/" in n else "") for n in inside}):
            found.append(self.entry(below + name))
        return 207, {}, multistatus(*found)

    def entry(self, name: str) -> str:
        return member(
            f"/dav/{quote(name)}", self.files.get(name), self.files.get(name) and self.etag(name)
        )


def member(href: str, body: bytes | None, etag: str | None = "x") -> str:
    """One entry of a listing; without a body a folder."""
    props = "<D:resourcetype><D:collection/></D:resourcetype>"
    if body is not None:
        props = (
            f"<D:resourcetype/><D:getcontentlength>{len(body)}</D:getcontentlength>"
            f"<D:getlastmodified>{formatdate(1.7e9, usegmt=True)}</D:getlastmodified>"
            f'<D:getetag>"{etag}"</D:getetag>'
        )
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


def multistatus(*members: str) -> bytes:
    text = "".join(members)
    return f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{text}</D:multistatus>'.encode()


class Bucket(Place):
    """S3-compatible storage with one bucket ``docs`` and pages of two; signatures are checked."""

    key, secret = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    page = 2

    def answer(self, request: Any) -> Answer:
        moment = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        url = f"{self.url}{request.path}"
        right = signed(request.command, url, self.key, self.secret, "us-east-1", moment)
        if request.headers["Authorization"] != right["Authorization"]:
            return 403, {}, error("SignatureDoesNotMatch")
        parts = urlsplit(request.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        if bucket != "docs":
            return 404, {}, error("NoSuchBucket")
        if key:
            return (
                (200, {}, self.files[key]) if key in self.files else (404, {}, error("NoSuchKey"))
            )
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        names = sorted(n for n in self.files if n.startswith(asked.get("prefix", "")))
        at = int(asked.get("continuation-token", "0"))
        more = at + self.page < len(names)
        items = "".join(
            f"<Contents><Key>{quote(n, safe='/')}</Key><Size>{len(self.files[n])}</Size>"
            f"<ETag>&quot;{self.etag(n)}&quot;</ETag></Contents>"
            for n in names[at : at + self.page]
        )
        token = f"<NextContinuationToken>{at + self.page}</NextContinuationToken>" if more else ""
        return 200, {}, (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<EncodingType>url</EncodingType><IsTruncated>{'true' if more else 'false'}</IsTruncated>"
            f"{token}{items}</ListBucketResult>"
        ).encode()  # fmt: skip


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


class Site(Place):
    """A web site with a sitemap of its pages; ``changed``: lastmod by page."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: dict[str, str] = {}
        self.robots = ""

    def answer(self, request: Any) -> Answer:
        path = unquote(request.path)
        if path == "/robots.txt":
            return (200, {}, self.robots.encode()) if self.robots else (404, {}, b"")
        if path == "/sitemap.xml":
            return 200, {}, self.sitemap()
        if path not in self.files:
            return 404, {}, b""
        etag = f'"{self.etag(path)}"'
        if request.headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        kind = "application/pdf" if path.endswith(".pdf") else "text/html; charset=utf-8"
        return 200, {"ETag": etag, "Content-Type": kind}, self.files[path]

    def sitemap(self) -> bytes:
        rows = "".join(
            f"<url><loc>{self.url}{quote(p, safe='/?=&')}</loc>"
            + (f"<lastmod>{self.changed[p]}</lastmod>" if p in self.changed else "")
            + "</url>"
            for p in self.files
        )
        return (
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()
        )


@contextmanager
def serving(place: Any) -> Iterator[Any]:
    """A place on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            place.asked.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            odd = place.odd.get(unquote(self.path))
            found = odd(self) if odd is not None else place.answer(self)
            if found is None:  # it answered by itself
                self.close_connection = True
                return
            status, headers, body = found
            place.sent.append((unquote(self.path), status))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True
            if "Content-Length" in headers:
                self.close_connection = True

        do_GET = do_PROPFIND = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    place.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
