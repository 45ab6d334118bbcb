"""Folders of a WebDAV server (RFC 4918): PROPFIND with Depth 1, walked folder by folder."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from lxml import etree

from mokmin.adapters.sources.http import Machine, Reply, Sign, origin_of, refused
from mokmin.adapters.sources.xml import children, name_of, parsed, text_of
from mokmin.base.files.sources import (
    DEEPEST,
    LONGEST_MARK,
    TOO_DEEP,
    UNKNOWN,
    Each,
    FoundFile,
    Limits,
    Listing,
    RemotePlace,
    Scan,
    SourceDown,
)
from mokmin.base.net.hosts import AllowedHosts

MOST_FOLDERS, LISTING_BYTES = 2_000, 16 * 2**20
ASKED = (
    b'<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/>'
    b"<getcontentlength/><getlastmodified/><getetag/></prop></propfind>"
)
NOT_WEBDAV = (
    "WebDAV가 아닙니다({status}). 웹 화면의 주소가 아니라 WebDAV 폴더의 주소를 적어 주세요. "
    "예: https://기기/remote.php/dav/files/계정/폴더"
)


@dataclass(frozen=True, slots=True)
class _Member:
    """One entry of a folder; equal ones in a folder and in one above it are a loop."""

    name: str
    is_folder: bool
    bytes: int
    modified_ns: int
    mark: str


@dataclass(frozen=True, slots=True)
class _Folder:
    steps: tuple[str, ...]
    above: tuple[frozenset[_Member], ...]


class WebDavSource:
    """Implements ``Source``."""

    def __init__(self, place: RemotePlace, hosts: AllowedHosts, limits: Limits) -> None:
        self._limits = limits
        self._base = tuple(unquote(s) for s in urlsplit(place.url).path.split("/") if s)
        self._machine = Machine(hosts, place.url, _basic(place))

    def close(self) -> None:
        """See ``Source``."""
        self._machine.close()

    def check(self) -> str:
        """See ``Source``."""
        members = list(self._members((), Listing(self._limits)))
        folders = sum(m.is_folder for m in members)
        return f"WebDAV 폴더가 열립니다. 바로 아래에 파일 {len(members) - folders:,}개, 폴더 {folders:,}개가 있습니다."

    def walk(self, each: Each | None = None) -> Scan:
        """See ``Source``."""
        listing = Listing(self._limits)
        waiting, asked = [_Folder((), ())], 0
        while waiting and not listing.full:
            folder = waiting.pop()
            if asked >= MOST_FOLDERS:
                listing.scan.cut = True
                break
            asked += 1
            try:
                members = sorted(self._members(folder.steps, listing), key=lambda m: m.name)
            except SourceDown as error:
                if not folder.steps:
                    raise
                listing.scan.unread = True
                listing.skip("/".join(folder.steps), f"폴더를 읽지 못했습니다: {error.message}")
                continue
            here = frozenset(members)
            if here and here in folder.above:
                listing.skip("/".join(folder.steps), "위 폴더와 똑같아(고리) 들어가지 않습니다")
                continue
            below = self._take(folder, members, listing, each)
            waiting += [_Folder(steps, (*folder.above, here)) for steps in reversed(below)]
        return listing.scan

    def _take(
        self, folder: _Folder, members: list[_Member], listing: Listing, each: Each | None
    ) -> list[tuple[str, ...]]:
        """Hand on the files; the folders below."""
        below = []
        for member in members:
            steps = (*folder.steps, member.name)
            path = "/".join(steps)
            if member.is_folder:
                if member.name.startswith("."):
                    continue
                if len(steps) >= DEEPEST:
                    listing.skip(path, TOO_DEEP)
                else:
                    below.append(steps)
                continue
            file = FoundFile(path, member.bytes, member.modified_ns, member.mark)
            if listing.take(file) and each is not None:
                each(file, lambda file=file, steps=steps: self._open(file, steps))  # type: ignore[misc]
            if listing.full:
                break
        return below

    def _open(self, file: FoundFile, steps: tuple[str, ...]) -> BinaryIO:
        return self._machine.fetch(self._url(steps), self._limits.file_bytes, file.bytes)[1]

    def _url(self, steps: tuple[str, ...], end: str = "") -> str:
        path = "/".join(quote(step, safe="") for step in (*self._base, *steps))
        return f"{self._machine.origin}/{path}{end if path else ''}"

    # --- one folder -----------------------------------------------------------------------
    def _members(self, steps: tuple[str, ...], listing: Listing) -> Iterator[_Member]:
        """What lies in a folder, each name once. Raises SourceDown."""
        reply = self._machine.ask(
            "PROPFIND",
            self._url(steps, "/"),
            LISTING_BYTES,
            headers={"Depth": "1", "Content-Type": "application/xml"},
            body=ASKED,
        )
        root = self._answer(reply)
        inside, seen = (*self._base, *steps), set()
        for response in children(root, "response"):
            there = self._steps_of(text_of(response, "href"))
            props = _props(response)
            if there == inside:
                if not steps and not _is_folder(props):
                    raise SourceDown("폴더가 아니라 파일의 주소입니다. 폴더의 주소를 적어 주세요.")
                continue
            if there is None or there[:-1] != inside or "/" in there[-1]:
                listing.skip(text_of(response, "href"), "폴더 밖을 가리켜 받지 않습니다")
                if listing.full:
                    return
                continue
            member = _member(there[-1], props)
            if member.name in seen:
                listing.skip(
                    "/".join((*steps, member.name)), "같은 이름이 두 번 나옵니다", there=True
                )
                continue
            seen.add(member.name)
            yield member

    def _answer(self, reply: Reply) -> etree._Element:
        """Raises SourceDown for what is no listing."""
        if (wrong := refused(reply.status, self._machine.host)) and reply.status != 501:
            raise wrong
        if reply.status == 404:
            raise SourceDown("그 폴더가 없습니다(404). 주소를 확인해 주세요.")
        root = parsed(reply.body) if reply.status == 207 else None
        if root is None or name_of(root) != "multistatus":
            raise SourceDown(NOT_WEBDAV.format(status=reply.status))
        return root

    def _steps_of(self, href: str) -> tuple[str, ...] | None:
        """The steps of an address of this machine; None for another's, or for one with ``..``."""
        try:
            parts = urlsplit(href)
            ours = not parts.netloc or origin_of(href) == self._machine.origin
        except ValueError:
            return None
        steps = tuple(unquote(step) for step in parts.path.split("/") if step)
        if not ours or (not steps and self._base) or any(step in (".", "..") for step in steps):
            return None
        return steps


def _basic(place: RemotePlace) -> Sign | None:
    if not place.login and not place.secret:
        return None
    word = base64.b64encode(f"{place.login}:{place.secret}".encode()).decode()
    return lambda _method, _url: {"Authorization": f"Basic {word}"}


def _props(response: etree._Element) -> etree._Element | None:
    """The properties that were found."""
    for stat in children(response, "propstat"):
        if " 200" in text_of(stat, "status"):
            return next(iter(children(stat, "prop")), None)
    return None


def _is_folder(props: etree._Element | None) -> bool:
    kinds = children(props, "resourcetype") if props is not None else []
    return bool(kinds) and bool(children(kinds[0], "collection"))


def _member(name: str, props: etree._Element | None) -> _Member:
    if props is None:
        return _Member(name, False, UNKNOWN, 0, "")
    size = text_of(props, "getcontentlength")
    known = size.isascii() and size.isdigit() and len(size) < 18
    return _Member(
        name,
        _is_folder(props),
        int(size) if known else UNKNOWN,
        _moment(text_of(props, "getlastmodified")),
        text_of(props, "getetag")[:LONGEST_MARK],
    )


def _moment(text: str) -> int:
    """An HTTP date in nanoseconds since 1970; 0 for none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp()) * 10**9
