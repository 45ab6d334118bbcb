"""The main text of a web page as an HTML document of its own: without menus, banners and forms, so that what
changes at every visit makes no new version.

A page can be built so that parsing it takes hours (400,000 attributes of one tag). Larger ones are therefore read in
a process of their own that is ended: ``python -m mokmin.adapters.sources.web_page CHARSET < page > text``.
"""

from __future__ import annotations

import html as markup
import re
import resource
import subprocess
import sys

from lxml import etree, html

from mokmin.base.errors import Unavailable
from mokmin.base.formats.charset import decode_text

DROPPED = frozenset(
    ("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "video",
     "audio", "input", "button", "select", "textarea", "nav", "header", "footer", "aside", "dialog",
     "link", "meta", "img", "picture", "map")
)  # fmt: skip
# Where the text stands, in the order in which it is looked for.
MAIN = (
    "//main",
    "//*[@role='main']",
    "//*[@id='content' or @id='contents' or @id='main' or @id='main-content' or @id='cont']",
    "//article",
)
SIDE_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
# Not addresses: they carry numbers of sessions.
KEPT = frozenset({"colspan", "rowspan", "style", "hidden"})
LEAST_LETTERS = 40
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")


SMALL_BYTES, CPU_SECONDS, MEMORY_BYTES = 64 * 2**10, 10, 1 << 30


def bounded_text(body: bytes, charset: str) -> bytes:
    """``main_text`` in bounded time. Raises Unavailable for a page that takes longer."""
    if len(body) <= SMALL_BYTES:
        return main_text(body, charset)
    command = [sys.executable, "-m", __spec__.name, charset]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=body, capture_output=True, timeout=3 * CPU_SECONDS, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise Unavailable("쪽의 짜임이 너무 복잡해 읽지 못했습니다.") from error
    return done.stdout


def main_text(body: bytes, charset: str) -> bytes:
    """The page cut down, in UTF-8; empty where there is no text. ``charset``: as the server says, or empty."""
    try:
        text = decode_text(body) or body.decode(charset or "utf-8", "replace")
        root = html.document_fromstring(_DECLARATION.sub("", text))
    except (etree.ParserError, etree.XMLSyntaxError, LookupError, ValueError):
        return b""
    title = " ".join((root.findtext(".//title") or "").split())
    found = _main(root)
    for element in found.iter(etree.Element):
        if element is not found and element.get("role", "") in SIDE_ROLES:
            element.tag = "nav"
    # A header inside of the text (its heading) stays; that of the site does not.
    gone = DROPPED if found.tag == "body" else DROPPED - {"header"}
    etree.strip_elements(
        found, etree.Comment, etree.ProcessingInstruction, *sorted(gone), with_tail=False
    )
    heads = [" ".join(h.text_content().split()) for h in found.iter("h1")]
    named = heads[0] if len(heads) == 1 and heads[0] else title
    for element in found.iter():
        for name in set(element.attrib) - KEPT:
            del element.attrib[name]
    if not found.text_content().strip():
        return b""
    found.tag, found.tail = "main", None
    text = etree.tostring(found, encoding="unicode", method="html")
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8"><title>'
        f"{markup.escape(named)}</title></head><body>\n{text}\n</body></html>\n"
    ).encode("utf-8", "replace")


def _main(root: html.HtmlElement) -> html.HtmlElement:
    for path in MAIN:
        places = root.xpath(path)
        if len(places) == 1 and len(places[0].text_content().strip()) >= LEAST_LETTERS:
            return places[0]
    body = root.find(".//body")
    return body if body is not None else root


def main(charset: str) -> int:
    """The page of standard input cut down, on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    sys.stdout.buffer.write(main_text(sys.stdin.buffer.read(), charset))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
