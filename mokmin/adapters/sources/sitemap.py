"""Sitemaps (sitemaps.org protocol 0.9): lists of pages and lists of lists, plain and gzipped."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

from mokmin.adapters.sources.http import unpacked, unpacker
from mokmin.adapters.sources.xml import name_of, text_of

MOST_BYTES, LONGEST_URL = 50 * 2**20, 2_000
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Entry:
    """One address. ``is_list``: of another sitemap; ``changed``: as the site writes it."""

    url: str
    changed: str
    is_list: bool


class NoSitemap(Exception):
    """Not a sitemap, or one that is not read: too large, broken off, with a document type."""


def entries(body: bytes) -> Iterator[Entry]:
    """The addresses one after another, in little memory. Raises NoSitemap, also midway."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    root = ""
    try:
        for piece in _pieces(body):
            parser.feed(piece)
            for event, item in parser.read_events():
                element = cast("etree._Element", item)
                if not root:
                    root = _root(element)
                if event == "end" and name_of(element) in ("url", "sitemap"):
                    found = Entry(
                        text_of(element, "loc"),
                        text_of(element, "lastmod")[:40],
                        name_of(element) == "sitemap",
                    )
                    if found.url and len(found.url) <= LONGEST_URL:
                        yield found
                    _forget(element)
        parser.close()
    except (etree.XMLSyntaxError, zlib.error, ValueError) as error:
        raise NoSitemap from error
    if not root:
        raise NoSitemap


def _root(element: etree._Element) -> str:
    name = name_of(element)
    if name not in ("urlset", "sitemapindex"):
        raise NoSitemap
    if element.getroottree().docinfo.internalDTD is not None:
        raise NoSitemap
    return name


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _pieces(body: bytes) -> Iterator[bytes]:
    if not body.startswith(GZIP):
        step = 1 << 16
        yield from (body[at : at + step] for at in range(0, len(body), step))
        return
    inflater, size = unpacker(), 0
    for piece in unpacked(inflater, body):
        size += len(piece)
        if size > MOST_BYTES:
            raise NoSitemap
        yield piece
    if not inflater.eof:
        raise NoSitemap
