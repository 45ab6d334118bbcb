"""The true kind of a file, by its content; its extension is only a claim to be checked."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import olefile

from mokmin.base.errors import UnreadableFile

from .charset import decode_text
from .reasons import unreadable, unsupported

READABLE = ("hwp", "hwpx", "pdf", "docx", "xlsx", "pptx", "html", "md", "txt", "csv")
HEAD_BYTES = 64 * 1024

_LABELS = {
    "hwp": "한글(HWP)", "hwpx": "한글(HWPX)", "hwp3": "옛 한글(HWP 3)", "hwpml": "한글 XML(HML)",
    "pdf": "PDF", "docx": "워드(DOCX)", "xlsx": "엑셀(XLSX)", "pptx": "파워포인트(PPTX)",
    "html": "웹 문서(HTML)", "md": "마크다운(MD)", "txt": "글(TXT)", "csv": "표(CSV)",
    "doc": "옛 워드(DOC)", "xls": "옛 엑셀(XLS)", "ppt": "옛 파워포인트(PPT)", "rtf": "RTF",
    "odf": "ODF 문서", "image": "그림", "zip": "압축(ZIP)", "media": "소리·영상",
    "program": "실행 파일", "ole": "알 수 없는 옛 오피스 형식", "binary": "알 수 없는 형식",
}  # fmt: skip

_EXTENSIONS = {
    "hwp": "hwp", "hwpx": "hwpx", "pdf": "pdf", "docx": "docx", "docm": "docx", "xlsx": "xlsx",
    "xlsm": "xlsx", "pptx": "pptx", "pptm": "pptx", "html": "html", "htm": "html", "xhtml": "html",
    "md": "md", "markdown": "md", "txt": "txt", "text": "txt", "log": "txt", "csv": "csv",
    "tsv": "csv", "doc": "doc", "xls": "xls", "ppt": "ppt", "rtf": "rtf", "zip": "zip",
    "hml": "hwpml", "odt": "odf", "ods": "odf", "odp": "odf", "png": "image", "jpg": "image",
    "jpeg": "image", "gif": "image", "bmp": "image", "tif": "image", "tiff": "image",
    "webp": "image",
}  # fmt: skip

_MAGIC = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"HWP Document File V", "hwp3"),
    (b"{\\rtf", "rtf"),
    (b"ID3", "media"),
    (b"OggS", "media"),
    (b"fLaC", "media"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"7z\xbc\xaf'\x1c", "binary"),
    (b"Rar!", "binary"),
    (b"\x1f\x8b", "binary"),
    (b"SQLite format 3", "binary"),
)
_ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HWP3_PASSWORD_OFFSET = 30 + 96  # HWP 3.0 format document, "문서 정보" table, word 암호 여부
_PASSWORD, _DISTRIBUTION, _DRM = 1 << 1, 1 << 2, 1 << 4  # HWP 5.0 format document, FileHeader


@dataclass(frozen=True, slots=True)
class Identity:
    """The true readable kind of a file, and a warning when its extension says otherwise."""

    kind: str
    warning: str = ""


def identify(path: Path, name: str) -> Identity:
    """The readable kind of the file at ``path`` that the user calls ``name``.

    Raises UnreadableFile with the true reason when it is empty, protected, damaged, or of a kind
    that no reader takes.
    """
    if not path.is_file():
        raise unreadable("missing")
    if path.stat().st_size == 0:
        raise unreadable("empty-file")
    claimed = _EXTENSIONS.get(Path(name).suffix.lower().lstrip("."), "")
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    kind = _kind(path, head, claimed)
    if kind in READABLE:
        if not claimed or kind == claimed:
            return Identity(kind)
        return Identity(
            kind,
            f"확장자는 {_LABELS[claimed]}이지만 내용은 {_LABELS[kind]}이어서 "
            "내용에 맞게 읽었습니다.",
        )
    if kind == "hwp3" and _is_protected_hwp3(head):
        raise unreadable("password")
    if claimed in READABLE and kind != "hwp3":
        step = "원본 파일을 다시 저장해 올려 주세요."
        if kind != "binary":
            step = unsupported(kind).message
        raise UnreadableFile(
            f"확장자는 {_LABELS[claimed]}이지만 실제 내용은 {_LABELS[kind]}입니다. {step}",
            code="wrong-type",
        )
    raise unsupported(kind)


def _kind(path: Path, head: bytes, claimed: str) -> str:
    if head.startswith(_OLE):
        return _ole_kind(path)
    if head.startswith(b"PK"):
        return _zip_kind(path)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF":
        return "image" if head[8:12] == b"WEBP" else "media"
    if head[4:8] == b"ftyp":
        return "media"
    if head[:2] == b"BM" and claimed in ("", "image"):
        return "image"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _text_kind(head, claimed)


def _text_kind(head: bytes, claimed: str) -> str:
    text = decode_text(head, partial=True)
    if text is None:
        return "binary"
    start = text.lstrip("\ufeff \t\r\n")[:2000].lower()
    if "<hwpml" in start:
        return "hwpml"
    if start.startswith(("<!doctype html", "<html", "<head", "<body")) or "<html" in start[:1000]:
        return "html"
    return claimed if claimed in ("html", "md", "csv", "txt") else "txt"


def _ole_kind(path: Path) -> str:
    try:
        with olefile.OleFileIO(str(path)) as ole:
            names = {"/".join(item).lower() for item in ole.listdir()}
            if "fileheader" in names:
                _check_hwp_header(ole.openstream("FileHeader").read(64))
                return "hwp"
    except (OSError, ValueError, IndexError, AttributeError, TypeError) as error:
        raise unreadable("damaged") from error
    if "encryptedpackage" in names:
        raise unreadable("password")
    for stream, kind in (
        ("worddocument", "doc"),
        ("workbook", "xls"),
        ("book", "xls"),
        ("powerpoint document", "ppt"),
    ):
        if stream in names:
            return kind
    return "ole"


def _check_hwp_header(header: bytes) -> None:
    """Raise for the protections that the HWP 5 FileHeader declares (bytes 36–39, bit flags)."""
    if len(header) < 40 or not header.startswith(b"HWP Document File"):
        raise unreadable("damaged")
    flags = int.from_bytes(header[36:40], "little")
    if flags & _PASSWORD:
        raise unreadable("password")
    if flags & _DRM:
        raise unreadable("drm")


def _is_protected_hwp3(head: bytes) -> bool:
    return head[_HWP3_PASSWORD_OFFSET : _HWP3_PASSWORD_OFFSET + 2] not in (b"", b"\x00\x00")


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            manifest = ""
            if "META-INF/manifest.xml" in names:
                with archive.open("META-INF/manifest.xml") as member:
                    manifest = member.read(HEAD_BYTES).decode("utf-8", "replace")
            mimetype = ""
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    mimetype = member.read(200).decode("ascii", "replace")
    except _ZIP_DAMAGE as error:
        raise unreadable("damaged") from error
    if not names:
        raise unreadable("empty-zip")
    if "hwp+zip" in mimetype or any(name.startswith("Contents/section") for name in names):
        if "encryption-data" in manifest:
            raise unreadable("password")
        return "hwpx"
    if "opendocument" in mimetype:
        return "odf"
    for member_name, kind in (
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("ppt/presentation.xml", "pptx"),
    ):
        if member_name in names:
            return kind
    return "zip"
