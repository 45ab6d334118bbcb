"""A draft as other systems take it over (온나라 등 업무관리시스템): a ZIP of the file, the document and what
stands about it, with hashes.

The package is complete in itself: HWPX, the document model as JSON, metadata as XML and JSON, and a SHA-256
manifest in the form that ``sha256sum -c`` reads. Attachments are listed by name; they are no part of a draft.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from lxml import etree

from mokmin.base.formats.page_measure import page_count
from mokmin.base.formats.page_model import Pages
from mokmin.base.formats.writing_model import clean
from mokmin.base.formats.writing_pages_docx import pages_docx_bytes
from mokmin.base.formats.writing_pages_pdf import pages_pdf_bytes
from mokmin.knowledge.official.drafting import laid_out, written
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.serial import to_json

LABEL = "AI가 쓴 부분이 있는 초안"
DAY = (1980, 1, 1, 0, 0, 0)


def ai_share(document: OfficialDocument) -> float:
    """Share of characters that AI wrote, 0 to 1, three decimals."""
    counted = [(len(text), origin.kind == "ai") for text, origin in document.texts]
    total = sum(length for length, _ in counted)
    return round(sum(length for length, ai in counted if ai) / total, 3) if total else 0.0


def written_docx(document: OfficialDocument) -> tuple[bytes, int]:
    """The document as DOCX and its number of pages, labelled as the HWPX file is."""
    pages = _labelled(document)
    return pages_docx_bytes(pages), page_count(pages)


def written_pdf(document: OfficialDocument) -> tuple[bytes, int]:
    """The document as PDF and its number of pages, labelled as the HWPX file is."""
    return pages_pdf_bytes(_labelled(document))


def _labelled(document: OfficialDocument) -> Pages:
    ai = any(origin.kind == "ai" for _, origin in document.texts)
    return laid_out(
        document,
        label=LABEL if ai else "",
        properties={"mokmin-kind": document.kind, "ai-generated": str(ai).lower()},
    )


def metadata(document: OfficialDocument, more: Mapping[str, Any]) -> dict[str, Any]:
    """What another system files the document by. ``more``: grade, state, draft and retention as they are
    known; what is unknown stays out."""
    return {
        "title": document.title,
        "kind": document.kind,
        "kind_name": kind_of(document.kind).name,
        "agency": document.value("행정기관명"),
        "number": document.value("시행번호") or document.value("공고번호"),
        "date": document.value("시행일") or document.value("공고일") or document.value("보고일"),
        "receiver": document.value("수신"),
        "via": document.value("경유"),
        "sender": document.value("발신명의"),
        "disclosure": document.value("공개구분"),
        "ai_share": ai_share(document),
        "missing": list(document.blanks),
        "approvals": [
            {"role": a.role, "post": a.post, "name": a.name, "signed_on": a.signed_on, "how": a.how}
            for a in document.approvers
        ],
        "attachments": [span.text for span in document.attachments],
        **more,
    }


def package(document: OfficialDocument, more: Mapping[str, Any]) -> bytes:
    """The hand-over package. The same document gives the same names; hashes tell what is in it."""
    about = metadata(document, more)
    files = {
        "document.hwpx": written(document)[0],
        "document.json": _json(to_json(document)),
        "metadata.json": _json(about),
        "metadata.xml": _xml(about),
    }
    lines = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items()]
    files["manifest-sha256.txt"] = "".join(lines).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name, DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return out.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _xml(about: Mapping[str, Any]) -> bytes:
    root = etree.Element("document")
    for name, value in about.items():
        _element(root, name, value)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return made


def _element(parent: etree._Element, name: str, value: Any) -> None:
    found = etree.SubElement(parent, name)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _element(found, str(key), inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _element(found, "item", inner)
    else:
        found.text = clean("" if value is None else str(value))
