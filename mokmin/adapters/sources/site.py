"""Pages of one web site, by its sitemap: only the same origin, only what robots.txt leaves open.

A page whose sitemap entry says when it changed is asked for when that is another time than before; others
are asked for with the condition that they changed (RFC 9110, 13.1).
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from mokmin.adapters.sources.http import AGENT, Machine, Reply, origin_of, refused
from mokmin.adapters.sources.robots import Robots, read_robots
from mokmin.adapters.sources.sitemap import MOST_BYTES, Entry, NoSitemap, entries
from mokmin.adapters.sources.web_page import bounded_text
from mokmin.base.errors import MokminError, Unavailable
from mokmin.base.files.sources import (
    KINDS,
    LONGEST_MARK,
    MOST_FILES,
    UNKNOWN,
    Each,
    FoundFile,
    Known,
    Limits,
    Listing,
    RemotePlace,
    Scan,
    SourceDown,
)
from mokmin.base.net.hosts import AllowedHosts

ROBOTS_BYTES, PAGE_BYTES, MOST_LISTS = 512 * 2**10, 5 * 2**20, 50
PAUSE = 0.2
HTML = frozenset({"text/html", "application/xhtml+xml"})
WEB = frozenset({"html", "htm"})
NO_SITEMAP = "사이트맵이 아닙니다({status}). sitemaps.org 방식의 XML 주소를 적어 주세요. 예: https://기관/sitemap.xml"


class SiteSource:
    """Implements ``Source``. The address is the sitemap's."""

    def __init__(
        self,
        place: RemotePlace,
        hosts: AllowedHosts,
        limits: Limits,
        known: Known,
    ) -> None:
        """``known``: pages as they were taken."""
        self._url, self._limits, self._known = place.url, limits, known
        self._machine = Machine(hosts, place.url)
        self._robots = Robots()
        self._asked_at = 0.0

    def close(self) -> None:
        """See ``Source``."""
        self._machine.close()

    def check(self) -> str:
        """See ``Source``."""
        found = self.walk()
        closed = sum("robots" in why for _, why in found.skipped)
        told = f"사이트맵이 열립니다. 쪽 {len(found.files):,}개를 찾았습니다."
        if closed:
            told += f" 사이트의 robots.txt가 막은 {closed:,}쪽은 받지 않습니다."
        if not found.files:
            told += " 받을 수 있는 쪽이 없으니 주소를 확인해 주세요."
        return told

    def walk(self, each: Each | None = None) -> Scan:
        """See ``Source``."""
        listing = Listing(self._limits)
        self._robots = self._read_robots()
        for page in self._pages(listing):
            self._page(page, listing, each)
            if listing.full:
                break
        return listing.scan

    # --- the list -------------------------------------------------------------------------
    def _read_robots(self) -> Robots:
        """What the site asks for. Raises SourceDown: where that cannot be known, nothing is asked."""
        reply = self._machine.ask("GET", f"{self._machine.origin}/robots.txt", ROBOTS_BYTES)
        if reply.status == 429 or reply.status >= 500:
            raise SourceDown(
                f"'{self._machine.host}' 기기의 robots.txt를 읽지 못해({reply.status}) 아무것도 받지 않았습니다."
            )
        if reply.status != 200:
            return Robots()
        return read_robots(reply.body.decode("utf-8", "replace"), AGENT)

    def _pages(self, listing: Listing) -> Iterator[Entry]:
        """All pages of the sitemap and of those that it names. Raises SourceDown."""
        lists: list[str] = []
        yield from self._list(self._url, listing, lists)
        seen = {self._url}
        for url in lists:
            if url in seen or origin_of(url) != self._machine.origin or len(seen) > MOST_LISTS:
                listing.scan.unread = True
                listing.skip(url, "다른 사이트의 것이거나 너무 많은 사이트맵입니다")
                continue
            seen.add(url)
            try:
                yield from self._list(url, listing, [])
            except SourceDown as error:
                listing.scan.unread = True
                listing.skip(url, f"사이트맵을 읽지 못했습니다: {error.message}")

    def _list(self, url: str, listing: Listing, lists: list[str]) -> Iterator[Entry]:
        reply = self._ask(url)
        if wrong := refused(reply.status, self._machine.host):
            raise wrong
        if reply.status != 200:
            raise SourceDown(NO_SITEMAP.format(status=reply.status))
        some = False
        try:
            for entry in entries(reply.body):
                some = True
                if not entry.is_list:
                    yield entry
                elif len(lists) <= MOST_LISTS:
                    lists.append(entry.url)
        except NoSitemap as error:
            if not some:
                raise SourceDown(NO_SITEMAP.format(status=reply.status)) from error
            listing.scan.unread = True
            listing.skip(url, "사이트맵이 중간에서 끊겼습니다")

    def _ask(self, url: str) -> Reply:
        self._wait()
        return self._machine.ask("GET", url, MOST_BYTES)

    def _wait(self) -> None:
        """Leave the site its time between two requests."""
        pause = max(PAUSE, self._robots.delay)
        rest = self._asked_at + pause - time.monotonic()
        if self._asked_at and rest > 0:
            time.sleep(rest)
        self._asked_at = time.monotonic()

    # --- a page ---------------------------------------------------------------------------
    def _page(self, entry: Entry, listing: Listing, each: Each | None) -> None:
        try:
            parts, ours = urlsplit(entry.url), origin_of(entry.url) == self._machine.origin
        except ValueError:
            return listing.skip(entry.url, "주소가 잘못되었습니다")
        if not ours or "@" in parts.netloc:
            return listing.skip(entry.url, "다른 사이트의 주소라 받지 않습니다")
        asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path = unquote(asked).lstrip("/") or "index.html"
        if not self._robots.allow(asked):
            return listing.skip(path, "사이트의 robots.txt가 막은 쪽입니다", there=True)
        if any(step in (".", "..") for step in path.split("/")):
            return listing.skip(path, "주소에 ‘..’이 있어 받지 않습니다")
        return self._take(entry, asked, path, listing, each)

    def _take(
        self, entry: Entry, asked: str, path: str, listing: Listing, each: Each | None
    ) -> None:
        mark, known = _mark(entry.changed), self._known.marks.get(path, "")
        url = f"{self._machine.origin}{asked}"
        name = _name(path)
        read: BinaryIO | MokminError | None = None
        if path in self._known.fresh:
            mark = known
        elif each is not None and not mark and len(listing.scan.files) < MOST_FILES:
            try:
                mark, read = self._changed(url, name, known)
            except SourceDown:
                raise
            except MokminError as error:
                read = error
        file = FoundFile(path, UNKNOWN, 0, mark, name)
        if listing.take(file, any_kind=True) and each is not None:
            each(file, lambda: self._opened(url, name, read))
        if read is not None and not isinstance(read, MokminError):
            read.close()

    def _opened(self, url: str, name: str, read: BinaryIO | MokminError | None) -> BinaryIO:
        if isinstance(read, MokminError):
            raise read
        return read if read is not None else self._read(url, name, {})[1]

    def _changed(self, url: str, name: str, known: str) -> tuple[str, BinaryIO | None]:
        """The mark of a page now, and the page when it changed."""
        conditions = {}
        if known.startswith("e:"):
            conditions["If-None-Match"] = known[2:]
        elif known.startswith("d:"):
            conditions["If-Modified-Since"] = known[2:]
        reply, file = self._read(url, name, conditions)
        if reply.status == 304:
            file.close()
            return known, None
        tag, changed = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
        for mark in (f"e:{tag}" if tag else "", f"d:{changed}" if changed else ""):
            if mark and len(mark) <= LONGEST_MARK and mark.isascii() and mark.isprintable():
                return mark, file
        # Nothing tells whether it changed: another mark every time, so that its content decides.
        return f"t:{time.time_ns()}", file

    def _read(self, url: str, name: str, headers: Mapping[str, str]) -> tuple[Reply, BinaryIO]:
        """A page as it is kept. Raises SourceDown; other errors concern this page alone."""
        self._wait()
        kind = PurePosixPath(name).suffix.lower().lstrip(".")
        most = PAGE_BYTES if kind in WEB else self._limits.file_bytes
        reply, file = self._machine.fetch(url, most, UNKNOWN, headers)
        if reply.status == 304:
            return reply, file
        told = Message()
        told["content-type"] = reply.headers.get("content-type", "")
        type_ = told.get_content_type()
        if type_ not in HTML:
            if kind not in WEB:
                return reply, file
            file.close()
            raise Unavailable(f"글이 있는 웹 쪽이 아닙니다({type_[:60]}).")
        with file:
            text = bounded_text(file.read(), told.get_content_charset() or "")
        if not text:
            raise Unavailable("쪽에 읽을 글이 없습니다.")
        return reply, io.BytesIO(text)


def _name(path: str) -> str:
    """What a page is called as a file."""
    last = PurePosixPath(path).name or "index"
    suffix = PurePosixPath(last).suffix.lower().lstrip(".")
    return last if suffix in KINDS else f"{last[:120]}.html"


def _mark(changed: str) -> str:
    """What the sitemap says of a change; empty for nothing that can be relied on. A day that is not over
    says less than a moment: what changes later on that day must still be seen."""
    try:
        moment = datetime.fromisoformat(changed)
    except ValueError:
        return ""
    if len(changed) > len("2026-11-23"):
        return f"m:{changed}"
    today: date = datetime.now(UTC).date()
    open_day = moment.date() >= today - timedelta(days=1)
    return f"m:{changed}~{today}" if open_day else f"m:{changed}"
