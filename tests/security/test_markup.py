"""Markup in everything that is uploaded (XSS): on every page that shows it, it is text.

Titles, headings, tables, sheet names, file names, metadata and members of archives of every format carry
an element of their own; the pages are parsed as a browser does, and no element or attribute is made of it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from hwpx import HwpxDocument
from lxml import html

ATTACK = "\"'><zapped zap=1 onmouseover=zap()><img src=zap: onerror=zap()>{{7*7}}"
SCRIPT = "</title></textarea></script><script>zap()</script>"
WORD = "감나무"
# What a file name may hold on the machines of the staff, and what else a request can hold.
NAME = f"{WORD} \"'><zapped zap=1><img src=zap: onerror=zap()>"
# Attributes with an address, which must not run anything.
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data", "poster")


def _markdown() -> bytes:
    return (
        f"# {WORD} {ATTACK}\n\n{SCRIPT} {WORD} 사업의 보증금은 70만원이다.\n\n"
        f"[누르세요](javascript:zap()) ![그림](zap:x) <zapped zap=1>\n\n"
        f"| 항목 {ATTACK} | 금액 |\n|---|---|\n| {SCRIPT} | 1{ATTACK} |\n"
    ).encode()


def _html() -> bytes:
    return (
        f"<html><head><title>{WORD} &lt;zapped zap=1&gt;</title>"
        f'<meta name="author" content="&lt;zapped&gt;"></head><body>'
        f"<h1>{WORD} &lt;zapped zap=1&gt;</h1><p onclick=zap()>{WORD} 보증금은 70만원이다. "
        f"&lt;script&gt;zap()&lt;/script&gt;</p><script>zap()</script><svg onload=zap()></svg>"
        f'<a href="javascript:zap()">가기</a><table title="zap"><tr><td onclick=zap()>'
        f"&lt;zapped zap=1&gt;</td></tr></table></body></html>"
    ).encode()


def _csv() -> bytes:
    return (
        f'항목,"{ATTACK.replace(chr(34), chr(34) * 2)}"\n{WORD} 보증금 70만원,{SCRIPT}\n'.encode()
    )


def _docx() -> bytes:
    made = docx.Document()
    made.core_properties.title = made.core_properties.author = f"{WORD} {ATTACK}"
    made.core_properties.subject = made.core_properties.keywords = ATTACK
    made.add_heading(f"{WORD} {ATTACK}", level=1)
    made.add_paragraph(f"{WORD} 보증금은 70만원이다. {SCRIPT}")
    made.add_table(1, 1).cell(0, 0).text = ATTACK
    return _saved(made.save)


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.properties.title = book.properties.creator = f"{WORD} {ATTACK}"
    sheet = book.active
    assert sheet is not None
    sheet.title = "<zapped zap=1>"
    sheet.append([f"{WORD} {ATTACK}", "금액"])
    sheet.append([SCRIPT, "70만원"])
    return _saved(book.save)


def _pptx() -> bytes:
    deck = pptx.Presentation()
    deck.core_properties.title = deck.core_properties.author = f"{WORD} {ATTACK}"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    assert slide.shapes.title is not None
    slide.shapes.title.text = f"{WORD} {ATTACK}"
    slide.shapes.add_table(1, 1, 0, 0, 9999, 9999).table.cell(0, 0).text = SCRIPT
    slide.notes_slide.notes_text_frame.text = f"{WORD} 보증금 70만원 {ATTACK}"
    return _saved(deck.save)


def _hwpx() -> bytes:
    made = HwpxDocument.new()
    made.add_paragraph(f"{WORD} {ATTACK}")
    made.add_paragraph(f"{WORD} 보증금은 70만원이다. {SCRIPT}")
    return _saved(lambda target: target.write(made.to_bytes()))


def _pdf() -> bytes:
    inside = ATTACK.replace("(", "\\(").replace(")", "\\)")
    content = f"BT /F1 11 Tf 72 650 Td (Persimmon {inside} deposit is 70.) Tj ET\n".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({inside}) /Author ({inside}) >>".encode(),
    ]
    data, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    start = len(data)
    data += b"xref\n0 7\n0000000000 65535 f \n"
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(data)


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(f"폴더 <zapped zap=1>/{NAME} 안.md", _markdown() + b"\nzip\n")
    return target.getvalue()


def _saved(save: Callable[[Any], Any]) -> bytes:
    target = io.BytesIO()
    save(target)
    return target.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "md": _markdown, "html": _html, "csv": _csv, "docx": _docx, "xlsx": _xlsx, "pptx": _pptx,
    "hwpx": _hwpx, "pdf": _pdf, "zip": _zip,
}  # fmt: skip


def made_of(page: str) -> list[str]:
    """Elements, attributes and addresses of a page that were made of the attack."""
    found = []
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str):
            found += ["comment"] if "zap" in str(element.text) else []
            continue
        if element.tag == "zapped" or (element.tag == "script" and "zap" in (element.text or "")):
            found.append(element.tag)
        for name, value in element.attrib.items():
            if name.startswith(("on", "zap", "style")):
                found.append(f"{element.tag} {name}={value[:80]}")
            if name in ADDRESSES and re.match(
                r"\s*(javascript|zap|vbscript|data:text)", value, re.I
            ):
                found.append(f"{element.tag} {name}={value[:80]}")
    return found


def test_the_judge_finds_what_is_made_of_it() -> None:
    assert made_of(f"<p>{ATTACK}</p>") and made_of(f"<p>{SCRIPT}</p>")
    assert made_of('<a href=" JavaScript:zap()">a</a>') and not made_of("<p>&lt;zapped&gt;</p>")


@pytest.fixture(scope="module")
def uploaded(estate: Any) -> list[int]:
    """All of them through the upload form; the ids of the documents."""
    ids = []
    for ending, make in FILES.items():
        answer = estate.send(
            "a-steward",
            "POST",
            "/library/upload",
            data={"grade": "O", "audience": "staff", "path": "<zapped zap=1>"},
            files={"file": (f"{NAME} {ending}.{ending}", make())},
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        ids += [f["document_id"] for f in answer.json()["files"]]
    estate.read_waiting()
    return ids


def _pages(estate: Any, ids: list[int]) -> list[tuple[str, str]]:
    """Who opens what."""
    me, pages = "a-steward", [
        "/", "/jobs", "/library", "/library/rows?q=감나무", "/search?q=감나무+보증금", "/search?q=zapped",
        "/library/rights?" + "&".join(f"ids={i}" for i in ids),
        f"/chat?document={ids[0]}", "/my-ai", "/chat/history", "/inspect", "/review", "/access",
        f"/tools/summary?document={ids[0]}", "/dictionary", "/shared", "/tools",
        f"/search?q={ATTACK}", f"/chat?q={ATTACK}", f"/library?q={ATTACK}", f"/tools/summary?q={ATTACK}",
        f"/chat/history?q={ATTACK}", f"/access?q={ATTACK}", f"/signin?next={ATTACK}", f"/{ATTACK}",
    ]  # fmt: skip
    for key in ids:
        pages += [f"/library/{key}", f"/library/{key}/versions", f"/library/{key}/rights"]
        pages += [f"/library/{key}?view=text"]
    found = [(me, p) for p in pages]
    found += [("a-privacy", p) for p in ("/privacy", "/privacy/exclusions", "/privacy/counts")]
    found += [("a-auditor", "/audit"), ("a-auditor", f"/audit?q={ATTACK}")]
    found += [("a-records", "/records"), ("a-admin", "/admin"), ("a-admin", "/admin/switches")]
    found += [("a-admin", p) for p in ("/admin/organisation", "/admin/organisation/people")]
    return found


def test_every_page_that_shows_it_shows_text(estate: Any, uploaded: list[int]) -> None:
    assert len(uploaded) == len(FILES)
    wrong, shown = [], 0
    for login, url in _pages(estate, uploaded):
        answer = estate.send(login, "GET", url)
        assert answer.status_code in (200, 303, 404), f"{url}: {answer.status_code}"
        shown += "zap" in answer.text
        if answer.text:
            wrong += [f"{url}: {bad}" for bad in made_of(answer.text)]
        assert "49" not in re.findall(r"\{\{7\*7\}\}|zap\(\)>(49)", answer.text), url
    assert wrong == [], "\n".join(wrong)
    assert shown > 3 * len(uploaded)  # it really stood on those pages


def test_answers_tools_shares_and_exports(estate: Any, uploaded: list[int]) -> None:
    """What is made of the documents: answers with citations, tools, shares, names given by people."""
    me, wrong, shown = "a-steward", [], 0

    def look(url: str) -> None:
        nonlocal shown
        page = estate.send(me, "GET", url)
        assert page.status_code == 200, f"{url} {page.status_code}"
        shown += "zap" in page.text
        wrong.extend(f"{url}: {bad}" for bad in made_of(page.text))

    asked = f"{WORD} 보증금은 얼마인가? {ATTACK}"
    sent = estate.send(me, "POST", "/chat", data={"question": asked, "document": uploaded})
    estate.app.assistant.close(20)
    cid, mid = re.findall(r"/chat/(\d+).*?(\d+)$", sent.headers["location"])[0] if re.findall(
        r"/chat/(\d+).*?(\d+)$", sent.headers["location"]
    ) else (re.findall(r"\d+", sent.headers["location"])[0], "")  # fmt: skip
    mid = mid or str(estate.app.conversations.path(estate.who(me), int(cid))[-1].turn.id)
    estate.send(me, "POST", f"/chat/{cid}/rename", data={"title": ATTACK})
    estate.send(me, "POST", "/chat/folders", data={"name": "<zapped zap=1>"})
    estate.send(me, "POST", "/search/saved", data={"name": ATTACK, "address": f"q={ATTACK}"})
    estate.send(me, "POST", f"/chat/{cid}/share", data={"to": "a-lead"})
    estate.send(me, "POST", "/account/tokens", data={"name": ATTACK, "scopes": "ask", "days": "3"})
    for url in (f"/chat/{cid}", f"/chat/{cid}/messages/{mid}/why", f"/chat/{cid}/attachments"):
        look(url)
    for url in ("/chat/history", "/search", "/account", "/preferences", "/", f"/chat/{cid}/share"):
        look(url)
    for n in range(1, 4):
        page = estate.send(me, "GET", f"/chat/{cid}/messages/{mid}/evidence/{n}")
        wrong.extend(f"evidence {n}: {bad}" for bad in made_of(page.text))
        shown += "zap" in page.text
    for key in uploaded[:6]:
        made = estate.send(me, "POST", "/tools/summary", data={"document": key})
        run = re.findall(r"\d+", made.headers.get("location", ""))
        if run:
            estate.app.tools.wait(int(run[0]), 10)
            look(f"/tools/runs/{run[0]}")
    stream = estate.send(me, "GET", f"/chat/{cid}/messages/{mid}/stream")
    assert "<zapped" not in stream.text
    assert "<script>zap" not in stream.text
    assert wrong == [], "\n".join(wrong)
    assert shown > 8


def test_downloads_are_never_pages(estate: Any, uploaded: list[int]) -> None:
    """Files come back as attachments of no type that a browser opens, whatever they are called."""
    for key in uploaded:
        answer = estate.send("a-steward", "GET", f"/library/{key}/file")
        assert answer.headers["content-type"] == "application/octet-stream"
        disposition = answer.headers["content-disposition"]
        assert re.fullmatch(r"attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]+", disposition)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"] or "attachment" in disposition


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: b=1.md", 'a";b=c.md', "../../x.md", "a\x00b.md"]
)
def test_names_stay_names(estate: Any, name: str) -> None:
    """Header injection and paths in file names."""
    key = estate.put("a-steward", name, f"{WORD} {name!r}".encode())
    answer = estate.send("a-steward", "GET", f"/library/{key}/file")
    assert answer.status_code == 200
    assert "set-cookie" not in {h.lower() for h in answer.headers}
    assert re.fullmatch(
        r"attachment; filename\*=UTF-8''[A-Za-z0-9%._~-]+", answer.headers["content-disposition"]
    )
    # Neither a folder nor a control character reaches the disk of whoever downloads it.
    assert not re.search(r"%2F|%5C|%0|%1|\.\./", answer.headers["content-disposition"], re.I)
